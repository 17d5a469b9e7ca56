//! Listing requests.

use super::ApprovalRequest;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::{self, SortKey};
use crate::sandbox::http::{Answer, Call, Reply};

/// `GET /request`
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let query = &call.query;
    let mut statuses = query.filter("status");
    statuses.extend(query.get("status"));
    let (types, search) = (query.filter("type"), query.filter("search"));
    let containers = query.filter("container_id");
    let mut requests: Vec<&ApprovalRequest> = account
        .requests
        .iter()
        .filter(|request| listing::is_among(&statuses, request.status.word()))
        .filter(|request| listing::is_among(&types, request.action.word()))
        .filter(|request| {
            let order = account.orders.get(request.order_id);
            listing::is_like(&search, &[order.map_or("", |order| account.common_name(order))])
                && listing::is_among(&containers, &order.map(|order| order.container_id).unwrap_or_default().to_string())
                && order.is_none_or(|order| account.has_custom_field(order, query))
        })
        .collect();
    listing::sort(&mut requests, query, |request, key| match key {
        "id" => Some(SortKey::Number(request.id)),
        "date" => Some(SortKey::Time(request.date)),
        "status" => Some(SortKey::Text(request.status.word().to_owned())),
        _ => None,
    });
    Ok(Reply::ok(listing::page(&requests, "requests", query, |request| {
        let mut view = account.request_view(request);
        view.insert("order".to_owned(), account.order_in_request(request.order_id));
        view.into()
    })))
}
