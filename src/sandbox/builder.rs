//! The builder of a sandbox.

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

/// Builds a [`Sandbox`] with settings other than those of [`Sandbox::new`].
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
#[must_use = "a builder does nothing until `build` is called"]
pub struct SandboxBuilder {
    api_key: Option<String>,
    pocketsign_token: Option<String>,
    hosts: Vec<String>,
    /// All but the two above, which may be drawn from the seed.
    beginning: Beginning,
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys are never shown.
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

    /// Sets the API key; random by default.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Sets the token of the first tenant of PocketSign Verify; random by default.
    pub fn pocketsign_token(mut self, token: impl Into<String>) -> Self {
        self.pocketsign_token = Some(token.into());
        self
    }

    /// Sets the status for a request without a key: 403 by default, since no source documents the real one.
    pub fn missing_key_status(mut self, status: StatusCode) -> Self {
        self.beginning.settings.missing_key_status = status;
        self
    }

    /// Sets whether the key's user may approve requests: an administrator may, a standard user may not.
    pub fn key_may_approve(mut self, may: bool) -> Self {
        self.beginning.key_may_approve = may;
        self
    }

    /// Sets how orders are approved.
    pub fn approval(mut self, mode: ApprovalMode) -> Self {
        self.beginning.settings.approval = mode;
        self
    }

    /// Sets the longest lifetime of a certificate in days: 199, as since 2026-02-24; 397 before. At most 3650.
    pub fn max_certificate_days(mut self, days: u32) -> Self {
        self.beginning.settings.max_certificate_days = days.clamp(1, MOST_DAYS);
        self
    }

    /// Sets the longest plan in years: 3, as since 2023-10-31; 6 before. At most 10.
    pub fn max_plan_years(mut self, years: u32) -> Self {
        self.beginning.settings.max_plan_years = years.clamp(1, MOST_YEARS);
        self
    }

    /// Sets how many days a domain's validation is valid: 199, as since 2026-02-24; 397 before.
    pub fn dcv_reuse_days(mut self, days: u32) -> Self {
        self.beginning.settings.dcv_reuse_days = days.clamp(1, MOST_DAYS);
        self
    }

    /// Sets how long an order is processed once everything is validated: not at all by default.
    pub fn issue_delay(mut self, delay: Duration) -> Self {
        self.beginning.settings.issue_delay = delay;
        self
    }

    /// Sets how long earlier certificates stay valid after a reissue that drops one of their names: 60 hours by default; the service takes
    /// 48 to 72.
    pub fn reissue_revocation_delay(mut self, delay: Duration) -> Self {
        self.beginning.settings.reissue_revocation_delay = delay;
        self
    }

    /// Sets whether an order is revoked with the last of its certificates (the account's setting "Revoke order when all certificates are
    /// revoked"): not by default.
    pub fn revoke_order_with_last_certificate(mut self, revoke: bool) -> Self {
        self.beginning.settings.revoke_order_with_last_certificate = revoke;
        self
    }

    /// Sets whether the account has domain locking: yes by default.
    pub fn domain_locking(mut self, enabled: bool) -> Self {
        self.beginning.settings.domain_locking = enabled;
        self
    }

    /// Sets whether the service finds published values by itself, without a request to check: not by default.
    pub fn dcv_polling(mut self, enabled: bool) -> Self {
        self.beginning.settings.dcv_polling = enabled;
        self
    }

    /// Sets how many times a webhook event is sent until it is accepted, from 1 to 10, a second apart: once by default, since no source
    /// says that the service retries.
    pub fn webhook_attempts(mut self, attempts: u32) -> Self {
        self.beginning.settings.webhook_attempts = attempts.clamp(1, MOST_ATTEMPTS);
        self
    }

    /// Sets whether a key is refused beyond 100 calls in 5 seconds or 1000 in 3 minutes: not by default.
    pub fn rate_limits(mut self, enabled: bool) -> Self {
        self.beginning.settings.rate_limits = enabled;
        self
    }

    /// Sets the `Retry-After` of a rate-limited call, in whole seconds. The service is not known to send one, so there is none by default.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.beginning.settings.retry_after = Some(delay);
        self
    }

    /// Adds an API key of a user with this role.
    pub fn extra_api_key(mut self, key: impl Into<String>, role: Role, scope: KeyScope) -> Self {
        self.beginning.further_keys.push(FurtherKey { key: key.into(), role, scope });
        self
    }

    /// Fills the account as [`Sandbox::with_example_account`] does.
    pub fn example_account(mut self) -> Self {
        self.beginning.account = StartingAccount::Example;
        self
    }

    /// Sets the time at which the sandbox starts: now by default, clamped to 1990 through 2044.
    pub fn start_at(mut self, start: DateTime<Utc>) -> Self {
        self.beginning.start = Some(start);
        self
    }

    /// Looks up domains at a DNS server (TXT, CNAME and CAA) instead of in the [built-in zone](Sandbox::dns), so that domain control is
    /// proved for real. Meant for a server on this machine.
    ///
    /// Each call looks up what it needs before it is handled, in real time: under tokio's paused clock it would time out at once.
    #[cfg(feature = "resolver")]
    pub fn resolver(mut self, server: std::net::SocketAddr) -> Self {
        self.beginning.outside.dns = Some(server);
        self
    }

    /// Fetches files with random values from a web server on this machine instead of the [built-in files](Sandbox::files): every host is
    /// assumed to be at this port of 127.0.0.1. Requests use plain HTTP, with the host in `Host`, and redirects are not followed.
    ///
    /// As with a DNS server, lookups happen in real time.
    pub fn http_port(mut self, port: u16) -> Self {
        self.beginning.outside.http = Some(port);
        self
    }

    /// Sets the faults to inject: none by default.
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.beginning.faults = plan;
        self
    }

    /// Adds a person with a My Number card from the start: [`Sandbox::reset`] keeps it. [`Jpki::cards`](super::Jpki::cards) returns it.
    pub fn card(mut self, details: PersonDetails) -> Self {
        self.beginning.people.push(details);
        self
    }

    /// Derives tokens, random values and ids from this seed, so that they are the same in each run. Keys and serial numbers of certificates
    /// are not derived from it. Anyone who knows the seed knows the derived values.
    pub fn seed(mut self, seed: u64) -> Self {
        self.beginning.seed = Some(seed);
        self
    }

    /// Allows the control interface to be reached by this host name, with or without a port, in addition to those of the loopback
    /// interface.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Builds the sandbox.
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
