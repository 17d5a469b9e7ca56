//! Reads protobuf's JSON, in exactly the forms that its specification allows readers.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};

use super::Lenient;

/// A value read by its own `Deserialize`, in a list or a map: `null` is not allowed.
pub(crate) struct Exact<T>(PhantomData<T>);

impl<T: for<'de> Deserialize<'de>> Lenient for Exact<T> {
    type Plain = T;
    const EXPECTED: &'static str = "a value";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        T::deserialize(deserializer).map(Some)
    }
}

/// An object, and no list: a derived `Deserialize` would read a list's elements as the fields in order.
pub(crate) struct Message<T>(PhantomData<T>);

impl<T: for<'de> Deserialize<'de>> Lenient for Message<T> {
    type Plain = T;
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_option(Self(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Message<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// A list; `null` is an empty list. Elements are neither `null` nor lists.
pub(crate) struct Repeated<L>(PhantomData<L>);

/// An element of a [`Repeated`].
struct Element<L: Lenient>(L::Plain);

impl<'de, L: Lenient> Deserialize<'de> for Element<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::read::<L, D>(deserializer).map(Self)
    }
}

impl<L: Lenient> Lenient for Repeated<L> {
    type Plain = Vec<L::Plain>;
    const EXPECTED: &'static str = "a list";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Plain>, D::Error> {
        let elements = Option::<Vec<Element<L>>>::deserialize(deserializer)?;
        Ok(elements.map(|elements| elements.into_iter().map(|Element(plain)| plain).collect()))
    }

    fn none() -> Option<Self::Plain> {
        Some(Vec::new())
    }
}

/// `T`, a type of whole numbers, from a number or one as a string.
pub(crate) struct Whole<T>(PhantomData<T>);

impl<T: TryFrom<i128>> Lenient for Whole<T> {
    type Plain = T;
    const EXPECTED: &'static str = "a whole number or one as a string";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(Self(PhantomData))
    }
}

impl<T: TryFrom<i128>> Whole<T> {
    fn fit<E: Error>(&self, value: i128, seen: Unexpected<'_>) -> Result<Option<T>, E> {
        T::try_from(value).map(Some).map_err(|_| E::invalid_value(seen, self))
    }
}

impl<T: TryFrom<i128>> Visitor<'_> for Whole<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::EXPECTED)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.fit(value.into(), Unexpected::Signed(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.fit(value.into(), Unexpected::Unsigned(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let value = text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))?;
        self.fit(value, Unexpected::Str(text))
    }
}

/// `DateTime<Utc>`, from RFC 3339.
pub(crate) struct Rfc3339;

impl Lenient for Rfc3339 {
    type Plain = DateTime<Utc>;
    const EXPECTED: &'static str = "an RFC 3339 timestamp";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl Visitor<'_> for Rfc3339 {
    type Value = Option<DateTime<Utc>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::EXPECTED)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        DateTime::parse_from_rfc3339(text).map(|moment| Some(moment.to_utc())).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}
