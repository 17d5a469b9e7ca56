//! Listing domains.

use super::Domain;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::{self, SortKey};
use crate::sandbox::http::{Answer, Call, Reply};

/// `GET /domain`
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let query = &call.query;
    let container = query.number("container_id");
    let (search, method) = (query.filter("search"), query.filter("dcv_method"));
    let (created, ends) = (query.filter("date_created"), query.filter("validation"));
    let mut domains: Vec<&Domain> = account
        .domains
        .iter()
        .filter(|domain| container.is_none_or(|container| container == account.container_of_domain(domain)))
        .filter(|domain| listing::is_like(&search, &[&domain.name]))
        .filter(|domain| listing::is_among(&method, domain.method.word()))
        .filter(|domain| ends.is_empty() || ends.iter().any(|wanted| domain.ends_within(wanted, call.now)))
        .filter(|domain| listing::is_in_time(&created, Some(domain.created_at())))
        .collect();
    listing::sort(&mut domains, query, |domain, key| match key {
        "id" => Some(SortKey::Number(domain.id)),
        "name" => Some(SortKey::Text(domain.name.clone())),
        "date_created" => Some(SortKey::Time(domain.created)),
        _ => None,
    });
    Ok(Reply::ok(listing::page(&domains, "domains", query, |domain| {
        let organization = account.organization_of_domain(domain);
        let mut view = domain.view(organization, account.container_summary(account.container_of_domain(domain)), call.now);
        view.insert("dcv_method".to_owned(), domain.method.word().into());
        // A domain that was never validated shows no validations in lists.
        if domain.approval.is_some() {
            view.insert("validations".to_owned(), domain.validations_view(organization, call.now).into());
        }
        view.into()
    })))
}
