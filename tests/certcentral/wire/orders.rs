//! What can be done with an order besides placing it.

use std::time::Duration;

use chrono::NaiveDate;
use serde_json::{Value, json};
use shomei::{
    CertCentral,
    certcentral::{DateRange, DcvMethod, OrderId, RevocationReason},
};

use super::Wire;
use crate::judge::csr;

pub(super) async fn manage(wire: &Wire, cc: &CertCentral) {
    let id = OrderId(7);
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    wire.row(
        cc.orders().changes().within(Duration::from_secs(600)).send(),
        "GET /order/certificate/status-changes?seconds=600",
        Value::Null,
    )
    .await;
    wire.row(
        cc.orders().changes().between(DateRange::between(day(1), day(7))).send(),
        "GET /order/certificate/status-changes?filters[status_last_updated]=2026-11-01 00:00:00...2026-11-07 23:59:59",
        Value::Null,
    )
    .await;
    wire.row(
        cc.orders().cancel(id).comment("ordered twice").send_emails(false).send(),
        "PUT /order/certificate/7/status",
        json!({"status": "canceled", "note": "ordered twice", "send_emails": false}),
    )
    .await;
    wire.row(cc.orders().mark_renewed(id, true).send(), "PUT /order/certificate/7/status", json!({"status": "renewed"})).await;
    wire.row(cc.orders().mark_renewed(id, false).send(), "PUT /order/certificate/7/status", json!({"status": "not_renewed"})).await;
    wire.row(
        cc.orders().set_additional_emails(id).emails(["jill.valentine@example.com", "leon.kennedy@example.com"]).send(),
        "PUT /order/certificate/7/additional-emails",
        json!({"additional_emails": ["jill.valentine@example.com", "leon.kennedy@example.com"]}),
    )
    .await;
    let none: [&str; 0] = [];
    wire.row(
        cc.orders().set_additional_emails(id).emails(none).send(),
        "PUT /order/certificate/7/additional-emails",
        json!({"additional_emails": []}),
    )
    .await;
    wire.row(cc.orders().add_note(id, "This is a note").send(), "POST /order/certificate/7/note", json!({"text": "This is a note"})).await;
    wire.row(cc.orders().set_auto_reissue(id, true).send(), "PUT /order/certificate/7/auto-reissue", json!({"auto_reissue": 1})).await;
    wire.row(
        cc.orders().resend_approval_emails(id).to(["a@example.com"]).send(),
        "PUT /order/certificate/7/order-approval/resend-emails",
        json!({"emails": ["a@example.com"]}),
    )
    .await;
    wire.row(cc.orders().reissues(id).send(), "GET /order/certificate/7/reissue", Value::Null).await;
    wire.row(cc.orders().duplicates(id).archived(true).send(), "GET /order/certificate/7/duplicate?show_archived=true", Value::Null).await;
    wire.row(
        cc.orders().change_dcv_method(id, DcvMethod::DnsTxtToken).send(),
        "PUT /order/certificate/7/dcv-method",
        json!({"dcv_method": "dns-txt-token"}),
    )
    .await;
    let csr = csr();
    wire.row(cc.orders().add_csr(id, csr.clone()).send(), "POST /order/certificate/7/csr", json!({"csr": csr.as_pem()})).await;
    let validations = cc.orders().email_validations(id).send();
    assert_eq!(wire.row(validations, "GET /order/certificate/7/email-validation", Value::Null).await.emails.len(), 2);
    wire.row(
        cc.orders().validate_email("0a1b", "jane.roe@example.com").send(),
        "PUT /email-validation/0a1b?email=jane.roe@example.com",
        Value::Null,
    )
    .await;
    wire.row(cc.orders().generate_dcv_token(id).send(), "PUT /order/certificate/7/dcv-random-value", Value::Null).await;
    wire.row(
        cc.orders().check_dcv(id).names(["Sub.example.com"]).send(),
        "PUT /order/certificate/7/check-dcv",
        json!({"dns_names_validations": ["sub.example.com"]}),
    )
    .await;
    wire.row(
        cc.orders().resend_dcv_emails(id).to([("sub.example.com", "admin@example.com")]).locale("en").send(),
        "PUT /order/certificate/7/resend-emails",
        json!({"domain_approval_emails": [{"domain": "sub.example.com", "email": "admin@example.com"}], "locale": "en"}),
    )
    .await;
    let _ = wire
        .row(
            cc.orders().revoke(id).comment("I no longer need this cert.").skip_approval(true).start(),
            "PUT /order/certificate/7/revoke",
            json!({"comments": "I no longer need this cert.", "skip_approval": true}),
        )
        .await;
    let _ = wire
        .row(
            cc.certificates().revoke("0A1B").reason(RevocationReason::KeyCompromise).start(),
            "PUT /certificate/0A1B/revoke",
            json!({"revocation_reason": "keyCompromise"}),
        )
        .await;

    let week = Duration::from_secs(7 * 24 * 3600);
    wire.refuses("within", cc.orders().changes().send()).await;
    wire.refuses("within", cc.orders().changes().within(Duration::ZERO).send()).await;
    wire.refuses("within", cc.orders().changes().within(week + Duration::from_secs(1)).send()).await;
    wire.refuses("comment", cc.orders().cancel(id).comment(" ").send()).await;
    wire.refuses("emails", cc.orders().set_additional_emails(id).emails(["jill"]).send()).await;
    wire.refuses("text", cc.orders().add_note(id, "").send()).await;
    wire.refuses("to", cc.orders().resend_approval_emails(id).to(none).send()).await;
    wire.refuses("names", cc.orders().check_dcv(id).names(["https://example.com"]).send()).await;
    wire.refuses("to", cc.orders().resend_dcv_emails(id).to([("example.com", "admin")]).send()).await;
    wire.refuses("certificate", cc.certificates().revoke("no hex").start()).await;
}
