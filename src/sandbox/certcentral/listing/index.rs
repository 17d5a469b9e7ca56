//! An index over the entries of a noun: which of them have a value, and in which order they come.
//!
//! It is updated for every changed entry. The cost of a list then depends on its page, not on the number of entries.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::ordered::{Below, Ordered, Part, directed};
use super::set::Set;
use super::texts::Texts;
use super::{Page, Paging, range, sort_keys};
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
    /// In lower case.
    Searched(Arc<str>),
    Time(Option<DateTime<Utc>>),
}

impl Key {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A text that filters find in either case, and by patterns.
    pub(crate) fn searched(text: &str) -> Self {
        Self::Searched(text.to_ascii_lowercase().into())
    }

    fn as_text(&self) -> &str {
        match self {
            Self::Word(text) => text,
            Self::Text(text) | Self::Searched(text) => text,
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
    members: BTreeMap<Member, Ordered>,
    /// The searched texts: of each member the first of every entry, the second, and so on.
    texts: BTreeMap<(Member, usize), Texts>,
    /// The values of each entry, by its place.
    entries: Vec<Vec<(Member, Key)>>,
}

impl Index {
    /// An index of entries numbered from `first` on.
    pub(crate) fn starting_at(first: u64, newest_first: bool) -> Self {
        let (members, texts) = (BTreeMap::new(), BTreeMap::new());
        Self { first, newest_first, all: Set::default(), members, texts, entries: Vec::new() }
    }

    /// Enters an entry with its values, in place of those it had.
    pub(crate) fn put(&mut self, id: u64, keys: Vec<(Member, Key)>) {
        let place = self.place(id);
        self.all.insert(place);
        let former = std::mem::take(self.entry(place));
        self.change(place, &former, &keys);
        *self.entry(place) = keys;
    }

    pub(crate) fn remove(&mut self, id: u64) {
        let place = self.place(id);
        self.all.remove(place);
        let former = self.entries.get_mut(place as usize).map(std::mem::take).unwrap_or_default();
        self.change(place, &former, &[]);
    }

    fn entry(&mut self, place: u32) -> &mut Vec<(Member, Key)> {
        let place = place as usize;
        if self.entries.len() <= place {
            self.entries.resize_with(place + 1, Vec::new);
        }
        &mut self.entries[place]
    }

    fn change(&mut self, place: u32, former: &[(Member, Key)], keys: &[(Member, Key)]) {
        if former == keys {
            return;
        }
        for (member, key) in former.iter().filter(|key| !keys.contains(key)) {
            self.members.entry(member).or_default().remove(key, place);
        }
        for (member, key) in keys.iter().filter(|key| !former.contains(key)) {
            self.members.entry(member).or_default().insert(key, place);
        }
        let (former, texts) = (numbered_texts(former), numbered_texts(keys));
        for (of, text) in former.iter().filter(|(of, text)| texts.get(of) != Some(text)) {
            self.texts.entry(*of).or_default().remove(place, text);
        }
        for (of, text) in texts.iter().filter(|(of, text)| former.get(of) != Some(text)) {
            self.texts.entry(*of).or_default().insert(place, text);
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

    /// The entries of which a text of a member fits a pattern.
    fn fitting(&self, member: Member, pattern: &str) -> Set {
        if !pattern.contains('%') {
            return self.members.get(member).and_then(|keys| keys.get(&Key::searched(pattern))).cloned().unwrap_or_default();
        }
        let pattern = pattern.to_ascii_lowercase();
        let found: Vec<Set> = self.texts.range((member, 0)..=(member, usize::MAX)).map(|(_, texts)| texts.fitting(&pattern)).collect();
        Set::union(&found)
    }

    /// Adds to a page what it shows of some entries, sorted by members of which each has one value.
    fn sort(&self, set: &Set, by: &[(Member, bool)], page: &mut Cut) {
        let Some((member, falling)) = by.first() else {
            return page.take_numbered(set);
        };
        if set.len() <= FEW {
            return page.take_sorted(self.sorted_by_hand(set, by, page.falling));
        }
        if let Some(keys) = self.members.get(member) {
            self.sort_part(&keys.whole, set, by, *falling, page);
        }
    }

    fn sort_part(&self, part: &Part, set: &Set, by: &[(Member, bool)], falling: bool, page: &mut Cut) {
        let Some(in_both) = page.reaches(&part.places, set) else {
            return;
        };
        if in_both <= FEW {
            return self.sort(&part.places.and(set), by, page);
        }
        match &part.below {
            Below::Parts(parts) => directed(parts, falling).for_each(|part| self.sort_part(part, set, by, falling, page)),
            Below::Keys(keys) => {
                for (_, group) in directed(keys, falling) {
                    if page.reaches(group, set).is_some() {
                        self.sort(&group.and(set), &by[1..], page);
                    }
                }
            }
        }
    }

    fn sorted_by_hand(&self, set: &Set, by: &[(Member, bool)], falling: bool) -> Vec<u32> {
        let places = set.page(falling, 0, FEW);
        looks::add(places.len() as u64);
        let with_keys = |place| (by.iter().map(|(member, _)| self.key(place, member)).collect(), place);
        let mut places: Vec<(Vec<Option<&Key>>, u32)> = places.into_iter().map(with_keys).collect();
        places.sort_by(|(left, _), (right, _)| {
            left.iter().zip(right).zip(by).fold(Ordering::Equal, |order, ((left, right), (_, falling))| {
                order.then_with(|| if *falling { right.cmp(left) } else { left.cmp(right) })
            })
        });
        places.into_iter().map(|(_, place)| place).collect()
    }

    fn key(&self, place: u32, member: &str) -> Option<&Key> {
        self.entries.get(place as usize)?.iter().find(|(name, _)| *name == member).map(|(_, key)| key)
    }
}

/// The searched texts of an entry, by their member and their number among its texts.
fn numbered_texts(keys: &[(Member, Key)]) -> BTreeMap<(Member, usize), &str> {
    let mut counts = BTreeMap::<Member, usize>::new();
    let texts = keys.iter().filter(|(_, key)| matches!(key, Key::Searched(_)));
    let numbered = texts.map(|(member, key)| {
        let count = counts.entry(member).or_default();
        *count += 1;
        ((*member, *count), key.as_text())
    });
    numbered.collect()
}

/// A page that is being cut out of a list.
struct Cut {
    offset: usize,
    limit: usize,
    /// How many entries the index has.
    all: usize,
    /// The direction in which entries come that are equal by all sort keys.
    falling: bool,
    places: Vec<u32>,
}

impl Cut {
    /// How many of the next entries, those in both sets, there are, unless they come before the page or behind it.
    fn reaches(&mut self, part: &Set, set: &Set) -> Option<usize> {
        if self.places.len() == self.limit {
            return None;
        }
        looks::add(1);
        // A set of all entries contains the whole part.
        let in_both = if set.len() == self.all { part.len() } else { part.count_in(set) };
        if in_both <= self.offset {
            self.offset -= in_both;
            return None;
        }
        Some(in_both)
    }

    fn take_numbered(&mut self, set: &Set) {
        self.places.extend(set.page(self.falling, self.offset, self.limit - self.places.len()));
        self.offset = self.offset.saturating_sub(set.len());
    }

    fn take_sorted(&mut self, places: Vec<u32>) {
        let count = places.len();
        self.places.extend(places.into_iter().skip(self.offset).take(self.limit - self.places.len()));
        self.offset = self.offset.saturating_sub(count);
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
        let keys = self.index.members.get(member).into_iter().flat_map(Ordered::iter);
        self.narrowed(keys.filter(|(key, _)| is_wanted(key)).map(|(_, set)| set))
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
        let found = members.iter().flat_map(|member| patterns.iter().map(|pattern| index.fitting(member, pattern)));
        let found: Vec<Set> = found.collect();
        self.narrowed(&found)
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
            index.members.get(member).map(|keys| keys.between(&(from, to))).unwrap_or_default()
        });
        self.narrowed(sets)
    }

    /// Those among some ids.
    pub(crate) fn ids(self, ids: impl IntoIterator<Item = u64>) -> Self {
        let mut set = Set::default();
        ids.into_iter().for_each(|id| set.insert(self.index.place(id)));
        self.narrowed([&set])
    }

    fn narrowed<'s>(self, sets: impl IntoIterator<Item = &'s Set>) -> Self {
        Self { set: Cow::Owned(self.set.and(&Set::union(sets))), ..self }
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
        let mut by: Vec<(Member, bool)> = sort_keys(query).filter_map(|(name, falling)| Some((key(name)?, falling))).collect();
        let mut page = Cut {
            offset: paging.offset,
            limit: paging.limit,
            all: self.index.all.len(),
            falling: self.index.newest_first,
            places: Vec::new(),
        };
        // No two entries have one number, so nothing is left to sort by.
        if let Some(at) = by.iter().position(|(member, _)| *member == "id") {
            page.falling = by[at].1;
            by.truncate(at);
        }
        self.index.sort(&self.set, &by, &mut page);
        let views = page.places.into_iter().map(|place| view(self.index.id(place))).collect();
        Page { list, views, total: self.len(), paging }
    }
}

#[cfg(test)]
mod tests;
