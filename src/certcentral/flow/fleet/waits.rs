//! The items of a fleet that wait for news, or for the time of their next poll.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio::time::Instant;

use super::work::Work;
use crate::{
    certcentral::sweeps::Sweep,
    client::Moment,
    wait::{Rest, Watch},
};

pub(super) struct Waits<W: Work> {
    items: HashMap<u64, Waiting<W>>,
    due: BTreeSet<(Instant, u64)>,
    next_number: u64,
    blockers: BTreeMap<&'static str, usize>,
    /// Up to when the changes of all items are known.
    as_of: Option<Moment>,
}

struct Waiting<W: Work> {
    id: String,
    watch: Box<Watch<W::Flow>>,
    rest: Rest,
    at: Instant,
    blocker: &'static str,
}

impl<W: Work> Default for Waits<W> {
    fn default() -> Self {
        Self { items: HashMap::new(), due: BTreeSet::new(), next_number: 0, blockers: BTreeMap::new(), as_of: None }
    }
}

impl<W: Work> Waits<W> {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What the items wait for, and how many of them.
    pub(super) fn blockers(&self) -> &BTreeMap<&'static str, usize> {
        &self.blockers
    }

    /// From when on a sweep has to report changes; `None` if no item waits for one.
    pub(super) fn as_of(&self) -> Option<Moment> {
        self.as_of.filter(|_| !self.is_empty())
    }

    /// The time of the first poll.
    pub(super) fn first_due(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Sets an item aside until there is news of it, or it is time to poll.
    pub(super) fn insert(&mut self, work: &W, id: String, mut watch: Box<Watch<W::Flow>>) {
        let now = Instant::now();
        let rest = watch.rest.take().unwrap_or(Rest { next: now, latest: now });
        let at = if rest.next <= now { rest.next } else { work.itself(rest.next, self.items.len()).min(rest.latest) };
        let as_of = work.as_of(&watch);
        self.as_of = match (self.as_of, as_of) {
            (Some(one), Some(other)) => Some(one.earlier(other)),
            (one, other) => one.or(other),
        };
        let blocker = work.blocker(&watch);
        *self.blockers.entry(blocker).or_default() += 1;
        let number = self.next_number;
        self.next_number += 1;
        self.due.insert((at, number));
        self.items.insert(number, Waiting { id, watch, rest, at, blocker });
    }

    /// Takes an item whose time has come.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(String, Box<Watch<W::Flow>>)> {
        let (_, number) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
        self.due.pop_first();
        let Waiting { id, watch, blocker, .. } = self.items.remove(&number)?;
        if let Some(count) = self.blockers.get_mut(blocker) {
            *count -= 1;
            if *count == 0 {
                self.blockers.remove(blocker);
            }
        }
        Some((id, watch))
    }

    /// Has every item polled that a sweep reports.
    pub(super) fn hear(&mut self, work: &W, sweep: &Sweep) {
        self.as_of = self.as_of.map(|as_of| sweep.advance(as_of));
        let now = Instant::now();
        let is_lost = self.as_of.is_some_and(|as_of| sweep.is_too_long_ago(as_of));
        self.bring_forward(|waiting, count| {
            if work.is_news(&mut waiting.watch, sweep) || is_lost {
                Some(now)
            } else {
                sweep.is_refused().then(|| work.itself(waiting.rest.next, count))
            }
        });
        if is_lost {
            // Each of them knows more once it is polled.
            self.as_of = None;
        }
    }

    /// Has the items polled by themselves: they are too few for a sweep, and their polls were scheduled for one.
    pub(super) fn do_without_sweeps(&mut self, work: &W) {
        self.as_of = None;
        self.bring_forward(|waiting, count| Some(work.itself(waiting.rest.next, count)));
    }

    /// Brings forward the polls for which `earlier` returns an earlier time.
    fn bring_forward(&mut self, earlier: impl Fn(&mut Waiting<W>, usize) -> Option<Instant>) {
        let count = self.items.len();
        for (number, waiting) in &mut self.items {
            let Some(at) = earlier(waiting, count) else { continue };
            let at = at.min(waiting.rest.latest);
            if at < waiting.at {
                self.due.remove(&(waiting.at, *number));
                waiting.at = at;
                self.due.insert((at, *number));
            }
        }
    }
}
