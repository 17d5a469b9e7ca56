//! A new order, checked before it is placed.

use bon::bon;
use chrono::NaiveDate;
use futures_util::FutureExt as _;

use super::{Orders, identity::OrderIdentity, recovery::Placing};
use crate::{
    certcentral::{
        CertCentral, CertificateDcvScope, ContactType, ContainerId, DcvMethod, OrderId, OrganizationId, PaymentMethod, Plan, Product,
        ProfileOption, SignatureHash, UserId, Validity, check, docs,
        flow::{Awaited, PendingIssuance},
        plan::{self, Limits, Term},
        types,
    },
    error::Error,
    random::random,
    x509::{Csr, require_verification},
};

/// A person of an order or organization: somebody the account knows, or somebody new.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contact {
    /// A user of the account.
    User(UserId),
    /// Somebody else. All five are wanted.
    Person {
        /// The given name.
        first_name: String,
        /// The family name.
        last_name: String,
        /// What they are in the organization.
        job_title: String,
        /// Where they can be called.
        telephone: String,
        /// Where they get mail.
        email: String,
    },
}

/// From how many days left on a renewed plan brings the most.
const MOST_DAYS_LEFT: i64 = 90;

/// An order as it will be sent, and what its certificate will have to match.
pub(in crate::certcentral) struct PreparedOrder {
    client: CertCentral,
    product: Product,
    request: types::OrderRequest,
    csr: Csr,
    approve: bool,
}

#[bon]
impl<'c> Orders<'c> {
    /// Orders a certificate (guide p.31; a renewal: p.36). End it with [`send`](OrderCertificate::send) to place the order and see to
    /// the rest yourself, or with [`start`](OrderCertificate::start) to wait for the certificate.
    ///
    /// Names come from the order, never from the CSR. What cannot be granted is refused before anything is sent, see [`plan`].
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use shomei::certcentral::{OrganizationId, Plan, Product};
    ///
    /// let issued = cc.orders().order(Product::SECURE_SITE_OV, csr)
    ///     .common_name("example.com")
    ///     .dns_names(["www.example.com"])
    ///     .organization(OrganizationId(112233))
    ///     .plan(Plan::years(1))
    ///     .start().await?
    ///     .wait(Duration::from_secs(1800)).await?;
    /// std::fs::write("chain.pem", issued.pem()).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = "pub(in crate::certcentral)"))]
    #[builder(builder_type(name = OrderCertificate, doc { #[doc = docs!(flow Orders::order)] }))]
    pub fn order(
        self,
        #[builder(start_fn)] product: Product,
        #[builder(start_fn)] csr: Csr,
        /// The common name of the certificate.
        #[builder(into)]
        common_name: String,
        /// Further names: domain names, wildcards, IP addresses; at most 250.
        #[builder(default, with = |names: impl IntoIterator<Item = impl Into<String>>| names.into_iter().map(Into::into).collect())]
        dns_names: Vec<String>,
        /// How long the order lasts.
        plan: Plan,
        /// How long the first certificate lasts; without it, as long as it may.
        validity: Option<Validity>,
        /// The limits to check plan and validity against.
        #[builder(default)]
        limits: Limits,
        /// The organization that the certificate is issued to. Products with organization validation need one.
        organization: Option<OrganizationId>,
        /// Whom the vendor may call about the organization.
        organization_contact: Option<Contact>,
        /// Whom the vendor may call about technical questions.
        technical_contact: Option<Contact>,
        /// The container of the order.
        container: Option<ContainerId>,
        /// The hash that the certificate is signed with; SHA-256 by default.
        #[builder(default = SignatureHash::Sha256)]
        signature_hash: SignatureHash,
        /// The server software, for the format of the mailed certificate (-1 other, 2 Apache, 45 nginx, …).
        server_platform: Option<i64>,
        /// How control of names that are not validated yet is to be proved.
        dcv_method: Option<DcvMethod>,
        /// Whether names are validated one by one or by their base domain.
        dcv_scope: Option<CertificateDcvScope>,
        /// The intermediate to sign with.
        #[builder(into)]
        ca_cert_id: Option<String>,
        /// Which extended key usages the certificate gets.
        profile: Option<ProfileOption>,
        /// The order that this one renews. It has to be of the same account.
        renewal_of: Option<OrderId>,
        /// The thumbprint of the certificate that this order renews, instead of its order's id.
        #[builder(into)]
        renewed_thumbprint: Option<String>,
        /// An id of the caller's own, to find the order by.
        #[builder(into)]
        alternative_order_id: Option<String>,
        /// Skips the account's approval; the key has to be an administrator's.
        skip_approval: Option<bool>,
        /// With [`start`](OrderCertificate::start): whether the wait approves the order's request if the key may. It does by default.
        #[builder(default = true)]
        approve: bool,
        /// How it is paid.
        payment_method: Option<PaymentMethod>,
        /// Addresses that get the order's mails.
        #[builder(default, with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        additional_emails: Vec<String>,
        /// Values of the account's custom fields, by their `metadata_id`.
        #[builder(default, with = |fields: impl IntoIterator<Item = (i64, impl Into<String>)>| {
            fields.into_iter().map(|(id, value)| (id, value.into())).collect()
        })]
        custom_fields: Vec<(i64, String)>,
        /// A remark for whoever approves it.
        #[builder(into)]
        comments: Option<String>,
        /// A text for the mails that remind of the renewal.
        #[builder(into)]
        custom_renewal_message: Option<String>,
        /// Whether the order renews itself.
        auto_renew: Option<bool>,
        /// Whether certificates reissue themselves within the plan.
        auto_reissue: Option<bool>,
        /// Whether reminders of the renewal are left out.
        disable_renewal_notifications: Option<bool>,
        /// Whether the certificate stays out of the public certificate transparency logs.
        disable_ct: Option<bool>,
        /// The language of the mails.
        #[builder(into)]
        locale: Option<String>,
    ) -> Result<PreparedOrder, Error> {
        if organization.is_none() && product.needs_organization() {
            return Err(Error::invalid("organization", format!("{product} is issued to an organization; name one")));
        }
        let today = self.client.core.now().date_naive();
        // How much is left of a renewed plan is not known here; it can only make the new one longer.
        let renews = (renewal_of.is_some() || renewed_thumbprint.is_some()).then_some(MOST_DAYS_LEFT);
        plan::order(plan, validity, today, renews, &product.limits(limits))?;
        if let (Some(_), Some(_)) = (renewal_of, &renewed_thumbprint) {
            return Err(Error::invalid("renewed_thumbprint", "renewal_of says already which order is renewed"));
        }
        check::path_segment("product", product.id())?;
        if let Some(id) = &alternative_order_id {
            check::own_id("alternative_order_id", id)?;
        }
        let order_validity = requested(plan.0);
        let mut organization_contact = organization_contact.map(|given| contact(given, ContactType::OrganizationContact)).transpose()?;
        let mut technical_contact = technical_contact.map(|given| contact(given, ContactType::TechnicalContact)).transpose()?;
        // Where there is an organization its people stand inside it; only orders without one have them at the root.
        let organization = organization.map(|id| types::RequestedOrganization {
            id,
            contacts: organization_contact.take().into_iter().chain(technical_contact.take()).collect(),
        });
        let certificate = types::RequestedCertificate {
            common_name: product.common_name(&common_name)?,
            dns_names: product.dns_names(&dns_names)?,
            csr: Some(csr.as_pem().to_owned()),
            signature_hash,
            server_platform: server_platform.map(|id| types::RequestedServerPlatform { id }),
            cert_validity: validity.map(|Validity(term)| requested(term)),
            ca_cert_id,
            organization_units: Vec::new(),
            profile_option: profile,
        };
        let request = types::OrderRequest {
            certificate,
            organization,
            organization_contact,
            technical_contact,
            order_validity: Some(order_validity),
            validity_years: None,
            validity_days: None,
            custom_expiration_date: None,
            container: container.map(|id| types::RequestedContainer { id }),
            auto_renew: auto_renew.map(i64::from),
            auto_reissue: auto_reissue.map(i64::from),
            renewal_of_order_id: renewal_of,
            renewed_thumbprint,
            custom_renewal_message,
            disable_renewal_notifications,
            additional_emails: check::emails("additional_emails", &additional_emails)?,
            comments,
            skip_approval,
            payment_method,
            dcv_method,
            certificate_dcv_scope: dcv_scope,
            dcv_emails: Vec::new(),
            disable_ct,
            alternative_order_id,
            custom_fields: custom_fields
                .into_iter()
                .map(|(metadata_id, value)| types::RequestedCustomField { metadata_id, value })
                .collect(),
            locale,
            cs_provisioning_method: None,
            product: None,
        };
        Ok(PreparedOrder { client: self.client.clone(), product, request, csr, approve })
    }

    /// The same as [`order`](Self::order), as a sentence: *issue … start … wait*.
    pub fn issue(self, product: Product, csr: Csr) -> OrderCertificate<'c> {
        self.order(product, csr)
    }
}

impl<S: order_certificate::IsComplete> OrderCertificate<'_, S> {
    /// Places the order.
    ///
    /// What comes back tells the order's id, and either its certificate, if it was issued at once, or the request that waits for
    /// approval, and the tokens of domains that are not validated yet.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`], with nothing sent, when a name, address, plan or validity cannot be; whatever the service answers.
    /// After an error that [`may_have_happened`](Error::may_have_happened) the order may have been placed.
    pub async fn send(self) -> Result<types::OrderResponse, Error> {
        self.prepare()?.place().await
    }

    /// Places the order and gives the handle to wait for its certificate with.
    ///
    /// The order is sent once. If the response is lost on the way, it looks for the order by its `alternative_order_id` (a fresh one, unless
    /// it was given) until the [deadline](crate::ClientBuilder::deadline) of the call, and adopts it if it certainly is this one: by the id
    /// that the order itself tells; where it tells none, by its key, names, product and what it renews together. No clock and no date
    /// decides. Only a request that certainly never left is sent again, unless
    /// [`Retry::resend_if_absent`](crate::Retry::resend_if_absent) says otherwise.
    ///
    /// With an id of your own the orders that have it already are looked up first, so as not to take one of them for this one.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send). [`Error::is_configuration`], with nothing sent, when this build could not verify the certificate's chain
    /// (see [`verify_signatures`](crate::CertificateChain::verify_signatures)). Where it could not find out, the error
    /// [`may_have_happened`](Error::may_have_happened), and its [`trace`](Error::trace) says which `alternative_order_id` to look for.
    pub async fn start(self) -> Result<PendingIssuance, Error> {
        self.prepare()?.start().await
    }
}

impl PreparedOrder {
    pub(super) async fn place(&self) -> Result<types::OrderResponse, Error> {
        let call = self.client.call();
        let answer = call.order_certificate(self.product.id(), &self.request).await;
        call.lift(answer).await
    }

    /// Places the order, or adopts it if it was placed and the answer lost.
    pub(super) async fn start(mut self) -> Result<PendingIssuance, Error> {
        require_verification(self.product.is_tls())?;
        let is_fresh = self.request.alternative_order_id.is_none();
        self.request.alternative_order_id.get_or_insert_with(|| format!("{:032x}", random()));
        let orders = self.client.orders();
        let placing = Placing::new(orders, self.identity(is_fresh)).await?;
        let placed = placing.run(orders, || self.place().boxed()).await?;
        drop(placing);
        Ok(self.pending(placed))
    }

    /// What the order will be known by once it is placed.
    fn identity(&self, is_fresh: bool) -> OrderIdentity<'_> {
        let id = self.request.alternative_order_id.as_deref().unwrap_or_default();
        OrderIdentity { id, is_fresh, csr: &self.csr, product: &self.product, request: &self.request }
    }

    fn pending(self, placed: types::OrderResponse) -> PendingIssuance {
        let Self { client, product, request, csr, approve } = self;
        PendingIssuance::new(client, placed.id, placed, csr, request.certificate, product.is_tls(), approve, Awaited::Order)
    }
}

pub(super) fn requested(term: Term) -> types::RequestedValidity {
    let (mut years, mut days, mut custom_expiration_date) = (None, None, None);
    match term {
        Term::Years(number) => years = Some(number.into()),
        Term::Days(number) => days = Some(number.into()),
        Term::Until(date) => custom_expiration_date = Some(written(date)),
    }
    types::RequestedValidity { years, days, custom_expiration_date }
}

/// A date as the guide writes it: `21 DEC 2024`.
fn written(date: NaiveDate) -> String {
    date.format("%d %b %Y").to_string().to_uppercase()
}

fn contact(contact: Contact, kind: ContactType) -> Result<types::RequestedContact, Error> {
    let mut requested = types::RequestedContact { contact_type: Some(kind), ..Default::default() };
    match contact {
        Contact::User(id) => requested.user_id = Some(id),
        Contact::Person { first_name, last_name, job_title, telephone, email } => {
            requested.email = Some(check::email("contact", &email)?);
            requested.first_name = Some(first_name);
            requested.last_name = Some(last_name);
            requested.job_title = Some(job_title);
            requested.telephone = Some(telephone);
        }
    }
    Ok(requested)
}
