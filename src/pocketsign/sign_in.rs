//! Signing in and registering: identifies the signer in one call.

use super::{
    CertificateId, CertificateStatus, CheckMethod, PocketSign, SignedData, UserId, VerificationId, VerificationResult, Version,
    types::CertificateContent,
};
use crate::error::Error;

/// The builder of a sign-in or registration: `sign_in()` of either client.
///
/// Have the person's card sign your challenge: with the authentication certificate for signing in, or with the signing certificate if you
/// need their name, address, birth date and gender. Both lead to the same user id.
///
/// ```no_run
/// # async fn example(ps: shomei::PocketSign, certificate: &[u8], digest: [u8; 32], signature: &[u8]) -> Result<(), shomei::Error> {
/// use shomei::pocketsign::{CheckMethod, HashAlgorithm, SignInOutcome, SignedData};
///
/// let signed = SignedData::new(certificate, HashAlgorithm::Sha256, digest, signature)?;
/// match ps.sign_in(signed).method(CheckMethod::Ocsp).send().await? {
///     SignInOutcome::New(person) => println!("welcome, {}", person.user),
///     SignInOutcome::Known(person) => println!("welcome back, {}", person.user),
///     SignInOutcome::Refused(refusal) => println!("no: {}", refusal.result),
///     _ => {}
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is sent"]
pub struct SignIn<'c, V = PocketSign> {
    client: &'c V,
    signed: SignedData,
    method: CheckMethod,
}

/// The outcome of a sign-in.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SignInOutcome {
    /// The signature is valid, and the person is new to the tenant. The user id is new.
    New(SignedIn),
    /// The signature is valid, and the person has been identified before.
    Known(SignedIn),
    /// The signature or the certificate is not valid. The service stores this as well.
    Refused(SignInRefusal),
}

/// The person who signed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SignedIn {
    /// The user: the same for every certificate of this person.
    pub user: UserId,
    /// The stored verification, as evidence.
    pub verification: Option<VerificationId>,
    /// The certificate, for later revocation checks.
    pub certificate: Option<CertificateId>,
    /// The contents of the certificate; the service returns them only this once.
    pub content: Option<CertificateContent>,
    /// The revocation check that was made.
    pub status: CertificateStatus,
}

/// The reason for a refused sign-in.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SignInRefusal {
    /// The outcome of the verification.
    pub result: VerificationResult,
    /// The stored verification, as evidence.
    pub verification: Option<VerificationId>,
    /// The certificate.
    pub certificate: Option<CertificateId>,
    /// The revocation check, if one was made: it is the last step.
    pub status: Option<CertificateStatus>,
}

impl<'c, V: Version> SignIn<'c, V> {
    pub(super) fn new(client: &'c V, signed: SignedData) -> Self {
        Self { client, signed, method: CheckMethod::Crl }
    }

    /// Sets how revocation is checked; by CRL unless set.
    pub fn method(mut self, method: CheckMethod) -> Self {
        self.method = method;
        self
    }

    /// Verifies the signature and identifies the person.
    ///
    /// Repeating the call after a lost response makes a second verification, which is billed again, and reports a person who was new as
    /// known.
    ///
    /// # Errors
    ///
    /// The [reason](Error::pocketsign_reason) says whether the certificate is not supported, the OCSP request failed, or the links between
    /// certificates are not available, as for a very new card. [`Error::is_mismatch`] when the service does not say whether the signature
    /// is valid, or who made it.
    pub async fn send(self) -> Result<SignInOutcome, Error> {
        let mut verified = self.client.verify(self.signed, self.method, true).await?;
        let content = verified.certificate_content.take();
        let was_checked = verified.certificate_status.is_some();
        let (verification, result) = verified.verification.take().map(|verification| (verification.id, verification.result)).unzip();
        let result = result.flatten().unwrap_or(VerificationResult::Unspecified);
        let status = CertificateStatus::from(verified);
        let certificate = status.certificate.clone();
        let unclear = |what| Err(Error::mismatch(format!("the service did not say {what}")).perhaps_done());
        match result {
            VerificationResult::Ok => {}
            VerificationResult::Unspecified => return unclear("whether the signature is valid"),
            // A value that says nothing either.
            VerificationResult::Unknown(word) if word.is_empty() => return unclear("whether the signature is valid"),
            result => {
                let status = was_checked.then_some(status);
                return Ok(SignInOutcome::Refused(SignInRefusal { result, verification, certificate, status }));
            }
        }
        if was_checked && !status.is_good() {
            return unclear("that the certificate is good, although it accepted the signature");
        }
        let Some(user) = status.user.clone() else {
            return unclear("who made the signature, which is valid");
        };
        let is_new = status.is_new_user == Some(true);
        let person = SignedIn { user, verification, certificate, content, status };
        Ok(if is_new { SignInOutcome::New(person) } else { SignInOutcome::Known(person) })
    }
}
