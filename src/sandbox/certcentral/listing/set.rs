//! Sets of places: short ones as a list, long ones as bits, so that "how many are in both" costs next to nothing.

/// The longest list; a set that grows beyond it becomes bits for good.
const LONGEST_LIST: usize = 1024;
const BITS: usize = u64::BITS as usize;

/// A set of places in an index.
#[derive(Clone, Debug)]
pub(crate) enum Set {
    /// In rising order.
    List(Vec<u32>),
    Bits {
        words: Vec<u64>,
        len: usize,
    },
}

impl Default for Set {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Set {
    pub(crate) fn of(place: u32) -> Self {
        Self::List(vec![place])
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::List(places) => places.len(),
            Self::Bits { len, .. } => *len,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn contains(&self, place: u32) -> bool {
        match self {
            Self::List(places) => places.binary_search(&place).is_ok(),
            Self::Bits { words, .. } => words.get(place as usize / BITS).is_some_and(|word| word & bit(place) != 0),
        }
    }

    pub(crate) fn insert(&mut self, place: u32) {
        match self {
            Self::List(places) => {
                if let Err(at) = places.binary_search(&place) {
                    places.insert(at, place);
                }
                if places.len() > LONGEST_LIST {
                    *self = Self::union([&*self]);
                }
            }
            Self::Bits { words, len } => {
                let word = word_of(words, place);
                *len += usize::from(*word & bit(place) == 0);
                *word |= bit(place);
            }
        }
    }

    pub(crate) fn remove(&mut self, place: u32) {
        match self {
            Self::List(places) => {
                if let Ok(at) = places.binary_search(&place) {
                    places.remove(at);
                }
            }
            Self::Bits { words, len } => {
                let word = word_of(words, place);
                *len -= usize::from(*word & bit(place) != 0);
                *word &= !bit(place);
            }
        }
    }

    /// What is in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Bits { words, .. }, Self::Bits { words: others, .. }) => {
                Self::of_words(words.iter().zip(others).map(|(word, other)| word & other).collect())
            }
            (Self::List(places), longer) | (longer, Self::List(places)) => {
                Self::List(places.iter().copied().filter(|place| longer.contains(*place)).collect())
            }
        }
    }

    /// How many are in both.
    pub(crate) fn count_in(&self, other: &Self) -> usize {
        match (self, other) {
            (Self::Bits { words, .. }, Self::Bits { words: others, .. }) => {
                words.iter().zip(others).map(|(word, other)| (word & other).count_ones() as usize).sum()
            }
            (Self::List(places), longer) | (longer, Self::List(places)) => places.iter().filter(|place| longer.contains(**place)).count(),
        }
    }

    /// What is in any.
    pub(crate) fn union<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let sets: Vec<&Self> = sets.into_iter().collect();
        if sets.iter().map(|set| set.len()).sum::<usize>() <= LONGEST_LIST {
            let mut places: Vec<u32> = sets.into_iter().flat_map(|set| set.page(false, 0, usize::MAX)).collect();
            places.sort();
            places.dedup();
            return Self::List(places);
        }
        let mut words = Vec::new();
        for set in sets {
            match set {
                Self::List(places) => places.iter().for_each(|place| *word_of(&mut words, *place) |= bit(*place)),
                Self::Bits { words: more, .. } => {
                    words.resize(words.len().max(more.len()), 0);
                    words.iter_mut().zip(more).for_each(|(word, more)| *word |= more);
                }
            }
        }
        Self::of_words(words)
    }

    fn of_words(words: Vec<u64>) -> Self {
        let len = words.iter().map(|word| word.count_ones() as usize).sum();
        Self::Bits { words, len }
    }

    /// So many places from `offset` on, in rising or in falling order.
    pub(crate) fn page(&self, falling: bool, offset: usize, limit: usize) -> Vec<u32> {
        match self {
            Self::List(places) if falling => places.iter().rev().skip(offset).take(limit).copied().collect(),
            Self::List(places) => places.iter().skip(offset).take(limit).copied().collect(),
            Self::Bits { words, .. } => {
                let numbered = words.iter().copied().enumerate();
                if falling { page_of_bits(numbered.rev(), true, offset, limit) } else { page_of_bits(numbered, false, offset, limit) }
            }
        }
    }
}

fn page_of_bits(words: impl Iterator<Item = (usize, u64)>, falling: bool, mut offset: usize, limit: usize) -> Vec<u32> {
    let mut places = Vec::new();
    for (number, mut word) in words {
        let count = word.count_ones() as usize;
        if count <= offset {
            offset -= count;
            continue;
        }
        while word != 0 && places.len() < limit {
            let place = if falling { u64::BITS - 1 - word.leading_zeros() } else { word.trailing_zeros() };
            word &= !bit(place);
            match offset.checked_sub(1) {
                Some(rest) => offset = rest,
                None => places.push(number as u32 * u64::BITS + place),
            }
        }
        if places.len() == limit {
            break;
        }
    }
    places
}

fn bit(place: u32) -> u64 {
    1 << (place % u64::BITS)
}

fn word_of(words: &mut Vec<u64>, place: u32) -> &mut u64 {
    let at = place as usize / BITS;
    if words.len() <= at {
        words.resize(at + 1, 0);
    }
    &mut words[at]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::btree_set;
    use proptest::prelude::*;

    use super::*;

    fn set(places: &BTreeSet<u32>) -> Set {
        let mut set = Set::default();
        places.iter().for_each(|place| set.insert(*place));
        set
    }

    fn places(set: &Set) -> Vec<u32> {
        set.page(false, 0, usize::MAX)
    }

    /// Sets of both kinds: up to twice the longest list.
    fn any_places() -> impl Strategy<Value = BTreeSet<u32>> {
        prop_oneof![btree_set(0..200_u32, 0..50), btree_set(0..4000_u32, 0..2 * LONGEST_LIST)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_is_the_set_it_should_be(left in any_places(), right in any_places(), offset in 0..100_usize, limit in 1..100_usize) {
            let (a, b) = (set(&left), set(&right));
            prop_assert_eq!(a.len(), left.len());
            prop_assert_eq!(places(&a), left.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(places(&a.and(&b)), left.intersection(&right).copied().collect::<Vec<_>>());
            prop_assert_eq!(a.count_in(&b), left.intersection(&right).count());
            prop_assert_eq!(places(&Set::union([&a, &b])), left.union(&right).copied().collect::<Vec<_>>());
            prop_assert_eq!(a.page(true, offset, limit), left.iter().rev().skip(offset).take(limit).copied().collect::<Vec<_>>());
            prop_assert_eq!(a.page(false, offset, limit), left.iter().skip(offset).take(limit).copied().collect::<Vec<_>>());
            let mut rest = a.clone();
            right.iter().for_each(|place| rest.remove(*place));
            prop_assert_eq!(rest.len(), left.difference(&right).count());
            prop_assert!(right.iter().all(|place| !rest.contains(*place) && b.contains(*place)));
        }
    }
}
