//! The periodic check (現況確認) of many certificates or users: bounded, paced, resumable, each result with its evidence.
//!
//! A job that runs every night, from its first run to the next day: what it did is kept in a file, so that it goes on where it was
//! interrupted. Nothing is carried over from one day to the next: a cursor lapses at midnight in Japan, and everybody is checked anew.
//!
//! ```no_run
//! # fn store(swept: shomei::pocketsign::sweep::SweepItem) {}
//! use futures_util::{StreamExt as _, TryStreamExt as _};
//! use shomei::pocketsign::{Freshness, PocketSignV2};
//!
//! async fn nightly(ps: &PocketSignV2) -> Result<(), Box<dyn std::error::Error>> {
//!     let users: Vec<_> = ps.users().list().stream().map_ok(|user| user.id).try_collect().await?;
//!     let mut sweep = ps.sweep().targets(users).freshness(Freshness::SameDay).concurrency(4);
//!     if let Ok(saved) = std::fs::read_to_string("cursor.json") {
//!         // Of today, after an interruption; one of yesterday has lapsed, and does nothing.
//!         sweep = sweep.resume(serde_json::from_str(&saved)?);
//!     }
//!     let mut sweep = sweep.start()?;
//!     while let Some(swept) = sweep.next().await {
//!         match &swept.outcome {
//!             Ok(fresh) if fresh.status.is_revoked() => println!("{}: {:?}", swept.target, fresh.status.reason),
//!             Ok(fresh) => println!("{}: {fresh}, check {:?}", swept.target, fresh.status.id),
//!             Err(error) => println!("{}: {error}", swept.target),
//!         }
//!         store(swept);
//!         // After it is stored: what is done is not asked again. Each target takes some 20 bytes of it.
//!         if sweep.remaining() % 100 == 0 {
//!             std::fs::write("cursor.json", serde_json::to_string(&sweep.cursor())?)?;
//!         }
//!     }
//!     Ok(())
//! }
//! ```

use std::{
    collections::BTreeSet,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::{
    Stream, StreamExt as _,
    stream::{self, BoxStream},
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use super::{
    CertificateId, CertificateType, Freshness, UserId, Version,
    check_status::{CheckCertificateStatus, CheckUserStatus},
    freshness::{FreshStatus, day_in_japan},
};
use crate::{
    client::{Core, tell_absence},
    error::Error,
    seal::{Content, Sealed},
};

/// What a sweep looks at: a certificate, or the newest certificate of a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Target {
    /// A certificate.
    Certificate(CertificateId),
    /// The newest certificate of a user.
    User(UserId),
}

impl From<CertificateId> for Target {
    fn from(id: CertificateId) -> Self {
        Self::Certificate(id)
    }
}

impl From<UserId> for Target {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(id) => write!(f, "certificate {id}"),
            Self::User(id) => write!(f, "user {id}"),
        }
    }
}

/// A sweep to be started: `sweep()` of either client.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct SweepBuilder<V> {
    client: V,
    core: Arc<Core>,
    targets: Vec<Target>,
    kind: Option<CertificateType>,
    freshness: Freshness,
    fall_back: bool,
    concurrency: usize,
    pace: Duration,
    cursor: Option<SweepCursor>,
}

impl<V: Version> SweepBuilder<V> {
    pub(super) fn new(client: &V, core: Arc<Core>) -> Self {
        Self {
            client: client.clone(),
            core,
            targets: Vec::new(),
            kind: None,
            freshness: Freshness::default(),
            fall_back: false,
            concurrency: 4,
            pace: Duration::ZERO,
            cursor: None,
        }
    }

    /// Adds what to look at.
    pub fn targets(mut self, targets: impl IntoIterator<Item = impl Into<Target>>) -> Self {
        self.targets.extend(targets.into_iter().map(Into::into));
        self
    }

    /// The kind of certificate to look at for users.
    pub fn certificate_type(mut self, kind: CertificateType) -> Self {
        self.kind = Some(kind);
        self
    }

    /// How fresh the data has to be; of the same day unless set. The method is chosen for each check anew.
    pub fn freshness(mut self, freshness: Freshness) -> Self {
        self.freshness = freshness;
        self
    }

    /// When the OCSP inquiry fails, looks into the list instead, and says so; not unless set.
    pub fn fall_back_to_crl(mut self, fall_back: bool) -> Self {
        self.fall_back = fall_back;
        self
    }

    /// How many checks run at a time; 4 unless set, 1 at least.
    pub fn concurrency(mut self, checks: usize) -> Self {
        self.concurrency = checks.max(1);
        self
    }

    /// The least time between the starts of two checks, a day at most; none unless set. The service documents no limit of its own.
    pub fn min_interval(mut self, pace: Duration) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        self.pace = pace.min(DAY);
        self
    }

    /// Goes on where an earlier sweep stopped, on the same day in Japan; an older cursor has lapsed, and every target is looked at anew. Targets
    /// that have come since are looked at, those that are gone are not missed.
    ///
    /// What day it is the service tells with each answer; before the first, this machine's clock does.
    pub fn resume(mut self, cursor: SweepCursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// Starts. Nothing is asked before the stream is polled, and dropping it stops the sweep.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the cursor is of another kind of certificate or freshness; when it was changed, or made with another
    /// token.
    pub fn start(self) -> Result<Sweep, Error> {
        let Self { client, core, targets, kind, freshness, fall_back, concurrency, pace, cursor } = self;
        let asked = digest(&format!("{} {}", freshness.word(), kind.as_ref().map_or("", CertificateType::as_str)));
        let mut progress = Progress { asked, ..Progress::default() };
        if let Some(SweepCursor(sealed)) = cursor {
            progress = core.seals.open(sealed)?.taken_up(asked, client.now().time)?;
        }
        let open: Vec<_> = targets.into_iter().enumerate().filter(|(_, target)| !progress.has(target)).collect();
        let total = open.len();
        let checks = paced(open, pace).map(move |(index, target)| {
            let (client, kind) = (client.clone(), kind.clone());
            async move {
                let outcome = match target.clone() {
                    Target::Certificate(id) => {
                        CheckCertificateStatus::new(&client, id).fresh(freshness).fall_back_to_crl(fall_back).send().await
                    }
                    Target::User(id) => {
                        let check = CheckUserStatus::new(&client, id);
                        let check = if let Some(kind) = kind { check.certificate_type(kind) } else { check };
                        check.fresh(freshness).fall_back_to_crl(fall_back).send().await
                    }
                };
                SweepItem { index, target, outcome, at: client.now().time }
            }
        });
        Ok(Sweep { checks: checks.buffer_unordered(concurrency).boxed(), core, progress, left: total })
    }
}

/// Gives the items no faster than one a `pace`.
fn paced<T: Send + 'static>(items: Vec<T>, pace: Duration) -> impl Stream<Item = T> + Send {
    stream::unfold((items.into_iter(), None::<Instant>), move |(mut items, next)| async move {
        let item = items.next()?;
        if let Some(next) = next {
            sleep_until(next).await;
        }
        Some((item, (items, Some(Instant::now() + pace))))
    })
}

/// One result of a sweep.
#[derive(Debug)]
#[non_exhaustive]
pub struct SweepItem {
    /// The position of the target among those given.
    pub index: usize,
    /// What was looked at.
    pub target: Target,
    /// What was found, with the ids and times that prove it; or why nothing was.
    pub outcome: Result<FreshStatus, Error>,
    /// When it was found, by the clock of the service.
    pub at: DateTime<Utc>,
}

/// What a sweep has done so far, to be stored and given to [`SweepBuilder::resume`].
///
/// Done is what was found revoked, or good by data as fresh as asked for, and what can never be: a target that is no id, or that the service
/// says it does not know. Everything else is asked for again.
///
/// It is of one run: it lapses at midnight in Japan, since what was fresh yesterday is not today.
///
/// It holds no secret and no id, but a number made from each; serialized, it is opaque: store it as it is. It is sealed with a key derived from the tenant's token, so
/// nobody can have a target passed over by changing it, and it goes on with the same token only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepCursor(Sealed<Progress>);

impl SweepCursor {
    /// How many targets are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.0.unverified().done()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    /// When its first result was found; none yet if there is none.
    begun: Option<DateTime<Utc>>,
    /// A digest of what is asked of each target,
    asked: u64,
    /// and one of each target that is done.
    done: BTreeSet<u64>,
}

impl Content for Progress {
    const KIND: &'static str = "sweep";
    const VERSION: u8 = 2;
}

impl Progress {
    /// What of it holds for a run that asks this, now.
    fn taken_up(self, asked: u64, now: DateTime<Utc>) -> Result<Self, Error> {
        if self.asked != asked {
            return Err(Error::invalid("cursor", "it is of another kind of certificate or freshness"));
        }
        let is_of_today = self.begun.is_some_and(|begun| day_in_japan(begun) == day_in_japan(now));
        Ok(if is_of_today { self } else { Self { asked, ..Self::default() } })
    }

    fn done(&self) -> usize {
        self.done.len()
    }

    fn has(&self, target: &Target) -> bool {
        self.done.contains(&digest(&target.to_string()))
    }

    fn mark(&mut self, target: &Target, at: DateTime<Utc>) {
        self.begun.get_or_insert(at);
        self.done.insert(digest(&target.to_string()));
    }
}

/// FNV-1a: it has to stay the same from one release to the next, and nobody gains by a collision.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether asking again would tell nothing more.
fn is_done(outcome: &Result<FreshStatus, Error>) -> bool {
    match outcome {
        Ok(fresh) => fresh.status.is_revoked() || fresh.is_fresh,
        Err(error) => error.is_invalid_input() || (error.is_not_found() && tell_absence(error.api_errors())),
    }
}

/// A sweep under way: a stream of results in the order they come.
#[must_use = "a sweep does nothing unless it is polled"]
pub struct Sweep {
    checks: BoxStream<'static, SweepItem>,
    core: Arc<Core>,
    progress: Progress,
    left: usize,
}

impl Sweep {
    /// What is done, the results taken from the stream included.
    #[must_use]
    pub fn cursor(&self) -> SweepCursor {
        SweepCursor(self.core.seals.seal(self.progress.clone()))
    }

    /// How many results are still to come.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.left
    }
}

impl Stream for Sweep {
    type Item = SweepItem;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<SweepItem>> {
        let polled = self.checks.poll_next_unpin(context);
        if let Poll::Ready(Some(swept)) = &polled {
            self.left = self.left.saturating_sub(1);
            if is_done(&swept.outcome) {
                self.progress.mark(&swept.target, swept.at);
            }
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl fmt::Debug for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweep").field("left", &self.left).field("done", &self.progress.done()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
