//! The data from a card: its certificate, and a signature over a digest.

use super::{HashAlgorithm, check};
use crate::{error::Error, secret::RedactedBytes};

/// A signature made with a card, and the certificate of its key: the input of [`sign_in`](super::PocketSign::sign_in) and
/// [`verify`](super::Verifications::verify).
///
/// ```
/// # use shomei::{Sandbox, sandbox::PersonDetails};
/// # let card = Sandbox::new().jpki().card(PersonDetails::default());
/// use shomei::pocketsign::{HashAlgorithm, SignedData};
///
/// let (digest, signature) = card.authentication.sign(b"a challenge");
/// let signed = SignedData::new(card.authentication.der(), HashAlgorithm::Sha256, digest, signature)?;
/// # Ok::<(), shomei::Error>(())
/// ```
///
/// Without a signature there is nothing to verify, so these programs do not compile:
///
/// ```compile_fail,E0061
/// # fn example(ps: shomei::PocketSign) {
/// let outcome = ps.sign_in().send();
/// # }
/// ```
///
/// ```compile_fail,E0061
/// # fn example(ps: shomei::PocketSign) {
/// let response = ps.verifications().verify().send();
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SignedData {
    pub(super) certificate: RedactedBytes,
    pub(super) hash_algorithm: HashAlgorithm,
    pub(super) digest: RedactedBytes,
    pub(super) signature: RedactedBytes,
}

impl SignedData {
    /// Combines the certificate (in DER or PEM), the digest of the signed data, and the signature. Everything that can be checked without
    /// the service is checked here.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the certificate is not an X.509 certificate, the digest does not have the length of its algorithm,
    /// or the signature is empty.
    pub fn new(
        certificate: impl AsRef<[u8]>,
        hash_algorithm: HashAlgorithm,
        digest: impl AsRef<[u8]>,
        signature: impl AsRef<[u8]>,
    ) -> Result<Self, Error> {
        Ok(Self {
            certificate: check::certificate(certificate.as_ref())?,
            digest: check::digest(&hash_algorithm, digest.as_ref())?,
            hash_algorithm,
            signature: check::signature(signature.as_ref())?,
        })
    }
}
