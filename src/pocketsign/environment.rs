//! The servers of the service.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A server of PocketSign Verify. A tenant and its tokens belong to one of them.
///
/// There is no default: production code must never use the mock by accident.
///
/// ```
/// use shomei::pocketsign::Environment;
///
/// assert_eq!("mock".parse::<Environment>()?, Environment::Mock);
/// assert!("staging".parse::<Environment>().is_err());
/// # Ok::<(), shomei::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Environment {
    /// The mock server (モック環境): made-up certificates, no connection to JPKI. It requires a token too.
    Mock,
    /// The test server. Its address is known only from third-party code.
    Test,
    /// The production server. Its address is known from third-party code, and matches the domain named in errors.
    Production,
}

impl Environment {
    /// The base URL of the server.
    #[must_use]
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Mock => "https://verify.mock.p8n.app",
            Self::Test => "https://verify.test.p8n.app",
            Self::Production => "https://verify.p8n.app",
        }
    }
}

impl FromStr for Environment {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "mock" => Ok(Self::Mock),
            "test" => Ok(Self::Test),
            "production" => Ok(Self::Production),
            _ => Err(Error::configuration(format!("environment {name:?}: expected mock, test or production"))),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mock => "mock",
            Self::Test => "test",
            Self::Production => "production",
        })
    }
}
