//! Records in the words and names of v1; v2 spells them differently.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::authority::{distribution_point, subject, substitutes};
use super::jpki::Issued;
use super::person::PersonDetails;
use super::tenant::{Certificate, Made, Status, Tenant, User, Verification};

/// What a call has made, as far as it is still there.
pub(super) fn made(tenant: &Tenant, made: &Made) -> Value {
    let members = [
        ("verification", made.verification.as_ref().and_then(|id| tenant.verification(id)).map(verification)),
        ("certificate", tenant.certificate(&made.certificate).map(|found| certificate(tenant, found))),
        ("certificate_status", made.status.as_ref().and_then(|id| tenant.status(id)).map(status)),
        ("user", made.user.as_ref().and_then(|id| tenant.user(id)).map(user)),
        ("is_new_user", made.is_new_user.map(Value::from)),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

pub(super) fn of_verification(tenant: &Tenant, found: &Verification) -> Value {
    let linked = found.certificate.as_ref().and_then(|id| tenant.certificate(id));
    let once_made = Made {
        verification: Some(found.id.clone()),
        certificate: found.certificate.clone().unwrap_or_default(),
        status: found.status.clone(),
        user: linked.and_then(|certificate| certificate.user.clone()),
        ..Made::default()
    };
    made(tenant, &once_made)
}

pub(super) fn of_certificate(tenant: &Tenant, found: &Certificate) -> Value {
    made(tenant, &Made { certificate: found.id.clone(), user: found.user.clone(), ..Made::default() })
}

pub(super) fn of_status(found: &Status) -> Value {
    json!({"certificate_status": status(found)})
}

pub(super) fn of_user(found: &User) -> Value {
    json!({"user": user(found)})
}

fn verification(found: &Verification) -> Value {
    json!({
        "id": found.id,
        "result": found.outcome.as_str(),
        "hash_algorithm": found.hash.as_str(),
        "digest": STANDARD.encode(&found.digest),
        "signature": STANDARD.encode(&found.signature),
        "created_at": timestamp(found.created_at),
    })
}

fn certificate(tenant: &Tenant, found: &Certificate) -> Value {
    json!({
        "id": found.id,
        "type": found.kind.as_str(),
        "latest": tenant.is_latest(found),
        "created_at": timestamp(found.created_at),
    })
}

fn status(found: &Status) -> Value {
    let mut answer = json!({
        "id": found.id,
        "status": if found.revoked.is_some() { "revoked" } else { "good" },
        "check_method": found.method.as_str(),
        "check_purpose": found.purpose.as_str(),
        "created_at": timestamp(found.created_at),
    });
    if let Some(at) = found.source_updated_at {
        answer["source_updated_at"] = timestamp(at).into();
    }
    if let Some((at, cause)) = found.revoked {
        answer["revoked_at"] = timestamp(at).into();
        answer["revocation_reason"] = cause.as_str().into();
    }
    answer
}

fn user(found: &User) -> Value {
    json!({"id": found.id, "created_at": timestamp(found.created_at)})
}

/// What a certificate of either kind states.
pub(super) fn content(issued: &Issued) -> Value {
    json!({
        "subject": subject(issued.kind),
        "validity": {"not_before": timestamp(issued.not_before), "not_after": timestamp(issued.not_after)},
        "crl_distribution_point": distribution_point(issued.kind),
    })
}

/// What a certificate for signing states about its holder.
pub(super) fn person(details: &PersonDetails) -> Value {
    json!({
        "common_name": details.name,
        "substitute_character_of_common_name": substitutes(&details.name),
        "gender": details.gender,
        "date_of_birth": details.date_of_birth,
        "address": details.address,
        "substitute_character_of_address": substitutes(&details.address),
    })
}

/// A time as the service writes it: with microseconds unless it falls on a second.
fn timestamp(at: DateTime<Utc>) -> String {
    let whole = at.timestamp_subsec_micros() == 0;
    at.to_rfc3339_opts(if whole { SecondsFormat::Secs } else { SecondsFormat::Micros }, true)
}
