//! Reading and checking the body of a user: everything wrong is named in one response.

use super::User;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::keys::read_scope;
use crate::sandbox::http::Call;
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::{Refusal, Refusals};
use crate::sandbox::settings::{KeyScope, Role};

const ROLE: Members = &[("id", Type::Id)];

/// `POST /user`
pub(crate) const CREATE: Members = &[
    ("is_api_only", Type::Flag),
    ("username", Type::Text),
    ("first_name", Type::Text),
    ("last_name", Type::Text),
    ("email", Type::Text),
    ("job_title", Type::Text),
    ("telephone", Type::Digits),
    ("container", Type::Object(&[("id", Type::Id)])),
    ("access_roles", Type::Objects(ROLE)),
    ("container_id_assignments", Type::Ids),
    ("is_saml_sso_only", Type::Flag),
    ("api_name", Type::Text),
    ("restricted_to_role_id", Type::Count),
];

/// `PUT /user/{user_id}`
pub(crate) const EDIT: Members = &[
    ("username", Type::Text),
    ("first_name", Type::Text),
    ("last_name", Type::Text),
    ("email", Type::Text),
    ("job_title", Type::Text),
    ("telephone", Type::Digits),
    ("is_saml_sso_only", Type::Flag),
];

/// `PUT /user/{user_id}/role`
pub(crate) const ROLES: Members = &[("access_roles", Type::Objects(ROLE))];

const LONGEST_NAME: usize = 128;
const LONGEST_EMAIL: usize = 255;
const LONGEST_DETAIL: usize = 64;

/// A checked user to add: a person, or a service user with their first key.
pub(crate) enum UserForm {
    Person(User),
    Service { user: User, key_name: String, scope: KeyScope },
}

/// A member that is not longer than it may be; `path` is where it stands, `name` what it is called there.
fn text(body: &Body, path: &str, longest: usize) -> Result<Option<String>, Refusal> {
    match body.text(path) {
        Some(text) if text.chars().count() > longest => Err(Refusal::invalid_value(path)),
        text => Ok(text.map(str::to_owned)),
    }
}

pub(crate) fn email(body: &Body, path: &str) -> Result<String, Refusal> {
    let given = text(body, path, LONGEST_EMAIL)?.ok_or_else(|| Refusal::required(path))?;
    let is_address = given.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    if is_address { Ok(given) } else { Err(Refusal::invalid_value(path)) }
}

/// The one role of a list; the code for a role that there is not is known from a client's test double.
pub(crate) fn role(body: &Body, path: &str) -> Result<Role, Refusal> {
    let items = body.items(path);
    let first = items.first().ok_or_else(|| Refusal::required(path))?;
    first.id("id").and_then(Role::read).ok_or_else(|| Refusal::invalid("invalid_access_role", "The specified access role is invalid."))
}

impl Account {
    /// A login name, if it is one that nobody else has; the code for one that somebody has is inferred.
    pub(crate) fn read_username(&self, body: &Body, path: &str, own: Option<u64>) -> Result<Option<String>, Refusal> {
        let Some(username) = text(body, path, LONGEST_EMAIL)? else { return Ok(None) };
        let sound = username.chars().all(|c| c.is_ascii_alphanumeric() || "@-_+.".contains(c));
        let taken = self.users.iter().any(|user| Some(user.id) != own && user.username.eq_ignore_ascii_case(&username));
        if sound && !taken { Ok(Some(username)) } else { Err(Refusal::invalid_value(path)) }
    }

    fn read_assignments(&self, body: &Body) -> Result<Vec<u64>, Refusal> {
        let ids = body.ids("container_id_assignments");
        let are_known = ids.iter().all(|id| self.containers.get(*id).is_some());
        if are_known { Ok(ids) } else { Err(Refusal::invalid_value("container_id_assignments")) }
    }

    /// Reads and checks a user to add.
    pub(crate) fn read_user(&self, call: &Call) -> Result<UserForm, Refusal> {
        let body = &call.body;
        let mut refusals = Refusals::default();
        let caller = self.caller(call);
        let email = refusals.note(email(body, "email"));
        let assignments = refusals.note(self.read_assignments(body));
        if body.flag("is_api_only") {
            let key_name = refusals.require(body.text("api_name"), "api_name").to_owned();
            let scope = refusals.note(read_scope(body)).unwrap_or_default();
            refusals.into_result()?;
            // What the vendor calls service users is not known.
            let user = User { assignments, is_service: true, ..User::new(0, "Service", "User", &email, caller.role) };
            return Ok(UserForm::Service { user: User { job_title: None, telephone: None, ..user }, key_name, scope });
        }
        let required = |path| text(body, path, LONGEST_NAME)?.ok_or_else(|| Refusal::required(path));
        let first_name = refusals.note(required("first_name"));
        let last_name = refusals.note(required("last_name"));
        let username =
            refusals.note(self.read_username(body, "username", None).and_then(|name| name.ok_or_else(|| Refusal::required("username"))));
        let role = refusals.note(role(body, "access_roles").map(Some));
        let (job_title, telephone) = refusals.note(details(body));
        refusals.into_result()?;
        let container_id = if body.is_given("container.id") { self.container_id(call)? } else { caller.container_id };
        let user = User::new(0, &first_name, &last_name, &email, role.unwrap_or(Role::StandardUser));
        let saml_only = body.flag("is_saml_sso_only");
        Ok(UserForm::Person(User { username, job_title, telephone, container_id, assignments, saml_only, ..user }))
    }

    /// The user of a container that is added with it.
    pub(crate) fn read_container_user(&self, body: &Body) -> Result<Option<User>, Refusal> {
        if !body.is_given("user") {
            return Ok(None);
        }
        let mut refusals = Refusals::default();
        let email = refusals.note(email(body, "user.email"));
        let required = |path| text(body, path, LONGEST_NAME)?.ok_or_else(|| Refusal::required(path));
        let first_name = refusals.note(required("user.first_name"));
        let last_name = refusals.note(required("user.last_name"));
        let username = refusals.note(self.read_username(body, "user.username", None));
        let role = refusals.note(role(body, "user.access_roles").map(Some));
        refusals.into_result()?;
        let user = User::new(0, &first_name, &last_name, &email, role.unwrap_or(Role::StandardUser));
        let username = username.unwrap_or(email);
        Ok(Some(User { username, job_title: None, telephone: None, ..user }))
    }
}

/// Job title and telephone number.
pub(crate) fn details(body: &Body) -> Result<(Option<String>, Option<String>), Refusal> {
    Ok((text(body, "job_title", LONGEST_DETAIL)?, text(body, "telephone", LONGEST_DETAIL)?))
}

/// A name of a user, if one is given.
pub(crate) fn name(body: &Body, path: &str) -> Result<Option<String>, Refusal> {
    text(body, path, LONGEST_NAME)
}
