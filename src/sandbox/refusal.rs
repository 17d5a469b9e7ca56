//! Refusals of a service: a status and its error codes.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

/// An error response, `{"errors":[{"code","message"}]}`; it may carry several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// What `Retry-After` says, where the response has one.
    pub(crate) retry_after: Option<Duration>,
    errors: Vec<(String, String)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, retry_after: None, errors: vec![(code.into(), message.into())] }
    }

    /// 400 with a code of its own.
    pub(crate) fn invalid(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 400 `invalid_value:<field>`; the wording is documented.
    pub(crate) fn invalid_value(field: &str) -> Self {
        Self::invalid(format!("invalid_value:{field}"), format!("{field} contains an invalid value."))
    }

    /// 400 `required_param:<path>`, in the words of a client's log.
    pub(crate) fn required(path: &str) -> Self {
        Self::invalid(format!("required_param:{path}"), format!("{path} is a required parameter."))
    }

    /// 400: the body is not a JSON object.
    pub(crate) fn bad_request_format() -> Self {
        Self::invalid("bad_request_format", "The request body could not be read.")
    }

    /// 404 of the `not_found` family; `order`, `product` and `route` are documented, the rest follow them.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("not_found|{what}"), format!("The specified {what} was not found."))
    }

    /// 403 of the `access_denied` family, in the words of the captured response.
    pub(crate) fn access_denied(why: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, format!("access_denied|{why}"), format!("Access denied due to {why}."))
    }

    /// 403: the key or its user lacks the right.
    pub(crate) fn missing_permission() -> Self {
        Self::access_denied("missing_permission")
    }

    /// 400: it cannot happen in the state that something is in. The code is inferred.
    pub(crate) fn invalid_status(message: &str) -> Self {
        Self::invalid("invalid_status", message)
    }

    /// 429; no source shows it with a `Retry-After`.
    pub(crate) fn too_many_requests(retry_after: Option<Duration>) -> Self {
        let refusal =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "request_limit_exceeded", "Service unavailable, please limit request volume");
        Self { retry_after, ..refusal }
    }

    /// 406; its code is inferred, the status is not.
    pub(crate) fn not_acceptable() -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "The requested content type is not available.")
    }

    /// The same errors under another status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Adds the errors of another refusal.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.errors.extend(other.errors);
        self
    }

    /// The first of its codes.
    pub(crate) fn code(&self) -> &str {
        self.errors.first().map_or("", |(code, _)| code)
    }

    /// Its messages, as people read them.
    pub(crate) fn message(&self) -> String {
        self.errors.iter().map(|(_, message)| message.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn body(&self) -> Value {
        let errors: Vec<Value> = self.errors.iter().map(|(code, message)| json!({"code": code, "message": message})).collect();
        json!({ "errors": errors })
    }
}

/// Collects refusals, so that one response names everything that is wrong.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Option<Refusal>);

impl Refusals {
    pub(crate) fn push(&mut self, refusal: Refusal) {
        self.0 = Some(match self.0.take() {
            Some(earlier) => earlier.and(refusal),
            None => refusal,
        });
    }

    /// The value, or its default after noting why not.
    pub(crate) fn note<T: Default>(&mut self, result: Result<T, Refusal>) -> T {
        result.unwrap_or_else(|refusal| {
            self.push(refusal);
            T::default()
        })
    }

    /// The value, or a refusal of its absence.
    pub(crate) fn require<T: Default>(&mut self, value: Option<T>, path: &str) -> T {
        self.note(value.ok_or_else(|| Refusal::required(path)))
    }

    pub(crate) fn into_result(self) -> Result<(), Refusal> {
        self.0.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_worded_as_documented() {
        for (refusal, status, code, message) in [
            (Refusal::not_found("route"), 404, "not_found|route", "The specified route was not found."),
            (
                Refusal::access_denied("access_denied_invalid_key"),
                403,
                "access_denied|access_denied_invalid_key",
                "Access denied due to access_denied_invalid_key.",
            ),
            (
                Refusal::required("certificate.common_name"),
                400,
                "required_param:certificate.common_name",
                "certificate.common_name is a required parameter.",
            ),
            (Refusal::invalid_value("validity_days"), 400, "invalid_value:validity_days", "validity_days contains an invalid value."),
        ] {
            assert_eq!(refusal.status, status);
            assert_eq!(refusal.body(), json!({"errors": [{"code": code, "message": message}]}));
        }
    }
}
