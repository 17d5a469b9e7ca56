//! What a sweep has done so far.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    client::tell_absence,
    error::Error,
    pocketsign::{
        CheckError, Target,
        freshness::{FreshStatus, day_in_japan},
    },
    seal::{Content, Sealed},
};

/// The progress of a sweep, to store and pass to [`SweepBuilder::resume`](super::SweepBuilder::resume).
///
/// A target is done if it was found revoked, or good by data of the required freshness, or if it can never be checked: its id is malformed,
/// or the service says that it does not exist. Every other target is checked again.
///
/// A cursor belongs to one run: it expires at midnight in Japan, because yesterday's data is no longer fresh.
///
/// It holds no secrets and no ids, only a hash of each id. Its serialized form is opaque: store it as it is. It is sealed with a key
/// derived from the tenant's token, so modifying it cannot make a target be skipped, and it can be resumed only with the same token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepCursor(pub(super) Sealed<Progress>);

impl SweepCursor {
    /// Returns the number of targets that are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.0.unverified().done()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// When the first check ended; `None` before that.
    begun: Option<DateTime<Utc>>,
    /// A digest of what is asked about each target,
    asked: u64,
    /// and one of each target that is done.
    done: BTreeSet<u64>,
}

impl Content for Progress {
    const KIND: &'static str = "sweep";
    const VERSION: u8 = 2;
}

impl Progress {
    /// Nothing yet.
    pub(super) fn of(asked: u64) -> Self {
        Self { asked, ..Self::default() }
    }

    /// The progress that is still valid for a run with these settings, now.
    pub(super) fn taken_up(self, asked: u64, now: DateTime<Utc>) -> Result<Self, Error> {
        if self.asked != asked {
            return Err(Error::invalid("cursor", "it is for another type of certificate or freshness"));
        }
        let is_of_today = self.begun.is_some_and(|begun| day_in_japan(begun) == day_in_japan(now));
        Ok(if is_of_today { self } else { Self::of(asked) })
    }

    pub(super) fn done(&self) -> usize {
        self.done.len()
    }

    pub(super) fn has(&self, target: &Target) -> bool {
        self.done.contains(&digest(&target.to_string()))
    }

    pub(super) fn mark(&mut self, target: &Target, at: DateTime<Utc>) {
        self.begun.get_or_insert(at);
        self.done.insert(digest(&target.to_string()));
    }
}

/// FNV-1a: the digest must stay the same between releases, and nobody gains from a collision.
pub(super) fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether another check would bring nothing new.
pub(super) fn is_done(outcome: &Result<FreshStatus, CheckError>) -> bool {
    match outcome {
        Ok(fresh) => fresh.status.is_revoked() || fresh.is_fresh,
        Err(CheckError { error, .. }) => error.is_invalid_input() || (error.is_not_found() && tell_absence(error.api_errors())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pocketsign::{CertificateId, UserId};

    fn user(id: &str) -> Target {
        UserId::from(id).into()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_cursor_is_of_one_run() {
        let mut progress = Progress { asked: digest("now"), ..Progress::default() };
        progress.mark(&user("a"), at("2024-05-01T01:00:00+09:00"));
        progress.mark(&user("b"), at("2024-05-02T00:10:00+09:00"));
        for (now, done) in [
            ("2024-05-01T01:00:01+09:00", 2),
            ("2024-05-01T23:59:59+09:00", 2),
            // It was begun yesterday, whenever it was interrupted.
            ("2024-05-02T00:10:01+09:00", 0),
            ("2024-05-02T01:00:00+09:00", 0),
            ("2024-04-30T23:00:00+09:00", 0),
            ("2025-05-01T12:00:00+09:00", 0),
        ] {
            let taken_up = progress.clone().taken_up(digest("now"), at(now)).unwrap();
            assert_eq!((taken_up.done(), taken_up.begun.is_some()), (done, done > 0), "{now}");
        }
        assert!(progress.taken_up(digest("same_day"), at("2024-05-01T01:00:01+09:00")).unwrap_err().is_invalid_input());
    }

    proptest! {
        #[test]
        fn a_cursor_knows_what_is_done_whoever_comes_and_goes(
            mut order in Just((0..30usize).collect::<Vec<_>>()).prop_shuffle(), taken in 0..30usize,
        ) {
            order.truncate(taken);
            let now = at("2024-05-01T01:00:00+09:00");
            let mut progress = Progress::default();
            order.iter().for_each(|number| progress.mark(&user(&number.to_string()), now));
            let again: Progress = serde_json::from_str(&serde_json::to_string(&progress).unwrap()).unwrap();
            let again = again.taken_up(0, now).unwrap();
            prop_assert_eq!(again.done(), taken);
            prop_assert!((0..60).all(|number| again.has(&user(&number.to_string())) == order.contains(&number)));
            let certificate = |number: &usize| again.has(&CertificateId::from(number.to_string()).into());
            prop_assert!(!order.iter().any(certificate), "a certificate is no user");
        }
    }
}
