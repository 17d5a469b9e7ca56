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
        /// Several values of one filter match any of them; different filters must all match. The default and maximum page size, the order,
        /// and the lifetime of page tokens are not documented.
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

            /// Sets the maximum number of items per page.
            pub fn page_size(mut self, size: u32) -> Self {
                self.page_size = Some(size);
                self
            }

            /// Starts at a page, by the token returned with an earlier page.
            pub fn page_token(mut self, token: impl Into<String>) -> Self {
                self.page_token = Some(token.into());
                self
            }

            /// Lists only entries created at this time or later.
            pub fn created_since(mut self, time: DateTime<Utc>) -> Self {
                self.filter.created_since = Some(time);
                self
            }

            /// Lists only entries created before this time.
            pub fn created_until(mut self, time: DateTime<Utc>) -> Self {
                self.filter.created_until = Some(time);
                self
            }

            /// Reads one page.
            ///
            /// # Errors
            ///
            /// [`Error::is_invalid_input`], before anything is sent, when an id is malformed; otherwise any error that the service returns.
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

            /// Returns all pages as a stream, each fetched as needed. An error ends the stream; so does a service that goes in circles
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

            /// Returns all items as a stream, fetched page by page as needed. It ends as [`pages`](Self::pages) does.
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
            /// Adds a certificate type to the filter; without this, all types are listed.
            pub fn certificate_type(mut self, kind: CertificateType) -> Self {
                self.filter.certificate_types.push(kind);
                self
            }

            /// Adds a user to the filter; without this, all users are listed.
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
            /// Adds a certificate to the filter; without this, all certificates are listed.
            pub fn certificate(mut self, id: impl Into<CertificateId>) -> Self {
                self.filter.certificate_ids.push(id.into());
                self
            }
        })+
    };
}

by_certificate!(ListStatusHistory, ListVerifications);
