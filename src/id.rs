//! Ids as separate types, so that an order id is never mistaken for a domain id.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// Defines an id: a number that the service sometimes writes as a string of digits: `id! { OrderId(u64) }`.
#[allow(unused_macros, reason = "a document need not have an id of this kind")]
macro_rules! id {
    ($(#[$meta:meta])* $name:ident($number:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize)]
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(
            /// The number.
            pub $number,
        );

        impl ::std::convert::From<$number> for $name {
            fn from(id: $number) -> Self {
                Self(id)
            }
        }

        impl ::std::convert::From<$name> for $number {
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
#[allow(unused_imports, reason = "a document need not have an id of this kind")]
pub(crate) use id;

/// Defines an id that is a string.
#[allow(unused_macros, reason = "a document need not have an id of this kind")]
macro_rules! string_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(
            /// The id as the service writes it.
            pub ::std::string::String,
        );

        impl $name {
            /// The id as the service writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(id: ::std::string::String) -> Self {
                Self(id)
            }
        }

        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl ::std::convert::From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(id: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(Self::from(id))
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}
#[allow(unused_imports, reason = "a document need not have an id of this kind")]
pub(crate) use string_id;

/// Reads a number or a string of digits.
#[allow(dead_code, reason = "a document need not have an id of this kind")]
pub(crate) fn deserialize<'de, D: Deserializer<'de>, N: TryFrom<i128>>(deserializer: D) -> Result<N, D::Error> {
    struct Digits<N>(PhantomData<N>);

    impl<N: TryFrom<i128>> Visitor<'_> for Digits<N> {
        type Value = N;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id: a whole number or a string of digits")
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<N, E> {
            N::try_from(value.into()).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<N, E> {
            N::try_from(value.into()).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<N, E> {
            let number = value.trim();
            // `parse` alone would take a plus sign.
            let is_plain = number.strip_prefix('-').unwrap_or(number).bytes().all(|byte| byte.is_ascii_digit());
            let parsed = number.parse::<i128>().ok().filter(|_| is_plain).and_then(|number| N::try_from(number).ok());
            parsed.ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
        }
    }

    deserializer.deserialize_any(Digits(PhantomData))
}

#[cfg(test)]
#[allow(unnameable_types, reason = "the macros make public types")]
mod tests {
    use proptest::prelude::*;

    id! { /// An order.
    OrderId(u64) }

    id! { /// A server software.
    PlatformId(i64) }

    string_id! { /// A user.
    UserId }

    #[test]
    fn a_string_id_is_read_and_written_as_it_is() {
        let id: UserId = serde_json::from_str("\"c3e7-01\"").unwrap();
        assert_eq!((id.as_str(), id.to_string()), ("c3e7-01", "c3e7-01".to_owned()));
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"c3e7-01\"");
        assert_eq!("c3e7-01".parse(), Ok(UserId::from(&id)));
        assert!(serde_json::from_str::<UserId>("1").is_err());
    }

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
            let signed = id.cast_signed();
            prop_assert_eq!(serde_json::from_str::<PlatformId>(&signed.to_string()).unwrap(), PlatformId(signed));
            prop_assert_eq!(serde_json::from_str::<PlatformId>(&format!("\"{signed}\"")).unwrap(), PlatformId(signed));
            prop_assert_eq!(OrderId(id).to_string().parse::<OrderId>().unwrap(), OrderId::from(id));
        }
    }
}
