//! Rate limits: a request waits for a slot before it is sent, so that the service does not refuse it.

mod ledger;
mod line;
#[cfg(feature = "redis")]
mod redis;
mod windows;

#[cfg(test)]
mod tests;

use std::{error::Error as StdError, fmt, time::Duration};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

#[cfg(feature = "redis")]
pub use self::redis::RedisSlidingWindow;
pub use self::windows::SlidingWindow;
use crate::error::Error;

/// A rate limit: at most `limit` requests in any period of length `window`.
///
/// ```
/// # use std::time::Duration;
/// # use shomei::RateLimit;
/// let short = RateLimit::new(100, Duration::from_secs(5));
/// assert_eq!(short.limit, 100);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RateLimit {
    /// The maximum number of requests in a window.
    pub limit: u32,
    /// The length of the window.
    #[serde(with = "crate::duration")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub window: Duration,
}

impl RateLimit {
    /// Creates a limit of at most `limit` requests in any `window`.
    #[must_use]
    pub const fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window }
    }

    /// How many slots of a window background requests may take. The rest is reserved for foreground calls: at least a fifth or, if there
    /// have been none for [a while](QUIET), a fiftieth. A limit of one cannot be shared: the background only waits until no other call
    /// does.
    pub(crate) const fn background_share(self, is_quiet: bool) -> u32 {
        match self.limit - self.limit.div_ceil(if is_quiet { 50 } else { 5 }) {
            0 => 1,
            share => share,
        }
    }
}

/// After this long without a foreground call, the background may use nearly all of the windows.
pub(crate) const QUIET: Duration = Duration::from_secs(180);

/// Validates rate limits.
fn checked(rates: impl IntoIterator<Item = RateLimit>) -> Result<Vec<RateLimit>, Error> {
    const LONGEST: Duration = Duration::from_secs(366 * 86_400);
    let rates: Vec<RateLimit> = rates.into_iter().collect();
    for RateLimit { limit, window } in &rates {
        if *limit == 0 || window.is_zero() || *window > LONGEST {
            return Err(Error::configuration(format!("rate limit: {limit} requests in {window:?} is not a usable limit")));
        }
    }
    Ok(rates)
}

/// The priority of a request when rate-limit slots are scarce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Priority {
    /// A caller waits for this call.
    #[default]
    Foreground,
    /// Polling and fleets. Background calls let every waiting foreground call go first, and take at most four fifths of a window. After
    /// three minutes without a foreground call, they take all but a fiftieth (2 in 100), until the next foreground call.
    Background,
}

/// Grants permits under a rate limit.
///
/// By default a client has its own [`SlidingWindow`], which all its clones share. Give clients with the same key the same rate limiter
/// ([`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter)). Processes with the same key can share one budget through an
/// implementation that keeps it in a common store, such as `RedisSlidingWindow` (feature `redis`).
///
/// ```
/// use std::{error::Error, sync::atomic::{AtomicU32, Ordering}, time::Duration};
/// use futures_util::future::BoxFuture;
/// use shomei::{RateLimiter, Permit, SlidingWindow, Priority, RateUsage};
///
/// /// Counts how often the service refused a call all the same.
/// struct Counting { windows: SlidingWindow, refusals: AtomicU32 }
///
/// impl RateLimiter for Counting {
///     fn acquire(&self, priority: Priority) -> BoxFuture<'_, Result<Permit, Box<dyn Error + Send + Sync>>> {
///         self.windows.acquire(priority)
///     }
///     fn throttled(&self, asked: Option<Duration>) {
///         self.refusals.fetch_add(1, Ordering::Relaxed);
///         self.windows.throttled(asked);
///     }
///     fn usage(&self) -> Vec<RateUsage> {
///         self.windows.usage()
///     }
/// }
/// ```
pub trait RateLimiter: Send + Sync + 'static {
    /// Waits for a slot: first come, first served among callers of the same priority. The wait has no timeout of its own: the caller drops
    /// it at its deadline, and a dropped wait must leave no trace.
    ///
    /// # Errors
    ///
    /// When the store that keeps the budget is unavailable. The call counts as never sent, and may be retried.
    fn acquire(&self, priority: Priority) -> BoxFuture<'_, Result<Permit, Box<dyn StdError + Send + Sync>>>;

    /// Reports that the service refused a request with 429: someone else uses the budget too. No slot is granted for the time that the
    /// service asked for, or for a time of the limiter's choice if it asked for none. After that, slots are freed gradually.
    fn throttled(&self, asked: Option<Duration>);

    /// Returns how full each window is, as far as is currently known; not a guarantee.
    fn usage(&self) -> Vec<RateUsage>;
}

/// How full a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateUsage {
    /// The limit and its window.
    pub rate: RateLimit,
    /// The number of slots taken.
    pub used: u32,
    /// The time until a slot may be free; zero if one is free now.
    pub free_in: Duration,
}

impl RateUsage {
    /// Creates the usage of a window of `rate` in which `used` slots are taken.
    #[must_use]
    pub const fn new(rate: RateLimit, used: u32, free_in: Duration) -> Self {
        Self { rate, used, free_in }
    }

    /// Returns the number of free slots.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.rate.limit.saturating_sub(self.used)
    }
}

/// The outcome of a [`Permit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PermitOutcome {
    /// The service has not seen the request: the slot is free again.
    Released,
    /// The request has reached the service by now: the slot stays taken for one more window.
    Consumed,
}

/// A permit to send one request. Dropped before the request is sent, it frees its slot.
#[must_use = "a dropped permit frees its slot"]
pub struct Permit {
    settle: Option<Box<dyn FnOnce(PermitOutcome) + Send>>,
    outcome: PermitOutcome,
}

impl Permit {
    /// Creates a permit that calls `settle` with its outcome when it is dropped.
    ///
    /// A service counts a request when it arrives: some time after the permit is granted, and before the response. To keep a window
    /// exactly, the slot must stay taken from when the permit is granted until one window after the response.
    pub fn new(settle: impl FnOnce(PermitOutcome) + Send + 'static) -> Self {
        Self { settle: Some(Box::new(settle)), outcome: PermitOutcome::Released }
    }

    /// The request leaves; from here on the service may have seen it, even if the caller gives up.
    pub(crate) fn sending(&mut self) {
        self.outcome = PermitOutcome::Consumed;
    }

    /// The request did not leave after all.
    pub(crate) fn unsent(mut self) {
        self.outcome = PermitOutcome::Released;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(settle) = self.settle.take() {
            settle(self.outcome);
        }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}
