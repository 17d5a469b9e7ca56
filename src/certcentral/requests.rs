//! Requests: what waits for somebody's approval in the account.

use bon::bon;

use super::{
    CertCentral, ContainerId, RequestId, RequestStatus, RequestType, TextFilter, docs, handle,
    list::{self, list_ends},
    types,
};
use crate::{error::Error, page::LARGEST_PAGE};

handle! {
    /// The requests of an account: [`CertCentral::requests`](super::CertCentral::requests).
    Requests
}

/// A list, as it will be asked for.
#[derive(Clone)]
struct Query {
    client: CertCentral,
    status: Option<RequestStatus>,
    kind: Option<RequestType>,
    search: Option<String>,
    container: Option<String>,
    custom_field: Option<String>,
    custom_value: Option<String>,
    sort: Option<String>,
}

#[bon]
impl<'c> Requests<'c> {
    /// Reads one request (guide p.53, Request Info).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such request.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Requests::get)] }))]
    #[builder(builder_type(name = GetRequest, doc { #[doc = docs!(call Requests::get)] }))]
    pub async fn get(self, #[builder(start_fn)] id: RequestId) -> Result<types::ApprovalRequest, Error> {
        let call = self.client.call();
        let answer = call.request_info(&id).await;
        call.lift(answer).await
    }

    /// Lists the requests of the account (guide p.54, List Request). End it with [`stream`](ListRequests::stream) for all of them, with
    /// [`pages`](ListRequests::pages) for all pages, or with [`send`](ListRequests::send) for one page.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    /// use shomei::certcentral::RequestStatus;
    ///
    /// let mut requests = cc.requests().list().status(RequestStatus::Pending).stream()?;
    /// while let Some(request) = requests.try_next().await? {
    ///     println!("{}: {:?}", request.id, request.type_);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(builder_type(name = ListRequests, doc { #[doc = docs!(list Requests::list)] }))]
    pub fn list(
        self,
        /// Only those in this state.
        status: Option<RequestStatus>,
        /// Only those of this kind.
        kind: Option<RequestType>,
        /// Only those for a certificate with this common name.
        #[builder(into)]
        search: Option<TextFilter>,
        /// Only those of a container.
        container: Option<ContainerId>,
        /// Only those whose order has a value in this custom field, by its `metadata_id`.
        custom_field: Option<u64>,
        /// Only those whose order has this value in a custom field.
        #[builder(into)]
        custom_value: Option<String>,
        /// A member to sort by; `-` before it turns the order round.
        #[builder(into)]
        sort: Option<String>,
        /// The most items of a page; the service's own limit is 1000.
        #[builder(default = LARGEST_PAGE)]
        page_size: u32,
        /// How many items to skip.
        #[builder(default)]
        offset: u64,
    ) -> Result<(Query, u64, u32), Error> {
        let query = Query {
            client: self.client.clone(),
            status,
            kind,
            search: search.map(|search| search.checked("search").map(str::to_owned)).transpose()?,
            container: container.map(|id| id.to_string()),
            custom_field: custom_field.map(|id| id.to_string()),
            custom_value,
            sort,
        };
        Ok((query, offset, page_size.clamp(1, LARGEST_PAGE)))
    }

    /// Counts the requests that wait for a decision, by their kind (vendor page reports/request-summary).
    ///
    /// # Errors
    ///
    /// Whatever the service answers.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Requests::count)] }))]
    #[builder(builder_type(name = CountRequests, doc { #[doc = docs!(call Requests::count)] }))]
    pub async fn count(
        self,
        /// Only those of a container.
        container: Option<ContainerId>,
    ) -> Result<types::RequestReport, Error> {
        let call = self.client.call();
        let answer = call.request_summary(container.as_ref()).await;
        call.lift(answer).await
    }

    /// Approves a request (guide p.53, Update Request Status). Where an account wants two approvals, this is the second.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::RequestId;
    ///
    /// cc.requests().approve(RequestId(5)).comment("as agreed").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorCode::AccessDeniedInvalidApprover`](super::ErrorCode::AccessDeniedInvalidApprover) when the key's user may not approve it.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Requests::approve)] }))]
    #[builder(builder_type(name = ApproveRequest, doc { #[doc = docs!(call Requests::approve)] }))]
    pub async fn approve(
        self,
        #[builder(start_fn)] id: RequestId,
        /// A remark that is kept with the request.
        #[builder(into)]
        comment: Option<String>,
    ) -> Result<(), Error> {
        self.decide(id, types::RequestDecision::Approved, comment).await
    }

    /// Approves a request as its reviewer, where an account wants two approvals (guide p.53): it then waits for the second.
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Requests::review)] }))]
    #[builder(builder_type(name = ReviewRequest, doc { #[doc = docs!(call Requests::review)] }))]
    pub async fn review(
        self,
        #[builder(start_fn)] id: RequestId,
        /// A remark that is kept with the request.
        #[builder(into)]
        comment: Option<String>,
    ) -> Result<(), Error> {
        self.decide(id, types::RequestDecision::Pending, comment).await
    }

    /// Rejects a request: its order is rejected with it (guide p.53, Update Request Status).
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Requests::reject)] }))]
    #[builder(builder_type(name = RejectRequest, doc { #[doc = docs!(call Requests::reject)] }))]
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

list_ends!(ListRequests in list_requests: ApprovalRequestList of requests: ListedApprovalRequest);

impl Query {
    async fn fetch(&self, offset: u64, size: u32) -> Result<types::ApprovalRequestList, Error> {
        let call = self.client.call();
        let answer = call
            .list_requests(
                self.container.as_deref(),
                self.custom_field.as_deref(),
                self.custom_value.as_deref(),
                self.search.as_deref(),
                self.status.as_ref().map(RequestStatus::as_str),
                self.kind.as_ref().map(RequestType::as_str),
                Some(size.into()),
                list::offset(offset),
                self.sort.as_deref(),
                None,
            )
            .await;
        call.lift(answer).await
    }
}

pub(super) mod builders {
    //! The builders of the operations on requests.
    pub use super::{ApproveRequest, CountRequests, GetRequest, ListRequests, RejectRequest, ReviewRequest};
}
