//! What this process knows of its own slots, to put it back when the server has lost it.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::{PermitOutcome, Priority};

/// The own slots of the last window.
#[derive(Default)]
pub(super) struct Own {
    slots: HashMap<String, Slot>,
    penalty_end: Option<Instant>,
    /// Since when the ledger is kept that they stand in; none while there is no ledger.
    pub(super) since: Option<String>,
    /// Whether somebody looks after them.
    pub(super) is_watched: bool,
}

struct Slot {
    priority: Priority,
    /// When it was settled, or when it has to be at the latest. It counts for one more window.
    at: Instant,
}

/// A slot as it is put back: when it was settled, in microseconds before now. It is less than nothing if it is still held.
pub(super) struct Lost {
    pub(super) slot: String,
    pub(super) priority: Priority,
    pub(super) ago: i64,
}

impl Own {
    pub(super) fn take(&mut self, slot: String, priority: Priority, hold_end: Instant) {
        self.slots.insert(slot, Slot { priority, at: hold_end });
    }

    pub(super) fn settle(&mut self, slot: &str, outcome: PermitOutcome, now: Instant) {
        match outcome {
            PermitOutcome::Consumed => {
                if let Some(slot) = self.slots.get_mut(slot) {
                    slot.at = now;
                }
            }
            PermitOutcome::Released => {
                self.slots.remove(slot);
            }
        }
    }

    pub(super) fn throttled(&mut self, end: Instant) {
        self.penalty_end = self.penalty_end.max(Some(end));
    }

    /// Forgets what counts no longer.
    pub(super) fn forget(&mut self, longest: Duration, now: Instant) {
        self.slots.retain(|_, slot| slot.at + longest > now);
        self.penalty_end = self.penalty_end.filter(|end| *end + longest > now);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.penalty_end.is_none()
    }

    pub(super) fn slots(&self, now: Instant) -> Vec<Lost> {
        let lost = |(name, slot): (&String, &Slot)| Lost { slot: name.clone(), priority: slot.priority, ago: ago(slot.at, now) };
        self.slots.iter().map(lost).collect()
    }

    /// How long ago the penalty ended.
    pub(super) fn penalty(&self, now: Instant) -> Option<i64> {
        self.penalty_end.map(|end| ago(end, now))
    }
}

fn ago(at: Instant, now: Instant) -> i64 {
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    if at > now { -micros(at - now) } else { micros(now - at) }
}
