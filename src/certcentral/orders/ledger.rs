//! What a client has placed, by the key of each write: the service's lists may lag behind, and two calls may run at once.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::lock::{Mutex as Turns, OwnedMutexGuard};

use crate::certcentral::types;

/// How many writes are remembered; an index does not lag for as long as it takes to place that many.
const MOST: usize = 1000;

/// What became of a write.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::certcentral) enum Outcome {
    /// It was not sent, or refused.
    #[default]
    Nothing,
    /// It may have been done.
    Unsure,
    Placed(Box<types::OrderResponse>),
}

/// The writes of a client.
#[derive(Debug, Default)]
pub(in crate::certcentral) struct Ledger(Mutex<VecDeque<(String, Arc<Turns<Outcome>>)>>);

impl Ledger {
    /// What became of the last write with this key, once no other call is busy with one.
    pub(super) async fn turn(&self, key: &str) -> OwnedMutexGuard<Outcome> {
        let turns = {
            let mut writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match writes.iter().find(|(known, _)| known == key) {
                Some((_, turns)) => Arc::clone(turns),
                None => {
                    if writes.len() == MOST {
                        writes.pop_front();
                    }
                    let turns = Arc::default();
                    writes.push_back((key.to_owned(), Arc::clone(&turns)));
                    turns
                }
            }
        };
        turns.lock_owned().await
    }
}
