//! Version 2: procedures that are called by the Connect protocol. Zero values are left out of responses.

use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Request;
use serde_json::{Value, json};

use super::jpki::{Authority, Kind};
use super::message::{Asked, Message, camel_case};
use super::refusal::Refused;
use super::tenant::{Certificate, Status, Submitted, Tenant, Verification};
use super::v1::{LARGEST_PAGE, PAGE};
use super::{Reply, connect, records};

type Answer = Result<Value, Refused>;

const PREFIX: &str = "/pocketsign.verify.v2.";

/// Page tokens are read with or without padding.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// One call: whose it is, and what it says.
struct Call<'c> {
    tenant: &'c mut Tenant,
    jpki: &'c mut Authority,
    message: Message,
    now: DateTime<Utc>,
}

/// A procedure of the service.
struct Procedure {
    /// Below the service's package.
    name: &'static str,
    /// It has no side effects, so that it may be called by GET.
    reads: bool,
    answer: fn(Call<'_>) -> Answer,
}

/// That everything that gets or lists has no side effects is inferred; of `ListCertificates` it is documented.
static PROCEDURES: &[Procedure] = &[
    reading("CertificateService/GetCertificate", get_certificate),
    reading("CertificateService/ListCertificates", list_certificates),
    acting("CertificateService/DeleteCertificate", delete_certificate),
    acting("CertificateService/CheckCertificateStatus", check_certificate_status),
    reading("CertificateService/GetCertificateStatus", get_certificate_status),
    reading("CertificateService/ListCertificateStatuses", list_certificate_statuses),
    reading("UserService/GetUser", get_user),
    reading("UserService/ListUsers", list_users),
    acting("UserService/DeleteUser", delete_user),
    acting("UserService/CheckUserStatus", check_user_status),
    acting("VerificationService/Verify", verify),
    reading("VerificationService/GetVerification", get_verification),
    reading("VerificationService/ListVerifications", list_verifications),
    acting("VerificationService/DeleteVerification", delete_verification),
];

const fn reading(name: &'static str, answer: fn(Call<'_>) -> Answer) -> Procedure {
    Procedure { name, reads: true, answer }
}

const fn acting(name: &'static str, answer: fn(Call<'_>) -> Answer) -> Procedure {
    Procedure { name, reads: false, answer }
}

pub(super) fn knows(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Responds to a request. The procedure and the protocol are checked before the credentials.
pub(super) fn answer(
    tenant: Result<&mut Tenant, Refused>,
    jpki: &mut Authority,
    request: &Request<Bytes>,
    now: DateTime<Utc>,
) -> Result<Reply, Refused> {
    let name = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    let procedure = PROCEDURES.iter().find(|procedure| procedure.name == name).ok_or(Refused::NoSuchRoute)?;
    let message = connect::message(request, procedure.reads)?;
    (procedure.answer)(Call { tenant: tenant?, jpki, message: Message::read(&message)?, now }).map(|answer| Reply::ok(spelled(answer)))
}

fn get_certificate(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let found = tenant.certificate(message.id("certificate_id")?).ok_or(Refused::NotFound)?;
    Ok(records::of_certificate(tenant, found))
}

fn delete_certificate(Call { tenant, message, .. }: Call<'_>) -> Answer {
    tenant.delete_certificate(message.id("certificate_id")?).map(|()| json!({}))
}

fn check_certificate_status(Call { tenant, jpki, message, now }: Call<'_>) -> Answer {
    let made = tenant.check(jpki, message.id("certificate_id")?, message.method()?, message.flag("identify_user")?, now)?;
    Ok(records::made(tenant, &made))
}

fn get_certificate_status(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let found = tenant.status(message.id("certificate_status_id")?).ok_or(Refused::NotFound)?;
    Ok(records::of_status(found))
}

fn get_user(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let found = tenant.user(message.id("user_id")?).ok_or(Refused::NotFound)?;
    Ok(records::of_user(found))
}

fn list_users(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let within = message.filter()?.period()?;
    let found = tenant.users.iter().filter(|user| within.has(user.created_at));
    page(&message, found.map(records::of_user).collect())
}

fn delete_user(Call { tenant, message, .. }: Call<'_>) -> Answer {
    tenant.delete_user(message.id("user_id")?).map(|()| json!({}))
}

fn check_user_status(Call { tenant, jpki, message, now }: Call<'_>) -> Answer {
    let (id, asked, method) = (message.id("user_id")?, message.kind()?, message.method()?);
    let kind = match asked {
        Asked::Any => None,
        Asked::OnCard(kind) => Some(kind),
        Asked::OnMobile => return Err(Refused::NotFound),
    };
    let made = tenant.check_user(jpki, id, kind, method, now)?;
    Ok(records::made(tenant, &made))
}

fn verify(Call { tenant, jpki, message, now }: Call<'_>) -> Answer {
    let hash = message.hash()?;
    let der = message.bytes("certificate")?;
    let (digest, signature) = (message.bytes("digest")?, message.bytes("signature")?);
    let submitted = Submitted { der, hash, digest, signature };
    let made = tenant.verify(jpki, submitted, message.method()?, message.flag("identify_user")?, now)?;
    let (mut answer, issued) = (records::made(tenant, &made), &jpki.issued[made.issued]);
    let mut content = records::content(issued);
    match issued.kind {
        Kind::Signing => content["jpki_card_digital_signature_content"] = records::person(&issued.details),
        Kind::Authentication => content["jpki_card_user_authentication_content"] = json!({}),
    }
    answer["certificate_content"] = content;
    Ok(answer)
}

fn get_verification(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let found = tenant.verification(message.id("verification_id")?).ok_or(Refused::NotFound)?;
    Ok(records::of_verification(tenant, found))
}

fn delete_verification(Call { tenant, message, .. }: Call<'_>) -> Answer {
    tenant.delete_verification(message.id("verification_id")?).map(|()| json!({}))
}

fn list_certificates(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let filter = message.filter()?;
    let (kinds, users, within) = (filter.kinds()?, filter.texts("user_ids")?, filter.period()?);
    let fits = |each: &&Certificate| {
        kinds.as_ref().is_none_or(|kinds| kinds.contains(&each.kind))
            && (users.is_empty() || each.user.as_deref().is_some_and(|user| users.contains(&user)))
            && within.has(each.created_at)
    };
    page(&message, tenant.certificates.iter().filter(fits).map(|each| records::of_certificate(tenant, each)).collect())
}

fn list_certificate_statuses(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let filter = message.filter()?;
    let (certificates, within) = (filter.texts("certificate_ids")?, filter.period()?);
    let fits =
        |each: &&Status| (certificates.is_empty() || certificates.contains(&each.certificate.as_str())) && within.has(each.created_at);
    page(&message, tenant.statuses.iter().filter(fits).map(records::of_status).collect())
}

fn list_verifications(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let filter = message.filter()?;
    let (kinds, users, within) = (filter.kinds()?, filter.texts("user_ids")?, filter.period()?);
    let certificates = filter.texts("certificate_ids")?;
    let fits = |each: &&Verification| {
        let linked = each.certificate.as_ref().and_then(|id| tenant.certificate(id));
        (certificates.is_empty() || linked.is_some_and(|found| certificates.contains(&found.id.as_str())))
            && kinds.as_ref().is_none_or(|kinds| linked.is_some_and(|found| kinds.contains(&found.kind)))
            && (users.is_empty() || linked.and_then(|found| found.user.as_deref()).is_some_and(|user| users.contains(&user)))
            && within.has(each.created_at)
    };
    page(&message, tenant.verifications.iter().filter(fits).map(|each| records::of_verification(tenant, each)).collect())
}

/// The newest first, from where the token says.
fn page(message: &Message, mut items: Vec<Value>) -> Answer {
    let invalid = |field: &str, rule| Refused::Invalid { field: field.to_owned(), rule };
    let size = usize::try_from(message.number("page_size")?).map_err(|_| invalid("page_size", "int32.gte"))?;
    let size = if size == 0 { PAGE } else { size.min(LARGEST_PAGE) };
    let offset = match message.text("page_token")? {
        "" => 0,
        token => {
            let decoded = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let offset = decoded.and_then(|text| text.strip_prefix("offset=")?.parse::<usize>().ok());
            offset.ok_or_else(|| invalid("page_token", "page_token"))?
        }
    };
    items.reverse();
    let total = items.len();
    let next = offset.saturating_add(size);
    let responses: Vec<Value> = items.into_iter().skip(offset).take(size).collect();
    let token = (next < total).then(|| STANDARD.encode(format!("offset={next}")).trim_end_matches('=').to_owned());
    Ok(json!({"next_page_token": token, "total_size": total, "responses": responses}))
}

/// The members whose values are words, and what all words of a member begin with.
const PREFIXES: [(&str, &str); 6] = [
    ("check_method", "CHECK_METHOD_"),
    ("check_purpose", "CHECK_PURPOSE_"),
    ("hash_algorithm", "HASH_ALGORITHM_"),
    ("revocation_reason", "CRL_REASON_"),
    ("status", "STATUS_"),
    ("type", "TYPE_"),
];

/// A response in protobuf JSON.
fn spelled(answer: Value) -> Value {
    match answer {
        Value::Object(members) => members.into_iter().filter_map(|(name, value)| spelled_member(&name, value)).collect(),
        Value::Array(items) => items.into_iter().map(spelled).collect(),
        value => value,
    }
}

/// A member, unless it has the zero value or is not in v2.
fn spelled_member(name: &str, mut value: Value) -> Option<(String, Value)> {
    // The zero time stands in mock traffic where v1 leaves the member out.
    if name == "certificate_status" && value["source_updated_at"].is_null() {
        value["source_updated_at"] = "0001-01-01T00:00:00Z".into();
    }
    let prefix = PREFIXES.iter().find(|(member, _)| *member == name).map(|(_, prefix)| *prefix);
    let value = match (prefix, spelled(value)) {
        (Some(_), Value::String(word)) if word == "unspecified" => Value::Null,
        (Some(prefix), Value::String(word)) => format!("{prefix}{}", word.to_ascii_uppercase()).into(),
        (_, value) => value,
    };
    let is_zero = [json!(null), json!(false), json!(0), json!([])].contains(&value);
    (!is_zero && name != "latest").then(|| (camel_case(name), value))
}
