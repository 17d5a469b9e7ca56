//! Answers to writes that are lost on the way: what was done is found and adopted, never done twice.

use std::{sync::Arc, sync::Mutex, time::Duration};

use futures_util::future::BoxFuture;
use shomei::{
    ApiKey, CallOptions, CertCentral, Retry, Sandbox, Transport, TransportError,
    certcentral::{OrganizationId, Plan, Product, flow::Instructions},
};

use crate::judge::csr;

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);

/// What happens to a request.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It arrives, and its answer is lost.
    AnswerLost,
    /// It is lost itself.
    RequestLost,
    /// It is lost, and nobody ever says so.
    Swallowed,
}

/// Loses the first request to a path, or its answer.
#[derive(Clone)]
struct Lossy {
    sandbox: Sandbox,
    loses: Arc<Mutex<Option<(&'static str, Fate)>>>,
}

impl Lossy {
    fn new() -> (Self, CertCentral) {
        let lossy = Self { sandbox: Sandbox::new(), loses: Arc::default() };
        let key = ApiKey::new(lossy.sandbox.api_key()).unwrap();
        let cc = CertCentral::builder(key).base_url("https://sandbox.invalid/services/v2").transport(lossy.clone()).build().unwrap();
        (lossy, cc)
    }

    fn lose(&self, what: &'static str, fate: Fate) {
        *self.loses.lock().unwrap() = Some((what, fate));
    }
}

impl Transport for Lossy {
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, TransportError>> {
        let call = format!("{} {}", request.method(), request.url().path());
        let fate = self.loses.lock().unwrap().take_if(|(what, _)| call.ends_with(*what)).map(|(_, fate)| fate);
        Box::pin(async move {
            match fate {
                None => self.sandbox.send(request).await,
                Some(Fate::AnswerLost) => self.sandbox.send(request).await.and(Err(TransportError::broken("reset by peer"))),
                Some(Fate::RequestLost) => Err(TransportError::broken("reset by peer")),
                Some(Fate::Swallowed) => std::future::pending().await,
            }
        })
    }
}

async fn validate(lossy: &Lossy, cc: &CertCentral) {
    let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
    if let Instructions::Txt { name, value, .. } = pending.instructions() {
        lossy.sandbox.dns().publish_txt(name, value);
    }
    pending.wait(HOUR).await.unwrap();
}

async fn count(cc: &CertCentral) -> usize {
    cc.orders().list().send().await.unwrap().orders.len()
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_was_lost_is_adopted() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    lossy.lose("/order/certificate/ssl_securesite_flex", Fate::AnswerLost);
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let first = order.plan(Plan::years(1)).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(count(&cc).await, 1);

    lossy.lose("/order/certificate/ssl_securesite_flex", Fate::AnswerLost);
    let renewed = cc.orders().renew(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_ne!(renewed.order.id, first.order.id);
    assert_eq!(count(&cc).await, 2);

    lossy.lose("/reissue", Fate::AnswerLost);
    let reissued = cc.orders().reissue(renewed.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(cc.orders().reissues(renewed.order.id).send().await.unwrap().len(), 1);

    lossy.lose("/duplicate", Fate::AnswerLost);
    let duplicate = cc.orders().duplicate(renewed.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_ne!(duplicate.certificate_id, reissued.certificate_id);
    assert_eq!(cc.orders().duplicates(renewed.order.id).send().await.unwrap().len(), 1);
    assert_eq!(count(&cc).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_domain_whose_answer_was_lost_is_adopted() {
    let (lossy, cc) = Lossy::new();
    lossy.lose("POST /services/v2/domain", Fate::AnswerLost);
    validate(&lossy, &cc).await;
    assert_eq!(cc.domains().list().send().await.unwrap().domains.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_before_it_arrived_is_sent_once_more() {
    let (lossy, cc) = Lossy::new();
    lossy.lose("POST /services/v2/domain", Fate::RequestLost);
    validate(&lossy, &cc).await;
    assert_eq!(cc.domains().list().send().await.unwrap().domains.len(), 1);

    lossy.lose("/order/certificate/ssl_securesite_flex", Fate::RequestLost);
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let first = order.plan(Plan::years(1)).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(count(&cc).await, 1);

    lossy.lose("/reissue", Fate::RequestLost);
    cc.orders().reissue(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(cc.orders().reissues(first.order.id).send().await.unwrap().len(), 1);

    lossy.lose("/duplicate", Fate::RequestLost);
    cc.orders().duplicate(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(cc.orders().duplicates(first.order.id).send().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_it_cannot_be_known_the_error_says_what_to_look_for() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    let order = async |cc: &CertCentral, own_id: &str| {
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
        order.plan(Plan::years(1)).alternative_order_id(own_id).start().await.unwrap_err()
    };
    // The service may still be at work on what was never answered.
    lossy.lose("/order/certificate/ssl_securesite_flex", Fate::Swallowed);
    let error = order(&cc, "my-own-id").await;
    assert!(error.may_have_happened() && error.was_sent());
    assert_eq!(error.trace(), Some("an order with the alternative_order_id my-own-id"));
    assert!(error.to_string().contains("it may have happened: look for an order with the alternative_order_id my-own-id"), "{error}");

    // Whoever wants nothing to be repeated gets nothing repeated.
    lossy.lose("/order/certificate/ssl_securesite_flex", Fate::RequestLost);
    let once = cc.with(CallOptions::default().retry(Retry::off()));
    assert_eq!(order(&once, "another-id").await.trace(), Some("an order with the alternative_order_id another-id"));
    assert_eq!(count(&cc).await, 0, "it was not ordered a second time");

    lossy.lose("POST /services/v2/domain", Fate::Swallowed);
    let error = cc.domains().validate("example.net").organization(ORGANIZATION).start().await.unwrap_err();
    assert_eq!(error.trace(), Some("the domain example.net"));
}

#[tokio::test(start_paused = true)]
async fn what_is_older_is_not_taken_for_what_was_lost() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    let order = || {
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
        order.plan(Plan::years(1)).alternative_order_id("my-own-id")
    };
    let first = order().start().await.unwrap().wait(HOUR).await.unwrap();
    let key = csr();
    cc.orders().duplicate(first.order.id, key.clone()).start().await.unwrap().wait(HOUR).await.unwrap();
    tokio::time::advance(HOUR).await;
    cc.users().me().send().await.unwrap();

    lossy.lose("/order/certificate/ssl_securesite_flex", Fate::Swallowed);
    assert!(order().start().await.unwrap_err().trace().is_some());
    lossy.lose("/duplicate", Fate::Swallowed);
    assert!(cc.orders().duplicate(first.order.id, key).start().await.unwrap_err().trace().is_some());
}
