//! What can be set for single calls.

use std::time::Duration;

use super::{Retry, Urgency};

/// What differs for some calls from what the client was built with.
///
/// ```
/// # #[cfg(feature = "certcentral")]
/// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
/// use std::time::Duration;
/// use shomei::{CallOptions, Retry};
///
/// // A probe: once, and quickly.
/// let probe = cc.with(CallOptions::default().retry(Retry::off()).deadline(Duration::from_secs(2)));
/// probe.users().me().send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    pub(super) retry: Option<Retry>,
    pub(super) deadline: Option<Duration>,
    pub(super) urgency: Urgency,
    /// Whether an answer counts only if all of it can be read.
    pub(super) in_full: bool,
}

impl CallOptions {
    /// When these calls are repeated.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// How long each of these calls may take, repeats and waiting included.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// An answer of which a member cannot be read is an error, whether or not something is decided by it.
    #[allow(dead_code, reason = "a build may have no client that copies")]
    pub(crate) fn in_full(mut self) -> Self {
        self.in_full = true;
        self
    }

    /// Whether these calls let others go first when the rate limit is near.
    #[must_use]
    pub fn urgency(mut self, urgency: Urgency) -> Self {
        self.urgency = urgency;
        self
    }
}
