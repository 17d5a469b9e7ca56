//! Every way to be refused.

use http::StatusCode;

use super::*;

async fn send(sandbox: &Sandbox, request: Request<Bytes>) -> (u16, Value) {
    let response = sandbox.handle(request).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[tokio::test]
async fn keys_are_checked_first() {
    let sandbox = Sandbox::new();
    let wrong = Request::get("/services/v2/nowhere").header("X-DC-DEVKEY", "wrong").body(Bytes::new()).unwrap();
    let (status, body) = send(&sandbox, wrong).await;
    assert_eq!(status, 403);
    assert_eq!(
        body,
        json!({"errors": [{
            "code": "access_denied|access_denied_invalid_key",
            "message": "Access denied due to access_denied_invalid_key.",
        }]})
    );
    let missing = || Request::get("/services/v2/user/me").body(Bytes::new()).unwrap();
    assert_eq!(send(&sandbox, missing()).await.0, 403);
    let strict = Sandbox::builder().missing_key_status(StatusCode::UNAUTHORIZED).build();
    assert_eq!(send(&strict, missing()).await.0, 401);
}

#[tokio::test]
async fn unknown_routes_methods_and_things_are_not_found() {
    let caller = Caller::new();
    for (method, path, expected) in [
        ("GET", "/nowhere", "not_found|route"),
        ("DELETE", "/domain/1", "not_found|route"),
        ("PUT", "/order/certificate/1/reissue", "not_found|route"),
        ("GET", "/domain/1", "not_found|domain"),
        ("GET", "/domain/x", "not_found|domain"),
        ("PUT", "/domain/1/dcv/validate-token", "not_found|domain"),
        ("PUT", "/domain/1/activate", "not_found|domain"),
        ("GET", "/domain/nonsense/dcv/emails", "not_found|domain"),
        ("GET", "/order/certificate/1", "not_found|order"),
        ("GET", "/order/certificate/1/validation", "not_found|order"),
        ("PUT", "/order/certificate/1/status", "not_found|order"),
        ("POST", "/order/certificate/ssl_unknown", "not_found|product"),
        ("GET", "/request/1", "not_found|request"),
        ("PUT", "/request/1/status", "not_found|request"),
        ("GET", "/organization/1", "not_found|organization"),
        ("GET", "/container/1", "not_found|container"),
        ("GET", "/user/1", "not_found|user"),
        ("GET", "/certificate/1/chain", "not_found|certificate"),
        ("GET", "/certificate/1/download/format/pem_all", "not_found|certificate"),
        ("GET", "/certificate/download/order/1", "not_found|order"),
        ("GET", "/certificate/download/order/18446744073709551616", "not_found|order"),
    ] {
        let (status, body) = caller.call(method, path, None).await;
        assert_eq!((status, code(&body)), (404, expected), "{method} {path}");
    }
    let (status, body) = send(&caller.sandbox, Request::get("/elsewhere").body(Bytes::new()).unwrap()).await;
    assert_eq!((status, code(&body)), (404, "not_found|route"));
}

#[tokio::test]
async fn bodies_and_accept_headers_are_checked() {
    let caller = Caller::new();
    let request = |method: &str, accept: &str, body: &'static str| {
        Request::builder()
            .method(method)
            .uri("/services/v2/domain")
            .header("X-DC-DEVKEY", caller.sandbox.api_key())
            .header("Accept", accept)
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap()
    };
    for (method, accept, body, expected) in [
        ("POST", "*/*", "{", (400, "bad_request_format")),
        ("POST", "*/*", "\"text\"", (400, "bad_request_format")),
        ("POST", "*/*", "[]", (400, "required_param:name")),
        ("POST", "application/xml", "{}", (406, "not_acceptable")),
    ] {
        let (status, answer) = send(&caller.sandbox, request(method, accept, body)).await;
        assert_eq!((status, code(&answer)), expected, "{body}");
    }
    assert_eq!(send(&caller.sandbox, request("GET", "application/json", "not json")).await.0, 200);
}

#[tokio::test]
async fn domains_are_refused() {
    let caller = Caller::new();
    caller.add_domain("taken.example.com", "email").await;
    let good = json!({"name": "example.com", "organization": {"id": ORGANIZATION}, "validations": [{"type": "ov"}]});
    for (path, value, expected) in [
        ("name", json!(""), (400, "required_param:name")),
        ("name", json!("localhost"), (400, "invalid_value:name")),
        ("name", json!("*.example.com"), (400, "invalid_value:name")),
        ("name", json!("Taken.example.com."), (400, "duplicate_domain")),
        ("organization", json!({}), (400, "required_param:organization.id")),
        ("organization", json!({"id": 1}), (404, "not_found|organization")),
        ("validations", json!([]), (400, "required_param:validations")),
        ("validations", json!([{"type": "OV"}]), (400, "invalid_value:validations.type")),
        ("dcv_method", json!("dns"), (400, "invalid_value:dcv_method")),
        ("email_array", json!("admin@example.com"), (400, "invalid_value:email_array")),
    ] {
        let (status, body) = caller.post("/domain", with(good.clone(), path, value.clone())).await;
        assert_eq!((status, code(&body)), expected, "{path} {value}");
    }
    let (_, body) = caller.post("/domain", json!({})).await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn only_a_domain_validated_order_may_leave_the_hash_out() {
    let caller = Caller::new();
    let no_hash = || with(caller.order_body("example.com"), "certificate.signature_hash", json!(null));
    for product in ["ssl_securesite_flex", "ssl_ev_basic", "private_ssl_flex"] {
        let refused = caller.post(&format!("/order/certificate/{product}"), no_hash()).await.1;
        assert_eq!(code(&refused), "required_param:certificate.signature_hash", "{product}");
    }
    let (status, taken) = caller.post("/order/certificate/ssl_dv_geotrust_flex", no_hash()).await;
    assert_eq!(status, 201, "{taken}");
    assert_eq!(caller.info(&taken).await["certificate"]["signature_hash"], "sha256");
}

#[tokio::test]
async fn orders_are_refused() {
    let caller = Caller::new();
    let many: Vec<String> = (0..251).map(|index| format!("n{index}.example.com")).collect();
    for (path, value, expected) in [
        ("certificate.common_name", json!(""), (400, "required_param:certificate.common_name")),
        ("certificate.common_name", json!("no name"), (400, "invalid_value:certificate.common_name")),
        ("certificate.dns_names", json!(["a b"]), (400, "invalid_value:certificate.dns_names")),
        ("certificate.dns_names", json!("a.example.com"), (400, "invalid_value:certificate.dns_names")),
        ("certificate.dns_names", json!(many), (400, "invalid_value:certificate.dns_names")),
        ("certificate.csr", json!(null), (400, "required_param:certificate.csr")),
        ("certificate.csr", json!("nonsense"), (400, "csr_invalid_cannot_parse")),
        ("certificate.signature_hash", json!(null), (400, "required_param:certificate.signature_hash")),
        ("certificate.signature_hash", json!("md5"), (400, "invalid_value:certificate.signature_hash")),
        ("certificate.cert_validity", json!({"days": 200}), (400, "invalid_value:validity_days")),
        ("certificate.cert_validity", json!({"custom_expiration_date": "21 DEC 2021"}), (400, "invalid_value:custom_expiration_date")),
        ("organization", json!(null), (400, "required_param:organization.id")),
        ("organization", json!({"id": 1}), (404, "not_found|organization")),
        ("container", json!({"id": 1}), (404, "not_found|container")),
        ("order_validity", json!({}), (400, "required_param:order_validity")),
        ("order_validity", json!({"years": 4}), (400, "invalid_value:validity_years")),
        ("order_validity", json!({"days": 99_999}), (400, "invalid_value:validity_days")),
        ("order_validity", json!({"custom_expiration_date": "tomorrow"}), (400, "invalid_value:custom_expiration_date")),
        ("dcv_method", json!("dns"), (400, "invalid_value:dcv_method")),
        ("payment_method", json!("cash"), (400, "invalid_value:payment_method")),
        ("renewal_of_order_id", json!(1), (404, "not_found|order")),
        ("renewed_thumbprint", json!("ABCD"), (404, "not_found|order")),
    ] {
        let body = with(caller.order_body("example.com"), path, value.clone());
        let (status, body) = caller.post("/order/certificate/ssl_securesite_flex", body).await;
        assert_eq!((status, code(&body)), expected, "{path} {value}");
    }
    let wildcard = with(caller.order_body("*.example.com"), "dcv_method", json!("http-token"));
    assert_eq!(code(&caller.post("/order/certificate/ssl_basic", wildcard).await.1), "invalid_value:dcv_method");
    let long = with(caller.order_body("example.com"), "order_validity", json!({"days": 30}));
    let long = with(long, "certificate.cert_validity", json!({"days": 31}));
    assert_eq!(code(&caller.post("/order/certificate/ssl_basic", long).await.1), "cert_validity_exceeds_order_validity");
    let (_, body) = caller.post("/order/certificate/ssl_basic", json!({})).await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 5);
    assert_eq!(caller.get("/order/certificate").await["page"]["total"], 0);
}

#[tokio::test]
async fn names_are_those_that_certificates_can_carry() {
    let caller = Caller::new();
    let long = format!("{}.example.com", "a".repeat(53));
    for (product, name, expected) in [
        ("ssl_basic", &*long, "rfc5280_common_name_too_long"),
        ("private_ssl_flex", &long, "rfc5280_common_name_too_long"),
        ("ssl_basic", "my_host.example.com", "invalid_value:certificate.common_name"),
        ("ssl_basic", "*.my_zone.example.com", "invalid_value:certificate.common_name"),
        ("ssl_basic", "intranet", "invalid_value:certificate.common_name"),
    ] {
        let (status, body) = caller.post(&format!("/order/certificate/{product}"), caller.order_body(name)).await;
        assert_eq!((status, code(&body)), (400, expected), "{product} {name}");
    }
    for name in ["intranet", "my_host.example.com"] {
        let (status, order) = caller.post("/order/certificate/private_ssl_flex", caller.order_body(name)).await;
        assert_eq!((status, &*caller.status(&order).await), (201, "issued"), "{name}");
    }
    // Further names may be longer than a common name.
    let further = with(caller.order_body("example.com"), "certificate.dns_names", json!([long]));
    assert_eq!(caller.post("/order/certificate/ssl_basic", further).await.0, 201);
}

#[tokio::test]
async fn what_is_not_issued_cannot_be_downloaded_and_no_format_is_invented() {
    let caller = Caller::new();
    let order = caller.order(caller.order_body("example.com")).await;
    let download = format!("/certificate/{}/download/format/pem_all", order["certificate_id"]);
    assert_eq!(code(&caller.call("GET", &download, None).await.1), "cert_unavailable_processing");
    caller.validated_domain("example.org").await;
    let order = caller.order(caller.order_body("example.org")).await;
    let download = format!("/certificate/{}/download/format/pkcs12", order["certificate_id"]);
    let (status, body) = caller.call("GET", &download, None).await;
    assert_eq!((status, code(&body)), (400, "invalid_value:format"));
}
