//! What is added to an order after it was placed: addresses, notes, settings, mails.

use serde_json::json;

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::products::Level;
use crate::sandbox::clock::timestamp;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::network::MailKind;
use crate::sandbox::refusal::Refusal;

/// `PUT /order/certificate/{order_id}/additional-emails`; the list replaces the former one.
pub(crate) fn additional_emails(account: &mut Account, call: &Call) -> Answer {
    let order = account.order_mut(call)?;
    if !call.body.is_given("additional_emails") {
        return Err(Refusal::required("additional_emails"));
    }
    let emails = call.body.texts("additional_emails");
    if emails.iter().any(|email| !email.contains('@')) {
        return Err(Refusal::invalid_value("additional_emails"));
    }
    order.details.additional_emails = emails;
    Ok(Reply::no_content())
}

/// `POST /order/certificate/{order_id}/note`
pub(crate) fn add_note(account: &mut Account, call: &Call) -> Answer {
    let user = account.caller(call);
    let order = account.order_mut(call)?;
    let text = call.body.text("text").ok_or_else(|| Refusal::required("text"))?;
    let id = order.add_note(text, user.id, call.now);
    Ok(Reply::created(json!({"id": id, "date_created": timestamp(call.now), "text": text, "user": user.summary()})))
}

/// `PUT /order/certificate/{order_id}/auto-reissue`; refused where there is no multi-year plan (the code is inferred).
pub(crate) fn auto_reissue(account: &mut Account, call: &Call) -> Answer {
    let order = account.order_mut(call)?;
    if !call.body.is_given("auto_reissue") {
        return Err(Refusal::required("auto_reissue"));
    }
    if !order.plan.multi_year {
        return Err(Refusal::invalid_value("auto_reissue"));
    }
    order.details.auto_reissue = call.body.flag("auto_reissue");
    Ok(Reply::no_content())
}

/// `PUT /order/certificate/{order_id}/order-approval/resend-emails`; to verified contacts of an EV order's organization.
pub(crate) fn resend_approval(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    let emails = call.body.texts("emails");
    if emails.is_empty() {
        return Err(Refusal::required("emails"));
    }
    // Inferred: nobody approves any other order by mail.
    if order.product.level != Level::Extended {
        return Err(Refusal::invalid_status("The order needs no approval by mail."));
    }
    let organization = order.organization_id.and_then(|id| account.organizations.get(id));
    let is_verified = |email: &String| organization.is_some_and(|organization| organization.verified_contacts.contains(email));
    if !emails.iter().all(is_verified) {
        return Err(Refusal::invalid_value("emails"));
    }
    let subject = format!("EV order approval: {}", account.common_name(order));
    for email in &emails {
        account.send(order, email, MailKind::OrderApproval, &subject, call.now);
    }
    Ok(Reply::no_content())
}
