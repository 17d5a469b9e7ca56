//! Where orders, reissues and duplicates show whose answer was lost.

use std::{cmp::Reverse, fmt};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::Instant;

use super::Orders;
use crate::{
    certcentral::{OrderId, RequestType, lost, types},
    error::Error,
    x509::Csr,
};

/// What was asked for, by what it can be found again.
pub(super) enum Lost<'a> {
    /// An order for this key, with this id of ours; whether nothing else has that id.
    Order { id: &'a str, csr: &'a Csr, unique: bool },
    /// A reissue of an order for this key.
    Reissue(OrderId, &'a Csr),
    /// A duplicate of an order for this key.
    Duplicate(OrderId, &'a Csr),
}

impl Lost<'_> {
    /// Sends a write; if its answer gets lost, finds what it has done, or sends it again if it did nothing.
    pub(super) async fn settle<'w>(
        &'w self,
        orders: Orders<'w>,
        send: impl Fn() -> BoxFuture<'w, Result<types::OrderResponse, Error>>,
    ) -> Result<types::OrderResponse, Error> {
        let sent = Instant::now();
        lost::settle(orders.client, self, send, || self.look(orders, sent).boxed()).await
    }

    async fn look(&self, orders: Orders<'_>, sent: Instant) -> Result<Option<types::OrderResponse>, Error> {
        // The service's clock is known only once an answer has told it, so it is asked after each.
        let is_new = |created| is_new(created, orders.client.core.now() - sent.elapsed());
        let (id, certificate_id, kind) = match self {
            Self::Order { id, csr, unique } => {
                let mut entries = orders.by_alternative_id(*id).send().await?;
                entries.sort_unstable_by_key(|entry| Reverse(entry.order_id));
                let mut own = Own::default();
                for entry in entries {
                    let order = orders.get(entry.order_id).send().await?;
                    let new = if *unique { Some(true) } else { is_new(order.date_created) };
                    if new == Some(false) {
                        break;
                    }
                    let pem = order.certificate.as_ref().and_then(|certificate| certificate.csr.as_deref());
                    let same = if *unique { Some(true) } else { pem.map(|pem| csr.is_in(pem)) };
                    own.weigh((entry.order_id, entry.certificate_id), same, new);
                }
                let Some((id, certificate_id)) = own.only()? else { return Ok(None) };
                (id, certificate_id, RequestType::NewRequest)
            }
            Self::Reissue(id, csr) => {
                let mut own = Own::default();
                for reissue in orders.reissues(*id).send().await? {
                    own.weigh(reissue.id, reissue.csr.as_deref().map(|pem| csr.is_in(pem)), is_new(reissue.date_created));
                }
                let Some(certificate_id) = own.only()? else { return Ok(None) };
                (*id, Some(certificate_id), RequestType::Reissue)
            }
            Self::Duplicate(id, csr) => {
                let mut own = Own::default();
                for duplicate in orders.duplicates(*id).send().await? {
                    own.weigh(duplicate.id, duplicate.csr.as_deref().map(|pem| csr.is_in(pem)), is_new(duplicate.date_created));
                }
                let Some(certificate_id) = own.only()? else { return Ok(None) };
                (*id, Some(certificate_id), RequestType::Duplicate)
            }
        };
        let order = orders.get(id).send().await?;
        // A colleague's must not be taken for ours: it would be approved.
        let mut new =
            order.requests.into_iter().filter(|request| request.type_.as_ref() == Some(&kind) && is_new(request.date) != Some(false));
        let requests = match (new.next(), new.next()) {
            (Some(only), None) => vec![only],
            _ => Vec::new(),
        };
        Ok(Some(types::OrderResponse {
            id,
            requests,
            certificate_id,
            certificate_chain: Vec::new(),
            domains: Vec::new(),
            dcv_random_value: None,
            order_valid_till: order.order_valid_till,
        }))
    }
}

impl fmt::Display for Lost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { id, .. } => write!(f, "an order with the alternative_order_id {id}"),
            Self::Reissue(id, _) => write!(f, "a reissue of order {id} with this CSR"),
            Self::Duplicate(id, _) => write!(f, "a duplicate of order {id} with this CSR"),
        }
    }
}

/// Whether something came into being since then, within a minute: the service's `Date` is told in whole seconds. What is older is the result
/// of something else, since ids and keys may have been used before.
fn is_new(created: Option<DateTime<Utc>>, since: DateTime<Utc>) -> Option<bool> {
    created.map(|created| created + TimeDelta::seconds(60) >= since)
}

/// What may be the result of the write.
struct Own<T> {
    certain: Vec<T>,
    unsure: usize,
}

impl<T> Default for Own<T> {
    fn default() -> Self {
        Self { certain: Vec::new(), unsure: 0 }
    }
}

impl<T> Own<T> {
    /// One more that the service lists. `None` where it does not tell.
    fn weigh(&mut self, listed: T, same_key: Option<bool>, new: Option<bool>) {
        match (same_key, new) {
            (Some(false), _) | (_, Some(false)) => {}
            (Some(true), Some(true)) => self.certain.push(listed),
            _ => self.unsure += 1,
        }
    }

    /// The one that is certain; an error where it cannot be known which it is.
    fn only(mut self) -> Result<Option<T>, Error> {
        match (self.certain.len(), self.unsure) {
            (0, 0) => Ok(None),
            (1, _) => Ok(self.certain.pop()),
            (certain, unsure) => Err(Error::mismatch(format!("any of {} may be it", certain + unsure))),
        }
    }
}
