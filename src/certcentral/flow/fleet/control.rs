//! Steering a fleet, and its progress.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use tokio::time::Instant;

/// The period over which the rate is computed.
const LATELY: Duration = Duration::from_secs(300);

/// The progress of a fleet.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct FleetProgress {
    /// How many items there are, if known.
    pub total: Option<usize>,
    /// How many are done, including those that a journal records as done before.
    pub done: usize,
    /// How many have failed.
    pub failed: usize,
    /// How many may have been done; each is searched for again at the end.
    pub unsure: usize,
    /// How many are being processed right now.
    pub running: usize,
    /// How many wait for the service, and for what.
    pub waiting: BTreeMap<&'static str, usize>,
    /// How many were done or failed per minute recently.
    pub per_minute: f64,
    /// How long the rest will take at this rate.
    pub time_left: Option<Duration>,
}

/// `120 of 400 done, 3 failed, 1 unsure, 32 running, 200 wait for issuance; 12.5 a minute, 22 min left`.
impl fmt::Display for FleetProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total {
            Some(total) => write!(f, "{} of {total} done", self.done)?,
            None => write!(f, "{} done", self.done)?,
        }
        for (count, what) in [(self.failed, "failed"), (self.unsure, "unsure"), (self.running, "running")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        for (what, count) in &self.waiting {
            write!(f, ", {count} wait for {what}")?;
        }
        write!(f, "; {:.1} a minute", self.per_minute)?;
        self.time_left.map_or(Ok(()), |left| write!(f, ", {} min left", left.as_secs().div_ceil(60)))
    }
}

/// A handle that steers a [`Fleet`](super::Fleet) from anywhere. Clones steer the same fleet.
#[derive(Clone, Default)]
pub struct FleetControl {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    mode: Mode,
    progress: FleetProgress,
    ended: VecDeque<Instant>,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Going,
    Paused,
    Stopping,
}

impl FleetControl {
    /// Pauses the fleet until it is [resumed](Self::resume): what is being sent is finished, nothing new begins, nothing is polled.
    pub fn pause(&self) {
        self.change(|mode| {
            if *mode == Mode::Going {
                *mode = Mode::Paused;
            }
        });
    }

    /// Resumes the fleet after a pause.
    pub fn resume(&self) {
        self.change(|mode| {
            if *mode == Mode::Paused {
                *mode = Mode::Going;
            }
        });
    }

    /// Stops the fleet cleanly: what is being sent is finished and recorded, then the stream ends. Items that wait for the service continue
    /// there; with a journal, they are found again.
    pub fn stop(&self) {
        self.change(|mode| *mode = Mode::Stopping);
    }

    /// Returns the progress of the fleet.
    #[must_use]
    pub fn progress(&self) -> FleetProgress {
        let mut shared = self.shared();
        let now = Instant::now();
        while shared.ended.front().is_some_and(|at| now.duration_since(*at) > LATELY) {
            shared.ended.pop_front();
        }
        let span = shared.ended.front().map_or(Duration::ZERO, |first| now.duration_since(*first));
        let mut progress = shared.progress.clone();
        if !span.is_zero() {
            #[allow(clippy::cast_precision_loss, reason = "a rate is for people")]
            let rate = shared.ended.len() as f64 / span.as_secs_f64();
            progress.per_minute = rate * 60.0;
            let ended = progress.done + progress.failed;
            progress.time_left = progress.total.and_then(|total| total.checked_sub(ended)).and_then(|left| {
                #[allow(clippy::cast_precision_loss, reason = "a time is for people")]
                Duration::try_from_secs_f64(left as f64 / rate).ok()
            });
        }
        progress
    }

    fn change(&self, change: impl FnOnce(&mut Mode)) {
        let waker = {
            let mut shared = self.shared();
            change(&mut shared.mode);
            shared.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mode(&self) -> Mode {
        self.shared().mode
    }

    /// Registers the waker to wake when the fleet is steered, and returns the mode.
    pub(super) fn watch(&self, waker: &Waker) -> Mode {
        let mut shared = self.shared();
        shared.waker = Some(waker.clone());
        shared.mode
    }

    pub(super) fn note(&self, note: impl FnOnce(&mut FleetProgress)) {
        note(&mut self.shared().progress);
    }

    pub(super) fn ended(&self, is_done: bool) {
        let mut shared = self.shared();
        shared.ended.push_back(Instant::now());
        if is_done {
            shared.progress.done += 1;
        } else {
            shared.progress.failed += 1;
        }
    }
}

impl fmt::Debug for FleetControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetControl").field("progress", &self.progress()).finish_non_exhaustive()
    }
}
