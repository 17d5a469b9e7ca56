//! Listing requests.

use serde_json::Value;

use super::ApprovalRequest;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::custom_fields;
use crate::sandbox::certcentral::listing::{Key, Member};
use crate::sandbox::http::{Answer, Call, Reply};

/// What lists and reports find and sort a request by.
pub(crate) fn request_keys(account: &Account, request: &ApprovalRequest) -> Vec<(Member, Key)> {
    let order = account.orders.get(request.order_id);
    let container = order.map(|order| order.container_id).unwrap_or_default();
    let mut keys = vec![
        ("status", Key::Word(request.status.word())),
        ("type", Key::Word(request.action.word())),
        ("is_open", Key::Number(request.is_open().into())),
        ("common_name", Key::searched(order.map_or("", |order| account.common_name(order)))),
        ("container_id", Key::text(&container.to_string())),
        ("date", Key::Time(Some(request.date))),
    ];
    keys.extend(order.into_iter().flat_map(custom_fields::keys));
    keys
}

/// `GET /request`
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let query = &call.query;
    let mut statuses = query.filter("status");
    statuses.extend(query.get("status"));
    let requests = account.lists.requests.select().words("status", &statuses);
    let requests = custom_fields::narrowed(requests, query)
        .words("type", &query.filter("type"))
        .words("container_id", &query.filter("container_id"))
        .like(&["common_name"], &query.filter("search"));
    let sorted_by = |key: &str| ["id", "date", "status"].into_iter().find(|known| *known == key);
    Ok(Reply::ok(requests.page("requests", query, sorted_by, |id| {
        let Some(request) = account.requests.get(id) else {
            return Value::Null;
        };
        let mut view = account.request_view(request);
        view.insert("order".to_owned(), account.order_in_request(request.order_id));
        view.into()
    })))
}
