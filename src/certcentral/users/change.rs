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
    /// The number of the user.
    pub id: UserId,
    /// The key itself. The service never tells it again: keep it where secrets are kept.
    pub key: ApiKey,
}

#[bon]
impl<'c> Users<'c> {
    /// Adds a person to the account (vendor page users/add-user), who gets a mail to choose a password. Only administrators may.
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
    /// If the response is lost on the way, the user is looked for: one with this login name, these names and this address that was not there
    /// before is adopted. For that the users are listed before the call.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when a name is empty or too long (128 characters; job title and telephone 64) or the address no e-mail
    /// address; whatever the service answers, also when the login name is taken or the role is none
    /// ([`ErrorCode::InvalidAccessRole`](crate::certcentral::ErrorCode::InvalidAccessRole)). [`Error::is_ambiguous`] when it could not be found
    /// out whether the user was added.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::create)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateUser, doc { #[doc = docs!(call Users::create)] }))]
    pub async fn create(
        self,
        /// The login name, often the e-mail address.
        #[builder(start_fn)]
        username: String,
        /// What the user may do.
        #[builder(start_fn)]
        role: UserRole,
        /// The given name.
        first_name: String,
        /// The family name.
        last_name: String,
        /// Where the user gets mail.
        email: String,
        /// What the user is in the organization. Whoever approves EV certificates needs one.
        job_title: Option<String>,
        /// Where the user can be called. Whoever approves EV certificates needs one.
        telephone: Option<String>,
        /// The container to add the user to; that of this client's user by default.
        container: Option<ContainerId>,
        /// The containers that the user is limited to; none limit nothing.
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

    /// Adds a service user with its first API key (vendor page users/add-service-user): an identity for programs alone, which does not leave
    /// with whoever made it. Only administrators may; the key carries their rights unless it is limited. Further keys are made with
    /// [`ApiKeys::create`](crate::certcentral::ApiKeys::create).
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
    /// The service tells a key once. If the response is lost on the way, the error's [`recovery_hint`](Error::recovery_hint) names the user
    /// to delete, as [`ApiKeys::create`](crate::certcentral::ApiKeys::create) names the key to revoke.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name of the key is empty or the address no e-mail address; whatever the service answers.
    /// [`Error::is_ambiguous`] when the user may have been added, and the key was lost.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::create_service_user)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateServiceUser, doc { #[doc = docs!(call Users::create_service_user)] }))]
    pub async fn create_service_user(
        self,
        /// Where mail about it goes.
        #[builder(start_fn)]
        email: String,
        /// A name to know its first key by.
        #[builder(start_fn)]
        key_name: String,
        /// What the key is limited to; without it, it may do whatever this client's user may.
        restriction: Option<ApiKeyRestriction>,
        /// The containers that it is limited to; none are those of this client's user.
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
        let untold = || Error::mismatch(format!("no key was told of the service user {id}")).leaving(format!("delete user {id}"));
        let key = usable(&created.api_key.ok_or_else(untold)?, &format_args!("user {id}"))?;
        Ok(CreatedServiceUser { id, key })
    }

    /// Changes a user (vendor pages users/edit-user and users/edit-service-user). What is not said stays: the user is read first, as the
    /// service would remove a job title or telephone number that it is not told again. Of a service user only the address can be changed.
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
    /// [`Error::is_invalid_input`] when a name is empty or too long or the address no e-mail address; [`Error::is_not_found`] when the
    /// account has no such user.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::edit)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = EditUser, doc { #[doc = docs!(call Users::edit)] }))]
    #[cfg_attr(test, allow(deprecated, reason = "it reads the user in full"))]
    pub async fn edit(
        self,
        #[builder(start_fn)] id: UserId,
        /// Another login name.
        username: Option<String>,
        /// Another given name.
        first_name: Option<String>,
        /// Another family name.
        last_name: Option<String>,
        /// Another e-mail address.
        email: Option<String>,
        /// Another job title; an empty one removes it.
        job_title: Option<String>,
        /// Another telephone number; an empty one removes it.
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
            // Of the form of an address, until the present one is known.
            email: email.clone().unwrap_or_else(|| "unchanged@example.com".to_owned()),
            job_title: job_title.clone().filter(told),
            telephone: telephone.clone().filter(told),
            is_saml_sso_only: saml_only,
        };
        self.client.core.check("edit_user", &request)?;
        // Of what could not be read nothing could be carried over.
        let present = self.client.in_full().users().get(id).send().await?;
        let untold = || Error::mismatch(format!("user {id} tells no e-mail address, and one has to be sent: give it one"));
        request.email = email.or(present.email).ok_or_else(untold)?;
        request.job_title = job_title.or(present.job_title).filter(told);
        request.telephone = telephone.or(present.telephone).filter(told);
        call!(self.client, edit_user(&id, &request))
    }

    /// Gives a user another role (vendor page users/change-user-role). Which ones there are tells
    /// [`Containers::roles`](crate::certcentral::Containers::roles).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such user; whatever the service answers.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::set_role)] }))]
    #[builder(builder_type(name = ChangeUserRole, doc { #[doc = docs!(call Users::set_role)] }))]
    pub async fn set_role(self, #[builder(start_fn)] id: UserId, #[builder(start_fn)] role: UserRole) -> Result<(), Error> {
        let request = sent::UserRoleChange { access_roles: vec![sent::AccessRoleReference { id: role }] };
        call!(self.client, change_user_role(&id, &request))
    }

    /// Deletes a user, for good (known from public clients). The user's API keys open nothing any more.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such user; whatever the service answers.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::delete)] }))]
    #[builder(builder_type(name = DeleteUser, doc { #[doc = docs!(call Users::delete)] }))]
    pub async fn delete(self, #[builder(start_fn)] id: UserId) -> Result<(), Error> {
        call!(self.client, delete_user(&id))
    }
}

impl Users<'_> {
    /// The numbers of the users that are meant.
    async fn numbers(self, is_meant: &(dyn Fn(&types::User) -> bool + Sync)) -> Result<BTreeSet<UserId>, Error> {
        let users: Vec<_> = self.list().stream()?.try_collect().await?;
        Ok(users.iter().filter(|user| is_meant(user)).map(|user| user.id).collect())
    }
}
