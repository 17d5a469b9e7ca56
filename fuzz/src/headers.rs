//! Headers that a client reads: when to come back, what the time is, what a file is called.

use std::time::Duration;

use shomei::{
    CallOptions, RetryPolicy,
    certcentral::{CertificateFormat, CertificateId, UserId},
};
use tokio::time::Instant;

use super::{
    judge,
    script::{Answer, Script, play},
};

/// Longer than any wait a caller may be told of: a century.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// The answers to one call that is repeated, and to a download.
pub fn headers(data: &[u8]) {
    let script = Script::read(data);
    let answers = script.answers(0);
    let seconds = answers.first().and_then(seconds);
    play(answers.clone(), async |clients| {
        let once = clients.cc.users().get(UserId(7)).send().await;
        if let Err(error) = &once {
            let told = error.retry_after();
            assert!(told.is_none_or(|wait| wait <= LONGEST), "{told:?}");
            if let (Some(seconds), Some(_)) = (seconds, error.status()) {
                assert_eq!(told, Some(Duration::from_secs(seconds).min(LONGEST)));
            }
        }
        judge::answer(clients, once);
    });
    play(answers.clone(), async |clients| {
        // A budget without cost, so that one input does not take it from the next.
        let patient = clients.cc.with_options(CallOptions::default().retry(RetryPolicy::default().retry_cost(0)));
        let began = Instant::now();
        let outcome = patient.users().me().send().await;
        assert!(began.elapsed() <= Duration::from_secs(301), "{:?}", began.elapsed());
        if let Err(error) = &outcome {
            assert!((1..=4).contains(&error.attempts()), "{} attempts", error.attempts());
        }
        let sent = clients.sent().len();
        assert!((1..=4).contains(&sent), "{sent} requests");
        judge::answer(clients, outcome);
    });
    play(answers, async |clients| {
        judge::file(clients, clients.cc.certificates().download(CertificateId(7), CertificateFormat::PemAll).send().await);
    });
}

/// A `Retry-After` that is a plain number.
fn seconds(answer: &Answer) -> Option<u64> {
    let Answer::Some { headers, .. } = answer else { return None };
    let value = headers.get("retry-after")?.to_str().ok()?;
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())?
}
