//! The lists of v1: by limit and offset.

use futures_util::future::BoxFuture;

use super::types as pages;
use crate::{
    client::call,
    error::Error,
    page::{Extent, Items, Offsets, Pages},
    pocketsign::{
        CertificateId, PocketSignV1, check,
        record::{Record, count, items},
        types,
    },
};

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $page:ident of $record:ident as $item:ident, $(by $of:ident: $id:ident,)? @ $method:ident) => {
        $(#[$doc])*
        ///
        /// The default and maximum limit, the order, and the names of the parameters are not documented.
        #[derive(Clone, Debug)]
        #[must_use = "a builder does nothing until it is sent"]
        pub struct $name {
            client: PocketSignV1,
            $($of: $id,)?
            limit: Option<u32>,
            offset: Option<u64>,
        }

        impl $name {
            /// Sets the maximum number of items per page.
            pub fn limit(mut self, limit: u32) -> Self {
                self.limit = Some(limit);
                self
            }

            /// Sets how many items to skip.
            pub fn offset(mut self, offset: u64) -> Self {
                self.offset = Some(offset);
                self
            }

            /// Reads one page.
            ///
            /// # Errors
            ///
            /// Any error that the service returns.
            pub async fn send(self) -> Result<pages::$page, Error> {
                $(let $of = check::id("certificate_id", self.$of)?;)?
                let offset = self.offset.map(|offset| i64::try_from(offset).unwrap_or(i64::MAX));
                call!(self.client, $method($(&$of,)? self.limit.map(i64::from), offset))
            }

            /// Returns all pages as a stream, each fetched as needed. An error ends the stream; so does a page other than the requested
            /// one, and a list that keeps returning the same items before its stated total is reached ([`Error::is_mismatch`]).
            pub fn pages(self) -> Pages<types::$item> {
                // No page larger than the requested one is known to be allowed.
                let walk = Offsets::new(self.offset.unwrap_or(0), self.limit, 0).strict();
                let fetch = move |(offset, limit)| {
                    let request = Self { offset: (offset > 0).then_some(offset), limit, ..self.clone() };
                    Box::pin(async move {
                        let page = request.send().await?;
                        let extent = Extent { total: count(page.total), limit: count(page.limit), offset: count(page.offset) };
                        Ok((items(page.results)?, extent))
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
    /// Lists certificates: [`Certificates::list`](crate::pocketsign::v1::Certificates::list).
    ListCertificates, CertificatePage of GetCertificateResponse as GetCertificateResponse, @ list_certificates
}

list! {
    /// Lists the revocation checks of a certificate: [`Certificates::status_history`](crate::pocketsign::v1::Certificates::status_history).
    ListStatusHistory, CertificateStatusPage of GetCertificateStatusResponse as GetCertificateStatusResponse, by certificate: CertificateId, @ list_certificate_statuses
}

list! {
    /// Lists users: [`Users::list`](crate::pocketsign::v1::Users::list).
    ListUsers, UserPage of GetUserResponse as User, @ list_users
}

list! {
    /// Lists verifications: [`Verifications::list`](crate::pocketsign::v1::Verifications::list).
    ListVerifications, VerificationPage of GetVerificationResponse as GetVerificationResponse, @ list_verifications
}

macro_rules! unfiltered {
    ($($name:ident),+) => {
        $(impl $name {
            pub(super) fn new(client: &PocketSignV1) -> Self {
                Self { client: client.clone(), limit: None, offset: None }
            }
        })+
    };
}

unfiltered!(ListCertificates, ListUsers, ListVerifications);

impl ListStatusHistory {
    pub(super) fn of(client: &PocketSignV1, certificate: CertificateId) -> Self {
        Self { client: client.clone(), certificate, limit: None, offset: None }
    }
}
