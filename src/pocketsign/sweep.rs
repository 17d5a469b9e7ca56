//! The periodic check (現況確認) of many certificates or users: bounded, paced, resumable, each result with its evidence.
//!
//! ```no_run
//! # async fn example(ps: shomei::pocketsign::PocketSignV2, users: Vec<shomei::pocketsign::UserId>) -> Result<(), Box<dyn std::error::Error>> {
//! use futures_util::StreamExt as _;
//! use shomei::pocketsign::Freshness;
//!
//! let mut sweep = ps.sweep().over(users).freshness(Freshness::SameDay).concurrency(4).start()?;
//! while let Some(swept) = sweep.next().await {
//!     match swept.outcome {
//!         Ok(fresh) if fresh.status.is_revoked() => println!("{}: {:?}", swept.target, fresh.status.reason),
//!         Ok(fresh) => println!("{}: {fresh}, check {:?}", swept.target, fresh.status.id),
//!         Err(error) => println!("{}: {error}", swept.target),
//!     }
//!     std::fs::write("cursor.json", serde_json::to_string(&sweep.cursor())?)?;
//! }
//! # Ok(())
//! # }
//! ```

use std::{
    collections::BTreeSet,
    fmt, iter,
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
    freshness::Fresh,
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
pub struct NewSweep<V> {
    client: V,
    core: Arc<Core>,
    targets: Vec<Target>,
    kind: Option<CertificateType>,
    freshness: Freshness,
    fall_back: bool,
    concurrency: usize,
    pace: Duration,
    cursor: Option<Cursor>,
}

impl<V: Version> NewSweep<V> {
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

    /// Adds what to look at. Whoever resumes has to give the same, in the same order.
    pub fn over(mut self, targets: impl IntoIterator<Item = impl Into<Target>>) -> Self {
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
    pub fn pace(mut self, pace: Duration) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        self.pace = pace.min(DAY);
        self
    }

    /// Goes on where an earlier sweep of the same targets stopped, for the same kind and freshness; more targets may follow them.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// Starts. Nothing is asked before the stream is polled, and dropping it stops the sweep.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the cursor is of other targets, of the same in another order, or of another kind of certificate or
    /// freshness; when it was changed, or made with another token.
    pub fn start(self) -> Result<Sweep, Error> {
        let Self { client, core, targets, kind, freshness, fall_back, concurrency, pace, cursor } = self;
        let mut progress = cursor.map(|Cursor(sealed)| core.seals.open(sealed)).transpose()?.unwrap_or_default();
        progress.bind(&format!("{} {}", freshness.word(), kind.as_ref().map_or("", CertificateType::as_str)), &targets)?;
        let open: Vec<_> = targets.into_iter().enumerate().filter(|(index, _)| !progress.has(*index)).collect();
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
                Swept { index, target, outcome, at: client.now().time }
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
pub struct Swept {
    /// The position of the target among those given.
    pub index: usize,
    /// What was looked at.
    pub target: Target,
    /// What was found, with the ids and times that prove it; or why nothing was.
    pub outcome: Result<Fresh, Error>,
    /// When it was found, by the clock of the service.
    pub at: DateTime<Utc>,
}

/// What a sweep has done so far, to be stored and given to [`NewSweep::resume`].
///
/// Done is what was found revoked, or good by data as fresh as asked for, and what can never be: a target that is no id, or that the service
/// says it does not know. Everything else is asked for again.
///
/// It holds no secret and no id; serialized, it is opaque: store it as it is. It is sealed with a key derived from the tenant's token, so
/// nobody can have a target passed over by changing it, and it goes on with the same token only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(Sealed<Progress>);

impl Cursor {
    /// How many targets are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.0.unverified().done()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    /// All before this position are done,
    before: usize,
    /// and these.
    beyond: BTreeSet<usize>,
    /// How many targets there were,
    targets: usize,
    /// and a digest of them and of what was asked of each, to notice others.
    digest: u64,
}

impl Content for Progress {
    const KIND: &'static str = "sweep";
    const VERSION: u8 = 1;
}

impl Progress {
    /// Makes it the progress on these targets, unless it is of others.
    fn bind(&mut self, asked: &str, targets: &[Target]) -> Result<(), Error> {
        let others = || Error::invalid("cursor", "it is of other targets, in another order, of another kind or freshness");
        let known = targets.get(..self.targets).ok_or_else(others)?;
        let end = self.beyond.last().map_or(self.before, |last| self.before.max(last.saturating_add(1)));
        if end > self.targets || (self.targets > 0 && digest(asked, known) != self.digest) {
            return Err(others());
        }
        (self.targets, self.digest) = (targets.len(), digest(asked, targets));
        Ok(())
    }

    fn done(&self) -> usize {
        self.before.saturating_add(self.beyond.len())
    }

    fn has(&self, index: usize) -> bool {
        index < self.before || self.beyond.contains(&index)
    }

    fn mark(&mut self, index: usize) {
        if index >= self.before {
            self.beyond.insert(index);
        }
        while self.beyond.remove(&self.before) {
            self.before += 1;
        }
    }
}

/// FNV-1a: it has to stay the same from one release to the next, and nobody gains by a collision.
fn digest(asked: &str, targets: &[Target]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for text in iter::once(asked.to_owned()).chain(targets.iter().map(Target::to_string)) {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Whether asking again would tell nothing more.
fn is_done(outcome: &Result<Fresh, Error>) -> bool {
    match outcome {
        Ok(fresh) => fresh.status.is_revoked() || fresh.is_fresh,
        Err(error) => error.is_invalid_input() || (error.is_not_found() && tell_absence(error.entries())),
    }
}

/// A sweep under way: a stream of results in the order they come.
#[must_use = "a sweep does nothing unless it is polled"]
pub struct Sweep {
    checks: BoxStream<'static, Swept>,
    core: Arc<Core>,
    progress: Progress,
    left: usize,
}

impl Sweep {
    /// What is done, the results taken from the stream included.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor(self.core.seals.seal(self.progress.clone()))
    }

    /// How many results are still to come.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }
}

impl Stream for Sweep {
    type Item = Swept;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Swept>> {
        let polled = self.checks.poll_next_unpin(context);
        if let Poll::Ready(Some(swept)) = &polled {
            self.left = self.left.saturating_sub(1);
            if is_done(&swept.outcome) {
                self.progress.mark(swept.index);
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

    #[test]
    fn a_cursor_notices_other_targets() {
        let targets: Vec<Target> = ["a", "b", "c"].map(|id| UserId::from(id).into()).to_vec();
        let mut cursor = Progress::default();
        cursor.bind("", &targets[..2]).unwrap();
        cursor.mark(0);
        assert!(cursor.clone().bind("", &targets[..2]).is_ok());
        assert!(cursor.clone().bind("", &targets).is_ok(), "more may follow");
        let certificate = Target::from(CertificateId::from("a"));
        for others in [&targets[..1], &targets[1..], &[][..], &[certificate, targets[1].clone()]] {
            assert!(cursor.clone().bind("", others).unwrap_err().is_invalid_input());
        }
        assert!(cursor.clone().bind("now", &targets[..2]).unwrap_err().is_invalid_input());

        let digest = digest("", &targets[..2]);
        for beyond_all in [(3, vec![]), (usize::MAX, vec![usize::MAX]), (0, vec![2])] {
            let json = serde_json::json!({"before": beyond_all.0, "beyond": beyond_all.1, "targets": 2, "digest": digest});
            let mut cursor: Progress = serde_json::from_value(json).unwrap();
            assert!(cursor.done() >= 1 && cursor.bind("", &targets).unwrap_err().is_invalid_input(), "{beyond_all:?}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_knows_what_is_done_in_whatever_order_it_was(mut order in Just((0..30usize).collect::<Vec<_>>()).prop_shuffle(), taken in 0..30usize) {
            order.truncate(taken);
            let mut cursor = Progress::default();
            order.iter().for_each(|index| cursor.mark(*index));
            let again: Progress = serde_json::from_str(&serde_json::to_string(&cursor).unwrap()).unwrap();
            prop_assert_eq!(again.done(), taken);
            prop_assert!((0..30).all(|index| again.has(index) == order.contains(&index)));
        }
    }
}
