//! A sandbox whose every answer, and every request that reaches it, is held against the document.

use std::sync::{Arc, LazyLock, Mutex};

use futures_util::future::BoxFuture;
use shomei::{ApiKey, CertCentral, Csr, Sandbox, Transport, TransportError};

use crate::document::Document;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::load("certcentral"));

const BASE: &str = "https://sandbox.invalid/services/v2";

/// Passes requests on to a sandbox and judges both sides.
#[derive(Clone)]
pub(crate) struct Judge(Arc<Inner>);

struct Inner {
    sandbox: Sandbox,
    calls: Mutex<Vec<String>>,
    verdicts: Mutex<Vec<String>>,
}

impl Judge {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self(Arc::new(Inner { sandbox, calls: Mutex::default(), verdicts: Mutex::default() }))
    }

    pub(crate) fn client(&self) -> CertCentral {
        let key = ApiKey::new(self.0.sandbox.api_key()).unwrap();
        CertCentral::builder(key).base_url(BASE).transport(self.clone()).build().unwrap()
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.0.sandbox
    }

    /// `METHOD /path` of every request so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.0.calls.lock().unwrap().clone()
    }

    /// How many requests of a kind there were.
    pub(crate) fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|made| made.contains(call)).count()
    }

    fn judge(&self, verdict: Result<(), String>) {
        if let Err(verdict) = verdict {
            self.0.verdicts.lock().unwrap().push(verdict);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let verdicts = self.verdicts.get_mut().unwrap();
        if !std::thread::panicking() {
            assert!(verdicts.is_empty(), "against the document:\n{}", verdicts.join("\n"));
        }
    }
}

impl Transport for Judge {
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, TransportError>> {
        Box::pin(async move {
            let method = request.method().to_string();
            let path = request.url().path().trim_start_matches("/services/v2").to_owned();
            let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default().to_vec();
            self.0.calls.lock().unwrap().push(format!("{method} {path}"));
            assert_eq!(request.headers()["x-dc-devkey"], self.0.sandbox.api_key(), "every request carries the key");
            assert!(!request.headers().contains_key("api-version"), "no service asked for the document's version");
            self.judge(DOCUMENT.validate_request(&method, &path, &body));

            let answer = self.0.sandbox.send(request).await?;
            let status = answer.status();
            let headers = answer.headers().clone();
            let body = answer.bytes().await.map_err(TransportError::broken)?;
            let content_type = headers.get("content-type").map(|value| value.to_str().unwrap());
            self.judge(DOCUMENT.validate_response(&method, &path, status.as_u16(), content_type, &body));

            let mut judged = http::Response::new(body);
            *judged.status_mut() = status;
            *judged.headers_mut() = headers;
            Ok(judged.into())
        })
    }
}

/// A new key's CSR.
pub(crate) fn csr() -> Csr {
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::new(vec!["ignored.example".to_owned()]).unwrap().serialize_request(&key).unwrap();
    Csr::from_pem(&request.pem().unwrap()).unwrap()
}
