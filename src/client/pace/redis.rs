//! The pacer of several processes: the places are kept in a Redis server.

use std::{
    error::Error as StdError,
    fmt,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::{
    Client, RedisError, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use futures_util::future::BoxFuture;
use tokio::{
    runtime::Handle,
    sync::OnceCell,
    time::{Instant, sleep, sleep_until},
};

use super::{Pacer, Permit, Rate, Settled, Urgency, Usage, checked};
use crate::error::Error;

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redis/take.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redis/settle.lua")));
static PENALIZE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redis/penalize.lua")));

/// Rolling windows that several processes share, kept to as exactly as [`RollingWindows`](super::RollingWindows) does: the feature `redis`.
///
/// Give every client of one API key the same name, one that does not tell the key. All times are the Redis server's.
///
/// - **Order**: first come, first served within a process. Among processes whoever asks first when there is a place gets it; but no
///   polling goes anywhere while a call waits that somebody made.
/// - **Without Redis** no place is given out: [`reserve`](Pacer::reserve) fails, and the call counts as never sent. What the other processes
///   send is not known then, and a process on its own could break the limit for all of them.
/// - **A process that dies** leaves the places of its calls taken until their [`hold`](Self::hold) and one window are over.
/// - **A penalty** ([`penalize`](Pacer::penalize)) is everybody's.
/// - [`remaining`](Pacer::remaining) is as of the last time that this process asked for a place.
///
/// Redis 5 or later is needed. All that is kept stands under four keys that begin with `{name}:`, and expires by itself.
///
/// ```no_run
/// use std::{sync::Arc, time::Duration};
/// use shomei::{Rate, RedisWindows};
///
/// # fn example() -> Result<(), shomei::Error> {
/// let pacer = RedisWindows::new("redis://127.0.0.1/", "certcentral of team a", [
///     Rate::new(100, Duration::from_secs(5)),
///     Rate::new(1000, Duration::from_secs(180)),
/// ])?;
/// # #[cfg(feature = "certcentral")] {
/// # use shomei::{ApiKey, CertCentral};
/// let cc = CertCentral::builder(ApiKey::from_env("CERTCENTRAL_API_KEY")?).pacer(Arc::new(pacer)).build()?;
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisWindows {
    shared: Arc<Shared>,
    hold: Duration,
}

impl RedisWindows {
    /// Windows that are kept under this name on the server at this URL (`redis://user:password@host:port/database`). Nothing is asked
    /// before the first place is.
    ///
    /// # Errors
    ///
    /// When the URL is none; when a limit is zero, or a window is empty or longer than a year.
    pub fn new(url: &str, name: &str, rates: impl IntoIterator<Item = Rate>) -> Result<Self, Error> {
        // The URL is not shown: it may hold a password.
        let client = Client::open(url).map_err(|_| Error::configuration("redis: the URL cannot be used"))?;
        let rates = checked(rates)?;
        let known = rates.iter().map(|rate| Usage::new(*rate, 0, Duration::ZERO)).collect();
        let keys = ["foreground", "background", "penalty", "waiting"].map(|part| format!("{{{name}}}:{part}"));
        Ok(Self {
            shared: Arc::new(Shared {
                client,
                connection: OnceCell::new(),
                keys,
                rates,
                lines: Default::default(),
                known: Mutex::new(known),
                barred: Mutex::new(None),
                process: fastrand::u64(..),
                next_number: AtomicU64::new(0),
            }),
            hold: Duration::from_secs(300),
        })
    }

    /// How long a place may be held: longer than an attempt takes at most ([`timeout`](crate::ClientBuilder::timeout)). 5 min unless
    /// set, a day at most.
    #[must_use]
    pub fn hold(mut self, hold: Duration) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        self.hold = hold.min(DAY);
        self
    }
}

impl Pacer for RedisWindows {
    fn reserve(&self, urgency: Urgency) -> BoxFuture<'_, Result<Permit, Box<dyn StdError + Send + Sync>>> {
        Box::pin(async move { Ok(self.place(urgency).await?) })
    }

    fn penalize(&self, asked: Option<Duration>) {
        const LONGEST: Duration = Duration::from_secs(86_400);
        let shortest = self.shared.rates.iter().map(|rate| rate.window).min();
        let wait = asked.or(shortest).unwrap_or(Duration::from_secs(1)).min(LONGEST);
        // Here it holds at once, and even if the server does not hear of it.
        let mut barred = self.shared.barred.lock().unwrap_or_else(PoisonError::into_inner);
        *barred = (*barred).max(Some(Instant::now() + wait));
        drop(barred);
        if let Ok(runtime) = Handle::try_current() {
            let shared = Arc::clone(&self.shared);
            runtime.spawn(async move { shared.penalize(wait).await });
        }
    }

    fn remaining(&self) -> Vec<Usage> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RedisWindows {
    async fn place(&self, urgency: Urgency) -> Result<Permit, RedisError> {
        /// A place that is given back on another machine is found within this time.
        const LONGEST: Duration = Duration::from_secs(1);

        let shared = &self.shared;
        let _first = shared.lines[urgency as usize].lock().await;
        loop {
            let barred = *shared.barred.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(end) = barred.filter(|end| *end > Instant::now()) {
                sleep_until(end).await;
                continue;
            }
            let asking = Asking::new(shared, urgency);
            match shared.take(&asking.place, urgency, self.hold).await? {
                Duration::ZERO => return Ok(asking.permit()),
                wait => {
                    asking.refused();
                    sleep(wait.min(LONGEST)).await;
                }
            }
        }
    }
}

impl fmt::Debug for RedisWindows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisWindows").field("remaining", &self.remaining()).finish_non_exhaustive()
    }
}

struct Shared {
    client: Client,
    connection: OnceCell<ConnectionManager>,
    keys: [String; 4],
    rates: Vec<Rate>,
    /// Those who wait in this process, by urgency: only the first of each asks.
    lines: [tokio::sync::Mutex<()>; 2],
    known: Mutex<Vec<Usage>>,
    barred: Mutex<Option<Instant>>,
    /// Tells the places of this process from those of others.
    process: u64,
    next_number: AtomicU64,
}

impl Shared {
    async fn connection(&self) -> Result<ConnectionManager, RedisError> {
        const LIMIT: Option<Duration> = Some(Duration::from_secs(5));
        let connect = async || {
            // The call that waits is repeated as a whole, so not here.
            let config = ConnectionManagerConfig::new().set_connection_timeout(LIMIT).set_response_timeout(LIMIT).set_number_of_retries(0);
            ConnectionManager::new_with_config(self.client.clone(), config).await
        };
        self.connection.get_or_try_init(connect).await.cloned()
    }

    /// Asks for a place. If there is none, gives the time until it is worth to ask again.
    async fn take(&self, place: &str, urgency: Urgency, hold: Duration) -> Result<Duration, RedisError> {
        let mut script = TAKE.prepare_invoke();
        for key in &self.keys {
            script.key(key);
        }
        script.arg(place).arg(u8::from(urgency == Urgency::Background)).arg(micros(hold)).arg(micros(self.longest()));
        for rate in &self.rates {
            script.arg(rate.limit).arg(micros(rate.window)).arg(rate.background_share());
        }
        let (taken, wait, windows): (bool, u64, Vec<u64>) = script.invoke_async(&mut self.connection().await?).await?;
        let known = self.rates.iter().zip(windows.chunks_exact(2)).map(|(rate, window)| {
            let used = u32::try_from(window[0]).unwrap_or(u32::MAX);
            Usage::new(*rate, used, Duration::from_micros(window[1]))
        });
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known.collect();
        Ok(if taken { Duration::ZERO } else { Duration::from_micros(wait.max(1)) })
    }

    async fn settle(&self, place: &str, urgency: Urgency, outcome: Settled) -> Result<(), RedisError> {
        let mut script = SETTLE.prepare_invoke();
        script.key(&self.keys[urgency as usize]).arg(place).arg(u8::from(outcome == Settled::Used)).arg(micros(self.longest()));
        script.invoke_async(&mut self.connection().await?).await
    }

    async fn penalize(&self, wait: Duration) -> Result<(), RedisError> {
        let mut script = PENALIZE.prepare_invoke();
        script.key(&self.keys[2]).arg(micros(wait)).arg(micros(self.longest()));
        script.invoke_async(&mut self.connection().await?).await
    }

    fn longest(&self) -> Duration {
        self.rates.iter().map(|rate| rate.window).max().unwrap_or_default()
    }
}

/// A question for a place. Dropped before the answer is known, it gives back what it may have got.
struct Asking {
    shared: Arc<Shared>,
    urgency: Urgency,
    place: String,
    runtime: Handle,
    is_open: bool,
}

impl Asking {
    fn new(shared: &Arc<Shared>, urgency: Urgency) -> Self {
        let place = format!("{:x}-{:x}", shared.process, shared.next_number.fetch_add(1, Ordering::Relaxed));
        Self { shared: Arc::clone(shared), urgency, place, runtime: Handle::current(), is_open: true }
    }

    fn refused(mut self) {
        self.is_open = false;
    }

    fn permit(mut self) -> Permit {
        self.is_open = false;
        Permit::new(move |outcome| self.settle(outcome))
    }

    /// Nobody waits for this. If the server does not hear of it, the place stays taken until its hold is over.
    fn settle(&self, outcome: Settled) {
        let (shared, place, urgency) = (Arc::clone(&self.shared), self.place.clone(), self.urgency);
        self.runtime.spawn(async move { shared.settle(&place, urgency, outcome).await });
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if self.is_open {
            self.settle(Settled::Unused);
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
