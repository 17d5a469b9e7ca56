//! Settings for single calls.

use std::time::Duration;

use super::{Priority, RetryPolicy};

/// Settings for some calls that differ from those of the client.
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
    /// Whether a response counts only if all of it can be read.
    pub(super) in_full: bool,
}

impl CallOptions {
    /// Sets when these calls are retried.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets how long each of these calls may take, including retries and the wait for a rate-limit slot. This also applies to calls in
    /// flows, where that wait does not count otherwise.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// Sets how long flows search for an order, a reissue, a duplicate or a domain after the response to it was lost; zero disables the
    /// search. By default they search at growing intervals until the [timeout](Self::call_timeout) of the lost call, and for at least ten
    /// seconds.
    ///
    /// A result that certainly belongs to the request is adopted. Otherwise the error is [ambiguous](crate::Error::is_ambiguous), and its
    /// [`recovery_hint`](crate::Error::recovery_hint) says what to look for.
    #[cfg(feature = "certcentral")]
    #[must_use]
    pub fn recovery_timeout(mut self, timeout: Duration) -> Self {
        self.recovery_timeout = Some(timeout);
        self
    }

    /// Makes any unreadable member of a response an error, even one that decides nothing.
    #[allow(dead_code, reason = "a build may have no client that copies")]
    pub(crate) fn in_full(mut self) -> Self {
        self.in_full = true;
        self
    }

    /// Sets whether these calls let others go first when the rate limit is near.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }
}
