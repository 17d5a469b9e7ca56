//! What may differ between sandboxes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;

use super::Sandbox;
use super::certcentral::{ApprovalMode, Limits};

/// Beyond ten years nothing is a certificate any more, and the authority's own end comes near.
const MOST_YEARS: u32 = 10;
const MOST_DAYS: u32 = 3650;

/// The settings of a sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) api_key: String,
    pub(crate) missing_key_status: StatusCode,
    pub(crate) key_may_approve: bool,
    pub(crate) approval: ApprovalMode,
    pub(crate) max_certificate_days: u32,
    pub(crate) max_plan_years: u32,
    pub(crate) dcv_reuse_days: u32,
    pub(crate) issue_delay: Duration,
}

impl Settings {
    pub(crate) fn validity_limits(&self) -> Limits {
        Limits { certificate_days: self.max_certificate_days, plan_years: self.max_plan_years }
    }
}

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
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct SandboxBuilder {
    settings: Settings,
    start: DateTime<Utc>,
}

impl SandboxBuilder {
    pub(crate) fn new(api_key: String) -> Self {
        let settings = Settings {
            api_key,
            missing_key_status: StatusCode::FORBIDDEN,
            key_may_approve: true,
            approval: ApprovalMode::default(),
            max_certificate_days: 199,
            max_plan_years: 3,
            dcv_reuse_days: 199,
            issue_delay: Duration::ZERO,
        };
        Self { settings, start: Utc::now() }
    }

    /// The API key that is let in; random unless set.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.settings.api_key = key.into();
        self
    }

    /// The status for a request without a key: 403 unless set, since no source shows the real one.
    pub fn missing_key_status(mut self, status: StatusCode) -> Self {
        self.settings.missing_key_status = status;
        self
    }

    /// Whether the key's user may approve requests: an administrator may, a standard user may not.
    pub fn key_may_approve(mut self, may: bool) -> Self {
        self.settings.key_may_approve = may;
        self
    }

    /// How orders are approved.
    pub fn approval(mut self, mode: ApprovalMode) -> Self {
        self.settings.approval = mode;
        self
    }

    /// The longest life of a certificate in days: 199, as since 2026-02-24; 397 before. At most 3650.
    pub fn max_certificate_days(mut self, days: u32) -> Self {
        self.settings.max_certificate_days = days.clamp(1, MOST_DAYS);
        self
    }

    /// The longest plan in years: 3, as since 2023-10-31; 6 before. At most 10.
    pub fn max_plan_years(mut self, years: u32) -> Self {
        self.settings.max_plan_years = years.clamp(1, MOST_YEARS);
        self
    }

    /// How many days a domain's validation is good for: 199, as since 2026-02-24; 397 before.
    pub fn dcv_reuse_days(mut self, days: u32) -> Self {
        self.settings.dcv_reuse_days = days.clamp(1, MOST_DAYS);
        self
    }

    /// How long an order is processed, once everything is validated: not at all unless set.
    pub fn issue_delay(mut self, delay: Duration) -> Self {
        self.settings.issue_delay = delay;
        self
    }

    /// The time at which the sandbox starts: now unless set, kept within 1990 and 2044.
    pub fn start_at(mut self, start: DateTime<Utc>) -> Self {
        self.start = start;
        self
    }

    /// The sandbox.
    #[must_use]
    pub fn build(self) -> Sandbox {
        Sandbox::with(self.settings, self.start)
    }
}
