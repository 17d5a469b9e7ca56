//! The two certificate authorities of the mock JPKI, for signing and for authentication.
//!
//! Their keys are made once in a process, when the first card is: making RSA keys takes a while.

use std::sync::LazyLock;

use chrono::{DateTime, Days, Timelike as _, Utc};
use rcgen::string::PrintableString;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    OtherNameValue, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize, SanType, date_time_ymd,
};
use time::OffsetDateTime;
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::pem::{LineEnding, encode_string};
use x509_cert::ext::pkix::certpolicy::{CertificatePolicies, PolicyInformation};

use super::jpki::{Kind, serial_number};
use super::person::PersonDetails;

/// How long a certificate is valid.
const VALIDITY: Days = Days::new(5 * 365);
/// The object identifiers of JPKI.
const ARC: [u64; 6] = [1, 2, 392, 200_149, 8, 5];
const ORGANIZATION: &str = "P8N-MOCK";
const COMPANY: &str = "PocketSign Inc.";
/// `id-at-organizationalUnitName`, for a second one.
const ORGANIZATIONAL_UNIT: [u64; 4] = [2, 5, 4, 11];
/// `id-ce-certificatePolicies`
const CERTIFICATE_POLICIES: [u64; 4] = [2, 5, 29, 32];

static SIGNING: LazyLock<CardAuthority> = LazyLock::new(|| CardAuthority::new(Kind::Signing));
static AUTHENTICATION: LazyLock<CardAuthority> = LazyLock::new(|| CardAuthority::new(Kind::Authentication));

/// A certificate for a card's key.
pub(super) struct Certified {
    pub(super) der: Vec<u8>,
    pub(super) not_before: DateTime<Utc>,
    pub(super) not_after: DateTime<Utc>,
}

/// An authority that certifies the keys of cards.
struct CardAuthority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl CardAuthority {
    fn new(kind: Kind) -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("the system's random numbers never run out");
        let mut params = CertificateParams::default();
        params.distinguished_name = name(kind);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // It is valid wherever the sandbox's clock may stand.
        (params.not_before, params.not_after) = (date_time_ymd(1990, 1, 1), date_time_ymd(2050, 1, 1));
        let pem = pem(params.self_signed(&key).expect("a complete draft can be encoded and signed").der());
        Self { issuer: Issuer::new(params, key), pem }
    }
}

impl Kind {
    fn authority(self) -> &'static CardAuthority {
        match self {
            Self::Signing => &SIGNING,
            Self::Authentication => &AUTHENTICATION,
        }
    }

    /// The organizational unit that stands for the kind, in names.
    fn unit(self) -> &'static str {
        match self {
            Self::Signing => "P8N for digital signature",
            Self::Authentication => "P8N for user authentication",
        }
    }

    /// The policy of the certificates of cards.
    fn policy(self) -> ObjectIdentifier {
        match self {
            Self::Signing => ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.1.20"),
            Self::Authentication => ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.3.30"),
        }
    }

    fn usages(self) -> Vec<KeyUsagePurpose> {
        match self {
            Self::Signing => vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment],
            Self::Authentication => vec![KeyUsagePurpose::DigitalSignature],
        }
    }
}

/// The subject of a certificate as the service's mock writes it; that of authentication follows the one for signing.
pub(super) fn subject(kind: Kind) -> String {
    format!("OU={}+OU={COMPANY},O={ORGANIZATION},C=JP", kind.unit())
}

/// Where the list is published that a certificate would be in, as the mock writes it.
pub(super) fn distribution_point(kind: Kind) -> String {
    format!("CN=City-1234 CRLDP,OU=Prefecture-13,OU=CRL Distribution Points,OU={},O={ORGANIZATION},C=JP", kind.unit())
}

/// Which characters were replaced: none of an invented person's. There is not a digit for each character, by samples of the mock; that there is
/// one for each ideograph is inferred.
pub(super) fn substitutes(text: &str) -> String {
    text.chars().filter(|character| ('\u{3400}'..='\u{9fff}').contains(character)).map(|_| '0').collect()
}

/// The certificates of both authorities.
pub(super) fn authorities_pem() -> String {
    [Kind::Signing, Kind::Authentication].map(|kind| kind.authority().pem.as_str()).concat()
}

/// Certifies a key for a person.
pub(super) fn certify(kind: Kind, details: &PersonDetails, key: &impl PublicKeyData, now: DateTime<Utc>) -> Certified {
    let not_before = now.with_nanosecond(0).unwrap_or(now);
    let not_after = not_before.checked_add_days(VALIDITY).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let mut params = CertificateParams::default();
    params.distinguished_name = name(kind);
    params.distinguished_name.push(DnType::CustomDnType(ORGANIZATIONAL_UNIT.to_vec()), DnValue::Utf8String(COMPANY.to_owned()));
    params.serial_number = Some(serial_number().to_vec().into());
    params.not_before = x509_time(not_before);
    params.not_after = x509_time(not_after);
    params.is_ca = IsCa::NoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = kind.usages();
    params.custom_extensions = vec![policies(kind)];
    if kind == Kind::Signing {
        params.subject_alt_names = alternative_names(details);
    }
    let certificate = params.signed_by(key, &kind.authority().issuer).expect("a complete draft can be encoded and signed");
    Certified { der: certificate.der().to_vec(), not_before, not_after }
}

fn policies(kind: Kind) -> CustomExtension {
    let policy = PolicyInformation { policy_identifier: kind.policy(), policy_qualifiers: None };
    let content = CertificatePolicies(vec![policy]).to_der().expect("one policy can be encoded");
    let mut extension = CustomExtension::from_oid_content(&CERTIFICATE_POLICIES, content);
    extension.set_criticality(true);
    extension
}

/// The name of an authority; the subjects of its certificates have one more unit. The service writes both units of a subject as one relative
/// name (`OU=…+OU=…`), which the encoder cannot; in the certificates they are two.
fn name(kind: Kind) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if let Ok(country) = PrintableString::try_from("JP") {
        name.push(DnType::CountryName, DnValue::PrintableString(country));
    }
    name.push(DnType::OrganizationName, ORGANIZATION);
    name.push(DnType::OrganizationalUnitName, kind.unit());
    name
}

/// The basic four attributes under the object identifiers of JPKI.
fn alternative_names(details: &PersonDetails) -> Vec<SanType> {
    let values = [
        (1, details.name.clone()),
        (2, substitutes(&details.name)),
        (3, details.gender.clone()),
        (4, details.date_of_birth.clone()),
        (5, details.address.clone()),
        (6, substitutes(&details.address)),
    ];
    let named = |(number, value): (u64, String)| {
        SanType::OtherName((ARC.into_iter().chain([5, number]).collect(), OtherNameValue::Utf8String(value)))
    };
    values.into_iter().map(named).collect()
}

/// A certificate in PEM.
pub(super) fn pem(der: &[u8]) -> String {
    encode_string("CERTIFICATE", LineEnding::LF, der).expect("a certificate's length fits the encoder")
}

fn x509_time(moment: DateTime<Utc>) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.timestamp()).expect("validity lies within the years X.509 can write")
}
