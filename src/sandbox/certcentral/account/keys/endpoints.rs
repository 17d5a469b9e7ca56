//! The endpoints of API keys.

use serde_json::{Value, json};

use super::{ApiKey, SCOPES, read_scope};
use crate::sandbox::certcentral::Account;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::settings::KeyScope;

impl Account {
    /// Administrators see all keys, everybody else their own (guide p.8).
    fn sees_key(&self, call: &Call, key: &ApiKey) -> bool {
        key.user_id == call.caller || self.caller(call).is_administrator()
    }

    fn key(&self, call: &Call) -> Result<&ApiKey, Refusal> {
        let key = self.keys.get(call.id(0)).filter(|key| self.sees_key(call, key));
        key.ok_or_else(|| Refusal::not_found("key"))
    }

    fn key_mut(&mut self, call: &Call) -> Result<&mut ApiKey, Refusal> {
        let id = self.key(call)?.id;
        self.keys.get_mut(id).ok_or_else(|| Refusal::not_found("key"))
    }
}

/// `GET /key`; no `page`, and no list at all where there is none (inferred).
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let of_user = call.query.number("user_id");
    let is_asked = |key: &&ApiKey| of_user.is_none_or(|id| key.user_id == id) && account.sees_key(call, key);
    let keys: Vec<Value> = account.keys.iter().filter(is_asked).map(|key| account.key_view(key)).collect();
    Ok(Reply::ok(if keys.is_empty() { json!({}) } else { json!({"api_keys": keys}) }))
}

/// `GET /key/api-roles`; the scopes but for none.
pub(crate) fn roles(_: &mut Account, _: &Call) -> Answer {
    let scopes = SCOPES.iter().filter(|(scope, ..)| *scope != KeyScope::Unrestricted);
    let roles: Vec<Value> = scopes.map(|(_, id, name)| json!({"id": id, "name": name})).collect();
    Ok(Reply::ok(json!({"access_roles": roles})))
}

/// `GET /key/{key_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    Ok(Reply::ok(account.key_view(account.key(call)?)))
}

/// `POST /key/user/{user_id}`; the key is shown here and never again. Only administrators make keys for others (guide p.9).
pub(crate) fn create(account: &mut Account, call: &Call) -> Answer {
    let user_id = call.id(0);
    if user_id != call.caller {
        account.caller(call).must_administrate()?;
    }
    account.user(user_id).ok_or_else(|| Refusal::not_found("user"))?;
    let name = call.body.text("name").ok_or_else(|| Refusal::required("name"))?.to_owned();
    let scope = read_scope(&call.body)?.unwrap_or_default();
    let (id, key) = account.make_key(user_id, name, scope, call.now);
    Ok(Reply::created(json!({"id": id, "api_key": key})))
}

/// `PUT /key/{key_id}`; that a scope which is not given stays is inferred.
pub(crate) fn edit(account: &mut Account, call: &Call) -> Answer {
    let name = call.body.text("name").ok_or_else(|| Refusal::required("name"))?;
    let scope = read_scope(&call.body)?;
    let key = account.key_mut(call)?;
    name.clone_into(&mut key.name);
    key.scope = scope.unwrap_or(key.scope);
    Ok(Reply::no_content())
}

/// `PUT /key/{key_id}/status`; it holds from the next call on, also for the key that carries this one.
pub(crate) fn update_status(account: &mut Account, call: &Call) -> Answer {
    let active = match call.body.text("status").ok_or_else(|| Refusal::required("status"))? {
        "active" => true,
        "revoked" => false,
        _ => return Err(Refusal::invalid_value("status")),
    };
    account.key_mut(call)?.active = active;
    Ok(Reply::no_content())
}
