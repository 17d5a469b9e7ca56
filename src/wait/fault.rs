//! What a wait rides out, and what it does not.

use std::{fmt, sync::Arc};

use crate::error::Error;

/// What a failed poll means for the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// No response, or one that says that the service is busy or down: it passes.
    Passing,
    /// A response, but not one of the service: a proxy's, a sign-in page, or half of one. It passes too, if the base URL is right.
    Foreign,
    /// The service refused in its own words, or the fault is not on the way to it.
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

/// A fault that a wait rides out. Clones share the error.
#[derive(Clone, Debug)]
pub struct Fault {
    error: Arc<Error>,
    in_a_row: u32,
    foreign_in_a_row: u32,
}

impl Fault {
    /// The fault of a poll, after that of the poll before, if that failed too.
    pub(super) fn after(previous: Option<Self>, error: Error, is_foreign: bool) -> Self {
        let (in_a_row, foreign) = previous.map_or((0, 0), |previous| (previous.in_a_row, previous.foreign_in_a_row));
        Self {
            error: Arc::new(error),
            in_a_row: in_a_row.saturating_add(1),
            foreign_in_a_row: if is_foreign { foreign.saturating_add(1) } else { 0 },
        }
    }

    /// Whether by now the base URL is to blame, if nothing else ever came from there.
    pub(super) fn tells_wrong_address(&self) -> bool {
        self.foreign_in_a_row >= 3
    }

    /// What the poll met.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// How many polls failed in a row, this one included.
    #[must_use]
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }
}

/// The same fault, not only one that looks like it.
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
