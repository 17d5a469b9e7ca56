//! Requests: what waits for somebody's approval in the account.

use bon::bon;

use super::{RequestId, RequestStatus, RequestType, handle, types};
use crate::error::Error;

handle! {
    /// The requests of an account: [`CertCentral::requests`](super::CertCentral::requests).
    Requests
}

#[bon]
impl<'c> Requests<'c> {
    /// Reads one request (guide p.52, Request Info).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such request.
    #[builder(finish_fn = send, builder_type = GetRequest)]
    pub async fn get(self, #[builder(start_fn)] id: RequestId) -> Result<types::ApprovalRequest, Error> {
        let call = self.client.call();
        let answer = call.request_info(&id).await;
        call.lift(answer).await
    }

    /// Reads the requests of the account, one page of them (guide p.53, List Request).
    ///
    /// # Errors
    ///
    /// Whatever the service answers.
    #[builder(finish_fn = send, builder_type = ListRequests)]
    pub async fn list(
        self,
        /// Only those in this state.
        status: Option<RequestStatus>,
        /// Only those of this kind.
        kind: Option<RequestType>,
        /// The most items of the page; the service's own limit is 1000.
        limit: Option<u32>,
        /// How many items to skip.
        offset: Option<u32>,
    ) -> Result<types::ApprovalRequestList, Error> {
        let call = self.client.call();
        let answer = call
            .list_requests(
                None,
                None,
                None,
                None,
                status.as_ref().map(RequestStatus::as_str),
                kind.as_ref().map(RequestType::as_str),
                limit.map(i64::from),
                offset.map(i64::from),
                None,
                None,
            )
            .await;
        call.lift(answer).await
    }

    /// Approves a request (guide p.52, Update Request Status). Where an account wants two approvals, this is the second.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::AccessDeniedInvalidApprover`](super::ErrorCode::AccessDeniedInvalidApprover) when the key's user may not approve it.
    #[builder(finish_fn = send, builder_type = ApproveRequest)]
    pub async fn approve(
        self,
        #[builder(start_fn)] id: RequestId,
        /// A remark that is kept with the request.
        #[builder(into)]
        comment: Option<String>,
    ) -> Result<(), Error> {
        self.decide(id, types::RequestDecision::Approved, comment).await
    }

    /// Approves a request as its reviewer, where an account wants two approvals (guide p.52): it then waits for the second.
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    #[builder(finish_fn = send, builder_type = ReviewRequest)]
    pub async fn review(
        self,
        #[builder(start_fn)] id: RequestId,
        /// A remark that is kept with the request.
        #[builder(into)]
        comment: Option<String>,
    ) -> Result<(), Error> {
        self.decide(id, types::RequestDecision::Pending, comment).await
    }

    /// Rejects a request: its order is rejected with it.
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    #[builder(finish_fn = send, builder_type = RejectRequest)]
    pub async fn reject(
        self,
        #[builder(start_fn)] id: RequestId,
        /// A remark that is kept with the request.
        #[builder(into)]
        comment: Option<String>,
    ) -> Result<(), Error> {
        self.decide(id, types::RequestDecision::Rejected, comment).await
    }

    async fn decide(self, id: RequestId, status: types::RequestDecision, processor_comment: Option<String>) -> Result<(), Error> {
        let call = self.client.call();
        let answer = call.update_request_status(&id, &types::RequestStatusUpdate { status, processor_comment }).await;
        call.lift(answer).await
    }
}

pub(super) mod builders {
    //! The builders of the operations on requests.
    pub use super::{ApproveRequest, GetRequest, ListRequests, RejectRequest, ReviewRequest};
}
