//! What may differ between sandboxes. Settings know no account: the account is made of them.

use std::time::Duration;

use http::StatusCode;

/// The settings of a sandbox.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) api_key: String,
    pub(crate) pocketsign_token: Option<String>,
    pub(crate) further_keys: Vec<FurtherKey>,
    pub(crate) missing_key_status: StatusCode,
    pub(crate) key_may_approve: bool,
    pub(crate) approval: ApprovalMode,
    pub(crate) max_certificate_days: u32,
    pub(crate) max_plan_years: u32,
    pub(crate) dcv_reuse_days: u32,
    pub(crate) issue_delay: Duration,
    pub(crate) reissue_revocation_delay: Duration,
    pub(crate) revoke_order_with_last_certificate: bool,
    pub(crate) domain_locking: bool,
    pub(crate) dcv_polling: bool,
    pub(crate) rate_limits: bool,
    pub(crate) retry_after: Option<Duration>,
}

impl Settings {
    pub(crate) fn validity_limits(&self) -> Limits {
        Limits { certificate_days: self.max_certificate_days, plan_years: self.max_plan_years }
    }
}

/// How the account approves what its users ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalMode {
    /// One approver; who may approve has approved by asking. The state of a new account.
    #[default]
    OneStepAuto,
    /// No approvals and no requests.
    Skip,
    /// One approver, always asked.
    OneStep,
    /// A reviewer and an approver, two different people.
    TwoStep,
}

/// What a user may do.
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
    /// Orders that others approve; of those there are, only the user's own are there at all.
    LimitedUser,
}

/// What a key opens, beside what its user may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyScope {
    /// All that its user may do.
    #[default]
    Unrestricted,
    /// Orders, requests and certificates.
    Orders,
    /// Orders, requests, certificates, organizations and domains.
    OrdersDomainsOrganizations,
    /// Reading.
    ViewOnly,
    /// Users.
    UserManagement,
}

/// A key to be let in, before it has a user.
#[derive(Clone, Debug)]
pub(crate) struct FurtherKey {
    pub(crate) key: String,
    pub(crate) role: Role,
    pub(crate) scope: KeyScope,
}

/// The account's maxima; they differ by year and by contract.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) certificate_days: u32,
    pub(crate) plan_years: u32,
}
