//! Some proxies respond to a rejected request by echoing it, headers included. What errors quote from a response never shows the key.

use super::Core;
use crate::error::{ApiError, excerpt};

const HIDDEN: &str = "[redacted]";

/// How much of a text is searched; no more of it is quoted. It is longer than an excerpt, so that no part of a key is left at the end of
/// one.
const LOOKED_AT: usize = 4096;

/// How many entries of an error are kept; nobody reads a longer list.
const MOST_ENTRIES: usize = 100;

/// How many encodings of a key may be nested, such as base64 of an escaped text.
const DEPTH: u32 = 3;

impl Core {
    /// A text of the service, without the key.
    pub(super) fn without_key(&self, text: &str) -> String {
        let Some(key) = self.key() else { return text.to_owned() };
        let mut text = text.replace(key, HIDDEN);
        let end = (0..=LOOKED_AT.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        if holds(text.as_bytes(), key) { HIDDEN.to_owned() } else { text }
    }

    /// The beginning of a body that was not understood; nothing of it if it holds the key, in whatever spelling.
    pub(super) fn excerpt(&self, body: &[u8]) -> String {
        let body = &body[..body.len().min(LOOKED_AT)];
        match self.key() {
            Some(key) if String::from_utf8_lossy(body).contains(key) || holds(body, key) => HIDDEN.to_owned(),
            _ => excerpt(body),
        }
    }

    pub(super) fn entries_without_key(&self, entries: Vec<ApiError>) -> Vec<ApiError> {
        let hide = |ApiError { code, message }| ApiError { code: self.without_key(&code), message: self.without_key(&message) };
        entries.into_iter().take(MOST_ENTRIES).map(hide).collect()
    }

    /// The key as it is in its header, behind the scheme if there is one.
    fn key(&self) -> Option<&str> {
        let value = self.authorization.1.to_str().ok()?;
        Some(value.strip_prefix("Bearer ").unwrap_or(value)).filter(|key| !key.is_empty())
    }
}

/// Whether a text holds the key, or a piece of it: in upper or lower case, with blanks in between, escaped for HTML, JSON or a URL, in
/// hexadecimal or decimal digits, in base64 that begins anywhere, or in several of these ways one inside the other.
fn holds(text: &[u8], key: &str) -> bool {
    /// Fewer letters may be an ordinary word.
    const PIECE: usize = 8;

    let key = key.to_ascii_lowercase().into_bytes();
    if key.len() < PIECE {
        return false;
    }
    let least = if key.len() < 2 * PIECE { key.len() } else { PIECE };
    let mut pieces: Vec<&[u8]> = key.windows(least).collect();
    pieces.sort_unstable();
    let mut views = vec![text.to_vec()];
    for depth in 0..=DEPTH {
        if views.iter().any(|view| shows(view, &pieces, least)) {
            return true;
        }
        if depth < DEPTH {
            // Whatever it is written in, no spelling is shorter than what is written.
            views = views.iter().flat_map(|view| readings(view, least)).filter(|view| view.len() >= least).collect();
        }
    }
    false
}

fn shows(view: &[u8], pieces: &[&[u8]], length: usize) -> bool {
    let line: Vec<u8> = view.iter().filter(|byte| !is_blank(**byte)).map(u8::to_ascii_lowercase).collect();
    line.windows(length).any(|window| pieces.binary_search(&window).is_ok())
}

/// Blanks, line breaks, and the zeros of UTF-16.
const fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control()
}

/// The possible decodings of a text, as far as they have at least `least` bytes in one piece.
fn readings(view: &[u8], least: usize) -> Vec<Vec<u8>> {
    let text: &[u8] = &view.iter().copied().filter(|byte| !is_blank(*byte)).collect::<Vec<_>>();
    let unescaped = Some(unescaped(text)).filter(|unescaped| unescaped != view);
    let base64 = (0..4).map(|skipped| from_base64(text, skipped, least));
    let hexadecimal = (0..2).map(|skipped| from_hexadecimal(text, skipped, least));
    let mut readings: Vec<_> = unescaped.into_iter().chain(base64).chain(hexadecimal).collect();
    readings.push(from_decimal(text));
    readings
}

/// Without the escapes of URLs (`%41`), JSON (`\u0041`, `\/`), HTML (`&#65;`, `&#x41;`, `&amp;`) and of byte strings (`\x41`).
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let escape = match first {
            b'%' => number(behind, 2, 16),
            b'\\' => match behind.split_first() {
                Some((b'u' | b'U', digits)) => number(digits, 4, 16),
                Some((b'x' | b'X', digits)) => number(digits, 2, 16),
                Some((character @ (b'"' | b'\\' | b'/'), left)) => Some((*character, left)),
                _ => None,
            },
            b'&' => entity(behind),
            _ => None,
        };
        let (byte, left) = escape.unwrap_or((*first, behind));
        result.push(byte);
        rest = left;
    }
    result
}

/// What an entity of HTML stands for, after its `&`.
fn entity(text: &[u8]) -> Option<(u8, &[u8])> {
    /// `x0000041` is long already.
    const LONGEST: usize = 10;

    let end = text.iter().take(LONGEST).position(|byte| *byte == b';')?;
    let (name, left) = (&text[..end], &text[end + 1..]);
    let byte = match name {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, digits.len(), 16)?.0,
        [b'#', digits @ ..] => number(digits, digits.len(), 10)?.0,
        _ => return None,
    };
    Some((byte, left))
}

/// The byte that so many digits write, and what follows them.
fn number(text: &[u8], digits: usize, radix: u32) -> Option<(u8, &[u8])> {
    let (digits, left) = text.split_at_checked(digits)?;
    if !digits.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let value = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    Some((u8::try_from(value).ok()?, left))
}

/// All that could be base64 in either alphabet, decoded from the letter on with which a group of four is taken to begin.
fn from_base64(text: &[u8], skipped: usize, least: usize) -> Vec<u8> {
    bits(text, skipped, least, 6, |byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    })
}

/// All that could be hexadecimal digits, with or without something between the bytes.
fn from_hexadecimal(text: &[u8], skipped: usize, least: usize) -> Vec<u8> {
    const SEPARATORS: &[u8] = b":,-x\\";

    let mut digits: Vec<u8> = Vec::with_capacity(text.len());
    for (index, byte) in text.iter().enumerate() {
        let is_prefix = *byte == b'0' && text.get(index + 1).is_some_and(|next| matches!(next, b'x' | b'X'));
        if !is_prefix && !SEPARATORS.contains(&byte.to_ascii_lowercase()) {
            digits.push(*byte);
        }
    }
    bits(&digits, skipped, least, 4, |byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
}

/// The bytes that the digits of each unbroken run write, each digit `width` bits of them.
fn bits(text: &[u8], skipped: usize, least: usize, width: u32, digit: impl Fn(u8) -> Option<u8>) -> Vec<u8> {
    let text: Vec<Option<u8>> = text.iter().map(|byte| digit(*byte)).collect();
    let mut result = Vec::with_capacity(text.len());
    for run in text.split(Option::is_none).filter(|run| run.len() > least) {
        let (mut held, mut count) = (0_u32, 0);
        for value in run.iter().skip(skipped).flatten() {
            (held, count) = (held << width | u32::from(*value), count + width);
            if count >= 8 {
                count -= 8;
                result.extend(u8::try_from(held >> count & 0xff));
            }
        }
        // What does not belong together must not look as if it did.
        result.push(0xff);
    }
    result
}

/// All that could be a list of bytes in decimal digits.
fn from_decimal(text: &[u8]) -> Vec<u8> {
    let numbers = text.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    numbers.map(|digits| number(digits, digits.len(), 10).map_or(0xff, |(byte, _)| byte)).collect()
}

#[cfg(test)]
mod tests {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "CANARYKEY7f3a9c51e2d84b60a1";

    fn each(text: &str, write: impl Fn(u8) -> String) -> String {
        text.bytes().map(write).collect()
    }

    /// Every way of writing that a proxy may have.
    fn spellings(text: &str) -> Vec<(&'static str, String)> {
        let hexadecimal = |separator: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator);
        let wrapped = STANDARD.encode(format!("a long line before it, {text}, and one behind"));
        vec![
            ("plain", text.to_owned()),
            ("percent", each(text, |byte| format!("%{byte:02X}"))),
            (
                "percent of every other",
                text.bytes()
                    .enumerate()
                    .map(|(at, byte)| if at % 2 == 0 { format!("%{byte:02x}") } else { char::from(byte).into() })
                    .collect(),
            ),
            ("HTML, decimal", each(text, |byte| format!("&#{byte};"))),
            ("HTML, hexadecimal", each(text, |byte| format!("&#x{byte:X};"))),
            ("JSON", each(text, |byte| format!("\\u{byte:04x}"))),
            ("byte string", each(text, |byte| format!("\\x{byte:02x}"))),
            ("base64, 0", STANDARD.encode(text)),
            ("base64, 1", STANDARD.encode(&format!("u:{text}:")[1..])),
            ("base64, 2", URL_SAFE_NO_PAD.encode(format!("u:{text}"))),
            ("base64 behind letters", format!("Basic{}", STANDARD.encode(text))),
            ("base64 in lines", wrapped.as_bytes().chunks(12).map(|line| String::from_utf8_lossy(line).into_owned() + "\r\n").collect()),
            ("hexadecimal", hexadecimal("")),
            ("hexadecimal with colons", hexadecimal(":")),
            ("hexadecimal with blanks", hexadecimal(" ")),
            ("hexadecimal with prefixes", format!("0x{}", hexadecimal(", 0x"))),
            ("hexadecimal behind a digit", format!("a{}", hexadecimal(""))),
            ("decimal", format!("{:?}", text.as_bytes())),
            ("UTF-16", each(text, |byte| format!("{}\0", char::from(byte)))),
            ("broken into lines", each(text, |byte| format!("{}\n", char::from(byte)))),
        ]
    }

    #[test]
    fn a_key_is_found_in_every_spelling_and_case_and_one_inside_the_other() {
        for key in [KEY.to_owned(), KEY.to_lowercase(), KEY.to_uppercase()] {
            for (outer, text) in spellings(&key) {
                for body in [text.clone(), text.to_uppercase(), text.to_lowercase()] {
                    // In base64 the case is part of the letter.
                    if body == text || !outer.starts_with("base64") {
                        assert!(holds(format!("<p>{body}</p>").as_bytes(), KEY), "{outer}: {body}");
                    }
                }
                for (inner, text) in spellings(&text) {
                    assert!(holds(text.as_bytes(), KEY), "{outer} in {inner}");
                }
            }
        }
        for piece in [&KEY[..14], &KEY[13..], &KEY[4..12]] {
            assert!(holds(format!("x-dc-devkey: {piece}").as_bytes(), KEY), "{piece}");
        }
    }

    #[test]
    fn what_is_not_the_key_is_shown() {
        assert!(!holds(b"access_denied|invalid_key", "KEY"), "what decides is not hidden for a word's sake");
        for text in ["", "<html><h1>502 Bad Gateway</h1></html>", "CANARY", "key", "TOKEN", &STANDARD.encode("nothing of the kind")] {
            assert!(!holds(text.as_bytes(), KEY), "{text}");
        }
        assert!(!holds(&[0xff; LOOKED_AT], KEY) && !holds(&[b'A'; LOOKED_AT], KEY) && !holds(&[b'%'; LOOKED_AT], KEY));
    }

    proptest! {
        #[test]
        fn any_key_is_found_in_any_place_of_base64_and_nothing_panics(
            key in "[!-~]{8,40}", before in ".{0,40}", after in ".{0,40}", noise: Vec<u8>,
        ) {
            let base64 = STANDARD.encode(format!("{before}{key}{after}"));
            let percent = format!("{before}{}{after}", each(&key, |byte| format!("%{byte:02x}")));
            prop_assert!([base64, percent].iter().all(|text| holds(text.as_bytes(), &key)));
            let _ = holds(&noise, &key);
        }
    }
}
