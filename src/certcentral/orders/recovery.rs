//! Searching for orders, reissues and duplicates whose response was lost. What was listed before they were sent tells old from new.

use std::{
    cmp::Reverse,
    collections::HashSet,
    fmt,
    sync::{Mutex, PoisonError},
};

use futures_util::{FutureExt as _, future::BoxFuture};

use super::{
    Orders,
    identity::{Evidence, OrderIdentity, only},
    trail::Before,
};
use crate::{
    certcentral::{CertificateId, CertificateStatus, OrderId, RequestId, RequestType, recovery, recovery::Sighting, types},
    client::tell_absence,
    error::Error,
    random::random,
    x509::Csr,
};

/// The most orders of one look-up that are read per search: a look-up that ignores its id lists them all.
pub(super) const MOST_READ: usize = 20;

/// An order that is being placed, and what existed before.
pub(super) struct Placing<'a> {
    pub(super) identity: OrderIdentity<'a>,
    /// Orders that it certainly is not.
    others: Mutex<HashSet<OrderId>>,
}

impl<'a> Placing<'a> {
    /// Called before anything is sent.
    pub(super) async fn new(orders: Orders<'_>, identity: OrderIdentity<'a>, is_new: bool) -> Result<Self, Error> {
        // Nothing can have had an id that was made just now.
        let before = if identity.is_fresh && is_new { Vec::new() } else { with_id(orders, identity.id).await? };
        Ok(Self::after(identity, before.into_iter().map(|entry| entry.order_id)))
    }

    /// The same, if what existed before has been saved.
    pub(super) fn after(identity: OrderIdentity<'a>, before: impl IntoIterator<Item = OrderId>) -> Self {
        Self { identity, others: Mutex::new(before.into_iter().collect()) }
    }

    /// Orders that it certainly is not; before it is sent: those that already existed.
    pub(super) fn others(&self) -> Vec<OrderId> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// Places the order; if the response is lost, finds what was placed.
    pub(super) async fn run<'w>(
        &'w self,
        orders: Orders<'w>,
        send: impl Fn() -> BoxFuture<'w, Result<types::OrderResponse, Error>>,
    ) -> Result<types::OrderResponse, Error> {
        recovery::recover(orders.client, self, may_resend(orders), send, || self.look(orders).boxed()).await
    }

    /// Searches for the order once.
    pub(super) async fn look(&self, orders: Orders<'_>) -> Result<Sighting<types::OrderResponse>, Error> {
        let mut entries = with_id(orders, self.identity.id).await?;
        entries.retain(|entry| !self.is_other(entry.order_id));
        entries.sort_unstable_by_key(|entry| Reverse(entry.order_id));
        let mut judged = Vec::new();
        for (number, entry) in entries.into_iter().enumerate() {
            // An order that cannot be read may be the one; another order in place of the requested one says nothing about it.
            let order = match orders.get(entry.order_id).send().await {
                Ok(order) if number < MOST_READ && order.id == entry.order_id => order,
                _ => {
                    judged.push((None, Evidence::Unsure));
                    if number < MOST_READ { continue } else { break }
                }
            };
            let evidence = match self.identity.judge(&order) {
                Evidence::Ours if order.alternative_order_id.is_none() && !heeds_ids(orders, order.id).await? => Evidence::Unsure,
                evidence => evidence,
            };
            if evidence == Evidence::NotOurs {
                self.others.lock().unwrap_or_else(PoisonError::into_inner).insert(order.id);
            }
            judged.push((Some((order, entry.certificate_id)), evidence));
        }
        Ok(match only(judged) {
            Sighting::Found(Some((order, certificate_id))) => {
                let requests = request_of(&order, &RequestType::NewRequest, &HashSet::new());
                Sighting::Found(response(order, requests, certificate_id))
            }
            Sighting::Absent => Sighting::Absent,
            Sighting::Found(None) | Sighting::Unsure => Sighting::Unsure,
        })
    }

    fn is_other(&self, id: OrderId) -> bool {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

impl fmt::Display for Placing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an order with the alternative_order_id {}", self.identity.id)
    }
}

/// The orders with an `alternative_order_id`; none if the service says that it knows none.
pub(super) async fn with_id(orders: Orders<'_>, id: &str) -> Result<Vec<types::OrderStatusEntry>, Error> {
    match orders.find_by_alternative_id(id).send().await {
        Err(error) if error.is_not_found() && tell_absence(error.api_errors()) => Ok(Vec::new()),
        listed => listed,
    }
}

/// Whether the look-up heeds ids: it named this order, and must not name it for a random id too.
pub(super) async fn heeds_ids(orders: Orders<'_>, named: OrderId) -> Result<bool, Error> {
    let any = with_id(orders, &format!("{:032x}", random())).await?;
    Ok(!any.iter().any(|entry| entry.order_id == named))
}

/// What can be requested besides the first certificate of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FurtherKind {
    Reissue,
    Duplicate,
}

impl FurtherKind {
    pub(super) fn request_type(self) -> RequestType {
        match self {
            Self::Reissue => RequestType::Reissue,
            Self::Duplicate => RequestType::Duplicate,
        }
    }
}

/// A reissue or a duplicate that is being requested, and what existed before.
pub(super) struct Asking<'a> {
    pub(super) kind: FurtherKind,
    pub(super) order: OrderId,
    pub(super) csr: &'a Csr,
    /// The ids of what existed before.
    certificates: HashSet<CertificateId>,
    requests: HashSet<RequestId>,
    /// What existed before, as far as it was read.
    pub(super) present: Option<Box<Present>>,
}

/// An order, and its reissues or duplicates.
pub(super) struct Present {
    pub(super) order: types::Order,
    pub(super) listed: Vec<Listed>,
}

/// A reissue or a duplicate, as it is listed.
pub(super) struct Listed {
    pub(super) id: CertificateId,
    pub(super) csr: Option<String>,
    pub(super) status: Option<CertificateStatus>,
    pub(super) common_name: Option<String>,
    pub(super) dns_names: Vec<String>,
}

impl Listed {
    pub(super) fn is_issued(&self) -> bool {
        matches!(self.status, Some(CertificateStatus::Issued | CertificateStatus::Approved))
    }
}

impl<'a> Asking<'a> {
    /// Called before anything is sent.
    pub(super) async fn new(orders: Orders<'_>, kind: FurtherKind, id: OrderId, csr: &'a Csr) -> Result<Self, Error> {
        let order = orders.get(id).send().await?;
        if order.id != id {
            return Err(Error::mismatch(format!("the service returned order {} instead of {id}", order.id)));
        }
        let listed = listed(orders, kind, id).await?;
        let first = order.certificate.as_ref().and_then(|certificate| certificate.id);
        let before = Before {
            orders: Vec::new(),
            certificates: listed.iter().map(|listed| listed.id).chain(first).collect(),
            requests: order.requests.iter().map(|request| request.id).collect(),
        };
        Ok(Self { present: Some(Box::new(Present { order, listed })), ..Self::after(kind, id, csr, &before) })
    }

    /// The same, if what existed before has been saved.
    pub(super) fn after(kind: FurtherKind, order: OrderId, csr: &'a Csr, before: &Before) -> Self {
        let certificates = before.certificates.iter().copied().collect();
        Self { kind, order, csr, certificates, requests: before.requests.iter().copied().collect(), present: None }
    }

    pub(super) fn before(&self) -> Before {
        let sorted = |ids: &HashSet<CertificateId>| ids.iter().copied().collect();
        Before { orders: Vec::new(), certificates: sorted(&self.certificates), requests: self.requests.iter().copied().collect() }
    }

    /// Requests it; if the response is lost, finds what was requested.
    pub(super) async fn run<'w>(
        &'w self,
        orders: Orders<'w>,
        send: impl Fn() -> BoxFuture<'w, Result<types::OrderResponse, Error>>,
    ) -> Result<types::OrderResponse, Error> {
        recovery::recover(orders.client, self, may_resend(orders), send, || self.look(orders).boxed()).await
    }

    /// Searches for it once.
    pub(super) async fn look(&self, orders: Orders<'_>) -> Result<Sighting<types::OrderResponse>, Error> {
        let mut new = listed(orders, self.kind, self.order).await?;
        new.retain(|listed| !self.certificates.contains(&listed.id));
        let mut judged = Vec::new();
        for listed in &new {
            let key = orders.has_key_of(self.csr, listed.csr.as_deref(), listed.is_issued().then_some(listed.id)).await;
            judged.push((listed.id, Evidence::of_key(key)));
        }
        let id = match only(judged) {
            Sighting::Found(id) => id,
            Sighting::Absent => return Ok(Sighting::Absent),
            Sighting::Unsure => return Ok(Sighting::Unsure),
        };
        let order = orders.get(self.order).send().await?;
        if order.id != self.order {
            return Ok(Sighting::Unsure);
        }
        // If a colleague has requested one too, it is not known whose request is whose: theirs must not be approved.
        let requests = if new.len() == 1 { request_of(&order, &self.kind.request_type(), &self.requests) } else { Vec::new() };
        Ok(Sighting::Found(response(order, requests, Some(id))))
    }
}

impl fmt::Display for Asking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FurtherKind::Reissue => "reissue",
            FurtherKind::Duplicate => "duplicate",
        };
        write!(f, "a {what} of order {} with this CSR", self.order)
    }
}

/// The reissues or duplicates of an order.
pub(super) async fn listed(orders: Orders<'_>, kind: FurtherKind, order: OrderId) -> Result<Vec<Listed>, Error> {
    // The two lists have the same members in different types.
    macro_rules! listed {
        ($certificates:expr) => {
            $certificates
                .into_iter()
                .map(|told| Listed {
                    id: told.id,
                    csr: told.csr,
                    status: told.status,
                    common_name: told.common_name,
                    dns_names: told.dns_names,
                })
                .collect()
        };
    }
    Ok(match kind {
        FurtherKind::Reissue => listed!(orders.reissues(order).send().await?),
        FurtherKind::Duplicate => listed!(orders.duplicates(order).send().await?),
    })
}

impl Orders<'_> {
    /// Whether a certificate has the key of a CSR: by the CSR that the service reports for it, or by the certificate itself if it is
    /// issued; `None` if neither decides.
    pub(in crate::certcentral) async fn has_key_of(self, csr: &Csr, told: Option<&str>, issued: Option<CertificateId>) -> Option<bool> {
        match (told.and_then(|told| csr.has_key_of(told)), issued) {
            (None, Some(id)) => {
                let chain = self.client.certificates().chain(id).send().await.ok()?;
                csr.has_key(chain.leaf().public_key_der())
            }
            (told, _) => told,
        }
    }
}

/// Whether the client is configured to resend what is absent.
fn may_resend(orders: Orders<'_>) -> bool {
    orders.client.core.retry(&orders.client.options).resend_if_absent
}

/// The one request of this kind that did not exist before; none if it cannot be known which one it is. A colleague's request must not be
/// taken for ours: it would be approved.
pub(super) fn request_of(order: &types::Order, kind: &RequestType, before: &HashSet<RequestId>) -> Vec<types::RequestSummary> {
    let is_new =
        |request: &&types::RequestSummary| !before.contains(&request.id) && request.type_.as_ref().is_none_or(|type_| type_ == kind);
    let mut new = order.requests.iter().filter(is_new);
    match (new.next(), new.next()) {
        (Some(only), None) => vec![only.clone()],
        _ => Vec::new(),
    }
}

/// What the service would have returned, as far as it can be found out later.
pub(super) fn response(
    order: types::Order,
    requests: Vec<types::RequestSummary>,
    certificate_id: Option<CertificateId>,
) -> types::OrderResponse {
    types::OrderResponse {
        id: order.id,
        requests,
        certificate_id,
        certificate_chain: Vec::new(),
        domains: Vec::new(),
        dcv_random_value: None,
        order_valid_till: order.order_valid_till,
    }
}
