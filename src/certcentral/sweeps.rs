//! What the waits of one client share: a single list of status changes that covers the orders of all of them (a sweep).
//!
//! A sweep is a hint: nothing proves that it names every change. So each wait still polls by itself now and then, and before its deadline.
//! The window is sent to the service as a duration, so that only the service's clock decides what lies within. It reaches back to before
//! what each wait has seen last: sweeps may fail, overlap, or be missed.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::{CertCentral, CertificateId, OrderId, OrderStatus};
use crate::{client::Moment, error::Error};

/// Fewer waits than this poll one by one.
pub(super) const WORTH_IT: usize = 10;
/// The longest time between two sweeps, and the shortest.
const LONGEST: Duration = Duration::from_secs(15);
const SHORTEST: Duration = Duration::from_millis(200);
/// How far windows overlap: the list may lag behind the orders.
const OVERLAP: Duration = Duration::from_secs(300);
/// The service keeps changes this long; no sweep can close a longer gap.
pub(super) const KEPT: Duration = Duration::from_secs(7 * 86_400);
/// About how often a wait polls by itself nevertheless.
const ITSELF: Duration = Duration::from_secs(3600);
/// All the waits of a client together poll twice a second at most: half of what the service allows a key.
pub(super) const APART: Duration = Duration::from_millis(500);
/// After a refusal the next sweep is tried this much later, and twice as late each time.
const AFTER_REFUSAL: Duration = Duration::from_secs(600);

/// An order as a sweep names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) status: Option<OrderStatus>,
    pub(super) certificate: Option<CertificateId>,
}

/// What one sweep came to.
pub(super) struct Sweep {
    /// When it was asked for: what it covers ends here at the earliest.
    start: Moment,
    /// What came back; how far back it certainly reaches, with the time that it took counted in.
    found: Result<(HashMap<OrderId, Named>, Duration), Missed>,
    client: CertCentral,
}

/// Why a sweep has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// The call failed; a later one may succeed.
    Failed,
    /// The service refuses to list changes.
    Refused,
}

impl Sweep {
    /// What it says about an order.
    pub(super) fn of(&self, order: OrderId) -> Option<&Named> {
        self.found.as_ref().ok()?.0.get(&order)
    }

    /// Whether the service has forgotten by now what changed since.
    pub(super) fn is_too_long_ago(&self, as_of: Moment) -> bool {
        self.client.core.since(as_of) >= KEPT
    }

    pub(super) fn is_good(&self) -> bool {
        self.found.is_ok()
    }

    pub(super) fn is_refused(&self) -> bool {
        matches!(self.found, Err(Missed::Refused))
    }

    /// Up to when a wait knows everything after this sweep, if it knew everything up to `as_of` before.
    pub(super) fn advance(&self, as_of: Moment) -> Moment {
        let covers = |(_, reach): &(_, Duration)| self.client.core.since(as_of) <= *reach;
        if self.found.as_ref().is_ok_and(covers) { self.start } else { as_of }
    }
}

/// A sweep to come, driven by all waits that share it.
pub(super) type Coming = Shared<BoxFuture<'static, Arc<Sweep>>>;
type WeakComing = WeakShared<BoxFuture<'static, Arc<Sweep>>>;

#[derive(Default)]
pub(super) struct Sweeps(Mutex<State>);

impl fmt::Debug for Sweeps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweeps").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    /// How many wait, by how often each would poll.
    waits: BTreeMap<Duration, usize>,
    coming: Option<(Arc<Reach>, WeakComing)>,
    /// When the last one was asked for, and how long it took.
    last: Option<Instant>,
    took: Duration,
    /// How many were refused in a row.
    refused: u32,
}

/// How far back a sweep has to reach; nothing once it is asked for.
type Reach = Mutex<Option<Moment>>;

impl Sweeps {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a wait in, for as long as the returned value is kept.
    pub(super) fn member(self: &Arc<Self>, longest_interval: Duration) -> Member {
        let interval = (longest_interval / 4).clamp(SHORTEST, LONGEST);
        let member = Member { sweeps: Arc::clone(self), interval, count: 0 };
        member.with(1)
    }

    /// Whether enough waits run, and the service lists changes.
    pub(super) fn are_shared(&self) -> bool {
        let state = self.state();
        state.refused == 0 && state.count() >= WORTH_IT
    }

    /// When a wait whose order no sweep names polls by itself, if it would poll at `next` on its own. `None` if too few waits run.
    pub(super) fn itself(&self, next: Instant) -> Option<Instant> {
        let state = self.state();
        let count = state.count();
        let apart = APART * u32::try_from(count).unwrap_or(u32::MAX);
        let distance = if state.refused > 0 { apart } else { ITSELF.max(apart) };
        // Not all of them at once.
        (count >= WORTH_IT).then(|| next.max(Instant::now() + distance.mul_f64(0.5 + fastrand::f64())))
    }

    /// The next sweep, for a wait that knows everything up to `as_of`.
    pub(super) fn next(self: &Arc<Self>, client: &CertCentral, as_of: Moment) -> Coming {
        let mut state = self.state();
        if let Some((reach, coming)) = &state.coming
            && let Some(coming) = coming.upgrade()
            && coming.peek().is_none()
        {
            let mut reach = reach.lock().unwrap_or_else(PoisonError::into_inner);
            *reach = reach.map(|reach| reach.earlier(as_of));
            return coming;
        }
        let interval = state.waits.keys().next().copied().unwrap_or(LONGEST);
        let due = match state.refused {
            0 => state.last.unwrap_or_else(Instant::now) + interval,
            times => state.last.unwrap_or_else(Instant::now) + AFTER_REFUSAL * 2_u32.saturating_pow(times - 1).min(144),
        };
        let reach = Arc::new(Mutex::new(Some(as_of)));
        let coming = Arc::clone(self).run(client.in_background(), Arc::clone(&reach), due).boxed().shared();
        state.coming = coming.downgrade().map(|weak| (reach, weak));
        coming
    }

    async fn run(self: Arc<Self>, client: CertCentral, reach: Arc<Reach>, due: Instant) -> Arc<Sweep> {
        sleep_until(due).await;
        let (begun, start) = (Instant::now(), client.core.moment());
        let reach = reach.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(start);
        let slack = {
            let mut state = self.state();
            state.last = Some(begun);
            // What it takes to get a permit and a response shifts the window.
            OVERLAP + state.took * 2
        };
        let window = (client.core.since(reach) + slack).min(KEPT);
        let listed = client.orders().changes().within(window).send().await;
        let took = begun.elapsed();
        debug!(target: "shomei", window = window.as_secs(), changed = listed.as_ref().map_or(0, Vec::len), outcome = outcome(&listed), "swept");
        let mut state = self.state();
        state.took = took;
        let found = match listed {
            Ok(listed) => {
                state.refused = 0;
                let named =
                    listed.into_iter().map(|entry| (entry.order_id, Named { status: entry.status, certificate: entry.certificate_id }));
                Ok((named.collect(), window.saturating_sub(took)))
            }
            Err(error) if error.is_transient() => Err(Missed::Failed),
            Err(_) => {
                state.refused = state.refused.saturating_add(1);
                Err(Missed::Refused)
            }
        };
        drop(state);
        Arc::new(Sweep { start, found, client })
    }
}

fn outcome<T>(listed: &Result<T, Error>) -> &'static str {
    match listed {
        Ok(_) => "ok",
        Err(error) if error.is_transient() => "failed",
        Err(_) => "refused",
    }
}

impl State {
    fn count(&self) -> usize {
        self.waits.values().sum()
    }
}

/// Waits that are counted in, until this is dropped.
pub(super) struct Member {
    sweeps: Arc<Sweeps>,
    interval: Duration,
    count: usize,
}

impl Member {
    /// Counts this many waits.
    pub(super) fn with(mut self, count: usize) -> Self {
        self.set(count);
        self
    }

    pub(super) fn set(&mut self, count: usize) {
        let mut state = self.sweeps.state();
        let waits = state.waits.entry(self.interval).or_default();
        *waits = *waits - self.count + count;
        if *waits == 0 {
            state.waits.remove(&self.interval);
        }
        self.count = count;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.set(0);
    }
}
