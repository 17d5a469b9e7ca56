//! The main job over both doors, by every method of control.

use serde_json::json;
use shomei::{Sandbox, sandbox::ApprovalMode};

use crate::door::Doors;

#[tokio::test]
async fn a_domain_is_validated_an_order_approved_and_a_certificate_fetched() {
    let doors = Doors::to(Sandbox::builder().approval(ApprovalMode::OneStep).build());
    let (domain, token) = doors.add_domain("example.com", "dns-txt-token").await;
    let check = format!("/domain/{domain}/dcv/validate-token");
    assert_eq!(doors.certcentral("PUT", &check, Some(json!({}))).await.0, 400);
    doors.done("PUT", "/dns", Some(json!({"name": "example.com", "type": "TXT", "value": token}))).await;
    assert_eq!(doors.certcentral("PUT", &check, Some(json!({}))).await.0, 200);

    let order = doors.order("www.example.com").await;
    assert_eq!(doors.status(&order["id"]).await, "needs_approval");
    doors.done("POST", &format!("/requests/{}/approve", order["requests"][0]["id"]), None).await;
    assert_eq!(doors.status(&order["id"]).await, "issued");
    let (_, info) = doors.certcentral("GET", &format!("/order/certificate/{}", order["id"]), None).await;
    let download = format!("/certificate/{}/chain", info["certificate"]["id"]);
    let (_, chain) = doors.certcentral("GET", &download, None).await;
    assert_eq!(chain["intermediates"][0]["subject_common_name"], "www.example.com", "{chain}");
    let root = doors.done("GET", "", None).await["root_certificate"].clone();
    assert_eq!(chain["intermediates"][2]["pem"], root);
}

#[tokio::test]
async fn control_is_shown_by_every_method() {
    let doors = Doors::new();
    let name = "example.com";
    for method in ["dns-cname-token", "http-token", "http-token-dynamic", "email"] {
        let (domain, token) = doors.add_domain(name, method).await;
        match method {
            "dns-cname-token" => {
                let record = json!({"name": format!("{token}.{name}"), "type": "CNAME", "value": "dcv.digicert.com"});
                doors.done("PUT", "/dns", Some(record)).await;
            }
            "email" => {
                let mails = doors.done("GET", "/mails?to=admin@example.com", None).await;
                let mail = &mails["mails"][0];
                assert_eq!((&mail["kind"], &mail["domain"]), (&json!("domain_approval"), &json!(name)));
                doors.done("POST", &format!("/mails/{}/follow", mail["id"]), None).await;
            }
            _ => {
                let file = if method == "http-token" { "fileauth".to_owned() } else { token.clone() };
                let url = format!("http://{name}/.well-known/pki-validation/{file}.txt");
                doors.done("PUT", "/files", Some(json!({"url": url, "body": token}))).await;
            }
        }
        if method != "email" {
            let check = format!("/domain/{domain}/dcv/validate-token");
            let (status, body) = doors.certcentral("PUT", &check, Some(json!({}))).await;
            assert_eq!(status, 200, "{method}: {body}");
        }
        let (_, info) = doors.certcentral("GET", &format!("/domain/{domain}?include_validation=true"), None).await;
        assert_eq!(info["validations"][0]["dcv_status"], "complete", "{method}: {info}");
        doors.done("POST", "/reset", Some(json!({"account": "empty"}))).await;
    }
}

#[tokio::test]
async fn two_steps_and_a_rejection() {
    let doors = Doors::new();
    doors.done("PUT", "/settings", Some(json!({"approval": "two-step"}))).await;
    let (first, second) = (doors.order("a.example.com").await, doors.order("b.example.com").await);
    let path = |order: &serde_json::Value, act: &str| format!("/requests/{}/{act}", order["requests"][0]["id"]);
    doors.done("POST", &path(&first, "review"), None).await;
    assert_eq!(doors.refused("POST", &path(&first, "review"), None).await, (409, "not_possible".to_owned()));
    doors.done("POST", &path(&first, "approve"), None).await;
    assert_eq!(doors.status(&first["id"]).await, "pending");
    doors.done("POST", &path(&second, "reject"), Some(json!({"comment": "No."}))).await;
    assert_eq!(doors.status(&second["id"]).await, "rejected");
}

#[tokio::test]
async fn what_is_issued_after_a_while_is_issued_when_the_clock_says_so() {
    let doors = Doors::new();
    let settings = doors.done("PUT", "/settings", Some(json!({"issue_after_seconds": 600}))).await;
    assert_eq!(settings, doors.done("GET", "/settings", None).await);
    let (domain, token) = doors.add_domain("example.com", "dns-txt-token").await;
    doors.done("PUT", "/dns", Some(json!({"name": "example.com", "type": "TXT", "value": token}))).await;
    doors.certcentral("PUT", &format!("/domain/{domain}/dcv/validate-token"), Some(json!({}))).await;
    let order = doors.order("www.example.com").await;
    let before = doors.done("GET", "/clock", None).await;
    assert_eq!(doors.status(&order["id"]).await, "processing");
    doors.done("POST", "/clock", Some(json!({"advance_seconds": 600}))).await;
    assert_eq!(doors.status(&order["id"]).await, "issued");
    let after = doors.done("POST", "/clock", Some(json!({"now": "2026-03-02T00:00:00Z"}))).await;
    assert_eq!(before["now"].as_str().unwrap().split('T').next(), Some("2026-03-01"));
    assert_eq!(after["now"].as_str().unwrap().split('T').next(), Some("2026-03-02"));

    // A shorter delay holds for what is being processed already.
    let slow = doors.order("slow.example.com").await;
    assert_eq!(doors.status(&slow["id"]).await, "processing");
    doors.done("PUT", "/settings", Some(json!({"issue_after_seconds": 0}))).await;
    assert_eq!(doors.status(&slow["id"]).await, "issued");

    // What comes due by the clock alone is mailed without a call to the service.
    doors.done("POST", "/clock", Some(json!({"advance_seconds": 300 * 24 * 60 * 60}))).await;
    let mails = doors.done("GET", "/mails", None).await;
    assert!(mails["mails"].as_array().unwrap().iter().any(|mail| mail["kind"] == "renewal_reminder"), "{mails}");
}

#[tokio::test]
async fn digicert_holds_releases_rejects_and_brings_over() {
    let doors = Doors::new();
    let ids = doors.done("POST", "/orders", Some(json!({"count": 2, "status": "pending", "common_name": "h{n}.example.com"}))).await;
    let [held, rejected] = [&ids["ids"][0], &ids["ids"][1]];
    doors.done("POST", &format!("/orders/{held}/hold"), None).await;
    doors.done("POST", &format!("/orders/{rejected}/reject"), Some(json!({"reason": "Unreachable."}))).await;
    assert_eq!(doors.status(rejected).await, "rejected");
    assert_eq!(doors.refused("POST", &format!("/orders/{rejected}/reject"), None).await.0, 409);
    let (_, domains) = doors.certcentral("GET", "/domain", None).await;
    let domain = &domains["domains"][0]["id"];
    let (_, info) = doors.certcentral("GET", &format!("/domain/{domain}?include_dcv=true"), None).await;
    let record = json!({"name": "example.com", "type": "TXT", "value": info["dcv_token"]["token"]});
    doors.done("PUT", "/dns", Some(record)).await;
    assert_eq!(doors.certcentral("PUT", &format!("/domain/{domain}/dcv/validate-token"), Some(json!({}))).await.0, 200);
    assert_eq!(doors.status(held).await, "pending");
    doors.done("POST", &format!("/orders/{held}/release"), None).await;
    assert_eq!(doors.status(held).await, "issued");

    doors.done("POST", &format!("/orders/{held}/migrate"), None).await;
    doors.done("POST", "/clock", Some(json!({"advance_seconds": 300 * 24 * 60 * 60}))).await;
    let renewed = doors.certcentral("PUT", &format!("/order/certificate/{held}/status"), Some(json!({"status": "renewed"}))).await;
    assert_eq!(renewed.0, 204, "{}", renewed.1);

    let unvalidated = doors.certcentral("GET", "/organization/754782/validation", None).await.1;
    assert_ne!(unvalidated["validations"][0]["status"], "active");
    doors.done("POST", "/organizations/754782/validate", None).await;
    assert_eq!(doors.certcentral("GET", "/organization/754782/validation", None).await.1["validations"][0]["status"], "active");
}
