//! The values of a member in their order, as a tree: of a part that is passed or taken whole, nothing below is looked at.

use std::ops::{Bound, RangeBounds};

use super::index::Key;
use super::set::Set;
use crate::sandbox::register::looks;

/// The most keys or parts of a part; one that grows beyond it becomes two.
const MOST: usize = 64;

/// The places that have each key.
#[derive(Debug)]
pub(super) struct Ordered {
    pub(super) whole: Part,
}

impl Default for Ordered {
    fn default() -> Self {
        Self { whole: Part::of(Below::Keys(Vec::new())) }
    }
}

/// Consecutive keys.
#[derive(Debug)]
pub(super) struct Part {
    /// The places that have any of them.
    pub(super) places: Set,
    pub(super) below: Below,
}

/// What is below a part: no part is empty, and no two neighbours would fit into half a part.
#[derive(Debug)]
pub(super) enum Below {
    Keys(Vec<(Key, Set)>),
    Parts(Vec<Part>),
}

impl Ordered {
    pub(super) fn insert(&mut self, key: &Key, place: u32) {
        if let Some(upper) = self.whole.insert(key, place) {
            let lower = std::mem::replace(&mut self.whole, Part::of(Below::Parts(Vec::new())));
            self.whole = Part::of(Below::Parts(vec![lower, upper]));
        }
    }

    pub(super) fn remove(&mut self, key: &Key, place: u32) {
        self.whole.remove(key, place);
        while let Below::Parts(parts) = &mut self.whole.below
            && parts.len() == 1
        {
            self.whole = parts.remove(0);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(Key, Set)> {
        self.whole.keys()
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Set> {
        let mut part = &self.whole;
        loop {
            match &part.below {
                Below::Keys(keys) => return find(keys, key).ok().map(|at| &keys[at].1),
                Below::Parts(parts) => part = parts.get(part_of(parts, key))?,
            }
        }
    }

    /// The places of the keys in a range: one set for each part within, and one for each key at the edges.
    pub(super) fn between(&self, range: &(Bound<Key>, Bound<Key>)) -> Vec<&Set> {
        let mut sets = Vec::new();
        self.whole.between(range, &mut sets);
        sets
    }
}

impl Part {
    fn of(below: Below) -> Self {
        Self { places: below.places(), below }
    }

    fn keys(&self) -> Box<dyn Iterator<Item = &(Key, Set)> + '_> {
        match &self.below {
            Below::Keys(keys) => Box::new(keys.iter()),
            Below::Parts(parts) => Box::new(parts.iter().flat_map(Self::keys)),
        }
    }

    fn last(&self) -> Option<&Key> {
        match &self.below {
            Below::Keys(keys) => keys.last().map(|(key, _)| key),
            Below::Parts(parts) => parts.last()?.last(),
        }
    }

    fn first(&self) -> Option<&Key> {
        match &self.below {
            Below::Keys(keys) => keys.first().map(|(key, _)| key),
            Below::Parts(parts) => parts.first()?.first(),
        }
    }

    /// Returns the upper half if it has grown too long.
    fn insert(&mut self, key: &Key, place: u32) -> Option<Self> {
        self.places.insert(place);
        match &mut self.below {
            Below::Keys(keys) => match find(keys, key) {
                Ok(at) => keys[at].1.insert(place),
                Err(at) => keys.insert(at, (key.clone(), Set::of(place))),
            },
            Below::Parts(parts) => {
                let at = part_of(parts, key).min(parts.len() - 1);
                if let Some(upper) = parts[at].insert(key, place) {
                    parts.insert(at + 1, upper);
                }
            }
        }
        let upper = self.below.split()?;
        self.places = self.below.places();
        Some(Self::of(upper))
    }

    fn remove(&mut self, key: &Key, place: u32) {
        match &mut self.below {
            Below::Keys(keys) => {
                let Ok(at) = find(keys, key) else {
                    return;
                };
                keys[at].1.remove(place);
                if keys[at].1.is_empty() {
                    keys.remove(at);
                }
            }
            Below::Parts(parts) => {
                let at = part_of(parts, key);
                let Some(part) = parts.get_mut(at) else {
                    return;
                };
                part.remove(key, place);
                if part.below.len() == 0 {
                    parts.remove(at);
                }
                join(parts, at);
                join(parts, at.saturating_sub(1));
            }
        }
        // The place may have other keys here.
        if !self.below.sets().any(|set| set.contains(place)) {
            self.places.remove(place);
        }
    }

    fn between<'p>(&'p self, range: &(Bound<Key>, Bound<Key>), sets: &mut Vec<&'p Set>) {
        looks::add(1);
        let is_within = |key: &Key| range.contains(key);
        if self.first().is_some_and(is_within) && self.last().is_some_and(is_within) {
            sets.push(&self.places);
            return;
        }
        match &self.below {
            Below::Keys(keys) => {
                looks::add(keys.len() as u64);
                sets.extend(keys.iter().filter(|(key, _)| is_within(key)).map(|(_, set)| set));
            }
            Below::Parts(parts) => {
                let is_before = |part: &Self| match &range.0 {
                    Bound::Included(from) => part.last() < Some(from),
                    Bound::Excluded(from) => part.last() <= Some(from),
                    Bound::Unbounded => false,
                };
                let is_behind = |part: &Self| match &range.1 {
                    Bound::Included(to) => part.first() > Some(to),
                    Bound::Excluded(to) => part.first() >= Some(to),
                    Bound::Unbounded => false,
                };
                let first = parts.partition_point(is_before);
                parts.iter().skip(first).take_while(|part| !is_behind(part)).for_each(|part| part.between(range, sets));
            }
        }
    }
}

impl Below {
    fn len(&self) -> usize {
        match self {
            Self::Keys(keys) => keys.len(),
            Self::Parts(parts) => parts.len(),
        }
    }

    fn sets(&self) -> Box<dyn Iterator<Item = &Set> + '_> {
        match self {
            Self::Keys(keys) => Box::new(keys.iter().map(|(_, set)| set)),
            Self::Parts(parts) => Box::new(parts.iter().map(|part| &part.places)),
        }
    }

    fn places(&self) -> Set {
        Set::union(self.sets())
    }

    /// Keeps the lower half of what has grown too long.
    fn split(&mut self) -> Option<Self> {
        if self.len() <= MOST {
            return None;
        }
        // Keys often come in their order, and then the lower half never grows again.
        Some(match self {
            Self::Keys(keys) => Self::Keys(upper_half(keys)),
            Self::Parts(parts) => Self::Parts(upper_half(parts)),
        })
    }
}

fn upper_half<T>(items: &mut Vec<T>) -> Vec<T> {
    let upper = items.split_off(items.len() / 2);
    items.shrink_to_fit();
    upper
}

/// Joins a part and the next one if both are small.
fn join(parts: &mut Vec<Part>, at: usize) {
    if at + 1 < parts.len() && parts[at].below.len() + parts[at + 1].below.len() <= MOST / 2 {
        let next = parts.remove(at + 1);
        match (&mut parts[at].below, next.below) {
            (Below::Keys(keys), Below::Keys(more)) => keys.extend(more),
            (Below::Parts(parts), Below::Parts(more)) => parts.extend(more),
            _ => unreachable!("all keys are equally deep"),
        }
        parts[at].places = Set::union([&parts[at].places, &next.places]);
    }
}

/// In their order or against it.
pub(super) fn directed<T>(items: &[T], falling: bool) -> impl Iterator<Item = &T> {
    (0..items.len()).map(move |at| &items[if falling { items.len() - 1 - at } else { at }])
}

fn find(keys: &[(Key, Set)], key: &Key) -> Result<usize, usize> {
    keys.binary_search_by(|(known, _)| known.cmp(key))
}

/// Where the part is that has a key or could take it; behind all when the key is greater than all.
fn part_of(parts: &[Part], key: &Key) -> usize {
    parts.partition_point(|part| part.last() < Some(key))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// So many that some are three levels down.
    const KEYS: u64 = 4000;

    fn places<'s>(sets: impl IntoIterator<Item = &'s Set>) -> Vec<u32> {
        Set::union(sets).page(false, 0, usize::MAX)
    }

    fn bound(kind: u8, key: u64) -> Bound<u64> {
        [Bound::Included(key), Bound::Excluded(key), Bound::Unbounded][usize::from(kind)]
    }

    /// Checks a part and what is below it; returns how deep its keys are.
    fn depths(part: &Part, is_whole: bool) -> Result<Vec<usize>, TestCaseError> {
        prop_assert_eq!(places([&part.places]), places(part.below.sets()));
        prop_assert!(part.below.len() <= MOST && (part.below.len() > 0 || is_whole));
        match &part.below {
            Below::Keys(_) => Ok(vec![1]),
            Below::Parts(parts) => {
                prop_assert!(parts.len() > 1 || !is_whole);
                let lengths: Vec<usize> = parts.iter().map(|part| part.below.len()).collect();
                prop_assert!(lengths.windows(2).all(|two| two[0] + two[1] > MOST / 2), "{lengths:?}");
                let below: Vec<Vec<usize>> = parts.iter().map(|part| depths(part, false)).collect::<Result<_, _>>()?;
                Ok(below.concat().into_iter().map(|depth| depth + 1).collect())
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn it_is_the_map_it_should_be(
            entered in vec((0..KEYS, 0..20_u32), 0..8000),
            left in vec((0..KEYS, 0..20_u32), 0..200),
            removed in (0..KEYS, 0..KEYS),
            spared in prop_oneof![2..40_u64, Just(KEYS)],
            falling: bool,
            from in (0..3_u8, 0..KEYS),
            to in (0..3_u8, 0..KEYS),
        ) {
            let mut ordered = Ordered::default();
            let mut expected = BTreeMap::<u64, BTreeSet<u32>>::new();
            for (key, place) in &entered {
                ordered.insert(&Key::Number(*key), *place);
                expected.entry(*key).or_default().insert(*place);
            }
            for (key, place) in &left {
                ordered.remove(&Key::Number(*key), *place);
                expected.entry(*key).or_default().remove(place);
            }
            let is_removed = |key: &u64| (removed.0..removed.1).contains(key) && !key.is_multiple_of(spared);
            let mut all_removed: Vec<_> = entered.iter().filter(|(key, _)| is_removed(key)).collect();
            all_removed.sort();
            if falling {
                all_removed.reverse();
            }
            for (key, place) in all_removed {
                ordered.remove(&Key::Number(*key), *place);
                expected.remove(key);
            }
            expected.retain(|_, places| !places.is_empty());

            let found = ordered.iter().map(|(key, set)| (key.clone(), places([set])));
            prop_assert!(found.eq(expected.iter().map(|(key, set)| (Key::Number(*key), set.iter().copied().collect()))));
            let depths = depths(&ordered.whole, true)?;
            prop_assert!(depths.windows(2).all(|two| two[0] == two[1]), "{depths:?}");

            let range = (bound(from.0, from.1), bound(to.0, to.1));
            let within = expected.iter().filter(|(key, _)| range.contains(key)).flat_map(|(_, places)| places).copied();
            let range = (range.0.map(Key::Number), range.1.map(Key::Number));
            prop_assert_eq!(places(ordered.between(&range)), within.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
            for key in [from.1, to.1] {
                let expected = expected.get(&key).map(|places| places.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(ordered.get(&Key::Number(key)).map(|set| places([set])), expected);
            }
        }
    }
}
