//! Decodes a response, according to the form of JSON that its document declares.

use std::mem;

use progenitor_client::ResponseValue;
use serde::de::{DeserializeOwned, Error as _};
#[cfg(feature = "certcentral")]
use serde_json::Value;
#[cfg(feature = "certcentral")]
use tracing::{debug, warn};

use super::{Call, Core};
use crate::error::Error;
#[cfg(feature = "certcentral")]
use crate::lenient;

#[cfg(test)]
mod tests;

/// How a service writes its JSON: `x-json` of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    /// As written by a loosely typed language. Members that decide nothing may be unreadable; an empty list may be an empty object; of a
    /// duplicate member the last one counts.
    #[cfg(feature = "certcentral")]
    Loose,
    /// Strictly as specified for protobuf's JSON.
    #[cfg(feature = "pocketsign")]
    Protobuf,
}

/// Why a body could not be decoded, and where in it.
struct Undecodable {
    path: String,
    error: serde_json::Error,
}

impl Call {
    /// The body of a response as a value. The generated methods end with this.
    pub(crate) async fn decode<T: DeserializeOwned>(
        &self,
        json: Json,
        operation: &'static str,
        mut response: reqwest::Response,
    ) -> Result<ResponseValue<T>, progenitor_client::Error<()>> {
        let (status, headers) = (response.status(), mem::take(response.headers_mut()));
        let body = response.bytes().await.map_err(progenitor_client::Error::ResponseBodyError)?;
        match read(json, operation, without_mark(&body), self.options.in_full) {
            Ok(value) => Ok(ResponseValue::new(value, status, headers)),
            Err(undecodable) => {
                let failure = told(&undecodable, &body, operation, &self.core);
                self.note(|record| record.failure = Some(failure));
                Err(progenitor_client::Error::InvalidResponsePayload(body, undecodable.error))
            }
        }
    }
}

#[cfg_attr(not(feature = "certcentral"), allow(unused_variables, reason = "only loose JSON is forgiven"))]
fn read<T: DeserializeOwned>(json: Json, operation: &'static str, body: &[u8], in_full: bool) -> Result<T, Undecodable> {
    let nowhere = |error| Undecodable { path: String::new(), error };
    let body = match (list(body), json) {
        (None, _) => body,
        #[cfg(feature = "certcentral")]
        (Some([]), Json::Loose) => b"{}",
        // A derived `Deserialize` would read the list as the struct's fields in order.
        _ => return Err(nowhere(serde_json::Error::custom("expected an object, found a list"))),
    };
    let error = match serde_json::from_slice(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match json {
        #[cfg(feature = "pocketsign")]
        Json::Protobuf => Err(located::<T>(body, error)),
        #[cfg(feature = "certcentral")]
        Json::Loose => forgiven(operation, body, in_full).map_err(|again| again.unwrap_or_else(|| nowhere(error))),
    }
}

/// Reads a body again after the strict reading failed on a duplicate or unreadable member. The error is `None` if the body is not JSON.
#[cfg(feature = "certcentral")]
fn forgiven<T: DeserializeOwned>(operation: &'static str, body: &[u8], in_full: bool) -> Result<T, Option<Undecodable>> {
    let value: Value = serde_json::from_slice(body).map_err(|_| None)?;
    let (value, unreadable) = lenient::forgive(value).map_err(|(path, error)| Some(Undecodable { path, error }))?;
    if unreadable.is_empty() {
        debug!(target: "shomei", operation, "a member occurs twice in a response: the last one counts");
    }
    for (member, count) in unreadable {
        if in_full {
            return Err(Some(Undecodable { path: member, error: serde_json::Error::custom("the member cannot be read") }));
        }
        warn!(target: "shomei", operation, member, count, "a member of a response could not be read and was left out");
    }
    Ok(value)
}

/// The text without the byte order mark that some servers put at its start.
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The text between the brackets of a body that is a list, trimmed.
fn list(body: &[u8]) -> Option<&[u8]> {
    let inner = body.trim_ascii().strip_prefix(b"[")?;
    Some(inner.strip_suffix(b"]").unwrap_or(inner).trim_ascii())
}

/// Reads the body a second time, to find the path at which decoding fails.
#[cfg(feature = "pocketsign")]
fn located<T: DeserializeOwned>(body: &[u8], error: serde_json::Error) -> Undecodable {
    match serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(body)) {
        Ok(_) => Undecodable { path: String::new(), error },
        Err(located) => Undecodable { path: located.path().to_string(), error: located.into_inner() },
    }
}

/// The error as a caller sees it.
fn told(Undecodable { path, error }: &Undecodable, body: &[u8], operation: &str, core: &Core) -> Error {
    if core.keeps_back(operation) {
        // serde's text and the body may quote secrets; so may the path if the body is not JSON, through undocumented members.
        let path = if error.is_data() { core.without_key(path) } else { String::new() };
        let reason = format!("a member has an unexpected type or format, at column {} of line {}", error.column(), error.line());
        return Error::decode(path, reason, String::new());
    }
    // JSON of an undocumented form may hold a secret member; the path says enough.
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    let excerpt = if is_json { String::new() } else { core.excerpt(body) };
    Error::decode(core.without_key(path), core.without_key(&error.to_string()), excerpt)
}
