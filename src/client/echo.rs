//! Some proxies answer a request they do not like by repeating it, headers and all. What is told of an answer never shows the key.

use super::Core;
use crate::error::{ErrorEntry, excerpt};

const HIDDEN: &str = "[redacted]";

/// More of a body than an excerpt shows, so that no part of a key is left at its end.
const LOOKED_AT: usize = 8192;

impl Core {
    /// A text of the service, without the key.
    pub(super) fn without_key(&self, text: &str) -> String {
        match self.key() {
            Some(key) => text.replace(key, HIDDEN),
            None => text.to_owned(),
        }
    }

    /// The beginning of a body that was not understood, without the key.
    pub(super) fn excerpt(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
        excerpt(self.without_key(&text).as_bytes())
    }

    pub(super) fn entries_without_key(&self, entries: Vec<ErrorEntry>) -> Vec<ErrorEntry> {
        let hide = |ErrorEntry { code, message }| ErrorEntry { code: self.without_key(&code), message: self.without_key(&message) };
        entries.into_iter().map(hide).collect()
    }

    /// The key as it stands in its header, behind the scheme if there is one.
    fn key(&self) -> Option<&str> {
        let value = self.authorization.1.to_str().ok()?;
        Some(value.strip_prefix("Bearer ").unwrap_or(value)).filter(|key| !key.is_empty())
    }
}
