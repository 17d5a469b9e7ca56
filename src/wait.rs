//! Waiting for something that takes the service a while: a future, a stream of states, and always a deadline.

use std::{
    error::Error as StdError,
    fmt,
    future::IntoFuture,
    pin::Pin,
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

use crate::error::Error;

/// As long as anything can be waited for; what is longer could not be added to a time.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 86_400);

/// How often a wait looks: at first after [`first`](Self::first), then at growing distances, at most [`longest`](Self::longest).
///
/// The default begins with 5 s and grows by half each time up to 60 s. A longer `Retry-After` of the service is honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    first: Duration,
    longest: Duration,
}

impl Polling {
    /// The shortest distance between two looks: a wait must not eat up the rate limit.
    const SHORTEST: Duration = Duration::from_millis(100);

    /// Looks at growing distances between `first` and `longest`; shorter ones than 100 ms become 100 ms.
    #[must_use]
    pub fn growing(first: Duration, longest: Duration) -> Self {
        let first = first.clamp(Self::SHORTEST, LONGEST);
        Self { first, longest: longest.clamp(first, LONGEST) }
    }

    /// Looks at even distances.
    #[must_use]
    pub fn every(distance: Duration) -> Self {
        Self::growing(distance, distance)
    }

    /// The first distance.
    #[must_use]
    pub fn first(&self) -> Duration {
        self.first
    }

    /// The longest distance.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.longest
    }

    fn after(&self, distance: Duration) -> Duration {
        (distance + distance / 2).min(self.longest)
    }
}

impl Default for Polling {
    fn default() -> Self {
        Self::growing(Duration::from_secs(5), Duration::from_secs(60))
    }
}

/// Something that is looked at until it is done.
pub(crate) trait Flow: Send + 'static {
    /// What events call it.
    const NAME: &'static str;

    type State: Clone + fmt::Debug + Send + 'static;
    type Output: Send + 'static;

    /// Looks once, and does what can be done now.
    fn look(&mut self) -> Looking<'_, Self>;
}

pub(crate) type Looking<'f, F> = BoxFuture<'f, Result<Look<<F as Flow>::State, <F as Flow>::Output>, Error>>;

/// What one look found.
pub(crate) enum Look<S, T> {
    /// Nothing to do but wait.
    Waiting(S),
    /// Something was done; it is worth looking again soon.
    Moved(S),
    Done(T),
    /// There is no way on from this state.
    Ended(S, String),
}

/// What a [`Wait`] tells when it is watched as a stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step<S, T> {
    /// Not yet; this is how it stands.
    Waiting(S),
    /// Done. This is the last item.
    Done(T),
}

/// A wait under way: `.await` it for its result, or watch it as a [`Stream`] of [`Step`]s.
///
/// It looks at once, then at the distances of its [`Polling`], and never past its deadline: the last look is taken shortly before it.
/// Passing faults (a lost connection, 429, 5xx) do not end it; any other error does. After [`Step::Done`] or an error the stream ends.
///
/// # Cancellation
///
/// Dropping a wait stops it; nothing goes on in the background. What the service was asked to do before goes on there, and the
/// resume token of the flow continues where this wait stopped.
#[must_use = "a wait does nothing unless it is awaited or watched"]
pub struct Wait<S, T> {
    steps: BoxStream<'static, Result<Step<S, T>, WaitError<S>>>,
}

impl<S, T> Wait<S, T>
where
    S: Clone + fmt::Debug + Send + 'static,
    T: Send + 'static,
{
    pub(crate) fn new(flow: impl Flow<State = S, Output = T>, within: Duration, polling: Polling) -> Self {
        let watch = Watch {
            flow,
            polling,
            distance: polling.first,
            within: within.min(LONGEST),
            started: None,
            next: None,
            last: None,
            fault: None,
            last_look: false,
            over: false,
        };
        Self { steps: stream::unfold(watch, Watch::step).boxed() }
    }
}

impl<S, T> Stream for Wait<S, T> {
    type Item = Result<Step<S, T>, WaitError<S>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.steps.poll_next_unpin(context)
    }
}

impl<S: Send + 'static, T: Send + 'static> IntoFuture for Wait<S, T> {
    type Output = Result<T, WaitError<S>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            let mut last = None;
            while let Some(step) = self.steps.next().await {
                match step? {
                    Step::Waiting(state) => last = Some(state),
                    Step::Done(result) => return Ok(result),
                }
            }
            // Only a wait whose result was already taken as a stream gets here.
            Err(WaitError { reason: Reason::Ended("the wait was over before it was awaited".into()), last, waited: Duration::ZERO })
        }
        .boxed()
    }
}

impl<S, T> fmt::Debug for Wait<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}

/// The flow with its clock.
struct Watch<F: Flow> {
    flow: F,
    polling: Polling,
    distance: Duration,
    within: Duration,
    started: Option<Instant>,
    next: Option<Instant>,
    last: Option<F::State>,
    fault: Option<Error>,
    /// Whether the next look is the one shortly before the deadline.
    last_look: bool,
    over: bool,
}

type Watched<F> = Result<Step<<F as Flow>::State, <F as Flow>::Output>, WaitError<<F as Flow>::State>>;

impl<F: Flow> Watch<F> {
    /// One item of the stream: sleeps until the next look is due, looks, and goes on in case of a passing fault.
    async fn step(mut self) -> Option<(Watched<F>, Self)> {
        if self.over {
            return None;
        }
        // The clock starts with the first look, not when the wait was made.
        let started = *self.started.get_or_insert_with(Instant::now);
        let deadline = started + self.within;
        loop {
            if let Some(next) = self.next {
                sleep_until(next).await;
            }
            let Ok(seen) = timeout_at(deadline, self.flow.look()).await else {
                return Some(self.end(Reason::OutOfTime, started));
            };
            debug!(target: "shomei", flow = F::NAME, outcome = outcome(&seen), "looked");
            let state = match seen {
                Ok(Look::Done(result)) => {
                    self.over = true;
                    return Some((Ok(Step::Done(result)), self));
                }
                Ok(Look::Ended(state, why)) => {
                    self.last = Some(state);
                    return Some(self.end(Reason::Ended(why), started));
                }
                Ok(Look::Moved(state)) => {
                    self.distance = self.polling.first;
                    Some(state)
                }
                Ok(Look::Waiting(state)) => Some(state),
                Err(error) if error.is_transient() => {
                    self.fault = Some(error);
                    None
                }
                Err(error) => return Some(self.end(Reason::Failed(Box::new(error)), started)),
            };
            let asked = self.fault.as_ref().filter(|_| state.is_none()).and_then(Error::retry_after);
            match next_look(Instant::now(), deadline, self.distance, asked).filter(|_| !self.last_look) {
                Some((next, last)) => (self.next, self.last_look) = (Some(next), last),
                None => {
                    self.last = state.or(self.last);
                    return Some(self.end(Reason::OutOfTime, started));
                }
            }
            self.distance = self.polling.after(self.distance);
            if let Some(state) = state {
                self.fault = None;
                self.last = Some(state.clone());
                return Some((Ok(Step::Waiting(state)), self));
            }
        }
    }

    fn end(mut self, reason: Reason, started: Instant) -> (Watched<F>, Self) {
        self.over = true;
        let reason = match (reason, self.fault.take()) {
            (Reason::OutOfTime, Some(fault)) => Reason::OutOfTimeFaulty(Box::new(fault)),
            (reason, _) => reason,
        };
        let error = WaitError { reason, last: self.last.take(), waited: started.elapsed() };
        (Err(error), self)
    }
}

/// What a look found, in one word: a state may hold what does not belong into events.
fn outcome<S, T>(seen: &Result<Look<S, T>, Error>) -> &'static str {
    match seen {
        Ok(Look::Waiting(_)) => "waiting",
        Ok(Look::Moved(_)) => "moved",
        Ok(Look::Done(_)) => "done",
        Ok(Look::Ended(..)) => "ended",
        Err(error) if error.is_transient() => "fault",
        Err(_) => "failed",
    }
}

/// When to look next: after the distance, not before the service allows it, and the last time shortly before the deadline.
/// `None` if there is no time for another look; whether it is the last one.
fn next_look(now: Instant, deadline: Instant, distance: Duration, asked: Option<Duration>) -> Option<(Instant, bool)> {
    /// What the last look is left, so that it can still be answered.
    const RESERVE: Duration = Duration::from_secs(5);

    let left = deadline.checked_duration_since(now)?;
    let last = deadline - RESERVE.min(left / 2);
    let earliest = now + asked.unwrap_or_default().min(LONGEST);
    let wanted = (now + distance).max(earliest);
    if wanted <= last {
        return Some((wanted, false));
    }
    // A last look that follows the previous one at once would tell nothing new.
    let worth_it = last.duration_since(now) >= Polling::SHORTEST;
    (earliest <= last && worth_it).then_some((last, true))
}

/// Why a wait ended without its result, with the last state seen.
///
/// It turns into the crate's [`Error`] with `?`; keep it as it is to get at the typed [`state`](Self::state).
pub struct WaitError<S> {
    reason: Reason,
    last: Option<S>,
    waited: Duration,
}

enum Reason {
    OutOfTime,
    OutOfTimeFaulty(Box<Error>),
    Ended(String),
    Failed(Box<Error>),
}

impl<S> WaitError<S> {
    /// A wait that failed before it began.
    pub(crate) fn failed(error: Error) -> Self {
        Self { reason: Reason::Failed(Box::new(error)), last: None, waited: Duration::ZERO }
    }

    /// The deadline passed. The flow can be resumed from its token.
    #[must_use]
    pub fn is_out_of_time(&self) -> bool {
        matches!(self.reason, Reason::OutOfTime | Reason::OutOfTimeFaulty(_))
    }

    /// A state was reached from which there is no way on; [`state`](Self::state) is that state.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.reason, Reason::Ended(_))
    }

    /// The last state seen; `None` if not even the first look was answered.
    #[must_use]
    pub fn state(&self) -> Option<&S> {
        self.last.as_ref()
    }

    /// The last state seen, by value.
    #[must_use]
    pub fn into_state(self) -> Option<S> {
        self.last
    }

    /// The call that failed, or the passing fault that lasted until the deadline.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.reason {
            Reason::OutOfTimeFaulty(error) | Reason::Failed(error) => Some(error),
            Reason::OutOfTime | Reason::Ended(_) => None,
        }
    }

    /// How long it was waited.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl<S> fmt::Display for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::OutOfTime => write!(f, "not done within {:.1?}", self.waited),
            Reason::OutOfTimeFaulty(fault) => write!(f, "not done within {:.1?}, and the last look failed: {fault}", self.waited),
            Reason::Ended(why) => f.write_str(why),
            Reason::Failed(error) => write!(f, "{error}"),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitError")
            .field("message", &format_args!("{self}"))
            .field("state", &self.last)
            .field("waited", &self.waited)
            .finish()
    }
}

impl<S: fmt::Debug> StdError for WaitError<S> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error().map(|error| error as &(dyn StdError + 'static))
    }
}

impl<S: fmt::Debug + Send + Sync + 'static> From<WaitError<S>> for Error {
    fn from(error: WaitError<S>) -> Self {
        match error.reason {
            Reason::Failed(error) => *error,
            Reason::OutOfTime | Reason::OutOfTimeFaulty(_) => Self::out_of_time(error),
            Reason::Ended(_) => Self::wait(error),
        }
    }
}

#[cfg(test)]
mod tests;
