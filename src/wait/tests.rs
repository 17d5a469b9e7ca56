use std::{collections::VecDeque, sync::Mutex};

use proptest::prelude::*;
use reqwest::StatusCode;

use super::*;
use crate::error::{ApiError, ErrorResponse};

/// Plays back what each look finds, and notes when it was looked.
struct Script {
    looks: Mutex<Option<Looks>>,
    seen_at: Arc<Mutex<Vec<u64>>>,
    started: Instant,
    takes: Duration,
    unheard: Option<&'static str>,
}

impl Flow for Script {
    const NAME: &'static str = "script";
    const GOAL: &'static str = "played";

    type State = u32;
    type Output = &'static str;
    type Token = u8;
    type Progress = VecDeque<Looked>;

    fn begin(&self) -> VecDeque<Looked> {
        self.looks.lock().unwrap().take().unwrap().into()
    }

    async fn poll(&self, looks: &mut VecDeque<Looked>, _: bool) -> Looked {
        self.seen_at.lock().unwrap().push(self.started.elapsed().as_secs());
        tokio::time::sleep(self.takes).await;
        looks.pop_front().unwrap_or(Ok(Found::Waiting(99)))
    }

    fn subject(&self) -> String {
        "script 7".to_owned()
    }

    fn token(&self) -> u8 {
        7
    }

    fn unheard(&self) -> Option<&str> {
        self.unheard
    }
}

fn script(looks: Looks) -> Script {
    Script { looks: Mutex::new(Some(looks)), seen_at: Arc::default(), started: Instant::now(), takes: Duration::ZERO, unheard: None }
}

fn fault(status: u16, retry_after: Option<u64>) -> Looked {
    response(status, retry_after, Vec::new())
}

fn refusal(status: u16, code: &str) -> Looked {
    response(status, None, vec![ApiError { code: code.into(), message: String::new() }])
}

fn response(status: u16, retry_after: Option<u64>, entries: Vec<ApiError>) -> Looked {
    Err(Error::response(ErrorResponse {
        status: StatusCode::from_u16(status).unwrap(),
        is_listed: entries.iter().any(|entry| entry.code == "listed"),
        entries,
        retry_after: retry_after.map(Duration::from_secs),
        excerpt: String::new(),
    }))
}

type Looked = Result<Found<u32, &'static str>, Error>;
type Looks = Vec<Looked>;

/// Waits within 100 s, every 10 s; gives the result and the seconds at which it was looked.
async fn wait(looks: Looks) -> (Result<&'static str, WaitError<u32>>, Vec<u64>) {
    wait_with(looks, Duration::from_secs(100), Polling::fixed(Duration::from_secs(10)), Duration::ZERO).await
}

async fn wait_with(looks: Looks, within: Duration, polling: Polling, takes: Duration) -> (Result<&'static str, WaitError<u32>>, Vec<u64>) {
    let seen_at = Arc::default();
    let script = Script { seen_at: Arc::clone(&seen_at), takes, ..script(looks) };
    let result = Wait::new(script, within, polling).await;
    let seen_at = seen_at.lock().unwrap().clone();
    (result, seen_at)
}

#[tokio::test(start_paused = true)]
async fn it_looks_before_it_sleeps() {
    let (result, seen_at) = wait(vec![Ok(Found::Done("certificate"))]).await;
    assert_eq!(result.unwrap(), "certificate");
    assert_eq!(seen_at, [0]);
}

#[tokio::test(start_paused = true)]
async fn it_looks_again_at_the_distances_of_its_polling() {
    let polling = Polling::exponential(Duration::from_secs(4), Duration::from_secs(9));
    let (result, seen_at) = wait_with(
        vec![
            Ok(Found::Waiting(1)),
            Ok(Found::Waiting(2)),
            Ok(Found::Waiting(3)),
            Ok(Found::Moved(4)),
            Ok(Found::Waiting(5)),
            Ok(Found::Done("x")),
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
    let (result, seen_at) = wait(vec![fault(503, None), fault(429, Some(25)), fault(500, Some(1)), Ok(Found::Done("x"))]).await;
    assert_eq!(result.unwrap(), "x");
    assert_eq!(seen_at, [0, 10, 35, 45]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_in_the_words_of_the_service_ends_it() {
    let (result, seen_at) = wait(vec![Ok(Found::Waiting(1)), refusal(403, "listed")]).await;
    let error = result.unwrap_err();
    assert!(!error.is_wait_timeout() && !error.is_terminal());
    assert_eq!(error.last_state(), Some(&1));
    assert!(error.error().unwrap().is_denied());
    let error = Error::from(error);
    assert!(error.is_denied() && error.to_string().starts_with("script 7: "), "{error}");
    assert_eq!(seen_at, [0, 10]);
}

/// What comes from somebody else than the service: a proxy, a sign-in page, half of a response.
fn foreign() -> [Looked; 5] {
    let unreadable = || Err(Error::decode(".".into(), "expected value", "<html>".into()));
    [unreadable(), fault(302, None), fault(403, None), refusal(400, "blocked_by_policy"), Err(Error::too_large(7))]
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_services_is_ridden_out() {
    let (result, seen_at) = wait(foreign().into_iter().chain([Ok(Found::Done("x"))]).collect()).await;
    assert_eq!(result.unwrap(), "x");
    assert_eq!(seen_at, [0, 10, 20, 30, 40, 50]);
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_lasts_is_told_at_the_deadline_with_what_was_seen_before() {
    let lasting = (0..20).flat_map(|_| foreign()).collect::<Vec<_>>();
    let (result, _) = wait([Ok(Found::Waiting(1))].into_iter().chain(lasting).collect()).await;
    let error = result.unwrap_err();
    assert!(error.is_wait_timeout() && error.last_state() == Some(&1) && error.error().is_some());
    let text = error.to_string();
    assert!(text.starts_with("script 7: not played within 1 min 40 s; 1; the last 10 polls failed, most recently: "), "{text}");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_ever_came_from_the_service_three_in_a_row_mean_that_the_base_url_is_wrong() {
    let unheard =
        |looks| Wait::new(Script { unheard: Some("https://a.example/v2"), ..script(looks) }, Duration::from_secs(100), Polling::default());
    let error = unheard(foreign().into()).await.unwrap_err();
    assert!(!error.is_wait_timeout() && error.error().unwrap().status() == Some(403));
    assert_eq!(error.elapsed().as_secs(), 12, "at the third poll");
    let error = Error::from(error);
    assert!(error.is_configuration() && error.to_string().contains("the base URL https://a.example/v2 is wrong"), "{error}");

    // Not if a fault of another kind is among them, nor after a poll that the service answered.
    let [one, two, three, four, _] = foreign();
    assert_eq!(unheard(vec![one, two, fault(503, None), three, four, Ok(Found::Done("x"))]).await.unwrap(), "x");
    let heard = [Ok(Found::Waiting(1))].into_iter().chain(foreign()).chain([Ok(Found::Done("x"))]);
    assert_eq!(unheard(heard.collect()).await.unwrap(), "x");
}

#[tokio::test(start_paused = true)]
async fn a_wait_gives_its_token_also_while_it_is_watched() {
    let mut wait = Wait::new(script(vec![Ok(Found::Waiting(1)), Ok(Found::Done("x"))]), Duration::from_secs(100), Polling::default());
    while wait.next().await.is_some() {
        assert_eq!(wait.resume_token(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn a_terminal_state_ends_it_at_once_with_that_state_in_hand() {
    let (result, _) = wait(vec![Ok(Found::Waiting(1)), Ok(Found::Ended(7, "rejected".into()))]).await;
    let error = result.unwrap_err();
    assert!(error.is_terminal());
    assert_eq!(error.last_state(), Some(&7));
    assert_eq!(error.to_string(), "rejected");
    let error = Error::from(error);
    assert!(error.is_wait() && !error.is_wait_timeout());
}

#[tokio::test(start_paused = true)]
async fn the_last_look_is_shortly_before_the_deadline() {
    let polling = Polling::fixed(Duration::from_secs(30));
    let (result, seen_at) = wait_with(vec![], Duration::from_secs(100), polling, Duration::ZERO).await;
    let error = result.unwrap_err();
    assert!(error.is_wait_timeout());
    assert_eq!(error.last_state(), Some(&99));
    assert_eq!(seen_at, [0, 30, 60, 90, 95]);
    assert!(error.elapsed() <= Duration::from_secs(100));
    let error = Error::from(error);
    assert!(error.is_wait() && error.is_wait_timeout() && !error.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_look_that_takes_too_long_is_given_up_at_the_deadline() {
    let (result, _) = wait_with(vec![], Duration::from_secs(7), Polling::fixed(Duration::from_secs(3)), Duration::from_secs(60)).await;
    let error = result.unwrap_err();
    assert!(error.is_wait_timeout());
    assert_eq!(error.elapsed(), Duration::from_secs(7));
    assert_eq!(error.last_state(), None);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_past_the_deadline_ends_it_at_once_and_says_why() {
    let (result, seen_at) = wait(vec![fault(429, Some(3600))]).await;
    let error = result.unwrap_err();
    assert!(error.is_wait_timeout());
    assert_eq!(error.error().unwrap().retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(error.elapsed(), Duration::ZERO);
    assert!(Error::from(error).is_wait_timeout());
    assert_eq!(seen_at, [0]);
}

#[tokio::test(start_paused = true)]
async fn watched_as_a_stream_it_tells_every_state_and_ends() {
    let script = script(vec![Ok(Found::Waiting(1)), fault(503, None), fault(502, None), Ok(Found::Moved(2)), Ok(Found::Done("x"))]);
    let steps: Vec<_> = Wait::new(script, Duration::from_secs(100), Polling::default()).map(Result::unwrap).collect().await;
    let [Progress::InProgress(1), Progress::Fault(one), Progress::Fault(two), Progress::InProgress(2), Progress::Completed("x")] =
        &steps[..]
    else {
        panic!("{steps:?}")
    };
    assert_eq!((one.error().status(), one.in_a_row(), two.error().status(), two.in_a_row()), (Some(503), 1, Some(502), 2));
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_time_looks_once() {
    let (result, seen_at) = wait_with(vec![Ok(Found::Done("x"))], Duration::ZERO, Polling::default(), Duration::ZERO).await;
    assert_eq!(seen_at, [0]);
    assert!(result.is_ok() || result.unwrap_err().is_wait_timeout());
}

#[tokio::test(start_paused = true)]
async fn no_duration_is_too_long() {
    let (result, _) = wait_with(
        vec![Ok(Found::Waiting(1)), fault(429, Some(u64::MAX)), Ok(Found::Done("x"))],
        Duration::MAX,
        Polling::exponential(Duration::from_secs(1), Duration::MAX),
        Duration::ZERO,
    )
    .await;
    assert!(result.is_ok() || result.unwrap_err().is_wait_timeout());
    assert!(Polling::fixed(Duration::MAX).initial() < Duration::MAX);
}

proptest! {
    #[test]
    fn the_next_look_is_never_past_the_deadline_nor_before_the_service_allows_it(
        left in 0_u64..10_000, distance in 100_u64..100_000, asked in proptest::option::of(0_u64..200_000),
    ) {
        let now = Instant::now();
        let deadline = now + Duration::from_millis(left);
        let asked = asked.map(Duration::from_millis);
        if let Some(Rest { next, .. }) = next_poll(now, deadline, Duration::from_millis(distance), asked) {
            prop_assert!(next < deadline);
            prop_assert!(next >= now + asked.unwrap_or_default());
            prop_assert!(next >= now + Polling::SHORTEST.min(Duration::from_millis(distance)));
        }
    }
}
