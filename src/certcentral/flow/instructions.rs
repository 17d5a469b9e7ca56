//! What the owner has to do to prove control of a domain.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    certcentral::{DcvMethod, types},
    error::Error,
};

/// The target of the CNAME record, if the response does not say.
const CNAME_TARGET: &str = "dcv.digicert.com";

/// What to publish, and where, so that the service finds it (guide p.17 to p.22). `Display` prints it ready for use.
///
/// ```
/// use shomei::certcentral::flow::DcvInstructions;
///
/// let stored = r#"{"txt": {"name": "example.com", "value": "b3x590nrq9d8j02bdpjr9z11s21zxnn1", "expires": null}}"#;
/// let txt: DcvInstructions = serde_json::from_str(stored).unwrap();
/// assert_eq!(txt.to_string(), r#"example.com. IN TXT "b3x590nrq9d8j02bdpjr9z11s21zxnn1""#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DcvInstructions {
    /// Nothing to publish: control of the domain is already proved.
    #[non_exhaustive]
    AlreadyValidated {
        /// When the validation ends, if the service reports it.
        until: Option<DateTime<Utc>>,
    },
    /// A TXT record at the domain itself.
    #[non_exhaustive]
    Txt {
        /// The name of the record.
        name: String,
        /// Its value: the token.
        value: String,
        /// When the token expires, usually 30 days after it was made.
        expires: Option<DateTime<Utc>>,
    },
    /// A CNAME record below the domain.
    #[non_exhaustive]
    Cname {
        /// The name of the record: `<token>.<domain>`.
        name: String,
        /// Where it points: `dcv.digicert.com`.
        target: String,
        /// When the token expires.
        expires: Option<DateTime<Utc>>,
    },
    /// A file on the domain's web server.
    #[non_exhaustive]
    File {
        /// The URL at which the service has to find the file.
        url: String,
        /// The content of the file: the token.
        body: String,
        /// When the token expires.
        expires: Option<DateTime<Utc>>,
    },
    /// A link in one of the e-mails that were sent.
    #[non_exhaustive]
    Email {
        /// The recipients.
        addresses: Vec<String>,
    },
}

impl DcvInstructions {
    /// The instructions for a token method. Errors quote nothing that only the service says.
    pub(super) fn for_token(domain: &str, method: &DcvMethod, token: &types::DcvToken) -> Result<Self, Error> {
        let value = token.token.clone().ok_or_else(|| Error::mismatch("the service returned no token for the domain"))?;
        let expires = token.expiration_date;
        match method {
            DcvMethod::DnsTxtToken => Ok(Self::Txt { name: domain.to_owned(), value, expires }),
            DcvMethod::DnsCnameToken => {
                let target = token.verification_value.clone().unwrap_or_else(|| CNAME_TARGET.to_owned());
                Ok(Self::Cname { name: format!("{value}.{domain}"), target, expires })
            }
            DcvMethod::HttpToken | DcvMethod::HttpTokenDynamic => {
                let url = token.http_token_url.clone();
                let url = url.unwrap_or_else(|| format!("http://{domain}/.well-known/pki-validation/fileauth.txt"));
                Ok(Self::File { url, body: value, expires })
            }
            _ => Err(Error::mismatch("the domain's validation method has no token")),
        }
    }

    /// What is published, and where, without its value.
    pub(super) fn name(&self) -> String {
        match self {
            Self::AlreadyValidated { .. } => "nothing".to_owned(),
            Self::Txt { name, .. } => format!("the TXT record of {name}"),
            // Its name is the token's.
            Self::Cname { .. } => "the CNAME record".to_owned(),
            Self::File { url, .. } => format!("the file {url}"),
            Self::Email { .. } => "the e-mail".to_owned(),
        }
    }

    /// Returns when the token expires, if there is one.
    #[must_use]
    pub fn expires(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Txt { expires, .. } | Self::Cname { expires, .. } | Self::File { expires, .. } => *expires,
            Self::AlreadyValidated { .. } | Self::Email { .. } => None,
        }
    }
}

impl fmt::Display for DcvInstructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyValidated { until: Some(until) } => write!(f, "nothing to do: validated until {}", until.format("%Y-%m-%d")),
            Self::AlreadyValidated { until: None } => f.write_str("nothing to do: validated"),
            Self::Txt { name, value, .. } => write!(f, "{name}. IN TXT \"{value}\""),
            Self::Cname { name, target, .. } => write!(f, "{name}. IN CNAME {target}."),
            Self::File { url, body, .. } => write!(f, "{url} with the content {body}"),
            Self::Email { addresses } => write!(f, "follow the link in the e-mail to one of {}", addresses.join(", ")),
        }
    }
}
