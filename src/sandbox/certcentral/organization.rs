//! An organization: who certificates are issued to, and how far its validations have come.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::containers;
use super::users::User;
use super::validations::ValidationKind;
use crate::sandbox::clock::{days_after, timestamp};
use crate::sandbox::register::Register;

/// An organization's validation is good for about thirteen months.
const VALIDATION_DAYS: u32 = 397;
pub(super) const FIRST_ID: u64 = 754_781;

/// An organization of the account.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) id: u64,
    pub(super) container_id: u64,
    pub(super) active: bool,
    pub(super) identity: Identity,
    /// Who answers for it, where its maker said so.
    pub(super) contact: Option<Value>,
    /// Addresses of the people who may approve its EV orders.
    pub(super) verified_contacts: Vec<String>,
    pub(super) validations: Vec<Validation>,
}

/// Who and where an organization is.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub(super) name: String,
    pub(super) assumed_name: Option<String>,
    pub(super) address: String,
    pub(super) address2: Option<String>,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) zip: String,
    pub(super) country: String,
    pub(super) telephone: Option<String>,
}

/// One kind of validation, asked for or done.
#[derive(Clone, Debug)]
pub(super) struct Validation {
    kind: ValidationKind,
    created: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

impl Validation {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    fn view(&self, status: &str) -> Value {
        let mut view = json!({
            "type": self.kind.word(),
            "name": self.kind.name(),
            "description": self.kind.description(),
            "date_created": timestamp(self.created),
            "status": status,
        });
        if let Some(until) = self.until {
            view["validated_until"] = timestamp(until).into();
        }
        view
    }
}

/// The organizations an account starts with: one validated for OV and EV, one for nothing.
pub(super) fn starting(contact: &User, now: DateTime<Utc>) -> Register<Organization> {
    let mut organizations = Register::starting_at(FIRST_ID);
    let identity = |name: &str, address: &str, city: &str, state: &str, zip: &str, country: &str, telephone: &str| Identity {
        name: name.to_owned(),
        address: address.to_owned(),
        city: city.to_owned(),
        state: state.to_owned(),
        zip: zip.to_owned(),
        country: country.to_owned(),
        telephone: Some(telephone.to_owned()),
        ..Identity::default()
    };
    let validated =
        identity("Win The Customer, LLC", "2801 N Thanksgiving Way", "Saratoga Springs", "Utah", "84045", "us", "(801) 228-0992");
    let unknown = identity("TEST ORG 20200318-3", "1-1 Marunouchi", "Chiyoda-ku", "Tokyo", "100-0005", "jp", "03-1234-5678");
    let id = organizations.add(|id| Organization::new(id, validated));
    if let Some(organization) = organizations.get_mut(id) {
        organization.verified_contacts.push(contact.email.to_owned());
        for kind in [ValidationKind::Ov, ValidationKind::Ev] {
            organization.submit(kind, now);
        }
        organization.validate(now);
    }
    organizations.add(|id| Organization::new(id, unknown));
    organizations
}

impl Organization {
    /// An organization nobody has validated yet, in the first container.
    pub(super) fn new(id: u64, identity: Identity) -> Self {
        Self {
            id,
            container_id: containers::STARTING_ID,
            active: true,
            identity,
            contact: None,
            verified_contacts: Vec::new(),
            validations: Vec::new(),
        }
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

    pub(super) fn status(&self) -> &'static str {
        if self.active { "active" } else { "inactive" }
    }

    /// Name and assumed name as certificates and lists show them together.
    fn display_name(&self) -> String {
        match &self.identity.assumed_name {
            Some(assumed) => format!("{assumed} ({})", self.identity.name),
            None => self.identity.name.clone(),
        }
    }

    /// Inside a domain: `is_active` is a text there.
    pub(super) fn in_domain(&self) -> Value {
        json!({
            "id": self.id,
            "status": self.status(),
            "name": self.identity.name,
            "display_name": self.display_name(),
            "is_active": if self.active { "1" } else { "0" },
        })
    }

    /// Inside an order.
    pub(super) fn in_order(&self) -> Value {
        let mut view = json!({
            "id": self.id,
            "name": self.identity.name,
            "display_name": self.display_name(),
            "is_active": self.active,
            "city": self.identity.city,
            "state": self.identity.state,
            "country": self.identity.country,
        });
        if let Some(telephone) = &self.identity.telephone {
            view["telephone"] = telephone.clone().into();
        }
        view
    }

    /// Inside lists and requests.
    pub(super) fn summary(&self) -> Value {
        json!({"id": self.id, "name": self.identity.name})
    }

    /// The entries of one kind of validation as a pending or complete order shows them.
    pub(super) fn validation_in_order(&self, kind: ValidationKind, now: DateTime<Utc>) -> Vec<Value> {
        self.validations
            .iter()
            .filter(|validation| validation.kind == kind)
            .map(|validation| validation.view(if validation.holds(now) { "complete" } else { "pending" }))
            .collect()
    }

    pub(super) fn validations_view(&self, now: DateTime<Utc>) -> Vec<Value> {
        self.validations
            .iter()
            .map(|validation| {
                validation.view(match validation.until {
                    None => "pending",
                    Some(_) if validation.holds(now) => "active",
                    Some(_) => "expired",
                })
            })
            .collect()
    }

    /// What lists and Organization info share; without a time, no validations.
    pub(super) fn view(&self, container: &Value, validations_at: Option<DateTime<Utc>>) -> Map<String, Value> {
        let Identity { name, assumed_name, address, address2, city, state, zip, country, telephone } = &self.identity;
        let validations = validations_at.map(|now| self.validations_view(now)).unwrap_or_default();
        let text = |text: &str| Some(Value::from(text));
        let members = [
            ("id", Some(self.id.into())),
            ("status", text(self.status())),
            ("name", text(name)),
            ("assumed_name", assumed_name.as_deref().map(Value::from)),
            ("display_name", Some(self.display_name().into())),
            ("is_active", Some(self.active.into())),
            ("address", text(address)),
            ("address2", address2.as_deref().map(Value::from)),
            ("zip", text(zip)),
            ("city", text(city)),
            ("state", text(state)),
            ("country", text(country)),
            ("telephone", telephone.as_deref().map(Value::from)),
            ("container", Some(container.clone())),
            ("validations", (!validations.is_empty()).then(|| validations.into())),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
