//! What was started and can be waited for.

use std::time::Duration;

use crate::wait::{Flow, Polling, Wait};

/// A flow that was started. Nothing more happens until it is [waited](Self::wait) for.
///
/// Each flow has a name for it, and methods of its own beside these: [`PendingIssuance`](super::PendingIssuance),
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

    /// How often the wait polls.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// What to keep in order to go on in another process: a [resume token](super#resume-tokens). The wait gives it too.
    #[must_use]
    pub fn resume_token(&self) -> F::Token {
        self.flow.token()
    }

    /// Waits for the result, at most this long.
    pub fn wait(self, within: Duration) -> Wait<F> {
        Wait::new(self.flow, within, self.polling)
    }
}
