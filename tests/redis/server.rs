//! A real server, and what may be asked of a limiter in it.

use std::{
    future::Future,
    io::{self, Write as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use shomei::{Permit, Priority, RateLimit, RateLimiter as _, RedisSlidingWindow};
use tokio::time::{sleep, timeout};

pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A server of one test, on a port of its own; it ends with the test.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
}

impl Server {
    /// One that is known to have lost nothing: the ledger of the name that the tests use is of its own run.
    pub(crate) async fn start() -> Option<Self> {
        let server = Self::start_young().await?;
        let told: String = server.ask(&["INFO", "server"]).await;
        let run = told.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap().to_owned();
        let _: u64 = server.ask(&["HSET", "{test}:ledger", "run", &run, "since", "1"]).await;
        Some(server)
    }

    /// One of which nobody knows what was sent before it was started.
    pub(crate) async fn start_young() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_at(port).await
    }

    pub(crate) async fn start_at(port: u16) -> Option<Self> {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
        let process = match command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(process) => process,
            Err(error) => {
                // Not by `eprintln!`, which the test runner shows of failed tests only.
                let _ = writeln!(io::stderr(), "left out: no redis-server can be started here: {error}");
                return None;
            }
        };
        let server = Self { process, port };
        let answers = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                sleep(ms(10)).await;
            }
        };
        timeout(Duration::from_secs(20), answers).await.expect("the server does not answer");
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn windows(&self, rates: &[RateLimit]) -> RedisSlidingWindow {
        RedisSlidingWindow::new(&self.url(), "test", rates.iter().copied()).unwrap()
    }

    /// What a command answers.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut command = redis::cmd(words[0]);
        words[1..].iter().for_each(|word| {
            command.arg(*word);
        });
        command.query_async(&mut client.get_multiplexed_async_connection().await.unwrap()).await.unwrap()
    }

    /// How often anybody asked for a slot: nothing else clears away what has run out, once for each priority.
    pub(crate) async fn questions(&self) -> u64 {
        let stats: String = self.ask(&["INFO", "commandstats"]).await;
        let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_zremrangebyscore:calls=")?.split(',').next());
        calls.map_or(0, |calls| calls.parse::<u64>().unwrap() / 2)
    }

    /// Whether the server says that there is no slot: only then is it asked again. Somebody else's question may still be under way.
    pub(crate) async fn refuses(&self, limiter: &RedisSlidingWindow, priority: Priority) -> bool {
        let before = self.questions().await;
        let asks_again = soon("nobody asks again", || async { self.questions().await >= before + 3 });
        tokio::select! {
            biased;
            slot = limiter.acquire(priority) => {
                drop(slot.unwrap());
                false
            }
            () = asks_again => true,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A slot, within a time that nothing here needs.
pub(crate) async fn acquire(limiter: &RedisSlidingWindow, priority: Priority) -> Permit {
    timeout(Duration::from_secs(30), limiter.acquire(priority)).await.expect("no slot").unwrap()
}

/// Waits for what comes about soon.
pub(crate) async fn soon<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let wait = async {
        while !is_so().await {
            sleep(ms(10)).await;
        }
    };
    timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("{what}"));
}
