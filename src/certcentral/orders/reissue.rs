//! Further certificates of an order: reissues and duplicates.

use bon::bon;
use futures_util::FutureExt as _;

use super::{
    Orders,
    recovery::{Asking, FurtherKind},
};
use crate::{
    certcentral::{
        CertificateDcvScope, DcvMethod, OrderId, OrderStatus, Product, SignatureHash, Validity, docs,
        flow::{Awaited, PendingIssuance},
        plan::{self, Limits},
        types,
    },
    error::Error,
    x509::{Csr, require_verification},
};

/// "Other", for the server platform: the service wants one with every reissue and duplicate.
const OTHER_PLATFORM: i64 = -1;

/// A further certificate as it will be asked for.
pub(in crate::certcentral) struct Further<'c> {
    orders: Orders<'c>,
    order: types::Order,
    certificate: types::RequestedCertificate,
    csr: Csr,
    approve: bool,
}

#[bon]
impl<'c> Orders<'c> {
    /// Reissues the certificate of an order (guide p.65): a new key, other names, or the next stretch of a plan of several years.
    /// End it with [`send`](ReissueCertificate::send), or with [`start`](ReissueCertificate::start) to wait for the certificate.
    ///
    /// Without names it keeps those of the present certificate. **Leaving a name out has the present certificate revoked 48 to 72 hours
    /// later**; that is refused unless [`accept_revocation`](ReissueCertificate::accept_revocation) says otherwise. Adding names
    /// revokes nothing.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, order: shomei::certcentral::OrderId, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// let issued = cc.orders().reissue(order, csr).start().await?.wait(Duration::from_secs(1800)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = "pub(in crate::certcentral)"))]
    #[builder(builder_type(name = ReissueCertificate, doc { #[doc = docs!(flow Orders::reissue)] }))]
    pub async fn reissue(
        self,
        #[builder(start_fn)] order: OrderId,
        #[builder(start_fn)] csr: Csr,
        /// Another common name.
        #[builder(into)]
        common_name: Option<String>,
        /// Other further names; they replace those of the present certificate.
        #[builder(with = |names: impl IntoIterator<Item = impl Into<String>>| names.into_iter().map(Into::into).collect())]
        dns_names: Option<Vec<String>>,
        /// Accepts that the present certificate is revoked because names are left out.
        #[builder(default)]
        accept_revocation: bool,
        /// How long the certificate lasts; without it, as long as it may within the plan.
        validity: Option<Validity>,
        /// The limits to check the validity against.
        #[builder(default)]
        limits: Limits,
        /// The hash that the certificate is signed with; SHA-256 by default.
        #[builder(default = SignatureHash::Sha256)]
        signature_hash: SignatureHash,
        /// The server software (-1 other, 2 Apache, 45 nginx, …).
        #[builder(default = OTHER_PLATFORM)]
        server_platform: i64,
        /// How control of new names is to be proved.
        dcv_method: Option<DcvMethod>,
        /// Whether names are validated one by one or by their base domain.
        dcv_scope: Option<CertificateDcvScope>,
        /// Skips the account's approval; the key has to be an administrator's.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key may. It does by default.
        #[builder(default = true)]
        approve: bool,
        /// A remark for whoever approves it.
        #[builder(into)]
        comments: Option<String>,
    ) -> Result<(Further<'c>, types::ReissueRequest), Error> {
        let order = issued(self, order).await?;
        let (present_name, present_names) = names_of(&order)?;
        // A product that the order does not tell is given the benefit of the doubt, for the service to say.
        let product = product_of(&order).unwrap_or(Product::PRIVATE_SSL);
        let common_name = common_name.map_or(Ok(present_name.clone()), |name| product.common_name(&name))?;
        let dns_names = dns_names.map_or(Ok(present_names.clone()), |names| product.dns_names(&names))?;
        let kept = |name: &String| *name == common_name || dns_names.contains(name);
        let left_out: Vec<_> = std::iter::once(present_name).chain(present_names).filter(|name| !kept(name)).collect();
        if !left_out.is_empty() && !accept_revocation {
            let names = left_out.join(", ");
            let why =
                format!("{names} would be left out, and the present certificate be revoked 48 to 72 hours later; see accept_revocation");
            return Err(Error::invalid("dns_names", why));
        }
        check_validity(self, &order, validity, limits)?;
        let certificate = requested(common_name, dns_names, &csr, signature_hash, server_platform, validity);
        let request = types::ReissueRequest {
            certificate: certificate.clone(),
            certificate_dcv_scope: dcv_scope,
            comments,
            cs_provisioning_method: None,
            dcv_method,
            skip_approval,
            store_reissue_as_duplicate: None,
        };
        Ok((Further { orders: self, order, certificate, csr, approve }, request))
    }

    /// Makes a duplicate of an order's certificate (guide p.67): the same names with another key. It revokes nothing.
    /// End it with [`send`](DuplicateCertificate::send), or with [`start`](DuplicateCertificate::start) to wait for the certificate.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, order: shomei::certcentral::OrderId, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// let issued = cc.orders().duplicate(order, csr).start().await?.wait(Duration::from_secs(1800)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = "pub(in crate::certcentral)"))]
    #[builder(builder_type(name = DuplicateCertificate, doc { #[doc = docs!(flow Orders::duplicate)] }))]
    pub async fn duplicate(
        self,
        #[builder(start_fn)] order: OrderId,
        #[builder(start_fn)] csr: Csr,
        /// How long the certificate lasts; without it, as long as it may within the plan.
        validity: Option<Validity>,
        /// The limits to check the validity against.
        #[builder(default)]
        limits: Limits,
        /// The hash that the certificate is signed with; SHA-256 by default.
        #[builder(default = SignatureHash::Sha256)]
        signature_hash: SignatureHash,
        /// The server software (-1 other, 2 Apache, 45 nginx, …).
        #[builder(default = OTHER_PLATFORM)]
        server_platform: i64,
        /// Skips the account's approval; the key has to be an administrator's.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key may. It does by default.
        #[builder(default = true)]
        approve: bool,
    ) -> Result<(Further<'c>, types::DuplicateRequest), Error> {
        let order = issued(self, order).await?;
        let (common_name, dns_names) = names_of(&order)?;
        check_validity(self, &order, validity, limits)?;
        let certificate = requested(common_name, dns_names, &csr, signature_hash, server_platform, validity);
        let request = types::DuplicateRequest { certificate: certificate.clone(), skip_approval };
        Ok((Further { orders: self, order, certificate, csr, approve }, request))
    }
}

impl<S: reissue_certificate::IsComplete> ReissueCertificate<'_, S> {
    /// Asks for the reissue.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when a name or the validity cannot be, or a name would be left out; [`Error::is_mismatch`] when the
    /// order has no certificate; whatever the service answers. After an error that [`may_have_happened`](Error::may_have_happened) it may
    /// have been asked for.
    pub async fn send(self) -> Result<types::OrderResponse, Error> {
        let (further, request) = self.prepare().await?;
        further.reissue(&request).await
    }

    /// Asks for the reissue and gives the handle to wait for its certificate with. It is sent once. If the response is lost on
    /// the way, it looks for a reissue with the same key that was not listed before, and adopts it; see
    /// [`OrderCertificate::start`](super::OrderCertificate::start).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`Error::is_configuration`], with nothing asked for, when this build could not verify the certificate's chain.
    pub async fn start(self) -> Result<PendingIssuance, Error> {
        let (further, request) = self.prepare().await?;
        require_verification(is_tls(&further.order))?;
        let asking = Asking::new(further.orders, FurtherKind::Reissue, &further.order, &further.csr).await?;
        let placed = asking.run(further.orders, || further.reissue(&request).boxed()).await?;
        drop(asking);
        let previous = further.order.certificate.as_ref().and_then(|certificate| certificate.id);
        Ok(further.pending(placed, Awaited::Reissue { previous }))
    }
}

impl<S: duplicate_certificate::IsComplete> DuplicateCertificate<'_, S> {
    /// Asks for the duplicate.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the validity cannot be; [`Error::is_mismatch`] when the order has no certificate; whatever the
    /// service answers. After an error that [`may_have_happened`](Error::may_have_happened) it may have been asked for.
    pub async fn send(self) -> Result<types::OrderResponse, Error> {
        let (further, request) = self.prepare().await?;
        further.duplicate(&request).await
    }

    /// Asks for the duplicate and gives the handle to wait for its certificate with. It is sent once. If the response is lost on
    /// the way, it looks for a duplicate with the same key that was not listed before, and adopts it; see
    /// [`OrderCertificate::start`](super::OrderCertificate::start).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`Error::is_configuration`], with nothing asked for, when this build could not verify the certificate's chain.
    pub async fn start(self) -> Result<PendingIssuance, Error> {
        let (further, request) = self.prepare().await?;
        require_verification(is_tls(&further.order))?;
        let asking = Asking::new(further.orders, FurtherKind::Duplicate, &further.order, &further.csr).await?;
        let placed = asking.run(further.orders, || further.duplicate(&request).boxed()).await?;
        drop(asking);
        let certificate = placed.certificate_id;
        Ok(further.pending(placed, Awaited::Duplicate { certificate }))
    }
}

impl Further<'_> {
    async fn reissue(&self, request: &types::ReissueRequest) -> Result<types::OrderResponse, Error> {
        let call = self.orders.client.call();
        let answer = call.reissue_certificate(&self.order.id, request).await;
        call.lift(answer).await
    }

    async fn duplicate(&self, request: &types::DuplicateRequest) -> Result<types::OrderResponse, Error> {
        let call = self.orders.client.call();
        let answer = call.duplicate_certificate(&self.order.id, request).await;
        call.lift(answer).await
    }

    fn pending(self, placed: types::OrderResponse, awaited: Awaited) -> PendingIssuance {
        let client = self.orders.client.clone();
        let tls = is_tls(&self.order);
        PendingIssuance::new(client, self.order.id, placed, self.csr, self.certificate, tls, self.approve, awaited)
    }
}

/// An order that has a certificate, which is what can be reissued or duplicated.
async fn issued(orders: Orders<'_>, id: OrderId) -> Result<types::Order, Error> {
    let order = orders.get(id).send().await?;
    match order.status {
        Some(OrderStatus::Issued) => Ok(order),
        ref status => {
            let status = match status {
                Some(OrderStatus::Unknown(_)) | None => "in a state that nobody knows",
                Some(known) => known.as_str(),
            };
            Err(Error::mismatch(format!("order {id} is {status}; only an issued one has further certificates")))
        }
    }
}

fn product_of(order: &types::Order) -> Option<Product> {
    order.product_name_id.clone().map(Product::from)
}

/// Whether an order's certificates serve TLS; one that does not say its product is taken for one.
fn is_tls(order: &types::Order) -> bool {
    product_of(order).is_none_or(|product| product.is_tls())
}

/// Refuses a validity that the plan or the limits of the product do not allow; an order that does not say when its plan ends is let
/// through.
fn check_validity(orders: Orders<'_>, order: &types::Order, validity: Option<Validity>, limits: Limits) -> Result<(), Error> {
    let Some(plan_until) = order.order_valid_till else { return Ok(()) };
    let limits = match product_of(order) {
        Some(product) => product.limits(limits),
        None => limits,
    };
    plan::reissue(validity, orders.client.core.now().date_naive(), plan_until, &limits).map(drop)
}

/// The common name and the other names of an order's certificate.
fn names_of(order: &types::Order) -> Result<(String, Vec<String>), Error> {
    let none = || Error::mismatch(format!("the service gave no names for order {}", order.id));
    let certificate = order.certificate.as_ref().ok_or_else(none)?;
    let common_name = certificate.common_name.as_deref().ok_or_else(none)?;
    // A name of TLS is the same in any case; what else a certificate is about, such as a company, is not.
    let common_name = if is_tls(order) { common_name.to_ascii_lowercase() } else { common_name.to_owned() };
    let mut names: Vec<_> = certificate.dns_names.iter().map(|name| name.to_ascii_lowercase()).collect();
    // The service lists the common name among the others, or a blank where there are none.
    names.retain(|name| !name.trim().is_empty() && *name != common_name);
    Ok((common_name, names))
}

fn requested(
    common_name: String,
    dns_names: Vec<String>,
    csr: &Csr,
    signature_hash: SignatureHash,
    server_platform: i64,
    validity: Option<Validity>,
) -> types::RequestedCertificate {
    types::RequestedCertificate {
        common_name,
        dns_names,
        csr: Some(csr.as_pem().to_owned()),
        signature_hash,
        server_platform: Some(types::RequestedServerPlatform { id: server_platform }),
        cert_validity: validity.map(|Validity(term)| super::new_order::requested(term)),
        ca_cert_id: None,
        organization_units: Vec::new(),
        profile_option: None,
    }
}
