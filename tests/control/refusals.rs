//! What cannot be: refused with a code that names the member, and nothing done.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::door::{DOCUMENT, Doors};

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let doors = Doors::new();
    doors.done("POST", "/cards", None).await;
    for (method, path, body, status, code) in [
        ("PUT", "/dns", json!({"type": "TXT", "value": "x"}), 400, "required_param:name"),
        ("PUT", "/dns", json!({"name": "example.com", "value": "x"}), 400, "required_param:type"),
        ("PUT", "/dns", json!({"name": "example.com", "type": "TXT"}), 400, "required_param:value"),
        ("PUT", "/dns", json!({"name": "example.com", "type": "MX", "value": "x"}), 400, "invalid_value:type"),
        ("PUT", "/dns", json!({"name": 5, "type": "TXT", "value": "x"}), 400, "invalid_value:name"),
        ("PUT", "/dns", json!({"name": "a..b", "type": "TXT", "value": "x"}), 400, "invalid_value:name"),
        ("PUT", "/dns", json!({"name": "example.com", "type": "CNAME", "value": "a b"}), 400, "invalid_value:value"),
        ("PUT", "/dns", json!({"name": "example.com", "type": "CAA", "value": "0 iodef \"x\""}), 400, "invalid_value:value"),
        ("DELETE", "/dns", Value::Null, 400, "required_param:name"),
        ("DELETE", "/dns?name=example.com", Value::Null, 404, "not_found|record"),
        ("DELETE", "/dns?name=a&name=b", Value::Null, 400, "invalid_value:name"),
        ("PUT", "/files", json!({"url": "ftp://example.com/", "body": "x"}), 400, "invalid_value:url"),
        ("PUT", "/files", json!({"url": "example.com", "body": "x"}), 400, "invalid_value:url"),
        ("PUT", "/files", json!({"url": "http://example.com/", "body": ["x"]}), 400, "invalid_value:body"),
        ("DELETE", "/files?url=http://example.com/", Value::Null, 404, "not_found|file"),
        ("POST", "/mails/1/follow", Value::Null, 404, "not_found|mail"),
        ("POST", "/mails/0/follow", Value::Null, 404, "not_found|mail"),
        ("POST", "/mails/x/follow", Value::Null, 404, "not_found|mail"),
        ("POST", "/clock", json!({"advance_seconds": -1}), 400, "invalid_value:advance_seconds"),
        ("POST", "/clock", json!({"advance_seconds": 1.5}), 400, "invalid_value:advance_seconds"),
        ("POST", "/clock", json!({"advance_seconds": "60"}), 400, "invalid_value:advance_seconds"),
        ("POST", "/clock", json!({"advance_seconds": u64::MAX}), 400, "invalid_value:advance_seconds"),
        ("POST", "/clock", json!({"now": "2025-01-01T00:00:00Z"}), 400, "invalid_value:now"),
        ("POST", "/clock", json!({"now": "9999-01-01T00:00:00Z"}), 400, "invalid_value:now"),
        ("POST", "/clock", json!({"now": "soon"}), 400, "invalid_value:now"),
        ("POST", "/clock", json!({"now": "2027-01-01T00:00:00Z", "advance_seconds": 1}), 400, "invalid_value:now"),
        ("POST", "/clock", json!({}), 400, "required_param:advance_seconds"),
        ("POST", "/requests/1/approve", Value::Null, 404, "not_found|request"),
        ("POST", "/requests/1/review", Value::Null, 404, "not_found|request"),
        ("POST", "/requests/1/reject", json!({"comment": "No."}), 404, "not_found|request"),
        ("POST", "/requests/1/reject", json!({"comment": 5}), 400, "invalid_value:comment"),
        ("POST", "/orders/1/reject", Value::Null, 404, "not_found|order"),
        ("POST", "/orders/1/hold", Value::Null, 404, "not_found|order"),
        ("POST", "/orders/1/release", Value::Null, 404, "not_found|order"),
        ("POST", "/orders/99999999999999999999/migrate", Value::Null, 404, "not_found|order"),
        ("POST", "/organizations/1/validate", Value::Null, 404, "not_found|organization"),
        ("POST", "/orders", json!({}), 400, "required_param:count"),
        ("POST", "/orders", json!({"count": 0}), 400, "invalid_value:count"),
        ("POST", "/orders", json!({"count": 100_001}), 400, "invalid_value:count"),
        ("POST", "/orders", json!({"count": 2, "status": "canceled"}), 400, "invalid_value:status"),
        ("POST", "/orders", json!({"count": 2, "product": "ssl_gold"}), 400, "invalid_value:product"),
        ("POST", "/orders", json!({"count": 2, "common_name": "under_score.example.com"}), 400, "invalid_value:common_name"),
        ("POST", "/orders", json!({"count": 2, "organization_id": 1}), 400, "invalid_value:organization_id"),
        ("POST", "/orders", json!({"count": 2, "organization_id": 754_782}), 400, "invalid_value:organization_id"),
        ("POST", "/orders", json!({"count": 2, "years": 7}), 400, "invalid_value:years"),
        ("POST", "/orders", json!({"count": 2, "csr": "nonsense"}), 400, "invalid_value:csr"),
        ("POST", "/domains", json!({"count": 2, "name": "same.example"}), 400, "invalid_value:name"),
        ("POST", "/domains", json!({"count": 2, "name": "{n}"}), 400, "invalid_value:name"),
        ("POST", "/domains", json!({"count": 2, "dcv_method": "telepathy"}), 400, "invalid_value:dcv_method"),
        ("POST", "/domains", json!({"count": 2, "organization_id": 1}), 400, "invalid_value:organization_id"),
        ("POST", "/domains", json!({"count": 2, "validated": "yes"}), 400, "invalid_value:validated"),
        ("POST", "/keys", json!({"role": "king"}), 400, "invalid_value:role"),
        ("POST", "/keys", json!({"scope": "everything"}), 400, "invalid_value:scope"),
        ("POST", "/keys", json!({"key": "a b"}), 400, "invalid_value:key"),
        ("POST", "/keys", json!({"key": doors.sandbox.api_key()}), 409, "not_possible"),
        ("GET", "/cards/2", Value::Null, 404, "not_found|card"),
        ("POST", "/cards/2/renew", Value::Null, 404, "not_found|card"),
        ("POST", "/cards/2/move", json!({"address": "x"}), 404, "not_found|card"),
        ("POST", "/cards/1/move", json!({}), 400, "required_param:address"),
        ("POST", "/cards/0/revoke", json!({"reason": "unspecified"}), 404, "not_found|card"),
        ("POST", "/cards/1/revoke", json!({}), 400, "required_param:reason"),
        ("POST", "/cards/1/revoke", json!({"reason": "lost"}), 400, "invalid_value:reason"),
        ("POST", "/cards/1/revoke", json!({"reason": "unspecified", "certificate": "both"}), 400, "invalid_value:certificate"),
        ("PUT", "/jpki", json!({"ocsp_available": false, "crl_available": 0}), 400, "invalid_value:crl_available"),
        ("PUT", "/settings", json!({"rate_limits": true, "approval": "perhaps"}), 400, "invalid_value:approval"),
        ("PUT", "/settings", json!({"approval": "skip", "max_plan_years": 11}), 400, "invalid_value:max_plan_years"),
        ("PUT", "/settings", json!({"approval": "skip", "dcv_reuse_days": 0}), 400, "invalid_value:dcv_reuse_days"),
        (
            "PUT",
            "/settings",
            json!({"approval": "skip", "max_certificate_days": 5_000_000_000_u64}),
            400,
            "invalid_value:max_certificate_days",
        ),
        ("PUT", "/settings", json!({"missing_key_status": 200}), 400, "invalid_value:missing_key_status"),
        ("PUT", "/settings", json!({"rate_limits": "on"}), 400, "invalid_value:rate_limits"),
        ("PUT", "/faults", json!({}), 400, "required_param:seed"),
        ("PUT", "/faults", json!({"rate": 0.5}), 400, "required_param:seed"),
        ("PUT", "/faults", json!({"seed": 1, "rate": 1.5}), 400, "invalid_value:rate"),
        ("PUT", "/faults", json!({"rules": [{"fault": "bad luck"}]}), 400, "invalid_value:fault"),
        ("PUT", "/faults", json!({"rules": [{"calls": "GET /user/me"}]}), 400, "required_param:fault"),
        ("PUT", "/faults", json!({"rules": [{"fault": "page", "code": 502}]}), 400, "unknown_param:code"),
        ("PUT", "/faults", json!({"rules": [{"fault": "page", "status": 200}]}), 400, "invalid_value:status"),
        ("PUT", "/faults", json!({"rules": [{"fault": "empty", "nth": 1, "first": 1}]}), 400, "invalid_value:nth"),
        ("PUT", "/faults", json!({"rules": ["page"]}), 400, "invalid_value:rules"),
        ("GET", "/log?after=x", Value::Null, 400, "invalid_value:after"),
        ("GET", "/log?follow=x", Value::Null, 400, "invalid_value:follow"),
        ("POST", "/reset", json!({"account": "full"}), 400, "invalid_value:account"),
        ("GET", "/nothing", Value::Null, 404, "not_found|route"),
        ("GET", "/dns/5", Value::Null, 404, "not_found|route"),
        ("PATCH", "/dns", Value::Null, 405, "method_not_allowed"),
        ("GET", "/reset", Value::Null, 405, "method_not_allowed"),
    ] {
        let body = (!body.is_null()).then_some(body);
        assert_eq!(doors.refused(method, path, body.clone()).await, (status, code.to_owned()), "{method} {path} {body:?}");
    }
    // Nothing of it was half done.
    let fresh = Doors::new();
    let defaults = fresh.done("GET", "/settings", None).await;
    assert_eq!(doors.done("GET", "/settings", None).await, defaults);
    assert_eq!(doors.done("GET", "/jpki", None).await, fresh.done("GET", "/jpki", None).await);
    assert_eq!(doors.done("GET", "/dns", None).await, json!({"records": []}));
    assert_eq!(doors.done("GET", "/mails", None).await, json!({"mails": []}));
    assert!(doors.done("GET", "/clock", None).await["now"].as_str().unwrap().starts_with("2026-03-01T09:3"));
    for list in ["/domain", "/order/certificate"] {
        assert_eq!(doors.certcentral("GET", list, None).await.1["page"]["total"], 0, "{list}");
    }
    assert_eq!(doors.done("GET", "/cards/1", None).await["signing"]["revoked"], Value::Null);
}

#[tokio::test]
async fn every_endpoint_refuses_a_member_that_it_does_not_know() {
    let doors = Doors::new();
    for operation in DOCUMENT.operations() {
        let path = operation.path.replace("{id}", "1");
        let path = path.strip_prefix("/_sandbox").unwrap();
        let method = operation.method.to_uppercase();
        let refused = match method.as_str() {
            "GET" | "DELETE" => doors.refused(&method, &format!("{path}?adress=x"), None).await,
            _ => doors.refused(&method, path, Some(json!({"adress": "x"}))).await,
        };
        assert_eq!(refused, (400, "unknown_param:adress".to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_and_a_wrong_method_are_told() {
    let doors = Doors::new();
    let send = async |method: &str, path: &str, content_type: Option<&str>, body: &'static str| {
        let request = Request::builder().method(method).uri(path).header("host", "localhost:8089");
        let request = content_type.into_iter().fold(request, |request, value| request.header("content-type", value));
        doors.sandbox.handle(request.body(Bytes::from(body)).unwrap()).await
    };
    let json = Some("application/json");
    for (content_type, body, status) in
        [(json, "[1]", 400), (json, "{", 400), (json, "\"x\"", 400), (None, "{}", 415), (json, "", 200), (None, "", 200)]
    {
        assert_eq!(send("POST", "/_sandbox/tenants", content_type, body).await.status(), status, "{content_type:?} {body}");
    }
    assert_eq!(send("POST", "/_sandbox/tenants?x=y", None, "").await.status(), 400);
    assert_eq!(send("GET", "/_sandbox/clock", json, "{}").await.status(), 400);
    let wrong = send("PATCH", "/_sandbox/dns", None, "").await;
    assert_eq!(wrong.headers()["allow"], "GET, PUT, DELETE");
    assert_eq!(send("GET", "/_sandboxes", None, "").await.status(), 404);
}

#[tokio::test]
async fn two_steps_are_both_taken_or_none() {
    let doors = Doors::new();
    let issued = doors.done("POST", "/orders", Some(json!({"count": 1}))).await["ids"][0].clone();
    doors.done("PUT", "/settings", Some(json!({"approval": "two-step"}))).await;
    let revoke = format!("/order/certificate/{issued}/revoke");
    let (first, second) =
        (doors.certcentral("PUT", &revoke, Some(json!({}))).await.1, doors.certcentral("PUT", &revoke, Some(json!({}))).await.1);
    doors.done("POST", &format!("/requests/{}/approve", first["id"]), None).await;
    assert_eq!(doors.status(&issued).await, "revoked");
    assert_eq!(doors.refused("POST", &format!("/requests/{}/approve", second["id"]), None).await.0, 409);
    let (_, request) = doors.certcentral("GET", &format!("/request/{}", second["id"]), None).await;
    assert_eq!(request["status"], "submitted", "not reviewed either");
}
