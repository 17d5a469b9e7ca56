//! What calls to the sandbox cost in accounts of different sizes: `cargo bench --features sandbox --bench sandbox -- [SIZE]...`.
//!
//! One thread, in process, no socket. Each line is the time of one kind of call.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use shomei::sandbox::Sandbox;

const SIZES: [u64; 3] = [100, 5_000, 100_000];
/// How often, and for how long at a time, each kind of call is measured in each account.
const ROUNDS: usize = 31;
const ROUND: Duration = Duration::from_millis(50);

/// Lists of 100, by what they show.
const LISTS: [(&str, &str); 9] = [
    ("newest first", "limit=100"),
    ("by status", "limit=100&filters[status]=issued"),
    ("by product and status, by name", "limit=100&filters[status]=issued&filters[product_name_id]=ssl_securesite_flex&sort=common_name"),
    ("by name, falling", "limit=100&sort=-common_name"),
    ("by end, in the middle", "limit=100&sort=valid_till,-common_name&offset=50%"),
    ("of a name", "limit=100&filters[common_name]=host7.example.com"),
    ("of names that begin alike", "limit=100&filters[domain_name]=host%25"),
    ("of names that end alike", "limit=100&filters[search]=%25example.com"),
    ("of a range of days", "limit=100&filters[valid_till]=%3E2020-01-01"),
];

struct Account {
    sandbox: Sandbox,
    csr: String,
    first: u64,
    orders: u64,
    drawn: u64,
}

impl Account {
    async fn of(size: u64) -> Self {
        let sandbox = Sandbox::new();
        let csr = {
            let params = rcgen::CertificateParams::default();
            let key = rcgen::KeyPair::generate().expect("a key can be made");
            params.serialize_request(&key).and_then(|request| request.pem()).expect("a request can be made")
        };
        let mut account = Self { sandbox, csr, first: 0, orders: 0, drawn: 1 };
        let body =
            json!({"name": "example.com", "organization": {"id": 754_781}, "validations": [{"type": "ov"}], "dcv_method": "dns-txt-token"});
        let domain = value(&account.call(Method::POST, "/domain", Some(body)).await);
        account.sandbox.dns().publish_txt("example.com", domain["dcv_token"]["token"].as_str().expect("a token"));
        account.call(Method::PUT, &format!("/domain/{}/dcv/validate-token", domain["id"]), Some(json!({}))).await;
        account.first = account.order().await;
        while account.orders < size {
            account.order().await;
        }
        account
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Bytes {
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = Request::builder().method(method).uri(format!("{}{path}", Sandbox::CERTCENTRAL));
        let request = request.header("X-DC-DEVKEY", self.sandbox.api_key()).body(body).expect("the request is well formed");
        let response = self.sandbox.handle(request).await;
        assert!(response.status().is_success(), "{path}: {response:?}");
        response.into_body()
    }

    /// A number below `end`, of a sequence that is the same each time.
    fn draw(&mut self, end: u64) -> u64 {
        self.drawn = self.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.drawn >> 33) % end
    }

    async fn order(&mut self) -> u64 {
        let name = format!("host{}.example.com", self.orders);
        self.orders += 1;
        let body = json!({
            "certificate": {"common_name": name, "csr": self.csr, "signature_hash": "sha256"},
            "organization": {"id": 754_781},
            "order_validity": {"years": 1},
        });
        let placed = self.call(Method::POST, "/order/certificate/ssl_securesite_flex", Some(body)).await;
        value(&placed)["id"].as_u64().expect("an order has a number")
    }

    async fn info(&mut self) {
        let id = self.first + self.draw(self.orders);
        black_box(self.call(Method::GET, &format!("/order/certificate/{id}"), None).await);
    }

    async fn list(&self, query: &str) {
        let query = query.replace("50%", &(self.orders / 2).saturating_sub(50).to_string());
        black_box(self.call(Method::GET, &format!("/order/certificate?{query}"), None).await);
    }
}

fn value(body: &Bytes) -> Value {
    serde_json::from_slice(body).expect("the answer is JSON")
}

/// 45 % Order info, 45 % filtered lists, 10 % orders.
async fn mixed(account: &mut Account) {
    match account.draw(20) {
        0 | 1 => {
            account.order().await;
        }
        2..11 => account.info().await,
        _ => {
            let (_, query) = LISTS[1 + account.draw(3) as usize];
            account.list(query).await;
        }
    }
}

/// The time of one call, on average, in microseconds.
async fn timed(account: &mut Account, act: &impl AsyncFn(&mut Account)) -> f64 {
    let (start, mut calls) = (Instant::now(), 0);
    while start.elapsed() < ROUND {
        act(account).await;
        calls += 1;
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

/// Prints the median of a call's time in each account, and how much more the last one takes than the first.
async fn compare(accounts: &mut [Account], name: &str, act: impl AsyncFn(&mut Account)) {
    let mut times: Vec<Vec<f64>> = accounts.iter().map(|_| Vec::new()).collect();
    // In turns, so that a machine that is slower for a while is so for all.
    for _ in 0..ROUNDS {
        for (account, times) in accounts.iter_mut().zip(&mut times) {
            times.push(timed(account, &act).await);
        }
    }
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let medians: Vec<f64> = times.iter().map(|times| times[ROUNDS / 2]).collect();
    print!("{name:<32}");
    medians.iter().for_each(|median| print!(" {median:>9.1}"));
    println!("  {:>5.2}", medians[medians.len() - 1] / medians[0]);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if given.is_empty() { SIZES.to_vec() } else { given };
    let mut accounts = Vec::new();
    for size in &sizes {
        accounts.push(Account::of(*size).await);
    }
    print!("{:<32}", "µs a call, by orders");
    sizes.iter().for_each(|size| print!(" {size:>9}"));
    println!("  ratio");
    compare(&mut accounts, "order info", async |account| account.info().await).await;
    for (name, query) in LISTS {
        compare(&mut accounts, &format!("list {name}"), async |account| account.list(query).await).await;
    }
    compare(&mut accounts, "mixed calls", mixed).await;
    compare(&mut accounts, "order", async |account| {
        account.order().await;
    })
    .await;
}
