//! How the builders of lists end: with one page, with all pages, or with all items.

use super::types;
use crate::page::Extent;

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
                let walk = $crate::page::Offsets::new(offset, ::std::option::Option::Some(size), $crate::page::LARGEST_PAGE);
                let fetch = move |(offset, size): (u64, ::std::option::Option<u32>)| {
                    let query = query.clone();
                    ::std::boxed::Box::pin(async move {
                        let list = query.fetch(offset, size.unwrap_or($crate::page::LARGEST_PAGE)).await?;
                        Ok((list.$items, $crate::certcentral::list::extent(list.page)))
                    }) as ::futures_util::future::BoxFuture<'static, _>
                };
                Ok($crate::Pages::new(walk, |item: &$crate::certcentral::types::$item| item.id.0, ::std::boxed::Box::new(fetch)))
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

/// What a page says of itself.
pub(super) fn extent(page: Option<types::Page>) -> Extent {
    let number = |value: Option<i64>| u64::try_from(value?).ok();
    page.map_or_else(Extent::default, |page| Extent { total: number(page.total), limit: number(page.limit), offset: number(page.offset) })
}

/// An offset as the documents have it; what lies beyond is beyond any list.
pub(super) fn offset(offset: u64) -> Option<i64> {
    Some(i64::try_from(offset).unwrap_or(i64::MAX))
}
