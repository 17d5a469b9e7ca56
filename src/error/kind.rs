//! The kind of an error.

use super::{Error, Kind};

/// The kind of an [`Error`], to match on. The error's predicates and accessors provide more detail.
///
/// ```
/// # fn example(error: shomei::Error) -> bool {
/// use shomei::ErrorKind;
///
/// match error.kind() {
///     ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Connection | ErrorKind::Timeout => true, // later, perhaps
///     ErrorKind::Unauthorized | ErrorKind::Forbidden => panic!("give the program another key"),
///     _ => false,
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client is not configured for this, or its base URL is not the service's.
    Configuration,
    /// An argument was refused by this crate, before anything was sent.
    InvalidInput,
    /// No connection was made, or it was lost.
    Connection,
    /// There was no response in time, or no rate-limit slot.
    Timeout,
    /// The key was not accepted (401).
    Unauthorized,
    /// The key may not do this (403). CertCentral also returns this for an unknown key.
    Forbidden,
    /// The requested object does not exist (404).
    NotFound,
    /// Too many calls were made (429).
    RateLimited,
    /// The service refused for another reason (another 4xx, or a redirect).
    Refused,
    /// The service or a proxy failed (408, 5xx).
    Unavailable,
    /// The response could not be decoded, or is too large.
    Decode,
    /// The service returned something other than what was requested, such as a certificate for another key.
    Mismatch,
    /// A wait reached a terminal state, such as a rejected order.
    WaitEnded,
    /// A wait timed out. It can be resumed.
    WaitTimeout,
}

impl Error {
    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.kind {
            Kind::Configuration(_) => ErrorKind::Configuration,
            Kind::Invalid { .. } => ErrorKind::InvalidInput,
            Kind::Connection { .. } => ErrorKind::Connection,
            Kind::Timeout { .. } => ErrorKind::Timeout,
            Kind::Response(response) => match response.status.as_u16() {
                401 => ErrorKind::Unauthorized,
                403 => ErrorKind::Forbidden,
                404 => ErrorKind::NotFound,
                429 => ErrorKind::RateLimited,
                408 | 500..=599 => ErrorKind::Unavailable,
                _ => ErrorKind::Refused,
            },
            Kind::Decode { .. } | Kind::TooLarge { .. } => ErrorKind::Decode,
            Kind::Mismatch(_) => ErrorKind::Mismatch,
            Kind::Wait(wait) if wait.out_of_time => ErrorKind::WaitTimeout,
            Kind::Wait(_) => ErrorKind::WaitEnded,
        }
    }
}
