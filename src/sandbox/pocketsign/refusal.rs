//! Refusals, in the format of either version.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use http::{HeaderName, StatusCode, header};
use serde_json::{Value, json};

use super::Reply;
use crate::sandbox::server::BODY_LIMIT;

const DOMAIN: &str = "verify.p8n.app";
/// How one shows who one is.
const CHALLENGE: &str = "Bearer";

/// Why the service refuses a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The token is missing or wrong.
    Unauthenticated,
    /// The record is not this tenant's, or there is none.
    NotFound,
    /// There is no such operation.
    NoSuchRoute,
    /// The operation is called by another method.
    Method { allow: &'static str },
    /// The message is written in something else than JSON.
    MediaType,
    /// The message is compressed in a way that is not known here.
    Compression,
    /// The message is too large, once unpacked.
    TooLarge,
    /// There is no message to be read.
    Malformed(&'static str),
    /// A member is of another type.
    Unreadable { field: String, of: &'static str },
    /// A member breaks a rule.
    Invalid { field: String, rule: &'static str },
    /// Not a certificate at all.
    MalformedCertificate,
    /// A certificate, but not one of a My Number card.
    UnsupportedCertificate,
    /// The responder of the certificate authority does not answer.
    OcspFailed,
    /// The links between certificates cannot be had.
    NoLinks,
}

impl Refused {
    /// The response of v1.
    pub(super) fn plain(self) -> Reply {
        let (status, code) = match self {
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "authentication_failed"),
            Self::NotFound | Self::NoSuchRoute => (StatusCode::NOT_FOUND, "no_such_entry"),
            Self::MalformedCertificate => (StatusCode::BAD_REQUEST, "invalid_certificate"),
            Self::UnsupportedCertificate => (StatusCode::BAD_REQUEST, "unsupported_certificate"),
            Self::OcspFailed => (StatusCode::INTERNAL_SERVER_ERROR, "ocsp_request_failed"),
            // What v1 says when the links cannot be had is not known; the rest is of the other protocol.
            _ => (StatusCode::BAD_REQUEST, "invalid_argument"),
        };
        let reply = Reply::with_status(status, json!({"code": code, "message": code.replace('_', " ")}));
        if status == StatusCode::UNAUTHORIZED { reply.with_header(header::WWW_AUTHENTICATE, CHALLENGE) } else { reply }
    }

    /// The response of v2.
    pub(super) fn connect(self) -> Reply {
        let reason = |reason: &str| vec![error_info(&format!("ERROR_REASON_{reason}"))];
        let (status, code, details) = match &self {
            Self::Method { allow } => return Reply::empty(StatusCode::METHOD_NOT_ALLOWED).with_header(header::ALLOW, allow),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unknown", Vec::new()),
            Self::Compression => (StatusCode::NOT_IMPLEMENTED, "unimplemented", Vec::new()),
            Self::TooLarge => (StatusCode::TOO_MANY_REQUESTS, "resource_exhausted", Vec::new()),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", Vec::new()),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", Vec::new()),
            Self::NoSuchRoute => (StatusCode::NOT_FOUND, "unimplemented", Vec::new()),
            Self::Malformed(_) | Self::Unreadable { .. } => (StatusCode::BAD_REQUEST, "invalid_argument", Vec::new()),
            Self::Invalid { field, rule } => (StatusCode::BAD_REQUEST, "invalid_argument", vec![violations(field, rule)]),
            Self::MalformedCertificate => (StatusCode::BAD_REQUEST, "invalid_argument", reason("INVALID_CERTIFICATE")),
            Self::UnsupportedCertificate => (StatusCode::BAD_REQUEST, "invalid_argument", reason("UNSUPPORTED_CERTIFICATE")),
            Self::OcspFailed => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", reason("OCSP_REQUEST_FAILED")),
            Self::NoLinks => (StatusCode::BAD_REQUEST, "failed_precondition", reason("ASSOCIATED_CERTIFICATE_NOT_EXISTS")),
        };
        let message = match &self {
            Self::MediaType => "only JSON is spoken here: send the message as application/json".to_owned(),
            Self::Compression => "unknown compression: supported encodings are [gzip]".to_owned(),
            Self::TooLarge => format!("the message is larger than {BODY_LIMIT} bytes"),
            Self::Malformed(why) => (*why).to_owned(),
            Self::Unreadable { field, of } => format!("{field} cannot be read: it is no {of}"),
            _ => code.replace('_', " "),
        };
        let mut body = json!({"code": code, "message": message});
        if !details.is_empty() {
            body["details"] = details.into();
        }
        let reply = Reply::with_status(status, body);
        match self {
            Self::MediaType => reply.with_header(HeaderName::from_static("accept-post"), "application/json"),
            Self::Unauthenticated => reply.with_header(header::WWW_AUTHENTICATE, CHALLENGE),
            _ => reply,
        }
    }
}

fn error_info(reason: &str) -> Value {
    let value = [bytes_field(1, reason.as_bytes()), bytes_field(2, DOMAIN.as_bytes())].concat();
    json!({
        "type": "google.rpc.ErrorInfo",
        "value": STANDARD_NO_PAD.encode(value),
        "debug": {"reason": reason, "domain": DOMAIN},
    })
}

fn violations(field: &str, rule: &str) -> Value {
    // A path names one member after another.
    let names: Vec<&str> = field.split('.').collect();
    let path: Vec<u8> = names.iter().flat_map(|name| bytes_field(1, &bytes_field(2, name.as_bytes()))).collect();
    let elements: Vec<Value> = names.iter().map(|name| json!({"fieldName": name})).collect();
    let violation = [bytes_field(2, rule.as_bytes()), bytes_field(5, &path)].concat();
    json!({
        "type": "buf.validate.Violations",
        "value": STANDARD_NO_PAD.encode(bytes_field(1, &violation)),
        "debug": {"violations": [{"field": {"elements": elements}, "ruleId": rule}]},
    })
}

/// A field of a protobuf message; what is written here is shorter than 128 bytes.
fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).ok().filter(|length| *length < 128).unwrap_or_default();
    [&[number << 3 | 2, length], &bytes[..length.into()]].concat()
}
