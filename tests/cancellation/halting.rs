//! A way to a sandbox in many small steps, so that there are many places to be dropped at.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use futures_util::{future::BoxFuture, stream};
use shomei::{ResponseBody, Sandbox, Transport, TransportError, TransportRequest};
use tokio::task::yield_now;

#[derive(Clone)]
pub(crate) struct Halting {
    sandbox: Sandbox,
    sent: Arc<AtomicU32>,
    mishaps: Arc<Mutex<Vec<(&'static str, Mishap)>>>,
}

/// What happens to a request on its way.
#[derive(Clone, Copy)]
pub(crate) enum Mishap {
    /// Somebody before the service refuses it with this status.
    Refused(u16),
    /// It arrives, and its answer is lost.
    AnswerLost,
    /// None.
    None,
}

impl Halting {
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        Self { sandbox: sandbox.clone(), sent: Arc::default(), mishaps: Arc::default() }
    }

    /// The next request whose path ends so has a mishap, and the one after it the next such mishap; an empty list is none.
    pub(crate) fn expect(&self, mishaps: &[(&'static str, Mishap)]) {
        *self.mishaps.lock().unwrap() = mishaps.to_vec();
    }

    fn mishap(&self, path: &str) -> Option<Mishap> {
        let mut mishaps = self.mishaps.lock().unwrap();
        let first = mishaps.iter().position(|(end, _)| path.ends_with(end))?;
        Some(mishaps.remove(first).1).filter(|mishap| !matches!(mishap, Mishap::None))
    }

    /// How many requests have left.
    pub(crate) fn sent(&self) -> u32 {
        self.sent.load(Ordering::SeqCst)
    }
}

impl Transport for Halting {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        let mishap = self.mishap(request.path());
        Box::pin(async move {
            yield_now().await;
            if let Some(Mishap::Refused(status)) = mishap {
                return Ok(http::Response::builder().status(status).body(ResponseBody::default()).unwrap());
            }
            let answer = self.sandbox.send(request).await?;
            if mishap.is_some() {
                return Err(TransportError::broken("reset by peer"));
            }
            yield_now().await;
            let (head, body) = answer.into_parts();
            let body = body.bytes().await?;
            let (first, second) = (body.slice(..body.len() / 2), body.slice(body.len() / 2..));
            let chunks = stream::unfold(vec![second, first], |mut left| async {
                yield_now().await;
                Some((Ok(left.pop()?), left))
            });
            Ok(http::Response::from_parts(head, ResponseBody::stream(chunks)))
        })
    }
}
