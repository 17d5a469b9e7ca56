//! Reading and checking the body of an organization: everything wrong is named in one response.

use super::Identity;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::contacts::CONTACT;
use crate::sandbox::certcentral::rules::validations::ValidationKind;
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::{Refusal, Refusals};

/// A kind of validation, and the people who verify it.
const VALIDATION: Members = &[
    ("type", Type::Text),
    (
        "verified_users",
        Type::Objects(&[
            ("id", Type::Id),
            ("first_name", Type::Text),
            ("last_name", Type::Text),
            ("job_title", Type::Text),
            ("telephone", Type::Digits),
            ("email", Type::Text),
        ]),
    ),
];

/// `POST /organization`
pub(crate) const CREATE: Members = &[
    ("name", Type::Text),
    ("assumed_name", Type::Text),
    ("country", Type::Text),
    ("address", Type::Text),
    ("address2", Type::Text),
    ("city", Type::Text),
    ("state", Type::Text),
    ("zip", Type::Digits),
    ("telephone", Type::Digits),
    ("container", Type::Object(&[("id", Type::Id)])),
    ("organization_contact", Type::Object(CONTACT)),
    ("validations", Type::Objects(VALIDATION)),
    ("skip_duplicate_org_check", Type::Flag),
    ("organization", Type::Object(&[("skip_duplicate_org_check", Type::Flag)])),
];

/// `POST /organization/{organization_id}/validation`
pub(crate) const SUBMIT: Members = &[("validations", Type::Objects(VALIDATION))];

const LONGEST_NAME: usize = 64;
/// Of a name and an assumed name together.
const LONGEST_NAMES: usize = 61;
const LONGEST_ADDRESS: usize = 64;

impl Account {
    /// The people who verify an organization: users of the account by id, or persons with all their five members.
    fn read_verified_users(&self, item: &Body, kind: ValidationKind) -> Result<Vec<String>, Refusal> {
        let users = item.items("verified_users");
        // Inferred: organization validation alone knows no verified contact, by the guide; all else needs one.
        if users.is_empty() && kind.needs_verified_contact() {
            return Err(Refusal::required("validations.verified_users"));
        }
        let person = |user: &Body| {
            let all = ["first_name", "last_name", "job_title", "telephone"].iter().all(|name| user.is_given(name));
            user.text("email").filter(|_| all).map(str::to_owned)
        };
        users
            .iter()
            .map(|user| match user.id("id") {
                Some(id) => self.user(id).map(|user| user.email.clone()),
                None => person(user),
            })
            .collect::<Option<_>>()
            .ok_or_else(|| Refusal::invalid_value("validations.verified_users"))
    }

    /// Reads a `validations` list: kinds, and who may approve for the organization.
    pub(crate) fn read_validations(&self, body: &Body) -> Result<(Vec<ValidationKind>, Vec<String>), Refusal> {
        let items = body.items("validations");
        let kinds = ValidationKind::read_list(&items).ok_or_else(|| Refusal::invalid_value("validations.type"))?;
        let mut contacts = Vec::new();
        for (item, kind) in items.iter().zip(&kinds) {
            contacts.extend(self.read_verified_users(item, *kind)?);
        }
        Ok((kinds, contacts))
    }
}

pub(crate) fn read_identity(body: &Body) -> Result<Identity, Refusal> {
    let mut refusals = Refusals::default();
    let mut required = |name| refusals.require(body.text(name), name).to_owned();
    let mut identity = Identity {
        name: required("name"),
        address: required("address"),
        city: required("city"),
        state: required("state"),
        zip: required("zip"),
        country: required("country").to_ascii_lowercase(),
        ..Identity::default()
    };
    let optional = |name| body.text(name).map(str::to_owned);
    identity.assumed_name = optional("assumed_name");
    identity.address2 = optional("address2");
    identity.telephone = optional("telephone");
    let length = |text: &str| text.chars().count();
    let names = length(&identity.name) + identity.assumed_name.as_deref().map_or(0, length);
    let lengths = [
        ("name", names, if identity.assumed_name.is_some() { LONGEST_NAMES } else { LONGEST_NAME }),
        ("address", length(&identity.address), LONGEST_ADDRESS),
        ("address2", identity.address2.as_deref().map_or(0, length), LONGEST_ADDRESS),
        ("city", length(&identity.city), LONGEST_ADDRESS),
        ("state", length(&identity.state), LONGEST_ADDRESS),
    ];
    for (name, _, _) in lengths.into_iter().filter(|(_, length, most)| length > most) {
        refusals.push(Refusal::invalid_value(name));
    }
    let is_code = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase());
    // A missing one was refused before.
    if !(identity.country.is_empty() || is_code(&identity.country)) {
        refusals.push(Refusal::invalid_value("country"));
    }
    refusals.into_result()?;
    Ok(identity)
}
