//! Card holders, and the reasons to revoke their certificates.

use std::fmt;

use crate::sandbox::words::words;

/// An invented person, as registered with JPKI. `Debug` shows none of it, invented or not.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonDetails {
    /// 氏名.
    pub name: String,
    /// 性別: `1`, `2` or `3`.
    pub gender: String,
    /// 生年月日: a digit for the era, then the date as `YYYYMMDD`.
    pub date_of_birth: String,
    /// 住所.
    pub address: String,
}

impl fmt::Debug for PersonDetails {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PersonDetails").finish_non_exhaustive()
    }
}

impl Default for PersonDetails {
    /// 証明　花子, born on 1985-04-01.
    fn default() -> Self {
        Self {
            name: "証明　花子".to_owned(),
            gender: "2".to_owned(),
            date_of_birth: "319850401".to_owned(),
            address: "東京都千代田区例示町一丁目１番１号".to_owned(),
        }
    }
}

/// Why a certificate is revoked: the seven reasons in the Japanese rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationCause {
    /// It was destroyed before it was handed over.
    Unspecified,
    /// The user's key was compromised.
    KeyCompromise,
    /// The authority's key was compromised.
    CaCompromise,
    /// What it states has changed.
    AffiliationChanged,
    /// It was renewed.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// It is suspended permanently.
    CertificateHold,
}

words! {
    pub RevocationCause, "reason":
    Unspecified = "unspecified", KeyCompromise = "key_compromise", CaCompromise = "ca_compromise",
    AffiliationChanged = "affiliation_changed", Superseded = "superseded", CessationOfOperation = "cessation_of_operation",
    CertificateHold = "certificate_hold",
}
