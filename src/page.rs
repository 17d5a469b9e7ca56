//! Lists that come in pages, as streams of items or of pages.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{
    Stream, StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};

use crate::error::Error;

/// The most items a page of the service holds.
pub(crate) const LARGEST_PAGE: u32 = 1000;

/// One page, as the service gave it.
pub(crate) struct Fetched<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: Option<u64>,
    /// The page size that the service says it used.
    pub(crate) limit: Option<u64>,
}

/// Fetches the page of a size at an offset.
pub(crate) type Fetch<T> = Box<dyn Fn(u64, u32) -> BoxFuture<'static, Result<Fetched<T>, Error>> + Send>;

/// Some items of a list, in the order of the service.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items that no page before had.
    pub items: Vec<T>,
    /// Where to go on: the offset of the page after this one.
    pub next_offset: u64,
    /// How many items there are in all, if the service says so. It has been seen to be wrong.
    pub total: Option<u64>,
}

/// A list as a stream of pages. After an error the stream ends; begin again at the last page's
/// [`next_offset`](Page::next_offset).
///
/// It ends where the list does, whatever the service says of the total: at an empty page, at a short one that the total agrees with, or at
/// one that repeats what was seen. Items that move to an earlier page because others vanish are not missed, and none comes twice.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Pages<T> {
    pages: BoxStream<'static, Result<Page<T>, Error>>,
}

/// A list as a stream of items. See [`Pages`] for where it ends.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Items<T> {
    pages: Pages<T>,
    ready: VecDeque<T>,
}

impl<T: Send + 'static> Pages<T> {
    /// Pages of `size` items from `offset` on; `key` tells items apart.
    pub(crate) fn new(fetch: Fetch<T>, key: fn(&T) -> u64, offset: u64, size: u32) -> Self {
        let size = size.clamp(1, LARGEST_PAGE);
        let reader = Reader { fetch, key, size, offset, total: None, seen: HashSet::new(), read_before: 0, over: false };
        Self { pages: stream::unfold(reader, Reader::next).boxed() }
    }

    /// The same list, item by item.
    pub fn items(self) -> Items<T> {
        Items { pages: self, ready: VecDeque::new() }
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pages.poll_next_unpin(context)
    }
}

impl<T: Unpin> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match std::task::ready!(self.pages.poll_next_unpin(context)) {
                Some(Ok(page)) => self.ready = page.items.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

/// Reads page after page.
struct Reader<T> {
    fetch: Fetch<T>,
    key: fn(&T) -> u64,
    size: u32,
    offset: u64,
    total: Option<u64>,
    seen: HashSet<u64>,
    /// Up to where pages are read a second time; there it is no wonder that nothing is new.
    read_before: u64,
    over: bool,
}

impl<T> Reader<T> {
    async fn next(mut self) -> Option<(Result<Page<T>, Error>, Self)> {
        while !self.over {
            let fetched = match (self.fetch)(self.offset, self.size).await {
                Ok(fetched) => fetched,
                Err(error) => {
                    self.over = true;
                    return Some((Err(error), self));
                }
            };
            let page = self.take(fetched);
            if !page.items.is_empty() {
                return Some((Ok(page), self));
            }
        }
        None
    }

    /// What is new in a page, and where the next one begins.
    fn take(&mut self, Fetched { mut items, total, limit }: Fetched<T>) -> Page<T> {
        let count = items.len() as u64;
        let end = self.offset.saturating_add(count);
        items.retain(|item| self.seen.insert((self.key)(item)));

        // What vanished before this page has pulled as many items over the border to the page before.
        let vanished = match (self.total, total) {
            (Some(before), Some(now)) => before.saturating_sub(now),
            _ => 0,
        };
        self.total = total.or(self.total);
        if vanished > 0 && self.offset > 0 {
            self.read_before = self.read_before.max(end);
            self.offset = self.offset.saturating_sub(vanished);
        } else {
            let asked = u64::from(self.size);
            let size = limit.filter(|limit| *limit > 0).map_or(asked, |limit| limit.min(asked));
            let short = count < size && total.is_none_or(|total| end >= total);
            let repeats = items.is_empty() && (count == 0 || end > self.read_before);
            self.over = repeats || short;
            self.offset = end;
        }
        Page { items, next_offset: self.offset, total }
    }
}

#[cfg(test)]
mod tests;
