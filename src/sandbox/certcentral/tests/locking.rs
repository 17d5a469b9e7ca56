//! Domain locks and CAA records.

use super::*;

#[tokio::test]
async fn a_domain_is_locked_by_its_caa_record() {
    let caller = Caller::new();
    let id = caller.validated_domain("example.com").await;
    let info = async || caller.get(&format!("/domain/{id}")).await;
    let put = async |what: &str, body: Value| caller.put(&format!("/domain/{id}/{what}"), body).await;
    assert!(info().await.get("domain_locking_status").is_none());
    assert_eq!(code(&put("caa", json!({"account_token": "x"})).await.1), "invalid_status");
    assert_eq!(put("activate-domain-locking", json!({})).await, (204, Value::Null));
    let token = info().await["account_token"].as_str().unwrap().to_owned();
    assert_eq!(info().await["domain_locking_status"], "pending");
    assert_eq!(code(&put("caa", json!({})).await.1), "required_param:account_token");

    assert_eq!(put("caa", json!({"account_token": token})).await, (200, json!({"status": "0"})));
    caller.sandbox.dns().publish_caa("example.com", &format!("digicert.com; account={token}"));
    assert_eq!(put("caa", json!({"account_token": "another"})).await.1["status"], "0");
    assert_eq!(put("caa", json!({"account_token": token})).await, (200, json!({"status": "1"})));
    assert_eq!(info().await["domain_locking_status"], "enabled");
    caller.issued(&["www.example.com"]).await;

    caller.sandbox.clock().advance(200 * DAY);
    assert_eq!(info().await["domain_locking_status"], "pending", "without a validation");
    assert_eq!(put("deactivate-domain-locking", json!({})).await, (204, Value::Null));
    assert!(info().await.get("domain_locking_status").is_none());
}

#[tokio::test]
async fn not_every_account_has_locks() {
    let caller = Caller::of(Sandbox::builder().domain_locking(false));
    let (id, _) = caller.add_domain("example.com", "email").await;
    for (what, expected) in
        [("activate-domain-locking", "cannot_activate_domain_lock"), ("deactivate-domain-locking", "cannot_deactivate_domain_lock")]
    {
        let (status, body) = caller.put(&format!("/domain/{id}/{what}"), json!({})).await;
        assert_eq!((status, code(&body)), (400, expected));
    }
}

#[tokio::test]
async fn caa_records_of_others_forbid_to_issue() {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    for (record, allowed) in [
        ("letsencrypt.org", false),
        (";", false),
        ("digicert.com", true),
        ("digicert.com; account=somebody", false),
        ("www.digicert.com", true),
    ] {
        caller.sandbox.dns().remove("shop.example.com");
        caller.sandbox.dns().publish_caa("shop.example.com", record);
        let (status, body) = caller.post("/order/certificate/ssl_basic", caller.order_body("shop.example.com")).await;
        if allowed {
            assert_eq!(status, 201, "{record}");
        } else {
            assert_eq!((status, code(&body)), (400, "caa_check_failed|shop.example.com"), "{record}");
        }
    }
    // An order that waits is not issued until the record allows it.
    let order = caller.order(caller.order_body("example.org")).await;
    caller.sandbox.dns().publish_caa("example.org", "letsencrypt.org");
    caller.sandbox.approve_dcv_mail("admin@example.org").unwrap();
    assert_eq!(caller.status(&order).await, "pending");
    caller.sandbox.dns().remove("example.org");
    assert_eq!(caller.status(&order).await, "issued");
}
