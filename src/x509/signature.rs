//! Signatures, and who made them.

use rustls_pki_types::{AlgorithmIdentifier, SignatureVerificationAlgorithm, alg_id};

use super::tlv::{self, BIT_STRING, INTEGER, SEQUENCE};
use crate::error::Error;

/// The signed content, and the signature.
pub(super) struct Signed<'a> {
    content: &'a [u8],
    /// The content of the `AlgorithmIdentifier`.
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes a certificate or a request apart; both are what is signed, the algorithm, and the signature.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut parts = tlv::only(der)?.content;
        let content = tlv::expect(SEQUENCE, &mut parts)?.whole;
        let algorithm = tlv::expect(SEQUENCE, &mut parts)?.content;
        let signature = bits(&mut parts)?;
        Some(Self { content, algorithm, signature })
    }

    /// Whether this key (`SubjectPublicKeyInfo`) has signed it; `None` if this build cannot tell.
    pub(super) fn by(&self, public_key: &[u8]) -> Option<bool> {
        let mut parts = tlv::only(public_key)?.content;
        let kind = tlv::expect(SEQUENCE, &mut parts)?.content;
        let key = bits(&mut parts)?;
        // Others are known, but not of these sizes.
        if kind == alg_id::RSA_ENCRYPTION.as_ref() && !(2048..=8192).contains(&rsa_bits(key)?) {
            return None;
        }
        let algorithms = algorithms().ok()?;
        let signs = |known: &&dyn SignatureVerificationAlgorithm| is(known.signature_alg_id(), self.algorithm);
        let fits = |known: &&dyn SignatureVerificationAlgorithm| is(known.public_key_alg_id(), kind);
        match algorithms.iter().find(|known| signs(known) && fits(known)) {
            Some(known) => Some(known.verify_signature(key, self.content, self.signature).is_ok()),
            // Both are known, but no such key makes such a signature.
            None => (algorithms.iter().any(signs) && algorithms.iter().any(fits)).then_some(false),
        }
    }
}

fn is(known: AlgorithmIdentifier, algorithm: &[u8]) -> bool {
    known.as_ref() == algorithm
}

/// The bytes of the next value, a bit string.
fn bits<'a>(parts: &mut &'a [u8]) -> Option<&'a [u8]> {
    tlv::expect(BIT_STRING, parts)?.content.strip_prefix(&[0])
}

/// The length of the modulus of an `RSAPublicKey`.
pub(super) fn rsa_bits(key: &[u8]) -> Option<usize> {
    let mut parts = tlv::only(key)?.content;
    let modulus = tlv::expect(INTEGER, &mut parts)?.content;
    let modulus = &modulus[modulus.iter().take_while(|byte| **byte == 0).count()..];
    Some(modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize))
}

/// The signature algorithms of this build: those of its own provider, of the provider that the process has installed, or those that another
/// crate of the program has enabled.
pub(super) fn algorithms() -> Result<Vec<&'static dyn SignatureVerificationAlgorithm>, Error> {
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
    if let Some(provider) = rustls::crypto::CryptoProvider::get_default() {
        return Ok(provider.signature_verification_algorithms.all.to_vec());
    }
    if webpki::ALL_VERIFICATION_ALGS.is_empty() {
        return Err(Error::configuration(
            "verifying a chain requires cryptography: enable the feature rustls, or rustls-no-provider with a CryptoProvider installed",
        ));
    }
    Ok(webpki::ALL_VERIFICATION_ALGS.to_vec())
}
