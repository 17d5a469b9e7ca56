//! Calling again is safe: what is there is taken up, what stands in the way is named, and what was written down before it was sent goes on
//! from wherever it was.

use std::{
    future::ready,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use shomei::{
    ApiKey, CertCentral, Csr, Error, ResponseBody, Sandbox, Transport, TransportError, TransportRequest,
    certcentral::{
        OrderId, OrganizationId, Plan, Product,
        flow::{DcvInstructions, IssuanceToken, Issued, PendingIssuance},
    },
    sandbox::{ApprovalMode, SandboxBuilder},
};

use crate::judge::csr;

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);
const ID: &str = "customer-42";

/// An order for a key, with an id of the caller's.
macro_rules! order {
    ($cc:expr, $key:expr) => {
        order!($cc, $key, Product::SECURE_SITE_OV, "example.com")
    };
    ($cc:expr, $key:expr, $product:expr, $name:expr) => {
        $cc.orders()
            .issue($product, $key.clone())
            .common_name($name)
            .organization(ORGANIZATION)
            .plan(Plan::years(1))
            .alternative_order_id(ID)
    };
}

/// Counts what is sent; has the index lag, and loses requests, on demand.
#[derive(Clone)]
struct Service {
    sandbox: Sandbox,
    sent: Arc<Mutex<Vec<String>>>,
    lags: Arc<Mutex<bool>>,
    hangs: Arc<Mutex<bool>>,
}

impl Service {
    async fn new(builder: SandboxBuilder) -> Self {
        let service = Self { sandbox: builder.build(), sent: Arc::default(), lags: Arc::default(), hangs: Arc::default() };
        let cc = service.client();
        let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
        let DcvInstructions::Txt { name, value, .. } = pending.instructions() else { panic!("{}", pending.instructions()) };
        service.sandbox.dns().publish_txt(name, value);
        pending.wait(HOUR).await.unwrap();
        service
    }

    /// A client of its own: another process.
    fn client(&self) -> CertCentral {
        let builder = CertCentral::builder(ApiKey::new(self.sandbox.api_key()).unwrap()).base_url("https://sandbox.invalid/services/v2");
        builder.transport(self.clone()).recovery_timeout(Duration::from_secs(30)).build().unwrap()
    }

    /// How many orders, reissues and duplicates were sent.
    fn writes(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// Whether writes arrive, and nobody ever hears of it.
    fn hang(&self, hangs: bool) {
        *self.hangs.lock().unwrap() = hangs;
    }

    fn lag(&self, lags: bool) {
        *self.lags.lock().unwrap() = lags;
    }

    /// An order that is issued, with the key of the CSR.
    async fn issued(&self, key: &Csr) -> Issued {
        let cc = self.client();
        order!(cc, key).start().await.unwrap().wait(HOUR).await.unwrap()
    }
}

impl Transport for Service {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let (method, path) = (request.method().as_str(), request.path());
        let lists = path.contains("/order/alternate/") || (method == "GET" && (path.ends_with("/reissue") || path.ends_with("/duplicate")));
        if lists && *self.lags.lock().unwrap() {
            let empty = http::Response::builder().status(200).header("content-type", "application/json").body("{}").unwrap();
            return ready(Ok(empty.map(Into::into))).boxed();
        }
        if method == "POST" && path.contains("/order/certificate/") {
            self.sent.lock().unwrap().push(path.to_owned());
            if *self.hangs.lock().unwrap() {
                let sandbox = self.sandbox.clone();
                return async move {
                    sandbox.send(request).await?;
                    std::future::pending().await
                }
                .boxed();
            }
        }
        self.sandbox.send(request)
    }
}

/// What a call is refused with that names what stands in its way.
fn refused(result: Result<PendingIssuance, Error>, names: &str) {
    let error = result.unwrap_err();
    assert!(error.is_mismatch() && !error.is_ambiguous() && error.to_string().contains(names), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_order_with_the_same_id_is_taken_up() {
    for delay in [Duration::ZERO, HOUR] {
        let service = Service::new(Sandbox::builder().issue_delay(delay).approval(ApprovalMode::OneStep)).await;
        let key = csr();
        let first = order!(service.client(), key).start().await.unwrap();
        let again = order!(service.client(), key).start().await.unwrap();
        assert_eq!((again.order_id(), service.writes()), (first.order_id(), 1));
        let issued = again.wait(3 * HOUR).await.unwrap();
        assert_eq!(issued.chain.leaf().public_key_der(), key.public_key_der());
        // Once it is issued it still is the one.
        let cc = service.client();
        let last = order!(cc, key).start().await.unwrap().wait(HOUR).await.unwrap();
        assert_eq!((last.certificate_id, service.writes()), (issued.certificate_id, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn another_order_with_the_same_id_is_named_and_nothing_is_sent() {
    let service = Service::new(Sandbox::builder()).await;
    let (cc, key) = (service.client(), csr());
    let first = order!(cc, key).start().await.unwrap().order_id();
    let names = format!("order {first}");
    refused(order!(cc, csr()).start().await, &names);
    refused(order!(cc, key, Product::SECURE_SITE_OV, "www.example.com").start().await, &names);
    refused(order!(cc, key, Product::BASIC_OV, "example.com").start().await, &names);
    refused(order!(service.client(), csr()).start().await, &names);
    assert_eq!(service.writes(), 1);

    // One id may serve several orders, if that is said.
    let second = order!(cc, csr()).another(true).start().await.unwrap().order_id();
    assert!(second != first && service.writes() == 2);
    // Its page says that `send` is one call.
    order!(cc, key).send().await.unwrap();
    assert_eq!(service.writes(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_ended_does_not_stand_in_the_way() {
    let service = Service::new(Sandbox::builder().issue_delay(HOUR)).await;
    let (cc, key) = (service.client(), csr());
    let first = order!(cc, key).start().await.unwrap().order_id();
    service.sandbox.reject_order(first.0, "no").unwrap();
    let second = order!(cc, key).start().await.unwrap();
    assert!(second.order_id() != first && service.writes() == 2);
    second.wait(2 * HOUR).await.unwrap();

    // Nor does one whose certificate has expired: whoever orders for a name has the same id every year.
    tokio::time::advance(Duration::from_secs(400 * 86_400)).await;
    let third = order!(service.client(), csr()).send().await.unwrap().id;
    service.sandbox.reject_order(third.0, "no").unwrap();
    let fourth = order!(service.client(), csr()).start().await.unwrap();
    assert!(![first, third].contains(&fourth.order_id()) && service.writes() == 4);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_with_the_same_id_is_taken_up_and_the_renewed_order_is_not() {
    let service = Service::new(Sandbox::builder()).await;
    let key = csr();
    let first = service.issued(&key).await.order.id;
    let cc = service.client();
    // The old order has the same id, and even the same key.
    let renewal = || cc.orders().renew(first, key.clone()).alternative_order_id(ID);
    let second = renewal().start().await.unwrap().order_id();
    assert!(second != first && service.writes() == 2);
    assert_eq!(renewal().start().await.unwrap().order_id(), second);
    assert_eq!(service.writes(), 2);
    refused(cc.orders().renew(first, key.clone()).start().await, &format!("already been renewed, by order {second}"));
    let token = cc.orders().renew(first, key.clone()).prepare().await;
    assert!(token.unwrap_err().is_mismatch());
}

#[tokio::test(start_paused = true)]
async fn what_a_client_has_placed_it_remembers_while_the_index_lags() {
    let service = Service::new(Sandbox::builder()).await;
    let (cc, key) = (service.client(), csr());
    service.lag(true);
    let first = order!(cc, key).start().await.unwrap().order_id();
    assert_eq!(order!(cc.clone(), key).start().await.unwrap().order_id(), first);
    refused(order!(cc, csr()).start().await, &format!("order {first}"));
    let duplicate = csr();
    for _ in 0..2 {
        let _ = cc.orders().duplicate(first, duplicate.clone()).start().await.unwrap();
    }
    assert_eq!(service.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_was_dropped_under_way_is_not_placed_again() {
    let service = Service::new(Sandbox::builder()).await;
    let (cc, key) = (service.client(), csr());
    // It arrives, and the caller is gone before the response comes.
    service.hang(true);
    tokio::time::timeout(Duration::from_secs(1), order!(cc, key).start()).await.unwrap_err();
    service.hang(false);
    assert_eq!(service.writes(), 1);
    service.lag(true);
    let error = order!(cc, key).start().await.unwrap_err();
    assert!(error.is_ambiguous() && error.recovery_hint().is_some_and(|hint| hint.contains(ID)), "{error}");
    service.lag(false);
    let found = order!(cc, key).start().await.unwrap();
    assert_eq!((found.order_id(), service.writes()), (order!(service.client(), key).start().await.unwrap().order_id(), 1));

    // Dropped before anything left it is not in doubt.
    let other = csr();
    drop(cc.orders().duplicate(found.order_id(), other.clone()).start());
    let _ = cc.orders().duplicate(found.order_id(), other).start().await.unwrap();
    assert_eq!(service.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn two_calls_at_once_order_once() {
    let service = Service::new(Sandbox::builder()).await;
    let (cc, key) = (service.client(), csr());
    let calls = (0..5).map(|_| async { order!(cc, key).start().await.unwrap().order_id() });
    let ids = futures_util::future::join_all(calls).await;
    assert!(ids.iter().all(|id| *id == ids[0]) && service.writes() == 1, "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reissue_for_the_same_key_is_taken_up_or_named() {
    for delay in [Duration::ZERO, HOUR] {
        let service = Service::new(Sandbox::builder().issue_delay(delay)).await;
        let (first, second) = (csr(), csr());
        let pending = order!(service.client(), first).start().await.unwrap();
        let order = pending.wait(3 * HOUR).await.unwrap();
        let reissue = async |key: &Csr| service.client().orders().reissue(order.order.id, key.clone()).start().await;
        // The order's own certificate has this key.
        refused(reissue(&first).await, &format!("certificate {}", order.certificate_id));
        let asked = reissue(&second).await.unwrap();
        let again = reissue(&second).await.unwrap();
        assert_eq!(service.writes(), 2, "{delay:?}");
        let issued = asked.wait(3 * HOUR).await.unwrap();
        assert_eq!(again.wait(3 * HOUR).await.unwrap().certificate_id, issued.certificate_id);
        assert_eq!(issued.chain.leaf().public_key_der(), second.public_key_der());
        let once_more = reissue(&second).await.unwrap().wait(HOUR).await.unwrap();
        assert_eq!((once_more.certificate_id, service.writes()), (issued.certificate_id, 2));

        // With other names it is another one.
        let cc = service.client();
        let more = cc.orders().reissue(order.order.id, second.clone()).dns_names(["www.example.com"]);
        refused(more.start().await, &format!("certificate {}", issued.certificate_id));
        let more = cc.orders().reissue(order.order.id, second.clone()).dns_names(["www.example.com"]).another(true);
        let more = more.start().await.unwrap().wait(3 * HOUR).await.unwrap();
        assert!(more.certificate_id != issued.certificate_id && service.writes() == 3);
        // Now that one is in use, and the one before is not.
        let last = reissue(&second).await.unwrap().wait(HOUR).await.unwrap();
        assert_eq!((last.certificate_id, service.writes()), (more.certificate_id, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_for_the_same_key_is_taken_up_or_named() {
    let service = Service::new(Sandbox::builder()).await;
    let (first, second) = (csr(), csr());
    let order = service.issued(&first).await;
    let duplicate = async |key: &Csr| service.client().orders().duplicate(order.order.id, key.clone()).start().await;
    refused(duplicate(&first).await, &format!("certificate {}", order.certificate_id));
    let asked = duplicate(&second).await.unwrap().wait(HOUR).await.unwrap();
    let again = duplicate(&second).await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!((again.certificate_id, service.writes()), (asked.certificate_id, 2));
    let cc = service.client();
    let another = cc.orders().duplicate(order.order.id, second.clone()).another(true).start().await.unwrap();
    assert!(another.wait(HOUR).await.unwrap().certificate_id != asked.certificate_id && service.writes() == 3);
}

#[tokio::test(start_paused = true)]
async fn what_was_ordered_elsewhere_is_adopted_by_its_key() {
    let service = Service::new(Sandbox::builder().issue_delay(HOUR).approval(ApprovalMode::OneStep)).await;
    let cc = service.client();
    let keys = [csr(), csr(), csr()];
    let id = order!(cc, keys[0]).send().await.unwrap().id;
    let adopt = |key: &Csr| cc.orders().adopt(id, key.clone()).start();
    let issued = adopt(&keys[0]).await.unwrap().wait(3 * HOUR).await.unwrap();
    cc.orders().reissue(id, keys[1].clone()).send().await.unwrap();
    let reissued = adopt(&keys[1]).await.unwrap().wait(3 * HOUR).await.unwrap();
    cc.orders().duplicate(id, keys[2].clone()).send().await.unwrap();
    let duplicate = adopt(&keys[2]).await.unwrap().wait(3 * HOUR).await.unwrap();
    for (issued, key) in [&issued, &reissued, &duplicate].into_iter().zip(&keys) {
        assert_eq!(issued.chain.leaf().public_key_der(), key.public_key_der());
    }
    refused(adopt(&csr()).await, "has no certificate for this key");
    assert!(cc.orders().adopt(OrderId(1), csr()).start().await.unwrap_err().is_not_found());
}

/// Keeps tokens, and stops at the one of these that is wanted, as if the process died right after it was kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<IssuanceToken>>>);

impl Kept {
    fn keep(&self, token: IssuanceToken) {
        // As a file keeps it.
        let token = serde_json::from_str(&serde_json::to_string(&token).unwrap()).unwrap();
        self.0.lock().unwrap().push(token);
    }

    fn last(&self) -> IssuanceToken {
        self.0.lock().unwrap().last().unwrap().clone()
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    async fn resume(&self, cc: &CertCentral) -> Result<PendingIssuance, Error> {
        let kept = self.clone();
        let save = move |token| {
            kept.keep(token);
            ready(Ok::<_, io::Error>(()))
        };
        cc.orders().resume_issuance(self.last()).save_with(save).start().await
    }
}

/// A token of each kind of write, prepared; what it is about is in the service.
async fn prepared(service: &Service) -> Vec<(&'static str, Kept)> {
    let cc = service.client();
    let own = service.issued(&csr()).await.order.id;
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let tokens = [
        ("order", order.plan(Plan::years(1)).prepare().unwrap()),
        ("renew", cc.orders().renew(own, csr()).prepare().await.unwrap()),
        ("reissue", cc.orders().reissue(own, csr()).prepare().await.unwrap()),
        ("duplicate", cc.orders().duplicate(own, csr()).prepare().await.unwrap()),
    ];
    let kept = |(name, token)| {
        let kept = Kept::default();
        kept.keep(token);
        (name, kept)
    };
    tokens.map(kept).into()
}

#[tokio::test(start_paused = true)]
async fn what_was_prepared_is_sent_once_wherever_it_is_gone_on_with() {
    let service = Service::new(Sandbox::builder()).await;
    for (name, kept) in Box::pin(prepared(&service)).await {
        let before = service.writes();
        // It was not sent, so nothing is looked for; but the mark that it is has to be kept.
        let unkept = service.client().orders().resume_issuance(kept.last()).start().await.unwrap_err();
        assert!(unkept.is_invalid_input() && unkept.to_string().starts_with("save_with: "), "{name}: {unkept}");
        let full = |_| ready(Err("the disk is full"));
        let unkept = service.client().orders().resume_issuance(kept.last()).save_with(full).start().await.unwrap_err();
        assert!(unkept.to_string().contains("the disk is full"), "{name}: {unkept}");
        assert_eq!(service.writes(), before, "{name}");

        let first = kept.resume(&service.client()).await.unwrap();
        assert_eq!((service.writes(), kept.len()), (before + 1, 3), "{name}: sent once; kept as prepared, being sent, and placed");
        // Killed after it was sent, with the mark kept, or after its token was.
        for stage in [1, 2] {
            let token = kept.0.lock().unwrap()[stage].clone();
            let again = service.client().orders().resume_issuance(token).start().await.unwrap();
            assert_eq!(again.order_id(), first.order_id(), "{name}");
            assert_eq!(again.wait(HOUR).await.unwrap().certificate_id, first.clone().wait(HOUR).await.unwrap().certificate_id, "{name}");
        }
        // An old copy of the token: the mark is not in it.
        let old = Kept::default();
        old.keep(kept.0.lock().unwrap()[0].clone());
        assert_eq!(old.resume(&service.client()).await.unwrap().order_id(), first.order_id(), "{name}");
        assert_eq!(service.writes(), before + 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_is_sent_again_only_by_name() {
    let service = Service::new(Sandbox::builder()).await;
    for (name, kept) in Box::pin(prepared(&service)).await {
        let before = service.writes();
        // Killed with the mark kept, and nothing sent.
        let cc = service.client();
        let marked = kept.clone();
        let killed = cc.orders().resume_issuance(kept.last()).save_with(move |token| {
            marked.keep(token);
            ready(Err("killed"))
        });
        killed.start().await.unwrap_err();
        assert_eq!((service.writes(), kept.len()), (before, 2), "{name}");

        for _ in 0..2 {
            let error = kept.resume(&service.client()).await.unwrap_err();
            assert!(error.is_ambiguous() && error.recovery_hint().is_some() && error.to_string().contains("send_again"), "{name}: {error}");
        }
        assert_eq!(service.writes(), before, "{name}");
        let sent = service.client().orders().resume_issuance(kept.last()).send_again(true).start().await.unwrap();
        sent.wait(HOUR).await.unwrap();
        // It was sent, so it is found, and not sent again.
        let cc = service.client();
        let found = cc.orders().resume_issuance(kept.last()).send_again(true).start().await.unwrap();
        found.wait(HOUR).await.unwrap();
        assert_eq!(service.writes(), before + 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_shows_nobody_that_the_order_names() {
    let service = Service::new(Sandbox::builder()).await;
    let cc = service.client();
    let token = order!(cc, csr()).comment("for Jill").additional_emails(["jill@example.com"]).prepare().unwrap();
    let shown = format!("{token:?}");
    assert!(!shown.to_lowercase().contains("jill") && !shown.contains("REQUEST-----") && shown.contains(ID), "{shown}");
    // Of a prepared order nothing may be changed either.
    let mut changed = serde_json::to_value(&token).unwrap();
    let place = &mut changed["content"]["prepared"]["body"]["order"]["request"]["certificate"]["common_name"];
    assert_eq!(*place, "example.com");
    *place = "example.org".into();
    let mut added = serde_json::to_value(&token).unwrap();
    added["content"]["prepared"]["body"]["order"]["request"]["skip_approval_of_all"] = true.into();
    assert!(serde_json::from_value::<IssuanceToken>(added).is_err(), "an added member would not be under the seal");
    let changed: IssuanceToken = serde_json::from_value(changed).unwrap();
    let save = |_| ready(Ok::<_, io::Error>(()));
    assert!(cc.orders().resume_issuance(changed).save_with(save).start().await.unwrap_err().is_invalid_input());
    assert_eq!(service.writes(), 0);
}
