//! What the errors of the service mean.

use super::{CertificateStatus, ErrorReason};
use crate::error::Error;

/// A rule that a request violates, as the service tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The path of the member, in snake_case (`filter.user_ids`); empty if the service did not say.
    pub field: String,
    /// The rule, such as `string.uuid`.
    pub rule: String,
}

impl Error {
    /// Why PocketSign Verify refused, where it gave a cause of its own; v1's codes for certificates and OCSP read as v2's reasons.
    ///
    /// ```
    /// # fn example(error: &shomei::Error) {
    /// use shomei::pocketsign::ErrorReason;
    ///
    /// match error.pocketsign_reason() {
    ///     Some(ErrorReason::AssociatedCertificateNotExists) => println!("the card is too new; try again in two hours"),
    ///     Some(ErrorReason::UnsupportedCertificate) => println!("this is no My Number card"),
    ///     _ => println!("{error}"),
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn pocketsign_reason(&self) -> Option<ErrorReason> {
        let codes = || self.api_errors().iter().map(|entry| entry.code.as_str());
        let stated = codes().find(|code| code.starts_with("ERROR_REASON_")).map(ErrorReason::from);
        stated.or_else(|| {
            codes().find_map(|code| match code {
                "invalid_certificate" => Some(ErrorReason::InvalidCertificate),
                "unsupported_certificate" => Some(ErrorReason::UnsupportedCertificate),
                "ocsp_request_failed" => Some(ErrorReason::OcspRequestFailed),
                _ => None,
            })
        })
    }

    /// The check by CRL that was made before an OCSP inquiry failed: of a [fresh](super::CheckCertificateStatus::fresh) check, when the list
    /// turned out to be too old. The service has recorded it all the same.
    #[must_use]
    pub fn pocketsign_first_check(&self) -> Option<&CertificateStatus> {
        self.evidence()
    }

    /// The rules that the request violated, where PocketSign Verify (v2) tells them.
    #[must_use]
    pub fn pocketsign_violations(&self) -> Vec<Violation> {
        let parts = self.api_errors().iter().filter_map(|entry| entry.code.split_once('|'));
        parts.map(|(rule, field)| Violation { field: field.to_owned(), rule: rule.to_owned() }).collect()
    }
}
