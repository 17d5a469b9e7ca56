//! How often a wait polls.

use std::time::Duration;

use tokio::time::Instant;

use super::Rest;

/// As long as anything can be waited for; what is longer could not be added to a time.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 365 * 86_400);

/// How often a wait polls: at first after [`first`](Self::first), then at growing intervals, at most [`longest`](Self::longest).
///
/// The default begins with 5 s and grows by half each time up to 60 s. A longer `Retry-After` of the service is honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    first: Duration,
    longest: Duration,
}

impl Polling {
    /// The shortest interval between two polls: a wait must not eat up the rate limit.
    pub(super) const SHORTEST: Duration = Duration::from_millis(100);

    /// Polls at growing intervals between `first` and `longest`; shorter ones than 100 ms become 100 ms.
    #[must_use]
    pub fn exponential(first: Duration, longest: Duration) -> Self {
        let first = first.clamp(Self::SHORTEST, LONGEST);
        Self { first, longest: longest.clamp(first, LONGEST) }
    }

    /// Polls at even intervals.
    #[must_use]
    pub fn fixed(interval: Duration) -> Self {
        Self::exponential(interval, interval)
    }

    /// The first interval.
    #[must_use]
    pub fn first(&self) -> Duration {
        self.first
    }

    /// The longest interval.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.longest
    }

    pub(super) fn after(&self, interval: Duration) -> Duration {
        (interval + interval / 2).min(self.longest)
    }
}

impl Default for Polling {
    fn default() -> Self {
        Self::exponential(Duration::from_secs(5), Duration::from_secs(60))
    }
}

/// When to poll next: after the interval, not before the service allows it, and the last time shortly before the deadline.
/// `None` if there is no time for another poll.
pub(super) fn next_poll(now: Instant, deadline: Instant, interval: Duration, asked: Option<Duration>) -> Option<Rest> {
    /// What the last poll is left, so that it can still be answered.
    const RESERVE: Duration = Duration::from_secs(5);

    let left = deadline.checked_duration_since(now)?;
    let latest = deadline - RESERVE.min(left / 2);
    let earliest = now + asked.unwrap_or_default().min(LONGEST);
    let wanted = (now + interval).max(earliest);
    if wanted <= latest {
        return Some(Rest { next: wanted, latest });
    }
    // A last poll that follows the previous one at once would tell nothing new.
    let worth_it = latest.duration_since(now) >= Polling::SHORTEST;
    (earliest <= latest && worth_it).then_some(Rest { next: latest, latest })
}
