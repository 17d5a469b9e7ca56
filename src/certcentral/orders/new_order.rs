//! A new order, checked before it is placed.

use bon::bon;
use serde_json::Value;

use super::{
    Orders,
    prepared::{Prepared, Write},
    wanted::{Wanted, contact},
};
use crate::{
    certcentral::{
        CertificateDcvScope, ContactType, ContainerId, CsProvisioningMethod, CustomFieldId, DcvMethod, OrderId, OrganizationId,
        PaymentMethod, Plan, Product, ProfileOption, ServerPlatformId, SignatureHash, UserId, Validity, docs,
        flow::{IssuanceToken, PendingIssuance},
        plan::{self, IssuanceLimits},
        types,
    },
    error::Error,
    x509::Csr,
};

/// A contact of an order or organization: a user of the account, or somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contact {
    /// A user of the account.
    User(UserId),
    /// Somebody else. All five members are required.
    Person {
        /// The given name.
        first_name: String,
        /// The family name.
        last_name: String,
        /// The job title in the organization.
        job_title: String,
        /// The telephone number.
        telephone: String,
        /// The e-mail address.
        email: String,
    },
}

/// The days left on a renewed plan that bring the most.
const MOST_DAYS_LEFT: i64 = 90;

#[bon]
impl<'c> Orders<'c> {
    /// Orders a certificate (guide p.31; a renewal: p.36). Finish it with [`send`](IssueCertificate::send) to place the order and handle
    /// the rest yourself, or with [`start`](IssueCertificate::start) to wait for the certificate.
    ///
    /// Names come from the order, never from the CSR. An order that cannot be granted is refused before anything is sent, see [`plan`].
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use shomei::certcentral::{OrganizationId, Plan, Product};
    ///
    /// let issued = cc.orders().issue(Product::SECURE_SITE_OV, csr)
    ///     .common_name("example.com")
    ///     .dns_names(["www.example.com"])
    ///     .organization(OrganizationId(112233))
    ///     .plan(Plan::years(1))
    ///     .start().await?
    ///     .wait(Duration::from_secs(1800)).await?;
    /// std::fs::write("chain.pem", issued.fullchain_pem()).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = checked, vis = "pub(in crate::certcentral)"))]
    #[builder(on(String, into))]
    #[builder(state_mod(name = issue_certificate, vis = "pub", doc { /** Which settings a [`IssueCertificate`](crate::certcentral::builders::IssueCertificate) has so far. */ }))]
    #[builder(builder_type(name = IssueCertificate, doc { #[doc = docs!(flow Orders::issue)] }))]
    pub fn issue(
        self,
        #[builder(start_fn)] product: Product,
        #[builder(start_fn)] csr: Csr,
        /// The common name of the certificate.
        common_name: String,
        /// Additional names: domain names, wildcards, IP addresses; at most 250.
        #[builder(with = |names: impl IntoIterator<Item = impl Into<String>>| names.into_iter().map(Into::into).collect())]
        dns_names: Option<Vec<String>>,
        /// How long the order lasts.
        plan: Plan,
        /// How long the first certificate lasts; by default as long as possible.
        validity: Option<Validity>,
        /// The limits to check plan and validity against.
        #[builder(default)]
        limits: IssuanceLimits,
        /// The organization that the certificate is issued to. Products with organization validation need one.
        organization: Option<OrganizationId>,
        /// The contact for the vendor's questions about the organization.
        organization_contact: Option<Contact>,
        /// The contact for the vendor's technical questions.
        technical_contact: Option<Contact>,
        /// The container of the order.
        container: Option<ContainerId>,
        /// The hash that the certificate is signed with; SHA-256 by default.
        signature_hash: Option<SignatureHash>,
        /// The server software, for the format of the e-mailed certificate (-1 other, 2 Apache, 45 nginx, …).
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
        /// The intermediate to sign with.
        ca_cert_id: Option<String>,
        /// Which extended key usages the certificate gets.
        profile: Option<ProfileOption>,
        /// Organizational units; public TLS certificates have none.
        #[builder(with = |units: impl IntoIterator<Item = impl Into<String>>| units.into_iter().map(Into::into).collect())]
        organization_units: Option<Vec<String>>,
        /// The e-mail addresses of a client certificate; their owners confirm them.
        #[builder(with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        emails: Option<Vec<String>>,
        /// How a code signing certificate is delivered.
        cs_provisioning_method: Option<CsProvisioningMethod>,
        /// The order that this one renews, in the same account. Nothing is carried over from it; [`renew`](Self::renew) does that.
        renewal_of: Option<OrderId>,
        /// The thumbprint of the certificate that this order renews, instead of its order's id.
        renewed_thumbprint: Option<String>,
        /// Your own id to find the order by. With it, [`start`](IssueCertificate::start) adopts what was ordered before.
        alternative_order_id: Option<String>,
        /// Places another order even if one with this `alternative_order_id` exists: one id serves several orders.
        #[builder(default)]
        another: bool,
        /// Skips the account's approval; requires an administrator's key.
        skip_approval: Option<bool>,
        /// With [`start`](IssueCertificate::start): whether the wait approves the order's request if the key is allowed to; `true` by
        /// default.
        #[builder(default = true)]
        approve: bool,
        /// How the order is paid.
        payment_method: Option<PaymentMethod>,
        /// Addresses that receive the order's e-mails.
        #[builder(with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        additional_emails: Option<Vec<String>>,
        /// Values of the account's custom fields, by their `metadata_id`.
        #[builder(with = |fields: impl IntoIterator<Item = (CustomFieldId, impl Into<Value>)>| {
            fields.into_iter().map(|(id, value)| (id, value.into())).collect()
        })]
        custom_fields: Option<Vec<(CustomFieldId, Value)>>,
        /// A comment for the approver.
        comment: Option<String>,
        /// A text for the renewal reminder e-mails.
        custom_renewal_message: Option<String>,
        /// Whether the service renews the order automatically.
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
        let today = self.client.core.now().date_naive();
        // How much is left of a renewed plan is not known here; it can only make the new one longer.
        let renews = (renewal_of.is_some() || renewed_thumbprint.is_some()).then_some(MOST_DAYS_LEFT);
        plan::check_order(plan, validity, today, renews, &product.limits(limits))?;
        let wanted = Wanted {
            common_name: Some(common_name),
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
            renewal_of,
            renewed_thumbprint,
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
        let request = wanted.order(&product, &csr, plan)?;
        Prepared::new(self.client.clone(), Write::order(&product, request, csr, approve, another))
    }
}

impl<S: issue_certificate::IsComplete> IssueCertificate<'_, S> {
    /// Places the order in one call. It searches for nothing before or after, so calling it again orders again. Use [`start`](Self::start)
    /// to avoid that.
    ///
    /// The response has the order's id and either its certificate, if it was issued at once, or the request that waits for approval and the
    /// tokens of domains that are not validated yet.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`], with nothing sent, if a name, address, plan or validity is invalid; any error that the service returns.
    /// After an error that [`is_ambiguous`](Error::is_ambiguous), the order may have been placed.
    pub async fn send(self) -> Result<types::OrderResponse, Error> {
        self.checked()?.send().await
    }

    /// Places the order once, and returns a handle that waits for its certificate.
    ///
    /// # Calling it again
    ///
    /// Give the order an [`alternative_order_id`](Self::alternative_order_id) of your own, and calling again is safe, also from another
    /// process: an order with this id that can still give the certificate, for the same key, names and product, is adopted. Any other order
    /// with this id is an error that names it, and nothing is sent. An order that ended (rejected, canceled, revoked, expired) does not
    /// count, nor does the order that is renewed. If one id serves several orders, set [`another`](Self::another).
    ///
    /// The service may list an order only a while after it was placed. A client remembers what it has placed, and concurrent calls wait for
    /// each other. A new process does not know, so let it resume a [token](Self::prepare) instead.
    ///
    /// # Lost responses
    ///
    /// If the response is lost, it searches for the order by its `alternative_order_id` (a generated one, unless you set it) until the
    /// [timeout](crate::ClientBuilder::call_timeout) of the call, and adopts the order if it certainly is this one: by the id that the
    /// order itself reports or, if it reports none, by its key, names, product and renewed order together. No clock and no date decides.
    /// Only a request that certainly never left is sent again, unless
    /// [`RetryPolicy::resend_if_absent`](crate::RetryPolicy::resend_if_absent) says otherwise.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send). [`Error::is_mismatch`], with nothing sent, if another order has the id. [`Error::is_configuration`], with
    /// nothing sent, if this build cannot verify the certificate's chain (see [`verify_at`](crate::CertificateChain::verify_at)). If the
    /// outcome could not be determined, the error [`is_ambiguous`](Error::is_ambiguous), and its [`recovery_hint`](Error::recovery_hint)
    /// says which `alternative_order_id` to search for.
    pub async fn start(self) -> Result<PendingIssuance, Error> {
        self.checked()?.start(None).await
    }

    /// Checks the order and returns it as a token, without sending it. Save the token where it survives this process: the order is then
    /// placed exactly once or reported as in doubt, whenever the process dies; see [`resume_issuance`](Orders::resume_issuance).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] and [`Error::is_configuration`], as [`start`](Self::start).
    pub fn prepare(self) -> Result<IssuanceToken, Error> {
        self.checked()?.token()
    }
}
