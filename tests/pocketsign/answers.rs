//! Answers that say less than is documented.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use shomei::sandbox::CardCertificate;

use crate::{
    document::{Enums, Part, Sample},
    judge::Judge,
    operations::{Clients, Given, ROWS, Row, document},
    scripted::{Scripted, answer},
};

/// A service that says what it is told to, and its clients; making a client takes much longer than asking it.
pub(crate) struct Teller {
    says: Arc<Mutex<String>>,
    clients: Clients,
    given: Given,
}

impl Teller {
    pub(crate) fn new(card: &CardCertificate) -> Self {
        let says = Arc::new(Mutex::new(String::new()));
        let said = Arc::clone(&says);
        let service = Scripted::new(move |_| Ok(answer(200, said.lock().unwrap().clone())));
        let clients = Clients { v1: service.v1(), v2: service.v2() };
        Self { says, clients, given: Given::any(card) }
    }

    /// What a client makes of an answer.
    pub(crate) async fn tell(&self, row: &Row, answer: &Value) -> Result<String, shomei::Error> {
        *self.says.lock().unwrap() = answer.to_string();
        (row.call)(&self.clients, self.given.clone()).await
    }
}

/// Gives a client every answer that the document samples, with each member in turn left out or `null`, and counts the answers read. Only
/// without an id that the document requires an answer may be refused.
pub(crate) async fn decoded(teller: &Teller, row: &Row) -> usize {
    let document = document(row.version);
    let samples = document.samples().into_iter();
    let is_answer = |sample: &Sample<'_>| matches!(&sample.part, Part::Response(status) if status.starts_with('2'));
    let mut count = 0;
    for sample in samples.filter(|sample| sample.owner == row.id && is_answer(sample)) {
        teller.tell(row, sample.value).await.unwrap_or_else(|error| panic!("{}: {error}", sample.place()));
        count += 1;
        for path in members(sample.value, "") {
            let place = format!("{} {}, without `{path}`", row.version, sample.place());
            let (without, null) = (cut(sample.value, &path), nulled(sample.value, &path));
            if path.ends_with("/id") && document.validate(sample.schema, &without, Enums::Open).is_err() {
                assert!(teller.tell(row, &without).await.unwrap_err().is_decode(), "{place}");
                continue;
            }
            for answer in [without, null] {
                teller.tell(row, &answer).await.unwrap_or_else(|error| panic!("{place}: {error}"));
                count += 1;
            }
        }
    }
    count
}

/// The JSON pointers to every member, however deep.
pub(crate) fn members(value: &Value, at: &str) -> Vec<String> {
    let named = value.as_object().into_iter().flatten().map(|(name, inner)| (format!("{at}/{name}"), inner, true));
    let listed = value.as_array().into_iter().flatten().enumerate().map(|(index, inner)| (format!("{at}/{index}"), inner, false));
    let inside = |(path, inner, is_member): (String, &Value, bool)| {
        let deeper = members(inner, &path);
        is_member.then_some(path).into_iter().chain(deeper).collect::<Vec<_>>()
    };
    named.chain(listed).flat_map(inside).collect()
}

fn cut(value: &Value, path: &str) -> Value {
    let mut value = value.clone();
    let (parent, name) = path.rsplit_once('/').expect("a pointer");
    value.pointer_mut(parent).and_then(Value::as_object_mut).and_then(|members| members.remove(name)).expect("a member");
    value
}

fn nulled(value: &Value, path: &str) -> Value {
    let mut value = value.clone();
    *value.pointer_mut(path).expect("a member") = Value::Null;
    value
}

#[tokio::test]
async fn an_answer_that_lacks_a_documented_member_is_read_as_far_as_it_goes() {
    let teller = Teller::new(&Judge::new().card().signing);
    for row in ROWS {
        let answers = document(row.version).operations().find(|operation| operation.id == row.id).unwrap().answer(document(row.version));
        let count = decoded(&teller, row).await;
        assert_eq!(count > 0, answers.is_some(), "{} {}", row.version, row.id);
    }
}
