//! What the plans have found, each by itself.

use std::time::Duration;

use shomei::{
    CertificateChain, Error, RetryPolicy, Sandbox,
    certcentral::{Plan, Product},
    sandbox::{ApprovalMode, CallMatcher, Fault, FaultPlan},
};

use crate::ground::{self, HALF_AN_HOUR, ORGANIZATION, csr};

/// The first call of a client is an order whose answer is lost: it has not heard the service's time yet, and its own is another.
#[tokio::test(start_paused = true)]
async fn what_was_lost_is_found_by_a_client_whose_clock_is_wrong() {
    for start in ["2020-01-01T00:00:00Z", "2043-01-01T00:00:00Z"] {
        let sandbox = Sandbox::builder().api_key(ground::KEY).start_at(start.parse().unwrap()).build();
        ground::validate(&sandbox, "example.com").await;
        sandbox.set_faults(FaultPlan::new().on(CallMatcher::to("POST /order/certificate/{product_name_id}"), Fault::ResetAfter));
        let (_, cc) = ground::certcentral(&sandbox, RetryPolicy::default());
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr(0)).common_name("example.com").organization(ORGANIZATION);
        order.plan(Plan::years(1)).start().await.unwrap().wait(HALF_AN_HOUR).await.unwrap();
        assert_eq!(cc.orders().list().send().await.unwrap().orders.len(), 1);
    }
}

/// The answer to a write is lost, and whatever is looked at afterwards is spoiled each time: that tells nothing, least of all that the
/// write was lost before it arrived.
#[tokio::test(start_paused = true)]
async fn a_look_that_tells_nothing_is_no_leave_to_repeat() {
    let looks = ["GET /order/alternate/{alternative_order_id}", "GET /order/certificate/{order_id}/reissue", "GET /domain"];
    let sandbox = ground::sandbox(Sandbox::builder().approval(ApprovalMode::Skip));
    ground::validate(&sandbox, "example.com").await;
    let first = ground::issued(&sandbox, csr(0)).await.order.id;
    let (watch, cc) = ground::certcentral(&sandbox, RetryPolicy::default());
    for (number, fault) in Fault::of_each_class().into_iter().enumerate() {
        let lost = ["POST /order/certificate/{product_name_id}", "POST /order/certificate/{order_id}/reissue", "POST /domain"];
        let plan = FaultPlan::seeded(number as u64).rate(0.0);
        let plan = lost.iter().fold(plan, |plan, write| plan.on(CallMatcher::to(write).nth(1), Fault::ResetAfter));
        // The first lists of reissues and of domains are those before the writes.
        let plan = looks[1..].iter().fold(plan, |plan, look| plan.on(CallMatcher::to(look).nth(1), Fault::SlowBody(Duration::ZERO)));
        sandbox.set_faults(looks.iter().fold(plan, |plan, look| plan.on(CallMatcher::to(look), fault.clone())));
        let sent = watch.count(|call| call.starts_with("POST"));

        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr(1)).common_name("shop.example.com").organization(ORGANIZATION);
        let _ = order.plan(Plan::years(1)).start().await;
        let _ = cc.orders().reissue(first, csr(2)).another(true).start().await;
        let _ = cc.domains().validate(format!("n{number}.example.net")).organization(ORGANIZATION).start().await;
        assert_eq!(watch.count(|call| call.starts_with("POST")) - sent, 3, "{fault:?}");
    }
}

/// What is found lacks the member by which it would be known again: whoever takes that for absence does everything twice.
#[tokio::test(start_paused = true)]
async fn what_lacks_its_date_or_key_is_not_absent() {
    let looks =
        ["GET /order/certificate/{order_id}", "GET /order/certificate/{order_id}/reissue", "GET /order/certificate/{order_id}/duplicate"];
    for seed in 0..60 {
        let sandbox = ground::sandbox(Sandbox::builder().approval(ApprovalMode::Skip));
        ground::validate(&sandbox, "example.com").await;
        let first = ground::issued(&sandbox, csr(0)).await.order.id;
        let (watch, cc) = ground::certcentral(&sandbox, RetryPolicy::default());
        let lost = ["POST /order/certificate/{product_name_id}", "POST /order/certificate/{order_id}/reissue"];
        let lost = lost.into_iter().chain(["POST /order/certificate/{order_id}/duplicate"]);
        let plan = lost.fold(FaultPlan::seeded(seed).rate(0.0), |plan, write| plan.on(CallMatcher::to(write).nth(1), Fault::ResetAfter));
        // The order itself is spoiled last: a reissue begins with a look at it, and at what is listed before.
        let plan = looks[1..].iter().fold(plan, |plan, look| plan.on(CallMatcher::to(look).nth(1), Fault::SlowBody(Duration::ZERO)));
        let plan = looks[1..].iter().fold(plan, |plan, look| plan.on(CallMatcher::to(look), Fault::Nulls));
        sandbox.set_faults(plan.clone());
        let _ = cc.orders().reissue(first, csr(1)).start().await;
        let _ = cc.orders().duplicate(first, csr(2)).start().await;
        assert_eq!(watch.count(|call| call.starts_with("POST")), 2, "seed {seed}");
        sandbox.set_faults(plan.on(CallMatcher::to(looks[0]), Fault::Nulls));
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr(3)).common_name("shop.example.com").organization(ORGANIZATION);
        let _ = order.plan(Plan::years(1)).start().await;
        assert_eq!(watch.count(|call| call.starts_with("POST")), 3, "seed {seed}");
    }
}

/// A request was approved by a colleague, but the look before said something else, or something that nobody has heard of.
#[tokio::test(start_paused = true)]
async fn a_request_that_others_approved_is_approved() {
    let mut disturbed = 0;
    for seed in 0..8 {
        let sandbox = ground::sandbox(Sandbox::builder().approval(ApprovalMode::OneStep));
        ground::validate(&sandbox, "example.com").await;
        let order = ground::issued(&sandbox, csr(0)).await.order.id;
        let (_, cc) = ground::certcentral(&sandbox, RetryPolicy::default());
        let pending = cc.orders().revoke(order).start().await.unwrap();
        sandbox.approve_request(pending.request().unwrap().id.0).unwrap();
        let look = CallMatcher::to("GET /request/{request_id}").first(1);
        sandbox.set_faults(FaultPlan::seeded(seed).rate(0.0).on(look, Fault::UnknownValues));
        let approved = pending.wait(HALF_AN_HOUR).await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(approved.unwrap().status, Some(shomei::certcentral::RequestStatus::Approved));
        disturbed += sandbox.faults_met().len();
    }
    assert_eq!(disturbed, 8);
}

/// A file that ends too early is no shorter chain.
#[tokio::test(start_paused = true)]
async fn half_a_certificate_is_noticed() -> Result<(), Error> {
    let sandbox = ground::sandbox(Sandbox::builder().issue_delay(Duration::ZERO));
    ground::validate(&sandbox, "example.com").await;
    let pem = ground::issued(&sandbox, csr(0)).await.chain.to_pem();
    let ends: Vec<_> = pem.match_indices("-----END CERTIFICATE-----").map(|(at, end)| at + end.len()).collect();
    let begins: Vec<_> = pem.match_indices("-----BEGIN CERTIFICATE-----").map(|(at, begin)| at + begin.len()).collect();
    assert_eq!(ends.len(), 3);
    for cut in begins.iter().zip(&ends).flat_map(|(begin, end)| (*begin..*end).step_by(7)) {
        let chain = CertificateChain::from_pem(&pem[..cut]);
        assert!(chain.is_err_and(|error| error.is_mismatch()), "cut at {cut}");
    }
    assert_eq!(CertificateChain::from_pem(&pem)?.certificates().len(), 3);
    Ok(())
}
