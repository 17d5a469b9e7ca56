//! The rate limiter of several processes: the slots are kept in a Redis server.

mod own;
mod store;

use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use ::redis::{Client, RedisError};
use futures_util::future::BoxFuture;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};
use tracing::warn;

use self::{
    own::Own,
    store::{LIMIT, Reply, SETTLING, Store},
};
use super::{
    Permit, PermitOutcome, Priority, RateLimit, RateLimiter, RateUsage, checked,
    line::{Lines, watch},
};
use crate::error::Error;

/// Sliding windows that several processes share through Redis, as exact as [`SlidingWindow`](super::SlidingWindow) (feature `redis`).
///
/// Give every client of one API key the same name, one that does not reveal the key. All times are the Redis server's.
///
/// - **Order**: first come, first served within a process. Among processes, the first to ask when a slot is free gets it. No process sends
///   background calls while a foreground call waits anywhere.
/// - **Without Redis** no slot is granted: [`acquire`](RateLimiter::acquire) fails within seconds, and the call counts as never sent. A
///   process that does not know what the others send could break the limit for all of them.
/// - **A process that dies** leaves the slots of its calls taken until their [`hold`](Self::hold) and one window are over.
/// - **A server that has lost its data** (a restart, a flush, an eviction, a failover to a replica) is refilled: each process remembers its
///   own slots of the last window, checks four times a second whether they are still there, and puts them back. Meanwhile no slot is
///   granted for a second; the same happens before the first slot under a name, and after some minutes without any. A server that has been
///   up for less than the longest window grants no slot until its uptime reaches it, and an event says so: earlier requests may have been
///   sent by processes that are gone. After a flush or an eviction such requests are forgotten, so set the server's `maxmemory-policy` to
///   `noeviction` (any other policy is logged as a warning if the server reports it).
/// - **A penalty** ([`throttled`](RateLimiter::throttled)) applies to all processes.
/// - [`usage`](RateLimiter::usage) is as of the last time that this process asked for a slot.
///
/// Redis 5 or later is required. All data is stored under five keys that begin with `{name}:`, and expires by itself.
///
/// ```no_run
/// use std::{sync::Arc, time::Duration};
/// use shomei::{RateLimit, RedisSlidingWindow};
///
/// # fn example() -> Result<(), shomei::Error> {
/// let rate_limiter = RedisSlidingWindow::new("redis://127.0.0.1/", "certcentral of team a", [
///     RateLimit::new(100, Duration::from_secs(5)),
///     RateLimit::new(1000, Duration::from_secs(180)),
/// ])?;
/// # #[cfg(feature = "certcentral")] {
/// # use shomei::{ApiKey, CertCentral};
/// let cc = CertCentral::builder(ApiKey::from_env("CERTCENTRAL_API_KEY")?).rate_limiter(Arc::new(rate_limiter)).build()?;
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisSlidingWindow {
    shared: Arc<Shared>,
}

impl RedisSlidingWindow {
    /// Creates windows stored under this name on the server at this URL (`redis://user:password@host:port/database`). The server is not
    /// contacted before the first slot is requested.
    ///
    /// # Errors
    ///
    /// When the URL is invalid; when a limit is zero, or a window is empty or longer than a year.
    pub fn new(url: &str, name: &str, rates: impl IntoIterator<Item = RateLimit>) -> Result<Self, Error> {
        // The URL is not shown: it may hold a password.
        let client = Client::open(url).map_err(|_| Error::configuration("redis: the URL is invalid"))?;
        let rates = checked(rates)?;
        let state = State {
            lines: Lines::default(),
            next: [Instant::now(); 2],
            found: [const { None }; 2],
            failure: None,
            barred: None,
            known: rates.iter().map(|rate| RateUsage::new(*rate, 0, Duration::ZERO)).collect(),
            hold: Duration::from_secs(300),
            own: Own::default(),
        };
        Ok(Self { shared: Arc::new(Shared { store: Store::new(client, name, rates), state: Mutex::new(state) }) })
    }

    /// Sets how long a slot may be held: longer than the longest attempt ([`attempt_timeout`](crate::ClientBuilder::attempt_timeout)). 5
    /// min unless set, at most a day. Clones share it.
    #[must_use]
    pub fn hold(self, hold: Duration) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        self.shared.state().hold = hold.min(DAY);
        self
    }
}

impl RateLimiter for RedisSlidingWindow {
    fn acquire(&self, priority: Priority) -> BoxFuture<'_, Result<Permit, Box<dyn StdError + Send + Sync>>> {
        Box::pin(async move { Ok(Waiting::new(&self.shared, priority).permit().await?) })
    }

    fn throttled(&self, asked: Option<Duration>) {
        const LONGEST: Duration = Duration::from_secs(86_400);
        let shortest = self.shared.store.rates().iter().map(|rate| rate.window).min();
        let wait = asked.or(shortest).unwrap_or(Duration::from_secs(1)).min(LONGEST);
        // In this process it takes effect at once, even if the server cannot be reached.
        let mut state = self.shared.state();
        let end = Instant::now() + wait;
        state.barred = state.barred.max(Some(end));
        state.own.throttled(end);
        drop(state);
        if let Ok(runtime) = Handle::try_current() {
            let shared = Arc::clone(&self.shared);
            shared.watch();
            runtime.spawn(async move { shared.store.throttled(wait).await });
        }
    }

    fn usage(&self) -> Vec<RateUsage> {
        self.shared.state().known.clone()
    }
}

impl fmt::Debug for RedisSlidingWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSlidingWindow").field("remaining", &self.usage()).finish_non_exhaustive()
    }
}

struct Shared {
    store: Store,
    state: Mutex<State>,
}

struct State {
    lines: Lines,
    /// When to ask again, by priority. While a request is in flight, this is when its response can no longer come.
    next: [Instant; 2],
    /// The result for the first waiter of each line that collects it.
    found: [Option<Found>; 2],
    /// Applies to every waiter with a lower number.
    failure: Option<(u64, RedisError)>,
    barred: Option<Instant>,
    known: Vec<RateUsage>,
    hold: Duration,
    own: Own,
}

/// What the server said to the question for a slot, and when.
type Found = (Instant, Result<Permit, RedisError>);

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The result for the waiter, or when it checks again by itself. A waiter that checks when it is due has the server asked, once for its
    /// whole line.
    fn look(self: &Arc<Self>, number: u64, priority: Priority, waker: &Waker) -> Result<Result<Permit, RedisError>, Instant> {
        /// Only the first are woken when that changes, and they may not be polled.
        const GLANCE: Duration = Duration::from_millis(100);

        let mut state = self.state();
        let now = Instant::now();
        if let Some((_, error)) = state.failure.as_ref().filter(|(end, _)| number < *end) {
            return Ok(Err(error.clone()));
        }
        let behind = state.lines.stand(number, priority, waker);
        // Where there is no slot for a call there is none for polling.
        let next = state.next[..=priority as usize].iter().copied().chain(state.barred).max().unwrap_or(now);
        if now < next + behind {
            return Err(next.min(now + GLANCE) + behind);
        }
        // A slot that nobody has come for in so long is given back: its hold began when it was taken.
        if let Some((_, found)) = state.found[priority as usize].take().filter(|(at, _)| now < *at + LIMIT) {
            return Ok(found);
        }
        state.next[priority as usize] = now + LIMIT + Duration::from_secs(1);
        let hold = state.hold;
        drop(state);
        self.ask(priority, hold);
        Err(now + GLANCE + behind)
    }

    /// Asks in a task of its own, so that the response comes whether or not anybody is polled who waits for it.
    fn ask(self: &Arc<Self>, priority: Priority, hold: Duration) {
        let (shared, slot, asked) = (Arc::clone(self), self.store.slot(), Instant::now());
        Handle::current().spawn(async move {
            match shared.store.take(&slot, priority, hold).await {
                Ok(Reply { wait, known, since, filling }) => {
                    if wait.is_none() {
                        shared.state().own.take(slot.clone(), priority, asked + hold);
                        shared.watch();
                    }
                    shared.put_back(Some(since), filling).await;
                    let permit = wait.is_none().then(|| shared.permit(slot, priority));
                    shared.change(|state, now| state.responded(priority, now, permit, wait.unwrap_or_default(), known));
                }
                Err(error) => {
                    // The server may have given the slot all the same.
                    drop(shared.permit(slot, priority));
                    shared.change(|state, now| state.failed(priority, now, error, now - asked));
                }
            }
        });
    }

    /// Nobody waits until a slot is settled. If the server does not hear of it, the slot stays taken until its hold is over.
    fn permit(self: &Arc<Self>, slot: String, priority: Priority) -> Permit {
        let (shared, runtime) = (Arc::clone(self), Handle::current());
        Permit::new(move |outcome| {
            shared.state().own.settle(&slot, outcome, Instant::now());
            runtime.spawn(async move { shared.store.settle(&slot, priority, outcome).await });
        })
    }

    /// Looks after the own slots for as long as they count.
    fn watch(self: &Arc<Self>) {
        if std::mem::replace(&mut self.state().own.is_watched, true) {
            return;
        }
        let shared = Arc::clone(self);
        Handle::current().spawn(async move {
            loop {
                sleep(SETTLING / 4).await;
                {
                    let mut state = shared.state();
                    state.own.forget(shared.store.longest(), Instant::now());
                    if state.own.is_empty() {
                        state.own.is_watched = false;
                        return;
                    }
                }
                // A server that cannot be reached gives out no slots either.
                if let Ok(since) = shared.store.since().await {
                    shared.put_back(since, Duration::ZERO).await;
                }
            }
        });
    }

    /// Puts the own slots into the ledger that is kept since then, unless they stand in it.
    async fn put_back(&self, since: Option<String>, filling: Duration) {
        let (slots, penalty) = {
            let state = self.state();
            if state.own.since == since {
                return;
            }
            let now = Instant::now();
            (state.own.slots(now), state.own.penalty(now))
        };
        if filling > SETTLING {
            warn!(
                target: "shomei",
                wait_seconds = filling.as_secs_f64(),
                "the Redis server is younger than the rate limit's window: no request is sent until it is as old",
            );
        }
        let is_known = (slots.is_empty() && penalty.is_none()) || self.store.restore(&slots, penalty).await.is_ok();
        if is_known {
            self.state().own.since = since;
        }
    }

    /// Changes the state, and wakes those whom it concerns.
    fn change(&self, change: impl FnOnce(&mut State, Instant)) {
        let mut state = self.state();
        change(&mut state, Instant::now());
        let (wakers, left) = state.call();
        drop(state);
        // Either may run anything, so not under the lock.
        drop(left);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn responded(&mut self, priority: Priority, now: Instant, permit: Option<Permit>, wait: Duration, known: Vec<RateUsage>) {
        /// A slot that is given back on another machine is found within this time.
        const LONGEST: Duration = Duration::from_secs(1);

        self.known = known;
        self.failure = None;
        self.next[priority as usize] = now;
        match permit {
            Some(permit) => self.found[priority as usize] = Some((now, Ok(permit))),
            None => self.next[priority as usize] += wait.clamp(Duration::from_millis(1), LONGEST),
        }
    }

    /// A failure that took long to show applies to every waiter; otherwise they would wait for it one after another.
    fn failed(&mut self, priority: Priority, now: Instant, error: RedisError, took: Duration) {
        const LONG: Duration = Duration::from_secs(1);

        self.next[priority as usize] = now;
        if took >= LONG {
            self.failure = Some((self.lines.next_number(), error));
        } else {
            self.found[priority as usize] = Some((now, Err(error)));
        }
    }

    /// The waiters to wake: the first of each line, or all after a failure. Also returns the results that nobody is left to collect.
    fn call(&mut self) -> (Vec<Waker>, Vec<Found>) {
        let (mut wakers, mut left) = (Vec::new(), Vec::new());
        let count = if self.failure.is_some() { usize::MAX } else { 1 };
        for priority in [Priority::Foreground, Priority::Background] {
            let line = self.lines.line(priority);
            wakers.extend(line.iter_mut().take(count).filter_map(|waiter| waiter.waker.take()));
            if line.is_empty() {
                left.extend(self.found[priority as usize].take());
            }
        }
        (wakers, left)
    }
}

/// Somebody in line. Dropped, it leaves the line.
struct Waiting<'p> {
    shared: &'p Arc<Shared>,
    number: u64,
    priority: Priority,
}

impl<'p> Waiting<'p> {
    fn new(shared: &'p Arc<Shared>, priority: Priority) -> Self {
        let number = shared.state().lines.line_up(priority);
        Self { shared, number, priority }
    }

    async fn permit(self) -> Result<Permit, RedisError> {
        watch(|waker| self.shared.look(self.number, self.priority, waker)).await
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.change(|state, _| state.lines.leave(self.number, self.priority));
    }
}
