//! Revoking: one certificate, or an order with all of them.

use serde_json::Value;

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::request::Action;
use crate::sandbox::certcentral::request::submission::Ask;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

const REASONS: [&str; 5] = ["unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation"];

impl Account {
    /// Revokes at once with `skip_approval`, and with an empty response; else responds with the request that waits.
    fn ask_to_revoke(&mut self, order_id: u64, action: Action, call: &Call) -> Answer {
        if call.body.text("revocation_reason").is_some_and(|reason| !REASONS.contains(&reason)) {
            return Err(Refusal::invalid_value("revocation_reason"));
        }
        if !self.is_possible(order_id, action) {
            return Err(Refusal::invalid_status("It cannot be revoked now."));
        }
        let skip_approval = self.skip_approval(call)?;
        let user = self.caller(call);
        let comments = call.body.text("comments").or_else(|| call.body.text("comment")).map(str::to_owned);
        let request = self.ask(Ask { order_id, action, user: &user, skip_approval, comments }, call.now);
        match request.and_then(|id| self.requests.get(id)) {
            Some(request) => Ok(Reply::created(Value::Object(self.request_view(request)))),
            None => Ok(Reply::no_content()),
        }
    }

    /// The certificate of a number or of a serial number.
    pub(crate) fn certificate_id(&self, call: &Call) -> Result<u64, Refusal> {
        let by_id = self.certificates.get(call.id(0)).map(|certificate| certificate.id);
        by_id.or_else(|| self.directory.certificate_by_serial_number(call.param(0))).ok_or_else(|| Refusal::not_found("certificate"))
    }
}

/// `PUT /order/certificate/{order_id}/revoke`
pub(crate) fn order(account: &mut Account, call: &Call) -> Answer {
    let order_id = account.order(call)?.id;
    account.ask_to_revoke(order_id, Action::RevokeOrder, call)
}

/// `PUT /certificate/{certificate_id}/revoke`; a serial number may stand in the id's place.
pub(crate) fn certificate(account: &mut Account, call: &Call) -> Answer {
    let id = account.certificate_id(call)?;
    let order_id = account.certificates.get(id).map(|certificate| certificate.order_id).unwrap_or_default();
    account.ask_to_revoke(order_id, Action::RevokeCertificate(id), call)
}
