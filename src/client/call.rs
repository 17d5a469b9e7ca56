//! One call: from the generated code to the transport, and the response back.

use std::{
    ops::Deref,
    pin::pin,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use progenitor_client::ResponseValue;
use reqwest::{StatusCode, header};

use super::{CallOptions, Core, decode::without_mark, patience::Patience, rules, trace::Traced};
use crate::{
    error::{ApiError, Error, ErrorResponse},
    generated::Operation,
};

/// The state of a generated client: the shared part, and a record of the call.
#[derive(Clone, Debug)]
#[allow(unnameable_types, unreachable_pub, reason = "the generated clients carry it, and the feature raw shows them")]
pub struct Call {
    pub(super) core: Arc<Core>,
    pub(super) options: CallOptions,
    /// If it is a flow's.
    pub(super) patience: Option<Arc<Patience>>,
    record: Arc<Mutex<Record>>,
}

/// How a call went, beyond what the generated code can express.
#[derive(Debug, Default)]
pub(super) struct Record {
    operation: Option<&'static str>,
    /// Whether the call changes nothing.
    reads: bool,
    /// Whether an attempt ended without showing whether the request was carried out.
    pub(super) perhaps_done: bool,
    pub(super) attempts: u32,
    elapsed: Duration,
    pub(super) failure: Option<Error>,
    /// Open until the response is decoded.
    trace: Option<Traced>,
}

/// Marks a response made up for a failure of ours: the generated code can only receive responses.
#[derive(Clone)]
struct NoResponse(String);

impl Call {
    pub(crate) fn new(core: Arc<Core>, options: CallOptions) -> Self {
        Self { core, options, patience: None, record: Arc::default() }
    }

    /// Makes the call part of a flow: its wait for a rate-limit slot does not count against the default timeout.
    #[cfg(feature = "certcentral")]
    pub(crate) fn of_flow(self, patience: Option<Arc<Patience>>) -> Self {
        Self { patience, ..self }
    }

    pub(super) fn note(&self, write: impl FnOnce(&mut Record)) {
        write(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Performs an operation of the document.
    pub(crate) async fn exec(&self, request: reqwest::Request, operation_id: &'static str) -> reqwest::Response {
        let operation = self.core.operations.iter().find(|operation| operation.id == operation_id);
        // In a box, so that the futures around it stay small enough to be moved about.
        Box::pin(self.perform(request, operation_id, operation)).await
    }

    /// Checks the request against the rules of the document, authorizes it, sends it with retries, and reads the whole response. The only
    /// path to a transport.
    pub(super) async fn perform(
        &self,
        mut request: reqwest::Request,
        operation_id: &'static str,
        operation: Option<&Operation>,
    ) -> reqwest::Response {
        if let Some(Err(refusal)) = operation.map(|operation| rules::check(operation, &request)) {
            return self.failed(refusal);
        }
        let (name, value) = &self.core.authorization;
        request.headers_mut().insert(name, value.clone());

        let mut trace = Traced::call(&self.core, operation_id, operation);
        let outcome = trace.within(pin!(self.repeat(request, operation, &trace))).await;
        self.note(|record| {
            let elapsed = trace.ended(&outcome, Some(record.attempts));
            record.operation = Some(operation_id);
            record.reads = operation.is_some_and(|operation| operation.method == "GET");
            record.elapsed += elapsed;
            record.trace = Some(trace);
        });
        match outcome {
            Ok(response) => with_body_if_needed(response, operation).into(),
            Err(failure) => self.failed(failure),
        }
    }

    /// A made-up response for a failure of ours.
    fn failed(&self, failure: Error) -> reqwest::Response {
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.extensions_mut().insert(NoResponse(failure.to_string()));
        self.note(|record| record.failure = Some(failure));
        response.into()
    }

    /// The text of the failure, if the response is made up for one.
    pub(crate) fn failure(response: &reqwest::Response) -> Option<String> {
        response.extensions().get::<NoResponse>().map(|NoResponse(text)| text.clone())
    }
}

/// Some operations respond with JSON or an empty body; the generated code reads an empty body as `null`.
fn with_body_if_needed(mut response: http::Response<Bytes>, operation: Option<&Operation>) -> http::Response<Bytes> {
    let empty_means_null = operation.is_some_and(|operation| operation.empty_success);
    if empty_means_null && response.status().is_success() && response.body().is_empty() {
        *response.body_mut() = Bytes::from_static(b"null");
    }
    response
}

/// What a generated method returns: a value in its box, or nothing.
pub(crate) trait Returned {
    type Value;

    fn value(self) -> Self::Value;
}

impl<T> Returned for Box<T> {
    type Value = T;

    fn value(self) -> T {
        *self
    }
}

impl Returned for () {
    type Value = ();

    fn value(self) {}
}

/// A generated client for one call, and the conversion of its response.
pub(crate) struct Started<C> {
    client: C,
    call: Call,
}

impl<C> Started<C> {
    pub(crate) fn new(client: C, call: Call) -> Self {
        Self { client, call }
    }

    /// Whether an attempt has been made, so that the request may have left.
    #[cfg(feature = "certcentral")]
    pub(crate) fn has_begun(&self) -> bool {
        let mut begun = false;
        self.call.note(|record| begun = record.attempts > 0);
        begun
    }

    /// The response as a value, or an error with all that is known about the failure.
    pub(crate) async fn lift<R: Returned>(self, result: Result<ResponseValue<R>, progenitor_client::Error<()>>) -> Result<R::Value, Error> {
        match result {
            Ok(value) => {
                self.call.core.heard.store(true, Ordering::Relaxed);
                Ok(value.into_inner().value())
            }
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// The same for a response that is a file.
    #[cfg(feature = "certcentral")]
    pub(crate) async fn lift_bytes(
        self,
        result: Result<ResponseValue<progenitor_client::ByteStream>, progenitor_client::Error<()>>,
    ) -> Result<(header::HeaderMap, Bytes), Error> {
        use futures_util::StreamExt as _;

        let value = match result {
            Ok(value) => value,
            Err(error) => return Err(self.explain(error).await),
        };
        let headers = value.headers().clone();
        // The body has been read before: it comes in one piece, if it is not empty.
        let body = value.into_inner().into_inner().next().await.transpose();
        let body = body.map_err(|error| self.tell(Error::cut_short(error.without_url())))?;
        Ok((headers, body.unwrap_or_default()))
    }

    /// Adds the call to an error.
    fn tell(&self, error: Error) -> Error {
        let mut record = self.call.record.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trace) = &mut record.trace {
            trace.failed(&error);
        }
        match record.operation {
            Some(operation) => {
                let error = error.during(operation, record.reads, record.attempts, record.elapsed);
                if record.perhaps_done { error.perhaps_done() } else { error }
            }
            None => error,
        }
    }

    async fn explain(&self, error: progenitor_client::Error<()>) -> Error {
        use progenitor_client::Error as Generated;

        let mut failure = None;
        self.call.note(|record| failure = record.failure.take());
        if let Some(failure) = failure {
            return self.tell(failure);
        }
        let error = match error {
            Generated::UnexpectedResponse(response) => {
                let mut operation = None;
                self.call.note(|record| operation = record.operation);
                refused(response, operation.unwrap_or_default(), &self.call.core).await
            }
            Generated::InvalidRequest(message) | Generated::Custom(message) => Error::invalid("request", message),
            Generated::CommunicationError(error) | Generated::InvalidUpgrade(error) | Generated::ResponseBodyError(error) => {
                Error::connection(!error.is_builder(), error.without_url())
            }
            // The client decodes by itself, and has noted why that failed.
            Generated::InvalidResponsePayload(_, error) => {
                Error::decode(String::new(), self.call.core.without_key(&error.to_string()), String::new())
            }
            // Errors are stripped from the documents before generation, so no operation declares one.
            Generated::ErrorResponse(value) => Error::response(ErrorResponse {
                status: value.status(),
                entries: Vec::new(),
                is_listed: false,
                retry_after: None,
                excerpt: String::new(),
            }),
        };
        self.tell(error)
    }
}

/// Makes one call of the generated client and lifts what comes back: `call!(self.client, order_info(&id))`; `bytes` in front is for files.
macro_rules! call {
    (@ $lift:ident $client:expr, $operation:ident($($argument:expr),* $(,)?)) => {{
        let call = $client.call();
        let response = call.$operation($($argument),*).await;
        call.$lift(response).await
    }};
    (bytes $client:expr, $($operation:tt)+) => { $crate::client::call!(@ lift_bytes $client, $($operation)+) };
    ($client:expr, $($operation:tt)+) => { $crate::client::call!(@ lift $client, $($operation)+) };
}
pub(crate) use call;

impl<C> Deref for Started<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.client
    }
}

/// The error for a response that is not the documented success.
async fn refused(response: reqwest::Response, operation: &str, core: &Core) -> Error {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let body = response.bytes().await.unwrap_or_default();
    let entries = core.entries_without_key((core.api_errors)(without_mark(&body)));
    let is_listed = entries.iter().any(|entry| (core.lists)(&entry.code));
    // A body that was understood need not be quoted: it may hold a secret that a text search does not find.
    let excerpt = if core.keeps_back(operation) || !entries.is_empty() { String::new() } else { core.excerpt(&body) };
    Error::response(ErrorResponse { status, entries, is_listed, retry_after, excerpt })
}

/// Whether a 404 says that the requested object does not exist; any other 404 may mean a wrong path, or come from a proxy.
pub(crate) fn tell_absence(entries: &[ApiError]) -> bool {
    entries.iter().any(|entry| entry.code.starts_with("not_found") || entry.code == "no_such_entry")
}

/// `Retry-After` in seconds or as a date; an unreadable value counts as absent.
pub(super) fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    // More than a century overflows when it is added to a time.
    const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let at = http_date(headers.get(header::RETRY_AFTER)?)?;
    // By the service's own clock if it tells the time: ours may be wrong.
    let now = headers.get(header::DATE).and_then(http_date).unwrap_or_else(Utc::now);
    Some((at - now).to_std().unwrap_or(Duration::ZERO).min(LONGEST))
}

pub(super) fn http_date(value: &header::HeaderValue) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(value.to_str().ok()?.trim()).ok().map(|date| date.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |value: &str| {
            let mut headers = header::HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        assert!(read("Fri, 31 Dec 2100 23:59:59 GMT").unwrap() > Duration::from_secs(1 << 30));
        for never in ["99999999999999", "Fri, 31 Dec 99999 23:59:59 GMT"] {
            assert_eq!(read(never), Some(Duration::from_secs(u32::MAX.into())), "{never}");
        }
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
        assert_eq!(retry_after(&header::HeaderMap::new()), None);

        let mut headers = header::HeaderMap::new();
        headers.insert(header::RETRY_AFTER, "Fri, 31 Dec 1999 23:59:59 GMT".parse().unwrap());
        headers.insert(header::DATE, "Fri, 31 Dec 1999 23:59:49 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(10)));
    }
}
