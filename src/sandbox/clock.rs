//! The sandbox's clock: it starts at a wall time, runs with tokio's clock and can be advanced.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, TimeDelta, Utc};
use http::HeaderValue;
use tokio::time::Instant;

use super::SandboxError;

/// 1990 and 2045: within the validity of the sandbox's own authority, whose certificates run from 1990 to 2050.
const BEGINNING: i64 = 631_152_000;
const END: i64 = 2_366_841_600;

/// The time inside a [`Sandbox`](super::Sandbox), shared by all its clones.
///
/// It follows [`tokio::time::Instant`], so under tokio's paused clock an hour of polling passes in
/// milliseconds here too; [`advance`](Self::advance) adds to that.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Running>>);

#[derive(Clone, Copy, Debug)]
struct Running {
    start: DateTime<Utc>,
    started: Instant,
    advanced: Duration,
}

impl Clock {
    pub(crate) fn starting_at(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(Running::from(start))))
    }

    /// Restarts the clock, for every clone.
    pub(crate) fn restart_at(&self, start: DateTime<Utc>) {
        *self.running() = Running::from(start);
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the current time inside the sandbox; never past the year 2044.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.running().now()
    }

    /// Advances the clock, for every clone of the sandbox.
    pub fn advance(&self, by: Duration) {
        let mut running = self.running();
        running.advanced = running.advanced.saturating_add(by);
    }

    /// Advances the clock, but never past its end.
    pub(crate) fn advance_by(&self, by: Duration) -> Result<(), SandboxError> {
        let mut running = self.running();
        let advanced = running.advanced.saturating_add(by);
        if after(running.start, running.started.elapsed().saturating_add(advanced)) >= end() {
            return Err(SandboxError::invalid("advance_seconds", "the clock ends with the year 2044"));
        }
        running.advanced = advanced;
        Ok(())
    }

    /// Advances the clock to a time, for every clone of the sandbox.
    ///
    /// # Errors
    ///
    /// The time is in the past, or past the year 2044. The clock is unchanged.
    pub fn advance_to(&self, time: DateTime<Utc>) -> Result<(), SandboxError> {
        let mut running = self.running();
        let by = (time - running.now()).to_std().map_err(|_| SandboxError::invalid("now", "the clock never goes backwards"))?;
        if within_reach(time) != time {
            return Err(SandboxError::invalid("now", "expected a time before the year 2045"));
        }
        running.advanced = running.advanced.saturating_add(by);
        Ok(())
    }
}

impl Running {
    fn from(start: DateTime<Utc>) -> Self {
        Self { start: within_reach(start), started: Instant::now(), advanced: Duration::ZERO }
    }

    fn now(&self) -> DateTime<Utc> {
        within_reach(after(self.start, self.started.elapsed().saturating_add(self.advanced)))
    }
}

fn end() -> DateTime<Utc> {
    DateTime::from_timestamp(END, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
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
    at.to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// A time as HTTP headers carry it, so that callers can tell by which clock things expire here.
pub(crate) fn http_date(at: DateTime<Utc>) -> HeaderValue {
    let text = at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A day as the service writes it.
pub(crate) fn date(day: NaiveDate) -> String {
    day.to_string()
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
    async fn the_clock_never_goes_backwards() {
        let clock = Clock::starting_at("2026-03-01T09:30:00Z".parse().unwrap());
        for (time, possible) in [("2026-03-01T09:30:00Z", true), ("2026-03-02T00:00:00Z", true), ("2026-03-01T23:59:59Z", false)] {
            assert_eq!(clock.advance_to(time.parse().unwrap()).is_ok(), possible, "{time}");
            assert!(clock.now() >= "2026-03-01T09:30:00Z".parse::<DateTime<Utc>>().unwrap());
        }
        assert!(clock.advance_to("2045-01-01T00:00:01Z".parse().unwrap()).is_err());
        assert_eq!(clock.now(), "2026-03-02T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
        clock.restart_at("2026-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(clock.clone().now(), "2026-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_stops_at_the_end_of_time() {
        let clock = Clock::starting_at(DateTime::UNIX_EPOCH);
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().timestamp(), END);
    }
}
