//! Malformed bodies.

use bytes::Bytes;
use fastrand::Rng;
use http::Response;
use serde_json::{Map, Value, json};

const DEPTH: usize = 100_000;
/// The most that a stored block of deflate holds.
const LARGEST_BLOCK: usize = 0xFFFF;

/// Rewrites a body that is JSON; any other stays.
pub(super) fn json(answer: Response<Bytes>, rewrite: impl FnOnce(&mut Value)) -> Response<Bytes> {
    answer.map(|body| match serde_json::from_slice(&body) {
        Ok(mut value) => {
            rewrite(&mut value);
            Bytes::from(value.to_string())
        }
        Err(_) => body,
    })
}

/// Every value inside another one, the outer before the inner, with the name of its member.
pub(super) fn each(value: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                visit(name, member);
                each(member, visit);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                visit("", element);
                each(element, visit);
            }
        }
        _ => {}
    }
}

pub(super) fn nulls(body: &mut Value, chance: &mut Rng) {
    each(body, &mut |_, value| {
        let holds_a_list = value.as_array().is_some_and(|list| !list.is_empty());
        if !holds_a_list && chance.u8(..4) == 0 {
            *value = Value::Null;
        }
    });
}

pub(super) fn unknown_values(body: &mut Value, chance: &mut Rng) {
    each(body, &mut |_, value| {
        let disturbed = chance.bool();
        if let Value::String(word) = value
            && disturbed
            && is_word(word)
        {
            let tomorrow = if word.starts_with(|letter: char| letter.is_ascii_uppercase()) { "_OF_TOMORROW" } else { "_of_tomorrow" };
            word.push_str(tomorrow);
        }
    });
}

/// Whether it may be an enum value: `pending`, `new_request`, `STATUS_GOOD`, `sha256`, and not `example.com`, nor a token.
fn is_word(text: &str) -> bool {
    const LONGEST_WITH_DIGITS: usize = 8;
    let of = |letter: fn(&u8) -> bool| text.bytes().all(|byte| letter(&byte) || matches!(byte, b'_' | b'-' | b'0'..=b'9'));
    let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && (of(u8::is_ascii_lowercase) || of(u8::is_ascii_uppercase))
        && (!has_digits || text.len() <= LONGEST_WITH_DIGITS)
}

pub(super) fn unknown_members(body: &mut Value) {
    let tomorrow = |members: &mut Map<String, Value>| {
        members.insert("member_of_tomorrow".to_owned(), json!({"a": [1, null, "b"]}));
    };
    if let Value::Object(members) = body {
        tomorrow(members);
    }
    each(body, &mut |name, value| {
        if let Value::Object(members) = value
            && name != "member_of_tomorrow"
        {
            tomorrow(members);
        }
    });
}

pub(super) fn duplicate_members(body: &Bytes) -> Bytes {
    match inside(body, b'{', b'}') {
        Some(members) => [b"{", members, b",", members, b"}"].concat().into(),
        None => body.clone(),
    }
}

pub(super) fn deep_nesting(body: &Bytes) -> Bytes {
    let nested = [vec![b'['; DEPTH], vec![b']'; DEPTH]].concat();
    if let Some(members) = inside(body, b'{', b'}') {
        return [b"{", members, br#","nested":"#, &nested[..], b"}"].concat().into();
    }
    match inside(body, b'[', b']') {
        Some(elements) => [b"[", elements, b",", &nested[..], b"]"].concat().into(),
        None => body.clone(),
    }
}

/// The text between the outermost brackets of a JSON body, if there is any.
fn inside(body: &Bytes, open: u8, close: u8) -> Option<&[u8]> {
    let inner = body.strip_prefix(&[open])?.strip_suffix(&[close])?;
    (!inner.is_empty()).then_some(inner)
}

pub(super) fn invalid_utf8(body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte = 0xFF;
    }
    bytes.into()
}

/// A gzip file of stored blocks: RFC 1952 around RFC 1951, section 3.2.4.
pub(super) fn gzip(body: &[u8]) -> Bytes {
    let mut file = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    let blocks = body.chunks(LARGEST_BLOCK).count();
    for (number, block) in body.chunks(LARGEST_BLOCK).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        file.push(u8::from(number + 1 == blocks));
        file.extend(length.to_le_bytes());
        file.extend((!length).to_le_bytes());
        file.extend_from_slice(block);
    }
    file.extend(crc32(body).to_le_bytes());
    file.extend((body.len() as u32).to_le_bytes());
    file.into()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn words_are_told_from_texts() {
        for text in ["pending", "new_request", "STATUS_GOOD", "dns-txt-token", "ov", "sha256"] {
            assert!(is_word(text), "{text}");
        }
        for text in ["", "example.com", "b3x590nr0n1d4q6j2zgqhs3ys1pnw7cv", "Win the Customer", "754781", "2024-05-01", "Example", "-1"] {
            assert!(!is_word(text), "{text}");
        }
    }

    #[test]
    fn spoiled_bodies_are_what_they_say() {
        let body = json!({"orders": [{"id": 1, "names": [], "status": "issued"}], "page": {"total": 1}});
        let text = Bytes::from(body.to_string());
        let twice = duplicate_members(&text);
        assert_eq!(String::from_utf8_lossy(&twice).matches("\"page\"").count(), 2);
        assert_eq!(serde_json::from_slice::<Value>(&twice).unwrap(), body, "JSON still: the last of them counts");
        assert!(serde_json::from_slice::<Value>(&deep_nesting(&text)).unwrap_err().to_string().contains("recursion"));
        assert!(std::str::from_utf8(&invalid_utf8(&text)).is_err());
        for empty in ["", "{}"] {
            assert_eq!(duplicate_members(&Bytes::from(empty)), empty);
        }

        let mut members = body.clone();
        unknown_members(&mut members);
        assert_eq!(members.to_string().matches("member_of_tomorrow").count(), 3);

        let mut chance = Rng::with_seed(1);
        let mut without = (0..100).map(|_| {
            let mut spoiled = body.clone();
            nulls(&mut spoiled, &mut chance);
            assert!(spoiled["orders"].is_array(), "a list that holds something stays");
            spoiled.to_string()
        });
        assert!(without.any(|spoiled| spoiled.contains("\"names\":null")));
        let mut words = body;
        (0..20).for_each(|_| unknown_values(&mut words, &mut chance));
        assert!(words["orders"][0]["status"].as_str().unwrap().starts_with("issued_of_tomorrow"));
    }
}
