//! From an order to its certificate: approve, wait, fetch the chain, check that it is the one asked for.

use std::{fmt, time::Duration};

use bon::bon;
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::approval;
use crate::{
    certcentral::{
        CertCentral, CertificateId, CertificateStatus, DcvMethod, NameValidationStatus, OrderId, OrderStatus, Orders, RequestId,
        RequestStatus, RequestType, ValidationStatus, docs, types,
    },
    error::Error,
    seal::{Content, Sealed},
    wait::{Flow, Look, Looking, Polling, Wait},
    x509::{CertificateChain, Csr, require_verification},
};

/// How an order stands on its way to a certificate.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct IssuanceState {
    /// The order.
    pub order: types::Order,
    /// What has to happen before the certificate is issued, as far as the service tells.
    pub waiting_for: Vec<WaitingFor>,
}

/// What an order can wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingFor {
    /// Somebody of the account has to approve this request; the key may not, or was told not to.
    Approval(RequestId),
    /// The organization is not validated yet.
    Organization,
    /// Control of a name is not proved yet.
    Domain {
        /// The name.
        name: String,
        /// How it is to be proved.
        method: Option<DcvMethod>,
    },
    /// Everything is validated; the vendor takes a last look (guide p.40: after 30 minutes, ask the vendor's support).
    FinalCheck,
}

/// A certificate that was issued as ordered: its key is the CSR's, its names are those asked for, and its chain verifies.
#[derive(Clone, Debug, PartialEq)]
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
    /// What a server's certificate file wants, in PEM: the certificate and its intermediates, without the root. The whole chain is
    /// `chain.to_pem()`.
    #[must_use]
    pub fn pem(&self) -> String {
        self.chain.server_pem()
    }
}

/// Which certificate of the order is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::certcentral) enum Awaited {
    /// Its first.
    Order,
    /// The one that takes the place of the previous one.
    Reissue { previous: Option<CertificateId> },
    /// One beside the others; its id may not be known yet.
    Duplicate { certificate: Option<CertificateId> },
}

/// What is needed to go on with an issuance in another process: a [resume token](super#resume-tokens).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuanceToken(Sealed<Resumable>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Resumable {
    order: OrderId,
    csr: String,
    names: Vec<String>,
    tls: bool,
    approve: bool,
    awaited: Awaited,
    requests: Vec<RequestId>,
}

impl Content for Resumable {
    const KIND: &'static str = "issuance";
    const VERSION: u8 = 2;
}

/// An order that was placed. Nothing more happens until it is [waited](Self::wait) for.
#[must_use = "nothing happens until it is waited for"]
#[derive(Clone)]
pub struct PendingIssuance {
    client: CertCentral,
    order: OrderId,
    placed: Option<types::OrderResponse>,
    csr: Csr,
    names: Vec<String>,
    tls: bool,
    approve: bool,
    awaited: Awaited,
    /// What was asked for, where the service said under which numbers.
    requests: Vec<RequestId>,
    polling: Polling,
}

#[bon]
impl<'c> Orders<'c> {
    /// Goes on with an issuance that was begun elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the token was changed, made with another API key, or by another version of this crate;
    /// [`Error::is_configuration`] when this build could not verify the certificate's chain.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Orders::resume_issuance)] }))]
    #[builder(builder_type(name = ResumeIssuance, doc { #[doc = docs!(call Orders::resume_issuance)] }))]
    pub fn resume_issuance(self, #[builder(start_fn)] token: IssuanceToken) -> Result<PendingIssuance, Error> {
        let token = self.client.core.sealing_key.open(token.0)?;
        require_verification(token.tls)?;
        Ok(PendingIssuance {
            client: self.client.clone(),
            order: token.order,
            placed: None,
            csr: Csr::from_pem(&token.csr)?,
            names: token.names,
            tls: token.tls,
            approve: token.approve,
            awaited: token.awaited,
            requests: token.requests,
            polling: Polling::default(),
        })
    }
}

impl PendingIssuance {
    #[allow(clippy::too_many_arguments, reason = "each is one fact about what was asked for")]
    pub(in crate::certcentral) fn new(
        client: CertCentral,
        order: OrderId,
        placed: types::OrderResponse,
        csr: Csr,
        certificate: types::RequestedCertificate,
        tls: bool,
        approve: bool,
        awaited: Awaited,
    ) -> Self {
        let mut names = certificate.dns_names;
        names.insert(0, certificate.common_name);
        let requests = placed.requests.iter().map(|request| request.id).collect();
        Self { client, order, placed: Some(placed), csr, names, tls, approve, awaited, requests, polling: Polling::default() }
    }

    /// The id of the order.
    #[must_use]
    pub fn order_id(&self) -> OrderId {
        self.order
    }

    /// What the service answered to the order: among other things the tokens of domains that are not validated yet.
    /// `None` after a resumption.
    #[must_use]
    pub fn placed(&self) -> Option<&types::OrderResponse> {
        self.placed.as_ref()
    }

    /// How often the wait looks.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// What to keep in order to go on in another process, with [`Orders::resume_issuance`].
    #[must_use]
    pub fn resume_token(&self) -> IssuanceToken {
        IssuanceToken(self.client.core.sealing_key.seal(Resumable {
            order: self.order,
            csr: self.csr.as_pem().to_owned(),
            names: self.names.clone(),
            tls: self.tls,
            approve: self.approve,
            awaited: self.awaited,
            requests: self.requests.clone(),
        }))
    }

    /// Waits for the certificate, at most this long; fetches it and checks that it is the one asked for.
    ///
    /// A rejected, canceled, revoked or expired order ends the wait; the error's [`state`](crate::WaitError::state) has the order.
    pub fn wait(mut self, within: Duration) -> Wait<IssuanceState, Issued> {
        self.client = self.client.in_background();
        let polling = self.polling;
        Wait::new(Issuance { pending: self }, within, polling)
    }
}

impl fmt::Debug for PendingIssuance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingIssuance").field("order", &self.order).field("names", &self.names).finish_non_exhaustive()
    }
}

struct Issuance {
    pending: PendingIssuance,
}

/// What a state of the order means to somebody who waits for its certificate.
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
        // A state that nobody has heard of yet is no reason to give up: the deadline ends the wait.
        _ => Standing::Validation,
    }
}

impl Flow for Issuance {
    const NAME: &'static str = "issuance";

    type State = IssuanceState;
    type Output = Issued;

    fn look(&mut self) -> Looking<'_, Self> {
        self.look_once().boxed()
    }
}

impl Issuance {
    async fn look_once(&mut self) -> Result<Look<IssuanceState, Issued>, Error> {
        let id = self.pending.order;
        let order = self.pending.client.orders().get(id).send().await?;
        let standing = standing(order.status.as_ref());
        let status = || order.status.as_ref().map(ToString::to_string).unwrap_or_default();
        if standing == Standing::Over {
            let why = format!("order {id} is {}", status());
            return Ok(Look::Ended(IssuanceState { order, waiting_for: Vec::new() }, why));
        }
        let rejected = self.own_requests(&order).find(|request| request.status == Some(RequestStatus::Rejected)).map(|request| request.id);
        if let Some(rejected) = rejected {
            let why = format!("request {rejected} is rejected");
            return Ok(Look::Ended(IssuanceState { order, waiting_for: Vec::new() }, why));
        }
        let unapproved: Vec<_> = self
            .own_requests(&order)
            .filter(|request| approval::is_waiting(request.status.as_ref()))
            .map(|request| (request.id, request.status.clone()))
            .collect();
        // Some answers name a request without its state; only those of an order that waits for approval are certain to wait.
        let known = unapproved.iter().any(|(_, status)| status.is_some());
        let at_stake = self.pending.awaited != Awaited::Order || standing != Standing::Issued;
        if standing == Standing::Approval || (known && at_stake) {
            return self.approve(order, unapproved).await;
        }
        match self.certificate(&order).await? {
            Certificate::Issued(certificate) => self.fetch(order, certificate).await,
            Certificate::Rejected => Ok(Look::Ended(
                IssuanceState { order, waiting_for: Vec::new() },
                format!("the further certificate of order {id} is rejected"),
            )),
            Certificate::NotYet if standing == Standing::Issued => Ok(Look::Waiting(IssuanceState { order, waiting_for: Vec::new() })),
            Certificate::NotYet => {
                let validation = self.pending.client.orders().validation(id).send().await?;
                Ok(Look::Waiting(IssuanceState { order, waiting_for: missing(&validation) }))
            }
        }
    }

    /// The requests of the order that are about what is waited for: those that the service named, or that of a new order. Others, such as a
    /// colleague's revocation, are nobody's business here.
    fn own_requests<'o>(&self, order: &'o types::Order) -> impl Iterator<Item = &'o types::RequestSummary> {
        let own = self.pending.requests.clone();
        let first = self.pending.awaited == Awaited::Order && own.is_empty();
        order
            .requests
            .iter()
            .filter(move |request| own.contains(&request.id) || (first && matches!(request.type_, None | Some(RequestType::NewRequest))))
    }

    /// Whether the certificate that is waited for is there.
    async fn certificate(&mut self, order: &types::Order) -> Result<Certificate, Error> {
        let present = || order.certificate.as_ref().and_then(|certificate| certificate.id);
        let issued = standing(order.status.as_ref()) == Standing::Issued;
        Ok(match self.pending.awaited {
            Awaited::Order => present().filter(|_| issued).map_or(Certificate::NotYet, Certificate::Issued),
            Awaited::Reissue { previous } => {
                let Some(new) = present().filter(|_| issued).filter(|present| Some(*present) != previous) else {
                    return Ok(Certificate::NotYet);
                };
                let told = order.certificate.as_ref().and_then(|certificate| certificate.csr.as_deref());
                if told.is_none_or(|csr| self.pending.csr.is_in(csr)) {
                    return Ok(Certificate::Issued(new));
                }
                // A colleague's reissue has taken the place of ours.
                let reissues = self.pending.client.orders().reissues(order.id).send().await?;
                let own = reissues.iter().filter(|reissue| reissue.csr.as_deref().is_some_and(|csr| self.pending.csr.is_in(csr)));
                newest(own.filter(|reissue| Some(reissue.id) != previous).map(|reissue| (reissue.id, &reissue.status)))
            }
            Awaited::Duplicate { certificate } => {
                let duplicates = self.pending.client.orders().duplicates(order.id).send().await?;
                let own = |duplicate: &&types::Duplicate| match certificate {
                    Some(id) => duplicate.id == id,
                    None => duplicate.csr.as_deref().is_some_and(|csr| self.pending.csr.is_in(csr)),
                };
                newest(duplicates.iter().filter(own).map(|duplicate| (duplicate.id, &duplicate.status)))
            }
        })
    }

    /// Fetches the chain and holds it against what was asked for.
    async fn fetch(&self, order: types::Order, certificate_id: CertificateId) -> Result<Look<IssuanceState, Issued>, Error> {
        let chain = match self.pending.client.certificates().chain(certificate_id).send().await {
            Ok(chain) => chain,
            // The order may be issued a moment before its files are there.
            Err(error) if error.is_not_found() => return Ok(Look::Waiting(IssuanceState { order, waiting_for: Vec::new() })),
            Err(error) => return Err(error),
        };
        // The service has been seen to hand out another certificate of the same order.
        let listed = order.certificate.as_ref().filter(|listed| listed.id == Some(certificate_id));
        if let Some(serial_number) = listed.and_then(|listed| listed.serial_number.as_deref()) {
            chain.verify_serial_number(serial_number)?;
        }
        chain.verify_key(&self.pending.csr)?;
        let now = self.pending.client.core.now();
        chain.verify_not_expired(now)?;
        if self.pending.tls {
            chain.verify_names(&self.pending.names)?;
            chain.verify_signatures_since(now)?;
        }
        Ok(Look::Done(Issued { order, certificate_id, chain }))
    }

    /// Approves what the key may approve; tells what is left to others.
    async fn approve(
        &mut self,
        order: types::Order,
        unapproved: Vec<(RequestId, Option<RequestStatus>)>,
    ) -> Result<Look<IssuanceState, Issued>, Error> {
        let mut moved = false;
        for (id, status) in &unapproved {
            if self.pending.approve {
                // Once refused it does not ask again.
                self.pending.approve = approval::take_step(&self.pending.client, *id, status.as_ref()).await?;
                moved |= self.pending.approve;
            }
        }
        let waiting_for = unapproved.into_iter().map(|(id, _)| WaitingFor::Approval(id)).collect();
        let state = IssuanceState { order, waiting_for };
        Ok(if moved { Look::Moved(state) } else { Look::Waiting(state) })
    }
}

/// What is known of the certificate that is waited for.
enum Certificate {
    NotYet,
    Issued(CertificateId),
    Rejected,
}

/// What the newest of these certificates for a key has come to: it may have been used for an earlier one.
fn newest<'l>(listed: impl Iterator<Item = (CertificateId, &'l Option<CertificateStatus>)>) -> Certificate {
    match listed.max_by_key(|(id, _)| *id) {
        Some((id, Some(CertificateStatus::Issued | CertificateStatus::Approved))) => Certificate::Issued(id),
        Some((_, Some(CertificateStatus::Rejected))) => Certificate::Rejected,
        _ => Certificate::NotYet,
    }
}

/// What a validation says is still missing.
fn missing(validation: &types::OrderValidation) -> Vec<WaitingFor> {
    let done = |status: &Option<ValidationStatus>| matches!(status, Some(ValidationStatus::Complete | ValidationStatus::Active));
    let mut waiting_for = Vec::new();
    if validation.organization_validations.iter().any(|validation| !done(&validation.status)) {
        waiting_for.push(WaitingFor::Organization);
    }
    let unproved = validation
        .dns_name_validations
        .iter()
        .filter(|name| !matches!(name.status, Some(NameValidationStatus::Approved | NameValidationStatus::Complete)));
    waiting_for.extend(unproved.map(|name| WaitingFor::Domain {
        name: name.name_scope.clone().or_else(|| name.dns_names.first().cloned()).unwrap_or_default(),
        method: name.method.clone(),
    }));
    if waiting_for.is_empty() {
        waiting_for.push(WaitingFor::FinalCheck);
    }
    waiting_for
}

#[cfg(test)]
mod tests;
