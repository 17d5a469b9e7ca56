//! From an order to the certificate it asked for, against the sandbox, in virtual time.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture};
use shomei::{
    ApiKey, CertCentral, CertificateChain, Progress, ResponseBody, Sandbox, Transport, TransportError, TransportRequest,
    certcentral::{
        DcvMethod, OrderStatus, OrganizationId, Plan, Product, Validity,
        flow::{Blocker, DcvInstructions, PendingIssuance},
    },
    sandbox::{ApprovalMode, SandboxBuilder},
};

use crate::judge::{Judge, csr};

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);

/// A sandbox in which `example.com` is validated.
async fn judge(builder: SandboxBuilder) -> Judge {
    let judge = Judge::new(builder.build());
    let pending = judge.client().domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
    let DcvInstructions::Txt { name, value, .. } = pending.instructions() else { panic!() };
    judge.sandbox().dns().publish_txt(name, value);
    pending.wait(HOUR).await.unwrap();
    judge
}

async fn order(judge: &Judge) -> PendingIssuance {
    judge
        .client()
        .orders()
        .issue(Product::SECURE_SITE_OV, csr())
        .common_name("example.com")
        .dns_names(["www.example.com", "*.example.com"])
        .organization(ORGANIZATION)
        .plan(Plan::years(1))
        .start()
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_order_for_a_validated_domain_ends_with_its_certificate() {
    let judge = judge(Sandbox::builder()).await;
    let pending = order(&judge).await;
    assert!(pending.response().unwrap().certificate_id.is_some(), "it was issued at once");
    let issued = pending.wait(HOUR).await.unwrap();
    let leaf = issued.chain.leaf();
    assert_eq!(leaf.subject_alt_names(), ["example.com", "www.example.com", "*.example.com"]);
    assert_eq!((leaf.not_after() - leaf.not_before()).num_days(), 199);
    assert_eq!(issued.order.certificate.as_ref().unwrap().serial_number.as_deref(), Some(leaf.serial_number()));
    assert_eq!(issued.chain.intermediates().len(), 1);
    assert!(issued.chain.root().is_some());
    assert_eq!(issued.chain.to_pem().matches("BEGIN CERTIFICATE").count(), 3);
    // A server is not to send the root.
    let served = CertificateChain::from_pem(&issued.fullchain_pem()).unwrap();
    assert_eq!(served.certificates(), &issued.chain.certificates()[..2]);
    assert_eq!((issued.fullchain_pem(), served.root()), (issued.chain.fullchain_pem(), None));
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_waited_for() {
    let judge = judge(Sandbox::builder().issue_delay(20 * Duration::from_secs(60))).await;
    let started = tokio::time::Instant::now();
    let issued = order(&judge).await.wait(HOUR).await.unwrap();
    assert_eq!(issued.order.status, Some(OrderStatus::Issued));
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(1200) && waited <= Duration::from_secs(1320), "{waited:?} of virtual time");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_approve_approves() {
    let judge = judge(Sandbox::builder().approval(ApprovalMode::OneStep)).await;
    order(&judge).await.wait(HOUR).await.unwrap();
    assert_eq!(judge.count("/status"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_not_approve_tells_what_is_waited_for() {
    let judge = judge(Sandbox::builder().approval(ApprovalMode::OneStep).key_may_approve(false)).await;
    let mut wait = order(&judge).await.wait(HOUR);
    let Progress::InProgress(state) = wait.next().await.unwrap().unwrap() else { panic!() };
    assert_eq!(state.order.status, Some(OrderStatus::NeedsApproval));
    let [Blocker::Approval(request)] = state.blockers[..] else { panic!("{:?}", state.blockers) };
    wait.next().await.unwrap().unwrap();
    assert_eq!(judge.count("/status"), 1, "it does not ask again and again");
    judge.sandbox().approve_request(request.0).unwrap();
    assert!(matches!(wait.next().await.unwrap().unwrap(), Progress::Completed(_)));
}

#[tokio::test(start_paused = true)]
async fn two_steps_want_two_people() {
    let judge = judge(Sandbox::builder().approval(ApprovalMode::TwoStep)).await;
    let mut wait = order(&judge).await.wait(HOUR);
    let mut request = None;
    for _ in 0..3 {
        let Progress::InProgress(state) = wait.next().await.unwrap().unwrap() else { panic!() };
        let [Blocker::Approval(id)] = state.blockers[..] else { panic!("{:?}", state.blockers) };
        request = Some(id);
    }
    judge.sandbox().approve_request(request.unwrap().0).unwrap();
    assert!(matches!(wait.next().await.unwrap().unwrap(), Progress::Completed(_)));
}

/// A colleague who approves every request just before the client does.
struct Quicker(Sandbox);

impl Transport for Quicker {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        if let Some(("request", id)) =
            request.path().strip_suffix("/status").and_then(|path| path.trim_start_matches("/services/v2/").split_once('/'))
        {
            self.0.approve_request(id.parse::<u64>().unwrap()).unwrap();
        }
        self.0.send(request)
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_approves_first_the_certificate_comes() {
    let judge = judge(Sandbox::builder().approval(ApprovalMode::OneStep)).await;
    let key = ApiKey::new(judge.sandbox().api_key()).unwrap();
    let cc = CertCentral::builder(key).transport(Quicker(judge.sandbox().clone())).build().unwrap();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let issued = order.plan(Plan::years(1)).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(issued.order.status, Some(OrderStatus::Issued));
}

#[tokio::test(start_paused = true)]
async fn told_not_to_approve_it_does_not() {
    let judge = judge(Sandbox::builder().approval(ApprovalMode::OneStep)).await;
    let pending = judge
        .client()
        .orders()
        .issue(Product::SECURE_SITE_OV, csr())
        .common_name("example.com")
        .organization(ORGANIZATION)
        .plan(Plan::years(1))
        .approve(false)
        .start()
        .await
        .unwrap();
    let error = pending.wait(HOUR).await.unwrap_err();
    assert!(error.is_wait_timeout());
    assert!(matches!(error.last_state().unwrap().blockers[..], [Blocker::Approval(_)]));
    assert_eq!(judge.count("/status"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_order_ends_the_wait_with_that_order_in_hand() {
    let judge = judge(Sandbox::builder().approval(ApprovalMode::OneStep).key_may_approve(false)).await;
    let pending = order(&judge).await;
    let id = pending.order_id();
    let mut wait = pending.wait(HOUR);
    wait.next().await.unwrap().unwrap();
    judge.sandbox().reject_order(id.0, "not this one").unwrap();
    let error = wait.await.unwrap_err();
    assert!(error.is_terminal());
    let order = &error.last_state().unwrap().order;
    assert_eq!((order.id, &order.status), (id, &Some(OrderStatus::Rejected)));
    assert_eq!(error.to_string(), format!("order {id} is rejected"));
}

#[tokio::test(start_paused = true)]
async fn an_order_for_an_unvalidated_domain_tells_what_it_waits_for() {
    let judge = judge(Sandbox::builder()).await;
    let pending = judge
        .client()
        .orders()
        .issue(Product::SECURE_SITE_OV, csr())
        .common_name("shop.example.net")
        .organization(ORGANIZATION)
        .plan(Plan::years(1))
        .dcv_method(DcvMethod::DnsTxtToken)
        .start()
        .await
        .unwrap();
    let placed = pending.response().unwrap().clone();
    let mut wait = pending.wait(HOUR);
    let Progress::InProgress(state) = wait.next().await.unwrap().unwrap() else { panic!() };
    let [Blocker::Domain { name, .. }] = &state.blockers[..] else { panic!("{:?}", state.blockers) };
    assert!(name.ends_with("example.net"), "{name}");

    let domain = &placed.domains[0];
    let token = domain.dcv_token.as_ref().unwrap().token.clone().unwrap();
    judge.sandbox().dns().publish_txt(domain.name.as_deref().unwrap(), &token);
    judge.client().domains().check_dcv(domain.id).send().await.unwrap();
    let issued = wait.await.unwrap();
    assert_eq!(issued.chain.leaf().subject_alt_names(), ["shop.example.net"]);
}

#[tokio::test(start_paused = true)]
async fn a_held_order_waits_for_the_final_check() {
    let judge = judge(Sandbox::builder().issue_delay(Duration::from_secs(60))).await;
    let pending = order(&judge).await;
    let id = pending.order_id().0;
    judge.sandbox().hold_order(id).unwrap();
    let token = serde_json::to_string(&pending.resume_token()).unwrap();
    let error = pending.wait(HOUR).await.unwrap_err();
    assert_eq!(error.last_state().unwrap().blockers, [Blocker::FinalCheck]);

    // Another process goes on, and still checks the certificate against the CSR and the names.
    judge.sandbox().release_order(id).unwrap();
    let pending = judge.client().orders().resume_issuance(serde_json::from_str(&token).unwrap()).start().await.unwrap();
    assert_eq!(pending.order_id().0, id);
    pending.wait(HOUR).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_changed_or_is_of_another_key_is_refused_before_anything_is_sent() {
    let judge = judge(Sandbox::builder()).await;
    let pending = order(&judge).await;
    let token = serde_json::to_value(pending.resume_token()).unwrap();
    let calls = judge.calls().len();
    let resume = |cc: &CertCentral, token: &serde_json::Value| {
        let resumed = serde_json::from_value(token.clone()).map(|token| cc.orders().resume_issuance(token).start().now_or_never());
        resumed.unwrap().expect("nothing is asked")
    };
    for (member, value) in [
        ("order", serde_json::json!(4711)),
        ("csr", csr().as_pem().into()),
        ("names", serde_json::json!(["example.com", "other.example.com"])),
        ("tls", false.into()),
        ("approve", false.into()),
        ("awaited", serde_json::json!({"reissue": {"previous": null}})),
        ("requests", serde_json::json!([4711])),
    ] {
        let mut changed = token.clone();
        assert_ne!(changed["content"]["placed"][member], value, "{member}");
        changed["content"]["placed"][member] = value;
        let error = resume(&judge.client(), &changed).unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("changed"), "{member}: {error}");
    }
    let stranger = CertCentral::new(ApiKey::new("ANOTHER-KEY").unwrap()).unwrap();
    assert!(resume(&stranger, &token).unwrap_err().is_invalid_input());
    assert_eq!(judge.calls().len(), calls);

    // Clones, and clients of the same key elsewhere, take it.
    resume(&judge.client(), &token).unwrap().wait(HOUR).await.unwrap();
    let elsewhere = judge.sandbox().certcentral().unwrap();
    resume(&elsewhere, &token).unwrap().wait(HOUR).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn validity_and_plan_reach_the_certificate() {
    let judge = judge(Sandbox::builder()).await;
    let today = judge.sandbox().clock().now().date_naive();
    for (validity, days) in [(Validity::days(60), 60), (Validity::until(today + chrono::Days::new(90)), 90), (Validity::years(1), 199)] {
        let issued = judge
            .client()
            .orders()
            .issue(Product::SECURE_SITE_OV, csr())
            .common_name("example.com")
            .organization(ORGANIZATION)
            .plan(Plan::years(2))
            .validity(validity)
            .start()
            .await
            .unwrap()
            .wait(HOUR)
            .await
            .unwrap();
        let leaf = issued.chain.leaf();
        assert_eq!((leaf.not_after().date_naive() - leaf.not_before().date_naive()).num_days(), days, "{validity:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_marks_the_order_it_renews() {
    let judge = judge(Sandbox::builder()).await;
    let first = order(&judge).await.wait(HOUR).await.unwrap().order.id;
    let renewal = judge
        .client()
        .orders()
        .issue(Product::SECURE_SITE_OV, csr())
        .common_name("example.com")
        .organization(ORGANIZATION)
        .plan(Plan::years(1))
        .renewal_of(first)
        .alternative_order_id("0123456789abcdef0123456789abcdef")
        .send()
        .await
        .unwrap();
    let orders = judge.client();
    assert_eq!(orders.orders().get(first).send().await.unwrap().is_renewed, Some(true));
    assert_eq!(orders.orders().get(renewal.id).send().await.unwrap().is_renewal, Some(true));
    let found = orders.orders().find_by_alternative_id("0123456789abcdef0123456789abcdef").send().await.unwrap();
    assert_eq!(found.iter().map(|entry| entry.order_id).collect::<Vec<_>>(), [renewal.id]);
}

#[tokio::test(start_paused = true)]
async fn the_serial_number_is_compared_as_a_number() {
    let judge = judge(Sandbox::builder()).await;
    let chain = order(&judge).await.wait(HOUR).await.unwrap().chain;
    let own = chain.leaf().serial_number().to_owned();
    for same in [own.clone(), own.to_lowercase(), format!("00{own}"), own.trim_start_matches('0').to_owned()] {
        chain.verify_serial_number(&same).unwrap();
    }
    assert!(chain.verify_serial_number("0123456789ABCDEF").unwrap_err().is_mismatch());
}
