use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
};

use futures_util::{FutureExt as _, future::join_all, poll};
use proptest::{collection::vec, option, prelude::*};
use tokio::time::{Instant, advance, sleep, sleep_until, timeout};

use super::*;
use Priority::{Background, Foreground};

const CERTCENTRAL: [RateLimit; 2] = [RateLimit::new(100, Duration::from_secs(5)), RateLimit::new(1000, Duration::from_secs(180))];

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn windows(rates: &[RateLimit]) -> SlidingWindow {
    SlidingWindow::new(rates.iter().copied()).unwrap()
}

fn paused<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

async fn acquire(limiter: &SlidingWindow, priority: Priority) -> Permit {
    limiter.acquire(priority).await.unwrap()
}

async fn spend(limiter: &SlidingWindow, priority: Priority, latency: Duration) {
    let mut permit = acquire(limiter, priority).await;
    permit.sending();
    sleep(latency).await;
}

fn used(limiter: &SlidingWindow) -> Vec<u32> {
    limiter.usage().iter().map(|usage| usage.used).collect()
}

/// A caller of a random schedule.
#[derive(Clone, Debug)]
struct Caller {
    comes_at: Duration,
    priority: Priority,
    gives_up_after: Option<Duration>,
    /// For how long nobody polls it after its first poll.
    asleep_for: Option<Duration>,
    holds_for: Duration,
    sends: bool,
    /// Where between permit and response the service counts it, in percent.
    arrives: u32,
}

fn caller() -> impl Strategy<Value = Caller> {
    (
        0..60_000_u64,
        any::<bool>(),
        option::weighted(0.2, 0..5_000_u64),
        option::weighted(0.2, 0..20_000_u64),
        0..3_000_u64,
        0..10,
        0..=100_u32,
    )
        .prop_map(|(at, background, patience, asleep, held, sends, arrives)| Caller {
            comes_at: ms(at / 50 * 50),
            priority: if background { Background } else { Foreground },
            gives_up_after: patience.map(ms),
            asleep_for: asleep.map(ms),
            holds_for: ms(held.saturating_sub(1_000)),
            sends: sends > 0,
            arrives,
        })
}

fn rates() -> impl Strategy<Value = Vec<RateLimit>> {
    vec((1..20_u32, 1..10_000_u64).prop_map(|(limit, window)| RateLimit::new(limit, ms(window))), 0..4)
}

/// What somebody outside sees of a caller that got a slot.
#[derive(Clone, Copy, Debug)]
struct Seen {
    priority: Priority,
    /// Not left unpolled while it waited: it knew of its slot when it was given.
    polled: bool,
    granted: Instant,
    settled: Instant,
    arrived: Option<Instant>,
}

async fn run(limiter: &SlidingWindow, start: Instant, caller: Caller) -> Option<Seen> {
    sleep_until(start + caller.comes_at).await;
    let permit = async {
        let mut permit = pin!(acquire(limiter, caller.priority));
        if let Some(asleep) = caller.asleep_for {
            if let std::task::Poll::Ready(permit) = poll!(permit.as_mut()) {
                return (permit, Instant::now());
            }
            sleep(asleep).await;
        }
        let permit = permit.await;
        (permit, Instant::now())
    };
    let (mut permit, granted) = match caller.gives_up_after {
        Some(patience) => timeout(patience, permit).await.ok()?,
        None => permit.await,
    };
    if caller.sends {
        permit.sending();
    }
    sleep(caller.holds_for).await;
    drop(permit);
    let settled = Instant::now();
    let arrived = caller.sends.then(|| granted + (settled - granted) * caller.arrives / 100);
    Some(Seen { priority: caller.priority, polled: caller.asleep_for.is_none(), granted, settled, arrived })
}

/// The most that any window holds, counted the slow way.
fn fullest(times: &[Instant], window: Duration) -> usize {
    times.iter().map(|from| times.iter().filter(|at| *at >= from && **at < *from + window).count()).max().unwrap_or(0)
}

proptest! {

    #[test]
    fn no_window_ever_holds_more_than_its_limit_and_everybody_gets_a_slot(
        rates in rates(),
        callers in vec(caller(), 1..120),
        penalties in vec((0..60_000_u64, option::of(0..10_000_u64)), 0..3),
    ) {
        let (limiter, patient) = (windows(&rates), callers.iter().filter(|caller| caller.gives_up_after.is_none()).count());
        let (seen, penalties, idle) = paused(async {
            let start = Instant::now();
            let throttled = penalties.iter().map(|(at, asked)| {
                let limiter = limiter.clone();
                async move {
                    sleep_until(start + ms(*at)).await;
                    limiter.throttled(asked.map(ms));
                    (Instant::now(), asked.map(ms))
                }
            });
            let calls = join_all(callers.into_iter().map(|caller| {
                let limiter = limiter.clone();
                tokio::spawn(async move { run(&limiter, start, caller).await })
            }));
            let (seen, penalties) = timeout(Duration::from_secs(100_000), async { tokio::join!(calls, join_all(throttled)) }).await.expect("somebody was forgotten");
            sleep(Duration::from_secs(30)).await;
            (seen.into_iter().filter_map(Result::unwrap).collect::<Vec<_>>(), penalties, used(&limiter))
        });

        let begun = seen.iter().map(|seen| seen.granted).min();
        let ended = begun.zip(seen.iter().map(|seen| seen.granted).max()).map_or(Duration::ZERO, |(first, last)| last - first + ms(60_000));
        prop_assert!(seen.len() >= patient);
        prop_assert!(idle.iter().all(|used| *used == 0), "a debt is left: {idle:?}");
        let arrived: Vec<_> = seen.iter().filter_map(|seen| seen.arrived).collect();
        let granted: Vec<_> = seen.iter().filter(|seen| seen.arrived.is_some()).map(|seen| seen.granted).collect();
        let polled: Vec<_> = seen.iter().filter(|seen| seen.arrived.is_some() && seen.priority == Background).map(|seen| seen.granted).collect();
        for rate in &rates {
            prop_assert!(fullest(&granted, rate.window) <= rate.limit as usize);
            prop_assert!(fullest(&arrived, rate.window) <= rate.limit as usize);
            // After three minutes without a call the background may use more.
            prop_assert!(fullest(&polled, rate.window) <= rate.background_share(ended > QUIET) as usize);
            // The same in the stricter sense that makes both true: who holds a slot at the moment of another's grant.
            for one in &seen {
                let holders = seen.iter().filter(|other| {
                    let until = if other.arrived.is_some() { other.settled + rate.window } else { other.settled };
                    other.granted < one.granted && one.granted < until
                });
                prop_assert!(holders.count() <= rate.limit as usize);
            }
        }
        let shortest = rates.iter().map(|rate| rate.window).min().unwrap_or(Duration::from_secs(1));
        for (from, asked) in penalties {
            let until = from + asked.unwrap_or(shortest);
            let barred = seen.iter().filter(|seen| seen.polled && seen.granted > from && seen.granted < until);
            prop_assert_eq!(barred.count(), 0);
        }
    }

    #[test]
    fn dropping_a_wait_at_any_poll_leaves_no_trace(full in any::<bool>(), polls in 0..6_u32, step in 0..700_u64, background in any::<bool>()) {
        paused(async {
            let limiter = windows(&[RateLimit::new(3, ms(1_000)), RateLimit::new(50, ms(60_000))]);
            for _ in 0..if full { 3 } else { 0 } {
                spend(&limiter, Foreground, Duration::ZERO).await;
            }
            let before = used(&limiter)[1];
            {
                let mut wait = pin!(limiter.acquire(if background { Background } else { Foreground }));
                for _ in 0..polls {
                    if poll!(wait.as_mut()).is_ready() {
                        break;
                    }
                    advance(ms(step)).await;
                }
            }
            assert_eq!(used(&limiter)[1], before);
            sleep(ms(1_000)).await;
            let burst = join_all((0..3).map(|_| limiter.acquire(Foreground)));
            assert!(burst.now_or_never().is_some(), "all three slots are free again");
        });
    }

    #[test]
    fn a_fifth_of_every_window_is_there_for_the_foreground_at_once(limit in 2..60_u32, seconds in 1..100_u64, latency in 0..300_u64) {
        let rate = RateLimit::new(limit, Duration::from_secs(seconds));
        paused(async {
            let limiter = windows(&[rate]);
            let polling: Vec<_> = (0..limit).map(|_| {
                let limiter = limiter.clone();
                tokio::spawn(async move { loop { spend(&limiter, Background, ms(latency)).await } })
            }).collect();
            let fifth = limit.div_ceil(5);
            for _ in 0..40 {
                // So that a fifth of the calls leaves the window before the next comes.
                sleep((rate.window + ms(2)) / fifth).await;
                let asked = Instant::now();
                spend(&limiter, Foreground, Duration::ZERO).await;
                assert_eq!(asked.elapsed(), Duration::ZERO);
            }
            polling.iter().for_each(tokio::task::JoinHandle::abort);
        });
    }
}

/// Calls of `workers` within an hour, by priority.
async fn saturate(limiter: &SlidingWindow, workers: &[(Priority, usize)], latency: Duration) -> [usize; 2] {
    let calls = Arc::new(Mutex::new([0; 2]));
    let work = workers.iter().flat_map(|(priority, count)| std::iter::repeat_n(*priority, *count)).map(|priority| {
        let (limiter, calls) = (limiter.clone(), Arc::clone(&calls));
        async move {
            loop {
                spend(&limiter, priority, latency).await;
                calls.lock().unwrap()[priority as usize] += 1;
            }
        }
    });
    let _ = timeout(ms(3_599_999), join_all(work)).await;
    *calls.lock().unwrap()
}

#[test]
fn a_saturated_client_uses_what_it_is_allowed() {
    for (latency, workers) in [
        (0, vec![(Foreground, 1)]),
        (0, vec![(Foreground, 50)]),
        (250, vec![(Foreground, 50)]),
        (1_000, vec![(Foreground, 200)]),
        (250, vec![(Foreground, 3), (Background, 50)]),
    ] {
        let [own, polled] = paused(saturate(&windows(&CERTCENTRAL), &workers, ms(latency)));
        let share = (own + polled) as f64 / 20_000.0;
        println!("latency {latency} ms, {workers:?}: {own} + {polled} calls, {:.2} %", share * 100.0);
        assert!((0.99..=1.0).contains(&share), "{share}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_three_quiet_minutes_the_background_may_use_nearly_all_until_somebody_calls() {
    let limiter = windows(&[RateLimit::new(100, ms(5_000)), RateLimit::new(1_000, ms(180_000))]);
    let most = async |long: Duration| {
        let (begun, mut count) = (Instant::now(), 0);
        while timeout(long.saturating_sub(begun.elapsed()), spend(&limiter, Background, Duration::ZERO)).await.is_ok() {
            count += 1;
        }
        count
    };
    // A new client may be called any moment.
    assert_eq!(most(ms(4_999)).await, 80);
    sleep(QUIET * 3).await;
    assert_eq!(most(ms(4_999)).await, 98);
    sleep(QUIET * 3).await;
    assert_eq!(most(ms(179_999)).await, 980);
    // Whoever comes then waits for nobody, and has the usual share from then on.
    let asked = Instant::now();
    for _ in 0..2 {
        spend(&limiter, Foreground, Duration::ZERO).await;
    }
    assert_eq!(asked.elapsed(), Duration::ZERO);
    sleep(QUIET - ms(10_000)).await;
    assert_eq!(most(ms(4_999)).await, 80);
    // Those who wait for the larger share are let go when it is time, not when the oldest leaves its window.
    let mut quiet = 0;
    while asked.elapsed() < QUIET + ms(10) {
        let _ = timeout(ms(100), spend(&limiter, Background, Duration::ZERO)).await.map(|()| quiet += 1);
    }
    assert!(quiet > 0);
}

#[test]
fn the_foreground_goes_first() {
    let [own, polled] = paused(saturate(&windows(&CERTCENTRAL), &[(Background, 300), (Foreground, 300)], ms(100)));
    assert!(own >= 19_700 && polled <= 80, "{own}, {polled}");
}

#[tokio::test(start_paused = true)]
async fn equals_go_in_the_order_they_came_and_without_delay() {
    let limiter = windows(&[RateLimit::new(1, ms(100))]);
    let start = Instant::now();
    let calls = (0..20).map(|_| {
        let limiter = limiter.clone();
        tokio::spawn(async move {
            spend(&limiter, Foreground, Duration::ZERO).await;
            start.elapsed().as_millis()
        })
    });
    let gone: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(gone, (0..20).map(|number| number * 100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn waiters_that_nobody_polls_hold_up_nobody() {
    let limiter = windows(&[RateLimit::new(60, ms(1_000))]);
    join_all((0..60).map(|_| spend(&limiter, Foreground, Duration::ZERO))).await;
    let mut forgotten: Vec<_> = (0..50).map(|_| limiter.acquire(Foreground)).collect();
    for wait in &mut forgotten {
        assert!(poll!(wait).is_pending());
    }
    let asked = Instant::now();
    let another = limiter.clone();
    tokio::spawn(async move { spend(&another, Foreground, Duration::ZERO).await }).await.unwrap();
    assert!(asked.elapsed() <= ms(1_500), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn whoever_moves_up_because_others_leave_goes_in_time() {
    let limiter = windows(&[RateLimit::new(1, ms(1_000))]);
    spend(&limiter, Foreground, Duration::ZERO).await;
    let mut leaving: Vec<_> = (0..50).map(|_| limiter.acquire(Foreground)).collect();
    for wait in &mut leaving {
        assert!(poll!(wait).is_pending());
    }
    let asked = Instant::now();
    let another = limiter.clone();
    let last = tokio::spawn(async move { spend(&another, Background, Duration::ZERO).await });
    sleep(ms(10)).await;
    drop(leaving);
    last.await.unwrap();
    assert_eq!(asked.elapsed(), ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_given_back_goes_to_the_next_at_once() {
    let limiter = windows(&[RateLimit::new(1, Duration::from_secs(60))]);
    let permit = acquire(&limiter, Foreground).await;
    let asked = Instant::now();
    let next = tokio::spawn({
        let limiter = limiter.clone();
        async move { acquire(&limiter, Background).await }
    });
    sleep(ms(10)).await;
    drop(permit);
    let mut permit = next.await.unwrap();
    assert_eq!(asked.elapsed(), ms(10));
    permit.sending();
    permit.unsent();
    assert_eq!(used(&limiter), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_penalty_bars_everybody_and_then_lets_them_go_evenly() {
    let limiter = windows(&[RateLimit::new(10, ms(1_000))]);
    limiter.throttled(Some(ms(5_000)));
    let told = limiter.usage()[0];
    assert_eq!((told.remaining(), told.free_in), (0, ms(5_100)));
    let start = Instant::now();
    let mut gone = Vec::new();
    for _ in 0..12 {
        spend(&limiter, Foreground, Duration::ZERO).await;
        gone.push(start.elapsed().as_millis());
    }
    assert_eq!(gone, [5_100, 5_200, 5_300, 5_400, 5_500, 5_600, 5_700, 5_800, 5_900, 6_000, 6_100, 6_200]);
}

#[tokio::test(start_paused = true)]
async fn a_penalty_without_a_time_lasts_for_the_shortest_window() {
    for (rates, wait) in [(&CERTCENTRAL[..], ms(5_180)), (&[], ms(1_000))] {
        let (limiter, start) = (windows(rates), Instant::now());
        limiter.throttled(None);
        limiter.throttled(Some(ms(10)));
        spend(&limiter, Background, Duration::ZERO).await;
        assert_eq!(start.elapsed(), wait);
    }
    let limiter = windows(&CERTCENTRAL);
    limiter.throttled(Some(Duration::MAX));
    assert!(acquire(&limiter, Foreground).now_or_never().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_forgotten_among_threads() {
    let limiter = windows(&[RateLimit::new(20, ms(10))]);
    let calls = (0..400).map(|number| {
        let limiter = limiter.clone();
        tokio::spawn(async move {
            let priority = if number % 3 == 0 { Background } else { Foreground };
            if number % 5 == 0 {
                return timeout(ms(number % 50), spend(&limiter, priority, Duration::ZERO)).await.unwrap_or_default();
            }
            spend(&limiter, priority, Duration::ZERO).await;
        })
    });
    timeout(Duration::from_secs(30), join_all(calls)).await.expect("somebody was forgotten");
}

#[test]
fn rates_that_cannot_be_kept_to_are_refused() {
    for rate in [RateLimit::new(0, ms(1)), RateLimit::new(1, Duration::ZERO), RateLimit::new(1, Duration::MAX)] {
        assert!(SlidingWindow::new([rate]).unwrap_err().is_configuration());
    }
}
