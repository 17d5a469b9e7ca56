//! What CertCentral says when it refuses.

use serde_json::Value;

use crate::error::ApiError;

/// The `errors` of a body, whatever their shape: a list, a single object, or none at all.
pub(super) fn api_errors(body: &[u8]) -> Vec<ApiError> {
    let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else { return Vec::new() };
    let listed = match body.remove("errors") {
        Some(Value::Array(list)) => list,
        Some(Value::Object(one)) if one.contains_key("code") || one.contains_key("message") => vec![Value::Object(one)],
        Some(Value::Object(many)) => many.into_iter().map(|(_, entry)| entry).collect(),
        _ => Vec::new(),
    };
    let text = |entry: &Value, member: &str| match entry.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    listed
        .iter()
        .map(|entry| match entry {
            Value::String(message) => ApiError { code: String::new(), message: message.clone() },
            entry => ApiError { code: text(entry, "code"), message: text(entry, "message") },
        })
        .filter(|entry| !(entry.code.is_empty() && entry.message.is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_in_every_shape_seen() {
        let one = |code: &str, message: &str| vec![ApiError { code: code.into(), message: message.into() }];
        for (body, expected) in [
            (r#"{"errors":[{"code":"not_found|order","message":"m"}]}"#, one("not_found|order", "m")),
            (r#"{"errors":{"code":"a","message":"m"}}"#, one("a", "m")),
            (r#"{"errors":{"0":{"code":"a","message":"m"}}}"#, one("a", "m")),
            (r#"{"errors":["text"]}"#, one("", "text")),
            (r#"{"errors":[{"code":12,"message":null}]}"#, one("12", "")),
            (r#"{"errors":[{}]}"#, vec![]),
            (r#"{"errors":null}"#, vec![]),
            ("[]", vec![]),
            ("<html>503</html>", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(api_errors(body.as_bytes()), expected, "{body}");
        }
    }
}
