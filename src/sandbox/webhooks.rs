//! Sending webhook events: to a receiver in this process, or to this machine over plain HTTP. No other host is ever contacted.

use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, StatusCode, Uri, header};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use super::certcentral::webhook::{Outgoing, loopback};
use super::{Sandbox, lock};

const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// The receiver of events in this process.
pub(super) type Receiver = Arc<dyn Fn(Request<Bytes>) -> BoxFuture<'static, StatusCode> + Send + Sync>;

impl Sandbox {
    /// Sends all further webhook events to this receiver, whatever address the webhook has. The receiver gets the request that the service
    /// would send, and returns a status. Without a receiver, only addresses such as `http://127.0.0.1:8080/…` are contacted.
    ///
    /// Each event is sent once, unless [`webhook_attempts`](super::SandboxSettings::webhook_attempts) is greater, by a task on the runtime
    /// in which the sandbox is called. Events are sent in the order in which they happened; the real service does not promise that.
    ///
    /// ```
    /// # use http::StatusCode;
    /// # use shomei::sandbox::Sandbox;
    /// let sandbox = Sandbox::new();
    /// sandbox.send_webhooks_to(|event| async move {
    ///     println!("{}", String::from_utf8_lossy(event.body()));
    ///     StatusCode::OK
    /// });
    /// ```
    pub fn send_webhooks_to<F, R>(&self, receiver: F)
    where
        F: Fn(Request<Bytes>) -> R + Send + Sync + 'static,
        R: Future<Output = StatusCode> + Send + 'static,
    {
        *lock(&self.0.webhook_receiver) = Some(Arc::new(move |event| receiver(event).boxed()));
    }

    /// Sends the waiting events, one after the other, in the order in which they happened. Outside of a runtime they keep waiting.
    pub(super) fn send_webhooks(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let sandbox = self.clone();
        runtime.spawn(async move {
            // Events are taken only in turn, so that those of a later call do not overtake.
            let _turn = sandbox.0.webhook_turn.lock().await;
            let waiting = lock(&sandbox.0.certcentral).webhooks_mut().take_outbox();
            for event in waiting {
                sandbox.deliver(&event).await;
            }
        });
    }

    /// Sends one event until it is accepted or the attempts are used up, and records the outcome.
    pub(super) async fn deliver(&self, event: &Outgoing) -> Option<StatusCode> {
        let begun = self.0.clock.now();
        let mut status = None;
        for attempt in 0..event.attempts.max(1) {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            status = tokio::time::timeout(PATIENCE, self.post(event)).await.ok().flatten();
            if status.is_some_and(|status| status.is_success()) {
                break;
            }
        }
        let ended = self.0.clock.now();
        lock(&self.0.certcentral).webhooks_mut().note_sent(event, status.map(|status| status.as_u16()), begun, ended);
        status
    }

    async fn post(&self, event: &Outgoing) -> Option<StatusCode> {
        let uri: Uri = event.endpoint.parse().ok()?;
        let mut request = Request::post(uri.path_and_query().map_or("/", |path| path.as_str()));
        request = request.header(header::HOST, uri.authority()?.as_str()).header(header::CONTENT_TYPE, "application/json");
        if let Some(secret) = &event.secret {
            request = request.header("X-WEBHOOK-KEY", secret);
        }
        let request = request.body(Bytes::from(event.body().to_string())).ok()?;
        let receiver = lock(&self.0.webhook_receiver).clone();
        if let Some(receiver) = receiver {
            return Some(receiver(request).await);
        }
        let stream = TcpStream::connect(loopback(&uri)?).await.ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        // It ends with its sender.
        tokio::spawn(connection);
        sender.send_request(request.map(Full::new)).await.ok().map(|response| response.status())
    }
}
