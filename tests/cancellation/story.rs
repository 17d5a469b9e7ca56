//! A run that is dropped after each number of polls, and what has to hold from there on.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use shomei::{
    ApiKey, CertCentral, Csr, KeyAlgorithm, PocketSign, PrivateKey, RateLimit, RateLimiter as _, Sandbox, SlidingWindow,
    certcentral::{CertificateId, OrderId, OrganizationId, Plan, Product, flow::DcvInstructions},
};
use tokio::time::timeout;

use crate::halting::{Halting, Mishap};

pub(crate) const ORGANIZATION: OrganizationId = OrganizationId(754_781);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// So long that no place comes back while a story lasts.
const YEAR: RateLimit = RateLimit::new(100_000, Duration::from_secs(365 * 86_400));

/// Something that a caller does, and what they do after they have dropped it.
pub(crate) trait Story {
    /// What there has to be before.
    type Ground;

    /// Whether one ground does for all runs; otherwise each gets a new one.
    const SHARED: bool = false;

    async fn prepare() -> (Sandbox, Self::Ground);

    /// What is dropped. It keeps what a caller would store.
    async fn run(world: &World, ground: &Self::Ground);

    /// Goes on from what was kept, or starts over, and checks that everything was done exactly once.
    async fn finish(world: &World, ground: &Self::Ground);
}

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) cc: CertCentral,
    pub(crate) ps: PocketSign,
    ways: [Halting; 2],
    limiters: [Arc<SlidingWindow>; 2],
    kept: Mutex<Option<String>>,
    starts_over: AtomicBool,
}

impl World {
    fn new(sandbox: &Sandbox) -> Self {
        let ways = [(); 2].map(|()| Halting::new(sandbox));
        let limiters = [(); 2].map(|()| Arc::new(SlidingWindow::new([YEAR]).unwrap()));
        let key = ApiKey::new(sandbox.api_key()).unwrap();
        let cc = CertCentral::builder(key).base_url("https://sandbox.invalid/services/v2");
        let cc = cc.transport(ways[0].clone()).rate_limiter(limiters[0].clone()).build().unwrap();
        let token = ApiKey::new(sandbox.pocketsign_token()).unwrap();
        let ps = PocketSign::builder(token).base_url("https://sandbox.invalid");
        let ps = ps.transport(ways[1].clone()).rate_limiter(limiters[1].clone()).build().unwrap();
        Self { sandbox: sandbox.clone(), cc, ps, ways, limiters, kept: Mutex::default(), starts_over: AtomicBool::default() }
    }

    /// From here on, what may have been sent, and was looked for in vain, is sent again.
    pub(crate) fn start_over(&self) {
        self.starts_over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn starts_over(&self) -> bool {
        self.starts_over.load(Ordering::Relaxed)
    }

    /// Stores a token, as text.
    pub(crate) fn keep(&self, token: &impl Serialize) {
        *self.kept.lock().unwrap() = Some(serde_json::to_string(token).unwrap());
    }

    /// What was stored before the run was dropped.
    pub(crate) fn kept<T: DeserializeOwned>(&self) -> Option<T> {
        self.kept.lock().unwrap().as_deref().map(|kept| serde_json::from_str(kept).unwrap())
    }

    /// What happens to the next requests to CertCentral; nothing, if the list is empty.
    pub(crate) fn expect(&self, mishaps: &[(&'static str, Mishap)]) {
        self.ways[0].expect(mishaps);
    }

    /// Publishes what is asked for.
    pub(crate) fn publish(&self, instructions: &DcvInstructions) {
        if let DcvInstructions::Txt { name, value, .. } = instructions {
            self.sandbox.dns().publish_txt(name, value);
        }
    }

    /// The limiters hold one slot for each request that left, no lock is taken, nobody stands in line.
    async fn is_sound(&self) {
        self.only_what_left_holds_a_slot();
        timeout(Duration::from_secs(1), self.cc.users().me().send()).await.expect("a lock is taken").unwrap();
        timeout(Duration::from_secs(1), self.ps.users().list().send()).await.expect("a lock is taken").unwrap();
        self.only_what_left_holds_a_slot();
    }

    fn only_what_left_holds_a_slot(&self) {
        for (limiter, way) in self.limiters.iter().zip(&self.ways) {
            let usage = limiter.usage()[0];
            assert_eq!(usage.used, way.sent(), "slots taken and requests that left");
            assert_eq!(usage.free_in, Duration::ZERO);
        }
    }
}

/// When a future is dropped: at once after a poll, or later, when it would have been polled next and may have been given what it waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    AfterPoll,
    WhenWoken,
}

/// Polls a future so often at most, and drops it; how often it was polled, if it was done by then.
async fn polled(most: usize, moment: Moment, future: impl Future<Output = ()>) -> Option<usize> {
    let mut future = Box::pin(future);
    let mut polls = 0;
    poll_fn(move |context| {
        if polls == most {
            return Poll::Ready(None);
        }
        polls += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(polls)),
            Poll::Pending if polls == most && moment == Moment::AfterPoll => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drops a run at each of its polls. There have to be at least so many.
pub(crate) async fn drop_everywhere<S: Story>(at_least: usize) {
    let (sandbox, ground) = S::prepare().await;
    let world = World::new(&sandbox);
    let whole = polled(usize::MAX, Moment::AfterPoll, S::run(&world, &ground)).await.unwrap();
    world.is_sound().await;
    S::finish(&world, &ground).await;
    assert!(whole >= at_least, "only {whole} polls: too few places to be dropped at");
    let mut shared = S::SHARED.then_some((sandbox, ground));
    let mut dropped = 0;
    for most in 0..whole {
        for moment in [Moment::AfterPoll, Moment::WhenWoken] {
            let (sandbox, ground) = match shared.take() {
                Some(shared) => shared,
                None => S::prepare().await,
            };
            let world = World::new(&sandbox);
            if polled(most, moment, S::run(&world, &ground)).await.is_none() {
                dropped += 1;
            }
            world.expect(&[]);
            world.is_sound().await;
            S::finish(&world, &ground).await;
            world.only_what_left_holds_a_slot();
            shared = S::SHARED.then_some((sandbox, ground));
        }
    }
    assert!(dropped >= whole, "{dropped} of {whole} runs were dropped");
    println!("{whole} polls; dropped {dropped} times");
}

/// A new key's CSR.
pub(crate) fn csr() -> Csr {
    PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap().sign_csr(["ignored.example"]).unwrap()
}

/// Has `example.com` validated.
pub(crate) async fn validate(sandbox: &Sandbox, name: &str) {
    let cc = sandbox.certcentral().unwrap();
    let pending = cc.domains().validate(name).organization(ORGANIZATION).start().await.unwrap();
    let DcvInstructions::Txt { name, value, .. } = pending.instructions() else { panic!() };
    sandbox.dns().publish_txt(name, value);
    pending.wait(HOUR).await.unwrap();
}

/// Has an order issued.
pub(crate) async fn issue(sandbox: &Sandbox) -> (OrderId, CertificateId) {
    validate(sandbox, "example.com").await;
    let cc = sandbox.certcentral().unwrap();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let issued = order.plan(Plan::years(1)).start().await.unwrap().wait(HOUR).await.unwrap();
    (issued.order.id, issued.certificate_id)
}
