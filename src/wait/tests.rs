use std::collections::VecDeque;

use proptest::prelude::*;
use reqwest::StatusCode;

use super::*;
use crate::error::Answer;

/// Plays back what each look finds, and notes when it was looked.
struct Script {
    looks: VecDeque<Result<Look<u32, &'static str>, Error>>,
    seen_at: std::sync::Arc<std::sync::Mutex<Vec<u64>>>,
    started: Instant,
    takes: Duration,
}

impl Flow for Script {
    const NAME: &'static str = "script";

    type State = u32;
    type Output = &'static str;

    fn look(&mut self) -> BoxFuture<'_, Result<Look<u32, &'static str>, Error>> {
        async move {
            self.seen_at.lock().unwrap().push(self.started.elapsed().as_secs());
            tokio::time::sleep(self.takes).await;
            self.looks.pop_front().unwrap_or(Ok(Look::Waiting(99)))
        }
        .boxed()
    }
}

fn fault(status: u16, retry_after: Option<u64>) -> Result<Look<u32, &'static str>, Error> {
    Err(Error::answer(Answer {
        status: StatusCode::from_u16(status).unwrap(),
        entries: Vec::new(),
        retry_after: retry_after.map(Duration::from_secs),
        excerpt: String::new(),
    }))
}

type Looks = Vec<Result<Look<u32, &'static str>, Error>>;

/// Waits within 100 s, every 10 s; gives the result and the seconds at which it was looked.
async fn wait(looks: Looks) -> (Result<&'static str, WaitError<u32>>, Vec<u64>) {
    wait_with(looks, Duration::from_secs(100), Polling::every(Duration::from_secs(10)), Duration::ZERO).await
}

async fn wait_with(looks: Looks, within: Duration, polling: Polling, takes: Duration) -> (Result<&'static str, WaitError<u32>>, Vec<u64>) {
    let seen_at = std::sync::Arc::default();
    let script = Script { looks: looks.into(), seen_at: std::sync::Arc::clone(&seen_at), started: Instant::now(), takes };
    let result = Wait::new(script, within, polling).await;
    let seen_at = seen_at.lock().unwrap().clone();
    (result, seen_at)
}

#[tokio::test(start_paused = true)]
async fn it_looks_before_it_sleeps() {
    let (result, seen_at) = wait(vec![Ok(Look::Done("certificate"))]).await;
    assert_eq!(result.unwrap(), "certificate");
    assert_eq!(seen_at, [0]);
}

#[tokio::test(start_paused = true)]
async fn it_looks_again_at_the_distances_of_its_polling() {
    let polling = Polling::growing(Duration::from_secs(4), Duration::from_secs(9));
    let (result, seen_at) = wait_with(
        vec![
            Ok(Look::Waiting(1)),
            Ok(Look::Waiting(2)),
            Ok(Look::Waiting(3)),
            Ok(Look::Moved(4)),
            Ok(Look::Waiting(5)),
            Ok(Look::Done("x")),
        ],
        Duration::from_secs(100),
        polling,
        Duration::ZERO,
    )
    .await;
    assert_eq!(result.unwrap(), "x");
    assert_eq!(seen_at, [0, 4, 10, 19, 23, 29]);
}

#[tokio::test(start_paused = true)]
async fn passing_faults_do_not_end_it_and_retry_after_is_kept() {
    let (result, seen_at) = wait(vec![fault(503, None), fault(429, Some(25)), fault(500, Some(1)), Ok(Look::Done("x"))]).await;
    assert_eq!(result.unwrap(), "x");
    assert_eq!(seen_at, [0, 10, 35, 45]);
}

#[tokio::test(start_paused = true)]
async fn any_other_error_ends_it() {
    let (result, seen_at) = wait(vec![Ok(Look::Waiting(1)), fault(403, None)]).await;
    let error = result.unwrap_err();
    assert!(!error.is_out_of_time() && !error.is_ended());
    assert_eq!(error.state(), Some(&1));
    assert!(error.error().unwrap().is_denied());
    assert!(Error::from(error).is_denied());
    assert_eq!(seen_at, [0, 10]);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_state_ends_it_at_once_with_that_state_in_hand() {
    let (result, _) = wait(vec![Ok(Look::Waiting(1)), Ok(Look::Ended(7, "rejected".into()))]).await;
    let error = result.unwrap_err();
    assert!(error.is_ended());
    assert_eq!(error.state(), Some(&7));
    assert_eq!(error.to_string(), "rejected");
    let error = Error::from(error);
    assert!(error.is_wait() && !error.is_out_of_time());
}

#[tokio::test(start_paused = true)]
async fn the_last_look_is_shortly_before_the_deadline() {
    let polling = Polling::every(Duration::from_secs(30));
    let (result, seen_at) = wait_with(vec![], Duration::from_secs(100), polling, Duration::ZERO).await;
    let error = result.unwrap_err();
    assert!(error.is_out_of_time());
    assert_eq!(error.state(), Some(&99));
    assert_eq!(seen_at, [0, 30, 60, 90, 95]);
    assert!(error.waited() <= Duration::from_secs(100));
    let error = Error::from(error);
    assert!(error.is_wait() && error.is_out_of_time() && !error.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_look_that_takes_too_long_is_given_up_at_the_deadline() {
    let (result, _) = wait_with(vec![], Duration::from_secs(7), Polling::every(Duration::from_secs(3)), Duration::from_secs(60)).await;
    let error = result.unwrap_err();
    assert!(error.is_out_of_time());
    assert_eq!(error.waited(), Duration::from_secs(7));
    assert_eq!(error.state(), None);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_past_the_deadline_ends_it_at_once_and_says_why() {
    let (result, seen_at) = wait(vec![fault(429, Some(3600))]).await;
    let error = result.unwrap_err();
    assert!(error.is_out_of_time());
    assert_eq!(error.error().unwrap().retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(error.waited(), Duration::ZERO);
    assert!(Error::from(error).is_out_of_time());
    assert_eq!(seen_at, [0]);
}

#[tokio::test(start_paused = true)]
async fn watched_as_a_stream_it_tells_every_state_and_ends() {
    let script = Script {
        looks: vec![Ok(Look::Waiting(1)), fault(503, None), Ok(Look::Moved(2)), Ok(Look::Done("x"))].into(),
        seen_at: std::sync::Arc::default(),
        started: Instant::now(),
        takes: Duration::ZERO,
    };
    let steps: Vec<_> = Wait::new(script, Duration::from_secs(100), Polling::default()).map(Result::unwrap).collect().await;
    assert_eq!(steps, [Step::Waiting(1), Step::Waiting(2), Step::Done("x")]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_time_looks_once() {
    let (result, seen_at) = wait_with(vec![Ok(Look::Done("x"))], Duration::ZERO, Polling::default(), Duration::ZERO).await;
    assert_eq!(seen_at, [0]);
    assert!(result.is_ok() || result.unwrap_err().is_out_of_time());
}

#[tokio::test(start_paused = true)]
async fn no_duration_is_too_long() {
    let (result, _) = wait_with(
        vec![Ok(Look::Waiting(1)), fault(429, Some(u64::MAX)), Ok(Look::Done("x"))],
        Duration::MAX,
        Polling::growing(Duration::from_secs(1), Duration::MAX),
        Duration::ZERO,
    )
    .await;
    assert!(result.is_ok() || result.unwrap_err().is_out_of_time());
    assert!(Polling::every(Duration::MAX).first() < Duration::MAX);
}

proptest! {
    #[test]
    fn the_next_look_is_never_past_the_deadline_nor_before_the_service_allows_it(
        left in 0_u64..10_000, distance in 100_u64..100_000, asked in proptest::option::of(0_u64..200_000),
    ) {
        let now = Instant::now();
        let deadline = now + Duration::from_millis(left);
        let asked = asked.map(Duration::from_millis);
        if let Some((next, _)) = next_look(now, deadline, Duration::from_millis(distance), asked) {
            prop_assert!(next < deadline);
            prop_assert!(next >= now + asked.unwrap_or_default());
            prop_assert!(next >= now + Polling::SHORTEST.min(Duration::from_millis(distance)));
        }
    }
}
