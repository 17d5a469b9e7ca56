//! Calls and the slots of their rate limiter.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_refusal_is_told_if_there_is_no_slot_again_before_the_deadline() {
    let script = Script::new(&[Status(429)]);
    let client = script.client(|builder| builder.call_timeout(secs(4)));
    let error = client.write().await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(error.attempts(), 1);
    // Another call does not even leave.
    let error = client.call("write", CallOptions::default().call_timeout(secs(1))).await.unwrap_err();
    assert!(error.is_timeout() && !error.was_sent(), "{error}");
    assert!(error.to_string().contains("no rate-limit slot became free within"), "{error}");
    assert_eq!(error.attempts(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_slows_everybody() {
    let script = Script::new(&[Status(429), Status(200)]);
    let client = script.client(|builder| builder);
    join_all([client.read(), client.read(), client.read()]).await.into_iter().for_each(|outcome| {
        outcome.unwrap();
    });
    let refused = script.times()[0];
    for (number, later) in (0..5).zip(0..) {
        client.write().await.unwrap();
        let place = script.times().last().unwrap().duration_since(refused);
        assert!(place >= secs(5) + Duration::from_millis(180) * later, "call {number} after {place:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn clones_and_shared_rate_limiters_share_their_slots() {
    let rate_limiter = Arc::new(crate::SlidingWindow::new([RateLimit::new(10, secs(5))]).unwrap());
    let script = Script::new(&[Status(200)]);
    let clients = [
        script.client(|builder| builder.rate_limiter(rate_limiter.clone())),
        script.client(|builder| builder.rate_limiter(rate_limiter.clone())),
    ];
    let started = Instant::now();
    for number in 0..20 {
        clients[number % 2].write().await.unwrap();
    }
    assert_eq!(started.elapsed(), secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_kept_if_the_service_may_have_seen_the_request_and_only_then() {
    for (fate, given_up_after, taken) in [
        (Status(200), None, 1),
        (Reset, None, 1),
        (Silence, None, 1),
        (Unsent, None, 0),
        // Given up by the caller while it waits for the response, or for its turn to be repeated.
        (Silence, Some(Duration::from_millis(5)), 1),
        (Unsent, Some(Duration::ZERO), 0),
    ] {
        let script = Script::new(&[fate]);
        let client = script.client(|builder| builder.retry(RetryPolicy::never()).rate_limits([RateLimit::new(100, secs(3600))]));
        let _ = timeout(given_up_after.unwrap_or(Duration::MAX), client.write()).await;
        assert_eq!(used(&client), taken);
        assert_eq!(script.sent(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limiter_that_fails_is_an_error_of_its_own_and_nothing_was_sent() {
    struct Broken;

    impl crate::RateLimiter for Broken {
        fn acquire(&self, _: crate::Priority) -> BoxFuture<'_, Result<Permit, Box<dyn std::error::Error + Send + Sync>>> {
            Box::pin(async { Err("the store is gone".into()) })
        }
        fn throttled(&self, _: Option<Duration>) {}
        fn usage(&self) -> Vec<RateUsage> {
            Vec::new()
        }
    }

    let script = Script::new(&[Status(200)]);
    let error = script.client(|builder| builder.rate_limiter(Arc::new(Broken))).write().await.unwrap_err();
    assert!(!error.was_sent() && format!("{error:#}").contains("the store is gone"), "{error}");
    assert_eq!((error.attempts(), script.sent()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_flow_waits_in_line_as_long_as_it_takes_unless_somebody_has_set_a_timeout() {
    let rates = [RateLimit::new(1, secs(1000))];
    let client = |set: fn(ClientBuilder<Probe>) -> ClientBuilder<Probe>| {
        Script::new(&[Status(200), Status(200)]).client(|builder| set(builder.rate_limits(rates)))
    };
    // A single call keeps its timeout, waiting included; in a flow the waiting does not count.
    let usual = CallOptions::default();
    for (options, set, in_flow, is_patient) in [
        (usual, (|builder| builder) as fn(ClientBuilder<Probe>) -> ClientBuilder<Probe>, false, false),
        (usual, |builder| builder, true, true),
        (usual, |builder| builder.call_timeout(secs(300)), true, false),
        (usual.call_timeout(secs(300)), |builder| builder, true, false),
    ] {
        let patience = in_flow.then(Arc::default);
        let client = client(set);
        client.call_in("write", options, patience.clone()).await.unwrap();
        let begun = Instant::now();
        let second = client.call_in("write", options, patience).await;
        assert_eq!(second.is_ok(), is_patient, "{options:?}: {second:?}");
        let waited = begun.elapsed().as_secs();
        assert!(if is_patient { waited == 1000 } else { waited <= 300 }, "{waited}");
        if let Err(error) = second {
            assert!(error.is_timeout() && !error.was_sent(), "{error}");
        }
    }
}
