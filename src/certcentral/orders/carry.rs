//! What becomes of each member of a request when an order is renewed, reissued or duplicated. The tables are the code: carrying over walks
//! through them.
#![cfg_attr(
    not(test),
    allow(dead_code, reason = "what is not carried over is there to be read; a test holds all of it against the document")
)]

use super::{Orders, wanted::Wanted};
use crate::{
    certcentral::{ContactType, CsProvisioningMethod, DcvMethod, OrganizationId, Product, ValidationLevel, Validity, sent, types},
    error::Error,
};

/// Members of a request that share a fate.
pub(super) struct Members {
    /// Their paths in the request.
    pub(super) paths: &'static [&'static str],
    /// The setter with which a caller sets them; empty if there is none.
    pub(super) setter: &'static str,
    pub(super) fate: Fate,
}

/// What becomes of a member that the caller does not set.
pub(super) enum Fate {
    /// It is taken from order info.
    Carried(Carry),
    /// The caller sets it.
    Caller(&'static str),
    /// It would be carried over if order info reported it.
    NotTold,
    /// It was meant for the last request only.
    NotCarried(&'static str),
}

/// Fills in what the caller has not set.
type Carry = fn(&mut Wanted, &Told<'_>) -> Result<(), Error>;

/// The source of what is carried over.
pub(super) struct Told<'o> {
    pub(super) order: &'o types::Order,
    /// The product of the request, if known.
    pub(super) product: Option<&'o Product>,
    /// How many days the certificate may last at most.
    pub(super) most_days: u32,
}

use Fate::{Caller, Carried, NotCarried, NotTold};

const fn row(paths: &'static [&'static str], setter: &'static str, fate: Fate) -> Members {
    Members { paths, setter, fate }
}

/// The members of `certificate`, in orders, reissues and duplicates alike.
pub(super) const CERTIFICATE: &[Members] = &[
    row(&["certificate.common_name"], "common_name", Carried(|wanted, told| fill(&mut wanted.common_name, told.common_name()))),
    row(&["certificate.dns_names"], "dns_names", Carried(dns_names)),
    row(&["certificate.csr"], "csr", Caller("a certificate is requested with its CSR")),
    row(
        &["certificate.signature_hash"],
        "signature_hash",
        Carried(|wanted, told| {
            fill(&mut wanted.signature_hash, told.certificate().and_then(|certificate| certificate.signature_hash.clone()))
        }),
    ),
    row(
        &["certificate.server_platform.id"],
        "server_platform",
        Carried(|wanted, told| {
            fill(&mut wanted.server_platform, told.certificate().and_then(|certificate| certificate.server_platform.as_ref()?.id))
        }),
    ),
    row(
        &["certificate.cert_validity.years", "certificate.cert_validity.days"],
        "validity",
        Carried(|wanted, told| fill(&mut wanted.validity, told.validity())),
    ),
    row(&["certificate.cert_validity.custom_expiration_date"], "validity", NotCarried("it is the last day of the last certificate")),
    row(&["certificate.ca_cert_id"], "ca_cert_id", Carried(|wanted, told| fill(&mut wanted.ca_cert_id, told.intermediate()))),
    row(
        &["certificate.organization_units"],
        "organization_units",
        Carried(|wanted, told| {
            fill(&mut wanted.organization_units, told.certificate().map(|certificate| certificate.organization_units.clone()))
        }),
    ),
    row(
        &["certificate.emails"],
        "emails",
        Carried(|wanted, told| fill(&mut wanted.emails, told.certificate().map(|certificate| certificate.emails.clone()))),
    ),
    row(&["certificate.profile_option"], "profile", NotTold),
];

/// The other members of an order.
pub(super) const ORDER: &[Members] = &[
    row(&["organization.id"], "organization", Carried(|wanted, told| fill(&mut wanted.organization, told.organization()))),
    row(CONTACTS_OF_ORGANIZATION, CONTACTS, Carried(contacts)),
    row(ORGANIZATION_CONTACT, "organization_contact", Carried(contacts)),
    row(TECHNICAL_CONTACT, "technical_contact", Carried(contacts)),
    row(
        &["order_validity.years", "order_validity.days", "order_validity.custom_expiration_date"],
        "plan",
        Caller("how long a plan is bought for; one year by default"),
    ),
    row(&["validity_years", "validity_days", "custom_expiration_date"], "plan", NotCarried("the older form of order_validity")),
    row(
        &["container.id"],
        "container",
        Carried(|wanted, told| fill(&mut wanted.container, told.order.container.as_ref().and_then(|container| container.id))),
    ),
    row(&["auto_renew"], "auto_renew", Carried(|wanted, told| fill(&mut wanted.auto_renew, told.order.auto_renew))),
    row(&["auto_reissue"], "auto_reissue", Carried(|wanted, told| fill(&mut wanted.auto_reissue, told.order.auto_reissue))),
    row(&["renewal_of_order_id"], "renewal_of", Caller("renew sets it")),
    row(&["renewed_thumbprint"], "renewed_thumbprint", NotCarried("renewal_of_order_id says which order is renewed")),
    row(
        &["custom_renewal_message"],
        "custom_renewal_message",
        Carried(|wanted, told| fill(&mut wanted.custom_renewal_message, text(told.order.custom_renewal_message.as_ref()))),
    ),
    row(
        &["disable_renewal_notifications"],
        "disable_renewal_notifications",
        Carried(|wanted, told| fill(&mut wanted.disable_renewal_notifications, told.order.disable_renewal_notifications)),
    ),
    row(
        &["additional_emails"],
        "additional_emails",
        Carried(|wanted, told| fill(&mut wanted.additional_emails, Some(told.order.additional_emails.clone()))),
    ),
    row(&["comments"], "comment", NotCarried("a note to the approver of the last order")),
    row(&["skip_approval"], "skip_approval", Caller("each request is approved, or not, on its own")),
    row(&["payment_method"], "payment_method", NotCarried("how the last order was paid does not decide for this one")),
    row(&["dcv_method"], "dcv_method", Carried(dcv_method)),
    row(&["certificate_dcv_scope"], "dcv_scope", NotTold),
    row(&["dcv_emails[].dns_name", "dcv_emails[].email_domain", "dcv_emails[].email"], "dcv_emails", NotTold),
    row(&["disable_ct"], "disable_ct", Carried(|wanted, told| fill(&mut wanted.disable_ct, told.order.disable_ct))),
    row(&["alternative_order_id"], "alternative_order_id", NotCarried("it is the id of one order")),
    row(&["custom_fields[].metadata_id", "custom_fields[].value"], "custom_fields", Carried(custom_fields)),
    row(&["locale"], "locale", NotTold),
    row(
        &["cs_provisioning_method"],
        "cs_provisioning_method",
        Carried(|wanted, told| {
            let method = told.order.cs_provisioning_method.clone();
            fill(&mut wanted.cs_provisioning_method, method.filter(|method| *method != CsProvisioningMethod::NotCodeSigning))
        }),
    ),
    row(&["product.type_hint"], "", NotCarried("the resulting product is known by now")),
];

/// The other members of a reissue. The settings of the order itself still apply, so they need not be sent again.
pub(super) const REISSUE: &[Members] = &[
    row(&["skip_approval"], "skip_approval", Caller("each request is approved, or not, on its own")),
    row(&["comments"], "comment", NotCarried("a note to the approver of the last request")),
    row(&["dcv_method"], "dcv_method", NotCarried("the order's own setting applies")),
    row(&["certificate_dcv_scope"], "dcv_scope", NotCarried("the order's own setting applies")),
    row(&["store_reissue_as_duplicate"], "store_reissue_as_duplicate", Caller("it is about the certificate that is being replaced")),
    row(&["cs_provisioning_method"], "cs_provisioning_method", NotCarried("the order's own setting applies")),
];

/// The other members of a duplicate.
pub(super) const DUPLICATE: &[Members] =
    &[row(&["skip_approval"], "skip_approval", Caller("each request is approved, or not, on its own"))];

const CONTACTS: &str = "organization_contact, technical_contact";

/// The members of a contact, under a path.
macro_rules! contact {
    ($path:literal) => {
        &[
            concat!($path, ".contact_type"),
            concat!($path, ".user_id"),
            concat!($path, ".first_name"),
            concat!($path, ".last_name"),
            concat!($path, ".job_title"),
            concat!($path, ".telephone"),
            concat!($path, ".telephone_extension"),
            concat!($path, ".email"),
        ]
    };
}
const CONTACTS_OF_ORGANIZATION: &[&str] = contact!("organization.contacts[]");
const ORGANIZATION_CONTACT: &[&str] = contact!("organization_contact");
const TECHNICAL_CONTACT: &[&str] = contact!("technical_contact");

impl Orders<'_> {
    /// Carries over what the caller has not set. The intermediate is checked against those that the product is issued from today.
    ///
    /// # Errors
    ///
    /// A setting that is refused today or cannot be sent again, with its setter; a failure to read the product.
    pub(super) async fn carry_over(self, wanted: &mut Wanted, tables: &[&[Members]], told: &Told<'_>) -> Result<(), Error> {
        let is_chosen = wanted.ca_cert_id.is_some();
        for members in tables.iter().copied().flatten() {
            if let Carried(carry) = members.fate {
                carry(wanted, told)?;
            }
        }
        let (Some(id), Some(product), false) = (&wanted.ca_cert_id, told.product, is_chosen) else { return Ok(()) };
        let offered = match self.client.products().get(product.clone()).send().await {
            Ok(product) => product.allowed_ca_certs,
            // A key that may order may not be allowed to read products; then it is left to the service to refuse.
            Err(error) if error.is_denied() || error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        let name = told.certificate().and_then(|certificate| certificate.ca_cert.as_ref()?.name.as_deref());
        // Ids are written in several forms; names are not.
        let is_same = |ca: &&types::CaCertificate| {
            ca.id.as_ref().is_some_and(|offered| offered.eq_ignore_ascii_case(id)) || (name.is_some() && ca.name.as_deref() == name)
        };
        match offered.iter().find(is_same) {
            Some(ca) => wanted.ca_cert_id = text(ca.id.as_ref()).or_else(|| wanted.ca_cert_id.take()),
            // If no choice is listed, nothing is known against it.
            None if offered.is_empty() => {}
            None => {
                let was = name.unwrap_or(id);
                let describe =
                    |ca: &types::CaCertificate| [ca.id.as_deref(), ca.name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
                let offered = offered.iter().map(describe).collect::<Vec<_>>().join(", ");
                let why = format!("{was} is no longer offered for {product}; set one of: {offered}; or none (an empty text)");
                return Err(told.cannot("ca_cert_id", &why));
            }
        }
        Ok(())
    }
}

impl Told<'_> {
    pub(super) fn certificate(&self) -> Option<&types::CertificateDetails> {
        self.order.certificate.as_ref()
    }

    fn common_name(&self) -> Option<String> {
        text(self.certificate()?.common_name.as_ref())
    }

    /// The service reports the intermediate of a certificate in one of two members.
    fn intermediate(&self) -> Option<String> {
        let certificate = self.certificate()?;
        text(certificate.ca_cert.as_ref().and_then(|ca| ca.id.as_ref())).or_else(|| text(certificate.ca_cert_id.as_ref()))
    }

    /// The organization is beside the certificate, inside it, or in both places. A product without an organization takes none.
    fn organization(&self) -> Option<OrganizationId> {
        let id = |organization: Option<&types::OrganizationSummary>| organization?.id.filter(|id| id.0 != 0);
        let inside = || id(self.certificate()?.organization.as_ref());
        id(self.order.organization.as_ref()).or_else(inside).filter(|_| self.level() != Some(ValidationLevel::Dv))
    }

    /// The requested validity of the certificate, if it is shorter than the longest possible.
    fn validity(&self) -> Option<Validity> {
        let told = self.certificate()?.cert_validity.as_ref()?;
        let shorter = |days: &u32| (1..self.most_days).contains(days);
        match (told.custom_expiration_date, told.days, told.years) {
            (Some(_), ..) => None,
            (None, Some(days), _) => u32::try_from(days).ok().filter(shorter).map(Validity::days),
            // The service calls 370 days a year.
            (None, None, Some(1)) if self.most_days > 370 => Some(Validity::years(1)),
            (None, None, _) => None,
        }
    }

    fn level(&self) -> Option<ValidationLevel> {
        self.product.and_then(Product::validation_level)
    }

    fn cannot(&self, setter: &'static str, why: &str) -> Error {
        Error::invalid(setter, format!("order {}: {why}", self.order.id))
    }
}

/// Fills in only what is not set.
fn fill<T>(wanted: &mut Option<T>, told: Option<T>) -> Result<(), Error> {
    if wanted.is_none() {
        *wanted = told;
    }
    Ok(())
}

/// A text that is not blank.
fn text(told: Option<&String>) -> Option<String> {
    told.filter(|text| !text.trim().is_empty()).cloned()
}

fn dns_names(wanted: &mut Wanted, told: &Told<'_>) -> Result<(), Error> {
    let Some(certificate) = told.certificate() else { return Ok(()) };
    // The service lists the common name among the others, or a blank where there are none.
    let is_other = |name: &&String| !name.trim().is_empty() && wanted.common_name.as_ref() != Some(*name);
    let names = certificate.dns_names.iter().filter(is_other).cloned().collect();
    fill(&mut wanted.dns_names, Some(names))
}

fn contacts(wanted: &mut Wanted, told: &Told<'_>) -> Result<(), Error> {
    let order = told.order;
    for (wanted, contact, kind, setter) in [
        (&mut wanted.organization_contact, &order.organization_contact, ContactType::OrganizationContact, "organization_contact"),
        (&mut wanted.technical_contact, &order.technical_contact, ContactType::TechnicalContact, "technical_contact"),
    ] {
        if wanted.is_some() {
            continue;
        }
        *wanted = match contact {
            Some(contact) => requested(contact, kind).map_err(|why| told.cannot(setter, why))?,
            None => None,
        };
    }
    Ok(())
}

/// A contact of the order, to be sent again with whatever the service reported of it.
fn requested(contact: &types::ContactDetails, kind: ContactType) -> Result<Option<sent::RequestedContact>, &'static str> {
    let requested = sent::RequestedContact { contact_type: Some(kind), ..Default::default() };
    if let Some(id) = contact.user_id.filter(|id| id.0 != 0) {
        return Ok(Some(sent::RequestedContact { user_id: Some(id), ..requested }));
    }
    let requested = sent::RequestedContact {
        first_name: text(contact.first_name.as_ref()),
        last_name: text(contact.last_name.as_ref()),
        job_title: text(contact.job_title.as_ref()),
        telephone: text(contact.telephone.as_ref()),
        telephone_extension: text(contact.telephone_extension.as_ref()),
        email: text(contact.email.as_ref()),
        ..requested
    };
    match (&requested.first_name, &requested.last_name) {
        (Some(_), Some(_)) => Ok(Some(requested)),
        _ if *contact == types::ContactDetails { contact_type: contact.contact_type.clone(), ..Default::default() } => Ok(None),
        _ => Err("the service returned this contact without a first and last name; set one"),
    }
}

fn custom_fields(wanted: &mut Wanted, told: &Told<'_>) -> Result<(), Error> {
    if wanted.custom_fields.is_some() {
        return Ok(());
    }
    let has_value =
        told.order.custom_fields.iter().filter_map(|field| Some((field, field.value.as_ref().filter(|value| !value.is_null())?)));
    let fields = has_value.map(|(field, value)| match field.metadata_id {
        Some(id) => Ok((id, value.clone())),
        None => {
            let label = field.label.as_deref().unwrap_or("one");
            Err(told.cannot("custom_fields", &format!("the service returned {label:?} without its metadata_id; set all fields")))
        }
    });
    wanted.custom_fields = Some(fields.collect::<Result<_, _>>()?);
    Ok(())
}

/// A method that was right for the old names or product may not be right for the new ones.
fn dcv_method(wanted: &mut Wanted, told: &Told<'_>) -> Result<(), Error> {
    let Some(method) = told.order.dcv_method.as_ref().filter(|_| wanted.dcv_method.is_none()) else { return Ok(()) };
    let by_file = matches!(method, DcvMethod::HttpToken | DcvMethod::HttpTokenDynamic);
    let names = wanted.common_name.iter().chain(wanted.dns_names.iter().flatten());
    if by_file && names.into_iter().any(|name| name.starts_with("*.")) {
        return Err(told.cannot("dcv_method", &format!("it was validated by {method}, which wildcards do not allow; set another method")));
    }
    if *method == DcvMethod::HttpTokenDynamic && told.level() == Some(ValidationLevel::Dv) {
        return Err(told.cannot("dcv_method", &format!("it was validated by {method}, which DV products do not allow; set another method")));
    }
    wanted.dcv_method = Some(method.clone());
    Ok(())
}

#[cfg(test)]
mod tests;
