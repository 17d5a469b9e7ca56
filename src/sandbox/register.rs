//! Things kept by number, numbered as they come.

use std::collections::BTreeMap;

/// A register of `T`; numbers rise and are never given twice.
#[derive(Debug)]
pub(crate) struct Register<T> {
    next: u64,
    entries: BTreeMap<u64, T>,
}

impl<T> Register<T> {
    /// An empty register whose first entry gets the number `first`.
    pub(crate) fn starting_at(first: u64) -> Self {
        Self { next: first, entries: BTreeMap::new() }
    }

    /// Enters what `make` makes of its number.
    pub(crate) fn add(&mut self, make: impl FnOnce(u64) -> T) -> u64 {
        let id = self.next;
        self.entries.insert(id, make(id));
        self.next += 1;
        id
    }

    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        self.entries.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.entries.get_mut(&id)
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        self.entries.remove(&id)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.values_mut()
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        self.entries.keys().copied().collect()
    }
}
