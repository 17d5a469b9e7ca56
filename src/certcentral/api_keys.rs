//! API keys of the account's users.

use std::{collections::BTreeSet, fmt};

use bon::bon;
use futures_util::FutureExt as _;

use super::{ApiKeyId, ApiKeyRestriction, UserId, check, docs, handle, recovery, sent, types};
use crate::{
    client::call,
    error::Error,
    secret::{ApiKey, Redacted},
};

handle! {
    #[doc(alias = "APIキー")]
    /// The API keys of an account: [`CertCentral::api_keys`](super::CertCentral::api_keys).
    ///
    /// A key carries the rights of its user, and can be limited further, see [`ApiKeyRestriction`]. Two things are beside it:
    ///
    /// - **Service users.** A key of a person goes when the person goes. One that a program lives on belongs to a service user, which has keys
    ///   and nothing else: [`Users::create_service_user`](super::Users::create_service_user).
    /// - **IP addresses.** The account can limit from which addresses its keys are taken at all, in the console only (guide p.7). A call from
    ///   elsewhere is refused like one with a wrong key.
    ApiKeys
}

/// An API key that was just made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedApiKey {
    /// Its number, by which it is changed and revoked.
    pub id: ApiKeyId,
    /// The key itself. The service never tells it again: keep it where secrets are kept.
    pub key: ApiKey,
}

#[bon]
impl<'c> ApiKeys<'c> {
    /// Lists API keys (guide p.8; vendor page api-keys/list-keys): those of all users for an administrator, one's own for everybody else.
    /// Credentials for ACME clients are listed too.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// for key in cc.api_keys().list().send().await? {
    ///     println!("{} {:?}: {:?}, last used {:?}", key.id, key.name, key.status, key.last_used_date);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_forbidden`] when this client's key is limited to something else.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::list)] }))]
    #[builder(builder_type(name = ListApiKeys, doc { #[doc = docs!(call ApiKeys::list)] }))]
    pub async fn list(
        self,
        /// Only the keys of this user.
        user: Option<UserId>,
    ) -> Result<Vec<types::ApiKeyInfo>, Error> {
        Ok(call!(self.client, list_api_keys(user.as_ref()))?.api_keys)
    }

    /// Lists what keys can be limited to (vendor page api-keys/list-api-access-roles).
    ///
    /// # Errors
    ///
    /// Whatever the service answers.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::restrictions)] }))]
    #[builder(builder_type(name = ListApiKeyRestrictions, doc { #[doc = docs!(call ApiKeys::restrictions)] }))]
    pub async fn restrictions(self) -> Result<Vec<types::ApiKeyRole>, Error> {
        Ok(call!(self.client, list_api_key_roles())?.access_roles)
    }

    /// Reads one key, without the key itself (vendor page api-keys/get-key-info).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such key.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::get)] }))]
    #[builder(builder_type(name = GetApiKey, doc { #[doc = docs!(call ApiKeys::get)] }))]
    pub async fn get(self, #[builder(start_fn)] id: ApiKeyId) -> Result<types::ApiKeyInfo, Error> {
        call!(self.client, api_key_info(&id))
    }

    /// Makes a key for a user (guide p.9; vendor page api-keys/create-key). Only administrators make keys for others.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::ApiKeyRestriction;
    ///
    /// let me = cc.users().me().send().await?;
    /// let created = cc.api_keys().create(me.id, "monitoring").restriction(ApiKeyRestriction::ViewOnly).send().await?;
    /// let monitoring = shomei::CertCentral::new(created.key)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Lost responses
    ///
    /// The service tells a key once. If the response is lost on the way, the key is of no use to anybody, and nobody can use it up: so nothing
    /// is made again, and the error's [`recovery_hint`](Error::recovery_hint) names the key to revoke. To know it, the user's keys are listed
    /// before the call, and after it those that are new, have this name and were never used.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name is empty; [`Error::is_forbidden`] when the user of this client's key may not.
    /// [`Error::is_ambiguous`] when the key may have been made, and was lost.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::create)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateApiKey, doc { #[doc = docs!(call ApiKeys::create)] }))]
    pub async fn create(
        self,
        #[builder(start_fn)] user: UserId,
        /// A name to know it by.
        #[builder(start_fn)]
        name: String,
        /// What it is limited to; without it, it may do whatever its user may.
        restriction: Option<ApiKeyRestriction>,
    ) -> Result<CreatedApiKey, Error> {
        let request = sent::ApiKeyRequest { name: check::filled("name", name)?, restricted_to_role_id: restriction };
        self.client.core.check("create_api_key", &request)?;
        let before = self.numbers(Some(user)).await?;
        let create = async { call!(self.client, create_api_key(&user, &request)) };
        let look = || self.appeared(Some(user), &request.name, &before).boxed();
        let wanted = format!("API key {:?} of user {user}", request.name);
        let types::CreatedApiKey { id, api_key } = recovery::told_once(self.client, create, look, &wanted, "revoke it").await?;
        Ok(CreatedApiKey { id, key: usable(&api_key, &format_args!("key {id}"))? })
    }

    /// Changes the name of a key, or what it is limited to (guide p.10; vendor page api-keys/edit-key). What is not said stays: the key is
    /// read first. Neither the key itself nor its user can be changed.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when nothing is to be changed or the name is empty; [`Error::is_not_found`] when the account has no such
    /// key.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::edit)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = EditApiKey, doc { #[doc = docs!(call ApiKeys::edit)] }))]
    pub async fn edit(
        self,
        #[builder(start_fn)] id: ApiKeyId,
        /// Another name.
        name: Option<String>,
        /// What it is limited to from now on; [`ApiKeyRestriction::Unrestricted`] lifts what there was.
        restriction: Option<ApiKeyRestriction>,
    ) -> Result<(), Error> {
        let name = name.map(|name| check::filled("name", name)).transpose()?;
        let (name, restriction) = match (name, restriction) {
            (None, None) => return Err(Error::invalid("name", "say what to change: a name, a restriction, or both")),
            (Some(name), Some(restriction)) => (name, Some(restriction)),
            (name, restriction) => {
                let present = self.get(id).send().await?;
                let unnamed = || Error::mismatch(format!("key {id} tells no name, and one has to be sent: give it a name"));
                (name.or(present.name).ok_or_else(unnamed)?, restriction.or(present.restricted_to_role_id))
            }
        };
        call!(self.client, edit_api_key(&id, &sent::ApiKeyRequest { name, restricted_to_role_id: restriction }))
    }

    /// Activates a key that was revoked (vendor page api-keys/update-key-status).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such key.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::activate)] }))]
    #[builder(builder_type(name = ActivateApiKey, doc { #[doc = docs!(call ApiKeys::activate)] }))]
    pub async fn activate(self, #[builder(start_fn)] id: ApiKeyId) -> Result<(), Error> {
        self.set_status(id, sent::RequestedApiKeyStatus::Active).await
    }

    /// Revokes a key (guide p.10; vendor page api-keys/update-key-status): from then on it opens nothing.
    ///
    /// The service does not say which key a call carries. So a key of the user whose key this client has may be that very key, and is revoked
    /// only when it is asked for by name: see [`own_key_named`](RevokeApiKey::own_key_named). Whose key it is, is read first.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, former: shomei::certcentral::ApiKeyId) -> Result<(), shomei::Error> {
    /// cc.api_keys().revoke(former).own_key_named("deployment 2025").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`], with nothing revoked, when the key belongs to this client's user and is not called so;
    /// [`Error::is_not_found`] when the account has no such key.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::revoke)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = RevokeApiKey, doc { #[doc = docs!(call ApiKeys::revoke)] }))]
    pub async fn revoke(
        self,
        #[builder(start_fn)] id: ApiKeyId,
        /// The name of the key, which says that it may be the one that this client has.
        own_key_named: Option<String>,
    ) -> Result<(), Error> {
        let key = self.get(id).send().await?;
        let own = self.client.users().me().send().await?.id;
        // A key that tells no user may be anybody's.
        let may_be_own = key.user.is_none_or(|user| user.id == own);
        if may_be_own && (own_key_named.is_none() || own_key_named != key.name) {
            let name = key.name.as_deref().unwrap_or_default();
            let why = format!(
                "key {id}, {name:?}, belongs to the user of this client's own key and may be that key; repeat its name to revoke it"
            );
            return Err(Error::invalid("own_key_named", why));
        }
        self.set_status(id, sent::RequestedApiKeyStatus::Revoked).await
    }

    async fn set_status(self, id: ApiKeyId, status: sent::RequestedApiKeyStatus) -> Result<(), Error> {
        call!(self.client, update_api_key_status(&id, &sent::ApiKeyStatusUpdate { status }))
    }
}

impl ApiKeys<'_> {
    /// The numbers of the keys there are.
    pub(super) async fn numbers(self, user: Option<UserId>) -> Result<BTreeSet<ApiKeyId>, Error> {
        let keys = self.list().maybe_user(user).send().await?;
        Ok(keys.into_iter().map(|key| key.id).collect())
    }

    /// The keys of a name that have appeared since, and that nobody has used: whose secret was lost, cannot be used.
    pub(super) async fn appeared(self, user: Option<UserId>, name: &str, before: &BTreeSet<ApiKeyId>) -> Result<Vec<String>, Error> {
        let keys = self.list().maybe_user(user).send().await?.into_iter();
        let may_be =
            |key: &types::ApiKeyInfo| !before.contains(&key.id) && key.name.as_deref() == Some(name) && key.last_used_date.is_none();
        Ok(keys.filter(may_be).map(|key| format!("key {}", key.id)).collect())
    }
}

/// A key as the service has just told it.
pub(super) fn usable(told: &Redacted<String>, of: &impl fmt::Display) -> Result<ApiKey, Error> {
    ApiKey::new(told.expose().as_str()).map_err(|error| error.leaving(format!("what was told of {of} is no key: take it back")))
}
