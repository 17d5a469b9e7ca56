//! The account's people.

use serde_json::{Value, json};

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::{self, Key};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::settings::Role;

pub(crate) const ACCOUNT_ID: u64 = 1_003_901;

impl Role {
    /// Number and name in the service's glossary.
    fn entry(self) -> (u64, &'static str) {
        match self {
            Self::Administrator => (1, "Administrator"),
            Self::Manager => (4, "Manager"),
            Self::StandardUser => (5, "Standard User"),
        }
    }
}

/// A user of the account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) email: &'static str,
    pub(crate) role: Role,
}

/// The user of the first API key, then colleagues of every role.
pub(crate) fn starting(key_may_approve: bool) -> [User; 4] {
    let user = |id, first_name, last_name, email, role| User { id, first_name, last_name, email, role };
    let of_key = if key_may_approve { Role::Administrator } else { Role::StandardUser };
    [
        user(14, "John", "Smith", "john.smith@digicert.com", of_key),
        user(15, "Taro", "Shinsei", "taro.shinsei@digicert.com", Role::Administrator),
        user(16, "Jill", "Valentine", "jill.valentine@example.com", Role::Manager),
        user(17, "Leon", "Kennedy", "leon.kennedy@example.com", Role::StandardUser),
    ]
}

impl User {
    pub(crate) fn may_approve(&self) -> bool {
        self.role != Role::StandardUser
    }

    /// Refuses what only administrators do (which that is, the sources tell for deactivating organizations alone).
    pub(crate) fn must_administrate(&self) -> Result<(), Refusal> {
        if self.role == Role::Administrator { Ok(()) } else { Err(Refusal::missing_permission()) }
    }

    /// As requests show a person.
    pub(crate) fn summary(&self) -> Value {
        json!({"id": self.id, "first_name": self.first_name, "last_name": self.last_name, "email": self.email})
    }

    /// As orders and organizations show a contact.
    pub(crate) fn contact(&self) -> Value {
        json!({
            "first_name": self.first_name,
            "last_name": self.last_name,
            "name": format!("{} {}", self.first_name, self.last_name),
            "email": self.email,
            "telephone": "(801) 228-0992",
        })
    }

    fn view(&self, container: &Value) -> Value {
        let (role_id, role) = self.role.entry();
        json!({
            "id": self.id,
            "username": self.email,
            "account_id": ACCOUNT_ID,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "job_title": "manager",
            "telephone": "(801) 228-0992",
            "status": "active",
            "container": container,
            "access_roles": [{"id": role_id, "name": role}],
            "type": "standard",
            "has_container_assignments": false,
        })
    }
}

impl Account {
    /// The user whose key a call carries.
    pub(crate) fn caller(&self, call: &Call) -> User {
        self.user(call.caller).unwrap_or(self.users[0])
    }

    pub(crate) fn user(&self, id: u64) -> Option<User> {
        self.users.iter().find(|user| user.id == id).copied()
    }

    /// The first user of a role; there is one of each.
    pub(crate) fn user_with_role(&self, role: Role) -> User {
        self.users.iter().find(|user| user.role == role).copied().unwrap_or(self.users[0])
    }

    /// Refuses the skipping of an approval to whom cannot approve.
    pub(crate) fn skip_approval(&self, call: &Call) -> Result<bool, Refusal> {
        let skip = call.body.flag("skip_approval");
        if skip && !self.caller(call).may_approve() { Err(Refusal::missing_permission()) } else { Ok(skip) }
    }
}

/// `GET /user`
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let container = account.starting_container();
    let search = call.query.filter("search");
    let mut users: Vec<User> =
        account.users.iter().filter(|user| listing::is_like(&search, &[user.email, user.last_name])).copied().collect();
    listing::sort(&mut users, &call.query, |user, key| match key {
        "id" => Some(Key::Number(user.id)),
        "first_name" => Some(Key::text(user.first_name)),
        "last_name" => Some(Key::text(user.last_name)),
        "email" | "username" => Some(Key::text(user.email)),
        _ => None,
    });
    Ok(Reply::ok(listing::page(&users, "users", &call.query, |user| user.view(&container))))
}

/// `GET /user/me`
pub(crate) fn me(account: &mut Account, call: &Call) -> Answer {
    Ok(Reply::ok(account.caller(call).view(&account.starting_container())))
}

/// `GET /user/{user_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    let user = account.user(call.id(0)).ok_or_else(|| Refusal::not_found("user"))?;
    Ok(Reply::ok(user.view(&account.starting_container())))
}
