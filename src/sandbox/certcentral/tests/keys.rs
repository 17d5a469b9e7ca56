//! More than one key, and how often each may call.

use super::*;
use crate::sandbox::{ApprovalMode, KeyScope, Role};

#[tokio::test]
async fn keys_open_what_their_scope_and_their_user_allow() {
    let builder = Sandbox::builder().extra_api_key("view", Role::Administrator, KeyScope::ViewOnly);
    let caller = Caller::of(builder);
    caller.sandbox.add_api_key("orders", Role::Manager, KeyScope::Orders).unwrap();
    caller.sandbox.add_api_key("user", Role::StandardUser, KeyScope::Unrestricted).unwrap();
    caller.sandbox.add_api_key("people", Role::Administrator, KeyScope::UserManagement).unwrap();
    let domain = || json!({"name": "example.com", "organization": {"id": ORGANIZATION}, "validations": [{"type": "ov"}]});
    for (key, method, path, body, allowed) in [
        ("view", "GET", "/order/certificate", json!({}), true),
        ("view", "POST", "/domain", domain(), false),
        ("view", "PUT", "/request/1/status", json!({}), false),
        ("orders", "GET", "/order/certificate", json!({}), true),
        ("orders", "POST", "/domain", domain(), false),
        ("people", "GET", "/user", json!({}), true),
        ("people", "GET", "/order/certificate", json!({}), false),
        ("user", "POST", "/domain", domain(), true),
        ("user", "PUT", &format!("/organization/{UNVALIDATED}/deactivate"), json!({}), false),
        ("user", "DELETE", &format!("/organization/{UNVALIDATED}"), json!({}), false),
        ("user", "POST", "/container/129626/children", json!({"name": "x"}), false),
    ] {
        let (status, body) = caller.call_as(key, method, path, Some(body)).await;
        if allowed {
            assert!(status < 300, "{key} {method} {path}: {body}");
        } else {
            assert_eq!((status, code(&body)), (403, "access_denied|missing_permission"), "{key} {method} {path}");
        }
    }
    for (key, id, role) in [("view", 14, "Administrator"), ("orders", 16, "Manager"), ("user", 17, "Standard User")] {
        let (_, me) = caller.call_as(key, "GET", "/user/me", None).await;
        assert_eq!((&me["id"], &me["access_roles"][0]["name"]), (&json!(id), &json!(role)), "{key}");
    }
    assert_eq!(caller.call_as("unknown", "GET", "/user/me", None).await.0, 403);
}

#[tokio::test]
async fn a_standard_user_s_order_waits_for_another() {
    let caller = Caller::of(Sandbox::builder().approval(ApprovalMode::OneStepAuto));
    caller.sandbox.add_api_key("user", Role::StandardUser, KeyScope::Unrestricted).unwrap();
    caller.validated_domain("example.com").await;
    let (_, order) = caller.call_as("user", "POST", "/order/certificate/ssl_basic", Some(caller.order_body("example.com"))).await;
    assert_eq!(order["requests"][0]["status"], "pending");
    assert_eq!(caller.info(&order).await["user"]["id"], 17);
    let decide = format!("/request/{}/status", order["requests"][0]["id"]);
    let (status, body) = caller.call_as("user", "PUT", &decide, Some(json!({"status": "approved"}))).await;
    assert_eq!((status, code(&body)), (403, "access_denied|invalid_approver"));
    assert_eq!(caller.put(&decide, json!({"status": "approved"})).await.0, 204);
    assert_eq!(caller.status(&order).await, "issued");
    for (query, total) in [("user_id=17", 1), ("filters[user_id]=14", 0), ("filters[email]=leon.kennedy@example.com", 1)] {
        assert_eq!(caller.get(&format!("/order/certificate?{query}")).await["page"]["total"], total, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn rates_are_limited_key_by_key() {
    for (retry_after, header) in [(None, None), (Some(Duration::from_secs(5)), Some("5"))] {
        let mut builder = Sandbox::builder().rate_limits(true).extra_api_key("other", Role::Manager, KeyScope::Unrestricted);
        if let Some(delay) = retry_after {
            builder = builder.retry_after(delay);
        }
        let caller = Caller::of(builder);
        for _ in 0..100 {
            assert_eq!(caller.call("GET", "/user/me", None).await.0, 200);
        }
        let request = Request::get("/services/v2/user/me").header("X-DC-DEVKEY", caller.sandbox.api_key()).body(Bytes::new()).unwrap();
        let response = caller.sandbox.handle(request).await;
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers().get("retry-after").and_then(|value| value.to_str().ok()), header);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(
            body["errors"][0],
            json!({"code": "request_limit_exceeded", "message": "Service unavailable, please limit request volume"})
        );
        assert_eq!(caller.call_as("other", "GET", "/user/me", None).await.0, 200);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(caller.call("GET", "/user/me", None).await.0, 200);
    }
}

#[tokio::test]
async fn rates_are_not_limited_unless_set() {
    let caller = Caller::new();
    for _ in 0..150 {
        assert_eq!(caller.call("GET", "/user/me", None).await.0, 200);
    }
}
