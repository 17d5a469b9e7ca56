//! The target of a revocation check.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CertificateId, UserId};

/// The target of a revocation check: a certificate, or the newest certificate of a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Target {
    /// A certificate.
    Certificate(CertificateId),
    /// The newest certificate of a user that the service knows.
    User(UserId),
}

impl From<CertificateId> for Target {
    fn from(id: CertificateId) -> Self {
        Self::Certificate(id)
    }
}

impl From<UserId> for Target {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(id) => write!(f, "certificate {id}"),
            Self::User(id) => write!(f, "user {id}"),
        }
    }
}
