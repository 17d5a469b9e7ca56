//! Whether to try again, and when.

#[cfg(test)]
mod tests;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// When a failed call is repeated.
///
/// Only where it can do no harm: the connection was never made; the service refused the call unread (429); or the operation is
/// marked idempotent in its document and its answer was 408, 5xx, or lost. An order whose answer was lost is not repeated: its flow
/// looks for what became of it, until the [deadline](crate::ClientBuilder::deadline) of the call.
///
/// | setting | default |
/// | --- | --- |
/// | [`attempts`](Self::attempts) | 4, the first one included |
/// | [`first_delay`](Self::first_delay) | 500 ms at most before the second attempt, doubling with each |
/// | [`longest_delay`](Self::longest_delay) | 20 s |
/// | [`longest_retry_after`](Self::longest_retry_after) | 5 min |
/// | [`budget`](Self::budget) | 500 tokens |
/// | [`repeat_cost`](Self::repeat_cost) | 5 tokens: 100 repeats in a row, and one in five calls in the long run |
/// | `search`, with the feature `certcentral` | until the deadline of the call |
/// | `resend_if_absent`, with the feature `certcentral` | no |
///
/// Delays are drawn evenly between zero and their bound, so that many callers do not come back at once. A `Retry-After` is waited for
/// first. No delay leads past the [deadline](crate::ClientBuilder::deadline) of the call.
///
/// ```
/// # use std::time::Duration;
/// # use shomei::Retry;
/// let patient = Retry::default().attempts(8).longest_delay(Duration::from_secs(60));
/// assert_ne!(patient, Retry::off());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    attempts: u32,
    first_delay: Duration,
    longest_delay: Duration,
    pub(super) longest_retry_after: Duration,
    budget: u32,
    repeat_cost: u32,
    #[cfg(feature = "certcentral")]
    pub(crate) search: Option<Duration>,
    #[cfg(feature = "certcentral")]
    pub(crate) resend_if_absent: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(20),
            longest_retry_after: Duration::from_secs(300),
            budget: 500,
            repeat_cost: 5,
            #[cfg(feature = "certcentral")]
            search: None,
            #[cfg(feature = "certcentral")]
            resend_if_absent: false,
        }
    }
}

impl Retry {
    /// Every call is tried once.
    #[must_use]
    pub fn off() -> Self {
        Self::default().attempts(1)
    }

    /// How often a call is tried, the first time included; zero counts as one.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The bound of the first delay; the bound doubles with each attempt.
    #[must_use]
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// What the bound of a delay never exceeds.
    #[must_use]
    pub fn longest_delay(mut self, delay: Duration) -> Self {
        self.longest_delay = delay;
        self
    }

    /// The longest `Retry-After` to wait for. If the service asks for more, the call fails at once, and its error says how long.
    #[must_use]
    pub fn longest_retry_after(mut self, wait: Duration) -> Self {
        self.longest_retry_after = wait;
        self
    }

    /// How many tokens all calls of a client and its clones share to pay for repeats. A call that the service answers, be it with a
    /// refusal, puts one back. Without tokens there are no repeats: a service that is down is not made to answer every call four times
    /// over.
    ///
    /// It is the client's; in the [options](crate::CallOptions::retry) of a single call it changes nothing.
    #[must_use]
    pub fn budget(mut self, tokens: u32) -> Self {
        self.budget = tokens;
        self
    }

    /// How many tokens of the [`budget`](Self::budget) a repeat costs.
    #[must_use]
    pub fn repeat_cost(mut self, tokens: u32) -> Self {
        self.repeat_cost = tokens;
        self
    }

    /// The longest that the flows look for an order, a reissue, a duplicate or a domain when the response to it was lost; zero for not at
    /// all. By default they look, less and less often, until the [deadline](crate::ClientBuilder::deadline) of the call that was lost, and
    /// for ten seconds in any case.
    ///
    /// What certainly is the one that was asked for is adopted. Otherwise the error [may have
    /// happened](crate::Error::may_have_happened), and its [`trace`](crate::Error::trace) says what to look for.
    #[cfg(feature = "certcentral")]
    #[must_use]
    pub fn search(mut self, time: Duration) -> Self {
        self.search = Some(time);
        self
    }

    /// Whether the flows send an order, a reissue or a duplicate a second time if the connection broke off before anything came back,
    /// and the service certainly showed nothing of it for the latter half of the search. They do not by default.
    ///
    /// **It may order twice.** That nothing shows does not prove that nothing was done: the request may still be on its way, and what it
    /// has done may take longer to show than the search lasts. An order costs money; ask for this only where a missing certificate is worse
    /// than a second one, and give the search time: it takes half of the call's [deadline](crate::ClientBuilder::deadline), or
    /// [`search`](Self::search). The second request has the same `alternative_order_id` as the first.
    ///
    /// A domain needs no leave: found by its name, it is never there twice, and is added once more unless [`Retry::off`] says otherwise.
    #[cfg(feature = "certcentral")]
    #[must_use]
    pub fn resend_if_absent(mut self, resend: bool) -> Self {
        self.resend_if_absent = resend;
        self
    }

    /// Whether anything is ever tried a second time.
    #[cfg(feature = "certcentral")]
    pub(crate) fn repeats(&self) -> bool {
        self.attempts > 1
    }

    /// Whether to repeat a call. `chance` is evenly drawn from 0 to 1.
    pub(crate) fn decide(&self, attempt: &Attempt, chance: f64) -> Decision {
        let (harmless, asked) = match attempt.outcome {
            Outcome::Unsent => (true, None),
            Outcome::Lost => (attempt.idempotent, None),
            Outcome::Answered { status: 429, retry_after } => (true, retry_after),
            Outcome::Answered { status: 408 | 500..=599, retry_after } => (attempt.idempotent, retry_after),
            Outcome::Answered { .. } | Outcome::Unusable => (false, None),
        };
        let asked = asked.unwrap_or_default();
        let delay = asked.saturating_add(self.delay_bound(attempt.number).mul_f64(chance.clamp(0.0, 1.0)));
        let in_time = asked <= self.longest_retry_after && delay < attempt.time_left;
        if harmless && in_time && attempt.number < self.attempts { Decision::RepeatAfter(delay) } else { Decision::Return }
    }

    fn delay_bound(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.first_delay.saturating_mul(1 << doublings).min(self.longest_delay)
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
    /// Sent, but no answer came: a reset, or out of time.
    Lost,
    Answered {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// An answer came that another attempt would not change.
    Unusable,
}

impl Outcome {
    /// Whether the service is well, even if it says no.
    pub(crate) fn is_healthy(self) -> bool {
        matches!(self, Self::Answered { status, .. } if !matches!(status, 408 | 429 | 500..=599))
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
    pub(crate) fn new(retry: &Retry) -> Self {
        Self { tokens: AtomicU32::new(retry.budget), full: retry.budget }
    }

    /// Pays for a repeat, if there are tokens enough.
    pub(crate) fn pay(&self, retry: &Retry) -> bool {
        self.update(|tokens| tokens.checked_sub(retry.repeat_cost))
    }

    /// Puts one token back.
    pub(crate) fn refill(&self) {
        self.update(|tokens| (tokens < self.full).then_some(tokens + 1));
    }

    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}
