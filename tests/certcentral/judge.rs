//! A sandbox whose every answer, and every request that reaches it, is held against the document.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, Weak};

use futures_util::future::BoxFuture;
use shomei::{ApiKey, CertCentral, Csr, KeyAlgorithm, PrivateKey, ResponseBody, Sandbox, Transport, TransportError, TransportRequest};

use crate::document::Document;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::load("certcentral"));

const BASE: &str = "https://sandbox.invalid/services/v2";

/// Passes requests on to a sandbox and judges both sides.
#[derive(Clone)]
pub(crate) struct Judge(Arc<Inner>);

struct Inner {
    client: OnceLock<CertCentral>,
    sandbox: Sandbox,
    calls: Mutex<Vec<String>>,
    verdicts: Mutex<Vec<String>>,
}

impl Judge {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self(Arc::new(Inner { client: OnceLock::new(), sandbox, calls: Mutex::default(), verdicts: Mutex::default() }))
    }

    /// The one client of this sandbox: each clone knows the service's time from the answers of the others.
    pub(crate) fn client(&self) -> CertCentral {
        self.0.client.get_or_init(|| self.new_client()).clone()
    }

    fn new_client(&self) -> CertCentral {
        let key = ApiKey::new(self.0.sandbox.api_key()).unwrap();
        CertCentral::builder(key).base_url(BASE).transport(Wire(Arc::downgrade(&self.0))).build().unwrap()
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
}

impl Inner {
    fn judge(&self, verdict: Result<(), String>) {
        if let Err(verdict) = verdict {
            self.verdicts.lock().unwrap().push(verdict);
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

/// What the judge's client sends through; it does not keep the judge alive, whose verdict comes with its end.
struct Wire(Weak<Inner>);

impl Transport for Wire {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let judge = self.0.upgrade().expect("the judge outlives the calls of its test");
        Box::pin(async move {
            let method = request.method().to_string();
            let path = request.path().trim_start_matches("/services/v2").to_owned();
            let body = request.body().to_vec();
            judge.calls.lock().unwrap().push(format!("{method} {path}"));
            assert_eq!(request.headers()["x-dc-devkey"], judge.sandbox.api_key(), "every request carries the key");
            assert!(!request.headers().contains_key("api-version"), "no service asked for the document's version");
            judge.judge(DOCUMENT.validate_request(&method, &path, &body));

            let (head, body) = judge.sandbox.send(request).await?.into_parts();
            let body = body.bytes().await?;
            let content_type = head.headers.get("content-type").map(|value| value.to_str().unwrap());
            judge.judge(DOCUMENT.validate_response(&method, &path, head.status.as_u16(), content_type, &body));

            Ok(http::Response::from_parts(head, body.into()))
        })
    }
}

/// A new key's CSR.
pub(crate) fn csr() -> Csr {
    PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap().sign_csr(["ignored.example"]).unwrap()
}
