//! The traces and metrics of a call: a span for it, one for each attempt, events for its waits, and numbers. Never a URL with its values, a
//! header or a body. The README has the table of names; change both.

use std::{
    borrow::Cow,
    future::{Future, poll_fn},
    pin::Pin,
    time::Duration,
};

use tokio::time::Instant;
use tracing::{Span, debug, debug_span, field::Empty, info_span, warn};

use super::{Core, Priority, retry::Outcome};
use crate::{error::Error, generated::Operation};

/// A wait for a slot shorter than this is none: it is the time it takes to ask.
const INSTANT: Duration = Duration::from_millis(1);

/// What a call is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    service: &'static str,
    operation: &'static str,
    method: &'static str,
    template: &'static str,
}

/// A call or an attempt in progress. When dropped, it records the outcome.
#[derive(Debug)]
pub(super) struct Traced {
    span: Span,
    subject: Subject,
    counts: Counts,
    started: Instant,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug)]
enum Counts {
    Calls,
    Attempts,
}

#[derive(Debug)]
struct End {
    elapsed: Duration,
    status: Option<u16>,
    /// `None` if it went well.
    error: Option<Cow<'static, str>>,
    attempts: Option<u32>,
}

impl Traced {
    /// A call begins, as a child of whatever span the caller is in.
    pub(super) fn call(core: &Core, id: &'static str, operation: Option<&Operation>) -> Self {
        let method = operation.map_or("", |operation| operation.method);
        let template = operation.map_or("", |operation| operation.path);
        let subject = Subject { service: core.service, operation: id, method, template };
        let span = info_span!(
            target: "shomei",
            "shomei.call",
            "shomei.service" = subject.service,
            "shomei.operation" = id,
            "http.request.method" = method,
            "url.template" = template,
            "server.address" = core.server.address(),
            "shomei.attempts" = Empty,
            "http.response.status_code" = Empty,
            "error.type" = Empty,
        );
        Self { span, subject, counts: Counts::Calls, started: Instant::now(), end: None }
    }

    /// The attempt with this number, counted from 1, begins.
    pub(super) fn attempt(&self, core: &Core, number: u32) -> Self {
        let Subject { operation, method, template, .. } = self.subject;
        let span = debug_span!(
            target: "shomei",
            parent: &self.span,
            "shomei.attempt",
            "otel.kind" = "client",
            "shomei.operation" = operation,
            "http.request.method" = method,
            "url.template" = template,
            "server.address" = core.server.address(),
            "server.port" = core.server.port(),
            "http.request.resend_count" = (number > 1).then(|| number - 1),
            "http.response.status_code" = Empty,
            "error.type" = Empty,
        );
        Self { span, subject: self.subject, counts: Counts::Attempts, started: Instant::now(), end: None }
    }

    /// Runs a future in the span, where it is: `instrument` would move it once more, and such futures are large.
    pub(super) async fn within<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        poll_fn(|context| self.span.in_scope(|| future.as_mut().poll(context))).await
    }

    /// It is over, unless decoding the response still fails. Returns how long it took.
    pub(super) fn ended<B>(&mut self, outcome: &Result<http::Response<B>, Error>, attempts: Option<u32>) -> Duration {
        let status = match outcome {
            Ok(response) => Some(response.status().as_u16()),
            Err(error) => error.status(),
        };
        let error = match outcome {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(response.status().as_u16().to_string().into()),
            Err(error) => Some(kind(error)),
        };
        let elapsed = self.started.elapsed();
        self.end = Some(End { elapsed, status, error, attempts });
        elapsed
    }

    /// The response is no good after all.
    pub(super) fn failed(&mut self, error: &Error) {
        if let Some(end) = &mut self.end {
            end.error = Some(kind(error));
        }
    }

    /// Somebody waited for a rate-limit slot, whether in vain or not.
    pub(super) fn waited(&self, priority: Priority, waited: Duration) {
        if waited >= INSTANT {
            debug!(target: "shomei", wait_seconds = waited.as_secs_f64(), priority = priority_word(priority), "waited for a rate-limit slot");
        }
        #[cfg(feature = "metrics")]
        metrics::histogram!("shomei_rate_limit_wait_seconds", "service" => self.subject.service, "priority" => priority_word(priority))
            .record(waited);
    }

    /// An attempt is about to be repeated.
    pub(super) fn repeats(&self, number: u32, outcome: Outcome, delay: Duration) {
        let reason = reason(outcome);
        debug!(target: "shomei", attempt = number, reason = &*reason, wait_seconds = delay.as_secs_f64(), "waiting before the request is retried");
        #[cfg(feature = "metrics")]
        metrics::counter!("shomei_retries_total", "service" => self.subject.service, "operation" => self.subject.operation, "reason" => reason)
            .increment(1);
    }

    /// The service refused with 429.
    pub(super) fn slowed(&self, asked: Option<Duration>) {
        warn!(target: "shomei", wait_seconds = asked.map(|asked| asked.as_secs_f64()), "the service refused with 429: every call slows down");
        #[cfg(feature = "metrics")]
        metrics::counter!("shomei_rate_limited_total", "service" => self.subject.service, "operation" => self.subject.operation)
            .increment(1);
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        let cancelled = || End { elapsed: self.started.elapsed(), status: None, error: Some("cancelled".into()), attempts: None };
        let End { elapsed, status, error, attempts } = self.end.take().unwrap_or_else(cancelled);
        if let Some(status) = status {
            self.span.record("http.response.status_code", status);
        }
        if let Some(error) = &error {
            self.span.record("error.type", &**error);
        }
        if let Some(attempts) = attempts {
            self.span.record("shomei.attempts", attempts);
        }
        self.count(elapsed, error.unwrap_or(Cow::Borrowed("ok")));
    }
}

impl Traced {
    #[cfg(feature = "metrics")]
    fn count(&self, elapsed: Duration, outcome: Cow<'static, str>) {
        let labels = vec![
            metrics::Label::new("service", self.subject.service),
            metrics::Label::new("operation", self.subject.operation),
            metrics::Label::new("outcome", outcome),
        ];
        match self.counts {
            Counts::Calls => {
                metrics::counter!("shomei_calls_total", labels.clone()).increment(1);
                metrics::histogram!("shomei_call_duration_seconds", labels).record(elapsed);
            }
            Counts::Attempts => metrics::counter!("shomei_attempts_total", labels).increment(1),
        }
    }

    #[cfg(not(feature = "metrics"))]
    fn count(&self, _: Duration, _: Cow<'static, str>) {
        let _ = self.counts;
    }
}

/// Tells the recorder of the program, if it has one, what the numbers are.
#[cfg(feature = "metrics")]
pub(super) fn describe_metrics() {
    use metrics::{Unit, describe_counter, describe_histogram};

    describe_counter!("shomei_calls_total", "Calls that ended, by outcome");
    describe_counter!("shomei_attempts_total", "Requests that were sent, by outcome");
    describe_counter!("shomei_retries_total", "Requests that were retried, by reason");
    describe_counter!("shomei_rate_limited_total", "Requests that the service refused with 429");
    describe_counter!("shomei_recoveries_total", "Recoveries of writes whose response was lost, by outcome");
    describe_histogram!("shomei_call_duration_seconds", Unit::Seconds, "How long calls took, retries and waiting included");
    describe_histogram!("shomei_rate_limit_wait_seconds", Unit::Seconds, "How long requests waited for a rate-limit slot");
}

fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::Foreground => "foreground",
        Priority::Background => "background",
    }
}

/// What kind of error it is, in few words and few different ones: a status, or what went wrong where there is none.
fn kind(error: &Error) -> Cow<'static, str> {
    match error.status() {
        Some(status) => status.to_string().into(),
        None if error.is_timeout() => "timeout".into(),
        None if error.is_connection() && !error.was_sent() => "unsent".into(),
        None if error.is_connection() => "lost".into(),
        None if error.is_decode() => "decode".into(),
        None => "other".into(),
    }
}

fn reason(outcome: Outcome) -> Cow<'static, str> {
    match outcome {
        Outcome::Unsent => "unsent".into(),
        Outcome::Lost => "lost".into(),
        Outcome::Responded { status, .. } => status.to_string().into(),
        Outcome::Unusable => "other".into(),
    }
}
