//! The mails about orders.

use super::*;
use crate::sandbox::{ApprovalMode, MailKind};

#[tokio::test]
async fn reminders_come_six_times() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    caller.put(&format!("/order/certificate/{}/additional-emails", order["id"]), json!({"additional_emails": ["ops@example.com"]})).await;
    let reminders = || caller.sandbox.mails().to("ops@example.com").iter().filter(|mail| mail.kind == MailKind::RenewalReminder).count();
    let mut passed = 0;
    for (day, count) in [(279, 0), (280, 1), (310, 2), (340, 3), (363, 4), (367, 5), (376, 5), (377, 6), (400, 6)] {
        caller.sandbox.clock().advance((day - passed) * DAY);
        passed = day;
        caller.get("/user/me").await;
        assert_eq!(reminders(), count, "day {day}");
    }
    let last = caller.sandbox.mails().to("ops@example.com").pop().unwrap();
    assert_eq!(last.subject, format!("[重要]証明書更新のご案内 -7日間 (オーダー番号 {})", order["id"]));
    assert_eq!(last.sent.to_rfc3339(), "2027-03-13T00:00:00+00:00");
}

#[tokio::test]
async fn whoever_renewed_or_wants_no_reminders_gets_none() {
    for (renews, disabled, expected) in [(false, false, 6), (true, false, 0), (false, true, 0)] {
        let caller = Caller::new();
        caller.validated_domain("example.com").await;
        let order = caller.order(with(caller.order_body("example.com"), "disable_renewal_notifications", json!(disabled))).await;
        if renews {
            caller.order(with(caller.order_body("example.com"), "renewal_of_order_id", order["id"].clone())).await;
        }
        caller.sandbox.clock().advance(380 * DAY);
        caller.get("/user/me").await;
        let is_reminder = |mail: &&crate::sandbox::Mail| mail.kind == MailKind::RenewalReminder && mail.order_id == order["id"].as_u64();
        assert_eq!(caller.sandbox.mails().all().iter().filter(is_reminder).count(), expected, "{renews} {disabled}");
    }
}

#[tokio::test]
async fn what_happens_is_mailed_to_those_concerned() {
    let caller = Caller::of(Sandbox::builder().approval(ApprovalMode::OneStep));
    caller.validated_domain("example.com").await;
    let order = caller.order(with(caller.order_body("example.com"), "additional_emails", json!(["ops@example.com"]))).await;
    let kinds = |address: &str| caller.sandbox.mails().to(address).iter().map(|mail| mail.kind).collect::<Vec<_>>();
    assert_eq!(kinds("taro.shinsei@digicert.com"), [MailKind::ApprovalNeeded]);
    assert_eq!(kinds("ops@example.com"), []);
    caller.sandbox.approve_request(order["requests"][0]["id"].as_u64().unwrap()).unwrap();
    let skip = |body: Value| with(body, "skip_approval", json!(true));
    caller.post(&format!("/order/certificate/{}/reissue", order["id"]), skip(caller.again(&["example.com"]))).await;
    caller.put(&format!("/order/certificate/{}/revoke", order["id"]), skip(json!({}))).await;
    assert_eq!(kinds("ops@example.com"), [MailKind::CertificateIssued, MailKind::CertificateReissued, MailKind::CertificateRevoked]);
}
