//! From an order to its certificate, and to its end.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_order_is_processed_for_the_issue_delay() {
    let caller = Caller::of(Sandbox::builder().issue_delay(Duration::from_secs(600)));
    caller.validated_domain("example.com").await;
    let order = caller.order(caller.order_body("example.com")).await;
    assert!(order.get("certificate_chain").is_none());
    assert_eq!(caller.status(&order).await, "processing");
    tokio::time::advance(Duration::from_secs(599)).await;
    assert_eq!(caller.status(&order).await, "processing");
    tokio::time::advance(Duration::from_secs(1)).await;
    let info = caller.get(&format!("/order/certificate/{}", order["id"])).await;
    assert_eq!(info["status"], "issued");
    assert_eq!(info["certificate"]["date_issued"], "2026-03-01T09:40:00+00:00");
}

#[tokio::test]
async fn new_names_wait_for_control() {
    let caller = Caller::new();
    let body = with(caller.order_body("www.example.com"), "dcv_method", json!("dns-txt-token"));
    let body = with(body, "certificate.dns_names", json!(["*.example.com", "www.example.co.jp"]));
    let order = caller.order(body).await;
    let names: Vec<&str> = order["domains"].as_array().unwrap().iter().filter_map(|domain| domain["name"].as_str()).collect();
    assert_eq!(names, ["example.com", "example.co.jp"]);
    let random_value = order["dcv_random_value"].as_str().unwrap();
    assert_eq!(order["domains"][0]["dcv_token"]["token"], random_value, "one value for all that an order makes");

    caller.sandbox.dns().publish_txt("example.com", random_value);
    caller.sandbox.dns().publish_txt("example.co.jp", random_value);
    for (index, status) in [(0, "pending"), (1, "issued")] {
        let check = format!("/domain/{}/dcv/validate-token", order["domains"][index]["id"]);
        assert_eq!(caller.put(&check, json!({})).await.0, 200);
        assert_eq!(caller.status(&order).await, status);
    }
    let validation = caller.get(&format!("/order/certificate/{}/validation", order["id"])).await;
    assert_eq!(validation["order_id"], order["id"].to_string());
    assert_eq!(validation["organization_validations"][0]["status"], "complete");
    assert_eq!(validation["dns_name_validations"][0]["status"], "approved");
    assert_eq!(validation["dns_name_validations"][0]["dns_names"], json!(["www.example.com", "*.example.com"]));
    assert_eq!(validation["dns_name_validations"][0]["approval_expiration_date"], "2026-09-16T09:30:00");
}

#[tokio::test]
async fn an_organization_must_be_validated_too() {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    let order = caller.order(with(caller.order_body("example.com"), "organization.id", json!(UNVALIDATED))).await;
    assert_eq!(caller.status(&order).await, "pending");
    let validation = caller.get(&format!("/order/certificate/{}/validation", order["id"])).await;
    assert_eq!(validation["organization_validations"][0]["status"], "pending");
    caller.sandbox.validate_organization(UNVALIDATED).unwrap();
    assert_eq!(caller.status(&order).await, "issued");
}

#[tokio::test]
async fn private_names_need_no_control_and_domain_validation_no_organization() {
    let caller = Caller::new();
    let (_, order) = caller.post("/order/certificate/private_ssl_flex", caller.order_body("intranet.example.local")).await;
    assert_eq!(caller.status(&order).await, "issued");

    caller.validated_domain("example.com").await;
    let (_, order) = caller.post("/order/certificate/ssl_dv_geotrust", caller.order_body("example.com")).await;
    assert_eq!(caller.status(&order).await, "issued");
    assert!(caller.get(&format!("/order/certificate/{}", order["id"])).await.get("organization").is_none());
    let list = caller.get("/order/certificate?filters[product_name_id]=ssl_dv_geotrust").await;
    assert_eq!(list["orders"][0]["organization"], json!([]));
}

#[tokio::test]
async fn the_vendor_holds_releases_and_rejects() {
    let caller = Caller::of(Sandbox::builder().issue_delay(Duration::from_secs(60)));
    let order = caller.order(with(caller.order_body("example.com"), "dcv_method", json!("dns-txt-token"))).await;
    let id = order["id"].as_u64().unwrap();
    caller.sandbox.hold_order(id).unwrap();
    caller.sandbox.dns().publish_txt("example.com", order["dcv_random_value"].as_str().unwrap());
    caller.put(&format!("/domain/{}/dcv/validate-token", order["domains"][0]["id"]), json!({})).await;
    caller.sandbox.clock().advance(DAY);
    assert_eq!(caller.status(&order).await, "pending");
    let validation = caller.get(&format!("/order/certificate/{id}/validation")).await;
    assert_eq!(validation["dns_name_validations"][0]["status"], "approved");
    caller.sandbox.release_order(id).unwrap();
    assert_eq!(caller.status(&order).await, "processing");
    caller.sandbox.reject_order(id, "Blacklisted.").unwrap();
    assert_eq!(caller.status(&order).await, "rejected");
    assert!(caller.sandbox.reject_order(id, "Again.").is_err());
    assert!(caller.sandbox.hold_order(1_u64).is_err());
}

#[tokio::test]
async fn a_pending_order_is_cancelled_in_either_spelling() {
    for spelling in ["canceled", "CANCELED"] {
        let caller = Caller::new();
        let order = caller.order(caller.order_body("example.com")).await;
        let path = format!("/order/certificate/{}/status", order["id"]);
        assert_eq!(code(&caller.put(&path, json!({"status": spelling})).await.1), "required_param:note");
        assert_eq!(caller.put(&path, json!({"status": spelling, "note": "Not needed."})).await, (204, Value::Null));
        assert_eq!(caller.status(&order).await, "canceled");
        assert_eq!(caller.put(&path, json!({"status": spelling, "note": "Again."})).await.0, 400);
    }
}

#[tokio::test]
async fn an_issued_order_is_shown_with_its_types() {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    let body = with(caller.order_body("example.com"), "alternative_order_id", json!("7f3a"));
    let body = with(body, "certificate.server_platform", json!({"id": "2"}));
    let order = caller.order(with(body, "auto_renew", json!(1))).await;
    let info = caller.get(&format!("/order/certificate/{}", order["id"])).await;
    assert_eq!(info["auto_renew"], 1);
    assert_eq!(info["is_multi_year_plan"], "1");
    assert_eq!(info["receipt_id"].to_string(), info["certificate"]["receipt_id"].as_str().unwrap());
    assert_eq!((&info["purchased_dns_names"], &info["certificate"]["purchased_dns_names"]), (&json!(1), &json!("1")));
    assert_eq!(info["organization"]["is_active"], true);
    assert_eq!(info["certificate"]["server_platform"]["name"], "Apache");
    assert!(info["certificate"].get("status").is_none());
    assert_eq!((&info["certificate"]["valid_till"], &info["certificate"]["days_remaining"]), (&json!("2026-09-16"), &json!(199)));
    assert_eq!((&info["order_valid_from"], &info["order_valid_till"]), (&json!("2026-03-01"), &json!("2027-03-06")));
    for key in ["thumbprint", "serial_number"] {
        let by_key = caller.get(&format!("/order/certificate/{}", info["certificate"][key].as_str().unwrap().to_lowercase())).await;
        assert_eq!(by_key["id"], order["id"], "{key}");
    }
    let found = caller.get("/order/alternate/7f3a").await;
    assert_eq!(found["orders"], json!([{"order_id": order["id"], "certificate_id": order["certificate_id"], "status": "issued"}]));
}

#[tokio::test]
async fn a_plan_ends_and_is_renewed_with_a_bonus() {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    let old = caller.order(caller.order_body("example.com")).await;
    let body = |csr| with(with(caller.order_body("example.com"), "certificate.csr", csr), "renewal_of_order_id", old["id"].clone());
    let renewal = caller.order(body(json!(caller.csr))).await;
    let info = caller.get(&format!("/order/certificate/{}", renewal["id"])).await;
    assert_eq!((&info["is_renewal"], &info["order_valid_till"]), (&json!(true), &json!("2027-07-04")));
    let old_info = caller.get(&format!("/order/certificate/{}", old["id"])).await;
    assert_eq!((&old_info["status"], &old_info["is_renewed"]), (&json!("issued"), &json!(true)));

    caller.sandbox.clock().advance(371 * DAY);
    assert_eq!(caller.status(&old).await, "expired");
    assert_eq!(caller.status(&renewal).await, "issued");
    let issued = caller.get("/order/certificate?filters[status]=issued").await;
    assert_eq!(issued["page"]["total"], 2);
}

#[tokio::test]
async fn every_format_and_both_ways_download() {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    let order = caller.order(caller.order_body("example.com")).await;
    let chain = caller.get(&format!("/certificate/{}/chain", order["certificate_id"])).await;
    assert_eq!(chain["intermediates"], order["certificate_chain"]);
    for path in [
        format!("/certificate/download/order/{}", order["id"]),
        format!("/certificate/download/order/{}/format/p7b", order["id"]),
        format!("/certificate/{}/download/format/apache", order["certificate_id"]),
    ] {
        let request = Request::get(format!("/services/v2{path}"))
            .header("X-DC-DEVKEY", caller.sandbox.api_key())
            .header("Accept", "application/zip, application/x-pkcs7-certificates")
            .body(Bytes::new())
            .unwrap();
        assert_eq!(caller.sandbox.handle(request).await.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn an_expired_domain_begins_again_with_an_order() {
    let caller = Caller::new();
    let (id, _) = caller.add_domain("example.com", "email").await;
    caller.sandbox.approve_dcv_mail("admin@example.com").unwrap();
    caller.sandbox.clock().advance(200 * DAY);
    let order = caller.order(caller.order_body("example.com")).await;
    assert_eq!(order["domains"], json!([{"id": id, "name": "example.com"}]));
    assert_eq!(caller.sandbox.mails().to("admin@example.com").len(), 2);
    caller.sandbox.approve_dcv_mail("admin@example.com").unwrap();
    assert_eq!(caller.status(&order).await, "issued");
}
