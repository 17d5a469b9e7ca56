//! The lists: by page token, with a filter.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::{
    CertificateId, CertificateType, PocketSign, UserId, check,
    record::{Record, count, items},
    types,
};
use crate::{
    client::call,
    error::Error,
    generated::pocketsign_verify_v2::types as wire,
    page::{Following, Items, Pages, Tokens},
};

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $request:ident, $filter:ident, $page:ident of $record:ident as $item:ident, $method:ident $(, $ids:ident: $field:literal)*) => {
        $(#[$doc])*
        ///
        /// The values of one filter widen the choice, filters together narrow it. Default and maximum of the page size, the order, and how
        /// long page tokens live are not documented.
        #[derive(Clone, Debug)]
        #[must_use = "a builder does nothing until it is sent"]
        pub struct $name {
            client: PocketSign,
            filter: wire::$filter,
            page_size: Option<u32>,
            page_token: Option<String>,
        }

        impl $name {
            pub(super) fn new(client: &PocketSign) -> Self {
                Self { client: client.clone(), filter: wire::$filter::default(), page_size: None, page_token: None }
            }

            /// The most items of a page.
            pub fn page_size(mut self, size: u32) -> Self {
                self.page_size = Some(size);
                self
            }

            /// The page to begin with, by the token that came with an earlier page.
            pub fn page_token(mut self, token: impl Into<String>) -> Self {
                self.page_token = Some(token.into());
                self
            }

            /// Only those made at this time or later.
            pub fn created_since(mut self, time: DateTime<Utc>) -> Self {
                self.filter.created_since = Some(time);
                self
            }

            /// Only those made before this time.
            pub fn created_until(mut self, time: DateTime<Utc>) -> Self {
                self.filter.created_until = Some(time);
                self
            }

            /// Reads one page.
            ///
            /// # Errors
            ///
            /// [`Error::is_invalid_input`], with nothing sent, when an id is not one; otherwise what the service returns.
            pub async fn send(self) -> Result<types::$page, Error> {
                $(for id in &self.filter.$ids {
                    check::id($field, id)?;
                })*
                let request = wire::$request {
                    filter: (self.filter != wire::$filter::default()).then_some(self.filter),
                    page_size: self.page_size.map(|size| i32::try_from(size).unwrap_or(i32::MAX)),
                    page_token: self.page_token.map(Into::into),
                };
                call!(self.client, $method(&request))
            }

            /// Reads all pages, each as it is needed. An error ends the stream; so does a service that goes in circles
            /// ([`Error::is_mismatch`]).
            pub fn pages(self) -> Pages<types::$item, String> {
                let walk = Tokens::new(self.page_token.clone());
                let fetch = move |page_token| {
                    let request = Self { page_token, ..self.clone() };
                    Box::pin(async move {
                        let page = request.send().await?;
                        let following = Following { token: page.next_page_token.map(Into::into), total: count(page.total_size) };
                        Ok((items(page.responses)?, following))
                    }) as BoxFuture<'static, _>
                };
                Pages::new(walk, types::$record::key, Box::new(fetch))
            }

            /// Reads all items, page by page as they are needed. It ends as [`pages`](Self::pages) does.
            pub fn stream(self) -> Items<types::$item> {
                self.pages().items()
            }
        }
    };
}

list! {
    /// Lists certificates: [`Certificates::list`](crate::pocketsign::Certificates::list).
    ListCertificates, ListCertificatesRequest, ListCertificatesFilter, ListCertificatesResponse of GetCertificateResponse as GetCertificateResponse, list_certificates,
    user_ids: "user_id"
}

list! {
    /// Lists revocation checks: [`Certificates::status_history`](crate::pocketsign::Certificates::status_history).
    ListStatusHistory, ListCertificateStatusesRequest, ListCertificateStatusesFilter,
    ListCertificateStatusesResponse of GetCertificateStatusResponse as GetCertificateStatusResponse, list_certificate_statuses,
    certificate_ids: "certificate_id"
}

list! {
    /// Lists users: [`Users::list`](crate::pocketsign::Users::list).
    ListUsers, ListUsersRequest, ListUsersFilter, ListUsersResponse of GetUserResponse as User, list_users
}

list! {
    /// Lists verifications: [`Verifications::list`](crate::pocketsign::Verifications::list).
    ListVerifications, ListVerificationsRequest, ListVerificationsFilter, ListVerificationsResponse of GetVerificationResponse as GetVerificationResponse,
    list_verifications, user_ids: "user_id", certificate_ids: "certificate_id"
}

macro_rules! by_owner {
    ($($name:ident),+) => {
        $(impl $name {
            /// Also those of a kind of certificate; of any kind if this is never called.
            pub fn certificate_type(mut self, kind: CertificateType) -> Self {
                self.filter.certificate_types.push(kind);
                self
            }

            /// Also those of a user; of anybody if this is never called.
            pub fn user(mut self, id: impl Into<UserId>) -> Self {
                self.filter.user_ids.push(id.into());
                self
            }
        })+
    };
}

by_owner!(ListCertificates, ListVerifications);

macro_rules! by_certificate {
    ($($name:ident),+) => {
        $(impl $name {
            /// Also those of a certificate; of any if this is never called.
            pub fn certificate(mut self, id: impl Into<CertificateId>) -> Self {
                self.filter.certificate_ids.push(id.into());
                self
            }
        })+
    };
}

by_certificate!(ListStatusHistory, ListVerifications);
