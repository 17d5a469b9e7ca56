//! What a fleet remembers from one process to the next.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The last recorded standing of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::certcentral::flow) enum Standing {
    /// It may have been sent, or certainly was: the memo says which.
    Begun,
    /// It was refused, and can be begun again.
    Refused,
    /// Its result was delivered.
    Done,
}

/// One event, as one line of JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::certcentral::flow) struct Entry<M> {
    pub(in crate::certcentral::flow) item: String,
    pub(in crate::certcentral::flow) state: Standing,
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub(in crate::certcentral::flow) memo: Option<M>,
}

impl<M: Serialize> Entry<M> {
    pub(super) fn new(item: &str, state: Standing, memo: Option<M>) -> Self {
        Self { item: item.to_owned(), state, memo }
    }

    pub(super) fn line(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::invalid("journal", format!("{} cannot be written: {error}", self.item)))
    }
}

/// A record that is written as things happen, and read by the next process.
pub(in crate::certcentral::flow) trait Memory: Send + Sync {
    /// Claims it for a kind of fleet.
    ///
    /// # Errors
    ///
    /// If it belongs to another kind.
    fn claim(&self, kind: &'static str) -> Result<(), Error>;

    /// Every item that was begun and is not done, in order.
    fn unfinished(&self) -> Vec<String>;

    /// The standing of an item.
    fn standing(&self, item: &str) -> Option<Standing>;

    /// How many items are done.
    fn done(&self) -> usize;

    /// The last event of an item.
    fn last(&self, item: &str) -> Result<String, Error>;

    /// Records an event; once the future completes, the event is durable.
    fn append(&self, line: String) -> BoxFuture<'static, Result<(), Error>>;
}
