//! Request messages in protobuf JSON: members in either spelling, each type only in the forms that protobuf readers accept.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::jpki::{Hash, Kind, Method};
use super::refusal::Refused;
use super::tenant::is_uuid;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// The two alphabets of base64, with or without padding.
const BASE64: [GeneralPurpose; 2] = [GeneralPurpose::new(&STANDARD, LENIENT), GeneralPurpose::new(&URL_SAFE, LENIENT)];

/// The values of an enumeration by their numbers. That the numbers follow the order of the documentation is inferred.
type Words = &'static [&'static str];

const KINDS: Words = &[
    "TYPE_UNSPECIFIED",
    "TYPE_JPKI_CARD_DIGITAL_SIGNATURE",
    "TYPE_JPKI_CARD_USER_AUTHENTICATION",
    "TYPE_JPKI_MOBILE_DIGITAL_SIGNATURE",
    "TYPE_JPKI_MOBILE_USER_AUTHENTICATION",
];
const METHODS: Words = &["CHECK_METHOD_UNSPECIFIED", "CHECK_METHOD_CRL", "CHECK_METHOD_OCSP"];
const HASHES: Words = &["HASH_ALGORITHM_UNSPECIFIED", "HASH_ALGORITHM_SHA256", "HASH_ALGORITHM_SHA384", "HASH_ALGORITHM_SHA512"];

/// A message, and where it stands in the request's.
pub(super) struct Message {
    members: Map<String, Value>,
    path: &'static str,
}

/// A kind of certificate that a request names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Any,
    OnCard(Kind),
    /// Of a telephone; nobody here has one.
    OnMobile,
}

/// A span of time: from the first moment on, up to but without the second.
pub(super) struct Period(Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl Period {
    pub(super) fn has(&self, at: DateTime<Utc>) -> bool {
        self.0.is_none_or(|since| at >= since) && self.1.is_none_or(|until| at < until)
    }
}

impl Message {
    pub(super) fn read(json: &[u8]) -> Result<Self, Refused> {
        let members = serde_json::from_slice(json).map_err(|_| Refused::Malformed("the message is no JSON object"))?;
        Ok(Self { members, path: "" })
    }

    /// The member of a name in snake_case, which may be spelled in lowerCamelCase too; `null` is one that is not given.
    fn get(&self, name: &str) -> Option<&Value> {
        let found = self.members.get(name).or_else(|| self.members.get(&camel_case(name)));
        found.filter(|value| !value.is_null())
    }

    /// What is of another type than the member.
    fn unreadable(&self, name: &str, of: &'static str) -> Refused {
        Refused::Unreadable { field: format!("{}{name}", self.path), of }
    }

    /// What is of the member's type, but breaks a rule.
    fn invalid(&self, name: &str, rule: &'static str) -> Refused {
        Refused::Invalid { field: format!("{}{name}", self.path), rule }
    }

    /// A text; the empty one if it is not given.
    pub(super) fn text(&self, name: &str) -> Result<&str, Refused> {
        match self.get(name) {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(self.unreadable(name, "string")),
        }
    }

    pub(super) fn id(&self, name: &str) -> Result<&str, Refused> {
        let id = self.text(name)?;
        if is_uuid(id) { Ok(id) } else { Err(self.invalid(name, "string.uuid")) }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Refused> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.unreadable(name, "bool")),
        }
    }

    /// A whole number, as a number or as a text of one; 0 if it is not given.
    pub(super) fn number(&self, name: &str) -> Result<i32, Refused> {
        let Some(value) = self.get(name) else { return Ok(0) };
        let number = match value {
            Value::String(digits) if !digits.starts_with(char::is_whitespace) && !digits.ends_with(char::is_whitespace) => {
                serde_json::from_str::<Value>(digits).ok().as_ref().and_then(whole)
            }
            value => whole(value),
        };
        number.ok_or_else(|| self.unreadable(name, "int32"))
    }

    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, Refused> {
        let text = self.text(name)?;
        let bytes = BASE64.iter().find_map(|base64| base64.decode(text).ok()).ok_or_else(|| self.unreadable(name, "bytes"))?;
        if bytes.is_empty() { Err(self.invalid(name, "required")) } else { Ok(bytes) }
    }

    /// By CRL unless said otherwise.
    pub(super) fn method(&self) -> Result<Method, Refused> {
        match self.word("check_method", METHODS)? {
            "CHECK_METHOD_OCSP" => Ok(Method::Ocsp),
            _ => Ok(Method::Crl),
        }
    }

    pub(super) fn hash(&self) -> Result<Hash, Refused> {
        match self.word("hash_algorithm", HASHES)? {
            "HASH_ALGORITHM_SHA256" => Ok(Hash::Sha256),
            "HASH_ALGORITHM_SHA384" => Ok(Hash::Sha384),
            "HASH_ALGORITHM_SHA512" => Ok(Hash::Sha512),
            _ => Err(self.invalid("hash_algorithm", "enum.defined_only")),
        }
    }

    /// The kind that is asked for.
    pub(super) fn kind(&self) -> Result<Asked, Refused> {
        self.word("certificate_type", KINDS).map(asked)
    }

    /// The kinds that are asked for, of those that are on cards; `None` if any will do.
    pub(super) fn kinds(&self) -> Result<Option<Vec<Kind>>, Refused> {
        const NAME: &str = "certificate_types";
        let words = self.list(NAME)?.iter().map(|value| self.enumerated(NAME, value, KINDS));
        let kinds: Vec<Asked> = words.map(|word| word.map(asked)).collect::<Result<_, _>>()?;
        let is_any = kinds.iter().all(|kind| *kind == Asked::Any);
        let on_cards = kinds.iter().filter_map(|kind| if let Asked::OnCard(kind) = kind { Some(*kind) } else { None });
        Ok((!is_any).then(|| on_cards.collect()))
    }

    /// The filter of a list, which is read like a message of its own.
    pub(super) fn filter(&self) -> Result<Self, Refused> {
        match self.get("filter") {
            None => Ok(Self { members: Map::new(), path: "filter." }),
            Some(Value::Object(members)) => Ok(Self { members: members.clone(), path: "filter." }),
            Some(_) => Err(self.unreadable("filter", "message")),
        }
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, Refused> {
        self.list(name)?.iter().map(|value| value.as_str().ok_or_else(|| self.unreadable(name, "string"))).collect()
    }

    pub(super) fn period(&self) -> Result<Period, Refused> {
        let time = |name: &str| match self.get(name) {
            None => Ok(None),
            Some(value) => {
                let read = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
                read.map(|at| Some(at.to_utc())).ok_or_else(|| self.unreadable(name, "google.protobuf.Timestamp"))
            }
        };
        Ok(Period(time("created_since")?, time("created_until")?))
    }

    /// A member that is repeated; none of it is as good as absent.
    fn list(&self, name: &str) -> Result<&[Value], Refused> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(self.unreadable(name, "repeated field")),
        }
    }

    /// A value of an enumeration; the first one, which has the number 0, if it is not given.
    fn word(&self, name: &str, words: Words) -> Result<&'static str, Refused> {
        self.get(name).map_or(Ok(words[0]), |value| self.enumerated(name, value, words))
    }

    /// A value of an enumeration by its name or by its number. A number without a name can be read, but not used.
    fn enumerated(&self, name: &str, value: &Value, words: Words) -> Result<&'static str, Refused> {
        let unreadable = || self.unreadable(name, "enum");
        if let Some(text) = value.as_str() {
            return words.iter().find(|word| **word == text).copied().ok_or_else(unreadable);
        }
        let number = whole(value).ok_or_else(unreadable)?;
        let word = usize::try_from(number).ok().and_then(|number| words.get(number));
        word.copied().ok_or_else(|| self.invalid(name, "enum.defined_only"))
    }
}

fn asked(word: &'static str) -> Asked {
    match word {
        "TYPE_JPKI_CARD_DIGITAL_SIGNATURE" => Asked::OnCard(Kind::Signing),
        "TYPE_JPKI_CARD_USER_AUTHENTICATION" => Asked::OnCard(Kind::Authentication),
        "TYPE_JPKI_MOBILE_DIGITAL_SIGNATURE" | "TYPE_JPKI_MOBILE_USER_AUTHENTICATION" => Asked::OnMobile,
        _ => Asked::Any,
    }
}

/// A number of 32 bits; `1.0` and `1e0` are whole.
fn whole(value: &Value) -> Option<i32> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
    let is_in_range = (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
    // It is whole and in range.
    is_in_range.then_some(number as i32)
}

/// A name in lowerCamelCase.
pub(super) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name + &initial.to_ascii_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(value: &Value) -> Message {
        Message::read(value.to_string().as_bytes()).unwrap()
    }

    fn field<T>(read: Result<T, Refused>) -> Result<T, String> {
        read.map_err(|refused| match refused {
            Refused::Unreadable { field, of } => format!("{field}: {of}"),
            Refused::Invalid { field, rule } => format!("{field}: {rule}"),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn numbers() {
        let unreadable = || Err("page_size: int32".to_owned());
        for (value, expected) in [
            (json!(1), Ok(1)),
            (json!(1.0), Ok(1)),
            (json!(1e2), Ok(100)),
            (json!("1"), Ok(1)),
            (json!("1.0"), Ok(1)),
            (json!(-1), Ok(-1)),
            (json!(null), Ok(0)),
            (json!(2_147_483_647), Ok(i32::MAX)),
            (json!(2_147_483_648_u32), unreadable()),
            (json!(1.5), unreadable()),
            (json!("1.5"), unreadable()),
            (json!(" 1"), unreadable()),
            (json!(""), unreadable()),
            (json!("one"), unreadable()),
            (json!(true), unreadable()),
            (json!([1]), unreadable()),
        ] {
            for name in ["pageSize", "page_size"] {
                assert_eq!(field(message(&json!({name: value})).number("page_size")), expected, "{value}");
            }
        }
    }

    #[test]
    fn enumerations() {
        let hash = |value: Value| field(message(&json!({"hashAlgorithm": value})).hash());
        for value in [json!("HASH_ALGORITHM_SHA384"), json!(2), json!(2.0)] {
            assert_eq!(hash(value.clone()), Ok(Hash::Sha384), "{value}");
        }
        for value in [json!(0), json!("HASH_ALGORITHM_UNSPECIFIED"), json!(null), json!(9), json!(-1)] {
            assert_eq!(hash(value.clone()), Err("hash_algorithm: enum.defined_only".to_owned()), "{value}");
        }
        for value in [json!("2"), json!("sha256"), json!(1.5), json!(true), json!({})] {
            assert_eq!(hash(value.clone()), Err("hash_algorithm: enum".to_owned()), "{value}");
        }
    }

    #[test]
    fn filters_name_their_fields() {
        for (filter, expected) in [
            (json!({"certificateTypes": [5]}), "filter.certificate_types: enum.defined_only"),
            (json!({"certificateTypes": ["ANY"]}), "filter.certificate_types: enum"),
            (json!({"certificate_types": 1}), "filter.certificate_types: repeated field"),
            (json!({"userIds": [1]}), "filter.user_ids: string"),
            (json!({"userIds": [null]}), "filter.user_ids: string"),
            (json!({"createdSince": 5}), "filter.created_since: google.protobuf.Timestamp"),
            (json!({"created_until": "soon"}), "filter.created_until: google.protobuf.Timestamp"),
            (json!([]), "filter: message"),
        ] {
            let read = |message: &Message| {
                let filter = message.filter()?;
                filter.kinds()?;
                filter.texts("user_ids")?;
                filter.period().map(drop)
            };
            assert_eq!(field(read(&message(&json!({"filter": filter})))), Err(expected.to_owned()), "{filter}");
        }
        let nothing = message(&json!({"filter": {"certificateTypes": null, "userIds": null, "createdSince": null}})).filter().unwrap();
        assert!(nothing.kinds().unwrap().is_none() && nothing.texts("user_ids").unwrap().is_empty());
    }

    #[test]
    fn bytes_come_in_either_alphabet_with_or_without_padding() {
        for text in ["+/8=", "+/8", "-_8=", "-_8"] {
            assert_eq!(message(&json!({"digest": text})).bytes("digest").unwrap(), [0xfb, 0xff], "{text}");
        }
        for (value, expected) in [
            (json!(""), "digest: required"),
            (json!(null), "digest: required"),
            (json!("=="), "digest: bytes"),
            (json!("+_8="), "digest: bytes"),
            (json!([1]), "digest: string"),
        ] {
            assert_eq!(field(message(&json!({"digest": value})).bytes("digest")), Err(expected.to_owned()), "{value}");
        }
    }

    #[test]
    fn names_are_spelled_in_either_way() {
        assert_eq!(camel_case("certificate_status_id"), "certificateStatusId");
        assert_eq!(camel_case("digest"), "digest");
        assert!(message(&json!({"identify_user": true})).flag("identify_user").unwrap());
        assert!(message(&json!({"identifyUser": true})).flag("identify_user").unwrap());
        assert!(message(&json!({"identifyUser": 1})).flag("identify_user").is_err());
    }
}
