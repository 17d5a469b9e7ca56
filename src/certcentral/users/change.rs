//! Adding, changing and deleting users.

use std::collections::BTreeSet;

use bon::bon;
use futures_util::{FutureExt as _, TryStreamExt as _};

use super::Users;
use crate::{
    certcentral::{
        ApiKeyRestriction, ContainerId, UserId, UserRole,
        api_keys::usable,
        check, docs,
        recovery::{self, Sighting},
        sent, types,
    },
    client::call,
    error::Error,
    secret::ApiKey,
};

/// A service user that was just added, with its first key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedServiceUser {
    /// The id of the user.
    pub id: UserId,
    /// The key itself. The service never returns it again: store it as a secret.
    pub key: ApiKey,
}

#[bon]
impl<'c> Users<'c> {
    /// Adds a person to the account (vendor page users/add-user). The person gets an e-mail to choose a password. Only administrators can
    /// add users.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::UserRole;
    ///
    /// let id = cc.users().create("jane.roe@example.com", UserRole::StandardUser)
    ///     .first_name("Jane")
    ///     .last_name("Roe")
    ///     .email("jane.roe@example.com")
    ///     .send().await?;
    /// println!("{id}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Lost responses
    ///
    /// If the response is lost, the client searches for the user: a new user with this login name, these names and this address is adopted.
    /// To tell which users are new, it lists the users before the call.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when a name is empty or too long (128 characters; job title and telephone 64) or the address is not an
    /// e-mail address; any error that the service returns, including when the login name is taken or the role does not exist
    /// ([`ErrorCode::InvalidAccessRole`](crate::certcentral::ErrorCode::InvalidAccessRole)). [`Error::is_ambiguous`] when it remains
    /// unknown whether the user was added.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::create)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateUser, doc { #[doc = docs!(call Users::create)] }))]
    pub async fn create(
        self,
        /// The login name, often the e-mail address.
        #[builder(start_fn)]
        username: String,
        /// The role of the user.
        #[builder(start_fn)]
        role: UserRole,
        /// The given name.
        first_name: String,
        /// The family name.
        last_name: String,
        /// The e-mail address.
        email: String,
        /// The job title. A user who approves EV certificates needs one.
        job_title: Option<String>,
        /// The telephone number. A user who approves EV certificates needs one.
        telephone: Option<String>,
        /// The container to add the user to; that of this client's user by default.
        container: Option<ContainerId>,
        /// The containers that the user is limited to; if empty, there is no limit.
        #[builder(default, with = |containers: impl IntoIterator<Item = ContainerId>| containers.into_iter().collect())]
        limited_to: Vec<ContainerId>,
        /// Whether the user can log in by SAML only.
        saml_only: Option<bool>,
    ) -> Result<UserId, Error> {
        let request = sent::UserRequest {
            is_api_only: None,
            username: Some(check::filled("username", username)?),
            first_name: Some(check::filled("first_name", first_name)?),
            last_name: Some(check::filled("last_name", last_name)?),
            email: check::email("email", &email)?,
            job_title: job_title.map(|title| check::filled("job_title", title)).transpose()?,
            telephone: telephone.map(|number| check::filled("telephone", number)).transpose()?,
            container: container.map(|id| sent::RequestedContainer { id }),
            access_roles: vec![sent::AccessRoleReference { id: role }],
            container_id_assignments: limited_to,
            is_saml_sso_only: saml_only,
            api_name: None,
            restricted_to_role_id: None,
        };
        let is_it = |user: &types::User| {
            user.username == request.username
                && user.first_name == request.first_name
                && user.last_name == request.last_name
                && user.email.as_ref() == Some(&request.email)
        };
        self.client.core.check("create_user", &request)?;
        let before = self.numbers(&is_it).await?;
        let create = || async { Ok(call!(self.client, create_user(&request))?.id) }.boxed();
        let look = || {
            async {
                let found: Vec<_> = self.numbers(&is_it).await?.difference(&before).copied().collect();
                Ok(match found[..] {
                    [] => Sighting::Absent,
                    [id] => Sighting::Found(id),
                    _ => Sighting::Unsure,
                })
            }
            .boxed()
        };
        let hint = format!("look for a user {:?}", request.username.as_deref().unwrap_or_default());
        recovery::recover(self.client, &hint, false, create, look).await
    }

    /// Adds a service user with its first API key (vendor page users/add-service-user): an identity for programs only, which does not leave
    /// with its creator. Only administrators can add one; the key has their rights unless it is restricted.
    /// [`ApiKeys::create`](crate::certcentral::ApiKeys::create) creates further keys.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::ApiKeyRestriction;
    ///
    /// let robots = cc.users().create_service_user("robots@example.com", "deployment")
    ///     .restriction(ApiKeyRestriction::Orders)
    ///     .send().await?;
    /// let deployment = shomei::CertCentral::new(robots.key)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Lost responses
    ///
    /// The service returns a key once. If the response is lost, the error's [`recovery_hint`](Error::recovery_hint) names the user to
    /// delete, as [`ApiKeys::create`](crate::certcentral::ApiKeys::create) does with the key to revoke.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name of the key is empty or the address is not an e-mail address; any error that the service
    /// returns. [`Error::is_ambiguous`] when the user may have been added and the key was lost.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::create_service_user)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateServiceUser, doc { #[doc = docs!(call Users::create_service_user)] }))]
    pub async fn create_service_user(
        self,
        /// The address for mail about the user.
        #[builder(start_fn)]
        email: String,
        /// A name for its first key.
        #[builder(start_fn)]
        key_name: String,
        /// What the key is limited to; by default, it has all rights of this client's user.
        restriction: Option<ApiKeyRestriction>,
        /// The containers that it is limited to; if empty, those of this client's user.
        #[builder(default, with = |containers: impl IntoIterator<Item = ContainerId>| containers.into_iter().collect())]
        limited_to: Vec<ContainerId>,
    ) -> Result<CreatedServiceUser, Error> {
        let request = sent::UserRequest {
            is_api_only: Some(true),
            username: None,
            first_name: None,
            last_name: None,
            email: check::email("email", &email)?,
            job_title: None,
            telephone: None,
            container: None,
            access_roles: Vec::new(),
            container_id_assignments: limited_to,
            is_saml_sso_only: None,
            api_name: Some(check::filled("key_name", key_name)?),
            restricted_to_role_id: restriction,
        };
        let is_it = |user: &types::User| user.email.as_ref() == Some(&request.email);
        self.client.core.check("create_user", &request)?;
        let before = self.numbers(&is_it).await?;
        let create = async { call!(self.client, create_user(&request)) };
        let appeared = || {
            async {
                let now = self.numbers(&is_it).await?;
                Ok(now.difference(&before).map(|id| format!("user {id}")).collect())
            }
            .boxed()
        };
        let what = format!("service user of {}", request.email);
        let created = recovery::told_once(self.client, create, appeared, &what, "delete it").await?;
        let id = created.id;
        let untold = || Error::mismatch(format!("the response has no key for the service user {id}")).leaving(format!("delete user {id}"));
        let key = usable(&created.api_key.ok_or_else(untold)?, &format_args!("user {id}"))?;
        Ok(CreatedServiceUser { id, key })
    }

    /// Changes a user (vendor pages users/edit-user and users/edit-service-user). What is not set stays as it is: the client reads the user
    /// first, since the service removes a job title or telephone number that is not sent again. For a service user, only the address can be
    /// changed.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, jane: shomei::certcentral::UserId) -> Result<(), shomei::Error> {
    /// cc.users().edit(jane).last_name("Doe").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when a name is empty or too long or the address is not an e-mail address; [`Error::is_not_found`] when
    /// the account has no such user.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::edit)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = EditUser, doc { #[doc = docs!(call Users::edit)] }))]
    #[cfg_attr(test, allow(deprecated, reason = "it reads the user in full"))]
    pub async fn edit(
        self,
        #[builder(start_fn)] id: UserId,
        /// The new login name.
        username: Option<String>,
        /// The new given name.
        first_name: Option<String>,
        /// The new family name.
        last_name: Option<String>,
        /// The new e-mail address.
        email: Option<String>,
        /// The new job title; an empty one removes it.
        job_title: Option<String>,
        /// The new telephone number; an empty one removes it.
        telephone: Option<String>,
        /// Whether the user can log in by SAML only. The user's API keys are not affected.
        saml_only: Option<bool>,
    ) -> Result<(), Error> {
        let name = |field, name: Option<String>| name.map(|name| check::filled(field, name)).transpose();
        let (first_name, last_name) = (name("first_name", first_name)?, name("last_name", last_name)?);
        let username = username.map(|name| check::filled("username", name)).transpose()?;
        let email = email.map(|address| check::email("email", &address)).transpose()?;
        let detail = |field, given: Option<String>| match given {
            Some(given) if given.trim().is_empty() => Ok(Some(given)),
            given => given.map(|given| check::filled(field, given)).transpose(),
        };
        let (job_title, telephone) = (detail("job_title", job_title)?, detail("telephone", telephone)?);
        let told = |text: &String| !text.trim().is_empty();
        let mut request = sent::UserChange {
            username,
            first_name,
            last_name,
            // A well-formed placeholder, until the present address is known.
            email: email.clone().unwrap_or_else(|| "unchanged@example.com".to_owned()),
            job_title: job_title.clone().filter(told),
            telephone: telephone.clone().filter(told),
            is_saml_sso_only: saml_only,
        };
        self.client.core.check("edit_user", &request)?;
        // What cannot be read cannot be carried over.
        let present = self.client.in_full().users().get(id).send().await?;
        let untold = || Error::mismatch(format!("user {id} has no e-mail address, but the service requires one; set email"));
        request.email = email.or(present.email).ok_or_else(untold)?;
        request.job_title = job_title.or(present.job_title).filter(told);
        request.telephone = telephone.or(present.telephone).filter(told);
        call!(self.client, edit_user(&id, &request))
    }

    /// Changes the role of a user (vendor page users/change-user-role). [`Containers::roles`](crate::certcentral::Containers::roles) lists
    /// the roles.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such user; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::set_role)] }))]
    #[builder(builder_type(name = SetUserRole, doc { #[doc = docs!(call Users::set_role)] }))]
    pub async fn set_role(self, #[builder(start_fn)] id: UserId, #[builder(start_fn)] role: UserRole) -> Result<(), Error> {
        let request = sent::UserRoleChange { access_roles: vec![sent::AccessRoleReference { id: role }] };
        call!(self.client, change_user_role(&id, &request))
    }

    /// Deletes a user permanently (known from public clients). The user's API keys no longer work.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such user; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::delete)] }))]
    #[builder(builder_type(name = DeleteUser, doc { #[doc = docs!(call Users::delete)] }))]
    pub async fn delete(self, #[builder(start_fn)] id: UserId) -> Result<(), Error> {
        call!(self.client, delete_user(&id))
    }
}

impl Users<'_> {
    /// The ids of the users that are meant.
    async fn numbers(self, is_meant: &(dyn Fn(&types::User) -> bool + Sync)) -> Result<BTreeSet<UserId>, Error> {
        let users: Vec<_> = self.list().stream().try_collect().await?;
        Ok(users.iter().filter(|user| is_meant(user)).map(|user| user.id).collect())
    }
}
