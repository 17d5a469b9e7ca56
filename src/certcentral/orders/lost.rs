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
        // `None` where the service does not tell.
        let is_own = |csr: &Csr, told: Option<&str>, created| match (told.map(|pem| csr.is_in(pem)), is_new(created)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        let (order, certificate_id, kind) = match self {
            Self::Order { id, csr, unique } => {
                let mut entries = orders.by_alternative_id(*id).send().await?;
                entries.sort_unstable_by_key(|entry| Reverse(entry.order_id));
                let mut listed = Vec::new();
                for entry in entries {
                    let order = orders.get(entry.order_id).send().await?;
                    if !unique && is_new(order.date_created) == Some(false) {
                        break;
                    }
                    let told = order.certificate.as_ref().and_then(|certificate| certificate.csr.as_deref());
                    let is_own = if *unique { Some(true) } else { is_own(csr, told, order.date_created) };
                    listed.push(((order, entry.certificate_id), is_own));
                }
                let Some((order, certificate_id)) = only(listed)? else { return Ok(None) };
                (order, certificate_id, RequestType::NewRequest)
            }
            Self::Reissue(id, csr) => {
                let listed = orders.reissues(*id).send().await?.into_iter();
                let listed = listed.map(|reissue| (reissue.id, is_own(csr, reissue.csr.as_deref(), reissue.date_created)));
                let Some(certificate_id) = only(listed)? else { return Ok(None) };
                (orders.get(*id).send().await?, Some(certificate_id), RequestType::Reissue)
            }
            Self::Duplicate(id, csr) => {
                let listed = orders.duplicates(*id).send().await?.into_iter();
                let listed = listed.map(|duplicate| (duplicate.id, is_own(csr, duplicate.csr.as_deref(), duplicate.date_created)));
                let Some(certificate_id) = only(listed)? else { return Ok(None) };
                (orders.get(*id).send().await?, Some(certificate_id), RequestType::Duplicate)
            }
        };
        // A colleague's must not be taken for ours: it would be approved.
        let mut new =
            order.requests.into_iter().filter(|request| request.type_.as_ref() == Some(&kind) && is_new(request.date) != Some(false));
        let requests = match (new.next(), new.next()) {
            (Some(only), None) => vec![only],
            _ => Vec::new(),
        };
        Ok(Some(types::OrderResponse {
            id: order.id,
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

/// The one of these that is certainly the result of the write; an error where it cannot be known which it is.
fn only<T>(listed: impl IntoIterator<Item = (T, Option<bool>)>) -> Result<Option<T>, Error> {
    let (mut certain, mut unsure) = (Vec::new(), 0);
    for (item, is_own) in listed {
        match is_own {
            Some(true) => certain.push(item),
            Some(false) => {}
            None => unsure += 1,
        }
    }
    match (certain.len(), unsure) {
        (0, 0) => Ok(None),
        (1, _) => Ok(certain.pop()),
        (certain, unsure) => Err(Error::mismatch(format!("any of {} may be it", certain + unsure))),
    }
}
