//! Reading request bodies the way the service does: each member in every form that its type is known to come in, and in no other.

use serde_json::{Map, Value};

use super::refusal::{Refusal, Refusals};

/// The members that a body, or an object in it, may have. Others are ignored, as the service ignores them.
pub(crate) type Members = &'static [(&'static str, Type)];

/// A body that nobody reads.
pub(crate) const NO_MEMBERS: Members = &[];

/// What a member is read as.
///
/// Of every type, `null` is a member that is not given; so are an empty text and, but for flags and counts, a zero, since clients in production send whole
/// objects back with these in the empty places. What is of another type is refused and never taken for absent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Type {
    Text,
    /// A text that an empty one takes away.
    Erasable,
    /// A text of digits, which some clients send as a number: a postal code, a telephone number.
    Digits,
    /// A whole number, or the digits of one.
    Number,
    /// A positive number, or the digits of one.
    Id,
    /// A number of which a zero is one too.
    Count,
    /// A boolean, 0 or 1, or one of these as a text.
    Flag,
    /// A list of texts; blank ones are dropped. `null`, which Go writes for a list with nothing in it, is an empty list.
    Texts,
    /// A list of ids.
    Ids,
    /// A list of whole numbers, zero and negative ones among them.
    Numbers,
    /// An object; `[]` is how PHP writes an empty one.
    Object(Members),
    /// A list of objects; `null` is an empty list here too.
    Objects(Members),
    /// Any JSON.
    Any,
}

/// A request's JSON object, addressed by dotted paths. What it holds is of the types that its members state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    values: Map<String, Value>,
    members: Members,
}

impl Body {
    /// Reads a body; none at all is an empty object. Everything of a wrong type is named in one refusal.
    pub(crate) fn read(bytes: &[u8], members: Members) -> Result<Self, Refusal> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self { members, ..Self::default() });
        }
        let values = match serde_json::from_slice(bytes) {
            Ok(Value::Object(values)) => values,
            Ok(Value::Array(items)) if items.is_empty() => Map::new(),
            _ => return Err(Refusal::bad_request_format()),
        };
        let mut refusals = Refusals::default();
        let values = read_members(values, members, "", &mut refusals);
        refusals.into_result()?;
        Ok(Self { values, members })
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    pub(crate) fn number(&self, path: &str) -> Option<i64> {
        self.at(path).and_then(Value::as_i64)
    }

    pub(crate) fn id(&self, path: &str) -> Option<u64> {
        self.at(path).and_then(Value::as_u64)
    }

    /// A flag, which is off when it is not given.
    pub(crate) fn flag(&self, path: &str) -> bool {
        self.at(path).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(crate) fn texts(&self, path: &str) -> Vec<String> {
        let texts = self.at(path).and_then(Value::as_array).into_iter().flatten();
        texts.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(crate) fn ids(&self, path: &str) -> Vec<u64> {
        self.at(path).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_u64).collect()
    }

    /// An object, to be read on its own.
    pub(crate) fn object(&self, path: &str) -> Option<Self> {
        let Some(Type::Object(members)) = type_at(self.members, path) else { return None };
        self.at(path).and_then(Value::as_object).map(|values| Self { values: values.clone(), members })
    }

    /// The objects of a list.
    pub(crate) fn items(&self, path: &str) -> Vec<Self> {
        let Some(Type::Objects(members)) = type_at(self.members, path) else { return Vec::new() };
        let items = self.at(path).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_object).map(|values| Self { values: values.clone(), members }).collect()
    }

    pub(crate) fn is_given(&self, path: &str) -> bool {
        self.at(path).is_some()
    }

    /// The value at a path, as its type has it.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        debug_assert!(self.members.is_empty() || type_at(self.members, path).is_some(), "`{path}` is no member of the body");
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = self.values.get(first)?;
        if rest.is_empty() { Some(value) } else { rest.split('.').try_fold(value, |value, step| value.get(step)) }
    }
}

fn type_at(members: Members, path: &str) -> Option<Type> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let found = members.iter().find(|(name, _)| *name == first).map(|(_, found)| *found);
    match found {
        Some(Type::Object(members)) if !rest.is_empty() => type_at(members, rest),
        found => found.filter(|_| rest.is_empty()),
    }
}

/// The given members, each in the form of its type; a value of another type is refused with its path.
fn read_members(mut values: Map<String, Value>, members: Members, above: &str, refusals: &mut Refusals) -> Map<String, Value> {
    let mut read = Map::new();
    for (name, of) in members {
        let path = if above.is_empty() { (*name).to_owned() } else { format!("{above}.{name}") };
        if let Some(value) = values.remove(*name).and_then(|value| of.read(value, &path, refusals)) {
            read.insert((*name).to_owned(), value);
        }
    }
    read
}

impl Type {
    /// The value as this type has it; `None` if it is not given, or of another type and refused.
    fn read(self, value: Value, path: &str, refusals: &mut Refusals) -> Option<Value> {
        let is_list = matches!(self, Self::Texts | Self::Ids | Self::Numbers | Self::Objects(_));
        match value {
            Value::Null => is_list.then(|| Value::Array(Vec::new())),
            Value::String(text) if text.trim().is_empty() && !is_list && !matches!(self, Self::Erasable) => None,
            value => self.given(value, path, refusals).unwrap_or_else(|| {
                // Which code a wrong type gets is inferred.
                refusals.push(Refusal::invalid_value(path));
                None
            }),
        }
    }

    /// What a value that is neither `null` nor blank gives, which may be nothing; `None` if it is of another type.
    fn given(self, value: Value, path: &str, refusals: &mut Refusals) -> Option<Option<Value>> {
        let given: Value = match (self, value) {
            (Self::Text | Self::Erasable | Self::Digits, Value::String(text)) => text.trim().into(),
            (Self::Text | Self::Erasable, value) => return (whole(&value)? == 0).then_some(None),
            (Self::Digits, value) => return positive(&value).map(|number| (number != 0).then(|| number.to_string().into())),
            (Self::Number, value) => return whole(&value).map(|number| (number != 0).then(|| number.into())),
            (Self::Id, value) => return positive(&value).map(|number| (number != 0).then(|| number.into())),
            (Self::Count, value) => positive(&value)?.into(),
            (Self::Flag, value) => flag(&value)?.into(),
            (Self::Ids, Value::Array(items)) => items.iter().map(positive).collect::<Option<Vec<u64>>>()?.into(),
            (Self::Numbers, Value::Array(items)) => items.iter().map(whole).collect::<Option<Vec<i64>>>()?.into(),
            (Self::Texts, Value::Array(items)) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).collect()
            }
            (Self::Object(members), Value::Object(values)) => read_members(values, members, path, refusals).into(),
            (Self::Object(_), Value::Array(items)) if items.is_empty() => return Some(None),
            (Self::Objects(members), Value::Array(items)) if items.iter().all(Value::is_object) => {
                let items = items.into_iter().filter_map(|item| if let Value::Object(values) = item { Some(values) } else { None });
                items.map(|values| Value::Object(read_members(values, members, path, refusals))).collect()
            }
            (Self::Any, value) => value,
            _ => return None,
        };
        Some(Some(given))
    }
}

/// JSON has one kind of number: `60.0` is whole.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(digits) => digits.trim().parse().ok(),
        Value::Number(number) => number.as_i64().or_else(|| {
            let number = number.as_f64()?;
            // It is whole, and below what a double holds exactly.
            (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
        }),
        _ => None,
    }
}

fn positive(value: &Value) -> Option<u64> {
    whole(value).and_then(|number| number.try_into().ok())
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if is_true(text) => Some(true),
        Value::String(text) if is_false(text) => Some(false),
        value => match whole(value)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

/// How queries and bodies spell "yes" in text.
pub(crate) fn is_true(text: &str) -> bool {
    matches!(text, "1" | "true" | "TRUE" | "True")
}

fn is_false(text: &str) -> bool {
    matches!(text, "0" | "false" | "FALSE" | "False")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ADDRESS: Members = &[("city", Type::Text), ("zip", Type::Digits)];
    const ALL: Members = &[
        ("text", Type::Text),
        ("digits", Type::Digits),
        ("number", Type::Number),
        ("id", Type::Id),
        ("count", Type::Count),
        ("flag", Type::Flag),
        ("ids", Type::Ids),
        ("texts", Type::Texts),
        ("object", Type::Object(ADDRESS)),
        ("objects", Type::Objects(ADDRESS)),
        ("any", Type::Any),
    ];

    fn read(body: &Value) -> Result<Body, Refusal> {
        Body::read(body.to_string().as_bytes(), ALL)
    }

    #[test]
    fn bodies_that_are_no_object_are_refused() {
        for text in ["{", "1", "\"x\"", "[1]", "null", "<xml/>"] {
            assert!(Body::read(text.as_bytes(), ALL).is_err(), "{text}");
        }
        for text in ["", "  ", "[]", "{}", r#"{"other": [5]}"#] {
            assert!(Body::read(text.as_bytes(), ALL).is_ok(), "{text}");
        }
    }

    #[test]
    fn every_type_is_read_in_its_forms_and_in_no_other() {
        let given = |value: Value| Ok(Some(value));
        let absent = Ok(None);
        for (member, value, expected) in [
            ("text", json!(" a "), given(json!("a"))),
            ("text", json!(0), absent.clone()),
            ("text", json!(5), Err("text")),
            ("text", json!(true), Err("text")),
            ("text", json!(["a"]), Err("text")),
            ("digits", json!("03-1234"), given(json!("03-1234"))),
            ("digits", json!(84045), given(json!("84045"))),
            ("digits", json!(0), absent.clone()),
            ("digits", json!(-5), Err("digits")),
            ("digits", json!(1.5), Err("digits")),
            ("digits", json!([84045]), Err("digits")),
            ("number", json!(-1), given(json!(-1))),
            ("number", json!("60"), given(json!(60))),
            ("number", json!(60.0), given(json!(60))),
            ("number", json!("0"), absent.clone()),
            ("number", json!(60.5), Err("number")),
            ("number", json!(1e30), Err("number")),
            ("number", json!("sixty"), Err("number")),
            ("number", json!(false), Err("number")),
            ("number", json!({"days": 60}), Err("number")),
            ("id", json!(5), given(json!(5))),
            ("id", json!("5"), given(json!(5))),
            ("id", json!(0), absent.clone()),
            ("id", json!("0"), absent.clone()),
            ("id", json!(-5), Err("id")),
            ("id", json!([5]), Err("id")),
            ("count", json!(0), given(json!(0))),
            ("count", json!("5"), given(json!(5))),
            ("count", json!(-5), Err("count")),
            ("ids", json!([1, "2"]), given(json!([1, 2]))),
            ("ids", json!([1, "two"]), Err("ids")),
            ("flag", json!(true), given(json!(true))),
            ("flag", json!(1), given(json!(true))),
            ("flag", json!("1"), given(json!(true))),
            ("flag", json!("true"), given(json!(true))),
            ("flag", json!(0), given(json!(false))),
            ("flag", json!("0"), given(json!(false))),
            ("flag", json!(2), Err("flag")),
            ("flag", json!("yes"), Err("flag")),
            ("flag", json!([]), Err("flag")),
            ("texts", json!(["a", " ", ""]), given(json!(["a"]))),
            ("texts", json!([]), given(json!([]))),
            ("texts", json!("a"), Err("texts")),
            ("texts", json!(""), Err("texts")),
            ("texts", json!(["a", 5]), Err("texts")),
            ("object", json!({"city": "Tokyo", "x": 5}), given(json!({"city": "Tokyo"}))),
            ("object", json!([]), absent.clone()),
            ("object", json!([5]), Err("object")),
            ("object", json!("60"), Err("object")),
            ("object", json!({"city": 5}), Err("object.city")),
            ("objects", json!([{"zip": 5}, {}]), given(json!([{"zip": "5"}, {}]))),
            ("objects", json!([5]), Err("objects")),
            ("objects", json!({"zip": 5}), Err("objects")),
            ("objects", json!([{"zip": [5]}]), Err("objects.zip")),
            ("any", json!({"a": [5]}), given(json!({"a": [5]}))),
            ("any", json!(0), given(json!(0))),
        ] {
            let read = read(&json!({member: value})).map(|body| body.at(member).cloned());
            let codes = |refusal: Refusal| refusal.body();
            let expected = expected.map_err(|path| Refusal::invalid_value(path).body());
            assert_eq!(read.map_err(codes), expected, "{member}: {value}");
        }
    }

    #[test]
    fn null_is_not_given_and_of_lists_an_empty_one() {
        for (member, of) in ALL {
            let read = read(&json!({*member: null})).unwrap();
            let list = matches!(of, Type::Texts | Type::Ids | Type::Objects(_));
            assert_eq!(read.at(member), list.then(|| json!([])).as_ref(), "{member}");
        }
        for member in ["text", "digits", "number", "id", "flag", "object"] {
            assert!(!read(&json!({member: ""})).unwrap().is_given(member), "{member}");
        }
    }

    #[test]
    fn everything_of_a_wrong_type_is_named_at_once() {
        let refusal = read(&json!({"text": 5, "object": {"city": [], "zip": {}}, "id": 5})).unwrap_err().body();
        let codes: Vec<&str> = refusal["errors"].as_array().unwrap().iter().filter_map(|error| error["code"].as_str()).collect();
        assert_eq!(codes, ["invalid_value:text", "invalid_value:object.city", "invalid_value:object.zip"]);
    }

    #[test]
    fn members_are_read_by_their_paths() {
        let body = read(&json!({"object": {"city": "Tokyo"}, "objects": [{"zip": 1}, {"zip": "2"}]})).unwrap();
        assert_eq!(body.text("object.city"), Some("Tokyo"));
        assert_eq!(body.text("object.zip"), None);
        let zips: Vec<String> = body.items("objects").iter().filter_map(|item| item.text("zip")).map(str::to_owned).collect();
        assert_eq!(zips, ["1", "2"]);
        assert!(!body.flag("flag") && body.texts("texts").is_empty());
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "`city` is no member of the body")]
    fn what_no_body_has_cannot_be_read() {
        read(&json!({})).unwrap().text("city");
    }
}
