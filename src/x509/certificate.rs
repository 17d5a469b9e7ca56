use std::{fmt, net::IpAddr};

use chrono::{DateTime, Utc};
use x509_cert::{
    der::{
        Decode as _, Encode as _,
        pem::{LineEnding, decode_vec, encode_string},
    },
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use super::pem_blocks;
use crate::error::Error;

/// One X.509 certificate, read.
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
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be read.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let block = pem_blocks(text, "CERTIFICATE").into_iter().next();
        let pem = block.ok_or_else(|| Error::invalid("certificate", "there is no PEM certificate in it"))?;
        Self::read(pem).map_err(|error| Error::invalid("certificate", format!("it cannot be read: {error}")))
    }

    /// All certificates of a PEM text, in its order.
    pub(super) fn all_from_pem(text: &str) -> Result<Vec<Self>, x509_cert::der::Error> {
        pem_blocks(text, "CERTIFICATE").into_iter().map(Self::read).collect()
    }

    pub(super) fn from_der(der: &[u8]) -> Result<Self, x509_cert::der::Error> {
        Self::read(encode_string("CERTIFICATE", LineEnding::LF, der)?)
    }

    fn read(pem: String) -> Result<Self, x509_cert::der::Error> {
        // Kept to the byte, be its encoding canonical or not: its signature and fingerprint are of these bytes.
        let (_, der) = decode_vec(pem.as_bytes())?;
        let certificate = x509_cert::Certificate::from_der(&der)?;
        let content = certificate.tbs_certificate();
        let names = content.get_extension::<SubjectAltName>()?.map(|(_, names)| names.0).unwrap_or_default();
        let validity = content.validity();
        Ok(Self {
            der,
            public_key: content.subject_public_key_info().to_der()?,
            subject: content.subject().to_string(),
            issuer: content.issuer().to_string(),
            serial_number: content.serial_number().as_bytes().iter().map(|byte| format!("{byte:02X}")).collect(),
            names: names.iter().filter_map(name).collect(),
            valid_from: validity.not_before.to_system_time().into(),
            valid_till: validity.not_after.to_system_time().into(),
            pem,
        })
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn as_pem(&self) -> &str {
        &self.pem
    }

    /// The certificate in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The public key, as DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The subject's distinguished name (`CN=example.com,O=…`).
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The issuer's distinguished name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The serial number in upper-case hexadecimal digits, two a byte, as CertCentral writes it.
    #[must_use]
    pub fn serial_number(&self) -> &str {
        &self.serial_number
    }

    /// The subject alternative names (SANs): DNS names in lower case, and IP addresses.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The first moment of its validity.
    #[must_use]
    pub fn valid_from(&self) -> DateTime<Utc> {
        self.valid_from
    }

    /// The last moment of its validity.
    #[must_use]
    pub fn valid_till(&self) -> DateTime<Utc> {
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
