//! The builder of a client.

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

/// Configures and builds a client. Every setting has a default; [`build`](Self::build) validates them all.
///
/// | setting | default |
/// | --- | --- |
/// | [`call_timeout`](Self::call_timeout) | 5 min per call, including retries and (except in flows) the wait for a rate-limit slot |
/// | [`retry`](Self::retry) | the default [`RetryPolicy`]: up to 4 attempts, where a retry is safe |
/// | [`rate_limits`](Self::rate_limits) | the service's limits for a key; CertCentral: 100 requests in 5 s and 1000 in 3 min |
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
    rate_limiting: RateLimiting,
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
            rate_limiting: RateLimiting::Own(S::RATES.to_vec()),
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

    /// Sets the base URL of the service. Plain `http` is allowed for loopback addresses only, and bypasses any proxy.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Adds a key that the client's key has replaced, so that resume tokens sealed with it can still be opened. The old key is never sent,
    /// and new tokens are sealed with the client's own key. Call this once for each key whose tokens may still be in use.
    #[must_use]
    pub fn previous_api_key(mut self, key: ApiKey) -> Self {
        self.previous_keys.push(key);
        self
    }

    /// Sets how long a call may take from its start to its response, including retries and the wait for a rate-limit slot.
    ///
    /// If you start thousands of calls at once, the last of them wait for minutes: start a hundred at a time, or set a longer timeout. In
    /// flows, the time that calls wait for a slot does not count unless a timeout is set, here or in [`CallOptions`](crate::CallOptions). A
    /// request that was not sent in time was certainly not carried out ([`Error::was_sent`]). A call that must not be repeated is not
    /// started in the last five seconds (or the last tenth of the timeout, if that is shorter), because its outcome would be unknown.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// Sets how long flows search for a write whose response was lost: see
    /// [`CallOptions::recovery_timeout`](crate::CallOptions::recovery_timeout).
    #[cfg(feature = "certcentral")]
    #[must_use]
    pub fn recovery_timeout(mut self, timeout: Duration) -> Self {
        self.recovery_timeout = Some(timeout);
        self
    }

    /// Sets when failed calls are retried.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets the rate limits that this client and its clones keep together; an empty list for none.
    #[must_use]
    pub fn rate_limits(mut self, rates: impl IntoIterator<Item = RateLimit>) -> Self {
        self.rate_limiting = RateLimiting::Own(rates.into_iter().collect());
        self
    }

    /// Shares a rate limiter with other clients that use the same key, or with other processes.
    #[must_use]
    pub fn rate_limiter(mut self, rate_limiter: Arc<dyn RateLimiter>) -> Self {
        self.rate_limiting = RateLimiting::Shared(rate_limiter);
        self
    }

    /// Sets how long one attempt may take, including connecting and reading the whole response.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets how long connecting may take.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the maximum size of a response in bytes; a larger response is an error.
    #[must_use]
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
        self
    }

    /// Sets the name of your program for the `User-Agent` header; `shomei/<version>` is appended to it.
    #[must_use]
    pub fn user_agent(mut self, program: impl Into<String>) -> Self {
        self.user_agent = Some(program.into());
        self
    }

    /// Sets your own reqwest client, for example with another TLS backend, proxy or pool. It is passed as a builder because this crate
    /// still sets redirects, reqwest's own retries, its verbose log and the connect timeout. (A followed redirect would hand the key to
    /// another host; a verbose log would show it.)
    ///
    /// One builder makes only one client, so calls that must not be repeated, such as orders, share connections with all other calls. The
    /// service may close an idle connection just as an order is written to it, and then it is unknown whether the order arrived.
    /// [`http_client_with`](Self::http_client_with) avoids this.
    #[must_use]
    pub fn http_client(mut self, http: reqwest::ClientBuilder) -> Self {
        self.http = Http::Given(Box::new(http));
        self
    }

    /// Sets a function that makes reqwest clients. It is called twice: for a client that keeps connections, and for one that opens a new
    /// connection for each call that must not be repeated, such as an order. A new connection costs two round trips, but an order is never
    /// written to a connection that is just being closed. Without your own function, two clients are made in the same way.
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

    /// Sends requests through this transport instead of the network; this is how the sandbox is reached in process.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Uses the service's own clock, if available.
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
    /// - the base URL is not a valid URL, is neither `https` nor `http` to a loopback address, or contains a user name, a password, a query
    ///   or a fragment;
    /// - the API key or the user agent contains characters not allowed in a header;
    /// - a rate limit allows zero requests, or its window is empty or longer than a year;
    /// - TLS cannot be set up; with the feature `rustls-no-provider`, when no `CryptoProvider` is installed.
    pub fn build(self) -> Result<S, Error> {
        let base_url = match (&self.base_url, S::BASE_URL) {
            (Some(given), _) => given,
            (None, Some(default)) => default,
            (None, None) => return Err(Error::configuration("base url: required, because this service has no default server")),
        };
        let server = Server::at(base_url)?;
        let own = concat!("shomei/", env!("CARGO_PKG_VERSION"));
        let user_agent = self.user_agent.map_or_else(|| own.to_owned(), |program| format!("{program} {own}"));
        let user_agent = HeaderValue::from_str(&user_agent)
            .map_err(|_| Error::configuration("user agent: contains characters not allowed in a header"))?;
        let authorization =
            S::authorization(&self.key).ok_or_else(|| Error::configuration("api key: contains characters not allowed in a header"))?;

        let rate_limiter: Arc<dyn RateLimiter> = match self.rate_limiting {
            RateLimiting::Own(rates) => Arc::new(SlidingWindow::new(rates)?),
            RateLimiting::Shared(rate_limiter) => rate_limiter,
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
            rate_limiter,
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

/// The source of the reqwest clients.
enum Http {
    Given(Box<reqwest::ClientBuilder>),
    Made(Box<dyn Fn() -> reqwest::ClientBuilder + Send + Sync>),
}

enum RateLimiting {
    Own(Vec<RateLimit>),
    Shared(Arc<dyn RateLimiter>),
}

/// reqwest panics if it uses rustls without a provider; return an error instead.
fn require_crypto_provider() -> Result<(), Error> {
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(Error::configuration(
            "TLS: the feature rustls-no-provider needs an installed rustls CryptoProvider (CryptoProvider::install_default)",
        ));
    }
    Ok(())
}
