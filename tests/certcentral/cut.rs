//! Connections that break off, at every single byte of an order and of its answer, and all along the other writes: what was done is found, and
//! what was not is not sent again; for who asks for it, exactly one exists in the end. Real HTTP/1.1 on both sides, over a pipe in process, so that minutes of looking pass at once.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{TryStreamExt as _, future::BoxFuture};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client, server, service::service_fn};
use hyper_util::rt::TokioIo;
use shomei::{
    ApiKey, CallOptions, CertCentral, Csr, Error, ResponseBody, RetryPolicy, Sandbox, Transport, TransportError, TransportRequest,
    certcentral::{
        OrderId, OrganizationId, Plan, Product,
        flow::{DcvInstructions, PendingIssuance},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex},
    net::{TcpListener, TcpStream},
};

use crate::judge::csr;

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);

/// Carries bytes between two ends, and cuts the connection after a number of them, counted over both directions.
async fn carry(near: impl AsyncRead + AsyncWrite + Unpin, far: impl AsyncRead + AsyncWrite + Unpin, left: Arc<AtomicUsize>) {
    let (near_reader, near_writer) = tokio::io::split(near);
    let (far_reader, far_writer) = tokio::io::split(far);
    // Whichever direction comes to its end takes the other one along.
    tokio::select! {
        _ = forward(near_reader, far_writer, &left) => {}
        _ = forward(far_reader, near_writer, &left) => {}
    }
}

async fn forward(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, left: &AtomicUsize) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        let passes = left.load(Ordering::Relaxed).min(read);
        to.write_all(&buffer[..passes]).await?;
        to.flush().await?;
        left.fetch_sub(passes, Ordering::Relaxed);
        if read == 0 || left.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
    }
}

/// A connection for each request, of which one may be cut.
#[derive(Clone)]
struct Wire {
    sandbox: Sandbox,
    cut: Arc<Mutex<Option<Cut>>>,
}

/// What to cut, once: the first write whose path ends like this, after so many bytes.
struct Cut {
    path: &'static str,
    left: Arc<AtomicUsize>,
}

impl Wire {
    fn new() -> (Self, CertCentral) {
        let wire = Self { sandbox: Sandbox::new(), cut: Arc::default() };
        let key = ApiKey::new(wire.sandbox.api_key()).unwrap();
        let cc = CertCentral::builder(key)
            .base_url("https://sandbox.invalid/services/v2")
            .transport(wire.clone())
            .rate_limits([])
            .build()
            .unwrap();
        (wire, cc)
    }

    /// Cuts the connection of the next such write after so many bytes; tells whether the call came that far.
    async fn cutting(&self, path: &'static str, position: usize, flow: impl Future<Output = ()>) -> bool {
        let left = Arc::new(AtomicUsize::new(position));
        *self.cut.lock().unwrap() = Some(Cut { path, left: Arc::clone(&left) });
        flow.await;
        assert!(self.cut.lock().unwrap().is_none(), "the flow did not make the call");
        left.load(Ordering::Relaxed) == 0
    }

    /// After how many bytes it will be cut.
    fn position(&self) -> usize {
        self.cut.lock().unwrap().as_ref().map_or(0, |cut| cut.left.load(Ordering::Relaxed))
    }

    async fn exchange(&self, request: TransportRequest) -> Result<http::Response<ResponseBody>, TransportError> {
        let cut = self.cut.lock().unwrap().take_if(|cut| request.method() == "POST" && request.path().ends_with(cut.path));
        let left = cut.map_or_else(|| Arc::new(AtomicUsize::new(usize::MAX)), |cut| cut.left);
        let (client_end, near) = duplex(64 * 1024);
        let (far, server_end) = duplex(64 * 1024);
        tokio::spawn(carry(near, far, left));
        tokio::spawn(serve(self.sandbox.clone(), server_end));
        let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(client_end)).await.map_err(TransportError::unsent)?;
        tokio::spawn(connection);

        let mut sent = http::Request::try_from(request)?.map(Full::new);
        *sent.uri_mut() = sent.uri().path_and_query().unwrap().as_str().parse().unwrap();
        sent.headers_mut().insert("host", "sandbox.invalid".parse().unwrap());
        let answer = sender.send_request(sent).await.map_err(TransportError::broken)?;
        Ok(answer.map(|body| ResponseBody::stream(body.into_data_stream().map_err(TransportError::broken))))
    }
}

async fn serve(sandbox: Sandbox, end: DuplexStream) {
    let service = service_fn(async |request: http::Request<Incoming>| {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok::<_, hyper::Error>(sandbox.handle(http::Request::from_parts(head, body)).await.map(Full::new))
    });
    // A connection that breaks off is what this is about.
    let _ = server::conn::http1::Builder::new().serve_connection(TokioIo::new(end), service).await;
}

impl Transport for Wire {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

/// Runs a flow again and again, and cuts the connection of one of its writes a few bytes later each time, request and answer together.
fn all_along(path: &'static str, step: usize, flow: impl AsyncFn(&Wire, &CertCentral) + Sync) {
    /// An account that grows makes its lists long.
    const RUNS_OF_AN_ACCOUNT: usize = 40;

    let next = AtomicUsize::new(0);
    let end = AtomicUsize::new(usize::MAX);
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            loop {
                let (wire, cc) = Wire::new();
                validate(&wire.sandbox, &cc, "example.com").await;
                for _ in 0..RUNS_OF_AN_ACCOUNT {
                    let position = next.fetch_add(step, Ordering::Relaxed);
                    if position >= end.load(Ordering::Relaxed) {
                        return;
                    }
                    if !wire.cutting(path, position, flow(&wire, &cc)).await {
                        end.fetch_min(position, Ordering::Relaxed);
                    }
                }
            }
        });
    };
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            threads.spawn(work);
        }
    });
    println!("POST …{path}: {} bytes, cut after every {step}", end.into_inner());
}

async fn validate(sandbox: &Sandbox, cc: &CertCentral, name: &str) {
    let pending = cc.domains().validate(name).organization(ORGANIZATION).start().await.unwrap();
    if let DcvInstructions::Txt { name, value, .. } = pending.instructions() {
        sandbox.dns().publish_txt(name, value);
    }
    pending.wait(HOUR).await.unwrap();
}

async fn order(cc: &CertCentral, csr: Csr) -> Result<PendingIssuance, Error> {
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr).common_name("example.com").organization(ORGANIZATION);
    order.plan(Plan::years(1)).start().await
}

/// A client that does not send again what is lost, and one that does. Neither looks for long: here everything shows at once.
fn both(cc: &CertCentral) -> [(CertCentral, bool); 2] {
    [false, true].map(|resends| {
        let options = CallOptions::default().retry(RetryPolicy::default().resend_if_absent(resends));
        (cc.with_options(options.recovery_timeout(Duration::from_secs(10))), resends)
    })
}

/// Here whatever was done shows at once: it is found, or it was not done.
async fn settled(started: Result<PendingIssuance, Error>, resends: bool, made: impl Future<Output = i64>) {
    match started {
        Ok(pending) => {
            pending.wait(HOUR).await.unwrap();
            assert_eq!(made.await, 1);
        }
        Err(error) => {
            assert!(error.is_ambiguous() && error.recovery_hint().is_some() && !resends, "{error}");
            assert_eq!(made.await, 0);
        }
    }
}

async fn orders(cc: &CertCentral) -> i64 {
    cc.orders().list().page_size(1).send().await.unwrap().page.unwrap().total.unwrap()
}

/// An order of this account that is issued.
async fn an_issued_order(cc: &CertCentral) -> OrderId {
    match cc.orders().list().page_size(1).send().await.unwrap().orders.first() {
        Some(issued) => issued.id,
        None => order(cc, csr()).await.unwrap().wait(HOUR).await.unwrap().order.id,
    }
}

#[test]
fn an_order_cut_at_every_byte() {
    all_along("/order/certificate/ssl_securesite_flex", 1, async |wire, cc| {
        // The other client comes round with every thirtieth byte.
        let [plain, resending] = both(cc);
        let (cc, resends) = if wire.position() % 30 == 0 { resending } else { plain };
        let before = orders(&cc).await;
        let pending = order(&cc, csr()).await;
        Box::pin(settled(pending, resends, async { orders(&cc).await - before })).await;
    });
}

#[test]
fn a_reissue_cut_all_along() {
    all_along("/reissue", 13, async |wire, cc| {
        let (cc, resends) = both(cc)[wire.position() / 13 % 2].clone();
        let order = an_issued_order(&cc).await;
        let count = async || cc.orders().reissues(order).send().await.unwrap().len() as i64;
        let before = count().await;
        settled(cc.orders().reissue(order, csr()).start().await, resends, async { count().await - before }).await;
    });
}

#[test]
fn a_duplicate_cut_all_along() {
    all_along("/duplicate", 13, async |wire, cc| {
        let (cc, resends) = both(cc)[wire.position() / 13 % 2].clone();
        let order = an_issued_order(&cc).await;
        let count = async || cc.orders().duplicates(order).send().await.unwrap().len() as i64;
        let before = count().await;
        settled(cc.orders().duplicate(order, csr()).start().await, resends, async { count().await - before }).await;
    });
}

#[test]
fn a_new_domain_cut_all_along() {
    all_along("/domain", 7, async |wire, cc| {
        let domains = async || cc.domains().list().page_size(1).send().await.unwrap().page.unwrap().total.unwrap();
        let before = domains().await;
        validate(&wire.sandbox, cc, &format!("name{before}.example")).await;
        assert_eq!(domains().await, before + 1);
    });
}

#[tokio::test]
async fn over_sockets_whoever_is_cut_off_is_told_that_it_may_have_happened() {
    let sandbox = Sandbox::new();
    let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = service.local_addr().unwrap();
    tokio::spawn(sandbox.clone().serve(service, std::future::pending()));
    let cc = CertCentral::builder(ApiKey::new(sandbox.api_key()).unwrap()).transport(sandbox.clone()).build().unwrap();
    validate(&sandbox, &cc, "example.com").await;

    let mut cut_off = 0;
    for position in (0..).step_by(97) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base_url = format!("http://{}/services/v2", listener.local_addr().unwrap());
        let left = Arc::new(AtomicUsize::new(position));
        let connection = tokio::spawn({
            let left = Arc::clone(&left);
            async move {
                let (near, _) = listener.accept().await.unwrap();
                carry(near, TcpStream::connect(address).await.unwrap(), left).await;
            }
        });
        let key = ApiKey::new(sandbox.api_key()).unwrap();
        let cut = CertCentral::builder(key).base_url(base_url).attempt_timeout(Duration::from_secs(10)).build().unwrap();
        let order = cut.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
        let before = orders(&cc).await;
        let answer = order.plan(Plan::years(1)).send().await;
        drop(cut);
        connection.await.unwrap();
        if left.load(Ordering::Relaxed) > 0 {
            answer.unwrap();
            break;
        }
        let error = answer.unwrap_err();
        assert!(error.is_connection() && error.is_ambiguous() && error.attempts() == 1, "after {position} bytes: {error:?}");
        assert!(orders(&cc).await <= before + 1);
        cut_off += 1;
    }
    assert!(cut_off > 20, "only {cut_off} positions were cut");
}
