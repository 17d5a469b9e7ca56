//! Version 2: procedures that are called by the Connect protocol. Zero values are left out of answers.

use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Request;
use serde_json::{Map, Value, json};

use super::Reply;
use super::authority::{distribution_point, subject, substitutes};
use super::connect;
use super::jpki::{Authority, Kind};
use super::message::{Asked, Message};
use super::refusal::Refused;
use super::tenant::{Certificate, Made, Status, Submitted, Tenant, User, Verification};
use super::v1::{LARGEST_PAGE, PAGE, hash_word, kind_word, method_word, outcome_word, purpose_word, timestamp};

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
    (procedure.answer)(Call { tenant: tenant?, jpki, message: Message::read(&message)?, now }).map(Reply::ok)
}

fn get_certificate(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let found = tenant.certificate(message.id("certificate_id")?).ok_or(Refused::NotFound)?;
    Ok(certificate_record(tenant, found))
}

fn delete_certificate(Call { tenant, message, .. }: Call<'_>) -> Answer {
    tenant.delete_certificate(message.id("certificate_id")?).map(|()| json!({}))
}

fn check_certificate_status(Call { tenant, jpki, message, now }: Call<'_>) -> Answer {
    let made = tenant.check(jpki, message.id("certificate_id")?, message.method()?, message.flag("identify_user")?, now)?;
    Ok(made_json(tenant, &made))
}

fn get_certificate_status(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let found = tenant.status(message.id("certificate_status_id")?).ok_or(Refused::NotFound)?;
    Ok(json!({"certificateStatus": status(found)}))
}

fn get_user(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let found = tenant.user(message.id("user_id")?).ok_or(Refused::NotFound)?;
    Ok(json!({"user": user(found)}))
}

fn list_users(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let within = message.filter()?.period()?;
    let found = tenant.users.iter().filter(|user| within.has(user.created_at));
    page(&message, found.map(|each| json!({"user": user(each)})).collect())
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
    Ok(made_json(tenant, &made))
}

fn verify(Call { tenant, jpki, message, now }: Call<'_>) -> Answer {
    let hash = message.hash()?;
    let der = message.bytes("certificate")?;
    let (digest, signature) = (message.bytes("digest")?, message.bytes("signature")?);
    let submitted = Submitted { der, hash, digest, signature };
    let made = tenant.verify(jpki, submitted, message.method()?, message.flag("identify_user")?, now)?;
    let mut answer = made_json(tenant, &made);
    answer["certificateContent"] = content(jpki, made.issued);
    Ok(answer)
}

fn get_verification(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let found = tenant.verification(message.id("verification_id")?).ok_or(Refused::NotFound)?;
    Ok(verification_record(tenant, found))
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
    page(&message, tenant.certificates.iter().filter(fits).map(|each| certificate_record(tenant, each)).collect())
}

fn list_certificate_statuses(Call { tenant, message, .. }: Call<'_>) -> Answer {
    let filter = message.filter()?;
    let (certificates, within) = (filter.texts("certificate_ids")?, filter.period()?);
    let fits =
        |each: &&Status| (certificates.is_empty() || certificates.contains(&each.certificate.as_str())) && within.has(each.created_at);
    page(&message, tenant.statuses.iter().filter(fits).map(|each| json!({"certificateStatus": status(each)})).collect())
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
    page(&message, tenant.verifications.iter().filter(fits).map(|each| verification_record(tenant, each)).collect())
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
    Ok(answer.into())
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
        "subject": subject(issued.kind),
        "validity": {"notBefore": timestamp(issued.not_before), "notAfter": timestamp(issued.not_after)},
        "crlDistributionPoint": distribution_point(issued.kind),
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
