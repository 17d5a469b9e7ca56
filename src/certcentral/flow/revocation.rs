//! Revoking one certificate, or an order with all its certificates.

use std::fmt;

use bon::bon;

use super::{
    Pending,
    approval::{Approval, ApprovalToken},
};
use crate::{
    certcentral::{CertCentral, CertificateRef, Certificates, OrderId, Orders, docs, sent, types},
    client::call,
    error::Error,
    wait::{Flow, Found, Polled},
};

/// A requested revocation. It is done once its request is approved, or already if approval was skipped.
pub type PendingRevocation = Pending<Revocation>;

/// The flow of a [`PendingRevocation`]: it completes with the approved request, or with `None` if none was needed.
#[derive(Clone)]
pub struct Revocation {
    client: CertCentral,
    /// `order 115429178`.
    revoked: String,
    request: Option<types::ApprovalRequest>,
    approve: bool,
}

#[bon]
impl<'c> Certificates<'c> {
    /// Revokes one certificate (guide p.70), by its id or serial number. The order and its plan stay in force: the order can be reissued
    /// until the plan ends, unless the account is set up to revoke an order with its last certificate (guide p.71). To revoke a whole
    /// order, use [`Orders::revoke`].
    ///
    /// Without [`skip_approval`](RevokeCertificate::skip_approval), this creates a request that someone has to approve first. A certificate
    /// cannot be revoked while its order is being reissued.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use shomei::certcentral::{CertificateId, RevocationReason};
    ///
    /// let pending = cc.certificates().revoke(CertificateId(112358)).reason(RevocationReason::Superseded).start().await?;
    /// pending.wait(Duration::from_secs(3600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if there is no such certificate; any error that the service returns.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Certificates::revoke)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = RevokeCertificate, doc { #[doc = docs!(call Certificates::revoke)] }))]
    pub async fn revoke(
        self,
        #[builder(start_fn, into)] certificate: CertificateRef,
        /// The reason code for the certificate revocation list (CRL).
        reason: Option<sent::RevocationReason>,
        /// A comment for the approver.
        comment: Option<String>,
        /// Revokes at once; requires an administrator's key.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key is allowed to; `true` by default.
        #[builder(default = true)]
        approve: bool,
    ) -> Result<PendingRevocation, Error> {
        let certificate = certificate.segment()?;
        let request = call!(self.client.in_flow(), revoke_certificate(&certificate, &requested(reason, comment, skip_approval)))?;
        Ok(Pending::of(Revocation { client: self.client.clone(), revoked: format!("certificate {certificate}"), request, approve }))
    }
}

#[bon]
impl<'c> Orders<'c> {
    /// Revokes an order (guide p.69) with all its certificates, reissues and duplicates; **the rest of its plan is lost**. To revoke a
    /// single certificate, use [`Certificates::revoke`].
    ///
    /// Without [`skip_approval`](RevokeOrder::skip_approval), this creates a request that someone has to approve first.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use shomei::certcentral::{OrderId, RevocationReason};
    ///
    /// let pending = cc.orders().revoke(OrderId(115429178)).reason(RevocationReason::CessationOfOperation).comment("shut down").start().await?;
    /// pending.wait(Duration::from_secs(3600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order; any error that the service returns.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Orders::revoke)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = RevokeOrder, doc { #[doc = docs!(call Orders::revoke)] }))]
    pub async fn revoke(
        self,
        #[builder(start_fn)] order: OrderId,
        /// The reason code for the certificate revocation list (CRL).
        reason: Option<sent::RevocationReason>,
        /// A comment for the approver.
        comment: Option<String>,
        /// Revokes at once; requires an administrator's key.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key is allowed to; `true` by default.
        #[builder(default = true)]
        approve: bool,
    ) -> Result<PendingRevocation, Error> {
        let request = call!(self.client.in_flow(), revoke_order(&order, &requested(reason, comment, skip_approval)))?;
        Ok(Pending::of(Revocation { client: self.client.clone(), revoked: format!("order {order}"), request, approve }))
    }

    /// Returns how many days of an order's plan are left. Revoking the order loses them; a reissue can still use them.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] if the account has no such order.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::plan_days_left)] }))]
    #[builder(builder_type(name = GetPlanDaysLeft, doc { #[doc = docs!(call Orders::plan_days_left)] }))]
    pub async fn plan_days_left(self, #[builder(start_fn)] order: OrderId) -> Result<Option<i64>, Error> {
        let plan_until = self.get(order).send().await?.order_valid_till;
        let today = self.client.core.now().date_naive();
        Ok(plan_until.map(|end| (end - today).num_days().max(0)))
    }
}

fn requested(reason: Option<sent::RevocationReason>, comment: Option<String>, skip_approval: Option<bool>) -> sent::RevocationRequest {
    // The vendor's tables call the member `comment`, its samples and every client `comments`.
    sent::RevocationRequest { comment: None, comments: comment, revocation_reason: reason, skip_approval }
}

impl PendingRevocation {
    /// The request that has to be approved; `None` if approval was skipped and the revocation is done.
    #[must_use]
    pub fn request(&self) -> Option<&types::ApprovalRequest> {
        self.flow.request.as_ref()
    }
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.request.as_ref().map(|request| request.id);
        f.debug_struct("Revocation").field("revoked", &self.revoked).field("request", &request).finish_non_exhaustive()
    }
}

impl Revocation {
    /// What is left to do, if anything.
    fn approval(&self) -> Option<Approval> {
        self.request.as_ref().map(|request| Approval::new(&self.client, request.id, self.approve))
    }
}

impl Flow for Revocation {
    type State = types::ApprovalRequest;
    type Output = Option<types::ApprovalRequest>;
    /// Resumed with [`Requests::resume_approval`](crate::certcentral::Requests::resume_approval); `None` if the revocation is done.
    type Token = Option<ApprovalToken>;
    type Progress = bool;

    const NAME: &'static str = "revocation";
    const GOAL: &'static str = "approved";

    fn begin(&self) -> bool {
        self.approve
    }

    async fn poll(&self, approve: &mut bool, in_detail: bool) -> Polled<Self> {
        let Some(approval) = self.approval() else { return Ok(Found::Done(None)) };
        Ok(match approval.poll(approve, in_detail).await? {
            Found::Done(request) => Found::Done(Some(request)),
            Found::Waiting(request) => Found::Waiting(request),
            Found::Moved(request) => Found::Moved(request),
            Found::Ended(request, why) => Found::Ended(request, format!("{}: {why}", self.subject())),
        })
    }

    fn subject(&self) -> String {
        format!("revocation of {}", self.revoked)
    }

    fn token(&self) -> Option<ApprovalToken> {
        self.approval().map(|approval| approval.token())
    }

    fn unheard(&self) -> Option<&str> {
        self.client.core.unheard()
    }
}
