//! The account's people, and its service users, who are none.

pub(crate) mod endpoints;
pub(crate) mod form;

use serde_json::{Value, json};

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::containers;
use crate::sandbox::http::Call;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::register::Register;
use crate::sandbox::settings::Role;

pub(crate) const ACCOUNT_ID: u64 = 1_003_901;
const FIRST_USER: u64 = 14;
const STARTING_JOB_TITLE: &str = "manager";
const STARTING_TELEPHONE: &str = "(801) 228-0992";

/// Role, number and name in the service's glossary.
const ROLES: [(Role, u64, &str); 5] = [
    (Role::Administrator, 1, "Administrator"),
    (Role::LimitedUser, 2, "Limited User"),
    (Role::FinanceManager, 3, "Finance Manager"),
    (Role::Manager, 4, "Manager"),
    (Role::StandardUser, 5, "Standard User"),
];

impl Role {
    pub(crate) fn read(number: u64) -> Option<Self> {
        ROLES.iter().find(|(_, known, _)| *known == number).map(|(role, ..)| *role)
    }

    fn view(self) -> Value {
        ROLES.iter().find(|(role, ..)| *role == self).map_or(Value::Null, |(_, id, name)| json!({"id": id, "name": name}))
    }
}

/// Every role there is, as lists show them.
pub(crate) fn roles() -> Vec<Value> {
    ROLES.iter().map(|(role, ..)| role.view()).collect()
}

/// A user of the account.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) job_title: Option<String>,
    pub(crate) telephone: Option<String>,
    pub(crate) role: Role,
    pub(crate) container_id: u64,
    /// The containers the user is limited to.
    pub(crate) assignments: Vec<u64>,
    pub(crate) saml_only: bool,
    /// Has API keys and nothing else.
    pub(crate) is_service: bool,
}

/// The user of the first API key, then colleagues of three roles.
pub(crate) fn starting(key_may_approve: bool) -> [User; 4] {
    let of_key = if key_may_approve { Role::Administrator } else { Role::StandardUser };
    [
        User::new(FIRST_USER, "John", "Smith", "john.smith@digicert.com", of_key),
        User::new(FIRST_USER + 1, "Taro", "Shinsei", "taro.shinsei@digicert.com", Role::Administrator),
        User::new(FIRST_USER + 2, "Jill", "Valentine", "jill.valentine@example.com", Role::Manager),
        User::new(FIRST_USER + 3, "Leon", "Kennedy", "leon.kennedy@example.com", Role::StandardUser),
    ]
}

/// The register of those an account starts with.
pub(crate) fn register(starting: [User; 4]) -> Register<User> {
    let mut users = Register::starting_at(FIRST_USER);
    for user in starting {
        users.add(|id| User { id, ..user });
    }
    users
}

impl User {
    fn new(id: u64, first_name: &str, last_name: &str, email: &str, role: Role) -> Self {
        Self {
            id,
            username: email.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: email.to_owned(),
            job_title: Some(STARTING_JOB_TITLE.to_owned()),
            telephone: Some(STARTING_TELEPHONE.to_owned()),
            role,
            container_id: containers::STARTING_ID,
            assignments: Vec::new(),
            saml_only: false,
            is_service: false,
        }
    }

    pub(crate) fn may_approve(&self) -> bool {
        matches!(self.role, Role::Administrator | Role::Manager)
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.role == Role::Administrator
    }

    /// Refuses what only administrators do (which that is, the sources tell for few things).
    pub(crate) fn must_administrate(&self) -> Result<(), Refusal> {
        if self.is_administrator() { Ok(()) } else { Err(Refusal::missing_permission()) }
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
            "telephone": self.telephone.as_deref().unwrap_or(STARTING_TELEPHONE),
        })
    }
}

impl Account {
    /// The user whose key a call carries.
    pub(crate) fn caller(&self, call: &Call) -> User {
        self.user(call.caller).cloned().unwrap_or_else(|| self.owner())
    }

    pub(crate) fn user(&self, id: u64) -> Option<&User> {
        self.users.get(id)
    }

    /// Whoever speaks for the account: its first user.
    pub(crate) fn owner(&self) -> User {
        self.users.iter().next().cloned().expect("nobody deletes themselves, so somebody is left")
    }

    /// A user of a role: the first one, or a new one.
    pub(crate) fn user_with_role(&mut self, role: Role) -> u64 {
        let known = self.users.iter().find(|user| user.role == role && !user.is_service).map(|user| user.id);
        known.unwrap_or_else(|| self.users.add(|id| User::new(id, "Ada", "Wong", &format!("ada.wong.{id}@example.com"), role)))
    }

    /// Refuses the skipping of an approval to whom cannot approve.
    pub(crate) fn skip_approval(&self, call: &Call) -> Result<bool, Refusal> {
        let skip = call.body.flag("skip_approval");
        if skip && !self.caller(call).may_approve() { Err(Refusal::missing_permission()) } else { Ok(skip) }
    }

    /// A user as the service shows them.
    pub(crate) fn user_view(&self, user: &User) -> Value {
        let mut view = json!({
            "id": user.id,
            "username": user.username,
            "account_id": ACCOUNT_ID,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "status": "active",
            "container": self.container_summary(user.container_id),
            "access_roles": [user.role.view()],
            "is_saml_sso_only": user.saml_only,
            "type": "standard",
            "has_container_assignments": !user.assignments.is_empty(),
        });
        for (name, value) in [("job_title", &user.job_title), ("telephone", &user.telephone)] {
            if let Some(value) = value {
                view[name] = value.clone().into();
            }
        }
        if !user.assignments.is_empty() {
            view["container_visibility"] = user.assignments.iter().map(|id| json!(self.container_summary(*id))).collect();
        }
        view
    }
}
