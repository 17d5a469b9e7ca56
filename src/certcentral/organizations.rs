//! Organizations that certificates are issued to.

use bon::bon;

use super::{ContainerId, OrganizationId, OrganizationStatus, handle, types};
use crate::error::Error;

handle! {
    /// The organizations of an account: [`CertCentral::organizations`](super::CertCentral::organizations).
    Organizations
}

#[bon]
impl<'c> Organizations<'c> {
    /// Reads one organization.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such organization.
    #[builder(finish_fn = send, builder_type = GetOrganization)]
    pub async fn get(self, #[builder(start_fn)] id: OrganizationId) -> Result<types::Organization, Error> {
        let call = self.client.call();
        let answer = call.organization_info(&id).await;
        call.lift(answer).await
    }

    /// Reads the organizations of the account, one page of them.
    ///
    /// # Errors
    ///
    /// Whatever the service answers.
    #[builder(finish_fn = send, builder_type = ListOrganizations)]
    pub async fn list(
        self,
        /// Only those of a container.
        container: Option<ContainerId>,
        /// Only those that are active, or inactive.
        status: Option<OrganizationStatus>,
        /// Only those of a name; a leading `%` finds every name that ends so.
        #[builder(into)]
        search: Option<String>,
        /// Adds how each kind of validation stands.
        include_validation: Option<bool>,
        /// A member to sort by; `-` before it turns the order round.
        #[builder(into)]
        sort: Option<String>,
        /// The most items of the page; the service's own limit is 1000.
        limit: Option<u32>,
        /// How many items to skip.
        offset: Option<u32>,
    ) -> Result<types::OrganizationList, Error> {
        let call = self.client.call();
        let answer = call
            .list_organizations(
                container.as_ref(),
                search.as_deref(),
                status.as_ref().map(OrganizationStatus::as_str),
                include_validation,
                limit.map(i64::from),
                offset.map(i64::from),
                sort.as_deref(),
            )
            .await;
        call.lift(answer).await
    }
}

pub(super) mod builders {
    //! The builders of the operations on organizations.
    pub use super::{GetOrganization, ListOrganizations};
}
