//! Version 1: REST. Due for removal (廃止予定), without a date; each operation names its counterpart in [`v2`](super::v2).
//!
//! A *vendor page* is `https://share.apidog.com/apidoc/docs-site/383232/api-` and the number that an operation names.

mod certificates;
mod list;
mod users;
mod verifications;

pub use self::{
    certificates::{Certificates, CheckByContent, DeleteCertificate, GetCertificate},
    list::{ListCertificateStatuses, ListCertificates, ListUsers, ListVerifications},
    users::{DeleteUser, GetUser, Users},
    verifications::{DeleteVerification, GetVerification, Verifications, Verify},
};
pub use crate::generated::pocketsign_verify_v1::vocabulary::*;

/// What the service answers: plain structs, generated from the document. An answer that lacks what is documented is read as far as it
/// goes, so that all but the ids of records is optional.
pub mod types {
    pub use crate::generated::pocketsign_verify_v1::types::*;
}

/// Every operation of the document as a method, whatever the builders reach: with the rules for what is sent, the retries and the errors of every
/// other call. It changes with the document, and is not covered by the promises of semantic versioning.
#[cfg(feature = "raw")]
pub mod raw {
    pub use crate::generated::{
        Document,
        pocketsign_verify_v1::{DOCUMENT, Raw as Client, types, vocabulary},
    };
}
