//! Lists page by page, as streams that end even where the service goes in circles, as far as that can be noticed.

use std::{
    collections::{HashSet, VecDeque},
    future::Future,
};

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use crate::error::Error;

/// The items of pages: `fetch` gives a page and what leads to the next, if there is one. An error ends the stream.
pub(super) fn items<'c, P, T, F, Fut>(first: P, fetch: F) -> BoxStream<'c, Result<T, Error>>
where
    P: Send + 'c,
    T: Send + 'c,
    F: FnMut(P) -> Fut + Send + 'c,
    Fut: Future<Output = Result<(Vec<T>, Option<P>), Error>> + Send + 'c,
{
    let state = (VecDeque::new(), Some(first), fetch);
    let unfolded = stream::unfold(state, |(mut items, mut next, mut fetch)| async move {
        loop {
            if let Some(item) = items.pop_front() {
                return Some((Ok(item), (items, next, fetch)));
            }
            match fetch(next.take()?).await {
                Ok((page, following)) => {
                    items.extend(page);
                    next = following;
                }
                Err(error) => return Some((Err(error), (items, None, fetch))),
            }
        }
    });
    unfolded.boxed()
}

/// Where the pages of v1 are: by offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offsets {
    pub(super) offset: u64,
    pub(super) limit: Option<u32>,
}

/// What a page of v1 says of itself.
pub(super) struct Extent {
    pub(super) items: usize,
    pub(super) total: Option<i64>,
    pub(super) limit: Option<i64>,
    pub(super) offset: Option<i64>,
}

impl Offsets {
    /// Where the next page begins, if there is one: not after an empty page, nor past the total; without a total not after a short page.
    ///
    /// # Errors
    ///
    /// When the page is another than the one asked for: going on would give the same items for ever.
    pub(super) fn after(self, page: &Extent) -> Result<Option<Self>, Error> {
        if page.offset.is_some_and(|offset| u64::try_from(offset) != Ok(self.offset)) {
            return Err(Error::mismatch("the service gave another page than the one asked for"));
        }
        let next = self.offset.saturating_add(page.items as u64);
        let most = page.limit.and_then(|limit| usize::try_from(limit).ok()).or_else(|| self.limit.map(|limit| limit as usize));
        let over = match page.total.and_then(|total| u64::try_from(total).ok()) {
            _ if page.items == 0 => true,
            _ if next <= self.offset => true,
            Some(total) => next >= total,
            None => most.is_none_or(|most| page.items < most),
        };
        Ok((!over).then_some(Self { offset: next, ..self }))
    }
}

/// Where the pages of v2 are: by token.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    pub(super) token: Option<String>,
    seen: HashSet<String>,
    empty: u32,
}

impl Tokens {
    /// Empty pages in a row that are taken as a service searching, rather than one that goes in circles.
    const MOST_EMPTY: u32 = 100;

    /// Tokens that are remembered. A list of more pages than that is read by filters, part by part.
    const MOST: usize = 1_000_000;

    pub(super) fn from(token: Option<String>) -> Self {
        Self { seen: token.iter().cloned().collect(), token, empty: 0 }
    }

    /// The next page, if there is one.
    ///
    /// # Errors
    ///
    /// When the service gives a token for the second time, nothing but empty pages, or more pages than a list can have: it goes in circles.
    pub(super) fn after(mut self, items: usize, next: Option<String>) -> Result<Option<Self>, Error> {
        let Some(token) = next.filter(|token| !token.is_empty()) else { return Ok(None) };
        if self.seen.len() >= Self::MOST {
            return Err(Error::mismatch("the service gives more pages than a list can have"));
        }
        if !self.seen.insert(token.clone()) {
            return Err(Error::mismatch("the service gave a page token for the second time"));
        }
        self.empty = if items == 0 { self.empty + 1 } else { 0 };
        if self.empty > Self::MOST_EMPTY {
            return Err(Error::mismatch("the service gives nothing but empty pages"));
        }
        Ok(Some(Self { token: Some(token), ..self }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(items: usize, total: Option<i64>, limit: Option<i64>, offset: Option<i64>) -> Extent {
        Extent { items, total, limit, offset }
    }

    #[test]
    fn offsets_end_at_the_total_or_with_a_short_or_empty_page() {
        let at = |offset, limit| Offsets { offset, limit };
        for (from, seen, next) in [
            (at(0, None), page(20, Some(45), Some(20), Some(0)), Some(20)),
            (at(40, None), page(5, Some(45), Some(20), Some(40)), None),
            // The service's own limit is smaller than the one asked for: a short page is not the last.
            (at(0, Some(1000)), page(100, Some(250), Some(1000), Some(0)), Some(100)),
            (at(0, None), page(0, Some(45), None, None), None),
            (at(0, Some(20)), page(20, None, None, None), Some(20)),
            (at(0, Some(20)), page(19, None, None, None), None),
            (at(0, None), page(19, None, None, None), None),
            (at(0, None), page(20, Some(-1), Some(20), None), Some(20)),
        ] {
            assert_eq!(from.after(&seen).unwrap().map(|next| next.offset), next, "{from:?}");
        }
        assert_eq!(at(u64::MAX, None).after(&page(20, None, Some(20), None)).unwrap().map(|next| next.offset), None);
        assert!(at(20, None).after(&page(20, Some(45), Some(20), Some(0))).unwrap_err().is_mismatch());
    }

    #[test]
    fn tokens_end_when_there_is_none_and_never_go_in_circles() {
        let second = Tokens::from(None).after(3, Some("a".into())).unwrap().unwrap();
        assert_eq!(second.token.as_deref(), Some("a"));
        assert!(second.clone().after(3, None).unwrap().is_none());
        assert!(second.clone().after(3, Some(String::new())).unwrap().is_none());
        assert!(second.clone().after(3, Some("a".into())).unwrap_err().is_mismatch());
        assert!(Tokens::from(Some("a".into())).after(1, Some("a".into())).is_err());
        let mut tokens = second;
        for round in 0..Tokens::MOST_EMPTY {
            tokens = tokens.after(0, Some(format!("b{round}"))).unwrap().unwrap();
        }
        assert!(tokens.after(0, Some("c".into())).unwrap_err().is_mismatch());
    }

    #[test]
    fn no_list_has_more_pages_than_tokens_are_remembered() {
        let remembered = |count: usize| Tokens { seen: (0..count).map(|token| token.to_string()).collect(), ..Tokens::default() };
        let last = remembered(Tokens::MOST - 1).after(1, Some("the last".into())).unwrap().unwrap();
        assert_eq!(last.seen.len(), Tokens::MOST);
        assert!(last.clone().after(1, None).unwrap().is_none(), "a list may be as long as that");
        let error = last.after(1, Some("one more".into())).unwrap_err();
        assert!(error.is_mismatch() && error.to_string().contains("more pages"), "{error}");
    }

    #[tokio::test]
    async fn items_come_in_order_and_an_error_is_the_last() {
        let fetch = |page: u32| async move {
            match page {
                0 => Ok((vec![1, 2], Some(1))),
                1 => Ok((vec![], Some(2))),
                2 => Ok((vec![3], Some(3))),
                _ => Err(Error::configuration("over")),
            }
        };
        let seen: Vec<_> = items(0, fetch).map(|item| item.ok()).collect().await;
        assert_eq!(seen, [Some(1), Some(2), Some(3), None]);
    }
}
