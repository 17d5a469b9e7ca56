//! Treats unreadable optional members that decide nothing as absent, and reports them.
//!
//! A body is first read directly, which almost always succeeds. Only if that fails it is read again, from a value in memory, and a
//! [`Forgiving`] reader then tries each value before it accepts it. So forgiveness costs nothing until it is needed.
//!
//! What is generic here is compiled for each member of each type, so it is kept short; the rest is in functions that are not.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::marker::PhantomData;

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize as _, forward_to_deserialize_any};
use serde_json::{Error, Map, Value};

use super::Lenient;

thread_local! {
    /// Whether there is a second reading. Each member asks for it, and asking for the state takes ten times as long.
    static IS_SECOND: Cell<bool> = const { Cell::new(false) };
    /// The state of the second reading.
    static READING: RefCell<Reading> = RefCell::default();
}

#[derive(Default)]
struct Reading {
    path: Vec<Step>,
    unreadable: BTreeMap<String, usize>,
    /// A member that decides something could not be read: that is never forgiven.
    decided: bool,
}

enum Step {
    /// A member of a type, or of a map, whose keys are data.
    Member {
        of: Option<&'static str>,
        name: String,
    },
    Element(usize),
}

/// The members that a second reading left out (`Order.date_created`), and how often.
pub(crate) type Unreadable = BTreeMap<String, usize>;

/// Reads a value once more, without the unreadable optional members. The error comes with its path.
pub(crate) fn forgive<T: DeserializeOwned>(value: Value) -> Result<(T, Unreadable), (String, Error)> {
    READING.set(Reading::default());
    IS_SECOND.set(true);
    let outcome = T::deserialize(Placed(value));
    IS_SECOND.set(false);
    let Reading { path, unreadable, .. } = READING.take();
    outcome.map(|read| (read, unreadable)).map_err(|error| (written(&path), error))
}

/// A member, or an element of a list, that counts as absent if it cannot be read.
pub(crate) struct Forgiving<L>(PhantomData<L>);

impl<L: Lenient> Lenient for Forgiving<L> {
    type Plain = L::Plain;
    const EXPECTED: &'static str = L::EXPECTED;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<L::Plain>, D::Error> {
        if !IS_SECOND.get() {
            return L::read(deserializer);
        }
        let depth = depth();
        match L::read(Placed(Value::deserialize(deserializer)?)) {
            Err(_) if leave_out(depth) => Ok(None),
            read => read.map_err(D::Error::custom),
        }
    }

    fn none() -> Option<L::Plain> {
        L::none()
    }
}

/// A member that decides something: if it cannot be read, neither can the value that contains it.
pub(crate) struct Strict<L>(PhantomData<L>);

impl<L: Lenient> Lenient for Strict<L> {
    type Plain = L::Plain;
    const EXPECTED: &'static str = L::EXPECTED;

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<L::Plain>, D::Error> {
        let read = L::read(deserializer);
        if read.is_err() {
            decide();
        }
        read
    }

    fn none() -> Option<L::Plain> {
        L::none()
    }
}

/// How deep the second reading is.
fn depth() -> usize {
    READING.with_borrow(|reading| reading.path.len())
}

/// Whether the member at a depth may count as absent; if so, this is reported.
fn leave_out(depth: usize) -> bool {
    READING.with_borrow_mut(|reading| {
        if !reading.decided {
            reading.path.truncate(depth);
            *reading.unreadable.entry(member(&reading.path)).or_default() += 1;
        }
        !reading.decided
    })
}

/// A first reading that fails may note it too: a second one begins with a state of its own.
fn decide() {
    READING.with_borrow_mut(|reading| reading.decided = true);
}

fn enter(step: Step) {
    READING.with_borrow_mut(|reading| reading.path.push(step));
}

/// After a failure the path stays, for the error.
fn leave(succeeded: bool) {
    if succeeded {
        READING.with_borrow_mut(|reading| reading.path.pop());
    }
}

/// The innermost member of a type on a path: `Order.date_created`. Keys of maps are data and not shown.
fn member(path: &[Step]) -> String {
    let of_type = |step: &Step| match step {
        Step::Member { of: Some(owner), name } => Some(format!("{}.{name}", owner.rsplit("::").next().unwrap_or(owner))),
        Step::Member { of: None, .. } | Step::Element(_) => None,
    };
    path.iter().rev().find_map(of_type).unwrap_or_default()
}

/// A path as errors show it: `orders[3].status`.
fn written(path: &[Step]) -> String {
    path.iter().fold(String::new(), |mut text, step| {
        let dot = if text.is_empty() { "" } else { "." };
        let _ = match step {
            Step::Member { name, .. } => write!(text, "{dot}{name}"),
            Step::Element(index) => write!(text, "[{index}]"),
        };
        text
    })
}

/// A value whose reading tracks the current path.
struct Placed(Value);

impl<'de> Deserializer<'de> for Placed {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(elements) => visitor.visit_seq(Elements { elements: elements.into_iter().enumerate() }),
            Value::Object(members) => visitor.visit_map(Members::of(None, members)),
            single => visit_single(single, visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, name: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(members) => visitor.visit_map(Members::of(Some(name), members)),
            // Some responses hold it in place of an object that is not there.
            Value::Array(elements) if elements.is_empty() => visitor.visit_unit(),
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            single => visit_single(single, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(word) => IntoDeserializer::<Error>::into_deserializer(word).deserialize_enum(name, variants, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier ignored_any
    }
}

/// Not by the value's own `Deserializer`: each type would be compiled for that one's lists and objects too.
fn visit_single<'de, V: Visitor<'de>>(value: Value, visitor: V) -> Result<V::Value, Error> {
    match value {
        Value::Bool(truth) => visitor.visit_bool(truth),
        Value::Number(number) => number.deserialize_any(visitor),
        Value::String(text) => visitor.visit_string(text),
        Value::Null | Value::Array(_) | Value::Object(_) => visitor.visit_unit(),
    }
}

struct Members {
    of: Option<&'static str>,
    members: serde_json::map::IntoIter,
    next: Option<(String, Value)>,
}

impl Members {
    fn of(of: Option<&'static str>, members: Map<String, Value>) -> Self {
        Self { of, members: members.into_iter(), next: None }
    }

    fn enter_next(&mut self) -> Result<Placed, Error> {
        let (name, value) = self.next.take().ok_or_else(|| Error::custom("a value without a key"))?;
        enter(Step::Member { of: self.of, name });
        Ok(Placed(value))
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.next = self.members.next();
        let Some((name, _)) = &self.next else { return Ok(None) };
        let name: StringDeserializer<Error> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self.enter_next()?;
        let read = seed.deserialize(value);
        leave(read.is_ok());
        read
    }
}

struct Elements {
    elements: std::iter::Enumerate<std::vec::IntoIter<Value>>,
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = Error;

    fn next_element_seed<E: DeserializeSeed<'de>>(&mut self, seed: E) -> Result<Option<E::Value>, Error> {
        let Some((index, value)) = self.elements.next() else { return Ok(None) };
        enter(Step::Element(index));
        let read = seed.deserialize(Placed(value));
        leave(read.is_ok());
        read.map(Some)
    }
}
