//! A certificate authority that signs CSRs.

mod csr;

pub(crate) use csr::{CsrFacts, CsrProblem, KeyAlgorithm, examine};

use aws_lc_rs::{digest, rand};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use csr::RequestedKey;
use rcgen::string::{Ia5String, PrintableString};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};
use time::OffsetDateTime;
use x509_cert::der::pem::{LineEnding, encode_string};

use super::later::{Later, later};

/// The authority's own certificates are valid as far as a virtual clock may go.
const CA_NOT_BEFORE: DateTime<Utc> = midnight(1990, 1, 1);
/// The end of the authority's own validity.
const CA_NOT_AFTER: DateTime<Utc> = midnight(2050, 1, 1);

/// The organization in the authority's own certificates.
pub(crate) const ORGANIZATION: &str = "Shomei Sandbox";

/// The authority itself, as its certificates name it.
const CA_SUBJECT: Subject<'_> = Subject { organization: ORGANIZATION, city: "", state: "", country: "US" };

/// What a certificate is for, which decides who signs it and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Servers, and their clients.
    Tls,
    /// Programs.
    CodeSigning,
    /// Mail, and those who read it.
    Email,
}

/// The root and, for each purpose, an intermediate that signs what the sandbox issues.
pub(crate) struct Authority {
    /// The certificate to trust.
    root: Certificate,
    intermediates: [Intermediate; 3],
}

/// Who signs for a purpose.
struct Intermediate {
    purpose: Purpose,
    /// The certificate of `issuer`.
    certificate: Certificate,
    /// The name and key that sign leaves.
    issuer: Arc<Issuer<'static, KeyPair>>,
}

/// Purpose, name of the intermediate, key usages.
const INTERMEDIATES: [(Purpose, &str, &[ExtendedKeyUsagePurpose]); 3] = [
    (Purpose::Tls, "Sandbox TLS ECC SHA256 2020 CA1", &[ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]),
    (Purpose::CodeSigning, "Sandbox Code Signing ECC SHA256 2021 CA1", &[ExtendedKeyUsagePurpose::CodeSigning]),
    (
        Purpose::Email,
        "Sandbox Client ECC SHA256 2020 CA1",
        &[ExtendedKeyUsagePurpose::EmailProtection, ExtendedKeyUsagePurpose::ClientAuth],
    ),
];

/// What to put into a certificate.
pub(crate) struct Issuance<'a> {
    /// The request, of which only the key is used.
    pub csr: &'a str,
    /// The subject's common name, also the first alternative name.
    pub common_name: &'a str,
    /// Further alternative names; IP addresses become IP names, and all are mail addresses if it is for mail.
    pub dns_names: &'a [String],
    /// The organization that was validated, none for a domain-validated certificate.
    pub organization: Option<Subject<'a>>,
    /// The first second of validity.
    pub not_before: DateTime<Utc>,
    /// The last second of validity, in the year 9999 at the latest.
    pub not_after: DateTime<Utc>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether clients may use a server's certificate, too.
    pub client_auth: bool,
}

/// An organization as a certificate names it; empty members are left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// The legal name.
    pub organization: &'a str,
    /// The locality.
    pub city: &'a str,
    /// The state or province.
    pub state: &'a str,
    /// The two-letter country code in either case.
    pub country: &'a str,
}

/// A certificate and what the service tells about it. What it says is settled; its signature is made when it is first needed.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The subject's common name.
    pub common_name: String,
    /// Upper-case hexadecimal, two digits a byte.
    pub serial_number: String,
    /// The first second of validity.
    pub not_before: DateTime<Utc>,
    /// The last second of validity.
    pub not_after: DateTime<Utc>,
    /// What it is for.
    pub purpose: Purpose,
    signed: Later<Signed>,
}

/// What a signature completes.
#[derive(Debug)]
struct Signed {
    der: Vec<u8>,
    thumbprint: String,
}

/// A new certificate and what its request told.
pub(crate) struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// The key that was certified.
    pub key: CsrFacts,
}

/// A certificate with those that vouch for it.
#[derive(Clone, Copy)]
pub(crate) struct Chain<'a> {
    /// The end entity's certificate.
    pub leaf: &'a Certificate,
    /// The certificate of the leaf's issuer.
    pub intermediate: &'a Certificate,
    /// The certificate of the intermediate's issuer.
    pub root: &'a Certificate,
}

/// Why no certificate is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IssueProblem {
    /// The request is refused.
    Csr(CsrProblem),
    /// A name that no certificate can carry.
    Name(String),
}

impl From<CsrProblem> for IssueProblem {
    fn from(problem: CsrProblem) -> Self {
        Self::Csr(problem)
    }
}

impl Authority {
    /// Makes an authority with fresh keys, elliptic ones since they are made in well under a millisecond.
    pub(crate) fn new() -> Self {
        let root_key = fresh_key();
        let root_draft = ca_draft(Purpose::Tls, "Sandbox Global Root G3", BasicConstraints::Unconstrained);
        let signed = root_draft.params.self_signed(&root_key);
        let root_issuer = Issuer::new(root_draft.params.clone(), root_key);
        let root = root_draft.seal(|_| signed);

        let intermediates = INTERMEDIATES.map(|(purpose, name, usages)| {
            let key = fresh_key();
            let mut draft = ca_draft(purpose, name, BasicConstraints::Constrained(0));
            draft.params.use_authority_key_identifier_extension = true;
            draft.params.extended_key_usages = usages.to_vec();
            let signed = draft.params.signed_by(&key, &root_issuer);
            let issuer = Arc::new(Issuer::new(draft.params.clone(), key));
            Intermediate { purpose, certificate: draft.seal(|_| signed), issuer }
        });
        Self { root, intermediates }
    }

    fn of(&self, purpose: Purpose) -> &Intermediate {
        self.intermediates.iter().find(|intermediate| intermediate.purpose == purpose).expect("each purpose has its row")
    }

    /// Certifies the key of a request for the names asked for; the signature is made later.
    ///
    /// # Errors
    ///
    /// The request is refused, or a name cannot stand in a certificate.
    pub(crate) fn issue(&self, issuance: &Issuance<'_>) -> Result<Issued, IssueProblem> {
        let key = RequestedKey::from_csr(issuance.csr)?;
        let organization = issuance.organization.as_ref();
        let purpose = issuance.purpose;
        let mut draft = Draft::new(purpose, issuance.common_name, organization, issuance.not_before, issuance.not_after);
        let params = &mut draft.params;
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.subject_alt_names = match purpose {
            Purpose::Tls => alternative_names(issuance.common_name, issuance.dns_names)?,
            Purpose::CodeSigning => Vec::new(),
            Purpose::Email => issuance.dns_names.iter().map(|address| mail_address(address)).collect::<Result<_, _>>()?,
        };
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        if key.facts.key_algorithm == KeyAlgorithm::Rsa && purpose != Purpose::CodeSigning {
            params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
        }
        params.extended_key_usages = match purpose {
            Purpose::Tls if issuance.client_auth => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
            Purpose::Tls => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Purpose::CodeSigning => vec![ExtendedKeyUsagePurpose::CodeSigning],
            Purpose::Email => vec![ExtendedKeyUsagePurpose::EmailProtection, ExtendedKeyUsagePurpose::ClientAuth],
        };
        let (facts, issuer) = (key.facts, Arc::clone(&self.of(purpose).issuer));
        let certificate = draft.seal(move |params| {
            #[cfg(test)]
            tests::signatures::note();
            params.signed_by(&key, &issuer)
        });
        Ok(Issued { certificate, key: facts })
    }

    /// Adds to a certificate of this authority those that vouch for it.
    pub(crate) fn chain<'a>(&'a self, leaf: &'a Certificate) -> Chain<'a> {
        Chain { leaf, intermediate: self.intermediate(leaf.purpose), root: &self.root }
    }

    /// The certificate of the key that signs for a purpose.
    pub(crate) fn intermediate(&self, purpose: Purpose) -> &Certificate {
        &self.of(purpose).certificate
    }

    /// The certificates of all keys that sign.
    pub(crate) fn intermediates(&self) -> impl Iterator<Item = &Certificate> {
        self.intermediates.iter().map(|intermediate| &intermediate.certificate)
    }

    /// The certificate to trust.
    pub(crate) fn root(&self) -> &Certificate {
        &self.root
    }
}

impl Certificate {
    /// Signs it, unless that was done.
    pub(crate) fn sign(&self) {
        LazyLock::force(&self.signed);
    }

    /// The certificate itself.
    pub(crate) fn der(&self) -> &[u8] {
        &self.signed.der
    }

    /// The SHA-1 of the certificate in upper-case hexadecimal.
    pub(crate) fn thumbprint(&self) -> &str {
        &self.signed.thumbprint
    }

    /// The certificate as PEM with the CRLF line ends the service writes.
    pub(crate) fn pem(&self) -> String {
        encode_string("CERTIFICATE", LineEnding::CRLF, self.der()).expect("a certificate's length fits the encoder")
    }
}

impl<'a> Chain<'a> {
    /// The certificates in the order the service lists them: leaf, intermediate, root.
    pub(crate) fn certificates(&self) -> [&'a Certificate; 3] {
        [self.leaf, self.intermediate, self.root]
    }
}

/// A certificate before it is signed.
struct Draft {
    /// What gets encoded.
    params: CertificateParams,
    /// The subject's common name.
    common_name: String,
    /// The serial number in `params`.
    serial_number: [u8; 16],
    /// The first second of validity.
    not_before: DateTime<Utc>,
    /// The last second of validity.
    not_after: DateTime<Utc>,
    /// What it is for.
    purpose: Purpose,
}

impl Draft {
    /// A certificate of no particular use.
    fn new(
        purpose: Purpose,
        common_name: &str,
        organization: Option<&Subject<'_>>,
        not_before: DateTime<Utc>,
        not_after: DateTime<Utc>,
    ) -> Self {
        let serial_number = fresh_serial_number();
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished_name(common_name, organization);
        params.serial_number = Some(serial_number.to_vec().into());
        params.not_before = x509_time(not_before);
        params.not_after = x509_time(not_after);
        Self { params, common_name: common_name.to_owned(), serial_number, not_before, not_after, purpose }
    }

    /// The certificate that signing the draft makes.
    fn seal(self, sign: impl FnOnce(&CertificateParams) -> Result<rcgen::Certificate, rcgen::Error> + Send + 'static) -> Certificate {
        let Self { params, common_name, serial_number, not_before, not_after, purpose } = self;
        let signed = later(move || {
            let der = sign(&params).expect("a complete draft can be encoded and signed").der().to_vec();
            let thumbprint = upper_hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der).as_ref());
            Signed { der, thumbprint }
        });
        Certificate { common_name, serial_number: upper_hex(&serial_number), not_before, not_after, purpose, signed }
    }
}

/// A certificate that signs others.
fn ca_draft(purpose: Purpose, common_name: &str, reach: BasicConstraints) -> Draft {
    let mut draft = Draft::new(purpose, common_name, Some(&CA_SUBJECT), CA_NOT_BEFORE, CA_NOT_AFTER);
    draft.params.is_ca = IsCa::Ca(reach);
    draft.params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    draft
}

/// The subject, from the country down to the common name.
fn distinguished_name(common_name: &str, organization: Option<&Subject<'_>>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if let Some(subject) = organization {
        let country = subject.country.to_ascii_uppercase();
        let attributes = [
            (DnType::CountryName, country.as_str()),
            (DnType::StateOrProvinceName, subject.state),
            (DnType::LocalityName, subject.city),
            (DnType::OrganizationName, subject.organization),
        ];
        for (kind, value) in attributes.into_iter().filter(|(_, value)| !value.is_empty()) {
            let value = dn_value(&kind, value);
            name.push(kind, value);
        }
    }
    name.push(DnType::CommonName, common_name);
    name
}

/// The string type X.509 asks for: the country alone must be a `PrintableString`.
fn dn_value(kind: &DnType, value: &str) -> DnValue {
    match PrintableString::try_from(value) {
        Ok(printable) if *kind == DnType::CountryName => DnValue::PrintableString(printable),
        _ => DnValue::Utf8String(value.to_owned()),
    }
}

/// The common name and then the other names, each once.
fn alternative_names(common_name: &str, others: &[String]) -> Result<Vec<SanType>, IssueProblem> {
    let mut names: Vec<&str> = vec![common_name];
    for other in others {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(other)) {
            names.push(other);
        }
    }
    names.into_iter().map(alternative_name).collect()
}

/// An IP address or a DNS name.
fn alternative_name(name: &str) -> Result<SanType, IssueProblem> {
    if let Ok(address) = name.parse() {
        return Ok(SanType::IpAddress(address));
    }
    match Ia5String::try_from(name) {
        Ok(dns_name) if !name.is_empty() => Ok(SanType::DnsName(dns_name)),
        _ => Err(IssueProblem::Name(name.to_owned())),
    }
}

/// A mail address.
fn mail_address(address: &str) -> Result<SanType, IssueProblem> {
    Ia5String::try_from(address).map(SanType::Rfc822Name).map_err(|_| IssueProblem::Name(address.to_owned()))
}

/// A CSR for a fresh key that nobody holds, as PEM, for example accounts.
pub(crate) fn unheld_csr() -> String {
    let params = CertificateParams::default();
    let request = params.serialize_request(&fresh_key()).expect("an empty request can be encoded and signed");
    encode_string("CERTIFICATE REQUEST", LineEnding::LF, request.der()).expect("a request's length fits the encoder")
}

/// A key that can be made quickly.
fn fresh_key() -> KeyPair {
    KeyPair::generate().expect("the system's random numbers never run out")
}

/// A random serial number that starts with a zero digit, as DigiCert's often do, and keeps its 16 bytes in DER.
fn fresh_serial_number() -> [u8; 16] {
    let mut serial_number = [0; 16];
    rand::fill(&mut serial_number).expect("the system's random numbers never run out");
    serial_number[0] = serial_number[0] & 0x0F | 0x01;
    serial_number
}

/// Bytes in upper-case hexadecimal.
fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02X}").expect("writing into a string cannot fail");
        hex
    })
}

/// A moment as the encoder takes it.
fn x509_time(moment: DateTime<Utc>) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.timestamp()).expect("validity lies within the years X.509 can write")
}

/// The start of a day.
const fn midnight(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    let date = NaiveDate::from_ymd_opt(year, month, day).expect("the day is in the calendar");
    date.and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
pub(crate) mod tests;
