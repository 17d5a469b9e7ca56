//! Secret bytes: certificates, digests, signatures.

use std::fmt;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

/// Writes padding, reads with or without it.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Personal or secret bytes: readable with [`expose`](Self::expose), never printed, wiped on drop. Serializing writes them.
///
/// In JSON they are base64: written in the standard alphabet with padding, read in the standard or the URL-safe alphabet, with or without
/// padding.
///
/// ```
/// # use shomei::RedactedBytes;
/// let digest = RedactedBytes::from(vec![0xde, 0xad]);
/// assert_eq!(format!("{digest:?}"), "[redacted]");
/// assert_eq!(digest.expose(), [0xde, 0xad]);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RedactedBytes(Zeroizing<Vec<u8>>);

impl RedactedBytes {
    /// Wraps bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// Returns the bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

macro_rules! hides {
    ($([$($generic:tt)*] $bytes:ty,)+) => {
        $(
            impl<$($generic)*> From<$bytes> for RedactedBytes {
                fn from(bytes: $bytes) -> Self {
                    Self::new(bytes)
                }
            }
        )+
    };
}

hides! {
    [] Vec<u8>,
    [] &[u8],
    [const N: usize] [u8; N],
    [const N: usize] &[u8; N],
    [] String,
    [] &str,
}

impl fmt::Debug for RedactedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

crate::schema::schema! { RedactedBytes: {"type": "string", "contentEncoding": "base64"} }

impl Serialize for RedactedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64.encode(self.expose())))
    }
}

impl<'de> Deserialize<'de> for RedactedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let standard = Zeroizing::new(text.replace('-', "+").replace('_', "/"));
        // The decoder's own message would name a byte of the secret.
        BASE64.decode(standard.as_bytes()).map(Self::new).map_err(|_| D::Error::custom("a string that is not base64"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_base64_is_read() {
        for written in ["\"+/+/Pg==\"", "\"+/+/Pg\"", "\"-_-_Pg==\"", "\"-_-_Pg\""] {
            let bytes: RedactedBytes = serde_json::from_str(written).unwrap();
            assert_eq!(bytes.expose(), [0xfb, 0xff, 0xbf, 0x3e], "{written}");
            assert_eq!(serde_json::to_string(&bytes).unwrap(), "\"+/+/Pg==\"");
        }
        assert_eq!(serde_json::from_str::<RedactedBytes>("\"\"").unwrap(), RedactedBytes::default());
    }

    #[test]
    fn what_is_no_base64_is_refused_without_showing_it() {
        for wrong in ["\"CANARY!\"", "\"CANAR\"", "\"CANA RY==\""] {
            let error = serde_json::from_str::<RedactedBytes>(wrong).unwrap_err().to_string();
            assert!(error.contains("not base64") && !error.contains("CAN"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn bytes_survive_the_round_trip_and_do_not_print(bytes: Vec<u8>) {
            let hidden = RedactedBytes::from(bytes.clone());
            let again: RedactedBytes = serde_json::from_str(&serde_json::to_string(&hidden).unwrap()).unwrap();
            prop_assert_eq!(again.expose(), &bytes[..]);
            prop_assert_eq!(format!("{hidden:?} {hidden:#?}"), "[redacted] [redacted]");
        }
    }
}
