//! What is asked of the Redis server.

use std::{
    io,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::{
    Client, RedisError, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::{sync::OnceCell, time::timeout};
use tracing::warn;

use super::{super::QUIET, PermitOutcome, Priority, RateLimit, RateUsage, own::Lost};
use crate::random::random;

/// The parts of the ledger that hold slots, by priority.
const PARTS: [&str; 2] = ["foreground", "background"];

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));
static RESTORE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("restore.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("settle.lua")));
static PENALIZE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("penalize.lua")));

/// How long the server may take to respond.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// How long a ledger that was lost is left to fill: everybody looks after what is theirs several times in that time.
pub(super) const SETTLING: Duration = Duration::from_secs(1);

pub(super) struct Store {
    client: Client,
    connection: OnceCell<ConnectionManager>,
    keys: [String; 5],
    rates: Vec<RateLimit>,
    /// Tells the slots given out here from all others.
    own: u128,
    next_number: AtomicU64,
}

/// What the server says of a slot that was asked for.
pub(super) struct Reply {
    /// The time until it is worth to ask again; none if the slot is taken.
    pub(super) wait: Option<Duration>,
    pub(super) known: Vec<RateUsage>,
    /// Since when the ledger is kept, and how long nobody gets a slot because there may be slots that it does not list.
    pub(super) since: String,
    pub(super) filling: Duration,
}

impl Store {
    pub(super) fn new(client: Client, name: &str, rates: Vec<RateLimit>) -> Self {
        let keys = ["foreground", "background", "penalty", "waiting", "ledger"].map(|part| format!("{{{name}}}:{part}"));
        Self { client, connection: OnceCell::new(), keys, rates, own: random(), next_number: AtomicU64::new(0) }
    }

    pub(super) fn rates(&self) -> &[RateLimit] {
        &self.rates
    }

    /// The name of a slot that nobody has had.
    pub(super) fn slot(&self) -> String {
        format!("{:x}-{:x}", self.own, self.next_number.fetch_add(1, Ordering::Relaxed))
    }

    async fn connection(&self) -> Result<ConnectionManager, RedisError> {
        let connect = async || {
            // The call that waits is repeated as a whole, so not here.
            let config = ConnectionManagerConfig::new();
            let config = config.set_connection_timeout(Some(LIMIT)).set_response_timeout(Some(LIMIT)).set_number_of_retries(0);
            let mut connection = ConnectionManager::new_with_config(self.client.clone(), config).await?;
            warn_of_evictions(&mut connection).await;
            Ok(connection)
        };
        self.connection.get_or_try_init(connect).await.cloned()
    }

    /// Takes a slot, if there is one; connecting is part of the time that it may take.
    pub(super) async fn take(&self, slot: &str, priority: Priority, hold: Duration) -> Result<Reply, RedisError> {
        let mut script = TAKE.prepare_invoke();
        for key in &self.keys {
            script.key(key);
        }
        script.arg(slot).arg(u8::from(priority == Priority::Background)).arg(micros(hold)).arg(micros(self.longest()));
        script.arg(micros(SETTLING)).arg(micros(QUIET));
        for rate in &self.rates {
            script.arg(rate.limit).arg(micros(rate.window)).arg(rate.background_share(false)).arg(rate.background_share(true));
        }
        let ask = async { script.invoke_async(&mut self.connection().await?).await };
        let (taken, wait, windows, since, filling): (bool, u64, Vec<u64>, String, u64) =
            timeout(LIMIT, ask).await.unwrap_or_else(|_| Err(silent()))?;
        let known = self.rates.iter().zip(windows.chunks_exact(2)).map(|(rate, window)| {
            let used = u32::try_from(window[0]).unwrap_or(u32::MAX);
            RateUsage::new(*rate, used, Duration::from_micros(window[1]))
        });
        let wait = (!taken).then(|| Duration::from_micros(wait));
        Ok(Reply { wait, known: known.collect(), since, filling: Duration::from_micros(filling) })
    }

    pub(super) async fn settle(&self, slot: &str, priority: Priority, outcome: PermitOutcome) -> Result<(), RedisError> {
        let mut script = SETTLE.prepare_invoke();
        script.key(&self.keys[priority as usize]).key(&self.keys[4]);
        script.arg(slot).arg(u8::from(outcome == PermitOutcome::Consumed)).arg(micros(self.longest())).arg(PARTS[priority as usize]);
        script.invoke_async(&mut self.connection().await?).await
    }

    pub(super) async fn throttled(&self, wait: Duration) -> Result<(), RedisError> {
        let mut script = PENALIZE.prepare_invoke();
        script.key(&self.keys[2]).key(&self.keys[4]).arg(micros(wait)).arg(micros(self.longest()));
        script.invoke_async(&mut self.connection().await?).await
    }

    /// Since when the ledger is kept, if there is one.
    pub(super) async fn since(&self) -> Result<Option<String>, RedisError> {
        let ask = async { ::redis::cmd("HGET").arg(&self.keys[4]).arg("since").query_async(&mut self.connection().await?).await };
        timeout(LIMIT, ask).await.unwrap_or_else(|_| Err(silent()))
    }

    /// Puts back what was lost.
    pub(super) async fn restore(&self, slots: &[Lost], penalty: Option<i64>) -> Result<(), RedisError> {
        let mut script = RESTORE.prepare_invoke();
        for part in [0, 1, 2, 4] {
            script.key(&self.keys[part]);
        }
        script.arg(micros(self.longest())).arg(penalty.map_or_else(String::new, |ago| ago.to_string()));
        for Lost { slot, priority, ago } in slots {
            script.arg(slot).arg(u8::from(*priority == Priority::Background)).arg(*ago);
        }
        let ask = async { script.invoke_async(&mut self.connection().await?).await };
        timeout(LIMIT, ask).await.unwrap_or_else(|_| Err(silent()))
    }

    pub(super) fn longest(&self) -> Duration {
        self.rates.iter().map(|rate| rate.window).max().unwrap_or_default()
    }
}

/// Warns if the server may evict the ledger, as far as its settings show.
async fn warn_of_evictions(connection: &mut ConnectionManager) {
    let Ok(memory) = ::redis::cmd("INFO").arg("memory").query_async::<String>(connection).await else { return };
    let told = |name: &str| memory.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    if let (Some(limit), Some(policy)) = (told("maxmemory"), told("maxmemory_policy"))
        && limit != "0"
        && policy != "noeviction"
    {
        warn!(target: "shomei", policy, "the Redis server may drop what the rate limit is kept by: its maxmemory-policy should be noeviction");
    }
}

fn silent() -> RedisError {
    io::Error::new(io::ErrorKind::TimedOut, format!("the Redis server did not respond within {LIMIT:?}")).into()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
