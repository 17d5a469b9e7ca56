//! Further certificates of an order: reissues and duplicates.

use bon::bon;

use super::{
    Orders,
    carry::{CERTIFICATE, Told},
    prepared::{Body, Prepared, Write},
    renew::product_of,
    wanted::Wanted,
};
use crate::{
    certcentral::{
        CertificateDcvScope, CsProvisioningMethod, DcvMethod, OrderId, OrderStatus, Product, ProfileOption, ServerPlatformId,
        SignatureHash, Validity, docs,
        flow::{IssuanceToken, PendingIssuance},
        plan::{self, IssuanceLimits},
        sent, types,
    },
    error::Error,
    x509::Csr,
};

#[bon]
impl<'c> Orders<'c> {
    /// Reissues the certificate of an order (guide p.65): for a new key, other names, or the next period of a multi-year plan. Finish it
    /// with [`send`](ReissueCertificate::send), or with [`start`](ReissueCertificate::start) to wait for the certificate.
    ///
    /// Settings that you leave out come from the order: names, hash, server platform, intermediate, organizational units, a validity
    /// shorter than the longest possible, and how control of names is proved. The service does not report the `profile`, so set it again.
    /// **Leaving a name out has the current certificate revoked 48 to 72 hours later**; this is refused unless you set
    /// [`accept_revocation`](ReissueCertificate::accept_revocation). Adding names revokes nothing, but **costs units**: the names added,
    /// times the years left on the plan (guide p.68).
    ///
    /// A reissue needs a new key (guide p.65). A reissue for a key that a certificate of the order already has is refused, unless you set
    /// [`another`](ReissueCertificate::another).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, order: shomei::certcentral::OrderId, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// let issued = cc.orders().reissue(order, csr).start().await?.wait(Duration::from_secs(1800)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = checked, vis = "pub(in crate::certcentral)"))]
    #[builder(on(String, into))]
    #[builder(state_mod(name = reissue_certificate, vis = "pub", doc { /** Which settings a [`ReissueCertificate`](crate::certcentral::builders::ReissueCertificate) has so far. */ }))]
    #[builder(builder_type(name = ReissueCertificate, doc { #[doc = docs!(flow Orders::reissue)] }))]
    pub async fn reissue(
        self,
        #[builder(start_fn)] order: OrderId,
        #[builder(start_fn)] csr: Csr,
        /// Another common name.
        common_name: Option<String>,
        /// Other additional names; they replace those of the current certificate.
        #[builder(with = |names: impl IntoIterator<Item = impl Into<String>>| names.into_iter().map(Into::into).collect())]
        dns_names: Option<Vec<String>>,
        /// Accepts that the current certificate is revoked because names are left out.
        #[builder(default)]
        accept_revocation: bool,
        /// How long the certificate lasts; by default as long as requested for the last one, or as long as the plan allows.
        validity: Option<Validity>,
        /// The limits to check the validity against.
        #[builder(default)]
        limits: IssuanceLimits,
        /// Another hash that the certificate is signed with.
        signature_hash: Option<SignatureHash>,
        /// Other server software (-1 other, 2 Apache, 45 nginx, …).
        server_platform: Option<ServerPlatformId>,
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
        /// How to prove control of new names.
        dcv_method: Option<DcvMethod>,
        /// Whether names are validated one by one or by their base domain.
        dcv_scope: Option<CertificateDcvScope>,
        /// How a code signing certificate is delivered; by default as the order says.
        cs_provisioning_method: Option<CsProvisioningMethod>,
        /// Whether to keep the current certificate as a duplicate.
        store_reissue_as_duplicate: Option<bool>,
        /// Skips the account's approval; requires an administrator's key.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key is allowed to; `true` by default.
        #[builder(default = true)]
        approve: bool,
        /// Requests another one even if the order has a certificate for this key, or is about to have one.
        #[builder(default)]
        another: bool,
        /// A comment for the approver.
        comment: Option<String>,
    ) -> Result<Prepared, Error> {
        // Nothing could be carried over from what could not be read.
        let order = self.client.in_full().orders().get(order).send().await?;
        let (present_name, present_names) = names_of(&order)?;
        let product = trusted_product(&order);
        let common_name = common_name.map_or(Ok(present_name.clone()), |name| product.common_name(&name))?;
        let dns_names = dns_names.map_or(Ok(present_names.clone()), |names| product.dns_names(&names))?;
        let kept = |name: &String| *name == common_name || dns_names.contains(name);
        let left_out: Vec<_> = std::iter::once(present_name).chain(present_names).filter(|name| !kept(name)).collect();
        if !left_out.is_empty() && !accept_revocation {
            let names = left_out.join(", ");
            let why = format!("{names} would be left out, and the current certificate revoked 48 to 72 hours later; see accept_revocation");
            return Err(Error::invalid("dns_names", why));
        }
        let wanted =
            Wanted { signature_hash, server_platform, validity, ca_cert_id, organization_units, emails, profile, ..Wanted::default() };
        let certificate = self.again(&order, wanted, &csr, common_name, dns_names, limits).await?;
        let request = sent::ReissueRequest {
            certificate,
            certificate_dcv_scope: dcv_scope,
            comments: comment,
            cs_provisioning_method,
            dcv_method,
            skip_approval,
            store_reissue_as_duplicate,
        };
        let previous = order.certificate.as_ref().and_then(|certificate| certificate.id);
        let body = Body::Reissue { order: order.id, previous, tls: is_tls(&order), request: Box::new(request) };
        let mut prepared = self.prepared(&order, Write { body, csr, approve, another })?;
        // A reissue takes a new key (guide p.65); a duplicate may well serve another machine with the same.
        let told = order.certificate.as_ref().and_then(|present| present.csr.as_deref());
        prepared.same_key = previous.filter(|_| told.and_then(|told| prepared.write.csr.has_key_of(told)) == Some(true));
        Ok(prepared)
    }

    /// Requests a duplicate of an order's certificate (guide p.67): the same names with another key. It revokes nothing. Finish it with
    /// [`send`](DuplicateCertificate::send), or with [`start`](DuplicateCertificate::start) to wait for the certificate.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, order: shomei::certcentral::OrderId, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// let issued = cc.orders().duplicate(order, csr).start().await?.wait(Duration::from_secs(1800)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = checked, vis = "pub(in crate::certcentral)"))]
    #[builder(on(String, into))]
    #[builder(state_mod(name = duplicate_certificate, vis = "pub", doc { /** Which settings a [`DuplicateCertificate`](crate::certcentral::builders::DuplicateCertificate) has so far. */ }))]
    #[builder(builder_type(name = DuplicateCertificate, doc { #[doc = docs!(flow Orders::duplicate)] }))]
    pub async fn duplicate(
        self,
        #[builder(start_fn)] order: OrderId,
        #[builder(start_fn)] csr: Csr,
        /// Another of the certificate's names as the common name.
        common_name: Option<String>,
        /// All additional names of the certificate, and any names below one of its wildcards.
        #[builder(with = |names: impl IntoIterator<Item = impl Into<String>>| names.into_iter().map(Into::into).collect())]
        dns_names: Option<Vec<String>>,
        /// How long the certificate lasts; by default as long as requested for the last one, or as long as the plan allows.
        validity: Option<Validity>,
        /// The limits to check the validity against.
        #[builder(default)]
        limits: IssuanceLimits,
        /// Another hash that the certificate is signed with.
        signature_hash: Option<SignatureHash>,
        /// Other server software (-1 other, 2 Apache, 45 nginx, …).
        server_platform: Option<ServerPlatformId>,
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
        /// Skips the account's approval; requires an administrator's key.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key is allowed to; `true` by default.
        #[builder(default = true)]
        approve: bool,
        /// Requests another one even if the order has a certificate for this key, or is about to have one.
        #[builder(default)]
        another: bool,
    ) -> Result<Prepared, Error> {
        // Nothing could be carried over from what could not be read.
        let order = self.client.in_full().orders().get(order).send().await?;
        let (present_name, mut present_names) = names_of(&order)?;
        present_names.insert(0, present_name.clone());
        let product = trusted_product(&order);
        let common_name = common_name.map_or(Ok(present_name), |name| product.common_name(&name))?;
        let dns_names = match dns_names {
            Some(names) => product.dns_names(&names)?,
            None => present_names.iter().filter(|name| **name != common_name).cloned().collect(),
        };
        if let Some(name) = present_names.iter().find(|name| **name != common_name && !dns_names.contains(name)) {
            return Err(Error::invalid("dns_names", format!("{name} is missing; a duplicate has all names of the certificate")));
        }
        let wanted =
            Wanted { signature_hash, server_platform, validity, ca_cert_id, organization_units, emails, profile, ..Wanted::default() };
        let certificate = self.again(&order, wanted, &csr, common_name, dns_names, limits).await?;
        let request = Box::new(sent::DuplicateRequest { certificate, skip_approval });
        let body = Body::Duplicate { order: order.id, tls: is_tls(&order), request };
        self.prepared(&order, Write { body, csr, approve, another })
    }
}

impl<S: reissue_certificate::IsComplete> ReissueCertificate<'_, S> {
    /// Requests the reissue in one call, after reading the order. It searches for nothing before or after, so calling it again requests
    /// another one. Use [`start`](Self::start) to avoid that.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if a name or the validity is invalid, if a name would be left out, or, with the setter's name, if a
    /// setting of the order is refused today or cannot be sent again (see [`renew`](Orders::renew)); [`Error::is_mismatch`] if the order
    /// is not issued or has no certificate, or its certificate has this key; any error that the service returns. After an error that
    /// [`is_ambiguous`](Error::is_ambiguous), the reissue may have been requested.
    pub async fn send(self) -> Result<types::OrderResponse, Error> {
        self.checked().await?.send().await
    }

    /// Requests the reissue once, and returns a handle that waits for its certificate.
    ///
    /// Calling it again is safe, also from another process: a reissue of the order for this key and these names that is in use or in
    /// progress is adopted. Any other certificate for this key is an error that names it, and nothing is sent. To request another one for
    /// the same key, set [`another`](Self::another).
    ///
    /// If the response is lost, it searches for a reissue with this key that was not listed before, and adopts it; see
    /// [`IssueCertificate::start`](super::IssueCertificate::start).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`Error::is_mismatch`] if another certificate of the order has the key; [`Error::is_configuration`], with
    /// nothing requested, if this build cannot verify the certificate's chain.
    pub async fn start(self) -> Result<PendingIssuance, Error> {
        self.checked().await?.start(None).await
    }

    /// Reads the order, checks the reissue and returns it as a token, without sending it; see
    /// [`IssueCertificate::prepare`](super::IssueCertificate::prepare).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), before anything is sent.
    pub async fn prepare(self) -> Result<IssuanceToken, Error> {
        self.checked().await?.token()
    }
}

impl<S: duplicate_certificate::IsComplete> DuplicateCertificate<'_, S> {
    /// Requests the duplicate in one call, after reading the order. It searches for nothing before or after, so calling it again requests
    /// another one. Use [`start`](Self::start) to avoid that.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the validity is invalid, if a name would be left out, or, with the setter's name, if a setting of the
    /// order is refused today or cannot be sent again (see [`renew`](Orders::renew)); [`Error::is_mismatch`] if the order is not
    /// issued or has no certificate; any error that the service returns. After an error that [`is_ambiguous`](Error::is_ambiguous), the
    /// duplicate may have been requested.
    pub async fn send(self) -> Result<types::OrderResponse, Error> {
        self.checked().await?.send().await
    }

    /// Requests the duplicate once, and returns a handle that waits for its certificate.
    ///
    /// Calling it again is safe, also from another process: a duplicate of the order for this key and these names that is in use or in
    /// progress is adopted. Any other certificate for this key is an error that names it, and nothing is sent. To request another one for
    /// the same key, set [`another`](Self::another).
    ///
    /// If the response is lost, it searches for a duplicate with this key that was not listed before, and adopts it; see
    /// [`IssueCertificate::start`](super::IssueCertificate::start).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`Error::is_mismatch`] if another certificate of the order has the key; [`Error::is_configuration`], with
    /// nothing requested, if this build cannot verify the certificate's chain.
    pub async fn start(self) -> Result<PendingIssuance, Error> {
        self.checked().await?.start(None).await
    }

    /// Reads the order, checks the duplicate and returns it as a token, without sending it; see
    /// [`IssueCertificate::prepare`](super::IssueCertificate::prepare).
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), before anything is sent.
    pub async fn prepare(self) -> Result<IssuanceToken, Error> {
        self.checked().await?.token()
    }
}

impl Orders<'_> {
    /// Only an issued order gets further certificates; one that is already in progress may still be adopted.
    fn prepared(self, order: &types::Order, write: Write) -> Result<Prepared, Error> {
        let mut prepared = Prepared::new(self.client.clone(), write)?;
        if order.status != Some(OrderStatus::Issued) {
            let status = match &order.status {
                Some(OrderStatus::Unknown(_)) | None => "in a status unknown to this version",
                Some(known) => known.as_str(),
            };
            let why = format!("order {} is {status}; only an issued one can be reissued or duplicated", order.id);
            prepared.refusal = Some(Error::mismatch(why));
        }
        Ok(prepared)
    }

    /// The certificate of a reissue or duplicate: settings that the caller leaves out come from the order. An order that does not say when
    /// its plan ends is let through.
    async fn again(
        self,
        order: &types::Order,
        mut wanted: Wanted,
        csr: &Csr,
        common_name: String,
        dns_names: Vec<String>,
        limits: IssuanceLimits,
    ) -> Result<sent::RequestedCertificate, Error> {
        let product = product_of(order);
        let limits = product.as_ref().map_or_else(|| limits.clone(), |product| product.limits(limits.clone()));
        let most_days = match order.order_valid_till {
            Some(plan_until) => plan::check_reissue(wanted.validity, self.client.core.now().date_naive(), plan_until, &limits)?,
            None => u32::MAX,
        };
        (wanted.common_name, wanted.dns_names) = (Some(common_name.clone()), Some(dns_names.clone()));
        self.carry_over(&mut wanted, &[CERTIFICATE], &Told { order, product: product.as_ref(), most_days }).await?;
        wanted.certificate(product.as_ref(), csr, common_name, dns_names)
    }
}

/// An order that does not report its product is given the benefit of the doubt; the service decides.
fn trusted_product(order: &types::Order) -> Product {
    product_of(order).unwrap_or(Product::PRIVATE_SSL)
}

/// Whether an order's certificates are for TLS; an order that does not report its product is assumed to be.
pub(super) fn is_tls(order: &types::Order) -> bool {
    product_of(order).is_none_or(|product| product.is_tls())
}

/// The common name and the other names of an order's certificate.
pub(super) fn names_of(order: &types::Order) -> Result<(String, Vec<String>), Error> {
    let none = || Error::mismatch(format!("the service returned no names for order {}", order.id));
    let certificate = order.certificate.as_ref().ok_or_else(none)?;
    let common_name = certificate.common_name.as_deref().ok_or_else(none)?;
    // TLS names are case-insensitive; other subjects of a certificate, such as a company, are not.
    let common_name = if is_tls(order) { common_name.to_ascii_lowercase() } else { common_name.to_owned() };
    let mut names: Vec<_> = certificate.dns_names.iter().map(|name| name.to_ascii_lowercase()).collect();
    // The service lists the common name among the others, or a blank where there are none.
    names.retain(|name| !name.trim().is_empty() && *name != common_name);
    Ok((common_name, names))
}
