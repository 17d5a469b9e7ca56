//! Reading what the services really write: `"1"` for `true`, numbers as strings, `null` for an empty list.
//!
//! The types here are never values. They stand in a `deserialize_with` and say, inside out, how a field is read:
//! `read::<Option<Vec<Boolean>>, _>` gives an `Option<Vec<bool>>`.

mod scalar;
mod time;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

pub(crate) use scalar::{Boolean, Integer, NonBlank, Number, Text};
pub(crate) use time::{Date, Timestamp};

/// A way of reading.
pub(crate) trait Lenient {
    /// What is read.
    type Plain;

    /// What is expected, for the message when something else stands there.
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
    found.or_else(L::none).ok_or_else(|| D::Error::custom(format_args!("nothing stands where {} is expected", L::EXPECTED)))
}

/// A value of a map, read the way of `L`.
struct Entry<L: Lenient>(L::Plain);

impl<'de, L: Lenient> Deserialize<'de> for Entry<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::<L, D>(deserializer).map(Self)
    }
}

/// An element of a list, read the way of `L`; there may be none where one stands.
struct Element<L: Lenient>(Option<L::Plain>);

impl<'de, L: Lenient> Deserialize<'de> for Element<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        L::read(deserializer).map(|found| Self(found.or_else(L::none)))
    }
}

/// A value that reads itself.
pub(crate) struct AsIs<T>(PhantomData<T>);

impl<T: for<'de> Deserialize<'de>> Lenient for AsIs<T> {
    type Plain = T;
    const EXPECTED: &'static str = "a value";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        T::deserialize(deserializer).map(Some)
    }
}

impl<L: Lenient> Lenient for Option<L> {
    type Plain = Option<L::Plain>;
    const EXPECTED: &'static str = L::EXPECTED;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Plain>, D::Error> {
        L::read(deserializer).map(Some)
    }
}

/// A list, empty where the service writes `null`; without the elements that stand for "none".
impl<L: Lenient> Lenient for Vec<L> {
    type Plain = Vec<L::Plain>;
    const EXPECTED: &'static str = "a list";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Plain>, D::Error> {
        let elements = Option::<Vec<Element<L>>>::deserialize(deserializer)?;
        Ok(elements.map(|elements| elements.into_iter().filter_map(|Element(plain)| plain).collect()))
    }

    fn none() -> Option<Self::Plain> {
        Some(Vec::new())
    }
}

/// A map, empty where the service writes `null` or `[]`.
impl<K: for<'de> Deserialize<'de> + Ord, L: Lenient> Lenient for BTreeMap<K, L> {
    type Plain = BTreeMap<K, L::Plain>;
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Plain>, D::Error> {
        let entries = deserializer.deserialize_any(Object::<BTreeMap<K, Entry<L>>>(PhantomData))?;
        Ok(entries.map(|entries| entries.into_iter().map(|(key, Entry(plain))| (key, plain)).collect()))
    }

    fn none() -> Option<Self::Plain> {
        Some(BTreeMap::new())
    }
}

/// An object of anything, empty where the service writes `null` or `[]`.
impl Lenient for Map<String, Value> {
    type Plain = Self;
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(Object::<Self>(PhantomData))
    }

    fn none() -> Option<Self> {
        Some(Self::new())
    }
}

/// An object, or the empty list that some answers hold where there is none.
pub(crate) struct Object<T>(PhantomData<T>);

impl<T: for<'de> Deserialize<'de>> Lenient for Object<T> {
    type Plain = T;
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(Self(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, an empty list or null")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        match list.next_element::<IgnoredAny>()? {
            None => Ok(None),
            Some(_) => Err(A::Error::invalid_length(1, &self)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A list, or its only element.
pub(crate) struct List<T>(PhantomData<T>);

impl<T: for<'de> Deserialize<'de>> Lenient for List<T> {
    type Plain = Vec<T>;
    const EXPECTED: &'static str = "a list";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
        deserializer.deserialize_any(Self(PhantomData))
    }

    fn none() -> Option<Vec<T>> {
        Some(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, its only element or null")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Some)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|element| Some(vec![element]))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
