//! What leads back to a write: an order is found by its id, a reissue or a duplicate by its key.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{
    Orders,
    ledger::Outcome,
    prepared::Write,
    recovery::{Asking, Placing},
};
use crate::{
    certcentral::{CertificateId, OrderId, RequestId, recovery::Sighting, sent, types},
    error::Error,
};

/// What existed before a write was sent, which tells old from new.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::certcentral) struct Before {
    pub(super) orders: Vec<OrderId>,
    pub(super) certificates: Vec<CertificateId>,
    pub(super) requests: Vec<RequestId>,
}

/// How a write is found.
pub(super) enum Trail<'a> {
    Order(Placing<'a>),
    Further(Asking<'a>, &'a sent::RequestedCertificate),
}

impl<'a> Trail<'a> {
    /// Called before anything is sent.
    pub(super) async fn new(orders: Orders<'_>, write: &'a Write, is_new: bool) -> Result<Self, Error> {
        Ok(match write.further() {
            None => Self::Order(Placing::new(orders, write.identity(), is_new).await?),
            Some((kind, order, certificate)) => Self::Further(Asking::new(orders, kind, order, &write.csr).await?, certificate),
        })
    }

    /// The same, if what existed before has been saved.
    pub(super) fn after(write: &'a Write, before: &Before) -> Self {
        match write.further() {
            None => Self::Order(Placing::after(write.identity(), before.orders.iter().copied())),
            Some((kind, order, certificate)) => Self::Further(Asking::after(kind, order, &write.csr, before), certificate),
        }
    }

    pub(super) fn before(&self) -> Before {
        match self {
            Self::Order(placing) => Before { orders: placing.others(), ..Before::default() },
            Self::Further(asking, _) => asking.before(),
        }
    }

    /// What already exists and is what is requested. `last` is what this client did last, which the service may not list yet.
    pub(super) async fn present(&self, orders: Orders<'_>, last: &Outcome) -> Result<Option<types::OrderResponse>, Error> {
        let last = match last {
            Outcome::Placed(placed) => Some(&**placed),
            Outcome::Nothing | Outcome::Unsure => None,
        };
        match self {
            Self::Order(placing) => placing.present(orders, last.map(|placed| placed.id)).await,
            Self::Further(asking, certificate) => asking.present(orders, certificate, last).await,
        }
    }

    pub(super) async fn run<'w>(
        &'w self,
        orders: Orders<'w>,
        send: impl Fn() -> BoxFuture<'w, Result<types::OrderResponse, Error>>,
    ) -> Result<types::OrderResponse, Error> {
        match self {
            Self::Order(placing) => placing.run(orders, send).await,
            Self::Further(asking, _) => asking.run(orders, send).await,
        }
    }

    pub(super) async fn look(&self, orders: Orders<'_>) -> Result<Sighting<types::OrderResponse>, Error> {
        match self {
            Self::Order(placing) => placing.look(orders).await,
            Self::Further(asking, _) => asking.look(orders).await,
        }
    }
}
