//! The endpoints of organizations.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::form::read_identity;
use super::{FIRST_ID, Organization};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::containers;
use crate::sandbox::certcentral::listing::{Key, Selection};
use crate::sandbox::certcentral::order::OrderStatus;
use crate::sandbox::certcentral::rules::validations::ValidationKind;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

impl Account {
    /// Asks for a validation of an organization, unless it is under way or done.
    pub(crate) fn submit_organization(&mut self, id: u64, kind: ValidationKind, now: DateTime<Utc>) {
        if self.organizations.get(id).is_some_and(|organization| !organization.is_submitted(kind))
            && let Some(organization) = self.organizations.get_mut(id)
        {
            organization.submit(kind, now);
        }
    }

    pub(crate) fn organization(&self, id: u64) -> Result<&Organization, Refusal> {
        self.organizations.get(id).ok_or_else(|| Refusal::not_found("organization"))
    }

    fn organization_mut(&mut self, call: &Call) -> Result<&mut Organization, Refusal> {
        self.organizations.get_mut(call.id(0)).ok_or_else(|| Refusal::not_found("organization"))
    }
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
    let contact = body.object("organization_contact").map(|contact| account.read_contact(&contact, "organization_contact")).transpose()?;
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

/// `GET /organization/{organization_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    let organization = account.organization(call.id(0))?;
    let mut view = organization.view(account.container_summary(organization.container_id), None);
    let user = account.owner();
    let contact = organization.contact.clone().unwrap_or_else(|| user.contact());
    view.insert("organization_contact".to_owned(), contact);
    view.insert("contacts".to_owned(), json!([{"contact_type": "organization_contact", "user_id": user.id}]));
    Ok(Reply::ok(view))
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
    let waiting = [OrderStatus::NeedsApproval, OrderStatus::NeedsCsr, OrderStatus::Pending, OrderStatus::Processing]
        .map(|status| Key::Word(status.word()));
    // The refusal is in the console's help, its code is inferred.
    if !account.orders_of_organization(id).any_of("status", &waiting).is_empty() {
        return Err(Refusal::invalid_status("The organization has pending orders or requests."));
    }
    account.organization_mut(call)?.active = false;
    for domain in account.directory.domains_of(id) {
        if let Some(domain) = account.domains.get_mut(domain) {
            domain.active = false;
        }
    }
    Ok(Reply::no_content())
}

/// `DELETE /organization/{organization_id}`; takes its domains along.
pub(crate) fn delete(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let id = account.organization(call.id(0))?.id;
    // Both refusals are documented, their code is inferred.
    if id == FIRST_ID || !account.orders_of_organization(id).is_empty() {
        return Err(Refusal::invalid_status("The organization cannot be deleted."));
    }
    account.organizations.remove(id);
    account.directory.forget_organization(id);
    for domain in account.directory.domains_of(id) {
        if let Some(domain) = account.domains.remove(domain) {
            account.directory.forget_domain(&domain);
        }
    }
    Ok(Reply::no_content())
}

impl Account {
    fn orders_of_organization(&self, id: u64) -> Selection<'_> {
        self.lists.orders.select().any_of("organization_id", &[Key::Number(id)])
    }

    /// The container of an organization's domains.
    pub(crate) fn container_of(&self, organization: Option<&Organization>) -> u64 {
        organization.map_or(containers::STARTING_ID, |organization| organization.container_id)
    }
}
