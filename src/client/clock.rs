//! The service's time.

use std::sync::atomic::{AtomicI64, Ordering};
#[cfg(feature = "certcentral")]
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A clock of the service itself.
pub(super) type ToldTime = Box<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A moment to measure from.
#[cfg(feature = "certcentral")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    instant: Instant,
    time: DateTime<Utc>,
}

#[cfg(feature = "certcentral")]
impl Moment {
    /// The earlier of two by each clock, so that nothing after either of them is missed.
    pub(crate) fn earlier(self, other: Self) -> Self {
        Self { instant: self.instant.min(other.instant), time: self.time.min(other.time) }
    }
}

/// The time as the service sees it: what expires there expires by its clock, not by this machine's.
pub(super) struct Clock {
    wall: DateTime<Utc>,
    started: Instant,
    /// How many seconds the service is ahead, by the `Date` of its last response that had one.
    ahead: AtomicI64,
    /// The service's own clock, if available; it then replaces this machine's clock too.
    told: Option<ToldTime>,
}

impl Clock {
    const UNTOLD: i64 = i64::MIN;

    pub(super) fn start(told: Option<ToldTime>) -> Self {
        Self { wall: Utc::now(), started: Instant::now(), ahead: AtomicI64::new(Self::UNTOLD), told }
    }

    /// The later of the system's clock and tokio's: tokio's alone misses a suspended machine, the system's alone a paused clock.
    pub(super) fn local(&self) -> DateTime<Utc> {
        self.told.as_ref().map_or_else(|| Utc::now().max(self.wall + self.started.elapsed()), |told| told())
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        let ahead = self.ahead.load(Ordering::Relaxed);
        self.local() + TimeDelta::seconds(if ahead == Self::UNTOLD { 0 } else { ahead })
    }

    #[cfg(feature = "certcentral")]
    pub(super) fn moment(&self) -> Moment {
        Moment { instant: Instant::now(), time: self.now() }
    }

    #[cfg(feature = "certcentral")]
    pub(super) fn since(&self, moment: Moment) -> Duration {
        moment.instant.elapsed().max((self.now() - moment.time).to_std().unwrap_or_default())
    }

    #[cfg(feature = "pocketsign")]
    pub(super) fn is_told(&self) -> bool {
        self.told.is_some() || self.ahead.load(Ordering::Relaxed) != Self::UNTOLD
    }

    /// Ignores a date that is a century off: no clock is that wrong.
    pub(super) fn set(&self, service: DateTime<Utc>) {
        const LIFETIME: i64 = 100 * 365 * 86_400;
        let ahead = service.timestamp().saturating_sub(self.local().timestamp());
        if ahead.abs() < LIFETIME && self.told.is_none() {
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}
