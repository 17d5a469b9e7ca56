//! The lines of those who wait for a slot in one process.

use std::{
    collections::VecDeque,
    future::{Future as _, poll_fn},
    pin::pin,
    task::{Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::Priority;

/// Who waits, by priority, in order of their numbers.
#[derive(Default)]
pub(super) struct Lines {
    lines: [VecDeque<Waiter>; 2],
    next_number: u64,
}

pub(super) struct Waiter {
    pub(super) number: u64,
    pub(super) waker: Option<Waker>,
    /// How many it knows to be ahead of it, by which it chose when to look again.
    pub(super) ahead: usize,
}

impl Lines {
    pub(super) fn line_up(&mut self, priority: Priority) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.lines[priority as usize].push_back(Waiter { number, waker: None, ahead: 0 });
        number
    }

    /// Whether nobody waits who goes before a newcomer.
    pub(super) fn is_empty_before(&self, priority: Priority) -> bool {
        self.lines[..=priority as usize].iter().all(VecDeque::is_empty)
    }

    /// The number of whoever comes next.
    #[cfg(feature = "redis")]
    pub(super) fn next_number(&self) -> u64 {
        self.next_number
    }

    pub(super) fn line(&mut self, priority: Priority) -> &mut VecDeque<Waiter> {
        &mut self.lines[priority as usize]
    }

    /// Notes whom to wake, and says how much later than the first it looks by itself. Polling lets every waiting call go first.
    pub(super) fn stand(&mut self, number: u64, priority: Priority, waker: &Waker) -> Duration {
        /// Those in front look as soon as there may be a slot. But one of them may not be polled for a while,
        /// as in a `select!` that is busy with another branch: so everybody looks, the further back, the later.
        const STAGGER: Duration = Duration::from_millis(10);

        let before = match priority {
            Priority::Foreground => 0,
            Priority::Background => self.lines[Priority::Foreground as usize].len(),
        };
        let line = &mut self.lines[priority as usize];
        let position = line.partition_point(|waiter| waiter.number < number);
        let ahead = before + position;
        if let Some(waiter) = line.get_mut(position) {
            waiter.waker = Some(waker.clone());
            waiter.ahead = ahead;
        }
        STAGGER * u32::try_from(ahead).unwrap_or(u32::MAX)
    }

    /// Removes a waiter, if it still waits.
    pub(super) fn leave(&mut self, number: u64, priority: Priority) {
        let line = &mut self.lines[priority as usize];
        if let Ok(position) = line.binary_search_by_key(&number, |waiter| waiter.number) {
            line.remove(position);
        }
    }
}

/// Checks until there is a result: whenever it is woken, and at the times that the check returns.
pub(super) async fn watch<T>(mut look: impl FnMut(&Waker) -> Result<T, Instant>) -> T {
    let mut alarm = pin!(sleep_until(Instant::now()));
    poll_fn(|context| {
        loop {
            match look(context.waker()) {
                Ok(found) => return Poll::Ready(found),
                Err(again) => alarm.as_mut().reset(again),
            }
            if alarm.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}
