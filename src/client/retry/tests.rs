use proptest::{collection::vec, prelude::*};

use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn responded(status: u16) -> Outcome {
    Outcome::Responded { status, retry_after: None }
}

fn attempt(outcome: Outcome, idempotent: bool) -> Attempt {
    Attempt { number: 1, idempotent, outcome, time_left: ms(300_000) }
}

#[test]
fn only_what_does_no_harm_is_repeated() {
    for (outcome, write, read) in [
        (Outcome::Unsent, true, true),
        (Outcome::Lost, false, true),
        (Outcome::Unusable, false, false),
        (responded(429), true, true),
        (responded(408), false, true),
        (responded(500), false, true),
        (responded(502), false, true),
        (responded(503), false, true),
        (responded(504), false, true),
        (responded(599), false, true),
        (responded(200), false, false),
        (responded(204), false, false),
        (responded(302), false, false),
        (responded(400), false, false),
        (responded(401), false, false),
        (responded(403), false, false),
        (responded(404), false, false),
        (responded(409), false, false),
        (responded(425), false, false),
    ] {
        for (idempotent, repeated) in [(false, write), (true, read)] {
            let repeat = |retry: RetryPolicy| retry.decide(&attempt(outcome, idempotent), 0.5) != Decision::Return;
            assert_eq!(repeat(RetryPolicy::default()), repeated, "{outcome:?}, idempotent: {idempotent}");
            assert!(!repeat(RetryPolicy::never()));
        }
    }
}

#[test]
fn bounds_double_up_to_the_longest_delay() {
    let retry = RetryPolicy::default().max_attempts(u32::MAX);
    let bounds = [1, 2, 3, 6, 7, 40, u32::MAX - 1].map(|number| retry.decide(&Attempt { number, ..attempt(Outcome::Unsent, false) }, 1.0));
    assert_eq!(bounds, [500, 1_000, 2_000, 16_000, 20_000, 20_000, 20_000].map(|bound| Decision::RepeatAfter(ms(bound))));
}

#[test]
fn retry_after_is_kept_if_it_is_bearable_and_in_time() {
    let decide = |asked: u64, time_left: u64| {
        let outcome = Outcome::Responded { status: 429, retry_after: Some(ms(asked)) };
        RetryPolicy::default().decide(&Attempt { time_left: ms(time_left), ..attempt(outcome, false) }, 1.0)
    };
    // Callers that were told the same do not come back in the same moment.
    assert_eq!(decide(7_000, 60_000), Decision::RepeatAfter(ms(7_500)));
    assert_eq!(decide(100, 60_000), Decision::RepeatAfter(ms(600)));
    assert_eq!(decide(300_000, 400_000), Decision::RepeatAfter(ms(300_500)));
    assert_eq!(decide(300_001, 400_000), Decision::Return);
    assert_eq!(decide(7_000, 7_500), Decision::Return);
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let retry_after = proptest::option::of((0..10_000_000_u64).prop_map(ms));
    prop_oneof![
        Just(Outcome::Unsent),
        Just(Outcome::Lost),
        Just(Outcome::Unusable),
        (prop_oneof![Just(429), Just(503), 100..600_u16], retry_after)
            .prop_map(|(status, retry_after)| Outcome::Responded { status, retry_after }),
    ]
}

fn retry() -> impl Strategy<Value = RetryPolicy> {
    let delay = || prop_oneof![(0..100_000_u64).prop_map(ms), Just(Duration::MAX)];
    (0..20_u32, delay(), delay(), delay(), 0..60_u32, 0..12_u32).prop_map(|(attempts, first, longest, asked, tokens, cost)| {
        RetryPolicy::default()
            .max_attempts(attempts)
            .initial_backoff(first)
            .max_backoff(longest)
            .max_retry_after(asked)
            .retry_tokens(tokens)
            .retry_cost(cost)
    })
}

proptest! {
    #[test]
    fn no_delay_leaves_its_bounds_and_no_call_its_deadline(
        retry in retry(),
        outcomes in vec((outcome(), 0.0..=1.0_f64, 0..5_000_u64), 1..40),
        idempotent: bool,
        deadline in 0..600_000_u64,
    ) {
        let (mut now, deadline) = (Duration::ZERO, ms(deadline));
        let mut sent = 0;
        for (number, (outcome, chance, took)) in (1..).zip(outcomes) {
            prop_assert!(now <= deadline);
            sent += 1;
            now = deadline.min(now + ms(took));
            match retry.decide(&Attempt { number, idempotent, outcome, time_left: deadline - now }, chance) {
                Decision::Return => break,
                Decision::RepeatAfter(delay) => {
                    let asked = match outcome {
                        Outcome::Responded { retry_after, .. } => retry_after.unwrap_or_default(),
                        _ => Duration::ZERO,
                    };
                    prop_assert!(asked <= delay && delay <= asked.saturating_add(retry.max_backoff));
                    prop_assert!(asked <= retry.max_retry_after);
                    now += delay;
                }
            }
        }
        prop_assert!(now <= deadline);
        prop_assert!(sent <= retry.max_attempts.max(1));
    }

    #[test]
    fn the_budget_is_a_bucket(retry in retry(), repeats in vec(any::<bool>(), 0..300)) {
        let budget = Budget::new(&retry);
        let mut tokens = i64::from(retry.retry_tokens);
        for repeat in repeats {
            if repeat {
                let paid = budget.pay(&retry);
                prop_assert_eq!(paid, tokens >= i64::from(retry.retry_cost));
                tokens -= if paid { i64::from(retry.retry_cost) } else { 0 };
            } else {
                budget.refill();
                tokens = (tokens + 1).min(i64::from(retry.retry_tokens));
            }
            prop_assert!(tokens >= 0);
        }
    }
}
