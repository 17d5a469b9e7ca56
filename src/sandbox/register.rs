//! Things kept by number, numbered as they come.

use std::collections::{BTreeMap, BTreeSet};

/// A register of `T`; numbers increase and are never reused. It records what changed.
#[derive(Clone, Debug)]
pub(crate) struct Register<T> {
    next: u64,
    entries: BTreeMap<u64, T>,
    touched: BTreeSet<u64>,
}

impl<T> Register<T> {
    /// An empty register whose first entry gets the number `first`.
    pub(crate) fn starting_at(first: u64) -> Self {
        Self { next: first, entries: BTreeMap::new(), touched: BTreeSet::new() }
    }

    /// Enters what `make` makes of its number.
    pub(crate) fn add(&mut self, make: impl FnOnce(u64) -> T) -> u64 {
        let id = self.next;
        self.entries.insert(id, make(id));
        self.touched.insert(id);
        self.next += 1;
        id
    }

    /// The number that the next entry gets.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        looks::add(1);
        self.entries.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        looks::add(1);
        let entry = self.entries.get_mut(&id)?;
        self.touched.insert(id);
        Some(entry)
    }

    /// As if all had been changed.
    pub(crate) fn touch_all(&mut self) {
        self.touched.extend(self.entries.keys());
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        let removed = self.entries.remove(&id)?;
        self.touched.insert(id);
        Some(removed)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.values().inspect(|_| looks::add(1))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        self.entries.keys().copied().collect()
    }

    /// The numbers of what was entered, changed or removed since this was last asked.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<u64> {
        std::mem::take(&mut self.touched)
    }
}

/// How many entries were read in this thread, for the test of a call's cost.
pub(crate) mod looks {
    #[cfg(test)]
    std::thread_local! {
        static LOOKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }

    #[cfg(test)]
    pub(crate) fn add(count: u64) {
        LOOKS.set(LOOKS.get() + count);
    }

    #[cfg(not(test))]
    pub(crate) fn add(_: u64) {}

    #[cfg(test)]
    pub(crate) fn take() -> u64 {
        LOOKS.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_touched_is_told_once() {
        let mut words = Register::starting_at(7);
        let (first, second) = (words.add(|id| id), words.add(|id| id));
        assert_eq!(words.take_touched(), BTreeSet::from([first, second]));
        assert_eq!(words.get(first), Some(&7));
        assert_eq!(words.get_mut(99), None);
        assert_eq!(words.take_touched(), BTreeSet::new());
        words.remove(first);
        words.get_mut(second);
        assert_eq!(words.take_touched(), BTreeSet::from([first, second]));
    }
}
