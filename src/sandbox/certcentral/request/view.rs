//! Requests as the service shows them.

use serde_json::{Map, Value, json};

use super::ApprovalRequest;
use crate::sandbox::certcentral::Account;
use crate::sandbox::clock::timestamp;

impl Account {
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

    pub(crate) fn order_in_request(&self, order_id: u64) -> Value {
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
            view["organization"] = json!(organization.summary());
        }
        view
    }
}
