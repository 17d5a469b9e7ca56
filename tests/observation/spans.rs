//! Spans and events: names, parents, fields.

use std::time::Duration;

use futures_util::FutureExt as _;
use shomei::{
    CallOptions, Priority, RateLimit, RetryPolicy, Sandbox,
    certcentral::{DomainId, OrganizationId},
    pocketsign::CertificateId,
};
use tokio::time::{sleep, timeout};
use tracing::{Instrument as _, Level, info_span};

use crate::{
    recorder::{Recorder, Seen, SpanSeen},
    script::{
        Fate::{self, Answer, Reset, RetryAfter, Silence, Unsent},
        Script,
    },
};

const DOMAIN: &str = r#"{"id": 738687, "name": "canary.example"}"#;

/// The spans of a name, with their places.
fn named<'s>(seen: &'s Seen, name: &str) -> Vec<(usize, &'s SpanSeen)> {
    seen.spans.iter().enumerate().filter(|(_, span)| span.name == name).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_span_with_a_child_for_each_attempt() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let script = Script::new(&[RetryAfter(429, "2"), Answer(503, ""), Answer(200, DOMAIN)]);
    let cc = script.certcentral(|builder| builder);
    cc.domains().get(DomainId(738687)).send().instrument(info_span!("caller")).await.unwrap();

    recorder.look(|seen| {
        let [(call, span)] = named(seen, "shomei.call")[..] else { panic!("one span a call") };
        assert_eq!(span.parent.map(|parent| seen.spans[parent].name), Some("caller"));
        assert_eq!(span.level, Level::INFO);
        assert!(span.is_closed());
        let expected = [
            ("shomei.service", "certcentral"),
            ("shomei.operation", "domain_info"),
            ("http.request.method", "GET"),
            ("url.template", "/domain/{domain_id}"),
            ("server.address", "script.invalid"),
            ("http.response.status_code", "200"),
            ("shomei.attempts", "3"),
        ];
        assert_eq!(span.fields.0, expected.map(|(name, value)| (name, value.to_owned())));

        let attempts = named(seen, "shomei.attempt");
        let told: Vec<_> = attempts
            .iter()
            .map(|(_, attempt)| {
                let field = |name| attempt.fields.get(name);
                (field("http.request.resend_count"), field("http.response.status_code"), field("error.type"))
            })
            .collect();
        let expected = [(None, Some("429"), Some("429")), (Some("1"), Some("503"), Some("503")), (Some("2"), Some("200"), None)];
        assert_eq!(told, expected);
        for (_, attempt) in attempts {
            assert_eq!((attempt.parent, attempt.level), (Some(call), Level::DEBUG));
            assert!(attempt.is_closed());
            for (name, value) in [
                ("otel.kind", "client"),
                ("shomei.operation", "domain_info"),
                ("http.request.method", "GET"),
                ("url.template", "/domain/{domain_id}"),
                ("server.address", "script.invalid"),
                ("server.port", "443"),
            ] {
                assert_eq!(attempt.fields.get(name), Some(value));
            }
        }

        let events: Vec<_> = seen.events.iter().filter(|event| event.target == "shomei").collect();
        assert!(events.iter().all(|event| event.span == Some(call)), "{events:?}");
        let told: Vec<_> =
            events.iter().map(|event| (event.level, event.fields.get("message").unwrap(), event.fields.get("reason"))).collect();
        let repeats = "waiting before the request is retried";
        assert_eq!(told[0], (Level::WARN, "the service refused with 429: every call slows down", None));
        assert_eq!(told[1], (Level::DEBUG, repeats, Some("429")));
        assert!(told.contains(&(Level::DEBUG, repeats, Some("503"))), "{told:?}");
        assert_eq!(events[0].fields.get("wait_seconds"), Some("2.0"));
        assert_eq!(events[1].fields.get("attempt"), Some("1"));
        let waits: f64 = events[1].fields.get("wait_seconds").unwrap().parse().unwrap();
        assert!((2.0..=2.5).contains(&waits), "what the service asked for, and some jitter: {waits}");
    });
    let text = recorder.text();
    assert!(!text.contains("738687") && !text.contains("canary"), "no id, no URL, no body: {text}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_tells_how_it_failed() {
    let last = |fate: Fate| (vec![fate], CallOptions::default().retry(RetryPolicy::never()));
    for ((fates, options), call, attempts) in [
        (last(Answer(404, r#"{"errors":[{"code":"not_found|domain","message":"canary"}]}"#)), "404", vec!["404"]),
        (last(Unsent), "unsent", vec!["unsent"]),
        (last(Reset), "lost", vec!["lost"]),
        (last(Silence), "timeout", vec!["timeout"]),
        // The attempt went well; it is the answer that nobody understands.
        (last(Answer(200, "<html>canary</html>")), "decode", vec!["-"]),
        (
            (vec![Answer(502, ""), Reset, Answer(503, "")], CallOptions::default().retry(RetryPolicy::default().max_attempts(3))),
            "503",
            vec!["502", "lost", "503"],
        ),
        // Time was up before there was a place.
        ((vec![Answer(200, DOMAIN)], CallOptions::default().call_timeout(Duration::ZERO)), "timeout", vec![]),
    ] {
        let (recorder, _guard) = Recorder::of_this_thread();
        let cc = Script::new(&fates).certcentral(|builder| builder).with_options(options);
        cc.domains().get(DomainId(738687)).send().await.unwrap_err();
        recorder.look(|seen| {
            let [(_, span)] = named(seen, "shomei.call")[..] else { panic!("one span a call") };
            assert_eq!(span.fields.get("error.type"), Some(call));
            assert_eq!(span.fields.get("shomei.attempts"), Some(&*attempts.len().to_string()));
            let told: Vec<_> =
                named(seen, "shomei.attempt").iter().map(|(_, attempt)| attempt.fields.get("error.type").unwrap_or("-")).collect();
            assert_eq!(told, attempts);
            assert!(seen.spans.iter().all(SpanSeen::is_closed));
        });
        assert!(!recorder.text().contains("canary"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_told_as_cancelled() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let cc = Script::new(&[Silence]).certcentral(|builder| builder);
    let dropped = timeout(Duration::from_millis(5), cc.domains().get(DomainId(1)).send()).await;
    assert!(dropped.is_err());
    recorder.look(|seen| {
        for name in ["shomei.call", "shomei.attempt"] {
            let [(_, span)] = named(seen, name)[..] else { panic!("{name}") };
            assert_eq!(span.fields.get("error.type"), Some("cancelled"));
            assert!(span.is_closed());
        }
    });
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_slot_is_told() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let cc = Script::new(&[Answer(200, DOMAIN)]).certcentral(|builder| builder.rate_limits([RateLimit::new(1, Duration::from_secs(5))]));
    let polling = cc.with_options(CallOptions::default().priority(Priority::Background));
    for client in [&cc, &polling] {
        client.domains().get(DomainId(1)).send().await.unwrap();
    }
    recorder.look(|seen| {
        let [event] = &seen.events.iter().filter(|event| event.target == "shomei").collect::<Vec<_>>()[..] else { panic!("one wait") };
        assert_eq!(event.fields.get("message"), Some("waited for a rate-limit slot"));
        assert_eq!((event.fields.get("wait_seconds"), event.fields.get("priority")), (Some("5.0"), Some("background")));
    });
}

#[tokio::test(start_paused = true)]
async fn a_call_of_the_generated_client_is_over_with_its_answer() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let raw = Script::new(&[Answer(200, DOMAIN)]).certcentral(|builder| builder).raw();
    raw.domain_info(&DomainId(1), None, None).await.unwrap();
    recorder.look(|seen| {
        let [(_, span)] = named(seen, "shomei.call")[..] else { panic!("one span a call") };
        assert!(span.is_closed(), "though the client is still there");
        assert_eq!(span.fields.get("http.response.status_code"), Some("200"));
    });
    drop(raw);
}

#[tokio::test(start_paused = true)]
async fn a_wait_tells_what_each_look_found() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral().unwrap();
    let pending = cc.domains().validate("canary.example").organization(OrganizationId(754_781)).start().await.unwrap();
    let shomei::certcentral::flow::DcvInstructions::Txt { name, value, .. } = pending.instructions().clone() else { panic!() };
    let publish = async {
        sleep(Duration::from_secs(8)).await;
        sandbox.dns().publish_txt(&name, &value);
    };
    futures_util::future::join(pending.wait(Duration::from_secs(3600)).into_future().map(Result::unwrap), publish).await;
    recorder.look(|seen| {
        let looks = seen.events.iter().filter(|event| event.fields.get("message") == Some("polled"));
        let told: Vec<_> = looks.map(|look| (look.fields.get("flow").unwrap(), look.fields.get("outcome").unwrap())).collect();
        let expected = ["waiting", "waiting", "done"].map(|outcome| ("domain_validation", outcome));
        assert_eq!(told, expected);
    });
    assert!(!recorder.text().contains(&value) && !recorder.text().contains("canary.example"));
}

#[tokio::test]
async fn the_versions_of_pocketsign_are_told_apart() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let sandbox = Sandbox::new();
    let id = CertificateId::from("497f6eca-6276-4993-bfeb-53cbbbba6f08");
    sandbox.pocketsign_v1().unwrap().certificates().get(id.clone()).send().await.unwrap_err();
    sandbox.pocketsign().unwrap().certificates().get(id).send().await.unwrap_err();
    recorder.look(|seen| {
        let calls = named(seen, "shomei.call");
        let told: Vec<_> = calls.iter().map(|(_, call)| (call.fields.get("shomei.service"), call.fields.get("error.type"))).collect();
        assert_eq!(told, [(Some("pocketsign_v1"), Some("404")), (Some("pocketsign_v2"), Some("404"))]);
    });
    assert!(!recorder.text().contains("497f6eca"));
}
