//! Pacing: a request waits for its place before it is sent, so that the service need not refuse it.

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

/// A rate limit: no stretch of time as long as `window` may hold more than `limit` requests.
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
    /// The most requests that a window may hold.
    pub limit: u32,
    /// How long the window is.
    #[serde(with = "crate::duration")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub window: Duration,
}

impl RateLimit {
    /// At most `limit` requests in any `window`.
    #[must_use]
    pub const fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window }
    }

    /// What background requests may hold of a window. The rest is there for the caller's own calls at any time: at least a fifth or, where
    /// there have been none for [a while](QUIET), a fiftieth. A limit of one cannot be shared: there the background only waits until no
    /// other call does.
    pub(crate) const fn background_share(self, is_quiet: bool) -> u32 {
        match self.limit - self.limit.div_ceil(if is_quiet { 50 } else { 5 }) {
            0 => 1,
            share => share,
        }
    }
}

/// After so long without a foreground call the background may use nearly all of the windows.
pub(crate) const QUIET: Duration = Duration::from_secs(180);

/// Rates that can be kept to.
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

/// Whose request it is, when there are not places enough for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Priority {
    /// Somebody waits for this very call.
    #[default]
    Foreground,
    /// Polling and fleets. It lets every waiting foreground call go first, and takes four fifths of a window at most; after three minutes
    /// without a foreground call, all but a fiftieth (2 in 100), until the next one comes.
    Background,
}

/// Grants permits under a rate limit.
///
/// A client brings its own, [`SlidingWindow`], which all its clones share. Clients with the same key should be given the same
/// rate limiter ([`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter)); processes with the same key can share one budget through another
/// implementation that keeps it in a common store, as `RedisSlidingWindow` does (feature `redis`).
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
    /// Waits for a place: first come, first served among equally urgent callers. The wait has no end of its own; the caller's deadline
    /// drops it, and a dropped wait must leave no trace.
    ///
    /// # Errors
    ///
    /// When the store that the budget is kept in cannot be asked. The call counts as never sent, and may be tried again.
    fn acquire(&self, priority: Priority) -> BoxFuture<'_, Result<Permit, Box<dyn StdError + Send + Sync>>>;

    /// The service refused a request with 429: somebody else uses the budget too. Nobody gets a place for the time the service asked
    /// for, or for a time of the limiter's choosing if it asked for none, and after that not everybody at once.
    fn throttled(&self, asked: Option<Duration>);

    /// How full each window is, as far as is known here and now; not a promise.
    fn usage(&self) -> Vec<RateUsage>;
}

/// How full a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateUsage {
    /// The limit and its window.
    pub rate: RateLimit,
    /// How many places are taken.
    pub used: u32,
    /// When there may be a place again; zero if there is one.
    pub free_in: Duration,
}

impl RateUsage {
    /// A window of `rate` in which `used` places are taken.
    #[must_use]
    pub const fn new(rate: RateLimit, used: u32, free_in: Duration) -> Self {
        Self { rate, used, free_in }
    }

    /// How many places are free.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.rate.limit.saturating_sub(self.used)
    }
}

/// What became of a [`Permit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PermitOutcome {
    /// The service has seen nothing: the place is free again.
    Released,
    /// The request reached the service, now at the latest: the place is taken for one more window.
    Consumed,
}

/// A place: leave to send one request. Dropped before the request is sent, it gives the place back.
#[must_use = "a permit that is dropped gives its place back"]
pub struct Permit {
    settle: Option<Box<dyn FnOnce(PermitOutcome) + Send>>,
    outcome: PermitOutcome,
}

impl Permit {
    /// A permit that tells `settle` once what became of it, when it is dropped.
    ///
    /// A service counts requests when they arrive: some time after the permit was given, and before the answer. A window is kept to
    /// exactly if the place stays taken from the one until a window after the other.
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
