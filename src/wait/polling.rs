//! How often a wait polls.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Rest;

/// The longest wait; anything longer could not be added to a time.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 365 * 86_400);

/// How often a wait polls: first after [`initial`](Self::initial), then at growing intervals of at most [`max`](Self::max).
///
/// By default the interval starts at 5 s and grows by half each time, up to 60 s. A longer `Retry-After` from the service is honored.
///
/// In configuration files it is `{"initial": "5s", "max": "60s"}`; both members are optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(from = "Settings", into = "Settings")]
pub struct Polling {
    initial: Duration,
    max: Duration,
}

/// The serialized form.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct Settings {
    #[serde(with = "crate::duration")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    initial: Duration,
    #[serde(with = "crate::duration")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Polling::default().into()
    }
}

impl From<Settings> for Polling {
    fn from(Settings { initial, max }: Settings) -> Self {
        Self::exponential(initial, max)
    }
}

impl From<Polling> for Settings {
    fn from(Polling { initial, max }: Polling) -> Self {
        Self { initial, max }
    }
}

impl Polling {
    /// The shortest interval between two polls: a wait must not use up the rate limit.
    pub(super) const SHORTEST: Duration = Duration::from_millis(100);

    /// Polls at growing intervals between `initial` and `max`; intervals shorter than 100 ms become 100 ms.
    #[must_use]
    pub fn exponential(initial: Duration, max: Duration) -> Self {
        let initial = initial.clamp(Self::SHORTEST, LONGEST);
        Self { initial, max: max.clamp(initial, LONGEST) }
    }

    /// Polls at a fixed interval.
    #[must_use]
    pub fn fixed(interval: Duration) -> Self {
        Self::exponential(interval, interval)
    }

    /// Returns the first interval.
    #[must_use]
    pub fn initial(&self) -> Duration {
        self.initial
    }

    /// Returns the longest interval.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.max
    }

    pub(super) fn after(&self, interval: Duration) -> Duration {
        (interval + interval / 2).min(self.max)
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
    /// The time left for the response to the last poll.
    const RESERVE: Duration = Duration::from_secs(5);

    let left = deadline.checked_duration_since(now)?;
    let latest = deadline - RESERVE.min(left / 2);
    let earliest = now + asked.unwrap_or_default().min(LONGEST);
    let wanted = (now + interval).max(earliest);
    if wanted <= latest {
        return Some(Rest { next: wanted, latest });
    }
    // A last poll right after the previous one would bring nothing new.
    let worth_it = latest.duration_since(now) >= Polling::SHORTEST;
    (earliest <= latest && worth_it).then_some(Rest { next: latest, latest })
}
