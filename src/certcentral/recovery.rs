//! Finds out, by identity, what became of a write whose response was lost. Ordering twice costs money, so a write is never just repeated.

use std::{fmt, pin::pin, time::Duration};

use futures_util::{
    FutureExt as _, TryFutureExt as _,
    future::{BoxFuture, Either, select},
};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::CertCentral;
use crate::error::Error;

/// How long to search even if the write has used up its time.
const LEAST: Duration = Duration::from_secs(10);
/// The delay between the first look and the second; it doubles with each look.
const FIRST_DISTANCE: Duration = Duration::from_secs(1);
const LONGEST_DISTANCE: Duration = Duration::from_secs(30);
/// If something other than the service responds to the write and this many looks in a row, the base URL is wrong.
const FOREIGN: usize = 3;

/// The result of a look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sighting<T> {
    /// This certainly is what was asked for.
    Found(T),
    /// There certainly is nothing yet that could be it.
    Absent,
    /// Something is there that may be it, or several are.
    Unsure,
}

/// The result of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<T> {
    Found(T),
    /// During the second half of the time, there certainly was nothing.
    Absent,
    Unknown,
}

/// Sends a write and returns its response, or what it has certainly done if the response was lost; otherwise the error, with what to look
/// for.
///
/// With `resend`, a write that broke off before any response and certainly does not show is sent once more. After the beginning of a
/// response, a timeout or a 5xx, the write may still be carried out, so it is not sent again.
pub(super) async fn recover<'w, T>(
    client: &CertCentral,
    hint: &(impl fmt::Display + Sync),
    resend: bool,
    send: impl Fn() -> BoxFuture<'w, Result<T, Error>>,
    look: impl Fn() -> BoxFuture<'w, Result<Sighting<T>, Error>>,
) -> Result<T, Error> {
    let begun = Instant::now();
    let lost = match send().await {
        Err(error) if error.is_ambiguous() => error,
        response => return response,
    };
    let unsettled = |error: Error, attempts| Err(error.after(attempts, begun.elapsed()).leaving(hint.to_string()));
    let resend = resend && lost.broke_off_before_response();
    let time = time_to_search(client, begun);
    match search(client, if resend { time / 2 } else { time }, &lost, &look).await {
        Outcome::Found(found) => return Ok(found),
        Outcome::Absent if resend => {}
        Outcome::Absent | Outcome::Unknown => return unsettled(lost, 0),
    }
    let operation = lost.operation();
    warn!(target: "shomei", operation, "sending the write once more");
    let again = match send().await {
        Err(error) => error,
        response => return response,
    };
    // A refusal may mean that the first one arrived after all.
    match search(client, time_to_search(client, begun), &again, &look).await {
        Outcome::Found(found) => Ok(found),
        Outcome::Absent | Outcome::Unknown => unsettled(again, lost.attempts()),
    }
}

/// Sends a write whose response alone has a secret. If the response is lost, what was created is useless: it is searched for, and the error
/// says what to undo. Nothing is sent again.
pub(super) async fn told_once<'w, T>(
    client: &CertCentral,
    send: impl Future<Output = Result<T, Error>>,
    appeared: impl Fn() -> BoxFuture<'w, Result<Vec<String>, Error>>,
    what: &str,
    mend: &str,
) -> Result<T, Error> {
    let begun = Instant::now();
    let lost = match send.await {
        Err(error) if error.is_ambiguous() => error,
        response => return response,
    };
    let look = || appeared().map_ok(|found| if found.is_empty() { Sighting::Absent } else { Sighting::Found(found) }).boxed();
    let hint = match search(client, time_to_search(client, begun), &lost, look).await {
        Outcome::Found(found) => {
            let found = found.join(", ");
            format!("the secret of the {what} was lost with the response; {found} appeared since: {mend}, unless somebody else made it")
        }
        Outcome::Absent => format!("no {what} has appeared since; if one does, its secret was lost with the response: {mend}"),
        Outcome::Unknown => format!("look for the {what}: if it was created, its secret was lost with the response: {mend}"),
    };
    Err(lost.after(0, begun.elapsed()).leaving(hint))
}

/// What is left of the time of a call that began then, or as much of it as the caller allows.
pub(super) fn time_to_search(client: &CertCentral, begun: Instant) -> Duration {
    let left = client.core.call_timeout(&client.options).saturating_sub(begun.elapsed()).max(LEAST);
    client.core.recovery_timeout(&client.options).map_or(left, |longest| longest.min(left))
}

/// Searches for what an error leaves in doubt, at growing intervals.
pub(super) async fn search<'w, T>(
    client: &CertCentral,
    time: Duration,
    error: &Error,
    look: impl Fn() -> BoxFuture<'w, Result<Sighting<T>, Error>>,
) -> Outcome<T> {
    if time.is_zero() {
        return Outcome::Unknown;
    }
    let operation = error.operation();
    warn!(target: "shomei", operation, "the response to a write was lost: looking for what became of it");
    // Waiting for the rate limit does not count.
    let patience = client.patience.clone().unwrap_or_default();
    let spent = patience.watch();
    // The last look needs time for its response.
    let last = time - (time / 10).min(Duration::from_secs(5));
    let looks = async {
        let (mut absent_since, mut distance, mut foreign, mut heard) = (None, FIRST_DISTANCE, 0, false);
        loop {
            let at = spent();
            match look().await {
                Ok(Sighting::Found(found)) => return Outcome::Found(found),
                Ok(Sighting::Absent) => {
                    absent_since.get_or_insert(at);
                    heard = true;
                }
                Ok(Sighting::Unsure) => {
                    absent_since = None;
                    heard = true;
                }
                Err(failed) => {
                    absent_since = None;
                    foreign = if failed.is_foreign() { foreign + 1 } else { 0 };
                    if foreign == FOREIGN && error.is_foreign() && !heard {
                        return Outcome::Unknown;
                    }
                }
            }
            if at >= last {
                break;
            }
            sleep(distance.min(last.saturating_sub(spent()))).await;
            distance = (distance * 2).min(LONGEST_DISTANCE);
        }
        if absent_since.is_some_and(|since| since <= time / 2) { Outcome::Absent } else { Outcome::Unknown }
    };
    let outcome = match select(pin!(looks), pin!(patience.spent(time))).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Outcome::Unknown,
    };
    let told = match outcome {
        Outcome::Found(_) => "found",
        Outcome::Absent => "absent",
        Outcome::Unknown => "unknown",
    };
    info!(target: "shomei", operation, outcome = told, "searched for what became of a write");
    #[cfg(feature = "metrics")]
    metrics::counter!("shomei_recoveries_total", "service" => "certcentral", "operation" => operation.unwrap_or_default(), "outcome" => told)
        .increment(1);
    outcome
}
