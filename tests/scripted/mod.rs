//! A service that answers as it is told to, and keeps what it is asked.
#![allow(dead_code, reason = "no test binary needs all of it")]

use std::{
    future::ready,
    mem,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use shomei::{ApiKey, ResponseBody, Transport, TransportError, TransportRequest};

pub(crate) type Answer = http::Response<Bytes>;

/// An answer in JSON.
pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    http::Response::builder().status(status).header("content-type", "application/json").body(body.into()).unwrap()
}

type Script = dyn FnMut(&TransportRequest) -> Result<Answer, TransportError> + Send;

#[derive(Clone)]
pub(crate) struct Scripted {
    script: Arc<Mutex<Script>>,
    sent: Arc<Mutex<Vec<TransportRequest>>>,
}

impl Scripted {
    pub(crate) fn new(script: impl FnMut(&TransportRequest) -> Result<Answer, TransportError> + Send + 'static) -> Self {
        Self { script: Arc::new(Mutex::new(script)), sent: Arc::default() }
    }

    /// The same answer to everything.
    pub(crate) fn always(answer: Answer) -> Self {
        Self::new(move |_| Ok(answer.clone()))
    }

    /// The same in JSON.
    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::always(answer(status, body))
    }

    /// One answer after the other, and no more requests than answers.
    pub(crate) fn each(answers: impl IntoIterator<Item = Answer, IntoIter: Send + 'static>) -> Self {
        let mut answers = answers.into_iter();
        Self::new(move |_| Ok(answers.next().expect("no more requests than answers")))
    }

    /// What was sent since this was last asked.
    pub(crate) fn sent(&self) -> Vec<TransportRequest> {
        mem::take(&mut self.sent.lock().unwrap())
    }

    #[cfg(feature = "certcentral")]
    pub(crate) fn certcentral(&self) -> shomei::CertCentral {
        shomei::CertCentral::builder(ApiKey::new("CANARY-KEY").unwrap()).transport(self.clone()).build().unwrap()
    }

    #[cfg(feature = "pocketsign-v1")]
    pub(crate) fn v1(&self) -> shomei::pocketsign::PocketSignV1 {
        let builder = shomei::pocketsign::PocketSignV1::builder(ApiKey::new("TOKEN").unwrap()).transport(self.clone());
        builder.environment(shomei::pocketsign::Environment::Mock).build().unwrap()
    }

    #[cfg(feature = "pocketsign")]
    pub(crate) fn v2(&self) -> shomei::PocketSign {
        let builder = shomei::PocketSign::builder(ApiKey::new("TOKEN").unwrap()).transport(self.clone());
        builder.environment(shomei::pocketsign::Environment::Mock).build().unwrap()
    }
}

impl Transport for Scripted {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let answer = (self.script.lock().unwrap())(&request);
        self.sent.lock().unwrap().push(request);
        Box::pin(ready(answer.map(|answer| answer.map(Into::into))))
    }
}
