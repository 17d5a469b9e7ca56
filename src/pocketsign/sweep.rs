//! The periodic check (現況確認) of many certificates or users: with bounded concurrency, paced and resumable, each result with its evidence.
//!
//! A nightly job keeps its progress in a file, so that it continues where it was interrupted. Nothing is carried over to the next day: a
//! cursor expires at midnight in Japan, and every target is checked again.
//!
//! ```no_run
//! # fn store(item: shomei::pocketsign::sweep::SweepItem) {}
//! use futures_util::{StreamExt as _, TryStreamExt as _};
//! use shomei::{PocketSign, pocketsign::Freshness};
//!
//! async fn nightly(ps: &PocketSign) -> Result<(), Box<dyn std::error::Error>> {
//!     let users: Vec<_> = ps.users().list().stream().map_ok(|user| user.id).try_collect().await?;
//!     let mut sweep = ps.sweep().targets(users).freshness(Freshness::SameDay).concurrency(4);
//!     if let Ok(saved) = std::fs::read_to_string("cursor.json") {
//!         // Of today, after an interruption; one of yesterday has expired, and does nothing.
//!         sweep = sweep.resume(serde_json::from_str(&saved)?);
//!     }
//!     let mut sweep = sweep.start().await?;
//!     while let Some(item) = sweep.next().await {
//!         match &item.outcome {
//!             Ok(fresh) if fresh.status.is_revoked() => println!("{}: {:?}", item.target, fresh.status.reason),
//!             Ok(fresh) => println!("{}: {fresh}, check {:?}", item.target, fresh.status.id),
//!             Err(failed) => println!("{}: {failed}", item.target),
//!         }
//!         store(item);
//!         // After the result is stored: what is done is not checked again. Each target takes some 20 bytes of the cursor.
//!         if sweep.remaining() % 100 == 0 {
//!             std::fs::write("cursor.json", serde_json::to_string(&sweep.cursor())?)?;
//!         }
//!     }
//!     Ok(())
//! }
//! ```

mod cursor;

use std::{
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
use tokio::time::{Instant, sleep_until};

pub use self::cursor::SweepCursor;
use self::cursor::{Progress, digest, is_done};
use super::{CertificateType, CheckError, Freshness, PocketSign, Target, Version, builders::FreshCheck, freshness::FreshStatus};
use crate::{client::Core, error::Error};

/// The builder of a sweep: `sweep()` of either client.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct SweepBuilder<V = PocketSign> {
    client: V,
    targets: Vec<Target>,
    certificate_type: Option<CertificateType>,
    freshness: Freshness,
    fall_back: bool,
    concurrency: usize,
    min_interval: Duration,
    cursor: Option<SweepCursor>,
}

impl<V: Version> SweepBuilder<V> {
    pub(super) fn new(client: &V) -> Self {
        Self {
            client: client.clone(),
            targets: Vec::new(),
            certificate_type: None,
            freshness: Freshness::default(),
            fall_back: false,
            concurrency: 4,
            min_interval: Duration::ZERO,
            cursor: None,
        }
    }

    /// Adds targets to check.
    pub fn targets(mut self, targets: impl IntoIterator<Item = impl Into<Target>>) -> Self {
        self.targets.extend(targets.into_iter().map(Into::into));
        self
    }

    /// Sets the type of certificate to check for users.
    pub fn certificate_type(mut self, kind: CertificateType) -> Self {
        self.certificate_type = Some(kind);
        self
    }

    /// Sets the required freshness of the data; of the same day unless set. The method is chosen for each check.
    pub fn freshness(mut self, freshness: Freshness) -> Self {
        self.freshness = freshness;
        self
    }

    /// Sets whether to use the CRL instead when the OCSP request fails, and report so; off by default.
    pub fn fall_back_to_crl(mut self, fall_back: bool) -> Self {
        self.fall_back = fall_back;
        self
    }

    /// Sets how many checks run at a time; 4 unless set, at least 1.
    pub fn concurrency(mut self, checks: usize) -> Self {
        self.concurrency = checks.max(1);
        self
    }

    /// Sets the minimum time between the starts of two checks, at most a day; none unless set. The service documents no rate limit.
    pub fn min_interval(mut self, interval: Duration) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        self.min_interval = interval.min(DAY);
        self
    }

    /// Continues where an earlier sweep stopped, on the same day in Japan; an older cursor has expired, and every target is checked again.
    /// Targets added since are checked, and removed ones are ignored.
    ///
    /// The day is taken from the service's responses; before the first response, from this machine's clock.
    pub fn resume(mut self, cursor: SweepCursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// Starts the sweep. Nothing is sent before the stream is polled; dropping the stream stops the sweep.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the cursor is for another type of certificate or freshness, was modified, or was made with another
    /// token.
    pub async fn start(self) -> Result<Sweep, Error> {
        let Self { client, targets, certificate_type, freshness, fall_back, concurrency, min_interval, cursor } = self;
        let core = Arc::clone(client.core());
        let asked = digest(&format!("{} {}", freshness.word(), certificate_type.as_ref().map_or("", CertificateType::as_str)));
        let mut progress = Progress::of(asked);
        if let Some(SweepCursor(sealed)) = cursor {
            progress = core.seals.open(sealed)?.taken_up(asked, client.now().time)?;
        }
        let open: Vec<_> = targets.into_iter().enumerate().filter(|(_, target)| !progress.has(target)).collect();
        let total = open.len();
        let checks = paced(open, min_interval).map(move |(index, target)| {
            let (client, certificate_type) = (client.clone(), certificate_type.clone());
            async move {
                let check = FreshCheck::new(&client, target.clone(), freshness).certificate_type(certificate_type);
                let outcome = check.fall_back_to_crl(fall_back).send().await;
                SweepItem { index, target, outcome, at: client.now().time }
            }
        });
        Ok(Sweep { checks: checks.buffer_unordered(concurrency).boxed(), core, progress, remaining: total })
    }
}

/// Yields the items, no two within an interval.
fn paced<T: Send + 'static>(items: Vec<T>, interval: Duration) -> impl Stream<Item = T> + Send {
    stream::unfold((items.into_iter(), None::<Instant>), move |(mut items, next)| async move {
        let item = items.next()?;
        if let Some(next) = next {
            sleep_until(next).await;
        }
        Some((item, (items, Some(Instant::now() + interval))))
    })
}

/// One result of a sweep.
#[derive(Debug)]
#[non_exhaustive]
pub struct SweepItem {
    /// The position of the target among those added.
    pub index: usize,
    /// The target that was checked.
    pub target: Target,
    /// The outcome of the check, with the ids and times that prove it, or its error.
    pub outcome: Result<FreshStatus, CheckError>,
    /// When the check ended, by the clock of the service.
    pub at: DateTime<Utc>,
}

/// A sweep in progress: a stream of results in the order in which they arrive.
#[must_use = "a sweep does nothing unless it is polled"]
pub struct Sweep {
    checks: BoxStream<'static, SweepItem>,
    core: Arc<Core>,
    progress: Progress,
    remaining: usize,
}

impl Sweep {
    /// Returns the progress, including all results taken from the stream so far.
    #[must_use]
    pub fn cursor(&self) -> SweepCursor {
        SweepCursor(self.core.seals.seal(self.progress.clone()))
    }

    /// Returns the number of results still to come.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.remaining
    }
}

impl Stream for Sweep {
    type Item = SweepItem;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<SweepItem>> {
        let polled = self.checks.poll_next_unpin(context);
        if let Poll::Ready(Some(item)) = &polled {
            self.remaining = self.remaining.saturating_sub(1);
            if is_done(&item.outcome) {
                self.progress.mark(&item.target, item.at);
            }
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl fmt::Debug for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweep").field("remaining", &self.remaining).field("done", &self.progress.done()).finish_non_exhaustive()
    }
}
