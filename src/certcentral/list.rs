//! How the builders of lists end: with one page, with all pages, or with all items.

use super::types;
use crate::page::{Extent, LARGEST_PAGE, Offsets};

/// Adds the final methods to a builder: `list_ends!(ListOrders in list_orders by list_orders_by: OrderList of orders: ListedOrder)`. Its
/// `prepare` returns the client and the query of the first page.
macro_rules! list_ends {
    ($builder:ident in $state:ident by $operation:ident: $list:ident of $items:ident: $item:ident) => {
        impl<S: $state::IsComplete> $builder<'_, S> {
            /// Sends the request and returns one page.
            ///
            /// # Errors
            ///
            /// [`Error::is_invalid_input`](crate::Error::is_invalid_input) when the text to search for is empty or another filter is
            /// invalid; any error that the service returns.
            pub async fn send(self) -> ::std::result::Result<$crate::certcentral::types::$list, $crate::Error> {
                let (client, query) = self.prepare()?;
                $crate::client::call!(client, $operation(&query))
            }

            /// Returns all pages, from the offset on. Errors are items of the stream, those of [`send`](Self::send) included.
            pub fn pages(self) -> $crate::Pages<$crate::certcentral::types::$item> {
                let (client, first) = match self.prepare() {
                    Ok(prepared) => prepared,
                    Err(error) => return $crate::Pages::failed(error),
                };
                let walk = $crate::certcentral::list::walk(first.offset, first.limit);
                let fetch = move |(offset, size): (u64, ::std::option::Option<u32>)| {
                    let (client, mut query) = (client.clone(), first.clone());
                    query.offset = $crate::certcentral::list::offset(offset);
                    query.limit = size.map(::std::convert::Into::into).or(query.limit);
                    ::std::boxed::Box::pin(async move {
                        let list = $crate::client::call!(client, $operation(&query))?;
                        Ok((list.$items, $crate::certcentral::list::extent(list.page)))
                    }) as ::futures_util::future::BoxFuture<'static, _>
                };
                $crate::Pages::new(walk, |item: &$crate::certcentral::types::$item| item.id.0, ::std::boxed::Box::new(fetch))
            }

            /// Returns all items, from the offset on, fetched page by page as needed. Errors are items of the stream, as of
            /// [`pages`](Self::pages).
            pub fn stream(self) -> $crate::Items<$crate::certcentral::types::$item> {
                self.pages().items()
            }
        }
    };
}
pub(super) use list_ends;

/// What a page says of itself.
pub(super) fn extent(page: Option<types::PageInfo>) -> Extent {
    let number = |value: Option<i64>| u64::try_from(value?).ok();
    page.map_or_else(Extent::default, |page| Extent { total: number(page.total), limit: number(page.limit), offset: number(page.offset) })
}

/// The walk that begins with a query's offset, in pages of its limit.
pub(super) fn walk(offset: Option<i64>, limit: Option<i64>) -> Offsets {
    let number = |value: Option<i64>| u64::try_from(value.unwrap_or_default()).unwrap_or_default();
    Offsets::new(number(offset), u32::try_from(number(limit)).ok(), LARGEST_PAGE)
}

/// The size of a page as the documents have it.
pub(super) fn limit(size: u32) -> Option<i64> {
    Some(size.clamp(1, LARGEST_PAGE).into())
}

/// An offset as the documents have it; what lies beyond is beyond any list.
pub(super) fn offset(offset: u64) -> Option<i64> {
    Some(i64::try_from(offset).unwrap_or(i64::MAX))
}
