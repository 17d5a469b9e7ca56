//! The ids and the members of a request to the control interface, read strictly.

use std::str::FromStr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Map, Value};

use crate::sandbox::SandboxError;
use crate::sandbox::error::Kind;
use crate::sandbox::refusal::Refusal;

/// The ids in a path, and the members of its query, its JSON body or its form.
#[derive(Debug)]
pub(crate) struct Asked {
    ids: Vec<String>,
    members: Map<String, Value>,
    /// In queries and forms numbers and flags are text.
    as_text: bool,
}

impl Asked {
    /// Reads a request: of GET and DELETE the query counts, of all others the body.
    pub(super) fn read(request: &Request<Bytes>, ids: Vec<String>) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        let in_query = matches!(*request.method(), Method::GET | Method::DELETE);
        let is_empty = must_be_json(request.headers(), request.body())?;
        if in_query && !is_empty {
            return Err(Refusal::invalid("bad_request_format", "GET and DELETE take their members from the query and have no body."));
        }
        if !in_query && !query.is_empty() {
            return Err(Refusal::invalid("bad_request_format", "PUT and POST take their members from the body and have no query."));
        }
        if in_query {
            return Self::form(query.as_bytes(), ids);
        }
        let members = match serde_json::from_slice(request.body()) {
            _ if is_empty => Map::new(),
            Ok(Value::Object(members)) => members,
            _ => return Err(Refusal::invalid("bad_request_format", "The body is not a JSON object.")),
        };
        Ok(Self { ids, members, as_text: false })
    }

    /// The members of an object in a list of a body.
    pub(super) fn of(members: Map<String, Value>) -> Self {
        Self { ids: Vec::new(), members, as_text: false }
    }

    /// Reads a query or a form.
    pub(super) fn form(text: &[u8], ids: Vec<String>) -> Result<Self, Refusal> {
        let mut members = Map::new();
        for (name, value) in form_urlencoded::parse(text) {
            if members.insert(name.clone().into_owned(), value.into_owned().into()).is_some() {
                return Err(Refusal::invalid(format!("invalid_value:{name}"), format!("{name} is given twice.")));
            }
        }
        Ok(Self { ids, members, as_text: true })
    }

    /// Removes and returns a member that is not for the endpoint.
    pub(super) fn take(&mut self, member: &str) -> Option<String> {
        self.members.remove(member).and_then(|value| value.as_str().map(str::to_owned))
    }

    /// The same members, for these ids.
    pub(super) fn with_ids(self, ids: Vec<String>) -> Self {
        Self { ids, ..self }
    }

    /// Refuses other members: a misspelled one would silently do nothing.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let Some(stranger) = self.members.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
        let there_are = if known.is_empty() { "it takes none".to_owned() } else { format!("it takes {}", known.join(", ")) };
        Err(Refusal::invalid(format!("unknown_param:{stranger}"), format!("This operation has no member {stranger}; {there_are}.")))
    }

    /// The id in the path. A non-number is 0, which nothing has.
    pub(super) fn id(&self) -> u64 {
        self.ids.first().and_then(|id| id.parse().ok()).unwrap_or_default()
    }

    /// Whether a member is there; `null` is not.
    pub(super) fn has(&self, member: &str) -> bool {
        self.members.get(member).is_some_and(|value| !value.is_null())
    }

    /// A non-empty text.
    pub(super) fn text(&self, member: &'static str) -> Result<Option<String>, SandboxError> {
        self.value(member, "a non-empty text", |value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned))
    }

    /// A whole number, 0 or greater.
    pub(super) fn number(&self, member: &'static str) -> Result<Option<u64>, SandboxError> {
        self.value(member, "a whole number, 0 or greater", |value| match value {
            Value::String(digits) if self.as_text => digits.parse().ok(),
            value => value.as_u64(),
        })
    }

    /// A number from 0 to 1.
    pub(super) fn rate(&self, member: &'static str) -> Result<Option<f64>, SandboxError> {
        self.value(member, "a number from 0 to 1", |value| value.as_f64().filter(|rate| (0.0..=1.0).contains(rate)))
    }

    pub(super) fn flag(&self, member: &'static str) -> Result<Option<bool>, SandboxError> {
        self.value(member, "true or false", |value| match value {
            Value::String(word) if self.as_text => word.parse().ok(),
            value => value.as_bool(),
        })
    }

    /// A list.
    pub(super) fn items(&self, member: &'static str) -> Result<Option<Vec<Value>>, SandboxError> {
        self.value(member, "a list", |value| value.as_array().cloned())
    }

    /// A value that is read from its name.
    pub(super) fn word<T: FromStr<Err = SandboxError>>(&self, member: &'static str) -> Result<Option<T>, SandboxError> {
        match self.text(member)? {
            None => Ok(None),
            Some(word) => word.parse().map(Some).map_err(|error: SandboxError| error.of(member)),
        }
    }

    fn value<T>(
        &self,
        member: &'static str,
        expected: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, SandboxError> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| SandboxError::invalid(member, format!("expected {expected}"))),
        }
    }
}

/// The value of a member that has to be there.
pub(super) fn required<T>(member: &'static str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::invalid(format!("required_param:{member}"), format!("{member} is required.")))
}

/// Whether a body is empty; otherwise it has to be labeled as JSON, which no form of a web page can do.
fn must_be_json(headers: &HeaderMap, body: &[u8]) -> Result<bool, Refusal> {
    let mut types = headers.get_all(header::CONTENT_TYPE).into_iter().peekable();
    let untyped = types.peek().is_none();
    let is_json = types.all(|given| {
        let given = given.to_str().unwrap_or_default();
        given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    });
    if is_json && (!untyped || body.is_empty()) {
        return Ok(body.trim_ascii().is_empty());
    }
    let message = "The body must be JSON, with `content-type: application/json`; an empty body needs neither.";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message))
}

impl From<SandboxError> for Refusal {
    fn from(error: SandboxError) -> Self {
        match error.kind() {
            Kind::NotFound(what) => Self::new(StatusCode::NOT_FOUND, format!("not_found|{what}"), error.to_string()),
            Kind::State => Self::new(StatusCode::CONFLICT, "not_possible", error.to_string()),
            Kind::Invalid(member) => Self::invalid(format!("invalid_value:{member}"), error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, uri: &str, content_type: Option<&str>, body: &'static str) -> Result<Asked, Refusal> {
        let request = Request::builder().method(method).uri(uri);
        let request = content_type.into_iter().fold(request, |request, value| request.header(header::CONTENT_TYPE, value));
        Asked::read(&request.body(Bytes::from(body)).unwrap(), Vec::new())
    }

    #[test]
    fn a_body_is_json_or_there_is_none() {
        let (json, form) = (Some("application/json; charset=utf-8"), Some("application/x-www-form-urlencoded"));
        for (method, uri, content_type, body, status) in [
            ("POST", "/", None, "", None),
            ("POST", "/", json, "", None),
            ("POST", "/", json, "{}", None),
            ("POST", "/", None, "{}", Some(415)),
            ("POST", "/", form, "a=b", Some(415)),
            ("POST", "/", form, "", Some(415)),
            ("POST", "/", Some("text/plain"), "{}", Some(415)),
            ("POST", "/", Some("multipart/form-data; boundary=x"), "{}", Some(415)),
            ("POST", "/", Some("text/plain; application/json"), "{}", Some(415)),
            ("POST", "/", json, "[]", Some(400)),
            ("POST", "/", json, "{", Some(400)),
            ("POST", "/", json, "null", Some(400)),
            ("POST", "/?a=b", json, "{}", Some(400)),
            ("DELETE", "/?a=b", None, "", None),
            ("DELETE", "/", json, "{}", Some(400)),
            ("GET", "/?a=b&a=c", None, "", Some(400)),
        ] {
            let refused = asked(method, uri, content_type, body).err().map(|refusal| refusal.status.as_u16());
            assert_eq!(refused, status, "{method} {uri} {content_type:?} {body}");
        }
    }

    #[test]
    fn members_are_read_strictly_in_json_and_from_text_in_queries() {
        let json = asked("POST", "/", Some("application/json"), r#"{"n":5,"t":"5","b":true,"x":null,"e":" ","m":-1,"f":1.5}"#).unwrap();
        assert_eq!((json.number("n"), json.text("t"), json.flag("b")), (Ok(Some(5)), Ok(Some("5".to_owned())), Ok(Some(true))));
        assert_eq!((json.number("x"), json.number("absent"), json.has("x"), json.has("n")), (Ok(None), Ok(None), false, true));
        for error in [json.number("t").err(), json.text("n").err(), json.flag("n").err(), json.text("e").err(), json.number("m").err()] {
            assert!(error.is_some_and(|error| error.is_invalid_input()));
        }
        assert!(json.number("f").is_err() && json.rate("f").is_err() && json.items("n").is_err());
        let query = asked("GET", "/?n=5&b=true&m=-1", None, "").unwrap();
        assert_eq!((query.number("n"), query.flag("b"), query.number("m").is_err()), (Ok(Some(5)), Ok(Some(true)), true));
        assert_eq!(query.only(&["n", "b"]).unwrap_err().body()["errors"][0]["code"], "unknown_param:m");
        assert_eq!(query.only(&["n", "b", "m"]), Ok(()));
    }
}
