//! The domains of an account, filtered and sorted.

use bon::bon;

use super::Domains;
use crate::{
    certcentral::{
        CertCentral, ContainerId, DcvMethod, TextFilter, ValidationExpiry, ValidationType, docs,
        list::{self, list_ends},
        queries,
    },
    error::Error,
    page::LARGEST_PAGE,
};

#[bon]
impl<'c> Domains<'c> {
    /// Lists the domains of the account (vendor page domains/list-domains). Finish it with [`stream`](ListDomains::stream) for all domains,
    /// [`pages`](ListDomains::pages) for all pages, or [`send`](ListDomains::send) for one page.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    /// use shomei::certcentral::{ValidationExpiry, ValidationType};
    ///
    /// let mut domains = cc.domains().list().validation_ends(ValidationType::Ov, ValidationExpiry::Within30Days).stream();
    /// while let Some(domain) = domains.try_next().await? {
    ///     println!("{:?} wants to be validated again", domain.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(on(String, into), on(TextFilter, into))]
    #[builder(builder_type(name = ListDomains, doc { #[doc = docs!(list Domains::list)] }))]
    pub fn list(
        self,
        /// Only those in this container.
        container: Option<ContainerId>,
        /// Only those with a matching name.
        search: Option<TextFilter>,
        /// Only those with this DCV method.
        dcv_method: Option<DcvMethod>,
        /// Only those whose OV or EV validation ends or ended in this period.
        #[builder(with = |kind: ValidationType, end: ValidationExpiry| (kind, end))]
        validation_ends: Option<(ValidationType, ValidationExpiry)>,
        /// Includes the status of each kind of validation.
        include_validation: Option<bool>,
        /// Includes, with the end of each validation, whether it can still be reused.
        include_reuse_status: Option<bool>,
        /// Includes the time of day in the end of each validation.
        include_expiration_time: Option<bool>,
        /// The member to sort by; a leading `-` sorts in descending order.
        sort: Option<String>,
        /// The maximum number of items per page; the service allows at most 1000.
        #[builder(default = LARGEST_PAGE)]
        page_size: u32,
        /// How many items to skip.
        #[builder(default)]
        offset: u64,
    ) -> Result<(CertCentral, queries::ListDomains), Error> {
        #[allow(clippy::needless_update, reason = "an edit of the document may add parameters")]
        let query = queries::ListDomains {
            container_id: container,
            filters_search: search.map(|search| search.checked("search").map(str::to_owned)).transpose()?,
            filters_dcv_method: dcv_method.map(|method| method.to_string()),
            filters_validation: validation_ends.map(|(kind, end)| end.checked("validation_ends", &kind)).transpose()?,
            filters_include_validation_reuse_status: include_reuse_status,
            include_validation,
            include_dcv_expiration_time: include_expiration_time,
            sort,
            limit: list::limit(page_size),
            offset: list::offset(offset),
            ..Default::default()
        };
        Ok((self.client.clone(), query))
    }
}

list_ends!(ListDomains in list_domains by list_domains_by: DomainList of domains: Domain);
