//! More certificates for the same names, and the archive.

use super::*;
use crate::sandbox::ApprovalMode;

fn duplicate(order: &Value) -> String {
    format!("/order/certificate/{}/duplicate", order["id"])
}

#[tokio::test]
async fn a_duplicate_stands_beside_the_primary() {
    let caller = Caller::new();
    let names = ["example.com", "*.example.com"];
    let order = caller.issued(&names).await;
    assert_eq!(caller.get(&duplicate(&order)).await, json!({}));
    let (status, answer) = caller.post(&duplicate(&order), caller.again(&["*.example.com", "example.com", "www.example.com"])).await;
    assert_eq!(status, 201, "{answer}");
    assert!(answer["certificate_chain"].is_array());
    assert_eq!(answer["requests"][0].as_object().map(|request| request.len()), Some(1), "no status");

    let info = caller.info(&order).await;
    assert_eq!((&info["certificate"]["id"], &info["duplicates_count"]), (&order["certificate_id"], &json!(1)));
    assert!(info["certificate"].get("status").is_none());
    let certificate = caller.get(&duplicate(&order)).await["certificates"][0].clone();
    assert_eq!(
        (&certificate["status"], &certificate["archived"], &certificate["sub_id"]),
        (&json!("approved"), &json!("0"), &json!("001"))
    );
    assert_eq!(certificate["server_platform"]["name"], "nginx");
    assert_eq!(certificate["serial_number"].as_str().map(str::len), Some(32));
    // Thumbprints and serial numbers lead to orders by the primary alone.
    let by_serial = format!("/order/certificate/{}", certificate["serial_number"].as_str().unwrap());
    assert_eq!(caller.call("GET", &by_serial, None).await.0, 404);
}

#[tokio::test]
async fn other_names_products_and_states_are_refused() {
    let caller = Caller::new();
    let order = caller.issued(&["a.example.com", "b.example.com"]).await;
    for (names, expected) in [
        (&["a.example.com"][..], "invalid_value:certificate.dns_names"),
        (&["a.example.com", "c.example.com"], "invalid_value:certificate.dns_names"),
    ] {
        assert_eq!(code(&caller.post(&duplicate(&order), caller.again(names)).await.1), expected, "{names:?}");
    }
    let (_, single) = caller.post("/order/certificate/ssl_dv_geotrust", caller.order_body("example.com")).await;
    assert_eq!(code(&caller.post(&duplicate(&single), caller.again(&["example.com"])).await.1), "duplicates_not_allowed");
    assert_eq!(caller.info(&single).await["allow_duplicates"], false);
    let revoke = format!("/certificate/{}/revoke", order["certificate_id"]);
    caller.put(&revoke, json!({"skip_approval": true})).await;
    let (_, body) = caller.post(&duplicate(&order), caller.again(&["a.example.com", "b.example.com"])).await;
    assert_eq!(code(&body), "invalid_status");
}

#[tokio::test]
async fn duplicates_wait_for_approval_validation_and_processing() {
    let caller = Caller::of(Sandbox::builder().approval(ApprovalMode::OneStep).issue_delay(Duration::from_secs(60)));
    caller.validated_domain("example.com").await;
    let order = caller.order(with(caller.order_body("example.com"), "skip_approval", json!(true))).await;
    caller.sandbox.clock().advance(220 * DAY);
    let (_, answer) = caller.post(&duplicate(&order), caller.again(&["example.com"])).await;
    assert!(answer.get("certificate_id").is_none());
    let status = async || caller.get(&duplicate(&order)).await["certificates"][0]["status"].clone();
    assert_eq!((status().await, caller.status(&order).await), (json!("pending"), "issued".to_owned()));

    caller.sandbox.approve_request(answer["requests"][0]["id"].as_u64().unwrap()).unwrap();
    assert_eq!(status().await, "pending");
    let domain = caller.get("/domain").await["domains"][0]["id"].clone();
    let token = caller.get(&format!("/domain/{domain}?include_dcv=true")).await["dcv_token"]["token"].clone();
    caller.sandbox.dns().publish_txt("example.com", token.as_str().unwrap());
    caller.put(&format!("/domain/{domain}/dcv/validate-token"), json!({})).await;
    assert_eq!(status().await, "pending");
    caller.sandbox.clock().advance(Duration::from_secs(60));
    assert_eq!(status().await, "approved");

    let (_, answer) = caller.post(&duplicate(&order), caller.again(&["example.com"])).await;
    caller.sandbox.reject_request(answer["requests"][0]["id"].as_u64().unwrap(), "No.").unwrap();
    assert_eq!(caller.get(&duplicate(&order)).await["certificates"][1]["status"], "rejected");
}

#[tokio::test]
async fn the_archive_hides_all_but_primary_certificates() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let (_, answer) = caller.post(&duplicate(&order), caller.again(&["example.com"])).await;
    let archive = format!("/certificate/{}/archive", answer["certificate_id"]);
    assert_eq!(caller.call("PUT", &archive, None).await, (204, Value::Null));
    assert_eq!(caller.get(&duplicate(&order)).await, json!({}));
    let all = caller.get(&format!("{}?show_archived=true", duplicate(&order))).await;
    assert_eq!(all["certificates"][0]["archived"], "1");
    let unarchive = format!("/certificate/{}/unarchive", answer["certificate_id"]);
    assert_eq!(caller.call("PUT", &unarchive, None).await, (204, Value::Null));
    assert!(caller.get(&duplicate(&order)).await["certificates"].is_array());

    let (status, body) = caller.call("PUT", &format!("/certificate/{}/archive", order["certificate_id"]), None).await;
    assert_eq!((status, code(&body)), (400, "cannot_archive_primary_certificate"));
    caller.post(&format!("/order/certificate/{}/reissue", order["id"]), caller.again(&["example.com"])).await;
    let reissued = caller.get(&format!("/order/certificate/{}/reissue", order["id"])).await["certificates"][0]["id"].clone();
    caller.post(&format!("/order/certificate/{}/reissue", order["id"]), caller.again(&["example.com"])).await;
    caller.call("PUT", &format!("/certificate/{reissued}/archive"), None).await;
    let left = caller.get(&format!("/order/certificate/{}/reissue", order["id"])).await;
    assert_eq!(left["certificates"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn downloads_by_order_give_the_primary_and_by_platform_its_format() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let (_, answer) = caller.post(&duplicate(&order), caller.again(&["example.com"])).await;
    let file = async |path: String| {
        let request =
            Request::get(format!("/services/v2{path}")).header("X-DC-DEVKEY", caller.sandbox.api_key()).body(Bytes::new()).unwrap();
        let response = caller.sandbox.handle(request).await;
        assert_eq!(response.status(), 200, "{path}");
        (response.headers()["content-type"].to_str().unwrap().to_owned(), response.into_body())
    };
    let id = &answer["certificate_id"];
    let of_order = file(format!("/certificate/download/order/{}/format/pem_all", order["id"])).await;
    assert_eq!(of_order, file(format!("/certificate/{}/download/format/pem_all", order["certificate_id"])).await);
    assert_ne!(of_order, file(format!("/certificate/{id}/download/format/pem_all")).await);
    for (platform, format) in [("", "pem_noroot"), ("/2", "apache"), ("/29", "pem_all"), ("/67", "cer"), ("/-1", "default")] {
        let (content_type, _) = file(format!("/certificate/{id}/download/platform{platform}")).await;
        assert_eq!(content_type, file(format!("/certificate/{id}/download/format/{format}")).await.0, "{platform}");
    }
    assert_eq!(caller.call("GET", &format!("/certificate/{id}/download/platform/9999"), None).await.0, 400);

    let intermediates = caller.get("/certificate/intermediates").await;
    let intermediate = &intermediates["intermediates"][0];
    assert_eq!((&intermediate["valid_from"], &intermediate["is_private"]), (&json!("1990-01-01 00:00:00"), &json!("0")));
    assert_eq!(intermediate["id"], caller.info(&order).await["certificate"]["ca_cert"]["id"]);
}
