//! Lists, maps and objects.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::Lenient;

/// A value of a list or a map, read as `L`; it may stand for "none".
struct Element<L: Lenient>(Option<L::Plain>);

impl<'de, L: Lenient> Deserialize<'de> for Element<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        L::read(deserializer).map(|found| Self(found.or_else(L::none)))
    }
}

/// A list, empty if the service writes `null`; without the elements that stand for "none". A list of objects may be written as a single
/// object without the list around it.
impl<L: Lenient> Lenient for Vec<L> {
    type Plain = Vec<L::Plain>;
    const EXPECTED: &'static str = "a list";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Plain>, D::Error> {
        deserializer.deserialize_any(List::<L>(PhantomData))
    }

    fn none() -> Option<Self::Plain> {
        Some(Vec::new())
    }
}

struct List<L>(PhantomData<L>);

impl<'de, L: Lenient> Visitor<'de> for List<L> {
    type Value = Option<Vec<L::Plain>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::with_capacity(list.size_hint().unwrap_or_default());
        while let Some(Element::<L>(element)) = list.next_element()? {
            elements.extend(element);
        }
        Ok(Some(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        L::read(MapAccessDeserializer::new(map)).map(|element| Some(element.into_iter().collect()))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A map, empty if the service writes `null` or `[]`; without the values that stand for "none".
impl<K: for<'de> Deserialize<'de> + Ord, L: Lenient> Lenient for BTreeMap<K, L> {
    type Plain = BTreeMap<K, L::Plain>;
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self::Plain>, D::Error> {
        let entries = deserializer.deserialize_any(Members::<BTreeMap<K, Element<L>>>(PhantomData))?;
        Ok(entries.map(|entries| entries.into_iter().filter_map(|(key, Element(plain))| Some((key, plain?))).collect()))
    }

    fn none() -> Option<Self::Plain> {
        Some(BTreeMap::new())
    }
}

/// An object with any members, empty if the service writes `null` or `[]`.
impl Lenient for Map<String, Value> {
    type Plain = Self;
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(Members::<Self>(PhantomData))
    }

    fn none() -> Option<Self> {
        Some(Self::new())
    }
}

/// An object, or the empty list that some responses hold instead of none. No other list: a derived `Deserialize` would read its elements as
/// the fields in order.
pub(crate) struct Object<T>(PhantomData<T>);

impl<T: for<'de> Deserialize<'de>> Lenient for Object<T> {
    type Plain = T;
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_option(Members::<T>(PhantomData))
    }
}

/// A type that is a map: an [`Object`] whose keys are data and must not be quoted.
pub(crate) struct Keyed<T>(PhantomData<T>);

impl<T: for<'de> Deserialize<'de>> Lenient for Keyed<T> {
    type Plain = T;
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(Members::<T>(PhantomData))
    }
}

/// The members of an object, either a type or a map.
struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, an empty list or null")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // The name tells a reader that tracks its path which type this is.
        deserializer.deserialize_struct(std::any::type_name::<T>(), &[], self)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        match list.next_element::<IgnoredAny>()? {
            None => Ok(None),
            Some(_) => Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        }
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}
