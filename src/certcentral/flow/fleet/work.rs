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
    /// What an item is given as, beside its id.
    type Input: Send + 'static;
    /// By what an item is found again that was begun.
    type Memo: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
    /// What it waits for.
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

    /// Whether it is time to finish what so many have come to; the last of them a while ago.
    fn is_time_to_finish(&self, _confirmed: usize, _oldest: Duration, _is_idle: bool) -> bool {
        true
    }

    /// Makes results of what waits have come to.
    fn finish(&self, confirmed: Vec<(String, Confirmed<Self>)>) -> impl Future<Output = Vec<(String, Result<Self::Output, Error>)>> + Send;

    /// What something waits for, in a word.
    fn blocker(&self, watch: &Watch<Self::Flow>) -> &'static str;

    /// What tells of all that wait at once.
    fn sweep(&self, _as_of: Moment) -> Option<Coming> {
        None
    }

    /// When something polls by itself that would poll at `next` if it were alone, and is one of so many.
    fn itself(&self, next: Instant, count: usize) -> Instant {
        apart(next, count)
    }

    /// Up to when everything is known of what waits.
    fn as_of(&self, _watch: &Watch<Self::Flow>) -> Option<Moment> {
        None
    }

    fn is_news(&self, _watch: &mut Watch<Self::Flow>, _sweep: &Sweep) -> bool {
        false
    }
}

/// All that waits together polls twice a second at most.
fn apart(next: Instant, count: usize) -> Instant {
    let distance = APART * u32::try_from(count).unwrap_or(u32::MAX);
    if count < WORTH_IT { next } else { next.max(Instant::now() + distance.mul_f64(0.5 + fastrand::f64())) }
}

pub(super) type Confirmed<W> = <<W as Work>::Flow as Flow>::Output;

/// Where an item comes from.
pub(super) enum Origin<W: Work> {
    Given(W::Input),
    /// It was begun before; by what it is found.
    Begun(W::Memo),
}

pub(super) enum Begun<W: Work> {
    Waits(W::Flow),
    Confirmed(Confirmed<W>),
}

/// Where an item writes down what becomes of it.
pub(super) struct Record<W: Work> {
    pub(super) id: String,
    memory: Option<Arc<dyn Memory>>,
    memo: Mutex<Option<W::Memo>>,
    /// What keeps the journal from being written.
    failure: Mutex<Option<Error>>,
}

impl<W: Work> Record<W> {
    pub(super) fn new(id: String, memory: Option<Arc<dyn Memory>>) -> Self {
        Self { id, memory, memo: Mutex::default(), failure: Mutex::default() }
    }

    /// Writes down that it is sent, or was; to be awaited before it is.
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
