//! The meaning of the service's errors.

use std::{error::Error as StdError, fmt};

use super::{CertificateStatus, ErrorReason};
use crate::error::Error;

/// The error of a [fresh](super::builders::CheckCertificateStatus::fresh) check, with the check that preceded it.
///
/// It converts into the [`Error`] that it contains.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckError {
    /// The error.
    pub error: Error,
    /// The check by CRL that preceded a failed OCSP request, because the CRL was too old. The service has recorded it all the same.
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

/// A rule that a request violates, as reported by the service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The path of the member, in snake_case (`filter.user_ids`); empty if the service did not say.
    pub field: String,
    /// The rule, such as `string.uuid`.
    pub rule: String,
}

impl Error {
    /// Returns PocketSign Verify's reason for refusing, if it stated one; v1's codes for certificates and OCSP are read as v2's reasons.
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

    /// Returns the rules that the request violated, if PocketSign Verify (v2) states them.
    #[must_use]
    pub fn pocketsign_violations(&self) -> Vec<Violation> {
        let parts = self.api_errors().iter().filter_map(|entry| entry.code.split_once('|'));
        parts.map(|(rule, field)| Violation { field: field.to_owned(), rule: rule.to_owned() }).collect()
    }
}
