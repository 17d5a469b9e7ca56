//! The items that a list has given so far, exactly.

use std::{collections::HashSet, hash::Hash};

/// What identifies the items of a list.
pub(crate) trait Key: Sized + Send + 'static {
    /// Where those that were given are kept.
    type Seen: Seen<Self>;
}

pub(crate) trait Seen<K>: Default + Send + 'static {
    fn has(&self, key: &K) -> bool;

    /// Whether it is new.
    fn add(&mut self, key: K) -> bool;
}

/// Numbers that a service gives out one after the other: two bytes each where they lie apart, less where they are dense.
#[cfg(any(feature = "certcentral", test))]
impl Key for u64 {
    type Seen = roaring::RoaringTreemap;
}

#[cfg(any(feature = "certcentral", test))]
impl Seen<u64> for roaring::RoaringTreemap {
    fn has(&self, key: &u64) -> bool {
        self.contains(*key)
    }

    fn add(&mut self, key: u64) -> bool {
        self.insert(key)
    }
}

impl Key for String {
    type Seen = HashSet<Self>;
}

impl<K: Eq + Hash + Send + 'static> Seen<K> for HashSet<K> {
    fn has(&self, key: &K) -> bool {
        self.contains(key)
    }

    fn add(&mut self, key: K) -> bool {
        self.insert(key)
    }
}
