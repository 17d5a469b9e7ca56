//! Those who wait for a slot in one process, and do not get it for reasons of their neighbours.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{future::join_all, poll};
use shomei::{
    Priority::{Background, Foreground},
    RateLimit, RateLimiter as _, RedisSlidingWindow,
};
use tokio::time::{Instant, timeout};

use super::server::{LONG, Server, acquire, ms, soon};

/// What everybody is to know long before 60 callers have waited for the server one after another.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test]
async fn waiters_that_nobody_polls_hold_up_nobody() {
    let Some(server) = Server::start().await else { return };
    for priority in [Foreground, Background] {
        let limiter = server.windows(&[RateLimit::new(2, LONG)]);
        let permits = [acquire(&limiter, Foreground).await, acquire(&limiter, priority).await];
        let mut forgotten: Vec<_> = (0..50).map(|_| limiter.acquire(priority)).collect();
        for wait in &mut forgotten {
            assert!(poll!(wait).is_pending());
        }
        // The first of them asks and is refused, or not even its answer is looked at: either must do no harm.
        let another = tokio::spawn({
            let limiter = limiter.clone();
            async move { drop(acquire(&limiter, priority).await) }
        });
        drop(permits);
        timeout(SOON, another).await.expect("it waits for those that nobody polls").unwrap();
    }
}

#[tokio::test]
async fn a_slot_that_nobody_comes_for_goes_to_the_next() {
    let Some(server) = Server::start().await else { return };
    let limiter = server.windows(&[RateLimit::new(1, LONG)]);
    let mut forgotten = limiter.acquire(Foreground);
    assert!(poll!(&mut forgotten).is_pending());
    soon("the slot is not taken", || async { server.ask::<u64>(&["ZCARD", "{test}:foreground"]).await == 1 }).await;
    drop(timeout(SOON, acquire(&limiter, Foreground)).await.expect("it waits for the one that nobody polls"));
    drop(timeout(SOON, forgotten).await.expect("it is forgotten for good").unwrap());
}

#[tokio::test]
async fn equals_go_in_the_order_they_came() {
    let Some(server) = Server::start().await else { return };
    let limiter = server.windows(&[RateLimit::new(2, LONG)]);
    let gone = Mutex::new(Vec::new());
    let calls = (0..40).map(|number| {
        let (limiter, gone) = (&limiter, &gone);
        async move {
            let permit = acquire(limiter, if number % 4 == 3 { Background } else { Foreground }).await;
            gone.lock().unwrap().push(number);
            drop(permit);
        }
    });
    join_all(calls).await;
    let in_line =
        |background: bool| gone.lock().unwrap().iter().copied().filter(|number| (number % 4 == 3) == background).collect::<Vec<_>>();
    assert!(in_line(false).is_sorted() && in_line(true).is_sorted(), "{gone:?}");
    // Polling lets the waiting calls of its own process go first, too.
    assert!(gone.lock().unwrap()[30..].iter().all(|number| number % 4 == 3), "{gone:?}");
}

#[tokio::test]
async fn however_many_wait_the_server_is_asked_once_a_second_for_each_priority() {
    let Some(server) = Server::start().await else { return };
    let limiter = server.windows(&[RateLimit::new(1, ms(300)), RateLimit::new(1, LONG)]);
    let _permit = acquire(&limiter, Foreground).await;
    let (before, began) = (server.questions().await, Instant::now());
    let calls = (0..200).map(|number| limiter.acquire(if number % 2 == 0 { Foreground } else { Background }));
    assert!(timeout(Duration::from_secs(3), join_all(calls)).await.is_err());
    let asked = server.questions().await - before;
    let most = 2 * (began.elapsed().as_secs() + 2);
    assert!((2..=most).contains(&asked), "{asked}");
}

/// Sixty callers, and when each of them failed.
async fn fail_all(limiter: &RedisSlidingWindow) -> Vec<Duration> {
    let began = Instant::now();
    let calls = (0..60).map(|number| async move {
        let priority = if number % 3 == 0 { Background } else { Foreground };
        let error = timeout(LONG, limiter.acquire(priority)).await.expect("it does not hear of it").unwrap_err();
        assert!(error.downcast_ref::<redis::RedisError>().is_some_and(redis::RedisError::is_timeout), "{error:?}");
        began.elapsed()
    });
    join_all(calls).await
}

#[tokio::test]
async fn a_server_that_never_answers_fails_everybody_at_once() {
    // Whoever connects is taken into the backlog, and that is all.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}/", listener.local_addr().unwrap());
    let limiter = RedisSlidingWindow::new(&url, "test", [RateLimit::new(100, LONG)]).unwrap();
    let failed = fail_all(&limiter).await;
    assert!(failed.iter().all(|after| *after < SOON), "{failed:?}");
}

#[tokio::test]
async fn a_server_that_stops_answering_fails_everybody_at_once_and_is_found_again() {
    let Some(server) = Server::start().await else { return };
    let limiter = Arc::new(server.windows(&[RateLimit::new(100, LONG)]));
    drop(acquire(&limiter, Foreground).await);
    let () = server.ask(&["CLIENT", "PAUSE", "20000", "ALL"]).await;
    let failed = fail_all(&limiter).await;
    assert!(failed.iter().all(|after| *after < SOON), "{failed:?}");
    let again = async {
        while limiter.acquire(Foreground).await.is_err() {
            tokio::time::sleep(ms(50)).await;
        }
    };
    timeout(LONG, again).await.expect("it does not come back");
}
