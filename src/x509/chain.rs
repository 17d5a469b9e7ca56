use std::fmt;

use chrono::{DateTime, Utc};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::{Certificate, Csr, file};
use crate::error::Error;

/// A certificate with those that vouch for it: leaf, intermediates, root.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateChain {
    certificates: Vec<Certificate>,
}

impl CertificateChain {
    /// Reads a bundle of PEM certificates that begins with the leaf.
    ///
    /// # Errors
    ///
    /// When there is no certificate in it, or one cannot be read or is cut off.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Ok(Self { certificates: file::pem_certificates(text)? })
    }

    /// Reads a downloaded file of any format.
    pub(crate) fn from_file(file: &[u8]) -> Result<Self, Error> {
        Ok(Self { certificates: file::certificates(file)? })
    }

    /// The end-entity certificate: the one that was ordered.
    #[must_use]
    pub fn leaf(&self) -> &Certificate {
        &self.certificates[0]
    }

    /// Everything between the leaf and the root.
    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        let end = if self.root().is_some() { self.certificates.len() - 1 } else { self.certificates.len() };
        &self.certificates[1..end]
    }

    /// The self-issued certificate at the end, if the chain has one.
    #[must_use]
    pub fn root(&self) -> Option<&Certificate> {
        self.certificates[1..].last().filter(|last| last.subject() == last.issuer())
    }

    /// All certificates, the leaf first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// All certificates as one PEM text, the leaf first and the root, if there is one, at the end: a copy of the chain, which
    /// [`from_pem`](Self::from_pem) reads. A server is given [`server_pem`](Self::server_pem).
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.certificates.iter().map(Certificate::as_pem).collect()
    }

    /// The leaf and its intermediates as one PEM text, without the root: what nginx, Apache and most others want as their certificate file.
    /// Clients have the root of their own, and trust no other.
    #[must_use]
    pub fn server_pem(&self) -> String {
        std::iter::once(self.leaf()).chain(self.intermediates()).map(Certificate::as_pem).collect()
    }

    /// Checks that the leaf carries the key of this request.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when it carries another.
    pub fn verify_key(&self, csr: &Csr) -> Result<(), Error> {
        if self.leaf().public_key() == csr.public_key() {
            return Ok(());
        }
        Err(Error::mismatch(format!("the certificate {} is for another key than the CSR's", self.leaf().serial_number())))
    }

    /// Checks that the leaf has this serial number, in hexadecimal digits of any case, with or without leading zeros.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when it has another.
    pub fn verify_serial_number(&self, expected: &str) -> Result<(), Error> {
        let own = self.leaf().serial_number();
        if own.trim_start_matches('0').eq_ignore_ascii_case(expected.trim_start_matches('0')) {
            return Ok(());
        }
        Err(Error::mismatch(format!("the certificate {own} came instead of {expected}")))
    }

    /// Checks that the leaf carries all of these names. It may carry more: the service adds `www.` to some products.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] that says which names are missing.
    pub fn verify_names<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Result<(), Error> {
        let has = |name: &str| self.leaf().names().iter().any(|own| own.eq_ignore_ascii_case(name));
        let missing: Vec<String> = names.into_iter().filter(|name| !has(name.as_ref())).map(|name| name.as_ref().to_owned()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let serial = self.leaf().serial_number();
        Err(Error::mismatch(format!("the certificate {serial} is not for {}", missing.join(", "))))
    }

    /// Checks every signature from the leaf up to the root that stands at the end of this chain, and that the leaf may serve TLS.
    ///
    /// This tells that the chain fits together. Whether its root deserves trust is for whoever meets the certificate to decide.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when the chain has no root or does not verify at the given time; [`Error::is_configuration`] when this
    /// crate was built without cryptography: without the features `rustls` and `rustls-no-provider`, and with nothing else in the
    /// program that gives rustls-webpki its algorithms.
    pub fn verify_signatures(&self, at: DateTime<Utc>) -> Result<(), Error> {
        let fails = |error: webpki::Error| {
            Error::mismatch(format!("the chain of certificate {} does not verify: {error}", self.leaf().serial_number()))
        };
        let root = self.root().ok_or_else(|| Error::mismatch("the chain does not end with a root"))?;
        let root = CertificateDer::from(root.as_der());
        let anchor = webpki::anchor_from_trusted_cert(&root).map_err(fails)?;
        let intermediates: Vec<CertificateDer<'_>> =
            self.intermediates().iter().map(|certificate| CertificateDer::from(certificate.as_der())).collect();
        let leaf = CertificateDer::from(self.leaf().as_der());
        let leaf = EndEntityCert::try_from(&leaf).map_err(fails)?;
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        leaf.verify_for_usage(&signature_algorithms()?, &[anchor], &intermediates, at, KeyUsage::server_auth(), None, None)
            .map_err(fails)?;
        Ok(())
    }
}

impl fmt::Debug for CertificateChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.certificates).finish()
    }
}

/// Refuses what will have to verify a chain where this build cannot: to be asked before anything is ordered.
///
/// # Errors
///
/// [`Error::is_configuration`].
pub(crate) fn require_verification(wanted: bool) -> Result<(), Error> {
    if wanted { signature_algorithms().map(drop) } else { Ok(()) }
}

/// What this build can verify signatures with: its own provider, the one the process has installed, or what another crate of the program
/// has enabled.
fn signature_algorithms() -> Result<Vec<&'static dyn SignatureVerificationAlgorithm>, Error> {
    #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
    if let Some(provider) = rustls::crypto::CryptoProvider::get_default() {
        return Ok(provider.signature_verification_algorithms.all.to_vec());
    }
    if webpki::ALL_VERIFICATION_ALGS.is_empty() {
        return Err(Error::configuration(
            "verifying a chain needs cryptography: enable the feature rustls, or rustls-no-provider with a CryptoProvider installed",
        ));
    }
    Ok(webpki::ALL_VERIFICATION_ALGS.to_vec())
}
