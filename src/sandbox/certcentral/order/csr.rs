//! The CSR of an order that came without one.

use super::OrderEvent;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::certificate::form::read_key_size;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

/// `POST /order/certificate/{order_id}/csr`; that an order which has one takes no other is inferred.
pub(crate) fn add(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    let (order_id, certificate_id) = (order.id, order.certificate_id);
    let csr = call.body.text("csr").ok_or_else(|| Refusal::required("csr"))?;
    let key_size = read_key_size(csr, order.product)?;
    if order.status.after(OrderEvent::CsrGiven).is_none() {
        return Err(Refusal::invalid_status("The order does not wait for a CSR."));
    }
    if let Some(certificate) = account.certificates.get_mut(certificate_id) {
        (certificate.csr, certificate.key_size) = (csr.to_owned(), key_size);
    }
    account.happen(order_id, OrderEvent::CsrGiven, call.now);
    Ok(Reply::no_content())
}
