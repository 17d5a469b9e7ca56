//! Single values that a service writes sometimes as one JSON type, sometimes as another.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

use super::Lenient;

/// `bool`, from `true`, `1`, `"1"`, `"true"` and their opposites.
pub(crate) struct Boolean;

/// `T`, a type of whole numbers, from a number or a string.
pub(crate) struct Integer<T>(PhantomData<T>);

/// `f64`, from a number or a string.
pub(crate) struct Number;

/// `String`, from a string or a number.
pub(crate) struct Text;

/// The result of interpreting a value.
pub(super) enum Found<T> {
    Value(T),
    /// The service's way of saying that there is no value.
    None,
    Unreadable,
}

impl<T> From<Option<T>> for Found<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unreadable, Self::Value)
    }
}

/// How a reader of single values interprets each JSON type; `null` is "none" for all of them, and none accepts a list or an object.
pub(super) trait Scalar: Lenient {
    fn from_text(text: &str) -> Found<Self::Plain>;

    fn from_bool(_: bool) -> Found<Self::Plain> {
        Found::Unreadable
    }

    fn from_integer(_: i128) -> Found<Self::Plain> {
        Found::Unreadable
    }

    fn from_float(_: f64) -> Found<Self::Plain> {
        Found::Unreadable
    }
}

/// Reads a single value, in place: nothing is copied before it is known what it is.
pub(super) fn read<'de, S: Scalar, D: Deserializer<'de>>(deserializer: D) -> Result<Option<S::Plain>, D::Error> {
    deserializer.deserialize_any(Any::<S>(PhantomData))
}

struct Any<S>(PhantomData<S>);

impl<S: Scalar> Any<S> {
    fn settle<E: Error>(&self, found: Found<S::Plain>, seen: Unexpected<'_>) -> Result<Option<S::Plain>, E> {
        match (found, seen) {
            (Found::Value(value), _) => Ok(Some(value)),
            (Found::None, _) => Ok(None),
            // Truncated for the message: the text may be anything.
            (Found::Unreadable, Unexpected::Str(text)) => Err(E::invalid_value(Unexpected::Str(start(text)), self)),
            (Found::Unreadable, seen) => Err(E::invalid_value(seen, self)),
        }
    }
}

fn start(text: &str) -> &str {
    text.char_indices().nth(40).map_or(text, |(end, _)| &text[..end])
}

impl<S: Scalar> Visitor<'_> for Any<S> {
    type Value = Option<S::Plain>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(S::EXPECTED)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        self.settle(S::from_bool(value), Unexpected::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.settle(S::from_integer(value.into()), Unexpected::Signed(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.settle(S::from_integer(value.into()), Unexpected::Unsigned(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        self.settle(S::from_float(value), Unexpected::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.settle(S::from_text(text), Unexpected::Str(text))
    }
}

impl Lenient for Boolean {
    type Plain = bool;
    const EXPECTED: &'static str = "true, false, 1, 0 or one of these as a string";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
        read::<Self, D>(deserializer)
    }
}

impl Scalar for Boolean {
    fn from_text(text: &str) -> Found<bool> {
        match text.trim() {
            // How PHP writes a flag that is missing or not set.
            "" => Found::None,
            "0" => Found::Value(false),
            "1" => Found::Value(true),
            word => word.to_ascii_lowercase().parse().ok().into(),
        }
    }

    fn from_bool(value: bool) -> Found<bool> {
        Found::Value(value)
    }

    fn from_integer(value: i128) -> Found<bool> {
        match value {
            0 => Found::Value(false),
            1 => Found::Value(true),
            _ => Found::Unreadable,
        }
    }
}

impl<T: TryFrom<i128>> Lenient for Integer<T> {
    type Plain = T;
    const EXPECTED: &'static str = "a whole number or one as a string";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        read::<Self, D>(deserializer)
    }
}

impl<T: TryFrom<i128>> Scalar for Integer<T> {
    fn from_text(text: &str) -> Found<T> {
        match text.trim() {
            "" => Found::None,
            digits => digits.parse().map_or(Found::Unreadable, Self::from_integer),
        }
    }

    fn from_integer(value: i128) -> Found<T> {
        T::try_from(value).ok().into()
    }

    fn from_float(value: f64) -> Found<T> {
        // `1.0` is a whole number too; beyond 2^53 a float may be off by some.
        let whole = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
        if whole { Self::from_integer(value as i128) } else { Found::Unreadable }
    }
}

impl Lenient for Number {
    type Plain = f64;
    const EXPECTED: &'static str = "a number or one as a string";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        read::<Self, D>(deserializer)
    }
}

impl Scalar for Number {
    fn from_text(text: &str) -> Found<f64> {
        match text.trim() {
            "" => Found::None,
            // `parse` also knows "inf" and "nan", which are no JSON numbers.
            digits => digits.parse().ok().filter(|value: &f64| value.is_finite()).into(),
        }
    }

    fn from_integer(value: i128) -> Found<f64> {
        Found::Value(value as f64)
    }

    fn from_float(value: f64) -> Found<f64> {
        Found::Value(value)
    }
}

impl Lenient for Text {
    type Plain = String;
    const EXPECTED: &'static str = "a string or a number";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        read::<Self, D>(deserializer)
    }
}

impl Scalar for Text {
    fn from_text(text: &str) -> Found<String> {
        Found::Value(text.to_owned())
    }

    fn from_integer(value: i128) -> Found<String> {
        Found::Value(value.to_string())
    }

    fn from_float(value: f64) -> Found<String> {
        Found::Value(value.to_string())
    }
}

/// `String`, in a list: a blank one stands for "none".
pub(crate) struct TextEntry;

impl Lenient for TextEntry {
    type Plain = String;
    const EXPECTED: &'static str = Text::EXPECTED;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        read::<Self, D>(deserializer)
    }
}

impl Scalar for TextEntry {
    fn from_text(text: &str) -> Found<String> {
        if text.trim().is_empty() { Found::None } else { Text::from_text(text) }
    }

    fn from_integer(value: i128) -> Found<String> {
        Text::from_integer(value)
    }

    fn from_float(value: f64) -> Found<String> {
        Text::from_float(value)
    }
}
