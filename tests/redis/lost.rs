//! A server that has lost what it knew.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use shomei::{
    Priority::{Background, Foreground},
    RateLimit, RateLimiter as _, RedisSlidingWindow,
};
use tokio::time::{Instant, sleep, timeout};

use super::{
    Service, hold_against,
    server::{LONG, Server, acquire, ms},
};

/// Long enough to take in what happened before the server was lost, and what came after.
const RATES: [RateLimit; 2] = [RateLimit::new(6, ms(500)), RateLimit::new(20, ms(4_000))];

/// Sends calls until the end, whether or not they get through.
async fn press(service: &Service, limiter: RedisSlidingWindow, end: &AtomicBool) {
    let cc = service.client(limiter);
    let callers = (0..4).map(|_| async {
        while !end.load(Ordering::Relaxed) {
            if cc.account().balance().send().await.is_err() {
                sleep(ms(20)).await;
            }
        }
    });
    join_all(callers).await;
}

/// What two clients have sent while something happened to the server.
async fn pressed(server: &Server, happens: impl Future<Output = ()>) -> Vec<u64> {
    let (service, end) = (Service::default(), AtomicBool::new(false));
    let (one, other) = (server.windows(&RATES), server.windows(&RATES));
    let happens = async {
        happens.await;
        sleep(ms(6_000)).await;
        end.store(true, Ordering::Relaxed);
    };
    timeout(LONG, async { tokio::join!(press(&service, one, &end), press(&service, other, &end), happens) }).await.expect("it hangs");
    service.0.lock().unwrap().clone()
}

#[tokio::test]
async fn a_flush_is_made_good_again() {
    let Some(server) = Server::start().await else { return };
    let flushes = async {
        for pause in [300, 700, 1_900, 50, 900] {
            sleep(ms(pause)).await;
            let _: String = server.ask(&["FLUSHALL"]).await;
        }
    };
    let arrivals = pressed(&server, flushes).await;
    assert!(arrivals.len() > 20, "{}: it goes on", arrivals.len());
    hold_against(&RATES, arrivals);
}

#[tokio::test]
async fn an_eviction_is_made_good_again_whatever_is_evicted() {
    let Some(server) = Server::start().await else { return };
    let evictions = async {
        for key in ["foreground", "ledger", "waiting", "foreground", "background", "ledger"] {
            sleep(ms(700)).await;
            let _: u64 = server.ask(&["DEL", &format!("{{test}}:{key}")]).await;
        }
    };
    hold_against(&RATES, pressed(&server, evictions).await);
}

#[tokio::test]
async fn a_restart_is_made_good_again() {
    let Some(first) = Server::start().await else { return };
    let port = first.port;
    let server = Arc::new(Mutex::new(None));
    let (service, end) = (Service::default(), AtomicBool::new(false));
    let (one, other) = (first.windows(&RATES), first.windows(&RATES));
    let restart = async {
        sleep(ms(1_000)).await;
        drop(first);
        let again = Server::start_at(port).await;
        *server.lock().unwrap() = again;
        sleep(ms(9_000)).await;
        end.store(true, Ordering::Relaxed);
    };
    timeout(LONG, async { tokio::join!(press(&service, one, &end), press(&service, other, &end), restart) }).await.expect("it hangs");
    let arrivals = service.0.lock().unwrap().clone();
    assert!(arrivals.len() > 20, "{}: it goes on", arrivals.len());
    hold_against(&RATES, arrivals);
}

#[tokio::test]
async fn what_one_has_sent_is_put_back_before_another_gets_a_slot() {
    let Some(server) = Server::start().await else { return };
    // Places that are held count for as long as they are; so the server is older than the window soon.
    let rates = [RateLimit::new(3, ms(500))];
    let (idle, other) = (server.windows(&rates), server.windows(&rates));
    let mut held = Vec::new();
    for priority in [Foreground, Background, Foreground] {
        held.push(acquire(&idle, priority).await);
    }
    for lost in [&["FLUSHALL"][..], &["DEL", "{test}:foreground"], &["DEL", "{test}:background"], &["DEL", "{test}:ledger"]] {
        let _: redis::Value = server.ask(lost).await;
        let slot = timeout(ms(2_500), other.acquire(Foreground)).await;
        assert!(slot.is_err(), "after {lost:?} a fourth slot was given");
    }
    drop(held);
    drop(acquire(&other, Foreground).await);
}

#[tokio::test]
async fn a_penalty_is_put_back() {
    let Some(server) = Server::start().await else { return };
    let rates = [RateLimit::new(10, ms(500))];
    let (one, other) = (server.windows(&rates), server.windows(&rates));
    drop(acquire(&one, Foreground).await);
    one.throttled(Some(LONG));
    super::soon("the penalty is not known", || async { server.ask::<bool>(&["EXISTS", "{test}:penalty"]).await }).await;
    let _: String = server.ask(&["FLUSHALL"]).await;
    assert!(timeout(ms(2_500), other.acquire(Foreground)).await.is_err());
}

#[tokio::test]
async fn on_a_server_younger_than_the_window_the_rest_of_it_is_waited_out() {
    let began = Instant::now();
    let Some(server) = Server::start_young().await else { return };
    let window = Duration::from_secs(4);
    drop(acquire(&server.windows(&[RateLimit::new(5, window)]), Foreground).await);
    // No delay can make it earlier. The server tells its age in whole seconds.
    assert!(began.elapsed() >= window - Duration::from_secs(1), "{:?}", began.elapsed());
    // Whoever comes later knows of it.
    let before = Instant::now();
    drop(acquire(&server.windows(&[RateLimit::new(5, window)]), Foreground).await);
    assert!(before.elapsed() < window / 2, "{:?}", before.elapsed());
}
