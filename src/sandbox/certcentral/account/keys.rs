//! API keys: whose they are and what they open.

pub(crate) mod acme;
pub(crate) mod endpoints;

use chrono::{DateTime, Utc};
use http::Method;
use serde_json::{Value, json};

use self::acme::Binding;
use crate::sandbox::certcentral::Account;
use crate::sandbox::clock::timestamp;
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::register::Register;
use crate::sandbox::settings::{FurtherKey, KeyScope, Role};

const FIRST_KEY: u64 = 182;
const KEY_LENGTH: usize = 47;

const ORDERS: &[&str] = &["order", "request", "certificate", "email-validation"];
const ORDERS_DOMAINS_ORGANIZATIONS: &[&str] = &["order", "request", "certificate", "email-validation", "domain", "organization"];
const USERS: &[&str] = &["user"];
/// Read by clients of any scope before they order; that the narrower ones may is inferred.
const ALWAYS_READABLE: &[&str] = &["user", "product", "container"];

/// Scope, number and name in the service's glossary.
const SCOPES: [(KeyScope, u64, &str); 5] = [
    (KeyScope::Unrestricted, 0, ""),
    (KeyScope::Orders, 100, "Orders"),
    (KeyScope::OrdersDomainsOrganizations, 101, "Orders, Domains, Organizations"),
    (KeyScope::ViewOnly, 102, "View Only"),
    (KeyScope::UserManagement, 103, "User Management"),
];

impl KeyScope {
    /// Whether the scope takes a call; `family` is the first word of its path.
    pub(crate) fn allows(self, method: &Method, family: &str) -> bool {
        let reads = method == Method::GET;
        let families = match self {
            Self::Unrestricted => return true,
            Self::ViewOnly => return reads,
            Self::UserManagement => return USERS.contains(&family),
            Self::Orders => ORDERS,
            Self::OrdersDomainsOrganizations => ORDERS_DOMAINS_ORGANIZATIONS,
        };
        families.contains(&family) || reads && ALWAYS_READABLE.contains(&family)
    }

    fn number(self) -> u64 {
        SCOPES.iter().find(|(scope, ..)| *scope == self).map_or(0, |(_, number, _)| *number)
    }
}

/// A key to make or to edit.
pub(crate) const KEY: Members = &[("name", Type::Text), ("restricted_to_role_id", Type::Count)];

/// `PUT /key/{key_id}/status`
pub(crate) const STATUS: Members = &[("status", Type::Text)];

/// The scope a body asks for, if it asks for one; 0 asks for none.
pub(crate) fn read_scope(body: &Body) -> Result<Option<KeyScope>, Refusal> {
    const MEMBER: &str = "restricted_to_role_id";
    let Some(number) = body.id(MEMBER) else { return Ok(None) };
    let scope = SCOPES.iter().find(|(_, known, _)| *known == number).map(|(scope, ..)| *scope);
    scope.map(Some).ok_or_else(|| Refusal::invalid_value(MEMBER))
}

/// A key, or the credentials of an ACME client, which are kept as one.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) user_id: u64,
    pub(crate) name: String,
    pub(crate) scope: KeyScope,
    pub(crate) active: bool,
    pub(crate) created: DateTime<Utc>,
    pub(crate) last_used: Option<DateTime<Utc>>,
    /// What ACME orders with it; such a key opens nothing else.
    pub(crate) acme: Option<Binding>,
}

/// No keys yet.
pub(crate) fn register() -> Register<ApiKey> {
    Register::starting_at(FIRST_KEY)
}

impl ApiKey {
    pub(crate) fn must_allow(&self, method: &Method, family: &str) -> Result<(), Refusal> {
        if self.scope.allows(method, family) { Ok(()) } else { Err(Refusal::missing_permission()) }
    }

    fn opens_with(&self, given: &[u8]) -> bool {
        self.active && self.acme.is_none() && self.key.as_bytes() == given
    }
}

impl Account {
    /// The key that a caller shows, if it is let in; from now on it has been used.
    pub(crate) fn let_in(&mut self, given: &[u8], now: DateTime<Utc>) -> Option<ApiKey> {
        let id = self.keys.iter().find(|key| key.opens_with(given))?.id;
        let key = self.keys.get_mut(id)?;
        key.last_used = Some(now);
        Some(key.clone())
    }

    /// Lets one more key in.
    pub(crate) fn add_key(&mut self, FurtherKey { key, role, scope }: FurtherKey, now: DateTime<Utc>) {
        let user_id = self.user_with_role(role);
        let name = format!("api key {:02}", self.keys.len() + 1);
        self.enter_key(key, user_id, name, scope, None, now);
    }

    /// Whether there is a key like this, in use or revoked.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.key == key)
    }

    /// Lets a new key in, which is given back.
    pub(crate) fn new_key(&mut self, role: Role, scope: KeyScope, now: DateTime<Utc>) -> String {
        let key = self.random.word(KEY_LENGTH).to_ascii_uppercase();
        self.add_key(FurtherKey { key: key.clone(), role, scope }, now);
        key
    }

    /// Makes a key for a user: its number, and the key itself.
    pub(crate) fn make_key(&mut self, user_id: u64, name: String, scope: KeyScope, now: DateTime<Utc>) -> (u64, String) {
        let key = self.random.word(KEY_LENGTH).to_ascii_uppercase();
        (self.enter_key(key.clone(), user_id, name, scope, None, now), key)
    }

    pub(crate) fn enter_key(
        &mut self,
        key: String,
        user_id: u64,
        name: String,
        scope: KeyScope,
        acme: Option<Binding>,
        now: DateTime<Utc>,
    ) -> u64 {
        self.keys.add(|id| ApiKey { id, key, user_id, name, scope, active: true, created: now, last_used: None, acme })
    }

    pub(crate) fn forget_keys_of(&mut self, user_id: u64) {
        let of_user: Vec<u64> = self.keys.iter().filter(|key| key.user_id == user_id).map(|key| key.id).collect();
        for id in of_user {
            self.keys.remove(id);
        }
    }

    /// A key as the service shows it: everything but the key.
    fn key_view(&self, key: &ApiKey) -> Value {
        let user = self.user(key.user_id);
        let mut view = json!({
            "id": key.id,
            "user": {
                "id": key.user_id,
                "first_name": user.map(|user| &user.first_name),
                "last_name": user.map(|user| &user.last_name),
            },
            "status": if key.active { "active" } else { "revoked" },
            "create_date": timestamp(key.created),
            "name": key.name,
            "is_legacy": false,
            "restricted_to_role_id": key.scope.number(),
        });
        if let Some(used) = key.last_used {
            view["last_used_date"] = timestamp(used).into();
        }
        for (name, value) in key.acme.iter().flat_map(|binding| self.binding_view(binding)) {
            view[name] = value;
        }
        view
    }
}

#[cfg(test)]
mod tests {
    use super::KeyScope::{Orders, OrdersDomainsOrganizations, Unrestricted, UserManagement, ViewOnly};
    use super::*;

    #[test]
    fn scopes() {
        for (scope, method, family, allowed) in [
            (Unrestricted, Method::DELETE, "organization", true),
            (ViewOnly, Method::GET, "order", true),
            (ViewOnly, Method::PUT, "order", false),
            (ViewOnly, Method::POST, "domain", false),
            (ViewOnly, Method::GET, "key", true),
            (Orders, Method::POST, "order", true),
            (Orders, Method::PUT, "certificate", true),
            (Orders, Method::GET, "domain", false),
            (Orders, Method::GET, "user", true),
            (Orders, Method::GET, "key", false),
            (OrdersDomainsOrganizations, Method::POST, "domain", true),
            (OrdersDomainsOrganizations, Method::POST, "container", false),
            (OrdersDomainsOrganizations, Method::POST, "key", false),
            (UserManagement, Method::GET, "user", true),
            (UserManagement, Method::GET, "order", false),
            (UserManagement, Method::POST, "key", false),
        ] {
            assert_eq!(scope.allows(&method, family), allowed, "{scope:?} {method} {family}");
        }
    }
}
