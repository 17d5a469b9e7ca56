//! Approving pending requests, as far as the key is allowed to.

use std::fmt;

use bon::bon;
use serde::{Deserialize, Serialize};

use super::Pending;
use crate::{
    certcentral::{CertCentral, ErrorCode, RequestId, RequestStatus, Requests, docs, types},
    error::Error,
    seal::{Content, Sealed},
    wait::{Flow, Found, Polled},
};

/// Takes the next step of a waiting request: the review if two people are required, the approval otherwise. Returns `false` if the key's
/// user is not allowed to.
pub(super) async fn take_step(client: &CertCentral, id: RequestId, status: Option<&RequestStatus>) -> Result<bool, Error> {
    let taken = match status {
        Some(RequestStatus::Submitted) => client.requests().review(id).send().await,
        _ => client.requests().approve(id).send().await,
    };
    match taken {
        Ok(()) => Ok(true),
        // Only in the service's error format: a proxy's refusal says nothing about the key's permissions.
        Err(error) if error.is_denied() && error.is_refusal() && error.certcentral_code() != Some(ErrorCode::AccessDeniedInvalidKey) => {
            Ok(false)
        }
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

/// The [resume token](super#resume-tokens) to continue an approval in another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalToken(Sealed<Resumable>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resumable {
    request: RequestId,
    approve: bool,
}

impl Content for Resumable {
    const KIND: &'static str = "approval";
    const VERSION: u8 = 3;
}

/// A request that is being approved.
pub type PendingApproval = Pending<Approval>;

/// The flow of a [`PendingApproval`]: it completes with the approved request, and fails if the request is rejected.
#[derive(Clone)]
pub struct Approval {
    client: CertCentral,
    request: RequestId,
    approve: bool,
}

#[bon]
impl<'c> Requests<'c> {
    /// Drives a request to its approval: takes the one or two approval steps that the key is allowed to take, and waits for the others.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, request: shomei::certcentral::RequestId) -> Result<(), shomei::Error> {
    /// use std::time::Duration;
    ///
    /// let request = cc.requests().drive_approval(request).start().wait(Duration::from_secs(3600)).await?;
    /// println!("approved by {:?}", request.processor);
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = start, doc { #[doc = "Returns a handle that waits for the result; nothing is sent yet."] }))]
    #[builder(builder_type(name = DriveApproval, doc { #[doc = docs!(call Requests::drive_approval)] }))]
    pub fn drive_approval(
        self,
        #[builder(start_fn)] request: RequestId,
        /// Whether to take the key's own steps; `false` only waits. `true` by default.
        #[builder(default = true)]
        approve: bool,
    ) -> PendingApproval {
        Pending::of(Approval::new(self.client, request, approve))
    }

    /// Resumes an approval that was started elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the token was changed, or made with another API key, for another base URL or by another version of
    /// this crate.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Requests::resume_approval)] }))]
    #[builder(builder_type(name = ResumeApproval, doc { #[doc = docs!(call Requests::resume_approval)] }))]
    pub fn resume_approval(self, #[builder(start_fn)] token: ApprovalToken) -> Result<PendingApproval, Error> {
        let Resumable { request, approve } = self.client.core.seals.open(token.0)?;
        Ok(Pending::of(Approval::new(self.client, request, approve)))
    }
}

impl PendingApproval {
    /// The id of the request.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        self.flow.request
    }
}

impl fmt::Debug for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approval").field("request", &self.request).finish_non_exhaustive()
    }
}

impl Approval {
    pub(super) fn new(client: &CertCentral, request: RequestId, approve: bool) -> Self {
        Self { client: client.in_background(), request, approve }
    }
}

impl Flow for Approval {
    type State = types::ApprovalRequest;
    type Output = types::ApprovalRequest;
    type Token = ApprovalToken;
    /// Whether the key's own steps are still taken; after a refusal they are not tried again.
    type Progress = bool;

    const NAME: &'static str = "approval";
    const GOAL: &'static str = "approved";

    fn begin(&self) -> bool {
        self.approve
    }

    async fn poll(&self, approve: &mut bool, _: bool) -> Polled<Self> {
        let Self { client, request: id, .. } = self;
        let request = client.requests().get(*id).send().await?;
        match request.status {
            Some(RequestStatus::Approved) => Ok(Found::Done(request)),
            Some(RequestStatus::Rejected) => Ok(Found::Ended(request, format!("{} is rejected", self.subject()))),
            ref status if *approve => {
                *approve = take_step(client, *id, status.as_ref()).await?;
                Ok(if *approve { Found::Moved(request) } else { Found::Waiting(request) })
            }
            _ => Ok(Found::Waiting(request)),
        }
    }

    fn subject(&self) -> String {
        format!("request {}", self.request)
    }

    fn token(&self) -> ApprovalToken {
        ApprovalToken(self.client.core.seals.seal(Resumable { request: self.request, approve: self.approve }))
    }

    fn unheard(&self) -> Option<&str> {
        self.client.core.unheard()
    }
}

/// What is missing: `waits for the approval of request 332211`.
impl fmt::Display for types::ApprovalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.status {
            Some(RequestStatus::Approved) => write!(f, "request {} is approved", self.id),
            Some(RequestStatus::Rejected) => write!(f, "request {} is rejected", self.id),
            Some(RequestStatus::Submitted) => write!(f, "waits for the review and the approval of request {}", self.id),
            _ => write!(f, "waits for the approval of request {}", self.id),
        }
    }
}
