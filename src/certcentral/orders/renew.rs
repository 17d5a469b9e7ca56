//! Renewing an order: a new one that carries over the settings of the old one.

use bon::bon;
use serde_json::Value;
use tracing::warn;

use super::{
    Contact, Orders,
    carry::{CERTIFICATE, ORDER, Told},
    prepared::{Prepared, Write},
    wanted::{Wanted, contact},
};
use crate::{
    certcentral::{
        CertificateDcvScope, ContactType, ContainerId, CsProvisioningMethod, CustomFieldId, DcvMethod, OrderId, OrganizationId,
        PaymentMethod, Plan, Product, ProfileOption, ServerPlatformId, SignatureHash, Validity, docs,
        flow::{IssuanceToken, IssuanceWarning, PendingIssuance},
        plan,
        plan::IssuanceLimits,
        types,
    },
    error::Error,
    x509::Csr,
};

#[bon]
impl<'c> Orders<'c> {
    /// Renews an order (guide p.36): places a new one that carries over the settings of the old one and the days left of its plan (see
    /// [`plan::renewal_bonus`]). Another product and other names are allowed. Finish it with [`send`](RenewOrder::send), or with
    /// [`start`](RenewOrder::start) to wait for the certificate.
    ///
    /// Settings that you leave out come from the old order: names, organization, contacts, container, e-mail addresses, custom fields,
    /// hash, server platform, intermediate, a validity shorter than the longest possible, validation method, `disable_ct`, automatic
    /// renewal and reissue, and reminders. A list that you set replaces the old one; an empty text or list means none. Not carried over are
    /// the plan, the payment method, comments and the `alternative_order_id`; nor `profile`, `dcv_scope`, `dcv_emails` and `locale`, which
    /// the service does not report.
    ///
    /// The service may renew an order with [automatic renewal](super::IssueCertificate::auto_renew) a second time; a
    /// [warning](PendingIssuance::warnings) says so.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, order: shomei::certcentral::OrderId, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// let issued = cc.orders().renew(order, csr).start().await?.wait(Duration::from_secs(1800)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = checked, vis = "pub(in crate::certcentral)"))]
    #[builder(on(String, into))]
    #[builder(state_mod(name = renew_order, vis = "pub", doc { /** Which settings a [`RenewOrder`](crate::certcentral::builders::RenewOrder) has so far. */ }))]
    #[builder(builder_type(name = RenewOrder, doc { #[doc = docs!(flow Orders::renew)] }))]
    pub async fn renew(
        self,
        #[builder(start_fn)] order: OrderId,
        #[builder(start_fn)] csr: Csr,
        /// Another product.
        product: Option<Product>,
        /// Another common name.
        common_name: Option<String>,
        /// Other additional names.
        #[builder(with = |names: impl IntoIterator<Item = impl Into<String>>| names.into_iter().map(Into::into).collect())]
        dns_names: Option<Vec<String>>,
        /// How long the new order lasts, besides the days carried over; one year by default.
        #[builder(default = Plan::years(1))]
        plan: Plan,
        /// How long its first certificate lasts.
        validity: Option<Validity>,
        /// The limits to check plan and validity against.
        #[builder(default)]
        limits: IssuanceLimits,
        /// Another organization.
        organization: Option<OrganizationId>,
        /// Another contact for the vendor's questions about the organization.
        organization_contact: Option<Contact>,
        /// Another contact for the vendor's technical questions.
        technical_contact: Option<Contact>,
        /// Another container.
        container: Option<ContainerId>,
        /// Another hash that the certificate is signed with.
        signature_hash: Option<SignatureHash>,
        /// Other server software (-1 other, 2 Apache, 45 nginx, …).
        server_platform: Option<ServerPlatformId>,
        /// How to prove control of names that are not validated yet.
        dcv_method: Option<DcvMethod>,
        /// Whether names are validated one by one or by their base domain.
        dcv_scope: Option<CertificateDcvScope>,
        /// Which address is asked about which name, for validation by e-mail (DV).
        #[builder(with = |pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| {
            pairs.into_iter().map(|(name, address)| (name.into(), address.into())).collect()
        })]
        dcv_emails: Option<Vec<(String, String)>>,
        /// Another intermediate to sign with; an empty text leaves the choice to the service.
        ca_cert_id: Option<String>,
        /// Which extended key usages the certificate gets.
        profile: Option<ProfileOption>,
        /// Other organizational units; public TLS certificates have none.
        #[builder(with = |units: impl IntoIterator<Item = impl Into<String>>| units.into_iter().map(Into::into).collect())]
        organization_units: Option<Vec<String>>,
        /// Other e-mail addresses of a client certificate.
        #[builder(with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        emails: Option<Vec<String>>,
        /// How a code signing certificate is delivered.
        cs_provisioning_method: Option<CsProvisioningMethod>,
        /// Your own id to find the order by. With it, [`start`](RenewOrder::start) adopts what was ordered before.
        alternative_order_id: Option<String>,
        /// Places another order even if one with this `alternative_order_id` exists: one id serves several orders.
        #[builder(default)]
        another: bool,
        /// Skips the account's approval; requires an administrator's key.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key is allowed to; `true` by default.
        #[builder(default = true)]
        approve: bool,
        /// How the order is paid.
        payment_method: Option<PaymentMethod>,
        /// Other addresses that receive the order's e-mails.
        #[builder(with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        additional_emails: Option<Vec<String>>,
        /// Other values of the account's custom fields, by their `metadata_id`; fields of the old order that are not among them are left
        /// out.
        #[builder(with = |fields: impl IntoIterator<Item = (CustomFieldId, impl Into<Value>)>| {
            fields.into_iter().map(|(id, value)| (id, value.into())).collect()
        })]
        custom_fields: Option<Vec<(CustomFieldId, Value)>>,
        /// A comment for the approver.
        comment: Option<String>,
        /// Another text for the renewal reminder e-mails.
        custom_renewal_message: Option<String>,
        /// Whether the service renews the new order automatically.
        auto_renew: Option<bool>,
        /// Whether the service reissues certificates automatically within the plan.
        auto_reissue: Option<bool>,
        /// Whether to turn off renewal reminders.
        disable_renewal_notifications: Option<bool>,
        /// Whether to keep the certificate out of the public Certificate Transparency logs.
        disable_ct: Option<bool>,
        /// The language of the e-mails.
        locale: Option<String>,
    ) -> Result<Prepared, Error> {
        // Nothing could be carried over from what could not be read.
        let old = self.client.in_full().orders().get(order).send().await?;
        let missing = |what: &str| Error::mismatch(format!("the service returned no {what} for order {order}; set it"));
        let product = product.or_else(|| product_of(&old)).ok_or_else(|| missing("product"))?;
        let today = self.client.core.now().date_naive();
        let days_left = old.order_valid_till.map(|end| (end - today).num_days());
        let granted = plan::check_order(plan, validity, today, days_left, &product.limits(limits))?;
        let mut wanted = Wanted {
            common_name,
            dns_names,
            signature_hash,
            server_platform,
            validity,
            ca_cert_id,
            organization_units,
            emails,
            profile,
            organization,
            organization_contact: contact(organization_contact, ContactType::OrganizationContact)?,
            technical_contact: contact(technical_contact, ContactType::TechnicalContact)?,
            container,
            renewal_of: Some(order),
            renewed_thumbprint: None,
            alternative_order_id,
            skip_approval,
            payment_method,
            dcv_method,
            dcv_scope,
            dcv_emails,
            additional_emails,
            custom_fields,
            comment,
            custom_renewal_message,
            auto_renew,
            auto_reissue,
            disable_renewal_notifications,
            disable_ct,
            locale,
            cs_provisioning_method,
        };
        let told = Told { order: &old, product: Some(&product), most_days: granted.certificate_days };
        self.carry_over(&mut wanted, &[CERTIFICATE, ORDER], &told).await?;
        if wanted.common_name.is_none() {
            return Err(missing("common name"));
        }
        let request = wanted.order(&product, &csr, plan)?;
        let mut prepared = Prepared::new(self.client.clone(), Write::order(&product, request, csr, approve, another))?;
        if old.is_renewed == Some(true) {
            let by = old.renewed_order_id.filter(|id| id.0 != 0).map(|id| format!(", by order {id}")).unwrap_or_default();
            prepared.refusal = Some(Error::mismatch(format!("order {order} has already been renewed{by}")));
        }
        if old.auto_renew == Some(true) {
            warn!(target: "shomei", order = order.0, "the order that is renewed renews itself: the service may renew it a second time");
            prepared.warnings.push(IssuanceWarning::RenewsItself(order));
        }
        Ok(prepared)
    }
}

impl<S: renew_order::IsComplete> RenewOrder<'_, S> {
    /// Places the renewal in one call, after reading the old order. It searches for nothing before or after, so calling it again orders
    /// again. Use [`start`](Self::start) to avoid that.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order; [`Error::is_mismatch`] if the order was already renewed or lacks something
    /// that cannot be guessed; [`Error::is_invalid_input`] as for a new order and, with the setter's name, if a setting of the old order is
    /// refused today (SHA-1, an intermediate that is no longer offered) or cannot be sent again; any error that the service returns. After
    /// an error that [`is_ambiguous`](Error::is_ambiguous), the order may have been placed.
    pub async fn send(self) -> Result<types::OrderResponse, Error> {
        self.checked().await?.send().await
    }

    /// Places the renewal and returns a handle that waits for its certificate. Calling it again is as safe as with
    /// [`IssueCertificate::start`](super::IssueCertificate::start): a renewal with the same `alternative_order_id` is adopted.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and as [`IssueCertificate::start`](super::IssueCertificate::start).
    pub async fn start(self) -> Result<PendingIssuance, Error> {
        self.checked().await?.start(None).await
    }

    /// Reads the old order, checks the renewal and returns it as a token, without sending it; see
    /// [`IssueCertificate::prepare`](super::IssueCertificate::prepare).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), before anything is sent.
    pub async fn prepare(self) -> Result<IssuanceToken, Error> {
        self.checked().await?.token()
    }
}

/// The product of an order, reported beside the other members or inside `product`.
pub(super) fn product_of(order: &types::Order) -> Option<Product> {
    let inside = || order.product.as_ref()?.name_id.clone();
    order.product_name_id.clone().or_else(inside).map(Product::from)
}
