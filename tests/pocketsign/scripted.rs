//! A service that says what it is told to say.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use shomei::{ApiKey, PocketSign, ResponseBody, Transport, TransportError, TransportRequest, pocketsign::Environment};

/// Answers every request with the same thing, until told otherwise, and counts them.
#[derive(Clone)]
pub(crate) struct Scripted {
    status: u16,
    body: Arc<Mutex<Bytes>>,
    sent: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, body: Arc::new(Mutex::new(body.into())), sent: Arc::default() }
    }

    /// Says something else from now on, to the clients that are there already too.
    pub(crate) fn say(&self, body: impl Into<Bytes>) {
        *self.body.lock().unwrap() = body.into();
    }

    #[cfg(feature = "pocketsign-v1")]
    pub(crate) fn v1(&self) -> shomei::pocketsign::PocketSignV1 {
        shomei::pocketsign::PocketSignV1::builder(ApiKey::new("token").unwrap())
            .environment(Environment::Mock)
            .transport(self.clone())
            .build()
            .unwrap()
    }

    pub(crate) fn v2(&self) -> PocketSign {
        PocketSign::builder(ApiKey::new("token").unwrap()).environment(Environment::Mock).transport(self.clone()).build().unwrap()
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Transport for Scripted {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            let answer = http::Response::builder().status(self.status).header("content-type", "application/json");
            Ok(answer.body(self.body.lock().unwrap().clone().into()).unwrap())
        })
    }
}
