use std::fmt;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, RsaKeySize, SignatureAlgorithm};
use x509_cert::der::pem::{LineEnding, encode_string};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    Csr,
    object::{Instead, Kind, objects},
    tlv::{self, CONTEXT_0, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE},
};
use crate::{error::Error, secret::Redacted};

/// The longest common name that X.509 allows.
const LONGEST_COMMON_NAME: usize = 64;

/// The keys that certificates are issued for.
const SIGNED_FOR: [&SignatureAlgorithm; 4] =
    [&rcgen::PKCS_RSA_SHA256, &rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ECDSA_P521_SHA512];

/// The types of keys that public certificate authorities sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// ECDSA on the curve P-256: small and fast; the default.
    #[default]
    EcdsaP256,
    /// ECDSA on the curve P-384.
    EcdsaP384,
    /// RSA of 2048 bits, for software without support for elliptic curves.
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits; generating one takes seconds.
    Rsa4096,
}

impl KeyAlgorithm {
    fn algorithm(self) -> &'static SignatureAlgorithm {
        match self {
            Self::EcdsaP256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::EcdsaP384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => &rcgen::PKCS_RSA_SHA256,
        }
    }

    fn rsa_size(self) -> Option<RsaKeySize> {
        match self {
            Self::EcdsaP256 | Self::EcdsaP384 => None,
            Self::Rsa2048 => Some(RsaKeySize::_2048),
            Self::Rsa3072 => Some(RsaKeySize::_3072),
            Self::Rsa4096 => Some(RsaKeySize::_4096),
        }
    }
}

/// A private key. It is never printed, and its memory is wiped when it is dropped; [`to_pem`](Self::to_pem) exports it.
///
/// ```
/// use shomei::{KeyAlgorithm, PrivateKey};
///
/// let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
/// let csr = key.sign_csr(["example.com", "*.example.com", "日本語.jp"])?;
/// assert!(csr.as_pem().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
/// # Ok::<(), shomei::Error>(())
/// ```
pub struct PrivateKey {
    /// PKCS #8, in DER.
    der: Zeroizing<Vec<u8>>,
}

impl PrivateKey {
    /// Generates a new key.
    ///
    /// # Errors
    ///
    /// When the system provides no randomness.
    pub fn generate(kind: KeyAlgorithm) -> Result<Self, Error> {
        let made = match kind.rsa_size() {
            Some(size) => KeyPair::generate_rsa_for(kind.algorithm(), size),
            None => KeyPair::generate_for(kind.algorithm()),
        };
        let mut pair = made.map_err(|error| Error::configuration(format!("could not generate a key: {error}")))?;
        let der = Zeroizing::new(pair.serialize_der());
        pair.zeroize();
        Ok(Self { der })
    }

    /// Reads a key in PEM: PKCS #8 (`BEGIN PRIVATE KEY`), PKCS #1 (`BEGIN RSA PRIVATE KEY`) or SEC 1 (`BEGIN EC PRIVATE KEY`).
    ///
    /// # Errors
    ///
    /// Those of [`from_bytes`](Self::from_bytes).
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Self::from_bytes(text.as_bytes())
    }

    /// Reads the first key of a file in PEM, DER or bare base64: PKCS #8, PKCS #1 or SEC 1.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the file contains no such key, an encrypted key, or a key that no certificate is issued for. The
    /// message quotes nothing from the file.
    pub fn from_bytes(file: &[u8]) -> Result<Self, Error> {
        let refuse = |reason: String| Error::invalid("private key", reason);
        let objects = objects(file).map_err(|unreadable| refuse(unreadable.to_string()))?;
        let key = match objects.iter().find(|object| matches!(object.kind, Kind::Key | Kind::EncryptedKey)) {
            Some(key) if key.kind == Kind::Key => key,
            Some(_) => return Err(refuse("it is encrypted; decrypt it first, for example with `openssl pkey`".into())),
            None => return Err(refuse(format!("it is not a private key in PEM or DER{}", Instead(&objects)))),
        };
        let der = key.der().map_err(|unreadable| refuse(unreadable.to_string()))?;
        let der = pkcs8(&der).ok_or_else(|| refuse("it is not PKCS #8, PKCS #1 or SEC 1 with its curve".into()))?;
        let key = Self { der };
        if key.with_pair(|pair| Ok(!SIGNED_FOR.iter().any(|known| pair.is_compatible(known))))? {
            return Err(refuse("it is of a type that no public CA signs; expected RSA, P-256, P-384 or P-521".into()));
        }
        Ok(key)
    }

    /// Returns the key in PEM (PKCS #8). The text is never printed, and is wiped when dropped; use [`expose`](Redacted::expose) to store
    /// it.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a key in memory fits into a PEM block")]
    pub fn to_pem(&self) -> Redacted<String> {
        Redacted::new(encode_string("PRIVATE KEY", LineEnding::LF, &self.der).expect("a key in memory fits into a PEM block"))
    }

    /// Creates a certificate signing request for this key. The first name is also the common name, unless it exceeds the 64 characters
    /// allowed for a common name.
    ///
    /// Names may be international; they are converted to punycode (`xn--…`), as in certificates. The service uses the names of the order,
    /// not these.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when there is no name, or one is not a valid domain name.
    #[expect(clippy::missing_panics_doc, reason = "a request in memory fits into a PEM block")]
    pub fn sign_csr<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Result<Csr, Error> {
        let names = names.into_iter().map(|name| ascii_name(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let first = names.first().cloned().ok_or_else(|| Error::invalid("names", "at least one is required"))?;
        let mut request = CertificateParams::new(names).map_err(|error| Error::invalid("names", error.to_string()))?;
        request.distinguished_name = DistinguishedName::new();
        if first.len() <= LONGEST_COMMON_NAME {
            request.distinguished_name.push(DnType::CommonName, first);
        }
        let request = self.with_pair(|pair| request.serialize_request(pair))?;
        let pem = encode_string("CERTIFICATE REQUEST", LineEnding::LF, request.der());
        Csr::from_pem(&pem.expect("a request in memory fits into a PEM block"))
    }

    /// Uses the key in its signing form, and wipes that form afterwards.
    fn with_pair<T>(&self, act: impl FnOnce(&KeyPair) -> Result<T, rcgen::Error>) -> Result<T, Error> {
        let refuse = |error: rcgen::Error| Error::invalid("private key", format!("it cannot be used: {error}"));
        let mut pair = KeyPair::try_from(self.der.as_slice()).map_err(refuse)?;
        let done = act(&pair);
        pair.zeroize();
        done.map_err(refuse)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// A key of any of the three forms as PKCS #8, which says what kind of key it holds.
fn pkcs8(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    /// The identifiers `rsaEncryption`, with its empty parameters, and `id-ecPublicKey`, in DER.
    const RSA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0];
    const ELLIPTIC_CURVE: &[u8] = &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    let parts = tlv::values(tlv::only(der)?.content, 16)?;
    let algorithm = match parts.iter().map(|part| part.tag).collect::<Vec<_>>()[..] {
        [INTEGER, SEQUENCE, OCTET_STRING, ..] => return Some(Zeroizing::new(der.to_vec())),
        [INTEGER, OCTET_STRING, ..] => {
            let curve = tlv::only(parts.iter().find(|part| part.tag == CONTEXT_0)?.content)?;
            [ELLIPTIC_CURVE, (curve.tag == OBJECT_IDENTIFIER).then_some(curve.whole)?].concat()
        }
        [INTEGER, INTEGER, INTEGER, ..] => RSA.to_vec(),
        _ => return None,
    };
    let version = value(INTEGER, &[&[0]]);
    Some(value(SEQUENCE, &[&version, &value(SEQUENCE, &[&algorithm]), &value(OCTET_STRING, &[der])]))
}

/// A DER value made of the given parts.
fn value(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let bytes = length.to_be_bytes();
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    // Allocated in full at once: a growing vector leaves copies behind.
    let mut value = Zeroizing::new(Vec::with_capacity(2 + bytes.len() + length));
    value.push(tag);
    match u8::try_from(length) {
        Ok(short @ 0..0x80) => value.push(short),
        _ => {
            value.push(0x80 | bytes.len() as u8);
            value.extend_from_slice(bytes);
        }
    }
    parts.iter().for_each(|part| value.extend_from_slice(part));
    value
}

/// A name as in certificates: punycode, in lower case; wildcards and addresses stay as they are.
fn ascii_name(name: &str) -> Result<String, Error> {
    let refuse = || Error::invalid("names", format!("{name:?} is not a domain name"));
    if name.parse::<std::net::IpAddr>().is_ok() {
        return Ok(name.to_owned());
    }
    let (wildcard, base) = name.strip_prefix("*.").map_or(("", name), |base| ("*.", base));
    let ascii = idna::domain_to_ascii_strict(base).map_err(|_| refuse())?;
    if ascii.is_empty() { Err(refuse()) } else { Ok(format!("{wildcard}{ascii}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_makes_a_request_that_reads_back() {
        for kind in [KeyAlgorithm::EcdsaP256, KeyAlgorithm::EcdsaP384, KeyAlgorithm::Rsa2048] {
            let key = PrivateKey::generate(kind).unwrap();
            let csr = key.sign_csr(["example.com", "*.example.com", "192.0.2.1"]).unwrap();
            let again = PrivateKey::from_pem(key.to_pem().expose()).unwrap();
            assert_eq!(again.sign_csr(["example.com"]).unwrap().public_key_der(), csr.public_key_der(), "{kind:?}");
        }
    }

    #[test]
    fn international_names_become_punycode() {
        assert_eq!(ascii_name("日本語.jp").unwrap(), "xn--wgv71a119e.jp");
        assert_eq!(ascii_name("*.日本語.jp").unwrap(), "*.xn--wgv71a119e.jp");
        assert_eq!(ascii_name("Example.COM").unwrap(), "example.com");
        for bad in ["", "*.", "a b.example", "a..example", "exa*mple.com"] {
            assert!(ascii_name(bad).unwrap_err().is_invalid_input(), "{bad:?}");
        }
        let none: [&str; 0] = [];
        assert!(PrivateKey::generate(KeyAlgorithm::default()).unwrap().sign_csr(none).is_err());
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let pem = key.to_pem();
        let secret = pem.expose().lines().nth(1).unwrap();
        assert!(!format!("{key:?} {pem:?} {pem}").contains(secret));
        let broken = pem.expose().replace("MI", "XX");
        let error = PrivateKey::from_pem(&broken).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&secret[4..20]));
        assert!(PrivateKey::from_pem("").unwrap_err().is_invalid_input());
    }
}
