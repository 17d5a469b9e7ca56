use std::{fmt, str::FromStr, sync::Arc};

use x509_cert::{
    der::{
        self, Decode as _, Reader as _, SliceReader,
        asn1::{AnyRef, BitStringRef},
        oid::{ObjectIdentifier, db::rfc5912},
        pem::{LineEnding, encode_string},
    },
    spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef},
};

use super::{
    object::{Instead, Kind, objects},
    signature::{Signed, rsa_bits},
};
use crate::error::Error;

/// The curves whose keys public CAs sign.
const CURVES: [ObjectIdentifier; 3] = [rfc5912::SECP_256_R_1, rfc5912::SECP_384_R_1, rfc5912::SECP_521_R_1];

/// A parsed certificate signing request (CSR, PKCS #10).
///
/// CertCentral takes only the public key from it; the names come from the order. The PEM text is normalized, so it does not matter whether
/// it was written with `\n`, `\r\n` or no line breaks at all. Clones share it.
///
/// ```
/// # use shomei::Csr;
/// assert!(Csr::from_pem("").unwrap_err().is_invalid_input());
/// assert!(Csr::from_pem("-----BEGIN CERTIFICATE-----").is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Csr {
    pem: Arc<str>,
    public_key: Arc<[u8]>,
}

impl Csr {
    /// Reads a CSR in PEM (`BEGIN CERTIFICATE REQUEST` or `BEGIN NEW CERTIFICATE REQUEST`).
    ///
    /// # Errors
    ///
    /// Those of [`from_bytes`](Self::from_bytes).
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Self::from_bytes(text.as_bytes())
    }

    /// Reads a CSR in PEM, DER or bare base64.
    ///
    /// PEM may have lines of any length and with any line endings, be indented or on a single line, and be surrounded by text in any
    /// encoding.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the file is empty, contains a certificate, a key or several requests, or cannot be read as PKCS
    /// #10; when the service would refuse it because its key is neither RSA of at least 2048 bits nor on the curve P-256, P-384 or P-521,
    /// or because its signature was not made with its key. A signature that this build cannot check, such as one with SHA-1, is left to the
    /// service.
    pub fn from_bytes(file: &[u8]) -> Result<Self, Error> {
        let refuse = |reason: String| Error::invalid("csr", reason);
        if file.trim_ascii().is_empty() {
            return Err(refuse("it is empty".into()));
        }
        let objects = objects(file).map_err(|unreadable| refuse(unreadable.to_string()))?;
        let mut requests = objects.iter().filter(|object| object.kind == Kind::Request);
        let request = match (requests.next(), requests.next()) {
            (Some(request), None) => request,
            (Some(_), Some(_)) => return Err(refuse("it contains more than one request".into())),
            (None, _) => return Err(refuse(format!("it is not a certificate request in PEM or DER{}", Instead(&objects)))),
        };
        let der = request.der().map_err(|unreadable| refuse(unreadable.to_string()))?;
        let unreadable = |error: der::Error| refuse(format!("it cannot be read: {error}"));
        let public_key = public_key(&der).map_err(unreadable)?;
        judge(&SubjectPublicKeyInfoRef::from_der(public_key).map_err(unreadable)?).map_err(refuse)?;
        if Signed::read(&der).and_then(|signed| signed.by(public_key)) == Some(false) {
            return Err(refuse("its signature was not made with its key: it was changed or damaged".into()));
        }
        let pem = encode_string("CERTIFICATE REQUEST", LineEnding::LF, &der).map_err(|error| unreadable(error.into()))?;
        Ok(Self { public_key: public_key.into(), pem: pem.into() })
    }

    /// Returns the request in PEM, with `\n` and 64 columns.
    #[must_use]
    pub fn as_pem(&self) -> &str {
        &self.pem
    }

    /// Returns the public key as DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key
    }
}

impl FromStr for Csr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::from_pem(text)
    }
}

impl fmt::Debug for Csr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csr").finish_non_exhaustive()
    }
}

/// The key of a request, byte for byte. The subject and attributes are skipped: the service uses neither, and tools write unusual values
/// there, or omit them.
pub(super) fn public_key(request: &[u8]) -> Result<&[u8], der::Error> {
    let mut outer = SliceReader::new(request)?;
    let signed = outer.sequence(|fields| {
        let signed = fields.tlv_bytes()?;
        AlgorithmIdentifierRef::decode(fields)?;
        BitStringRef::decode(fields)?;
        Ok::<_, der::Error>(signed)
    })?;
    outer.finish()?;
    SliceReader::new(signed)?.sequence(|fields| {
        let _version = u8::decode(fields)?;
        let _subject = AnyRef::decode(fields)?;
        let public_key = fields.tlv_bytes()?;
        while !fields.is_finished() {
            let _attributes = AnyRef::decode(fields)?;
        }
        Ok(public_key)
    })
}

/// Checks that certificates are issued for a key.
fn judge(public_key: &SubjectPublicKeyInfoRef<'_>) -> Result<(), String> {
    let algorithm = &public_key.algorithm;
    if algorithm.oid == rfc5912::RSA_ENCRYPTION {
        let bits = public_key.subject_public_key.as_bytes().and_then(rsa_bits).ok_or("its RSA key cannot be read")?;
        return if bits < 2048 { Err(format!("its RSA key has {bits} bits; at least 2048 are required")) } else { Ok(()) };
    }
    if algorithm.oid != rfc5912::ID_EC_PUBLIC_KEY {
        return Err("its key is of a type that no public CA signs; expected RSA, P-256, P-384 or P-521".into());
    }
    match algorithm.parameters_oid() {
        Ok(curve) if CURVES.contains(&curve) => Ok(()),
        _ => Err("its key is on a curve that no public CA signs; expected P-256, P-384 or P-521".into()),
    }
}
