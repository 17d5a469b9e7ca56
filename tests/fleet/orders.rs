//! Thousands of orders: how soon it is seen that they are issued, and what that costs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt as _, future::join_all};
use shomei::{CertCentral, Polling, Sandbox, certcentral::OrderId};
use tokio::time::{Instant, sleep, sleep_until};

use crate::ground::{HOUR, Service, names, prepare, refusal, size, validated};

/// When each order was issued.
type Issued = Arc<Mutex<HashMap<u64, Instant>>>;

/// Has each order issued at some time within `longest` of being placed.
fn issued_within(longest: Duration, sandbox: &Sandbox) -> (Service, Issued) {
    let issued = Issued::default();
    let (held, times) = (sandbox.clone(), Arc::clone(&issued));
    let random = Mutex::new(fastrand::Rng::with_seed(7));
    let service = Service::meddling(
        sandbox.clone(),
        |_, _, _| {},
        move |kind, _, passing| {
            if kind == "POST /order/certificate/ssl_securesite_ov" || kind.starts_with("POST /order/certificate/ssl") {
                // A refusal has none.
                let Some(id) = passing.body.as_ref().and_then(|body| body["id"].as_u64()) else { return };
                held.hold_order(id).unwrap();
                let at = Instant::now() + longest.mul_f64(random.lock().unwrap().f64());
                times.lock().unwrap().insert(id, at);
                let sandbox = held.clone();
                tokio::spawn(async move {
                    sleep_until(at).await;
                    sandbox.release_order(id).unwrap();
                });
            }
        },
    );
    (service, issued)
}

/// The 99th percentile of the delays, in seconds.
fn percentile(mut delays: Vec<Duration>) -> f64 {
    delays.sort_unstable();
    delays[delays.len() * 99 / 100].as_secs_f64()
}

/// What an order costs beside being placed and downloaded.
fn calls_each(service: &Service, count: usize) -> f64 {
    let placed =
        service.calls().iter().filter(|(kind, _)| kind.starts_with("POST /order/certificate/ssl")).map(|(_, count)| count).sum::<usize>();
    assert_eq!(placed, count);
    let chains = service.count("GET /certificate/{id}/chain");
    assert_eq!(chains, count);
    (service.total() - placed - chains) as f64 / count as f64
}

async fn ground() -> (Service, Issued) {
    ground_within(2 * HOUR).await
}

async fn ground_within(longest: Duration) -> (Service, Issued) {
    let sandbox = Sandbox::builder().rate_limits(true).issue_delay(Duration::from_secs(1)).build();
    validated(&sandbox).await;
    // What another client has called still counts for the service.
    sleep(Duration::from_secs(180)).await;
    issued_within(longest, &sandbox)
}

#[tokio::test(start_paused = true)]
async fn a_fleet_sees_each_order_soon_and_for_few_calls() {
    let count = size(1000);
    let (service, issued) = ground().await;
    let cc = service.client();
    let mut fleet = cc.orders().issue_all(names(count), prepare(&cc)).timeout_per_item(6 * HOUR).start();
    let control = fleet.control();
    let mut delays = Vec::new();
    while let Some(item) = fleet.next().await {
        let order = item.unwrap().result.unwrap().order.id;
        delays.push(Instant::now() - issued.lock().unwrap()[&order.0]);
    }
    service.print(&format!("{count} orders of a fleet, issued at random within two hours"));
    let last = delays.iter().max().unwrap().as_secs_f64();
    let (p99, each) = (percentile(delays), calls_each(&service, count));
    println!("orders_p99_s {p99:.1}, orders_last_s {last:.1}, orders_calls_each {each:.2}; {}", control.progress());
    // Too few wait at the end for a list of changes to be worth it: they poll by themselves, a minute apart.
    assert!(last <= 120.0, "{last} s");
    assert!(p99 <= 60.0 && each <= 2.2, "{p99} s, {each} calls");
}

#[tokio::test(start_paused = true)]
async fn orders_that_are_issued_while_others_are_placed_are_seen_soon() {
    // More than the longest window has slots: placed in a burst, they would leave none to those that are issued meanwhile.
    let (service, issued) = ground_within(HOUR / 2).await;
    let cc = service.client();
    let mut fleet = cc.orders().issue_all(names(1200), prepare(&cc)).timeout_per_item(6 * HOUR).start();
    let mut delays = Vec::new();
    while let Some(item) = fleet.next().await {
        let order = item.unwrap().result.unwrap().order.id;
        delays.push(Instant::now() - issued.lock().unwrap()[&order.0]);
    }
    let p99 = percentile(delays);
    assert!(p99 <= 60.0, "{p99} s");
}

async fn wait_for_all(cc: &CertCentral, issued: &Issued, count: usize, place: bool) -> Vec<Duration> {
    let waits = names(count).map(|name| {
        let (cc, issued) = (cc.clone(), Arc::clone(issued));
        async move {
            let token = prepare(&cc)(name).await.unwrap();
            let pending = cc.orders().resume_issuance(token).save_with(|_| async { Ok::<_, std::io::Error>(()) }).start().await.unwrap();
            let _ = place;
            let order = pending.wait(6 * HOUR).await.unwrap().order.id;
            Instant::now().duration_since(issued.lock().unwrap()[&order.0])
        }
    });
    join_all(waits).await
}

#[tokio::test(start_paused = true)]
async fn single_waits_of_one_client_share_their_sweeps() {
    let count = size(1000).min(3000);
    let (service, issued) = ground().await;
    let cc = service.client();
    // Beside each other, as many programs do it.
    let orders = names(count).map(|name| {
        let cc = cc.clone();
        async move {
            let order = cc.orders().issue(shomei::certcentral::Product::SECURE_SITE_OV, crate::ground::csr()).common_name(name);
            let order = order.organization(crate::ground::ORGANIZATION).plan(shomei::certcentral::Plan::years(1));
            order.start().await.unwrap()
        }
    });
    let pending = join_all(orders).await;
    let waits = pending.into_iter().map(|pending| {
        let issued = Arc::clone(&issued);
        async move {
            let order = pending.wait(6 * HOUR).await.unwrap().order.id;
            let begun = issued.lock().unwrap()[&order.0];
            (begun, Instant::now())
        }
    });
    let waiting_since = Instant::now();
    let seen = join_all(waits).await;
    let delays = seen.into_iter().map(|(issued, seen)| seen - issued.max(waiting_since)).collect();
    service.print(&format!("{count} single waits, issued at random within two hours"));
    let (p99, each) = (percentile(delays), calls_each(&service, count));
    println!("single waits: p99 {p99:.1} s, {each:.2} calls each");
    assert!(each <= 2.2, "{each} calls");
    // Those that were issued while others were still being placed come first, all at once.
    assert!(p99 <= 180.0, "{p99} s");
}

#[tokio::test(start_paused = true)]
async fn few_waits_share_nothing() {
    let (service, issued) = ground().await;
    let cc = service.client();
    wait_for_all(&cc, &issued, 5, true).await;
    assert_eq!(service.count("GET /order/certificate/status-changes"), 0);
}

#[tokio::test(start_paused = true)]
async fn where_the_sweep_is_refused_each_polls_by_itself_and_less_often_the_more_there_are() {
    let count = 200;
    let sandbox = Sandbox::builder().rate_limits(true).issue_delay(Duration::from_secs(3000)).build();
    validated(&sandbox).await;
    let refuse = |kind: &str, _: usize, passing: &mut crate::ground::Passing| {
        if kind.ends_with("/status-changes") {
            passing.instead = Some(refusal(403, "access_denied|not_permitted"));
        }
    };
    let service = Service::meddling(sandbox, refuse, |_, _, _| {});
    let cc = service.client();
    let fleet = cc.orders().issue_all(names(count), prepare(&cc)).timeout_per_item(6 * HOUR).start();
    let begun = Instant::now();
    let done = fleet.filter(|item| std::future::ready(item.as_ref().unwrap().result.is_ok())).count().await;
    assert_eq!(done, count);
    service.print("200 orders, with no list of changes");
    // Every 100 s each, about: 30 polls.
    let polls = service.count("GET /order/certificate/{id}") as f64 / count as f64;
    assert!((10.0..=60.0).contains(&polls), "{polls}");
    assert!(service.count("GET /order/certificate/status-changes") <= 6);
    assert!(begun.elapsed() <= Duration::from_secs(3400), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn sweeps_that_fail_or_forget_delay_nothing_beyond_what_each_finds_by_itself() {
    let count = 60;
    let sandbox = Sandbox::builder().issue_delay(Duration::from_secs(1000)).build();
    validated(&sandbox).await;
    // Every second one fails, and those that come name nobody.
    let before = |kind: &str, number: usize, passing: &mut crate::ground::Passing| {
        if kind.ends_with("/status-changes") && number.is_multiple_of(2) {
            passing.instead = Some(refusal(503, "unavailable"));
        }
    };
    let after = |kind: &str, _: usize, passing: &mut crate::ground::Passing| {
        if kind.ends_with("/status-changes") {
            passing.body = Some(serde_json::json!({}));
        }
    };
    let service = Service::meddling(sandbox, before, after);
    let cc = service.client();
    let begun = Instant::now();
    let fleet = cc.orders().issue_all(names(count), prepare(&cc)).timeout_per_item(6 * HOUR).start();
    let done = fleet.filter(|item| std::future::ready(item.as_ref().unwrap().result.is_ok())).count().await;
    assert_eq!(done, count);
    // Each polls by itself about once an hour, half an hour more at most.
    assert!(begun.elapsed() <= Duration::from_secs(2 * 5400 + 60), "{:?}", begun.elapsed());

    // With a deadline before that, the last poll finds it.
    let begun = Instant::now();
    let fleet = cc.orders().issue_all((0..count).map(|number| format!("e{number}.example.com")), prepare(&cc));
    let fleet = fleet.timeout_per_item(Duration::from_secs(1200)).polling(Polling::default()).start();
    let late: Vec<_> = fleet.filter_map(|item| std::future::ready(item.unwrap().result.err())).collect().await;
    assert!(late.is_empty(), "within {:?}: {late:#?}", begun.elapsed());
    let _ = OrderId(0);
}
