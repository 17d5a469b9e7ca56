//! Renewing an order: a new one that carries over what the old one had.

use bon::bon;

use super::{Contact, Orders, new_order::PreparedOrder};
use crate::{
    certcentral::{DcvMethod, OrderId, OrganizationId, Plan, Product, Validity, docs, flow::PendingIssuance, plan, plan::Limits, types},
    error::Error,
    x509::Csr,
};

#[bon]
impl<'c> Orders<'c> {
    /// Renews an order (guide p.36): places a new one that carries its names, organization and contacts over, and the days left of its
    /// plan (see [`plan::renewal_bonus`]). Another product and other names are allowed.
    /// End it with [`send`](RenewOrder::send), or with [`start`](RenewOrder::start) to wait for the certificate.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, order: shomei::certcentral::OrderId, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// let issued = cc.orders().renew(order, csr).start().await?.wait(Duration::from_secs(1800)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = "pub(in crate::certcentral)"))]
    #[builder(builder_type(name = RenewOrder, doc { #[doc = docs!(flow Orders::renew)] }))]
    pub async fn renew(
        self,
        #[builder(start_fn)] order: OrderId,
        #[builder(start_fn)] csr: Csr,
        /// Another product.
        product: Option<Product>,
        /// Another common name.
        #[builder(into)]
        common_name: Option<String>,
        /// Other further names.
        #[builder(with = |names: impl IntoIterator<Item = impl Into<String>>| names.into_iter().map(Into::into).collect())]
        dns_names: Option<Vec<String>>,
        /// Another organization.
        organization: Option<OrganizationId>,
        /// How long the new order lasts; a year by default, and the days carried over.
        #[builder(default = Plan::years(1))]
        plan: Plan,
        /// How long its first certificate lasts; without it, as long as it may.
        validity: Option<Validity>,
        /// The limits to check plan and validity against.
        #[builder(default)]
        limits: Limits,
        /// How control of names that are not validated yet is to be proved.
        dcv_method: Option<DcvMethod>,
        /// An id of the caller's own, to find the order by.
        #[builder(into)]
        alternative_order_id: Option<String>,
        /// Skips the account's approval; the key has to be an administrator's.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key may. It does by default.
        #[builder(default = true)]
        approve: bool,
        /// A remark for whoever approves it.
        #[builder(into)]
        comments: Option<String>,
    ) -> Result<PreparedOrder, Error> {
        // Of what could not be read nothing could be carried over.
        let old = self.client.in_full().orders().get(order).send().await?;
        if old.is_renewed == Some(true) {
            return Err(Error::mismatch(format!("order {order} was renewed already")));
        }
        let missing = |what: &str| Error::mismatch(format!("the service gave no {what} for order {order}; say which"));
        let certificate = old.certificate.as_ref().ok_or_else(|| missing("certificate"))?;
        let names = || certificate.dns_names.iter().filter(|name| !name.trim().is_empty()).cloned();
        let common_name = common_name.or_else(|| certificate.common_name.clone()).ok_or_else(|| missing("common name"))?;
        let dns_names = dns_names.unwrap_or_else(|| names().filter(|name| *name != common_name).collect());
        let product = match product {
            Some(product) => product,
            None => old.product_name_id.clone().map(Product::from).ok_or_else(|| missing("product"))?,
        };
        let custom_fields: Vec<_> =
            old.custom_fields.iter().filter_map(|field| Some((field.metadata_id?, field.value.as_ref()?.as_str()?.to_owned()))).collect();
        let today = self.client.core.now().date_naive();
        let days_left = old.order_valid_till.map(|end| (end - today).num_days());
        plan::order(plan, validity, today, days_left, &product.limits(limits.clone()))?;
        let prepared = self
            .order(product, csr)
            .common_name(common_name)
            .dns_names(dns_names)
            .plan(plan)
            .maybe_validity(validity)
            .limits(limits)
            .maybe_organization(organization.or_else(|| old.organization.as_ref().and_then(|organization| organization.id)))
            .maybe_organization_contact(old.organization_contact.as_ref().and_then(person))
            .maybe_technical_contact(old.technical_contact.as_ref().and_then(person))
            .maybe_container(old.container.as_ref().and_then(|container| container.id))
            .additional_emails(old.additional_emails)
            .maybe_dcv_method(dcv_method)
            .maybe_alternative_order_id(alternative_order_id)
            .maybe_skip_approval(skip_approval)
            .custom_fields(custom_fields)
            .maybe_comments(comments)
            .renewal_of(order)
            .approve(approve);
        prepared.prepare()
    }
}

impl<S: renew_order::IsComplete> RenewOrder<'_, S> {
    /// Places the renewal.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such order; [`Error::is_mismatch`] when it was renewed already or lacks what cannot
    /// be guessed; [`Error::is_invalid_input`] as for a new order; whatever the service answers. After an error that
    /// [`may_have_happened`](Error::may_have_happened) the order may have been placed.
    pub async fn send(self) -> Result<types::OrderResponse, Error> {
        self.prepare().await?.place().await
    }

    /// Places the renewal and gives the handle to wait for its certificate with. It never orders twice, see
    /// [`OrderCertificate::start`](super::OrderCertificate::start).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and as [`OrderCertificate::start`](super::OrderCertificate::start).
    pub async fn start(self) -> Result<PendingIssuance, Error> {
        self.prepare().await?.start().await
    }
}

/// A contact of the old order, if the service told enough of it to be named again.
fn person(contact: &types::Contact) -> Option<Contact> {
    if let Some(id) = contact.user_id.filter(|id| id.0 != 0) {
        return Some(Contact::User(id));
    }
    Some(Contact::Person {
        first_name: contact.first_name.clone()?,
        last_name: contact.last_name.clone()?,
        job_title: contact.job_title.clone()?,
        telephone: contact.telephone.clone()?,
        email: contact.email.clone()?,
    })
}
