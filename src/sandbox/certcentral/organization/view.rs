//! Organizations as the service shows them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Identity, Organization, Validation};
use crate::sandbox::certcentral::account::containers::Named;
use crate::sandbox::certcentral::rules::validations::ValidationKind;
use crate::sandbox::clock::timestamp;

impl Validation {
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

impl Organization {
    /// Name and assumed name as certificates and lists show them together.
    fn display_name(&self) -> String {
        match &self.identity.assumed_name {
            Some(assumed) => format!("{assumed} ({})", self.identity.name),
            None => self.identity.name.clone(),
        }
    }

    /// Inside a domain: `is_active` is a text there.
    pub(crate) fn in_domain(&self) -> Value {
        json!({
            "id": self.id,
            "status": self.status(),
            "name": self.identity.name,
            "display_name": self.display_name(),
            "is_active": if self.active { "1" } else { "0" },
        })
    }

    /// Inside an order.
    pub(crate) fn in_order(&self) -> Value {
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
    pub(crate) fn summary(&self) -> Named<'_> {
        Named { id: self.id, name: &self.identity.name }
    }

    /// The entries of one kind of validation as a pending or complete order shows them.
    pub(crate) fn validation_in_order(&self, kind: ValidationKind, now: DateTime<Utc>) -> Vec<Value> {
        self.validations
            .iter()
            .filter(|validation| validation.kind == kind)
            .map(|validation| validation.view(if validation.holds(now) { "complete" } else { "pending" }))
            .collect()
    }

    pub(crate) fn validations_view(&self, now: DateTime<Utc>) -> Vec<Value> {
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
    pub(crate) fn view(&self, container: Named<'_>, validations_at: Option<DateTime<Utc>>) -> Map<String, Value> {
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
            ("container", Some(json!(container))),
            ("validations", (!validations.is_empty()).then(|| validations.into())),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
