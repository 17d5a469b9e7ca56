//! What the program `shomei-sandbox` bears over loopback, with its load beside it: `cargo bench --all-features --bench load -- [SIZE]...`.
//!
//! For each size of the account: how long the program takes to start and the account to fill, the lists one at a time, then
//! mixed calls over several connections at once, and the memory. See benches/README.md.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

const SIZES: [u64; 3] = [100, 5_000, 100_000];
/// Calls under way at a time.
const CONNECTIONS: u64 = 8;
/// How long the mixed calls go on.
const MEASURED: Duration = Duration::from_secs(5);
/// How often each list is asked for.
const ASKED: usize = 50;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Lists of 100, by what they show. The mixed calls ask for the first three.
const LISTS: [(&str, &str); 9] = [
    ("by status", "filters[status]=issued"),
    ("by product and status, by name", "filters[status]=issued&filters[product_name_id]=ssl_basic&sort=common_name"),
    ("by name, falling", "filters[status]=issued&sort=-common_name"),
    ("newest first", "sort=-id"),
    ("by name, in the middle", "sort=common_name&offset=MIDDLE"),
    ("by end and name, in the middle", "sort=valid_till,-common_name&offset=MIDDLE"),
    ("of names that begin alike", "filters[common_name]=host-1%25"),
    ("of names that end alike", "filters[common_name]=%257.example.com"),
    ("of a range of days", "filters[valid_till]=%3E2020-01-01"),
];

/// The program, which ends with this.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    fn start() -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_shomei-sandbox"));
        program.args(["--empty", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = program.spawn().expect("the program starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut line).expect("the program tells where it listens");
        let address = line.split('/').nth(2).and_then(|address| address.parse().ok()).expect("the line holds an address");
        Self { child, address }
    }

    /// The memory it has in use, in bytes, where the system tells.
    fn memory(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok().map(|kibibytes: f64| kibibytes * 1024.0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Should it have ended by itself, there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept alive.
struct Caller {
    connection: SendRequest<Full<Bytes>>,
    address: SocketAddr,
    drawn: u64,
}

impl Caller {
    async fn of(address: SocketAddr, number: u64) -> Self {
        let stream = TcpStream::connect(address).await.expect("the program listens");
        stream.set_nodelay(true).expect("the connection is open");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("the program speaks HTTP");
        tokio::spawn(connection);
        Self { connection: sender, address, drawn: number }
    }

    async fn call(&mut self, method: Method, path: &str, body: Bytes) -> Bytes {
        let request = Request::builder().method(method).uri(path).header("host", self.address.to_string());
        let request = request.header("content-type", "application/json").header("x-dc-devkey", "sandbox");
        let request = request.body(Full::new(body)).expect("the request is well formed");
        self.connection.ready().await.expect("the connection lasts");
        let response = self.connection.send_request(request).await.expect("the program answers");
        let status = response.status();
        let body = response.into_body().collect().await.expect("the answer is whole").to_bytes();
        assert!(status.is_success(), "{path}: {}", String::from_utf8_lossy(&body));
        body
    }

    async fn list(&mut self, query: &str, size: u64) {
        let query = query.replace("MIDDLE", &(size / 2).saturating_sub(50).to_string());
        self.call(Method::GET, &format!("/services/v2/order/certificate?limit=100&{query}"), Bytes::new()).await;
    }

    /// A number below `end`, of a sequence that is the same each time.
    fn draw(&mut self, end: u64) -> u64 {
        self.drawn = self.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.drawn >> 33) % end
    }

    /// Mixed calls until a time, and how long each of each kind took: 45 % Order info, 45 % filtered lists, 10 % orders.
    async fn mixed(&mut self, first: u64, size: u64, csr: &str, end: Instant) -> Times {
        let mut times = Times::default();
        while Instant::now() < end {
            let kind = self.draw(20);
            let drawn = self.draw(size);
            let start = Instant::now();
            match kind {
                0 | 1 => {
                    let body = json!({
                        "certificate": {"common_name": format!("new-{drawn}.example.com"), "csr": csr, "signature_hash": "sha256"},
                        "organization": {"id": 754_781},
                        "order_validity": {"years": 1},
                    });
                    self.call(Method::POST, "/services/v2/order/certificate/ssl_basic", Bytes::from(body.to_string())).await;
                    times.orders.push(start.elapsed());
                }
                2..11 => {
                    self.call(Method::GET, &format!("/services/v2/order/certificate/{}", first + drawn), Bytes::new()).await;
                    times.infos.push(start.elapsed());
                }
                _ => {
                    let (_, query) = LISTS[(drawn % 3) as usize];
                    self.list(query, size).await;
                    times.lists.push(start.elapsed());
                }
            }
        }
        times
    }
}

#[derive(Default)]
struct Times {
    infos: Vec<Duration>,
    lists: Vec<Duration>,
    orders: Vec<Duration>,
}

impl Times {
    fn add(&mut self, more: Self) {
        self.infos.extend(more.infos);
        self.lists.extend(more.lists);
        self.orders.extend(more.orders);
    }

    fn count(&self) -> usize {
        self.infos.len() + self.lists.len() + self.orders.len()
    }
}

/// The time within which so many of a hundred calls were answered, in milliseconds.
fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

fn tell(what: &str, times: &mut [Duration]) {
    println!("  {what:<32} p50 {:>7.2} ms   p99 {:>7.2} ms", percentile(times, 50), percentile(times, 99));
}

async fn measure(size: u64, csr: &str) {
    let start = Instant::now();
    let program = Program::start();
    let mut caller = Caller::of(program.address, 1).await;
    caller.call(Method::GET, "/services/v2/user/me", Bytes::new()).await;
    println!("{size} orders");
    println!("  {:<32} {:>11.1} ms", "start, to the first answer", start.elapsed().as_secs_f64() * 1e3);

    let (empty, start) = (program.memory(), Instant::now());
    let added = caller.call(Method::POST, "/_sandbox/orders", Bytes::from(json!({"count": size}).to_string())).await;
    let added: Value = serde_json::from_slice(&added).expect("the answer is JSON");
    let first = added["ids"][0].as_u64().expect("orders have numbers");
    println!("  {:<32} {:>11.1} s", "all placed", start.elapsed().as_secs_f64());
    if let (Some(empty), Some(full)) = (empty, program.memory()) {
        let each = (full - empty) / size as f64 / 1024.0;
        println!("  {:<32} {:>11.0} MiB = {each:.1} KiB an order", "memory", full / MEBIBYTE);
    }
    for (name, query) in LISTS {
        let mut times = Vec::new();
        for _ in 0..ASKED {
            let start = Instant::now();
            caller.list(query, size).await;
            times.push(start.elapsed());
        }
        tell(&format!("list {name}"), &mut times);
    }

    let mut callers = join_all((1..=CONNECTIONS).map(|number| Caller::of(program.address, number))).await;
    let (start, mut all) = (Instant::now(), Times::default());
    for times in join_all(callers.iter_mut().map(|caller| caller.mixed(first, size, csr, start + MEASURED))).await {
        all.add(times);
    }
    let rate = all.count() as f64 / start.elapsed().as_secs_f64();
    println!("  {:<32} {:>11.0} calls/s", "mixed calls", rate);
    for (what, times) in [("  order info", &mut all.infos), ("  filtered lists", &mut all.lists), ("  orders", &mut all.orders)] {
        tell(what, times);
    }
    if let Some(memory) = program.memory() {
        println!("  {:<32} {:>11.0} MiB", "memory then", memory / MEBIBYTE);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let key = rcgen::KeyPair::generate().expect("a key can be made");
    let request = rcgen::CertificateParams::default().serialize_request(&key);
    let csr = request.and_then(|request| request.pem()).expect("a request can be made");
    let given: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    for size in if given.is_empty() { SIZES.to_vec() } else { given } {
        measure(size, &csr).await;
    }
}
