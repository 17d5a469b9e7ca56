//! Names of values, one table per type, for both the program's options and the JSON of the control interface.

/// Implements `as_str`, `Display` and `FromStr` for an enum without fields. The visibility is that of `as_str`; the literal after the type is
/// the member's name in errors.
macro_rules! words {
    ($visibility:vis $type:ident, $member:literal: $($variant:ident = $word:literal),+ $(,)?) => {
        impl $type {
            /// Every value with its name.
            const WORDS: &[(Self, &'static str)] = &[$((Self::$variant, $word)),+];

            /// Returns the name of the value, as in options and in JSON.
            #[must_use]
            $visibility fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::sandbox::SandboxError;

            fn from_str(given: &str) -> Result<Self, Self::Err> {
                let found = Self::WORDS.iter().find(|(_, word)| *word == given);
                found.map(|(value, _)| *value).ok_or_else(|| {
                    let words: Vec<&str> = Self::WORDS.iter().map(|(_, word)| *word).collect();
                    $crate::sandbox::SandboxError::invalid($member, format!("expected one of {}", words.join(", ")))
                })
            }
        }
    };
}
pub(crate) use words;
