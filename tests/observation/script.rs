//! A network that does what a script says.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;
use shomei::{ApiKey, CertCentral, ClientBuilder, ResponseBody, Transport, TransportError, TransportRequest};

/// What the network does with one request.
#[derive(Clone, Copy)]
pub(crate) enum Fate {
    Answer(u16, &'static str),
    RetryAfter(u16, &'static str),
    Unsent,
    Reset,
    Silence,
}

/// Does what the script says; the last line goes for all that follows.
#[derive(Clone)]
pub(crate) struct Script(Arc<Mutex<VecDeque<Fate>>>);

impl Script {
    pub(crate) fn new(fates: &[Fate]) -> Self {
        Self(Arc::new(Mutex::new(fates.iter().copied().collect())))
    }

    pub(crate) fn certcentral(&self, set: impl FnOnce(ClientBuilder<CertCentral>) -> ClientBuilder<CertCentral>) -> CertCentral {
        let builder = CertCentral::builder(ApiKey::new("0123456789ABCDEF").unwrap());
        set(builder.base_url("https://script.invalid/services/v2").transport(self.clone())).build().unwrap()
    }
}

impl Transport for Script {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let fate = {
            let mut fates = self.0.lock().unwrap();
            if fates.len() > 1 { fates.pop_front().unwrap() } else { fates[0] }
        };
        Box::pin(async move {
            let answer = |status: u16, retry_after: Option<&str>, body: &'static str| {
                let answer = http::Response::builder().status(status).header("content-type", "application/json");
                let answer = retry_after.into_iter().fold(answer, |answer, value| answer.header("retry-after", value));
                Ok(answer.body(body.into()).unwrap())
            };
            match fate {
                Fate::Answer(status, body) => answer(status, None, body),
                Fate::RetryAfter(status, value) => answer(status, Some(value), ""),
                Fate::Unsent => Err(TransportError::unsent("refused")),
                Fate::Reset => Err(TransportError::broken("reset by peer")),
                Fate::Silence => std::future::pending().await,
            }
        })
    }
}
