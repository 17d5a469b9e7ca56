use std::{fmt, str::FromStr};

use x509_cert::{
    der::{DecodePem as _, Encode as _, Reader as _, SliceReader, asn1::UintRef, oid::ObjectIdentifier},
    request::CertReq,
};

use super::pem_blocks;
use crate::error::Error;

pub(super) const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A certificate signing request (CSR, PKCS #10) that could be read.
///
/// CertCentral takes only the public key from it; the names come from the order. Its text is laid out anew, so that it does not matter
/// whether it was written with `\n`, `\r\n` or no line breaks at all.
///
/// ```
/// # use shomei::Csr;
/// assert!(Csr::from_pem("").unwrap_err().is_invalid_input());
/// assert!(Csr::from_pem("-----BEGIN CERTIFICATE-----").is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Csr {
    pem: String,
    public_key: Vec<u8>,
}

impl Csr {
    /// Reads a CSR in PEM (`BEGIN CERTIFICATE REQUEST` or `BEGIN NEW CERTIFICATE REQUEST`).
    ///
    /// # Errors
    ///
    /// When the text is empty, is no PEM, holds a certificate or key instead or several requests, cannot be read as PKCS #10, or when
    /// its RSA key is shorter than 2048 bits, which no public CA may sign.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let refuse = |reason: String| Error::invalid("csr", reason);
        if text.trim().is_empty() {
            return Err(refuse("it is empty".into()));
        }
        let text = text.replace("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST");
        let mut blocks = pem_blocks(&text, "CERTIFICATE REQUEST").into_iter();
        let pem = match (blocks.next(), blocks.next()) {
            (Some(pem), None) => pem,
            (Some(_), Some(_)) => return Err(refuse("there is more than one request in it".into())),
            (None, _) => return Err(refuse(format!("it is not a PEM certificate request{}", what_it_is_instead(&text)))),
        };
        let request = CertReq::from_pem(&pem).map_err(|error| refuse(format!("it cannot be read: {error}")))?;
        let public_key = &request.info.public_key;
        if public_key.algorithm.oid == RSA_ENCRYPTION {
            let bits = rsa_bits(public_key.subject_public_key.raw_bytes())
                .map_err(|error| refuse(format!("its RSA key cannot be read: {error}")))?;
            if bits < 2048 {
                return Err(refuse(format!("its RSA key has {bits} bits; at least 2048 are required")));
            }
        }
        let public_key = public_key.to_der().map_err(|error| refuse(format!("its key cannot be read: {error}")))?;
        Ok(Self { pem, public_key })
    }

    /// The request in PEM, with `\n` and 64 columns.
    #[must_use]
    pub fn as_pem(&self) -> &str {
        &self.pem
    }

    /// The public key, as DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
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

fn what_it_is_instead(text: &str) -> &'static str {
    if text.contains("PRIVATE KEY-----") {
        "; it holds a private key, which must not leave your machine"
    } else if text.contains("-----BEGIN CERTIFICATE-----") {
        "; it holds a certificate"
    } else if text.contains("-----BEGIN") {
        "; its end line may be missing"
    } else {
        ""
    }
}

/// The length of the modulus of an `RSAPublicKey`.
fn rsa_bits(key: &[u8]) -> Result<usize, x509_cert::der::Error> {
    let mut reader = SliceReader::new(key)?;
    let modulus: UintRef<'_> = reader.sequence(|sequence| {
        let modulus = sequence.decode()?;
        let _exponent: UintRef<'_> = sequence.decode()?;
        Ok::<_, x509_cert::der::Error>(modulus)
    })?;
    let bytes = modulus.as_bytes();
    let leading = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
    Ok(bytes.len() * 8 - leading)
}
