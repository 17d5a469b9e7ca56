//! Many callers under a tight limit, of whom one or all give up.

use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use shomei::{ApiKey, CallOptions, CertCentral, Priority, RateLimit, Sandbox};
use tokio::time::{Instant, sleep, timeout};

use crate::halting::{Halting, Mishap};

const WINDOW: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_in_line_holds_nobody_up() {
    let sandbox = Sandbox::new();
    let patience = (0..26_000).step_by(250).map(Duration::from_millis);
    for (patience, is_refused) in patience.flat_map(|patience| [(patience, false), (patience, true)]) {
        let way = Halting::new(&sandbox);
        if is_refused {
            // Then every call slows down, for a window and some more.
            way.expect(&[("/user/me", Mishap::Refused(429))]);
        }
        let key = ApiKey::new(sandbox.api_key()).unwrap();
        let builder = CertCentral::builder(key).base_url("https://sandbox.invalid/services/v2").transport(way.clone());
        let cc = builder.rate_limits([RateLimit::new(2, WINDOW)]).build().unwrap();
        let polling = cc.with_options(CallOptions::default().priority(Priority::Background));
        let crowd = join_all([&cc, &polling, &cc, &polling, &cc, &polling, &cc].map(|client| client.users().me().send()));
        // One more stands at the end of the line all the time.
        let (started, last) = (Instant::now(), cc.users().me().send());
        match select(Box::pin(timeout(patience, crowd)), Box::pin(last)).await {
            Either::Left((_, last)) => {
                let sent = way.sent();
                timeout(3 * WINDOW, last).await.expect("nobody is before it any more").unwrap();
                assert!(way.sent() <= sent + 1, "those who gave up sent something more");
            }
            Either::Right((outcome, _)) => drop(outcome.unwrap()),
        }
        assert!(started.elapsed() <= Duration::from_secs(26) + 3 * WINDOW);
        sleep(2 * WINDOW).await;
        assert_eq!(cc.usage()[0].used, 0, "after {patience:?}");
    }
}
