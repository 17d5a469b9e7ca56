//! Paginated lists, as streams of items or of pages.

#[cfg(any(feature = "certcentral", feature = "pocketsign-v1", test))]
mod offsets;
mod reader;
mod seen;
#[cfg(feature = "pocketsign")]
mod tokens;

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{
    Stream, StreamExt as _, TryStreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};

#[cfg(any(feature = "certcentral", feature = "pocketsign-v1", test))]
pub(crate) use self::offsets::{Extent, Offsets};
#[cfg(feature = "pocketsign")]
pub(crate) use self::tokens::{Following, Tokens};
use self::{reader::Reader, seen::Key};
use crate::error::Error;

/// The maximum number of items in a page of CertCentral.
#[cfg(feature = "certcentral")]
pub(crate) const LARGEST_PAGE: u32 = 1000;

/// A page of a list, in the order of the service.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T, P = u64> {
    /// The items that no earlier page had.
    pub items: Vec<T>,
    /// The offset or token of the next page, to continue later or in another process; `None` after the last page.
    pub next: Option<P>,
    /// The total number of items, if the service reports it. The reported number can be wrong.
    pub total: Option<u64>,
}

/// A list as a stream of pages, by offset or by token (`P`). After an error the stream ends; start again from the last page's
/// [`next`](Page::next).
///
/// The stream yields every item of every page exactly once, whatever total the service reports. It ends with the list, or after several
/// pages in a row without new items, because a service may go in circles.
///
/// By offset, each request starts at the last item read, to notice when earlier items have been removed and the rest has moved forward;
/// some pages are then read again. So no item is missed that stays in the list, in the same order, during the whole read.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Pages<T, P = u64> {
    pages: BoxStream<'static, Result<Page<T, P>, Error>>,
}

/// A list as a stream of items. See [`Pages`] for when it ends.
///
/// The stream prefetches one page: while you process the items of a page, the next page is fetched. Prefetching starts in the middle of the
/// first page, so that reading a few items costs one call. [`look_ahead`](Self::look_ahead) turns it off.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Items<T> {
    pages: BoxStream<'static, Result<Vec<T>, Error>>,
    ready: VecDeque<T>,
    /// What follows those items, once known: a page, an error or the end.
    ahead: Option<Option<Result<Vec<T>, Error>>>,
    /// The number of remaining items of a page at which the next page is fetched.
    from: Option<usize>,
}

/// Reads the page that a walk asks for.
pub(crate) type Fetch<T, W> = Box<dyn FnMut(<W as Walk>::Ask) -> BoxFuture<'static, Result<(Vec<T>, <W as Walk>::Told), Error>> + Send>;

/// The way through a list: what to ask for next.
pub(crate) trait Walk: Send + 'static {
    /// What a request asks for.
    type Ask: Send;
    /// What a page reports besides its items.
    type Told: Send;
    /// The position of a page, for the caller.
    type Place: Send;

    fn ask(&self) -> Self::Ask;

    /// Moves on past a page.
    ///
    /// # Errors
    ///
    /// When there must be more, and the service does not return it.
    fn pass(&mut self, told: &Self::Told, read: Read) -> Result<Option<Self::Place>, Error>;

    /// The total number of items that a page reports.
    fn total(told: &Self::Told) -> Option<u64>;
}

/// What a page turned out to hold.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(any(feature = "certcentral", feature = "pocketsign-v1")), allow(dead_code, reason = "lists by token need less"))]
pub(crate) struct Read {
    pub(crate) items: usize,
    /// How many of them no page before had.
    pub(crate) new: usize,
    /// Whether a page before had the first of them.
    pub(crate) is_first_known: bool,
}

impl<T: Send + 'static, P: Send + 'static> Pages<T, P> {
    /// Creates the pages of a walk; `key` identifies items.
    pub(crate) fn new<W: Walk<Place = P>, K: Key>(walk: W, key: fn(&T) -> K, fetch: Fetch<T, W>) -> Self {
        Self { pages: stream::unfold(Reader::new(walk, key, fetch), Reader::next).fuse().boxed() }
    }

    /// No pages, but an error: the list could not be asked for.
    #[cfg(feature = "certcentral")]
    pub(crate) fn failed(error: Error) -> Self {
        Self { pages: stream::once(std::future::ready(Err(error))).boxed() }
    }

    /// Converts the stream into a stream of items.
    pub fn items(self) -> Items<T> {
        Items { pages: self.pages.map_ok(|page| page.items).boxed(), ready: VecDeque::new(), ahead: None, from: Some(0) }
    }
}

impl<T, P> Stream for Pages<T, P> {
    type Item = Result<Page<T, P>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pages.poll_next_unpin(context)
    }
}

impl<T> Items<T> {
    /// Sets whether the next page is prefetched while you process the items of a page; on by default. When off, each page is fetched when
    /// it is needed, and up to one page less is in memory.
    pub fn look_ahead(mut self, looks_ahead: bool) -> Self {
        self.from = looks_ahead.then_some(0);
        self
    }
}

impl<T: Unpin> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.ahead.is_none()
                && (self.ready.is_empty() || self.from.is_some_and(|from| self.ready.len() <= from))
                && let Poll::Ready(next) = self.pages.poll_next_unpin(context)
            {
                self.ahead = Some(next);
            }
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match self.ahead.take() {
                Some(Some(Ok(items))) => {
                    // The first page is often enough; a caller that has reached the second usually goes on.
                    self.from = self.from.map(|from| if from == 0 { items.len() / 2 } else { usize::MAX });
                    self.ready = items.into();
                }
                Some(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Some(None) => return Poll::Ready(None),
                None => return Poll::Pending,
            }
        }
    }
}

impl<T, P> fmt::Debug for Pages<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
