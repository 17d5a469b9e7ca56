//! Single values that a service writes now as one JSON type, now as another.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::Lenient;

/// `bool`, from `true`, `1`, `"1"`, `"true"` and their opposites.
pub(crate) struct Boolean;

/// `i64`, from a number or a string.
pub(crate) struct Integer;

/// `f64`, from a number or a string.
pub(crate) struct Number;

/// `String`, from a string or a number.
pub(crate) struct Text;

/// `String`; a blank one stands for "none".
pub(crate) struct NonBlank;

/// A JSON value that is neither list nor object.
#[derive(Debug)]
pub(super) enum Scalar {
    Null,
    Boolean(bool),
    // Room for every integer JSON readers give, signed or not.
    Integer(i128),
    Float(f64),
    Text(String),
}

/// What a scalar turns out to be.
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

/// Reads a scalar and makes of it what `interpret` says; `null` is "none" for all.
pub(super) fn read<'de, L: Lenient, D: Deserializer<'de>>(
    deserializer: D,
    interpret: impl FnOnce(&Scalar) -> Found<L::Plain>,
) -> Result<Option<L::Plain>, D::Error> {
    let scalar = Scalar::deserialize(deserializer)?;
    if matches!(scalar, Scalar::Null) {
        return Ok(None);
    }
    match interpret(&scalar) {
        Found::Value(value) => Ok(Some(value)),
        Found::None => Ok(None),
        Found::Unreadable => Err(D::Error::custom(format_args!("{scalar} stands where {} is expected", L::EXPECTED))),
    }
}

impl Lenient for Boolean {
    type Plain = bool;
    const EXPECTED: &'static str = "true, false, 1, 0 or one of these as a string";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
        read::<Self, D>(deserializer, |scalar| match scalar {
            Scalar::Boolean(value) => Found::Value(*value),
            Scalar::Integer(0) => Found::Value(false),
            Scalar::Integer(1) => Found::Value(true),
            Scalar::Text(text) => match text.trim() {
                "0" => Found::Value(false),
                "1" => Found::Value(true),
                word => word.to_ascii_lowercase().parse().ok().into(),
            },
            _ => Found::Unreadable,
        })
    }
}

impl Lenient for Integer {
    type Plain = i64;
    const EXPECTED: &'static str = "a whole number or one as a string";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
        read::<Self, D>(deserializer, |scalar| match scalar {
            Scalar::Integer(value) => i64::try_from(*value).ok().into(),
            Scalar::Text(text) if text.trim().is_empty() => Found::None,
            Scalar::Text(text) => text.trim().parse().ok().into(),
            _ => Found::Unreadable,
        })
    }
}

impl Lenient for Number {
    type Plain = f64;
    const EXPECTED: &'static str = "a number or one as a string";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        read::<Self, D>(deserializer, |scalar| match scalar {
            Scalar::Integer(value) => Found::Value(*value as f64),
            Scalar::Float(value) => Found::Value(*value),
            Scalar::Text(text) if text.trim().is_empty() => Found::None,
            // `parse` also knows "inf" and "nan", which are no JSON numbers.
            Scalar::Text(text) => text.trim().parse().ok().filter(|value: &f64| value.is_finite()).into(),
            _ => Found::Unreadable,
        })
    }
}

impl Lenient for Text {
    type Plain = String;
    const EXPECTED: &'static str = "a string or a number";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        read::<Self, D>(deserializer, |scalar| match scalar {
            Scalar::Text(text) => Found::Value(text.clone()),
            Scalar::Integer(value) => Found::Value(value.to_string()),
            Scalar::Float(value) => Found::Value(value.to_string()),
            _ => Found::Unreadable,
        })
    }
}

impl Lenient for NonBlank {
    type Plain = String;
    const EXPECTED: &'static str = "a string";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        read::<Self, D>(deserializer, |scalar| match scalar {
            Scalar::Text(text) if text.trim().is_empty() => Found::None,
            Scalar::Text(text) => Found::Value(text.clone()),
            _ => Found::Unreadable,
        })
    }
}

/// As a message shows it, cut short: what stands there may be anything.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{:?}", text.chars().take(40).collect::<String>()),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a single value")
            }

            fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
                Ok(Scalar::Null)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Boolean(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar::Integer(value.into()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar::Integer(value.into()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar::Float(value))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(value.to_owned()))
            }

            fn visit_string<E: Error>(self, value: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(value))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
