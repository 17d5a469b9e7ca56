//! The lists of v1: by limit and offset.

use futures_util::stream::BoxStream;

use super::types;
use crate::{
    error::Error,
    pocketsign::{
        CertificateId, PocketSignV1, check,
        page::{Extent, Offsets, items},
    },
};

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $page:ident of $item:ident, $(by $of:ident: $id:ident,)? @ $method:ident) => {
        $(#[$doc])*
        ///
        /// Default and maximum of the limit, and the order, are not documented; nor are the names of the parameters.
        #[derive(Clone, Debug)]
        #[must_use = "a builder does nothing until it is sent"]
        pub struct $name<'c> {
            client: &'c PocketSignV1,
            $($of: $id,)?
            limit: Option<u32>,
            offset: Option<u64>,
        }

        impl<'c> $name<'c> {
            /// The most items of a page.
            pub fn limit(mut self, limit: u32) -> Self {
                self.limit = Some(limit);
                self
            }

            /// How many items to skip.
            pub fn offset(mut self, offset: u64) -> Self {
                self.offset = Some(offset);
                self
            }

            /// Reads one page.
            ///
            /// # Errors
            ///
            /// Whatever the service answers.
            pub async fn send(self) -> Result<types::$page, Error> {
                $(let $of = check::id("certificate_id", self.$of)?.into();)?
                let offset = self.offset.map(|offset| i64::try_from(offset).unwrap_or(i64::MAX));
                let call = self.client.call();
                let answer = call.$method($(&$of,)? self.limit.map(i64::from), offset).await;
                call.lift(answer).await
            }

            /// Reads all items, page by page as they are needed. An error ends the stream; a page that repeats the previous one counts as an
            /// error ([`Error::is_mismatch`]).
            pub fn stream(self) -> BoxStream<'c, Result<types::$item, Error>> {
                let first = Offsets { offset: self.offset.unwrap_or(0), limit: self.limit };
                items((first, Vec::new()), move |(place, before)| {
                    let request = Self { offset: (place.offset > 0).then_some(place.offset), ..self.clone() };
                    async move {
                        let page = request.send().await?;
                        if !before.is_empty() && page.results == before {
                            return Err(Error::mismatch("the service gave the same page again"));
                        }
                        let extent =
                            Extent { items: page.results.len(), total: page.total, limit: page.limit, offset: page.offset };
                        let next = place.after(&extent)?.map(|next| (next, page.results.clone()));
                        Ok((page.results, next))
                    }
                })
            }
        }
    };
}

list! {
    /// Lists certificates: [`Certificates::list`](super::Certificates::list).
    ListCertificates, CertificatePage of CertificateRecord, @ list_certificates
}

list! {
    /// Lists the revocation checks of a certificate: [`Certificates::statuses`](super::Certificates::statuses).
    ListCertificateStatuses, CertificateStatusPage of CertificateStatusRecord, by certificate: CertificateId, @ list_certificate_statuses
}

list! {
    /// Lists users: [`Users::list`](super::Users::list).
    ListUsers, UserPage of UserRecord, @ list_users
}

list! {
    /// Lists verifications: [`Verifications::list`](super::Verifications::list).
    ListVerifications, VerificationPage of VerificationRecord, @ list_verifications
}

macro_rules! unfiltered {
    ($($name:ident),+) => {
        $(impl<'c> $name<'c> {
            pub(super) fn new(client: &'c PocketSignV1) -> Self {
                Self { client, limit: None, offset: None }
            }
        })+
    };
}

unfiltered!(ListCertificates, ListUsers, ListVerifications);

impl<'c> ListCertificateStatuses<'c> {
    pub(super) fn of(client: &'c PocketSignV1, certificate: CertificateId) -> Self {
        Self { client, certificate, limit: None, offset: None }
    }
}
