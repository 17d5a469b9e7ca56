//! What the errors of the service mean.

use std::{error::Error as StdError, fmt};

use super::{CertificateStatus, ErrorReason};
use crate::error::Error;

/// Why a [fresh](super::builders::CheckCertificateStatus::fresh) check failed, with the check that was made before.
///
/// It becomes the [`Error`] in it wherever one is expected.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckError {
    /// What went wrong.
    pub error: Error,
    /// The check by CRL that was made before an OCSP inquiry failed, when the list turned out to be too old. The service has recorded it all
    /// the same.
    pub first_check: Option<Box<CertificateStatus>>,
}

impl From<Error> for CheckError {
    fn from(error: Error) -> Self {
        Self { error, first_check: None }
    }
}

impl From<CheckError> for Error {
    fn from(failed: CheckError) -> Self {
        failed.error
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        if self.first_check.is_some() { f.write_str(" (after a check by CRL, which is recorded)") } else { Ok(()) }
    }
}

impl StdError for CheckError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

/// A rule that a request violates, as the service states it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The path of the member, in snake_case (`filter.user_ids`); empty if the service did not say.
    pub field: String,
    /// The rule, such as `string.uuid`.
    pub rule: String,
}

impl Error {
    /// Why PocketSign Verify refused, where it stated a reason of its own; v1's codes for certificates and OCSP read as v2's reasons.
    ///
    /// ```
    /// # fn example(error: &shomei::Error) {
    /// use shomei::pocketsign::ErrorReason;
    ///
    /// match error.pocketsign_reason() {
    ///     Some(ErrorReason::AssociatedCertificateNotExists) => println!("the card is too new; try again in two hours"),
    ///     Some(ErrorReason::UnsupportedCertificate) => println!("this is not a My Number card"),
    ///     _ => println!("{error}"),
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn pocketsign_reason(&self) -> Option<ErrorReason> {
        let codes = || self.api_errors().iter().map(|entry| entry.code.as_str());
        let stated = codes().find(|code| code.starts_with("ERROR_REASON_")).map(ErrorReason::from);
        // v1 has some of them among its codes, in lower case.
        stated.or_else(|| codes().map(ErrorReason::from).find(|reason| !matches!(reason, ErrorReason::Unknown(_))))
    }

    /// The rules that the request violated, where PocketSign Verify (v2) states them.
    #[must_use]
    pub fn pocketsign_violations(&self) -> Vec<Violation> {
        let parts = self.api_errors().iter().filter_map(|entry| entry.code.split_once('|'));
        parts.map(|(rule, field)| Violation { field: field.to_owned(), rule: rule.to_owned() }).collect()
    }
}
