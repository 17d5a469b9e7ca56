//! The README's tables of what is told, held against what is told.

use std::{collections::BTreeSet, time::Duration};

use shomei::{RateLimit, RetryPolicy, certcentral::DomainId};

use crate::{
    numbers::Numbers,
    recorder::Recorder,
    script::{
        Fate::{Answer, RetryAfter, Unsent},
        Script,
    },
    searches::lose_a_domain,
};

/// The words in backquotes in the rows of the README's section.
fn documented() -> BTreeSet<&'static str> {
    let readme = include_str!("../../README.md");
    let section = readme.split("## ").find(|section| section.starts_with("Tracing and metrics")).unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_name_is_documented() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let numbers = Numbers::default();
    numbers.of(async {
        let script = Script::new(&[RetryAfter(429, "1"), Unsent, Answer(503, ""), Answer(200, "{\"id\": 1}")]);
        let cc = script.certcentral(|builder| {
            builder.rate_limits([RateLimit::new(1, Duration::from_secs(9))]).retry(RetryPolicy::default().max_attempts(9))
        });
        cc.domains().get(DomainId(1)).send().await.unwrap();
        cc.requests().drive_approval(shomei::certcentral::RequestId(1)).start().wait(Duration::from_secs(60)).await.unwrap_err();
        let slips = Script::new(&[Answer(200, r#"{"id": 1, "date_created": "CANARY"}"#), Answer(200, r#"{"id": 1, "id": 1}"#)]);
        let cc = slips.certcentral(|builder| builder);
        cc.domains().get(DomainId(1)).send().await.unwrap();
        cc.domains().get(DomainId(1)).send().await.unwrap();
        lose_a_domain().await;
    });
    let documented = documented();
    let mut told = BTreeSet::new();
    recorder.look(|seen| {
        for span in seen.spans.iter().filter(|span| span.name.starts_with("shomei")) {
            told.insert(span.name.to_owned());
            told.extend(span.fields.0.iter().map(|(name, _)| (*name).to_owned()));
        }
        for event in seen.events.iter().filter(|event| event.target == "shomei") {
            told.insert(event.fields.get("message").unwrap().to_owned());
            told.extend(event.fields.0.iter().map(|(name, _)| (*name).to_owned()).filter(|name| name != "message"));
        }
    });
    for series in numbers.names() {
        let Some((name, labels)) = series.trim_end_matches('}').split_once('{') else { continue };
        told.insert(name.to_owned());
        told.extend(labels.split(',').filter_map(|label| label.split_once('=')).map(|(name, _)| name.to_owned()));
    }
    for name in [
        "shomei.call",
        "shomei.attempt",
        "error.type",
        "polled",
        "shomei_retries_total",
        "shomei_recoveries_total",
        "http.request.resend_count",
        "member",
        "a member occurs twice in a response: the last one counts",
    ] {
        assert!(told.contains(name), "{name} was not told: {told:?}");
    }
    let unknown: Vec<_> = told.iter().filter(|name| !documented.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?} of {told:?}");
}

#[test]
fn what_is_left_out_of_an_answer_is_told_by_its_name_alone() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let body = r#"{"id": 1, "date_created": "CANARY", "name": "example.com", "dcv_expiration": {"ov_status": ["CANARY"]},
        "container": {"CANARY": []}, "organization": {"is_active": "CANARY"}}"#;
    let order = r#"{"id": 1, "caa_status_message": {"CANARY.example.com": ["CANARY"]}, "notes": [{"id": "CANARY"}, {"id": []}]}"#;
    let script = Script::new(&[Answer(200, body), Answer(200, order)]);
    Numbers::default().of(async {
        let cc = script.certcentral(|builder| builder);
        let domain = cc.domains().get(DomainId(1)).send().await.unwrap();
        assert_eq!((domain.name.as_deref(), domain.date_created), (Some("example.com"), None));
        let order = cc.orders().get(shomei::certcentral::OrderId(1)).send().await.unwrap();
        assert!(order.notes.is_empty());
    });
    recorder.look(|seen| {
        let told = seen.events.iter().filter(|event| event.fields.get("member").is_some());
        let told: Vec<_> =
            told.map(|event| ["operation", "member", "count"].map(|name| event.fields.get(name).unwrap().to_owned())).collect();
        let expected = [
            ["domain_info", "DcvExpiration.ov_status", "1"],
            ["domain_info", "Domain.date_created", "1"],
            ["domain_info", "OrganizationSummary.is_active", "1"],
            ["order_info", "Order.caa_status_message", "1"],
            ["order_info", "Order.notes", "2"],
        ];
        assert_eq!(told, expected.map(|row| row.map(str::to_owned)));
        assert!(seen.events.iter().all(|event| event.fields.0.iter().all(|(_, value)| !value.contains("CANARY"))));
    });
}
