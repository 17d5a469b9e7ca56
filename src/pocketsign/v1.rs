//! Version 1: REST, with the feature `pocketsign-v1`. Due for removal (廃止予定), without a date; each operation names its counterpart in v2.

mod certificates;
mod list;
mod users;
mod verifications;

pub use self::{certificates::Certificates, users::Users, verifications::Verifications};

/// The builders that the operations return, where v2's have another shape.
pub mod builders {
    pub use super::{
        certificates::{CheckStatusByContent, DeleteCertificate, GetCertificate},
        list::{ListCertificates, ListStatusHistory, ListUsers, ListVerifications},
        users::{DeleteUser, GetUser},
        verifications::{DeleteVerification, GetVerification, Verify},
    };
}

/// The responses that v2 has no counterpart of. All others are [`types`](super::types) of v2: a response that lacks what is documented is
/// read as far as it goes.
pub mod types {
    pub use crate::generated::pocketsign_verify_v1::responses::*;
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
