//! The endpoints of requests.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Account;
use super::listing::{self, SortKey};
use super::order::OrderEvent;
use super::request::{ApprovalRequest, RequestStatus};
use super::users::User;
use crate::sandbox::clock::{date, timestamp};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

/// The only type there is until reissues, duplicates and revocations ask for approval too.
pub(super) const NEW_REQUEST: &str = "new_request";

impl Account {
    fn request(&self, call: &Call) -> Result<&ApprovalRequest, Refusal> {
        self.requests.get(call.param(0).parse().unwrap_or_default()).ok_or_else(|| Refusal::not_found("request"))
    }

    /// Lets a user decide a request; the order follows the last step.
    pub(super) fn decide(
        &mut self,
        id: u64,
        to: RequestStatus,
        user: &User,
        comment: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let request = self.requests.get_mut(id).ok_or_else(|| Refusal::not_found("request"))?;
        request.decide(to, user, comment, now)?;
        let order_id = request.order_id;
        match to {
            RequestStatus::Approved => {
                if self.happen(order_id, OrderEvent::Approved).is_some() {
                    self.submit_names(order_id, now);
                }
            }
            RequestStatus::Rejected => {
                self.happen(order_id, OrderEvent::Rejected);
            }
            RequestStatus::Submitted | RequestStatus::Pending => {}
        }
        Ok(())
    }

    fn person(&self, id: Option<u64>) -> Option<Value> {
        id.and_then(|id| self.user(id)).map(|user| user.summary())
    }

    /// What lists and Request info share, without the order.
    fn request_view(&self, request: &ApprovalRequest) -> Map<String, Value> {
        let mut view = Map::from_iter([
            ("id".to_owned(), request.id.into()),
            ("date".to_owned(), timestamp(request.date).into()),
            ("type".to_owned(), NEW_REQUEST.into()),
            ("status".to_owned(), request.status.word().into()),
        ]);
        let optional = [
            ("date_processed", request.processed.map(|at| timestamp(at).into())),
            ("requester", self.person(Some(request.requester))),
            ("reviewer", self.person(request.reviewer)),
            ("processor", self.person(request.processor)),
            ("comments", request.comments.clone().map(Value::from)),
            ("processor_comment", request.processor_comment.clone().map(Value::from)),
        ];
        view.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        view
    }

    fn order_in_request(&self, order_id: u64) -> Value {
        let Some(order) = self.orders.get(order_id) else {
            return json!({});
        };
        let mut view = json!({
            "id": order.id,
            "certificate": {"common_name": self.common_name(order)},
            "container": self.container_summary(),
            "product": order.product.summary(),
        });
        if let Some(organization) = order.organization_id.and_then(|id| self.organizations.get(id)) {
            view["organization"] = organization.summary();
        }
        view
    }
}

/// `GET /request`
pub(super) fn list(account: &mut Account, call: &Call) -> Answer {
    let query = &call.query;
    let mut statuses = query.filter("status");
    statuses.extend(query.get("status"));
    let (types, search) = (query.filter("type"), query.filter("search"));
    let mut requests: Vec<&ApprovalRequest> = account
        .requests
        .iter()
        .filter(|request| listing::is_among(&statuses, request.status.word()))
        .filter(|_| listing::is_among(&types, NEW_REQUEST))
        .filter(|request| {
            let common_name = account.orders.get(request.order_id).map_or("", |order| account.common_name(order));
            listing::is_like(&search, &[common_name])
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

/// `GET /request/{request_id}`
pub(super) fn info(account: &mut Account, call: &Call) -> Answer {
    let request = account.request(call)?;
    let mut view = account.request_view(request);
    if let Some(order) = account.orders.get(request.order_id) {
        let mut order_view = account.order_view(order, call.now);
        let renewed = order.renewal_of.and_then(|id| account.orders.get(id)).and_then(|order| order.plan.days);
        if let Some((_, last_day)) = renewed {
            order_view.insert("renewal_of_order_valid_till".to_owned(), date(last_day).into());
        }
        view.insert("order".to_owned(), order_view.into());
    }
    Ok(Reply::ok(view.into()))
}

/// `PUT /request/{request_id}/status`
pub(super) fn update_status(account: &mut Account, call: &Call) -> Answer {
    let id = account.request(call)?.id;
    let word = call.body.text("status").ok_or_else(|| Refusal::required("status"))?;
    let to = RequestStatus::read(word).ok_or_else(|| Refusal::invalid_value("status"))?;
    let user = account.key_user();
    account.decide(id, to, &user, call.body.text("processor_comment"), call.now)?;
    Ok(Reply::no_content())
}
