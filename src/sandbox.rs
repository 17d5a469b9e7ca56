//! An embedded imitation of DigiCert CertCentral and PocketSign Verify, for tests without an account and without a network.
//!
//! A [`Sandbox`] implements the Services API v2 with its own state machines: domains are validated against a DNS zone and web servers that
//! the test fills, orders wait for approvals and validations, and the certificates are real X.509 certificates for the CSRs it receives,
//! signed by the sandbox's own CA. It shares no types and no code with the client, so it can judge what the client sends. PocketSign
//! Verify, in both versions, verifies real signatures of invented persons, whose cards [`Sandbox::jpki`] issues.
//!
//! It runs in process ([`Sandbox::handle`]), also under tokio's paused clock, or on a socket ([`Sandbox::serve`]). It can inject the faults
//! of networks, proxies and services: see [`FaultPlan`].
//!
//! ```
//! # use shomei::sandbox::Sandbox;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), http::Error> {
//! let sandbox = Sandbox::new();
//! let request = http::Request::get("/services/v2/user/me")
//!     .header("X-DC-DEVKEY", sandbox.api_key())
//!     .body(bytes::Bytes::new())?;
//! assert_eq!(sandbox.handle(request).await.status(), 200);
//! # Ok(())
//! # }
//! ```

mod authority;
mod builder;
mod bundle;
mod certcentral;
mod clock;
mod control;
mod error;
mod fault;
mod http;
mod json;
mod later;
mod log;
mod network;
mod others;
mod pocketsign;
mod random;
mod rates;
mod refusal;
mod register;
mod reset;
mod server;
mod settings;
mod webhooks;
mod words;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::http::{Request, Response, StatusCode, header};
use bytes::Bytes;
use chrono::{DateTime, Utc};

pub use self::builder::SandboxBuilder;
pub use self::certcentral::{DomainShape, OrderShape, OrderState};
pub use self::clock::Clock;
pub use self::error::SandboxError;
pub use self::fault::{CallMatcher, Fault, FaultPlan, InjectedFault, RetryAfter};
pub use self::log::Exchange;
pub use self::network::{DnsRecord, DnsZone, Mail, MailKind, Mails, RecordType, WebFiles};
pub use self::pocketsign::{Card, CardCertificate, CardPerson, Jpki, PersonDetails, RevocationCause};
pub use self::settings::{ApprovalMode, KeyScope, Role, SandboxSettings, StartingAccount};

use self::authority::Authority;
use self::certcentral::Account;
use self::certcentral::webhook::{self, Outgoing};
use self::clock::http_date;
use self::control::Guard;
use self::fault::Script;
pub(crate) use self::fault::{Body, Lost};
use self::http::{Reply, segments};
use self::log::Log;
use self::network::Network;
use self::pocketsign::Verify;
use self::random::Random;
use self::settings::Beginning;

const PAGE_TOKEN_LENGTH: usize = 32;

/// The services, their environment and their clock. Clones share everything.
#[derive(Clone)]
pub struct Sandbox(Arc<World>);

struct World {
    beginning: Beginning,
    guard: Guard,
    /// The token in the forms of the page for people.
    page_token: String,
    authority: Arc<Authority>,
    clock: Clock,
    network: Network,
    // Code that locks several of these locks them in this order.
    certcentral: Mutex<Account>,
    pocketsign: Mutex<Verify>,
    script: Mutex<Script>,
    log: Log,
    /// Where the events of webhooks go, if not to an address.
    webhook_receiver: Mutex<Option<webhooks::Receiver>>,
    /// Whoever holds it sends events.
    webhook_turn: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("now", &self.0.clock.now()).finish_non_exhaustive()
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// The base path of CertCentral.
    pub const CERTCENTRAL: &'static str = certcentral::BASE;

    /// Creates a sandbox with a new account: an administrator's key, a container, an organization validated for OV and EV (754781) and one
    /// that is not (754782), no domains.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Creates a sandbox whose account has been in use for a year: domains, one of which lapses soon; orders that are issued, reissued,
    /// revoked, pending, or expire within a month; and a request that waits for an approval.
    ///
    /// ```
    /// # use shomei::sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), http::Error> {
    /// let sandbox = Sandbox::with_example_account();
    /// let request = http::Request::get("/services/v2/request?filters[status]=pending")
    ///     .header("X-DC-DEVKEY", sandbox.api_key())
    ///     .body(bytes::Bytes::new())?;
    /// assert!(String::from_utf8_lossy(sandbox.handle(request).await.body()).contains("new_request"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_example_account() -> Self {
        Self::builder().example_account().build()
    }

    /// Returns a builder for a sandbox with other settings.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    fn with(beginning: Beginning, guard: Guard) -> Self {
        let clock = Clock::starting_at(beginning.start.unwrap_or_else(Utc::now));
        let (network, authority) = (Network::with(beginning.outside), Arc::new(Authority::new()));
        let account = Account::new(&beginning, beginning.account, network.clone(), Arc::clone(&authority), clock.now());
        let (pocketsign, script) = (Verify::new(&beginning), Script::new(beginning.faults.clone()));
        let people = beginning.people.clone();
        let sandbox = Self(Arc::new(World {
            beginning,
            guard,
            // Never from the seed, which others may know.
            page_token: Random::new(None, "page").word(PAGE_TOKEN_LENGTH),
            authority,
            clock,
            network,
            certcentral: Mutex::new(account),
            pocketsign: Mutex::new(pocketsign),
            script: Mutex::new(script),
            log: Log::default(),
            webhook_receiver: Mutex::default(),
            webhook_turn: tokio::sync::Mutex::default(),
        }));
        for details in people {
            let _ = sandbox.jpki().card(details);
        }
        sandbox.in_verify(|service, _| service.keep_cards());
        sandbox
    }

    /// Returns the API key.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.0.beginning.api_key
    }

    /// Returns the token of the first tenant of PocketSign Verify.
    #[must_use]
    pub fn pocketsign_token(&self) -> String {
        self.in_verify(|service, _| service.token().to_owned())
    }

    /// Adds a tenant to PocketSign Verify and returns its token.
    #[must_use]
    pub fn add_pocketsign_tenant(&self) -> String {
        self.in_verify(|service, _| service.add_tenant())
    }

    /// Returns the authority behind My Number cards, with the actions of card holders.
    #[must_use]
    pub fn jpki(&self) -> Jpki {
        Jpki::of(self.clone())
    }

    /// Returns the DNS zone that domains are validated against.
    #[must_use]
    pub fn dns(&self) -> &DnsZone {
        &self.0.network.zone
    }

    /// Returns the web servers that domains are validated against.
    #[must_use]
    pub fn files(&self) -> &WebFiles {
        &self.0.network.files
    }

    /// Returns the mails sent so far.
    #[must_use]
    pub fn mails(&self) -> &Mails {
        // What has come due since the last call is mailed by now.
        self.in_account(|account, now| account.catch_up(now));
        &self.0.network.mails
    }

    /// Returns the clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Returns the root certificate, as PEM, of all certificates issued here.
    #[must_use]
    pub fn root_certificate(&self) -> String {
        self.0.authority.root().pem()
    }

    /// Responds to one request. Only the path matters, not the host. [Faults](FaultPlan) do not apply here.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        if control::knows(request.uri().path()) {
            return control::answer(self, &request);
        }
        if self.0.network.has_outside() {
            // Before the account is locked, so that other calls proceed during the lookup.
            let questions = self.in_account(|account, now| account.questions(&request, now));
            self.0.network.look_up(questions).await;
        }
        let mut response = self.respond(&request);
        if let Some(test) = response.extensions_mut().remove::<Outgoing>()
            && self.deliver(&test).await != Some(StatusCode::OK)
        {
            response = Reply::from(webhook::endpoints::unreachable()).into();
            self.date(&mut response);
        }
        self.log(&request, Some(&response), None);
        response
    }

    /// What a service responds.
    fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut response: Response<Bytes> = if Verify::knows(request.uri().path()) {
            self.in_verify(|service, now| service.answer(request, now))
        } else if segments(request.uri(), certcentral::BASE).is_some() {
            // What has come due is signed before the account is locked again to show it.
            self.in_account(|account, now| account.catch_up(now));
            self.in_account(|account, now| account.answer(request, now).map(|reply| reply.changed_by(now)))
                .unwrap_or_else(Reply::from)
                .into()
        } else {
            certcentral::no_such_route().into()
        };
        self.date(&mut response);
        response
    }

    fn date(&self, response: &mut Response<Bytes>) {
        response.headers_mut().insert(header::DATE, http_date(self.0.clock.now()));
    }

    fn in_account<T>(&self, act: impl FnOnce(&mut Account, DateTime<Utc>) -> T) -> T {
        let mut account = lock(&self.0.certcentral);
        let done = act(&mut account, self.0.clock.now());
        let has_mail = account.webhooks_mut().has_mail();
        let unsigned = account.take_unsigned();
        drop(account);
        for certificate in unsigned {
            certificate.sign();
        }
        if has_mail {
            self.send_webhooks();
        }
        done
    }

    fn in_verify<T>(&self, act: impl FnOnce(&mut Verify, DateTime<Utc>) -> T) -> T {
        let mut service = lock(&self.0.pocketsign);
        act(&mut service, self.0.clock.now())
    }

    fn in_script<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        act(&mut lock(&self.0.script))
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
