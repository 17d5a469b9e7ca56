//! Revoking one certificate, or an order with all its certificates.

use std::{fmt, time::Duration};

use bon::bon;
use futures_util::FutureExt as _;

use super::{
    PendingApproval,
    approval::{Approval, ApprovalToken},
};
use crate::{
    certcentral::{CertCentral, CertificateId, Certificates, OrderId, Orders, check, docs, types},
    error::Error,
    wait::{Flow, Look, Looking, Polling, Wait},
};

/// What names a certificate to the service: its id, or its serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateKey {
    /// The id.
    Id(CertificateId),
    /// The serial number, in hexadecimal digits.
    Serial(String),
}

impl From<CertificateId> for CertificateKey {
    fn from(id: CertificateId) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for CertificateKey {
    fn from(serial: &str) -> Self {
        Self::Serial(serial.to_owned())
    }
}

impl CertificateKey {
    fn segment(&self) -> Result<String, Error> {
        match self {
            Self::Id(id) => Ok(id.to_string()),
            Self::Serial(digits) => check::hexadecimal("certificate", digits),
        }
    }
}

/// A revocation that was asked for. It is done once its request is approved; where approval was skipped, it is done already.
#[must_use = "it may wait for approval until it is waited for"]
#[derive(Clone)]
pub struct PendingRevocation {
    client: CertCentral,
    request: Option<types::ApprovalRequest>,
    approve: bool,
    polling: Polling,
}

#[bon]
impl<'c> Certificates<'c> {
    /// Revokes one certificate (guide p.70), by its id or serial number. The order and its plan go on: it can be reissued until the plan
    /// ends, unless the account is set up to revoke an order with its last certificate (guide p.71). For the order as a whole see
    /// [`Orders::revoke`].
    ///
    /// Without [`skip_approval`](RevokeCertificate::skip_approval) this makes a request that somebody has to approve first.
    /// A certificate cannot be revoked while its order is being reissued.
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
    /// [`Error::is_not_found`] when there is no such certificate; whatever the service answers.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Certificates::revoke)] }))]
    #[builder(builder_type(name = RevokeCertificate, doc { #[doc = docs!(call Certificates::revoke)] }))]
    pub async fn revoke(
        self,
        #[builder(start_fn, into)] certificate: CertificateKey,
        /// Why, in the terms of the certificate revocation list.
        reason: Option<types::RevocationReason>,
        /// Why, for whoever approves it.
        #[builder(into)]
        comments: Option<String>,
        /// Revokes at once; the key has to be an administrator's.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key may. It does by default.
        #[builder(default = true)]
        approve: bool,
    ) -> Result<PendingRevocation, Error> {
        let certificate = certificate.segment()?;
        let call = self.client.call();
        let answer = call.revoke_certificate(&certificate, &requested(reason, comments, skip_approval)).await;
        let request = call.lift(answer).await?;
        Ok(PendingRevocation { client: self.client.clone(), request, approve, polling: Polling::default() })
    }
}

#[bon]
impl<'c> Orders<'c> {
    /// Revokes an order (guide p.69): all its certificates, reissues and duplicates, and **what remains of its plan is lost**. For a
    /// single certificate see [`Certificates::revoke`].
    ///
    /// Without [`skip_approval`](RevokeOrder::skip_approval) this makes a request that somebody has to approve first.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    /// use shomei::certcentral::{OrderId, RevocationReason};
    ///
    /// let pending = cc.orders().revoke(OrderId(115429178)).reason(RevocationReason::CessationOfOperation).comments("shut down").start().await?;
    /// pending.wait(Duration::from_secs(3600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such order; whatever the service answers.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Orders::revoke)] }))]
    #[builder(builder_type(name = RevokeOrder, doc { #[doc = docs!(call Orders::revoke)] }))]
    pub async fn revoke(
        self,
        #[builder(start_fn)] order: OrderId,
        /// Why, in the terms of the certificate revocation list.
        reason: Option<types::RevocationReason>,
        /// Why, for whoever approves it.
        #[builder(into)]
        comments: Option<String>,
        /// Revokes at once; the key has to be an administrator's.
        skip_approval: Option<bool>,
        /// Whether the wait approves the request if the key may. It does by default.
        #[builder(default = true)]
        approve: bool,
    ) -> Result<PendingRevocation, Error> {
        let call = self.client.call();
        let answer = call.revoke_order(&order, &requested(reason, comments, skip_approval)).await;
        let request = call.lift(answer).await?;
        Ok(PendingRevocation { client: self.client.clone(), request, approve, polling: Polling::default() })
    }

    /// How many days of an order's plan are left: what revoking the order would lose, and a reissue could still use.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such order.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Orders::plan_days_left)] }))]
    #[builder(builder_type(name = GetPlanDaysLeft, doc { #[doc = docs!(call Orders::plan_days_left)] }))]
    pub async fn plan_days_left(self, #[builder(start_fn)] order: OrderId) -> Result<Option<i64>, Error> {
        let plan_until = self.get(order).send().await?.order_valid_till;
        let today = self.client.core.now().date_naive();
        Ok(plan_until.map(|end| (end - today).num_days().max(0)))
    }
}

fn requested(reason: Option<types::RevocationReason>, comments: Option<String>, skip_approval: Option<bool>) -> types::RevocationRequest {
    // The vendor's tables call the member `comment`, its samples and every client `comments`.
    types::RevocationRequest { comment: None, comments, revocation_reason: reason, skip_approval }
}

impl PendingRevocation {
    /// The request that has to be approved; `None` if approval was skipped and the revocation is done.
    #[must_use]
    pub fn request(&self) -> Option<&types::ApprovalRequest> {
        self.request.as_ref()
    }

    /// How often the wait looks.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// What to keep in order to go on in another process, with [`Requests::resume_approval`](crate::certcentral::Requests::resume_approval);
    /// `None` if it is done.
    #[must_use]
    pub fn resume_token(&self) -> Option<ApprovalToken> {
        self.approval().map(|pending| pending.resume_token())
    }

    /// Waits until the revocation is approved, at most this long; gives the approved request, or `None` if none was needed.
    pub fn wait(self, within: Duration) -> Wait<types::ApprovalRequest, Option<types::ApprovalRequest>> {
        let polling = self.polling;
        Wait::new(Revocation { approval: self.approval().map(Approval::new) }, within, polling)
    }

    fn approval(&self) -> Option<PendingApproval> {
        let request = self.request.as_ref()?;
        Some(PendingApproval::new(self.client.clone(), request.id, self.approve).polling(self.polling))
    }
}

impl fmt::Debug for PendingRevocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingRevocation").field("request", &self.request.as_ref().map(|request| request.id)).finish_non_exhaustive()
    }
}

struct Revocation {
    approval: Option<Approval>,
}

impl Flow for Revocation {
    const NAME: &'static str = "revocation";

    type State = types::ApprovalRequest;
    type Output = Option<types::ApprovalRequest>;

    fn look(&mut self) -> Looking<'_, Self> {
        async move {
            let Some(approval) = &mut self.approval else { return Ok(Look::Done(None)) };
            Ok(match approval.look_once().await? {
                Look::Done(request) => Look::Done(Some(request)),
                Look::Waiting(request) => Look::Waiting(request),
                Look::Moved(request) => Look::Moved(request),
                Look::Ended(request, why) => Look::Ended(request, why),
            })
        }
        .boxed()
    }
}
