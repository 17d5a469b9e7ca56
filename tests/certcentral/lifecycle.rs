//! What happens to orders after they are issued, against the sandbox, in virtual time.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt as _, TryStreamExt as _};
use shomei::{
    Progress, Sandbox,
    certcentral::{
        CertificateStatus, ErrorCode, OrderId, OrderStatus, OrganizationId, Plan, Product, RequestStatus, RevocationReason, Validity,
        flow::{DcvInstructions, Issued, RenewalAction},
    },
    sandbox::{ApprovalMode, SandboxBuilder},
};

use crate::judge::{Judge, csr};

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A sandbox in which `example.com` is validated, and an order of a plan of some years issued.
async fn issued(builder: SandboxBuilder, years: u32) -> (Judge, Issued) {
    let judge = Judge::new(builder.build());
    validate(&judge, "example.com").await;
    let issued = order(&judge, years).await;
    (judge, issued)
}

async fn validate(judge: &Judge, name: &str) {
    let pending = judge.client().domains().validate(name).organization(ORGANIZATION).start().await.unwrap();
    publish(judge.sandbox(), pending.instructions());
    pending.wait(HOUR).await.unwrap();
}

fn publish(sandbox: &Sandbox, instructions: &DcvInstructions) {
    if let DcvInstructions::Txt { name, value, .. } = instructions {
        sandbox.dns().publish_txt(name, value);
    }
}

async fn order(judge: &Judge, years: u32) -> Issued {
    let order = judge.client();
    let order = order.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").dns_names(["www.example.com"]);
    order.organization(ORGANIZATION).plan(Plan::years(years)).skip_approval(true).start().await.unwrap().wait(HOUR).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_reissue_keeps_the_names_and_takes_the_place_of_the_certificate() {
    let (judge, first) = issued(Sandbox::builder().issue_delay(Duration::from_secs(60)), 2).await;
    let cc = judge.client();
    let second = cc.orders().reissue(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_ne!(second.certificate_id, first.certificate_id);
    assert_eq!(second.chain.leaf().subject_alt_names(), first.chain.leaf().subject_alt_names());
    assert_ne!(second.chain.leaf().public_key_der(), first.chain.leaf().public_key_der());
    let order = cc.orders().get(first.order.id).send().await.unwrap();
    assert_eq!(order.status, Some(OrderStatus::Issued));
    assert_eq!(order.certificate.unwrap().id, Some(second.certificate_id));
    let reissues = cc.orders().reissues(first.order.id).send().await.unwrap();
    assert!(reissues.iter().any(|reissue| reissue.id == second.certificate_id && reissue.status == Some(CertificateStatus::Issued)));
}

#[tokio::test(start_paused = true)]
async fn a_reissue_is_told_from_a_later_one_of_a_colleague() {
    let (judge, first) = issued(Sandbox::builder().issue_delay(Duration::from_secs(60)), 2).await;
    let cc = judge.client();
    let key = csr();
    let ours = cc.orders().reissue(first.order.id, key.clone()).start().await.unwrap();
    // Issued, but nobody has looked yet.
    tokio::time::advance(Duration::from_secs(120)).await;
    let theirs = cc.orders().reissue(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    let ours = ours.wait(HOUR).await.unwrap();
    assert_ne!(ours.certificate_id, theirs.certificate_id);
    assert_eq!(ours.chain.leaf().public_key_der(), key.public_key_der());
}

#[tokio::test(start_paused = true)]
async fn leaving_a_name_out_is_said_before_anything_is_sent() {
    let (judge, first) = issued(Sandbox::builder(), 1).await;
    let cc = judge.client();
    let none: [&str; 0] = [];
    let error = cc.orders().reissue(first.order.id, csr()).dns_names(none).send().await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert!(error.to_string().contains("www.example.com would be left out") && error.to_string().contains("48 to 72 hours"), "{error}");
    assert_eq!(judge.count("POST /order/certificate/115429178/reissue"), 0);

    // Adding one revokes nothing and needs no consent.
    let added = cc.orders().reissue(first.order.id, csr()).dns_names(["www.example.com", "shop.example.com"]);
    let added = added.start().await.unwrap().wait(HOUR).await.unwrap();
    assert!(added.chain.leaf().subject_alt_names().contains(&"shop.example.com".to_owned()));

    let fewer = cc.orders().reissue(first.order.id, csr()).dns_names(none).accept_revocation(true);
    let fewer = fewer.start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(fewer.chain.leaf().subject_alt_names(), ["example.com"]);
    tokio::time::advance(3 * DAY).await;
    let reissues = cc.orders().reissues(first.order.id).send().await.unwrap();
    let old = reissues.iter().find(|reissue| reissue.id == added.certificate_id).unwrap();
    assert_eq!(old.status, Some(CertificateStatus::Revoked), "the earlier certificate was revoked within 72 hours");
}

#[tokio::test(start_paused = true)]
async fn a_rejected_reissue_ends_the_wait_and_leaves_the_certificate() {
    let (judge, first) = issued(Sandbox::builder().approval(ApprovalMode::OneStep).key_may_approve(true), 1).await;
    let cc = judge.client();
    let pending = cc.orders().reissue(first.order.id, csr()).approve(false).start().await.unwrap();
    let request = pending.response().unwrap().requests[0].id;
    let token = serde_json::to_string(&pending.resume_token()).unwrap();
    let mut wait = pending.wait(HOUR);
    wait.next().await.unwrap().unwrap();
    judge.sandbox().reject_request(request.0, "not now").unwrap();
    let error = wait.await.unwrap_err();
    assert!(error.is_terminal(), "{error}");
    assert_eq!(error.last_state().unwrap().order.certificate.as_ref().unwrap().id, Some(first.certificate_id));

    let resumed = cc.orders().resume_issuance(serde_json::from_str(&token).unwrap()).start().await.unwrap();
    assert!(resumed.wait(HOUR).await.unwrap_err().is_terminal());
}

#[tokio::test(start_paused = true)]
async fn reissues_and_duplicates_are_approved_like_orders() {
    let (judge, first) = issued(Sandbox::builder().approval(ApprovalMode::OneStep), 1).await;
    let cc = judge.client();
    cc.orders().reissue(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    cc.orders().duplicate(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert!(judge.count("PUT /request/") >= 2);
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_stands_beside_the_certificate() {
    let (judge, first) = issued(Sandbox::builder(), 1).await;
    let cc = judge.client();
    let second = cc.orders().duplicate(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_ne!(second.certificate_id, first.certificate_id);
    assert_eq!(second.chain.leaf().subject_alt_names(), first.chain.leaf().subject_alt_names());
    let order = cc.orders().get(first.order.id).send().await.unwrap();
    assert_eq!(order.certificate.unwrap().id, Some(first.certificate_id), "the original is still the order's own");
    assert_eq!(cc.orders().duplicates(first.order.id).send().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_issued_cannot_be_reissued() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.net").organization(ORGANIZATION);
    let order = order.plan(Plan::years(1)).send().await.unwrap();
    let error = cc.orders().reissue(order.id, csr()).send().await.unwrap_err();
    assert!(error.to_string().contains("only an issued one"), "{error}");
    let error = cc.orders().reissue(OrderId(1), csr()).send().await.unwrap_err();
    assert_eq!(error.certcentral_code(), Some(ErrorCode::NotFoundOrder));
}

#[tokio::test(start_paused = true)]
async fn a_reissue_lasts_until_the_plan_ends_at_most() {
    let (judge, first) = issued(Sandbox::builder(), 1).await;
    tokio::time::advance(300 * DAY).await;
    validate(&judge, "example.com").await;
    let cc = judge.client();
    let error = cc.orders().reissue(first.order.id, csr()).validity(Validity::days(80)).send().await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("the plan ends after"), "{error}");
    let last = cc.orders().reissue(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(Some(last.chain.leaf().not_after().date_naive()), first.order.order_valid_till);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_carries_names_and_days_over() {
    let (judge, first) = issued(Sandbox::builder(), 1).await;
    tokio::time::advance(340 * DAY).await;
    validate(&judge, "example.com").await;
    let cc = judge.client();
    let days_left = cc.orders().plan_days_left(first.order.id).send().await.unwrap().unwrap();
    assert!((25..=31).contains(&days_left), "{days_left}");
    let renewed = cc.orders().renew(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(renewed.chain.leaf().subject_alt_names(), first.chain.leaf().subject_alt_names());
    let plan = renewed.order.order_valid_till.unwrap() - renewed.order.order_valid_from.unwrap();
    assert_eq!(plan.num_days(), 370 + 2 * days_left, "the days left count twice");
    let again = cc.orders().renew(first.order.id, csr()).send().await.unwrap_err();
    assert!(again.is_mismatch() && again.to_string().contains("has already been renewed"), "{again}");
}

#[tokio::test(start_paused = true)]
async fn revoking_a_certificate_leaves_the_plan_and_revoking_the_order_ends_it() {
    let (judge, first) = issued(Sandbox::builder(), 1).await;
    let cc = judge.client();
    let serial = first.chain.leaf().serial_number().to_owned();
    let revoke = cc.certificates().revoke(serial.as_str()).reason(RevocationReason::Superseded).comment("a new one is in place");
    let pending = revoke.skip_approval(true).start().await.unwrap();
    assert!(pending.request().is_none() && pending.resume_token().is_none(), "it is done at once");
    assert_eq!(pending.wait(HOUR).await.unwrap(), None);
    let order = cc.orders().get(first.order.id).send().await.unwrap();
    assert_eq!(order.status, Some(OrderStatus::Issued));
    assert_eq!(order.certificate.unwrap().status, Some(CertificateStatus::Revoked));
    assert!(cc.orders().plan_days_left(first.order.id).send().await.unwrap().unwrap() > 300);
    cc.orders().reissue(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();

    let pending = cc.orders().revoke(first.order.id).comment("no longer needed").start().await.unwrap();
    assert_eq!(pending.request().unwrap().status, Some(RequestStatus::Pending));
    let approved = pending.wait(HOUR).await.unwrap().unwrap();
    assert_eq!(approved.status, Some(RequestStatus::Approved));
    assert_eq!(cc.orders().get(first.order.id).send().await.unwrap().status, Some(OrderStatus::Revoked));
}

#[tokio::test(start_paused = true)]
async fn a_revocation_that_is_rejected_ends_the_wait() {
    let (judge, first) = issued(Sandbox::builder(), 1).await;
    let cc = judge.client();
    let pending = cc.orders().revoke(first.order.id).approve(false).start().await.unwrap();
    let request = pending.request().unwrap().id;
    let token = pending.resume_token().unwrap();
    judge.sandbox().reject_request(request.0, "still in use").unwrap();
    let error = pending.wait(HOUR).await.unwrap_err();
    assert!(error.is_terminal());
    assert_eq!(error.last_state().unwrap().status, Some(RequestStatus::Rejected));
    assert_eq!(cc.orders().get(first.order.id).send().await.unwrap().status, Some(OrderStatus::Issued));
    assert!(cc.requests().resume_approval(token).start().unwrap().wait(HOUR).await.unwrap_err().is_terminal());
}

#[tokio::test(start_paused = true)]
async fn a_request_is_settled_in_one_step_or_two() {
    for (mode, by_others) in [(ApprovalMode::OneStep, false), (ApprovalMode::TwoStep, true)] {
        let judge = Judge::new(Sandbox::builder().approval(mode).build());
        validate(&judge, "example.com").await;
        let cc = judge.client();
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
        let request = order.plan(Plan::years(1)).send().await.unwrap().requests[0].id;
        let mut wait = cc.requests().drive_approval(request).start().wait(HOUR);
        if by_others {
            for _ in 0..2 {
                assert!(matches!(wait.next().await.unwrap().unwrap(), Progress::InProgress(_)));
            }
            judge.sandbox().approve_request(request.0).unwrap();
        }
        assert_eq!(wait.await.unwrap().status, Some(RequestStatus::Approved), "{mode:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_expires_is_streamed_with_what_to_do_about_it() {
    let (judge, short) = issued(Sandbox::builder(), 1).await;
    let long = order(&judge, 3).await;
    let cc = judge.client();
    assert_eq!(cc.orders().expiring(30).stream().try_collect::<Vec<_>>().await.unwrap(), []);
    tokio::time::advance(180 * DAY).await;
    let expiring: Vec<_> = cc.orders().expiring(30).stream().try_collect().await.unwrap();
    let mut ids: Vec<_> = expiring.iter().map(|expiring| expiring.order.id).collect();
    ids.sort();
    assert_eq!(ids, [short.order.id, long.order.id]);
    for expiring in &expiring {
        let RenewalAction::Reissue { plan_days_left, .. } = expiring.action else { panic!("{expiring:?}") };
        let expected = if expiring.order.id == short.order.id { 370 - 199 } else { 1100 - 199 };
        assert_eq!(plan_days_left, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn domains_are_validated_again_before_they_lapse() {
    let judge = Judge::new(Sandbox::new());
    for name in ["example.com", "example.net"] {
        validate(&judge, name).await;
    }
    tokio::time::advance(100 * DAY).await;
    validate(&judge, "example.org").await;
    tokio::time::advance(90 * DAY).await;

    let published = Arc::new(Mutex::new(Vec::new()));
    let (sandbox, seen) = (judge.sandbox().clone(), Arc::clone(&published));
    let cc = judge.client();
    let stream = cc.domains().revalidate(14).publish_with(move |instructions| {
        seen.lock().unwrap().push(instructions.to_string());
        let broken = instructions.to_string().contains("example.net");
        publish(&sandbox, &instructions);
        async move { if broken { Err("no access to example.net") } else { Ok(()) } }
    });
    let mut results: Vec<_> = stream.timeout_per_domain(HOUR).stream().try_collect().await.unwrap();
    results.sort_by(|one, other| one.name.cmp(&other.name));
    let [com, net] = &results[..] else { panic!("{results:?}") };
    let valid_until = com.result.as_ref().unwrap().dcv_expiration_datetime.unwrap();
    assert!(valid_until > judge.sandbox().clock().now() + 190 * DAY, "{valid_until}");
    assert!(net.result.as_ref().unwrap_err().to_string().contains("no access to example.net"));
    assert_eq!(published.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn lists_come_as_streams() {
    let judge = Judge::new(Sandbox::new());
    validate(&judge, "example.com").await;
    for _ in 0..7 {
        order(&judge, 1).await;
    }
    let cc = judge.client();
    let all: Vec<_> = cc.orders().list().page_size(3).stream().try_collect().await.unwrap();
    assert_eq!(all.len(), 7);
    let mut pages = cc.orders().list().page_size(3).pages();
    let first = pages.next().await.unwrap().unwrap();
    let rest: Vec<_> = cc.orders().list().offset(first.next.unwrap()).stream().try_collect().await.unwrap();
    assert_eq!((first.items.len(), rest.len()), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_certificate_does_not_approve_a_colleagues_revocation() {
    let judge = Judge::new(Sandbox::new());
    validate(&judge, "example.com").await;
    let cc = judge.client();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let pending = order.plan(Plan::years(1)).start().await.unwrap();
    let revocation = cc.orders().revoke(pending.order_id()).start().await.unwrap();
    let request = revocation.request().unwrap().id;
    pending.wait(HOUR).await.unwrap();
    assert_eq!(cc.requests().get(request).send().await.unwrap().status, Some(RequestStatus::Pending));
}
