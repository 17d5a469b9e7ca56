//! Many orders or domains at once, in one process.

mod control;
mod driver;
mod estimate;
mod issue;
#[cfg(feature = "journal")]
mod journal;
mod memory;
mod validate;
mod watch;
mod work;

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt as _, stream::BoxStream};

#[cfg(feature = "journal")]
pub use self::journal::Journal;
pub use self::{
    control::{FleetControl, FleetProgress},
    estimate::FleetEstimate,
    issue::IssueAll,
    validate::ValidateAll,
    watch::OrderChange,
};
use crate::error::Error;

/// Many items on their way, as a [`Stream`] of their results: [`Orders::issue_all`](super::super::Orders::issue_all),
/// [`Orders::renew_all`](super::super::Orders::renew_all), [`Domains::validate_all`](super::super::Domains::validate_all).
///
/// It moves only while it is polled. So many items at a time are being worked at; those that wait for the service wait in little memory. The
/// failure of one never stops the rest: it comes with its item. What comes as an error of the stream ends it, such as a journal that cannot be
/// written.
///
/// What [may have been done](Error::is_ambiguous) is set aside, looked for once more when everything else has begun, and then reported.
///
/// All its calls are [background calls](crate::Priority::Background): your own go first. They wait for the rate limit as long as it takes.
#[must_use = "a fleet does nothing unless it is polled"]
pub struct Fleet<T> {
    items: BoxStream<'static, Result<FleetItem<T>, Error>>,
    control: FleetControl,
}

/// What became of one item of a fleet.
#[derive(Debug)]
#[non_exhaustive]
pub struct FleetItem<T> {
    /// Its id.
    pub id: String,
    /// Its result, or why there is none.
    pub result: Result<T, Error>,
}

impl<T> Fleet<T> {
    /// Steers the fleet, and tells how far it has come, while the stream is polled somewhere else.
    #[must_use]
    pub fn control(&self) -> FleetControl {
        self.control.clone()
    }
}

impl<T> Stream for Fleet<T> {
    type Item = Result<FleetItem<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.items.poll_next_unpin(context)
    }
}

impl<T> fmt::Debug for Fleet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("progress", &self.control.progress()).finish_non_exhaustive()
    }
}
