//! The settings of a sandbox. They do not depend on an account; the account is built from them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;

use super::network::Whereabouts;
use super::words::words;
use super::{FaultPlan, PersonDetails, SandboxError};

/// No certificate lasts longer than ten years, and the sandbox's own CA expires not much later.
pub(crate) const MOST_YEARS: u32 = 10;
pub(crate) const MOST_DAYS: u32 = 3650;
pub(crate) const MOST_ATTEMPTS: u32 = 10;
/// After a reissue that drops a name, earlier certificates stay valid for 48 to 72 hours.
const REVOCATION_DELAY: Duration = Duration::from_secs(60 * 60 * 60);

/// The initial state of a sandbox, which a reset restores.
#[derive(Clone)]
pub(crate) struct Beginning {
    pub(crate) api_key: String,
    pub(crate) pocketsign_token: String,
    pub(crate) further_keys: Vec<FurtherKey>,
    pub(crate) key_may_approve: bool,
    pub(crate) settings: SandboxSettings,
    pub(crate) account: StartingAccount,
    pub(crate) start: Option<DateTime<Utc>>,
    pub(crate) faults: FaultPlan,
    pub(crate) people: Vec<PersonDetails>,
    pub(crate) seed: Option<u64>,
    pub(crate) outside: Whereabouts,
}

/// The behavior of the services: read with [`Sandbox::settings`](super::Sandbox::settings), changed with
/// [`Sandbox::set_settings`](super::Sandbox::set_settings). The setters of the [builder](super::SandboxBuilder) explain each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxSettings {
    /// How orders are approved.
    pub approval: ApprovalMode,
    /// How long an order is processed once everything is validated.
    pub issue_delay: Duration,
    /// Whether a key is refused beyond 100 calls in 5 seconds or 1000 in 3 minutes.
    pub rate_limits: bool,
    /// The `Retry-After` of a rate-limited call, in whole seconds.
    pub retry_after: Option<Duration>,
    /// The status for a request without a key, from 400 to 599.
    pub missing_key_status: StatusCode,
    /// The longest lifetime of a certificate in days, from 1 to 3650.
    pub max_certificate_days: u32,
    /// The longest plan in years, from 1 to 10.
    pub max_plan_years: u32,
    /// How many days a domain's validation is valid, from 1 to 3650.
    pub dcv_reuse_days: u32,
    /// How long earlier certificates stay valid after a reissue that drops one of their names.
    pub reissue_revocation_delay: Duration,
    /// Whether an order is revoked with the last of its certificates.
    pub revoke_order_with_last_certificate: bool,
    /// Whether the account has domain locking.
    pub domain_locking: bool,
    /// Whether the service finds published values by itself.
    pub dcv_polling: bool,
    /// How many times a webhook event is sent until it is accepted, from 1 to 10.
    pub webhook_attempts: u32,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            approval: ApprovalMode::default(),
            issue_delay: Duration::ZERO,
            rate_limits: false,
            retry_after: None,
            missing_key_status: StatusCode::FORBIDDEN,
            max_certificate_days: 199,
            max_plan_years: 3,
            dcv_reuse_days: 199,
            reissue_revocation_delay: REVOCATION_DELAY,
            revoke_order_with_last_certificate: false,
            domain_locking: true,
            dcv_polling: false,
            webhook_attempts: 1,
        }
    }
}

impl SandboxSettings {
    pub(crate) fn validity_limits(&self) -> Limits {
        Limits { certificate_days: self.max_certificate_days, plan_years: self.max_plan_years }
    }

    /// Refuses what is out of bounds.
    pub(crate) fn check(&self) -> Result<(), SandboxError> {
        let within = |member, given: u32, most: u32| match given {
            given if (1..=most).contains(&given) => Ok(()),
            _ => Err(SandboxError::invalid(member, format!("expected a number from 1 to {most}"))),
        };
        within("max_certificate_days", self.max_certificate_days, MOST_DAYS)?;
        within("max_plan_years", self.max_plan_years, MOST_YEARS)?;
        within("dcv_reuse_days", self.dcv_reuse_days, MOST_DAYS)?;
        within("webhook_attempts", self.webhook_attempts, MOST_ATTEMPTS)?;
        let status = self.missing_key_status;
        let refuses = status.is_client_error() || status.is_server_error();
        if refuses { Ok(()) } else { Err(SandboxError::invalid("missing_key_status", "expected a status from 400 to 599")) }
    }
}

/// The account that a sandbox starts with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartingAccount {
    /// A new account: organizations, but no domains and no orders.
    #[default]
    Empty,
    /// The account of [`Sandbox::with_example_account`](super::Sandbox::with_example_account).
    Example,
}

words! { pub StartingAccount, "account": Empty = "empty", Example = "example" }

/// How the account approves its users' requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalMode {
    /// One approver; a request by a user who may approve is approved at once. The default of a new account.
    #[default]
    OneStepAuto,
    /// No approvals and no requests.
    Skip,
    /// One approver, always required.
    OneStep,
    /// A reviewer and an approver, two different people.
    TwoStep,
}

words! { pub ApprovalMode, "approval": OneStepAuto = "auto", OneStep = "one-step", TwoStep = "two-step", Skip = "skip" }

/// The role of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Everything.
    Administrator,
    /// Orders, domains and approvals, but not the account itself.
    Manager,
    /// Orders that others approve.
    StandardUser,
    /// The account's money, and orders that others approve.
    FinanceManager,
    /// Orders that others approve; only the user's own orders are visible.
    LimitedUser,
}

words! {
    pub Role, "role":
    Administrator = "administrator", Manager = "manager", StandardUser = "standard_user",
    FinanceManager = "finance_manager", LimitedUser = "limited_user",
}

/// What a key may access, within the permissions of its user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyScope {
    /// Everything its user may do.
    #[default]
    Unrestricted,
    /// Orders, requests and certificates.
    Orders,
    /// Orders, requests, certificates, organizations and domains.
    OrdersDomainsOrganizations,
    /// Read-only access.
    ViewOnly,
    /// Users.
    UserManagement,
}

words! {
    pub KeyScope, "scope":
    Unrestricted = "unrestricted", Orders = "orders", OrdersDomainsOrganizations = "orders_domains_organizations",
    ViewOnly = "view_only", UserManagement = "user_management",
}

/// An accepted key, before it has a user.
#[derive(Clone, Debug)]
pub(crate) struct FurtherKey {
    pub(crate) key: String,
    pub(crate) role: Role,
    pub(crate) scope: KeyScope,
}

/// The account's limits; they differ by year and by contract.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) certificate_days: u32,
    pub(crate) plan_years: u32,
}
