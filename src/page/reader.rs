//! Reads page after page, and returns each item once.

use super::{
    Fetch, Page, Read, Walk,
    seen::{Key, Seen as _},
};
use crate::error::Error;

pub(super) struct Reader<T, K: Key, W: Walk> {
    walk: W,
    key: fn(&T) -> K,
    fetch: Fetch<T, W>,
    seen: K::Seen,
    over: bool,
    /// An error that is returned after the items of its page.
    failure: Option<Error>,
}

impl<T, K: Key, W: Walk> Reader<T, K, W> {
    pub(super) fn new(walk: W, key: fn(&T) -> K, fetch: Fetch<T, W>) -> Self {
        Self { walk, key, fetch, seen: K::Seen::default(), over: false, failure: None }
    }

    pub(super) async fn next(mut self) -> Option<(Result<Page<T, W::Place>, Error>, Self)> {
        while !self.over {
            match (self.fetch)(self.walk.ask()).await {
                Ok((items, told)) => {
                    let page = self.take(items, &told);
                    if !page.items.is_empty() {
                        return Some((Ok(page), self));
                    }
                }
                Err(error) => {
                    self.over = true;
                    self.failure = Some(error);
                }
            }
        }
        let error = self.failure.take()?;
        Some((Err(error), self))
    }

    fn take(&mut self, mut items: Vec<T>, told: &W::Told) -> Page<T, W::Place> {
        let count = items.len();
        let is_first_known = items.first().is_some_and(|first| self.seen.has(&(self.key)(first)));
        items.retain(|item| self.seen.add((self.key)(item)));
        let passed = self.walk.pass(told, Read { items: count, new: items.len(), is_first_known });
        let next = passed.unwrap_or_else(|error| {
            self.failure = Some(error);
            None
        });
        self.over = next.is_none();
        Page { items, next, total: W::total(told) }
    }
}
