//! What is told of a search for a write whose answer was lost.

use shomei::certcentral::OrganizationId;

use crate::{
    numbers::Numbers,
    recorder::Recorder,
    script::{
        Fate::{self, Answer, Reset},
        Script,
    },
};

const NOTHING: Fate = Answer(200, "{}");

/// A domain that is added, but the answer to that is lost, twice.
pub(crate) async fn lose_a_domain() {
    // At 0, 1, 3, 7, 15, 31, 61, 91, 121 and 145 s of the half of the deadline after which it is added once more.
    let looks = [NOTHING; 10];
    let fates = [&[NOTHING, Reset][..], &looks, &[Reset, NOTHING]].concat();
    let cc = Script::new(&fates).certcentral(|builder| builder);
    let error = cc.domains().validate("canary.example").organization(OrganizationId(1)).start().await.unwrap_err();
    assert!(error.is_ambiguous(), "{error}");
}

#[test]
fn a_search_tells_what_it_looks_for_and_what_it_saw() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let numbers = Numbers::default();
    numbers.of(lose_a_domain());
    recorder.look(|seen| {
        let events = seen.events.iter().filter(|event| event.target == "shomei" && event.fields.get("operation") == Some("add_domain"));
        let told: Vec<_> = events.map(|event| (event.fields.get("message").unwrap(), event.fields.get("outcome"))).collect();
        let search = |outcome| {
            [
                ("the response to a write was lost: looking for what became of it", None),
                ("searched for what became of a write", Some(outcome)),
            ]
        };
        assert_eq!(told, [&search("absent")[..], &[("sending the write once more", None)], &search("absent")].concat());
    });
    assert_eq!(numbers.sum("shomei_recoveries_total{service=certcentral,operation=add_domain,outcome=absent}"), 2.0);
    assert!(!recorder.text().contains("canary.example"));
}
