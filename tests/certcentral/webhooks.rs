//! Webhooks from end to end: what the sandbox sends, and what the receiver takes.

use std::{convert::Infallible, pin::Pin, task::Poll, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response};
use http_body_util::{Full, StreamBody};
use hyper::body::Frame;
use serde_json::json;
use shomei::{
    Sandbox,
    certcentral::{
        CertificateId, ErrorCode, OrderId, OrganizationId, Plan, Product, WebhookEventName, WebhookEvents, WebhookOptions, WebhookReceiver,
        WebhookStatus,
    },
};
use tokio::time::timeout;
use tower_service::Service as _;

use crate::{
    document::Document,
    judge::{Judge, csr},
};

const SECRET: &str = "CANARY0CANARY0CANARY0CANARY0CANARY0";
const NEXT: &str = "CANARY1CANARY1CANARY1CANARY1CANARY1";
const ENDPOINT: &str = "https://hooks.example.com/certcentral";
const EVENT: &str = r#"{"event": "order_rejected", "data": {"order_id": 7, "certificate_id": "8"}}"#;

fn receiver() -> (WebhookReceiver, WebhookEvents) {
    WebhookReceiver::builder().secret(SECRET).secret(NEXT).capacity(2).max_request_size(1024).build().unwrap()
}

async fn take<B>(receiver: &WebhookReceiver, request: Request<B>) -> Response<String>
where
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    receiver.clone().call(request).await.unwrap()
}

/// A request of the service, with these keys.
fn post(keys: &[&str], body: &str) -> Request<Full<Bytes>> {
    let request = keys.iter().fold(Request::post("/"), |request, key| request.header("X-WEBHOOK-KEY", *key));
    request.body(Full::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn what_a_receiver_answers() {
    let long = format!(r#"{{"event": "order_rejected", "data": {{"note": "{}"}}}}"#, "x".repeat(1024));
    for (keys, body, status) in [
        (&[SECRET][..], EVENT, 200),
        (&[NEXT], EVENT, 200),
        (&[SECRET], r#"{"event": "of_tomorrow"}"#, 200),
        (&[SECRET], r#"{"event": "order_rejected", "data": 5}"#, 200),
        (&[SECRET], r#"{"event": "order_rejected", "data": null}"#, 200),
        (&[], EVENT, 401),
        (&[""], EVENT, 403),
        (&["CANARY0"], EVENT, 403),
        (&["CANARY2CANARY2CANARY2CANARY2CANARY2"], EVENT, 403),
        (&[SECRET, SECRET], EVENT, 403),
        (&[SECRET, "other"], EVENT, 403),
        (&[SECRET], "", 400),
        (&[SECRET], "{", 400),
        (&[SECRET], "[]", 400),
        (&[SECRET], "{}", 400),
        (&[SECRET], r#"{"event": []}"#, 400),
        (&[SECRET], "\u{feff}{}", 400),
        (&[SECRET], &long, 413),
        // Strangers learn nothing of the limits.
        (&["wrong"], &long, 403),
    ] {
        let (receiver, mut events) = receiver();
        let response = take(&receiver, post(keys, body)).await;
        assert_eq!(response.status(), status, "{keys:?} {body}");
        assert_eq!(response.body(), "", "{keys:?} {body}");
        drop(receiver);
        assert_eq!(events.next().await.is_some(), status == 200, "{keys:?} {body}");
    }
    let (receiver, _events) = receiver();
    let response = take(&receiver, Request::get("/").body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"POST".parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn bodies_that_do_not_end_are_given_up() {
    let (receiver, _events) = receiver();
    let request = |body| Request::post("/").header("x-webhook-key", SECRET).body(body).unwrap();
    let slow = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, Infallible>>());
    assert_eq!(take(&receiver, request(slow)).await.status(), 408);
    let endless = StreamBody::new(futures_util::stream::repeat_with(|| Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"      ")))));
    let response = take(&receiver, Request::post("/").header("x-webhook-key", SECRET).body(endless).unwrap()).await;
    assert_eq!(response.status(), 413);
    let broken = StreamBody::new(futures_util::stream::iter([Err::<Frame<Bytes>, _>(std::io::Error::other("gone"))]));
    let response = take(&receiver, Request::post("/").header("x-webhook-key", SECRET).body(broken).unwrap()).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_full_queue_refuses_and_forgets() {
    let (receiver, mut events) = receiver();
    for (order, status) in [(1, 200), (2, 200), (3, 503), (3, 503)] {
        let body = json!({"event": "order_rejected", "data": {"order_id": order}}).to_string();
        assert_eq!(take(&receiver, post(&[SECRET], &body)).await.status(), status, "{order}");
    }
    assert_eq!(events.next().await.unwrap().data.order_id, Some(OrderId(1)));
    let body = json!({"event": "order_rejected", "data": {"order_id": 3}}).to_string();
    assert_eq!(take(&receiver, post(&[SECRET], &body)).await.status(), 200);
    events.next().await.unwrap();
    // It was refused before, so this is the first time that it is told.
    assert!(!events.next().await.unwrap().repeated);
    drop(events);
    assert_eq!(take(&receiver, post(&[SECRET], &body)).await.status(), 503);
}

#[tokio::test]
async fn replays_are_marked() {
    let (receiver, mut events) = receiver();
    let mut told = Vec::new();
    for body in [
        EVENT,
        r#"{"data": {"certificate_id": "8", "order_id": 7}, "event": "order_rejected"}"#,
        r#"{"event": "order_rejected", "data": {"order_id": 8, "certificate_id": "8"}}"#,
        EVENT,
    ] {
        assert_eq!(take(&receiver, post(&[SECRET], body)).await.status(), 200);
        told.push(events.next().await.unwrap());
    }
    assert_eq!(told.iter().map(|event| event.repeated).collect::<Vec<_>>(), [false, true, false, true]);
    assert!(told[0].fingerprint() == told[1].fingerprint() && told[0].fingerprint() != told[2].fingerprint());
    assert_eq!(told[0].fingerprint().len(), 64);
}

#[tokio::test]
async fn events_are_read_as_far_as_they_can_be() {
    let (receiver, mut events) = receiver();
    let body = r#"{"event": "of_tomorrow", "data": {"order_id": "7", "certificate_id": [], "note": {"by": "us"}}, "more": 1}"#;
    take(&receiver, post(&[SECRET], body)).await;
    let event = events.next().await.unwrap();
    assert_eq!(event.name, WebhookEventName::from("of_tomorrow"));
    assert_eq!((event.data.order_id, event.data.certificate_id), (Some(OrderId(7)), None));
    assert_eq!(event.data.extra["note"], json!({"by": "us"}));
    assert_eq!(event.json()["more"], 1);
}

/// Every event that the document shows is read, and loses nothing.
#[tokio::test]
async fn the_events_of_the_document_are_read() {
    let document = Document::load("certcentral");
    let text: serde_json::Value = serde_norway::from_str(include_str!("../../openapi/certcentral.yaml")).unwrap();
    let callback = text.pointer("/paths/~1webhook/post/callbacks/event").expect("the callback");
    let examples = callback.as_object().unwrap().values().next().unwrap().pointer("/post/requestBody/content/application~1json/examples");
    let examples = examples.unwrap().as_object().unwrap();
    assert!(examples.len() >= 8);
    let schema = json!({"$ref": "#/components/schemas/WebhookEventBody"});
    for (name, example) in examples {
        document.validate(&schema, &example["value"], crate::document::Enums::Closed).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (receiver, mut events) = receiver();
        assert_eq!(take(&receiver, post(&[SECRET], &example["value"].to_string())).await.status(), 200, "{name}");
        let event = events.next().await.unwrap();
        assert_eq!(event.name.to_string(), example["value"]["event"].as_str().unwrap());
        assert!(event.data.extra.is_empty(), "{name}: {:?}", event.data.extra);
        let data = example["value"].get("data").cloned().unwrap_or_else(|| json!({}));
        assert_eq!(serde_json::to_value(&event.data).unwrap(), data, "{name}");
    }
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let builder = WebhookReceiver::builder().secret(SECRET);
    let shown = format!("{builder:?}");
    let (receiver, mut events) = builder.build().unwrap();
    let body = json!({"event": "challenge_webhook_endpoint", "data": {"token": "CANARY2", "webhook_id": 1}}).to_string();
    let response = take(&receiver, post(&[SECRET], &body)).await;
    let event = events.next().await.unwrap();
    assert_eq!(event.data.token.as_ref().unwrap().expose(), "CANARY2");
    let shown = format!("{shown}{receiver:?}{receiver:#?}{response:?}{event:?}{event:#?}{events:?}");
    assert!(!shown.contains("CANARY"), "{shown}");
    assert!(WebhookReceiver::builder().build().unwrap_err().is_invalid_input());
    assert!(WebhookReceiver::builder().secret("").build().unwrap_err().is_invalid_input());
    assert!(WebhookReceiver::builder().secret(SECRET).capacity(0).build().unwrap_err().is_invalid_input());
}

/// A sandbox whose events reach a receiver.
fn connected(sandbox: Sandbox) -> (Judge, WebhookEvents) {
    let (receiver, events) = WebhookReceiver::builder().secret(SECRET).build().unwrap();
    sandbox.send_webhooks_to(move |event| {
        let mut receiver = receiver.clone();
        async move { receiver.call(event.map(Full::new)).await.unwrap().status() }
    });
    (Judge::new(sandbox), events)
}

async fn next(events: &mut WebhookEvents) -> shomei::certcentral::WebhookEvent {
    timeout(Duration::from_secs(60), events.next()).await.expect("an event comes").expect("the receiver is there")
}

#[tokio::test(start_paused = true)]
async fn from_the_first_challenge_to_the_first_certificate() {
    let (judge, mut events) = connected(Sandbox::new());
    let cc = judge.client();
    let hooks = cc.webhooks();
    assert_eq!(hooks.list().send().await.unwrap_err().certcentral_code(), Some(ErrorCode::WebhookInvalidAccount));
    let refused = hooks.test_endpoint(ENDPOINT).send().await.unwrap_err();
    assert_eq!(refused.certcentral_code(), Some(ErrorCode::WebhookEndpointError));
    hooks.test_endpoint(ENDPOINT).secret(SECRET).send().await.unwrap();
    assert_eq!(next(&mut events).await.name, WebhookEventName::TestWebhookEndpoint);

    let wanted = [WebhookEventName::CertificateIssued, WebhookEventName::CertificateRevoked, WebhookEventName::OrderRejected];
    let options = WebhookOptions::new().certificate_chain(true);
    let id = hooks.create(ENDPOINT).secret(SECRET).events(wanted).options(options).send().await.unwrap();
    let again = hooks.create(ENDPOINT).send().await.unwrap_err();
    assert_eq!(again.certcentral_code(), Some(ErrorCode::WebhookConfiguredAlready));
    let early = hooks.activate(id).send().await.unwrap_err();
    assert_eq!(early.certcentral_code(), Some(ErrorCode::WebhookInvalidAction));
    hooks.send_challenge(id).send().await.unwrap();
    let challenge = next(&mut events).await;
    assert_eq!((challenge.name, challenge.data.webhook_id), (WebhookEventName::ChallengeWebhookEndpoint, Some(id)));
    let wrong = hooks.check_challenge(id, "wrong").send().await.unwrap_err();
    assert_eq!(wrong.certcentral_code(), Some(ErrorCode::WebhookInvalidToken));
    hooks.check_challenge(id, challenge.data.token.unwrap()).send().await.unwrap();
    hooks.activate(id).send().await.unwrap();
    assert_eq!(hooks.list().send().await.unwrap()[0].status, Some(WebhookStatus::Active));

    let organization = OrganizationId(754_782);
    let order = |name: &'static str| cc.orders().issue(Product::CODE_SIGNING, csr()).common_name(name).organization(organization);
    let placed = order("one").plan(Plan::years(1)).send().await.unwrap();
    judge.sandbox().validate_organization(organization.0).unwrap();
    let issued = next(&mut events).await;
    assert_eq!((issued.name, issued.data.order_id), (WebhookEventName::CertificateIssued, Some(placed.id)));
    assert!(issued.data.certificate_chain.is_empty(), "of TLS certificates only");
    let certificate: CertificateId = issued.data.certificate_id.unwrap();
    assert_eq!(cc.orders().get(placed.id).send().await.unwrap().certificate.unwrap().id, Some(certificate));

    let log = hooks.event_logs().send().await.unwrap();
    assert_eq!(log.events.len(), 2);
    assert_eq!((log.events[0].event_info.is_none(), log.events[1].response_code), (true, Some(200)));
    assert_eq!(hooks.event_logs().webhook(id).page_size(1).send().await.unwrap().events.len(), 1);
    hooks.deactivate(id).send().await.unwrap();
    hooks.edit(id, "https://hooks.example.org/").send().await.unwrap();
    let moved = hooks.activate(id).send().await.unwrap_err();
    assert_eq!(moved.certcentral_code(), Some(ErrorCode::WebhookInvalidAction));
}

/// A body of text is one too, as anything that is a body.
#[tokio::test]
async fn any_body_is_taken() {
    struct Pieces(Vec<&'static str>);
    impl hyper::body::Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(mut self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.pop().map(|piece| Ok(Frame::data(Bytes::from(piece)))))
        }
    }
    let (receiver, _events) = receiver();
    let pieces = Pieces(vec![r#"rejected"}"#, r#""event": "order_"#, "{"]);
    let request = Request::post("/").header("x-webhook-key", SECRET).body(pieces).unwrap();
    assert_eq!(take(&receiver, request).await.status(), 200);
    let request = Request::post("/").header("x-webhook-key", SECRET).body(EVENT.to_owned()).unwrap();
    assert_eq!(take(&receiver, request).await.status(), 200);
}
