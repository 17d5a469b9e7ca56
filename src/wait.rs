//! Waiting for slow operations of the service: as a future or a stream of steps, always with a deadline.

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

/// An operation that takes the service a while, and that a [`Wait`] waits for. Sealed: only this crate implements it.
pub trait Flow: Send + Sync + Sized + 'static {
    /// The state until it is done.
    type State: Clone + fmt::Debug + fmt::Display + Send + Sync + 'static;
    /// The result.
    type Output: Send + 'static;
    /// The token to resume in another process.
    type Token;
    /// What changes from one poll to the next; the rest of a flow is constant.
    #[doc(hidden)]
    type Progress: Send + 'static;

    /// The name in events.
    #[doc(hidden)]
    const NAME: &'static str;
    /// The goal in one word: `issued`.
    #[doc(hidden)]
    const GOAL: &'static str;

    #[doc(hidden)]
    fn begin(&self) -> Self::Progress;

    /// Polls once, and does what can be done now. In detail if the state is visible: while the wait is watched, and at the last poll.
    #[doc(hidden)]
    fn poll(&self, progress: &mut Self::Progress, in_detail: bool) -> impl Future<Output = Polled<Self>> + Send;

    /// Called first when the wait starts. Returns whether there is nothing to find yet, so that the wait may rest first.
    #[doc(hidden)]
    fn enter(&self, _progress: &mut Self::Progress, _polling: Polling) -> bool {
        false
    }

    /// Sleeps until the next poll.
    #[doc(hidden)]
    fn rest(&self, _progress: &mut Self::Progress, rest: Rest) -> impl Future<Output = ()> + Send {
        sleep_until(rest.next)
    }

    /// The subject, as errors name it: `order 115429178`.
    #[doc(hidden)]
    fn subject(&self) -> String;

    #[doc(hidden)]
    fn token(&self) -> Self::Token;

    /// The base URL, as long as no response in the service's format has come from it.
    #[doc(hidden)]
    fn unheard(&self) -> Option<&str>;
}

pub(crate) type Polled<F> = Result<Found<<F as Flow>::State, <F as Flow>::Output>, Error>;

/// The result of one poll.
#[doc(hidden)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub enum Found<S, T> {
    /// Nothing to do but wait.
    Waiting(S),
    /// Something was done; polling again soon is worthwhile.
    Moved(S),
    Done(T),
    /// The state is terminal.
    Ended(S, String),
}

/// An item of a [`Wait`] that is watched as a stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress<S, T> {
    /// Not done yet; the current state.
    InProgress(S),
    /// The poll failed. The wait tolerates the fault and goes on.
    Fault(Fault),
    /// Done. This is the last item.
    Completed(T),
}

/// A wait in progress: `.await` it for its result, or watch it as a [`Stream`] of [`Progress`] items.
///
/// It polls at once, then at the intervals of its [`Polling`], and never past its deadline: the last poll is shortly before the deadline.
///
/// # What ends it
///
/// - its result: [`Progress::Completed`];
/// - a terminal state, such as a rejected order, or a certificate other than the requested one;
/// - a refusal of the service with a code that its document lists;
/// - its deadline.
///
/// Everything else is tolerated until the deadline, and reported as a [`Progress::Fault`]: a lost connection, 429 and 5xx, and responses
/// that do not come from the service itself, such as an HTML page with status 200, an empty or unreadable body, a redirect, or a 403 from a
/// proxy. Only if the base URL has never returned a response in the service's format, three such responses in a row end the wait: the base
/// URL is wrong.
///
/// # Cancellation
///
/// Dropping a wait stops it; nothing continues in the background. Work that the service has started continues there, and the
/// [`resume_token`](Self::resume_token) resumes where this wait stopped.
#[must_use = "a wait does nothing unless it is awaited or watched"]
pub struct Wait<F: Flow> {
    flow: Arc<F>,
    /// Until it is watched.
    watch: Option<Box<Watch<F>>>,
    steps: Option<BoxStream<'static, Watched<F>>>,
}

pub(crate) type Watched<F> = Result<Progress<<F as Flow>::State, <F as Flow>::Output>, WaitError<<F as Flow>::State>>;

impl<F: Flow> Wait<F> {
    pub(crate) fn new(flow: F, within: Duration, polling: Polling) -> Self {
        let watch = Watch::new(flow, within, polling);
        Self { flow: Arc::clone(&watch.flow), watch: Some(Box::new(watch)), steps: None }
    }

    /// Returns the token to resume in another process; also works while this wait is watched.
    #[must_use]
    pub fn resume_token(&self) -> F::Token {
        self.flow.token()
    }
}

impl<F: Flow> Stream for Wait<F> {
    type Item = Watched<F>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(mut watch) = self.watch.take() {
            watch.in_detail = true;
            let step = |mut watch: Box<Watch<F>>| async move { Some((watch.step().await?, watch)) };
            self.steps = Some(stream::unfold(watch, step).boxed());
        }
        self.steps.as_mut().map_or(Poll::Ready(None), |steps| steps.poll_next_unpin(context))
    }
}

impl<F: Flow> IntoFuture for Wait<F> {
    type Output = Result<F::Output, WaitError<F::State>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            loop {
                let step = match &mut self.watch {
                    Some(watch) => watch.step().await,
                    None => self.next().await,
                };
                match step.transpose()? {
                    Some(Progress::Completed(result)) => return Ok(result),
                    Some(_) => {}
                    None => break,
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

/// When a flow polls again: at `next` unless it chooses another time, and never later than `latest`.
#[doc(hidden)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    pub(crate) next: Instant,
    pub(crate) latest: Instant,
}

/// The flow with its clock.
pub(crate) struct Watch<F: Flow> {
    pub(crate) flow: Arc<F>,
    pub(crate) progress: F::Progress,
    polling: Polling,
    interval: Duration,
    within: Duration,
    started: Option<Instant>,
    /// The time of the last poll, shortly before the deadline, once a poll has been scheduled.
    last_poll: Option<Instant>,
    /// Until the next poll.
    pub(crate) rest: Option<Rest>,
    last: Option<Box<F::State>>,
    /// The fault of the last poll, if it failed.
    fault: Option<Fault>,
    /// Whether a poll got a response in the service's format.
    heard: bool,
    /// Whether each state is visible.
    in_detail: bool,
    over: bool,
    overruns: bool,
}

impl<F: Flow> Watch<F> {
    pub(crate) fn new(flow: F, within: Duration, polling: Polling) -> Self {
        Self {
            progress: flow.begin(),
            flow: Arc::new(flow),
            polling,
            interval: polling.initial(),
            within: within.min(LONGEST),
            started: None,
            last_poll: None,
            rest: None,
            last: None,
            fault: None,
            heard: false,
            in_detail: false,
            over: false,
            overruns: false,
        }
    }

    /// A started poll is not cut off at the deadline: it may have been queued behind many others until then.
    #[cfg(feature = "certcentral")]
    pub(crate) fn overrunning(self) -> Self {
        Self { overruns: true, ..self }
    }

    /// Sleeps until the next poll is due, and polls. Returns `None` once the wait is over.
    async fn step(&mut self) -> Option<Watched<F>> {
        if self.over {
            return None;
        }
        if self.started.is_none() {
            self.enter();
        }
        if let Some(rest) = self.rest.take() {
            self.flow.rest(&mut self.progress, rest).await;
        }
        Some(self.look().await)
    }

    /// Starts the clock: with the first poll, or the rest before it, not when the wait was created.
    pub(crate) fn enter(&mut self) {
        let now = Instant::now();
        self.started = Some(now);
        if self.flow.enter(&mut self.progress, self.polling) && !self.in_detail {
            self.schedule(now, None);
        }
    }

    /// Polls once.
    pub(crate) async fn look(&mut self) -> Watched<F> {
        let now = Instant::now();
        let deadline = *self.started.get_or_insert(now) + self.within;
        let is_last = match self.last_poll {
            Some(last_poll) => now >= last_poll,
            None => next_poll(now, deadline, self.interval, None).is_none(),
        };
        let poll = self.flow.poll(&mut self.progress, self.in_detail || is_last);
        let polled = if self.overruns { Ok(poll.await) } else { timeout_at(deadline, poll).await };
        let Ok(polled) = polled else { return self.end(Reason::OutOfTime) };
        let (step, asked) = match self.weigh(polled) {
            Ok(Progress::Completed(result)) => {
                self.over = true;
                return Ok(Progress::Completed(result));
            }
            Ok(Progress::InProgress(state)) => (Progress::InProgress(state), None),
            Ok(Progress::Fault(fault)) => {
                let asked = fault.error().retry_after();
                (Progress::Fault(fault), asked)
            }
            Err(reason) => return self.end(reason),
        };
        if is_last || !self.schedule(Instant::now(), asked) {
            return self.end(Reason::OutOfTime);
        }
        Ok(step)
    }

    /// Schedules the next poll, if there is time for one. After a fault no flow may choose another time.
    fn schedule(&mut self, now: Instant, asked: Option<Duration>) -> bool {
        let deadline = self.started.unwrap_or(now) + self.within;
        let Some(Rest { next, latest }) = next_poll(now, deadline, self.interval, asked) else { return false };
        self.last_poll = Some(latest);
        self.rest = Some(Rest { next, latest: if self.fault.is_some() { next } else { latest } });
        self.interval = self.polling.after(self.interval);
        true
    }

    /// Drops the last state, which may be large.
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }

    /// Interprets a poll: a step of the wait, or its end.
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
                self.last = Some(Box::new(state));
                return Err(Reason::Ended(why));
            }
            Found::Moved(state) => {
                self.interval = self.polling.initial();
                state
            }
            Found::Waiting(state) => state,
        };
        self.last = Some(Box::new(state.clone()));
        Ok(Progress::InProgress(state))
    }

    fn end(&mut self, reason: Reason) -> Watched<F> {
        self.over = true;
        Err(WaitError {
            state: self.last.take().map(|state| *state),
            fault: self.fault.take(),
            within: self.within,
            waited: self.started.map_or(Duration::ZERO, |started| started.elapsed()),
            ..WaitError::new(&*self.flow, reason)
        })
    }
}

/// The result of a poll in one word: a state may hold data that does not belong in events.
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
