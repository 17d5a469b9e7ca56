//! Calls of undocumented operations.

use std::{fmt, sync::Arc};

use http::Method;
use reqwest::Url;
use serde::{Serialize, de::DeserializeOwned};

use super::{Call, CallOptions, Core, Json, Started};
use crate::{error::Error, generated::Operation};

/// The name of such an operation in traces, metrics and errors: its path may hold a secret.
const NAME: &str = "request";

const fn operation(method: &'static str, reads: bool) -> Operation {
    Operation {
        id: NAME,
        method,
        path: "",
        idempotent: reads,
        deletes: false,
        empty_success: true,
        fresh_connection: !reads,
        secret: true,
        rules: &[],
    }
}

/// The supported methods. Only reads are repeated.
const OPERATIONS: [Operation; 5] =
    [operation("GET", true), operation("POST", false), operation("PUT", false), operation("PATCH", false), operation("DELETE", false)];

/// A call of an operation that is not in the service's document, with the key, rate limits, retries and errors of every other call.
///
/// Created by a client's `request` method.
#[must_use = "call `send` to send the request"]
pub struct RequestBuilder {
    core: Arc<Core>,
    options: CallOptions,
    json: Json,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Result<Vec<u8>, Error>>,
}

impl RequestBuilder {
    pub(crate) fn new(core: Arc<Core>, options: CallOptions, json: Json, method: Method, path: String) -> Self {
        Self { core, options, json, method, path, query: Vec::new(), body: None }
    }

    /// Adds a parameter to the query. The same name may be given several times.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets a body that is sent as JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        let body = serde_json::to_vec(body);
        self.body = Some(body.map_err(|_| Error::invalid("body", "it cannot be serialized as JSON")));
        self
    }

    /// Sends the request and reads the response: as your own type, as [`serde_json::Value`], or as `()` if there is no body.
    ///
    /// A `GET` is retried by the client's [`RetryPolicy`](crate::RetryPolicy). Everything else is sent once, and retried only if it was
    /// certainly not carried out.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the path leads elsewhere (it has a scheme, a host, a query or a `..`), the method is not `GET`,
    /// `POST`, `PUT`, `PATCH` or `DELETE`, or the body cannot be serialized; any error that the service returns; [`Error::is_decode`] when
    /// the response cannot be read as `T`.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T, Error> {
        let operation = OPERATIONS.iter().find(|operation| operation.method == self.method.as_str());
        let operation = operation.ok_or_else(|| Error::invalid("method", "expected GET, POST, PUT, PATCH or DELETE"))?;
        let mut request = reqwest::Request::new(self.method.clone(), self.url()?);
        if let Some(body) = self.body {
            *request.body_mut() = Some(body?.into());
            request.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        }
        request.headers_mut().insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
        let call = Call::new(self.core, self.options);
        let response = call.perform(request, NAME, Some(operation)).await;
        let result = match Call::failure(&response) {
            Some(failure) => Err(progenitor_client::Error::Custom(failure)),
            None if response.status().is_success() => call.decode::<Box<T>>(self.json, NAME, response).await,
            None => Err(progenitor_client::Error::UnexpectedResponse(response)),
        };
        Started::new((), call).lift(result).await
    }

    /// The URL of the request, always below the base URL, because the key is sent to it.
    fn url(&self) -> Result<Url, Error> {
        let refuse = |reason: &str| Err(Error::invalid("path", reason.to_owned()));
        if !self.path.starts_with('/') || self.path.starts_with("//") {
            return refuse("expected a path below the base URL, such as `/finance/order`");
        }
        let whole = format!("{}{}", self.core.base_url, self.path);
        let (Ok(base), Ok(mut url)) = (Url::parse(&self.core.base_url), Url::parse(&whole)) else {
            return refuse("it does not form a valid URL");
        };
        // Whatever the URL's own reading makes of it (`..`, `\`, `?`, what is not ASCII), it has to be what was given.
        let same = url.origin() == base.origin() && url.path() == format!("{}{}", base.path().trim_end_matches('/'), self.path);
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !same || !plain {
            return refuse("it resolves to another path: remove `..` and the query, and percent-encode non-ASCII characters (`%E6…`)");
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

/// Shows neither the path nor the values, which may be personal.
impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder").field("method", &self.method).finish_non_exhaustive()
    }
}
