//! The other end of a webhook: a service that receives events, responds at once, and passes them on.

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, future::BoxFuture};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::{
    sync::mpsc::{Receiver, Sender, channel, error::TrySendError},
    time::timeout,
};
use tower_service::Service;
use tracing::{debug, warn};

use super::WebhookEvent;
use crate::{error::Error, secret::Redacted};

const KEY_HEADER: &str = "x-webhook-key";
const MAX_REQUEST_SIZE: usize = 256 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const CAPACITY: usize = 1024;
/// How many events are remembered, to recognize those that are sent again.
const REMEMBERED: usize = 1024;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Receives the events of a webhook: a [`tower_service::Service`] that any server built on `tower` or `hyper` can mount, axum's
/// `route_service` among them. Clones share everything.
///
/// It responds as soon as an event is in the queue, without waiting for it to be processed:
///
/// | status | when |
/// | --- | --- |
/// | 200 | the event is in the queue |
/// | 400 | the body is not a JSON object, or names no event |
/// | 401, 403 | the key is missing, or wrong |
/// | 405 | the method is not POST |
/// | 408, 413 | the body takes too long, or is too large |
/// | 503 | the queue is full, or nobody reads it anymore |
///
/// The key is compared in constant time. The service neither signs nor timestamps what it sends: anyone who knows the key can forge and
/// replay events. So serve the receiver over https, and query the service before anything important depends on an event.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use futures_util::StreamExt as _;
/// use shomei::certcentral::{OrderId, WebhookEventName, WebhookReceiver};
/// use tower_service::Service as _;
///
/// let (mut receiver, mut events) = WebhookReceiver::builder().secret("a secret of at least 32 letters.").build()?;
/// // In axum: Router::new().route_service("/certcentral", receiver)
/// let request = http::Request::post("/certcentral")
///     .header("X-WEBHOOK-KEY", "a secret of at least 32 letters.")
///     .body(r#"{"event": "order_rejected", "data": {"order_id": 7}}"#.to_owned())?;
/// assert_eq!(receiver.call(request).await?.status(), 200);
///
/// let event = events.next().await.expect("the receiver is still there");
/// assert_eq!((event.name, event.data.order_id), (WebhookEventName::OrderRejected, Some(OrderId(7))));
/// # Ok(())
/// # }
/// ```
#[doc(alias = "ウェブフックの受信")]
#[derive(Clone)]
pub struct WebhookReceiver(Arc<Shared>);

struct Shared {
    /// The hashes of the secrets, which all have one length, so that a comparison reveals nothing about the lengths of the secrets.
    secrets: Vec<[u8; 32]>,
    max_request_size: usize,
    body_timeout: Duration,
    queue: Sender<WebhookEvent>,
    seen: Mutex<VecDeque<[u8; 32]>>,
}

impl fmt::Debug for WebhookReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookReceiver").field("secrets", &self.0.secrets.len()).finish_non_exhaustive()
    }
}

impl WebhookReceiver {
    /// Sets up a receiver.
    #[must_use]
    pub fn builder() -> WebhookReceiverBuilder {
        WebhookReceiverBuilder { secrets: Vec::new(), max_request_size: MAX_REQUEST_SIZE, body_timeout: BODY_TIMEOUT, capacity: CAPACITY }
    }

    async fn receive<B>(self, request: Request<B>) -> Result<(), StatusCode>
    where
        B: Body,
        B::Error: Into<Failure>,
    {
        let (head, body) = request.into_parts();
        if head.method != Method::POST {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        self.0.must_be_known(&head.headers)?;
        let event = WebhookEvent::read(&self.0.whole(body).await?).ok_or(StatusCode::BAD_REQUEST)?;
        self.0.enqueue(event)
    }
}

impl Shared {
    /// Compares every secret, even after a match.
    fn must_be_known(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let mut given = headers.get_all(KEY_HEADER).iter();
        let key = given.next().ok_or(StatusCode::UNAUTHORIZED)?;
        if given.next().is_some() {
            return Err(StatusCode::FORBIDDEN);
        }
        let key: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let known = self.secrets.iter().fold(subtle::Choice::from(0), |known, secret| known | secret.ct_eq(&key));
        if bool::from(known) { Ok(()) } else { Err(StatusCode::FORBIDDEN) }
    }

    async fn whole<B>(&self, body: B) -> Result<Bytes, StatusCode>
    where
        B: Body,
        B::Error: Into<Failure>,
    {
        if body.size_hint().lower() > self.max_request_size as u64 {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        match timeout(self.body_timeout, Box::pin(Limited::new(body, self.max_request_size).collect())).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
            Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
            Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }

    /// An event that finds no room in the queue is not remembered: if it is sent again, it is not a repeat.
    fn enqueue(&self, mut event: WebhookEvent) -> Result<(), StatusCode> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = event.mark();
        event.repeated = seen.contains(&mark);
        let repeated = event.repeated;
        match self.queue.try_send(event) {
            Ok(()) if repeated => Ok(()),
            Ok(()) => {
                if seen.len() == REMEMBERED {
                    seen.pop_front();
                }
                seen.push_back(mark);
                Ok(())
            }
            Err(TrySendError::Full(_)) => {
                warn!(target: "shomei", "the queue of a webhook's events is full: an event was refused");
                Err(StatusCode::SERVICE_UNAVAILABLE)
            }
            Err(TrySendError::Closed(_)) => {
                warn!(target: "shomei", "nobody reads a webhook's events any more: an event was refused");
                Err(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }
}

impl<B> Service<Request<B>> for WebhookReceiver
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Failure>,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let received = self.clone().receive(request);
        received.map(|received| Ok(response(received.err()))).boxed()
    }
}

/// The responses have no body: the reason for a refusal is for our log, not for a stranger.
fn response(refused: Option<StatusCode>) -> Response<String> {
    let mut response = Response::new(String::new());
    if let Some(status) = refused {
        debug!(target: "shomei", status = status.as_u16(), "a webhook's receiver refused a request");
        *response.status_mut() = status;
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
    }
    response
}

/// Sets up a [`WebhookReceiver`].
#[derive(Clone)]
pub struct WebhookReceiverBuilder {
    secrets: Vec<Redacted<String>>,
    max_request_size: usize,
    body_timeout: Duration,
    capacity: usize,
}

impl fmt::Debug for WebhookReceiverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookReceiverBuilder").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

impl WebhookReceiverBuilder {
    /// Adds a secret that events may carry. Add two to accept both while one replaces the other.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Redacted<String>>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Sets the maximum size of a body; 256 KiB by default, which is far more than an event with a chain needs.
    #[must_use]
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.max_request_size = bytes;
        self
    }

    /// Sets how long a body may take to arrive; 10 seconds by default.
    #[must_use]
    pub fn body_timeout(mut self, longest: Duration) -> Self {
        self.body_timeout = longest;
        self
    }

    /// Sets how many events may wait to be read; 1024 by default.
    #[must_use]
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    /// Returns the receiver, and a stream of the events that it receives.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when there is no secret, since then anybody could send events, when a secret is empty, or when the
    /// capacity is 0 or too large.
    pub fn build(self) -> Result<(WebhookReceiver, WebhookEvents), Error> {
        if self.secrets.is_empty() || self.secrets.iter().any(|secret| secret.expose().is_empty()) {
            return Err(Error::invalid("secret", "expected at least one, and none empty; without a secret anybody could send events"));
        }
        if self.capacity == 0 || self.capacity > tokio::sync::Semaphore::MAX_PERMITS {
            return Err(Error::invalid("capacity", "expected at least 1, and no more than a queue can hold"));
        }
        let (queue, events) = channel(self.capacity);
        let shared = Shared {
            secrets: self.secrets.iter().map(|secret| Sha256::digest(secret.expose().as_bytes()).into()).collect(),
            max_request_size: self.max_request_size,
            body_timeout: self.body_timeout,
            queue,
            seen: Mutex::default(),
        };
        Ok((WebhookReceiver(Arc::new(shared)), WebhookEvents(events)))
    }
}

/// The stream of the events of a [`WebhookReceiver`], in order of arrival. It ends when the receiver and all its clones are dropped.
#[derive(Debug)]
pub struct WebhookEvents(Receiver<WebhookEvent>);

impl Stream for WebhookEvents {
    type Item = WebhookEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<WebhookEvent>> {
        self.0.poll_recv(context)
    }
}
