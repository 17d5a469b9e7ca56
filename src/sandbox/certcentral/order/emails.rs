//! The mail addresses of client certificates, and how their readers confirm them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{MailAddress, Order};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::Key;
use crate::sandbox::clock::{date, days_after};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::network::MailKind;
use crate::sandbox::refusal::Refusal;

const TOKEN_LENGTH: usize = 32;
/// How long the link in a mail works; that of validation mails for domains is known.
const LINK_DAYS: u32 = 30;

impl Account {
    /// Mails those who read the addresses of a client certificate.
    pub(crate) fn mail_readers(&mut self, order_id: u64, addresses: &[String], now: DateTime<Utc>) {
        for address in addresses {
            let token = self.random.word(TOKEN_LENGTH);
            let Some(order) = self.orders.get_mut(order_id) else { return };
            order.addresses.push(MailAddress { address: address.clone(), token: token.clone(), mailed: now, validated: false });
            let Some(order) = self.orders.get(order_id) else { return };
            let subject = format!("Email validation: {}", self.common_name(order));
            self.send_link(order, address, MailKind::EmailValidation, &subject, Some(token), now);
        }
    }
}

impl Order {
    pub(crate) fn are_addresses_validated(&self) -> bool {
        self.addresses.iter().all(|address| address.validated)
    }
}

/// `GET /order/certificate/{order_id}/email-validation`; nothing for an order without addresses (inferred).
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let view = |address: &MailAddress| {
        json!({
            "email": address.address,
            "status": if address.validated { "validated" } else { "unvalidated" },
            "date_emailed": date(address.mailed.date_naive()),
        })
    };
    let emails: Vec<Value> = account.order(call)?.addresses.iter().map(view).collect();
    Ok(Reply::ok(if emails.is_empty() { json!({}) } else { json!({"delivery_options": ["api", "browser"], "emails": emails}) }))
}

/// `PUT /email-validation/{token}?email=…`
pub(crate) fn validate(account: &mut Account, call: &Call) -> Answer {
    let email = call.query.get("email").ok_or_else(|| Refusal::required("email"))?.to_owned();
    let works = |address: &MailAddress| {
        address.token == call.param(0) && address.address.eq_ignore_ascii_case(&email) && call.now < days_after(address.mailed, LINK_DAYS)
    };
    let with_token = account.lists.orders.select().any_of("email_token", &[Key::text(call.param(0))]);
    let id = with_token.numbered(false).next();
    let order = id.and_then(|id| account.orders.get_mut(id));
    let address = order.and_then(|order| order.addresses.iter_mut().find(|address| works(address)));
    address.ok_or_else(|| Refusal::not_found("token"))?.validated = true;
    Ok(Reply::no_content())
}
