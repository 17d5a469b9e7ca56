//! Tokens and keys nobody can guess, from the standard library's hash seeds.

use std::hash::{BuildHasher, RandomState};

const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A source of random words; every sandbox has its own seed.
#[derive(Debug, Default)]
pub(crate) struct Random {
    seed: RandomState,
    drawn: u64,
}

impl Random {
    /// A word of `length` digits and lower-case letters.
    pub(crate) fn word(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| {
                self.drawn = self.drawn.wrapping_add(1);
                let index = self.seed.hash_one(self.drawn) % LETTERS.len() as u64;
                char::from(LETTERS[index as usize])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_length_asked_for_and_differ() {
        let mut random = Random::default();
        let (first, second) = (random.word(32), random.word(32));
        assert_eq!(first.len(), 32);
        assert_ne!(first, second);
    }
}
