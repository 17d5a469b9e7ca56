//! How the crate makes its errors, and what it adds to them on their way to the caller.

use std::{borrow::Cow, error::Error as StdError, time::Duration};

#[cfg(feature = "certcentral")]
use super::EndedWait;
use super::{Error, ErrorResponse, Inner, Kind};

impl Error {
    fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            subject: None,
            operation: None,
            reads: false,
            perhaps_done: false,
            attempts: 0,
            elapsed: Duration::ZERO,
            trace: None,
        }))
    }

    /// The client cannot be built or used as it is set up.
    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Configuration(message.into()))
    }

    /// An argument was refused before anything was sent.
    pub(crate) fn invalid(field: impl Into<Cow<'static, str>>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Invalid { field: field.into(), reason: reason.into() })
    }

    pub(crate) fn connection(sent: bool, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Kind::Connection { sent, responded: false, source: source.into().into() })
    }

    /// The connection broke off within the response.
    pub(crate) fn cut_short(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Kind::Connection { sent: true, responded: true, source: source.into().into() })
    }

    pub(crate) fn timeout(sent: bool, limit: Duration) -> Self {
        Self::new(Kind::Timeout { sent, limit })
    }

    pub(crate) fn response(response: ErrorResponse) -> Self {
        Self::new(Kind::Response(response))
    }

    pub(crate) fn decode(path: String, source: impl Into<Box<dyn StdError + Send + Sync>>, excerpt: String) -> Self {
        Self::new(Kind::Decode { path, source: source.into().into(), excerpt })
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(Kind::TooLarge { limit })
    }

    /// What came back is not what was asked for: another key, other names, a chain that does not verify.
    pub(crate) fn mismatch(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Mismatch(message.into()))
    }

    /// A wait ended without its result; the source is the typed [`WaitError`](crate::WaitError).
    #[cfg(feature = "certcentral")]
    pub(crate) fn wait(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Kind::Wait(EndedWait { source: source.into().into(), out_of_time: false }))
    }

    /// A wait whose deadline passed.
    #[cfg(feature = "certcentral")]
    pub(crate) fn out_of_time(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Kind::Wait(EndedWait { source: source.into().into(), out_of_time: true }))
    }

    /// Adds which operation failed, after how many attempts and how long.
    pub(crate) fn during(mut self, operation: &'static str, reads: bool, attempts: u32, elapsed: Duration) -> Self {
        self.0.operation = Some(operation);
        self.0.reads = reads;
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// Adds what it was about: `order 115429178`.
    #[cfg(feature = "certcentral")]
    pub(crate) fn about(mut self, subject: String) -> Self {
        self.0.subject = Some(subject);
        self
    }

    /// Adds the attempts of an earlier call whose response was lost, and how long all took.
    #[cfg(feature = "certcentral")]
    pub(crate) fn after(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts += attempts;
        self.0.elapsed = elapsed;
        self.perhaps_done()
    }

    /// Marks that the request may have been carried out all the same, for example by an earlier attempt.
    pub(crate) fn perhaps_done(mut self) -> Self {
        self.0.perhaps_done = true;
        self
    }

    /// Adds what to look for to find out whether a write whose response was lost has happened.
    #[cfg(feature = "certcentral")]
    pub(crate) fn leaving(mut self, trace: impl Into<String>) -> Self {
        self.0.trace = Some(trace.into());
        self
    }
}
