//! Secret values: never printed, wiped on drop.

#[cfg(feature = "pocketsign")]
mod bytes;

use std::fmt;

use ::bytes::Bytes;
use reqwest::header::HeaderValue;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "pocketsign")]
pub use self::bytes::RedactedBytes;
use crate::error::Error;

/// An API key or token.
///
/// It is never printed: `Debug` shows only that there is one. Its memory is wiped when the last copy is dropped, including the client's
/// copy. This does not cover the buffers of the HTTP and TLS libraries, or the process's environment.
///
/// ```
/// # use shomei::ApiKey;
/// let key = ApiKey::new("0123456789ABCDEF")?;
/// assert_eq!(format!("{key:?}"), "ApiKey(…)");
/// assert!(ApiKey::new("two\nlines").is_err());
/// # Ok::<(), shomei::Error>(())
/// ```
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Creates a key from the text that the service's console shows; surrounding whitespace is trimmed.
    ///
    /// # Errors
    ///
    /// When the key is empty or contains a character that is not printable ASCII (a line break, a space, a non-ASCII letter).
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let given = Zeroizing::new(key.into());
        let key = given.trim();
        if key.is_empty() {
            return Err(Error::invalid("api key", "it is empty"));
        }
        if !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Error::invalid("api key", "it contains a character that is not printable ASCII, such as a space or a line break"));
        }
        Ok(Self(Zeroizing::new(key.to_owned())))
    }

    /// Reads the key from an environment variable.
    ///
    /// # Errors
    ///
    /// When the variable is not set, is not Unicode, or does not hold a key; the message names the variable, never its value.
    pub fn from_env(variable: &str) -> Result<Self, Error> {
        let value = std::env::var(variable).map_err(|reason| match reason {
            std::env::VarError::NotPresent => Error::configuration(format!("the environment variable {variable} is not set")),
            std::env::VarError::NotUnicode(_) => Error::configuration(format!("the environment variable {variable} is not Unicode")),
        })?;
        Self::new(value).map_err(|error| Error::configuration(format!("the environment variable {variable}: {error}")))
    }

    /// The key itself, for use in a header and nowhere else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The value of the header that carries the key, after words such as `Bearer `; `None` if it contains characters not allowed there.
    ///
    /// Clones share one copy, which is wiped with the last of them; a value made from a string would be a copy that is not wiped.
    pub(crate) fn to_header(&self, words: &str) -> Option<HeaderValue> {
        // Allocated in full from the start: a growing buffer leaves copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(words.len() + self.0.len()));
        text.extend_from_slice(words.as_bytes());
        text.extend_from_slice(self.0.as_bytes());
        let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(text)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// A secret or personal value in a response: readable with [`expose`](Self::expose), never printed, wiped on drop.
///
/// Serializing writes the value itself, so that responses can be stored.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Redacted<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Redacted<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Returns the value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Redacted<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl<T: Zeroize> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize + Serialize> Serialize for Redacted<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(feature = "schemars")]
impl<T: Zeroize + schemars::JsonSchema> schemars::JsonSchema for Redacted<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Redacted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_printed() {
        let key = ApiKey::new(" CANARY-0001 ").unwrap();
        assert_eq!(key.expose(), "CANARY-0001");
        assert!(!format!("{key:?}{key:#?}").contains("CANARY"));
    }

    #[test]
    fn a_header_is_not_copied_and_is_sensitive() {
        let value = ApiKey::new("CANARY-0001").unwrap().to_header("Bearer ").unwrap();
        assert_eq!(value.as_bytes(), b"Bearer CANARY-0001");
        assert_eq!(value.as_bytes().as_ptr(), value.clone().as_bytes().as_ptr());
        assert_eq!(format!("{value:?}"), "Sensitive");
    }

    #[test]
    fn a_key_that_cannot_stand_in_a_header_is_refused_without_showing_it() {
        for bad in ["", "  ", "CAN\nARY", "CAN ARY", "CAN\u{7f}ARY", "CANARYé"] {
            let error = ApiKey::new(bad).unwrap_err();
            assert!(error.is_invalid_input(), "{bad:?}");
            assert!(!format!("{error} {error:?}").contains("CAN"), "{bad:?}");
        }
    }

    #[test]
    fn a_redacted_value_reads_and_writes_json_but_does_not_print() {
        let value: Redacted<String> = serde_json::from_str("\"CANARY\"").unwrap();
        assert_eq!(value.expose(), "CANARY");
        assert_eq!(serde_json::to_string(&value).unwrap(), "\"CANARY\"");
        assert!(!format!("{value:?} {value}").contains("CANARY"));
    }
}
