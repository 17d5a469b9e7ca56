//! The jobs, each in a process of its own, so that nothing of the other side is counted.

use std::{
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use shomei::{ApiKey, CertCentral, RateLimit, certcentral::OrderId, certcentral::types};
use tokio::time::sleep;

use crate::{
    by_hand::{ByHand, List},
    service,
};

/// So many orders of a page are worked on at a time, which takes as long as a page takes to come: 20 ms a page.
const WORKED_ON: usize = 100;
const WORK: Duration = Duration::from_millis(2);

/// Does a job so many times, and prints what it took where that is asked for.
pub(crate) fn run(job: &str, base: &str, count: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(Box::pin(async {
        match job {
            "call-ours" => calls(&ours(base), count, 1).await,
            "call-by-hand" => calls_by_hand(&ByHand::new(base), count, 1).await,
            "wall-ours" => timed(calls(&ours(base), count, 32)).await,
            "wall-by-hand" => timed(calls_by_hand(&ByHand::new(base), count, 32)).await,
            "decode-ours" => decode::<types::OrderList>(count),
            "decode-plain" => decode::<List>(count),
            "decode-value" => decode::<serde_json::Value>(count),
            "memory-ours" => memory(&ours(base), count).await,
            "stream-ours" => timed(work_on(&ours(base), count)).await,
            "loop-by-hand" => timed(work_on_by_hand(&ByHand::new(base), count)).await,
            _ => panic!("there is no job {job}"),
        }
    }));
}

fn ours(base: &str) -> CertCentral {
    let key = ApiKey::new("KEY").expect("a key");
    // The service has none: only what the crate costs is measured.
    let unlimited = [RateLimit::new(u32::MAX, Duration::from_secs(1))];
    let http = reqwest::Client::builder().tls_certs_only([]);
    CertCentral::builder(key).base_url(base).rate_limits(unlimited).http_client(http).build().expect("a client")
}

async fn timed(work: impl Future<Output = ()>) {
    let begun = Instant::now();
    work.await;
    println!("{}", begun.elapsed().as_secs_f64());
}

async fn calls(cc: &CertCentral, count: u64, at_a_time: usize) {
    let calls =
        stream::iter(0..count).map(|_| async { black_box(cc.orders().get(OrderId(115_429_178)).send().await.expect("an order")).id });
    calls.buffer_unordered(at_a_time).for_each(|_| async {}).await;
}

async fn calls_by_hand(client: &ByHand, count: u64, at_a_time: usize) {
    let calls = stream::iter(0..count).map(|_| async { black_box(client.order().await).id });
    calls.buffer_unordered(at_a_time).for_each(|_| async {}).await;
}

fn decode<T: serde::de::DeserializeOwned>(count: u64) {
    let page = service::page(0, 1000);
    for _ in 0..count {
        black_box(serde_json::from_str::<T>(black_box(&page)).expect("a page"));
    }
}

/// Streams all orders, and prints how much more memory it took at most than before, in MiB.
async fn memory(cc: &CertCentral, count: u64) {
    // What the first call brings along is not the stream's.
    cc.orders().list().page_size(1).send().await.expect("a page");
    let idle = kib("VmRSS");
    let read = cc.orders().list().page_size(1000).stream().try_fold(0, async |read, _| Ok(read + 1)).await;
    assert_eq!(read.expect("all orders"), count);
    println!("{}", (kib("VmHWM") - idle) / 1024.0);
}

/// A figure of this process; nothing where the system does not tell.
fn kib(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN)
}

/// Works on the orders of so many pages.
async fn work_on(cc: &CertCentral, pages: u64) {
    let orders = cc.orders().list().page_size(1000).stream().take(pages as usize * 1000);
    let mut worked_on = 0;
    orders
        .for_each(|order| {
            black_box(order.expect("an order").id);
            worked_on += 1;
            work(worked_on)
        })
        .await;
}

async fn work_on_by_hand(client: &ByHand, pages: u64) {
    let mut worked_on = 0;
    let all = client.orders(pages, async |order| {
        black_box(order.id);
        worked_on += 1;
        work(worked_on).await;
    });
    all.await;
}

async fn work(worked_on: usize) {
    if worked_on.is_multiple_of(WORKED_ON) {
        sleep(WORK).await;
    }
}
