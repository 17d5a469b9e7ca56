//! What can be set for single calls.

use std::time::Duration;

use super::{Priority, RetryPolicy};

/// What differs for some calls from what the client was built with.
///
/// ```
/// # #[cfg(feature = "certcentral")]
/// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
/// use std::time::Duration;
/// use shomei::{CallOptions, RetryPolicy};
///
/// // A probe: once, and quickly.
/// let probe = cc.with_options(CallOptions::default().retry(RetryPolicy::never()).call_timeout(Duration::from_secs(2)));
/// probe.users().me().send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    pub(super) retry: Option<RetryPolicy>,
    pub(super) call_timeout: Option<Duration>,
    #[cfg(feature = "certcentral")]
    pub(super) recovery_timeout: Option<Duration>,
    pub(super) priority: Priority,
    /// Whether an answer counts only if all of it can be read.
    pub(super) in_full: bool,
}

impl CallOptions {
    /// When these calls are repeated.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = Some(retry);
        self
    }

    /// How long each of these calls may take, repeats and waiting included; also those of flows, whose waiting for a permit does not count
    /// otherwise.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// The longest that the flows look for an order, a reissue, a duplicate or a domain when the response to it was lost; zero for not at
    /// all. By default they look, less and less often, until the [timeout](Self::call_timeout) of the call that was lost, and for ten
    /// seconds in any case.
    ///
    /// What certainly is the one that was asked for is adopted. Otherwise the error is [ambiguous](crate::Error::is_ambiguous), and its
    /// [`recovery_hint`](crate::Error::recovery_hint) says what to look for.
    #[cfg(feature = "certcentral")]
    #[must_use]
    pub fn recovery_timeout(mut self, timeout: Duration) -> Self {
        self.recovery_timeout = Some(timeout);
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
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }
}
