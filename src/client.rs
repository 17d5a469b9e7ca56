//! What the clients of all services share: how one is built, and what every call goes through.

mod call;
#[cfg(feature = "pocketsign")]
mod connect;
mod decode;
mod echo;
mod exec;
#[cfg(feature = "sandbox")]
mod in_process;
mod options;
mod pace;
mod retry;
mod server;
mod trace;
mod transport;

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::{error::Error, generated::Operation, seal::SealingKey, secret::ApiKey};

#[cfg(feature = "pocketsign")]
pub(crate) use self::call::tell_absence;
pub(crate) use self::call::{Call, Started};
pub(crate) use self::decode::Json;
#[cfg(feature = "redis")]
pub use self::pace::RedisWindows;
pub use self::{
    options::CallOptions,
    pace::{Pacer, Permit, Rate, RollingWindows, Settled, Urgency, Usage},
    retry::Retry,
    transport::{Transport, TransportError},
};
use self::{retry::Budget, server::Server};

/// A service that this crate has a client for: `CertCentral`, `PocketSignV1` and `PocketSignV2`, by feature. Sealed.
pub trait Service: sealed::Service {}

impl<S: sealed::Service> Service for S {}

pub(crate) mod sealed {
    use super::{ApiKey, Arc, Core, HeaderName, HeaderValue, Operation, Rate};

    /// What differs between services, as far as the shared part is concerned.
    #[doc(hidden)]
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
        const RATES: &'static [Rate];

        /// The header that carries the key; `None` if the key cannot stand in a header.
        fn authorization(key: &ApiKey) -> Option<(HeaderName, HeaderValue)>;

        fn from_core(core: Arc<Core>) -> Self;
    }
}

/// Sets up a client. Every setting has a default; [`build`](Self::build) checks them all.
///
/// | setting | default |
/// | --- | --- |
/// | [`deadline`](Self::deadline) | 5 min for a whole call, repeats and waiting for a place included |
/// | [`retry`](Self::retry) | as [`Retry`] says: up to 4 attempts, where that does no harm |
/// | [`pace`](Self::pace) | what the service allows a key; CertCentral: 100 requests in 5 s and 1000 in 3 min |
/// | [`timeout`](Self::timeout) | 60 s for one attempt, from its first byte sent to its last byte received |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s |
/// | [`body_limit`](Self::body_limit) | 32 MiB for one answer |
/// | [`user_agent`](Self::user_agent) | `shomei/<version>` |
///
/// ```
/// # #[cfg(feature = "certcentral")] {
/// use std::time::Duration;
/// use shomei::{ApiKey, CertCentral, certcentral::Region};
///
/// let client = CertCentral::builder(ApiKey::new("0123456789ABCDEF")?)
///     .region(Region::Europe)
///     .timeout(Duration::from_secs(20))
///     .build()?;
/// # }
/// # Ok::<(), shomei::Error>(())
/// ```
pub struct ClientBuilder<S> {
    key: ApiKey,
    base_url: Option<String>,
    deadline: Duration,
    retry: Retry,
    pacing: Pacing,
    timeout: Duration,
    connect_timeout: Duration,
    body_limit: usize,
    user_agent: Option<String>,
    http: Option<reqwest::ClientBuilder>,
    transport: Option<Arc<dyn Transport>>,
    time: Option<DateTime<Utc>>,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> ClientBuilder<S> {
    pub(crate) fn new(key: ApiKey) -> Self {
        Self {
            key,
            base_url: None,
            deadline: Duration::from_secs(300),
            retry: Retry::default(),
            pacing: Pacing::Own(S::RATES.to_vec()),
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            body_limit: 32 << 20,
            user_agent: None,
            http: None,
            transport: None,
            time: None,
            service: PhantomData,
        }
    }

    /// Where the service is. Plain `http` is taken for loopback addresses only, and goes through no proxy.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// How long a call may take from its start to its answer, repeats and waiting for a place under the rate limit included.
    ///
    /// Who starts thousands of calls at once has the last of them wait for minutes; better start a hundred at a time, or set a later
    /// deadline. What is not sent by the deadline was certainly not done ([`Error::was_sent`]). A call that must not be repeated is not
    /// begun in the last five seconds, or the last tenth if that is less: it could not be told what became of it.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// When failed calls are repeated.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The rate limits to keep to, for this client and its clones together; an empty list for none.
    #[must_use]
    pub fn pace(mut self, rates: impl IntoIterator<Item = Rate>) -> Self {
        self.pacing = Pacing::Own(rates.into_iter().collect());
        self
    }

    /// Keeps to the rate limit together with whoever else has this pacer: other clients with the same key, or other processes.
    #[must_use]
    pub fn pacer(mut self, pacer: Arc<dyn Pacer>) -> Self {
        self.pacing = Pacing::Shared(pacer);
        self
    }

    /// How long one attempt may take, connecting and reading the whole answer included.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long connecting may take.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The largest answer that is read, in bytes; a larger one is an error.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// What your program calls itself; `shomei/<version>` follows it in the header.
    #[must_use]
    pub fn user_agent(mut self, program: impl Into<String>) -> Self {
        self.user_agent = Some(program.into());
        self
    }

    /// Another TLS backend, proxy or pool: a reqwest client of your own making, as a builder, because redirects, reqwest's own
    /// retries, its verbose log and the connect timeout are still set here. (A followed redirect would hand the key to another host; a
    /// verbose log would show it.)
    #[must_use]
    pub fn http_client(mut self, http: reqwest::ClientBuilder) -> Self {
        self.http = Some(http);
        self
    }

    /// Sends requests some other way than over the network; this is how the sandbox is reached in process.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Tells the service's time before its first answer does.
    #[cfg(feature = "sandbox")]
    pub(crate) fn time(mut self, now: DateTime<Utc>) -> Self {
        self.time = Some(now);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] when
    /// - no base URL is given and the service has no default;
    /// - the base URL is no URL, is neither `https` nor `http` to a loopback address, or holds a user name, a password, a query or a fragment;
    /// - the API key or the user agent cannot stand in a header;
    /// - a rate cannot be kept to;
    /// - TLS cannot be set up; with the feature `rustls-no-provider`, when no `CryptoProvider` is installed.
    pub fn build(self) -> Result<S, Error> {
        let base_url = match (&self.base_url, S::BASE_URL) {
            (Some(given), _) => given,
            (None, Some(default)) => default,
            (None, None) => return Err(Error::configuration("base url: say which server to use; there is no default")),
        };
        let server = Server::at(base_url)?;
        let own = concat!("shomei/", env!("CARGO_PKG_VERSION"));
        let user_agent = self.user_agent.map_or_else(|| own.to_owned(), |program| format!("{program} {own}"));
        let user_agent = HeaderValue::from_str(&user_agent).map_err(|_| Error::configuration("user agent: it cannot stand in a header"))?;
        let authorization = S::authorization(&self.key).ok_or_else(|| Error::configuration("api key: it cannot stand in a header"))?;

        let pacer: Arc<dyn Pacer> = match self.pacing {
            Pacing::Own(rates) => Arc::new(RollingWindows::new(rates)?),
            Pacing::Shared(pacer) => pacer,
        };

        require_crypto_provider()?;
        let mut http = self.http.unwrap_or_default();
        if server.is_plain() {
            // A proxy, which the environment may name too, would see the key.
            http = http.no_proxy();
        }
        let http = http
            .user_agent(user_agent)
            .connect_timeout(self.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connection_verbose(false)
            .build()
            .map_err(|error| Error::configuration(format!("http client: {}", error.without_url())))?;
        let transport = self.transport.unwrap_or_else(|| Arc::new(http.clone()));
        #[cfg(feature = "metrics")]
        trace::describe_metrics();
        let clock = Clock::start();
        if let Some(time) = self.time {
            clock.set(time);
        }
        Ok(S::from_core(Arc::new(Core {
            base_url: server.base_url(),
            http,
            transport,
            authorization,
            sealing_key: SealingKey::of(&self.key),
            service: S::NAME,
            server,
            pacer,
            budget: Budget::new(&self.retry),
            retry: self.retry,
            deadline: self.deadline,
            timeout: self.timeout,
            body_limit: self.body_limit,
            operations: S::OPERATIONS,
            personal: S::PERSONAL,
            clock,
        })))
    }
}

impl<S> fmt::Debug for ClientBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

enum Pacing {
    Own(Vec<Rate>),
    Shared(Arc<dyn Pacer>),
}

/// What all clones of a client share.
pub struct Core {
    pub(crate) base_url: String,
    pub(crate) http: reqwest::Client,
    transport: Arc<dyn Transport>,
    authorization: (HeaderName, HeaderValue),
    pub(crate) sealing_key: SealingKey,
    service: &'static str,
    server: Server,
    pacer: Arc<dyn Pacer>,
    budget: Budget,
    retry: Retry,
    deadline: Duration,
    timeout: Duration,
    body_limit: usize,
    operations: &'static [Operation],
    personal: bool,
    clock: Clock,
}

impl Core {
    /// The time as the service sees it.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether the service has told the time; until then it is this machine's.
    #[cfg(feature = "pocketsign")]
    pub(crate) fn is_time_told(&self) -> bool {
        self.clock.ahead.load(Ordering::Relaxed) != Clock::UNTOLD
    }

    /// When calls with these options are repeated.
    pub(crate) fn retry(&self, options: &CallOptions) -> Retry {
        options.retry.unwrap_or(self.retry)
    }

    /// How full the windows of the rate limit are.
    pub(crate) fn remaining(&self) -> Vec<Usage> {
        self.pacer.remaining()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The time as the service sees it: what expires there expires by its clock, not by this machine's.
struct Clock {
    wall: DateTime<Utc>,
    started: Instant,
    /// How many seconds the service is ahead, by the `Date` of its last answer that had one.
    ahead: AtomicI64,
}

impl Clock {
    const UNTOLD: i64 = i64::MIN;

    fn start() -> Self {
        Self { wall: Utc::now(), started: Instant::now(), ahead: AtomicI64::new(Self::UNTOLD) }
    }

    /// The later of the system's clock and tokio's: tokio's alone misses a suspended machine, the system's alone a paused clock.
    fn local(&self) -> DateTime<Utc> {
        Utc::now().max(self.wall + self.started.elapsed())
    }

    fn now(&self) -> DateTime<Utc> {
        let ahead = self.ahead.load(Ordering::Relaxed);
        self.local() + TimeDelta::seconds(if ahead == Self::UNTOLD { 0 } else { ahead })
    }

    /// A date that is a lifetime away is no clock's.
    fn set(&self, service: DateTime<Utc>) {
        const LIFETIME: i64 = 100 * 365 * 86_400;
        let ahead = service.timestamp().saturating_sub(self.local().timestamp());
        if ahead.abs() < LIFETIME {
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}

/// reqwest panics where it has rustls but no provider; say so instead.
fn require_crypto_provider() -> Result<(), Error> {
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(Error::configuration(
            "TLS: the feature rustls-no-provider wants a rustls CryptoProvider to be installed first (CryptoProvider::install_default)",
        ));
    }
    Ok(())
}
