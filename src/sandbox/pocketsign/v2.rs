//! Version 2: one POST a method, by the Connect protocol. Zero values are left out of answers; requests may spell members in snake_case.

use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method as Verb, Request};
use serde_json::{Map, Value, json};

use super::Reply;
use super::jpki::{Authority, Hash, Kind, Method, substitutes};
use super::refusal::Refused;
use super::tenant::{Certificate, Made, Status, Submitted, Tenant, User, Verification, is_uuid};
use super::v1::{LARGEST_PAGE, PAGE, distribution_point, hash_word, kind_word, method_word, outcome_word, purpose_word, timestamp};
use crate::sandbox::http::Query;

type Answer = Result<Reply, Refused>;

const PREFIX: &str = "/pocketsign.verify.v2.";

/// protobuf's JSON reads base64 of either alphabet, with or without padding.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

pub(super) fn knows(path: &str) -> bool {
    path.starts_with(PREFIX)
}

pub(super) fn answer(tenant: &mut Tenant, jpki: &mut Authority, request: &Request<Bytes>, now: DateTime<Utc>) -> Answer {
    let method = request.uri().path().strip_prefix(PREFIX).ok_or(Refused::NoSuchRoute)?;
    let message = Message::of(request, method)?;
    match method {
        "CertificateService/GetCertificate" => {
            let found = tenant.certificate(message.id("certificateId", "certificate_id")?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(certificate_record(tenant, found)))
        }
        "CertificateService/ListCertificates" => list_certificates(tenant, &message),
        "CertificateService/DeleteCertificate" => {
            tenant.delete_certificate(message.id("certificateId", "certificate_id")?).map(|()| Reply::ok(json!({})))
        }
        "CertificateService/CheckCertificateStatus" => {
            let id = message.id("certificateId", "certificate_id")?;
            let made = tenant.check(jpki, id, message.method()?, message.flag("identifyUser", "identify_user")?, now)?;
            Ok(Reply::ok(made_json(tenant, &made)))
        }
        "CertificateService/GetCertificateStatus" => {
            let found = tenant.status(message.id("certificateStatusId", "certificate_status_id")?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(json!({"certificateStatus": status(found)})))
        }
        "CertificateService/ListCertificateStatuses" => list_statuses(tenant, &message),
        "UserService/GetUser" => {
            let found = tenant.user(message.id("userId", "user_id")?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(json!({"user": user(found)})))
        }
        "UserService/ListUsers" => {
            let filter = message.filter()?;
            let within = filter.period()?;
            let found = tenant.users.iter().filter(|user| within.has(user.created_at));
            message.page(found.map(|each| json!({"user": user(each)})).collect())
        }
        "UserService/DeleteUser" => tenant.delete_user(message.id("userId", "user_id")?).map(|()| Reply::ok(json!({}))),
        "UserService/CheckUserStatus" => {
            let id = message.id("userId", "user_id")?;
            let kind = match message.get("certificateType", "certificate_type") {
                Some(given) => match kind_of(given, "certificate_type")? {
                    Asked::Any => None,
                    Asked::OnCard(kind) => Some(kind),
                    Asked::OnMobile => return Err(Refused::NotFound),
                },
                None => None,
            };
            let made = tenant.check_user(jpki, id, kind, message.method()?, now)?;
            Ok(Reply::ok(made_json(tenant, &made)))
        }
        "VerificationService/Verify" => {
            let hash = message.hash()?;
            let der = message.bytes("certificate", "certificate")?;
            let (digest, signature) = (message.bytes("digest", "digest")?, message.bytes("signature", "signature")?);
            let identify = message.flag("identifyUser", "identify_user")?;
            let made = tenant.verify(jpki, Submitted { der, hash, digest, signature }, message.method()?, identify, now)?;
            let mut answer = made_json(tenant, &made);
            answer["certificateContent"] = content(jpki, made.issued);
            Ok(Reply::ok(answer))
        }
        "VerificationService/GetVerification" => {
            let found = tenant.verification(message.id("verificationId", "verification_id")?).ok_or(Refused::NotFound)?;
            Ok(Reply::ok(verification_record(tenant, found)))
        }
        "VerificationService/ListVerifications" => list_verifications(tenant, &message),
        "VerificationService/DeleteVerification" => {
            tenant.delete_verification(message.id("verificationId", "verification_id")?).map(|()| Reply::ok(json!({})))
        }
        _ => Err(Refused::NoSuchRoute),
    }
}

fn list_certificates(tenant: &Tenant, message: &Message) -> Answer {
    let filter = message.filter()?;
    let (kinds, users, within) = (filter.kinds()?, filter.words("userIds", "user_ids", "filter.user_ids")?, filter.period()?);
    let fits = |each: &&Certificate| {
        kinds.as_ref().is_none_or(|kinds| kinds.contains(&each.kind))
            && (users.is_empty() || each.user.as_deref().is_some_and(|user| users.contains(&user)))
            && within.has(each.created_at)
    };
    message.page(tenant.certificates.iter().filter(fits).map(|each| certificate_record(tenant, each)).collect())
}

fn list_statuses(tenant: &Tenant, message: &Message) -> Answer {
    let filter = message.filter()?;
    let (certificates, within) = (filter.words("certificateIds", "certificate_ids", "filter.certificate_ids")?, filter.period()?);
    let fits =
        |each: &&Status| (certificates.is_empty() || certificates.contains(&each.certificate.as_str())) && within.has(each.created_at);
    message.page(tenant.statuses.iter().filter(fits).map(|each| json!({"certificateStatus": status(each)})).collect())
}

fn list_verifications(tenant: &Tenant, message: &Message) -> Answer {
    let filter = message.filter()?;
    let (kinds, users, within) = (filter.kinds()?, filter.words("userIds", "user_ids", "filter.user_ids")?, filter.period()?);
    let certificates = filter.words("certificateIds", "certificate_ids", "filter.certificate_ids")?;
    let fits = |each: &&Verification| {
        let linked = each.certificate.as_ref().and_then(|id| tenant.certificate(id));
        (certificates.is_empty() || linked.is_some_and(|found| certificates.contains(&found.id.as_str())))
            && kinds.as_ref().is_none_or(|kinds| linked.is_some_and(|found| kinds.contains(&found.kind)))
            && (users.is_empty() || linked.and_then(|found| found.user.as_deref()).is_some_and(|user| users.contains(&user)))
            && within.has(each.created_at)
    };
    message.page(tenant.verifications.iter().filter(fits).map(|each| verification_record(tenant, each)).collect())
}

/// A request's message: the body, or the `message` of a query where the method has no side effects.
struct Message(Map<String, Value>);

/// A span of time: from the first moment on, up to but without the second.
struct Period(Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl Period {
    fn has(&self, at: DateTime<Utc>) -> bool {
        self.0.is_none_or(|since| at >= since) && self.1.is_none_or(|until| at < until)
    }
}

impl Message {
    fn of(request: &Request<Bytes>, method: &str) -> Result<Self, Refused> {
        let broken = Refused::Invalid { field: "", rule: "json" };
        let is_reading = method.contains("/Get") || method.contains("/List");
        let read = |bytes: &[u8]| serde_json::from_slice(bytes).map(Self).map_err(|_| broken);
        match *request.method() {
            Verb::POST => read(request.body()),
            Verb::GET if is_reading => read(Query::of(request.uri()).get("message").unwrap_or_default().as_bytes()),
            _ => Err(Refused::NoSuchRoute),
        }
    }

    fn get(&self, camel: &str, snake: &str) -> Option<&Value> {
        self.0.get(camel).or_else(|| self.0.get(snake)).filter(|value| !value.is_null())
    }

    fn id(&self, camel: &str, snake: &'static str) -> Result<&str, Refused> {
        let id = self.get(camel, snake).and_then(Value::as_str).unwrap_or_default();
        if is_uuid(id) { Ok(id) } else { Err(Refused::Invalid { field: snake, rule: "string.uuid" }) }
    }

    fn flag(&self, camel: &str, snake: &'static str) -> Result<bool, Refused> {
        match self.get(camel, snake) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refused::Invalid { field: snake, rule: "bool" }),
        }
    }

    fn bytes(&self, camel: &str, snake: &'static str) -> Result<Vec<u8>, Refused> {
        let text = self.get(camel, snake).and_then(Value::as_str).filter(|text| !text.is_empty());
        let text = text.map(|text| text.replace('-', "+").replace('_', "/"));
        text.and_then(|text| BASE64.decode(text).ok()).ok_or(Refused::Invalid { field: snake, rule: "required" })
    }

    /// By CRL unless said otherwise.
    fn method(&self) -> Result<Method, Refused> {
        match self.get("checkMethod", "check_method").map(Value::as_str) {
            None | Some(Some("CHECK_METHOD_UNSPECIFIED" | "CHECK_METHOD_CRL")) => Ok(Method::Crl),
            Some(Some("CHECK_METHOD_OCSP")) => Ok(Method::Ocsp),
            Some(_) => Err(Refused::Invalid { field: "check_method", rule: "enum.defined_only" }),
        }
    }

    fn hash(&self) -> Result<Hash, Refused> {
        match self.get("hashAlgorithm", "hash_algorithm").and_then(Value::as_str) {
            Some("HASH_ALGORITHM_SHA256") => Ok(Hash::Sha256),
            Some("HASH_ALGORITHM_SHA384") => Ok(Hash::Sha384),
            Some("HASH_ALGORITHM_SHA512") => Ok(Hash::Sha512),
            _ => Err(Refused::Invalid { field: "hash_algorithm", rule: "enum.defined_only" }),
        }
    }

    fn filter(&self) -> Result<Self, Refused> {
        match self.get("filter", "filter") {
            None => Ok(Self(Map::new())),
            Some(Value::Object(members)) => Ok(Self(members.clone())),
            Some(_) => Err(Refused::Invalid { field: "filter", rule: "message" }),
        }
    }

    /// A member that is repeated; none of it is as good as absent.
    fn list(&self, camel: &str, snake: &str, field: &'static str) -> Result<&[Value], Refused> {
        match self.get(camel, snake) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(Refused::Invalid { field, rule: "repeated" }),
        }
    }

    fn words(&self, camel: &str, snake: &str, field: &'static str) -> Result<Vec<&str>, Refused> {
        let word = |value: &'_ Value| value.is_string().then_some(()).ok_or(Refused::Invalid { field, rule: "string" });
        let values = self.list(camel, snake, field)?;
        values.iter().try_for_each(word)?;
        Ok(values.iter().filter_map(Value::as_str).collect())
    }

    /// The kinds that are asked for, of those that are on cards; `None` if any will do.
    fn kinds(&self) -> Result<Option<Vec<Kind>>, Refused> {
        const FIELD: &str = "filter.certificate_types";
        let given = self.list("certificateTypes", "certificate_types", FIELD)?;
        let kinds: Vec<Asked> = given.iter().map(|kind| kind_of(kind, FIELD)).collect::<Result<_, _>>()?;
        let is_any = kinds.iter().all(|kind| *kind == Asked::Any);
        let on_cards = kinds.iter().filter_map(|kind| if let Asked::OnCard(kind) = kind { Some(*kind) } else { None });
        Ok((!is_any).then(|| on_cards.collect()))
    }

    fn period(&self) -> Result<Period, Refused> {
        let time = |camel, snake: &'static str| {
            let read = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
            let field = if snake == "created_since" { "filter.created_since" } else { "filter.created_until" };
            self.get(camel, snake).map(|value| read(value).ok_or(Refused::Invalid { field, rule: "timestamp" })).transpose()
        };
        Ok(Period(time("createdSince", "created_since")?, time("createdUntil", "created_until")?))
    }

    /// The newest first, from where the token says.
    fn page(&self, mut items: Vec<Value>) -> Answer {
        let size = match self.get("pageSize", "page_size") {
            None => PAGE,
            // protobuf's JSON takes numbers as strings too.
            Some(size) => size
                .as_u64()
                .or_else(|| size.as_str()?.parse().ok())
                .and_then(|size| usize::try_from(size).ok())
                .ok_or(Refused::Invalid { field: "page_size", rule: "int32.gte" })?,
        };
        let size = if size == 0 { PAGE } else { size.min(LARGEST_PAGE) };
        let wrong = Refused::Invalid { field: "page_token", rule: "page_token" };
        let offset = match self.get("pageToken", "page_token").map(Value::as_str) {
            None | Some(Some("")) => 0,
            Some(token) => {
                let token = token.ok_or(wrong)?;
                let decoded = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                decoded.and_then(|text| text.strip_prefix("offset=")?.parse::<usize>().ok()).ok_or(wrong)?
            }
        };
        items.reverse();
        let total = items.len();
        let next = offset.saturating_add(size);
        let responses: Vec<Value> = items.into_iter().skip(offset).take(size).collect();
        let mut answer = Map::new();
        if next < total {
            let token = STANDARD.encode(format!("offset={next}"));
            answer.insert("nextPageToken".to_owned(), token.trim_end_matches('=').into());
        }
        if total > 0 {
            answer.insert("totalSize".to_owned(), total.into());
        }
        if !responses.is_empty() {
            answer.insert("responses".to_owned(), responses.into());
        }
        Ok(Reply::ok(answer.into()))
    }
}

/// A kind of certificate that a request names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Any,
    OnCard(Kind),
    /// Of a telephone; nobody here has one.
    OnMobile,
}

fn kind_of(given: &Value, field: &'static str) -> Result<Asked, Refused> {
    match given.as_str() {
        Some("TYPE_UNSPECIFIED") => Ok(Asked::Any),
        Some("TYPE_JPKI_CARD_DIGITAL_SIGNATURE") => Ok(Asked::OnCard(Kind::Signing)),
        Some("TYPE_JPKI_CARD_USER_AUTHENTICATION") => Ok(Asked::OnCard(Kind::Authentication)),
        Some("TYPE_JPKI_MOBILE_DIGITAL_SIGNATURE" | "TYPE_JPKI_MOBILE_USER_AUTHENTICATION") => Ok(Asked::OnMobile),
        _ => Err(Refused::Invalid { field, rule: "enum.defined_only" }),
    }
}

fn word(prefix: &str, word: &str) -> String {
    format!("{prefix}{}", word.to_ascii_uppercase())
}

fn made_json(tenant: &Tenant, made: &Made) -> Value {
    let mut answer = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            answer.insert(name.to_owned(), value);
        }
    };
    let stored = made.verification.as_ref().and_then(|id| tenant.verification(id));
    add("verification", stored.map(verification));
    add("certificate", tenant.certificate(&made.certificate).map(certificate));
    add("certificateStatus", made.status.as_ref().and_then(|id| tenant.status(id)).map(status));
    add("user", made.user.as_ref().and_then(|id| tenant.user(id)).map(user));
    add("isNewUser", made.is_new_user.filter(|is_new| *is_new).map(Value::from));
    answer.into()
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
    made_json(tenant, &made)
}

fn certificate_record(tenant: &Tenant, found: &Certificate) -> Value {
    let made = Made { certificate: found.id.clone(), user: found.user.clone(), ..Made::default() };
    made_json(tenant, &made)
}

fn verification(found: &Verification) -> Value {
    json!({
        "id": found.id,
        "result": outcome_word(found.outcome),
        "hashAlgorithm": word("HASH_ALGORITHM_", hash_word(found.hash)),
        "digest": STANDARD.encode(&found.digest),
        "signature": STANDARD.encode(&found.signature),
        "createdAt": timestamp(found.created_at),
    })
}

fn certificate(found: &Certificate) -> Value {
    json!({"id": found.id, "type": word("TYPE_", kind_word(found.kind)), "createdAt": timestamp(found.created_at)})
}

fn status(found: &Status) -> Value {
    // The zero time stands in mock traffic where v1 leaves the member out.
    let source = found.source_updated_at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), timestamp);
    let mut answer = json!({
        "id": found.id,
        "status": if found.revoked.is_some() { "STATUS_REVOKED" } else { "STATUS_GOOD" },
        "checkMethod": word("CHECK_METHOD_", method_word(found.method)),
        "checkPurpose": word("CHECK_PURPOSE_", purpose_word(found.purpose)),
        "sourceUpdatedAt": source,
        "createdAt": timestamp(found.created_at),
    });
    if let Some((at, cause)) = found.revoked {
        answer["revokedAt"] = timestamp(at).into();
        // The zero value, and as such left out.
        if cause.as_str() != "unspecified" {
            answer["revocationReason"] = word("CRL_REASON_", cause.as_str()).into();
        }
    }
    answer
}

fn user(found: &User) -> Value {
    json!({"id": found.id, "createdAt": timestamp(found.created_at)})
}

fn content(jpki: &Authority, issued: usize) -> Value {
    let issued = &jpki.issued[issued];
    let mut answer = json!({
        "subject": "O=P8N-MOCK,C=JP",
        "validity": {"notBefore": timestamp(issued.not_before), "notAfter": timestamp(issued.not_after)},
        "crlDistributionPoint": distribution_point(),
    });
    let details = &issued.details;
    match issued.kind {
        Kind::Signing => {
            answer["jpkiCardDigitalSignatureContent"] = json!({
                "commonName": details.name,
                "substituteCharacterOfCommonName": substitutes(&details.name),
                "gender": details.gender,
                "dateOfBirth": details.date_of_birth,
                "address": details.address,
                "substituteCharacterOfAddress": substitutes(&details.address),
            });
        }
        Kind::Authentication => answer["jpkiCardUserAuthenticationContent"] = json!({}),
    }
    answer
}
