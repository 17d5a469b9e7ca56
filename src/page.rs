//! Lists that come in pages, as streams of items or of pages.

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

/// The most items that a page of CertCentral holds.
#[cfg(feature = "certcentral")]
pub(crate) const LARGEST_PAGE: u32 = 1000;

/// Some items of a list, in the order of the service.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T, P = u64> {
    /// The items that no page before had.
    pub items: Vec<T>,
    /// Where to go on, at another time or in another process: the offset or the token of the next page; none after the last.
    pub next: Option<P>,
    /// How many items there are in all, if the service says so. It has been seen to be wrong.
    pub total: Option<u64>,
}

/// A list as a stream of pages, found by an offset or by a token (`P`). After an error the stream ends; begin again at the last page's
/// [`next`](Page::next).
///
/// Every item that a page had comes, and comes once, whatever the service says of the total. The stream ends where the list does, or after
/// a few pages in a row that bring nothing new: a service may lead round in a circle.
///
/// By offset, each request begins with the last item read, to notice when earlier ones have vanished meanwhile and the rest has moved
/// forward; then some pages are read again. So nothing is missed that stays in the list, in the same order, while it is read.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Pages<T, P = u64> {
    pages: BoxStream<'static, Result<Page<T, P>, Error>>,
}

/// A list as a stream of items. See [`Pages`] for where it ends.
///
/// It looks one page ahead: while you work on the items of a page, the next one is on its way. So that a few items cost one call, that begins
/// in the middle of the first page. [`look_ahead`](Self::look_ahead) switches it off.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Items<T> {
    pages: BoxStream<'static, Result<Vec<T>, Error>>,
    ready: VecDeque<T>,
    /// What comes after those, once it is known: a page, an error or the end.
    ahead: Option<Option<Result<Vec<T>, Error>>>,
    /// From how many items on that are left of a page the next one is looked for.
    from: Option<usize>,
}

/// Reads the page that a walk asks for.
pub(crate) type Fetch<T, W> = Box<dyn FnMut(<W as Walk>::Ask) -> BoxFuture<'static, Result<(Vec<T>, <W as Walk>::Told), Error>> + Send>;

/// The way through a list: what to ask for next.
pub(crate) trait Walk: Send + 'static {
    /// What a request asks for.
    type Ask: Send;
    /// What a page tells beside its items.
    type Told: Send;
    /// What a caller finds a page by.
    type Place: Send;

    fn ask(&self) -> Self::Ask;

    /// Moves on past a page.
    ///
    /// # Errors
    ///
    /// When there must be more, and the service does not give it.
    fn pass(&mut self, told: &Self::Told, read: Read) -> Result<Option<Self::Place>, Error>;

    /// How many items there are, as a page tells it.
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
    /// The pages that a walk leads to; `key` tells items apart.
    pub(crate) fn new<W: Walk<Place = P>, K: Key>(walk: W, key: fn(&T) -> K, fetch: Fetch<T, W>) -> Self {
        Self { pages: stream::unfold(Reader::new(walk, key, fetch), Reader::next).fuse().boxed() }
    }

    /// The same list, item by item.
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
    /// Whether the next page is fetched while the items of one are worked on, which is so by default. Without, each page is fetched when it is
    /// needed, and one page less may be in memory.
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
                    // The first page is often all that is wanted; whoever has come to the second goes on.
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
