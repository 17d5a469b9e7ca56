//! Watching orders: no change is lost, none comes twice, however the sweeps go wrong.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use shomei::{
    Sandbox,
    certcentral::{OrderId, OrderStatus, flow::OrderChange},
};
use tokio::time::{Instant, sleep, timeout};

use crate::ground::{HOUR, Passing, Service, names, prepare, refusal, validated};

/// Orders that wait, until a test releases them.
async fn held(sandbox: &Sandbox, count: usize) -> Vec<OrderId> {
    validated(sandbox).await;
    let cc = sandbox.certcentral().unwrap();
    let mut orders = Vec::new();
    for name in names(count) {
        let token = prepare(&cc)(name).await.unwrap();
        let pending = cc.orders().resume_issuance(token).save_with(|_| async { Ok::<_, std::io::Error>(()) }).start().await.unwrap();
        sandbox.hold_order(pending.order_id().0).unwrap();
        orders.push(pending.order_id());
    }
    orders
}

fn sandbox() -> Sandbox {
    Sandbox::builder().issue_delay(Duration::from_secs(1)).build()
}

/// Watches for so long; gives what came, by order, and when.
async fn watch(service: &Service, orders: &[OrderId], long: Duration) -> BTreeMap<OrderId, Vec<(OrderChange, Instant)>> {
    let mut seen: BTreeMap<OrderId, Vec<_>> = BTreeMap::new();
    let mut changes = service.client().orders().watch(orders.iter().copied());
    let _ = timeout(long, async {
        while let Some(change) = changes.next().await {
            let change = change.unwrap();
            seen.entry(change.order).or_default().push((change, Instant::now()));
        }
    })
    .await;
    seen
}

/// Each order came first as it was held, and then once as issued.
fn complete(seen: &BTreeMap<OrderId, Vec<(OrderChange, Instant)>>, orders: &[OrderId]) {
    assert_eq!(seen.len(), orders.len());
    for (order, changes) in seen {
        let states: Vec<_> = changes.iter().map(|(change, _)| (change.previous.clone(), change.status.clone())).collect();
        let pending = Some(OrderStatus::Processing);
        assert_eq!(states, [(None, pending.clone()), (pending, Some(OrderStatus::Issued))], "order {order}");
    }
}

/// Releases the orders one by one, a minute apart.
fn release(sandbox: &Sandbox, orders: &[OrderId]) -> Arc<Mutex<BTreeMap<OrderId, Instant>>> {
    let times = Arc::new(Mutex::new(BTreeMap::new()));
    let (sandbox, orders, told) = (sandbox.clone(), orders.to_vec(), Arc::clone(&times));
    tokio::spawn(async move {
        for order in orders {
            sleep(Duration::from_secs(60)).await;
            sandbox.release_order(order.0).unwrap();
            told.lock().unwrap().insert(order, Instant::now());
        }
    });
    times
}

async fn case(
    count: usize,
    before: impl Fn(&str, usize, &mut Passing) + Send + Sync + 'static,
    after: impl Fn(&str, usize, &mut Passing) + Send + Sync + 'static,
) -> (Service, Duration) {
    let sandbox = sandbox();
    let orders = held(&sandbox, count).await;
    let service = Service::meddling(sandbox.clone(), before, after);
    let released = release(&sandbox, &orders);
    let seen = watch(&service, &orders, 4 * HOUR).await;
    complete(&seen, &orders);
    let released = released.lock().unwrap();
    let slowest = seen.iter().map(|(order, changes)| changes[1].1.duration_since(released[order])).max().unwrap();
    (service, slowest)
}

fn is_sweep(kind: &str) -> bool {
    kind.ends_with("/status-changes")
}

#[tokio::test(start_paused = true)]
async fn every_change_comes_once_and_soon() {
    let (service, slowest) = case(40, |_, _, _| {}, |_, _, _| {}).await;
    service.print("40 orders watched for four hours");
    assert!(slowest <= Duration::from_secs(20), "{slowest:?}");
    // The first read and one about every hour, from the list.
    assert_eq!(service.count("GET /order/certificate/{id}"), 0);
    assert!(service.count("GET /order/certificate") <= 10);
}

#[tokio::test(start_paused = true)]
async fn sweeps_that_fail_are_made_good_by_the_next() {
    let fail = |kind: &str, number: usize, passing: &mut Passing| {
        if is_sweep(kind) && !number.is_multiple_of(7) {
            passing.instead = Some(refusal(503, "unavailable"));
        }
    };
    let (_, slowest) = case(40, fail, |_, _, _| {}).await;
    assert!(slowest <= Duration::from_secs(600), "{slowest:?}");
}

#[tokio::test(start_paused = true)]
async fn sweeps_that_lag_tell_nothing_twice() {
    // Each sweep shows what the one ten sweeps before should have.
    let shown: Mutex<Vec<Value>> = Mutex::default();
    let lag = move |kind: &str, _: usize, passing: &mut Passing| {
        if is_sweep(kind) {
            let mut shown = shown.lock().unwrap();
            shown.push(passing.body.take().unwrap());
            let number = shown.len().saturating_sub(11);
            passing.body = Some(if shown.len() > 10 { shown[number].clone() } else { json!({}) });
        }
    };
    let (_, slowest) = case(40, |_, _, _| {}, lag).await;
    assert!(slowest <= Duration::from_secs(400), "{slowest:?}");
}

#[tokio::test(start_paused = true)]
async fn what_no_sweep_names_comes_with_the_hourly_read() {
    let forget = |kind: &str, _: usize, passing: &mut Passing| {
        if is_sweep(kind) {
            passing.body = Some(json!({}));
        }
    };
    let (_, slowest) = case(40, |_, _, _| {}, forget).await;
    assert!(slowest <= Duration::from_secs(5400), "{slowest:?}");
}

#[tokio::test(start_paused = true)]
async fn where_there_are_no_sweeps_the_list_is_read_at_growing_distances() {
    let refuse = |kind: &str, _: usize, passing: &mut Passing| {
        if is_sweep(kind) {
            passing.instead = Some(refusal(403, "access_denied|not_permitted"));
        }
    };
    let (service, slowest) = case(40, refuse, |_, _, _| {}).await;
    service.print("40 orders watched without sweeps");
    assert!(slowest <= Duration::from_secs(5400), "{slowest:?}");
    assert!(service.total() <= 200, "{}", service.total());
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_for_weeks_reads_all_anew() {
    let sandbox = sandbox();
    let orders = held(&sandbox, 20).await;
    let cc = sandbox.certcentral().unwrap();
    let mut changes = cc.orders().watch(orders.iter().copied());
    for _ in 0..20 {
        changes.next().await.unwrap().unwrap();
    }
    assert!(timeout(Duration::from_secs(60), changes.next()).await.is_err(), "nothing has changed");
    // The clocks that tell it, and no other.
    for order in &orders {
        sandbox.release_order(order.0).unwrap();
    }
    cc.orders().get(orders[0]).send().await.unwrap();
    sandbox.clock().advance(20 * 24 * HOUR);
    for _ in 0..20 {
        let change = timeout(HOUR, changes.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(change.status, Some(OrderStatus::Issued));
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_not_there_is_named_and_the_others_are_watched() {
    let sandbox = sandbox();
    let mut orders = held(&sandbox, 2).await;
    orders.push(OrderId(4711));
    let changes = sandbox.certcentral().unwrap().orders().watch(orders.iter().copied());
    let first: Vec<_> = changes.take(3).collect().await;
    let errors: Vec<_> = first.iter().filter_map(|change| change.as_ref().err()).collect();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].is_not_found() && errors[0].to_string().contains("4711"), "{}", errors[0]);
}
