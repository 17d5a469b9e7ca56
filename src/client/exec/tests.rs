use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use futures_util::future::{BoxFuture, join_all};
use reqwest::{
    Method, Request,
    header::{HeaderName, HeaderValue},
};
use tokio::time::timeout;

use super::*;
use crate::{
    ApiKey, CallOptions, ClientBuilder, RateLimit, RateUsage, ResponseBody, RetryPolicy, Transport, TransportError, TransportRequest,
    client::{Patience, Started, sealed},
    error::ApiError,
    generated::Operation,
};

mod slots;

/// A service with one operation that may be repeated, one that may not, and one that deletes.
struct Probe(Arc<Core>);

const fn operation(id: &'static str, method: &'static str, idempotent: bool) -> Operation {
    let fresh_connection = !idempotent;
    Operation { id, method, path: "/", idempotent, deletes: false, empty_success: false, fresh_connection, secret: false, rules: &[] }
}

const REMOVE: Operation = Operation { deletes: true, ..operation("remove", "DELETE", true) };

impl sealed::Service for Probe {
    const NAME: &'static str = "probe";
    const BASE_URL: Option<&'static str> = Some("https://probe.invalid");
    const OPERATIONS: &'static [Operation] = &[operation("read", "GET", true), operation("write", "POST", false), REMOVE];
    const PERSONAL: bool = false;
    const RATES: &'static [RateLimit] = &[RateLimit::new(100, Duration::from_secs(5)), RateLimit::new(1000, Duration::from_secs(180))];

    fn lists(_: &str) -> bool {
        false
    }

    fn authorization(key: &ApiKey) -> Option<(HeaderName, HeaderValue)> {
        Some((HeaderName::from_static("x-key"), key.to_header("")?))
    }

    fn api_errors(body: &[u8]) -> Vec<ApiError> {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let entry =
            |entry: &serde_json::Value| ApiError { code: entry["code"].as_str().unwrap_or_default().into(), message: String::new() };
        body["errors"].as_array().into_iter().flatten().map(entry).collect()
    }

    fn from_core(core: Arc<Core>) -> Self {
        Self(core)
    }
}

impl Probe {
    async fn call(&self, operation: &'static str, options: CallOptions) -> Result<u32, Error> {
        self.call_in(operation, options, None).await
    }

    async fn call_in(&self, operation: &'static str, options: CallOptions, patience: Option<Arc<Patience>>) -> Result<u32, Error> {
        let method = if operation == "read" { Method::GET } else { Method::POST };
        let mut request = Request::new(method, "https://probe.invalid/".parse().unwrap());
        *request.body_mut() = Some("body".into());
        let call = Call::new(Arc::clone(&self.0), options).of_flow(patience);
        let response = call.exec(request, operation).await;
        let result = match (Call::failure(&response), response.status().is_success()) {
            (Some(failure), _) => Err(progenitor_client::Error::Custom(failure)),
            (None, false) => Err(progenitor_client::Error::UnexpectedResponse(response)),
            (None, true) => progenitor_client::ResponseValue::<Box<serde::de::IgnoredAny>>::from_response::<()>(response).await,
        };
        let mut attempts = 0;
        call.note(|record| attempts = record.attempts);
        Started::new((), call).lift(result).await.map(|_| attempts)
    }

    async fn read(&self) -> Result<u32, Error> {
        self.call("read", CallOptions::default()).await
    }

    async fn write(&self) -> Result<u32, Error> {
        self.call("write", CallOptions::default()).await
    }
}

/// What the network does with one request.
#[derive(Clone, Copy)]
enum Fate {
    Status(u16),
    /// 400 in the service's own words,
    Refused,
    /// 404 in the service's own words,
    Gone,
    /// and for another reason.
    NoSuchPath,
    RetryAfter(u16, &'static str),
    Unsent,
    Reset,
    Silence,
}

use Fate::{Gone, NoSuchPath, Refused, Reset, RetryAfter, Silence, Status, Unsent};

/// Does what the script says; the last line goes for all that follows.
#[derive(Clone)]
struct Script(Arc<Mutex<(VecDeque<Fate>, Vec<Instant>)>>);

impl Script {
    fn new(fates: &[Fate]) -> Self {
        Self(Arc::new(Mutex::new((fates.iter().copied().collect(), Vec::new()))))
    }

    fn client(&self, set: impl FnOnce(ClientBuilder<Probe>) -> ClientBuilder<Probe>) -> Probe {
        set(ClientBuilder::new(ApiKey::new("key").unwrap()).transport(self.clone())).build().unwrap()
    }

    /// When each request came.
    fn times(&self) -> Vec<Instant> {
        self.0.lock().unwrap().1.clone()
    }

    fn sent(&self) -> usize {
        self.times().len()
    }
}

impl Transport for Script {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            assert_eq!(request.headers()["x-key"], "key");
            assert_eq!(request.body(), b"body");
            let fate = {
                let (fates, times) = &mut *self.0.lock().unwrap();
                times.push(Instant::now());
                if fates.len() > 1 { fates.pop_front().unwrap() } else { fates[0] }
            };
            let response = |status, retry_after: Option<&str>| {
                let body = match fate {
                    Refused => r#"{"errors":[{"code":"exceeds_balance","message":"There is not enough money."}]}"#,
                    Gone => r#"{"errors":[{"code":"not_found","message":"Gone."}]}"#,
                    NoSuchPath => r#"{"errors":[{"code":"unimplemented","message":"There is no such path."}]}"#,
                    _ => "null",
                };
                let mut response = http::Response::new(body.into());
                *response.status_mut() = status;
                response.headers_mut().insert("date", HeaderValue::from_static("Fri, 31 Dec 1999 23:59:00 GMT"));
                if let Some(value) = retry_after {
                    response.headers_mut().insert("retry-after", value.parse().unwrap());
                }
                Ok(response)
            };
            match fate {
                Status(status) => response(status.try_into().unwrap(), None),
                Refused => response(http::StatusCode::BAD_REQUEST, None),
                Gone | NoSuchPath => response(http::StatusCode::NOT_FOUND, None),
                RetryAfter(status, value) => response(status.try_into().unwrap(), Some(value)),
                Unsent => Err(TransportError::unsent("refused")),
                Reset => Err(TransportError::broken("reset")),
                Silence => std::future::pending().await,
            }
        })
    }
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn used(client: &Probe) -> u32 {
    client.0.usage().iter().map(|usage: &RateUsage| usage.used).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn calls_are_repeated_where_it_does_no_harm() {
    for (fates, read, write) in [
        (&[Status(200)][..], Ok(1), Ok(1)),
        (&[Status(429), Status(429), Status(200)], Ok(3), Ok(3)),
        (&[Status(503), Status(200)], Ok(2), Err(1)),
        (&[Status(408), Status(200)], Ok(2), Err(1)),
        (&[Unsent, Status(200)], Ok(2), Ok(2)),
        (&[Reset, Status(200)], Ok(2), Err(1)),
        (&[Silence, Status(200)], Ok(2), Err(1)),
        (&[Status(404), Status(200)], Err(1), Err(1)),
        (&[Status(503)], Err(4), Err(1)),
        (&[Unsent], Err(4), Err(4)),
        (&[Unsent, Reset, Status(200)], Ok(3), Err(2)),
    ] {
        for (operation, expected) in [("read", read), ("write", write)] {
            let script = Script::new(fates);
            let outcome = script.client(|builder| builder).call(operation, CallOptions::default()).await;
            let attempts = outcome.as_ref().map_err(Error::attempts).copied();
            assert_eq!(attempts, expected, "{operation}: {outcome:?}");
            assert_eq!(script.sent() as u32, attempts.unwrap_or_else(|attempts| attempts));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_found_done_after_a_lost_response_has_succeeded() {
    for (fates, remove, read) in [
        (&[Reset, Gone][..], Ok(2), Err(2)),
        (&[Silence, Gone], Ok(2), Err(2)),
        (&[Status(503), Gone], Ok(2), Err(2)),
        (&[Reset, Unsent, Status(429), Gone], Ok(4), Err(4)),
        // Nothing says that it was there before,
        (&[Gone], Err(1), Err(1)),
        (&[Unsent, Gone], Err(2), Err(2)),
        (&[Status(429), Gone], Err(2), Err(2)),
        // or that it is the service that does not find it.
        (&[Reset, Status(404)], Err(2), Err(2)),
        (&[Reset, Status(410)], Err(2), Err(2)),
        (&[Reset, NoSuchPath], Err(2), Err(2)),
    ] {
        for (operation, expected) in [("remove", remove), ("read", read)] {
            let outcome = Script::new(fates).client(|builder| builder).call(operation, CallOptions::default()).await;
            assert_eq!(outcome.as_ref().map_err(Error::attempts).copied(), expected, "{operation}: {outcome:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_did_not_leave_does_not_hide_an_earlier_one_that_did() {
    for (fates, status) in [(&[Unsent, Reset, Unsent][..], None), (&[Silence, Unsent], None), (&[Status(503), Unsent], Some(503))] {
        let error = Script::new(fates).client(|builder| builder).read().await.unwrap_err();
        assert!(error.was_sent(), "{error}");
        assert_eq!((error.attempts(), error.status()), (4, status));
    }
    let refused = Script::new(&[Status(429), Unsent]).client(|builder| builder).write().await.unwrap_err();
    assert!(refused.is_rate_limited(), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_does_not_hide_that_an_earlier_attempt_may_have_done_it() {
    for (fates, perhaps) in [
        (&[Status(503), Status(429)][..], true),
        (&[Reset, Refused], true),
        (&[Silence, Unsent, Status(403)], true),
        (&[Status(429), Refused], false),
        (&[Unsent, Refused], false),
        // Nobody knows whose refusals these are, nor where the redirect comes from.
        (&[Status(403)], true),
        (&[Unsent, Status(409)], true),
        (&[Status(307)], true),
        (&[Status(429)], false),
    ] {
        for (operation, expected) in [("remove", perhaps), ("read", false)] {
            let error = Script::new(fates).client(|builder| builder).call(operation, CallOptions::default()).await.unwrap_err();
            assert_eq!(error.is_ambiguous(), expected, "{operation}: {error}");
            assert!(error.was_sent() && error.status().is_some(), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_not_begun_in_the_last_moments_of_its_time() {
    for (left, sent) in [(secs(6), true), (secs(4), false)] {
        let script = Script::new(&[Status(200)]);
        let client = script.client(|builder| builder.rate_limits([RateLimit::new(1, secs(100))]).call_timeout(secs(100) + left));
        client.write().await.unwrap();
        let second = client.write().await;
        assert_eq!((second.is_ok(), script.sent() == 2), (sent, sent), "{second:?}");
        if let Err(error) = second {
            assert!(error.is_timeout() && !error.was_sent() && !error.is_ambiguous(), "{error}");
        }
    }
    // What can be repeated may be tried to the last.
    let client = Script::new(&[Status(200)]).client(|builder| builder.rate_limits([RateLimit::new(1, secs(100))]).call_timeout(secs(101)));
    client.read().await.unwrap();
    client.read().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn retries_can_be_off_for_a_client_or_a_call() {
    let script = Script::new(&[Unsent]);
    assert_eq!(script.client(|builder| builder.retry(RetryPolicy::never())).read().await.unwrap_err().attempts(), 1);
    let once = CallOptions::default().retry(RetryPolicy::never());
    assert_eq!(script.client(|builder| builder).call("read", once).await.unwrap_err().attempts(), 1);
    let more = CallOptions::default().retry(RetryPolicy::default().max_attempts(6));
    assert_eq!(script.client(|builder| builder.retry(RetryPolicy::never())).call("read", more).await.unwrap_err().attempts(), 6);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_in_seconds_and_as_a_date() {
    for value in ["40", "Fri, 31 Dec 1999 23:59:40 GMT"] {
        for status in [429, 503] {
            let script = Script::new(&[RetryAfter(status, value), Status(200)]);
            assert_eq!(script.client(|builder| builder.rate_limits([])).read().await.unwrap(), 2);
            let times = script.times();
            let waited = times[1] - times[0];
            assert!((secs(40)..=secs(40) + Duration::from_millis(500)).contains(&waited), "{status} {value}: {waited:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_bearing_ends_the_call_at_once() {
    for value in ["301", "99999999999999999999", "18446744073709551615"] {
        let (script, started) = (Script::new(&[RetryAfter(503, value)]), Instant::now());
        let error = script
            .client(|builder| builder.call_timeout(secs(86_400)).retry(RetryPolicy::never().max_attempts(2)))
            .read()
            .await
            .unwrap_err();
        let readable = value.len() < 20 || value.starts_with('1');
        assert_eq!(error.retry_after().is_some(), readable);
        assert_eq!((error.attempts(), started.elapsed() < secs(1)), if readable { (1, true) } else { (2, true) });
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_outlives_its_deadline() {
    for fate in [Status(503), Status(429), RetryAfter(429, "3"), RetryAfter(503, "9"), Unsent, Reset, Silence] {
        for deadline in [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(700), secs(4), secs(100)] {
            let (script, started) = (Script::new(&[fate]), Instant::now());
            let error = script.client(|builder| builder.call_timeout(deadline)).read().await.unwrap_err();
            assert!(started.elapsed() <= deadline + Duration::from_millis(1), "{error}: {:?} of {deadline:?}", started.elapsed());
            assert_eq!(error.attempts() as usize, script.sent());
            assert_eq!(error.was_sent(), script.sent() > 0 && !matches!(fate, Unsent));
            assert_eq!(error.elapsed(), started.elapsed());
        }
    }
    let script = Script::new(&[Status(200)]);
    assert!(script.client(|builder| builder.call_timeout(Duration::MAX)).read().await.is_ok());
    let brief = CallOptions::default().call_timeout(Duration::ZERO);
    assert!(script.client(|builder| builder).call("write", brief).await.unwrap_err().is_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_does_not_get_every_call_four_times() {
    let script = Script::new(&[Status(503)]);
    let client = script.client(|builder| builder.retry(RetryPolicy::default().retry_tokens(50).retry_cost(5)));
    for _ in 0..40 {
        client.read().await.unwrap_err();
    }
    assert_eq!(script.sent(), 40 + 10);
    // Fifteen calls that succeed pay for three repeats.
    *script.0.lock().unwrap() = (VecDeque::from([Status(200)]), Vec::new());
    for _ in 0..15 {
        client.read().await.unwrap();
    }
    *script.0.lock().unwrap() = (VecDeque::from([Status(503)]), Vec::new());
    client.read().await.unwrap_err();
    client.read().await.unwrap_err();
    assert_eq!(script.sent(), 2 + 3);
}
