//! From an order to its certificate: approve, wait, fetch the chain, check that it is the one requested.

mod certificate;
mod resume;
mod state;

use std::{fmt, pin::pin};

use futures_util::future::{Either, select};
use serde::{Deserialize, Serialize};
use tokio::time::sleep_until;

pub(super) use self::resume::go_on;
use self::{certificate::Certificate, state::missing};
pub use self::{
    resume::{IssuanceToken, ResumeIssuance},
    state::{Blocker, IssuanceState},
};
use super::{Pending, approval};
use crate::{
    certcentral::{
        CertCentral, CertificateId, ErrorCode, OrderId, OrderStatus, RequestId, RequestStatus, RequestType, sent,
        sweeps::{KEPT, Member, Named, Sweep},
        types,
    },
    client::Moment,
    error::Error,
    wait::{Flow, Found, Polled, Polling, Rest},
    x509::{CertificateChain, Csr, require_verification},
};

/// A certificate that was issued as ordered: it has the CSR's key and the requested names, and its chain verifies.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Issued {
    /// The order, as it stood when the certificate was fetched.
    pub order: types::Order,
    /// The id of the certificate.
    pub certificate_id: CertificateId,
    /// The certificate with its intermediate and root.
    pub chain: CertificateChain,
}

impl Issued {
    /// Returns the PEM for a server's certificate file: the certificate and its intermediates, without the root. For the whole chain, use
    /// `chain.to_pem()`.
    #[must_use]
    pub fn fullchain_pem(&self) -> String {
        self.chain.fullchain_pem()
    }
}

/// A warning about an order that was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IssuanceWarning {
    /// The renewed order has automatic renewal (`auto_renew`) turned on: the service may renew it a second time. Check the account's orders
    /// before the plan ends, and have the service turn it off.
    RenewsItself(OrderId),
}

impl fmt::Display for IssuanceWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RenewsItself(order) => write!(f, "order {order} renews itself (auto_renew): the service may renew it a second time"),
        }
    }
}

/// Which certificate of the order is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::certcentral) enum Awaited {
    /// Its first.
    Order,
    /// The one that replaces the previous one.
    Reissue { previous: Option<CertificateId> },
    /// An additional one; its id may not be known yet.
    Duplicate { certificate: Option<CertificateId> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resumable {
    order: OrderId,
    csr: String,
    names: Vec<String>,
    tls: bool,
    approve: bool,
    awaited: Awaited,
    requests: Vec<RequestId>,
}

/// An order that was placed.
pub type PendingIssuance = Pending<Issuance>;

/// The flow of a [`PendingIssuance`]: it fetches the certificate once it is issued, and checks that it is the one requested.
///
/// A rejected, canceled, revoked or expired order ends the wait; the error's [`last_state`](crate::WaitError::last_state) holds the order.
#[derive(Clone)]
pub struct Issuance {
    client: CertCentral,
    order: OrderId,
    /// The response to the order, and when it came.
    placed: Option<(Box<types::OrderResponse>, Moment)>,
    csr: Csr,
    names: Vec<String>,
    tls: bool,
    approve: bool,
    awaited: Awaited,
    /// The ids of the requests that belong to it, as far as the service returned them.
    requests: Vec<RequestId>,
    warnings: Vec<IssuanceWarning>,
}

impl PendingIssuance {
    fn resumed(client: &CertCentral, token: Resumable) -> Result<Self, Error> {
        let Resumable { order, csr, names, tls, approve, awaited, requests } = token;
        require_verification(tls)?;
        let (client, csr) = (client.in_background(), Csr::from_pem(&csr)?);
        let warnings = Vec::new();
        Ok(Self::of(Issuance { client, order, placed: None, csr, names, tls, approve, awaited, requests, warnings }))
    }

    #[allow(clippy::too_many_arguments, reason = "each is one fact about what was asked for")]
    pub(in crate::certcentral) fn new(
        client: CertCentral,
        order: OrderId,
        placed: types::OrderResponse,
        csr: Csr,
        certificate: sent::RequestedCertificate,
        tls: bool,
        approve: bool,
        awaited: Awaited,
    ) -> Self {
        let mut names = certificate.dns_names;
        names.insert(0, certificate.common_name);
        let requests = placed.requests.iter().map(|request| request.id).collect();
        let client = client.in_background();
        let warnings = Vec::new();
        let placed = Some((Box::new(placed), client.core.moment()));
        Self::of(Issuance { client, order, placed, csr, names, tls, approve, awaited, requests, warnings })
    }

    pub(in crate::certcentral) fn warning(mut self, warnings: Vec<IssuanceWarning>) -> Self {
        self.flow.warnings = warnings;
        self
    }

    /// Returns the warnings about the order; none after a resumption. Each is also emitted as a `tracing` event, by `send` too.
    #[must_use]
    pub fn warnings(&self) -> &[IssuanceWarning] {
        &self.flow.warnings
    }

    /// The id of the order.
    #[must_use]
    pub fn order_id(&self) -> OrderId {
        self.flow.order
    }

    /// Returns the service's response to the order; it includes the tokens of domains that are not validated yet. `None` after a
    /// resumption.
    #[must_use]
    pub fn response(&self) -> Option<&types::OrderResponse> {
        self.flow.placed.as_ref().map(|(response, _)| &**response)
    }
}

impl fmt::Debug for Issuance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuance").field("order", &self.order).field("names", &self.names).finish_non_exhaustive()
    }
}

/// What the status of an order means for the wait.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Issued,
    Approval,
    Validation,
    Over,
}

fn standing(status: Option<&OrderStatus>) -> Standing {
    match status {
        Some(OrderStatus::Issued) => Standing::Issued,
        Some(OrderStatus::NeedsApproval | OrderStatus::Submitted) => Standing::Approval,
        Some(OrderStatus::Rejected | OrderStatus::Denied | OrderStatus::Canceled | OrderStatus::Revoked | OrderStatus::Expired) => {
            Standing::Over
        }
        // An unknown status is no reason to give up: the deadline ends the wait.
        _ => Standing::Validation,
    }
}

/// The progress of an issuance.
#[doc(hidden)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub struct Progress {
    /// Whether the key's own approval steps are still taken; after a refusal they are not tried again.
    approve: bool,
    /// The order's status at the last poll, and what was missing when it last changed.
    status: Option<OrderStatus>,
    blockers: Vec<Blocker>,
    /// Up to when all changes are known, and what the last sweep reported of the order.
    pub(in crate::certcentral) as_of: Option<Moment>,
    named: Option<Named>,
    member: Option<Member>,
}

impl Flow for Issuance {
    type State = IssuanceState;
    type Output = Issued;
    type Token = IssuanceToken;
    type Progress = Progress;

    const NAME: &'static str = "issuance";
    const GOAL: &'static str = "issued";

    fn begin(&self) -> Progress {
        let as_of = self.placed.as_ref().map(|(_, at)| *at);
        // An order that was placed and is not issued waits for validation, or for an approval that the response names.
        let status = as_of.map(|_| OrderStatus::Pending);
        Progress { approve: self.approve, status, blockers: Vec::new(), as_of, named: None, member: None }
    }

    fn enter(&self, progress: &mut Progress, polling: Polling) -> bool {
        if self.shares() {
            progress.member = Some(self.client.sweeps.member(polling.max()));
        }
        self.rests_first() && self.client.sweeps.are_shared()
    }

    async fn rest(&self, progress: &mut Progress, rest: Rest) {
        let sweeps = &self.client.sweeps;
        let itself = if self.shares() { sweeps.itself(rest.next) } else { None };
        let (Some(itself), Some(mut as_of)) = (itself, progress.as_of) else { return sleep_until(rest.next).await };
        let mut alarm = pin!(sleep_until(itself.min(rest.latest)));
        while self.client.core.since(as_of) < KEPT {
            let sweep = match select(sweeps.next(&self.client, as_of), alarm.as_mut()).await {
                Either::Left((sweep, _)) => sweep,
                Either::Right(_) => return,
            };
            as_of = sweep.advance(as_of);
            if self.is_news(progress, &sweep) {
                return;
            }
            if sweep.is_refused() {
                let itself = sweeps.itself(rest.next).unwrap_or(rest.next);
                alarm.as_mut().reset(itself.min(rest.latest));
            }
        }
    }

    async fn poll(&self, progress: &mut Progress, in_detail: bool) -> Polled<Self> {
        let id = self.order;
        let as_of = self.client.core.moment();
        let order = self.client.orders().get(id).send().await?;
        progress.as_of = Some(as_of);
        let standing = standing(order.status.as_ref());
        if standing == Standing::Over {
            let status = order.status.as_ref().map(ToString::to_string).unwrap_or_default();
            return Ok(Found::Ended(order.into(), format!("order {id} is {status}")));
        }
        let rejected = self.own_requests(&order).find(|request| request.status == Some(RequestStatus::Rejected)).map(|request| request.id);
        if let Some(rejected) = rejected {
            return Ok(Found::Ended(order.into(), format!("order {id}: request {rejected} is rejected")));
        }
        let unapproved: Vec<_> = self
            .own_requests(&order)
            .filter(|request| approval::is_waiting(request.status.as_ref()))
            .map(|request| (request.id, request.status.clone()))
            .collect();
        // Some responses name a request without its state; only those of an order that waits for approval are certain to wait.
        let known = unapproved.iter().any(|(_, status)| status.is_some());
        let at_stake = self.awaited != Awaited::Order || standing != Standing::Issued;
        if standing == Standing::Approval || (known && at_stake) {
            progress.status = order.status.clone();
            return self.approve(order, unapproved, &mut progress.approve).await;
        }
        match self.certificate(&order).await? {
            Certificate::Issued(certificate) => {
                progress.status = order.status.clone();
                self.fetch(order, certificate).await
            }
            Certificate::Rejected => Ok(Found::Ended(order.into(), format!("the reissue or duplicate of order {id} is rejected"))),
            Certificate::NotYet => {
                if standing != Standing::Issued && (in_detail || self::standing(progress.status.as_ref()) != standing) {
                    progress.blockers = missing(&self.client.orders().validation(id).send().await?);
                }
                progress.status = order.status.clone();
                let blockers = if standing == Standing::Issued { Vec::new() } else { progress.blockers.clone() };
                Ok(Found::Waiting(IssuanceState { order, blockers }))
            }
        }
    }

    fn subject(&self) -> String {
        format!("order {}", self.order)
    }

    fn token(&self) -> IssuanceToken {
        let placed = Resumable {
            order: self.order,
            csr: self.csr.as_pem().to_owned(),
            names: self.names.clone(),
            tls: self.tls,
            approve: self.approve,
            awaited: self.awaited,
            requests: self.requests.clone(),
        };
        IssuanceToken::placed(&self.client, placed)
    }

    fn unheard(&self) -> Option<&str> {
        self.client.core.unheard()
    }
}

impl Issuance {
    /// Whether the list of status changes covers the awaited certificate; it does not cover duplicates.
    fn shares(&self) -> bool {
        !matches!(self.awaited, Awaited::Duplicate { .. })
    }

    /// Whether the response to the order already says all that a poll could find out.
    pub(in crate::certcentral) fn rests_first(&self) -> bool {
        // The id of the certificate comes with the response whether or not it is issued.
        let waits = |(response, _): &(Box<types::OrderResponse>, _)| {
            let is_approved = !response.requests.iter().any(|request| approval::is_waiting(request.status.as_ref()));
            response.certificate_chain.is_empty() && is_approved
        };
        self.awaited == Awaited::Order && self.placed.as_ref().is_some_and(waits)
    }

    /// Whether a sweep reports something about the order that is worth a poll.
    pub(in crate::certcentral) fn is_news(&self, progress: &mut Progress, sweep: &Sweep) -> bool {
        let Some(named) = sweep.of(self.order) else { return false };
        let waits = |status: Option<&OrderStatus>| standing(status) == Standing::Validation;
        let is_same = progress.named.as_ref() == Some(named) || (waits(named.status.as_ref()) && waits(progress.status.as_ref()));
        progress.named = Some(named.clone());
        !is_same
    }

    /// What is awaited, in one word.
    pub(in crate::certcentral) fn blocker(&self, progress: &Progress) -> &'static str {
        match standing(progress.status.as_ref()) {
            Standing::Approval => "approval",
            _ => "issuance",
        }
    }

    /// The requests of the order that belong to the awaited certificate: those that the service named, or the one of a new order. Others,
    /// such as a colleague's revocation, are ignored.
    fn own_requests<'o>(&self, order: &'o types::Order) -> impl Iterator<Item = &'o types::RequestSummary> {
        let own = self.requests.clone();
        let first = self.awaited == Awaited::Order && own.is_empty();
        order
            .requests
            .iter()
            .filter(move |request| own.contains(&request.id) || (first && matches!(request.type_, None | Some(RequestType::NewRequest))))
    }

    /// Fetches the chain and checks it against the request.
    async fn fetch(&self, order: types::Order, certificate_id: CertificateId) -> Polled<Self> {
        let chain = match self.client.certificates().chain(certificate_id).send().await {
            Ok(chain) => chain,
            // The order may be issued a moment before its files are available.
            Err(error) if error.is_refusal() && (error.is_not_found() || is_unavailable(&error)) => {
                return Ok(Found::Waiting(order.into()));
            }
            // The body cannot be read as certificates: handled like any other response that cannot be decoded.
            Err(error) if error.is_mismatch() => return Err(Error::decode("intermediates".to_owned(), error, String::new())),
            Err(error) => return Err(error),
        };
        // The service has been seen to return another certificate of the same order.
        let listed = order.certificate.as_ref().filter(|listed| listed.id == Some(certificate_id));
        if let Some(serial_number) = listed.and_then(|listed| listed.serial_number.as_deref()) {
            chain.verify_serial_number(serial_number)?;
        }
        chain.verify_key(&self.csr)?;
        let now = self.client.core.now();
        chain.verify_not_expired(now)?;
        if self.tls {
            chain.verify_names(&self.names)?;
            chain.verify_signatures_since(now)?;
        }
        Ok(Found::Done(Issued { order, certificate_id, chain }))
    }

    /// Approves what the key may approve; reports what is left to others.
    async fn approve(&self, order: types::Order, unapproved: Vec<(RequestId, Option<RequestStatus>)>, approve: &mut bool) -> Polled<Self> {
        let mut moved = false;
        for (id, status) in &unapproved {
            if *approve {
                *approve = approval::take_step(&self.client, *id, status.as_ref()).await?;
                moved |= *approve;
            }
        }
        let blockers = unapproved.into_iter().map(|(id, _)| Blocker::Approval(id)).collect();
        let state = IssuanceState { order, blockers };
        Ok(if moved { Found::Moved(state) } else { Found::Waiting(state) })
    }
}

fn is_unavailable(error: &Error) -> bool {
    error.certcentral_code() == Some(ErrorCode::CertUnavailableProcessing)
}

#[cfg(test)]
mod tests;
