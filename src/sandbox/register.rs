//! Things kept by number, numbered as they come.

use std::collections::BTreeSet;

/// A register of `T`; numbers increase and are never reused. It records what changed.
#[derive(Clone, Debug)]
pub(crate) struct Register<T> {
    first: u64,
    /// Each in its own box, so that the register grows without moving them.
    entries: Vec<Option<Box<T>>>,
    len: usize,
    touched: BTreeSet<u64>,
}

impl<T> Register<T> {
    /// An empty register whose first entry gets the number `first`.
    pub(crate) fn starting_at(first: u64) -> Self {
        Self { first, entries: Vec::new(), len: 0, touched: BTreeSet::new() }
    }

    /// Enters what `make` makes of its number.
    pub(crate) fn add(&mut self, make: impl FnOnce(u64) -> T) -> u64 {
        let id = self.next();
        self.entries.push(Some(Box::new(make(id))));
        self.len += 1;
        self.touched.insert(id);
        id
    }

    /// The number that the next entry gets.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    fn place(&self, id: u64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.first)?).ok()
    }

    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        looks::add(1);
        self.entries.get(self.place(id)?)?.as_deref()
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        looks::add(1);
        let place = self.place(id)?;
        let entry = self.entries.get_mut(place)?.as_deref_mut()?;
        self.touched.insert(id);
        Some(entry)
    }

    /// As if all had been changed.
    pub(crate) fn touch_all(&mut self) {
        self.touched.extend(self.ids());
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<T> {
        let place = self.place(id)?;
        let removed = self.entries.get_mut(place)?.take()?;
        self.len -= 1;
        self.touched.insert(id);
        Some(*removed)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.iter().flatten().map(Box::as_ref).inspect(|_| looks::add(1))
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        (self.first..).zip(&self.entries).filter(|(_, entry)| entry.is_some()).map(|(id, _)| id).collect()
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

    #[test]
    fn no_number_is_given_twice() {
        let mut words = Register::starting_at(7);
        let (first, second) = (words.add(|_| "one"), words.add(|_| "two"));
        assert_eq!((words.remove(second), words.remove(second)), (Some("two"), None));
        assert_eq!([first - 1, first, second, second + 1].map(|id| words.get(id).copied()), [None, Some("one"), None, None]);
        assert_eq!((words.next(), words.len(), words.ids()), (second + 1, 1, vec![first]));
        assert_eq!(words.iter().collect::<Vec<_>>(), [&"one"]);
    }
}
