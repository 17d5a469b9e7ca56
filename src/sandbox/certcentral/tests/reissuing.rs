//! Other certificates within the same plan.

use super::*;
use crate::sandbox::{ApprovalMode, MailKind};

const HOUR: Duration = Duration::from_secs(3600);

fn reissue(order: &Value) -> String {
    format!("/order/certificate/{}/reissue", order["id"])
}

#[tokio::test]
async fn a_reissue_takes_the_primary_s_place() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    assert!(caller.info(&order).await["certificate"].get("status").is_none());
    assert_eq!(caller.get(&reissue(&order)).await, json!({}));

    let (status, answer) = caller.post(&reissue(&order), caller.again(&["example.com", "www.example.com"])).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["id"], order["id"]);
    assert_eq!(answer["requests"][0].as_object().map(|request| request.len()), Some(1), "no status");
    assert_eq!(answer["certificate_chain"][0]["subject_common_name"], "example.com");

    let info = caller.info(&order).await;
    assert_eq!((&info["status"], &info["certificate"]["status"]), (&json!("issued"), &json!("issued")));
    assert_eq!((&info["certificate"]["id"], &info["reissues_count"]), (&answer["certificate_id"], &json!(1)));
    assert_eq!(info["certificate"]["server_platform"]["best_format"], "pem_noroot");
    let list = caller.get(&reissue(&order)).await;
    let reissued = &list["certificates"][0];
    assert!(list.get("page").is_none());
    assert_eq!(
        (&reissued["status"], &reissued["firstname"], &reissued["purchased_dns_names"]),
        (&json!("issued"), &json!("John"), &json!("2"))
    );
    assert_eq!(caller.sandbox.mails().to("john.smith@digicert.com").last().map(|mail| mail.kind), Some(MailKind::CertificateReissued));

    // Nothing was dropped, so nothing is revoked.
    caller.sandbox.clock().advance(100 * HOUR);
    let (status, _) = caller.put(&format!("/certificate/{}/revoke", order["certificate_id"]), json!({"skip_approval": true})).await;
    assert_eq!(status, 204);
}

#[tokio::test]
async fn a_dropped_name_ends_the_earlier_certificates_after_a_while() {
    for (first, second, dropped) in [
        (&["a.example.com", "b.example.com"][..], &["a.example.com"][..], true),
        (&["a.example.com"], &["b.example.com"], true),
        (&["a.example.com"], &["b.example.com", "a.example.com"], false),
        (&["a.example.com"], &["a.example.com", "b.example.com"], false),
    ] {
        let caller = Caller::new();
        let order = caller.issued(first).await;
        caller.post(&format!("/order/certificate/{}/duplicate", order["id"]), caller.again(first)).await;
        caller.post(&reissue(&order), caller.again(second)).await;
        for (hours, duplicate) in [(59, "approved"), (1, if dropped { "revoked" } else { "approved" })] {
            caller.sandbox.clock().advance(hours * HOUR);
            let list = caller.get(&format!("/order/certificate/{}/duplicate", order["id"])).await;
            assert_eq!(list["certificates"][0]["status"], duplicate, "{second:?} {hours}");
        }
        assert_eq!(caller.info(&order).await["certificate"]["status"], "issued");
    }
}

#[tokio::test]
async fn the_delay_of_the_revocation_can_be_set() {
    let caller = Caller::of(Sandbox::builder().reissue_revocation_delay(72 * HOUR));
    let order = caller.issued(&["a.example.com"]).await;
    caller.post(&reissue(&order), caller.again(&["b.example.com"])).await;
    let revoke = format!("/certificate/{}/revoke", order["certificate_id"]);
    caller.sandbox.clock().advance(73 * HOUR);
    assert_eq!(code(&caller.put(&revoke, json!({"skip_approval": true})).await.1), "invalid_status");
}

#[tokio::test]
async fn new_names_are_validated_first() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let body = with(caller.again(&["example.com", "example.org"]), "dcv_method", json!("dns-txt-token"));
    let (_, answer) = caller.post(&reissue(&order), body).await;
    assert_eq!(answer["domains"][0]["name"], "example.org");
    assert!(answer.get("certificate_chain").is_none());
    let info = caller.info(&order).await;
    assert_eq!((&info["status"], &info["certificate"]["id"]), (&json!("reissue_pending"), &order["certificate_id"]));
    assert_eq!(caller.get(&reissue(&order)).await["certificates"][0]["status"], "pending");

    // Neither reissued again nor revoked meanwhile.
    assert_eq!(code(&caller.post(&reissue(&order), caller.again(&["example.com"])).await.1), "invalid_status");
    for path in [format!("/certificate/{}/revoke", order["certificate_id"]), format!("/order/certificate/{}/revoke", order["id"])] {
        assert_eq!(code(&caller.put(&path, json!({"skip_approval": true})).await.1), "invalid_status", "{path}");
    }
    caller.sandbox.dns().publish_txt("example.org", answer["dcv_random_value"].as_str().unwrap());
    caller.put(&format!("/domain/{}/dcv/validate-token", answer["domains"][0]["id"]), json!({})).await;
    let info = caller.info(&order).await;
    assert_eq!((&info["status"], &info["certificate"]["id"]), (&json!("issued"), &answer["certificate_id"]));
}

#[tokio::test]
async fn a_pending_reissue_is_cancelled() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let (_, answer) = caller.post(&reissue(&order), caller.again(&["example.org"])).await;
    let path = format!("/order/certificate/{}/status", order["id"]);
    assert_eq!(caller.put(&path, json!({"status": "canceled", "note": "Not needed."})).await.0, 204);
    let info = caller.info(&order).await;
    assert_eq!((&info["status"], &info["certificate"]["id"]), (&json!("issued"), &order["certificate_id"]));
    assert_eq!(info["notes"][0]["text"], "Not needed.");
    assert_eq!(caller.get(&reissue(&order)).await["certificates"][0]["status"], "rejected");
    let request = caller.get(&format!("/request/{}", answer["requests"][0]["id"])).await;
    assert_eq!((&request["type"], &request["status"]), (&json!("reissue"), &json!("rejected")));
    assert_eq!(request["processor_comment"], "Not needed.");
}

#[tokio::test]
async fn every_mode_of_approval_holds_for_reissues() {
    use ApprovalMode::{OneStep, OneStepAuto, Skip, TwoStep};
    for (mode, requested, status) in [
        (OneStepAuto, Some("approved"), "issued"),
        (Skip, None, "issued"),
        (OneStep, Some("pending"), "reissue_pending"),
        (TwoStep, Some("submitted"), "reissue_pending"),
    ] {
        let caller = Caller::of(Sandbox::builder().approval(mode));
        caller.validated_domain("example.com").await;
        let order = caller.order(with(caller.order_body("example.com"), "skip_approval", json!(true))).await;
        let (_, answer) = caller.post(&reissue(&order), caller.again(&["example.com"])).await;
        assert_eq!(caller.status(&order).await, status, "{mode:?}");
        let Some(id) = answer["requests"][0]["id"].as_u64() else {
            assert_eq!(requested, None, "{mode:?}");
            continue;
        };
        assert_eq!(caller.get(&format!("/request/{id}")).await["status"].as_str(), requested, "{mode:?}");
        assert_eq!(answer.get("certificate_id").is_some(), requested == Some("approved"), "{mode:?}");
        assert_eq!(caller.info(&order).await["has_pending_request"], json!(requested != Some("approved")), "{mode:?}");
        caller.sandbox.approve_request(id).unwrap();
        assert_eq!(caller.status(&order).await, "issued", "{mode:?}");
    }
}

#[tokio::test]
async fn a_rejected_reissue_leaves_the_order_as_it_was() {
    let caller = Caller::of(Sandbox::builder().approval(ApprovalMode::OneStep));
    caller.validated_domain("example.com").await;
    let order = caller.order(with(caller.order_body("example.com"), "skip_approval", json!(true))).await;
    let (_, answer) = caller.post(&reissue(&order), caller.again(&["example.com"])).await;
    caller.sandbox.reject_request(answer["requests"][0]["id"].as_u64().unwrap(), "No.").unwrap();
    assert_eq!(caller.status(&order).await, "issued");
    assert_eq!(caller.get(&reissue(&order)).await["certificates"][0]["status"], "rejected");
}

#[tokio::test]
async fn a_platform_that_is_not_named_stays_as_it_is() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let again = |platform| with(caller.again(&["example.com"]), "certificate.server_platform", platform);
    for (named, expected) in [(json!(null), -1), (json!({"id": 45}), 45), (json!(null), 45)] {
        assert_eq!(caller.post(&reissue(&order), again(named.clone())).await.0, 201);
        assert_eq!(caller.info(&order).await["certificate"]["server_platform"]["id"], expected, "{named}");
    }
    let path = format!("/order/certificate/{}/duplicate", order["id"]);
    assert_eq!(caller.post(&path, again(json!(null))).await.0, 201);
    assert_eq!(caller.get(&path).await["certificates"][0]["server_platform"]["id"], 45);
}

#[tokio::test]
async fn what_is_asked_for_is_checked() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    for (path, value, expected) in [
        ("certificate.signature_hash", json!(null), "required_param:certificate.signature_hash"),
        ("certificate.csr", json!(""), "required_param:certificate.csr"),
        ("certificate.common_name", json!("no name"), "invalid_value:certificate.common_name"),
        ("certificate.cert_validity", json!({"days": 200}), "invalid_value:validity_days"),
        ("certificate.cert_validity", json!({"years": 2}), "invalid_value:validity_years"),
        ("dcv_method", json!("dns"), "invalid_value:dcv_method"),
    ] {
        let (status, body) = caller.post(&reissue(&order), with(caller.again(&["example.com"]), path, value)).await;
        assert_eq!((status, code(&body)), (400, expected), "{path}");
    }
    let pending = caller.order(caller.order_body("example.org")).await;
    assert_eq!(code(&caller.post(&reissue(&pending), caller.again(&["example.org"])).await.1), "invalid_status");
    let year = with(caller.again(&["example.com"]), "certificate.cert_validity", json!({"years": 1}));
    assert_eq!(caller.post(&reissue(&order), year.clone()).await.0, 201);
    caller.sandbox.clock().advance(DAY);
    assert_eq!(code(&caller.post(&reissue(&order), year).await.1), "cert_validity_exceeds_order_validity");
}

#[tokio::test]
async fn a_reissue_ends_with_the_plan() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    caller.sandbox.clock().advance(190 * DAY);
    caller.post(&reissue(&order), caller.again(&["example.com"])).await;
    let info = caller.info(&order).await;
    assert_eq!((&info["certificate"]["valid_till"], &info["order_valid_till"]), (&json!("2027-03-06"), &json!("2027-03-06")));
}

#[tokio::test]
async fn a_reissue_that_is_still_pending_ends_with_its_plan() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    caller.post(&reissue(&order), caller.again(&["example.org"])).await;
    caller.sandbox.clock().advance(371 * DAY);
    assert_eq!(caller.status(&order).await, "expired");
    assert_eq!(caller.get(&reissue(&order)).await["certificates"][0]["status"], "rejected");
}

#[tokio::test]
async fn automatic_reissues_begin_thirty_days_before_the_end() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let path = format!("/order/certificate/{}/auto-reissue", order["id"]);
    assert_eq!(code(&caller.put(&path, json!({})).await.1), "required_param:auto_reissue");
    assert_eq!(caller.put(&path, json!({"auto_reissue": 1})).await, (204, Value::Null));
    caller.sandbox.clock().advance(169 * DAY);
    assert_eq!(caller.info(&order).await["reissues_count"], 0);
    caller.sandbox.clock().advance(DAY);
    let info = caller.info(&order).await;
    assert_eq!((&info["reissues_count"], &info["auto_reissue"]), (&json!(1), &json!(1)));
    // The certificate ends with the plan now, so there is nothing more to gain.
    caller.sandbox.clock().advance(180 * DAY);
    assert_eq!(caller.info(&order).await["reissues_count"], 1);

    let body =
        json!({"certificate": caller.again(&["example.com"])["certificate"], "organization": {"id": ORGANIZATION}, "validity_years": 1});
    let (_, single) = caller.post("/order/certificate/ssl_basic", body).await;
    let path = format!("/order/certificate/{}/auto-reissue", single["id"]);
    assert_eq!(code(&caller.put(&path, json!({"auto_reissue": 1})).await.1), "invalid_value:auto_reissue");
}
