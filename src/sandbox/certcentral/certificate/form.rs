//! Reading the `certificate` member of orders, reissues and duplicates.

use super::CertificateForm;
use crate::sandbox::authority::{self, CsrFacts, CsrProblem, KeyAlgorithm, Purpose};
use crate::sandbox::certcentral::account::products::{Level, Product};
use crate::sandbox::certcentral::rules::names::certificate_name;
use crate::sandbox::certcentral::rules::validity::{self, TERM, Term};
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::{Refusal, Refusals};

/// The `certificate` member.
pub(crate) const CERTIFICATE: Members = &[
    ("common_name", Type::Text),
    ("dns_names", Type::Texts),
    ("csr", Type::Text),
    ("signature_hash", Type::Text),
    ("server_platform", Type::Object(&[("id", Type::Number)])),
    ("cert_validity", Type::Object(TERM)),
    ("ca_cert_id", Type::Text),
    ("organization_units", Type::Texts),
    ("emails", Type::Texts),
    ("profile_option", Type::Text),
];

/// `POST /order/certificate/{order_id}/reissue`; where it is provisioned and stored is not looked at.
pub(crate) const REISSUE: Members = &[
    ("certificate", Type::Object(CERTIFICATE)),
    ("skip_approval", Type::Flag),
    ("comments", Type::Text),
    ("dcv_method", Type::Text),
    ("certificate_dcv_scope", Type::Text),
    ("store_reissue_as_duplicate", Type::Flag),
    ("cs_provisioning_method", Type::Text),
];

/// `POST /order/certificate/{order_id}/duplicate`
pub(crate) const DUPLICATE: Members =
    &[("certificate", Type::Object(CERTIFICATE)), ("skip_approval", Type::Flag), ("comments", Type::Text)];

/// `PUT …/revoke`, of an order and of a certificate. Samples and clients write one name of the comment, the tables the other.
pub(crate) const REVOKE: Members =
    &[("comments", Type::Text), ("comment", Type::Text), ("skip_approval", Type::Flag), ("revocation_reason", Type::Text)];

const MOST_NAMES: usize = 250;
const LEAST_CODE_SIGNING_RSA_BITS: u32 = 3072;
/// The longest common name of X.509.
const LONGEST_COMMON_NAME: usize = 64;
const HASHES: [&str; 3] = ["sha256", "sha384", "sha512"];
/// What signs a domain-validated certificate whose order names no hash.
const DEFAULT_HASH: &str = "sha256";

impl CertificateForm {
    /// Reads the `certificate` member of a reissue or a duplicate; one that names no platform keeps the present one.
    pub(crate) fn read_again(body: &Body, product: &Product, platform: i64) -> Result<Self, Refusal> {
        let mut refusals = Refusals::default();
        let form = Self::read(body, product, platform, &mut refusals);
        // An order may wait for its CSR, what comes after it may not (inferred).
        if form.csr.is_empty() && !product.needs_csr() {
            refusals.push(Refusal::required("certificate.csr"));
        }
        refusals.into_result()?;
        Ok(form)
    }

    /// Reads the `certificate` member; `platform` is for one that names none.
    pub(crate) fn read(body: &Body, product: &Product, platform: i64, refusals: &mut Refusals) -> Self {
        let common_name = match body.text("certificate.common_name") {
            // It is then the organization's name.
            None if product.purpose() == Purpose::CodeSigning => "",
            name => refusals.require(name, "certificate.common_name"),
        };
        if common_name.chars().count() > LONGEST_COMMON_NAME {
            refusals.push(Refusal::invalid("rfc5280_common_name_too_long", "The common name has more than 64 characters."));
        }
        let read_name = |text: &str, path: &str| read_name(text, path, product);
        let dns_names = body.texts("certificate.dns_names");
        if dns_names.len() > MOST_NAMES {
            refusals.push(Refusal::invalid_value("certificate.dns_names"));
        }
        let csr = match body.text("certificate.csr") {
            None if !product.needs_csr() => "",
            csr => refusals.require(csr, "certificate.csr"),
        };
        let emails = if product.purpose() == Purpose::Email { refusals.note(read_emails(body)) } else { Vec::new() };
        let hash = match body.text("certificate.signature_hash") {
            None if product.level == Level::Domain => DEFAULT_HASH,
            hash => refusals.require(hash, "certificate.signature_hash"),
        };
        let hash = hash.to_ascii_lowercase();
        if !hash.is_empty() && !HASHES.contains(&hash.as_str()) {
            refusals.push(Refusal::invalid_value("certificate.signature_hash"));
        }
        Self {
            common_name: refusals.note(read_name(common_name, "certificate.common_name")),
            dns_names: refusals.note(dns_names.iter().map(|name| read_name(name, "certificate.dns_names")).collect()),
            key_size: refusals.note(read_key_size(csr, product)),
            csr: csr.to_owned(),
            signature_hash: hash,
            server_platform: body.number("certificate.server_platform.id").unwrap_or(platform),
            validity: refusals.note(Term::read(body, validity::CERT_VALIDITY).map_err(Refusal::from)),
            organization_units: body.texts("certificate.organization_units"),
            client_auth: body.text("certificate.profile_option") == Some("server_client_auth_eku"),
            emails,
        }
    }
}

/// A missing name was refused before.
fn read_name(text: &str, path: &str, product: &Product) -> Result<String, Refusal> {
    if text.is_empty() {
        return Ok(String::new());
    }
    if product.purpose() != Purpose::Tls {
        let is_common_name = path.ends_with("common_name");
        return if is_common_name { Ok(text.to_owned()) } else { Err(Refusal::invalid_value(path)) };
    }
    // What is issued for the public is what needs control of its names.
    certificate_name(text, product.needs_domain_control()).ok_or_else(|| Refusal::invalid_value(path))
}

/// The addresses of a client certificate; one at least.
fn read_emails(body: &Body) -> Result<Vec<String>, Refusal> {
    let emails = body.texts("certificate.emails");
    match emails.iter().all(|email| email.contains('@')) {
        _ if emails.is_empty() => Err(Refusal::required("certificate.emails")),
        true => Ok(emails),
        false => Err(Refusal::invalid_value("certificate.emails")),
    }
}

/// Codes beyond `csr_invalid_cannot_parse` are inferred.
pub(crate) fn read_key_size(csr: &str, product: &Product) -> Result<u32, Refusal> {
    let refused = |code, message| Err(Refusal::invalid(code, message));
    match authority::examine(csr) {
        // The industry's minimum for code signing since 2021-05-28 (vendor page orders/order-code-signing-certificate).
        Ok(CsrFacts { key_size, key_algorithm: KeyAlgorithm::Rsa })
            if key_size < LEAST_CODE_SIGNING_RSA_BITS && product.purpose() == Purpose::CodeSigning =>
        {
            refused("csr_invalid_key_size", "The key of the CSR is too short.")
        }
        Ok(facts) => Ok(facts.key_size),
        // Refused as a missing member before.
        Err(CsrProblem::Missing) => Ok(0),
        Err(CsrProblem::CannotParse) => refused("csr_invalid_cannot_parse", "The CSR could not be parsed."),
        Err(CsrProblem::BadSignature) => refused("csr_invalid_signature", "The signature of the CSR is invalid."),
        Err(CsrProblem::WeakKey { .. }) => refused("csr_invalid_key_size", "The key of the CSR is too short."),
        Err(CsrProblem::UnsupportedKey) => refused("csr_invalid_key_type", "The key type of the CSR is not supported."),
    }
}
