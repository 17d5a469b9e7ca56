//! A sandbox whose every answer, and every request that reaches it, is held against the documents.

use std::sync::{Arc, LazyLock, Mutex};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use shomei::{
    ApiKey, PocketSign, ResponseBody, Sandbox, Transport, TransportError, TransportRequest,
    sandbox::{Card, PersonDetails},
};

use crate::document::Document;

pub(crate) static V1: LazyLock<Document> = LazyLock::new(|| Document::load("pocketsign-verify-v1"));
pub(crate) static V2: LazyLock<Document> = LazyLock::new(|| Document::load("pocketsign-verify-v2"));

const BASE: &str = "https://sandbox.invalid";

/// Passes requests on to a sandbox and judges both sides.
#[derive(Clone)]
pub(crate) struct Judge(Arc<Inner>);

struct Inner {
    sandbox: Sandbox,
    calls: Mutex<Vec<(String, String)>>,
    verdicts: Mutex<Vec<String>>,
}

impl Judge {
    /// A sandbox that starts at a time such as `2024-05-01T12:00:00+09:00`.
    pub(crate) fn at(start: &str) -> Self {
        let start: DateTime<Utc> = start.parse().unwrap();
        let sandbox = Sandbox::builder().start_at(start).build();
        Self(Arc::new(Inner { sandbox, calls: Mutex::default(), verdicts: Mutex::default() }))
    }

    /// Noon in Japan.
    pub(crate) fn new() -> Self {
        Self::at("2024-05-01T12:00:00+09:00")
    }

    #[cfg(feature = "pocketsign-v1")]
    pub(crate) fn v1(&self) -> shomei::pocketsign::PocketSignV1 {
        shomei::pocketsign::PocketSignV1::builder(self.token()).base_url(BASE).transport(self.clone()).build().unwrap()
    }

    pub(crate) fn v2(&self) -> PocketSign {
        self.v2_as(self.token())
    }

    pub(crate) fn v2_as(&self, token: ApiKey) -> PocketSign {
        PocketSign::builder(token).base_url(BASE).transport(self.clone()).build().unwrap()
    }

    fn token(&self) -> ApiKey {
        ApiKey::new(self.0.sandbox.pocketsign_token()).unwrap()
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.0.sandbox
    }

    pub(crate) fn card(&self) -> Card {
        self.0.sandbox.jpki().card(PersonDetails::default())
    }

    /// The operations called so far, by id and version: `v1 get_user`.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.0.calls.lock().unwrap().iter().map(|(operation, _)| operation.clone()).collect()
    }

    /// The body of the last request.
    pub(crate) fn last_body(&self) -> String {
        self.0.calls.lock().unwrap().last().map(|(_, body)| body.clone()).unwrap_or_default()
    }

    fn judge(&self, verdict: Result<(), String>) {
        if let Err(verdict) = verdict {
            self.0.verdicts.lock().unwrap().push(verdict);
        }
    }
}

/// The ids of all operations of both documents, as [`Judge::operations`] gives them.
pub(crate) fn all_operations() -> Vec<String> {
    let v1 = V1.operations().map(|operation| format!("v1 {}", operation.id));
    let v2 = V2.operations().map(|operation| format!("v2 {}", operation.id));
    v1.chain(v2).collect()
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
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let method = request.method().to_string();
            let path = request.path().to_owned();
            let body = request.body().to_vec();
            let (version, document) = if path.starts_with("/pocketsign.verify.v2.") { ("v2", &*V2) } else { ("v1", &*V1) };
            let operation = document.operation(&method, &path).map_or_else(|| path.clone(), |found| found.id.to_owned());
            self.0.calls.lock().unwrap().push((format!("{version} {operation}"), String::from_utf8_lossy(&body).into_owned()));
            assert!(request.headers()["authorization"].to_str().unwrap().starts_with("Bearer "), "every request carries the token");
            assert!(!request.headers().contains_key("api-version"), "no service asked for the document's version");
            self.judge(document.validate_request(&method, &path, &body));

            let (head, body) = self.0.sandbox.send(request).await?.into_parts();
            let body = body.bytes().await?;
            let content_type = head.headers.get("content-type").map(|value| value.to_str().unwrap());
            self.judge(document.validate_response(&method, &path, head.status.as_u16(), content_type, &body));

            Ok(http::Response::from_parts(head, body.into()))
        })
    }
}
