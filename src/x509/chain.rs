use std::{collections::HashSet, fmt, net::IpAddr};

use chrono::{DateTime, Utc};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::{Certificate, Csr, file, order::ordered, signature};
use crate::error::Error;

/// A certificate chain: the leaf, its intermediates, and the root.
///
/// It contains no unrelated certificates: each certificate except the leaf has issued another one. If a root is cross-signed, the chain
/// branches, and there may be several roots.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateChain {
    certificates: Vec<Certificate>,
    /// The number of roots, at the end.
    roots: usize,
}

impl CertificateChain {
    /// Reads a bundle of PEM certificates, in any order.
    ///
    /// # Errors
    ///
    /// Those of [`from_bytes`](Self::from_bytes).
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Self::from_bytes(text.as_bytes())
    }

    /// Reads a file of any format: PEM, DER, PKCS #7 (`.p7b`) in either, and with the feature `archives` zip archives of them. The
    /// certificates are ordered by issuer, so that a chain is the same whatever file it is read from.
    ///
    /// PEM may have lines of any length and with any line endings, be indented or on a single line, and be surrounded by text in any
    /// encoding.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when the file contains no certificate; when a certificate cannot be read, is truncated or does not belong to
    /// the chain; when the file is encrypted or in UTF-16; when it has more than 16 certificates or 1 MiB.
    pub fn from_bytes(file: &[u8]) -> Result<Self, Error> {
        Self::of(file::certificates(file)?)
    }

    /// Reads a chain in parts, each of which must contain a certificate.
    pub(crate) fn from_parts<'t>(parts: impl IntoIterator<Item = &'t [u8]>) -> Result<Self, Error> {
        Self::of(file::certificates_of_each(parts)?)
    }

    fn of(certificates: Vec<Certificate>) -> Result<Self, Error> {
        let ordered = ordered(certificates)?;
        Ok(Self { certificates: ordered.certificates, roots: ordered.roots })
    }

    /// Returns the end-entity certificate: the one that was ordered.
    #[must_use]
    pub fn leaf(&self) -> &Certificate {
        &self.certificates[0]
    }

    /// Returns the certificates between the leaf and the roots. None of them is self-signed.
    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        &self.certificates[1..self.certificates.len() - self.roots]
    }

    /// Returns the root, if present: a self-signed certificate. If there are several, the one nearest to the leaf.
    #[must_use]
    pub fn root(&self) -> Option<&Certificate> {
        self.roots().first()
    }

    /// Returns all roots present. A bundle with a cross-signed root may contain both the root itself and the root that cross-signed it.
    #[must_use]
    pub fn roots(&self) -> &[Certificate] {
        &self.certificates[self.certificates.len() - self.roots..]
    }

    /// Returns all certificates, the leaf first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Returns all certificates as one PEM text, the leaf first and the roots, if any, at the end: a copy of the chain that
    /// [`from_pem`](Self::from_pem) reads. For a server, use [`fullchain_pem`](Self::fullchain_pem).
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.certificates.iter().map(Certificate::as_pem).collect()
    }

    /// Returns the leaf and its intermediates as one PEM text, without the root: the certificate file that nginx, Apache and most other
    /// servers expect. Clients have their own copy of the root, and trust no other.
    #[must_use]
    pub fn fullchain_pem(&self) -> String {
        std::iter::once(self.leaf()).chain(self.intermediates()).map(Certificate::as_pem).collect()
    }

    /// Checks that the leaf has the key of this request.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when it has another key.
    pub fn verify_key(&self, csr: &Csr) -> Result<(), Error> {
        if self.leaf().public_key_der() == csr.public_key_der() {
            return Ok(());
        }
        Err(Error::mismatch(format!("the certificate {} was issued for another key than the CSR's", self.leaf().serial_number())))
    }

    /// Checks that the leaf has this serial number, in hexadecimal digits of any case, with or without leading zeros, and with or without
    /// colons between the bytes.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when it has another serial number.
    pub fn verify_serial_number(&self, expected: &str) -> Result<(), Error> {
        let own = self.leaf().serial_number();
        let number = |digits: &str| digits.replace([':', ' '], "").trim_start_matches('0').to_ascii_uppercase();
        if !expected.is_empty() && number(own) == number(expected) {
            return Ok(());
        }
        Err(Error::mismatch(format!("the service returned certificate {own} instead of {expected}")))
    }

    /// Checks that the leaf contains all of these names. It may contain more: the service adds `www.` for some products. IP addresses may
    /// be written in any form.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`], naming the missing names.
    pub fn verify_names<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Result<(), Error> {
        let written = |name: &str| name.parse::<IpAddr>().map_or_else(|_| name.to_ascii_lowercase(), |address| address.to_string());
        let own: HashSet<String> = self.leaf().subject_alt_names().iter().map(|name| written(name)).collect();
        let missing: Vec<String> =
            names.into_iter().filter(|name| !own.contains(&written(name.as_ref()))).map(|name| name.as_ref().to_owned()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let serial = self.leaf().serial_number();
        Err(Error::mismatch(format!("the certificate {serial} is not for {}", missing.join(", "))))
    }

    /// Checks that the leaf has not expired. One that is not valid yet is accepted: this clock must be slow.
    pub(crate) fn verify_not_expired(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let leaf = self.leaf();
        if now <= leaf.not_after() {
            return Ok(());
        }
        Err(Error::mismatch(format!("the certificate {} expired on {}", leaf.serial_number(), leaf.not_after())))
    }

    /// Checks every signature from the leaf up to the top of this chain, and that the leaf may be used for TLS servers. The top is a root
    /// or, if the chain has none (as in bundles for servers), the certificate nearest to it.
    ///
    /// This proves that the chain is consistent. It does not establish trust in its top; that is up to whoever relies on the certificate.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when the leaf is alone or the chain does not verify at the given time; [`Error::is_configuration`] when this
    /// crate was built without cryptography: without the features `rustls` and `rustls-no-provider`, and without another crate in the
    /// program that enables rustls-webpki's algorithms.
    pub fn verify_at(&self, at: DateTime<Utc>) -> Result<(), Error> {
        let algorithms = signature::algorithms()?;
        let fails = |error: webpki::Error| {
            Error::mismatch(format!("the chain of certificate {} does not verify: {error}", self.leaf().serial_number()))
        };
        let der = |certificate: &Certificate| CertificateDer::from(certificate.as_der().to_vec());
        let tops: Vec<_> = self.tops().filter(|top| at <= top.not_after()).map(der).collect();
        let anchors = tops.iter().map(webpki::anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>().map_err(fails)?;
        let intermediates: Vec<_> = self.intermediates().iter().map(der).collect();
        let leaf = der(self.leaf());
        let leaf = EndEntityCert::try_from(&leaf).map_err(fails)?;
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        leaf.verify_for_usage(&algorithms, &anchors, &intermediates, at, KeyUsage::server_auth(), None, None).map_err(fails)?;
        Ok(())
    }

    /// Does the same as of now or, if this clock is slow, as of the first moment at which the whole chain is valid.
    pub(crate) fn verify_signatures_since(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let begin = self.certificates.iter().map(Certificate::not_before).max();
        self.verify_at(begin.map_or(now, |begin| begin.max(now)))
    }

    /// The roots or, without any, the intermediates whose issuer is missing.
    fn tops(&self) -> impl Iterator<Item = &Certificate> {
        let is_issued = |one: &Certificate| self.intermediates().iter().any(|other| other != one && other.has_issued(one));
        let rootless = if self.roots == 0 { self.intermediates() } else { &[] };
        self.roots().iter().chain(rootless.iter().filter(move |one| !is_issued(one)))
    }
}

impl fmt::Debug for CertificateChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.certificates).finish()
    }
}

/// Fails if a chain will have to be verified and this build cannot: call it before anything is ordered.
///
/// # Errors
///
/// [`Error::is_configuration`].
pub(crate) fn require_verification(wanted: bool) -> Result<(), Error> {
    if wanted { signature::algorithms().map(drop) } else { Ok(()) }
}
