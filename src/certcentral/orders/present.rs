//! What already exists of a request: calling again adopts it, or names what is in the way.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::{
    Orders,
    identity::names,
    recovery::{Asking, FurtherKind, Listed, MOST_READ, Placing, Present, heeds_ids, request_of, response},
};
use crate::{
    certcentral::{CertificateStatus, OrderId, OrderStatus, RequestStatus, RequestType, sent, types},
    error::Error,
};

impl Placing<'_> {
    /// The order that already has this id, if it can still give the requested certificate. `remembered` is what this client has placed with
    /// the id, which the service may not list yet.
    ///
    /// # Errors
    ///
    /// A mismatch that names the order, if one that can still give a certificate has the id and is, or may be, another order.
    pub(super) async fn present(&self, orders: Orders<'_>, remembered: Option<OrderId>) -> Result<Option<types::OrderResponse>, Error> {
        let mut ids: Vec<_> = self.others().into_iter().chain(remembered).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > MOST_READ {
            return Err(self.another(format!("{} orders are listed under", ids.len())));
        }
        let mut found = None;
        for id in ids {
            let order = orders.get(id).send().await?;
            if order.id != id {
                return Err(Error::mismatch(format!("the service returned order {} instead of {id}", order.id)));
            }
            if is_over(&order, orders.client.core.now().date_naive()) || self.identity.is_renewed(&order) {
                continue;
            }
            let certificate = order.certificate.as_ref();
            let issued = certificate.and_then(|certificate| certificate.id).filter(|_| order.status == Some(OrderStatus::Issued));
            let told = certificate.and_then(|certificate| certificate.csr.as_deref());
            let key = orders.has_key_of(self.identity.csr, told, issued).await;
            let is_this = key == Some(true) && self.identity.is_alike(&order);
            let is_named = match order.alternative_order_id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
                Some(told) => told == self.identity.id,
                None => remembered == Some(id) || heeds_ids(orders, id).await?,
            };
            match (is_named, is_this) {
                (true, true) if found.is_none() => {
                    let requests = request_of(&order, &RequestType::NewRequest, &HashSet::new());
                    let certificate_id = issued;
                    found = Some(response(order, requests, certificate_id));
                }
                (true, true) => return Err(self.another(format!("order {id} is a second one with"))),
                // A look-up that ignores its id may have named it by chance, but two for the same are too many.
                (false, true) if order.alternative_order_id.is_none() => return Err(self.another(format!("order {id} may have"))),
                (false, _) => {}
                (true, false) => {
                    let what = match key {
                        Some(true) => "other names, another product or another renewal",
                        Some(false) => "another key",
                        None => "an unknown key",
                    };
                    return Err(self.another(format!("order {id}, for {what}, has")));
                }
            }
        }
        Ok(found)
    }

    fn another(&self, which: String) -> Error {
        Error::mismatch(format!(
            "{which} the alternative_order_id {}; nothing was sent. `another(true)` places another one",
            self.identity.id
        ))
    }
}

impl Asking<'_> {
    /// The reissue or duplicate for this key that already exists: pending, or in use.
    ///
    /// # Errors
    ///
    /// A mismatch that names the certificate, if one that is not the requested one has the key.
    pub(super) async fn present(
        &self,
        orders: Orders<'_>,
        certificate: &sent::RequestedCertificate,
        remembered: Option<&types::OrderResponse>,
    ) -> Result<Option<types::OrderResponse>, Error> {
        let Some(present) = &self.present else { return Ok(None) };
        let Present { order, listed: before } = &**present;
        let mut is_listed = false;
        let first = order.certificate.as_ref();
        let current = first.and_then(|certificate| certificate.id);
        let useless = first.is_some_and(|certificate| is_useless(certificate, orders.client.core.now().date_naive()));
        let another = |id| {
            let why = format!(
                "certificate {id} of order {} already has this key; nothing was sent. `another(true)` requests another one",
                order.id
            );
            Error::mismatch(why)
        };
        for listed in before.iter().rev().take(MOST_READ) {
            let key = orders.has_key_of(self.csr, listed.csr.as_deref(), listed.is_issued().then_some(listed.id)).await;
            if key != Some(true) {
                continue;
            }
            is_listed = true;
            if listed.is_over() || (useless && current == Some(listed.id)) {
                continue;
            }
            // A reissue that was followed by another one no longer serves its purpose.
            let is_in_use = self.kind == FurtherKind::Duplicate || !listed.is_issued() || current == Some(listed.id);
            if !is_in_use || !listed.has_names_of(certificate) {
                return Err(another(listed.id));
            }
            let pending = before.iter().filter(|other| !other.is_over() && !other.is_issued()).count();
            let requests = if pending == 1 && !listed.is_issued() { self.kind.open_request(order) } else { Vec::new() };
            return Ok(Some(response(order.clone(), requests, Some(listed.id))));
        }
        if let (Some(id), Some(first)) = (current, first)
            && !before.iter().any(|listed| listed.id == id)
            && !useless
            && orders.has_key_of(self.csr, first.csr.as_deref(), Some(id)).await == Some(true)
        {
            return Err(another(id));
        }
        // An index may lag behind what this client has done; but what it does list takes precedence.
        Ok(remembered.filter(|_| !is_listed).cloned())
    }
}

impl FurtherKind {
    /// The request of this kind that waits for approval, if only one does.
    pub(super) fn open_request(self, order: &types::Order) -> Vec<types::RequestSummary> {
        let is_decided =
            |request: &&types::RequestSummary| matches!(request.status, Some(RequestStatus::Approved | RequestStatus::Rejected));
        let decided = order.requests.iter().filter(is_decided).map(|request| request.id).collect();
        request_of(order, &self.request_type(), &decided)
    }
}

impl Listed {
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status, Some(CertificateStatus::Rejected | CertificateStatus::Revoked))
    }

    /// Whether it is for the same names, as far as it lists any.
    fn has_names_of(&self, wanted: &sent::RequestedCertificate) -> bool {
        let told = names(self.common_name.as_ref(), &self.dns_names);
        told.is_empty() || told == names(Some(&wanted.common_name), &wanted.dns_names)
    }
}

/// Whether an order gives no certificate any more: it ended, or its certificate is of no use.
fn is_over(order: &types::Order, today: NaiveDate) -> bool {
    let ended = matches!(
        order.status,
        Some(OrderStatus::Rejected | OrderStatus::Denied | OrderStatus::Canceled | OrderStatus::Revoked | OrderStatus::Expired)
    );
    ended
        || order.order_valid_till.is_some_and(|end| end < today)
        || order.certificate.as_ref().is_some_and(|first| is_useless(first, today))
}

/// Whether a certificate was revoked, or has expired.
fn is_useless(certificate: &types::CertificateDetails, today: NaiveDate) -> bool {
    certificate.status == Some(CertificateStatus::Revoked) || certificate.valid_till.is_some_and(|end| end < today)
}
