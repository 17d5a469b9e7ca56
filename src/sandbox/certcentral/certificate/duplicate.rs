//! Duplicates: more certificates for the same names, beside the primary.

use serde_json::{Value, json};

use super::reissue::certificate_in_list;
use super::{Certificate, CertificateForm, CertificateStatus, Origin};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::platforms;
use crate::sandbox::certcentral::request::Action;
use crate::sandbox::certcentral::request::submission::Ask;
use crate::sandbox::certcentral::rules::names::{is_at_or_below, is_wildcard};
use crate::sandbox::certcentral::rules::validity;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

/// Whether a duplicate's names are the original's: each one kept, and none new but those below a wildcard.
fn are_same_names(original: &[&str], wanted: &[&str]) -> bool {
    let below = |name: &str| original.iter().any(|held| is_wildcard(held) && !is_wildcard(name) && is_at_or_below(name, &held[2..]));
    original.iter().all(|name| wanted.contains(name)) && wanted.iter().all(|name| original.contains(name) || below(name))
}

/// `POST /order/certificate/{order_id}/duplicate`
pub(crate) fn duplicate(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    account.must_be_issued(order)?;
    let order_id = order.id;
    // The codes of both refusals are inferred.
    if !order.product.allows_duplicates() {
        return Err(Refusal::invalid("duplicates_not_allowed", "The product does not allow duplicates."));
    }
    let original = account.certificates.get(order.certificate_id).filter(|certificate| certificate.status == CertificateStatus::Issued);
    let original = original.ok_or_else(|| Refusal::invalid_status("The certificate is revoked."))?;
    let form = CertificateForm::read_again(&call.body, order.product, original.server_platform)?;
    if !are_same_names(&original.names(), &form.names().collect::<Vec<_>>()) {
        return Err(Refusal::invalid_value("certificate.dns_names"));
    }
    if let Some(plan_end) = order.last_day() {
        validity::certificate_end(call.now.date_naive(), form.validity, plan_end, account.limits(order.product))?;
    }
    account.check_caa(form.names())?;
    let skip_approval = account.skip_approval(call)?;
    let user = account.caller(call);
    let certificate_id = account.enter(order_id, Origin::Duplicate, &user, form, call.now);
    let comments = call.body.text("comments").map(str::to_owned);
    let action = Action::Duplicate(certificate_id);
    let request_id = account.ask(Ask { order_id, action, user: &user, skip_approval, comments }, call.now);
    account.catch_up(call.now);
    Ok(account.submitted(certificate_id, request_id, call.now))
}

/// `GET /order/certificate/{order_id}/duplicate`; no `page`, and no list at all where there is none (inferred).
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let order = account.order(call)?;
    let all: Vec<u64> = account.certificates_of(order, Origin::Duplicate, true).map(|certificate| certificate.id).collect();
    let certificates: Vec<Value> = account
        .certificates_of(order, Origin::Duplicate, call.query.flag("show_archived"))
        .map(|certificate| {
            let mut view = certificate_in_list(account, certificate, call.now);
            // Numbered within the order, from 001.
            let number = all.iter().position(|id| *id == certificate.id).unwrap_or_default() + 1;
            view["sub_id"] = format!("{number:03}").into();
            view["ca_cert_id"] = account.authority.intermediate(order.product.purpose()).serial_number.clone().into();
            for (name, value) in own_members(certificate) {
                view[name] = value;
            }
            view
        })
        .collect();
    Ok(Reply::ok(if certificates.is_empty() { json!({}) } else { json!({"certificates": certificates}) }))
}

/// An issued duplicate is called `approved`, and `archived` is a text.
fn own_members(certificate: &Certificate) -> [(&'static str, Value); 4] {
    let status = if certificate.status == CertificateStatus::Issued { "approved" } else { certificate.status.word() };
    [
        ("status", status.into()),
        ("server_platform", platforms::view(certificate.server_platform)),
        ("signature_hash", certificate.signature_hash.clone().into()),
        ("archived", if certificate.archived { "1" } else { "0" }.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_duplicates() {
        for (original, wanted, same) in [
            (&["a.example.com"][..], &["a.example.com"][..], true),
            (&["a.example.com", "b.example.com"], &["b.example.com", "a.example.com"], true),
            (&["a.example.com", "b.example.com"], &["a.example.com"], false),
            (&["a.example.com"], &["a.example.com", "b.example.com"], false),
            (&["*.example.com"], &["*.example.com", "www.example.com"], true),
            (&["*.example.com"], &["*.example.com", "www.example.org"], false),
            (&["*.example.com"], &["*.example.com", "*.www.example.com"], false),
        ] {
            assert_eq!(are_same_names(original, wanted), same, "{original:?} {wanted:?}");
        }
    }
}
