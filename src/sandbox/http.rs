//! Calls, replies and routing, for any service of the sandbox.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use super::clock::http_date;
use super::json::{Body, Members, is_true};
use super::later::{Later, later};
use super::refusal::Refusal;

/// A request on its way to a handler: routed, its body read.
#[derive(Debug)]
pub(crate) struct Call {
    /// What stood at the route's `{…}` places.
    pub(crate) params: Vec<String>,
    pub(crate) query: Query,
    pub(crate) body: Body,
    pub(crate) now: DateTime<Utc>,
    /// The user whose key the call carries.
    pub(crate) caller: u64,
}

impl Call {
    /// The route's `index`-th parameter; the empty text matches nothing.
    pub(crate) fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    /// The route's `index`-th parameter as an id; what is none is 0, which nothing has.
    pub(crate) fn id(&self, index: usize) -> u64 {
        self.param(index).parse().unwrap_or_default()
    }
}

/// What a handler answers.
pub(crate) type Answer = Result<Reply, Refusal>;

/// A successful response.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    content: Content,
    /// What is still to be done before it goes out.
    extensions: Extensions,
}

#[derive(Debug)]
enum Content {
    Empty,
    Json(Later<Bytes>),
    File { content_type: String, name: String, body: Bytes },
}

impl Reply {
    /// The JSON body, if that is what the reply has.
    pub(crate) fn json(&self) -> Option<Value> {
        match &self.content {
            Content::Json(body) => serde_json::from_slice(body.as_ref()).ok(),
            Content::Empty | Content::File { .. } => None,
        }
    }

    fn of(status: StatusCode, content: Content) -> Self {
        Self { status, headers: HeaderMap::new(), content, extensions: Extensions::new() }
    }

    pub(crate) fn ok(body: impl Serialize) -> Self {
        Self::with_status(StatusCode::OK, body)
    }

    /// 200 without a body.
    pub(crate) fn ok_empty() -> Self {
        Self::empty(StatusCode::OK)
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::of(status, Content::Empty)
    }

    pub(crate) fn with_status(status: StatusCode, body: impl Serialize) -> Self {
        let body = rendered(&body);
        Self::of(status, Content::Json(later(move || body)))
    }

    /// A reply whose body is made once the service is unlocked, since that may take long.
    pub(crate) fn later<B: Serialize>(status: StatusCode, body: impl FnOnce() -> B + Send + 'static) -> Self {
        Self::of(status, Content::Json(later(move || rendered(&body()))))
    }

    pub(crate) fn created(body: impl Serialize) -> Self {
        Self::with_status(StatusCode::CREATED, body)
    }

    pub(crate) fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    pub(crate) fn file(content_type: impl Into<String>, name: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let content = Content::File { content_type: content_type.into(), name: name.into(), body: body.into() };
        Self::of(StatusCode::OK, content)
    }

    /// The reply with the time of its last change, which is now unless it knows better; what is no 200 has none.
    pub(crate) fn changed_by(mut self, now: DateTime<Utc>) -> Self {
        if self.status == StatusCode::OK {
            self.headers.entry(header::LAST_MODIFIED).or_insert_with(|| http_date(now));
        }
        self
    }

    /// The reply with something that is to be done before it goes out.
    pub(crate) fn with(mut self, to_do: impl Clone + Send + Sync + 'static) -> Self {
        self.extensions.insert(to_do);
        self
    }

    /// The reply with one more header; a value that no header can have is left out.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        insert(&mut self.headers, name, value);
        self
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let reply = Self::with_status(refusal.status, refusal.body());
        match refusal.retry_after {
            Some(delay) => reply.with_header(header::RETRY_AFTER, &delay.as_secs().to_string()),
            None => reply,
        }
    }
}

impl From<Reply> for Response<Bytes> {
    fn from(reply: Reply) -> Self {
        let mut headers = reply.headers;
        let body = match reply.content {
            Content::Empty => Bytes::new(),
            Content::Json(body) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Bytes::clone(&body)
            }
            Content::File { content_type, name, body } => {
                insert(&mut headers, header::CONTENT_TYPE, &content_type);
                insert(&mut headers, header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
                body
            }
        };
        if reply.status == StatusCode::OK {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private,no-cache"));
            insert(&mut headers, header::ETAG, &entity_tag(&body));
        }
        let mut response = Self::new(body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = headers;
        *response.extensions_mut() = reply.extensions;
        response
    }
}

fn rendered(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("the keys of a body are texts").into()
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn entity_tag(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// A query string, decoded.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(uri: &Uri) -> Self {
        Self(form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The first value of a name that is not blank.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.given().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(|text| text.trim().parse().ok())
    }

    /// The values of `filters[name]`, `filters[name][0]`, `filters[name][]`; none means no filter.
    pub(crate) fn filter(&self, name: &str) -> Vec<&str> {
        let plain = format!("filters[{name}]");
        let indexed = format!("{plain}[");
        self.given().filter(|(key, _)| *key == plain || key.starts_with(&indexed)).map(|(_, value)| value).collect()
    }

    /// A name with an empty value is a name not given.
    fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// What a route answers with, for `Accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Produces {
    Json,
    File,
}

/// One line of a service's route table; `S` is the service.
#[derive(Debug)]
pub(crate) struct Route<S> {
    pub(crate) method: Method,
    /// Path segments below the base; `{…}` matches any one segment.
    pub(crate) pattern: &'static str,
    pub(crate) produces: Produces,
    /// What its body may hold.
    pub(crate) takes: Members,
    pub(crate) answer: fn(&mut S, &Call) -> Answer,
}

/// The segments of a path below `base`, decoded; a trailing slash does not count.
pub(crate) fn segments(uri: &Uri, base: &str) -> Option<Vec<String>> {
    let path = uri.path().strip_prefix(base)?;
    if !path.is_empty() && !path.starts_with('/') {
        return None;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').skip(1).map(|segment| percent_decode_str(segment).decode_utf8().ok().map(Into::into)).collect()
}

/// The first route of the table that fits, and its parameters.
pub(crate) fn find<'r, S>(routes: &'r [Route<S>], method: &Method, segments: &[String]) -> Option<(&'r Route<S>, Vec<String>)> {
    routes.iter().filter(|route| route.method == *method).find_map(|route| Some((route, matches(route.pattern, segments)?)))
}

/// What stands at the pattern's `{…}` places, if it fits.
pub(crate) fn matches(pattern: &str, segments: &[String]) -> Option<Vec<String>> {
    let mut params = Vec::new();
    let mut places = pattern.split('/').skip(1);
    for segment in segments {
        match places.next()? {
            place if place.starts_with('{') => params.push(segment.clone()),
            place if place == segment => {}
            _ => return None,
        }
    }
    places.next().is_none().then_some(params)
}

/// Whether the caller takes what the route answers; no `Accept` takes everything.
pub(crate) fn accepts<B>(request: &Request<B>, produces: Produces) -> bool {
    let mut ranges = request.headers().get_all(header::ACCEPT).iter().peekable();
    if ranges.peek().is_none() {
        return true;
    }
    ranges
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .any(|range| match range {
            "" | "*/*" | "application/*" | "application/json" => true,
            "application/zip" | "application/x-pem-file" | "application/x-pkcs7-certificates" => produces == Produces::File,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(path: &str) -> Option<Vec<String>> {
        segments(&path.parse().unwrap(), "/services/v2")
    }

    #[test]
    fn paths_split_below_the_base() {
        assert_eq!(split("/services/v2/domain/5/"), Some(vec!["domain".into(), "5".into()]));
        assert_eq!(split("/services/v2/domain/a%2Fb?"), Some(vec!["domain".into(), "a/b".into()]));
        assert_eq!(split("/services/v2"), Some(vec![]));
        assert_eq!(split("/services/v20/domain"), None);
        assert_eq!(split("/services/v2/%FF"), None);
    }

    #[test]
    fn patterns_take_their_parameters() {
        let fits = |pattern, path: &str| matches(pattern, &split(&format!("/services/v2{path}")).unwrap());
        assert_eq!(fits("/domain/{id}/activate", "/domain/5/activate"), Some(vec!["5".into()]));
        assert_eq!(fits("/domain/{id}", "/domain/5/activate"), None);
        assert_eq!(fits("/domain/{id}/activate", "/domain/5"), None);
        assert_eq!(fits("/domain", "/domain"), Some(vec![]));
    }

    #[test]
    fn filters_come_plain_indexed_encoded_and_empty() {
        let query = Query::of(
            &"/?filters[status]=issued&filters%5Bproduct_name_id%5D%5B0%5D=a&filters[product_name_id][1]=b&filters[search]=&sort=+order_id"
                .parse()
                .unwrap(),
        );
        assert_eq!(query.filter("status"), ["issued"]);
        assert_eq!(query.filter("product_name_id"), ["a", "b"]);
        assert!(query.filter("search").is_empty());
        assert_eq!(query.get("sort"), Some(" order_id"));
    }

    #[test]
    fn accept_headers_are_honoured() {
        for (accept, json, file) in [
            (None, true, true),
            (Some("*/*"), true, true),
            (Some("text/html, application/json;q=0.5"), true, true),
            (Some("application/zip"), false, true),
            (Some("application/xml"), false, false),
        ] {
            let mut request = Request::new(());
            if let Some(accept) = accept {
                request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(accepts(&request, Produces::Json), json, "{accept:?}");
            assert_eq!(accepts(&request, Produces::File), file, "{accept:?}");
        }
    }
}
