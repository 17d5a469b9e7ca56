//! The part that the clients of all services share: the builder and the path of every call.

mod builder;
mod call;
mod clock;
mod decode;
mod echo;
mod exec;
mod options;
mod patience;
mod rate_limit;
mod request;
mod retry;
mod rules;
mod server;
mod trace;
mod transport;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderName, HeaderValue};

use crate::{error::ApiError, generated::Operation, seal::Seals, secret::ApiKey};

#[cfg(feature = "certcentral")]
pub(crate) use self::clock::Moment;
#[cfg(feature = "certcentral")]
pub(crate) use self::patience::Patience;
#[cfg(feature = "redis")]
pub use self::rate_limit::RedisSlidingWindow;
#[cfg(test)]
pub(crate) use self::rules::tests::refusal;
pub use self::{
    builder::ClientBuilder,
    options::CallOptions,
    rate_limit::{Permit, PermitOutcome, Priority, RateLimit, RateLimiter, RateUsage, SlidingWindow},
    request::RequestBuilder,
    retry::RetryPolicy,
    transport::{ResponseBody, Transport, TransportError, TransportRequest},
};
pub(crate) use self::{
    call::{Call, Started, call, tell_absence},
    decode::Json,
    rules::{Demand, Part, Pattern, Rule, Step},
};
use self::{clock::Clock, retry::Budget, server::Server};

/// A service that this crate has a client for: `CertCentral`, `PocketSign` and `PocketSignV1`, by feature. Sealed.
pub trait Service: sealed::Service {}

impl<S: sealed::Service> Service for S {}

pub(crate) mod sealed {
    use super::{ApiError, ApiKey, Arc, Core, HeaderName, HeaderValue, Operation, RateLimit};

    /// What the shared part needs to know about a service.
    #[doc(hidden)]
    #[allow(unnameable_types, reason = "part of a sealed trait")]
    pub trait Service: Sized {
        /// The name of the service in traces and metrics.
        const NAME: &'static str;
        /// The default base URL; `None` if the caller must choose one.
        const BASE_URL: Option<&'static str>;
        /// The operations of the service's document.
        const OPERATIONS: &'static [Operation];
        /// Whether responses may hold personal data, so that errors must not quote them.
        const PERSONAL: bool;
        /// The service's rate limits for a key; empty if it documents none.
        const RATES: &'static [RateLimit];

        /// Whether the service's document lists this error code.
        fn lists(code: &str) -> bool;

        /// The header that carries the key; `None` if the key contains characters not allowed in a header.
        fn authorization(key: &ApiKey) -> Option<(HeaderName, HeaderValue)>;

        /// The error codes and messages in the body of an error response.
        fn api_errors(body: &[u8]) -> Vec<ApiError>;

        fn from_core(core: Arc<Core>) -> Self;
    }
}

/// What all clones of a client share.
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub struct Core {
    pub(crate) base_url: String,
    pub(crate) http: reqwest::Client,
    transport: Arc<dyn Transport>,
    /// The same, but with a new connection for each request. A request written to an idle connection that is just being closed may or may
    /// not have arrived.
    fresh: Arc<dyn Transport>,
    authorization: (HeaderName, HeaderValue),
    pub(crate) seals: Seals,
    /// Whether a response in the service's form ever came.
    heard: AtomicBool,
    lists: fn(&str) -> bool,
    service: &'static str,
    server: Server,
    rate_limiter: Arc<dyn RateLimiter>,
    budget: Budget,
    retry: RetryPolicy,
    call_timeout: Option<Duration>,
    #[cfg(feature = "certcentral")]
    recovery_timeout: Option<Duration>,
    attempt_timeout: Duration,
    max_response_size: usize,
    operations: &'static [Operation],
    personal: bool,
    api_errors: fn(&[u8]) -> Vec<ApiError>,
    clock: Clock,
}

impl Core {
    /// Checks the body of a call that has not been made yet against the rules of the document.
    #[cfg(feature = "certcentral")]
    pub(crate) fn check(&self, operation: &'static str, body: &impl serde::Serialize) -> Result<(), crate::error::Error> {
        rules::check_body(self.operations, operation, body)
    }

    /// Whether errors must not quote this operation's response, because it holds personal data or a secret marked in the document.
    fn keeps_back(&self, operation: &str) -> bool {
        self.personal || self.operations.iter().any(|known| known.id == operation && known.secret)
    }

    /// The time as the service sees it.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The current moment by all clocks.
    #[cfg(feature = "certcentral")]
    pub(crate) fn moment(&self) -> Moment {
        self.clock.moment()
    }

    /// The time elapsed since a moment, as an upper bound: this machine may have been suspended, and a clock may have been set.
    #[cfg(feature = "certcentral")]
    pub(crate) fn since(&self, moment: Moment) -> Duration {
        self.clock.since(moment)
    }

    /// The time by the slower of the two clocks, the service's and ours. A time that is past by it is past even if one of the clocks is
    /// wrong: one wrong `Date` must not cause an irreversible step.
    #[cfg(feature = "certcentral")]
    pub(crate) fn past(&self) -> DateTime<Utc> {
        self.clock.now().min(self.clock.local())
    }

    /// Whether the service's time is known; until then this machine's clock is used.
    #[cfg(feature = "pocketsign")]
    pub(crate) fn is_time_told(&self) -> bool {
        self.clock.is_told()
    }

    /// The base URL, as long as no response in the service's form ever came from there.
    #[cfg(feature = "certcentral")]
    pub(crate) fn unheard(&self) -> Option<&str> {
        (!self.heard.load(std::sync::atomic::Ordering::Relaxed)).then_some(&*self.base_url)
    }

    /// When calls with these options are repeated.
    pub(crate) fn retry(&self, options: &CallOptions) -> RetryPolicy {
        options.retry.unwrap_or(self.retry)
    }

    /// How long a call with these options may take.
    pub(crate) fn call_timeout(&self, options: &CallOptions) -> Duration {
        /// Unless somebody sets it.
        const DEFAULT: Duration = Duration::from_secs(300);
        options.call_timeout.or(self.call_timeout).unwrap_or(DEFAULT)
    }

    /// Whether somebody has set how long a call with these options may take.
    pub(crate) fn is_timed(&self, options: &CallOptions) -> bool {
        options.call_timeout.or(self.call_timeout).is_some()
    }

    /// How long a flow searches for a write whose response was lost, if set.
    #[cfg(feature = "certcentral")]
    pub(crate) fn recovery_timeout(&self, options: &CallOptions) -> Option<Duration> {
        options.recovery_timeout.or(self.recovery_timeout)
    }

    /// How full the windows of the rate limit are.
    #[cfg(feature = "certcentral")]
    pub(crate) fn usage(&self) -> Vec<RateUsage> {
        self.rate_limiter.usage()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
