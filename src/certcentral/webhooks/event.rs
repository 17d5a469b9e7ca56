//! An event as it arrives: what happened, to what, and whether it was told before.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::{
    certcentral::{WebhookEventName, sent, types},
    lenient,
};

/// Something that the service told by itself. Which events there are, and what they are about: [`WebhookEventName`].
///
/// An event that the document does not know is one too: its name reads as [`WebhookEventName::Unknown`], and what it has is in
/// [`json`](Self::json).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WebhookEvent {
    /// What happened.
    pub name: WebhookEventName,
    /// To what. What cannot be read is absent, and other members are in `extra`.
    pub data: types::WebhookEventData,
    /// Whether the same was told before, as far as the receiver remembers: see [`fingerprint`](Self::fingerprint).
    pub repeated: bool,
    fingerprint: [u8; 32],
    json: Json,
}

/// The whole event, which may hold a token and so does not show.
#[derive(Clone)]
struct Json(Value);

impl std::fmt::Debug for Json {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl WebhookEvent {
    /// Reads a body. `None` if it is no object, or names no event.
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

    /// What the event says, whatever the order of its members: the same for the same event told twice.
    ///
    /// Events carry no number and no time. So two test events are the same, and so is a domain's validation in two years: a replay is known
    /// by what it says and by when that was said before.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.fingerprint.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The event as it was sent. It may hold the token of a challenge: keep it out of logs.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json.0
    }

    pub(super) fn mark(&self) -> [u8; 32] {
        self.fingerprint
    }
}

/// Tells JSON piece by piece, the members of objects by their names.
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
