//! The endpoints of users.

use serde_json::json;

use super::User;
use super::form::{self, UserForm};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::{self, Key};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::{Refusal, Refusals};

impl Account {
    fn user_of(&self, call: &Call) -> Result<&User, Refusal> {
        self.user(call.id(0)).ok_or_else(|| Refusal::not_found("user"))
    }

    fn user_of_mut(&mut self, call: &Call) -> Result<&mut User, Refusal> {
        self.users.get_mut(call.id(0)).ok_or_else(|| Refusal::not_found("user"))
    }
}

/// `GET /user`
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let search = call.query.filter("search");
    let mut users: Vec<&User> = account.users.iter().filter(|user| listing::is_like(&search, &[&user.email, &user.last_name])).collect();
    listing::sort(&mut users, &call.query, |user, key| match key {
        "id" => Some(Key::Number(user.id)),
        "first_name" => Some(Key::text(&user.first_name)),
        "last_name" => Some(Key::text(&user.last_name)),
        "email" => Some(Key::text(&user.email)),
        "username" => Some(Key::text(&user.username)),
        _ => None,
    });
    Ok(Reply::ok(listing::page(&users, "users", &call.query, |user| account.user_view(user))))
}

/// `GET /user/me`
pub(crate) fn me(account: &mut Account, call: &Call) -> Answer {
    Ok(Reply::ok(account.user_view(&account.caller(call))))
}

/// `GET /user/{user_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    Ok(Reply::ok(account.user_view(account.user_of(call)?)))
}

/// `POST /user`; the key of a service user is shown here and never again.
pub(crate) fn create(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    match account.read_user(call)? {
        UserForm::Person(user) => Ok(Reply::created(json!({"id": account.users.add(|id| User { id, ..user })}))),
        UserForm::Service { user, key_name, scope } => {
            let id = account.users.add(|id| User { id, username: format!("service-user-{id}"), ..user });
            let (_, key) = account.make_key(id, key_name, scope, call.now);
            Ok(Reply::created(json!({"id": id, "api_key": key})))
        }
    }
}

/// `PUT /user/{user_id}`; what of job title and telephone is not given is removed. Of a service user the address alone changes.
pub(crate) fn edit(account: &mut Account, call: &Call) -> Answer {
    let id = account.user_of(call)?.id;
    if id != call.caller {
        account.caller(call).must_administrate()?;
    }
    let body = &call.body;
    let mut refusals = Refusals::default();
    let email = refusals.note(form::email(body, "email"));
    let username = refusals.note(account.read_username(body, "username", Some(id)));
    let first_name = refusals.note(form::name(body, "first_name"));
    let last_name = refusals.note(form::name(body, "last_name"));
    let (job_title, telephone) = refusals.note(form::details(body));
    refusals.into_result()?;
    let user = account.user_of_mut(call)?;
    user.email = email;
    if user.is_service {
        return Ok(Reply::no_content());
    }
    for (member, given) in [(&mut user.username, username), (&mut user.first_name, first_name), (&mut user.last_name, last_name)] {
        if let Some(given) = given {
            *member = given;
        }
    }
    (user.job_title, user.telephone) = (job_title, telephone);
    if body.is_given("is_saml_sso_only") {
        user.saml_only = body.flag("is_saml_sso_only");
    }
    Ok(Reply::no_content())
}

/// `DELETE /user/{user_id}`; the user's keys go along. That nobody deletes themselves is known of the vendor's console alone.
pub(crate) fn delete(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let id = account.user_of(call)?.id;
    if id == call.caller {
        return Err(Refusal::invalid_value("user_id"));
    }
    account.users.remove(id);
    account.forget_keys_of(id);
    Ok(Reply::no_content())
}

/// `PUT /user/{user_id}/role`
pub(crate) fn change_role(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let role = form::role(&call.body, "access_roles")?;
    account.user_of_mut(call)?.role = role;
    Ok(Reply::no_content())
}
