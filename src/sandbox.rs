//! An embedded imitation of DigiCert CertCentral and PocketSign Verify, for tests without an account and without a network.
//!
//! A [`Sandbox`] answers the Services API v2 from its own state machines: domains are validated against a DNS zone
//! and web servers that the test fills, orders wait for approvals and validations, and what is issued is a real
//! X.509 certificate for the CSR that was sent, signed by the sandbox's own authority. It shares no type and no
//! code with the client, so it can judge what the client sends. PocketSign Verify, in both versions, verifies real
//! signatures of invented persons, whose cards [`Sandbox::jpki`] hands out.
//!
//! It runs in process ([`Sandbox::handle`]), under tokio's paused clock too, or on a socket ([`Sandbox::serve`]). What a network,
//! a proxy or a service can do wrong on the way, it does on demand: see [`FaultPlan`].
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
mod fault;
mod http;
mod json;
mod network;
mod pocketsign;
mod random;
mod rates;
mod refusal;
mod register;
mod server;
mod settings;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ::http::{Request, Response, header};
use bytes::Bytes;
use chrono::{DateTime, Utc};

pub use self::builder::SandboxBuilder;
pub use self::clock::Clock;
pub use self::fault::{CallMatcher, Fault, FaultPlan, InjectedFault, RetryAfter};
pub use self::network::{DnsZone, Mail, MailKind, Mails, WebFiles};
pub use self::pocketsign::{Card, CardCertificate, CardPerson, Jpki, PersonDetails, RevocationCause};
pub use self::settings::{ApprovalMode, KeyScope, Role};

use self::certcentral::{Account, Reason};
use self::clock::http_date;
use self::fault::Script;
pub(crate) use self::fault::{Body, Lost};
use self::http::{Reply, segments};
use self::network::Network;
use self::pocketsign::Verify;
use self::random::Random;
use self::settings::{FurtherKey, Settings};

const KEY_LENGTH: usize = 48;

/// The services, their surroundings and their clock. Clones share everything.
#[derive(Clone)]
pub struct Sandbox(Arc<World>);

struct World {
    api_key: String,
    clock: Clock,
    network: Network,
    certcentral: Mutex<Account>,
    pocketsign: Mutex<Verify>,
    script: Mutex<Script>,
}

/// What a test asked of somebody else (a reviewer, DigiCert, a card) cannot be done: there is no such order, say, or it is not in the right
/// state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxError(Reason);

impl fmt::Display for SandboxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for SandboxError {}

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
    /// The path below which CertCentral answers.
    pub const CERTCENTRAL: &'static str = certcentral::BASE;

    /// A sandbox as a new account finds it: an administrator's key, a container, an organization validated for OV
    /// and EV (754781) and one that is not (754782), no domains.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A sandbox whose account has been in use for a year: domains of which one's validation ends soon, orders that
    /// are issued, reissued, revoked, pending, or end within the month, and a request that waits for an approval.
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

    /// A sandbox with settings of its own.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new(Random::default().word(KEY_LENGTH))
    }

    fn with(settings: Settings, start: DateTime<Utc>, example: bool, faults: FaultPlan) -> Self {
        let clock = Clock::starting_at(start);
        let network = Network::default();
        let (api_key, pocketsign_token) = (settings.api_key.clone(), settings.pocketsign_token.clone());
        let mut account = Account::new(settings, network.clone(), clock.now());
        if example {
            account.live_a_year(clock.now());
        }
        let pocketsign = Mutex::new(Verify::new(pocketsign_token));
        let script = Mutex::new(Script::new(faults));
        Self(Arc::new(World { api_key, clock, network, certcentral: Mutex::new(account), pocketsign, script }))
    }

    /// The key that is let in.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.0.api_key
    }

    /// The token of the first tenant of PocketSign Verify.
    #[must_use]
    pub fn pocketsign_token(&self) -> String {
        self.in_verify(|service, _| service.token().to_owned())
    }

    /// Adds a tenant to PocketSign Verify and gives its token.
    #[must_use]
    pub fn add_pocketsign_tenant(&self) -> String {
        self.in_verify(|service, _| service.add_tenant())
    }

    /// The authority behind My Number cards, and what happens to the people who hold them.
    #[must_use]
    pub fn jpki(&self) -> Jpki {
        Jpki::of(self.clone())
    }

    /// The DNS that domains are validated against.
    #[must_use]
    pub fn dns(&self) -> &DnsZone {
        &self.0.network.zone
    }

    /// The web servers that domains are validated against.
    #[must_use]
    pub fn files(&self) -> &WebFiles {
        &self.0.network.files
    }

    /// The mails sent so far.
    #[must_use]
    pub fn mails(&self) -> &Mails {
        &self.0.network.mails
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The root certificate, as PEM, that everything issued here leads to.
    #[must_use]
    pub fn root_certificate(&self) -> String {
        self.in_account(|account, _| account.root_certificate())
    }

    /// Answers one request. The host does not matter, the path does. No [fault](FaultPlan) of the way happens here.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let reply = if Verify::knows(request.uri().path()) {
            self.in_verify(|service, now| service.answer(&request, now))
        } else if segments(request.uri(), certcentral::BASE).is_some() {
            self.in_account(|account, now| account.answer(&request, now)).unwrap_or_else(Reply::from)
        } else {
            certcentral::no_such_route()
        };
        let mut response: Response<Bytes> = reply.into();
        response.headers_mut().insert(header::DATE, http_date(self.0.clock.now()));
        response
    }

    fn in_account<T>(&self, act: impl FnOnce(&mut Account, DateTime<Utc>) -> T) -> T {
        let mut account = self.0.certcentral.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut account, self.0.clock.now())
    }

    fn in_verify<T>(&self, act: impl FnOnce(&mut Verify, DateTime<Utc>) -> T) -> T {
        let mut service = self.0.pocketsign.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut service, self.0.clock.now())
    }

    fn in_script<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        act(&mut self.0.script.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn others(&self, act: impl FnOnce(&mut Account, DateTime<Utc>) -> Result<(), Reason>) -> Result<(), SandboxError> {
        self.in_account(|account, now| account.at(now, |account| act(account, now))).map_err(SandboxError)
    }
}

/// What other people do.
impl Sandbox {
    /// The reader of a mailbox follows the newest link in it and so approves a domain.
    ///
    /// # Errors
    ///
    /// There is no approval mail of the last 30 days to this address, or its domain is validated in another way by now.
    pub fn approve_dcv_mail(&self, address: &str) -> Result<(), SandboxError> {
        self.others(|account, now| account.approve_dcv_mail(address, now))
    }

    /// DigiCert rejects an order.
    ///
    /// # Errors
    ///
    /// There is no such order, or it is finished.
    pub fn reject_order(&self, order_id: u64, reason: &str) -> Result<(), SandboxError> {
        self.others(|account, now| account.reject_order(order_id, reason, now))
    }

    /// DigiCert holds an order back for its final check: it stays `pending` though everything is validated.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn hold_order(&self, order_id: u64) -> Result<(), SandboxError> {
        self.others(|account, _| account.hold_order(order_id, true))
    }

    /// DigiCert has finished its final check.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn release_order(&self, order_id: u64) -> Result<(), SandboxError> {
        self.others(|account, _| account.hold_order(order_id, false))
    }

    /// DigiCert brings an order over from an older console; such orders can be marked as renewed.
    ///
    /// # Errors
    ///
    /// There is no such order.
    pub fn migrate_order(&self, order_id: u64) -> Result<(), SandboxError> {
        self.others(|account, _| account.migrate_order(order_id))
    }

    /// An administrator makes one more API key, of a user with this role.
    pub fn add_api_key(&self, key: impl Into<String>, role: Role, scope: KeyScope) {
        let key = FurtherKey { key: key.into(), role, scope };
        self.in_account(|account, now| account.add_key(key, now));
    }

    /// DigiCert has validated an organization, in every kind asked for.
    ///
    /// # Errors
    ///
    /// There is no such organization.
    pub fn validate_organization(&self, organization_id: u64) -> Result<(), SandboxError> {
        self.others(|account, now| account.validate_organization(organization_id, now))
    }

    /// A colleague reviews a request: the first of two steps.
    ///
    /// # Errors
    ///
    /// There is no such request, or it is not waiting for a review.
    pub fn review_request(&self, request_id: u64) -> Result<(), SandboxError> {
        self.others(|account, now| account.review_request(request_id, now))
    }

    /// Colleagues approve a request, in as many steps as are left.
    ///
    /// # Errors
    ///
    /// There is no such request, or it was rejected.
    pub fn approve_request(&self, request_id: u64) -> Result<(), SandboxError> {
        self.others(|account, now| account.approve_request(request_id, now))
    }

    /// A colleague rejects a request.
    ///
    /// # Errors
    ///
    /// There is no such request, or it is decided.
    pub fn reject_request(&self, request_id: u64, comment: &str) -> Result<(), SandboxError> {
        self.others(|account, now| account.reject_request(request_id, comment, now))
    }
}
