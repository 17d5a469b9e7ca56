//! Faults on the way to the services and back: what networks, proxies and services do wrong, on purpose and repeatably.

mod script;
mod spoil;
mod way;
mod wobble;
mod words;

use std::time::Duration;

use http::{Method, StatusCode, Uri};

use super::certcentral::BASE;
use super::http::{matches, segments};

pub(crate) use self::script::{Fate, Script};
pub(crate) use self::way::{Body, Interrupted, Lost};
pub(crate) use self::words::Particulars;

/// How often a plan with a seed, but without a rate of its own, disturbs a call.
const USUAL_RATE: f64 = 0.1;

/// What goes wrong, and when: given to [`SandboxBuilder::faults`](super::SandboxBuilder::faults), or later to
/// [`Sandbox::set_faults`](super::Sandbox::set_faults).
///
/// Faults meet the calls of the clients in process and over a socket; [`Sandbox::handle`](super::Sandbox::handle) knows none, so
/// that a test can look at what became of everything. Of several rules for one call the first counts. The same plan disturbs the same
/// calls in the same way, each time.
///
/// ```
/// # use shomei::sandbox::Sandbox;
/// use shomei::sandbox::{CallMatcher, Fault, FaultPlan};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), shomei::Error> {
/// let plan = FaultPlan::new()
///     .on(CallMatcher::to("GET /user/me").nth(1), Fault::Refuse)
///     .on(CallMatcher::to("GET /user/me").nth(2), Fault::Page(http::StatusCode::SERVICE_UNAVAILABLE));
/// let sandbox = Sandbox::builder().faults(plan).build();
/// sandbox.certcentral()?.users().me().send().await?; // the client tries again
/// assert_eq!(sandbox.faults_met().len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a plan does nothing until a sandbox has it"]
pub struct FaultPlan {
    rules: Vec<(CallMatcher, Fault)>,
    seed: u64,
    rate: f64,
    among: Vec<Fault>,
}

impl FaultPlan {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// One call in ten meets a fault, whichever the seed makes it: [one of each class](Fault::of_each_class).
    pub fn seeded(seed: u64) -> Self {
        Self { seed, rate: USUAL_RATE, ..Self::new() }
    }

    /// Some calls meet this fault.
    pub fn on(mut self, calls: CallMatcher, fault: Fault) -> Self {
        self.rules.push((calls, fault));
        self
    }

    /// How many calls meet a fault by chance: 0 for none, 1 for all.
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// The faults that calls meet by chance; one of each class unless set.
    pub fn among(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.among = faults.into_iter().collect();
        self
    }
}

/// Which calls meet a fault: all, those to one operation, and of these the n-th alone or the first of them.
///
/// ```
/// # use shomei::sandbox::CallMatcher;
/// let second_order = CallMatcher::to("POST /order/certificate/{product_name_id}").nth(2);
/// let checks = CallMatcher::to("POST /pocketsign.verify.v2.CertificateService/CheckCertificateStatus").first(3);
/// # assert_ne!(second_order, checks);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a rule of a fault plan says which calls it is about"]
pub struct CallMatcher {
    method: Option<String>,
    pattern: Option<String>,
    first: u64,
    last: u64,
}

impl CallMatcher {
    /// Every call to any service.
    pub fn all() -> Self {
        Self { method: None, pattern: None, first: 1, last: u64::MAX }
    }

    /// The calls to an operation, written as the services document it: method and path, `GET /order/certificate/{order_id}`. Paths
    /// of CertCentral begin below [`Sandbox::CERTCENTRAL`](super::Sandbox::CERTCENTRAL), those of PocketSign Verify at the root; what
    /// stands in braces is any one segment. Without a method any one fits.
    pub fn to(operation: &str) -> Self {
        let (method, pattern) = match operation.trim().split_once(' ') {
            Some((method, pattern)) => (Some(method.to_owned()), pattern.trim()),
            None => (None, operation.trim()),
        };
        Self { method, pattern: Some(pattern.to_owned()), ..Self::all() }
    }

    /// Only the n-th of these calls, counted from 1.
    pub fn nth(self, number: u64) -> Self {
        Self { first: number, last: number, ..self }
    }

    /// Only the first of these calls, so many.
    pub fn first(self, count: u64) -> Self {
        Self { first: 1, last: count, ..self }
    }

    fn fit(&self, method: &Method, uri: &Uri) -> bool {
        let base = if segments(uri, BASE).is_some() { BASE } else { "" };
        let fits = |pattern: &String| segments(uri, base).is_some_and(|segments| matches(pattern, &segments).is_some());
        self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method.as_str())) && self.pattern.as_ref().is_none_or(fits)
    }
}

/// One thing that goes wrong. Each variant says whether the service does what it was asked; see
/// [`reaches_the_service`](Self::reaches_the_service).
///
/// Where an answer has no body, its body cannot be spoiled; where it is not JSON, nor can its members. It then arrives as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is refused; nothing leaves the client. Over a socket the call has to be known first: the connection is closed
    /// once the head of the request has arrived.
    Refuse,
    /// The connection is reset before the request is read. The service has seen nothing, but the client cannot know.
    ResetBefore,
    /// The connection is reset after the service has done what it was asked: the answer is lost.
    ResetAfter,
    /// A proxy answers with a page in HTML instead of the service, which has seen nothing.
    Page(StatusCode),
    /// A proxy answers with a page in HTML after the service has done what it was asked.
    PageAfter(StatusCode),
    /// The service answers with its own list of errors, and does nothing.
    Errors(StatusCode),
    /// The service answers with its own list of errors, but has done what it was asked.
    ErrorsAfter(StatusCode),
    /// 429, with or without a `Retry-After`; the service does nothing. By chance it comes in bursts of one to five calls.
    TooManyRequests(Option<RetryAfter>),
    /// 307 to this address; the service has seen nothing.
    Redirect(String),
    /// The answer comes without its body.
    Empty,
    /// The answer begins only after this time; [`Duration::MAX`] for never.
    StallHead(Duration),
    /// The answer stops in the middle of its body for this time; [`Duration::MAX`] for ever.
    StallBody(Duration),
    /// The body comes in up to 16 pieces, with this time before each.
    SlowBody(Duration),
    /// The connection breaks off in the middle of the body.
    Truncated,
    /// The body ends in its middle, as if that were all.
    ShortBody,
    /// The body is said to be `text/html`.
    WrongContentType,
    /// The body is compressed by gzip, and said to be, though nobody asked for that.
    Gzip,
    /// A byte in the middle of the body is none of UTF-8.
    InvalidUtf8,
    /// Every fourth member or element is `null`, by chance. Lists stay unless they are empty: to lose what a list holds would be a lie
    /// that nobody can notice.
    Nulls,
    /// The body is spelled in the other ways the service has been seen to spell it: ids as strings, flags as 0 and 1, times without a
    /// zone, a list's only element alone, and so on. PocketSign's members are spelled in snake_case. A client should take all of it.
    LooseTypes,
    /// Every second word that may be one of an enumeration is another one, by chance.
    UnknownValues,
    /// Every object has a member that nobody has heard of.
    UnknownMembers,
    /// Every member of the outermost object stands there twice.
    DuplicateMembers,
    /// The body holds one member that is nested a hundred thousand levels deep.
    DeepNesting,
    /// A body of 3 GiB, its length announced. It takes no memory here.
    Huge,
    /// A body that never ends.
    Endless,
}

/// How a `Retry-After` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// In seconds.
    Seconds(u64),
    /// As a date, so long after the time of the answer; whole seconds count.
    Date(Duration),
}

impl Fault {
    /// One fault of each class, with and without what it can have: what chance draws from, and what a test can go through.
    #[must_use]
    pub fn of_each_class() -> Vec<Self> {
        vec![
            Self::Refuse,
            Self::ResetBefore,
            Self::ResetAfter,
            Self::Page(StatusCode::BAD_GATEWAY),
            Self::Page(StatusCode::SERVICE_UNAVAILABLE),
            Self::PageAfter(StatusCode::BAD_GATEWAY),
            Self::Errors(StatusCode::INTERNAL_SERVER_ERROR),
            Self::ErrorsAfter(StatusCode::INTERNAL_SERVER_ERROR),
            Self::TooManyRequests(None),
            Self::TooManyRequests(Some(RetryAfter::Seconds(7))),
            Self::TooManyRequests(Some(RetryAfter::Date(Duration::from_secs(11)))),
            Self::Redirect("https://elsewhere.invalid/".to_owned()),
            Self::Empty,
            Self::StallHead(Duration::MAX),
            Self::StallBody(Duration::MAX),
            Self::SlowBody(Duration::from_secs(1)),
            Self::Truncated,
            Self::ShortBody,
            Self::WrongContentType,
            Self::Gzip,
            Self::InvalidUtf8,
            Self::Nulls,
            Self::LooseTypes,
            Self::UnknownValues,
            Self::UnknownMembers,
            Self::DuplicateMembers,
            Self::DeepNesting,
            Self::Huge,
            Self::Endless,
        ]
    }

    /// Whether the service gets the request and does what it was asked, whatever becomes of the answer.
    #[must_use]
    pub fn reaches_the_service(&self) -> bool {
        !matches!(self, Self::Refuse | Self::ResetBefore | Self::Page(_) | Self::Errors(_) | Self::TooManyRequests(_) | Self::Redirect(_))
    }
}

/// A call that met a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InjectedFault {
    /// Method and path: `GET /services/v2/user/me`.
    pub call: String,
    /// What went wrong.
    pub fault: Fault,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_fit_by_method_and_path() {
        for (operation, call, fits) in [
            ("GET /user/me", "GET /services/v2/user/me", true),
            ("get /user/me", "GET /services/v2/user/me?x=1", true),
            ("/user/me", "PUT /services/v2/user/me", true),
            ("PUT /user/me", "GET /services/v2/user/me", false),
            ("GET /order/certificate/{order_id}", "GET /services/v2/order/certificate/5", true),
            ("GET /order/certificate/{order_id}", "GET /services/v2/order/certificate/5/validation", false),
            ("POST /certificates/{id}/status", "POST /certificates/a-b/status", true),
            ("GET /certificates", "GET /services/v2/certificates", true),
            ("POST /pocketsign.verify.v2.UserService/GetUser", "POST /pocketsign.verify.v2.UserService/GetUser", true),
        ] {
            let (method, uri) = call.split_once(' ').unwrap();
            assert_eq!(CallMatcher::to(operation).fit(&method.parse().unwrap(), &uri.parse().unwrap()), fits, "{operation} {call}");
        }
        assert!(CallMatcher::all().fit(&Method::DELETE, &"/anything".parse().unwrap()));
    }
}
