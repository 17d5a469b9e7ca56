//! The settings of an order, a reissue or a duplicate: set by the caller, or carried over from an existing order.

use chrono::NaiveDate;

use super::Contact;
use crate::{
    certcentral::{
        CertificateDcvScope, ContactType, ContainerId, CsProvisioningMethod, CustomFieldId, DcvMethod, OrderId, OrganizationId,
        PaymentMethod, Plan, Product, ProfileOption, ServerPlatformId, SignatureHash, Validity, check, plan::Term, sent,
    },
    error::Error,
    x509::Csr,
};

/// The members of an order request, by the names of their setters. `None` if not set.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) common_name: Option<String>,
    pub(super) dns_names: Option<Vec<String>>,
    pub(super) signature_hash: Option<SignatureHash>,
    pub(super) server_platform: Option<ServerPlatformId>,
    pub(super) validity: Option<Validity>,
    pub(super) ca_cert_id: Option<String>,
    pub(super) organization_units: Option<Vec<String>>,
    pub(super) emails: Option<Vec<String>>,
    pub(super) profile: Option<ProfileOption>,
    pub(super) organization: Option<OrganizationId>,
    pub(super) organization_contact: Option<sent::RequestedContact>,
    pub(super) technical_contact: Option<sent::RequestedContact>,
    pub(super) container: Option<ContainerId>,
    pub(super) renewal_of: Option<OrderId>,
    pub(super) renewed_thumbprint: Option<String>,
    pub(super) alternative_order_id: Option<String>,
    pub(super) skip_approval: Option<bool>,
    pub(super) payment_method: Option<PaymentMethod>,
    pub(super) dcv_method: Option<DcvMethod>,
    pub(super) dcv_scope: Option<CertificateDcvScope>,
    pub(super) dcv_emails: Option<Vec<(String, String)>>,
    pub(super) additional_emails: Option<Vec<String>>,
    pub(super) custom_fields: Option<Vec<(CustomFieldId, serde_json::Value)>>,
    pub(super) comment: Option<String>,
    pub(super) custom_renewal_message: Option<String>,
    pub(super) auto_renew: Option<bool>,
    pub(super) auto_reissue: Option<bool>,
    pub(super) disable_renewal_notifications: Option<bool>,
    pub(super) disable_ct: Option<bool>,
    pub(super) locale: Option<String>,
    pub(super) cs_provisioning_method: Option<CsProvisioningMethod>,
}

impl Wanted {
    /// The order request, checked.
    pub(super) fn order(self, product: &Product, csr: &Csr, plan: Plan) -> Result<sent::OrderRequest, Error> {
        product.check_organization(self.organization)?;
        check::path_segment("product", product.id())?;
        if let (Some(_), Some(_)) = (self.renewal_of, &self.renewed_thumbprint) {
            return Err(Error::invalid("renewed_thumbprint", "renewal_of already names the renewed order"));
        }
        if let Some(id) = &self.alternative_order_id {
            check::own_id("alternative_order_id", id)?;
        }
        let common_name = product.common_name(self.common_name.as_deref().unwrap_or_default())?;
        let dns_names = product.dns_names(self.dns_names.as_deref().unwrap_or_default())?;
        let certificate = self.certificate(Some(product), csr, common_name, dns_names)?;
        let dcv_email = |(name, email): &(String, String)| {
            let email = check::email("dcv_emails", email)?;
            let dns_name = check::certificate_name("dcv_emails", name, check::Trust::Private)?;
            let email_domain = email.rsplit_once('@').map(|(_, domain)| domain.to_owned()).filter(|domain| *domain != dns_name);
            Ok(sent::RequestedDcvEmail { dns_name, email_domain, email })
        };
        let custom_field = |(metadata_id, value)| sent::RequestedCustomField { metadata_id, value };
        let (mut organization_contact, mut technical_contact) = (self.organization_contact, self.technical_contact);
        // If there is an organization, the contacts are inside it; only orders without one have them at the root.
        let organization = self.organization.map(|id| sent::RequestedOrganization {
            id,
            contacts: organization_contact.take().into_iter().chain(technical_contact.take()).collect(),
        });
        Ok(sent::OrderRequest {
            certificate,
            organization,
            organization_contact,
            technical_contact,
            order_validity: Some(requested(plan.0)),
            validity_years: None,
            validity_days: None,
            custom_expiration_date: None,
            container: self.container.map(|id| sent::RequestedContainer { id }),
            auto_renew: self.auto_renew.map(i64::from),
            auto_reissue: self.auto_reissue.map(i64::from),
            renewal_of_order_id: self.renewal_of,
            renewed_thumbprint: self.renewed_thumbprint,
            custom_renewal_message: filled(self.custom_renewal_message),
            disable_renewal_notifications: self.disable_renewal_notifications,
            additional_emails: check::emails("additional_emails", self.additional_emails.as_deref().unwrap_or_default())?,
            comments: self.comment,
            skip_approval: self.skip_approval,
            payment_method: self.payment_method,
            dcv_method: self.dcv_method,
            certificate_dcv_scope: self.dcv_scope,
            dcv_emails: self.dcv_emails.iter().flatten().map(dcv_email).collect::<Result<_, Error>>()?,
            disable_ct: self.disable_ct,
            alternative_order_id: self.alternative_order_id,
            custom_fields: self.custom_fields.into_iter().flatten().map(custom_field).collect(),
            locale: self.locale,
            cs_provisioning_method: self.cs_provisioning_method,
            product: product.type_hint().map(|hint| sent::RequestedProduct { type_hint: hint.to_owned() }),
        })
    }

    /// The certificate of an order, a reissue or a duplicate; what certificates no longer get is refused.
    pub(super) fn certificate(
        &self,
        product: Option<&Product>,
        csr: &Csr,
        common_name: String,
        dns_names: Vec<String>,
    ) -> Result<sent::RequestedCertificate, Error> {
        let signature_hash = self.signature_hash.clone().unwrap_or(SignatureHash::Sha256);
        if signature_hash == SignatureHash::Sha1 && !product.is_some_and(Product::is_private) {
            return Err(Error::invalid("signature_hash", "sha1: public certificates are no longer signed with SHA-1; use another hash"));
        }
        let organization_units: Vec<_> = self.organization_units.iter().flatten().filter(|unit| !unit.trim().is_empty()).cloned().collect();
        if !organization_units.is_empty() && product.is_some_and(Product::is_public_tls) {
            let units = organization_units.join(", ");
            return Err(Error::invalid(
                "organization_units",
                format!("{units}: public TLS certificates have had no organizational units since 2022; leave them out"),
            ));
        }
        Ok(sent::RequestedCertificate {
            common_name,
            dns_names,
            csr: Some(csr.as_pem().to_owned()),
            signature_hash: Some(signature_hash),
            server_platform: self.server_platform.map(|id| sent::RequestedServerPlatform { id }),
            cert_validity: self.validity.map(|Validity(term)| requested(term)),
            ca_cert_id: filled(self.ca_cert_id.clone()),
            organization_units,
            emails: check::emails("emails", self.emails.as_deref().unwrap_or_default())?,
            profile_option: self.profile.clone(),
        })
    }
}

/// An empty text means none.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn requested(term: Term) -> sent::RequestedValidity {
    let (mut years, mut days, mut custom_expiration_date) = (None, None, None);
    match term {
        Term::Years(number) => years = Some(number.into()),
        Term::Days(number) => days = Some(number.into()),
        Term::Until(date) => custom_expiration_date = Some(written(date)),
    }
    sent::RequestedValidity { years, days, custom_expiration_date }
}

/// A date as the guide writes it: `21 DEC 2024`.
fn written(date: NaiveDate) -> String {
    date.format("%d %b %Y").to_string().to_uppercase()
}

/// A contact whom the caller names.
pub(super) fn contact(named: Option<Contact>, kind: ContactType) -> Result<Option<sent::RequestedContact>, Error> {
    let Some(named) = named else { return Ok(None) };
    let mut requested = sent::RequestedContact { contact_type: Some(kind), ..Default::default() };
    match named {
        Contact::User(id) => requested.user_id = Some(id),
        Contact::Person { first_name, last_name, job_title, telephone, email } => {
            requested.email = Some(check::email("contact", &email)?);
            requested.first_name = Some(first_name);
            requested.last_name = Some(last_name);
            requested.job_title = Some(job_title);
            requested.telephone = Some(telephone);
        }
    }
    Ok(Some(requested))
}
