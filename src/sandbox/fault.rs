//! Fault injection: faults of networks, proxies and services, deterministic and repeatable.

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

/// The share of calls that a plan with a seed, but no rate of its own, disturbs.
const USUAL_RATE: f64 = 0.1;

/// Which faults to inject, and when. Pass it to [`SandboxBuilder::faults`](super::SandboxBuilder::faults), or later to
/// [`Sandbox::set_faults`](super::Sandbox::set_faults).
///
/// Faults apply to the calls of clients in process and over a socket, but not to [`Sandbox::handle`](super::Sandbox::handle), so that a
/// test can inspect the outcome. If several rules match a call, the first applies. The same plan disturbs the same calls in the same way,
/// each time.
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
    /// Creates a plan without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Disturbs one call in ten with a fault that the seed selects from [one of each class](Fault::of_each_class).
    pub fn seeded(seed: u64) -> Self {
        Self { seed, rate: USUAL_RATE, ..Self::new() }
    }

    /// Adds a rule: the matching calls meet this fault.
    pub fn on(mut self, calls: CallMatcher, fault: Fault) -> Self {
        self.rules.push((calls, fault));
        self
    }

    /// Sets the share of calls that meet a random fault: 0 for none, 1 for all.
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// Sets the faults to draw from at random; one of each class by default.
    pub fn among(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.among = faults.into_iter().collect();
        self
    }
}

/// Selects the calls that meet a fault: all calls or those to one operation, and of these only the n-th or the first few.
///
/// ```
/// # use shomei::sandbox::CallMatcher;
/// let second_order = CallMatcher::to("POST /order/certificate/{product_name_id}").nth(2);
/// let checks = CallMatcher::to("POST /pocketsign.verify.v2.CertificateService/CheckCertificateStatus").first(3);
/// # assert_ne!(second_order, checks);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a matcher does nothing until a fault plan has it"]
pub struct CallMatcher {
    method: Option<String>,
    pattern: Option<String>,
    first: u64,
    last: u64,
}

impl CallMatcher {
    /// Matches every call to any service.
    pub fn all() -> Self {
        Self { method: None, pattern: None, first: 1, last: u64::MAX }
    }

    /// Matches the calls to an operation, written as the services document it: method and path, `GET /order/certificate/{order_id}`. Paths
    /// of CertCentral are relative to [`Sandbox::CERTCENTRAL`](super::Sandbox::CERTCENTRAL), those of PocketSign Verify start at the root;
    /// a part in braces matches any one segment. Without a method, any method matches.
    pub fn to(operation: &str) -> Self {
        let (method, pattern) = match operation.trim().split_once(' ') {
            Some((method, pattern)) => (Some(method.to_owned()), pattern.trim()),
            None => (None, operation.trim()),
        };
        Self { method, pattern: Some(pattern.to_owned()), ..Self::all() }
    }

    /// Matches only the n-th of these calls, counted from 1.
    pub fn nth(self, number: u64) -> Self {
        Self { first: number, last: number, ..self }
    }

    /// Matches only the first `count` of these calls.
    pub fn first(self, count: u64) -> Self {
        Self { first: 1, last: count, ..self }
    }

    fn fit(&self, method: &Method, uri: &Uri) -> bool {
        let base = if segments(uri, BASE).is_some() { BASE } else { "" };
        let fits = |pattern: &String| segments(uri, base).is_some_and(|segments| matches(pattern, &segments).is_some());
        self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method.as_str())) && self.pattern.as_ref().is_none_or(fits)
    }
}

/// A fault. Each variant says whether the service carries out the request; see [`reaches_the_service`](Self::reaches_the_service).
///
/// A fault of the body does not apply to a response without a body, nor a fault of JSON members to one that is not JSON: it then arrives
/// unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is refused; nothing leaves the client. Over a socket, the call has to be identified first: the connection is closed
    /// once the head of the request has arrived.
    Refuse,
    /// The connection is reset before the request is read. The service has seen nothing, but the client cannot know that.
    ResetBefore,
    /// The connection is reset after the service has carried out the request: the response is lost.
    ResetAfter,
    /// A proxy responds with an HTML page instead of the service, which has seen nothing.
    Page(StatusCode),
    /// A proxy responds with an HTML page after the service has carried out the request.
    PageAfter(StatusCode),
    /// The service responds with its own list of errors, and does nothing.
    Errors(StatusCode),
    /// The service responds with its own list of errors, but has carried out the request.
    ErrorsAfter(StatusCode),
    /// 429, with or without a `Retry-After`; the service does nothing. Random ones come in bursts of one to five calls.
    TooManyRequests(Option<RetryAfter>),
    /// 307 to this address; the service has seen nothing.
    Redirect(String),
    /// The response arrives without its body.
    Empty,
    /// The response starts only after this time; [`Duration::MAX`] means never.
    StallHead(Duration),
    /// The response stalls in the middle of its body for this time; [`Duration::MAX`] means forever.
    StallBody(Duration),
    /// The body arrives in up to 16 pieces, with this delay before each.
    SlowBody(Duration),
    /// The connection breaks off in the middle of the body.
    Truncated,
    /// The body ends in the middle, as if it were complete.
    ShortBody,
    /// The body is labeled as `text/html`.
    WrongContentType,
    /// The body is compressed with gzip, and labeled so, although the client did not ask for that.
    Gzip,
    /// A byte in the middle of the body is not valid UTF-8.
    InvalidUtf8,
    /// On average, every fourth member or element is `null`. Lists that are not empty stay: the client could not notice the lost elements.
    Nulls,
    /// The body uses other spellings that the service has been seen to use: ids as strings, flags as 0 and 1, times without a zone, a
    /// list's only element without the list, and so on. PocketSign's members are in snake_case. A client should accept all of it.
    LooseTypes,
    /// On average, every second string that may be an enum value is replaced by an unknown one.
    UnknownValues,
    /// Every object has an unknown member.
    UnknownMembers,
    /// Every member of the outermost object appears twice.
    DuplicateMembers,
    /// The body has a member that is nested a hundred thousand levels deep.
    DeepNesting,
    /// A body of 3 GiB with its length announced. It takes no memory in the sandbox.
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
    /// As a date, this long after the time of the response, in whole seconds.
    Date(Duration),
}

impl Fault {
    /// Returns one fault of each class, with and without its parameters: the default for random faults, and a list for tests to iterate
    /// over.
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

    /// Returns whether the service receives and carries out the request, whatever happens to the response.
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
