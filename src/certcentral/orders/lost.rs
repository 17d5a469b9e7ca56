//! Finding what a write has done whose answer was lost. Ordering twice costs money, so a write is never just repeated.

use std::{fmt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;

use super::Orders;
use crate::{
    certcentral::{OrderId, RequestType, types},
    error::Error,
    x509::Csr,
};

/// When to look: what was lost a moment ago may not show yet, and what broke the connection may break the look-up too.
const LOOKS: [Duration; 4] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10)];

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
    /// The answer, or what the service would have answered if it got lost; else the error, with what to look for. What is older than
    /// `since` is the result of something else: ids and keys may have been used before.
    pub(super) async fn or_found(
        self,
        orders: Orders<'_>,
        since: DateTime<Utc>,
        answer: Result<types::OrderResponse, Error>,
    ) -> Result<types::OrderResponse, Error> {
        let error = match answer {
            Err(error) if error.may_have_happened() => error,
            answer => return answer,
        };
        for pause in LOOKS {
            sleep(pause).await;
            if let Ok(Some(found)) = self.look(orders, since).await {
                return Ok(found);
            }
        }
        Err(error.leaving(self.to_string()))
    }

    async fn look(&self, orders: Orders<'_>, since: DateTime<Utc>) -> Result<Option<types::OrderResponse>, Error> {
        let (found, kind) = match self {
            Self::Order(own_id) => {
                let entry = orders.by_alternative_id(*own_id).send().await?.into_iter().max_by_key(|entry| entry.order_id);
                (entry.map(|entry| (entry.order_id, entry.certificate_id)), RequestType::NewRequest)
            }
            Self::Reissue(id, csr) => {
                let reissues = orders.reissues(*id).send().await?;
                let own = reissues.iter().find(|reissue| is_new(reissue.date_created, since) && is_for(csr, reissue.csr.as_deref()));
                (own.map(|own| (*id, Some(own.id))), RequestType::Reissue)
            }
            Self::Duplicate(id, csr) => {
                let duplicates = orders.duplicates(*id).send().await?;
                let own =
                    duplicates.iter().find(|duplicate| is_new(duplicate.date_created, since) && is_for(csr, duplicate.csr.as_deref()));
                (own.map(|own| (*id, Some(own.id))), RequestType::Duplicate)
            }
        };
        let Some((id, certificate_id)) = found else { return Ok(None) };
        let order = orders.get(id).send().await?;
        if kind == RequestType::NewRequest && !is_new(order.date_created, since) {
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

/// Within a minute, by the service's clock: its `Date` is told in whole seconds, and ours may not know it yet.
fn is_new(created: Option<DateTime<Utc>>, since: DateTime<Utc>) -> bool {
    created.is_some_and(|created| created + TimeDelta::seconds(60) >= since)
}

fn is_for(csr: &Csr, listed: Option<&str>) -> bool {
    listed.is_some_and(|listed| Csr::from_pem(listed).is_ok_and(|listed| listed == *csr))
}
