//! The last exchanges with the services, for debugging: bodies, but no headers, secrets or personal data.

mod redaction;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::{Stream, stream};
use http::{Request, Response};
use serde_json::{Value, json};
use tokio::sync::watch;

use self::redaction::HIDDEN;
pub(crate) use self::redaction::Service;
use super::fault::Fault;
use super::pocketsign::Verify;
use super::{Sandbox, certcentral, http::segments};

/// How many exchanges are kept.
const KEPT: usize = 1000;
/// Larger bodies are not kept, to bound the memory.
const LARGEST_BODY: usize = 64 * 1024;

/// A call to a service and its response, as seen by the service.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Exchange {
    /// Its number, counted from 1.
    pub id: u64,
    /// When the service responded, by the sandbox's clock.
    pub time: DateTime<Utc>,
    /// The method: `POST`.
    pub method: String,
    /// The path, with its query if it had one.
    pub target: String,
    /// The status of the service's response; `None` if the call did not reach it.
    pub status: Option<u16>,
    /// The [fault](super::FaultPlan) that the call met.
    pub fault: Option<String>,
    /// The body of the request, if it was JSON and not too large.
    pub request: Option<Value>,
    /// The length of the request body in bytes.
    pub request_bytes: usize,
    /// The body of the response, if it was JSON and not too large.
    pub response: Option<Value>,
    /// The length of the response body in bytes.
    pub response_bytes: usize,
}

impl Exchange {
    /// As the control interface and the program's `--log` write it.
    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "time": self.time.to_rfc3339_opts(SecondsFormat::Millis, true),
            "method": self.method,
            "target": self.target,
            "status": self.status,
            "fault": self.fault,
            "request": self.request,
            "request_bytes": self.request_bytes,
            "response": self.response,
            "response_bytes": self.response_bytes,
        })
    }

    /// Returns the exchange as one line of JSON, without the line break.
    ///
    /// ```
    /// # use shomei::sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), http::Error> {
    /// let sandbox = Sandbox::new();
    /// let request = http::Request::get("/services/v2/user/me").header("X-DC-DEVKEY", sandbox.api_key()).body(bytes::Bytes::new())?;
    /// sandbox.handle(request).await;
    /// let line = sandbox.exchanges()[0].to_json();
    /// assert!(line.contains(r#""target":"/services/v2/user/me""#) && !line.contains(sandbox.api_key()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        self.view().to_string()
    }
}

/// The ring of exchanges.
#[derive(Debug)]
pub(crate) struct Log {
    ring: Mutex<Ring>,
    /// The number of the newest exchange, for those who follow.
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    last: u64,
    kept: VecDeque<Arc<Kept>>,
}

/// An exchange as it came. Secrets are hidden when it is read, which costs the calls nothing.
#[derive(Debug)]
struct Kept {
    id: u64,
    time: DateTime<Utc>,
    service: Option<Service>,
    method: String,
    path: String,
    query: Option<String>,
    status: Option<u16>,
    fault: Option<Fault>,
    request: Content,
    response: Content,
}

#[derive(Debug)]
struct Content {
    body: Option<Bytes>,
    length: usize,
}

impl Content {
    fn of(body: &Bytes) -> Self {
        Self { body: (1..=LARGEST_BODY).contains(&body.len()).then(|| body.clone()), length: body.len() }
    }

    /// The JSON in it. Other bodies, and those of no service, are not shown: it is unknown where their secrets are.
    fn shown(&self, service: Option<Service>) -> Option<Value> {
        let mut value = serde_json::from_slice(self.body.as_ref()?).ok()?;
        service?.redact(&mut value);
        Some(value)
    }
}

impl Kept {
    fn shown(&self) -> Exchange {
        let query = self.query.as_deref().map(|query| match self.service {
            Some(service) => service.redact_query(query),
            None => HIDDEN.to_owned(),
        });
        Exchange {
            id: self.id,
            time: self.time,
            method: self.method.clone(),
            target: [Some(self.path.clone()), query].into_iter().flatten().collect::<Vec<_>>().join("?"),
            status: self.status,
            fault: self.fault.as_ref().map(|fault| fault.word().to_owned()),
            request: self.request.shown(self.service),
            request_bytes: self.request.length,
            response: self.response.shown(self.service),
            response_bytes: self.response.length,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { ring: Mutex::default(), newest: watch::Sender::new(0) }
    }
}

impl Log {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, request: &Request<Bytes>, response: Option<&Response<Bytes>>, fault: Option<&Fault>, time: DateTime<Utc>) {
        let mut ring = self.ring();
        ring.last += 1;
        if ring.kept.len() == KEPT {
            ring.kept.pop_front();
        }
        let none = Bytes::new();
        let (path, last) = (request.uri().path(), ring.last);
        ring.kept.push_back(Arc::new(Kept {
            id: last,
            time,
            service: service_of(request),
            method: request.method().to_string(),
            path: path.to_owned(),
            query: request.uri().query().map(str::to_owned),
            status: response.map(|response| response.status().as_u16()),
            fault: fault.cloned(),
            request: Content::of(request.body()),
            response: Content::of(response.map_or(&none, Response::body)),
        }));
        // While the ring is locked, so that followers see numbers rise.
        self.newest.send_replace(last);
    }

    fn after(&self, id: u64) -> Vec<Exchange> {
        // Hiding takes a while, and calls go on meanwhile.
        let kept: Vec<Arc<Kept>> = self.ring().kept.iter().filter(|kept| kept.id > id).cloned().collect();
        kept.iter().map(|kept| kept.shown()).collect()
    }

    pub(crate) fn clear(&self) {
        self.ring().kept.clear();
    }
}

fn service_of(request: &Request<Bytes>) -> Option<Service> {
    if Verify::knows(request.uri().path()) {
        return Some(Service::PocketSign);
    }
    segments(request.uri(), certcentral::BASE).map(|_| Service::CertCentral)
}

/// The log of exchanges.
impl Sandbox {
    /// Returns the last 1,000 exchanges with the services, oldest first. They contain no headers, credentials, secrets or personal data.
    /// Calls to the control interface are not logged.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.0.log.after(0)
    }

    /// Returns the kept exchanges whose number is greater than `id`.
    #[must_use]
    pub fn exchanges_after(&self, id: u64) -> Vec<Exchange> {
        self.0.log.after(id)
    }

    /// Returns a stream of the exchanges from number `id` + 1 on, including future ones: the stream does not end. A reader that falls
    /// behind by more than 1,000 misses some, which shows in their numbers.
    pub fn follow_exchanges(&self, id: u64) -> impl Stream<Item = Exchange> + Send + 'static {
        let state = (self.clone(), self.0.log.newest.subscribe(), id, VecDeque::<Exchange>::new());
        stream::unfold(state, |(sandbox, mut newest, mut id, mut ready)| async move {
            loop {
                if let Some(exchange) = ready.pop_front() {
                    return Some((exchange, (sandbox, newest, id, ready)));
                }
                // Noted before the ring is read: whatever comes after that wakes the reader.
                newest.borrow_and_update();
                ready.extend(sandbox.exchanges_after(id));
                match ready.back() {
                    Some(last) => id = last.id,
                    None => newest.changed().await.ok()?,
                }
            }
        })
    }

    /// Removes all exchanges so far; numbering continues.
    pub fn clear_exchanges(&self) {
        self.0.log.clear();
    }

    pub(crate) fn log(&self, request: &Request<Bytes>, response: Option<&Response<Bytes>>, fault: Option<&Fault>) {
        self.0.log.add(request, response, fault, self.0.clock.now());
    }
}
