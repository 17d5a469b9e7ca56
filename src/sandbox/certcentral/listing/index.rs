//! An index over the entries of a noun: which of them have a value, and in which order they come.
//!
//! It is updated for every changed entry. The cost of a list then depends on its page, not on the number of entries.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::set::Set;
use super::{Page, Paging, fits, range, sort_keys};
use crate::sandbox::http::Query;
use crate::sandbox::register::looks;

/// Up to so many entries are sorted by hand; more are taken from the index in its order.
const FEW: usize = 512;

/// What an entry is found by: the name of a filter or of a sort key.
pub(crate) type Member = &'static str;

/// A value that entries are found and sorted by. All values of a member are of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Number(u64),
    Word(&'static str),
    Text(Arc<str>),
    Time(Option<DateTime<Utc>>),
}

impl Key {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A text that filters find in either case.
    pub(crate) fn folded(text: &str) -> Self {
        Self::Text(text.to_ascii_lowercase().into())
    }

    fn as_text(&self) -> &str {
        match self {
            Self::Word(text) => text,
            Self::Text(text) => text,
            Self::Number(_) | Self::Time(_) => "",
        }
    }
}

/// The entries of a noun by their values.
#[derive(Debug)]
pub(crate) struct Index {
    /// The number of the entry in the first place.
    first: u64,
    /// Whether lists begin with the newest entry, unless asked otherwise.
    newest_first: bool,
    all: Set,
    members: BTreeMap<Member, BTreeMap<Key, Set>>,
    entries: HashMap<u32, Vec<(Member, Key)>>,
}

impl Index {
    /// An index of entries numbered from `first` on.
    pub(crate) fn starting_at(first: u64, newest_first: bool) -> Self {
        Self { first, newest_first, all: Set::default(), members: BTreeMap::new(), entries: HashMap::new() }
    }

    /// Enters an entry with its values, in place of those it had.
    pub(crate) fn put(&mut self, id: u64, keys: Vec<(Member, Key)>) {
        let place = self.place(id);
        let former = self.entries.remove(&place).unwrap_or_default();
        for key in former.iter().filter(|key| !keys.contains(key)) {
            self.take_out(place, key);
        }
        for (member, key) in keys.iter().filter(|key| !former.contains(key)) {
            self.members.entry(member).or_default().entry(key.clone()).or_default().insert(place);
        }
        self.all.insert(place);
        self.entries.insert(place, keys);
    }

    pub(crate) fn remove(&mut self, id: u64) {
        let place = self.place(id);
        for key in self.entries.remove(&place).unwrap_or_default() {
            self.take_out(place, &key);
        }
        self.all.remove(place);
    }

    fn take_out(&mut self, place: u32, (member, key): &(Member, Key)) {
        let Some(keys) = self.members.get_mut(member) else {
            return;
        };
        let emptied = keys.get_mut(key).is_some_and(|set| {
            set.remove(place);
            set.is_empty()
        });
        if emptied {
            keys.remove(key);
        }
    }

    /// All entries, to be narrowed down by filters.
    pub(crate) fn select(&self) -> Selection<'_> {
        Selection { index: self, set: Cow::Borrowed(&self.all) }
    }

    fn place(&self, id: u64) -> u32 {
        u32::try_from(id.saturating_sub(self.first)).unwrap_or(u32::MAX)
    }

    fn id(&self, place: u32) -> u64 {
        self.first + u64::from(place)
    }

    fn keys(&self, member: &str) -> impl Iterator<Item = (&Key, &Set)> {
        self.members.get(member).into_iter().flatten()
    }

    /// The sets of the texts that a pattern fits: those that begin as it does up to its first `%` are looked at.
    fn fitting<'i>(&'i self, member: &str, pattern: &str) -> Vec<&'i Set> {
        let pattern = pattern.to_ascii_lowercase();
        let Some(keys) = self.members.get(member) else {
            return Vec::new();
        };
        match pattern.split_once('%') {
            None => keys.get(&Key::text(&pattern)).into_iter().collect(),
            Some((start, rest)) => keys
                .range(Key::text(start)..)
                .take_while(|(key, _)| key.as_text().starts_with(start))
                .inspect(|_| looks::add(1))
                .filter(|(key, _)| rest.is_empty() || fits(&pattern, key.as_text()))
                .map(|(_, set)| set)
                .collect(),
        }
    }

    /// So many of some entries from `offset` on, sorted by members and then by their number.
    fn sorted(&self, set: &Set, by: &[(Member, bool)], offset: usize, limit: usize) -> Vec<u32> {
        let Some(((member, falling), further)) = by.split_first() else {
            return set.page(self.newest_first, offset, limit);
        };
        // No two entries have one number, so nothing is left to sort by.
        if *member == "id" {
            return set.page(*falling, offset, limit);
        }
        if set.len() <= FEW {
            let mut places = set.page(self.newest_first, 0, FEW);
            looks::add(places.len() as u64);
            places.sort_by(|left, right| by.iter().fold(Ordering::Equal, |order, by| order.then_with(|| self.compare(*left, *right, *by))));
            return places.into_iter().skip(offset).take(limit).collect();
        }
        let groups = self.members.get(member).into_iter().flat_map(BTreeMap::values);
        if *falling { self.taken(set, groups.rev(), further, offset, limit) } else { self.taken(set, groups, further, offset, limit) }
    }

    /// A page of what a set and groups, one after the other, have in common.
    fn taken<'i>(
        &self,
        set: &Set,
        groups: impl Iterator<Item = &'i Set>,
        further: &[(Member, bool)],
        mut offset: usize,
        limit: usize,
    ) -> Vec<u32> {
        let mut page = Vec::new();
        for group in groups {
            looks::add(1);
            if page.len() == limit {
                break;
            }
            let in_both = group.count_in(set);
            if in_both <= offset {
                offset -= in_both;
                continue;
            }
            page.extend(self.sorted(&group.and(set), further, offset, limit - page.len()));
            offset = 0;
        }
        page
    }

    fn compare(&self, left: u32, right: u32, (member, falling): (Member, bool)) -> Ordering {
        let order = if member == "id" { left.cmp(&right) } else { self.key(left, member).cmp(&self.key(right, member)) };
        if falling { order.reverse() } else { order }
    }

    fn key(&self, place: u32, member: &str) -> Option<&Key> {
        self.entries.get(&place)?.iter().find(|(name, _)| *name == member).map(|(_, key)| key)
    }
}

/// Some entries of an index.
#[derive(Clone, Debug)]
pub(crate) struct Selection<'i> {
    index: &'i Index,
    set: Cow<'i, Set>,
}

impl<'i> Selection<'i> {
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// Those that have one of some values.
    pub(crate) fn any_of(self, member: Member, keys: &[Key]) -> Self {
        let index = self.index;
        let known = index.members.get(member);
        self.narrowed(keys.iter().filter_map(|key| known?.get(key)))
    }

    /// Those that have one of a filter's words, in either case; no filter takes all.
    pub(crate) fn words(self, member: Member, wanted: &[&str]) -> Self {
        if wanted.is_empty() {
            return self;
        }
        let is_wanted = |key: &Key| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(key.as_text()));
        let sets = self.index.keys(member).filter(|(key, _)| is_wanted(key)).map(|(_, set)| set);
        self.narrowed(sets)
    }

    /// Those that have one of a filter's numbers; no filter takes all.
    pub(crate) fn numbers(self, member: Member, wanted: &[&str]) -> Self {
        if wanted.is_empty() {
            return self;
        }
        let keys: Vec<Key> = wanted.iter().filter_map(|wanted| wanted.parse().ok()).map(Key::Number).collect();
        self.any_of(member, &keys)
    }

    /// Those of which a text fits one of a filter's patterns; no filter takes all.
    pub(crate) fn like(self, members: &[Member], patterns: &[&str]) -> Self {
        if patterns.is_empty() {
            return self;
        }
        let index = self.index;
        let each = members.iter().flat_map(|member| patterns.iter().map(move |pattern| (member, pattern)));
        self.narrowed(each.flat_map(|(member, pattern)| index.fitting(member, pattern)))
    }

    /// Those with a time in one of a filter's ranges; no filter takes all, what cannot be read takes none.
    pub(crate) fn in_time(self, member: Member, ranges: &[&str]) -> Self {
        if ranges.is_empty() {
            return self;
        }
        let ranges: Vec<_> = ranges.iter().filter_map(|text| range(text)).map(|(from, to)| (member, from, to)).collect();
        self.any_between(&ranges)
    }

    /// Those of which a member's time is in its range; the end of a range is not within.
    pub(crate) fn any_between(self, ranges: &[(Member, Option<NaiveDateTime>, Option<NaiveDateTime>)]) -> Self {
        let index = self.index;
        let moment = |at: NaiveDateTime| Key::Time(Some(at.and_utc()));
        let can_be = ranges.iter().filter(|(_, from, to)| from.is_none() || to.is_none() || from < to);
        let sets = can_be.flat_map(|(member, from, to)| {
            let from = from.map_or(Bound::Excluded(Key::Time(None)), |from| Bound::Included(moment(from)));
            let to = to.map_or(Bound::Unbounded, |to| Bound::Excluded(moment(to)));
            index.members.get(member).into_iter().flat_map(move |keys| keys.range((from.clone(), to.clone())))
        });
        self.narrowed(sets.map(|(_, set)| set))
    }

    /// Those among some ids.
    pub(crate) fn ids(self, ids: impl IntoIterator<Item = u64>) -> Self {
        let mut set = Set::default();
        ids.into_iter().for_each(|id| set.insert(self.index.place(id)));
        self.narrowed([&set])
    }

    fn narrowed<'s>(self, sets: impl IntoIterator<Item = &'s Set>) -> Self {
        let mut sets = sets.into_iter();
        let narrow = match (sets.next(), sets.next()) {
            (None, _) => Set::default(),
            (Some(only), None) => self.set.and(only),
            (Some(first), Some(second)) => self.set.and(&Set::union([first, second].into_iter().chain(sets))),
        };
        Self { set: Cow::Owned(narrow), ..self }
    }

    /// The numbers of the entries, rising or falling.
    pub(crate) fn numbered(&self, falling: bool) -> impl Iterator<Item = u64> {
        self.set.page(falling, 0, usize::MAX).into_iter().map(|place| self.index.id(place))
    }

    /// The page that a query asks for, sorted as it asks; `key` tells which member a sort key means.
    pub(crate) fn page<V>(
        &self,
        list: &'static str,
        query: &Query,
        key: impl Fn(&str) -> Option<Member>,
        view: impl Fn(u64) -> V,
    ) -> Page<V> {
        let paging = Paging::of(query);
        let by: Vec<(Member, bool)> = sort_keys(query).filter_map(|(name, falling)| Some((key(name)?, falling))).collect();
        let places = self.index.sorted(&self.set, &by, paging.offset, paging.limit);
        let views = places.into_iter().map(|place| view(self.index.id(place))).collect();
        Page { list, views, total: self.len(), paging }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn query(text: &str) -> Query {
        Query::of(&format!("/?{text}").parse().unwrap())
    }

    fn index(entries: &[(u8, u8)], newest_first: bool) -> Index {
        let mut index = Index::starting_at(1, newest_first);
        for (id, (colour, size)) in (1..).zip(entries) {
            // Entered, changed and entered as it is: nothing of what it was is left.
            index.put(id, vec![("colour", Key::Number(99)), ("size", Key::Number(99))]);
            index.put(id, vec![("colour", Key::Number((*colour).into())), ("size", Key::Number((*size).into()))]);
        }
        index
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn pages_are_those_of_a_sorted_list(
            entries in vec((0..4_u8, 0..50_u8), 0..1500),
            newest_first: bool,
            wanted in proptest::option::of(0..4_u8),
            sort in prop_oneof!["", "sort=size", "sort=-size", "sort=colour,-size", "sort=-colour,id", "sort=id", "sort=-id", "sort=unknown,size"],
            offset in 0..200_usize,
        ) {
            let index = index(&entries, newest_first);
            let key = |name: &str| ["colour", "size", "id"].into_iter().find(|known| *known == name);
            let selection = match wanted {
                Some(colour) => index.select().numbers("colour", &[&colour.to_string()]),
                None => index.select(),
            };
            let query = query(&format!("{sort}&offset={offset}&limit=7"));

            let mut expected: Vec<(u64, (u8, u8))> = (1..).zip(entries.iter().copied()).collect();
            expected.retain(|(_, (colour, _))| wanted.is_none_or(|wanted| wanted == *colour));
            if newest_first {
                expected.reverse();
            }
            crate::sandbox::certcentral::listing::sort(&mut expected, &query, |(id, (colour, size)), name| match name {
                "colour" => Some(Key::Number((*colour).into())),
                "size" => Some(Key::Number((*size).into())),
                "id" => Some(Key::Number(*id)),
                _ => None,
            });
            let expected = crate::sandbox::certcentral::listing::page(&expected, "things", &query, |(id, _)| *id);
            prop_assert_eq!(json!(selection.page("things", &query, key, |id| id)), json!(expected));
        }
    }

    #[test]
    fn texts_are_found_by_patterns() {
        let mut index = Index::starting_at(1, false);
        for (id, name) in [(1, "example.com"), (2, "www.example.com"), (3, "example.org"), (4, "Other.net")] {
            index.put(id, vec![("name", Key::folded(name))]);
        }
        for (pattern, found) in [
            ("EXAMPLE.com", &[1][..]),
            ("%example.com", &[1, 2]),
            ("example%", &[1, 3]),
            ("ex%org", &[3]),
            ("%ample%", &[1, 2, 3]),
            ("other.net", &[4]),
            ("%", &[1, 2, 3, 4]),
            ("nothing", &[]),
        ] {
            assert_eq!(index.select().like(&["name"], &[pattern]).numbered(false).collect::<Vec<_>>(), found, "{pattern}");
        }
        index.remove(2);
        assert_eq!(index.select().like(&["name"], &["%example.com"]).numbered(false).collect::<Vec<_>>(), [1]);
        assert_eq!(index.select().len(), 3);
    }

    #[test]
    fn times_are_found_in_ranges() {
        let mut index = Index::starting_at(1, false);
        index.put(1, vec![("at", Key::Time("2017-05-10T12:00:00Z".parse().ok()))]);
        index.put(2, vec![("at", Key::Time(None))]);
        for (range, fits) in [
            ("2017-05-10", true),
            ("2017-05-09", false),
            (">2017-05-09", true),
            (">2017-05-10", false),
            ("<2017-05-11", true),
            ("<2017-05-10", false),
            ("2017-05-10...2017-05-10", true),
            ("2017-05-11...2017-05-09", false),
            ("2017-05-10 00:00:00...2017-05-10 11:59:59", false),
            ("2017-05-10+00:00:00...2017-05-10+12:00:00", true),
            ("when it suits", false),
        ] {
            assert_eq!(index.select().in_time("at", &[range]).numbered(false).eq([1]), fits, "{range}");
        }
        assert_eq!(index.select().in_time("at", &[">2017-01-01"]).len(), 1);
        assert_eq!(index.select().in_time("at", &[]).len(), 2);
    }
}
