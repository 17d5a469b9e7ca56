//! Reads the JSON that the services really write: `"1"` for `true`, numbers as strings, `null` for an empty list.
//!
//! The types here are never values. They are used in a `deserialize_with` and describe, nested like the field's type, how a field is read:
//! `read::<Option<Vec<Boolean>>, _>` returns an `Option<Vec<bool>>`. The generator (`openapi/refine.rs`) chooses them, in the same way for
//! every member of a type.

#[cfg(feature = "certcentral")]
mod containers;
#[cfg(feature = "pocketsign")]
mod exact;
#[cfg(feature = "certcentral")]
mod forgiving;
#[cfg(feature = "certcentral")]
mod scalar;
#[cfg(feature = "certcentral")]
mod time;

#[cfg(feature = "certcentral")]
use std::marker::PhantomData;

#[cfg(feature = "certcentral")]
use serde::de::Deserialize;
use serde::de::{Deserializer, Error};

#[cfg(feature = "certcentral")]
pub(crate) use containers::{Keyed, Object};
#[cfg(feature = "pocketsign")]
pub(crate) use exact::{Exact, Message, Repeated, Rfc3339, Whole};
#[cfg(feature = "certcentral")]
pub(crate) use forgiving::{Forgiving, Strict, forgive};
#[cfg(feature = "certcentral")]
pub(crate) use scalar::{Boolean, Integer, Number, Text, TextEntry};
#[cfg(feature = "certcentral")]
pub(crate) use time::{Date, Timestamp};

/// A way of reading.
pub(crate) trait Lenient {
    /// What is read.
    type Plain;

    /// What is expected, for the message when something else is found.
    const EXPECTED: &'static str;

    /// Reads a value, or `None` where the service writes that there is none.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Plain>, D::Error>;

    /// What stands for "none", if anything does.
    fn none() -> Option<Self::Plain> {
        None
    }
}

/// Reads a field.
pub(crate) fn read<'de, L: Lenient, D: Deserializer<'de>>(deserializer: D) -> Result<L::Plain, D::Error> {
    let found = L::read(deserializer)?;
    found.or_else(L::none).ok_or_else(|| D::Error::custom(format_args!("expected {}, found no value", L::EXPECTED)))
}

/// A value read by its own `Deserialize`; `null` stands for "none".
#[cfg(feature = "certcentral")]
pub(crate) struct AsIs<T>(PhantomData<T>);

#[cfg(feature = "certcentral")]
impl<T: for<'de> Deserialize<'de>> Lenient for AsIs<T> {
    type Plain = T;
    const EXPECTED: &'static str = "a value";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        Option::deserialize(deserializer)
    }
}

/// A value converted from what `L` reads, such as a redacted string.
#[cfg(feature = "certcentral")]
pub(crate) struct MadeOf<T, L>(PhantomData<(T, L)>);

#[cfg(feature = "certcentral")]
impl<T: From<L::Plain>, L: Lenient> Lenient for MadeOf<T, L> {
    type Plain = T;
    const EXPECTED: &'static str = L::EXPECTED;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        L::read(deserializer).map(|found| found.map(T::from))
    }
}

impl<L: Lenient> Lenient for Option<L> {
    type Plain = Option<L::Plain>;
    const EXPECTED: &'static str = L::EXPECTED;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Plain>, D::Error> {
        L::read(deserializer).map(Some)
    }

    fn none() -> Option<Self::Plain> {
        Some(None)
    }
}

#[cfg(test)]
mod tests;
