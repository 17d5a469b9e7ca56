//! Lists by limit and offset.

use super::{Read, Walk};
use crate::error::Error;

/// The number of pages in a row without new items after which a list ends: enough to skip items added meanwhile, and to find where the rest
/// has moved.
const MOST_WITHOUT_NEWS: u32 = 10;

/// What a page reports about itself. Any of it may be wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extent {
    pub(crate) total: Option<u64>,
    /// The page size that the service says it used.
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
}

/// Walks by offset. Each request includes the last item read: if it is no longer there, items before it have been removed, and as many
/// unread items have moved forward.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    offset: u64,
    limit: Option<u32>,
    /// The largest page that is known to be allowed.
    largest: u32,
    /// Whether an offset or a total that contradicts what is given is an error.
    is_strict: bool,
    /// Whether the next page is to begin with an item that is known.
    overlaps: bool,
    /// How far to go back when it does not.
    back: u64,
    /// The most items that a page had.
    fullest: u64,
    without_news: u32,
    /// How many items are passed over, and how many given.
    skipped: u64,
    given: u64,
}

impl Offsets {
    /// Begins at an offset. Pages as large as `largest` are known to be allowed; no larger ones than `limit` and that are asked for.
    pub(crate) fn new(offset: u64, limit: Option<u32>, largest: u32) -> Self {
        Self { offset, limit, largest, is_strict: false, overlaps: false, back: 1, fullest: 0, without_news: 0, skipped: offset, given: 0 }
    }

    /// For a service whose pages report themselves correctly: a contradiction is an error rather than the end.
    #[cfg(any(feature = "pocketsign-v1", test))]
    pub(crate) fn strict(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// The limit includes the item that is read once more.
    fn limit(&self) -> Option<u32> {
        self.limit.map(|limit| limit.saturating_add(u32::from(self.overlaps)).min(self.largest.max(limit)))
    }

    /// Whether a page shows that it is the last: it is shorter than it could be, and nothing new is to come.
    fn is_last(&self, told: &Extent, read: Read, end: u64) -> bool {
        let count = read.items as u64;
        // A service may make smaller pages than asked for without saying so.
        let size = told.limit.filter(|limit| *limit > 0).unwrap_or(self.fullest);
        let is_short = count < self.limit().map_or(size, |asked| size.min(asked.into()));
        count == 0 || is_short && (read.new == 0 || told.total.is_none_or(|total| end >= total))
    }
}

impl Walk for Offsets {
    type Ask = (u64, Option<u32>);
    type Told = Extent;
    type Place = u64;

    fn ask(&self) -> Self::Ask {
        (self.offset, self.limit())
    }

    fn pass(&mut self, told: &Extent, read: Read) -> Result<Option<u64>, Error> {
        if self.is_strict && told.offset.is_some_and(|offset| offset != self.offset) {
            return Err(Error::mismatch("the service returned a page other than the requested one"));
        }
        let count = read.items as u64;
        let end = self.offset.saturating_add(count);
        self.given += read.new as u64;
        self.fullest = self.fullest.max(count);
        self.without_news = if read.new == 0 { self.without_news + 1 } else { 0 };
        // A list that reports nothing about its pages mostly has none, and comes whole each time.
        let is_whole = told.total.or(told.limit).is_none() && count == self.given;
        let most = if is_whole { 1 } else { MOST_WITHOUT_NEWS };
        if self.without_news >= most {
            return match told.total {
                Some(total) if self.is_strict && total > self.skipped.saturating_add(self.given) => {
                    Err(Error::mismatch("the service keeps returning the same items"))
                }
                _ => Ok(None),
            };
        }
        if self.overlaps && !read.is_first_known {
            self.offset = self.offset.saturating_sub(self.back);
            self.back = self.back.saturating_mul(2);
            self.overlaps = self.offset > 0;
            return Ok(Some(self.offset));
        }
        if self.is_last(told, read, end) {
            return Ok(None);
        }
        // A service that gives no more than one item at a time would give the same one for ever.
        let is_stuck = self.overlaps && count == 1;
        self.overlaps = !is_stuck;
        self.offset = end - u64::from(self.overlaps);
        self.back = self.fullest;
        Ok(Some(end))
    }

    fn total(told: &Extent) -> Option<u64> {
        told.total
    }
}
