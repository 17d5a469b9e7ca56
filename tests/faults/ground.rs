//! A sandbox with something in it to work on, and clients that are watched.

use std::{sync::LazyLock, time::Duration};

use shomei::{
    ApiKey, CertCentral, ClientBuilder, Csr, KeyAlgorithm, PocketSign, PrivateKey, RetryPolicy, Sandbox, Service,
    certcentral::{OrganizationId, Plan, Product, flow::DcvInstructions, flow::Issued},
    pocketsign::PocketSignV1,
    sandbox::{Card, SandboxBuilder},
};

use crate::watch::Watch;

pub(crate) const ORGANIZATION: OrganizationId = OrganizationId(754_781);
pub(crate) const HALF_AN_HOUR: Duration = Duration::from_secs(1800);
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// Longer than a body takes that is merely slow.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);
pub(crate) const BODY_LIMIT: usize = 1 << 20;
/// The most that can have arrived beyond the limit: one piece of the sandbox's.
pub(crate) const PIECE: usize = 64 * 1024;
pub(crate) const KEY: &str = "CANARY-0123456789-KEY";

const NOON_IN_JAPAN: &str = "2026-05-01T12:00:00+09:00";

/// Keys are costly, and nobody minds that every run has the same ones.
static CSRS: LazyLock<[Csr; 8]> = LazyLock::new(|| {
    std::array::from_fn(|_| PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap().sign_csr(["ignored.example"]).unwrap())
});

pub(crate) fn csr(number: usize) -> Csr {
    CSRS[number].clone()
}

pub(crate) fn sandbox(builder: SandboxBuilder) -> Sandbox {
    builder.api_key(KEY).start_at(NOON_IN_JAPAN.parse().unwrap()).build()
}

/// TLS without the system's certificates, which take long to read and serve nobody here.
fn without_roots() -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_certs_only([])
}

/// A client whose calls are bounded in time and size.
fn bounded<S: Service>(client: ClientBuilder<S>, retry: RetryPolicy) -> S {
    let client = client.http_client(without_roots()).call_timeout(DEADLINE).attempt_timeout(TIMEOUT).max_response_size(BODY_LIMIT);
    client.retry(retry).build().unwrap()
}

pub(crate) fn certcentral(sandbox: &Sandbox, retry: RetryPolicy) -> (Watch, CertCentral) {
    let watch = Watch::new(sandbox, KEY);
    let client = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url("https://sandbox.invalid/services/v2").transport(watch.clone());
    (watch, bounded(client, retry))
}

pub(crate) fn pocketsign(sandbox: &Sandbox, token: &str, retry: RetryPolicy) -> (Watch, PocketSignV1, PocketSign) {
    let watch = Watch::new(sandbox, token);
    let key = || ApiKey::new(token).unwrap();
    let v1 = PocketSignV1::builder(key()).base_url("https://sandbox.invalid").transport(watch.clone());
    let v2 = PocketSign::builder(key()).base_url("https://sandbox.invalid").transport(watch.clone());
    (watch, bounded(v1, retry), bounded(v2, retry))
}

pub(crate) fn publish(sandbox: &Sandbox, instructions: &DcvInstructions) {
    if let DcvInstructions::Txt { name, value, .. } = instructions {
        sandbox.dns().publish_txt(name, value);
    }
}

/// Proves control of a name, without faults.
pub(crate) async fn validate(sandbox: &Sandbox, name: &str) {
    let (_, client) = certcentral(sandbox, RetryPolicy::default());
    let pending = client.domains().validate(name).organization(ORGANIZATION).start().await.unwrap();
    publish(sandbox, pending.instructions());
    pending.wait(HALF_AN_HOUR).await.unwrap();
}

/// An issued order for `example.com`, without faults.
pub(crate) async fn issued(sandbox: &Sandbox, csr: Csr) -> Issued {
    let (_, client) = certcentral(sandbox, RetryPolicy::default());
    let order = client.orders().issue(Product::SECURE_SITE_OV, csr).common_name("example.com").organization(ORGANIZATION);
    order.plan(Plan::years(2)).start().await.unwrap().wait(HALF_AN_HOUR).await.unwrap()
}

/// What a card gives to sign in with.
pub(crate) fn signed(card: &Card) -> ([u8; 32], Vec<u8>) {
    card.signing.sign(b"a challenge")
}
