//! Domain control as orders ask for it: one method and one value for all names of an order.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Order, OrderStatus};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::certificate::Certificate;
use crate::sandbox::certcentral::domain::Domain;
use crate::sandbox::certcentral::rules::dcv::{self, DcvMethod};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

impl Order {
    /// The values that show control over a domain for this order: its own and the domain's.
    pub(crate) fn values_for<'a>(&'a self, domain: &'a Domain, now: DateTime<Utc>) -> impl Iterator<Item = &'a str> {
        self.random_value.iter().chain(&domain.token).filter_map(move |token| token.live_value(now))
    }
}

impl Account {
    /// An order that waits for proofs of control, and its certificate that does.
    fn awaiting_control(&self, call: &Call) -> Result<(&Order, &Certificate), Refusal> {
        let order = self.order(call)?;
        let waits = matches!(order.status, OrderStatus::Pending | OrderStatus::ReissuePending);
        // The code for an order that does not wait is inferred.
        let certificate = self.certificates.get(order.working_id()).filter(|_| waits);
        certificate.map(|certificate| (order, certificate)).ok_or_else(|| Refusal::invalid_status("The order is not pending."))
    }

    /// Looks for an order's values on the domain of a name; `None` where it has been shown, or is now.
    fn look_for(&mut self, order_id: u64, name: &str, now: DateTime<Utc>) -> Option<Refusal> {
        if self.is_proven(name, now) {
            return None;
        }
        let not_found = || Refusal::not_found("domain");
        let Some(order) = self.orders.get(order_id) else {
            return Some(not_found());
        };
        let method = order.dcv_method;
        let domain = self.domain_for(name, self.domain_asked(order, name)).and_then(|id| self.domains.get(id));
        let Some(domain) = domain else {
            return Some(not_found());
        };
        let id = domain.id;
        if let Err(refusal) = method.check(&domain.name, order.values_for(domain, now), &self.network) {
            return Some(refusal);
        }
        self.domains.get_mut(id)?.approve(method, now, self.settings.dcv_reuse_days);
        None
    }
}

/// `PUT /order/certificate/{order_id}/dcv-method`; the response for e-mail has no body.
///
/// The domains the order waits for follow, so that their own check looks for the same.
pub(crate) fn change_method(account: &mut Account, call: &Call) -> Answer {
    let (order, certificate) = account.awaiting_control(call)?;
    let word = call.body.text("dcv_method").ok_or_else(|| Refusal::required("dcv_method"))?;
    let method = DcvMethod::read(Some(word))?;
    let order_id = order.id;
    let awaited: Vec<u64> = account.domains_awaited(order, certificate, call.now).iter().map(|domain| domain.id).collect();
    if let Some(order) = account.orders.get_mut(order_id) {
        order.dcv_method = method;
    }
    let value = if method.uses_token() { account.random_value(order_id, call.now).cloned() } else { None };
    for id in awaited {
        let Some(domain) = account.domains.get_mut(id) else {
            continue;
        };
        domain.method = method;
        domain.token = value.clone().map(|value| domain.token.take().filter(|token| token.is_live(call.now)).unwrap_or(value));
        if method == DcvMethod::Email {
            dcv::send_mails(&account.network, &domain.name, &domain.name, &[], call.now);
        }
    }
    if method == DcvMethod::Email {
        if let Some(order) = account.orders.get_mut(order_id) {
            order.random_value = None;
        }
        return Ok(Reply::ok_empty());
    }
    random_value_of(account, order_id, call)
}

/// `PUT /order/certificate/{order_id}/dcv-random-value`; the value there is, while it lives.
pub(crate) fn random_value(account: &mut Account, call: &Call) -> Answer {
    let (order, _) = account.awaiting_control(call)?;
    let id = order.id;
    if !order.dcv_method.uses_token() {
        return Err(Refusal::invalid("invalid_dcv_method", "The DCV method of the order does not use a random value."));
    }
    random_value_of(account, id, call)
}

fn random_value_of(account: &mut Account, order_id: u64, call: &Call) -> Answer {
    let value = account.random_value(order_id, call.now).ok_or_else(|| Refusal::not_found("order"))?;
    Ok(Reply::ok(value.random_value_view()))
}

/// `PUT /order/certificate/{order_id}/check-dcv`
///
/// Missing records are told name by name, a missing file is an error, e-mail cannot be checked.
pub(crate) fn check(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    let (order_id, method) = (order.id, order.dcv_method);
    if method == DcvMethod::Email {
        return Err(Refusal::invalid("invalid_dns_method", "An error occurred while processing your request."));
    }
    let names = account.names_of(order);
    let mut wanted = call.body.texts("dns_names_validations");
    wanted.extend(call.body.texts("dns_name_validations"));
    if wanted.iter().any(|name| !names.contains(name)) {
        return Err(Refusal::invalid_value("dns_names_validations"));
    }
    let mut results = Vec::new();
    for name in if wanted.is_empty() { names } else { wanted } {
        let refusal = account.look_for(order_id, &name, call.now);
        if let Some(refusal) = refusal.clone().filter(|_| !method.covers_subdomains()) {
            return Err(refusal);
        }
        results.push((name, refusal.is_none()));
    }
    account.catch_up(call.now);
    let order = account.order(call)?;
    let word = |valid: bool| if valid { "valid" } else { "pending" };
    let validations: Vec<Value> = results.iter().map(|(name, valid)| json!({"dns_name": name, "status": word(*valid)})).collect();
    Ok(Reply::ok(json!({
        "order_status": order.status.word(),
        "certificate_id": order.working_id(),
        "dcv_status": word(results.iter().all(|(_, valid)| *valid)),
        "dns_name_validations": validations,
    })))
}

/// `PUT /order/certificate/{order_id}/resend-emails`; without a list, all domains get all their mails again.
pub(crate) fn resend_emails(account: &mut Account, call: &Call) -> Answer {
    let (order, certificate) = account.awaiting_control(call)?;
    let awaited = account.domains_awaited(order, certificate, call.now);
    let items = call.body.items("domain_approval_emails");
    if items.is_empty() {
        for domain in awaited.iter().filter(|domain| domain.method == DcvMethod::Email) {
            dcv::send_mails(&account.network, &domain.name, &domain.name, &[], call.now);
        }
        return Ok(Reply::no_content());
    }
    for item in items {
        let name = item.text("domain").ok_or_else(|| Refusal::required("domain_approval_emails.domain"))?;
        let email = item.text("email").ok_or_else(|| Refusal::required("domain_approval_emails.email"))?;
        let domain = awaited.iter().find(|domain| domain.name == name || domain.answers_for(name));
        let domain = domain.ok_or_else(|| Refusal::invalid_value("domain_approval_emails.domain"))?;
        let scope = item.text("email_domain").unwrap_or(&domain.name);
        dcv::send_mails(&account.network, &domain.name, scope, &[email.to_owned()], call.now);
    }
    Ok(Reply::no_content())
}
