//! Whether and when to retry.

#[cfg(test)]
mod tests;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// The policy for retrying failed calls.
///
/// A call is retried only if that is safe: the connection was never made; the service refused the call unread (429); or the operation is
/// marked idempotent in its document and its response was 408, 5xx, or lost. An order whose response was lost is not repeated: its flow
/// searches for the order until the [timeout](crate::ClientBuilder::call_timeout) of the call.
///
/// | setting | default |
/// | --- | --- |
/// | [`max_attempts`](Self::max_attempts) | 4, the first one included |
/// | [`initial_backoff`](Self::initial_backoff) | 500 ms at most before the second attempt, doubling with each |
/// | [`max_backoff`](Self::max_backoff) | 20 s |
/// | [`max_retry_after`](Self::max_retry_after) | 5 min |
/// | [`retry_tokens`](Self::retry_tokens) | 500 tokens |
/// | [`retry_cost`](Self::retry_cost) | 5 tokens: 100 retries in a row, and one in five calls in the long run |
/// | `resend_if_absent`, with the feature `certcentral` | no |
///
/// Delays are uniformly random between zero and their bound, so that many callers do not retry at the same moment. A `Retry-After` is
/// waited out first. No delay extends past the [timeout](crate::ClientBuilder::call_timeout) of the call.
///
/// ```
/// # use std::time::Duration;
/// # use shomei::RetryPolicy;
/// let patient = RetryPolicy::default().max_attempts(8).max_backoff(Duration::from_secs(60));
/// assert_ne!(patient, RetryPolicy::never());
/// ```
///
/// In configuration files it is a map of these settings, all optional: `{"max_attempts": 8, "max_backoff": "1m"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    max_attempts: u32,
    #[serde(with = "crate::duration")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    initial_backoff: Duration,
    #[serde(with = "crate::duration")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    max_backoff: Duration,
    #[serde(with = "crate::duration")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub(super) max_retry_after: Duration,
    retry_tokens: u32,
    retry_cost: u32,
    #[cfg(feature = "certcentral")]
    pub(crate) resend_if_absent: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(20),
            max_retry_after: Duration::from_secs(300),
            retry_tokens: 500,
            retry_cost: 5,
            #[cfg(feature = "certcentral")]
            resend_if_absent: false,
        }
    }
}

impl RetryPolicy {
    /// Returns a policy that tries every call once.
    #[must_use]
    pub fn never() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the maximum number of attempts, including the first; zero counts as one.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the bound of the first delay; the bound doubles with each attempt.
    #[must_use]
    pub fn initial_backoff(mut self, delay: Duration) -> Self {
        self.initial_backoff = delay;
        self
    }

    /// Sets the maximum of that bound.
    #[must_use]
    pub fn max_backoff(mut self, delay: Duration) -> Self {
        self.max_backoff = delay;
        self
    }

    /// Sets the longest `Retry-After` to wait for. If the service asks for more, the call fails at once, and its error says how long.
    #[must_use]
    pub fn max_retry_after(mut self, wait: Duration) -> Self {
        self.max_retry_after = wait;
        self
    }

    /// Sets the number of tokens that a client and its clones share to pay for retries. A call that the service responds to, even with a
    /// refusal, puts one back. Without tokens there are no retries: a service that is down is not sent every call four times.
    ///
    /// This is a setting of the client; in the [options](crate::CallOptions::retry) of a single call it has no effect.
    #[must_use]
    pub fn retry_tokens(mut self, tokens: u32) -> Self {
        self.retry_tokens = tokens;
        self
    }

    /// Sets how many of the [`retry_tokens`](Self::retry_tokens) a retry costs.
    #[must_use]
    pub fn retry_cost(mut self, tokens: u32) -> Self {
        self.retry_cost = tokens;
        self
    }

    /// Sets whether flows send an order, a reissue or a duplicate a second time if the connection was lost before any response, and the
    /// service certainly showed no trace of it during the second half of the search. Off by default.
    ///
    /// **This may order twice.** The absence of a trace does not prove that nothing was done: the request may still be on its way, and its
    /// effect may take longer to show than the search lasts. An order costs money; enable this only if a missing certificate is worse than
    /// a second one, and give the search time: it takes half of the call's [timeout](crate::ClientBuilder::call_timeout), or of the
    /// [`recovery_timeout`](crate::CallOptions::recovery_timeout). The second request has the same `alternative_order_id` as the first.
    ///
    /// Domains do not need this setting: a domain is found by its name and never exists twice, so it is added once more unless the policy
    /// is [`RetryPolicy::never`].
    #[cfg(feature = "certcentral")]
    #[must_use]
    pub fn resend_if_absent(mut self, resend: bool) -> Self {
        self.resend_if_absent = resend;
        self
    }

    /// Whether anything is ever tried a second time.
    #[cfg(feature = "certcentral")]
    pub(crate) fn repeats(&self) -> bool {
        self.max_attempts > 1
    }

    /// Whether to repeat a call. `chance` is evenly drawn from 0 to 1.
    pub(crate) fn decide(&self, attempt: &Attempt, chance: f64) -> Decision {
        let (harmless, asked) = match attempt.outcome {
            Outcome::Unsent => (true, None),
            Outcome::Lost => (attempt.idempotent, None),
            Outcome::Responded { status: 429, retry_after } => (true, retry_after),
            Outcome::Responded { status: 408 | 500..=599, retry_after } => (attempt.idempotent, retry_after),
            Outcome::Responded { .. } | Outcome::Unusable => (false, None),
        };
        let asked = asked.unwrap_or_default();
        let delay = asked.saturating_add(self.delay_bound(attempt.number).mul_f64(chance.clamp(0.0, 1.0)));
        let in_time = asked <= self.max_retry_after && delay < attempt.time_left;
        if harmless && in_time && attempt.number < self.max_attempts { Decision::RepeatAfter(delay) } else { Decision::Return }
    }

    fn delay_bound(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.initial_backoff.saturating_mul(1 << doublings).min(self.max_backoff)
    }
}

/// An attempt that is over, as far as it matters for another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    /// Counted from 1.
    pub(crate) number: u32,
    pub(crate) idempotent: bool,
    pub(crate) outcome: Outcome,
    /// Until the deadline of the call.
    pub(crate) time_left: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The service has certainly seen nothing.
    Unsent,
    /// Sent, but no response came: a reset, or out of time.
    Lost,
    Responded {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// A response came that another attempt would not change.
    Unusable,
}

impl Outcome {
    /// Whether the service is well, even if it says no.
    pub(crate) fn is_healthy(self) -> bool {
        matches!(self, Self::Responded { status, .. } if !matches!(status, 408 | 429 | 500..=599))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Return,
    RepeatAfter(Duration),
}

/// The tokens that repeats are paid with.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: AtomicU32,
    full: u32,
}

impl Budget {
    pub(crate) fn new(retry: &RetryPolicy) -> Self {
        Self { tokens: AtomicU32::new(retry.retry_tokens), full: retry.retry_tokens }
    }

    /// Pays for a repeat, if there are tokens enough.
    pub(crate) fn pay(&self, retry: &RetryPolicy) -> bool {
        self.update(|tokens| tokens.checked_sub(retry.retry_cost))
    }

    /// Puts one token back.
    pub(crate) fn refill(&self) {
        self.update(|tokens| (tokens < self.full).then_some(tokens + 1));
    }

    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}
