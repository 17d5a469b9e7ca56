//! Calls of what no document has.

use std::{fmt, sync::Arc};

use http::Method;
use reqwest::Url;
use serde::{Serialize, de::DeserializeOwned};

use super::{Call, CallOptions, Core, Json, Started};
use crate::{error::Error, generated::Operation};

/// What traces, metrics and errors call such an operation: its path may hold what is not to be seen.
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

/// The methods that are sent. Only what reads is repeated.
const OPERATIONS: [Operation; 5] =
    [operation("GET", true), operation("POST", false), operation("PUT", false), operation("PATCH", false), operation("DELETE", false)];

/// A call of what the document of the service does not have, with the key, the pacing, the retries and the errors of every other call.
///
/// Made by `request` of a client.
#[must_use = "a request is sent by `send`"]
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

    /// Sends a body as JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        let body = serde_json::to_vec(body);
        self.body = Some(body.map_err(|_| Error::invalid("body", "it cannot be written as JSON")));
        self
    }

    /// Sends the request and reads the response: as a type of yours, as [`serde_json::Value`], or as `()` where there is no body.
    ///
    /// A `GET` is repeated as the client's [`RetryPolicy`](crate::RetryPolicy) says. Everything else is sent once, and repeated only if
    /// it was certainly not done.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the path leads elsewhere (it has a scheme, a host, a query or a `..`), the method is another than
    /// `GET`, `POST`, `PUT`, `PATCH` and `DELETE`, or the body cannot be written; whatever the service answers; [`Error::is_decode`] when
    /// the response is not what `T` reads.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T, Error> {
        let operation = OPERATIONS.iter().find(|operation| operation.method == self.method.as_str());
        let operation = operation.ok_or_else(|| Error::invalid("method", "GET, POST, PUT, PATCH and DELETE are sent"))?;
        let mut request = reqwest::Request::new(self.method.clone(), self.url()?);
        if let Some(body) = self.body {
            *request.body_mut() = Some(body?.into());
            request.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        }
        request.headers_mut().insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
        let call = Call::new(self.core, self.options);
        let response = call.perform(request, NAME, Some(operation)).await;
        let result = match Call::unanswered(&response) {
            Some(failure) => Err(progenitor_client::Error::Custom(failure)),
            None if response.status().is_success() => call.decode::<Box<T>>(self.json, NAME, response).await,
            None => Err(progenitor_client::Error::UnexpectedResponse(response)),
        };
        Started::new((), call).lift(result).await
    }

    /// Below the base URL, and nowhere else: the key goes there.
    fn url(&self) -> Result<Url, Error> {
        let refuse = |reason: &str| Err(Error::invalid("path", reason.to_owned()));
        if !self.path.starts_with('/') || self.path.starts_with("//") {
            return refuse("expected a path below the base URL, such as `/finance/order`");
        }
        let whole = format!("{}{}", self.core.base_url, self.path);
        let (Ok(base), Ok(mut url)) = (Url::parse(&self.core.base_url), Url::parse(&whole)) else {
            return refuse("it makes no URL");
        };
        // Whatever the URL's own reading makes of it (`..`, `\`, `?`, what is not ASCII), it has to be what was given.
        let same = url.origin() == base.origin() && url.path() == format!("{}{}", base.path().trim_end_matches('/'), self.path);
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !same || !plain {
            return refuse("it is read as another path: leave out `..` and the query, and escape what is not ASCII (`%E6…`)");
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

/// Neither its path nor its values, which may be personal.
impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder").field("method", &self.method).finish_non_exhaustive()
    }
}
