//! Error responses of a service that handles personal data: only their codes are kept, in the Connect form (`code`, `message`, `details`)
//! or the plain one (`code`, `message`). Texts are dropped, because they may quote anything.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

#[cfg(feature = "pocketsign-v1")]
use crate::generated::pocketsign_verify_v1::vocabulary::ErrorCode;
use crate::{error::ApiError, generated::pocketsign_verify_v2::vocabulary::ConnectCode};

const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Details beyond this many are not read.
const MOST: usize = 64;

/// The code of a body, then one entry for each detail: the reason of an ErrorInfo, `rule|field` of each of the Violations.
pub(super) fn api_errors(body: &[u8]) -> Vec<ApiError> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let code = body["code"].as_str().map(str::to_owned);
    let details = body["details"].as_array().map_or(&[][..], Vec::as_slice).iter().flat_map(detail);
    let words = code.into_iter().filter(|code| is_code(code)).chain(details.filter(|word| is_detail(word))).take(MOST);
    words.map(|code| ApiError { code, message: String::new() }).collect()
}

/// Whether a text is a documented code, v1's or Connect's own. Any other word could be a name, and the status says enough.
pub(super) fn is_code(text: &str) -> bool {
    #[cfg(feature = "pocketsign-v1")]
    if !matches!(ErrorCode::from(text), ErrorCode::Unknown(_)) {
        return true;
    }
    !matches!(ConnectCode::from(text), ConnectCode::Unknown(_))
}

/// A reason, or a rule and a path (`string.uuid|filter.user_ids`).
fn is_detail(text: &str) -> bool {
    if text.len() > 200 {
        return false;
    }
    if let Some(reason) = text.strip_prefix("ERROR_REASON_") {
        return reason.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    }
    // Rules of protovalidate begin with a type in lower case; digits stand in type names only (`int32.gte`).
    let named = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'[' | b']'))
            && part.split(['.', '[', ']']).all(|word| word.bytes().filter(u8::is_ascii_digit).count() <= 3)
    };
    text.split_once('|').is_some_and(|(rule, path)| {
        named(rule)
            && named(path)
            && !path.contains(|letter: char| letter.is_ascii_uppercase())
            && !rule.starts_with(|c: char| c.is_ascii_uppercase())
    })
}

fn detail(detail: &Value) -> Vec<String> {
    let kind = detail["type"].as_str().unwrap_or_default();
    let kind = kind.rsplit('/').next().unwrap_or_default();
    let debug = &detail["debug"];
    // `debug` is for people and may be left out; `value` is the same as protobuf.
    let bytes = || BASE64.decode(detail["value"].as_str().unwrap_or_default()).unwrap_or_default();
    match kind {
        "google.rpc.ErrorInfo" => {
            let reason = debug["reason"].as_str().map(str::to_owned);
            reason.or_else(|| text(&bytes(), 1)).into_iter().collect()
        }
        "buf.validate.Violations" => match debug["violations"].as_array() {
            Some(violations) => violations.iter().map(violation).collect(),
            None => fields(&bytes()).filter(|(number, _)| *number == 1).map(|(_, bytes)| encoded_violation(bytes)).collect(),
        },
        _ => Vec::new(),
    }
}

/// A violation in JSON, in protovalidate's newer form or its older one.
fn violation(violation: &Value) -> String {
    let elements = violation["field"]["elements"].as_array().map_or(&[][..], Vec::as_slice);
    let path: Vec<_> = elements.iter().filter_map(|element| element["fieldName"].as_str()).collect();
    let path = if path.is_empty() { violation["fieldPath"].as_str().unwrap_or_default().to_owned() } else { path.join(".") };
    let rule = violation["ruleId"].as_str().or_else(|| violation["constraintId"].as_str()).unwrap_or_default();
    format!("{rule}|{path}")
}

/// The same in protobuf: the path is 5 (newer) or 1 (older), the rule 2.
fn encoded_violation(bytes: &[u8]) -> String {
    let newer = fields(bytes).filter(|(number, _)| *number == 5).flat_map(|(_, path)| fields(path)).filter(|(number, _)| *number == 1);
    let path: Vec<_> = newer.filter_map(|(_, element)| text(element, 2)).collect();
    let path = if path.is_empty() { text(bytes, 1).unwrap_or_default() } else { path.join(".") };
    format!("{}|{path}", text(bytes, 2).unwrap_or_default())
}

fn text(message: &[u8], wanted: u64) -> Option<String> {
    let (_, bytes) = fields(message).find(|(number, _)| *number == wanted)?;
    String::from_utf8(bytes.to_vec()).ok()
}

/// The length-delimited fields of a protobuf message, by number; what cannot be read ends it.
fn fields(mut rest: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        loop {
            let tag = varint(&mut rest)?;
            let skipped = match tag & 7 {
                0 => varint(&mut rest).map(|_| 0)?,
                1 => 8,
                5 => 4,
                2 => {
                    let length = usize::try_from(varint(&mut rest)?).ok()?;
                    let (field, after) = rest.split_at_checked(length)?;
                    rest = after;
                    return Some((tag >> 3, field));
                }
                _ => return None,
            };
            rest = rest.get(skipped..)?;
        }
    })
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn codes(body: &Value) -> Vec<String> {
        api_errors(body.to_string().as_bytes()).into_iter().map(|entry| entry.code).collect()
    }

    #[test]
    fn reasons_and_violations_are_read_and_texts_are_not() {
        let info = json!({"type": "google.rpc.ErrorInfo", "value": "", "debug": {
            "reason": "ERROR_REASON_OCSP_REQUEST_FAILED", "domain": "verify.p8n.app", "metadata": {"name": "CANARY"}}});
        let violations = json!({"type": "buf.validate.Violations", "debug": {"violations": [
            {"field": {"elements": [{"fieldName": "filter"}, {"fieldName": "user_ids"}]}, "ruleId": "string.uuid", "message": "CANARY"},
            {"fieldPath": "page_size", "constraintId": "int32.gte"}]}});
        let body = json!({"code": "invalid_argument", "message": "CANARY", "details": [info, violations, {"type": "other"}]});
        let expected = ["invalid_argument", "ERROR_REASON_OCSP_REQUEST_FAILED", "string.uuid|filter.user_ids", "int32.gte|page_size"];
        assert_eq!(codes(&body), expected);
        assert!(api_errors(body.to_string().as_bytes()).iter().all(|entry| entry.message.is_empty()));
    }

    #[test]
    fn details_without_debug_are_read_from_their_protobuf() {
        let reason = b"ERROR_REASON_INVALID_CERTIFICATE";
        let mut info = vec![0x0a, reason.len() as u8];
        info.extend_from_slice(reason);
        // Violations { Violation { 2: "string.uuid", 5: FieldPath { FieldPathElement { 1: 1, 2: "user_id" } } } }
        let mut violation = vec![0x12, 11];
        violation.extend_from_slice(b"string.uuid");
        violation.extend_from_slice(&[0x2a, 13, 0x0a, 11, 0x08, 1, 0x12, 7]);
        violation.extend_from_slice(b"user_id");
        let mut violations = vec![0x0a, violation.len() as u8];
        violations.extend_from_slice(&violation);
        let value = |bytes: &[u8]| BASE64.encode(bytes).trim_end_matches('=').to_owned();
        let body = json!({"code": "internal", "details": [
            {"type": "google.rpc.ErrorInfo", "value": value(&info)},
            {"type": "buf.validate.Violations", "value": value(&violations)}]});
        assert_eq!(codes(&body), ["internal", "ERROR_REASON_INVALID_CERTIFICATE", "string.uuid|user_id"]);
    }

    #[test]
    fn what_is_no_code_is_not_repeated() {
        assert_eq!(codes(&json!({"code": "証明 花子", "message": "m"})), [""; 0]);
        assert_eq!(codes(&json!({"code": "a name with blanks"})), [""; 0]);
        assert_eq!(codes(&json!({"code": 5})), [""; 0]);
        for word in ["hanako", "yamada_hanako", "", "Internal", "internal "] {
            assert_eq!(codes(&json!({"code": word})), [""; 0], "{word:?}");
        }
        assert_eq!(api_errors(b"<html>503</html>"), []);
        let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for personal in ["Hanako", "SHOMEI-HANAKO", "319850401", "1985-04-01", "Q0FOQVJZ", digest] {
            let info = json!({"type": "google.rpc.ErrorInfo", "debug": {"reason": personal}});
            let violations =
                json!({"type": "buf.validate.Violations", "debug": {"violations": [{"fieldPath": personal, "ruleId": personal}]}});
            assert_eq!(codes(&json!({"code": personal, "details": [info, violations]})), [""; 0], "{personal}");
        }
    }

    #[test]
    fn every_code_of_the_documents_is_told() {
        let known: Vec<_> = ConnectCode::KNOWN.iter().map(ConnectCode::as_str).collect();
        #[cfg(feature = "pocketsign-v1")]
        let known = [known, ErrorCode::KNOWN.iter().map(ErrorCode::as_str).collect()].concat();
        for code in known {
            assert_eq!(codes(&json!({"code": code, "message": "CANARY"})), [code]);
        }
    }

    proptest! {
        #[test]
        fn no_protobuf_panics(bytes: Vec<u8>) {
            let _ = encoded_violation(&bytes);
            let _ = text(&bytes, 1);
        }
    }
}
