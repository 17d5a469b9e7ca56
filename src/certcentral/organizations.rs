//! Organizations that certificates are issued to.

use bon::bon;

use super::{
    CertCentral, Contact, ContainerId, OrganizationId, OrganizationStatus, TextFilter, ValidationType, check, docs, handle,
    list::{self, list_ends},
    queries, sent, types,
};
use crate::{client::call, error::Error, page::LARGEST_PAGE};

/// The most characters of a name and an assumed name together.
const LONGEST_TOGETHER: usize = 61;

handle! {
    #[doc(alias = "組織")]
    /// The organizations of an account: [`CertCentral::organizations`](super::CertCentral::organizations).
    Organizations
}

#[bon]
impl<'c> Organizations<'c> {
    /// Adds an organization to the account (vendor page organizations/create-organization).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::{Contact, ValidationType};
    ///
    /// let contact = Contact::Person {
    ///     first_name: "Jane".into(),
    ///     last_name: "Roe".into(),
    ///     job_title: "Manager".into(),
    ///     telephone: "801-555-0101".into(),
    ///     email: "jane.roe@example.com".into(),
    /// };
    /// let created = cc.organizations().create("Example Organization")
    ///     .address("2801 North Thanksgiving Way")
    ///     .city("Lehi")
    ///     .state("Utah")
    ///     .zip("84043")
    ///     .country("us")
    ///     .contact(contact)
    ///     .validations([ValidationType::Ov])
    ///     .send().await?;
    /// println!("{}", created.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when a name or a part of the address is empty or too long (64 characters; name and assumed name together
    /// 61), the country does not have two letters, or a person's e-mail address is invalid; any error that the service returns, including
    /// when the account has such an organization already.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Organizations::create)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateOrganization, doc { #[doc = docs!(call Organizations::create)] }))]
    pub async fn create(
        self,
        /// The legal name.
        #[builder(start_fn)]
        name: String,
        /// The street and number.
        address: String,
        /// The city.
        city: String,
        /// The state or prefecture, written out.
        state: String,
        /// The postal code.
        zip: String,
        /// The two-letter country code, such as `jp`.
        country: String,
        /// A name that it does business under.
        assumed_name: Option<String>,
        /// The second line of the address.
        address2: Option<String>,
        /// The telephone number.
        telephone: Option<String>,
        /// The contact who speaks for it.
        contact: Option<Contact>,
        /// The kinds of certificate to validate it for at once.
        #[builder(default, with = |types: impl IntoIterator<Item = ValidationType>| types.into_iter().collect())]
        validations: Vec<ValidationType>,
        /// The people to validate along with it.
        #[builder(default, with = |people: impl IntoIterator<Item = Contact>| people.into_iter().collect())]
        verified_users: Vec<Contact>,
        /// Adds it even if the account has a similar one.
        skip_duplicate_check: Option<bool>,
    ) -> Result<types::CreatedOrganization, Error> {
        if validations.is_empty() && !verified_users.is_empty() {
            return Err(Error::invalid("verified_users", "set validations too, the kinds of certificate to validate them for"));
        }
        let name = check::filled("name", name)?;
        let assumed_name = assumed_name.map(|assumed| check::filled("assumed_name", assumed)).transpose()?;
        if let Some(assumed) = &assumed_name {
            let together = name.chars().count() + assumed.chars().count();
            if together > LONGEST_TOGETHER {
                let reason = format!("together with the name it has {together} characters; at most {LONGEST_TOGETHER} are allowed");
                return Err(Error::invalid("assumed_name", reason));
            }
        }
        let request = sent::OrganizationRequest {
            name,
            assumed_name,
            address: check::filled("address", address)?,
            address2: address2.map(|line| check::filled("address2", line)).transpose()?,
            city: check::filled("city", city)?,
            state: check::filled("state", state)?,
            zip: check::filled("zip", zip)?,
            country: check::country("country", &country)?,
            telephone,
            organization_contact: contact.map(speaker).transpose()?,
            validations: requested(validations, verified_users)?,
            skip_duplicate_org_check: skip_duplicate_check,
            organization: None,
        };
        call!(self.client, create_organization(&request))
    }

    /// Reads one organization (known from public clients).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such organization.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Organizations::get)] }))]
    #[builder(builder_type(name = GetOrganization, doc { #[doc = docs!(call Organizations::get)] }))]
    pub async fn get(self, #[builder(start_fn)] id: OrganizationId) -> Result<types::Organization, Error> {
        call!(self.client, organization_info(&id))
    }

    /// Lists the organizations of the account (vendor page organizations/list-organizations). Finish it with
    /// [`stream`](ListOrganizations::stream) for all organizations, [`pages`](ListOrganizations::pages) for all pages, or
    /// [`send`](ListOrganizations::send) for one page.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let mut organizations = cc.organizations().list().include_validation(true).stream();
    /// while let Some(organization) = organizations.try_next().await? {
    ///     println!("{}: {:?}", organization.id, organization.validations);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(on(String, into), on(TextFilter, into))]
    #[builder(builder_type(name = ListOrganizations, doc { #[doc = docs!(list Organizations::list)] }))]
    pub fn list(
        self,
        /// Only those in this container.
        container: Option<ContainerId>,
        /// Only those with this status.
        status: Option<OrganizationStatus>,
        /// Only those with a matching name.
        search: Option<TextFilter>,
        /// Includes the status of each kind of validation.
        include_validation: Option<bool>,
        /// The member to sort by; a leading `-` sorts in descending order.
        sort: Option<String>,
        /// The maximum number of items per page; the service allows at most 1000.
        #[builder(default = LARGEST_PAGE)]
        page_size: u32,
        /// How many items to skip.
        #[builder(default)]
        offset: u64,
    ) -> Result<(CertCentral, queries::ListOrganizations), Error> {
        #[allow(clippy::needless_update, reason = "an edit of the document may add parameters")]
        let query = queries::ListOrganizations {
            container_id: container,
            filters_status: status.map(|status| status.to_string()),
            filters_search: search.map(|search| search.checked("search").map(str::to_owned)).transpose()?,
            include_validation,
            sort,
            limit: list::limit(page_size),
            offset: list::offset(offset),
            ..Default::default()
        };
        Ok((self.client.clone(), query))
    }

    /// Reads the status of each kind of validation of an organization (known from public clients).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such organization.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Organizations::validations)] }))]
    #[builder(builder_type(name = GetOrganizationValidations, doc { #[doc = docs!(call Organizations::validations)] }))]
    pub async fn validations(self, #[builder(start_fn)] id: OrganizationId) -> Result<Vec<types::Validation>, Error> {
        Ok(call!(self.client, organization_validations(&id))?.validations)
    }

    /// Submits an organization for validation, with the people to validate along with it (vendor page organizations/submit-for-validation).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when there is no kind of validation or nobody to validate, one of a person's five members is empty, or
    /// the e-mail address is invalid; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Organizations::submit)] }))]
    #[builder(builder_type(name = SubmitOrganization, doc { #[doc = docs!(call Organizations::submit)] }))]
    pub async fn submit(
        self,
        #[builder(start_fn)] id: OrganizationId,
        /// The kinds of certificate to validate it for.
        #[builder(with = |types: impl IntoIterator<Item = ValidationType>| types.into_iter().collect())]
        validations: Vec<ValidationType>,
        /// The people to validate along with it, for each of these kinds.
        #[builder(with = |people: impl IntoIterator<Item = Contact>| people.into_iter().collect())]
        verified_users: Vec<Contact>,
    ) -> Result<(), Error> {
        if validations.is_empty() {
            return Err(Error::invalid("validations", "at least one kind of validation is needed"));
        }
        if verified_users.is_empty() {
            return Err(Error::invalid("verified_users", "at least one person is needed"));
        }
        let request = sent::OrganizationValidationRequest { validations: requested(validations, verified_users)? };
        call!(self.client, submit_organization_validation(&id, &request))
    }

    /// Reactivates an organization (known from third parties). For some accounts only the vendor's support can do it.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such organization.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Organizations::activate)] }))]
    #[builder(builder_type(name = ActivateOrganization, doc { #[doc = docs!(call Organizations::activate)] }))]
    pub async fn activate(self, #[builder(start_fn)] id: OrganizationId) -> Result<(), Error> {
        call!(self.client, activate_organization(&id))
    }

    /// Deactivates an organization and its domains: no more orders, reissues or duplicates (known from third parties). Its validations are
    /// kept.
    ///
    /// # Errors
    ///
    /// Any error that the service returns; the service refuses while a pending request or order names the organization.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Organizations::deactivate)] }))]
    #[builder(builder_type(name = DeactivateOrganization, doc { #[doc = docs!(call Organizations::deactivate)] }))]
    pub async fn deactivate(self, #[builder(start_fn)] id: OrganizationId) -> Result<(), Error> {
        call!(self.client, deactivate_organization(&id))
    }

    /// Deletes an organization **and its domains** permanently (vendor page organizations/delete-organization).
    /// [`deactivate`](Self::deactivate) can be undone.
    ///
    /// # Errors
    ///
    /// Any error that the service returns; the service refuses to delete the first organization of the account, and those that an order
    /// names.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Organizations::delete)] }))]
    #[builder(builder_type(name = DeleteOrganization, doc { #[doc = docs!(call Organizations::delete)] }))]
    pub async fn delete(self, #[builder(start_fn)] id: OrganizationId) -> Result<(), Error> {
        call!(self.client, delete_organization(&id))
    }
}

list_ends!(ListOrganizations in list_organizations by list_organizations_by: OrganizationList of organizations: Organization);

fn speaker(contact: Contact) -> Result<sent::RequestedContact, Error> {
    Ok(match contact {
        Contact::User(id) => sent::RequestedContact { user_id: Some(id), ..Default::default() },
        Contact::Person { first_name, last_name, job_title, telephone, email } => sent::RequestedContact {
            email: Some(check::email("contact", &email)?),
            first_name: Some(check::filled("contact", first_name)?),
            last_name: Some(check::filled("contact", last_name)?),
            job_title: Some(job_title).filter(|title| !title.is_empty()),
            telephone: Some(telephone).filter(|number| !number.is_empty()),
            ..Default::default()
        },
    })
}

fn requested(types: Vec<ValidationType>, people: Vec<Contact>) -> Result<Vec<sent::RequestedOrganizationValidation>, Error> {
    let verified_users = people.into_iter().map(verified).collect::<Result<Vec<_>, _>>()?;
    let each = |type_| sent::RequestedOrganizationValidation { type_, verified_users: verified_users.clone() };
    Ok(types.into_iter().map(each).collect())
}

fn verified(person: Contact) -> Result<sent::RequestedVerifiedUser, Error> {
    let filled = |given| check::filled("verified_users", given).map(Some);
    Ok(match person {
        Contact::User(id) => sent::RequestedVerifiedUser { id: Some(id), ..Default::default() },
        Contact::Person { first_name, last_name, job_title, telephone, email } => sent::RequestedVerifiedUser {
            id: None,
            first_name: filled(first_name)?,
            last_name: filled(last_name)?,
            job_title: filled(job_title)?,
            telephone: filled(telephone)?,
            email: Some(check::email("verified_users", &email)?),
        },
    })
}
