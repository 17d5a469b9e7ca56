//! A way to a sandbox in many small steps, so that there are many places to be dropped at.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use bytes::Bytes;
use futures_util::{future::BoxFuture, stream};
use shomei::{Sandbox, Transport, TransportError};
use tokio::task::yield_now;

#[derive(Clone)]
pub(crate) struct Halting {
    sandbox: Sandbox,
    sent: Arc<AtomicU32>,
}

impl Halting {
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        Self { sandbox: sandbox.clone(), sent: Arc::default() }
    }

    /// How many requests have left.
    pub(crate) fn sent(&self) -> u32 {
        self.sent.load(Ordering::SeqCst)
    }
}

impl Transport for Halting {
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, TransportError>> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            yield_now().await;
            let answer = self.sandbox.send(request).await?;
            yield_now().await;
            let mut head = http::Response::new(());
            *head.status_mut() = answer.status();
            *head.headers_mut() = answer.headers().clone();
            let body = answer.bytes().await.map_err(TransportError::broken)?;
            let (first, second) = (body.slice(..body.len() / 2), body.slice(body.len() / 2..));
            let chunks = stream::unfold(vec![second, first], |mut left| async {
                yield_now().await;
                Some((Ok::<Bytes, std::io::Error>(left.pop()?), left))
            });
            Ok(head.map(|()| reqwest::Body::wrap_stream(chunks)).into())
        })
    }
}
