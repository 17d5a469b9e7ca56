//! The faults that a wait tolerates, and those that end it.

use std::{fmt, sync::Arc};

use crate::error::Error;

/// What a failed poll means for the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// No response, or one that says that the service is busy or down: temporary.
    Passing,
    /// A response that is not the service's: a proxy's, a sign-in page, or half of one. Also temporary, if the base URL is right.
    Foreign,
    /// The service itself refused, or the fault is not on the network path.
    Final,
}

impl Weight {
    pub(super) fn of(error: &Error) -> Self {
        if error.is_transient() {
            Self::Passing
        } else if error.is_decode() || (error.status().is_some() && !error.is_refusal()) {
            Self::Foreign
        } else {
            Self::Final
        }
    }
}

/// A fault that a wait tolerates. Clones share the error.
#[derive(Clone, Debug)]
pub struct Fault {
    error: Arc<Error>,
    in_a_row: u32,
    foreign_in_a_row: u32,
}

impl Fault {
    /// The fault of a poll, given that of the previous poll, if it failed too.
    pub(super) fn after(previous: Option<Self>, error: Error, is_foreign: bool) -> Self {
        let (in_a_row, foreign) = previous.map_or((0, 0), |previous| (previous.in_a_row, previous.foreign_in_a_row));
        Self {
            error: Arc::new(error),
            in_a_row: in_a_row.saturating_add(1),
            foreign_in_a_row: if is_foreign { foreign.saturating_add(1) } else { 0 },
        }
    }

    /// Whether the base URL is to blame by now, if it has returned nothing else.
    pub(super) fn tells_wrong_address(&self) -> bool {
        self.foreign_in_a_row >= 3
    }

    /// Returns the error of the poll.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Returns how many polls failed in a row, including this one.
    #[must_use]
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }
}

/// Compares identity: equal only if both are the same fault.
impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.error, &other.error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.in_a_row {
            1 => write!(f, "the last poll failed: {}", self.error),
            polls => write!(f, "the last {polls} polls failed, most recently: {}", self.error),
        }
    }
}
