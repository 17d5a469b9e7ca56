//! Version 1: REST below the root of the host.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method as Verb, Request};
use serde_json::{Map, Value, json};

use super::jpki::{Authority, Kind};
use super::refusal::Refused;
use super::tenant::{Made, Submitted, Tenant, is_uuid};
use super::{Reply, records};
use crate::sandbox::http::{Query, segments};

type Answer = Result<Reply, Refused>;

/// What is assumed where nothing is documented.
pub(super) const PAGE: usize = 20;
pub(super) const LARGEST_PAGE: usize = 100;

const METHOD: &str = "status_check_method";
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
            let items = tenant.verifications.iter().map(|each| records::of_verification(tenant, each));
            page(items.collect(), &query)
        }
        (&Verb::GET, ["verifications", id]) => {
            let found = tenant.verification(known_id(id)?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(records::of_verification(tenant, found)))
        }
        (&Verb::DELETE, ["verifications", id]) => tenant.delete_verification(known_id(id)?).map(|()| Reply::no_content()),
        (&Verb::POST, ["certificates", "status"]) => {
            let body = body(request)?;
            let der = bytes(&body, "certificate")?;
            let made = tenant.check_content(jpki, &der, word(&body, METHOD)?, flag(&body, "identify_user")?, now)?;
            with_content(tenant, jpki, &made)
        }
        (&Verb::GET, ["certificates"]) => {
            let items = tenant.certificates.iter().map(|each| records::of_certificate(tenant, each));
            page(items.collect(), &query)
        }
        (&Verb::GET, ["certificates", id]) => {
            let found = tenant.certificate(known_id(id)?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(records::of_certificate(tenant, found)))
        }
        (&Verb::DELETE, ["certificates", id]) => tenant.delete_certificate(known_id(id)?).map(|()| Reply::no_content()),
        (&Verb::POST, ["certificates", id, "status"]) => {
            let (id, body) = (known_id(id)?, body(request)?);
            let made = tenant.check(jpki, id, word(&body, METHOD)?, flag(&body, "identify_user")?, now)?;
            Ok(Reply::ok(records::made(tenant, &made)))
        }
        (&Verb::GET, ["certificates", id, "status"]) => {
            tenant.certificate(known_id(id)?).ok_or(Refused::NotFound)?;
            let of_certificate = tenant.statuses.iter().filter(|status| status.certificate == *id);
            page(of_certificate.map(records::of_status).collect(), &query)
        }
        (&Verb::GET, ["users"]) => page(tenant.users.iter().map(records::of_user).collect(), &query),
        (&Verb::GET, ["users", id]) => {
            let found = tenant.user(known_id(id)?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(records::of_user(found)))
        }
        (&Verb::DELETE, ["users", id]) => tenant.delete_user(known_id(id)?).map(|()| Reply::no_content()),
        (&Verb::POST, ["users", id, "status"]) => {
            let (id, body) = (known_id(id)?, body(request)?);
            let kind = match body.get("certificate_type") {
                None | Some(Value::Null) => None,
                Some(_) => Some(word(&body, "certificate_type")?),
            };
            let made = tenant.check_user(jpki, id, kind, word(&body, METHOD)?, now)?;
            Ok(Reply::ok(records::made(tenant, &made)))
        }
        _ => Err(Refused::NoSuchRoute),
    }
}

fn verify(tenant: &mut Tenant, jpki: &Authority, body: &Map<String, Value>, now: DateTime<Utc>) -> Answer {
    let hash = word(body, "hash_algorithm")?;
    let (der, digest, signature) = (bytes(body, "certificate")?, bytes(body, "digest")?, bytes(body, "signature")?);
    let (method, identify) = (word(body, METHOD)?, flag(body, "identify_user")?);
    let made = tenant.verify(jpki, Submitted { der, hash, digest, signature }, method, identify, now)?;
    with_content(tenant, jpki, &made)
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

fn word<T: FromStr>(body: &Map<String, Value>, field: &'static str) -> Result<T, Refused> {
    let word = body.get(field).and_then(Value::as_str).and_then(|word| word.parse().ok());
    word.ok_or_else(|| Refused::Invalid { field: field.to_owned(), rule: "enum.defined_only" })
}

fn flag(body: &Map<String, Value>, field: &'static str) -> Result<bool, Refused> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Refused::Invalid { field: field.to_owned(), rule: "bool" }),
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

fn with_content(tenant: &Tenant, jpki: &Authority, made: &Made) -> Answer {
    let (mut answer, issued) = (records::made(tenant, made), &jpki.issued[made.issued]);
    answer["certificate_content"] = records::content(issued);
    if issued.kind == Kind::Signing {
        answer["certificate_content"]["subject_alternative_name"] = records::person(&issued.details);
    }
    Ok(Reply::ok(answer))
}
