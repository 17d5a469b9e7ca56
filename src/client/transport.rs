//! How a request leaves the process: through reqwest, or through a replacement for the network.

use std::{error::Error as StdError, fmt};

use futures_util::future::BoxFuture;

/// Sends one request and returns the response. This is the only interface between this crate and the network.
///
/// `reqwest::Client` implements it; so does the sandbox. Pacing, timeouts and everything else happen before and after.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request. The body of the response need not have arrived yet.
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, TransportError>>;
}

impl Transport for reqwest::Client {
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, TransportError>> {
        let answer = self.execute(request);
        Box::pin(async move { answer.await.map_err(TransportError::from) })
    }
}

/// The error of a request that got no response.
pub struct TransportError {
    pub(crate) sent: bool,
    pub(crate) source: Box<dyn StdError + Send + Sync>,
}

impl TransportError {
    /// Creates an error for a connection that was never made: the service has certainly not seen the request.
    pub fn unsent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { sent: false, source: source.into() }
    }

    /// Creates an error for a connection that broke: the service may have seen the request.
    pub fn broken(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { sent: true, source: source.into() }
    }
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        let sent = !(error.is_connect() || error.is_builder());
        Self { sent, source: error.without_url().into() }
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError").field("sent", &self.sent).field("source", &self.source).finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
