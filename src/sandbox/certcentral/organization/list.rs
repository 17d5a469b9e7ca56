//! Listing organizations.

use super::Organization;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::{self, Key};
use crate::sandbox::http::{Answer, Call, Reply};

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
        "id" => Some(Key::Number(organization.id)),
        "name" => Some(Key::text(&organization.identity.name)),
        _ => None,
    });
    let validations_at = call.query.flag("include_validation").then_some(call.now);
    Ok(Reply::ok(listing::page(&organizations, "organizations", &call.query, |organization| {
        organization.view(account.container_summary(organization.container_id), validations_at)
    })))
}
