//! The second check that follows a list which turns out to be too old.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use shomei::{
    ApiKey, PocketSign, Transport, TransportError,
    pocketsign::{CheckMethod, Environment, ErrorReason, Freshness, PocketSignV2},
};

/// 7:45:01 in Japan.
const DATE: &str = "Tue, 30 Apr 2024 22:45:01 GMT";
const LISTED: &str = r#"{"certificateStatus":{"id":"first","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_CRL",
    "createdAt":"2024-04-30T22:44:58Z"},"certificate":{"id":"c"},"user":{"id":"u"},"isNewUser":true}"#;
const ASKED: &str = r#"{"certificateStatus":{"id":"second","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_OCSP",
    "createdAt":"2024-04-30T22:45:01Z"},"certificate":{"id":"c"},"user":{"id":"u"}}"#;
const FAILED: &str = r#"{"code":"unavailable","details":[{"type":"google.rpc.ErrorInfo",
    "debug":{"reason":"ERROR_REASON_OCSP_REQUEST_FAILED"}}]}"#;

/// Gives one answer after the other, each at the same time of day.
#[derive(Clone)]
struct Answers(Arc<Mutex<VecDeque<(u16, &'static str)>>>);

impl Transport for Answers {
    fn send(&self, _: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, TransportError>> {
        let (status, body) = self.0.lock().unwrap().pop_front().expect("no more requests than answers");
        let answer = http::Response::builder().status(status).header("content-type", "application/json").header("date", DATE);
        Box::pin(async move { Ok(answer.body(Bytes::from_static(body.as_bytes())).unwrap().into()) })
    }
}

/// A client that knows the time.
async fn client(answers: &[(u16, &'static str)]) -> PocketSignV2 {
    let answers = std::iter::once((200, "{}")).chain(answers.iter().copied()).collect();
    let transport = Answers(Arc::new(Mutex::new(answers)));
    let ps = PocketSign::v2(ApiKey::new("token").unwrap()).environment(Environment::Mock).transport(transport).build().unwrap();
    ps.users().get("u").send().await.unwrap();
    ps
}

#[tokio::test]
async fn the_first_check_and_the_new_user_are_told() {
    let ps = client(&[(200, LISTED), (200, ASKED)]).await;
    let fresh = ps.certificates().check_status("c").identify_user(true).fresh(Freshness::SameDay).send().await.unwrap();
    assert_eq!((fresh.method, fresh.is_fresh), (CheckMethod::Ocsp, true));
    assert_eq!(fresh.status.id.unwrap().as_str(), "second");
    assert_eq!(fresh.status.is_new_user, Some(true));
    assert_eq!(fresh.earlier.unwrap().id.unwrap().as_str(), "first");
}

#[tokio::test]
async fn a_fallback_takes_the_list_that_was_read_already() {
    let ps = client(&[(200, LISTED), (503, FAILED)]).await;
    let check = ps.certificates().check_status("c").identify_user(true).fresh(Freshness::SameDay);
    let fresh = check.fall_back_to_crl(true).send().await.unwrap();
    assert_eq!((fresh.method, fresh.is_fresh), (CheckMethod::Crl, false));
    assert_eq!((fresh.status.id.unwrap().as_str(), fresh.status.is_new_user), ("first", Some(true)));
    assert_eq!(fresh.fallback.and_then(|error| error.pocketsign_reason()), Some(ErrorReason::OcspRequestFailed));
}
