//! Reading the bodies of domains.

use crate::sandbox::certcentral::rules::validations::ValidationKind;
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::Refusal;

const VALIDATION: Members = &[("type", Type::Text)];

/// `POST /domain`; `dcv` is how older clients name the method.
pub(crate) const ADD: Members = &[
    ("name", Type::Text),
    ("organization", Type::Object(&[("id", Type::Id)])),
    ("validations", Type::Objects(VALIDATION)),
    ("dcv_method", Type::Text),
    ("dcv", Type::Object(&[("method", Type::Text)])),
    ("locale", Type::Text),
    ("email_array", Type::Texts),
    ("keep_www", Type::Flag),
];

/// `POST /domain/{domain_id}/validation`
pub(crate) const SUBMIT: Members = &[("validations", Type::Objects(VALIDATION)), ("dcv_method", Type::Text), ("email_array", Type::Texts)];

/// `PUT /domain/{domain_id}/dcv/method`
pub(crate) const CHANGE_METHOD: Members = &[("dcv_method", Type::Text), ("send_dcv_email_flag", Type::Flag)];

/// `PUT /domain/{domain_id}/dcv/emails`
pub(crate) const RESEND_EMAILS: Members = &[("name_scope", Type::Text), ("locale", Type::Text), ("email_array", Type::Texts)];

/// `PUT /domain/{domain_id}/caa`
pub(crate) const CHECK_CAA: Members = &[("account_token", Type::Text)];

/// The kinds that a domain shall be validated for.
pub(crate) fn read_kinds(body: &Body) -> Result<Vec<ValidationKind>, Refusal> {
    match &body.items("validations")[..] {
        [] => Err(Refusal::required("validations")),
        items => ValidationKind::read_list(items).ok_or_else(|| Refusal::invalid_value("validations.type")),
    }
}
