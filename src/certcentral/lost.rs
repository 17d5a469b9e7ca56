//! Finding out what became of a write whose answer was lost. Ordering twice costs money, so a write is never just repeated.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::CertCentral;
use crate::error::Error;

/// When to look, in thirtieths of the time: what was lost a moment ago may not show yet, and what broke the connection may break the look
/// too.
const LOOKS: [u32; 6] = [0, 1, 3, 7, 15, 30];

/// What a search comes to.
enum Sighting<T> {
    Found(T),
    /// In the latter half of the time it saw for certain that there is nothing.
    Absent,
    Unknown,
}

/// The answer to a write, or what the service would have answered if the answer got lost; else the error, with what to look for.
///
/// Where the connection broke off and nothing shows, the write was lost before it arrived, and is sent once more. After the beginning of an
/// answer, a timeout or a 5xx it may have arrived, so then it is not; nor where the caller switched repeats off.
pub(super) async fn settle<'w, T>(
    client: &CertCentral,
    trace: &(impl fmt::Display + Sync),
    send: impl Fn() -> BoxFuture<'w, Result<T, Error>>,
    look: impl Fn() -> BoxFuture<'w, Result<Option<T>, Error>>,
) -> Result<T, Error> {
    let begun = Instant::now();
    let lost = match send().await {
        Err(error) if error.may_have_happened() => error,
        answer => return answer,
    };
    let retry = client.core.retry(&client.options);
    let unsettled = |error: Error, attempts| Err(error.after(attempts, begun.elapsed()).leaving(trace.to_string()));
    match search(retry.search, &lost, &look).await {
        Sighting::Found(found) => return Ok(found),
        Sighting::Absent if lost.broke_off_unanswered() && retry.repeats() => {}
        Sighting::Absent | Sighting::Unknown => return unsettled(lost, 0),
    }
    let operation = lost.operation();
    warn!(target: "shomei", operation, "sends the write once more");
    let again = match send().await {
        Err(error) => error,
        answer => return answer,
    };
    // A refusal may mean that the first one arrived after all.
    match search(retry.search, &again, &look).await {
        Sighting::Found(found) => Ok(found),
        Sighting::Absent | Sighting::Unknown => unsettled(again, lost.attempts()),
    }
}

/// Looks for what was lost.
async fn search<'w, T>(time: Duration, lost: &Error, look: impl Fn() -> BoxFuture<'w, Result<Option<T>, Error>>) -> Sighting<T> {
    if time.is_zero() {
        return Sighting::Unknown;
    }
    let operation = lost.operation();
    warn!(target: "shomei", operation, "the answer to a write was lost: looks for what became of it");
    let begun = Instant::now();
    let looks = async {
        let mut clean = 0;
        for at in LOOKS {
            sleep((time / LOOKS[LOOKS.len() - 1]).saturating_mul(at).saturating_sub(begun.elapsed())).await;
            match look().await {
                Ok(Some(found)) => return Sighting::Found(found),
                Ok(None) => clean += 1,
                Err(_) => clean = 0,
            }
        }
        if clean >= 2 { Sighting::Absent } else { Sighting::Unknown }
    };
    let sighting = timeout(time.saturating_mul(2), looks).await.unwrap_or(Sighting::Unknown);
    let outcome = match sighting {
        Sighting::Found(_) => "found",
        Sighting::Absent => "absent",
        Sighting::Unknown => "unknown",
    };
    info!(target: "shomei", operation, outcome, "searched for what became of a write");
    #[cfg(feature = "metrics")]
    metrics::counter!("shomei_searches_total", "service" => "certcentral", "operation" => operation.unwrap_or_default(), "outcome" => outcome)
        .increment(1);
    sighting
}
