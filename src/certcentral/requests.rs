//! Requests: whatever needs approval in the account.

use bon::bon;

use super::{
    CertCentral, ContainerId, CustomFieldId, RequestId, RequestStatus, RequestType, TextFilter, docs, handle,
    list::{self, list_ends},
    queries, sent, types,
};
use crate::{client::call, error::Error, page::LARGEST_PAGE};

handle! {
    #[doc(alias("リクエスト", "承認リクエスト"))]
    /// The requests of an account: [`CertCentral::requests`](super::CertCentral::requests).
    Requests
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
        call!(self.client, request_info(&id))
    }

    /// Lists the requests of the account (guide p.54, List Request). Finish it with [`stream`](ListRequests::stream) for all requests,
    /// [`pages`](ListRequests::pages) for all pages, or [`send`](ListRequests::send) for one page.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    /// use shomei::certcentral::RequestStatus;
    ///
    /// let mut requests = cc.requests().list().status(RequestStatus::Pending).stream();
    /// while let Some(request) = requests.try_next().await? {
    ///     println!("{}: {:?}", request.id, request.type_);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(on(String, into), on(TextFilter, into))]
    #[builder(builder_type(name = ListRequests, doc { #[doc = docs!(list Requests::list)] }))]
    pub fn list(
        self,
        /// Only those with this status.
        status: Option<RequestStatus>,
        /// Only those of this kind.
        kind: Option<RequestType>,
        /// Only those for a certificate with this common name.
        search: Option<TextFilter>,
        /// Only those in this container.
        container: Option<ContainerId>,
        /// Only those whose order has a value in this custom field, by its `metadata_id`.
        custom_field: Option<CustomFieldId>,
        /// Only those whose order has this value in a custom field.
        custom_value: Option<String>,
        /// The member to sort by; a leading `-` sorts in descending order.
        sort: Option<String>,
        /// The maximum number of items per page; the service allows at most 1000.
        #[builder(default = LARGEST_PAGE)]
        page_size: u32,
        /// How many items to skip.
        #[builder(default)]
        offset: u64,
    ) -> Result<(CertCentral, queries::ListRequests), Error> {
        let query = queries::ListRequests {
            filters_status: status.map(|status| status.to_string()),
            filters_type: kind.map(|kind| kind.to_string()),
            filters_search: search.map(|search| search.checked("search").map(str::to_owned)).transpose()?,
            filters_container_id: container.map(|id| id.to_string()),
            filters_metadata_id: custom_field.map(|id| id.to_string()),
            filters_metadata_value: custom_value,
            sort,
            limit: list::limit(page_size),
            offset: list::offset(offset),
            ..Default::default()
        };
        Ok((self.client.clone(), query))
    }

    /// Counts the requests that await a decision, by kind (vendor page reports/request-summary).
    ///
    /// # Errors
    ///
    /// Any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Requests::count)] }))]
    #[builder(builder_type(name = CountRequests, doc { #[doc = docs!(call Requests::count)] }))]
    pub async fn count(
        self,
        /// Only those in this container.
        container: Option<ContainerId>,
    ) -> Result<types::RequestReport, Error> {
        call!(self.client, request_summary(container.as_ref()))
    }

    /// Approves a request (guide p.53, Update Request Status). In an account that requires two approvals, this is the second.
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
    #[builder(on(String, into))]
    #[builder(builder_type(name = ApproveRequest, doc { #[doc = docs!(call Requests::approve)] }))]
    pub async fn approve(
        self,
        #[builder(start_fn)] id: RequestId,
        /// A comment that is kept with the request.
        comment: Option<String>,
    ) -> Result<(), Error> {
        self.decide(id, sent::RequestDecision::Approved, comment).await
    }

    /// Approves a request as its reviewer, in an account that requires two approvals (guide p.53). The request then awaits the second.
    ///
    /// # Errors
    ///
    /// Those of [`approve`](Self::approve).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Requests::review)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = ReviewRequest, doc { #[doc = docs!(call Requests::review)] }))]
    pub async fn review(
        self,
        #[builder(start_fn)] id: RequestId,
        /// A comment that is kept with the request.
        comment: Option<String>,
    ) -> Result<(), Error> {
        self.decide(id, sent::RequestDecision::Pending, comment).await
    }

    /// Rejects a request, and its order with it (guide p.53, Update Request Status).
    ///
    /// # Errors
    ///
    /// Those of [`approve`](Self::approve).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Requests::reject)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = RejectRequest, doc { #[doc = docs!(call Requests::reject)] }))]
    pub async fn reject(
        self,
        #[builder(start_fn)] id: RequestId,
        /// A comment that is kept with the request.
        comment: Option<String>,
    ) -> Result<(), Error> {
        self.decide(id, sent::RequestDecision::Rejected, comment).await
    }

    async fn decide(self, id: RequestId, status: sent::RequestDecision, processor_comment: Option<String>) -> Result<(), Error> {
        call!(self.client, update_request_status(&id, &sent::RequestStatusUpdate { status, processor_comment }))
    }
}

list_ends!(ListRequests in list_requests by list_requests_by: ApprovalRequestList of requests: ListedApprovalRequest);
