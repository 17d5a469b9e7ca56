//! The other ways in which the services have been seen to spell the same response. Numbers are rows of the list of inconsistencies that
//! `tests/certcentral/wobbles.rs` goes through.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::spoil::each;

/// Spells a response of CertCentral in other ways.
pub(super) fn wobble(body: &mut Value, chance: &mut Rng) {
    if let Value::Object(members) = body {
        let is_order_just_placed = members.contains_key("id") && !members.contains_key("status");
        // 12: the only request; 43: the only error.
        for (name, may) in [("requests", is_order_just_placed), ("errors", true)] {
            if may && chance.bool() {
                alone(members, name);
            }
        }
    }
    each(body, &mut |name, value| {
        if chance.bool() {
            respell(name, value, chance);
        }
    });
}

fn alone(members: &mut Map<String, Value>, name: &str) {
    if let Some(list) = members.get_mut(name)
        && let [only] = list.as_array().map_or(&[][..], Vec::as_slice)
    {
        *list = only.clone();
    }
}

fn respell(name: &str, value: &mut Value, chance: &mut Rng) {
    match (name, &mut *value) {
        // 8 to 11
        (name, Value::Number(number)) if name == "id" || name.ends_with("_id") || name.starts_with("purchased_") => {
            *value = number.to_string().into();
        }
        // 37
        ("price", Value::Number(number)) => *value = json!(number.as_f64()),
        // 5 to 7
        ("is_multi_year_plan" | "archived" | "is_private" | "auto_renew" | "auto_reissue" | "disable_ct", Value::Bool(flag)) => {
            let number = u8::from(*flag);
            *value = if chance.bool() { number.into() } else { number.to_string().into() };
        }
        // 4
        ("organization", Value::Object(members)) => {
            if let Some(Value::Bool(flag)) = members.get("is_active") {
                members.insert("is_active".to_owned(), u8::from(*flag).to_string().into());
            }
        }
        // 25
        ("dcv_token", Value::Object(members)) => {
            members.remove("status");
        }
        // 41
        ("page", Value::Object(members)) => {
            members.insert("limit".to_owned(), 0.into());
        }
        // 19, 2
        ("dns_names" | "organization_units", Value::Array(list)) if list.is_empty() => *value = json!([" "]),
        (_, Value::Array(list)) if list.is_empty() => *value = Value::Null,
        (name, Value::String(text)) => *text = other_words(name, text, chance),
        _ => {}
    }
}

fn other_words(name: &str, text: &str, chance: &mut Rng) -> String {
    match name {
        // 27, 28, 29, 31, 32, 33
        "status" if text == "canceled" => "CANCELED".to_owned(),
        "type" if text == "new_request" => "new request".to_owned(),
        "signature_hash" | "country" | "validation_type" if chance.bool() => text.to_ascii_uppercase(),
        "signature_hash" | "country" | "validation_type" => text.to_ascii_lowercase(),
        // 17
        "ov" | "ev" if is_date(text) => format!("{text}T00:00:00Z"),
        // 44
        "serial_number" => text.trim_start_matches('0').to_owned(),
        // 45
        _ if text.starts_with("-----BEGIN") && text.contains('\r') => text.replace('\r', ""),
        _ if text.starts_with("-----BEGIN") => text.replace('\n', "\r\n"),
        // 13 to 16
        _ => match text.strip_suffix("+00:00").filter(|moment| is_date(moment.get(..10).unwrap_or_default())) {
            Some(moment) => match chance.u8(..3) {
                0 => moment.to_owned(),
                1 => moment.replace('T', " "),
                _ => format!("{moment}:00:00"),
            },
            None => text.to_owned(),
        },
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() })
}

/// Spells members of PocketSign Verify's responses as its documents do, in snake_case, where JSON of protobuf says camelCase.
pub(super) fn snake_case(body: &mut Value, chance: &mut Rng) {
    match body {
        Value::Object(members) => {
            let renamed = std::mem::take(members).into_iter().map(|(name, mut value)| {
                snake_case(&mut value, chance);
                (if chance.bool() { snake(&name) } else { name }, value)
            });
            *members = renamed.collect();
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| snake_case(element, chance)),
        _ => {}
    }
}

fn snake(name: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_uppercase() { format!("_{}", letter.to_ascii_lowercase()) } else { letter.into() };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Everything that chance makes of a value.
    fn seen(body: &Value, wobble: fn(&mut Value, &mut Rng)) -> BTreeSet<String> {
        let mut chance = Rng::with_seed(1);
        let spellings = (0..200).map(|_| {
            let mut other = body.clone();
            wobble(&mut other, &mut chance);
            other.to_string()
        });
        spellings.collect()
    }

    #[test]
    fn every_spelling_comes_about_and_no_other() {
        for (body, spellings) in [
            (json!({"domain_id": 5}), &[r#"{"domain_id":"5"}"#, r#"{"domain_id":5}"#][..]),
            (json!({"archived": true}), &[r#"{"archived":"1"}"#, r#"{"archived":1}"#, r#"{"archived":true}"#]),
            (json!({"requests": [{"x": 1}], "id": "a"}), &[r#"{"id":"a","requests":[{"x":1}]}"#, r#"{"id":"a","requests":{"x":1}}"#]),
            (json!({"requests": [{"x": 1}], "id": "a", "status": "s"}), &[r#"{"id":"a","requests":[{"x":1}],"status":"s"}"#]),
            (
                json!({"dns_names": [], "notes": []}),
                &[
                    r#"{"dns_names":[" "],"notes":[]}"#,
                    r#"{"dns_names":[" "],"notes":null}"#,
                    r#"{"dns_names":[],"notes":[]}"#,
                    r#"{"dns_names":[],"notes":null}"#,
                ],
            ),
            (
                json!({"date": "2020-01-02T03:04:05+00:00"}),
                &[
                    r#"{"date":"2020-01-02 03:04:05"}"#,
                    r#"{"date":"2020-01-02T03:04:05"}"#,
                    r#"{"date":"2020-01-02T03:04:05+00:00"}"#,
                    r#"{"date":"2020-01-02T03:04:05:00:00"}"#,
                ],
            ),
            (json!({"status": "canceled"}), &[r#"{"status":"CANCELED"}"#, r#"{"status":"canceled"}"#]),
            (json!({"name": "canceled", "n": 5}), &[r#"{"n":5,"name":"canceled"}"#]),
        ] {
            assert_eq!(seen(&body, wobble), spellings.iter().map(ToString::to_string).collect(), "{body}");
        }
        let body = json!({"userId": {"isNew": true}});
        assert_eq!(seen(&body, snake_case).len(), 4);
        assert!(seen(&body, snake_case).contains(r#"{"user_id":{"is_new":true}}"#));
    }
}
