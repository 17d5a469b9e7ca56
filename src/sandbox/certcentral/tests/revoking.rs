//! The end of certificates and of orders.

use super::*;
use crate::sandbox::{ApprovalMode, KeyScope, MailKind, Role};

#[tokio::test]
async fn a_certificate_is_revoked_at_once_or_after_an_approval() {
    use ApprovalMode::{OneStep, OneStepAuto, Skip, TwoStep};
    for (mode, waits) in [(OneStepAuto, "pending"), (Skip, "pending"), (OneStep, "pending"), (TwoStep, "submitted")] {
        let caller = Caller::of(Sandbox::builder().approval(mode));
        caller.validated_domain("example.com").await;
        let order = caller.order(with(caller.order_body("example.com"), "skip_approval", json!(true))).await;
        let path = format!("/certificate/{}/revoke", order["certificate_id"]);
        let (status, request) = caller.put(&path, json!({"comment": "Lost.", "revocation_reason": "keyCompromise"})).await;
        assert_eq!(status, 201, "{mode:?}");
        assert_eq!(
            (&request["type"], &request["status"], &request["comments"]),
            (&json!("revoke"), &json!(waits), &json!("Lost.")),
            "{mode:?}"
        );
        assert_eq!(request["requester"]["id"], 14);
        assert!(caller.info(&order).await["certificate"].get("status").is_none());

        caller.sandbox.approve_request(request["id"].as_u64().unwrap()).unwrap();
        let info = caller.info(&order).await;
        assert_eq!((&info["status"], &info["certificate"]["status"]), (&json!("issued"), &json!("revoked")), "{mode:?}");
        // What is left of the plan can be used by a reissue.
        let (status, _) = caller
            .post(
                &format!("/order/certificate/{}/reissue", order["id"]),
                with(caller.again(&["example.com"]), "skip_approval", json!(true)),
            )
            .await;
        assert_eq!(status, 201);
        assert_eq!(caller.info(&order).await["certificate"]["status"], "issued");
    }
}

#[tokio::test]
async fn serial_numbers_with_and_without_leading_zeros_name_a_certificate() {
    for shape in [
        |serial: &str| serial.to_lowercase(),
        |serial: &str| serial.trim_start_matches('0').to_owned(),
        |serial: &str| format!("00{serial}"),
    ] {
        let caller = Caller::new();
        let order = caller.issued(&["example.com"]).await;
        let serial = shape(caller.info(&order).await["certificate"]["serial_number"].as_str().unwrap());
        let revoked = caller.put(&format!("/certificate/{serial}/revoke"), json!({"skip_approval": true})).await;
        assert_eq!(revoked, (204, Value::Null), "{serial}");
        let (status, body) = caller.put(&format!("/certificate/{serial}/revoke"), json!({"skip_approval": true})).await;
        assert_eq!((status, code(&body)), (400, "invalid_status"));
    }
}

#[tokio::test]
async fn an_order_is_revoked_with_all_its_certificates() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    caller.post(&format!("/order/certificate/{}/duplicate", order["id"]), caller.again(&["example.com"])).await;
    let revoke = format!("/order/certificate/{}/revoke", order["id"]);
    assert_eq!(code(&caller.put(&revoke, json!({"revocation_reason": "boredom"})).await.1), "invalid_value:revocation_reason");
    let (status, request) = caller.put(&revoke, json!({"comments": "I no longer need this cert."})).await;
    assert_eq!((status, &request["comments"]), (201, &json!("I no longer need this cert.")));
    assert_eq!(caller.status(&order).await, "issued");
    assert_eq!(caller.put(&revoke, json!({"skip_approval": true})).await, (204, Value::Null));
    let info = caller.info(&order).await;
    assert_eq!((&info["status"], &info["certificate"]["status"]), (&json!("revoked"), &json!("revoked")));
    let duplicates = caller.get(&format!("/order/certificate/{}/duplicate", order["id"])).await;
    assert_eq!(duplicates["certificates"][0]["status"], "revoked");
    assert_eq!(caller.sandbox.mails().all().last().map(|mail| mail.kind), Some(MailKind::CertificateRevoked));
    // The request that waited has come to nothing.
    let path = format!("/request/{}/status", request["id"]);
    assert_eq!(code(&caller.put(&path, json!({"status": "approved"})).await.1), "invalid_status");
    assert_eq!(caller.put(&path, json!({"status": "rejected"})).await.0, 204);
    assert_eq!(code(&caller.put(&revoke, json!({})).await.1), "invalid_status");
}

#[tokio::test]
async fn the_last_certificate_takes_the_order_along_where_the_account_wants_it() {
    for (setting, status) in [(false, "issued"), (true, "revoked")] {
        let caller = Caller::of(Sandbox::builder().revoke_order_with_last_certificate(setting));
        let order = caller.issued(&["example.com"]).await;
        let (_, duplicate) = caller.post(&format!("/order/certificate/{}/duplicate", order["id"]), caller.again(&["example.com"])).await;
        for (certificate, expected) in [(&order["certificate_id"], "issued"), (&duplicate["certificate_id"], status)] {
            caller.put(&format!("/certificate/{certificate}/revoke"), json!({"skip_approval": true})).await;
            assert_eq!(caller.status(&order).await, expected, "{setting}");
        }
    }
}

#[tokio::test]
async fn who_may_not_approve_may_not_skip() {
    let caller = Caller::new();
    caller.sandbox.add_api_key("user", Role::StandardUser, KeyScope::Unrestricted).unwrap();
    let order = caller.issued(&["example.com"]).await;
    let path = format!("/order/certificate/{}/revoke", order["id"]);
    let (status, body) = caller.call_as("user", "PUT", &path, Some(json!({"skip_approval": true}))).await;
    assert_eq!((status, code(&body)), (403, "access_denied|missing_permission"));
    let (status, request) = caller.call_as("user", "PUT", &path, Some(json!({"comments": "Please."}))).await;
    assert_eq!((status, &request["requester"]["id"]), (201, &json!(17)));
    assert_eq!(caller.put(&format!("/request/{}/status", request["id"]), json!({"status": "approved"})).await.0, 204);
    assert_eq!(caller.status(&order).await, "revoked");
}

#[tokio::test]
async fn what_cannot_be_revoked_is_not() {
    let caller = Caller::new();
    let pending = caller.order(caller.order_body("example.org")).await;
    for (path, expected) in [
        (format!("/certificate/{}/revoke", pending["certificate_id"]), (400, "invalid_status")),
        (format!("/order/certificate/{}/revoke", pending["id"]), (400, "invalid_status")),
        ("/certificate/ABCDEF/revoke".to_owned(), (404, "not_found|certificate")),
        ("/order/certificate/1/revoke".to_owned(), (404, "not_found|order")),
    ] {
        let (status, body) = caller.put(&path, json!({"skip_approval": true})).await;
        assert_eq!((status, code(&body)), expected, "{path}");
    }
}
