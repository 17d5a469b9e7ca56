//! Where orders, reissues and duplicates show whose answer was lost.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::Instant;

use super::Orders;
use crate::{
    certcentral::{CertificateId, OrderId, RequestType, lost, types},
    error::Error,
    x509::Csr,
};

/// What was asked for, by what it can be found again.
pub(super) enum Lost<'a> {
    /// An order with this id of ours.
    Order(&'a str),
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
        // What is older is the result of something else: ids and keys may have been used before. The service's clock is known only once
        // an answer has told it, so it is asked after each.
        let is_new = |created| is_new(created, orders.client.core.now() - sent.elapsed());
        let (found, kind) = match self {
            Self::Order(own_id) => {
                let entry = orders.by_alternative_id(*own_id).send().await?.into_iter().max_by_key(|entry| entry.order_id);
                (entry.map(|entry| (entry.order_id, entry.certificate_id)), RequestType::NewRequest)
            }
            Self::Reissue(id, csr) => {
                let reissues = orders.reissues(*id).send().await?;
                let new = reissues.iter().filter(|reissue| is_new(reissue.date_created));
                let own = own(csr, new.map(|reissue| (reissue.id, reissue.csr.as_deref())))?;
                (own.map(|own| (*id, Some(own))), RequestType::Reissue)
            }
            Self::Duplicate(id, csr) => {
                let duplicates = orders.duplicates(*id).send().await?;
                let new = duplicates.iter().filter(|duplicate| is_new(duplicate.date_created));
                let own = own(csr, new.map(|duplicate| (duplicate.id, duplicate.csr.as_deref())))?;
                (own.map(|own| (*id, Some(own))), RequestType::Duplicate)
            }
        };
        let Some((id, certificate_id)) = found else { return Ok(None) };
        let order = orders.get(id).send().await?;
        if kind == RequestType::NewRequest && !is_new(order.date_created) {
            return Ok(None);
        }
        let newest = order.requests.into_iter().filter(|request| request.type_.as_ref() == Some(&kind)).max_by_key(|request| request.id);
        Ok(Some(types::OrderResponse {
            id,
            requests: newest.into_iter().collect(),
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
            Self::Order(own_id) => write!(f, "an order with the alternative_order_id {own_id}"),
            Self::Reissue(id, _) => write!(f, "a reissue of order {id} with this CSR"),
            Self::Duplicate(id, _) => write!(f, "a duplicate of order {id} with this CSR"),
        }
    }
}

/// Within a minute, by the service's clock: its `Date` is told in whole seconds. What has no date may be new.
fn is_new(created: Option<DateTime<Utc>>, since: DateTime<Utc>) -> bool {
    created.is_none_or(|created| created + TimeDelta::seconds(60) >= since)
}

/// The one of these that is for a key; an error if one of them does not tell its own, since it may be that.
fn own<'l>(csr: &Csr, listed: impl Iterator<Item = (CertificateId, Option<&'l str>)>) -> Result<Option<CertificateId>, Error> {
    let mut untold = None;
    for (id, pem) in listed {
        match pem {
            Some(pem) if Csr::from_pem(pem).is_ok_and(|listed| listed == *csr) => return Ok(Some(id)),
            Some(_) => {}
            None => untold = Some(id),
        }
    }
    untold.map_or(Ok(None), |id| Err(Error::mismatch(format!("the service gave no CSR for certificate {id}"))))
}
