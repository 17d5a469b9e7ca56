//! Domains as the service shows them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Domain;
use crate::sandbox::certcentral::account::containers::Named;
use crate::sandbox::certcentral::organization::Organization;
use crate::sandbox::certcentral::rules::validations::{Control, domain_status};
use crate::sandbox::clock::{date, timestamp};

impl Domain {
    /// What Domain info and List domains share.
    pub(crate) fn view(&self, organization: Option<&Organization>, container: Named<'_>, now: DateTime<Utc>) -> Map<String, Value> {
        let mut view = Map::from_iter([
            ("id".to_owned(), self.id.into()),
            ("is_active".to_owned(), self.active.into()),
            // Deprecated since 2021, still sent.
            ("status".to_owned(), if self.control(now) == Control::Complete { "approved" } else { "pending" }.into()),
            ("name".to_owned(), self.name.clone().into()),
            ("date_created".to_owned(), timestamp(self.created).into()),
            ("last_submitted_datetime".to_owned(), timestamp(self.submitted).into()),
            ("is_pending_validation".to_owned(), (self.pending || self.control(now) == Control::Pending).into()),
            ("container".to_owned(), json!(container)),
        ]);
        if let Some(organization) = organization {
            view.insert("organization".to_owned(), organization.in_domain());
        }
        if let Some(approval) = self.approval {
            view.insert("dcv_approval_datetime".to_owned(), timestamp(approval.at).into());
            view.insert("dcv_expiration_datetime".to_owned(), timestamp(approval.until).into());
            view.insert("dcv_approval_method".to_owned(), approval.method.word().into());
            let last_day: Value = date(approval.until.date_naive()).into();
            let days: Map<String, Value> = self.kinds.iter().map(|kind| (kind.word().to_owned(), last_day.clone())).collect();
            view.insert("dcv_expiration".to_owned(), days.into());
        }
        view
    }

    pub(crate) fn validations_view(&self, organization: Option<&Organization>, now: DateTime<Utc>) -> Vec<Value> {
        let control = self.control(now);
        self.kinds
            .iter()
            .map(|kind| {
                let validated = organization.is_none_or(|organization| organization.is_validated(*kind, now));
                let mut view = json!({
                    "type": kind.word(),
                    "name": kind.name(),
                    "description": kind.description(),
                    "date_created": timestamp(self.submitted),
                    "status": domain_status(control, validated),
                    "dcv_status": control.word(),
                });
                if let Some(approval) = self.approval {
                    view["validated_until"] = timestamp(approval.until).into();
                }
                view
            })
            .collect()
    }

    /// What `include_dcv` adds.
    pub(crate) fn dcv_view(&self) -> Map<String, Value> {
        let mut view = Map::from_iter([("dcv_method".to_owned(), self.method.word().into())]);
        if let Some(token) = &self.token {
            view.insert("dcv_token".to_owned(), token.view_with_status(self.method, &self.name));
        }
        view
    }
}
