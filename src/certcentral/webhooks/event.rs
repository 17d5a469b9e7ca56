//! An event as it arrives: what happened, to what, and whether it was received before.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::{
    certcentral::{WebhookEventName, sent, types},
    lenient,
};

/// An event that the service sent to a webhook. [`WebhookEventName`] lists the events and what they are about.
///
/// An event that the OpenAPI document lacks is received too: its name is [`WebhookEventName::Unknown`], and its content is in
/// [`json`](Self::json).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WebhookEvent {
    /// What happened.
    pub name: WebhookEventName,
    /// What it happened to. Members that cannot be read are absent; unknown members are in `extra`.
    pub data: types::WebhookEventData,
    /// Whether the same event was received before, as far as the receiver remembers: see [`fingerprint`](Self::fingerprint).
    pub repeated: bool,
    fingerprint: [u8; 32],
    json: Json,
}

/// The whole event. It may hold a token, so `Debug` hides it.
#[derive(Clone)]
struct Json(Value);

impl std::fmt::Debug for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl WebhookEvent {
    /// Reads a body. `None` if it is not an object, or names no event.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(body).ok().filter(Value::is_object)?;
        let (read, _) = lenient::forgive::<sent::WebhookEventBody>(json.clone()).ok()?;
        let data = match read.data {
            Some(data) => data,
            None => lenient::forgive(Value::Object(Map::new())).ok()?.0,
        };
        let mut hash = Sha256::new();
        in_order(&json, &mut |text| hash.update(text));
        Some(Self { name: read.event, data, repeated: false, fingerprint: hash.finalize().into(), json: Json(json) })
    }

    /// Returns a hash of the content, whatever the order of its members: the same if the same event is sent twice.
    ///
    /// Events carry neither an id nor a time. So two test events have the same fingerprint, and so do the validations of a domain now and
    /// in two years. To recognize a replay, consider the content and when it was received before.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.fingerprint.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Returns the event as it was sent. It may hold the token of a challenge: keep it out of logs.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json.0
    }

    pub(super) fn mark(&self) -> [u8; 32] {
        self.fingerprint
    }
}

/// Writes JSON piece by piece, the members of objects sorted by name.
fn in_order(value: &Value, tell: &mut impl FnMut(&[u8])) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            tell(b"{");
            for (name, value) in members {
                tell(Value::from(name.as_str()).to_string().as_bytes());
                tell(b":");
                in_order(value, tell);
                tell(b",");
            }
            tell(b"}");
        }
        Value::Array(items) => {
            tell(b"[");
            for item in items {
                in_order(item, tell);
                tell(b",");
            }
            tell(b"]");
        }
        plain => tell(plain.to_string().as_bytes()),
    }
}
