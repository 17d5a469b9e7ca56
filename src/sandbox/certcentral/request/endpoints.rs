//! The endpoints of requests.

use chrono::{DateTime, Utc};

use super::{Action, ApprovalRequest, RequestStatus};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::users::User;
use crate::sandbox::certcentral::certificate::CertificateStatus;
use crate::sandbox::certcentral::order::{Order, OrderEvent};
use crate::sandbox::clock::date;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::json::{Members, Type};
use crate::sandbox::refusal::Refusal;

/// `PUT /request/{request_id}/status`
pub(crate) const UPDATE_STATUS: Members = &[("status", Type::Text), ("processor_comment", Type::Text)];

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
}

/// `GET /request/{request_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    let request = account.request(call)?;
    let mut view = account.request_view(request);
    if let Some(order) = account.orders.get(request.order_id) {
        // A duplicate's request shows the duplicate, by a client that depends on it.
        let certificate_id = if let Action::Duplicate(id) = request.action { id } else { order.certificate_id };
        let mut order_view = account.order_view_with(order, certificate_id, call.now);
        let renewed = order.renewal_of.and_then(|id| account.orders.get(id)).and_then(Order::last_day);
        if let Some(last_day) = renewed {
            order_view.insert("renewal_of_order_valid_till".to_owned(), date(last_day).into());
        }
        view.insert("order".to_owned(), order_view.into());
    }
    Ok(Reply::ok(view))
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
