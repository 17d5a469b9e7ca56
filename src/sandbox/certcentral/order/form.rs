//! Reading and checking the body of an order: everything wrong is named in one answer.

use super::{DcvScope, Details};
use crate::sandbox::authority::{self, CsrProblem};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::platforms;
use crate::sandbox::certcentral::account::products::{Level, Product};
use crate::sandbox::certcentral::rules::dcv::DcvMethod;
use crate::sandbox::certcentral::rules::names::{certificate_name, is_wildcard};
use crate::sandbox::certcentral::rules::validity::{self, Term};
use crate::sandbox::http::Call;
use crate::sandbox::json::Body;
use crate::sandbox::refusal::{Refusal, Refusals};

const MOST_NAMES: usize = 250;
const HASHES: [&str; 3] = ["sha256", "sha384", "sha512"];
const PAYMENTS: [&str; 4] = ["balance", "card", "profile", "wire_transfer"];

/// What a certificate is asked to be; orders, reissues and duplicates state it alike.
#[derive(Debug, Default)]
pub(crate) struct CertificateForm {
    pub(crate) common_name: String,
    pub(crate) dns_names: Vec<String>,
    pub(crate) csr: String,
    pub(crate) key_size: u32,
    pub(crate) signature_hash: String,
    pub(crate) server_platform: i64,
    pub(crate) validity: Option<Term>,
    pub(crate) organization_units: Vec<String>,
    pub(crate) client_auth: bool,
}

/// A checked order.
#[derive(Debug)]
pub(crate) struct OrderForm {
    pub(crate) product: &'static Product,
    pub(crate) certificate: CertificateForm,
    pub(crate) organization_id: Option<u64>,
    pub(crate) container_id: u64,
    pub(crate) term: Term,
    pub(crate) multi_year: bool,
    pub(crate) bonus_days: u32,
    pub(crate) renewal_of: Option<u64>,
    pub(crate) dcv_method: DcvMethod,
    pub(crate) scope: DcvScope,
    pub(crate) skip_approval: bool,
    pub(crate) details: Details,
}

impl Account {
    /// Reads and checks an order of a product.
    pub(crate) fn read_order(&self, product: &'static Product, call: &Call) -> Result<OrderForm, Refusal> {
        let body = &call.body;
        let mut refusals = Refusals::default();
        let certificate = CertificateForm::read(body, &mut refusals);
        let needs_organization = product.organization_validation().is_some();
        let organization_id = body.id("organization.id").filter(|_| needs_organization);
        if needs_organization && organization_id.is_none() {
            refusals.push(Refusal::required("organization.id"));
        }
        let plan = refusals.note(read_plan(body));
        let dcv_method = read_dcv_method(body, product, &certificate).unwrap_or_else(|refusal| {
            refusals.push(refusal);
            DcvMethod::Email
        });
        let scope = match body.text("certificate_dcv_scope") {
            Some("fqdn") => DcvScope::Fqdn,
            _ => DcvScope::BaseDomain,
        };
        let mut details = refusals.note(read_details(body));
        details.custom_fields = refusals.note(self.read_custom_fields(body));
        refusals.into_result()?;
        let Some((term, multi_year)) = plan else {
            return Err(Refusal::required("order_validity"));
        };

        if let Some(id) = organization_id
            && !self.organization(id)?.active
        {
            return Err(Refusal::invalid_value("organization.id"));
        }
        let container_id = self.container_id(call)?;
        let skip_approval = self.skip_approval(call)?;
        if product.needs_domain_control() {
            self.check_caa(&certificate)?;
        }
        let (renewal_of, bonus_days) = self.read_renewal(call)?;
        let limits = self.settings.validity_limits();
        let today = call.now.date_naive();
        let plan_end = validity::plan_end(today, term, bonus_days, limits)?;
        validity::certificate_end(today, certificate.validity, plan_end, limits)?;
        Ok(OrderForm {
            product,
            certificate,
            organization_id,
            container_id,
            term,
            multi_year,
            bonus_days,
            renewal_of,
            dcv_method,
            scope,
            skip_approval,
            details,
        })
    }

    /// The order that is renewed, and the days its rest is worth.
    fn read_renewal(&self, call: &Call) -> Result<(Option<u64>, u32), Refusal> {
        let order = match (call.body.id("renewal_of_order_id"), call.body.text("renewed_thumbprint")) {
            (Some(id), _) => self.orders.get(id),
            (None, Some(thumbprint)) => self.order_by_leaf(|leaf| leaf.thumbprint.eq_ignore_ascii_case(thumbprint)),
            (None, None) => return Ok((None, 0)),
        };
        let order = order.ok_or_else(|| Refusal::not_found("order"))?;
        // What is marked as renewed by hand must be set back first; the code is inferred.
        if order.marked_renewed {
            return Err(Refusal::invalid_value("renewal_of_order_id"));
        }
        let last_day = order.last_day().ok_or_else(|| Refusal::invalid_value("renewal_of_order_id"))?;
        let remaining = (last_day - call.now.date_naive()).num_days();
        Ok((Some(order.id), validity::renewal_bonus(remaining)))
    }
}

impl CertificateForm {
    /// Reads the `certificate` member of a reissue or a duplicate, which must name a platform, too.
    pub(crate) fn read_again(body: &Body) -> Result<Self, Refusal> {
        let mut refusals = Refusals::default();
        if body.at("certificate.server_platform").is_none() {
            refusals.push(Refusal::required("certificate.server_platform"));
        }
        let form = Self::read(body, &mut refusals);
        refusals.into_result()?;
        Ok(form)
    }

    /// The common name and the other names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.common_name.as_str()).chain(self.dns_names.iter().map(String::as_str))
    }

    /// Reads the `certificate` member.
    pub(crate) fn read(body: &Body, refusals: &mut Refusals) -> Self {
        let common_name = refusals.require(body.text("certificate.common_name"), "certificate.common_name");
        let dns_names = refusals.note(body.texts("certificate.dns_names"));
        if dns_names.len() > MOST_NAMES {
            refusals.push(Refusal::invalid_value("certificate.dns_names"));
        }
        let csr = refusals.require(body.text("certificate.csr"), "certificate.csr");
        let hash = refusals.require(body.text("certificate.signature_hash"), "certificate.signature_hash").to_ascii_lowercase();
        if !hash.is_empty() && !HASHES.contains(&hash.as_str()) {
            refusals.push(Refusal::invalid_value("certificate.signature_hash"));
        }
        Self {
            common_name: refusals.note(read_name(common_name, "certificate.common_name")),
            dns_names: refusals.note(dns_names.iter().map(|name| read_name(name, "certificate.dns_names")).collect()),
            key_size: refusals.note(read_key_size(csr)),
            csr: csr.to_owned(),
            signature_hash: hash,
            server_platform: body.number("certificate.server_platform.id").unwrap_or(platforms::OTHER),
            validity: refusals.note(Term::read(body, validity::CERT_VALIDITY).map_err(Refusal::from)),
            organization_units: refusals.note(body.texts("certificate.organization_units")),
            client_auth: body.text("certificate.profile_option") == Some("server_client_auth_eku"),
        }
    }
}

/// A missing name was refused before.
fn read_name(text: &str, path: &str) -> Result<String, Refusal> {
    if text.is_empty() {
        return Ok(String::new());
    }
    certificate_name(text).ok_or_else(|| Refusal::invalid_value(path))
}

/// Codes beyond `csr_invalid_cannot_parse` are inferred.
fn read_key_size(csr: &str) -> Result<u32, Refusal> {
    let refused = |code, message| Err(Refusal::invalid(code, message));
    match authority::examine(csr) {
        Ok(facts) => Ok(facts.key_size),
        // Refused as a missing member before.
        Err(CsrProblem::Missing) => Ok(0),
        Err(CsrProblem::CannotParse) => refused("csr_invalid_cannot_parse", "The CSR could not be parsed."),
        Err(CsrProblem::BadSignature) => refused("csr_invalid_signature", "The signature of the CSR is invalid."),
        Err(CsrProblem::WeakKey { .. }) => refused("csr_invalid_key_size", "The key of the CSR is too short."),
        Err(CsrProblem::UnsupportedKey) => refused("csr_invalid_key_type", "The key type of the CSR is not supported."),
    }
}

fn read_plan(body: &Body) -> Result<Option<(Term, bool)>, Refusal> {
    if let Some(term) = Term::read(body, validity::ORDER_VALIDITY)? {
        return Ok(Some((term, true)));
    }
    match Term::read(body, validity::ROOT_VALIDITY)? {
        Some(term) => Ok(Some((term, false))),
        None => Err(Refusal::required("order_validity")),
    }
}

/// Files prove single hosts, so wildcards take none; domain-validated products know the fixed file only.
fn read_dcv_method(body: &Body, product: &Product, certificate: &CertificateForm) -> Result<DcvMethod, Refusal> {
    let method = DcvMethod::read(body.text("dcv_method"))?;
    let names = certificate.dns_names.iter().chain([&certificate.common_name]);
    let wildcard = names.into_iter().any(|name| is_wildcard(name));
    let unfit = match method {
        DcvMethod::File => wildcard,
        DcvMethod::FileDynamic => wildcard || product.level == Level::Domain,
        DcvMethod::Email | DcvMethod::DnsTxt | DcvMethod::DnsCname => false,
    };
    if unfit { Err(Refusal::invalid_value("dcv_method")) } else { Ok(method) }
}

fn read_details(body: &Body) -> Result<Details, Refusal> {
    let text = |path| body.text(path).map(str::to_owned);
    let payment_method = text("payment_method");
    if payment_method.as_deref().is_some_and(|method| !PAYMENTS.contains(&method)) {
        return Err(Refusal::invalid_value("payment_method"));
    }
    Ok(Details {
        alternative_order_id: text("alternative_order_id"),
        comments: text("comments"),
        custom_renewal_message: text("custom_renewal_message"),
        payment_method,
        additional_emails: body.texts("additional_emails")?,
        auto_renew: body.flag("auto_renew"),
        auto_reissue: body.flag("auto_reissue"),
        disable_renewal_notifications: body.flag("disable_renewal_notifications"),
        disable_ct: body.flag("disable_ct"),
        custom_fields: Vec::new(),
    })
}
