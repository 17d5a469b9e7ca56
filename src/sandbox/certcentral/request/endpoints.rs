//! The endpoints of requests.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Action, ApprovalRequest, RequestStatus};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::users::User;
use crate::sandbox::certcentral::certificate::CertificateStatus;
use crate::sandbox::certcentral::listing::{self, SortKey};
use crate::sandbox::certcentral::order::{Order, OrderEvent};
use crate::sandbox::clock::{date, timestamp};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

impl Account {
    fn request(&self, call: &Call) -> Result<&ApprovalRequest, Refusal> {
        self.requests.get(call.id(0)).ok_or_else(|| Refusal::not_found("request"))
    }

    /// Lets a user decide a request; the order follows the last step.
    pub(crate) fn decide(
        &mut self,
        id: u64,
        to: RequestStatus,
        user: &User,
        comment: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let request = self.requests.get(id).ok_or_else(|| Refusal::not_found("request"))?;
        let (order_id, action) = (request.order_id, request.action);
        if to == RequestStatus::Approved && !self.is_possible(order_id, action) {
            return Err(Refusal::invalid_status("What was asked for is no longer possible."));
        }
        let request = self.requests.get_mut(id).ok_or_else(|| Refusal::not_found("request"))?;
        request.decide(to, user, comment, now)?;
        match to {
            RequestStatus::Approved => self.begin(order_id, action, now),
            RequestStatus::Rejected => self.give_up(order_id, action, now),
            RequestStatus::Submitted | RequestStatus::Pending => None,
        };
        Ok(())
    }

    /// Whether something may be revoked now: not while a reissue is pending. All else waits only for its approval.
    pub(crate) fn is_possible(&self, order_id: u64, action: Action) -> bool {
        let order = self.orders.get(order_id);
        match action {
            Action::NewOrder | Action::Reissue(_) | Action::Duplicate(_) => true,
            Action::RevokeOrder => order.is_some_and(|order| order.status.after(OrderEvent::Revoked).is_some()),
            Action::RevokeCertificate(id) => {
                let issued = self.certificates.get(id).is_some_and(|certificate| certificate.status == CertificateStatus::Issued);
                issued && order.is_some_and(|order| order.reissue_id.is_none())
            }
        }
    }

    fn person(&self, id: Option<u64>) -> Option<Value> {
        id.and_then(|id| self.user(id)).map(|user| user.summary())
    }

    /// What lists and Request info share, without the order.
    pub(crate) fn request_view(&self, request: &ApprovalRequest) -> Map<String, Value> {
        let mut view = Map::from_iter([
            ("id".to_owned(), request.id.into()),
            ("date".to_owned(), timestamp(request.date).into()),
            ("type".to_owned(), request.action.word().into()),
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
            "container": self.container_summary(order.container_id),
            "product": order.product.summary(),
        });
        if let Some(organization) = order.organization_id.and_then(|id| self.organizations.get(id)) {
            view["organization"] = organization.summary();
        }
        view
    }
}

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

/// `GET /request/{request_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    let request = account.request(call)?;
    let mut view = account.request_view(request);
    if let Some(order) = account.orders.get(request.order_id) {
        let mut order_view = account.order_view(order, call.now);
        let renewed = order.renewal_of.and_then(|id| account.orders.get(id)).and_then(Order::last_day);
        if let Some(last_day) = renewed {
            order_view.insert("renewal_of_order_valid_till".to_owned(), date(last_day).into());
        }
        view.insert("order".to_owned(), order_view.into());
    }
    Ok(Reply::ok(view.into()))
}

/// `PUT /request/{request_id}/status`
pub(crate) fn update_status(account: &mut Account, call: &Call) -> Answer {
    let id = account.request(call)?.id;
    let word = call.body.text("status").ok_or_else(|| Refusal::required("status"))?;
    let to = RequestStatus::read(word).ok_or_else(|| Refusal::invalid_value("status"))?;
    let user = account.caller(call);
    account.decide(id, to, &user, call.body.text("processor_comment"), call.now)?;
    Ok(Reply::no_content())
}
