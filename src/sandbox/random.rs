//! Tokens and keys: unguessable, or, with a seed, the same ones each time.

use aws_lc_rs::rand;
use sha2::{Digest as _, Sha256};

const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A source of random bytes and words.
pub(crate) struct Random {
    key: [u8; 32],
    drawn: u64,
}

impl Random {
    /// A source for a purpose: deterministic for a seed and a purpose, unguessable without a seed.
    pub(crate) fn new(seed: Option<u64>, purpose: &str) -> Self {
        let mut key = [0; 32];
        match seed {
            Some(seed) => key = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(purpose).finalize().into(),
            None => rand::fill(&mut key).expect("the system's random numbers never run out"),
        }
        Self { key, drawn: 0 }
    }

    /// The next 32 bytes.
    fn block(&mut self) -> [u8; 32] {
        self.drawn = self.drawn.wrapping_add(1);
        Sha256::new().chain_update(self.key).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }

    /// A word of `length` digits and lower-case letters.
    pub(crate) fn word(&mut self, length: usize) -> String {
        let mut word = String::with_capacity(length);
        while word.len() < length {
            let block = self.block();
            word.extend(block.iter().take(length - word.len()).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])));
        }
        word
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = self.block();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_length_asked_for_and_differ() {
        let mut random = Random::new(None, "a");
        let (first, second) = (random.word(48), random.word(48));
        assert_eq!(first.len(), 48);
        assert_ne!(first, second);
        assert_ne!(first, Random::new(None, "a").word(48));
    }

    #[test]
    fn a_seed_is_a_seed_for_each_purpose() {
        let words = |seed, purpose| {
            let mut random = Random::new(Some(seed), purpose);
            (random.word(32), random.uuid())
        };
        assert_eq!(words(7, "a"), words(7, "a"));
        assert_ne!(words(7, "a"), words(8, "a"));
        assert_ne!(words(7, "a"), words(7, "b"));
        // The same in every release and on every machine.
        assert_eq!(words(7, "a").0, "tvez9e1z8hbjt5153djjj1v4sqnmz8am");
    }
}
