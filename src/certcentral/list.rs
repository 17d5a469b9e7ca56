//! How the builders of lists end: with one page, with all pages, or with all items.

use super::types;
use crate::page::Fetched;

/// Gives a builder its ends. Its `prepare` gives a query, an offset and a page size; the query's `fetch` reads one page.
macro_rules! list_ends {
    ($builder:ident in $state:ident: $list:ident of $items:ident: $item:ident) => {
        impl<S: $state::IsComplete> $builder<'_, S> {
            /// One page.
            ///
            /// # Errors
            ///
            /// [`Error::is_invalid_input`](crate::Error::is_invalid_input) when there is nothing to search for or another filter cannot be;
            /// whatever the service answers.
            pub async fn send(self) -> ::std::result::Result<$crate::certcentral::types::$list, $crate::Error> {
                let (query, offset, size) = self.prepare()?;
                query.fetch(offset, size).await
            }

            /// All pages, from the offset on.
            ///
            /// # Errors
            ///
            /// [`Error::is_invalid_input`](crate::Error::is_invalid_input) as [`send`](Self::send); what the service answers comes in the
            /// stream.
            pub fn pages(self) -> ::std::result::Result<$crate::Pages<$crate::certcentral::types::$item>, $crate::Error> {
                let (query, offset, size) = self.prepare()?;
                let fetch: $crate::page::Fetch<$crate::certcentral::types::$item> = ::std::boxed::Box::new(move |offset, size| {
                    let query = query.clone();
                    ::std::boxed::Box::pin(async move {
                        let list = query.fetch(offset, size).await?;
                        Ok($crate::page::Fetched::new(list.$items, list.page))
                    })
                });
                Ok($crate::Pages::new(fetch, |item| item.id.0, offset, size))
            }

            /// All items, from the offset on.
            ///
            /// # Errors
            ///
            /// As [`pages`](Self::pages).
            pub fn stream(self) -> ::std::result::Result<$crate::Items<$crate::certcentral::types::$item>, $crate::Error> {
                self.pages().map($crate::Pages::items)
            }
        }
    };
}
pub(super) use list_ends;

impl<T> Fetched<T> {
    /// A page of CertCentral; lists without a `page` object come whole.
    pub(super) fn new(items: Vec<T>, page: Option<types::Page>) -> Self {
        let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
        Self { total: page.as_ref().and_then(|page| number(page.total)), limit: page.and_then(|page| number(page.limit)), items }
    }
}

/// An offset as the documents have it; what lies beyond is beyond any list.
pub(super) fn offset(offset: u64) -> Option<i64> {
    Some(i64::try_from(offset).unwrap_or(i64::MAX))
}
