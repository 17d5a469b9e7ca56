//! The queue of events that happen by themselves, by due time.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

/// What something may happen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Item {
    Order(u64),
    Certificate(u64),
}

/// The next time at which something may happen to each item.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    due: BTreeSet<(DateTime<Utc>, Item)>,
    times: HashMap<Item, DateTime<Utc>>,
}

impl Agenda {
    /// Sets the time of an item, in place of the one it had; `None` for never.
    pub(crate) fn set(&mut self, item: Item, time: Option<DateTime<Utc>>) {
        let former = match time {
            Some(time) => self.times.insert(item, time),
            None => self.times.remove(&item),
        };
        if let Some(former) = former {
            self.due.remove(&(former, item));
        }
        self.due.extend(time.map(|time| (time, item)));
    }

    /// Takes what is due by now.
    pub(crate) fn take_due(&mut self, now: DateTime<Utc>) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some((_, item)) = self.due.first().copied().filter(|(time, _)| *time <= now) {
            self.set(item, None);
            items.push(item);
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_when_they_are_due_and_once() {
        let at = |seconds| DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds);
        let mut agenda = Agenda::default();
        agenda.set(Item::Order(1), Some(at(5)));
        agenda.set(Item::Order(2), Some(at(5)));
        agenda.set(Item::Certificate(1), Some(at(3)));
        agenda.set(Item::Order(3), Some(at(1)));
        agenda.set(Item::Order(3), Some(at(9)));
        agenda.set(Item::Order(2), None);
        assert_eq!(agenda.take_due(at(2)), []);
        assert_eq!(agenda.take_due(at(5)), [Item::Certificate(1), Item::Order(1)]);
        assert_eq!(agenda.take_due(at(8)), []);
        assert_eq!(agenda.take_due(at(10)), [Item::Order(3)]);
    }
}
