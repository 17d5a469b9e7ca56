//! Lists by page token.

use std::collections::HashSet;

use super::{Read, Walk};
use crate::error::Error;

/// The number of pages in a row without new items that a searching service may return; more mean that it goes in circles.
const MOST_WITHOUT_NEWS: u32 = 100;

/// The maximum number of remembered tokens. Read a longer list in parts, with filters.
const MOST: usize = 1_000_000;

/// What a page reports about the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Following {
    /// Missing or empty after the last page.
    pub(crate) token: Option<String>,
    pub(crate) total: Option<u64>,
}

/// The way by token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    token: Option<String>,
    seen: HashSet<String>,
    without_news: u32,
}

impl Tokens {
    /// Begins with the page of a token, or with the first.
    pub(crate) fn new(token: Option<String>) -> Self {
        Self { seen: token.iter().cloned().collect(), token, without_news: 0 }
    }
}

impl Walk for Tokens {
    type Ask = Option<String>;
    type Told = Following;
    type Place = String;

    fn ask(&self) -> Self::Ask {
        self.token.clone()
    }

    fn pass(&mut self, told: &Following, read: Read) -> Result<Option<String>, Error> {
        let Some(token) = told.token.as_ref().filter(|token| !token.is_empty()) else { return Ok(None) };
        if self.seen.len() >= MOST {
            return Err(Error::mismatch("the service returns more pages than a list can have"));
        }
        if !self.seen.insert(token.clone()) {
            return Err(Error::mismatch("the service returned the same page token twice"));
        }
        self.without_news = if read.new == 0 { self.without_news + 1 } else { 0 };
        if self.without_news > MOST_WITHOUT_NEWS {
            return Err(Error::mismatch("the service keeps returning pages with nothing new"));
        }
        self.token = Some(token.clone());
        Ok(self.token.clone())
    }

    fn total(told: &Following) -> Option<u64> {
        told.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(tokens: &mut Tokens, new: usize, token: impl Into<Option<&'static str>>) -> Result<Option<String>, Error> {
        let told = Following { token: token.into().map(str::to_owned), total: None };
        tokens.pass(&told, Read { items: new, new, is_first_known: false })
    }

    #[test]
    fn tokens_end_when_there_is_none_and_never_go_in_circles() {
        let mut second = Tokens::new(None);
        assert_eq!(pass(&mut second, 3, "a").unwrap().as_deref(), Some("a"));
        assert_eq!(second.ask().as_deref(), Some("a"));
        assert!(pass(&mut second.clone(), 3, None).unwrap().is_none());
        assert!(pass(&mut second.clone(), 3, "").unwrap().is_none());
        assert!(pass(&mut second.clone(), 3, "a").unwrap_err().is_mismatch());
        assert!(pass(&mut Tokens::new(Some("a".into())), 1, "a").is_err());
        for round in 0..MOST_WITHOUT_NEWS {
            let told = Following { token: Some(format!("b{round}")), total: None };
            // Whether it is empty or full of what is known.
            let read = Read { items: round as usize % 3, new: 0, is_first_known: false };
            second.pass(&told, read).unwrap().unwrap();
        }
        assert!(pass(&mut second, 0, "c").unwrap_err().is_mismatch());
    }

    #[test]
    fn no_list_has_more_pages_than_tokens_are_remembered() {
        let mut last = Tokens { seen: (1..MOST).map(|token| token.to_string()).collect(), ..Tokens::default() };
        pass(&mut last, 1, "the last").unwrap().unwrap();
        assert_eq!(last.seen.len(), MOST);
        assert!(pass(&mut last, 1, None).unwrap().is_none(), "a list may be as long as that");
        let error = pass(&mut last, 1, "one more").unwrap_err();
        assert!(error.is_mismatch() && error.to_string().contains("more pages"), "{error}");
    }
}
