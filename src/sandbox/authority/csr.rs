//! Reads certificate signing requests (PKCS #10) in every form clients send them.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{PublicKeyData, SignatureAlgorithm};
use x509_cert::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use x509_cert::der::oid::db::rfc5912;
use x509_cert::der::{self, Decode as _, Reader as _, SliceReader};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

/// The smallest RSA modulus a public CA may certify.
const MIN_RSA_BITS: u32 = 2048;
/// The largest RSA modulus whose signatures the crypto library verifies.
const MAX_RSA_BITS: u32 = 8192;
/// The names requests carry in their PEM header; the second is what older tools write.
const PEM_LABELS: [&str; 2] = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CsrProblem {
    /// Nothing but white space was sent.
    Missing,
    /// Neither PEM nor base64 of a PKCS #10 request.
    CannotParse,
    /// The signature was not made with the key in the request.
    BadSignature,
    /// An RSA key below 2048 bits.
    WeakKey {
        /// The length of the modulus.
        bits: u32,
    },
    /// A kind of key that is not issued for.
    UnsupportedKey,
}

/// The kind of public key in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyAlgorithm {
    /// RSA.
    Rsa,
    /// ECDSA on a NIST curve.
    Ecdsa,
}

/// What a request says about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CsrFacts {
    /// The length of the RSA modulus, or the size of the curve, in bits.
    pub key_size: u32,
    /// The kind of key.
    pub key_algorithm: KeyAlgorithm,
}

/// Reads a request and checks that its sender holds the key.
///
/// # Errors
///
/// The first thing wrong with the request.
pub(crate) fn examine(csr: &str) -> Result<CsrFacts, CsrProblem> {
    let der = decode(csr)?;
    let (request, key) = RequestedKey::from_der(&der)?;
    // A signature that cannot be checked is no false one.
    if let Some(verifier) = verifier(key.facts, request.algorithm) {
        UnparsedPublicKey::new(verifier, &key.key).verify(request.signed, request.signature).map_err(|_| CsrProblem::BadSignature)?;
    }
    Ok(key.facts)
}

/// The public key of a request.
pub(super) struct RequestedKey {
    /// What the key is.
    pub(super) facts: CsrFacts,
    /// The content of the SubjectPublicKeyInfo's bit string.
    key: Vec<u8>,
    /// How certificates describe such a key.
    algorithm: &'static SignatureAlgorithm,
}

impl RequestedKey {
    /// Reads the key of a request that was [examined](examine) when it came: its signature is not checked anew.
    pub(super) fn from_csr(csr: &str) -> Result<Self, CsrProblem> {
        Self::from_der(&decode(csr)?).map(|(_, key)| key)
    }

    /// Reads the request and its key. The rest of a request is ignored, as the service does.
    fn from_der(der: &[u8]) -> Result<(Request<'_>, Self), CsrProblem> {
        let request = Request::from_der(der).map_err(|_| CsrProblem::CannotParse)?;
        let key = Self::from_spki(&request.public_key)?;
        Ok((request, key))
    }

    /// Recognizes the key and judges its strength.
    fn from_spki(spki: &SubjectPublicKeyInfoRef<'_>) -> Result<Self, CsrProblem> {
        let key = spki.subject_public_key.as_bytes().ok_or(CsrProblem::CannotParse)?;
        let (key_algorithm, key_size, algorithm) = if spki.algorithm.oid == rfc5912::RSA_ENCRYPTION {
            let bits = rsa_modulus_bits(key).map_err(|_| CsrProblem::CannotParse)?;
            if bits < MIN_RSA_BITS {
                return Err(CsrProblem::WeakKey { bits });
            }
            (KeyAlgorithm::Rsa, bits, &rcgen::PKCS_RSA_SHA256)
        } else if spki.algorithm.oid == rfc5912::ID_EC_PUBLIC_KEY {
            let curve = spki.algorithm.parameters_oid().map_err(|_| CsrProblem::UnsupportedKey)?;
            let (bits, algorithm) = named_curve(curve).ok_or(CsrProblem::UnsupportedKey)?;
            (KeyAlgorithm::Ecdsa, bits, algorithm)
        } else {
            return Err(CsrProblem::UnsupportedKey);
        };
        Ok(Self { facts: CsrFacts { key_size, key_algorithm }, key: key.to_vec(), algorithm })
    }
}

impl PublicKeyData for RequestedKey {
    fn der_bytes(&self) -> &[u8] {
        &self.key
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// The parts of a PKCS #10 request that matter here.
struct Request<'a> {
    /// The bytes under the signature, as sent: encoding them anew could change them.
    signed: &'a [u8],
    /// The key to certify.
    public_key: SubjectPublicKeyInfoRef<'a>,
    /// The kind of signature.
    algorithm: ObjectIdentifier,
    /// The signature.
    signature: &'a [u8],
}

impl<'a> Request<'a> {
    /// Takes a request apart. Subject and attributes are skipped: tools put unusual things there.
    fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut outer = SliceReader::new(der)?;
        let (signed, algorithm, signature) = outer.sequence(|fields| {
            let signed = fields.tlv_bytes()?;
            let algorithm = AlgorithmIdentifierRef::decode(fields)?;
            let signature = BitStringRef::decode(fields)?;
            Ok::<_, der::Error>((signed, algorithm.oid, signature.raw_bytes()))
        })?;
        outer.finish()?;
        let public_key = SliceReader::new(signed)?.sequence(|fields| {
            let _version = u8::decode(fields)?;
            let _subject = AnyRef::decode(fields)?;
            let public_key = SubjectPublicKeyInfoRef::decode(fields)?;
            while !fields.is_finished() {
                let _attributes = AnyRef::decode(fields)?;
            }
            Ok::<_, der::Error>(public_key)
        })?;
        Ok(Self { signed, public_key, algorithm, signature })
    }
}

/// The DER of a request sent as PEM with any line ends or none, or as bare base64.
fn decode(csr: &str) -> Result<Vec<u8>, CsrProblem> {
    if csr.trim().is_empty() {
        return Err(CsrProblem::Missing);
    }
    let body = match csr.split_once("-----BEGIN ") {
        Some((_, armored)) => pem_body(armored).ok_or(CsrProblem::CannotParse)?,
        None => csr,
    };
    let base64: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(base64).map_err(|_| CsrProblem::CannotParse)
}

/// What stands between the PEM header, whose label comes first here, and the footer.
fn pem_body(armored: &str) -> Option<&str> {
    let (label, rest) = armored.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    PEM_LABELS.contains(&label).then_some(body)
}

/// The length of the modulus of an RSA public key.
fn rsa_modulus_bits(key: &[u8]) -> der::Result<u32> {
    let mut reader = SliceReader::new(key)?;
    let modulus = reader.sequence(|fields| {
        let modulus = UintRef::decode(fields)?;
        let _exponent = UintRef::decode(fields)?;
        Ok::<_, der::Error>(modulus)
    })?;
    reader.finish()?;
    let bytes = modulus.as_bytes();
    let leading_zeros = bytes.first().map_or(0, |byte| byte.leading_zeros());
    Ok((u32::from(modulus.len()) * 8).saturating_sub(leading_zeros))
}

/// The size of a supported curve, and how certificates describe a key on it.
fn named_curve(curve: ObjectIdentifier) -> Option<(u32, &'static SignatureAlgorithm)> {
    match curve {
        rfc5912::SECP_256_R_1 => Some((256, &rcgen::PKCS_ECDSA_P256_SHA256)),
        rfc5912::SECP_384_R_1 => Some((384, &rcgen::PKCS_ECDSA_P384_SHA384)),
        rfc5912::SECP_521_R_1 => Some((521, &rcgen::PKCS_ECDSA_P521_SHA512)),
        _ => None,
    }
}

/// Verifies signatures of the given kind made with such a key, if the crypto library can.
fn verifier(key: CsrFacts, algorithm: ObjectIdentifier) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (key.key_algorithm, key.key_size, algorithm) {
        (KeyAlgorithm::Rsa, size, _) if size > MAX_RSA_BITS => return None,
        // The digest of a request never reaches the certificate, so what old tools still sign with does no harm.
        (KeyAlgorithm::Rsa, _, rfc5912::SHA_1_WITH_RSA_ENCRYPTION) => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (KeyAlgorithm::Rsa, _, rfc5912::SHA_256_WITH_RSA_ENCRYPTION) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (KeyAlgorithm::Rsa, _, rfc5912::SHA_384_WITH_RSA_ENCRYPTION) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyAlgorithm::Rsa, _, rfc5912::SHA_512_WITH_RSA_ENCRYPTION) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (KeyAlgorithm::Ecdsa, 256, rfc5912::ECDSA_WITH_SHA_256) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyAlgorithm::Ecdsa, 256, rfc5912::ECDSA_WITH_SHA_384) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyAlgorithm::Ecdsa, 256, rfc5912::ECDSA_WITH_SHA_512) => &signature::ECDSA_P256_SHA512_ASN1,
        (KeyAlgorithm::Ecdsa, 384, rfc5912::ECDSA_WITH_SHA_256) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyAlgorithm::Ecdsa, 384, rfc5912::ECDSA_WITH_SHA_384) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeyAlgorithm::Ecdsa, 384, rfc5912::ECDSA_WITH_SHA_512) => &signature::ECDSA_P384_SHA512_ASN1,
        (KeyAlgorithm::Ecdsa, 521, rfc5912::ECDSA_WITH_SHA_256) => &signature::ECDSA_P521_SHA256_ASN1,
        (KeyAlgorithm::Ecdsa, 521, rfc5912::ECDSA_WITH_SHA_384) => &signature::ECDSA_P521_SHA384_ASN1,
        (KeyAlgorithm::Ecdsa, 521, rfc5912::ECDSA_WITH_SHA_512) => &signature::ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use x509_cert::der::pem::{LineEnding, encode_string};

    const ECDSA_256: CsrFacts = CsrFacts { key_size: 256, key_algorithm: KeyAlgorithm::Ecdsa };

    fn request_der(algorithm: &'static SignatureAlgorithm) -> Vec<u8> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        CertificateParams::default().serialize_request(&key).unwrap().der().to_vec()
    }

    fn pem(label: &str, line_end: LineEnding, der: &[u8]) -> String {
        encode_string(label, line_end, der).unwrap()
    }

    #[test]
    fn accepts_every_form_clients_send() {
        let der = request_der(&rcgen::PKCS_ECDSA_P256_SHA256);
        let lines = pem(PEM_LABELS[0], LineEnding::LF, &der);
        for form in [
            lines.clone(),
            pem(PEM_LABELS[0], LineEnding::CRLF, &der),
            pem(PEM_LABELS[1], LineEnding::LF, &der),
            lines.replace('\n', ""),
            format!("Certificate Request:\n    Data:\n{lines}\n"),
            STANDARD.encode(&der),
            format!("{}\r\n", STANDARD.encode(&der)),
        ] {
            assert_eq!(examine(&form), Ok(ECDSA_256), "{form}");
        }
    }

    #[test]
    fn tells_the_key_size_and_kind() {
        for (algorithm, key_size, key_algorithm) in [
            (&rcgen::PKCS_RSA_SHA256, 2048, KeyAlgorithm::Rsa),
            (&rcgen::PKCS_RSA_SHA512, 2048, KeyAlgorithm::Rsa),
            (&rcgen::PKCS_ECDSA_P384_SHA384, 384, KeyAlgorithm::Ecdsa),
            (&rcgen::PKCS_ECDSA_P521_SHA512, 521, KeyAlgorithm::Ecdsa),
        ] {
            let csr = STANDARD.encode(request_der(algorithm));
            assert_eq!(examine(&csr), Ok(CsrFacts { key_size, key_algorithm }));
        }
    }

    #[test]
    fn accepts_unusual_extensions_and_digests() {
        assert_eq!(examine(include_str!("testdata/p256_sha384_extensions.csr")), Ok(ECDSA_256));
        let old = examine(include_str!("testdata/rsa2048_sha1.csr"));
        assert_eq!(old, Ok(CsrFacts { key_size: 2048, key_algorithm: KeyAlgorithm::Rsa }));
    }

    #[test]
    fn refuses_weak_and_unsupported_keys() {
        let weak = examine(include_str!("testdata/rsa1024.csr"));
        assert_eq!(weak, Err(CsrProblem::WeakKey { bits: 1024 }));
        let curve = examine(include_str!("testdata/secp256k1.csr"));
        assert_eq!(curve, Err(CsrProblem::UnsupportedKey));
        let ed25519 = STANDARD.encode(request_der(&rcgen::PKCS_ED25519));
        assert_eq!(examine(&ed25519), Err(CsrProblem::UnsupportedKey));
    }

    #[test]
    fn refuses_a_signature_by_another_key() {
        let mut der = request_der(&rcgen::PKCS_RSA_SHA256);
        *der.last_mut().unwrap() ^= 1;
        assert_eq!(examine(&STANDARD.encode(&der)), Err(CsrProblem::BadSignature));
    }

    #[test]
    fn refuses_what_is_no_request() {
        assert_eq!(examine(" \r\n"), Err(CsrProblem::Missing));
        let der = request_der(&rcgen::PKCS_ECDSA_P256_SHA256);
        let whole = pem(PEM_LABELS[0], LineEnding::LF, &der);
        for text in [
            "not a request".to_owned(),
            "-----BEGIN CERTIFICATE REQUEST-----".to_owned(),
            whole.split_once("-----END").unwrap().0.to_owned(),
            pem("CERTIFICATE", LineEnding::LF, &der),
            STANDARD.encode(&der[..der.len() - 1]),
            STANDARD.encode([&der[..], &[0]].concat()),
            STANDARD.encode(b"0\0"),
        ] {
            assert_eq!(examine(&text), Err(CsrProblem::CannotParse), "{text}");
        }
    }
}
