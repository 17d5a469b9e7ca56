//! What the clients of all services share: how one is built, and what every call goes through.

mod builder;
mod call;
mod clock;
mod decode;
mod echo;
mod exec;
mod options;
mod pace;
mod patience;
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
#[cfg(feature = "redis")]
pub use self::pace::RedisSlidingWindow;
#[cfg(feature = "certcentral")]
pub(crate) use self::patience::Patience;
#[cfg(test)]
pub(crate) use self::rules::tests::refusal;
pub use self::{
    builder::ClientBuilder,
    options::CallOptions,
    pace::{Permit, PermitOutcome, Priority, RateLimit, RateLimiter, RateUsage, SlidingWindow},
    request::RequestBuilder,
    retry::RetryPolicy,
    transport::{Transport, TransportError},
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

    /// What differs between services, as far as the shared part is concerned.
    #[doc(hidden)]
    #[allow(unnameable_types, reason = "part of a sealed trait")]
    pub trait Service: Sized {
        /// What traces and metrics call the service.
        const NAME: &'static str;
        /// Where the service is, unless the builder is told otherwise; `None` where a caller has to choose.
        const BASE_URL: Option<&'static str>;
        /// The operations of the service's document.
        const OPERATIONS: &'static [Operation];
        /// Whether answers may hold personal data, so that errors must not quote them.
        const PERSONAL: bool;
        /// What the service allows a key; empty where it tells no limit.
        const RATES: &'static [RateLimit];

        /// Whether the service's document lists this error code.
        fn lists(code: &str) -> bool;

        /// The header that carries the key; `None` if the key cannot stand in a header.
        fn authorization(key: &ApiKey) -> Option<(HeaderName, HeaderValue)>;

        /// What the service says, in its own codes, in the body of a refusal.
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
    /// The same, but over a new connection each time: what is written to an idle one that is just being closed leaves its caller in doubt.
    fresh: Arc<dyn Transport>,
    authorization: (HeaderName, HeaderValue),
    pub(crate) seals: Seals,
    /// Whether a response in the service's form ever came.
    heard: AtomicBool,
    lists: fn(&str) -> bool,
    service: &'static str,
    server: Server,
    pacer: Arc<dyn RateLimiter>,
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
    /// Holds the body of a call that is not made yet against the rules of the document.
    #[cfg(feature = "certcentral")]
    pub(crate) fn check(&self, operation: &'static str, body: &impl serde::Serialize) -> Result<(), crate::error::Error> {
        rules::check_body(self.operations, operation, body)
    }

    /// Whether no error may quote what this operation brings: personal data, or a secret that the document says is in it.
    fn keeps_back(&self, operation: &str) -> bool {
        self.personal || self.operations.iter().any(|known| known.id == operation && known.secret)
    }

    /// The time as the service sees it.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// This moment, by every clock there is.
    #[cfg(feature = "certcentral")]
    pub(crate) fn moment(&self) -> Moment {
        self.clock.moment()
    }

    /// How long ago a moment was, at most: this machine may have been suspended, and a clock may have been set.
    #[cfg(feature = "certcentral")]
    pub(crate) fn since(&self, moment: Moment) -> Duration {
        self.clock.since(moment)
    }

    /// The time by the slower of both clocks, the service's and ours. What is past by it is past, whichever of them is wrong: one wrong
    /// `Date` must not lead to a step that cannot be taken back.
    #[cfg(feature = "certcentral")]
    pub(crate) fn past(&self) -> DateTime<Utc> {
        self.clock.now().min(self.clock.local())
    }

    /// Whether the service has told the time; until then it is this machine's.
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

    /// The longest that a flow looks for a write whose response was lost, if it was set.
    #[cfg(feature = "certcentral")]
    pub(crate) fn recovery_timeout(&self, options: &CallOptions) -> Option<Duration> {
        options.recovery_timeout.or(self.recovery_timeout)
    }

    /// How full the windows of the rate limit are.
    #[cfg(feature = "certcentral")]
    pub(crate) fn usage(&self) -> Vec<RateUsage> {
        self.pacer.usage()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
