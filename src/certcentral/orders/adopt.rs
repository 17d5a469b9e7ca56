//! Adopting what was ordered elsewhere.

use std::collections::HashSet;

use bon::bon;

use super::{
    Orders,
    recovery::{FurtherKind, listed, request_of, response},
    reissue::{is_tls, names_of},
};
use crate::{
    certcentral::{
        OrderId, OrderStatus, RequestType, docs,
        flow::{Awaited, PendingIssuance},
        sent,
    },
    error::Error,
    x509::{Csr, require_verification},
};

#[bon]
impl<'c> Orders<'c> {
    /// Adopts what was ordered elsewhere, by the order's id and the CSR, and returns a handle that waits for the certificate. The key
    /// decides whether that is the order's certificate, a reissue or a duplicate.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, csr: shomei::Csr) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use shomei::certcentral::OrderId;
    ///
    /// let issued = cc.orders().adopt(OrderId(115429178), csr).start().await?.wait(Duration::from_secs(1800)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order; [`Error::is_mismatch`] if no certificate of the order can be shown to be
    /// for this key; [`Error::is_configuration`] if this build cannot verify the certificate's chain.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Orders::adopt)] }))]
    #[builder(builder_type(name = AdoptOrder, doc { #[doc = docs!(call Orders::adopt)] }))]
    pub async fn adopt(
        self,
        #[builder(start_fn)] order: OrderId,
        #[builder(start_fn)] csr: Csr,
        /// Whether the wait approves the request if the key is allowed to and it is certain which request it is; `true` by default.
        #[builder(default = true)]
        approve: bool,
    ) -> Result<PendingIssuance, Error> {
        let id = order;
        let order = self.get(id).send().await?;
        if order.id != id {
            return Err(Error::mismatch(format!("the service returned order {} instead of {id}", order.id)));
        }
        let tls = is_tls(&order);
        require_verification(tls)?;
        let (common_name, dns_names) = names_of(&order)?;
        let mut certificate = wanted(common_name, dns_names, &csr);
        let first = order.certificate.as_ref();
        let issued = first.and_then(|first| first.id).filter(|_| order.status == Some(OrderStatus::Issued));
        if self.has_key_of(&csr, first.and_then(|first| first.csr.as_deref()), issued).await == Some(true) {
            let requests = request_of(&order, &RequestType::NewRequest, &HashSet::new());
            let placed = response(order, requests, issued);
            return Ok(PendingIssuance::new(self.client.clone(), id, placed, csr, certificate, tls, approve, Awaited::Order));
        }
        for kind in [FurtherKind::Reissue, FurtherKind::Duplicate] {
            let mut listed = listed(self, kind, id).await?;
            listed.retain(|listed| !listed.is_over());
            // The key may have been used for an earlier one.
            listed.sort_unstable_by_key(|listed| std::cmp::Reverse(listed.id));
            let pending = listed.iter().filter(|listed| !listed.is_issued()).count();
            for further in listed {
                if self.has_key_of(&csr, further.csr.as_deref(), further.is_issued().then_some(further.id)).await != Some(true) {
                    continue;
                }
                if let Some(common_name) = &further.common_name {
                    certificate = wanted(common_name.clone(), further.dns_names.clone(), &csr);
                }
                let awaited = match kind {
                    FurtherKind::Reissue => Awaited::Reissue { previous: first.and_then(|first| first.id).filter(|id| *id != further.id) },
                    FurtherKind::Duplicate => Awaited::Duplicate { certificate: Some(further.id) },
                };
                let requests = if pending == 1 && !further.is_issued() { kind.open_request(&order) } else { Vec::new() };
                let placed = response(order, requests, Some(further.id));
                return Ok(PendingIssuance::new(self.client.clone(), id, placed, csr, certificate, tls, approve, awaited));
            }
        }
        Err(Error::mismatch(format!("order {id} has no certificate for this key")))
    }
}

fn wanted(common_name: String, dns_names: Vec<String>, csr: &Csr) -> sent::RequestedCertificate {
    sent::RequestedCertificate {
        common_name,
        dns_names,
        csr: Some(csr.as_pem().to_owned()),
        signature_hash: None,
        server_platform: None,
        cert_validity: None,
        ca_cert_id: None,
        organization_units: Vec::new(),
        emails: Vec::new(),
        profile_option: None,
    }
}
