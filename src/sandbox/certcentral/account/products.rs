//! The products this account may order.

use serde::Serialize;
use serde_json::{Value, json};

use super::platforms;
use crate::sandbox::authority::Purpose;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::order::Provisioning;
use crate::sandbox::certcentral::rules::names::is_wildcard;
use crate::sandbox::certcentral::rules::validations::ValidationKind;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::json::Body;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::settings::Limits;

/// Hash algorithms by id and name.
const HASHES: [(&str, &str); 3] = [("sha256", "SHA-256"), ("sha384", "SHA-384"), ("sha512", "SHA-512")];

/// A certificate product.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) name_id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) level: Level,
}

/// A product as lists show it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ProductSummary {
    name_id: &'static str,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// What is validated before a product is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Domain,
    Organization,
    Extended,
    /// Names of a private network: the organization counts, the names are nobody's.
    Private,
    /// Signs programs: the organization counts.
    CodeSigning,
    /// The same, with extended validation.
    ExtendedCodeSigning,
    /// Names a person: the organization and the person's mail addresses count.
    Client,
}

use Level::{Client, CodeSigning, Domain, Extended, ExtendedCodeSigning, Organization, Private};

const PRODUCTS: &[Product] = &[
    product("ssl_ev_securesite_pro", "Secure Site Pro EV SSL", Extended),
    product("ssl_ev_securesite_flex", "Secure Site EV", Extended),
    product("ssl_ev_securesite", "Secure Site EV SSL", Extended),
    product("ssl_ev_securesite_multi_domain", "Secure Site EV Multi-Domain SSL", Extended),
    product("ssl_ev_basic", "Basic EV", Extended),
    product("ssl_ev_plus", "Extended Validation SSL", Extended),
    product("ssl_ev_multi_domain", "EV Multi-Domain", Extended),
    product("ssl_securesite_pro", "Secure Site Pro SSL", Organization),
    product("ssl_securesite_flex", "Secure Site OV", Organization),
    product("ssl_securesite", "Secure Site SSL", Organization),
    product("ssl_securesite_multi_domain", "Secure Site Multi-Domain SSL", Organization),
    product("ssl_securesite_wildcard", "Secure Site Wildcard SSL", Organization),
    product("ssl_geotrust_truebizid", "GeoTrust TrueBusiness ID OV", Organization),
    product("ssl_basic", "Basic OV", Organization),
    product("ssl_plus", "Standard SSL", Organization),
    product("ssl_multi_domain", "Multi-Domain SSL", Organization),
    product("ssl_wildcard", "Wildcard", Organization),
    product("ssl_cloud_wildcard", "Cloud", Organization),
    product("ssl_dv_geotrust", "GeoTrust Standard DV", Domain),
    product("ssl_dv_geotrust_flex", "GeoTrust DV SSL", Domain),
    product("ssl_dv_rapidssl", "RapidSSL Standard DV", Domain),
    product("wildcard_dv_geotrust", "GeoTrust Wildcard DV", Domain),
    product("wildcard_dv_rapidssl", "RapidSSL Wildcard DV", Domain),
    product("cloud_dv_geotrust", "GeoTrust Cloud DV", Domain),
    product("private_ssl_flex", "Private SSL OV", Private),
    product("private_ssl_plus", "Private SSL", Private),
    product("private_ssl_multi_domain", "Private SSL Multi-Domain", Private),
    product("private_ssl_wildcard", "Private SSL Wildcard", Private),
    product("code_signing", "Code Signing", CodeSigning),
    product("code_signing_ev", "EV Code Signing", ExtendedCodeSigning),
    product("client_premium", "Premium", Client),
    product("client_email_security_plus", "Email Security Plus", Client),
    product("client_digital_signature_plus", "Digital Signature Plus", Client),
];

/// What the determinator picks by the hint: for one name, for several, for wildcards. The page says only that it goes by what was sent.
const DETERMINED: [(&str, &str, &str, Option<&str>); 2] =
    [("ov", "ssl_plus", "ssl_multi_domain", Some("ssl_wildcard")), ("ev", "ssl_ev_plus", "ssl_ev_multi_domain", None)];
/// Where a product's identifier stands in the path, this asks for the determinator.
const DETERMINATOR: &str = "ssl";

const fn product(name_id: &'static str, name: &'static str, level: Level) -> Product {
    Product { name_id, name, level }
}

/// The product of an identifier.
pub(crate) fn find(name_id: &str) -> Result<&'static Product, Refusal> {
    PRODUCTS.iter().find(|product| product.name_id == name_id).ok_or_else(|| Refusal::not_found("product"))
}

/// The product that an order is for: the one it names, or the one that its names and `product.type_hint` come to.
pub(crate) fn ordered(name_id: &str, body: &Body) -> Result<&'static Product, Refusal> {
    if name_id != DETERMINATOR {
        return find(name_id);
    }
    let ambiguous = || Refusal::invalid("ambiguous_product", "The product could not be determined.");
    let hint = body.text("product.type_hint").unwrap_or_default();
    let (_, single, several, wildcard) = DETERMINED.iter().find(|(known, ..)| *known == hint).ok_or_else(ambiguous)?;
    let common_name = body.text("certificate.common_name").unwrap_or_default();
    let mut names = body.texts("certificate.dns_names");
    names.push(common_name.to_owned());
    names.sort_unstable();
    names.dedup();
    match (names.iter().any(|name| is_wildcard(name)), names.len()) {
        (true, 1) => find(wildcard.ok_or_else(ambiguous)?),
        // Wildcards beside other names are of no classic product.
        (true, _) => Err(ambiguous()),
        (false, 1) => find(single),
        (false, _) => find(several),
    }
}

impl Product {
    pub(crate) fn purpose(&self) -> Purpose {
        match self.level {
            Domain | Organization | Extended | Private => Purpose::Tls,
            CodeSigning | ExtendedCodeSigning => Purpose::CodeSigning,
            Client => Purpose::Email,
        }
    }

    /// The organization validation the product asks for.
    pub(crate) fn organization_validation(&self) -> Option<ValidationKind> {
        match self.level {
            Domain => None,
            Organization | Private | Client => Some(ValidationKind::Ov),
            Extended => Some(ValidationKind::Ev),
            CodeSigning => Some(ValidationKind::Cs),
            ExtendedCodeSigning => Some(ValidationKind::EvCs),
        }
    }

    pub(crate) fn needs_domain_control(&self) -> bool {
        matches!(self.level, Domain | Organization | Extended)
    }

    /// How the account hands over code signing certificates whose orders do not say it; the vendor's own default is not known.
    pub(crate) fn default_provisioning(&self) -> Option<Provisioning> {
        (self.purpose() == Purpose::CodeSigning).then_some(Provisioning::ShipToken)
    }

    /// Whether an order may come without a CSR, which is handed in later: one for a token or for a person.
    pub(crate) fn needs_csr(&self) -> bool {
        self.purpose() == Purpose::Tls
    }

    /// Only OV and EV certificates for the public may be duplicated.
    pub(crate) fn allows_duplicates(&self) -> bool {
        matches!(self.level, Organization | Extended)
    }

    fn type_name(&self) -> &'static str {
        match self.level {
            Domain => "dv_ssl_certificate",
            Organization | Extended => "ssl_certificate",
            Private => "private_ssl_certificate",
            CodeSigning | ExtendedCodeSigning => "code_signing_certificate",
            Client => "client_certificate",
        }
    }

    /// As lists and requests show it.
    pub(crate) fn summary(&self) -> ProductSummary {
        ProductSummary { name_id: self.name_id, name: self.name, kind: self.type_name() }
    }

    /// As Order info shows it.
    pub(crate) fn details(&self) -> Value {
        let (kind, name, description) =
            self.organization_validation().map_or(("dv", "DV", "Domain Validation"), |kind| (kind.word(), kind.name(), kind.description()));
        json!({
            "name_id": self.name_id,
            "name": self.name,
            "type": self.type_name(),
            "validation_type": kind,
            "validation_name": name,
            "validation_description": description,
            "csr_required": self.needs_csr(),
        })
    }
}

impl Account {
    /// The limits of a product: certificates that are not for TLS may last as long as their plan.
    pub(crate) fn limits(&self, product: &Product) -> Limits {
        let limits = self.settings.validity_limits();
        let certificate_days = if product.purpose() == Purpose::Tls { limits.certificate_days } else { limits.plan_years * 366 };
        Limits { certificate_days, ..limits }
    }
}

/// What List products and Product info share.
fn product_view(product: &Product, account: &Account) -> Value {
    let years: Vec<u32> = (1..=account.settings.max_plan_years).collect();
    let containers: Vec<u64> = account.containers.ids();
    let hashes: Vec<Value> = HASHES.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
    let intermediate = account.authority.intermediate(product.purpose());
    json!({
        "group_name": product.type_name(),
        "name_id": product.name_id,
        "name": product.name,
        "type": product.type_name(),
        "allowed_container_ids": containers,
        "allowed_validity_years": [1],
        "allowed_order_validity_years": years,
        "signature_hash_types": {"allowed_hash_types": hashes, "default_hash_type_id": "sha256"},
        "csr_required": product.needs_csr(),
        "allowed_ca_certs": [{"id": intermediate.serial_number, "name": intermediate.common_name}],
    })
}

/// `GET /product`; no `page`.
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let container = call.query.number("container_id");
    if container.is_some_and(|id| account.containers.get(id).is_none()) {
        return Err(Refusal::not_found("container"));
    }
    let products: Vec<Value> = PRODUCTS.iter().map(|product| product_view(product, account)).collect();
    Ok(Reply::ok(json!({"products": products})))
}

/// `GET /product/{name_id}`; `validation_type` is in capitals here.
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    let product = find(call.param(0))?;
    let mut view = product_view(product, account);
    view["validation_type"] = product.organization_validation().map_or("DV", ValidationKind::name).into();
    view["duplicates_allowed"] = product.allows_duplicates().into();
    view["additional_dns_names_allowed"] = (product.purpose() == Purpose::Tls).into();
    view["custom_expiration_date_allowed"] = true.into();
    view["custom_order_expiration_date_allowed"] = true.into();
    view["allow_auto_renew"] = true.into();
    view["server_platforms"] = platforms::list().into();
    view["license_agreement"] = "Sandbox license agreement.".into();
    Ok(Reply::ok(view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_unique() {
        for (index, product) in PRODUCTS.iter().enumerate() {
            assert!(PRODUCTS[index + 1..].iter().all(|other| other.name_id != product.name_id), "{}", product.name_id);
        }
        assert!(find("nothing").is_err());
    }
}
