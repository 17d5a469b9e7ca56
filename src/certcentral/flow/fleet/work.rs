//! What a fleet does with its items: all that differs between fleets.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use super::memory::{Entry, Memory, Standing};
use crate::{
    certcentral::sweeps::{APART, Coming, Sweep, WORTH_IT},
    client::Moment,
    error::Error,
    wait::{Flow, Watch},
};

/// What a fleet does with each of its items.
pub(super) trait Work: Send + Sync + Sized + 'static {
    /// The input of an item, besides its id.
    type Input: Send + 'static;
    /// Finds an item again after it was begun.
    type Memo: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
    /// The flow that an item waits for.
    type Flow: Flow;
    type Output: Send + 'static;

    /// What a journal calls the fleet.
    const KIND: &'static str;

    /// Called once, before everything else.
    fn prepare(&self) -> impl Future<Output = Result<(), Error>> + Send {
        std::future::ready(Ok(()))
    }

    /// Sends what has to be sent, or finds what was sent before.
    fn begin(&self, origin: Origin<Self>, record: &Arc<Record<Self>>) -> impl Future<Output = Result<Begun<Self>, Error>> + Send;

    /// Whether it is time to finish the confirmed items, given their number and the age of the oldest.
    fn is_time_to_finish(&self, _confirmed: usize, _oldest: Duration, _is_idle: bool) -> bool {
        true
    }

    /// Turns the outputs of waits into results.
    fn finish(&self, confirmed: Vec<(String, Confirmed<Self>)>) -> impl Future<Output = Vec<(String, Result<Self::Output, Error>)>> + Send;

    /// How far apart new items are begun while others wait.
    fn distance(&self) -> Duration {
        Duration::ZERO
    }

    /// What an item waits for, in one word.
    fn blocker(&self, watch: &Watch<Self::Flow>) -> &'static str;

    /// The sweep that covers all waiting items at once.
    fn sweep(&self, _as_of: Moment) -> Option<Coming> {
        None
    }

    /// When one of `count` waiting items polls by itself; alone, it would poll at `next`.
    fn itself(&self, next: Instant, count: usize) -> Instant {
        apart(next, count)
    }

    /// Up to when all changes of the item are known.
    fn as_of(&self, _watch: &Watch<Self::Flow>) -> Option<Moment> {
        None
    }

    fn is_news(&self, _watch: &mut Watch<Self::Flow>, _sweep: &Sweep) -> bool {
        false
    }
}

/// All waiting items together poll at most twice a second.
fn apart(next: Instant, count: usize) -> Instant {
    let distance = APART * u32::try_from(count).unwrap_or(u32::MAX);
    if count < WORTH_IT { next } else { next.max(Instant::now() + distance.mul_f64(0.5 + fastrand::f64())) }
}

pub(super) type Confirmed<W> = <<W as Work>::Flow as Flow>::Output;

/// Where an item comes from.
pub(super) enum Origin<W: Work> {
    Given(W::Input),
    /// It was begun before; the memo finds it.
    Begun(W::Memo),
}

pub(super) enum Begun<W: Work> {
    Waits(W::Flow),
    Confirmed(Confirmed<W>),
}

/// Where an item records what becomes of it.
pub(super) struct Record<W: Work> {
    pub(super) id: String,
    memory: Option<Arc<dyn Memory>>,
    memo: Mutex<Option<W::Memo>>,
    /// Why the journal could not be written.
    failure: Mutex<Option<Error>>,
}

impl<W: Work> Record<W> {
    pub(super) fn new(id: String, memory: Option<Arc<dyn Memory>>) -> Self {
        Self { id, memory, memo: Mutex::default(), failure: Mutex::default() }
    }

    /// Records that the item is being sent, or was sent. Awaited before sending.
    pub(super) async fn keep(&self, memo: W::Memo) -> Result<(), Error> {
        if let Some(memory) = &self.memory {
            let line = Entry::new(&self.id, Standing::Begun, Some(&memo)).line()?;
            if let Err(error) = memory.append(line).await {
                let told = Error::invalid("journal", error.to_string());
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Err(told);
            }
        }
        *self.memo.lock().unwrap_or_else(PoisonError::into_inner) = Some(memo);
        Ok(())
    }

    pub(super) fn memo(&self) -> Option<W::Memo> {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
