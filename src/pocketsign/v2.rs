//! Version 2: JSON over POST, by the Connect protocol.
//!
//! A *vendor page* is `https://share.apidog.com/apidoc/docs-site/383232/api-` and the number that an operation names.

mod certificates;
mod list;
mod users;
mod verifications;

pub use self::{
    certificates::{Certificates, DeleteCertificate, GetCertificate, GetStatus},
    list::{ListCertificateStatuses, ListCertificates, ListUsers, ListVerifications},
    users::{DeleteUser, GetUser, Users},
    verifications::{DeleteVerification, GetVerification, Verifications, Verify},
};
pub use crate::generated::pocketsign_verify_v2::vocabulary::*;

/// What the service answers: plain structs, generated from the document. The service leaves out what is zero, so almost all is optional.
pub mod types {
    pub use crate::generated::pocketsign_verify_v2::types::*;
}

/// Every operation of the document as a method, whatever the builders reach: with the rules for what is sent, the retries and the errors of every
/// other call. It changes with the document, and is not covered by the promises of semantic versioning.
#[cfg(feature = "raw")]
pub mod raw {
    pub use crate::generated::{
        Document,
        pocketsign_verify_v2::{DOCUMENT, Raw as Client, types, vocabulary},
    };
}
