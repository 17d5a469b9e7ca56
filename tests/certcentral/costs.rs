//! What each flow costs in calls, by situation: counted, and held against the table in the documentation of the flows.

use std::time::Duration;

use futures_util::StreamExt as _;
use shomei::{
    Polling, Sandbox,
    certcentral::{
        DcvMethod, OrganizationId, Plan, Product,
        flow::{DcvInstructions, PendingIssuance, PendingValidation},
    },
    sandbox::{ApprovalMode, SandboxBuilder},
};

use crate::judge::{Judge, csr};

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);
const DOCUMENTED: &str = include_str!("../../src/certcentral/flow.rs");

fn publish(judge: &Judge, instructions: &DcvInstructions) {
    match instructions {
        DcvInstructions::Txt { name, value, .. } => judge.sandbox().dns().publish_txt(name, value),
        DcvInstructions::Cname { name, target, .. } => judge.sandbox().dns().publish_cname(name, target),
        DcvInstructions::Email { addresses, .. } => judge.sandbox().approve_dcv_mail(&addresses[0]).unwrap(),
        DcvInstructions::AlreadyValidated { .. } => {}
        other => panic!("{other:?}"),
    }
}

async fn validate(judge: &Judge, method: DcvMethod) -> PendingValidation {
    judge.client().domains().validate("example.com").organization(ORGANIZATION).dcv_method(method).start().await.unwrap()
}

/// A domain that is validated from start to end.
async fn validated(judge: &Judge, method: DcvMethod) {
    let pending = validate(judge, method).await;
    publish(judge, pending.instructions());
    pending.wait(HOUR).await.unwrap();
}

async fn order(judge: &Judge, own_id: Option<&str>) -> PendingIssuance {
    let cc = judge.client();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    order.plan(Plan::years(1)).maybe_alternative_order_id(own_id).start().await.unwrap()
}

/// A sandbox in which `example.com` is validated; the calls until then do not count.
async fn ground(builder: SandboxBuilder) -> (Judge, usize) {
    let judge = Judge::new(builder.build());
    validated(&judge, DcvMethod::DnsTxtToken).await;
    let before = judge.calls().len();
    (judge, before)
}

struct Table(Vec<String>);

impl Table {
    fn row(&mut self, flow: &str, situation: &str, judge: &Judge, before: usize) {
        let calls = judge.calls().len() - before;
        println!("{flow}, {situation}: {:?}", &judge.calls()[before..]);
        self.0.push(format!("//! | `{flow}` | {situation} | {calls} |"));
    }
}

async fn domains(table: &mut Table) {
    let new = || Judge::new(Sandbox::new());
    let judge = new();
    validated(&judge, DcvMethod::DnsTxtToken).await;
    table.row("validate", "a new domain, found at the first poll", &judge, 0);

    let judge = new();
    let pending = validate(&judge, DcvMethod::DnsTxtToken).await;
    let instructions = pending.instructions().clone();
    let mut wait = pending.wait(HOUR);
    for _ in 0..2 {
        wait.next().await.unwrap().unwrap();
    }
    publish(&judge, &instructions);
    wait.await.unwrap();
    table.row("validate", "a new domain, found at the third poll", &judge, 0);

    let judge = new();
    validated(&judge, DcvMethod::Email).await;
    table.row("validate", "a new domain by e-mail, answered before the first poll", &judge, 0);

    let (judge, before) = ground(Sandbox::builder()).await;
    validated(&judge, DcvMethod::DnsTxtToken).await;
    table.row("validate", "a domain that is validated already", &judge, before);

    for (situation, method) in [
        ("a domain that waits for the same proof, found at the first poll", DcvMethod::DnsTxtToken),
        ("a domain that waits for another proof, found at the first poll", DcvMethod::DnsCnameToken),
    ] {
        let judge = new();
        let _ = validate(&judge, DcvMethod::DnsTxtToken).await;
        let before = judge.calls().len();
        validated(&judge, method).await;
        table.row("validate", situation, &judge, before);
    }

    let judge = new();
    let token = validate(&judge, DcvMethod::DnsTxtToken).await.resume_token();
    let before = judge.calls().len();
    let pending = judge.client().domains().resume_validation(token).start().await.unwrap();
    publish(&judge, pending.instructions());
    pending.wait(HOUR).await.unwrap();
    table.row("resume_validation", "found at the first poll", &judge, before);
}

async fn orders(table: &mut Table) {
    let (judge, before) = ground(Sandbox::builder()).await;
    order(&judge, None).await.wait(HOUR).await.unwrap();
    table.row("issue", "issued at once", &judge, before);

    let (judge, before) = ground(Sandbox::builder()).await;
    order(&judge, Some("shop-7")).await.wait(HOUR).await.unwrap();
    table.row("issue", "issued at once, with an `alternative_order_id` of your own", &judge, before);

    let third = || Sandbox::builder().issue_delay(Duration::from_secs(15));
    let (judge, before) = ground(third()).await;
    order(&judge, None).await.polling(Polling::fixed(Duration::from_secs(10))).wait(HOUR).await.unwrap();
    table.row("issue", "issued at the third poll", &judge, before);

    let (judge, before) = ground(third()).await;
    let mut wait = order(&judge, None).await.polling(Polling::fixed(Duration::from_secs(10))).wait(HOUR);
    while let Some(step) = wait.next().await {
        step.unwrap();
    }
    table.row("issue", "the same, watched", &judge, before);

    let (judge, before) = ground(Sandbox::builder().issue_delay(24 * HOUR)).await;
    let ended = order(&judge, None).await.polling(Polling::fixed(Duration::from_secs(10))).wait(Duration::from_secs(35)).await.unwrap_err();
    assert!(ended.is_wait_timeout() && !ended.last_state().unwrap().blockers.is_empty(), "it says what was missing: {ended}");
    table.row("issue", "not issued within four polls and the last one", &judge, before);

    let (judge, before) = ground(Sandbox::builder().approval(ApprovalMode::OneStep)).await;
    order(&judge, None).await.wait(HOUR).await.unwrap();
    table.row("issue", "approved by the wait, then issued at once", &judge, before);

    let (judge, _) = ground(third()).await;
    let token = order(&judge, None).await.resume_token();
    let before = judge.calls().len();
    let pending = judge.client().orders().resume_issuance(token).start().await.unwrap();
    pending.polling(Polling::fixed(Duration::from_secs(10))).wait(HOUR).await.unwrap();
    table.row("resume_issuance", "placed before, issued at the third poll", &judge, before);

    let further = || async {
        let (judge, _) = ground(Sandbox::builder()).await;
        let id = order(&judge, None).await.wait(HOUR).await.unwrap().order.id;
        let before = judge.calls().len();
        (judge, id, before)
    };
    let (judge, id, before) = further().await;
    judge.client().orders().renew(id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    table.row("renew", "issued at once", &judge, before);

    let (judge, id, before) = further().await;
    judge.client().orders().reissue(id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    table.row("reissue", "issued at once", &judge, before);

    let (judge, id, before) = further().await;
    judge.client().orders().duplicate(id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    table.row("duplicate", "issued at once", &judge, before);

    let (judge, id, before) = further().await;
    let csr = csr();
    judge.client().orders().reissue(id, csr.clone()).send().await.unwrap();
    let placed = judge.calls().len();
    judge.client().orders().adopt(id, csr).start().await.unwrap().wait(HOUR).await.unwrap();
    assert!(placed > before);
    table.row("adopt", "the order's present certificate, issued", &judge, placed);

    let (judge, id, _) = further().await;
    let before = judge.calls().len();
    let revocation = judge.client().orders().revoke(id).comment("gone").start().await.unwrap();
    revocation.wait(HOUR).await.unwrap();
    table.row("revoke", "of an order, approved by the wait", &judge, before);
}

async fn fleets(table: &mut Table) {
    const MANY: usize = 200;
    let judge = Judge::new(Sandbox::new());
    let sandbox = judge.sandbox().clone();
    let hook = move |instructions| {
        if let DcvInstructions::Txt { name, value, .. } = &instructions {
            sandbox.dns().publish_txt(name, value);
        }
        std::future::ready(Ok::<_, std::io::Error>(()))
    };
    let names = (0..MANY).map(|number| format!("d{number}.example.com"));
    let fleet = judge.client().domains().validate_all(names).organization(ORGANIZATION).publish_with(hook).timeout_per_item(HOUR).start();
    let done = fleet.map(|item| item.unwrap().result.unwrap()).count().await;
    assert_eq!(done, MANY);
    let lists = judge.count("GET /domain");
    table.row("validate_all", "200 new domains, found at the first poll", &judge, 0);
    assert_eq!(judge.calls().len(), 2 * MANY + lists);

    let (judge, before) = ground(Sandbox::builder().issue_delay(Duration::from_secs(600))).await;
    let client = judge.client();
    let prepare = move |name: String| {
        let order = client.orders().issue(Product::SECURE_SITE_OV, csr()).common_name(&name).organization(ORGANIZATION);
        std::future::ready(order.plan(Plan::years(1)).prepare())
    };
    let names = (0..MANY).map(|number| format!("d{number}.example.com"));
    let fleet = judge.client().orders().issue_all(names, prepare).timeout_per_item(HOUR).start();
    assert_eq!(fleet.map(|item| item.unwrap().result.unwrap()).count().await, MANY);
    assert_eq!(judge.count("/validation"), 0);
    let sweeps = judge.count("/status-changes");
    // Fewer than ten wait at the beginning and at the end; those poll by themselves.
    let by_themselves = judge.calls().len() - before - sweeps - 3 * MANY;
    assert!(by_themselves <= 2 * 9, "placed, polled once, downloaded, and {by_themselves} more");
}

#[tokio::test(start_paused = true)]
async fn what_each_flow_costs_is_what_the_documentation_says() {
    let mut table = Table(Vec::new());
    Box::pin(domains(&mut table)).await;
    Box::pin(orders(&mut table)).await;
    Box::pin(fleets(&mut table)).await;
    let counted = table.0.join("\n");
    let documented: Vec<_> = DOCUMENTED.lines().filter(|line| line.starts_with("//! | `")).collect();
    assert_eq!(documented.join("\n"), counted, "counted:\n{counted}");
}
