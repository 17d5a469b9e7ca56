//! The limiter in Redis, against a real server. Without a `redis-server` on the path these tests say so and are left out.
#![cfg(all(feature = "redis", feature = "certcentral"))]
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

mod lost;
mod server;
mod waiting;

use std::{
    env,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::future::{BoxFuture, join_all};
use server::{LONG, Server, acquire, ms, soon};
use shomei::{
    ApiKey, CallOptions, CertCentral,
    Priority::{Background, Foreground},
    RateLimit, RateLimiter, RedisSlidingWindow, ResponseBody, RetryPolicy, Transport, TransportError, TransportRequest,
};
use tokio::time::{sleep, timeout};

/// In microseconds since 1970.
fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// Notes when requests arrive, in microseconds since 1970, and takes its time to answer.
#[derive(Clone, Default)]
struct Service(Arc<Mutex<Vec<u64>>>);

impl Service {
    fn client(&self, limiter: RedisSlidingWindow) -> CertCentral {
        let client = CertCentral::builder(ApiKey::new("KEY").unwrap()).transport(self.clone()).retry(RetryPolicy::never());
        client.rate_limiter(Arc::new(limiter)).build().unwrap()
    }

    /// Sends so many calls, of both priorities, as fast as they go.
    async fn saturate(&self, limiter: RedisSlidingWindow, calls: usize) {
        let (cc, left) = (self.client(limiter), AtomicUsize::new(calls));
        let callers = (0..16).map(|number| {
            let cc = cc.with_options(CallOptions::default().priority(if number % 3 == 0 { Background } else { Foreground }));
            let left = &left;
            async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    cc.account().balance().send().await.unwrap();
                }
            }
        });
        timeout(LONG, join_all(callers)).await.expect("the calls do not end");
    }
}

impl Transport for Service {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        self.0.lock().unwrap().push(now());
        Box::pin(async {
            sleep(ms(fastrand::u64(..20))).await;
            let answer = http::Response::builder().status(200).header("content-type", "application/json");
            Ok(answer.body("{}".into()).unwrap())
        })
    }
}

const RATES: [RateLimit; 2] = [RateLimit::new(6, ms(100)), RateLimit::new(20, ms(400))];

/// Of each of two clients: enough to fill the longer window several times.
const CALLS: usize = 50;

/// No window holds more than its limit. The clocks of server and service are the same; they are read at slightly other moments.
fn hold_against(rates: &[RateLimit], mut arrivals: Vec<u64>) {
    arrivals.sort_unstable();
    println!("{} requests within {} ms", arrivals.len(), (arrivals[arrivals.len() - 1] - arrivals[0]) / 1_000);
    for rate in rates {
        let window = u64::try_from(rate.window.as_micros()).unwrap();
        for pair in arrivals.windows(rate.limit as usize + 1) {
            let apart = pair[pair.len() - 1] - pair[0];
            assert!(apart + 100 >= window, "{} requests in {apart} µs, {rate:?}", pair.len());
        }
    }
}

#[tokio::test]
async fn two_clients_never_exceed_a_window_together() {
    let Some(server) = Server::start().await else { return };
    let service = Service::default();
    join_all((0..2).map(|_| service.saturate(server.windows(&RATES), CALLS))).await;
    let arrivals = service.0.lock().unwrap().clone();
    assert_eq!(arrivals.len(), 2 * CALLS);
    hold_against(&RATES, arrivals);
}

#[tokio::test]
async fn two_processes_never_exceed_a_window_together() {
    let Some(server) = Server::start().await else { return };
    let children: Vec<_> = (0..2)
        .map(|_| {
            let mut command = tokio::process::Command::new(env::current_exe().unwrap());
            command.args(["--exact", "one_of_two_processes", "--nocapture"]).env("SHOMEI_TEST_REDIS", server.url());
            command.kill_on_drop(true).output()
        })
        .collect();
    let mut arrivals = Vec::new();
    for output in join_all(children).await {
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let own: Vec<u64> = text.lines().filter_map(|line| line.strip_prefix("arrived ")?.parse().ok()).collect();
        assert_eq!(own.len(), CALLS);
        arrivals.extend(own);
    }
    hold_against(&RATES, arrivals);
}

#[tokio::test]
async fn one_of_two_processes() {
    // Runs in processes of its own, from the test above.
    let Ok(url) = env::var("SHOMEI_TEST_REDIS") else { return };
    let service = Service::default();
    service.saturate(RedisSlidingWindow::new(&url, "test", RATES).unwrap(), CALLS).await;
    for arrived in &*service.0.lock().unwrap() {
        println!("\narrived {arrived}");
    }
}

#[tokio::test]
async fn the_background_leaves_a_fifth_free_and_less_while_there_are_no_other_calls() {
    for (is_quiet, share) in [(false, 8), (true, 9)] {
        let Some(server) = Server::start().await else { return };
        let (one, other) = (server.windows(&[RateLimit::new(10, LONG)]), server.windows(&[RateLimit::new(10, LONG)]));
        if !is_quiet {
            // Never sent, so it leaves the window; but it was asked for.
            drop(acquire(&other, Foreground).await);
        }
        let mut permits = Vec::new();
        for _ in 0..share {
            permits.push(acquire(&one, Background).await);
        }
        assert!(server.refuses(&one, Background).await && server.refuses(&other, Background).await);
        for _ in share..10 {
            permits.push(acquire(&other, Foreground).await);
        }
        assert!(server.refuses(&one, Foreground).await);
        assert_eq!(one.usage()[0].remaining(), 0);
        assert!(one.usage()[0].free_in > Duration::ZERO);
    }
}

#[tokio::test]
async fn the_background_lets_a_waiting_call_of_another_client_go_first() {
    let Some(server) = Server::start().await else { return };
    let (one, other) = (server.windows(&[RateLimit::new(5, LONG)]), server.windows(&[RateLimit::new(5, LONG)]));
    let mut permits = Vec::new();
    for _ in 0..5 {
        permits.push(acquire(&one, Foreground).await);
    }
    let order = Mutex::new(Vec::new());
    let calls = async {
        let foreground = async {
            let permit = acquire(&one, Foreground).await;
            order.lock().unwrap().push(Foreground);
            drop(permit);
        };
        let background = async {
            soon("the call is not known to wait", || async { server.ask::<bool>(&["EXISTS", "{test}:waiting"]).await }).await;
            permits.pop();
            soon("the slot is not given back", || async { server.ask::<u64>(&["ZCARD", "{test}:foreground"]).await == 4 }).await;
            let permit = acquire(&other, Background).await;
            order.lock().unwrap().push(Background);
            drop(permit);
        };
        tokio::join!(foreground, background)
    };
    timeout(Duration::from_secs(30), calls).await.expect("somebody was forgotten");
    assert_eq!(*order.lock().unwrap(), [Foreground, Background]);
}

#[tokio::test]
async fn slots_are_told_apart_whatever_seed_a_program_gives_its_generator() {
    let Some(server) = Server::start().await else { return };
    let limiters = [(); 2].map(|()| {
        fastrand::seed(7);
        server.windows(&[RateLimit::new(10, LONG)])
    });
    let permits = [acquire(&limiters[0], Foreground).await, acquire(&limiters[1], Foreground).await];
    assert_eq!(server.ask::<u64>(&["ZCARD", "{test}:foreground"]).await, 2);
    drop(permits);
}

#[tokio::test]
async fn a_slot_that_is_given_back_is_found_by_others() {
    let Some(server) = Server::start().await else { return };
    let (one, other) = (server.windows(&[RateLimit::new(1, LONG)]), server.windows(&[RateLimit::new(1, LONG)]));
    let permit = acquire(&one, Foreground).await;
    assert!(server.refuses(&other, Foreground).await);
    drop(permit);
    drop(acquire(&other, Foreground).await);
    drop(acquire(&one, Background).await);
}

#[tokio::test]
async fn a_wait_that_is_dropped_leaves_nothing() {
    let Some(server) = Server::start().await else { return };
    let limiter = server.windows(&[RateLimit::new(3, LONG)]);
    for micros in (0..3_000).step_by(50) {
        let priority = if micros % 100 == 0 { Foreground } else { Background };
        drop(timeout(Duration::from_micros(micros), limiter.acquire(priority)).await);
    }
    soon("a slot is left taken", || async {
        let taken: [u64; 2] = [server.ask(&["ZCARD", "{test}:foreground"]).await, server.ask(&["ZCARD", "{test}:background"]).await];
        taken == [0, 0]
    })
    .await;
    drop(acquire(&limiter, Foreground).await);
}

#[tokio::test]
async fn a_penalty_is_known_to_everybody() {
    let Some(server) = Server::start().await else { return };
    let (one, other) = (server.windows(&[RateLimit::new(10, ms(500))]), server.windows(&[RateLimit::new(10, ms(500))]));
    one.throttled(Some(LONG));
    soon("the penalty is not known", || async { server.ask::<bool>(&["EXISTS", "{test}:penalty"]).await }).await;
    assert!(server.refuses(&other, Foreground).await && server.refuses(&other, Background).await);
    assert!(other.usage()[0].free_in > LONG / 2, "{:?}", other.usage());
}

#[tokio::test]
async fn a_penalty_bars_everybody_and_then_lets_them_go_evenly() {
    let Some(server) = Server::start().await else { return };
    let (one, other) = (server.windows(&[RateLimit::new(10, ms(500))]), server.windows(&[RateLimit::new(10, ms(500))]));
    drop(acquire(&other, Foreground).await);
    let (service, began) = (Service::default(), now());
    one.throttled(Some(Duration::from_secs(2)));
    soon("the penalty is not known", || async { server.ask::<bool>(&["EXISTS", "{test}:penalty"]).await }).await;
    one.throttled(Some(ms(1)));
    let own = async {
        drop(acquire(&one, Foreground).await);
        now()
    };
    let cc = service.client(other);
    let calls = async {
        for _ in 0..3 {
            cc.account().balance().send().await.unwrap();
        }
    };
    let (own, ()) = tokio::join!(own, calls);
    // When they go at the earliest, which no delay can make earlier: after the penalty the window empties by a slot every 50 ms.
    assert!(own >= began + 2_000_000, "{}", own - began);
    for (arrived, slots) in service.0.lock().unwrap().iter().zip(1..) {
        assert!(*arrived >= began + 2_000_000 + slots * 50_000, "{slots}: {}", arrived - began);
    }
}

#[tokio::test]
async fn who_dies_leaves_its_slots_for_a_while_only() {
    let Some(server) = Server::start().await else { return };
    let (rates, hold, began) = ([RateLimit::new(1, ms(200))], Duration::from_secs(2), now());
    std::mem::forget(acquire(&server.windows(&rates).hold(hold), Foreground).await);
    drop(acquire(&server.windows(&rates), Foreground).await);
    assert!(now() >= began + 2_000_000, "{}", now() - began);
}

#[tokio::test]
async fn nothing_is_left_for_ever() {
    let Some(server) = Server::start().await else { return };
    let service = Service::default();
    service.saturate(server.windows(&RATES), 20).await;
    server.windows(&RATES).throttled(None);
    soon("the penalty is not known", || async { server.ask::<bool>(&["EXISTS", "{test}:penalty"]).await }).await;
    let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
    assert!(keys.len() >= 3, "{keys:?}");
    for key in &keys {
        let left: i64 = server.ask(&["PTTL", key]).await;
        assert!(left != -1 && left <= 301_000, "{key}: {left}");
    }
}

#[tokio::test]
async fn without_a_server_no_slot_is_given_out() {
    let Some(server) = Server::start().await else { return };
    let limiter = server.windows(&RATES);
    drop(acquire(&limiter, Foreground).await);
    let port = server.port;
    drop(server);
    let service = Service::default();
    let cc = service.client(limiter.clone());
    for _ in 0..3 {
        let error = timeout(Duration::from_secs(30), cc.account().balance().send()).await.expect("it hangs").unwrap_err();
        assert!(error.is_connection() && !error.was_sent(), "{error}");
    }
    assert!(service.0.lock().unwrap().is_empty());

    let _server = Server::start_at(port).await.unwrap();
    let again = async {
        while cc.account().balance().send().await.is_err() {
            sleep(ms(50)).await;
        }
    };
    timeout(Duration::from_secs(30), again).await.expect("it does not come back");
}

#[test]
fn what_cannot_be_is_refused_without_the_password() {
    let rates = [RateLimit::new(0, ms(1))];
    assert!(RedisSlidingWindow::new("redis://127.0.0.1/", "test", rates).unwrap_err().is_configuration());
    for url in ["http://user:CANARY@127.0.0.1/", "redis://user:CANARY@:port/", "CANARY"] {
        let error = RedisSlidingWindow::new(url, "test", RATES).unwrap_err();
        assert!(error.is_configuration() && !format!("{error} {error:?}").contains("CANARY"), "{error}");
    }
    let limiter = RedisSlidingWindow::new("redis://user:CANARY@127.0.0.1/", "test", RATES).unwrap();
    assert!(!format!("{limiter:?}").contains("CANARY"));
    assert_eq!(limiter.usage().len(), 2);
}
