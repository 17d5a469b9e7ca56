//! Tamper-proof resume tokens: their content is sealed with a key derived from the API key.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{error::Error, random::random, secret::ApiKey};

/// The content of a token. Its structs deny unknown fields: an added member would not be under the seal.
pub(crate) trait Content: Serialize {
    /// Distinguishes kinds of tokens, so that one is never accepted as another.
    const KIND: &'static str;
    /// Changes whenever the content's form or meaning does.
    const VERSION: u8;
}

/// A content and its seal. After any change it can no longer be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed<T> {
    version: u8,
    seal: Seal,
    content: T,
}

impl<T> Sealed<T> {
    /// The unverified content, for display only: someone may have changed it.
    pub(crate) fn unverified(&self) -> &T {
        &self.content
    }
}

/// Seals and opens the tokens of one API key at one server.
pub(crate) struct Seals {
    current: SealingKey,
    /// The keys of replaced API keys: they only open.
    previous: Vec<SealingKey>,
}

impl Seals {
    pub(crate) fn new(key: &ApiKey, previous: &[ApiKey], server: &str) -> Self {
        let of = |key: &ApiKey| SealingKey::new(key, server);
        Self { current: of(key), previous: previous.iter().map(of).collect() }
    }

    pub(crate) fn seal<T: Content>(&self, content: T) -> Sealed<T> {
        let seal = Seal(self.current.code(&content, T::VERSION).finalize().into_bytes().into());
        Sealed { version: T::VERSION, seal, content }
    }

    /// Returns the content if it is unchanged and sealed with one of these keys.
    pub(crate) fn open<T: Content>(&self, sealed: Sealed<T>) -> Result<T, Error> {
        let refuse = |reason| Err(Error::invalid("resume token", reason));
        if sealed.version != T::VERSION {
            return refuse(format!("it has version {}, expected {}", sealed.version, T::VERSION));
        }
        // In constant time, so as not to reveal how much of a forged seal is right.
        let opens = |key: &SealingKey| key.code(&sealed.content, sealed.version).verify_slice(&sealed.seal.0).is_ok();
        if opens(&self.current) || self.previous.iter().any(opens) {
            return Ok(sealed.content);
        }
        refuse(
            "it was changed, or made with another API key or for another base URL; if the key was replaced, pass the previous one to \
             ClientBuilder::previous_api_key"
                .to_owned(),
        )
    }
}

/// The key of the seals of one API key at one server.
struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    /// Derives a separate key, so that a seal reveals nothing about the API key, and is invalid at another server.
    fn new(key: &ApiKey, server: &str) -> Self {
        let parts = [b"shomei resume tokens\0", server.as_bytes()];
        Self(Zeroizing::new(code(key.expose().as_bytes(), &parts).finalize().into_bytes().into()))
    }

    fn code<T: Content>(&self, content: &T, version: u8) -> Hmac<Sha256> {
        // What cannot be written as JSON matches no seal.
        let content = serde_json::to_vec(content).unwrap_or_else(|_| random().to_le_bytes().into());
        code(&*self.0, &[T::KIND.as_bytes(), &[0, version], &content])
    }
}

fn code(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| code.update(part));
    code
}

#[derive(Clone, PartialEq, Eq)]
struct Seal([u8; 32]);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl Serialize for Seal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for Seal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits: Option<Vec<u8>> = text.bytes().map(digit).collect();
        let bytes = digits.filter(|digits| digits.len() == 64).map(|digits| digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect());
        let bytes: Vec<u8> = bytes.ok_or_else(|| D::Error::custom("a seal has 64 hexadecimal digits"))?;
        bytes.try_into().map(Self).map_err(|_| D::Error::custom("a seal has 64 hexadecimal digits"))
    }
}

/// Only one spelling is accepted, so that no changed token passes.
fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Note {
        number: u64,
        words: Vec<String>,
        until: Option<u8>,
    }

    impl Content for Note {
        const KIND: &'static str = "note";
        const VERSION: u8 = 3;
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct OtherKind(Note);

    impl Content for OtherKind {
        const KIND: &'static str = "other";
        const VERSION: u8 = 3;
    }

    const SERVER: &str = "https://a.example/v2";

    fn key(text: &str) -> Seals {
        Seals::new(&ApiKey::new(text).unwrap(), &[], SERVER)
    }

    fn note() -> impl Strategy<Value = Note> {
        (any::<u64>(), proptest::collection::vec("[a-z\"\\\\é]{0,6}", 0..4), any::<Option<u8>>()).prop_map(|(number, words, until)| Note {
            number,
            words,
            until,
        })
    }

    /// Tokens outlive releases. The seal was calculated by another implementation of HMAC-SHA256 too.
    #[test]
    fn a_seal_stays_the_same_from_one_release_to_the_next() {
        let note = Note { number: 7, words: vec!["a".into()], until: None };
        let written = serde_json::to_value(key("0123456789ABCDEF").seal(note)).unwrap();
        assert_eq!(written["seal"], "1d2e1e8be3dea36637a9c1460d3928b8d59e80048fa27f16d54b86f8f0c49e6c");
    }

    #[test]
    fn tokens_of_another_kind_version_or_key_are_refused() {
        let note = Note { number: 7, words: vec![], until: None };
        let sealed = key("one").seal(note.clone());
        assert_eq!(key("one").open(sealed.clone()).unwrap(), note);
        let mut older = sealed.clone();
        older.version = 2;
        let other_kind = Sealed { version: 3, seal: sealed.seal.clone(), content: OtherKind(note) };
        for (error, words) in [
            (key("two").open(sealed).unwrap_err(), "another API key"),
            (key("one").open(older).unwrap_err(), "version 2, expected 3"),
            (key("one").open(other_kind).unwrap_err(), "changed"),
        ] {
            assert!(error.is_invalid_input() && error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn a_previous_key_opens_and_does_not_seal() {
        let note = Note { number: 7, words: vec![], until: None };
        let (former, key_now) = (ApiKey::new("former").unwrap(), ApiKey::new("now").unwrap());
        let rotated = Seals::new(&key_now, &[ApiKey::new("oldest").unwrap(), former], SERVER);
        for held in ["oldest", "former", "now"] {
            assert_eq!(rotated.open(key(held).seal(note.clone())).unwrap(), note, "{held}");
        }
        let sealed = rotated.seal(note);
        assert!(key("now").open(sealed.clone()).is_ok() && key("former").open(sealed).is_err());
    }

    #[test]
    fn tokens_of_another_server_are_refused() {
        let key = ApiKey::new("one").unwrap();
        let sealed = Seals::new(&key, &[], SERVER).seal(Note { number: 7, words: vec![], until: None });
        let error = Seals::new(&key, &[], "https://b.example/v2").open(sealed).unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("another base URL"), "{error}");
    }

    #[test]
    fn an_added_member_makes_a_token_invalid() {
        let sealed = serde_json::to_value(key("one").seal(Note { number: 7, words: vec![], until: None })).unwrap();
        for place in ["", "/content"] {
            let mut more = sealed.clone();
            more.pointer_mut(place).unwrap()["more"] = 1.into();
            assert!(serde_json::from_value::<Sealed<Note>>(more).is_err(), "{place}");
        }
    }

    #[test]
    fn a_seal_has_one_spelling() {
        let small = format!("\"{}\"", "0a".repeat(32));
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Seal>(&small).unwrap()).unwrap(), small);
        for wrong in [small.to_uppercase(), format!("\"{}\"", "0a".repeat(31)), format!("\"{}\"", "0g".repeat(32)), "7".into()] {
            assert!(serde_json::from_str::<Seal>(&wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_byte_is_changed_the_token_is_refused_or_the_same(note in note(), position: prop::sample::Index, byte: u8) {
            let sealed = key("one").seal(note);
            let mut written = serde_json::to_vec(&sealed).unwrap();
            let position = position.index(written.len());
            written[position] = byte;
            if let Ok(changed) = serde_json::from_slice::<Sealed<Note>>(&written) {
                prop_assert_eq!(key("one").open(changed.clone()).is_ok(), changed == sealed);
            }
        }

        #[test]
        fn whatever_member_is_changed_the_token_is_refused_or_the_same(ours in note(), theirs in note(), member in 0..4usize) {
            let sealed = key("one").seal(ours);
            let mut written = serde_json::to_value(&sealed).unwrap();
            let other = serde_json::to_value(key("one").seal(theirs)).unwrap();
            match ["version", "seal", "content", "content.number"][member] {
                "content.number" => written["content"]["number"] = other["content"]["number"].clone(),
                member => written[member] = other[member].clone(),
            }
            let changed: Sealed<Note> = serde_json::from_value(written).unwrap();
            prop_assert_eq!(key("one").open(changed.clone()).is_ok(), changed == sealed);
        }

        #[test]
        fn another_key_opens_nothing(note in note(), one in "[!-~]{1,40}", two in "[!-~]{1,40}") {
            let sealed = key(&one).seal(note.clone());
            let again: Sealed<Note> = serde_json::from_value(serde_json::to_value(&sealed).unwrap()).unwrap();
            prop_assert_eq!(key(&two).open(again.clone()).is_ok(), one == two);
            prop_assert_eq!(key(&one).open(again).unwrap(), note);
        }

        #[test]
        fn no_json_panics(value in any::<u8>(), text in ".{0,80}") {
            let _ = serde_json::from_str::<Sealed<Note>>(&text);
            let _ = serde_json::from_value::<Seal>(Value::String(text));
            let _ = digit(value);
        }
    }
}
