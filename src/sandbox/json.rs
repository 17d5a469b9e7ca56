//! Reading request bodies the way the service does: ids as numbers or digits, empty means absent.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// A request's JSON object, addressed by dotted paths.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body(Map<String, Value>);

impl Body {
    /// Reads a body; none at all and `[]` (a PHP client's empty object) are an empty object.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(Value::Array(items)) if items.is_empty() => Ok(Self::default()),
            _ => Err(Refusal::bad_request_format()),
        }
    }

    /// The value at a path; `null` is absent.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        let mut steps = path.split('.');
        let mut value = self.0.get(steps.next()?)?;
        for step in steps {
            value = value.get(step)?;
        }
        (!value.is_null()).then_some(value)
    }

    /// A text that is not blank.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(text)
    }

    /// A whole number, as a number or as digits; zero means "not given".
    pub(crate) fn number(&self, path: &str) -> Option<i64> {
        self.at(path).and_then(number)
    }

    /// An id: a positive number.
    pub(crate) fn id(&self, path: &str) -> Option<u64> {
        self.number(path).and_then(|number| u64::try_from(number).ok())
    }

    /// `true`, `1`, `"1"` and `"true"` are true, all else is not.
    pub(crate) fn flag(&self, path: &str) -> bool {
        match self.at(path) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => is_true(text),
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// A list of texts; blank ones are dropped, anything but texts is refused.
    pub(crate) fn texts(&self, path: &str) -> Result<Vec<String>, Refusal> {
        match self.at(path) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                Ok(items.iter().filter_map(text).map(str::to_owned).collect())
            }
            Some(_) => Err(Refusal::invalid_value(path)),
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self, path: &str) -> &[Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn number(value: &Value) -> Option<i64> {
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| *number != 0)
}

/// How queries and bodies spell "yes" in text.
pub(crate) fn is_true(text: &str) -> bool {
    matches!(text, "1" | "true" | "TRUE" | "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Body {
        Body::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn bodies_that_are_no_object_are_refused() {
        for text in ["{", "1", "\"x\"", "[1]", "null", "<xml/>"] {
            assert!(Body::read(text.as_bytes()).is_err(), "{text}");
        }
        for text in ["", "  ", "[]", "{}"] {
            assert!(Body::read(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn ids_come_as_numbers_or_digits() {
        for (text, id) in [
            (r#"{"organization":{"id":5}}"#, Some(5)),
            (r#"{"organization":{"id":"5"}}"#, Some(5)),
            (r#"{"organization":{"id":0}}"#, None),
            (r#"{"organization":{"id":-5}}"#, None),
            (r#"{"organization":{"id":""}}"#, None),
            (r#"{"organization":[]}"#, None),
            (r#"{"organization":null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(body(text).id("organization.id"), id, "{text}");
        }
    }

    #[test]
    fn flags_come_in_every_spelling() {
        for (text, flag) in [("true", true), ("1", true), ("\"1\"", true), ("\"true\"", true), ("0", false), ("\"\"", false), ("[]", false)]
        {
            assert_eq!(body(&format!(r#"{{"skip_approval":{text}}}"#)).flag("skip_approval"), flag, "{text}");
        }
    }
}
