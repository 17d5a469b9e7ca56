use std::{collections::HashSet, fmt, net::IpAddr};

use chrono::{DateTime, Utc};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::{Certificate, Csr, file, order::ordered, signature};
use crate::error::Error;

/// A certificate with those that vouch for it: the leaf, its intermediates, and the root.
///
/// It holds nothing that does not belong to it: each certificate but the leaf has issued another one. Where a root was cross-signed the
/// chain branches, and there may be several roots.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateChain {
    certificates: Vec<Certificate>,
    /// How many of them, at the end, are roots.
    roots: usize,
}

impl CertificateChain {
    /// Reads a bundle of PEM certificates, in whatever order they stand.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Self::from_bytes).
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Self::from_bytes(text.as_bytes())
    }

    /// Reads a file of any format: PEM, DER, PKCS #7 (`.p7b`) in either, and with the feature `archives` zip archives of them. Their order
    /// is found by who has issued whom, so that a chain is the same wherever it was read from.
    ///
    /// PEM may have lines of any length and with any ends, be indented or written in one line, and stand between text in any encoding.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when there is no certificate in it, one cannot be read, is cut off or does not belong to the chain; when the
    /// file is encrypted or in UTF-16; when it has more than 16 certificates or 1 MiB.
    pub fn from_bytes(file: &[u8]) -> Result<Self, Error> {
        Self::of(file::certificates(file)?)
    }

    /// Reads a chain that came in parts, each of which has to hold a certificate.
    pub(crate) fn from_parts<'t>(parts: impl IntoIterator<Item = &'t [u8]>) -> Result<Self, Error> {
        Self::of(file::certificates_of_each(parts)?)
    }

    fn of(certificates: Vec<Certificate>) -> Result<Self, Error> {
        let ordered = ordered(certificates)?;
        Ok(Self { certificates: ordered.certificates, roots: ordered.roots })
    }

    /// The end-entity certificate: the one that was ordered.
    #[must_use]
    pub fn leaf(&self) -> &Certificate {
        &self.certificates[0]
    }

    /// What stands between the leaf and the roots. None of them has signed itself.
    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        &self.certificates[1..self.certificates.len() - self.roots]
    }

    /// The root, if it is there: a certificate that its own key has signed. Of several it is the nearest to the leaf.
    #[must_use]
    pub fn root(&self) -> Option<&Certificate> {
        self.roots().first()
    }

    /// All roots that are there. A bundle with a cross-signed root may have the root itself and the one that has signed it.
    #[must_use]
    pub fn roots(&self) -> &[Certificate] {
        &self.certificates[self.certificates.len() - self.roots..]
    }

    /// All certificates, the leaf first.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// All certificates as one PEM text, the leaf first and the roots, if there are any, at the end: a copy of the chain, which
    /// [`from_pem`](Self::from_pem) reads. A server is given [`fullchain_pem`](Self::fullchain_pem).
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.certificates.iter().map(Certificate::as_pem).collect()
    }

    /// The leaf and its intermediates as one PEM text, without the root: what nginx, Apache and most others want as their certificate file.
    /// Clients have the root of their own, and trust no other.
    #[must_use]
    pub fn fullchain_pem(&self) -> String {
        std::iter::once(self.leaf()).chain(self.intermediates()).map(Certificate::as_pem).collect()
    }

    /// Checks that the leaf carries the key of this request.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when it carries another.
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
    /// [`Error::is_mismatch`] when it has another.
    pub fn verify_serial_number(&self, expected: &str) -> Result<(), Error> {
        let own = self.leaf().serial_number();
        let number = |digits: &str| digits.replace([':', ' '], "").trim_start_matches('0').to_ascii_uppercase();
        if !expected.is_empty() && number(own) == number(expected) {
            return Ok(());
        }
        Err(Error::mismatch(format!("the service returned certificate {own} instead of {expected}")))
    }

    /// Checks that the leaf carries all of these names. It may carry more: the service adds `www.` to some products. IP addresses may be
    /// written in any way.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] that says which names are missing.
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

    /// Checks that the leaf has not expired. One that begins only later is good: it is this clock that is slow.
    pub(crate) fn verify_not_expired(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let leaf = self.leaf();
        if now <= leaf.not_after() {
            return Ok(());
        }
        Err(Error::mismatch(format!("the certificate {} expired on {}", leaf.serial_number(), leaf.not_after())))
    }

    /// Checks every signature from the leaf up to the top of this chain, and that the leaf may serve TLS. The top is a root, or if the
    /// chain has none, as bundles for servers have not, what stands nearest to it.
    ///
    /// This tells that the chain fits together. Whether its top deserves trust is for whoever meets the certificate to decide.
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when the leaf stands alone or the chain does not verify at the given time; [`Error::is_configuration`] when
    /// this crate was built without cryptography: without the features `rustls` and `rustls-no-provider`, and with nothing else in the
    /// program that gives rustls-webpki its algorithms.
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

    /// Does the same as of now, or where this clock is slow as of the first moment at which all of the chain is valid.
    pub(crate) fn verify_signatures_since(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let begin = self.certificates.iter().map(Certificate::not_before).max();
        self.verify_at(begin.map_or(now, |begin| begin.max(now)))
    }

    /// The roots, or without any the intermediates whose issuer is not there.
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

/// Refuses what will have to verify a chain where this build cannot: to be asked before anything is ordered.
///
/// # Errors
///
/// [`Error::is_configuration`].
pub(crate) fn require_verification(wanted: bool) -> Result<(), Error> {
    if wanted { signature::algorithms().map(drop) } else { Ok(()) }
}
