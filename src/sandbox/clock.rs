//! The sandbox's clock: it starts at a wall time, runs with tokio's clock and can be pushed ahead.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use http::HeaderValue;
use tokio::time::Instant;

/// 1990 and 2045: within the validity of the sandbox's own authority, whose certificates run from 1990 to 2050.
const BEGINNING: i64 = 631_152_000;
const END: i64 = 2_366_841_600;

/// The time inside a [`Sandbox`](super::Sandbox), shared by all its clones.
///
/// It follows [`tokio::time::Instant`], so under tokio's paused clock an hour of polling passes in
/// milliseconds here too; [`advance`](Self::advance) adds to that.
#[derive(Clone, Debug)]
pub struct Clock {
    start: DateTime<Utc>,
    started: Instant,
    advanced: Arc<Mutex<Duration>>,
}

impl Clock {
    pub(crate) fn starting_at(start: DateTime<Utc>) -> Self {
        Self { start: within_reach(start), started: Instant::now(), advanced: Arc::default() }
    }

    /// The time now, inside the sandbox; never past the year 2044.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let advanced = *self.advanced.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = self.started.elapsed().saturating_add(advanced);
        within_reach(after(self.start, passed))
    }

    /// Pushes the clock ahead, for every clone of the sandbox.
    pub fn advance(&self, by: Duration) {
        let mut advanced = self.advanced.lock().unwrap_or_else(PoisonError::into_inner);
        *advanced = advanced.saturating_add(by);
    }
}

fn within_reach(at: DateTime<Utc>) -> DateTime<Utc> {
    let bound = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(at);
    at.clamp(bound(BEGINNING), bound(END))
}

/// `days` later, or the end of the calendar.
pub(crate) fn days_after(at: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    at.checked_add_days(Days::new(days.into())).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// `delay` later, or the end of the calendar.
pub(crate) fn after(at: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(delay).ok().and_then(|delay| at.checked_add_signed(delay)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A time as the service writes it: the offset spelled out, never `Z`.
pub(crate) fn timestamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// A time as HTTP headers carry it, so that callers can tell by which clock things expire here.
pub(crate) fn http_date(at: DateTime<Utc>) -> HeaderValue {
    let text = at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A day as the service writes it.
pub(crate) fn date(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clock_follows_tokio_and_can_be_pushed() {
        let clock = Clock::starting_at(DateTime::UNIX_EPOCH);
        tokio::time::advance(Duration::from_secs(60)).await;
        clock.clone().advance(Duration::from_secs(40));
        assert_eq!(clock.now().timestamp(), BEGINNING + 100);
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_stops_at_the_end_of_time() {
        let clock = Clock::starting_at(DateTime::UNIX_EPOCH);
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().timestamp(), END);
    }
}
