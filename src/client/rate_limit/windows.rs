//! The rate limiter of one process: a ledger, and the lines of those who wait for a slot in it.

use std::{
    collections::BTreeSet,
    error::Error as StdError,
    fmt, mem,
    sync::{Arc, Mutex, PoisonError},
    task::Waker,
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{
    Permit, PermitOutcome, Priority, RateLimit, RateLimiter, RateUsage, checked,
    ledger::Ledger,
    line::{Lines, watch},
};
use crate::error::Error;

/// Sliding windows, kept exactly: no window, at whatever moment it ends, holds more requests than its limit.
///
/// Clones share their slots. Without any rates every request goes at once, except for a time after a refusal.
///
/// After a refusal (429) no request goes for as long as the service asked, or for the shortest window. From then on the windows count as
/// full, and empty evenly.
///
/// ```
/// # use std::{sync::Arc, time::Duration};
/// # use shomei::{RateLimiter, RateLimit, SlidingWindow};
/// // Two clients with one key share one budget.
/// let rate_limiter = Arc::new(SlidingWindow::new([
///     RateLimit::new(100, Duration::from_secs(5)),
///     RateLimit::new(1000, Duration::from_secs(180)),
/// ])?);
/// for usage in rate_limiter.usage() {
///     println!("{} of {} left in {:?}", usage.remaining(), usage.rate.limit, usage.rate.window);
/// }
/// # #[cfg(feature = "certcentral")] {
/// # use shomei::{ApiKey, CertCentral};
/// # let key = ApiKey::new("0123456789ABCDEF")?;
/// let orders = CertCentral::builder(key.clone()).rate_limiter(rate_limiter.clone()).build()?;
/// let domains = CertCentral::builder(key).rate_limiter(rate_limiter).build()?;
/// # }
/// # Ok::<(), shomei::Error>(())
/// ```
#[derive(Clone)]
pub struct SlidingWindow {
    shared: Arc<Shared>,
}

impl SlidingWindow {
    /// Creates windows in which every slot is free.
    ///
    /// # Errors
    ///
    /// When a limit is zero, or a window is empty or longer than a year.
    pub fn new(rates: impl IntoIterator<Item = RateLimit>) -> Result<Self, Error> {
        let rates = checked(rates)?;
        let state = State { ledger: Ledger::new(rates), lines: Lines::default(), called: BTreeSet::new() };
        Ok(Self { shared: Arc::new(Shared(Mutex::new(state))) })
    }
}

impl RateLimiter for SlidingWindow {
    fn acquire(&self, priority: Priority) -> BoxFuture<'_, Result<Permit, Box<dyn StdError + Send + Sync>>> {
        Box::pin(async move { Ok(Waiting::new(&self.shared, priority).permit().await) })
    }

    fn throttled(&self, asked: Option<Duration>) {
        self.shared.change(|state, now| state.ledger.throttled(asked, now));
    }

    fn usage(&self) -> Vec<RateUsage> {
        self.shared.change(|state, now| state.ledger.usage(now))
    }
}

impl fmt::Debug for SlidingWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlidingWindow").field("remaining", &self.usage()).finish()
    }
}

struct Shared(Mutex<State>);

impl Shared {
    /// Changes the state, and wakes the waiters that can go now.
    fn change<T>(&self, change: impl FnOnce(&mut State, Instant) -> T) -> T {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock: the ledger wants its times in order.
        let now = Instant::now();
        let result = change(&mut state, now);
        let wakers = state.call(now);
        drop(state);
        // A waker may run anything, so not under the lock.
        wakers.into_iter().for_each(Waker::wake);
        result
    }
}

struct State {
    ledger: Ledger,
    lines: Lines,
    /// Whose slot is taken in the ledger already, but who have not come for it.
    called: BTreeSet<u64>,
}

impl State {
    /// Takes a free slot for somebody who has nobody to let go first.
    fn take_at_once(&mut self, priority: Priority, now: Instant) -> bool {
        let is_free = self.lines.is_empty_before(priority) && self.ledger.free_at(priority, now) <= now;
        if is_free {
            self.ledger.take(priority);
        }
        is_free
    }

    /// Takes the free slots for those in front, and says whom to wake: them, and whoever is in front then.
    fn call(&mut self, now: Instant) -> Vec<Waker> {
        let mut wakers = Vec::new();
        for priority in [Priority::Foreground, Priority::Background] {
            let line = self.lines.line(priority);
            while !line.is_empty() && self.ledger.free_at(priority, now) <= now {
                let Some(first) = line.pop_front() else { break };
                self.ledger.take(priority);
                self.called.insert(first.number);
                wakers.extend(first.waker);
            }
            if let Some(first) = line.front_mut() {
                if mem::take(&mut first.ahead) > 0 {
                    wakers.extend(first.waker.take());
                }
                break;
            }
        }
        wakers
    }

    /// Whether the waiter was called; if not, when it looks again by itself.
    fn look(&mut self, number: u64, priority: Priority, waker: &Waker, now: Instant) -> Result<(), Instant> {
        if self.called.remove(&number) {
            return Ok(());
        }
        let behind = self.lines.stand(number, priority, waker);
        Err(self.ledger.free_at(priority, now).max(now + Duration::from_millis(1)) + behind)
    }

    /// Removes a waiter that no longer waits.
    fn leave(&mut self, number: u64, priority: Priority, now: Instant) {
        if self.called.remove(&number) {
            self.ledger.settle(priority, PermitOutcome::Released, now);
            return;
        }
        self.lines.leave(number, priority);
    }
}

/// Somebody in line. Dropped, it leaves the line, or gives the slot back that it was called for.
struct Waiting<'p> {
    shared: &'p Arc<Shared>,
    /// `None` once it has a slot.
    number: Option<u64>,
    priority: Priority,
}

impl<'p> Waiting<'p> {
    fn new(shared: &'p Arc<Shared>, priority: Priority) -> Self {
        let number = shared.change(|state, now| {
            if priority == Priority::Foreground {
                state.ledger.called(now);
            }
            (!state.take_at_once(priority, now)).then(|| state.lines.line_up(priority))
        });
        Self { shared, number, priority }
    }

    async fn permit(mut self) -> Permit {
        if let Some(number) = self.number {
            watch(|waker| self.shared.change(|state, now| state.look(number, self.priority, waker, now))).await;
        }
        self.number = None;
        let (shared, priority) = (Arc::clone(self.shared), self.priority);
        Permit::new(move |outcome| shared.change(|state, now| state.ledger.settle(priority, outcome, now)))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.shared.change(|state, now| state.leave(number, self.priority, now));
        }
    }
}
