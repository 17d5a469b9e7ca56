//! Signing in and registering: who made this signature, in one call.

use super::{
    CertificateContent, CertificateId, CertificateStatus, CheckMethod, HashAlgorithm, UserId, VerificationId, VerificationResult, Version,
    check, version::Signed,
};
use crate::{error::Error, secret::RedactedBytes};

impl Signed {
    /// Checks what can be checked without the service.
    pub(super) fn new(certificate: &[u8], hash_algorithm: HashAlgorithm, digest: &[u8], signature: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            certificate: check::certificate(certificate)?,
            digest: check::digest(&hash_algorithm, digest)?,
            hash_algorithm,
            signature: check::signature(signature)?,
        })
    }
}

/// Signs a person in, or registers them: `sign_in()` of either client.
///
/// Have the person's card sign a challenge of yours: with the authentication certificate for signing in, with the signing certificate
/// where you need their name, address, birth date and gender. Both lead to the same user id.
///
/// ```no_run
/// # async fn example(ps: shomei::pocketsign::PocketSignV2, certificate: &[u8], digest: [u8; 32], signature: &[u8]) -> Result<(), shomei::Error> {
/// use shomei::pocketsign::{CheckMethod, HashAlgorithm, SignInOutcome};
///
/// let outcome = ps.sign_in()
///     .signature(certificate, HashAlgorithm::Sha256, digest, signature)
///     .method(CheckMethod::Ocsp)
///     .send().await?;
/// match outcome {
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
pub struct SignIn<'c, V> {
    client: &'c V,
    signed: Option<Given>,
    method: Option<CheckMethod>,
}

#[derive(Clone, Debug)]
struct Given {
    certificate: RedactedBytes,
    hash_algorithm: HashAlgorithm,
    digest: RedactedBytes,
    signature: RedactedBytes,
}

/// Who signed, or why nobody is let in.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SignInOutcome {
    /// The signature holds, and the tenant did not know the person yet. The user id is new.
    New(SignedIn),
    /// The signature holds, and the person has been identified before.
    Known(SignedIn),
    /// The signature does not hold, or the certificate does not. This too is stored.
    Refused(SignInRefusal),
}

/// Who signed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SignedIn {
    /// The user: the same for every certificate of this person.
    pub user: UserId,
    /// The stored verification, as evidence.
    pub verification: Option<VerificationId>,
    /// The certificate, for later revocation checks.
    pub certificate: Option<CertificateId>,
    /// What the certificate states; the service tells it this once.
    pub content: Option<CertificateContent>,
    /// The revocation check that was made.
    pub status: CertificateStatus,
}

/// Why nobody is let in.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SignInRefusal {
    /// The outcome of the verification.
    pub result: VerificationResult,
    /// The stored verification, as evidence.
    pub verification: Option<VerificationId>,
    /// The certificate.
    pub certificate: Option<CertificateId>,
    /// The revocation check, if it came to one: it comes last.
    pub status: Option<CertificateStatus>,
}

impl<'c, V: Version> SignIn<'c, V> {
    pub(super) fn new(client: &'c V) -> Self {
        Self { client, signed: None, method: None }
    }

    /// What the card gave: its certificate (in DER or PEM), and the signature over a digest.
    pub fn signature(
        mut self,
        certificate: impl AsRef<[u8]>,
        hash_algorithm: HashAlgorithm,
        digest: impl AsRef<[u8]>,
        signature: impl AsRef<[u8]>,
    ) -> Self {
        self.signed = Some(Given {
            certificate: RedactedBytes::new(certificate.as_ref()),
            hash_algorithm,
            digest: RedactedBytes::new(digest.as_ref()),
            signature: RedactedBytes::new(signature.as_ref()),
        });
        self
    }

    /// How revocation is looked up; by CRL unless set.
    pub fn method(mut self, method: CheckMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// Verifies the signature and identifies the person.
    ///
    /// Repeating it after a lost answer makes a second verification, which is billed again, and tells a person who was new as known.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when something is missing or is not what it should be; the [reason](Error::pocketsign_reason) tells an
    /// unsupported certificate, a failed OCSP inquiry, and links between certificates that cannot be had, as of a card that is very new.
    /// [`Error::is_mismatch`] when the service does not say whether the signature holds, or who made it.
    pub async fn send(self) -> Result<SignInOutcome, Error> {
        let given = self.signed.ok_or_else(|| Error::invalid("signature", "it is missing"))?;
        let signed = Signed::new(given.certificate.expose(), given.hash_algorithm, given.digest.expose(), given.signature.expose())?;
        let verified = self.client.verify_signed(signed, self.method, true).await?;
        let (verification, certificate) = (verified.id, verified.certificate);
        let unclear = |what| Err(Error::mismatch(format!("the service did not say {what}")).perhaps_done());
        if matches!(&verified.result, VerificationResult::Unknown(word) if matches!(word.as_str(), "" | "unspecified")) {
            return unclear("whether the signature holds");
        }
        if verified.result != VerificationResult::Ok {
            let status = verified.was_checked.then_some(verified.status);
            return Ok(SignInOutcome::Refused(SignInRefusal { result: verified.result, verification, certificate, status }));
        }
        if verified.was_checked && !verified.status.is_good() {
            return unclear("that the certificate is good, although it let the signature hold");
        }
        let Some(user) = verified.status.user.clone() else {
            return unclear("who made the signature, which holds");
        };
        let is_new = verified.status.is_new_user == Some(true);
        let person = SignedIn { user, verification, certificate, content: verified.content, status: verified.status };
        Ok(if is_new { SignInOutcome::New(person) } else { SignInOutcome::Known(person) })
    }
}
