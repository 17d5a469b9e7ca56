//! Stories told through `handle`: what a caller sends, what the service answers, what others do meanwhile.

mod account;
mod api_keys;
mod approvals;
mod control;
mod cost;
mod duplicating;
mod errors;
mod example;
mod finding;
mod issuing;
mod keys;
mod locking;
mod managing;
mod members;
mod nearer;
mod order_control;
mod products;
mod reissuing;
mod reminding;
mod revoking;
mod signing;
mod users;
mod webhooks;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::sandbox::authority::tests::p256_csr;
use crate::sandbox::{Sandbox, SandboxBuilder};

const ORGANIZATION: u64 = 754_781;
const UNVALIDATED: u64 = 754_782;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A caller of a sandbox.
struct Caller {
    sandbox: Sandbox,
    csr: String,
}

impl Caller {
    fn new() -> Self {
        Self::of(Sandbox::builder())
    }

    fn of(builder: SandboxBuilder) -> Self {
        let start = "2026-03-01T09:30:00Z".parse().unwrap();
        Self { sandbox: builder.start_at(start).build(), csr: p256_csr() }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call_as(self.sandbox.api_key(), method, path, body).await
    }

    async fn call_as(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request =
            Request::builder().method(method).uri(format!("{}{path}", Sandbox::CERTCENTRAL)).header("X-DC-DEVKEY", key).body(body).unwrap();
        let response = self.sandbox.handle(request).await;
        let value = if response.body().is_empty() { Value::Null } else { serde_json::from_slice(response.body()).unwrap() };
        (response.status().as_u16(), value)
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("PUT", path, Some(body)).await
    }

    /// Adds a domain and returns its id and token.
    async fn add_domain(&self, name: &str, method: &str) -> (u64, String) {
        let (status, body) = self
            .post(
                "/domain",
                json!({"name": name, "organization": {"id": ORGANIZATION}, "validations": [{"type": "ov"}], "dcv_method": method}),
            )
            .await;
        assert_eq!(status, 201, "{body}");
        (body["id"].as_u64().unwrap(), body["dcv_token"]["token"].as_str().unwrap_or_default().to_owned())
    }

    /// Adds a domain and shows control over it.
    async fn validated_domain(&self, name: &str) -> u64 {
        let (id, token) = self.add_domain(name, "dns-txt-token").await;
        self.sandbox.dns().publish_txt(name, &token);
        assert_eq!(self.put(&format!("/domain/{id}/dcv/validate-token"), json!({})).await.0, 200);
        id
    }

    fn order_body(&self, common_name: &str) -> Value {
        json!({
            "certificate": {"common_name": common_name, "csr": self.csr, "signature_hash": "sha256"},
            "organization": {"id": ORGANIZATION},
            "order_validity": {"years": 1},
        })
    }

    async fn order(&self, body: Value) -> Value {
        let (status, body) = self.post("/order/certificate/ssl_securesite_flex", body).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    /// An issued order for some names of `example.com`, which is validated if it is not yet.
    async fn issued(&self, names: &[&str]) -> Value {
        if self.get("/domain?filters[search]=example.com").await["page"]["total"] == 0 {
            self.validated_domain("example.com").await;
        }
        let order = self.order(with(self.order_body(names[0]), "certificate.dns_names", json!(names))).await;
        assert_eq!(self.status(&order).await, "issued");
        order
    }

    /// The `certificate` member of a reissue or a duplicate.
    fn again(&self, names: &[&str]) -> Value {
        json!({
            "certificate": {
                "common_name": names[0],
                "dns_names": names,
                "csr": self.csr,
                "signature_hash": "sha256",
                "server_platform": {"id": 45},
            },
        })
    }

    async fn info(&self, order: &Value) -> Value {
        self.get(&format!("/order/certificate/{}", order["id"])).await
    }

    async fn status(&self, order: &Value) -> String {
        self.get(&format!("/order/certificate/{}", order["id"])).await["status"].as_str().unwrap().to_owned()
    }
}

fn code(body: &Value) -> &str {
    body["errors"][0]["code"].as_str().unwrap()
}

/// `base` with one member, given by its dotted path, set.
fn with(mut base: Value, path: &str, value: Value) -> Value {
    let place = path.split('.').fold(&mut base, |place, step| &mut place[step]);
    *place = value;
    base
}
