use std::{fmt, net::IpAddr};

use chrono::{DateTime, Utc};
use x509_cert::{
    der::{
        Decode as _, Encode as _,
        pem::{LineEnding, encode_string},
    },
    ext::pkix::{AuthorityKeyIdentifier, SubjectAltName, SubjectKeyIdentifier, name::GeneralName},
};

use super::{
    object::{Instead, Kind, objects},
    signature::Signed,
};
use crate::error::Error;

/// A parsed X.509 certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    pem: String,
    pub(super) der: Vec<u8>,
    public_key: Vec<u8>,
    subject: String,
    issuer: String,
    serial_number: String,
    names: Vec<String>,
    valid_from: DateTime<Utc>,
    valid_till: DateTime<Utc>,
    key_id: Option<Vec<u8>>,
    issuer_key_id: Option<Vec<u8>>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    ///
    /// Those of [`from_bytes`](Self::from_bytes).
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Self::from_bytes(text.as_bytes())
    }

    /// Reads the first certificate of a file in PEM, DER or bare base64.
    ///
    /// PEM may have lines of any length and with any line endings, be indented or on a single line, and be surrounded by text in any
    /// encoding.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when there is no certificate or it cannot be read, or the file is encrypted, in UTF-16, or larger than 1
    /// MiB.
    pub fn from_bytes(file: &[u8]) -> Result<Self, Error> {
        let refuse = |reason: String| Error::invalid("certificate", reason);
        let objects = objects(file).map_err(|unreadable| refuse(unreadable.to_string()))?;
        let first = objects.iter().find(|object| object.kind == Kind::Certificate);
        let first = first.ok_or_else(|| refuse(format!("it contains no certificate in PEM or DER{}", Instead(&objects))))?;
        let der = first.der().map_err(|unreadable| refuse(unreadable.to_string()))?;
        Self::from_der(&der).map_err(|error| refuse(format!("it cannot be read: {error}")))
    }

    /// The bytes are kept exactly, even if the encoding is not canonical: the signature and fingerprint cover them.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, x509_cert::der::Error> {
        let certificate = x509_cert::Certificate::from_der(der)?;
        let content = certificate.tbs_certificate();
        let names = content.get_extension::<SubjectAltName>()?.map(|(_, names)| names.0).unwrap_or_default();
        let validity = content.validity();
        let key_id = content.get_extension::<SubjectKeyIdentifier>().ok().flatten();
        let issuer_key_id = content.get_extension::<AuthorityKeyIdentifier>().ok().flatten();
        // Drops the zero byte that only marks the number as positive.
        let serial_number = match content.serial_number().as_bytes() {
            [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => rest,
            bytes => bytes,
        };
        Ok(Self {
            der: der.to_vec(),
            public_key: content.subject_public_key_info().to_der()?,
            subject: content.subject().to_string(),
            issuer: content.issuer().to_string(),
            serial_number: serial_number.iter().map(|byte| format!("{byte:02X}")).collect(),
            names: names.iter().filter_map(name).collect(),
            valid_from: validity.not_before.to_system_time().into(),
            valid_till: validity.not_after.to_system_time().into(),
            key_id: key_id.map(|(_, id)| id.0.as_bytes().to_vec()),
            issuer_key_id: issuer_key_id.and_then(|(_, id)| id.key_identifier).map(|id| id.as_bytes().to_vec()),
            pem: encode_string("CERTIFICATE", LineEnding::LF, der)?,
        })
    }

    /// Whether this certificate issued the other: the names match, and its key has signed it.
    pub(super) fn has_issued(&self, other: &Self) -> bool {
        self.subject == other.issuer && self.has_signed(other).unwrap_or_else(|| self.may_have_signed(other))
    }

    /// Whether it is signed by its own key, like a root.
    pub(super) fn is_self_signed(&self) -> bool {
        self.has_signed(self).unwrap_or_else(|| self.subject == self.issuer && self.may_have_signed(self))
    }

    /// `None` if this build cannot tell, for example for a signature with SHA-1.
    fn has_signed(&self, other: &Self) -> Option<bool> {
        Signed::read(&other.der)?.by(&self.public_key)
    }

    /// Whether the key identifiers in the certificates do not contradict it.
    fn may_have_signed(&self, other: &Self) -> bool {
        match (&self.key_id, &other.issuer_key_id) {
            (Some(own), Some(issuer)) => own == issuer,
            _ => true,
        }
    }

    /// Returns the certificate in PEM.
    #[must_use]
    pub fn as_pem(&self) -> &str {
        &self.pem
    }

    /// Returns the certificate in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the public key as DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key
    }

    /// Returns the subject's distinguished name (`CN=example.com,O=…`).
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the issuer's distinguished name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the serial number in upper-case hexadecimal, two digits per byte, as CertCentral writes it: without the zero byte that DER
    /// puts before a number whose first bit is set.
    #[must_use]
    pub fn serial_number(&self) -> &str {
        &self.serial_number
    }

    /// Returns the subject alternative names (SANs): DNS names in lower case, and IP addresses.
    #[must_use]
    pub fn subject_alt_names(&self) -> &[String] {
        &self.names
    }

    /// Returns the start of the validity period.
    #[must_use]
    pub fn not_before(&self) -> DateTime<Utc> {
        self.valid_from
    }

    /// Returns the end of the validity period.
    #[must_use]
    pub fn not_after(&self) -> DateTime<Utc> {
        self.valid_till
    }
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
            v4.or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok()).map(|address| address.to_string())
        }
        _ => None,
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("serial_number", &self.serial_number)
            .field("valid_from", &self.valid_from)
            .field("valid_till", &self.valid_till)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_kept_to_the_byte() {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::new(["example.com".to_owned()]).unwrap().self_signed(&key).unwrap();
        let mut kept = 0;
        for at in 0..made.der().len() {
            for bit in 0..8 {
                let mut der = made.der().to_vec();
                der[at] ^= 1 << bit;
                if let Ok(certificate) = Certificate::from_der(&der) {
                    assert_eq!(certificate.as_der(), der, "bit {bit} of byte {at}");
                    assert_eq!(Certificate::from_pem(certificate.as_pem()).unwrap(), certificate);
                    kept += 1;
                }
            }
        }
        assert!(kept > 100, "{kept}");
    }
}
