//! Many orders or domains at once, in one process.

mod control;
mod driver;
mod estimate;
mod issue;
#[cfg(feature = "journal")]
mod journal;
mod memory;
mod validate;
mod waits;
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

/// A batch of orders or domains, as a [`Stream`] of their results: [`Orders::issue_all`](super::super::Orders::issue_all),
/// [`Orders::renew_all`](super::super::Orders::renew_all), [`Domains::validate_all`](super::super::Domains::validate_all).
///
/// A fleet makes progress only while it is polled. Its `concurrency` limits how many items are processed at a time; items that wait for the
/// service take little memory. The failure of one item never stops the rest: it is the result of that item. An error of the stream itself,
/// such as a journal that cannot be written, ends the fleet.
///
/// An item that [may have been done](Error::is_ambiguous) is set aside, searched for once more when all others have begun, and then
/// reported.
///
/// All its calls are [background calls](crate::Priority::Background): your own calls go first. They wait for the rate limit as long as it
/// takes. While orders of a fleet wait to be issued, new ones take at most half of the rate limit, so that those that are issued are seen
/// soon.
#[must_use = "a fleet does nothing unless it is polled"]
pub struct Fleet<T> {
    items: BoxStream<'static, Result<FleetItem<T>, Error>>,
    control: FleetControl,
}

/// The outcome of one item of a fleet.
#[derive(Debug)]
#[non_exhaustive]
pub struct FleetItem<T> {
    /// The id of the item.
    pub id: String,
    /// The result of the item, or why it failed.
    pub result: Result<T, Error>,
}

impl<T> Fleet<T> {
    /// Returns a handle that steers the fleet and reports its progress while the stream is polled elsewhere.
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
