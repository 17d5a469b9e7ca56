//! The account's people and its container.

use serde_json::{Value, json};

use super::{Account, STARTING_CONTAINER};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

const ACCOUNT_ID: u64 = 1_003_901;
const CONTAINER_NAME: &str = "Win The Customer, LLC";

/// A user of the account.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub(super) id: u64,
    first_name: &'static str,
    last_name: &'static str,
    email: &'static str,
    pub(super) may_approve: bool,
}

/// The user of the API key, then two colleagues who may approve whatever the key's user may not.
pub(super) fn starting(key_may_approve: bool) -> [User; 3] {
    [
        User { id: 14, first_name: "John", last_name: "Smith", email: "john.smith@digicert.com", may_approve: key_may_approve },
        User { id: 15, first_name: "Taro", last_name: "Shinsei", email: "taro.shinsei@digicert.com", may_approve: true },
        User { id: 16, first_name: "Jill", last_name: "Valentine", email: "jill.valentine@example.com", may_approve: true },
    ]
}

impl User {
    /// As requests show a person.
    pub(super) fn summary(&self) -> Value {
        json!({"id": self.id, "first_name": self.first_name, "last_name": self.last_name, "email": self.email})
    }

    /// As orders and organizations show a contact.
    pub(super) fn contact(&self) -> Value {
        json!({
            "first_name": self.first_name,
            "last_name": self.last_name,
            "name": format!("{} {}", self.first_name, self.last_name),
            "email": self.email,
            "telephone": "(801) 228-0992",
        })
    }

    fn view(&self, container: &Value) -> Value {
        let role = if self.may_approve { json!({"id": 1, "name": "Administrator"}) } else { json!({"id": 5, "name": "Standard User"}) };
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
            "access_roles": [role],
            "type": "standard",
            "has_container_assignments": false,
        })
    }
}

impl Account {
    /// The user whom the API key belongs to.
    pub(super) fn key_user(&self) -> User {
        self.users[0]
    }

    pub(super) fn user(&self, id: u64) -> Option<User> {
        self.users.iter().find(|user| user.id == id).copied()
    }

    pub(super) fn container_summary(&self) -> Value {
        json!({"id": STARTING_CONTAINER, "name": CONTAINER_NAME})
    }

    /// As Order info shows it.
    pub(super) fn container_in_order(&self) -> Value {
        json!({"id": STARTING_CONTAINER, "name": CONTAINER_NAME, "is_active": true})
    }

    fn container_view(&self) -> Value {
        json!({
            "id": STARTING_CONTAINER,
            "public_id": self.container_keys.0,
            "name": CONTAINER_NAME,
            "parent_id": 0,
            "template_id": 5,
            "ekey": self.container_keys.1,
            "has_logo": false,
            "is_active": true,
        })
    }
}

/// `GET /user/me`
pub(super) fn me(account: &mut Account, _: &Call) -> Answer {
    Ok(Reply::ok(account.key_user().view(&account.container_summary())))
}

/// `GET /user/{user_id}`
pub(super) fn info(account: &mut Account, call: &Call) -> Answer {
    let user = account.user(call.param(0).parse().unwrap_or_default()).ok_or_else(|| Refusal::not_found("user"))?;
    Ok(Reply::ok(user.view(&account.container_summary())))
}

/// `GET /container`; the one list that has no `page`.
pub(super) fn containers(account: &mut Account, _: &Call) -> Answer {
    Ok(Reply::ok(json!({"containers": [account.container_view()]})))
}

/// `GET /container/{container_id}`
pub(super) fn container(account: &mut Account, call: &Call) -> Answer {
    if call.param(0).parse() == Ok(STARTING_CONTAINER) {
        Ok(Reply::ok(account.container_view()))
    } else {
        Err(Refusal::not_found("container"))
    }
}
