//! Showing control over domains.

use super::*;

#[tokio::test(start_paused = true)]
async fn from_a_new_domain_to_a_download() {
    let caller = Caller::new();
    let (id, token) = caller.add_domain("example.com", "dns-txt-token").await;
    let check = format!("/domain/{id}/dcv/validate-token");

    let (status, body) = caller.call("PUT", &check, None).await;
    assert_eq!((status, code(&body)), (400, "invalid_dns_txt"));
    assert_eq!(body["errors"][0]["message"], "Could not find a valid TXT record for one or more domains.");

    caller.sandbox.dns().publish_txt("example.com", &token);
    let (status, body) = caller.call("PUT", &check, None).await;
    assert_eq!((status, body), (200, json!({"token": token, "status": "active"})));

    let info = caller.get(&format!("/domain/{id}?include_dcv=true&include_validation=true")).await;
    assert_eq!(info["status"], "approved");
    assert_eq!(info["is_pending_validation"], false);
    assert_eq!(info["organization"]["is_active"], "1");
    assert_eq!(info["validations"][0]["status"], "active");
    assert_eq!(info["dcv_expiration"], json!({"ov": "2026-09-16"}));

    let order = caller.order(caller.order_body("www.example.com")).await;
    assert_eq!(order["requests"][0]["status"], "approved");
    assert!(order.get("domains").is_none());
    assert_eq!(order["certificate_chain"][0]["subject_common_name"], "www.example.com");

    let path = format!("/services/v2/certificate/{}/download/format/pem_all", order["certificate_id"]);
    let request = Request::get(path).header("X-DC-DEVKEY", caller.sandbox.api_key()).body(Bytes::new()).unwrap();
    let response = caller.sandbox.handle(request).await;
    assert_eq!(response.headers()["content-type"], "application/x-pem-file");
    let pem = String::from_utf8(response.into_body().to_vec()).unwrap();
    assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 3);
    assert!(pem.ends_with(&caller.sandbox.root_certificate()));
}

#[tokio::test]
async fn each_method_answers_in_its_own_shape() {
    let caller = Caller::new();
    for (index, (method, member, extra)) in [
        ("email", "validation_emails", None),
        ("dns-txt-token", "dcv_token", None),
        ("dns-cname-token", "dcv_token", Some("verification_value")),
        ("http-token", "dcv_token", Some("http_token_url")),
        ("http-token-dynamic", "dcv_token", Some("http_token_url")),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({
            "name": format!("d{index}.example.com"),
            "organization": {"id": ORGANIZATION.to_string()},
            "validations": [{"type": "ov"}, {"type": "ev"}],
            "dcv_method": method,
        });
        let (status, added) = caller.post("/domain/", body).await;
        assert_eq!(status, 201, "{method}");
        assert!(added[member].is_object(), "{method}");
        assert_eq!(added.as_object().unwrap().len(), 2, "{method}");
        if let Some(extra) = extra {
            assert!(added[member][extra].is_string(), "{method}");
        }
    }
    assert_eq!(caller.sandbox.mails().all().len(), 5);
}

#[tokio::test]
async fn a_leading_www_goes_unless_it_must_stay() {
    for (method, keep, name) in [
        ("dns-txt-token", json!(false), "example.com"),
        ("dns-txt-token", json!("true"), "www.example.com"),
        ("http-token", json!(false), "www.example.com"),
    ] {
        let caller = Caller::new();
        let body = json!({
            "name": "www.example.com",
            "organization": {"id": ORGANIZATION},
            "validations": [{"type": "ov"}],
            "dcv_method": method,
            "keep_www": keep,
        });
        let (_, added) = caller.post("/domain", body).await;
        assert_eq!(caller.get(&format!("/domain/{}", added["id"])).await["name"], name);
    }
}

#[tokio::test]
async fn methods_change_and_tokens_are_renewed() {
    let caller = Caller::new();
    let (id, first) = caller.add_domain("example.com", "dns-txt-token").await;
    let (status, renewed) = caller.post(&format!("/domain/{id}/dcv/token"), json!({})).await;
    assert_eq!(status, 201);
    assert_ne!(renewed["token"], first);

    caller.sandbox.dns().publish_txt("example.com", &first);
    let check = format!("/domain/{id}/dcv/validate-token");
    assert_eq!(code(&caller.put(&check, json!({})).await.1), "invalid_dns_txt");

    let change = format!("/domain/{id}/dcv/method");
    let (status, body) = caller.put(&change, json!({"dcv_method": "dns-cname-token"})).await;
    assert_eq!((status, &body["dcv_token"]["status"]), (200, &json!("pending")));
    let again = caller.put(&change, json!({"dcv_method": "dns-cname-token"})).await.1;
    assert_eq!(body, again);
    assert_eq!(code(&caller.put(&check, json!({})).await.1), "invalid_dns_cname");
    let token = body["dcv_token"]["token"].as_str().unwrap();
    caller.sandbox.dns().publish_cname(&format!("{token}.example.com"), "dcv.digicert.com.");
    assert_eq!(caller.put(&check, json!({})).await.0, 200);

    let (status, body) = caller.put(&change, json!({"dcv_method": "email"})).await;
    assert_eq!((status, &body["validation_emails"]["name_scope"]), (200, &json!("example.com")));
    assert_eq!(caller.sandbox.mails().all().len(), 5);
    caller.put(&change, json!({"dcv_method": "email"})).await;
    assert_eq!(caller.sandbox.mails().all().len(), 5);
    assert_eq!(code(&caller.put(&check, json!({})).await.1), "invalid_dns_method");
    assert_eq!(code(&caller.post(&format!("/domain/{id}/dcv/token"), json!({})).await.1), "invalid_dcv_method");
}

#[tokio::test]
async fn files_are_looked_for_where_the_token_url_says() {
    for method in ["http-token", "http-token-dynamic"] {
        let caller = Caller::new();
        let (id, token) = caller.add_domain("example.com", method).await;
        let check = format!("/domain/{id}/dcv/validate-token");
        assert_eq!(code(&caller.put(&check, json!({})).await.1), "file_random_value_not_found");
        let info = caller.get(&format!("/domain/{id}?include_dcv=true")).await;
        caller.sandbox.files().publish(info["dcv_token"]["http_token_url"].as_str().unwrap(), &token);
        assert_eq!(caller.put(&check, json!({})).await.0, 200, "{method}");
    }
}

#[tokio::test]
async fn a_mail_is_resent_and_its_reader_approves() {
    let caller = Caller::new();
    let (id, _) = caller.add_domain("example.com", "email").await;
    let emails = caller.get("/domain/example.com/dcv/emails").await;
    assert_eq!(emails, caller.get(&format!("/domain/{id}/dcv/emails")).await);
    assert_eq!(emails["base_emails"].as_array().unwrap().len(), 5);

    let body = json!({"email_array": ["admin@example.com", "ceo@example.com"]});
    assert_eq!(caller.put(&format!("/domain/{id}/dcv/emails"), body).await, (204, Value::Null));
    assert_eq!(caller.sandbox.mails().to("admin@example.com").len(), 2);

    caller.sandbox.clock().advance(31 * DAY);
    assert!(caller.sandbox.approve_dcv_mail("admin@example.com").is_err());
    caller.put(&format!("/domain/{id}/dcv/emails"), json!([])).await;
    assert_eq!(caller.sandbox.approve_dcv_mail("admin@example.com"), Ok(()));
    assert_eq!(caller.get(&format!("/domain/{id}")).await["status"], "approved");
}

#[tokio::test(start_paused = true)]
async fn tokens_and_validations_end() {
    let caller = Caller::new();
    let (id, token) = caller.add_domain("example.com", "dns-txt-token").await;
    let check = format!("/domain/{id}/dcv/validate-token");
    caller.sandbox.dns().publish_txt("example.com", &token);
    tokio::time::advance(30 * DAY).await;
    assert_eq!(code(&caller.put(&check, json!({})).await.1), "invalid_dns_txt");
    let (_, renewed) = caller.post(&format!("/domain/{id}/dcv/token"), json!({})).await;
    caller.sandbox.dns().publish_txt("_dnsauth.example.com", renewed["token"].as_str().unwrap());
    assert_eq!(caller.put(&check, json!({})).await.0, 200);

    let validation = format!("/domain/{id}/validation");
    caller.sandbox.clock().advance(198 * DAY);
    assert_eq!(caller.get(&validation).await["validations"][0]["dcv_status"], "complete");
    caller.sandbox.clock().advance(DAY);
    assert_eq!(caller.get(&validation).await["validations"][0]["dcv_status"], "expired");

    let (status, body) = caller.post(&validation, json!({"validations": [{"type": "ov"}, {"type": "ev"}]})).await;
    assert_eq!(status, 200);
    caller.sandbox.dns().publish_txt("example.com", body["dcv_token"]["token"].as_str().unwrap());
    assert_eq!(caller.put(&check, json!({})).await.0, 200);
    assert_eq!(caller.get(&validation).await["validations"][1]["status"], "active");
}

#[tokio::test]
async fn domains_are_listed() {
    let caller = Caller::new();
    assert_eq!(caller.get("/domain").await, json!({"page": {"total": 0, "limit": 1000, "offset": 0}}));
    let active = caller.validated_domain("b.example.com").await;
    let (pending, _) = caller.add_domain("a.example.com", "email").await;
    let all = caller.get("/domain?sort=name&container_id=129626&unknown=1").await;
    assert_eq!((all["domains"][0]["id"].as_u64(), all["domains"][1]["id"].as_u64()), (Some(pending), Some(active)));
    assert!(all["domains"][0].get("validations").is_none());
    assert_eq!(all["domains"][1]["validations"][0]["status"], "active");
    for (query, total) in [
        ("filters[search]=%25a.example.com", 1),
        ("filters[search]=example.com", 0),
        ("filters[dcv_method]=email", 1),
        ("container_id=5", 0),
        ("limit=1&offset=1", 2),
    ] {
        assert_eq!(caller.get(&format!("/domain?{query}")).await["page"]["total"], total, "{query}");
    }
}

#[tokio::test]
async fn an_inactive_domain_speaks_for_no_name() {
    let caller = Caller::new();
    let id = caller.validated_domain("example.com").await;
    assert_eq!(caller.call("PUT", &format!("/domain/{id}/deactivate"), None).await, (204, Value::Null));
    let order = caller.order(caller.order_body("example.com")).await;
    assert_eq!(caller.status(&order).await, "pending");
    assert_eq!(caller.call("PUT", &format!("/domain/{id}/activate"), None).await, (204, Value::Null));
    assert_eq!(caller.status(&order).await, "issued");
}
