//! Every sample in a document is read as its generated type, and every request is written again as it stands there.

#[path = "../../tests/document/mod.rs"]
mod document;

use std::{collections::BTreeSet, fmt::Debug};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use document::{Canary, Document, Part};

/// Reads JSON as a type, writes that again, and shows it.
pub(crate) type ReadAgain = fn(&Value) -> Result<Again, String>;

pub(crate) struct Again {
    written: Value,
    shown: String,
    /// The members that were left out since they could not be read.
    unreadable: Vec<String>,
}

pub(crate) fn read_again<T: Serialize + DeserializeOwned + Debug>(json: &Value) -> Result<Again, String> {
    let (value, unreadable) = crate::lenient::forgive::<T>(json.clone()).map_err(|(path, error)| format!("{path}: {error}"))?;
    let written = serde_json::to_value(&value).map_err(|error| error.to_string())?;
    Ok(Again { written, shown: format!("{value:?} {value:#?}"), unreadable: unreadable.into_keys().collect() })
}

/// What is wrong with the samples of a document, one line each.
fn misfits(document: &Document, types: &[(&str, ReadAgain)]) -> Vec<String> {
    let mut misfits = Vec::new();
    for sample in document.samples() {
        let keys = sample.keys();
        let known: Vec<_> = types.iter().filter(|(name, _)| keys.iter().any(|key| key == name)).collect();
        if known.is_empty() {
            misfits.push(format!("{}: there is no type for it", sample.place()));
        }
        for (name, read_again) in known {
            let misfit = match read_again(sample.value).map(|again| (again.written, again.unreadable)) {
                Err(error) => Some(error),
                Ok((_, unreadable)) if !unreadable.is_empty() => Some(format!("{unreadable:?} cannot be read")),
                Ok((written, _)) if sample.part == Part::Request && written != *sample.value => Some(format!("is written as {written}")),
                Ok((written, _)) if sample.part != Part::Request => {
                    lost(sample.value, &document.respelled(&written), "").map(|member| format!("`{member}` is lost"))
                }
                Ok(_) => None,
            };
            misfits.extend(misfit.map(|misfit| format!("{} as `{name}`: {misfit}", sample.place())));
        }
    }
    misfits
}

/// A member of the sample that the type does not know and drops.
fn lost(sample: &Value, written: &Value, path: &str) -> Option<String> {
    match (sample, written) {
        (Value::Object(members), Value::Object(kept)) => members.iter().find_map(|(name, inner)| {
            let path = format!("{path}/{name}");
            match kept.get(name) {
                Some(written) => lost(inner, written, &path),
                None => says_something(inner).then_some(path),
            }
        }),
        (Value::Array(elements), Value::Array(kept)) => {
            elements.iter().zip(kept).enumerate().find_map(|(index, (inner, written))| lost(inner, written, &format!("{path}/{index}")))
        }
        _ => None,
    }
}

/// What says nothing is left out when it is written again.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty() && !text.starts_with("0000-00-00"),
        Value::Array(elements) => elements.iter().any(says_something),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

#[test]
#[cfg(feature = "certcentral")]
fn every_sample_of_certcentral_fits_its_type() {
    let misfits = misfits(&Document::load("certcentral"), super::certcentral::SAMPLES);
    assert!(misfits.is_empty(), "{} samples do not fit:\n{}", misfits.len(), misfits.join("\n"));
}

/// The documents of PocketSign Verify with their types.
#[cfg(feature = "pocketsign")]
const POCKETSIGN: &[(&str, &[(&str, ReadAgain)])] = &[
    #[cfg(feature = "pocketsign-v1")]
    ("pocketsign-verify-v1", super::pocketsign_verify_v1::SAMPLES),
    ("pocketsign-verify-v2", super::pocketsign_verify_v2::SAMPLES),
];

#[test]
#[cfg(feature = "pocketsign")]
fn every_sample_of_pocketsign_fits_its_type() {
    for &(name, samples) in POCKETSIGN {
        let misfits = misfits(&Document::load(name), samples);
        assert!(misfits.is_empty(), "{name}: {} samples do not fit:\n{}", misfits.len(), misfits.join("\n"));
    }
}

/// Whatever the documents mark as personal or as bytes, in a value of every type with every member.
#[test]
#[cfg(feature = "pocketsign")]
fn no_type_of_pocketsign_shows_what_its_document_marks_as_personal() {
    const CANARY: Canary = Canary { text: "CANARY", base64: "Q0FOQVJZQ0FOQVJZ" };
    for &(name, types) in POCKETSIGN {
        let document = Document::load(name);
        let mut hidden = 0;
        for (schema, read_again) in types.iter().filter(|(schema, _)| document.has_schema(schema)) {
            let (value, caged) = document.filled(&serde_json::json!({"$ref": format!("#/components/schemas/{schema}")}), CANARY);
            let Again { written, shown, .. } = read_again(&value).unwrap_or_else(|error| panic!("{name}, {schema}: {error}"));
            assert_eq!(document.respelled(&written), value, "{name}, {schema}: nothing is lost on the way");
            for canary in [CANARY.text, CANARY.base64, "67, 65, 78"] {
                assert!(!shown.contains(canary), "{name}, {schema}: {shown}");
            }
            assert_eq!(shown.matches("[redacted]").count(), 2 * caged, "{name}, {schema}: {shown}");
            hidden += caged;
        }
        assert!(hidden > 30, "{name}: {hidden}");
    }
}

/// What a canary is to every other test is no secret here: a string that may be a number as well.
#[cfg(feature = "certcentral")]
const PLAIN: Canary = Canary { text: "1", base64: "MQ==" };

#[cfg(feature = "certcentral")]
fn each_type() -> impl Iterator<Item = (&'static str, Value, ReadAgain)> {
    let document = Document::load("certcentral");
    let types = super::certcentral::SAMPLES.iter().filter(move |(schema, _)| document.has_schema(schema));
    let document = Document::load("certcentral");
    types.map(move |(schema, read_again)| {
        let (value, _) = document.filled(&serde_json::json!({"$ref": format!("#/components/schemas/{schema}")}), PLAIN);
        (*schema, value, *read_again)
    })
}

/// Every member of every type, in every form that the service is known to use for its type.
#[test]
#[cfg(feature = "certcentral")]
fn every_member_of_certcentral_is_read_in_every_form_of_its_type() {
    let mut tried = 0;
    for (schema, value, read_again) in each_type() {
        let plain = read_again(&value).unwrap_or_else(|error| panic!("{schema}: {error}"));
        assert!(plain.unreadable.is_empty(), "{schema}: {:?}", plain.unreadable);
        for (pointer, forms) in leaves(&value) {
            for form in forms {
                let mut other = value.clone();
                *other.pointer_mut(&pointer).expect("a leaf") = form.clone();
                let again = read_again(&other).unwrap_or_else(|error| panic!("{schema}, {pointer} as {form}: {error}"));
                assert!(again.unreadable.is_empty(), "{schema}, {pointer} as {form}: {:?}", again.unreadable);
                // An object of anything keeps the form.
                if again.written.pointer(&pointer) != Some(&form) {
                    assert_eq!(again.written, plain.written, "{schema}, {pointer} as {form}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 1500, "{tried}");
}

/// The single values inside a value, by pointer, with the other forms each is known to come in.
#[cfg(feature = "certcentral")]
fn leaves(value: &Value) -> Vec<(String, Vec<Value>)> {
    use serde_json::json;

    let below =
        |step: String, inner: &Value| leaves(inner).into_iter().map(move |(path, forms)| (format!("/{step}{path}"), forms)).collect();
    match value {
        Value::Object(members) => members.iter().flat_map(|(name, inner)| -> Vec<_> { below(name.replace('/', "~1"), inner) }).collect(),
        Value::Array(list) => list.iter().enumerate().flat_map(|(index, inner)| -> Vec<_> { below(index.to_string(), inner) }).collect(),
        Value::Bool(_) => vec![(String::new(), vec![json!(1), json!("1"), json!("true"), json!("TRUE")])],
        Value::Number(number) => vec![(String::new(), vec![json!(number.to_string()), json!(format!(" {number} "))])],
        Value::String(text) if text == "1" => vec![(String::new(), vec![json!(1)])],
        Value::String(day) if day == "2024-05-01" => {
            vec![(String::new(), vec![json!("01 MAY 2024"), json!("2024-05-01T00:00:00+09:00"), json!("2024-05-01 00:00:00")])]
        }
        Value::String(moment) if moment == "2024-05-01T00:00:00Z" => {
            let forms =
                ["2024-05-01T09:00:00+09:00", "2024-05-01 00:00:00", "2024-05-01T00:00:00", "2024-05-01", "2024-05-01T00:00:00:00:00"];
            vec![(String::new(), forms.map(Value::from).to_vec())]
        }
        _ => Vec::new(),
    }
}

/// Every member of every type that is only read, unreadable: by what the document says the response fails, or goes without the member.
#[test]
#[cfg(feature = "certcentral")]
fn an_unreadable_member_of_certcentral_is_an_error_or_absent_as_the_document_says() {
    use serde_json::json;

    let document = Document::load("certcentral");
    let (mut strict, mut forgiven) = (0, 0);
    for (schema, value, read_again) in each_type() {
        let decides = document.members_of(schema, &["required", "x-strict"]);
        for member in value.as_object().into_iter().flatten().map(|(name, _)| name).filter(|_| document.has_members(schema)) {
            let junk = if value[member].is_array() || value[member].is_object() { json!("junk") } else { json!([["junk"]]) };
            let mut unreadable = value.clone();
            unreadable[member] = junk;
            match read_again(&unreadable) {
                Err(error) => {
                    assert!(decides.contains(member), "{schema}.{member}: {error}");
                    assert!(error.starts_with(&**member), "{schema}.{member}: {error}");
                    strict += 1;
                }
                // Anything may stand there.
                Ok(again) if again.written == unreadable => {}
                Ok(again) => {
                    assert!(!decides.contains(member), "{schema}.{member} decides, and is left out");
                    // serde names no type that keeps other members as well; inside another one, where such a type stands, it has its name.
                    let named = if document.keeps_others(schema) { String::new() } else { format!("{schema}.{member}") };
                    assert_eq!(again.unreadable, [named]);
                    assert!(again.written.get(member).is_none(), "{schema}.{member}: {}", again.written);
                    assert!(!again.shown.contains("junk"), "{schema}.{member}: {}", again.shown);
                    forgiven += 1;
                }
            }
        }
    }
    assert!(strict > 100 && forgiven > 300, "{strict} {forgiven}");
}

/// Every rule of every body, on the samples of its operation with other values in its place: what the client refuses is what a validator
/// of JSON Schema refuses.
fn rules_are_those_of_json_schema(name: &str, operations: &'static [super::Operation]) {
    use crate::client::{Demand, Part as Of, Step, refusal};

    /// The places in a sample that a path leads to.
    fn places(value: &Value, path: &[Step], place: &str, found: &mut Vec<String>) {
        match (path.split_first(), value) {
            (None, _) => found.push(place.to_owned()),
            (Some((Step::Member(name), rest)), Value::Object(members)) => {
                members.get(*name).into_iter().for_each(|inner| places(inner, rest, &format!("{place}/{name}"), found));
            }
            (Some((Step::Each, rest)), Value::Array(elements)) => {
                elements.iter().enumerate().for_each(|(index, inner)| places(inner, rest, &format!("{place}/{index}"), found));
            }
            (Some((Step::Each, rest)), Value::Object(members)) => {
                members.iter().for_each(|(key, inner)| places(inner, rest, &format!("{place}/{key}"), found));
            }
            _ => {}
        }
    }

    let document = Document::load(name);
    let (mut refused, mut passed, mut tried, mut stated) = (0, 0, BTreeSet::new(), BTreeSet::new());
    let samples = document.samples();
    for operation in operations.iter().filter(|operation| operation.rules.iter().any(|rule| rule.part == Of::Body)) {
        let of_operation = || samples.iter().filter(|sample| sample.owner == operation.id && sample.part == Part::Request);
        let schema = of_operation().next().unwrap_or_else(|| panic!("{} has no sample", operation.id)).schema;
        let validator = document.validator(schema, document::Enums::Open).expect("a schema");
        for rule in operation.rules.iter().filter(|rule| rule.part == Of::Body) {
            // What a member of one name demands is the same wherever it is sent.
            let is = format!("{:?} {}", &rule.path[rule.path.len().saturating_sub(2)..], rule.kind());
            for sample in of_operation() {
                let mut found = Vec::new();
                places(sample.value, rule.path, "", &mut found);
                for place in found {
                    let there = sample.value.pointer(&place).expect("a place in the sample");
                    let others: Vec<Value> = match (rule.demand, there) {
                        (Demand::Minimum(_) | Demand::Maximum(_), _) => [-1_i64, 0, 1, 2, 1 << 40].map(Value::from).to_vec(),
                        (Demand::MinItems(_) | Demand::MaxItems(_), Value::Array(elements)) => {
                            let many = |count: usize| elements.iter().cycle().take(count).cloned().collect::<Value>();
                            [0, 1, 250, 251].map(many).to_vec()
                        }
                        _ => ["", " ", "a", "A1", "..", "a b", "a/b", "*.a.b", "a.b", "a@a.b", "192.0.2.1", "日本語", "\u{85}"]
                            .map(str::to_owned)
                            .into_iter()
                            .chain([63, 64, 65, 128, 129, 253, 254].map(|length| "a".repeat(length)))
                            // Nearly right to the end: a pattern that can split them in many ways would not come to one.
                            .chain(["a.", "a-", "1-", "aa-a."].map(|part| part.repeat(60) + "com-"))
                            .map(Value::from)
                            .collect(),
                    };
                    for other in others {
                        let mut body = sample.value.clone();
                        *body.pointer_mut(&place).expect("a place in the sample") = other.clone();
                        let (ours, theirs) = (refusal(operations, operation.id, &body), validator.validate(&body));
                        assert_eq!(ours.is_some(), theirs.is_err(), "{}, {place} as {other}: {ours:?}, {theirs:?}", operation.id);
                        *if ours.is_some() { &mut refused } else { &mut passed } += 1;
                    }
                    tried.insert(is.clone());
                }
            }
            stated.insert(is);
        }
    }
    let untried: Vec<_> = stated.difference(&tried).collect();
    assert!(untried.is_empty(), "{name}: no sample has these members: {untried:#?}");
    assert!(refused > 100 && passed > 50, "{name}: {refused} {passed}");
}

#[test]
#[cfg(feature = "certcentral")]
fn the_rules_of_certcentral_are_those_of_json_schema() {
    rules_are_those_of_json_schema("certcentral", super::certcentral::OPERATIONS);
}

#[test]
#[cfg(feature = "pocketsign")]
fn the_rules_of_pocketsign_are_those_of_json_schema() {
    rules_are_those_of_json_schema("pocketsign-verify-v2", super::pocketsign_verify_v2::OPERATIONS);
}
