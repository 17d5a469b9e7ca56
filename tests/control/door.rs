//! Both doors of a sandbox: the services, and the control interface, whose every exchange is held against its document.

use std::{
    collections::BTreeSet,
    sync::{LazyLock, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use shomei::{KeyAlgorithm, PrivateKey, Sandbox};

use crate::document::Document;

pub(crate) static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::load("sandbox"));

/// A sandbox, and which operations were called.
pub(crate) struct Doors {
    pub(crate) sandbox: Sandbox,
    called: Mutex<BTreeSet<String>>,
}

impl Doors {
    pub(crate) fn to(sandbox: Sandbox) -> Self {
        Self { sandbox, called: Mutex::default() }
    }

    pub(crate) fn new() -> Self {
        Self::to(Sandbox::builder().start_at("2026-03-01T09:30:00Z".parse().unwrap()).build())
    }

    /// The ids of the operations called so far.
    pub(crate) fn called(&self) -> BTreeSet<String> {
        self.called.lock().unwrap().clone()
    }

    /// A call to the control interface: the status, and the body or null.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let path = format!("/_sandbox{path}");
        let response = self.sandbox.handle(request(method, &path, body.as_ref())).await;
        let (status, bytes) = (response.status().as_u16(), response.body());
        let operation = DOCUMENT.operation(method, &path);
        self.called.lock().unwrap().extend(operation.map(|operation| operation.id.to_owned()));
        if operation.is_some() {
            let content_type = response.headers().get("content-type").map(|value| value.to_str().unwrap());
            DOCUMENT.validate_response(method, &path, status, content_type, bytes).unwrap();
            if let (Some(body), 200 | 204) = (&body, status) {
                DOCUMENT.validate_request(method, &path, body.to_string().as_bytes()).unwrap();
            }
        }
        assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control")), "no header of CORS");
        (status, serde_json::from_slice(bytes).unwrap_or_default())
    }

    /// A call that succeeds.
    pub(crate) async fn done(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, body) = self.control(method, path, body).await;
        assert!(matches!(status, 200 | 204), "{method} {path}: {status} {body}");
        body
    }

    /// A call that is refused: the status and the first code.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let (status, body) = self.control(method, path, body).await;
        (status, body["errors"][0]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// A call to CertCentral: the status, and the body or null.
    pub(crate) async fn certcentral(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = request(method, &format!("{}{path}", Sandbox::CERTCENTRAL), body.as_ref());
        request.headers_mut().insert("x-dc-devkey", self.sandbox.api_key().parse().unwrap());
        let response = self.sandbox.handle(request).await;
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
    }

    /// The state of an order.
    pub(crate) async fn status(&self, order: &Value) -> String {
        let (_, order) = self.certcentral("GET", &format!("/order/certificate/{order}"), None).await;
        order["status"].as_str().unwrap_or_default().to_owned()
    }

    /// Adds a domain: its id and the token to publish.
    pub(crate) async fn add_domain(&self, name: &str, method: &str) -> (Value, String) {
        let body = serde_json::json!({
            "name": name, "organization": {"id": 754_781}, "validations": [{"type": "ov"}], "dcv_method": method,
        });
        let (status, body) = self.certcentral("POST", "/domain", Some(body)).await;
        assert_eq!(status, 201, "{body}");
        (body["id"].clone(), body["dcv_token"]["token"].as_str().unwrap_or_default().to_owned())
    }

    /// Orders a certificate: what the service responds.
    pub(crate) async fn order(&self, common_name: &str) -> Value {
        let body = order_body(common_name);
        let (status, body) = self.certcentral("POST", "/order/certificate/ssl_basic", Some(body)).await;
        assert_eq!(status, 201, "{body}");
        body
    }
}

pub(crate) fn order_body(common_name: &str) -> Value {
    let csr = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap().sign_csr([common_name]).unwrap();
    serde_json::json!({
        "certificate": {"common_name": common_name, "csr": csr.as_pem(), "signature_hash": "sha256"},
        "organization": {"id": 754_781},
        "order_validity": {"years": 1},
    })
}

/// A request as a program on this machine sends it.
pub(crate) fn request(method: &str, path: &str, body: Option<&Value>) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8089");
    match body {
        Some(body) => request.header("content-type", "application/json").body(Bytes::from(body.to_string())).unwrap(),
        None => request.body(Bytes::new()).unwrap(),
    }
}

pub(crate) fn code(response: &Response<Bytes>) -> String {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}
