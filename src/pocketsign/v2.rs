//! Version 2: JSON over POST, by the Connect protocol.

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

/// The generated client: every operation of the document, without checks, builders or typed errors.
///
/// An escape hatch. It changes with the document; it is not covered by the promises of semantic versioning.
pub mod raw {
    pub use crate::generated::pocketsign_verify_v2::Client;
    pub use progenitor_client::{Error, ResponseValue};
}
