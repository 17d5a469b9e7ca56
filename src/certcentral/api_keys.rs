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
    /// A key has the rights of its user, and can be restricted further: see [`ApiKeyRestriction`]. Two related features:
    ///
    /// - **Service users.** A person's key goes away with the person. A program's key should belong to a service user, which has keys and
    ///   nothing else: [`Users::create_service_user`](super::Users::create_service_user).
    /// - **IP addresses.** The account can limit the addresses that its keys are accepted from, in the console only (guide p.7). A call
    ///   from elsewhere is refused like one with a wrong key.
    ApiKeys
}

/// An API key that was just created.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedApiKey {
    /// The id of the key, by which it is changed and revoked.
    pub id: ApiKeyId,
    /// The key itself. The service never returns it again: store it as a secret.
    pub key: ApiKey,
}

#[bon]
impl<'c> ApiKeys<'c> {
    /// Lists API keys (guide p.8; vendor page api-keys/list-keys): those of all users for an administrator, their own for all other users.
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
    /// [`Error::is_forbidden`] when this client's key is restricted to something else.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::list)] }))]
    #[builder(builder_type(name = ListApiKeys, doc { #[doc = docs!(call ApiKeys::list)] }))]
    pub async fn list(
        self,
        /// Only the keys of this user.
        user: Option<UserId>,
    ) -> Result<Vec<types::ApiKeyInfo>, Error> {
        Ok(call!(self.client, list_api_keys(user.as_ref()))?.api_keys)
    }

    /// Lists the restrictions that keys can have (vendor page api-keys/list-api-access-roles).
    ///
    /// # Errors
    ///
    /// Any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::restrictions)] }))]
    #[builder(builder_type(name = ListApiKeyRestrictions, doc { #[doc = docs!(call ApiKeys::restrictions)] }))]
    pub async fn restrictions(self) -> Result<Vec<types::ApiKeyRole>, Error> {
        Ok(call!(self.client, list_api_key_roles())?.access_roles)
    }

    /// Reads the details of one key, without the key itself (vendor page api-keys/get-key-info).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such key.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::get)] }))]
    #[builder(builder_type(name = GetApiKey, doc { #[doc = docs!(call ApiKeys::get)] }))]
    pub async fn get(self, #[builder(start_fn)] id: ApiKeyId) -> Result<types::ApiKeyInfo, Error> {
        call!(self.client, api_key_info(&id))
    }

    /// Creates a key for a user (guide p.9; vendor page api-keys/create-key). Only administrators can create keys for others.
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
    /// The service returns a key once. If the response is lost, nobody knows the key and nobody can use it. The client does not create
    /// another one; the error's [`recovery_hint`](Error::recovery_hint) names the key to revoke. To identify it, the client lists the
    /// user's keys before the call, and then looks for keys that are new, have this name and were never used.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name is empty; [`Error::is_forbidden`] when this client's user may not create it.
    /// [`Error::is_ambiguous`] when the key may have been created and was lost.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::create)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateApiKey, doc { #[doc = docs!(call ApiKeys::create)] }))]
    pub async fn create(
        self,
        #[builder(start_fn)] user: UserId,
        /// A name to identify it.
        #[builder(start_fn)]
        name: String,
        /// What it is limited to; by default, it has all rights of its user.
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

    /// Changes the name of a key, or its restriction (guide p.10; vendor page api-keys/edit-key). What is not set stays as it is: the
    /// client reads the key first. Neither the key itself nor its user can be changed.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when nothing is set or the name is empty; [`Error::is_not_found`] when the account has no such key.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::edit)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = EditApiKey, doc { #[doc = docs!(call ApiKeys::edit)] }))]
    pub async fn edit(
        self,
        #[builder(start_fn)] id: ApiKeyId,
        /// The new name.
        name: Option<String>,
        /// The new restriction; [`ApiKeyRestriction::Unrestricted`] lifts the present one.
        restriction: Option<ApiKeyRestriction>,
    ) -> Result<(), Error> {
        let name = name.map(|name| check::filled("name", name)).transpose()?;
        let (name, restriction) = match (name, restriction) {
            (None, None) => return Err(Error::invalid("name", "nothing to change; set name, restriction, or both")),
            (Some(name), Some(restriction)) => (name, Some(restriction)),
            (name, restriction) => {
                let present = self.get(id).send().await?;
                let unnamed = || Error::mismatch(format!("key {id} has no name, but the service requires one; set name"));
                (name.or(present.name).ok_or_else(unnamed)?, restriction.or(present.restricted_to_role_id))
            }
        };
        call!(self.client, edit_api_key(&id, &sent::ApiKeyRequest { name, restricted_to_role_id: restriction }))
    }

    /// Reactivates a revoked key (vendor page api-keys/update-key-status).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such key.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::activate)] }))]
    #[builder(builder_type(name = ActivateApiKey, doc { #[doc = docs!(call ApiKeys::activate)] }))]
    pub async fn activate(self, #[builder(start_fn)] id: ApiKeyId) -> Result<(), Error> {
        self.set_status(id, sent::RequestedApiKeyStatus::Active).await
    }

    /// Revokes a key (guide p.10; vendor page api-keys/update-key-status): from then on it does not work.
    ///
    /// The service does not say which key a call carries. So a key of this client's user may be the client's own key, and is revoked only
    /// if you confirm its name with [`own_key_named`](RevokeApiKey::own_key_named). The client first reads whose key it is.
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
    /// [`Error::is_invalid_input`], with nothing revoked, when the key belongs to this client's user and its name is not confirmed;
    /// [`Error::is_not_found`] when the account has no such key.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send ApiKeys::revoke)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = RevokeApiKey, doc { #[doc = docs!(call ApiKeys::revoke)] }))]
    pub async fn revoke(
        self,
        #[builder(start_fn)] id: ApiKeyId,
        /// The name of the key, to confirm that it may be this client's own key.
        own_key_named: Option<String>,
    ) -> Result<(), Error> {
        let key = self.get(id).send().await?;
        let own = self.client.users().me().send().await?.id;
        // A key without a user may be anybody's.
        let may_be_own = key.user.is_none_or(|user| user.id == own);
        if may_be_own && (own_key_named.is_none() || own_key_named != key.name) {
            let name = key.name.as_deref().unwrap_or_default();
            let why =
                format!("key {id}, {name:?}, belongs to this client's user and may be the client's own key; repeat its name to revoke it");
            return Err(Error::invalid("own_key_named", why));
        }
        self.set_status(id, sent::RequestedApiKeyStatus::Revoked).await
    }

    async fn set_status(self, id: ApiKeyId, status: sent::RequestedApiKeyStatus) -> Result<(), Error> {
        call!(self.client, update_api_key_status(&id, &sent::ApiKeyStatusUpdate { status }))
    }
}

impl ApiKeys<'_> {
    /// The ids of the present keys.
    pub(super) async fn numbers(self, user: Option<UserId>) -> Result<BTreeSet<ApiKeyId>, Error> {
        let keys = self.list().maybe_user(user).send().await?;
        Ok(keys.into_iter().map(|key| key.id).collect())
    }

    /// The keys with this name that have appeared since and were never used: a key whose secret was lost cannot be used.
    pub(super) async fn appeared(self, user: Option<UserId>, name: &str, before: &BTreeSet<ApiKeyId>) -> Result<Vec<String>, Error> {
        let keys = self.list().maybe_user(user).send().await?.into_iter();
        let may_be =
            |key: &types::ApiKeyInfo| !before.contains(&key.id) && key.name.as_deref() == Some(name) && key.last_used_date.is_none();
        Ok(keys.filter(may_be).map(|key| format!("key {}", key.id)).collect())
    }
}

/// A key as the service has just returned it.
pub(super) fn usable(told: &Redacted<String>, of: &impl fmt::Display) -> Result<ApiKey, Error> {
    ApiKey::new(told.expose().as_str()).map_err(|error| error.leaving(format!("no valid key was returned for {of}: revoke or delete it")))
}
