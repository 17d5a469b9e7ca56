//! Reading and checking the body of an order: everything wrong is named in one response.

use super::{DcvScope, Details, Provisioning};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::contacts::CONTACT;
use crate::sandbox::certcentral::account::custom_fields::FIELD;
use crate::sandbox::certcentral::account::platforms;
use crate::sandbox::certcentral::account::products::{Level, Product};
use crate::sandbox::certcentral::certificate::CertificateForm;
use crate::sandbox::certcentral::certificate::form::CERTIFICATE;
use crate::sandbox::certcentral::rules::dcv::DcvMethod;
use crate::sandbox::certcentral::rules::names::is_wildcard;
use crate::sandbox::certcentral::rules::validity::{self, TERM, Term};
use crate::sandbox::http::Call;
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::{Refusal, Refusals};

/// `POST /order/certificate/{product_name_id}`; whom mails go to, languages, tokens and hints at products are not looked at.
pub(crate) const ORDER: Members = &[
    ("certificate", Type::Object(CERTIFICATE)),
    ("organization", Type::Object(&[("id", Type::Id), ("contacts", Type::Objects(CONTACT))])),
    ("organization_contact", Type::Object(CONTACT)),
    ("technical_contact", Type::Object(CONTACT)),
    ("order_validity", Type::Object(TERM)),
    ("validity_years", Type::Number),
    ("validity_days", Type::Number),
    ("custom_expiration_date", Type::Text),
    ("container", Type::Object(&[("id", Type::Id)])),
    ("auto_renew", Type::Flag),
    ("auto_reissue", Type::Flag),
    ("renewal_of_order_id", Type::Id),
    ("renewed_thumbprint", Type::Text),
    ("custom_renewal_message", Type::Text),
    ("disable_renewal_notifications", Type::Flag),
    ("additional_emails", Type::Texts),
    ("comments", Type::Text),
    ("skip_approval", Type::Flag),
    ("payment_method", Type::Text),
    ("dcv_method", Type::Text),
    ("certificate_dcv_scope", Type::Text),
    ("dcv_emails", Type::Objects(&[("dns_name", Type::Text), ("email_domain", Type::Text), ("email", Type::Text)])),
    ("disable_ct", Type::Flag),
    ("alternative_order_id", Type::Text),
    ("custom_fields", Type::Objects(FIELD)),
    ("locale", Type::Text),
    ("cs_provisioning_method", Type::Text),
    ("product", Type::Object(&[("type_hint", Type::Text)])),
];

/// `PUT /order/certificate/{order_id}/status`; whether mails are sent is not looked at.
pub(crate) const UPDATE_STATUS: Members = &[("status", Type::Text), ("note", Type::Text), ("send_emails", Type::Flag)];

/// `PUT /order/certificate/{order_id}/additional-emails`
pub(crate) const ADDITIONAL_EMAILS: Members = &[("additional_emails", Type::Texts)];

/// `POST /order/certificate/{order_id}/csr`
pub(crate) const CSR: Members = &[("csr", Type::Text)];

/// `POST /order/certificate/{order_id}/note`
pub(crate) const NOTE: Members = &[("text", Type::Text)];

/// `PUT /order/certificate/{order_id}/auto-reissue`
pub(crate) const AUTO_REISSUE: Members = &[("auto_reissue", Type::Flag)];

/// `PUT /order/certificate/{order_id}/order-approval/resend-emails`
pub(crate) const RESEND_APPROVAL: Members = &[("emails", Type::Texts)];

/// `PUT /order/certificate/{order_id}/dcv-method`
pub(crate) const CHANGE_METHOD: Members = &[("dcv_method", Type::Text)];

/// `PUT /order/certificate/{order_id}/check-dcv`; the documentation spells the member both ways.
pub(crate) const CHECK_CONTROL: Members = &[("dns_names_validations", Type::Texts), ("dns_name_validations", Type::Texts)];

/// `PUT /order/certificate/{order_id}/resend-emails`
pub(crate) const RESEND_EMAILS: Members = &[
    ("domain_approval_emails", Type::Objects(&[("domain", Type::Text), ("email", Type::Text), ("email_domain", Type::Text)])),
    ("locale", Type::Text),
];

const PAYMENTS: [&str; 4] = ["balance", "card", "profile", "wire_transfer"];

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
    pub(crate) provisioning: Option<Provisioning>,
    pub(crate) skip_approval: bool,
    pub(crate) details: Details,
}

impl Account {
    /// Reads and checks an order of a product.
    pub(crate) fn read_order(&self, product: &'static Product, call: &Call) -> Result<OrderForm, Refusal> {
        let body = &call.body;
        let mut refusals = Refusals::default();
        let mut certificate = CertificateForm::read(body, product, platforms::OTHER, &mut refusals);
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
        let provisioning = refusals.note(read_provisioning(body, product)).or_else(|| product.default_provisioning());
        if provisioning == Some(Provisioning::Email) && certificate.csr.is_empty() {
            refusals.push(Refusal::required("certificate.csr"));
        }
        let mut details = refusals.note(read_details(body));
        details.custom_fields = refusals.note(self.read_custom_fields(body));
        details.organization_contact = refusals.note(self.read_order_contact(body, "organization_contact"));
        details.technical_contact = refusals.note(self.read_order_contact(body, "technical_contact"));
        refusals.into_result()?;
        let Some((term, multi_year)) = plan else {
            return Err(Refusal::required("order_validity"));
        };

        if let Some(id) = organization_id {
            let organization = self.organization(id)?;
            if !organization.active {
                return Err(Refusal::invalid_value("organization.id"));
            }
            if certificate.common_name.is_empty() {
                certificate.common_name.clone_from(&organization.identity.name);
            }
        }
        let container_id = self.container_id(call)?;
        let skip_approval = self.skip_approval(call)?;
        if product.needs_domain_control() {
            self.check_caa(certificate.names())?;
        }
        let (renewal_of, bonus_days) = self.read_renewal(call)?;
        let limits = self.limits(product);
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
            provisioning,
            skip_approval,
            details,
        })
    }

    /// The order that is renewed, and the days its rest is worth.
    fn read_renewal(&self, call: &Call) -> Result<(Option<u64>, u32), Refusal> {
        let order = match (call.body.id("renewal_of_order_id"), call.body.text("renewed_thumbprint")) {
            (Some(id), _) => self.orders.get(id),
            (None, Some(thumbprint)) => self.order_by_thumbprint(thumbprint),
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

/// How a code signing certificate is asked to be handed over.
pub(crate) fn read_provisioning(body: &Body, product: &Product) -> Result<Option<Provisioning>, Refusal> {
    const MEMBER: &str = "cs_provisioning_method";
    match body.text(MEMBER).filter(|_| product.default_provisioning().is_some()) {
        Some(word) => Provisioning::read(word).map(Some).ok_or_else(|| Refusal::invalid_value(MEMBER)),
        None => Ok(None),
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
        additional_emails: body.texts("additional_emails"),
        auto_renew: body.flag("auto_renew"),
        auto_reissue: body.flag("auto_reissue"),
        disable_renewal_notifications: body.flag("disable_renewal_notifications"),
        disable_ct: body.flag("disable_ct"),
        ..Details::default()
    })
}
