//! The one error type: what was requested, what came back, how many attempts were made, and whether the request may have been carried out.

mod kind;
mod made;
mod shown;

use std::{borrow::Cow, error::Error as StdError, sync::Arc, time::Duration};

use reqwest::StatusCode;

pub use kind::ErrorKind;
pub(crate) use shown::excerpt;

/// The error of every call, wait and builder.
///
/// All calls of the crate share this type; only waits have their own, [`WaitError`](crate::WaitError), which `?` converts into this one. It
/// is opaque: match on its [`kind`](Self::kind), use the predicates ([`is_not_found`](Self::is_not_found),
/// [`is_rate_limited`](Self::is_rate_limited), …) and accessors, or print it. It holds no key and no request body, and only a short excerpt
/// of the response ([`excerpt`](Self::excerpt)).
///
/// | format | what it prints |
/// | --- | --- |
/// | `{}` | one sentence: `order_info: could not connect` |
/// | `{:#}` | the same with its causes, on one line |
/// | `{:?}` | the sentence, then each cause on a line of its own; this is what `main` prints when it returns the error |
/// | `{:#?}` | the members |
///
/// | what went wrong | how to tell | was a write done? |
/// | --- | --- | --- |
/// | an argument was refused before anything was sent | `is_invalid_input` | no |
/// | the client is not configured for this, or its base URL is not the service's | `is_configuration` | no |
/// | no connection was made | `is_connection`, not `was_sent` | no |
/// | there was no rate-limit slot before the deadline | `is_timeout`, not `was_sent` | no |
/// | the connection was lost | `is_connection` and `was_sent` | perhaps |
/// | no response came in time | `is_timeout` and `was_sent` | perhaps |
/// | the service refused | `status`, `code`, `api_errors`; `is_not_found`, `is_unauthorized`, `is_forbidden`, `is_rate_limited` | no |
/// | the service or a proxy failed (408, 5xx) | `status`, `is_transient` | perhaps |
/// | a redirect, or a refusal that is not in the service's error format (3xx, or 4xx without `api_errors`) | `status` | perhaps |
/// | the response could not be decoded, or was too large | `is_decode` | perhaps |
/// | the service returned something other than requested, such as a certificate for another key | `is_mismatch` | see the message |
/// | a wait reached a terminal state | `is_wait`; its source is the [`WaitError`](crate::WaitError) | |
/// | a wait timed out: it can be resumed | `is_wait` and `is_wait_timeout`; its source is the [`WaitError`](crate::WaitError) | |
///
/// In the rows with *perhaps*, and if an earlier attempt of the same call ended like that, [`is_ambiguous`](Self::is_ambiguous) is true,
/// and [`recovery_hint`](Self::recovery_hint) says what to look for, if the flow knows it.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    /// The subject of the call: `order 115429178`.
    subject: Option<String>,
    operation: Option<&'static str>,
    reads: bool,
    perhaps_done: bool,
    attempts: u32,
    elapsed: Duration,
    trace: Option<String>,
}

/// The cause of an error. Clones share it.
type Cause = Arc<dyn StdError + Send + Sync>;

#[derive(Clone)]
enum Kind {
    Configuration(Cow<'static, str>),
    Invalid {
        field: Cow<'static, str>,
        reason: Cow<'static, str>,
    },
    Connection {
        sent: bool,
        #[cfg_attr(not(feature = "certcentral"), allow(dead_code, reason = "only the flows of CertCentral ask"))]
        responded: bool,
        source: Cause,
    },
    Timeout {
        sent: bool,
        limit: Duration,
    },
    Response(ErrorResponse),
    Decode {
        path: String,
        source: Cause,
        excerpt: String,
    },
    TooLarge {
        limit: usize,
    },
    Mismatch(Cow<'static, str>),
    #[cfg_attr(not(feature = "certcentral"), allow(dead_code, reason = "only the flows of CertCentral wait"))]
    Wait(EndedWait),
}

/// A wait that ended without its result.
#[derive(Clone)]
struct EndedWait {
    source: Cause,
    out_of_time: bool,
}

/// A response that is not a success.
#[derive(Clone)]
pub(crate) struct ErrorResponse {
    pub(crate) status: StatusCode,
    pub(crate) entries: Vec<ApiError>,
    /// Whether the document lists one of their codes.
    #[cfg_attr(not(feature = "certcentral"), allow(dead_code, reason = "only the flows of CertCentral ask"))]
    pub(crate) is_listed: bool,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) excerpt: String,
}

impl ErrorResponse {
    /// Whether the service says in its error format that it did not carry out the request. A redirect does not say that, nor does a refusal
    /// that may come from a proxy: some proxies replace the response of a service that has done its work. 429 comes before any work.
    fn is_refusal(&self) -> bool {
        match self.status.as_u16() {
            408 => false,
            429 => true,
            400..=499 => !self.entries.is_empty(),
            _ => false,
        }
    }
}

/// One entry of the `errors` list of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The service's code, such as `not_found|order`; empty if it sent none.
    pub code: String,
    /// The service's message.
    pub message: String,
}

impl Error {
    /// Returns whether a write that failed with this error may have been carried out all the same: the request was sent, but no response
    /// settles it. [`recovery_hint`](Self::recovery_hint) says what to look for, if the flow knows it.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        match &self.0.kind {
            _ if self.0.reads => false,
            _ if self.0.perhaps_done => true,
            Kind::Connection { sent, .. } | Kind::Timeout { sent, .. } => *sent,
            Kind::Response(response) => !response.is_refusal(),
            Kind::Decode { .. } | Kind::TooLarge { .. } => true,
            Kind::Configuration(_) | Kind::Invalid { .. } | Kind::Mismatch(_) | Kind::Wait(_) => false,
        }
    }

    /// Whether the connection was lost before anything of a response came.
    #[cfg(feature = "certcentral")]
    pub(crate) fn broke_off_before_response(&self) -> bool {
        matches!(self.0.kind, Kind::Connection { sent: true, responded: false, .. })
    }

    /// Whether the response did not come from the service: a web page, a redirect, a refusal without codes.
    #[cfg(feature = "certcentral")]
    pub(crate) fn is_foreign(&self) -> bool {
        match &self.0.kind {
            Kind::Response(response) => response.status.is_redirection() || (response.status.is_client_error() && !response.is_refusal()),
            Kind::Decode { .. } => true,
            _ => false,
        }
    }

    /// What to look for to find out whether the write was carried out, such as an `alternative_order_id`.
    #[must_use]
    pub fn recovery_hint(&self) -> Option<&str> {
        self.0.trace.as_deref()
    }

    /// The operation that failed, by its name in the document (`order_info`), if a call was made.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The number of attempts, including those that failed to connect; 0 if none was made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took from its first attempt to this error, including waits.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The HTTP status of the response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.as_response().map(|response| response.status.as_u16())
    }

    /// The service's first error code, exactly as in the response.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.api_errors().first().map(|entry| entry.code.as_str()).filter(|code| !code.is_empty())
    }

    /// All entries of the response's `errors` list; empty if there are none.
    #[must_use]
    pub fn api_errors(&self) -> &[ApiError] {
        self.as_response().map_or(&[], |response| &response.entries)
    }

    /// How long the service asked to wait (`Retry-After`), if it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.as_response().and_then(|response| response.retry_after)
    }

    /// The start of the response body, at most a few hundred characters, if the response could not be decoded.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Response(ErrorResponse { excerpt, .. }) | Kind::Decode { excerpt, .. } if !excerpt.is_empty() => Some(excerpt),
            _ => None,
        }
    }

    /// The requested object does not exist (404), or it belongs to another account.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// The service refused because too many calls were made (429).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(429)
    }

    /// The key was not accepted (401).
    ///
    /// # Troubleshooting
    ///
    /// Possible causes: a typo, a revoked key, or a key of the other instance (US and Europe do not share keys). CertCentral may also
    /// respond with a 403 in these cases, see [`is_forbidden`](Self::is_forbidden).
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// The key may not do this (403).
    ///
    /// # Troubleshooting
    ///
    /// CertCentral's code names the cause: `access_denied|access_denied_invalid_key` means that the key is invalid, as for
    /// [`is_unauthorized`](Self::is_unauthorized); `access_denied|missing_permission` means that the key's role does not allow the call.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403)
    }

    /// Either of the two.
    #[cfg(feature = "certcentral")]
    pub(crate) fn is_denied(&self) -> bool {
        self.is_unauthorized() || self.is_forbidden()
    }

    /// No response to a call came in time. For a wait whose own deadline passed, see [`is_wait_timeout`](Self::is_wait_timeout).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout { .. }) || self.status() == Some(408)
    }

    /// An argument was refused by this crate, before anything was sent.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        matches!(self.0.kind, Kind::Invalid { .. })
    }

    /// The client is not configured for this: no key, no TLS, an unsafe base URL, or a base URL from which a wait got no response of the
    /// service.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(self.0.kind, Kind::Configuration(_))
    }

    /// The connection failed or was lost.
    #[must_use]
    pub fn is_connection(&self) -> bool {
        matches!(self.0.kind, Kind::Connection { .. })
    }

    /// The response does not have the documented shape, or is too large.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        matches!(self.0.kind, Kind::Decode { .. } | Kind::TooLarge { .. })
    }

    /// The service returned something other than what was requested: a certificate for another key, an order in another state.
    #[must_use]
    pub fn is_mismatch(&self) -> bool {
        matches!(self.0.kind, Kind::Mismatch(_))
    }

    /// A wait ended without its result: it timed out or reached a terminal state.
    #[must_use]
    pub fn is_wait(&self) -> bool {
        matches!(self.0.kind, Kind::Wait(_))
    }

    /// A wait's deadline passed before it was done. The result may still come: the flow can be resumed from its token. `false` for a wait
    /// that ended in a terminal state, such as a rejected order.
    #[must_use]
    pub fn is_wait_timeout(&self) -> bool {
        matches!(&self.0.kind, Kind::Wait(wait) if wait.out_of_time)
    }

    /// Whether the request, or a part of it, may have reached the service.
    ///
    /// `false` means that the service certainly did nothing. `true` after a lost response to a write means that the write may have been
    /// carried out.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        match self.0.kind {
            _ if self.0.perhaps_done => true,
            Kind::Configuration(_) | Kind::Invalid { .. } => false,
            Kind::Connection { sent, .. } | Kind::Timeout { sent, .. } => sent,
            Kind::Response(_) | Kind::Decode { .. } | Kind::TooLarge { .. } | Kind::Mismatch(_) | Kind::Wait(_) => true,
        }
    }

    /// Whether the same call may succeed a little later: the connection failed, no response came in time, or the service was overloaded,
    /// throttling or down (408, 429, 5xx).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &self.0.kind {
            Kind::Connection { .. } | Kind::Timeout { .. } => true,
            Kind::Response(response) => matches!(response.status.as_u16(), 408 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether the service itself refused, with a code that its document lists. Any other refusal may come from a proxy.
    #[cfg(feature = "certcentral")]
    pub(crate) fn is_refusal(&self) -> bool {
        self.as_response().is_some_and(|response| response.status.is_client_error() && response.is_listed)
    }

    fn as_response(&self) -> Option<&ErrorResponse> {
        match &self.0.kind {
            Kind::Response(response) => Some(response),
            _ => None,
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.kind {
            Kind::Connection { source, .. } | Kind::Decode { source, .. } => Some(&**source),
            Kind::Wait(wait) => Some(&*wait.source),
            _ => None,
        }
    }
}
