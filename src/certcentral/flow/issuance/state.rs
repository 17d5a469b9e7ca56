//! The state of an order, and what it waits for.

use std::fmt;

use serde::Serialize;

use crate::certcentral::{DcvMethod, NameValidationStatus, OrderStatus, RequestId, ValidationStatus, types};

/// The state of an order on its way to a certificate.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct IssuanceState {
    /// The order.
    pub order: types::Order,
    /// What has to happen before the certificate is issued, as far as the service reports it.
    pub blockers: Vec<Blocker>,
}

/// Something that an order waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blocker {
    /// Someone in the account has to approve this request; the key is not allowed to, or was told not to.
    Approval(RequestId),
    /// The organization is not validated yet.
    Organization,
    /// Control of a name is not proved yet.
    #[non_exhaustive]
    Domain {
        /// The name.
        name: String,
        /// How control is to be proved.
        method: Option<DcvMethod>,
    },
    /// Everything is validated; the vendor makes its final check (guide p.40: after 30 minutes, contact the vendor's support).
    FinalCheck,
}

impl From<types::Order> for IssuanceState {
    fn from(order: types::Order) -> Self {
        Self { order, blockers: Vec::new() }
    }
}

/// What is missing: `waits for control of example.org (email)`.
impl fmt::Display for IssuanceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A thousand names would bury the rest of an error.
        const MOST: usize = 5;

        let [first, others @ ..] = &self.blockers[..] else {
            let status = self.order.status.as_ref().map_or("in an unknown state", OrderStatus::as_str);
            return write!(f, "the order is {status}");
        };
        write!(f, "waits for {first}")?;
        for other in others.iter().take(MOST - 1) {
            write!(f, ", {other}")?;
        }
        match others.len().saturating_sub(MOST - 1) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approval(request) => write!(f, "the approval of request {request}"),
            Self::Organization => f.write_str("the validation of the organization"),
            Self::Domain { name, method: Some(method) } => write!(f, "control of {name} ({method})"),
            Self::Domain { name, method: None } => write!(f, "control of {name}"),
            Self::FinalCheck => f.write_str("the vendor's final check"),
        }
    }
}

/// What a validation says is still missing.
pub(super) fn missing(validation: &types::OrderValidation) -> Vec<Blocker> {
    let done = |status: &Option<ValidationStatus>| matches!(status, Some(ValidationStatus::Complete | ValidationStatus::Active));
    let mut blockers = Vec::new();
    // The guide prints the names inside an entry that says nothing else (p.44).
    let (names, organization): (Vec<_>, Vec<_>) = validation
        .organization_validations
        .iter()
        .partition(|validation| validation.status.is_none() && !validation.dns_name_validations.is_empty());
    if organization.iter().any(|validation| !done(&validation.status)) {
        blockers.push(Blocker::Organization);
    }
    let names = names.into_iter().chain(organization).flat_map(|validation| &validation.dns_name_validations);
    let unproved = validation
        .dns_name_validations
        .iter()
        .chain(names)
        .filter(|name| !matches!(name.status, Some(NameValidationStatus::Approved | NameValidationStatus::Complete)));
    blockers.extend(unproved.map(|name| Blocker::Domain {
        name: name.name_scope.clone().or_else(|| name.dns_names.first().cloned()).unwrap_or_default(),
        method: name.method.clone(),
    }));
    if blockers.is_empty() {
        blockers.push(Blocker::FinalCheck);
    }
    blockers
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn names_are_found_at_the_root_and_where_the_guide_prints_them() {
        let missing = |organizations: Value, names: Value| {
            let validation = json!({"organization_validations": organizations, "dns_name_validations": names});
            missing(&serde_json::from_value(validation).expect("a validation"))
        };
        let name = |status: &str| json!([{"name_scope": "example.com", "status": status, "method": "email"}]);
        let done = json!({"type": "ov", "status": "complete"});
        let domain = Blocker::Domain { name: "example.com".to_owned(), method: Some("email".into()) };
        assert_eq!(missing(json!([done]), name("pending")), from_ref(&domain));
        // As on p.44, alone and beside a validation of the organization.
        assert_eq!(missing(json!([{"dns_name_validations": name("pending")}]), json!([])), from_ref(&domain));
        assert_eq!(missing(json!([done, {"dns_name_validations": name("pending")}]), json!([])), from_ref(&domain));
        assert_eq!(missing(json!([{"dns_name_validations": name("approved")}]), json!([])), [Blocker::FinalCheck]);
        let open = json!({"type": "ov", "status": "pending", "dns_name_validations": name("pending")});
        assert_eq!(missing(json!([open]), json!([])), [Blocker::Organization, domain]);
        assert_eq!(missing(json!([{}]), json!([])), [Blocker::Organization], "an entry that says nothing proves nothing");
    }
}
