//! Open enums: the values that a document lists, by name, and a variant for any future value.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Serialize, Serializer,
    de::{Deserializer, Error, Visitor},
};

/// Defines an open enum from `exact` or `ignore_case` (how values are compared), its name and its values. With a prefix, values are read
/// with or without it and kept without it; [`write`] writes them with it.
macro_rules! open_enum {
    (
        $comparison:ident $($prefix:literal)? $(#[$meta:meta])* $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $value:literal $(| $alias:literal)*),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            #[doc = ::std::concat!("A value the documentation does not list, as the service wrote it", $(", but for the prefix `", $prefix, "`",)? ".")]
            Unknown(::std::string::String),
        }

        impl $name {
            /// The documented values.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            #[doc = ::std::concat!("The value as on the wire", $(", without the prefix `", $prefix, "` and in lower case",)? ".")]
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)+
                    Self::Unknown(value) => value,
                }
            }

            const PREFIX: &'static str = ::std::concat!($($prefix)?);

            fn known(value: &str) -> ::std::option::Option<Self> {
                $(if crate::open_enum::$comparison(value, $value) $(|| crate::open_enum::$comparison(value, $alias))* {
                    return ::std::option::Option::Some(Self::$variant);
                })+
                ::std::option::Option::None
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                let value = crate::open_enum::bare(value, Self::PREFIX);
                Self::known(&value).unwrap_or_else(|| Self::Unknown(value.into_owned()))
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(value: ::std::string::String) -> Self {
                match crate::open_enum::bare(&value, Self::PREFIX) {
                    ::std::borrow::Cow::Borrowed(_) => Self::known(&value).unwrap_or(Self::Unknown(value)),
                    ::std::borrow::Cow::Owned(value) => Self::known(&value).unwrap_or(Self::Unknown(value)),
                }
            }
        }

        $(impl crate::open_enum::Prefixed for $name {
            const PREFIX: &'static str = $prefix;
        })?

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

        crate::schema::schema! {
            $name: {
                "description": ::std::concat!("One of the values that the service documents, or another.", $(" They are read with and without `", $prefix, "`.")?),
                "anyOf": [{"enum": [$($value),+]}, {"type": "string"}]
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

            /// The number as on the wire.
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

        crate::schema::schema! {
            $name: {
                "description": "One of the numbers that the service documents, or another.",
                "anyOf": [{"enum": [$($value),+]}, {"type": "integer", "minimum": 0}]
            }
        }
    };
}
#[allow(unused_imports, reason = "a document need not have an enum of this kind")]
pub(crate) use open_number;
/// An open enum whose document puts a prefix before each value.
#[allow(dead_code, reason = "a document need not have an enum of this kind")]
pub(crate) trait Prefixed: AsRef<str> {
    const PREFIX: &'static str;
}

/// Turns `CHECK_METHOD_CRL` into `crl`; a value without the prefix, or with lower-case letters after it, stays as it is.
pub(crate) fn bare<'a>(value: &'a str, prefix: &str) -> Cow<'a, str> {
    match value.strip_prefix(prefix).filter(|rest| !prefix.is_empty() && *rest == rest.to_ascii_uppercase()) {
        Some(rest) => Cow::Owned(rest.to_ascii_lowercase()),
        None => Cow::Borrowed(value),
    }
}

/// A field type that holds words with a prefix.
#[allow(dead_code, reason = "a document need not have an enum of this kind")]
pub(crate) trait Written {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// Writes a field, each word with its prefix.
#[allow(dead_code, reason = "a document need not have an enum of this kind")]
pub(crate) fn write<T: Written, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write(serializer)
}

impl<T: Prefixed> Written for T {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.as_ref();
        // Otherwise it would not be read as the same value again.
        if value == value.to_ascii_lowercase() {
            serializer.collect_str(&format_args!("{}{}", T::PREFIX, value.to_ascii_uppercase()))
        } else {
            serializer.serialize_str(value)
        }
    }
}

impl<T: Prefixed> Written for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(word) => serializer.serialize_some(&Word(word)),
            None => serializer.serialize_none(),
        }
    }
}

impl<T: Prefixed> Written for Vec<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Word))
    }
}

#[allow(dead_code, reason = "a document need not have an enum of this kind")]
struct Word<'a, T>(&'a T);

impl<T: Prefixed> Serialize for Word<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Adds prefixes of further documented values, whose rest varies, to an open enum.
#[allow(unused_macros, reason = "a document need not have an enum of this kind")]
macro_rules! listing {
    ($name:ident [ $($prefix:literal),+ ]) => {
        impl $name {
            /// Prefixes of further documented values; their rest varies, so they are read as [`Unknown`](Self::Unknown).
            pub const PREFIXES: &'static [&'static str] = &[$($prefix),+];

            /// Returns whether the documentation lists this value or its prefix.
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

    open_enum! { exact /// The status of an order.
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

    open_enum! { exact "METHOD_" /// How to look.
    Method { /// In a list.
    List = "list" | "by_list", /// By asking.
    Ask = "ask_2" } }

    #[test]
    fn a_prefix_is_written_and_need_not_be_read() {
        for (read, method, written) in [
            ("METHOD_LIST", Method::List, "METHOD_LIST"),
            ("list", Method::List, "METHOD_LIST"),
            ("by_list", Method::List, "METHOD_LIST"),
            ("METHOD_ASK_2", Method::Ask, "METHOD_ASK_2"),
            ("METHOD_NEW", Method::Unknown("new".to_owned()), "METHOD_NEW"),
            ("odd", Method::Unknown("odd".to_owned()), "METHOD_ODD"),
            ("Odd", Method::Unknown("Odd".to_owned()), "Odd"),
            ("METHOD_list", Method::Unknown("METHOD_list".to_owned()), "METHOD_list"),
            ("LIST", Method::Unknown("LIST".to_owned()), "LIST"),
            (" list", Method::Unknown(" list".to_owned()), "METHOD_ LIST"),
        ] {
            assert_eq!((Method::from(read), Method::from(read.to_owned())), (method.clone(), method.clone()), "{read}");
            assert_eq!(super::write(&method, serde_json::value::Serializer).unwrap(), written, "{read}");
        }
        let lists = (
            super::write(&Some(Method::Ask), serde_json::value::Serializer),
            super::write(&vec![Method::List], serde_json::value::Serializer),
        );
        assert_eq!((lists.0.unwrap(), lists.1.unwrap()), ("METHOD_ASK_2".into(), serde_json::json!(["METHOD_LIST"])));
        // By itself, in what a caller stores, it has no prefix.
        assert_eq!(serde_json::to_string(&Method::List).unwrap(), "\"list\"");
        assert_eq!((Method::List.as_str(), Method::List.to_string()), ("list", "list".to_owned()));
        assert_eq!(Method::KNOWN, [Method::List, Method::Ask]);
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

        /// Whatever a service writes, what is written again is read as the same.
        #[test]
        fn a_prefixed_value_survives_too(value in "(METHOD_)?[a-zA-Z_ 0-9é]*") {
            let method = Method::from(value);
            let written = super::write(&method, serde_json::value::Serializer).unwrap();
            prop_assert_eq!(Method::from(written.as_str().unwrap()), method);
        }
    }
}
