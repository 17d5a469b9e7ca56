//! Organizations: who certificates are issued to.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::listing;
use super::validations::ValidationKind;
use super::{Account, STARTING_CONTAINER};
use crate::sandbox::clock::{days_after, timestamp};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::register::Register;

/// An organization's validation is good for about thirteen months.
const VALIDATION_DAYS: u32 = 397;
const FIRST_ID: u64 = 754_781;

/// An organization of the account.
#[derive(Debug)]
pub(super) struct Organization {
    id: u64,
    pub(super) name: String,
    active: bool,
    address: &'static str,
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    zip: &'static str,
    pub(super) country: &'static str,
    telephone: &'static str,
    validations: Vec<Validation>,
}

#[derive(Clone, Debug)]
struct Validation {
    kind: ValidationKind,
    created: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

impl Validation {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

/// The organizations an account starts with: one validated for OV and EV, one for nothing.
pub(super) fn starting(now: DateTime<Utc>) -> Register<Organization> {
    let mut organizations = Register::starting_at(FIRST_ID);
    organizations.add(|id| Organization {
        id,
        name: "Win The Customer, LLC".to_owned(),
        active: true,
        address: "2801 N Thanksgiving Way",
        city: "Saratoga Springs",
        state: "Utah",
        zip: "84045",
        country: "us",
        telephone: "(801) 228-0992",
        validations: [ValidationKind::Ov, ValidationKind::Ev]
            .map(|kind| Validation { kind, created: now, until: Some(days_after(now, VALIDATION_DAYS)) })
            .to_vec(),
    });
    organizations.add(|id| Organization {
        id,
        name: "TEST ORG 20200318-3".to_owned(),
        active: true,
        address: "1-1 Marunouchi",
        city: "Chiyoda-ku",
        state: "Tokyo",
        zip: "100-0005",
        country: "jp",
        telephone: "03-1234-5678",
        validations: Vec::new(),
    });
    organizations
}

impl Organization {
    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    pub(super) fn is_validated(&self, kind: ValidationKind, now: DateTime<Utc>) -> bool {
        self.validations.iter().any(|validation| validation.kind == kind && validation.holds(now))
    }

    /// Asks for a validation, unless it is under way or done.
    pub(super) fn submit(&mut self, kind: ValidationKind, now: DateTime<Utc>) {
        if !self.validations.iter().any(|validation| validation.kind == kind) {
            self.validations.push(Validation { kind, created: now, until: None });
        }
    }

    /// The vendor's staff has validated the organization, in every kind asked for and in OV.
    pub(super) fn validate(&mut self, now: DateTime<Utc>) {
        self.submit(ValidationKind::Ov, now);
        for validation in &mut self.validations {
            validation.until = Some(days_after(now, VALIDATION_DAYS));
        }
    }

    /// Inside a domain: `is_active` is a text there.
    pub(super) fn in_domain(&self) -> Value {
        json!({
            "id": self.id,
            "status": self.status(),
            "name": self.name,
            "display_name": self.name,
            "is_active": if self.active { "1" } else { "0" },
        })
    }

    /// Inside an order.
    pub(super) fn in_order(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "display_name": self.name,
            "is_active": self.active,
            "city": self.city,
            "state": self.state,
            "country": self.country,
            "telephone": self.telephone,
        })
    }

    /// Inside lists and requests.
    pub(super) fn summary(&self) -> Value {
        json!({"id": self.id, "name": self.name})
    }

    /// The entries of one kind of validation as a pending or complete order shows them.
    pub(super) fn validation_in_order(&self, kind: ValidationKind, now: DateTime<Utc>) -> Vec<Value> {
        self.validations
            .iter()
            .filter(|validation| validation.kind == kind)
            .map(|validation| validation_view(validation, if validation.holds(now) { "complete" } else { "pending" }))
            .collect()
    }

    fn status(&self) -> &'static str {
        if self.active { "active" } else { "inactive" }
    }

    fn validations_view(&self, now: DateTime<Utc>) -> Vec<Value> {
        self.validations
            .iter()
            .map(|validation| {
                let status = match validation.until {
                    None => "pending",
                    Some(_) if validation.holds(now) => "active",
                    Some(_) => "expired",
                };
                validation_view(validation, status)
            })
            .collect()
    }

    fn view(&self, container: &Value, validations_at: Option<DateTime<Utc>>) -> Value {
        let mut body = json!({
            "id": self.id,
            "status": self.status(),
            "name": self.name,
            "display_name": self.name,
            "is_active": self.active,
            "address": self.address,
            "zip": self.zip,
            "city": self.city,
            "state": self.state,
            "country": self.country,
            "telephone": self.telephone,
            "container": container,
        });
        let validations = validations_at.map(|now| self.validations_view(now)).unwrap_or_default();
        if !validations.is_empty() {
            body["validations"] = validations.into();
        }
        body
    }
}

fn validation_view(validation: &Validation, status: &str) -> Value {
    let mut view = Map::new();
    view.insert("type".to_owned(), validation.kind.word().into());
    view.insert("name".to_owned(), validation.kind.name().into());
    view.insert("description".to_owned(), validation.kind.description().into());
    view.insert("date_created".to_owned(), timestamp(validation.created).into());
    if let Some(until) = validation.until {
        view.insert("validated_until".to_owned(), timestamp(until).into());
    }
    view.insert("status".to_owned(), status.into());
    Value::Object(view)
}

impl Account {
    pub(super) fn organization(&self, id: u64) -> Result<&Organization, Refusal> {
        self.organizations.get(id).ok_or_else(|| Refusal::not_found("organization"))
    }

    fn organization_of(&self, call: &Call) -> Result<&Organization, Refusal> {
        self.organization(call.param(0).parse().unwrap_or_default())
    }
}

/// `GET /organization`
pub(super) fn list(account: &mut Account, call: &Call) -> Answer {
    let container = call.query.get("container_id").and_then(|id| id.parse::<u64>().ok());
    let (status, search) = (call.query.filter("status"), call.query.filter("search"));
    let mut organizations: Vec<&Organization> = account
        .organizations
        .iter()
        .filter(|_| container.is_none_or(|container| container == STARTING_CONTAINER))
        .filter(|organization| listing::is_among(&status, organization.status()))
        .filter(|organization| listing::is_like(&search, &[&organization.name]))
        .collect();
    listing::sort(&mut organizations, &call.query, |organization, key| match key {
        "id" => Some(listing::SortKey::Number(organization.id)),
        "name" => Some(listing::SortKey::Text(organization.name.clone())),
        _ => None,
    });
    let validations_at = call.query.flag("include_validation").then_some(call.now);
    Ok(Reply::ok(listing::page(&organizations, "organizations", &call.query, |organization| {
        organization.view(&account.container_summary(), validations_at)
    })))
}

/// `GET /organization/{organization_id}`
pub(super) fn info(account: &mut Account, call: &Call) -> Answer {
    let mut body = account.organization_of(call)?.view(&account.container_summary(), None);
    let user = account.key_user();
    body["organization_contact"] = user.contact();
    body["contacts"] = json!([{"contact_type": "organization_contact", "user_id": user.id}]);
    Ok(Reply::ok(body))
}

/// `GET /organization/{organization_id}/validation`
pub(super) fn validation(account: &mut Account, call: &Call) -> Answer {
    let validations = account.organization_of(call)?.validations_view(call.now);
    Ok(Reply::ok(if validations.is_empty() { json!({}) } else { json!({"validations": validations}) }))
}
