//! A transport that passes everything on and watches: where the key goes, and how much of an answer is read.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures_util::{TryStreamExt as _, future::BoxFuture};
use shomei::{ResponseBody, Sandbox, Transport, TransportError, TransportRequest};

#[derive(Clone)]
pub(crate) struct Watch(Arc<Inner>);

struct Inner {
    sandbox: Sandbox,
    secret: String,
    calls: Mutex<Vec<String>>,
    leaks: Mutex<Vec<String>>,
    most_read: AtomicUsize,
}

impl Watch {
    pub(crate) fn new(sandbox: &Sandbox, secret: &str) -> Self {
        let inner = Inner {
            sandbox: sandbox.clone(),
            secret: secret.to_owned(),
            calls: Mutex::default(),
            leaks: Mutex::default(),
            most_read: AtomicUsize::new(0),
        };
        Self(Arc::new(inner))
    }

    /// How many requests were sent to paths that end so: `POST /domain`.
    pub(crate) fn count(&self, fits: impl Fn(&str) -> bool) -> usize {
        self.0.calls.lock().unwrap().iter().filter(|call| fits(call)).count()
    }

    /// Where the secret was seen that is not its header.
    pub(crate) fn leaks(&self) -> Vec<String> {
        self.0.leaks.lock().unwrap().clone()
    }

    /// The most bytes of one answer that were read.
    pub(crate) fn most_read(&self) -> usize {
        self.0.most_read.load(Ordering::Relaxed)
    }

    fn inspect(&self, request: &TransportRequest) {
        let secret = &self.0.secret;
        let call = format!("{} {}", request.method(), request.url());
        let mut leaks = self.0.leaks.lock().unwrap();
        if call.contains(secret) {
            leaks.push(format!("the address of {}", call.replace(secret, "…")));
        }
        let body = request.body();
        if String::from_utf8_lossy(body).contains(secret) {
            leaks.push(format!("the body of {call}"));
        }
        let carriers = request.headers().iter().filter(|(_, value)| String::from_utf8_lossy(value.as_bytes()).contains(secret));
        let carriers: Vec<_> = carriers.map(|(name, value)| (name.as_str(), value.is_sensitive())).collect();
        if !matches!(carriers[..], [("x-dc-devkey" | "authorization", true)]) {
            leaks.push(format!("the headers {carriers:?} of {call}"));
        }
        self.0.calls.lock().unwrap().push(format!("{} {}", request.method(), request.path()));
    }
}

impl Transport for Watch {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        self.inspect(&request);
        Box::pin(async move {
            let answer = self.0.sandbox.send(request).await?;
            let (inner, mut read) = (self.0.clone(), 0);
            let read = move |piece: &Bytes| {
                read += piece.len();
                inner.most_read.fetch_max(read, Ordering::Relaxed);
            };
            Ok(answer.map(|body| ResponseBody::stream(body.inspect_ok(read))))
        })
    }
}
