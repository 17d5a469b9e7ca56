//! A call as a series of attempts: wait for a rate-limit slot, send, and retry where that is safe.

#[cfg(test)]
mod tests;

use std::{pin::pin, sync::LazyLock, time::Duration};

use bytes::Bytes;
use reqwest::{ResponseBuilderExt as _, Url, header};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{
    Call, Core, ResponseBody, Transport, TransportRequest,
    call::{http_date, retry_after, tell_absence},
    decode::without_mark,
    rate_limit::Permit,
    retry::{Attempt, Decision, Outcome},
    trace::Traced,
};
use crate::{error::Error, generated::Operation};

type Response = http::Response<Bytes>;

impl Call {
    /// Sends a request until there is a response to keep. At the deadline the last outcome is returned.
    pub(super) async fn repeat(&self, request: reqwest::Request, operation: Option<&Operation>, trace: &Traced) -> Result<Response, Error> {
        /// Effectively infinite, but short enough to be added to any time.
        const NEVER: Duration = Duration::from_secs(30 * 365 * 86_400);
        /// A write is not started in this last part of the timeout, or in its last tenth if that is shorter.
        const MOMENTS: Duration = Duration::from_secs(5);

        let core = &*self.core;
        let idempotent = operation.is_some_and(|operation| operation.idempotent);
        let fresh = operation.is_none_or(|operation| operation.fresh_connection);
        let deletes = operation.is_some_and(|operation| operation.deletes);
        let retry = core.retry(&self.options);
        let limit = core.call_timeout(&self.options);
        let patience = self.patience.as_ref().filter(|_| !core.is_timed(&self.options));
        let mut deadline = Instant::now() + limit.min(NEVER);
        let mut outcome = Err(Error::timeout(false, limit));
        let mut next = Some(request);
        let (mut number, mut arrived, mut may_be_done) = (0, false, false);
        while let Some(request) = next.take() {
            let asked = Instant::now();
            let permit = core.rate_limiter.acquire(self.options.priority);
            let permit = match patience {
                Some(patience) => Ok(patience.wait(permit).await),
                None => timeout_at(deadline, permit).await,
            };
            let now = Instant::now();
            trace.waited(self.options.priority, now - asked);
            let Ok(permit) = permit else { break };
            if patience.is_some() {
                deadline += now - asked;
            }
            // The outcome of a write that times out at once is unknown; one that is not sent has certainly not happened.
            let needed = if idempotent { Duration::ZERO } else { MOMENTS.min(limit / 10) };
            let left = deadline.duration_since(now);
            if left <= needed {
                break;
            }
            next = request.try_clone();
            number += 1;
            let latest = match permit {
                Ok(permit) => {
                    self.note(|record| record.attempts += 1);
                    let mut trace = trace.attempt(core, number);
                    let transport = if fresh { &core.fresh } else { &core.transport };
                    let latest = trace.within(pin!(core.attempt(&**transport, request, permit, left))).await;
                    trace.ended(&latest, None);
                    latest
                }
                Err(error) => Err(Error::connection(false, error)),
            };
            let attempt = Attempt { number, idempotent, outcome: seen(&latest), time_left: deadline.duration_since(Instant::now()) };
            core.heed(attempt.outcome, trace);
            // An attempt that did not leave cannot take back that an earlier one did.
            if attempt.outcome != Outcome::Unsent || !arrived {
                outcome = latest;
            }
            if deletes && may_be_done && core.is_gone(&outcome) {
                return Ok(deleted());
            }
            may_be_done |= matches!(attempt.outcome, Outcome::Lost | Outcome::Responded { status: 408 | 500..=599, .. });
            arrived |= attempt.outcome != Outcome::Unsent;
            match retry.decide(&attempt, fastrand::f64()) {
                Decision::RepeatAfter(delay) if core.budget.pay(&retry) => {
                    trace.repeats(number, attempt.outcome, delay);
                    sleep(delay).await;
                }
                _ => break,
            }
        }
        self.note(|record| record.perhaps_done |= may_be_done);
        outcome
    }
}

impl Core {
    /// One attempt, with what is left of the time.
    async fn attempt(
        &self,
        transport: &dyn Transport,
        request: reqwest::Request,
        mut permit: Permit,
        left: Duration,
    ) -> Result<Response, Error> {
        let limit = self.attempt_timeout.min(left);
        let exchange = async {
            permit.sending();
            match transport.send(TransportRequest(request)).await {
                Ok(response) => {
                    // The service has counted the request by now; reading need not hold the slot.
                    drop(permit);
                    self.read(response).await
                }
                Err(error) => {
                    if !error.sent {
                        permit.unsent();
                    }
                    Err(Error::connection(error.sent, error.source))
                }
            }
        };
        timeout(limit, exchange).await.unwrap_or_else(|_| Err(Error::timeout(true, limit)))
    }

    async fn read(&self, response: http::Response<ResponseBody>) -> Result<Response, Error> {
        let (head, body) = response.into_parts();
        if let Some(date) = head.headers.get(header::DATE).and_then(http_date) {
            self.clock.set(date);
        }
        let body = body.up_to(self.max_response_size).await.map_err(|error| Error::cut_short(error.source))?;
        let body = body.ok_or_else(|| Error::too_large(self.max_response_size))?;
        let mut response = http::Response::builder().status(head.status).url(nowhere());
        if let Some(headers) = response.headers_mut() {
            *headers = head.headers;
        }
        Ok(response.body(body).expect("a status and headers that came are valid"))
    }

    /// Whether the service says in its error format that the object does not exist.
    fn is_gone(&self, outcome: &Result<Response, Error>) -> bool {
        outcome.as_ref().is_ok_and(|response| response.status() == 404 && tell_absence(&(self.api_errors)(without_mark(response.body()))))
    }

    /// What an outcome means for the calls of all clones.
    fn heed(&self, outcome: Outcome, trace: &Traced) {
        if let Outcome::Responded { status: 429, retry_after } = outcome {
            trace.slowed(retry_after);
            // A longer `Retry-After` may apply to one call only.
            self.rate_limiter.throttled(retry_after.map(|wait| wait.min(self.retry.max_retry_after)));
        }
        if outcome.is_healthy() {
            self.budget.refill();
        }
    }
}

/// What the generated code is given to read came from no URL that it needs to know. Left out, reqwest parses one for each response.
fn nowhere() -> Url {
    static NOWHERE: LazyLock<Url> = LazyLock::new(|| Url::parse("http://no.url.invalid").expect("a URL"));
    NOWHERE.clone()
}

/// A stand-in for the lost response: the responses of deletions hold no data.
fn deleted() -> Response {
    let mut response = http::Response::new(Bytes::from_static(b"{}"));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn seen(outcome: &Result<Response, Error>) -> Outcome {
    match outcome {
        Ok(response) => Outcome::Responded { status: response.status().as_u16(), retry_after: retry_after(response.headers()) },
        Err(error) if !error.was_sent() => Outcome::Unsent,
        Err(error) if error.is_connection() || error.is_timeout() => Outcome::Lost,
        Err(_) => Outcome::Unusable,
    }
}
