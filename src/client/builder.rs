//! How a client is set up.

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

#[cfg(feature = "sandbox")]
use chrono::{DateTime, Utc};
use reqwest::header::HeaderValue;

#[cfg(feature = "metrics")]
use super::trace;
use super::{
    Core, RateLimit, RateLimiter, RetryPolicy, Service, SlidingWindow, Transport,
    clock::{Clock, ToldTime},
    retry::Budget,
    server::Server,
};
use crate::{error::Error, seal::Seals, secret::ApiKey};

/// Sets up a client. Every setting has a default; [`build`](Self::build) checks them all.
///
/// | setting | default |
/// | --- | --- |
/// | [`call_timeout`](Self::call_timeout) | 5 min for a whole call, retries and waiting for a rate-limit slot included; in flows that waiting does not count |
/// | [`retry`](Self::retry) | as [`RetryPolicy`] says: up to 4 attempts, where that does no harm |
/// | [`rate_limits`](Self::rate_limits) | what the service allows a key; CertCentral: 100 requests in 5 s and 1000 in 3 min |
/// | [`attempt_timeout`](Self::attempt_timeout) | 60 s for one attempt, from its first byte sent to its last byte received |
/// | [`connect_timeout`](Self::connect_timeout) | 10 s |
/// | [`max_response_size`](Self::max_response_size) | 32 MiB for one response |
/// | [`user_agent`](Self::user_agent) | `shomei/<version>` |
///
/// ```
/// # #[cfg(feature = "certcentral")] {
/// use std::time::Duration;
/// use shomei::{ApiKey, CertCentral, certcentral::Region};
///
/// let client = CertCentral::builder(ApiKey::new("0123456789ABCDEF")?)
///     .region(Region::Europe)
///     .attempt_timeout(Duration::from_secs(20))
///     .build()?;
/// # }
/// # Ok::<(), shomei::Error>(())
/// ```
pub struct ClientBuilder<S> {
    key: ApiKey,
    previous_keys: Vec<ApiKey>,
    base_url: Option<String>,
    call_timeout: Option<Duration>,
    #[cfg(feature = "certcentral")]
    recovery_timeout: Option<Duration>,
    retry: RetryPolicy,
    pacing: Pacing,
    attempt_timeout: Duration,
    connect_timeout: Duration,
    max_response_size: usize,
    user_agent: Option<String>,
    http: Http,
    transport: Option<Arc<dyn Transport>>,
    told_time: Option<ToldTime>,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> ClientBuilder<S> {
    pub(crate) fn new(key: ApiKey) -> Self {
        Self {
            key,
            previous_keys: Vec::new(),
            base_url: None,
            call_timeout: None,
            #[cfg(feature = "certcentral")]
            recovery_timeout: None,
            retry: RetryPolicy::default(),
            pacing: Pacing::Own(S::RATES.to_vec()),
            attempt_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            max_response_size: 32 << 20,
            user_agent: None,
            http: Http::Made(Box::new(reqwest::Client::builder)),
            transport: None,
            told_time: None,
            service: PhantomData,
        }
    }

    /// Where the service is. Plain `http` is taken for loopback addresses only, and goes through no proxy.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// A key that this client's key took the place of: resume tokens that were made with it are still opened. It is never sent, and new
    /// tokens are made with the client's own. Call it once for each key whose tokens may still be about.
    #[must_use]
    pub fn previous_api_key(mut self, key: ApiKey) -> Self {
        self.previous_keys.push(key);
        self
    }

    /// How long a call may take from its start to its response, including retries and the wait for a rate-limit slot.
    ///
    /// If you start thousands of calls at once, the last of them wait for minutes: start a hundred at a time, or set a longer timeout. Flows
    /// are patient: as long as no timeout is set, here or in [`CallOptions`](crate::CallOptions), the time that their calls wait for a slot does not count. A
    /// request that was not sent in time was certainly not carried out ([`Error::was_sent`]). A call that must not be repeated is not
    /// started in the last five seconds, or the last tenth if that is less, since nobody could say what became of it.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// The longest that the flows look for a write whose response was lost: see [`CallOptions::recovery_timeout`](crate::CallOptions::recovery_timeout).
    #[cfg(feature = "certcentral")]
    #[must_use]
    pub fn recovery_timeout(mut self, timeout: Duration) -> Self {
        self.recovery_timeout = Some(timeout);
        self
    }

    /// When failed calls are retried.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The rate limits to keep to, for this client and its clones together; an empty list for none.
    #[must_use]
    pub fn rate_limits(mut self, rates: impl IntoIterator<Item = RateLimit>) -> Self {
        self.pacing = Pacing::Own(rates.into_iter().collect());
        self
    }

    /// Keeps to the rate limit together with whoever else has this rate limiter: other clients with the same key, or other processes.
    #[must_use]
    pub fn rate_limiter(mut self, rate_limiter: Arc<dyn RateLimiter>) -> Self {
        self.pacing = Pacing::Shared(rate_limiter);
        self
    }

    /// How long one attempt may take, including connecting and reading the whole response.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long connecting may take.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The largest response that is read, in bytes; a larger one is an error.
    #[must_use]
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
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
    ///
    /// From one builder only one client can be made, so calls that must not be repeated, such as orders, share connections with all others.
    /// A connection that has been idle may be closed by the service just when an order is written to it, and then it is not known
    /// whether the order arrived. [`http_client_with`](Self::http_client_with) has no such doubts.
    #[must_use]
    pub fn http_client(mut self, http: reqwest::ClientBuilder) -> Self {
        self.http = Http::Given(Box::new(http));
        self
    }

    /// The same by a function, which is called once for each of two clients: one that keeps connections, and one that makes a new connection
    /// for each call that must not be repeated, such as an order. A new one costs two round trips, and spares the doubt whether
    /// an order arrived on a connection that was just being closed. Without a function of yours the two are made in the same way.
    ///
    /// ```
    /// # #[cfg(feature = "certcentral")] {
    /// use shomei::{ApiKey, CertCentral};
    ///
    /// let client = CertCentral::builder(ApiKey::new("0123456789ABCDEF")?)
    ///     .http_client_with(|| reqwest::Client::builder().no_proxy())
    ///     .build()?;
    /// # }
    /// # Ok::<(), shomei::Error>(())
    /// ```
    #[must_use]
    pub fn http_client_with(mut self, make: impl Fn() -> reqwest::ClientBuilder + Send + Sync + 'static) -> Self {
        self.http = Http::Made(Box::new(make));
        self
    }

    /// Sends requests some other way than over the network; this is how the sandbox is reached in process.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Asks the service's own clock for its time, where that is within reach.
    #[cfg(feature = "sandbox")]
    pub(crate) fn told_time(mut self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.told_time = Some(Box::new(now));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] when
    /// - no base URL is given and the service has no default;
    /// - the base URL is no URL, is neither `https` nor `http` to a loopback address, or holds a user name, a password, a query or a fragment;
    /// - the API key or the user agent contains characters not allowed in a header;
    /// - a rate limit of zero requests or over no time;
    /// - TLS cannot be set up; with the feature `rustls-no-provider`, when no `CryptoProvider` is installed.
    pub fn build(self) -> Result<S, Error> {
        let base_url = match (&self.base_url, S::BASE_URL) {
            (Some(given), _) => given,
            (None, Some(default)) => default,
            (None, None) => return Err(Error::configuration("base url: required, as this service has no default server")),
        };
        let server = Server::at(base_url)?;
        let own = concat!("shomei/", env!("CARGO_PKG_VERSION"));
        let user_agent = self.user_agent.map_or_else(|| own.to_owned(), |program| format!("{program} {own}"));
        let user_agent = HeaderValue::from_str(&user_agent)
            .map_err(|_| Error::configuration("user agent: contains characters not allowed in a header"))?;
        let authorization =
            S::authorization(&self.key).ok_or_else(|| Error::configuration("api key: contains characters not allowed in a header"))?;

        let pacer: Arc<dyn RateLimiter> = match self.pacing {
            Pacing::Own(rates) => Arc::new(SlidingWindow::new(rates)?),
            Pacing::Shared(pacer) => pacer,
        };

        require_crypto_provider()?;
        let finish = |mut http: reqwest::ClientBuilder| {
            if server.is_plain() {
                // A proxy, which the environment may name too, would see the key.
                http = http.no_proxy();
            }
            let http = http.user_agent(user_agent.clone()).connect_timeout(self.connect_timeout);
            let http = http.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never()).connection_verbose(false);
            http.build().map_err(|error| Error::configuration(format!("http client: {}", error.without_url())))
        };
        let (http, fresh) = match (self.http, &self.transport) {
            (Http::Given(http), _) => (finish(*http)?, None),
            (Http::Made(make), Some(_)) => (finish(make())?, None),
            (Http::Made(make), None) => (finish(make())?, Some(finish(make().pool_max_idle_per_host(0))?)),
        };
        let transport = self.transport.unwrap_or_else(|| Arc::new(http.clone()));
        let fresh: Arc<dyn Transport> = fresh.map_or_else(|| Arc::clone(&transport), |fresh| Arc::new(fresh));
        #[cfg(feature = "metrics")]
        trace::describe_metrics();
        Ok(S::from_core(Arc::new(Core {
            base_url: server.base_url(),
            http,
            transport,
            fresh,
            authorization,
            seals: Seals::new(&self.key, &self.previous_keys, &server.identity()),
            heard: AtomicBool::new(false),
            lists: S::lists,
            service: S::NAME,
            server,
            pacer,
            budget: Budget::new(&self.retry),
            retry: self.retry,
            call_timeout: self.call_timeout,
            #[cfg(feature = "certcentral")]
            recovery_timeout: self.recovery_timeout,
            attempt_timeout: self.attempt_timeout,
            max_response_size: self.max_response_size,
            operations: S::OPERATIONS,
            personal: S::PERSONAL,
            api_errors: S::api_errors,
            clock: Clock::start(self.told_time),
        })))
    }
}

impl<S> fmt::Debug for ClientBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

/// Where reqwest's clients come from.
enum Http {
    Given(Box<reqwest::ClientBuilder>),
    Made(Box<dyn Fn() -> reqwest::ClientBuilder + Send + Sync>),
}

enum Pacing {
    Own(Vec<RateLimit>),
    Shared(Arc<dyn RateLimiter>),
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
