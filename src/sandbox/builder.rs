//! How a sandbox is made that differs from the usual one.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;

use super::control::Guard;
use super::network::Whereabouts;
use super::random::Random;
use super::settings::{
    ApprovalMode, Beginning, FurtherKey, KeyScope, MOST_ATTEMPTS, MOST_DAYS, MOST_YEARS, Role, SandboxSettings, StartingAccount,
};
use super::{FaultPlan, PersonDetails, Sandbox};

const KEY_LENGTH: usize = 48;
const TOKEN_LENGTH: usize = 40;

/// Builds a [`Sandbox`] that differs from [`Sandbox::new`].
///
/// ```
/// # use std::time::Duration;
/// # use shomei::sandbox::{ApprovalMode, Sandbox};
/// let sandbox = Sandbox::builder()
///     .api_key("a key for tests")
///     .approval(ApprovalMode::TwoStep)
///     .issue_delay(Duration::from_secs(600))
///     .build();
/// assert_eq!(sandbox.api_key(), "a key for tests");
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct SandboxBuilder {
    api_key: Option<String>,
    pocketsign_token: Option<String>,
    hosts: Vec<String>,
    /// All but the two above, which may be drawn from the seed.
    beginning: Beginning,
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys stay out of it, as they do everywhere.
        formatter.debug_struct("SandboxBuilder").field("start", &self.beginning.start).finish_non_exhaustive()
    }
}

impl SandboxBuilder {
    pub(crate) fn new() -> Self {
        let beginning = Beginning {
            api_key: String::new(),
            pocketsign_token: String::new(),
            further_keys: Vec::new(),
            key_may_approve: true,
            settings: SandboxSettings::default(),
            account: StartingAccount::Empty,
            start: None,
            faults: FaultPlan::new(),
            people: Vec::new(),
            seed: None,
            outside: Whereabouts::default(),
        };
        Self { api_key: None, pocketsign_token: None, hosts: Vec::new(), beginning }
    }

    /// The API key that is let in; random unless set.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// The token of the first tenant of PocketSign Verify; random unless set.
    pub fn pocketsign_token(mut self, token: impl Into<String>) -> Self {
        self.pocketsign_token = Some(token.into());
        self
    }

    /// The status for a request without a key: 403 unless set, since no source shows the real one.
    pub fn missing_key_status(mut self, status: StatusCode) -> Self {
        self.beginning.settings.missing_key_status = status;
        self
    }

    /// Whether the key's user may approve requests: an administrator may, a standard user may not.
    pub fn key_may_approve(mut self, may: bool) -> Self {
        self.beginning.key_may_approve = may;
        self
    }

    /// How orders are approved.
    pub fn approval(mut self, mode: ApprovalMode) -> Self {
        self.beginning.settings.approval = mode;
        self
    }

    /// The longest life of a certificate in days: 199, as since 2026-02-24; 397 before. At most 3650.
    pub fn max_certificate_days(mut self, days: u32) -> Self {
        self.beginning.settings.max_certificate_days = days.clamp(1, MOST_DAYS);
        self
    }

    /// The longest plan in years: 3, as since 2023-10-31; 6 before. At most 10.
    pub fn max_plan_years(mut self, years: u32) -> Self {
        self.beginning.settings.max_plan_years = years.clamp(1, MOST_YEARS);
        self
    }

    /// How many days a domain's validation is good for: 199, as since 2026-02-24; 397 before.
    pub fn dcv_reuse_days(mut self, days: u32) -> Self {
        self.beginning.settings.dcv_reuse_days = days.clamp(1, MOST_DAYS);
        self
    }

    /// How long an order is processed, once everything is validated: not at all unless set.
    pub fn issue_delay(mut self, delay: Duration) -> Self {
        self.beginning.settings.issue_delay = delay;
        self
    }

    /// How long earlier certificates live on after a reissue that drops one of their names: 60 hours unless set,
    /// where the service takes 48 to 72.
    pub fn reissue_revocation_delay(mut self, delay: Duration) -> Self {
        self.beginning.settings.reissue_revocation_delay = delay;
        self
    }

    /// The account's setting for revoking single certificates: whether the order goes with the last of them
    /// ("Revoke order when all certificates are revoked"). It stays unless set.
    pub fn revoke_order_with_last_certificate(mut self, revoke: bool) -> Self {
        self.beginning.settings.revoke_order_with_last_certificate = revoke;
        self
    }

    /// Whether the account has domain locking: it has unless set.
    pub fn domain_locking(mut self, enabled: bool) -> Self {
        self.beginning.settings.domain_locking = enabled;
        self
    }

    /// Whether the service finds published values by itself, without being asked to check: it does not unless set.
    pub fn dcv_polling(mut self, enabled: bool) -> Self {
        self.beginning.settings.dcv_polling = enabled;
        self
    }

    /// How often an event of a webhook is sent until it is taken, from 1 to 10, a second apart: once unless set, since nothing says that the
    /// service sends more often.
    pub fn webhook_attempts(mut self, attempts: u32) -> Self {
        self.beginning.settings.webhook_attempts = attempts.clamp(1, MOST_ATTEMPTS);
        self
    }

    /// Whether a key is refused beyond 100 calls in 5 seconds or 1000 in 3 minutes: not unless set.
    pub fn rate_limits(mut self, enabled: bool) -> Self {
        self.beginning.settings.rate_limits = enabled;
        self
    }

    /// The `Retry-After` of a call refused for its rate, in whole seconds. The service is not known to send one, so
    /// there is none unless set.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.beginning.settings.retry_after = Some(delay);
        self
    }

    /// One more API key, of a user with this role.
    pub fn extra_api_key(mut self, key: impl Into<String>, role: Role, scope: KeyScope) -> Self {
        self.beginning.further_keys.push(FurtherKey { key: key.into(), role, scope });
        self
    }

    /// Fills the account as [`Sandbox::with_example_account`] does.
    pub fn example_account(mut self) -> Self {
        self.beginning.account = StartingAccount::Example;
        self
    }

    /// The time at which the sandbox starts: now unless set, kept within 1990 and 2044.
    pub fn start_at(mut self, start: DateTime<Utc>) -> Self {
        self.beginning.start = Some(start);
        self
    }

    /// Looks domains up at a DNS server (TXT, CNAME and CAA) instead of in the [built-in zone](Sandbox::dns): domain control is shown there for
    /// real. Meant for a server on this machine.
    ///
    /// Each call looks up what it needs before it is handled, in real time: under a paused clock of tokio it would time out at once.
    #[cfg(feature = "resolver")]
    pub fn resolver(mut self, server: std::net::SocketAddr) -> Self {
        self.beginning.outside.dns = Some(server);
        self
    }

    /// Fetches files with random values from a web server on this machine instead of the [built-in files](Sandbox::files): every host is taken to
    /// be at this port of 127.0.0.1. It is asked by plain HTTP, with the host in `Host`, and redirects are not followed.
    ///
    /// As with a DNS server, this happens in real time.
    pub fn http_port(mut self, port: u16) -> Self {
        self.beginning.outside.http = Some(port);
        self
    }

    /// What goes wrong on the way to the sandbox and back: nothing unless set.
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.beginning.faults = plan;
        self
    }

    /// A person with a My Number card, there from the beginning: [`Sandbox::reset`] keeps it. [`Jpki::cards`](super::Jpki::cards) has it.
    pub fn card(mut self, details: PersonDetails) -> Self {
        self.beginning.people.push(details);
        self
    }

    /// Draws tokens, random values and ids from this number, so that they are the same in each run: not the keys and serial numbers of
    /// certificates. Whoever knows the number knows them all.
    pub fn seed(mut self, seed: u64) -> Self {
        self.beginning.seed = Some(seed);
        self
    }

    /// A host name, with or without a port, by which the control interface may be reached, besides those of the loopback interface.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// The sandbox.
    #[must_use]
    pub fn build(self) -> Sandbox {
        let Self { api_key, pocketsign_token, hosts, mut beginning } = self;
        let mut random = Random::new(beginning.seed, "keys");
        let (key, token) = (random.word(KEY_LENGTH), random.word(TOKEN_LENGTH));
        beginning.api_key = api_key.unwrap_or(key);
        beginning.pocketsign_token = pocketsign_token.unwrap_or(token);
        Sandbox::with(beginning, Guard::new(hosts))
    }
}
