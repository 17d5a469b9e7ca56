//! Ids as types of their own, so that an order's is never taken for a domain's.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// Defines an id: a number that the service sometimes writes as a string of digits.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(
            /// The number.
            pub u64,
        );

        impl ::std::convert::From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id)
            }
        }

        impl ::std::convert::From<$name> for u64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::num::ParseIntError;

            fn from_str(digits: &str) -> ::std::result::Result<Self, Self::Err> {
                digits.parse().map(Self)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                crate::id::deserialize(deserializer).map(Self)
            }
        }
    };
}
pub(crate) use id;

/// Reads a number or a string of digits.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Digits;

    impl Visitor<'_> for Digits {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id: a whole number or a string of digits")
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
            Ok(value)
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
            u64::try_from(value).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<u64, E> {
            let digits = value.trim();
            // `parse` alone would take a sign.
            let parsed = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
            parsed.ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
        }
    }

    deserializer.deserialize_any(Digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    id! { /// An order.
    OrderId }

    #[test]
    fn what_is_no_id_is_refused_in_words() {
        for wrong in ["-1", "1.5", "\"OID-223344\"", "\"+5\"", "\"\"", "true", "null", "99999999999999999999"] {
            let error = serde_json::from_str::<OrderId>(wrong).unwrap_err().to_string();
            assert!(error.contains("an id: a whole number or a string of digits"), "{wrong}: {error}");
        }
        assert!("12x".parse::<OrderId>().is_err());
    }

    proptest! {
        #[test]
        fn numbers_and_digits_read_the_same(id: u64) {
            prop_assert_eq!(serde_json::from_str::<OrderId>(&id.to_string()).unwrap(), OrderId(id));
            prop_assert_eq!(serde_json::from_str::<OrderId>(&format!("\"{id}\"")).unwrap(), OrderId(id));
            prop_assert_eq!(serde_json::to_string(&OrderId(id)).unwrap(), id.to_string());
            prop_assert_eq!(OrderId(id).to_string().parse::<OrderId>().unwrap(), OrderId::from(id));
        }
    }
}
