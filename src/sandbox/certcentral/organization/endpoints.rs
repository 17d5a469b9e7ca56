//! The endpoints of organizations.

use serde_json::{Value, json};

use super::{FIRST_ID, Identity, Organization};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::containers;
use crate::sandbox::certcentral::listing::{self, SortKey};
use crate::sandbox::certcentral::order::OrderStatus;
use crate::sandbox::certcentral::rules::validations::ValidationKind;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::json::Body;
use crate::sandbox::refusal::{Refusal, Refusals};

const LONGEST_NAME: usize = 64;
/// Of a name and an assumed name together.
const LONGEST_NAMES: usize = 61;
const LONGEST_ADDRESS: usize = 64;

impl Account {
    pub(crate) fn organization(&self, id: u64) -> Result<&Organization, Refusal> {
        self.organizations.get(id).ok_or_else(|| Refusal::not_found("organization"))
    }

    fn organization_mut(&mut self, call: &Call) -> Result<&mut Organization, Refusal> {
        self.organizations.get_mut(call.id(0)).ok_or_else(|| Refusal::not_found("organization"))
    }

    /// The people who verify an organization: users of the account by id, or persons with all their five members.
    fn read_verified_users(&self, item: &Value, kind: ValidationKind) -> Result<Vec<String>, Refusal> {
        let users = item.get("verified_users").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        // Inferred: organization validation alone knows no verified contact, by the guide; all else needs one.
        if users.is_empty() && kind.needs_verified_contact() {
            return Err(Refusal::required("validations.verified_users"));
        }
        let person = |user: &Value| {
            let all = ["first_name", "last_name", "job_title", "telephone"].iter().all(|name| user.get(name).is_some_and(Value::is_string));
            user.get("email").and_then(Value::as_str).filter(|_| all).map(str::to_owned)
        };
        users
            .iter()
            .map(|user| match user.get("id").and_then(Value::as_u64) {
                Some(id) => self.user(id).map(|user| user.email.to_owned()),
                None => person(user),
            })
            .collect::<Option<_>>()
            .ok_or_else(|| Refusal::invalid_value("validations.verified_users"))
    }

    /// Reads a `validations` list: kinds, and who may approve for the organization.
    fn read_validations(&self, body: &Body) -> Result<(Vec<ValidationKind>, Vec<String>), Refusal> {
        let items = body.items("validations");
        let kinds = ValidationKind::read_list(items).ok_or_else(|| Refusal::invalid_value("validations.type"))?;
        let mut contacts = Vec::new();
        for (item, kind) in items.iter().zip(&kinds) {
            contacts.extend(self.read_verified_users(item, *kind)?);
        }
        Ok((kinds, contacts))
    }
}

fn read_identity(body: &Body) -> Result<Identity, Refusal> {
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

/// `POST /organization`
pub(crate) fn create(account: &mut Account, call: &Call) -> Answer {
    let body = &call.body;
    let identity = read_identity(body)?;
    let container_id = account.container_id(call)?;
    let (kinds, contacts) = account.read_validations(body)?;
    let skips_check = body.flag("skip_duplicate_org_check") || body.flag("organization.skip_duplicate_org_check");
    let is_same = |organization: &Organization| {
        organization.identity.name.eq_ignore_ascii_case(&identity.name) && organization.identity.country == identity.country
    };
    // That a duplicate fails is documented, its code is inferred.
    if !skips_check && account.organizations.iter().any(is_same) {
        return Err(Refusal::invalid("duplicate_organization", format!("The organization {} already exists.", identity.name)));
    }
    let contact = body.at("organization_contact").filter(|contact| contact.is_object()).cloned();
    let id = account.organizations.add(|id| Organization {
        container_id,
        contact,
        verified_contacts: contacts,
        ..Organization::new(id, identity)
    });
    if let Some(organization) = account.organizations.get_mut(id) {
        for kind in kinds {
            organization.submit(kind, call.now);
        }
    }
    Ok(Reply::created(json!({"id": id})))
}

/// `GET /organization`
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let container = call.query.number("container_id");
    let (status, search) = (call.query.filter("status"), call.query.filter("search"));
    let mut organizations: Vec<&Organization> = account
        .organizations
        .iter()
        .filter(|organization| container.is_none_or(|container| container == organization.container_id))
        .filter(|organization| listing::is_among(&status, organization.status()))
        .filter(|organization| listing::is_like(&search, &[&organization.identity.name]))
        .collect();
    listing::sort(&mut organizations, &call.query, |organization, key| match key {
        "id" => Some(SortKey::Number(organization.id)),
        "name" => Some(SortKey::Text(organization.identity.name.clone())),
        _ => None,
    });
    let validations_at = call.query.flag("include_validation").then_some(call.now);
    Ok(Reply::ok(listing::page(&organizations, "organizations", &call.query, |organization| {
        organization.view(&account.container_summary(organization.container_id), validations_at).into()
    })))
}

/// `GET /organization/{organization_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    let organization = account.organization(call.id(0))?;
    let mut view = organization.view(&account.container_summary(organization.container_id), None);
    let user = account.users[0];
    let contact = organization.contact.clone().unwrap_or_else(|| user.contact());
    view.insert("organization_contact".to_owned(), contact);
    view.insert("contacts".to_owned(), json!([{"contact_type": "organization_contact", "user_id": user.id}]));
    Ok(Reply::ok(view.into()))
}

/// `GET /organization/{organization_id}/validation`
pub(crate) fn validation(account: &mut Account, call: &Call) -> Answer {
    let validations = account.organization(call.id(0))?.validations_view(call.now);
    Ok(Reply::ok(if validations.is_empty() { json!({}) } else { json!({"validations": validations}) }))
}

/// `POST /organization/{organization_id}/validation`
pub(crate) fn submit(account: &mut Account, call: &Call) -> Answer {
    account.organization(call.id(0))?;
    if call.body.items("validations").is_empty() {
        return Err(Refusal::required("validations"));
    }
    let (kinds, contacts) = account.read_validations(&call.body)?;
    let organization = account.organization_mut(call)?;
    for kind in kinds {
        organization.submit(kind, call.now);
    }
    for contact in contacts {
        if !organization.verified_contacts.contains(&contact) {
            organization.verified_contacts.push(contact);
        }
    }
    Ok(Reply::no_content())
}

/// `PUT /organization/{organization_id}/activate`
pub(crate) fn activate(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    account.organization_mut(call)?.active = true;
    Ok(Reply::no_content())
}

/// `PUT /organization/{organization_id}/deactivate`; its domains go with it, its validations stay.
pub(crate) fn deactivate(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let id = account.organization(call.id(0))?.id;
    let waits = |status| matches!(status, OrderStatus::NeedsApproval | OrderStatus::Pending | OrderStatus::Processing);
    // The refusal is in the console's help, its code is inferred.
    if account.orders.iter().any(|order| order.organization_id == Some(id) && waits(order.status)) {
        return Err(Refusal::invalid_status("The organization has pending orders or requests."));
    }
    account.organization_mut(call)?.active = false;
    for domain in account.domains.iter_mut().filter(|domain| domain.organization_id == Some(id)) {
        domain.active = false;
    }
    Ok(Reply::no_content())
}

/// `DELETE /organization/{organization_id}`; takes its domains along.
pub(crate) fn delete(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let id = account.organization(call.id(0))?.id;
    // Both refusals are documented, their code is inferred.
    if id == FIRST_ID || account.orders.iter().any(|order| order.organization_id == Some(id)) {
        return Err(Refusal::invalid_status("The organization cannot be deleted."));
    }
    account.organizations.remove(id);
    let domains: Vec<u64> = account.domains.iter().filter(|domain| domain.organization_id == Some(id)).map(|domain| domain.id).collect();
    for domain in domains {
        account.domains.remove(domain);
    }
    Ok(Reply::no_content())
}

impl Account {
    /// The container of an organization's domains.
    pub(crate) fn container_of(&self, organization: Option<&Organization>) -> u64 {
        organization.map_or(containers::STARTING_ID, |organization| organization.container_id)
    }
}
