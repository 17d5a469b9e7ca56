//! Waiting for something that takes the service a while: a future, a stream of steps, and always a deadline.

mod error;
mod fault;
mod polling;

use std::{
    fmt,
    future::IntoFuture,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    FutureExt as _, Stream, StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::debug;

use self::{
    error::Reason,
    fault::Weight,
    polling::{LONGEST, next_poll},
};
pub use self::{error::WaitError, fault::Fault, polling::Polling};
use crate::error::Error;

/// Something that takes the service a while, and can be waited for. Sealed: this crate has them all.
pub trait Flow: Send + Sync + Sized + 'static {
    /// How it stands until it is done.
    type State: Clone + fmt::Debug + fmt::Display + Send + Sync + 'static;
    /// What it comes to.
    type Output: Send + 'static;
    /// What is needed to go on in another process.
    type Token;
    /// What changes from one poll to the next; everything else of a flow stays as it was started.
    #[doc(hidden)]
    type Progress: Send + 'static;

    /// What events call it.
    #[doc(hidden)]
    const NAME: &'static str;
    /// What it is not yet, in one word: `issued`.
    #[doc(hidden)]
    const GOAL: &'static str;

    #[doc(hidden)]
    fn begin(&self) -> Self::Progress;

    /// Polls once, and does what can be done now.
    #[doc(hidden)]
    fn poll(&self, progress: &mut Self::Progress) -> impl Future<Output = Polled<Self>> + Send;

    /// What it is about, as errors name it: `order 115429178`.
    #[doc(hidden)]
    fn subject(&self) -> String;

    #[doc(hidden)]
    fn token(&self) -> Self::Token;

    /// The base URL, as long as nothing in the service's form ever came from there.
    #[doc(hidden)]
    fn unheard(&self) -> Option<&str>;
}

pub(crate) type Polled<F> = Result<Found<<F as Flow>::State, <F as Flow>::Output>, Error>;

/// What one poll found.
#[doc(hidden)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub enum Found<S, T> {
    /// Nothing to do but wait.
    Waiting(S),
    /// Something was done; it is worth polling again soon.
    Moved(S),
    Done(T),
    /// There is no way on from this state.
    Ended(S, String),
}

/// What a [`Wait`] tells when it is watched as a stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress<S, T> {
    /// Not yet; this is how it stands.
    InProgress(S),
    /// The poll failed. The wait goes on: it rides the fault out.
    Fault(Fault),
    /// Done. This is the last item.
    Completed(T),
}

/// A wait under way: `.await` it for its result, or watch it as a [`Stream`] of [`Progress`]s.
///
/// It polls at once, then at the intervals of its [`Polling`], and never past its deadline: the last poll is shortly before it.
///
/// # What ends it
///
/// - its result: [`Progress::Completed`];
/// - a state from which there is no way on, such as a rejected order, or a certificate that is not the one asked for;
/// - a refusal of the service with a code that its document lists;
/// - its deadline.
///
/// Everything else is ridden out until the deadline, and told as a [`Progress::Fault`]: a lost connection, 429 and 5xx, and what does not come
/// from the service itself, such as an HTML page with status 200, a body that is empty or cannot be read, a redirect, or a proxy's 403. Only
/// if nothing in the service's form ever came from the base URL, three such responses in a row end it: the base URL is wrong.
///
/// # Cancellation
///
/// Dropping a wait stops it; nothing goes on in the background. What the service was asked to do before goes on there, and the
/// [`resume_token`](Self::resume_token) continues where this wait stopped.
#[must_use = "a wait does nothing unless it is awaited or watched"]
pub struct Wait<F: Flow> {
    flow: Arc<F>,
    steps: BoxStream<'static, Watched<F>>,
}

type Watched<F> = Result<Progress<<F as Flow>::State, <F as Flow>::Output>, WaitError<<F as Flow>::State>>;

impl<F: Flow> Wait<F> {
    pub(crate) fn new(flow: F, within: Duration, polling: Polling) -> Self {
        let flow = Arc::new(flow);
        let watch = Watch {
            progress: flow.begin(),
            flow: Arc::clone(&flow),
            polling,
            interval: polling.initial(),
            within: within.min(LONGEST),
            started: None,
            next: None,
            last: None,
            fault: None,
            heard: false,
            last_poll: false,
            over: false,
        };
        Self { flow, steps: stream::unfold(watch, Watch::step).boxed() }
    }

    /// What to keep in order to go on in another process, also while this wait is watched.
    #[must_use]
    pub fn resume_token(&self) -> F::Token {
        self.flow.token()
    }
}

impl<F: Flow> Stream for Wait<F> {
    type Item = Watched<F>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.steps.poll_next_unpin(context)
    }
}

impl<F: Flow> IntoFuture for Wait<F> {
    type Output = Result<F::Output, WaitError<F::State>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            while let Some(step) = self.steps.next().await {
                if let Progress::Completed(result) = step? {
                    return Ok(result);
                }
            }
            // Only a wait whose result was already taken as a stream gets here.
            let why = format!("the wait for {} had ended before it was awaited", self.flow.subject());
            Err(WaitError::new::<F>(&*self.flow, Reason::Ended(why)))
        }
        .boxed()
    }
}

impl<F: Flow> fmt::Debug for Wait<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("for", &self.flow.subject()).finish_non_exhaustive()
    }
}

/// The flow with its clock.
struct Watch<F: Flow> {
    flow: Arc<F>,
    progress: F::Progress,
    polling: Polling,
    interval: Duration,
    within: Duration,
    started: Option<Instant>,
    next: Option<Instant>,
    last: Option<F::State>,
    /// What the last poll met, if it failed.
    fault: Option<Fault>,
    /// Whether a poll was answered in the service's form.
    heard: bool,
    /// Whether the next poll is the one shortly before the deadline.
    last_poll: bool,
    over: bool,
}

impl<F: Flow> Watch<F> {
    /// One item of the stream: sleeps until the next poll is due, and polls.
    async fn step(mut self) -> Option<(Watched<F>, Self)> {
        if self.over {
            return None;
        }
        // The clock starts with the first poll, not when the wait was made.
        let started = *self.started.get_or_insert_with(Instant::now);
        let deadline = started + self.within;
        if let Some(next) = self.next {
            sleep_until(next).await;
        }
        let Ok(polled) = timeout_at(deadline, self.flow.poll(&mut self.progress)).await else {
            return Some(self.end(Reason::OutOfTime));
        };
        let (step, asked) = match self.weigh(polled) {
            Ok(Progress::Completed(result)) => {
                self.over = true;
                return Some((Ok(Progress::Completed(result)), self));
            }
            Ok(Progress::InProgress(state)) => (Progress::InProgress(state), None),
            Ok(Progress::Fault(fault)) => {
                let asked = fault.error().retry_after();
                (Progress::Fault(fault), asked)
            }
            Err(reason) => return Some(self.end(reason)),
        };
        match next_poll(Instant::now(), deadline, self.interval, asked).filter(|_| !self.last_poll) {
            Some((next, last)) => (self.next, self.last_poll) = (Some(next), last),
            None => return Some(self.end(Reason::OutOfTime)),
        }
        self.interval = self.polling.after(self.interval);
        Some((Ok(step), self))
    }

    /// What a poll means for the wait: a step, or its end.
    fn weigh(&mut self, polled: Polled<F>) -> Result<Progress<F::State, F::Output>, Reason> {
        let weight = polled.as_ref().err().map(Weight::of);
        debug!(target: "shomei", flow = F::NAME, outcome = outcome(&polled, weight), "polled");
        let error = match polled {
            Ok(found) => {
                (self.heard, self.fault) = (true, None);
                return self.stand(found);
            }
            Err(error) => error,
        };
        if weight == Some(Weight::Final) {
            return Err(Reason::Failed(Box::new(error)));
        }
        let fault = Fault::after(self.fault.take(), error, weight == Some(Weight::Foreign));
        self.fault = Some(fault.clone());
        match self.flow.unheard().filter(|_| !self.heard) {
            Some(base_url) if fault.tells_wrong_address() => Err(Reason::WrongAddress(base_url.to_owned())),
            _ => Ok(Progress::Fault(fault)),
        }
    }

    fn stand(&mut self, found: Found<F::State, F::Output>) -> Result<Progress<F::State, F::Output>, Reason> {
        let state = match found {
            Found::Done(result) => return Ok(Progress::Completed(result)),
            Found::Ended(state, why) => {
                self.last = Some(state);
                return Err(Reason::Ended(why));
            }
            Found::Moved(state) => {
                self.interval = self.polling.initial();
                state
            }
            Found::Waiting(state) => state,
        };
        self.last = Some(state.clone());
        Ok(Progress::InProgress(state))
    }

    fn end(mut self, reason: Reason) -> (Watched<F>, Self) {
        self.over = true;
        let error = WaitError {
            state: self.last.take(),
            fault: self.fault.take(),
            within: self.within,
            waited: self.started.map_or(Duration::ZERO, |started| started.elapsed()),
            ..WaitError::new(&*self.flow, reason)
        };
        (Err(error), self)
    }
}

/// What a poll found, in one word: a state may hold what does not belong into events.
fn outcome<S, T>(polled: &Result<Found<S, T>, Error>, weight: Option<Weight>) -> &'static str {
    match polled {
        Ok(Found::Waiting(_)) => "waiting",
        Ok(Found::Moved(_)) => "moved",
        Ok(Found::Done(_)) => "done",
        Ok(Found::Ended(..)) => "ended",
        Err(_) if weight == Some(Weight::Final) => "failed",
        Err(_) => "fault",
    }
}

#[cfg(test)]
mod tests;
