//! Who holds which slot, as pure functions of the time.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::{PermitOutcome, Priority, QUIET, RateLimit, RateUsage};

/// The slots taken under all rates: each from when it was given until a window after its request was settled.
#[derive(Debug)]
pub(super) struct Ledger {
    rates: Vec<RateLimit>,
    /// Given and not settled yet, by priority.
    open: [u32; 2],
    /// When the others were settled, by priority; each list is in order of time.
    settled: [VecDeque<Instant>; 2],
    penalty_end: Option<Instant>,
    /// When the foreground last asked for a slot; before it did, since when there is a ledger.
    called: Instant,
}

impl Ledger {
    pub(super) fn new(rates: Vec<RateLimit>) -> Self {
        Self { rates, open: [0; 2], settled: [VecDeque::new(), VecDeque::new()], penalty_end: None, called: Instant::now() }
    }

    /// The foreground asks for a slot.
    pub(super) fn called(&mut self, now: Instant) {
        self.called = now;
    }

    /// When the next slot may be free; `now` if one is, for certain. Later than `now` it is only the next time worth looking.
    pub(super) fn free_at(&self, priority: Priority, now: Instant) -> Instant {
        let penalty_end = self.penalty_end.unwrap_or(now).max(now);
        self.rates.iter().map(|rate| self.free_under(rate, priority, now)).fold(penalty_end, Instant::max)
    }

    /// Takes a slot that is free.
    pub(super) fn take(&mut self, priority: Priority) {
        self.open[priority as usize] += 1;
    }

    pub(super) fn settle(&mut self, priority: Priority, outcome: PermitOutcome, now: Instant) {
        self.open[priority as usize] -= 1;
        let longest = self.rates.iter().map(|rate| rate.window).max();
        let (PermitOutcome::Consumed, Some(longest)) = (outcome, longest) else { return };
        let settled = &mut self.settled[priority as usize];
        let past = settled.partition_point(|at| *at + longest <= now);
        settled.drain(..past);
        settled.push_back(now);
    }

    /// Bars everybody for a while, by default for the shortest window, after which that one has drained.
    pub(super) fn throttled(&mut self, asked: Option<Duration>, now: Instant) {
        const LONGEST: Duration = Duration::from_secs(86_400);
        let shortest = self.rates.iter().map(|rate| rate.window).min();
        let wait = asked.or(shortest).unwrap_or(Duration::from_secs(1)).min(LONGEST);
        self.penalty_end = self.penalty_end.max(Some(now + wait));
    }

    pub(super) fn usage(&self, now: Instant) -> Vec<RateUsage> {
        let barred = self.penalty_end.map_or(Duration::ZERO, |end| end.duration_since(now));
        let usage = |rate: &RateLimit| {
            let free_in = self.free_under(rate, Priority::Foreground, now).duration_since(now).max(barred);
            RateUsage::new(*rate, self.used(rate, now).min(rate.limit), free_in)
        };
        self.rates.iter().map(usage).collect()
    }

    fn free_under(&self, rate: &RateLimit, priority: Priority, now: Instant) -> Instant {
        let background = Priority::Background as usize;
        let is_full = self.used(rate, now) >= rate.limit;
        let quiet_at = self.called + QUIET;
        let share = rate.background_share(now >= quiet_at);
        let is_share_full = || self.open[background] + self.since(background, rate, now) >= share;
        if !(is_full || priority == Priority::Background && is_share_full()) {
            return now;
        }
        let oldest = self.settled.iter().filter_map(|settled| settled.get(past(settled, rate, now))).min();
        let leaves = oldest.map(|at| *at + rate.window);
        // Where all slots are open there is nothing to look for before one of them is settled.
        let quiet = Some(quiet_at).filter(|at| priority == Priority::Background && !is_full && *at > now);
        leaves.into_iter().chain(self.penalty_eases(rate, now)).chain(quiet).min().unwrap_or(now + rate.window)
    }

    /// How many slots of a window are taken: those given here or, after a penalty, those that others must have taken and whatever
    /// was given here since.
    fn used(&self, rate: &RateLimit, now: Instant) -> u32 {
        let open = self.open[0] + self.open[1];
        let here = self.since(0, rate, now) + self.since(1, rate, now);
        let Some(penalty_end) = self.penalty_end else { return open + here };
        let after = |settled: &VecDeque<Instant>| {
            let first = past(settled, rate, now).max(settled.partition_point(|at| *at < penalty_end));
            count(settled.len() - first)
        };
        let others = others(rate, penalty_end, now);
        open.saturating_add(here.max(others.saturating_add(after(&self.settled[0]) + after(&self.settled[1]))))
    }

    fn since(&self, priority: usize, rate: &RateLimit, now: Instant) -> u32 {
        let settled = &self.settled[priority];
        count(settled.len() - past(settled, rate, now))
    }

    /// When the penalty next takes one slot less.
    fn penalty_eases(&self, rate: &RateLimit, now: Instant) -> Option<Instant> {
        let penalty_end = self.penalty_end?;
        let still = others(rate, penalty_end, now).checked_sub(1)?;
        Some(penalty_end + (rate.window - rate.window * still / rate.limit))
    }
}

/// How many of the settled have left the window.
fn past(settled: &VecDeque<Instant>, rate: &RateLimit, now: Instant) -> usize {
    settled.partition_point(|at| *at + rate.window <= now)
}

/// What a penalty takes of a window. A refusal says that the window is full, not since when: it is taken to have been filled evenly,
/// and so it empties evenly within one window after the penalty.
fn others(rate: &RateLimit, penalty_end: Instant, now: Instant) -> u32 {
    let left = rate.window.saturating_sub(now.duration_since(penalty_end));
    let share = (left.as_nanos() * u128::from(rate.limit)).div_ceil(rate.window.as_nanos());
    u32::try_from(share).unwrap_or(rate.limit)
}

fn count(slots: usize) -> u32 {
    u32::try_from(slots).unwrap_or(u32::MAX)
}
