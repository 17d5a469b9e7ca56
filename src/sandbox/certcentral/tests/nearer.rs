//! What clients in production rely on beyond the documentation.

use super::*;

#[tokio::test]
async fn a_download_before_issue_says_to_try_again() {
    let caller = Caller::new();
    let order = caller.order(caller.order_body("www.example.com")).await;
    let (order_id, id) = (order["id"].as_u64().unwrap(), order["certificate_id"].as_u64().unwrap());
    for path in [
        format!("/certificate/{id}/download/format/pem_all"),
        format!("/certificate/{id}/download/platform"),
        format!("/certificate/download/order/{order_id}"),
    ] {
        let (status, body) = caller.call("GET", &path, None).await;
        assert_eq!((status, code(&body)), (400, "cert_unavailable_processing"), "{path}");
        let message = "Unable to download certificate, the certificate has not yet been issued.  Try back in a bit.";
        assert_eq!(body["errors"][0]["message"], message);
    }
    let cancel = json!({"status": "canceled", "note": "A mistake."});
    assert_eq!(caller.put(&format!("/order/certificate/{order_id}/status"), cancel).await.0, 204);
    let (status, body) = caller.call("GET", &format!("/certificate/{id}/download/format/pem_all"), None).await;
    assert_eq!((status, code(&body)), (404, "not_found|certificate"), "it will never be issued");
}

#[tokio::test]
async fn responses_tell_when_they_changed() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let changed = async |path: String| {
        let request = Request::get(format!("{}{path}", Sandbox::CERTCENTRAL)).header("X-DC-DEVKEY", caller.sandbox.api_key());
        let response = caller.sandbox.handle(request.body(Bytes::new()).unwrap()).await;
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (header("last-modified"), header("date"))
    };
    let (issued, now) = changed(format!("/certificate/{}/download/format/pem_all", order["certificate_id"])).await;
    assert_eq!(issued, now);
    caller.sandbox.clock().advance(DAY);
    let (still, later) = changed(format!("/certificate/{}/download/format/pem_all", order["certificate_id"])).await;
    assert!(still == issued && later != issued, "a certificate does not change any more");
    let (info, now) = changed(format!("/order/certificate/{}", order["id"])).await;
    assert_eq!(info, now);
    assert_eq!(changed("/domain/1".to_owned()).await.0, None, "there is no such domain");
}

#[tokio::test]
async fn an_order_tells_when_it_was_last_reissued() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    assert_eq!(caller.info(&order).await.get("last_reissued_date"), None);
    caller.sandbox.clock().advance(DAY);
    let path = format!("/order/certificate/{}/reissue", order["id"]);
    assert_eq!(caller.post(&path, caller.again(&["example.com"])).await.0, 201);
    assert!(caller.info(&order).await["last_reissued_date"].as_str().unwrap().starts_with("2026-03-02T09:30"));
}

#[tokio::test]
async fn the_request_of_a_duplicate_shows_the_duplicate() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let (_, duplicate) = caller.post(&format!("/order/certificate/{}/duplicate", order["id"]), caller.again(&["example.com"])).await;
    let request = caller.get(&format!("/request/{}", duplicate["requests"][0]["id"])).await;
    assert_eq!(request["order"]["certificate"]["id"], duplicate["certificate_id"]);
    assert_ne!(request["order"]["certificate"]["id"], order["certificate_id"]);
    let first = caller.get(&format!("/request/{}", order["requests"][0]["id"])).await;
    assert_eq!(first["order"]["certificate"]["id"], order["certificate_id"]);
}

#[tokio::test]
async fn an_order_shows_the_contacts_that_it_names() {
    let caller = Caller::new();
    let own = caller.info(&caller.order(caller.order_body("a.example.com")).await).await;
    assert_eq!(own["organization_contact"]["email"], "john.smith@digicert.com");
    let contacts = json!([
        {"contact_type": "organization_contact", "user_id": "15"},
        {"contact_type": "technical_contact", "first_name": "Jane", "last_name": "Roe", "telephone": 5550100, "note": {"raw": true}},
    ]);
    let order = caller.order(with(caller.order_body("b.example.com"), "organization.contacts", contacts)).await;
    let info = caller.info(&order).await;
    assert_eq!(info["organization_contact"]["email"], "taro.shinsei@digicert.com");
    let jane = json!({"first_name": "Jane", "last_name": "Roe", "name": "Jane Roe", "telephone": "5550100"});
    assert_eq!(info["technical_contact"], jane, "as it is read, and not as it was written");
    let body = with(caller.order_body("c.example.com"), "technical_contact", json!({"user_id": 4711}));
    assert_eq!(code(&caller.post("/order/certificate/ssl_securesite_flex", body).await.1), "invalid_value:technical_contact.user_id");
}

#[tokio::test]
async fn the_domain_that_an_order_makes_has_the_orders_value() {
    let caller = Caller::new();
    let body = with(caller.order_body("www.example.com"), "dcv_method", json!("dns-txt-token"));
    let order = caller.order(body).await;
    let value = &order["dcv_random_value"];
    assert!(value.is_string(), "{order}");
    assert_eq!(&order["domains"][0]["dcv_token"]["token"], value);
    let domain = caller.get(&format!("/domain/{}?include_dcv=true", order["domains"][0]["id"])).await;
    assert_eq!(&domain["dcv_token"]["token"], value);
    let path = format!("/order/certificate/{}", order["id"]);
    let (_, changed) = caller.put(&format!("{path}/dcv-method"), json!({"dcv_method": "dns-cname-token"})).await;
    let domain = caller.get(&format!("/domain/{}?include_dcv=true", order["domains"][0]["id"])).await;
    assert_eq!((&changed["dcv_random_value"], &domain["dcv_token"]["token"]), (value, value));
}

#[tokio::test]
async fn bodies_of_other_clients_are_read() {
    let caller = Caller::new();
    // Numbers for postal code and telephone, null for empty lists, flags in every form.
    let body = json!({
        "name": "Another", "country": "us", "address": "1 Main Street", "city": "Lehi", "state": "Utah", "zip": 84043, "telephone": 8_015_550_100_u64,
        "validations": null, "skip_duplicate_org_check": "1",
    });
    let (status, answer) = caller.post("/organization", body).await;
    assert_eq!(status, 201, "{answer}");
    let info = caller.get(&format!("/organization/{}", answer["id"])).await;
    assert_eq!((&info["zip"], &info["telephone"]), (&json!("84043"), &json!("8015550100")));
    let mut body = caller.order_body("www.example.com");
    for (path, value) in [("certificate.dns_names", json!(null)), ("additional_emails", json!(null)), ("custom_fields", json!(null))] {
        body = with(body, path, value);
    }
    let order = caller.order(body).await;
    let emails = format!("/order/certificate/{}/additional-emails", order["id"]);
    assert_eq!(caller.put(&emails, json!({"additional_emails": ["a@example.com"]})).await.0, 204);
    assert_eq!(caller.put(&emails, json!({"additional_emails": null})).await.0, 204, "a list with nothing in it, from Go");
    assert_eq!(caller.info(&order).await["additional_emails"], json!([]));
}

/// Two maintained clients never send a platform: it stays what it was.
#[tokio::test]
async fn reissues_and_duplicates_without_a_platform_keep_the_orders() {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    let order = caller.order(with(caller.order_body("example.com"), "certificate.server_platform", json!({"id": 45}))).await;
    let mut body = caller.again(&["example.com"]);
    body["certificate"].as_object_mut().unwrap().remove("server_platform");
    let path = format!("/order/certificate/{}", order["id"]);
    assert_eq!(caller.post(&format!("{path}/duplicate"), body.clone()).await.0, 201);
    assert_eq!(caller.get(&format!("{path}/duplicate")).await["certificates"][0]["server_platform"]["id"], 45);
    assert_eq!(caller.post(&format!("{path}/reissue"), body).await.0, 201);
    assert_eq!(caller.info(&order).await["certificate"]["server_platform"]["id"], 45);
}
