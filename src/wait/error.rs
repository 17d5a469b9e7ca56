//! Why a wait ended without its result.

use std::{error::Error as StdError, fmt, time::Duration};

use super::{Fault, Flow};
use crate::error::Error;

/// The error of a wait that ended without its result, with the last state seen.
///
/// `Display` names the awaited result and what was missing: `order 115429178: not issued within 30 min; waits for control of example.org
/// (email)`. It converts into the crate's [`Error`] with `?`; keep this type to access the typed [`last_state`](Self::last_state).
pub struct WaitError<S> {
    pub(super) reason: Reason,
    pub(super) subject: String,
    pub(super) goal: &'static str,
    pub(super) state: Option<S>,
    pub(super) fault: Option<Fault>,
    pub(super) within: Duration,
    pub(super) waited: Duration,
}

pub(super) enum Reason {
    OutOfTime,
    Ended(String),
    Failed(Box<Error>),
    /// This base URL has returned no response in the service's format.
    WrongAddress(String),
}

impl<S> WaitError<S> {
    pub(super) fn new<F: Flow<State = S>>(flow: &F, reason: Reason) -> Self {
        Self { reason, goal: F::GOAL, ..Self::about(flow.subject(), Reason::OutOfTime) }
    }

    /// A wait that failed before it started.
    pub(crate) fn failed(subject: String, error: Error) -> Self {
        Self::about(subject, Reason::Failed(Box::new(error)))
    }

    fn about(subject: String, reason: Reason) -> Self {
        Self { reason, subject, goal: "done", state: None, fault: None, within: Duration::ZERO, waited: Duration::ZERO }
    }

    /// Returns whether the deadline passed. The flow can then be resumed from its token.
    #[must_use]
    pub fn is_wait_timeout(&self) -> bool {
        matches!(self.reason, Reason::OutOfTime)
    }

    /// Returns whether a terminal state was reached; [`last_state`](Self::last_state) is that state.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self.reason, Reason::Ended(_))
    }

    /// Returns the last state seen; `None` if no poll succeeded.
    #[must_use]
    pub fn last_state(&self) -> Option<&S> {
        self.state.as_ref()
    }

    /// Returns the last state seen, by value.
    #[must_use]
    pub fn into_last_state(self) -> Option<S> {
        self.state
    }

    /// Returns the error of the failed call, or of the fault that lasted until the deadline.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match &self.reason {
            Reason::Failed(error) => Some(error),
            Reason::OutOfTime | Reason::WrongAddress(_) => self.fault.as_ref().map(Fault::error),
            Reason::Ended(_) => None,
        }
    }

    /// Returns how long the wait took.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.waited
    }
}

impl<S: fmt::Display> fmt::Display for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, goal, .. } = self;
        match &self.reason {
            Reason::OutOfTime => {
                write!(f, "{subject}: not {goal} within {}", Length(self.within))?;
                if let Some(state) = &self.state {
                    write!(f, "; {state}")?;
                }
                self.fault.as_ref().map_or(Ok(()), |fault| write!(f, "; {fault}"))
            }
            Reason::Ended(why) => f.write_str(why),
            Reason::Failed(error) => write!(f, "{subject}: {error}"),
            Reason::WrongAddress(base_url) => {
                write!(f, "{subject}: the base URL {base_url} is wrong: its responses are not the service's")?;
                self.fault.as_ref().map_or(Ok(()), |fault| write!(f, "; {fault}"))
            }
        }
    }
}

impl<S: fmt::Debug + fmt::Display> fmt::Debug for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitError")
            .field("message", &format_args!("{self}"))
            .field("last_state", &self.state)
            .field("elapsed", &self.waited)
            .finish()
    }
}

impl<S: fmt::Debug + fmt::Display> StdError for WaitError<S> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error().map(|error| error as &(dyn StdError + 'static))
    }
}

impl<S: fmt::Debug + fmt::Display + Send + Sync + 'static> From<WaitError<S>> for Error {
    fn from(error: WaitError<S>) -> Self {
        match error.reason {
            Reason::Failed(failed) => failed.about(error.subject),
            Reason::OutOfTime => Self::out_of_time(error),
            Reason::Ended(_) => Self::wait(error),
            Reason::WrongAddress(_) => Self::configuration(error.to_string()),
        }
    }
}

/// A duration in readable form: `30 min`, `1 h 30 min`, `2.5s`.
struct Length(Duration);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
        let seconds = self.0.as_secs();
        if seconds == 0 || (seconds < 60 && self.0.subsec_millis() != 0) {
            return write!(f, "{:.1?}", self.0);
        }
        let mut left = seconds;
        let mut parts = Vec::new();
        for (length, unit) in UNITS {
            if left >= length {
                parts.push(format!("{} {unit}", left / length));
                left %= length;
            }
        }
        f.write_str(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_say_them() {
        for (seconds, expected) in [
            (0.0, "0.0ns"),
            (0.25, "250.0ms"),
            (2.5, "2.5s"),
            (45.0, "45 s"),
            (90.0, "1 min 30 s"),
            (1800.0, "30 min"),
            (5400.0, "1 h 30 min"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(Length(Duration::from_secs_f64(seconds)).to_string(), expected, "{seconds}");
        }
    }
}
