//! Version 1: REST below the root of the host.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use http::{Method as Verb, Request};
use serde_json::{Map, Value, json};

use super::Reply;
use super::authority::{distribution_point, subject, substitutes};
use super::jpki::{Authority, Hash, Kind, Method};
use super::refusal::Refused;
use super::tenant::{Certificate, Made, Outcome, Purpose, Status, Submitted, Tenant, User, Verification, is_uuid};
use crate::sandbox::http::{Query, segments};

type Answer = Result<Reply, Refused>;

/// What is assumed where nothing is documented.
pub(super) const PAGE: usize = 20;
pub(super) const LARGEST_PAGE: usize = 100;

const RESOURCES: [&str; 3] = ["verifications", "certificates", "users"];

pub(super) fn knows(path: &str) -> bool {
    path.split('/').nth(1).is_some_and(|first| RESOURCES.contains(&first))
}

pub(super) fn answer(tenant: &mut Tenant, jpki: &mut Authority, request: &Request<Bytes>, now: DateTime<Utc>) -> Answer {
    let segments = segments(request.uri(), "").ok_or(Refused::NoSuchRoute)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let query = Query::of(request.uri());
    match (request.method(), &segments[..]) {
        (&Verb::POST, ["verifications"]) => verify(tenant, jpki, &body(request)?, now),
        (&Verb::GET, ["verifications"]) => {
            let items = tenant.verifications.iter().map(|each| verification_record(tenant, each));
            page(items.collect(), &query)
        }
        (&Verb::GET, ["verifications", id]) => {
            let found = tenant.verification(known_id(id)?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(verification_record(tenant, found)))
        }
        (&Verb::DELETE, ["verifications", id]) => tenant.delete_verification(known_id(id)?).map(|()| Reply::no_content()),
        (&Verb::POST, ["certificates", "status"]) => {
            let body = body(request)?;
            let der = bytes(&body, "certificate")?;
            let made = tenant.check_content(jpki, &der, method(&body)?, flag(&body, "identify_user")?, now)?;
            let mut answer = made_json(tenant, &made, true);
            answer.insert("certificate_content".to_owned(), content(jpki, made.issued));
            Ok(Reply::ok(answer))
        }
        (&Verb::GET, ["certificates"]) => {
            let items = tenant.certificates.iter().map(|each| certificate_record(tenant, each));
            page(items.collect(), &query)
        }
        (&Verb::GET, ["certificates", id]) => {
            let found = tenant.certificate(known_id(id)?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(certificate_record(tenant, found)))
        }
        (&Verb::DELETE, ["certificates", id]) => tenant.delete_certificate(known_id(id)?).map(|()| Reply::no_content()),
        (&Verb::POST, ["certificates", id, "status"]) => {
            let (id, body) = (known_id(id)?, body(request)?);
            let made = tenant.check(jpki, id, method(&body)?, flag(&body, "identify_user")?, now)?;
            Ok(Reply::ok(made_json(tenant, &made, true)))
        }
        (&Verb::GET, ["certificates", id, "status"]) => {
            tenant.certificate(known_id(id)?).ok_or(Refused::NotFound)?;
            let of_certificate = tenant.statuses.iter().filter(|status| status.certificate == *id);
            page(of_certificate.map(|each| json!({"certificate_status": status(each)})).collect(), &query)
        }
        (&Verb::GET, ["users"]) => page(tenant.users.iter().map(|each| json!({"user": user(each)})).collect(), &query),
        (&Verb::GET, ["users", id]) => {
            let found = tenant.user(known_id(id)?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(json!({"user": user(found)})))
        }
        (&Verb::DELETE, ["users", id]) => tenant.delete_user(known_id(id)?).map(|()| Reply::no_content()),
        (&Verb::POST, ["users", id, "status"]) => {
            let (id, body) = (known_id(id)?, body(request)?);
            let kind = match body.get("certificate_type") {
                None | Some(Value::Null) => None,
                Some(given) => Some(
                    kind_of(given).ok_or_else(|| Refused::Invalid { field: "certificate_type".to_owned(), rule: "enum.defined_only" })?,
                ),
            };
            let made = tenant.check_user(jpki, id, kind, method(&body)?, now)?;
            Ok(Reply::ok(made_json(tenant, &made, false)))
        }
        _ => Err(Refused::NoSuchRoute),
    }
}

fn verify(tenant: &mut Tenant, jpki: &Authority, body: &Map<String, Value>, now: DateTime<Utc>) -> Answer {
    let hash = match body.get("hash_algorithm").and_then(Value::as_str) {
        Some("sha256") => Hash::Sha256,
        Some("sha384") => Hash::Sha384,
        Some("sha512") => Hash::Sha512,
        _ => return Err(Refused::Invalid { field: "hash_algorithm".to_owned(), rule: "enum.defined_only" }),
    };
    let (der, digest, signature) = (bytes(body, "certificate")?, bytes(body, "digest")?, bytes(body, "signature")?);
    let (method, identify) = (method(body)?, flag(body, "identify_user")?);
    let made = tenant.verify(jpki, Submitted { der, hash, digest, signature }, method, identify, now)?;
    let mut answer = made_json(tenant, &made, true);
    answer.insert("certificate_content".to_owned(), content(jpki, made.issued));
    Ok(Reply::ok(answer))
}

fn body(request: &Request<Bytes>) -> Result<Map<String, Value>, Refused> {
    serde_json::from_slice(request.body()).map_err(|_| Refused::Invalid { field: "".to_owned(), rule: "json" })
}

fn known_id(id: &str) -> Result<&str, Refused> {
    if is_uuid(id) { Ok(id) } else { Err(Refused::Invalid { field: "id".to_owned(), rule: "string.uuid" }) }
}

fn bytes(body: &Map<String, Value>, field: &'static str) -> Result<Vec<u8>, Refused> {
    let text = body.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let bytes = text.and_then(|text| STANDARD.decode(text).ok());
    bytes.ok_or_else(|| Refused::Invalid { field: field.to_owned(), rule: "required" })
}

fn method(body: &Map<String, Value>) -> Result<Method, Refused> {
    match body.get("status_check_method").and_then(Value::as_str) {
        Some("crl") => Ok(Method::Crl),
        Some("ocsp") => Ok(Method::Ocsp),
        _ => Err(Refused::Invalid { field: "status_check_method".to_owned(), rule: "enum.defined_only" }),
    }
}

fn flag(body: &Map<String, Value>, field: &'static str) -> Result<bool, Refused> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Refused::Invalid { field: field.to_owned(), rule: "bool" }),
    }
}

fn kind_of(given: &Value) -> Option<Kind> {
    match given.as_str()? {
        "jpki_card_digital_signature" => Some(Kind::Signing),
        "jpki_card_user_authentication" => Some(Kind::Authentication),
        _ => None,
    }
}

/// The newest first, from `offset` on.
fn page(mut items: Vec<Value>, query: &Query) -> Answer {
    let number = |field: &'static str, default: usize| match query.get(field) {
        None => Ok(default),
        Some(digits) => digits.parse::<usize>().map_err(|_| Refused::Invalid { field: field.to_owned(), rule: "int64" }),
    };
    // As in v2, nought is none given.
    let limit = number("limit", PAGE).map(|limit| if limit == 0 { PAGE } else { limit.min(LARGEST_PAGE) })?;
    let offset = number("offset", 0)?;
    items.reverse();
    let total = items.len();
    let results: Vec<Value> = items.into_iter().skip(offset).take(limit).collect();
    Ok(Reply::ok(json!({"total": total, "limit": limit, "offset": offset, "results": results})))
}

fn made_json(tenant: &Tenant, made: &Made, tells_new_user: bool) -> Map<String, Value> {
    let mut answer = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            answer.insert(name.to_owned(), value);
        }
    };
    let stored = made.verification.as_ref().and_then(|id| tenant.verification(id));
    add("verification", stored.map(verification));
    add("certificate", tenant.certificate(&made.certificate).map(|each| certificate(tenant, each)));
    add("certificate_status", made.status.as_ref().and_then(|id| tenant.status(id)).map(status));
    add("user", made.user.as_ref().and_then(|id| tenant.user(id)).map(user));
    add("is_new_user", made.is_new_user.filter(|_| tells_new_user).map(Value::from));
    answer
}

fn verification_record(tenant: &Tenant, found: &Verification) -> Value {
    let linked = found.certificate.as_ref().and_then(|id| tenant.certificate(id));
    let made = Made {
        verification: Some(found.id.clone()),
        certificate: found.certificate.clone().unwrap_or_default(),
        status: found.status.clone(),
        user: linked.and_then(|certificate| certificate.user.clone()),
        ..Made::default()
    };
    made_json(tenant, &made, false).into()
}

fn certificate_record(tenant: &Tenant, found: &Certificate) -> Value {
    let made = Made { certificate: found.id.clone(), user: found.user.clone(), ..Made::default() };
    made_json(tenant, &made, false).into()
}

fn verification(found: &Verification) -> Value {
    json!({
        "id": found.id,
        "result": outcome_word(found.outcome),
        "hash_algorithm": hash_word(found.hash),
        "digest": STANDARD.encode(&found.digest),
        "signature": STANDARD.encode(&found.signature),
        "created_at": timestamp(found.created_at),
    })
}

pub(super) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "RESULT_OK",
        Outcome::Mismatch => "RESULT_SIGNATURE_MISMATCH",
        Outcome::Revoked => "RESULT_CERTIFICATE_REVOKED",
        Outcome::Expired => "RESULT_CERTIFICATE_EXPIRED",
    }
}

pub(super) fn hash_word(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha256 => "sha256",
        Hash::Sha384 => "sha384",
        Hash::Sha512 => "sha512",
    }
}

pub(super) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Signing => "jpki_card_digital_signature",
        Kind::Authentication => "jpki_card_user_authentication",
    }
}

pub(super) fn method_word(method: Method) -> &'static str {
    match method {
        Method::Crl => "crl",
        Method::Ocsp => "ocsp",
    }
}

pub(super) fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Verification => "signature_verification",
        Purpose::Liveness => "liveness_check",
    }
}

fn certificate(tenant: &Tenant, found: &Certificate) -> Value {
    json!({
        "id": found.id,
        "type": kind_word(found.kind),
        "latest": tenant.is_latest(found),
        "created_at": timestamp(found.created_at),
    })
}

fn status(found: &Status) -> Value {
    let mut answer = json!({
        "id": found.id,
        "status": if found.revoked.is_some() { "revoked" } else { "good" },
        "check_method": method_word(found.method),
        "check_purpose": purpose_word(found.purpose),
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

fn content(jpki: &Authority, issued: usize) -> Value {
    let issued = &jpki.issued[issued];
    let mut answer = json!({
        "subject": subject(issued.kind),
        "validity": {"not_before": timestamp(issued.not_before), "not_after": timestamp(issued.not_after)},
        "crl_distribution_point": distribution_point(issued.kind),
    });
    if issued.kind == Kind::Signing {
        let details = &issued.details;
        answer["subject_alternative_name"] = json!({
            "common_name": details.name,
            "substitute_character_of_common_name": substitutes(&details.name),
            "gender": details.gender,
            "date_of_birth": details.date_of_birth,
            "address": details.address,
            "substitute_character_of_address": substitutes(&details.address),
        });
    }
    answer
}

/// A time as the service writes it: with microseconds unless it falls on a second.
pub(super) fn timestamp(at: DateTime<Utc>) -> String {
    let whole = at.timestamp_subsec_micros() == 0;
    at.to_rfc3339_opts(if whole { SecondsFormat::Secs } else { SecondsFormat::Micros }, true)
}
