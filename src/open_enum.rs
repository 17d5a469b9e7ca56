//! Open enums: the values a document lists, by name, and room for what the service says tomorrow.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};

/// Defines an open enum from `exact` or `ignore_case` (how values are compared), its name and its values.
macro_rules! open_enum {
    (
        $comparison:ident $(#[$meta:meta])* $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $value:literal $(| $alias:literal)*),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A value the documentation does not list, as the service wrote it.
            Unknown(::std::string::String),
        }

        impl $name {
            /// The documented values.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)+
                    Self::Unknown(value) => value,
                }
            }

            fn known(value: &str) -> ::std::option::Option<Self> {
                $(if crate::open_enum::$comparison(value, $value) $(|| crate::open_enum::$comparison(value, $alias))* {
                    return ::std::option::Option::Some(Self::$variant);
                })+
                ::std::option::Option::None
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                Self::known(value).unwrap_or_else(|| Self::Unknown(value.to_owned()))
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(value: ::std::string::String) -> Self {
                Self::known(&value).unwrap_or(Self::Unknown(value))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(Self::from(value))
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                crate::open_enum::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use open_enum;

/// Defines an open enum of whole numbers, from its name and its values.
#[allow(unused_macros, reason = "a document need not have an enum of this kind")]
macro_rules! open_number {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $value:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A number the documentation does not list.
            Unknown(u64),
        }

        impl $name {
            /// The documented values.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// The number as it stands on the wire.
            #[must_use]
            pub const fn number(self) -> u64 {
                match self {
                    $(Self::$variant => $value,)+
                    Self::Unknown(number) => number,
                }
            }
        }

        impl ::std::convert::From<u64> for $name {
            fn from(number: u64) -> Self {
                match number {
                    $($value => Self::$variant,)+
                    _ => Self::Unknown(number),
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::num::ParseIntError;

            fn from_str(digits: &str) -> ::std::result::Result<Self, Self::Err> {
                digits.parse::<u64>().map(Self::from)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.number(), f)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_u64(self.number())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                crate::id::deserialize::<D, u64>(deserializer).map(Self::from)
            }
        }
    };
}
#[allow(unused_imports, reason = "a document need not have an enum of this kind")]
pub(crate) use open_number;

/// Adds to an open enum with what further values begin, whose rest varies.
#[allow(unused_macros, reason = "a document need not have an enum of this kind")]
macro_rules! listing {
    ($name:ident [ $($prefix:literal),+ ]) => {
        impl $name {
            /// With what further documented values begin; their rest varies, so they read as [`Unknown`](Self::Unknown).
            pub const PREFIXES: &'static [&'static str] = &[$($prefix),+];

            /// Whether the documentation lists this value, or with what it begins.
            #[must_use]
            pub fn is_listed(&self) -> bool {
                match self {
                    Self::Unknown(value) => Self::PREFIXES.iter().any(|prefix| value.starts_with(prefix)),
                    _ => true,
                }
            }
        }
    };
}
#[allow(unused_imports, reason = "a document need not have an enum of this kind")]
pub(crate) use listing;

pub(crate) fn exact(value: &str, known: &str) -> bool {
    value == known
}

#[allow(dead_code, reason = "a document need not have an enum of this kind")]
pub(crate) fn ignore_case(value: &str, known: &str) -> bool {
    value.eq_ignore_ascii_case(known)
}

/// Reads an open enum, without a copy where the value is a known one.
pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: From<String> + for<'a> From<&'a str>,
    D: Deserializer<'de>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: From<String> + for<'a> From<&'a str>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
            Ok(T::from(value))
        }

        fn visit_string<E: Error>(self, value: String) -> Result<T, E> {
            Ok(T::from(value))
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro is for public types")]
mod tests {
    use proptest::prelude::*;

    open_enum! { exact /// How an order stands.
    Status { /// Bought.
    Issued = "issued" | "is issued" | "done", /// Waiting.
    NeedsApproval = "needs_approval" } }

    open_enum! { ignore_case /// A digest.
    Hash { /// 256 bits.
    Sha256 = "sha256", /// 512 bits.
    Sha512 = "sha512" } }

    #[test]
    fn known_values_have_names_and_others_survive() {
        assert_eq!(Status::from("issued"), Status::Issued);
        assert_eq!(Status::from("Issued"), Status::Unknown("Issued".to_owned()));
        assert_eq!(Status::NeedsApproval.to_string(), "needs_approval");
        assert_eq!(format!("{:>8}", Status::Issued), "  issued");
        assert_eq!("later".parse(), Ok(Status::Unknown("later".to_owned())));
        assert_eq!(Status::KNOWN, [Status::Issued, Status::NeedsApproval]);
    }

    #[test]
    fn other_spellings_are_read_and_not_written() {
        assert_eq!(Status::from("done"), Status::Issued);
        assert_eq!(Status::from(String::from("is issued")), Status::Issued);
        assert_eq!(Status::from("DONE"), Status::Unknown("DONE".to_owned()));
        assert_eq!(serde_json::to_string(&Status::from("done")).unwrap(), "\"issued\"");
    }

    #[test]
    fn case_is_ignored_only_where_the_document_says_so() {
        assert_eq!(Hash::from("SHA256"), Hash::Sha256);
        assert_eq!(Hash::from(String::from("Sha512")), Hash::Sha512);
        assert_eq!(serde_json::to_string(&Hash::from("SHA256")).unwrap(), "\"sha256\"");
        assert_eq!(Hash::KNOWN.len(), 2);
    }

    open_number! { /// A role.
    Role { /// All of it.
    Administrator = 1, /// Some of it.
    Standard = 5 } }

    #[test]
    fn numbers_have_names_and_others_survive() {
        assert_eq!([Role::from(1), Role::from(7)], [Role::Administrator, Role::Unknown(7)]);
        assert_eq!((Role::Standard.number(), Role::Standard.to_string().as_str()), (5, "5"));
        assert_eq!("5".parse(), Ok(Role::Standard));
        assert_eq!(Role::KNOWN, [Role::Administrator, Role::Standard]);
        for (json, role, written) in [("5", Role::Standard, "5"), ("\"1\"", Role::Administrator, "1"), ("6", Role::Unknown(6), "6")] {
            assert_eq!(serde_json::from_str::<Role>(json).unwrap(), role);
            assert_eq!(serde_json::to_string(&role).unwrap(), written);
        }
        assert!(serde_json::from_str::<Role>("\"Manager\"").is_err());
    }

    listing! { Status ["issued_by:"] }

    #[test]
    fn listed_is_what_has_a_name_and_what_begins_as_documented() {
        for (value, listed) in
            [("issued", true), ("is issued", true), ("issued_by:x", true), ("issued_by", false), ("by issued_by:", false)]
        {
            assert_eq!(Status::from(value).is_listed(), listed, "{value}");
        }
    }

    #[test]
    fn only_strings_are_read() {
        let error = serde_json::from_str::<Status>("1").unwrap_err().to_string();
        assert!(error.contains("expected a string"), "{error}");
    }

    proptest! {
        #[test]
        fn every_value_survives_the_round_trip(value in ".*".prop_filter("other spellings do not", |value| value != "done" && value != "is issued")) {
            let json = serde_json::to_string(&value).unwrap();
            let status: Status = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(status.as_str(), &value);
            prop_assert_eq!(serde_json::to_string(&status).unwrap(), json);
        }
    }
}
