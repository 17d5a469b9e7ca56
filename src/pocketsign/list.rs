//! What the lists of both versions give, and how its items are told apart.

use serde::Serialize;

use super::{v1::types as v1, v2::types as v2};
use crate::error::Error;

/// An entry of a page.
pub(super) trait Record: Send + 'static {
    /// What a stream gives of it.
    type Item: Send + 'static;

    fn into_item(self) -> Result<Self::Item, Error>;

    fn key(item: &Self::Item) -> String;
}

/// All items of a page.
pub(super) fn items<R: Record>(records: Vec<R>) -> Result<Vec<R::Item>, Error> {
    records.into_iter().map(R::into_item).collect()
}

/// A count that a page tells; a negative one tells nothing.
pub(super) fn count(told: Option<i64>) -> Option<u64> {
    u64::try_from(told?).ok()
}

/// Entries that are given whole, each by the id of what it is about. One that is about nothing is told apart by all it says.
macro_rules! whole {
    ($($record:ty: $part:ident,)+) => {
        $(impl Record for $record {
            type Item = Self;

            fn into_item(self) -> Result<Self, Error> {
                Ok(self)
            }

            fn key(item: &Self) -> String {
                item.$part.as_ref().map_or_else(|| written(item), |part| part.id.to_string())
            }
        })+
    };
}

whole! {
    v1::CertificateRecord: certificate,
    v1::CertificateStatusRecord: certificate_status,
    v1::VerificationRecord: verification,
    v2::GetCertificateResponse: certificate,
    v2::GetCertificateStatusResponse: certificate_status,
    v2::GetVerificationResponse: verification,
}

fn written(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

/// Entries that hold a user and nothing else.
macro_rules! users {
    ($($record:ty: $user:ty,)+) => {
        $(impl Record for $record {
            type Item = $user;

            fn into_item(self) -> Result<$user, Error> {
                self.user.ok_or_else(|| Error::mismatch("the service listed a user without their record"))
            }

            fn key(user: &$user) -> String {
                user.id.to_string()
            }
        })+
    };
}

users! {
    v1::UserRecord: v1::User,
    v2::GetUserResponse: v2::User,
}
