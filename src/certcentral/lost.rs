//! Finding out what became of a write whose answer was lost. Ordering twice costs money, so a write is never just repeated.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use tokio::time::sleep;

use super::CertCentral;
use crate::error::Error;

/// When to look, a minute in all: what was lost a moment ago may not show yet, and what broke the connection may break the look too.
const LOOKS: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(15),
    Duration::from_secs(30),
];

/// The answer to a write, or what the service would have answered if the answer got lost; else the error, with what to look for.
///
/// Where the connection broke off and nothing shows for the whole minute, the write was lost before it arrived, and is sent once more.
/// After a timeout or a 5xx the service may still be at work on it, so then it is not; nor where the caller switched repeats off.
pub(super) async fn settle<'w, T>(
    client: &CertCentral,
    trace: &(impl fmt::Display + Sync),
    send: impl Fn() -> BoxFuture<'w, Result<T, Error>>,
    look: impl Fn() -> BoxFuture<'w, Result<Option<T>, Error>>,
) -> Result<T, Error> {
    let mut error = match send().await {
        Err(error) if error.may_have_happened() => error,
        answer => return answer,
    };
    let (found, absent) = search(&look).await;
    if let Some(found) = found {
        return Ok(found);
    }
    if absent && error.is_connection() && client.core.may_repeat(&client.options) {
        error = match send().await {
            Err(error) => error,
            answer => return answer,
        };
        // A refusal may mean that the first one arrived after all.
        if let (Some(found), _) = search(&look).await {
            return Ok(found);
        }
    }
    Err(if error.may_have_happened() { error.leaving(trace.to_string()) } else { error })
}

/// What the looks find, and whether the last one saw for certain that there is nothing.
async fn search<'w, T>(look: impl Fn() -> BoxFuture<'w, Result<Option<T>, Error>>) -> (Option<T>, bool) {
    let mut absent = false;
    for pause in LOOKS {
        sleep(pause).await;
        match look().await {
            Ok(Some(found)) => return (Some(found), false),
            seen => absent = seen.is_ok(),
        }
    }
    (None, absent)
}
