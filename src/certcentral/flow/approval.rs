//! Approving what waits for approval, as far as the key may.

use std::{fmt, time::Duration};

use bon::bon;
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use crate::{
    certcentral::{CertCentral, ErrorCode, RequestId, RequestStatus, Requests, docs, types},
    error::Error,
    seal::{Content, Sealed},
    wait::{Flow, Look, Looking, Polling, Wait},
};

/// Takes the step that a waiting request is due for: a review where two people are wanted, the approval otherwise.
/// `false` if the key's user may not.
pub(super) async fn take_step(client: &CertCentral, id: RequestId, status: Option<&RequestStatus>) -> Result<bool, Error> {
    let taken = match status {
        Some(RequestStatus::Submitted) => client.requests().review(id).send().await,
        _ => client.requests().approve(id).send().await,
    };
    match taken {
        Ok(()) => Ok(true),
        Err(error) if error.is_denied() && error.certcentral_code() != Some(ErrorCode::AccessDeniedInvalidKey) => Ok(false),
        // Somebody else may have been quicker.
        Err(error) if matches!(error.status(), Some(400 | 409)) => {
            let now = client.requests().get(id).send().await?;
            if now.status.as_ref() == status { Err(error) } else { Ok(true) }
        }
        Err(error) => Err(error),
    }
}

/// Whether a request still waits for somebody.
pub(super) fn is_waiting(status: Option<&RequestStatus>) -> bool {
    !matches!(status, Some(RequestStatus::Approved | RequestStatus::Rejected))
}

/// What is needed to go on with an approval in another process: a [resume token](super#resume-tokens).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalToken(Sealed<Resumable>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Resumable {
    request: RequestId,
    approve: bool,
}

impl Content for Resumable {
    const KIND: &'static str = "approval";
    const VERSION: u8 = 2;
}

/// A request on its way to being approved. Nothing happens until it is [waited](Self::wait) for.
#[must_use = "nothing happens until it is waited for"]
#[derive(Clone)]
pub struct PendingApproval {
    client: CertCentral,
    request: RequestId,
    approve: bool,
    polling: Polling,
}

#[bon]
impl<'c> Requests<'c> {
    /// Sees a request through to its end: takes the steps of approval that the key may take, one or two, and waits for the others.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, request: shomei::certcentral::RequestId) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// let request = cc.requests().settle(request).start().wait(Duration::from_secs(3600)).await?;
    /// println!("approved by {:?}", request.processor);
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = start, doc { #[doc = "Gives what it is waited for with; nothing is sent yet."] }))]
    #[builder(builder_type(name = SettleRequest, doc { #[doc = docs!(call Requests::settle)] }))]
    pub fn settle(
        self,
        #[builder(start_fn)] request: RequestId,
        /// Whether the key's own steps are taken; without, it only waits.
        #[builder(default = true)]
        approve: bool,
    ) -> PendingApproval {
        PendingApproval::new(self.client.clone(), request, approve)
    }

    /// Goes on with an approval that was begun elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the token was changed, made with another API key, or by another version of this crate.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Requests::resume_approval)] }))]
    #[builder(builder_type(name = ResumeApproval, doc { #[doc = docs!(call Requests::resume_approval)] }))]
    pub fn resume_approval(self, #[builder(start_fn)] token: ApprovalToken) -> Result<PendingApproval, Error> {
        let Resumable { request, approve } = self.client.core.sealing_key.open(token.0)?;
        Ok(PendingApproval::new(self.client.clone(), request, approve))
    }
}

impl PendingApproval {
    pub(super) fn new(client: CertCentral, request: RequestId, approve: bool) -> Self {
        Self { client, request, approve, polling: Polling::default() }
    }

    /// The id of the request.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        self.request
    }

    /// How often the wait looks.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// What to keep in order to go on in another process, with [`Requests::resume_approval`].
    #[must_use]
    pub fn resume_token(&self) -> ApprovalToken {
        ApprovalToken(self.client.core.sealing_key.seal(Resumable { request: self.request, approve: self.approve }))
    }

    /// Waits until the request is approved, at most this long. A rejected one ends the wait, with the request in hand.
    pub fn wait(self, within: Duration) -> Wait<types::ApprovalRequest, types::ApprovalRequest> {
        let polling = self.polling;
        Wait::new(Approval::new(self), within, polling)
    }
}

impl fmt::Debug for PendingApproval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingApproval").field("request", &self.request).finish_non_exhaustive()
    }
}

pub(super) struct Approval {
    pending: PendingApproval,
}

impl Flow for Approval {
    const NAME: &'static str = "approval";

    type State = types::ApprovalRequest;
    type Output = types::ApprovalRequest;

    fn look(&mut self) -> Looking<'_, Self> {
        self.look_once().boxed()
    }
}

impl Approval {
    pub(super) fn new(mut pending: PendingApproval) -> Self {
        pending.client = pending.client.in_background();
        Self { pending }
    }

    pub(super) async fn look_once(&mut self) -> Result<Look<types::ApprovalRequest, types::ApprovalRequest>, Error> {
        let PendingApproval { client, request: id, approve, .. } = &mut self.pending;
        let request = client.requests().get(*id).send().await?;
        match request.status {
            Some(RequestStatus::Approved) => Ok(Look::Done(request)),
            Some(RequestStatus::Rejected) => Ok(Look::Ended(request, format!("request {id} is rejected"))),
            ref status if *approve => {
                *approve = take_step(client, *id, status.as_ref()).await?;
                Ok(if *approve { Look::Moved(request) } else { Look::Waiting(request) })
            }
            _ => Ok(Look::Waiting(request)),
        }
    }
}
