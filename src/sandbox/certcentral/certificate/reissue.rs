//! Reissues: another certificate within the same plan, in the primary's place.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Certificate, CertificateForm, Origin};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::platforms;
use crate::sandbox::certcentral::account::users::User;
use crate::sandbox::certcentral::order::form::read_provisioning;
use crate::sandbox::certcentral::order::view::{extend, issued_view};
use crate::sandbox::certcentral::order::{Order, OrderEvent};
use crate::sandbox::certcentral::request::Action;
use crate::sandbox::certcentral::request::submission::Ask;
use crate::sandbox::certcentral::rules::dcv::DcvMethod;
use crate::sandbox::certcentral::rules::validity;
use crate::sandbox::clock::timestamp;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

impl Account {
    /// Asks for a reissue: its certificate, and its request where there is one.
    pub(crate) fn begin_reissue(
        &mut self,
        order_id: u64,
        form: CertificateForm,
        user: &User,
        skip_approval: bool,
        comments: Option<String>,
        now: DateTime<Utc>,
    ) -> (u64, Option<u64>) {
        let certificate_id = self.enter(order_id, Origin::Reissue, user, form, now);
        let begun = self.happen(order_id, OrderEvent::Reissue, now);
        if let (Some(()), Some(order)) = (begun, self.orders.get_mut(order_id)) {
            order.reissue_id = Some(certificate_id);
        }
        let action = Action::Reissue(certificate_id);
        let request_id = self.ask(Ask { order_id, action, user, skip_approval, comments }, now);
        (certificate_id, request_id)
    }

    /// What orders may get more certificates: issued ones, of an organization that is active.
    pub(crate) fn must_be_issued(&self, order: &Order) -> Result<(), Refusal> {
        let inactive = order.organization_id.and_then(|id| self.organizations.get(id)).is_some_and(|organization| !organization.active);
        if inactive {
            return Err(Refusal::invalid_value("organization.id"));
        }
        match order.status.after(OrderEvent::Reissue) {
            Some(_) => Ok(()),
            None => Err(Refusal::invalid_status("The order is not issued.")),
        }
    }

    /// The certificates of an order that came by one way, in their order, without archived ones unless asked for.
    pub(crate) fn certificates_of(&self, order: &Order, origin: Origin, archived: bool) -> impl Iterator<Item = &Certificate> {
        self.all_certificates_of(order).filter(move |certificate| certificate.origin == origin && (archived || !certificate.archived))
    }

    /// The certificates of an order, in their order.
    pub(crate) fn all_certificates_of(&self, order: &Order) -> impl Iterator<Item = &Certificate> {
        order.certificate_ids.iter().filter_map(|id| self.certificates.get(*id))
    }
}

/// `POST /order/certificate/{order_id}/reissue`
pub(crate) fn reissue(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    account.must_be_issued(order)?;
    let order_id = order.id;
    let platform = account.certificates.get(order.certificate_id).map_or(platforms::OTHER, |certificate| certificate.server_platform);
    let form = CertificateForm::read_again(&call.body, order.product, platform)?;
    let method = call.body.text("dcv_method").map(|word| DcvMethod::read(Some(word))).transpose()?;
    let provisioning = read_provisioning(&call.body, order.product)?;
    if let Some(plan_end) = order.last_day() {
        validity::reissue_end(call.now.date_naive(), form.validity, plan_end, account.limits(order.product))?;
    }
    if order.product.needs_domain_control() {
        account.check_caa(form.names())?;
    }
    let skip_approval = account.skip_approval(call)?;
    let user = account.caller(call);
    if let Some(order) = account.orders.get_mut(order_id) {
        order.dcv_method = method.unwrap_or(order.dcv_method);
        order.provisioning = provisioning.or(order.provisioning);
    }
    let comments = call.body.text("comments").map(str::to_owned);
    let (certificate_id, request_id) = account.begin_reissue(order_id, form, &user, skip_approval, comments, call.now);
    account.catch_up(call.now);
    Ok(account.submitted(certificate_id, request_id, call.now))
}

/// `GET /order/certificate/{order_id}/reissue`; no `page`, and no list at all where there is none (inferred).
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    let certificates: Vec<Value> = account
        .certificates_of(order, Origin::Reissue, call.query.flag("show_archived"))
        .map(|certificate| view(account, order, certificate, call.now))
        .collect();
    Ok(Reply::ok(if certificates.is_empty() { json!({}) } else { json!({"certificates": certificates}) }))
}

/// Names of people are written together here, counts and receipts are texts.
fn view(account: &Account, order: &Order, certificate: &Certificate, now: DateTime<Utc>) -> Value {
    let mut view = certificate_in_list(account, certificate, now);
    let (plain, wildcards) = certificate.name_counts();
    view["status"] = certificate.status.word().into();
    if let Some(user) = account.user(certificate.user_id) {
        view["email"] = user.email.clone().into();
    }
    if certificate.issued.is_some() {
        view["receipt_id"] = order.receipt_id.to_string().into();
        view["purchased_dns_names"] = plain.to_string().into();
        view["purchased_wildcard_names"] = wildcards.to_string().into();
    }
    view
}

/// What lists of reissues and of duplicates share.
pub(crate) fn certificate_in_list(account: &Account, certificate: &Certificate, now: DateTime<Utc>) -> Value {
    let mut view = json!({
        "id": certificate.id,
        "common_name": certificate.common_name,
        "dns_names": certificate.names(),
        "date_created": timestamp(certificate.created),
        "csr": certificate.csr,
        "key_size": certificate.key_size,
        "user_id": certificate.user_id,
    });
    if let Some(user) = account.user(certificate.user_id) {
        view["firstname"] = user.first_name.clone().into();
        view["lastname"] = user.last_name.clone().into();
    }
    if let Some(view) = view.as_object_mut() {
        extend(view, &issued_view(certificate, now));
    }
    view
}
