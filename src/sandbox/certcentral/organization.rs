//! An organization: who certificates are issued to, and how far its validations have come.

pub(super) mod endpoints;
pub(super) mod form;
pub(super) mod list;
pub(super) mod view;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::account::containers;
use super::account::users::User;
use super::overview::OrganizationLine;
use super::rules::validations::ValidationKind;
use crate::sandbox::clock::days_after;
use crate::sandbox::register::Register;

/// An organization's validation is good for about thirteen months.
const VALIDATION_DAYS: u32 = 397;
pub(crate) const FIRST_ID: u64 = 754_781;

/// An organization of the account.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) id: u64,
    pub(crate) container_id: u64,
    pub(crate) active: bool,
    pub(crate) identity: Identity,
    /// Who answers for it, where its maker said so.
    pub(crate) contact: Option<Value>,
    /// Addresses of the people who may approve its EV orders.
    pub(crate) verified_contacts: Vec<String>,
    pub(crate) validations: Vec<Validation>,
}

/// Who and where an organization is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) assumed_name: Option<String>,
    pub(crate) address: String,
    pub(crate) address2: Option<String>,
    pub(crate) city: String,
    pub(crate) state: String,
    pub(crate) zip: String,
    pub(crate) country: String,
    pub(crate) telephone: Option<String>,
}

/// One kind of validation, asked for or done.
#[derive(Clone, Debug)]
pub(crate) struct Validation {
    kind: ValidationKind,
    created: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

pub(crate) type OrganizationProof = (bool, Vec<(ValidationKind, DateTime<Utc>)>);

impl Validation {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

/// The organizations an account starts with: one validated for OV and EV, one for nothing.
pub(crate) fn starting(contact: &User, now: DateTime<Utc>) -> Register<Organization> {
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
        organization.verified_contacts.push(contact.email.clone());
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
    pub(crate) fn new(id: u64, identity: Identity) -> Self {
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

    pub(crate) fn is_validated(&self, kind: ValidationKind, now: DateTime<Utc>) -> bool {
        self.validations.iter().any(|validation| validation.kind == kind && validation.holds(now))
    }

    /// What of it decides whether certificates are issued to it: whether it is active, and until when it is validated for what.
    pub(crate) fn proof(&self) -> OrganizationProof {
        let done = self.validations.iter().filter_map(|validation| Some((validation.kind, validation.until?)));
        (self.active, done.collect())
    }

    pub(crate) fn is_submitted(&self, kind: ValidationKind) -> bool {
        self.validations.iter().any(|validation| validation.kind == kind)
    }

    /// Asks for a validation, unless it is under way or done.
    pub(crate) fn submit(&mut self, kind: ValidationKind, now: DateTime<Utc>) {
        if !self.is_submitted(kind) {
            self.validations.push(Validation { kind, created: now, until: None });
        }
    }

    /// The vendor's staff has validated the organization, in every kind asked for and in OV.
    pub(crate) fn validate(&mut self, now: DateTime<Utc>) {
        self.submit(ValidationKind::Ov, now);
        for validation in &mut self.validations {
            validation.until = Some(days_after(now, VALIDATION_DAYS));
        }
    }

    pub(crate) fn line(&self, now: DateTime<Utc>) -> OrganizationLine {
        let (held, awaited): (Vec<_>, Vec<_>) = self.validations.iter().partition(|validation| validation.holds(now));
        OrganizationLine {
            id: self.id,
            name: self.identity.name.clone(),
            validated: held.iter().map(|validation| validation.kind.name()).collect(),
            awaits_validation: !awaited.is_empty() || held.is_empty(),
        }
    }

    pub(crate) fn status(&self) -> &'static str {
        if self.active { "active" } else { "inactive" }
    }
}
