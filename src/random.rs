//! Randomness that no seed of the program makes repeat.

use std::hash::{BuildHasher as _, RandomState};

/// From the system, by way of the standard library's hash seeds. Anybody may seed a generator that is shared, so not from one.
pub(crate) fn random() -> u128 {
    let seed = RandomState::new();
    u128::from(seed.hash_one(0)) << 64 | u128::from(seed.hash_one(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_seed_makes_it_repeat() {
        let drawn = [(); 2].map(|()| {
            fastrand::seed(7);
            random()
        });
        assert_ne!(drawn[0], drawn[1]);
        assert_ne!(drawn[0] as u64, (drawn[0] >> 64) as u64);
    }
}
