//! A started flow that can be waited for.

use std::time::Duration;

use crate::wait::{Flow, Polling, Wait};

/// A started flow. Nothing more happens until you [wait](Self::wait) for it.
///
/// Each flow has an alias for this type, with additional methods of its own: [`PendingIssuance`](super::PendingIssuance),
/// [`PendingValidation`](super::PendingValidation), [`PendingApproval`](super::PendingApproval),
/// [`PendingRevocation`](super::PendingRevocation).
#[must_use = "nothing happens until it is waited for"]
#[derive(Clone, Debug)]
pub struct Pending<F> {
    pub(super) flow: F,
    polling: Polling,
}

impl<F: Flow> Pending<F> {
    pub(super) fn of(flow: F) -> Self {
        Self { flow, polling: Polling::default() }
    }

    /// Sets how often the wait polls.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// Returns the [resume token](super#resume-tokens) to continue in another process. The wait returns it too.
    #[must_use]
    pub fn resume_token(&self) -> F::Token {
        self.flow.token()
    }

    /// Waits for the result, at most for `within`.
    pub fn wait(self, within: Duration) -> Wait<F> {
        Wait::new(self.flow, within, self.polling)
    }
}
