//! Randomness that no seed can make repeat.

use std::hash::{BuildHasher as _, RandomState};

/// Random bits from the system, through the standard library's hash seeds. A shared generator could be seeded by anyone.
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
