//! Answers to writes that are lost on the way: what was done is found and adopted, never done twice.

mod keys;

use std::{sync::Arc, sync::Mutex, time::Duration};

use futures_util::{future::BoxFuture, stream};
use shomei::{
    ApiKey, CallOptions, CertCentral, Csr, Error, ResponseBody, RetryPolicy, Sandbox, Transport, TransportError, TransportRequest,
    certcentral::{
        OrganizationId, Plan, Product, RequestStatus,
        flow::{DcvInstructions, PendingIssuance},
    },
    sandbox::ApprovalMode,
};

use crate::judge::csr;

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
/// Where orders are placed.
const ORDER: &str = "/order/certificate/ssl_securesite_flex";
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
    /// The service begins to answer; whatever it has done does not show for a long time.
    ShortBody,
    /// It is done, and answered with this.
    Garbled(&'static str),
    /// The connection is never made.
    Unsent,
    /// The service refuses it.
    Refused,
    /// Nothing.
    Fine,
    /// Somebody else is quicker.
    Overtaken,
}

/// What somebody else does meanwhile.
type Meanwhile = Box<dyn FnOnce(CertCentral) -> BoxFuture<'static, ()> + Send>;

/// Loses requests, or their answers: each first one to a path that is to be lost.
#[derive(Clone)]
struct Lossy {
    sandbox: Sandbox,
    losses: Arc<Mutex<Vec<(&'static str, Fate)>>>,
    meanwhile: Arc<Mutex<Option<Meanwhile>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Lossy {
    fn new() -> (Self, CertCentral) {
        Self::with(Sandbox::new())
    }

    fn with(sandbox: Sandbox) -> (Self, CertCentral) {
        let lossy = Self { sandbox, losses: Arc::default(), meanwhile: Arc::default(), calls: Arc::default() };
        let key = ApiKey::new(lossy.sandbox.api_key()).unwrap();
        let cc = CertCentral::builder(key).base_url("https://sandbox.invalid/services/v2").transport(lossy.clone()).build().unwrap();
        (lossy, cc)
    }

    /// Before the next loss of the same, all that was to be lost has to be lost.
    fn lose(&self, what: &'static str, fate: Fate) {
        self.lose_all(what, &[fate]);
    }

    fn lose_all(&self, what: &'static str, fates: &[Fate]) {
        assert!(self.losses.lock().unwrap().iter().all(|(other, _)| *other != what), "more to {what} was to be lost");
        self.losses.lock().unwrap().extend(fates.iter().map(|fate| (what, *fate)));
    }

    fn assert_lost(&self) {
        let left = self.losses.lock().unwrap();
        assert!(left.is_empty(), "{} more to {} was to be lost", left.len(), left[0].0);
    }

    /// Has somebody else do something when the next loss happens.
    fn meanwhile<F: Future<Output = ()> + Send + 'static>(&self, act: impl FnOnce(CertCentral) -> F + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(|cc| Box::pin(act(cc))));
    }

    /// How many orders, reissues and duplicates were sent.
    fn writes(&self) -> usize {
        [ORDER, "/reissue", "/duplicate"].map(|what| self.calls(what)).iter().sum()
    }

    fn calls(&self, what: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| is_to(call, what)).count()
    }
}

/// Whether this is the write that is meant, or the look-up.
fn is_to(call: &str, what: &str) -> bool {
    call.ends_with(what) && (call.starts_with("POST") || what.starts_with("/order/alternate"))
}

impl Transport for Lossy {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let call = format!("{} {}", request.method(), request.path());
        let fate = {
            let mut losses = self.losses.lock().unwrap();
            let next = losses.iter().position(|(what, _)| is_to(&call, what));
            next.map(|next| losses.remove(next).1)
        };
        self.calls.lock().unwrap().push(call);
        Box::pin(async move {
            let act = async || {
                let meanwhile = self.meanwhile.lock().unwrap().take();
                if let Some(act) = meanwhile {
                    act(self.sandbox.certcentral().unwrap()).await;
                }
            };
            if fate == Some(Fate::Overtaken) {
                act().await;
            }
            let answer = match fate {
                None | Some(Fate::AnswerLost | Fate::Fine | Fate::Overtaken) => self.sandbox.send(request).await,
                Some(Fate::RequestLost) => Err(TransportError::broken("reset by peer")),
                Some(Fate::Swallowed) => std::future::pending().await,
                Some(Fate::Unsent) => Err(TransportError::unsent("refused")),
                Some(Fate::Refused) => {
                    let body = r#"{"errors":[{"code":"exceeds_balance","message":"There is not enough money."}]}"#;
                    Ok(http::Response::builder().status(400).body(body.into()).unwrap())
                }
                Some(Fate::Garbled(body)) => {
                    self.sandbox.send(request).await?;
                    Ok(http::Response::builder().status(201).header("content-type", "application/json").body(body.into()).unwrap())
                }
                Some(Fate::ShortBody) => {
                    let chunks = stream::iter([Ok("{\"id\"".into()), Err(TransportError::broken("reset by peer"))]);
                    Ok(http::Response::builder().status(201).body(ResponseBody::stream(chunks)).unwrap())
                }
            };
            if fate.is_some_and(|fate| fate != Fate::Fine) {
                act().await;
            }
            if fate == Some(Fate::AnswerLost) { answer.and(Err(TransportError::broken("reset by peer"))) } else { answer }
        })
    }
}

async fn validate(lossy: &Lossy, cc: &CertCentral) {
    let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
    if let DcvInstructions::Txt { name, value, .. } = pending.instructions() {
        lossy.sandbox.dns().publish_txt(name, value);
    }
    pending.wait(HOUR).await.unwrap();
}

async fn order(cc: &CertCentral, csr: Csr, own_id: Option<&str>) -> Result<PendingIssuance, Error> {
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr).common_name("example.com").organization(ORGANIZATION);
    // One id serves several orders here.
    order.plan(Plan::years(1)).maybe_alternative_order_id(own_id).another(own_id.is_some()).start().await
}

/// The same client, which may send again what does not show.
fn resending(cc: &CertCentral) -> CertCentral {
    cc.with_options(CallOptions::default().retry(RetryPolicy::default().resend_if_absent(true)))
}

async fn count(cc: &CertCentral) -> usize {
    cc.orders().list().send().await.unwrap().orders.len()
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_was_lost_is_adopted() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    lossy.lose(ORDER, Fate::AnswerLost);
    let first = order(&cc, csr(), None).await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(count(&cc).await, 1);

    lossy.lose(ORDER, Fate::AnswerLost);
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
    lossy.assert_lost();
}

#[tokio::test(start_paused = true)]
async fn no_order_is_taken_for_another_because_a_program_seeds_its_generator() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    let mut placed = Vec::new();
    for _ in 0..2 {
        fastrand::seed(7);
        lossy.lose("/order/certificate/ssl_securesite_flex", Fate::AnswerLost);
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
        let id = order.plan(Plan::years(1)).start().await.unwrap().wait(HOUR).await.unwrap().order.id;
        let order = cc.orders().get(id).send().await.unwrap();
        let own_id = order.alternative_order_id.unwrap();
        assert!(own_id.len() == 32 && own_id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{own_id}");
        placed.push((id, own_id));
    }
    assert!(placed[0].0 != placed[1].0 && placed[0].1 != placed[1].1, "{placed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_domain_whose_answer_was_lost_is_adopted() {
    let (lossy, cc) = Lossy::new();
    lossy.lose("POST /services/v2/domain", Fate::AnswerLost);
    validate(&lossy, &cc).await;
    assert_eq!(cc.domains().list().send().await.unwrap().domains.len(), 1);
    lossy.assert_lost();
}

#[tokio::test(start_paused = true)]
async fn only_a_domain_is_sent_once_more_without_being_asked() {
    let (lossy, cc) = Lossy::new();
    lossy.lose("POST /services/v2/domain", Fate::RequestLost);
    validate(&lossy, &cc).await;
    assert_eq!(cc.domains().list().send().await.unwrap().domains.len(), 1);
    assert_eq!(lossy.calls("POST /services/v2/domain"), 2);

    let first = order(&cc, csr(), None).await.unwrap().wait(HOUR).await.unwrap().order.id;
    for what in [ORDER, "/reissue", "/duplicate"] {
        lossy.lose(what, Fate::RequestLost);
    }
    let sent = lossy.writes();
    for error in [
        order(&cc, csr(), None).await.unwrap_err(),
        cc.orders().reissue(first, csr()).start().await.unwrap_err(),
        cc.orders().duplicate(first, csr()).start().await.unwrap_err(),
    ] {
        assert!(error.is_ambiguous() && error.recovery_hint().is_some(), "{error}");
    }
    assert_eq!(lossy.writes() - sent, 3);
    lossy.assert_lost();
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_before_it_arrived_is_sent_once_more_for_who_asks_for_it() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    let cc = resending(&cc);

    lossy.lose(ORDER, Fate::RequestLost);
    let first = order(&cc, csr(), None).await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(count(&cc).await, 1);

    lossy.lose("/reissue", Fate::RequestLost);
    cc.orders().reissue(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(cc.orders().reissues(first.order.id).send().await.unwrap().len(), 1);

    lossy.lose("/duplicate", Fate::RequestLost);
    cc.orders().duplicate(first.order.id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();
    assert_eq!(cc.orders().duplicates(first.order.id).send().await.unwrap().len(), 1);
    lossy.assert_lost();
}

#[tokio::test(start_paused = true)]
async fn where_it_cannot_be_known_the_error_says_what_to_look_for() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    let order = async |cc: &CertCentral, own_id: &str| order(cc, csr(), Some(own_id)).await.unwrap_err();
    // The service may still be at work on what was never answered.
    lossy.lose(ORDER, Fate::Swallowed);
    let error = order(&cc, "my-own-id").await;
    assert!(error.is_ambiguous() && error.was_sent());
    assert_eq!(error.recovery_hint(), Some("an order with the alternative_order_id my-own-id"));
    assert!(
        error.to_string().contains("it may have been carried out: look for an order with the alternative_order_id my-own-id"),
        "{error}"
    );

    // Whoever wants nothing to be repeated gets nothing repeated.
    lossy.lose(ORDER, Fate::RequestLost);
    let once = cc.with_options(CallOptions::default().retry(RetryPolicy::never()));
    assert_eq!(order(&once, "another-id").await.recovery_hint(), Some("an order with the alternative_order_id another-id"));
    assert_eq!(count(&cc).await, 0, "it was not ordered a second time");

    lossy.lose("POST /services/v2/domain", Fate::Swallowed);
    let error = cc.domains().validate("example.net").organization(ORGANIZATION).start().await.unwrap_err();
    assert_eq!(error.recovery_hint(), Some("the domain example.net"));
    lossy.assert_lost();
}

#[tokio::test(start_paused = true)]
async fn what_is_older_is_not_taken_for_what_was_lost() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    let order = || order(&cc, csr(), Some("my-own-id"));
    let first = order().await.unwrap().wait(HOUR).await.unwrap();
    let key = csr();
    cc.orders().duplicate(first.order.id, key.clone()).start().await.unwrap().wait(HOUR).await.unwrap();
    tokio::time::advance(HOUR).await;
    cc.users().me().send().await.unwrap();

    lossy.lose(ORDER, Fate::Swallowed);
    assert!(order().await.unwrap_err().recovery_hint().is_some());
    lossy.lose("/duplicate", Fate::Swallowed);
    assert!(cc.orders().duplicate(first.order.id, key).another(true).start().await.unwrap_err().recovery_hint().is_some());
    lossy.assert_lost();
}

/// What the second sending comes to says nothing about the first.
#[tokio::test(start_paused = true)]
async fn a_second_sending_that_fails_does_not_hide_that_the_first_may_have_happened() {
    for again in [&[Fate::Refused][..], &[Fate::Unsent; 4], &[Fate::RequestLost], &[Fate::Swallowed]] {
        let (lossy, cc) = Lossy::new();
        validate(&lossy, &cc).await;
        lossy.lose_all(ORDER, &[&[Fate::RequestLost], again].concat());
        let error = order(&resending(&cc), csr(), Some("my-own-id")).await.unwrap_err();
        assert!(error.is_ambiguous() && error.was_sent(), "{error}");
        assert_eq!(error.recovery_hint(), Some("an order with the alternative_order_id my-own-id"));
        assert_eq!(error.attempts() as usize, 1 + again.len());
        assert!(error.elapsed() >= Duration::from_secs(60), "{error:?}");
        assert_eq!(lossy.calls(ORDER), 1 + again.len());
        lossy.assert_lost();
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_is_not_sent_again_however_little_came_of_it() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    lossy.lose(ORDER, Fate::ShortBody);
    let error = order(&cc, csr(), None).await.unwrap_err();
    assert!(error.is_ambiguous() && error.recovery_hint().is_some(), "{error}");
    assert_eq!(lossy.calls(ORDER), 1);
    lossy.assert_lost();
}

#[tokio::test(start_paused = true)]
async fn a_search_has_an_end_and_can_be_shorter() {
    for (search, most) in [(None, 300 + 120), (Some(Duration::from_secs(10)), 300 + 20), (Some(Duration::ZERO), 300)] {
        let (lossy, cc) = Lossy::new();
        validate(&lossy, &cc).await;
        let cc = search.map_or_else(|| cc.clone(), |time| cc.with_options(CallOptions::default().recovery_timeout(time)));
        lossy.lose(ORDER, Fate::Swallowed);
        // The first look-up is the one before the write.
        lossy.lose_all("/order/alternate/my-own-id", &[&[Fate::Fine][..], &[Fate::Swallowed; 40]].concat());
        let started = tokio::time::Instant::now();
        assert!(order(&cc, csr(), Some("my-own-id")).await.unwrap_err().is_ambiguous());
        assert!(started.elapsed() <= Duration::from_secs(most), "{search:?}: {:?}", started.elapsed());
        assert_eq!(lossy.calls("/order/alternate/my-own-id") == 1, search == Some(Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_orders_with_one_id_the_one_with_the_key_is_adopted() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    let cc = resending(&cc);
    let batch = |key| order(&cc, key, Some("customer-42"));
    let keys = [csr(), csr(), csr(), csr()];
    drop(batch(keys[0].clone()).await.unwrap());
    for (key, fate) in keys[1..].iter().zip([Fate::RequestLost, Fate::AnswerLost, Fate::RequestLost]) {
        lossy.lose(ORDER, fate);
        let issued = batch(key.clone()).await.unwrap().wait(HOUR).await.unwrap();
        assert_eq!(issued.order.alternative_order_id.as_deref(), Some("customer-42"));
    }
    assert_eq!(count(&cc).await, keys.len());
    // Of two for one key it is the one that was not there before.
    let earlier = batch(keys[3].clone()).await.unwrap().order_id();
    lossy.lose(ORDER, Fate::AnswerLost);
    assert!(batch(keys[3].clone()).await.unwrap().order_id() > earlier);
    // Which of two new ones it is cannot be known.
    lossy.lose(ORDER, Fate::AnswerLost);
    let key = keys[3].clone();
    lossy.meanwhile(move |colleague| async move {
        drop(order(&colleague, key, Some("customer-42")).await.unwrap());
    });
    assert!(batch(keys[3].clone()).await.unwrap_err().is_ambiguous());
    lossy.assert_lost();
}

#[tokio::test(start_paused = true)]
async fn requests_of_others_are_neither_waited_for_nor_approved() {
    let (lossy, cc) = Lossy::with(Sandbox::builder().approval(ApprovalMode::OneStep).build());
    validate(&lossy, &cc).await;
    let id = order(&cc, csr(), None).await.unwrap().wait(HOUR).await.unwrap().order.id;
    // One that was rejected long ago is not the reissue's,
    let old = cc.orders().reissue(id, csr()).send().await.unwrap().requests[0].id;
    lossy.sandbox.reject_request(old.0, "not now").unwrap();
    tokio::time::advance(HOUR).await;
    lossy.lose("/reissue", Fate::AnswerLost);
    cc.orders().reissue(id, csr()).start().await.unwrap().wait(HOUR).await.unwrap();

    // nor is that of a colleague who asks for a duplicate in the same moment.
    lossy.lose("/duplicate", Fate::AnswerLost);
    lossy.meanwhile(move |colleague| async move {
        colleague.orders().duplicate(id, csr()).send().await.unwrap();
    });
    let pending = cc.orders().duplicate(id, csr()).start().await.unwrap();
    let requests: Vec<_> = cc.orders().get(id).send().await.unwrap().requests;
    let [.., own, colleagues] = &requests[..] else { panic!("{requests:?}") };
    let (_, issued) = tokio::join!(
        async {
            tokio::time::sleep(HOUR / 2).await;
            lossy.sandbox.approve_request(own.id.0).unwrap();
        },
        pending.wait(HOUR)
    );
    issued.unwrap();
    let left = cc.requests().get(colleagues.id).send().await.unwrap();
    assert_eq!(left.status, Some(RequestStatus::Pending), "nobody asked us to approve it");
    lossy.assert_lost();
}

#[tokio::test(start_paused = true)]
async fn a_domain_that_a_colleague_added_meanwhile_is_theirs() {
    let (lossy, cc) = Lossy::new();
    let other = cc.organizations().create("Other").address("1-1").city("Minato").state("Tokyo").zip("105-0001").country("jp");
    let other = other.telephone("03-0000-0000").send().await.unwrap().id;
    lossy.lose("POST /services/v2/domain", Fate::RequestLost);
    lossy.meanwhile(move |colleague| async move {
        colleague.domains().add("example.com").organization(other).send().await.unwrap();
    });
    let error = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap_err();
    assert!(error.is_ambiguous() && error.recovery_hint().is_some(), "{error}");
    assert_eq!(lossy.calls("POST /services/v2/domain"), 1);
}

#[tokio::test(start_paused = true)]
async fn two_who_validate_a_domain_at_once_both_end_with_it() {
    let (lossy, cc) = Lossy::new();
    lossy.lose("POST /services/v2/domain", Fate::Overtaken);
    lossy.meanwhile(|colleague| async move {
        drop(colleague.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap());
    });
    let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
    let domains = cc.domains().list().send().await.unwrap().domains;
    assert_eq!(domains.iter().map(|domain| domain.id).collect::<Vec<_>>(), [pending.id()]);
    assert_eq!(lossy.calls("POST /services/v2/domain"), 1, "the other one was the colleague's");
    lossy.assert_lost();

    // A refusal for another reason stands.
    let error = cc.domains().validate("example.net").organization(OrganizationId(1)).start().await.unwrap_err();
    assert!(!error.is_ambiguous() && error.status().is_some(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_own_id_with_white_space_at_an_end_is_refused_before_anything_is_sent() {
    let (lossy, cc) = Lossy::new();
    validate(&lossy, &cc).await;
    let sent = lossy.calls.lock().unwrap().len();
    for id in ["a ", " a", "a\t", "\u{3000}a", " "] {
        assert!(order(&cc, csr(), Some(id)).await.unwrap_err().is_invalid_input(), "{id:?}");
    }
    assert_eq!(lossy.calls.lock().unwrap().len(), sent);
}
