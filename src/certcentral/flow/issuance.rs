//! From an order to its certificate: approve, wait, fetch the chain, check that it is the one asked for.

use std::{fmt, time::Duration};

use bon::bon;
use futures_util::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};

use crate::{
    certcentral::{
        CertCentral, CertificateId, DcvMethod, ErrorCode, NameValidationStatus, OrderId, OrderStatus, Orders, RequestId, RequestStatus,
        ValidationStatus, orders::PreparedOrder, types,
    },
    error::Error,
    wait::{Flow, Look, Polling, Wait},
    x509::{CertificateChain, Csr},
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
    /// The chain in PEM, the leaf first.
    #[must_use]
    pub fn pem(&self) -> String {
        self.chain.to_pem()
    }
}

/// What is needed to go on with an issuance in another process. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuanceToken {
    version: u8,
    order: OrderId,
    csr: String,
    names: Vec<String>,
    tls: bool,
    approve: bool,
}

impl IssuanceToken {
    const VERSION: u8 = 1;
}

/// An order that was placed. Nothing more happens until it is [waited](Self::wait) for.
#[derive(Clone)]
pub struct PendingIssuance {
    client: CertCentral,
    order: OrderId,
    placed: Option<types::OrderResponse>,
    csr: Csr,
    names: Vec<String>,
    tls: bool,
    approve: bool,
    polling: Polling,
}

#[bon]
impl<'c> Orders<'c> {
    /// Goes on with an issuance that was begun elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the token is of another version of this crate or was changed.
    #[builder(finish_fn = start, builder_type = ResumeIssuance)]
    pub fn resume_issuance(self, #[builder(start_fn)] token: IssuanceToken) -> Result<PendingIssuance, Error> {
        if token.version != IssuanceToken::VERSION {
            return Err(Error::invalid("resume token", format!("it has version {}, not {}", token.version, IssuanceToken::VERSION)));
        }
        Ok(PendingIssuance {
            client: self.client.clone(),
            order: token.order,
            placed: None,
            csr: Csr::from_pem(&token.csr)?,
            names: token.names,
            tls: token.tls,
            approve: token.approve,
            polling: Polling::default(),
        })
    }
}

impl PendingIssuance {
    pub(in crate::certcentral) fn new(prepared: PreparedOrder, placed: types::OrderResponse) -> Self {
        let PreparedOrder { client, product, request, csr, approve } = prepared;
        let mut names = request.certificate.dns_names;
        names.insert(0, request.certificate.common_name);
        Self { client, order: placed.id, placed: Some(placed), csr, names, tls: product.is_tls(), approve, polling: Polling::default() }
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
    #[must_use]
    pub fn polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// What to keep in order to go on in another process, with [`Orders::resume_issuance`].
    #[must_use]
    pub fn resume_token(&self) -> IssuanceToken {
        IssuanceToken {
            version: IssuanceToken::VERSION,
            order: self.order,
            csr: self.csr.as_pem().to_owned(),
            names: self.names.clone(),
            tls: self.tls,
            approve: self.approve,
        }
    }

    /// Waits for the certificate, at most this long; fetches it and checks that it is the one asked for.
    ///
    /// A rejected, canceled, revoked or expired order ends the wait; the error's [`state`](crate::WaitError::state) has the order.
    pub fn wait(self, within: Duration) -> Wait<IssuanceState, Issued> {
        let polling = self.polling;
        Wait::new(Issuance { may_approve: self.approve, pending: self }, within, polling)
    }
}

impl fmt::Debug for PendingIssuance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingIssuance").field("order", &self.order).field("names", &self.names).finish_non_exhaustive()
    }
}

struct Issuance {
    pending: PendingIssuance,
    may_approve: bool,
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
    type State = IssuanceState;
    type Output = Issued;

    fn look(&mut self) -> BoxFuture<'_, Result<Look<IssuanceState, Issued>, Error>> {
        self.look_once().boxed()
    }
}

impl Issuance {
    async fn look_once(&mut self) -> Result<Look<IssuanceState, Issued>, Error> {
        let id = self.pending.order;
        let order = self.pending.client.orders().get(id).send().await?;
        match standing(order.status.as_ref()) {
            Standing::Issued => self.fetch(order).await,
            Standing::Approval => self.approve(order).await,
            Standing::Validation => {
                let validation = self.pending.client.orders().validation(id).send().await?;
                Ok(Look::Waiting(IssuanceState { order, waiting_for: missing(&validation) }))
            }
            Standing::Over => {
                let status = order.status.as_ref().map(ToString::to_string).unwrap_or_default();
                Ok(Look::Ended(IssuanceState { order, waiting_for: Vec::new() }, format!("order {id} is {status}")))
            }
        }
    }

    /// Fetches the chain and holds it against what was asked for.
    async fn fetch(&self, order: types::Order) -> Result<Look<IssuanceState, Issued>, Error> {
        let not_yet = |order| Ok(Look::Waiting(IssuanceState { order, waiting_for: Vec::new() }));
        let Some(certificate_id) = order.certificate.as_ref().and_then(|certificate| certificate.id) else { return not_yet(order) };
        let chain = match self.pending.client.certificates().chain(certificate_id).send().await {
            Ok(chain) => chain,
            // The order may be issued a moment before its files are there.
            Err(error) if error.is_not_found() => return not_yet(order),
            Err(error) => return Err(error),
        };
        chain.verify_key(&self.pending.csr)?;
        if self.pending.tls {
            chain.verify_names(&self.pending.names)?;
            // Verified as of a moment at which it is valid: a slow clock of this machine says nothing about the chain.
            let leaf = chain.leaf();
            chain.verify_signatures(self.pending.client.core.now().clamp(leaf.valid_from(), leaf.valid_till()))?;
        }
        Ok(Look::Done(Issued { order, certificate_id, chain }))
    }

    /// Approves what the key may approve; tells what is left to others.
    async fn approve(&mut self, order: types::Order) -> Result<Look<IssuanceState, Issued>, Error> {
        let waiting: Vec<_> = order
            .requests
            .iter()
            .filter(|request| !matches!(request.status, Some(RequestStatus::Approved | RequestStatus::Rejected)))
            .map(|request| (request.id, request.status.clone()))
            .collect();
        let mut moved = false;
        for (id, status) in &waiting {
            if !self.may_approve {
                break;
            }
            let requests = self.pending.client.requests();
            let decided = match status {
                Some(RequestStatus::Submitted) => requests.review(*id).send().await,
                _ => requests.approve(*id).send().await,
            };
            match decided {
                Ok(()) => moved = true,
                Err(error) if error.is_denied() && error.certcentral_code() != Some(ErrorCode::AccessDeniedInvalidKey) => {
                    self.may_approve = false;
                }
                Err(error) => return Err(error),
            }
        }
        let waiting_for = waiting.into_iter().map(|(id, _)| WaitingFor::Approval(id)).collect();
        let state = IssuanceState { order, waiting_for };
        Ok(if moved { Look::Moved(state) } else { Look::Waiting(state) })
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
mod tests {
    use super::*;

    #[test]
    fn what_each_state_of_an_order_means() {
        let words = [
            ("issued", Standing::Issued),
            ("needs_approval", Standing::Approval),
            ("submitted", Standing::Approval),
            ("pending", Standing::Validation),
            ("processing", Standing::Validation),
            ("waiting_pickup", Standing::Validation),
            ("needs_csr", Standing::Validation),
            ("reissue_pending", Standing::Validation),
            ("a state of tomorrow", Standing::Validation),
            ("rejected", Standing::Over),
            ("denied", Standing::Over),
            ("canceled", Standing::Over),
            ("revoked", Standing::Over),
            ("expired", Standing::Over),
        ];
        for (word, expected) in words {
            assert_eq!(standing(Some(&OrderStatus::from(word))), expected, "{word}");
        }
        assert_eq!(standing(None), Standing::Validation);
    }
}
