//! How much memory an item holds while it waits for the service. Measured in a process of its own: by what the system counts as its own.
#![cfg(target_os = "linux")]

use std::{
    env, fs,
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures_util::{StreamExt as _, future::BoxFuture};
use serde_json::{Value, json};
use shomei::{
    ApiKey, CertCentral, ResponseBody, Transport, TransportError, TransportRequest,
    certcentral::flow::{Fleet, FleetControl},
};
use tokio::time::timeout;

use crate::ground::{HOUR, ORGANIZATION, names, prepare};

const ITEMS: usize = 10_000;
/// The aim.
const MOST: usize = 2048;

/// A service on which nothing is ever done, and which keeps nothing.
struct Idle(AtomicU64);

impl Transport for Idle {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let id = self.0.fetch_add(1, Ordering::Relaxed);
        let path = request.path().to_owned();
        let (status, body): (u16, Value) = match (request.method().as_str(), path.rsplit('/').next().unwrap()) {
            ("POST", "domain") => {
                (201, json!({"id": id, "dcv_token": {"token": format!("{id:032}"), "expiration_date": "2099-01-01T00:00:00+00:00"}}))
            }
            ("POST", _) => (201, json!({"id": id, "requests": []})),
            ("PUT", _) => (400, json!({"errors": [{"code": "invalid_dns_txt", "message": "not there"}]})),
            (_, "domain" | "status-changes") => (200, json!({})),
            _ => (200, json!({"id": path.rsplit('/').next().unwrap().parse::<u64>().unwrap_or(id), "status": "pending"})),
        };
        let response = http::Response::builder().status(status).header("content-type", "application/json");
        let response = response.body(body.to_string()).unwrap();
        Box::pin(async move { Ok(response.map(Into::into)) })
    }
}

fn client() -> CertCentral {
    let http = reqwest::Client::builder().tls_certs_only([]);
    let builder = CertCentral::builder(ApiKey::new("KEY").unwrap()).base_url("https://idle.invalid/services/v2").rate_limits([]);
    builder.transport(Idle(AtomicU64::new(100_000))).http_client(http).build().unwrap()
}

/// Bytes that are this process's own.
fn held() -> usize {
    let pages: usize = fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Lets a fleet run until so many wait.
async fn settle<T>(fleet: &mut Fleet<T>, control: &FleetControl, count: usize) {
    while control.progress().waiting.values().sum::<usize>() < count {
        assert!(timeout(Duration::from_millis(10), fleet.next()).await.is_err(), "nothing is ever done");
    }
}

async fn orders(count: usize) -> Fleet<shomei::certcentral::flow::Issued> {
    let cc = client();
    let mut fleet = cc.orders().issue_all(names(count), prepare(&cc)).timeout_per_item(30 * 24 * HOUR).start();
    let control = fleet.control();
    settle(&mut fleet, &control, count).await;
    fleet
}

async fn domains(count: usize) -> Fleet<shomei::certcentral::types::Domain> {
    let cc = client();
    let publish = |_| std::future::ready(Ok::<_, std::io::Error>(()));
    let fleet = cc.domains().validate_all(names(count)).organization(ORGANIZATION).publish_with(publish);
    let mut fleet = fleet.timeout_per_item(30 * 24 * HOUR).start();
    let control = fleet.control();
    settle(&mut fleet, &control, count).await;
    fleet
}

/// Prints how many bytes each item of a kind holds.
#[tokio::test(start_paused = true)]
#[ignore = "run in a process of its own by the test below"]
async fn measured() {
    let warm = (orders(1000).await, domains(1000).await);
    let before = held();
    let many = orders(ITEMS).await;
    let with_orders = held();
    let more = domains(ITEMS).await;
    let with_domains = held();
    println!("bytes {} {}", (with_orders - before) / ITEMS, (with_domains - with_orders) / ITEMS);
    drop((warm, many, more));
}

#[test]
fn an_item_that_waits_holds_little_memory() {
    let mut own = Command::new(env::current_exe().unwrap());
    let output = own.args(["--exact", "memory::measured", "--ignored", "--nocapture"]).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let line = output.lines().find_map(|line| line.split_once("bytes ")).unwrap_or_else(|| panic!("{output}")).1;
    let bytes: Vec<usize> = line.split(' ').map(|number| number.trim().parse().unwrap()).collect();
    println!("item_kib: an order {:.2}, a domain {:.2}", bytes[0] as f64 / 1024.0, bytes[1] as f64 / 1024.0);
    assert!(bytes.iter().all(|bytes| *bytes <= MOST), "{bytes:?}");
}
