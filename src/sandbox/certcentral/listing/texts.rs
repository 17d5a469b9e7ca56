//! Texts that patterns find, by three letters at a time: no text is looked at, however many there are.

use std::collections::BTreeMap;

use super::set::Set;
use crate::sandbox::register::looks;

/// Three bytes of a text, in a number.
type Gram = u32;

const LETTERS: usize = 3;
/// What a text begins and ends with here, so that each byte of it begins a gram. No byte of UTF-8 is one of these.
const START: &[u8] = &[0xFF];
const END: &[u8] = &[0xFE, 0xFE];

/// The texts of places, each of which has one at most.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// The places by a gram of their text and its distance from the text's end, where many texts are alike.
    places: BTreeMap<(Gram, u32), Set>,
}

impl Texts {
    pub(super) fn insert(&mut self, place: u32, text: &str) {
        for gram in grams(text) {
            self.places.entry(gram).or_default().insert(place);
        }
    }

    pub(super) fn remove(&mut self, place: u32, text: &str) {
        for gram in grams(text) {
            let emptied = self.places.get_mut(&gram).is_some_and(|set| {
                set.remove(place);
                set.is_empty()
            });
            if emptied {
                self.places.remove(&gram);
            }
        }
    }

    /// The places of the texts that a pattern fits.
    pub(super) fn fitting(&self, pattern: &str) -> Set {
        let pattern = bounded(pattern);
        let says_something = |part: &&[u8]| !part.is_empty() && *part != START && *part != END;
        let mut parts: Vec<&[u8]> = pattern.split(|byte| *byte == b'%').filter(says_something).collect();
        let last = parts.pop().unwrap_or(START);
        let mut found = self.with(last);
        for part in parts.into_iter().rev() {
            let length = part.len() as u32;
            let mut behind = found.into_iter().peekable();
            let mut rest = Set::default();
            let with_rest = self.with(part).into_iter().map(|(distance, set)| {
                while let Some((_, more)) = behind.next_if(|(begin, _)| begin + length <= distance) {
                    rest = Set::union([&rest, &more]);
                }
                (distance, set.and(&rest))
            });
            found = with_rest.collect();
        }
        Set::union(found.iter().map(|(_, set)| set))
    }

    /// The places of the texts with a part, by its distance from the end, the shortest first.
    fn with(&self, part: &[u8]) -> Vec<(u32, Set)> {
        // A part of less than three letters begins several grams.
        let first = gram(part, u8::MIN)..=gram(part, u8::MAX);
        let mut begun: BTreeMap<u32, Vec<&Set>> = BTreeMap::new();
        for ((_, distance), set) in self.places.range((*first.start(), u32::MIN)..=(*first.end(), u32::MAX)) {
            looks::add(1);
            begun.entry(*distance).or_default().push(set);
        }
        let whole = |(distance, sets): (u32, Vec<&Set>)| {
            let mut places = Set::union(sets);
            for (further, letters) in (1..distance).zip(part.windows(LETTERS).skip(1)) {
                looks::add(1);
                places = places.and(self.places.get(&(gram(letters, 0), distance - further))?);
            }
            (!places.is_empty()).then_some((distance, places))
        };
        begun.into_iter().filter_map(whole).collect()
    }
}

/// The grams of a text, each with its distance from the end.
fn grams(text: &str) -> impl Iterator<Item = (Gram, u32)> {
    let text = bounded(text);
    (0..=text.len() - LETTERS).rev().zip(LETTERS as u32..).map(move |(at, distance)| (gram(&text[at..], 0), distance))
}

/// The gram at the beginning of some bytes, with `rest` in place of those that are missing.
fn gram(bytes: &[u8], rest: u8) -> Gram {
    (0..LETTERS).fold(0, |gram, at| gram << u8::BITS | Gram::from(*bytes.get(at).unwrap_or(&rest)))
}

fn bounded(text: &str) -> Vec<u8> {
    [START, text.as_bytes(), END].concat()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::sandbox::certcentral::listing::fits;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn patterns_find_the_texts_they_fit(
            texts in vec("[ab\u{e9}%]{0,7}", 0..40),
            removed in vec(any::<bool>(), 40),
            patterns in vec("[ab\u{e9}%]{0,6}", 20),
        ) {
            let mut index = Texts::default();
            for (place, text) in (0..).zip(&texts) {
                index.insert(place, text);
            }
            for ((place, text), _) in (0..).zip(&texts).zip(&removed).filter(|(_, removed)| **removed) {
                index.remove(place, text);
            }
            for pattern in &patterns {
                let kept = (0..).zip(&texts).zip(&removed).filter(|(_, removed)| !**removed);
                let expected: Vec<u32> = kept.filter(|((_, text), _)| fits(pattern, text)).map(|((place, _), _)| place).collect();
                prop_assert_eq!(index.fitting(pattern).page(false, 0, usize::MAX), expected, "{}", pattern);
            }
            for ((place, text), _) in (0..).zip(&texts).zip(&removed).filter(|(_, removed)| !**removed) {
                index.remove(place, text);
            }
            prop_assert!(index.places.is_empty(), "nothing is left of what was removed");
        }
    }
}
