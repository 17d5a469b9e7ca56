//! What the tests of fleets stand on.

use std::{
    collections::BTreeMap,
    env,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde_json::Value;
use shomei::{
    ApiKey, CertCentral, Csr, KeyAlgorithm, PrivateKey, ResponseBody, Sandbox, Transport, TransportError, TransportRequest,
    certcentral::{
        OrganizationId, Plan, Product,
        flow::{DcvInstructions, IssuanceToken},
    },
};
use tokio::time::Instant;

pub(crate) const ORGANIZATION: OrganizationId = OrganizationId(754_781);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
const BASE: &str = "https://sandbox.invalid/services/v2";

/// Keys are costly, and nobody minds that all orders have the same one: each has an id of its own.
static CSR: LazyLock<Csr> = LazyLock::new(|| PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap().sign_csr(["ignored.example"]).unwrap());

pub(crate) fn csr() -> Csr {
    CSR.clone()
}

/// How many items there are.
pub(crate) fn size(usual: usize) -> usize {
    env::var("SHOMEI_FLEET").ok().map_or(usual, |size| size.parse().unwrap())
}

/// What is done to a request, or to its response.
type Meddle = dyn Fn(&str, usize, &mut Passing) + Send + Sync;

/// A request on its way, as far as a test may change it.
#[derive(Default)]
pub(crate) struct Passing {
    /// Comes instead of the response.
    pub(crate) instead: Option<Result<http::Response<Vec<u8>>, TransportError>>,
    /// The response is lost once the service has answered.
    pub(crate) is_lost: bool,
    /// The body of the response, once there is one.
    pub(crate) body: Option<Value>,
}

/// A sandbox behind a counter, which can go wrong.
#[derive(Clone)]
pub(crate) struct Service(Arc<Inner>);

struct Inner {
    sandbox: Sandbox,
    calls: Mutex<BTreeMap<String, usize>>,
    last: Mutex<Option<Instant>>,
    before: Box<Meddle>,
    after: Box<Meddle>,
}

impl Service {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self::meddling(sandbox, |_, _, _| {}, |_, _, _| {})
    }

    /// `before` is asked with each request, `after` with each response.
    pub(crate) fn meddling(
        sandbox: Sandbox,
        before: impl Fn(&str, usize, &mut Passing) + Send + Sync + 'static,
        after: impl Fn(&str, usize, &mut Passing) + Send + Sync + 'static,
    ) -> Self {
        let (before, after) = (Box::new(before), Box::new(after));
        Self(Arc::new(Inner { sandbox, calls: Mutex::default(), last: Mutex::default(), before, after }))
    }

    pub(crate) fn client(&self) -> CertCentral {
        let key = ApiKey::new(self.0.sandbox.api_key()).unwrap();
        let http = reqwest::Client::builder().tls_certs_only([]);
        CertCentral::builder(key).base_url(BASE).transport(self.clone()).http_client(http).build().unwrap()
    }

    /// How many requests of each kind there were.
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        self.0.calls.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.calls().get(kind).copied().unwrap_or_default()
    }

    pub(crate) fn total(&self) -> usize {
        self.calls().values().sum()
    }

    /// When the last request came.
    pub(crate) fn last(&self) -> Instant {
        self.0.last.lock().unwrap().unwrap()
    }

    pub(crate) fn print(&self, what: &str) {
        println!("{what}, requests by kind:");
        for (kind, count) in self.calls() {
            println!("| {kind} | {count} |");
        }
    }
}

impl Transport for Service {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let path = request.path().trim_start_matches("/services/v2");
        let segment =
            |part: &str| if part.len() > 3 && part.chars().all(|c| c.is_ascii_hexdigit()) { "{id}".to_owned() } else { part.to_owned() };
        let path: Vec<_> = path.split('/').map(segment).collect();
        let kind = format!("{} {}", request.method(), path.join("/"));
        let number = {
            let mut calls = self.0.calls.lock().unwrap();
            let count = calls.entry(kind.clone()).or_default();
            *count += 1;
            *count
        };
        *self.0.last.lock().unwrap() = Some(Instant::now());
        Box::pin(async move {
            let mut passing = Passing::default();
            (self.0.before)(&kind, number, &mut passing);
            if let Some(instead) = passing.instead {
                return instead.map(|response| response.map(Into::into));
            }
            let (mut head, body) = self.0.sandbox.send(request).await?.into_parts();
            if passing.is_lost {
                return Err(TransportError::broken("reset by peer"));
            }
            let body = body.bytes().await?;
            passing.body = serde_json::from_slice(&body).ok();
            let told = passing.body.clone();
            (self.0.after)(&kind, number, &mut passing);
            if let Some(instead) = passing.instead {
                return instead.map(|response| response.map(Into::into));
            }
            let body = if passing.body == told { body.to_vec() } else { passing.body.unwrap().to_string().into_bytes() };
            head.headers.remove("content-length");
            Ok(http::Response::from_parts(head, body.into()))
        })
    }
}

pub(crate) fn refusal(status: u16, code: &str) -> Result<http::Response<Vec<u8>>, TransportError> {
    let body = serde_json::json!({"errors": [{"code": code, "message": "no"}]}).to_string().into_bytes();
    Ok(http::Response::builder().status(status).header("content-type", "application/json").body(body).unwrap())
}

/// Publishes what a domain wants to have published.
pub(crate) fn publisher(
    sandbox: &Sandbox,
) -> impl Fn(DcvInstructions) -> std::future::Ready<Result<(), std::io::Error>> + Send + Sync + use<> {
    let sandbox = sandbox.clone();
    move |instructions| {
        if let DcvInstructions::Txt { name, value, .. } = &instructions {
            sandbox.dns().publish_txt(name, value);
        }
        std::future::ready(Ok(()))
    }
}

/// `d7.example.com` and so on.
pub(crate) fn names(count: usize) -> impl Iterator<Item = String> + Send + 'static {
    (0..count).map(|number| format!("d{number}.example.com"))
}

/// Prepares an order for a name.
pub(crate) fn prepare(
    cc: &CertCentral,
) -> impl Fn(String) -> std::future::Ready<Result<IssuanceToken, shomei::Error>> + Send + Sync + use<> {
    let cc = cc.clone();
    move |name| {
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name(&name).organization(ORGANIZATION);
        std::future::ready(order.plan(Plan::years(1)).prepare())
    }
}

/// A sandbox in which `example.com` is validated, and all below it.
pub(crate) async fn validated(sandbox: &Sandbox) {
    let cc = sandbox.certcentral().unwrap();
    let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
    publisher(sandbox)(pending.instructions().clone()).await.unwrap();
    pending.wait(HOUR).await.unwrap();
}

/// When the last of so many calls can be sent at the earliest, under 100 in 5 s and 1000 in 3 min.
pub(crate) fn least(calls: usize) -> Duration {
    let (windows, rest) = ((calls - 1) / 1000, (calls - 1) % 1000);
    Duration::from_secs((windows * 180 + rest / 100 * 5) as u64)
}
