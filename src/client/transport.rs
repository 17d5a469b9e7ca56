//! How a request leaves the process: through reqwest, or through a replacement for the network.

#[cfg(test)]
mod tests;

use std::{
    error::Error as StdError,
    fmt, mem,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, future::BoxFuture, stream::BoxStream};
use http::{HeaderMap, Method, Response};

/// Sends one request and returns the response. This is the only interface between this crate and the network.
///
/// `reqwest::Client` implements it; so does the sandbox. Rate limits, timeouts and everything else happen before and after.
///
/// ```
/// # #[cfg(feature = "certcentral")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), shomei::Error> {
/// use std::sync::{Arc, Mutex};
///
/// use futures_util::future::BoxFuture;
/// use shomei::{ApiKey, CertCentral, ResponseBody, Transport, TransportError, TransportRequest};
///
/// /// Keeps what is asked, and has one response to everything.
/// #[derive(Clone, Default)]
/// struct Recorder(Arc<Mutex<Vec<String>>>);
///
/// impl Transport for Recorder {
///     fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
///         self.0.lock().unwrap().push(format!("{} {}", request.method(), request.path()));
///         Box::pin(async { Ok(http::Response::new(r#"{"id": 7, "username": "jane"}"#.into())) })
///     }
/// }
///
/// let recorder = Recorder::default();
/// let cc = CertCentral::builder(ApiKey::new("0123456789ABCDEF")?).transport(recorder.clone()).build()?;
/// assert_eq!(cc.users().me().send().await?.username.as_deref(), Some("jane"));
/// assert_eq!(*recorder.0.lock().unwrap(), ["GET /services/v2/user/me"]);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "certcentral"))]
/// # fn main() {}
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends the request. The body of the response need not have arrived yet.
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>>;
}

impl Transport for reqwest::Client {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>> {
        let arriving = self.execute(request.0);
        Box::pin(async move {
            let mut arriving = arriving.await?;
            let (status, version, headers) = (arriving.status(), arriving.version(), mem::take(arriving.headers_mut()));
            let mut response = Response::new(ResponseBody(Content::Arriving(arriving)));
            *response.status_mut() = status;
            *response.version_mut() = version;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

/// A request on its way to the service, complete with the key.
///
/// A transport that is not reqwest's turns it into an [`http::Request`], which fails only for a URL longer than that type allows.
pub struct TransportRequest(pub(super) reqwest::Request);

impl TransportRequest {
    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.0.method()
    }

    /// Returns the whole URL. Its path and query may hold personal data.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.url().as_str()
    }

    /// Returns the path of the URL, that of the base URL included.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.url().path()
    }

    /// Returns the headers. The one with the key is marked as [sensitive](http::HeaderValue::is_sensitive).
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// Returns the headers, to add some that a proxy wants.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.0.headers_mut()
    }

    /// Returns the body, which is empty if there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.0.body().and_then(reqwest::Body::as_bytes).unwrap_or_default()
    }
}

impl TryFrom<TransportRequest> for http::Request<Bytes> {
    type Error = TransportError;

    fn try_from(mut request: TransportRequest) -> Result<Self, TransportError> {
        let mut bare = Self::new(Bytes::copy_from_slice(request.body()));
        *bare.method_mut() = request.method().clone();
        *bare.uri_mut() = request.url().parse().map_err(TransportError::unsent)?;
        *bare.headers_mut() = mem::take(request.headers_mut());
        Ok(bare)
    }
}

/// Shows neither the URL nor the headers nor the body: all of them may be secret or personal.
impl fmt::Debug for TransportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportRequest").field("method", self.method()).finish_non_exhaustive()
    }
}

/// The body of a response: whole, as from bytes or a text, or a stream of what arrives. The default is an empty one.
#[derive(Default)]
pub struct ResponseBody(Content);

enum Content {
    Whole(Bytes),
    /// As reqwest has it, since another box around its body would be for nothing.
    Arriving(reqwest::Response),
    Stream(BoxStream<'static, Result<Bytes, TransportError>>),
}

impl ResponseBody {
    /// Creates a body that arrives in chunks. An error means that the connection broke off.
    pub fn stream(chunks: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(Content::Stream(chunks.boxed()))
    }

    /// Reads the whole body.
    ///
    /// # Errors
    ///
    /// When the connection breaks off.
    pub async fn bytes(self) -> Result<Bytes, TransportError> {
        Ok(self.up_to(usize::MAX).await?.expect("nothing is longer"))
    }

    /// Reads the whole body if it has no more bytes than this.
    pub(super) async fn up_to(mut self, most: usize) -> Result<Option<Bytes>, TransportError> {
        if let Content::Whole(bytes) = self.0 {
            return Ok((bytes.len() <= most).then_some(bytes));
        }
        let (mut chunks, mut length) = (Vec::new(), 0);
        while let Some(chunk) = self.next().await.transpose()? {
            length += chunk.len();
            if length > most {
                return Ok(None);
            }
            chunks.push(chunk);
        }
        // Most bodies come at once.
        Ok(Some(if chunks.len() == 1 { chunks.swap_remove(0) } else { chunks.concat().into() }))
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl<B: Into<Bytes>> From<B> for ResponseBody {
    fn from(bytes: B) -> Self {
        Self(Content::Whole(bytes.into()))
    }
}

/// The chunks as they arrive.
impl Stream for ResponseBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.get_mut().0 {
            Content::Whole(bytes) => Poll::Ready(Some(mem::take(bytes)).filter(|bytes| !bytes.is_empty()).map(Ok)),
            // The future itself holds nothing, so that a new one goes on where the last one was.
            Content::Arriving(arriving) => {
                pin!(arriving.chunk()).poll(context).map(|chunk| chunk.map_err(TransportError::from).transpose())
            }
            Content::Stream(chunks) => chunks.poll_next_unpin(context),
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
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
