//! The entries of lists, and their keys.

use serde::Serialize;

use super::types;
use crate::error::Error;

/// An entry of a page.
pub(super) trait Record: Send + 'static {
    /// The item that a stream yields for it.
    type Item: Send + 'static;

    fn into_item(self) -> Result<Self::Item, Error>;

    fn key(item: &Self::Item) -> String;
}

/// All items of a page.
pub(super) fn items<R: Record>(records: Vec<R>) -> Result<Vec<R::Item>, Error> {
    records.into_iter().map(R::into_item).collect()
}

/// A count that a page states; a negative one says nothing.
pub(super) fn count(stated: Option<i64>) -> Option<u64> {
    u64::try_from(stated?).ok()
}

/// Entries that are yielded whole, each with the id of its object as the key. An entry without an object has its whole text as the key.
macro_rules! whole {
    ($($record:ident: $part:ident,)+) => {
        $(impl Record for types::$record {
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
    GetCertificateResponse: certificate,
    GetCertificateStatusResponse: certificate_status,
    GetVerificationResponse: verification,
}

fn written(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

/// It holds a user and nothing else.
impl Record for types::GetUserResponse {
    type Item = types::User;

    fn into_item(self) -> Result<types::User, Error> {
        self.user.ok_or_else(|| Error::mismatch("the service listed a user without their record"))
    }

    fn key(user: &types::User) -> String {
        user.id.to_string()
    }
}
