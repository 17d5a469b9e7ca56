//! The control interface: the methods of [`Sandbox`] over the port, in JSON.
//!
//! Every endpoint reads its members and calls the corresponding method: one mechanism, two entry points. `openapi/sandbox.yaml` describes
//! it. The guard ensures that no web page uses it.

mod account;
mod asked;
mod cards;
mod guard;
mod page;
mod surroundings;
#[cfg(test)]
mod tests;
mod whole;

use bytes::Bytes;
use futures_util::{StreamExt as _, future};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tokio::sync::watch;

use self::asked::Asked;
pub(crate) use self::guard::Guard;
use super::Sandbox;
use super::clock::http_date;
use super::fault::Body;
use super::http::{Answer, Reply, matches, segments};
use super::refusal::Refusal;

/// Where the interface lives.
pub(crate) const BASE: &str = "/_sandbox";

/// The action of an endpoint.
type Act = fn(&Sandbox, &Asked) -> Answer;

/// One row of the table.
struct Endpoint {
    method: Method,
    pattern: &'static str,
    /// The members that it reads; any other is refused.
    members: &'static [&'static str],
    act: Act,
}

/// The endpoints.
static ENDPOINTS: &[Endpoint] = &[
    get("", &[], whole::index),
    get("/dns", &[], surroundings::records),
    put("/dns", &["name", "type", "value"], surroundings::publish_record),
    delete("/dns", &["name", "type", "value"], surroundings::remove_records),
    get("/files", &[], surroundings::files),
    put("/files", &["url", "body"], surroundings::publish_file),
    delete("/files", &["url"], surroundings::remove_file),
    get("/mails", &["to"], surroundings::mails),
    post("/mails/{id}/follow", &[], surroundings::follow_mail),
    get("/clock", &[], surroundings::clock),
    post("/clock", &["advance_seconds", "now"], surroundings::advance_clock),
    post("/requests/{id}/approve", &[], account::approve_request),
    post("/requests/{id}/review", &[], account::review_request),
    post("/requests/{id}/reject", &["comment"], account::reject_request),
    post("/orders", &["count", "status", "product", "common_name", "organization_id", "years", "csr"], account::add_orders),
    get("/orders/{id}/certificate", &[], account::certificate),
    post("/orders/{id}/reject", &["reason"], account::reject_order),
    post("/orders/{id}/hold", &[], account::hold_order),
    post("/orders/{id}/release", &[], account::release_order),
    post("/orders/{id}/migrate", &[], account::migrate_order),
    post("/domains", &["count", "name", "organization_id", "dcv_method", "validated"], account::add_domains),
    post("/domains/{id}/check", &[], account::check_domain),
    post("/organizations/{id}/validate", &[], account::validate_organization),
    post("/keys", &["key", "role", "scope"], account::add_key),
    get("/cards", &[], cards::list),
    post("/cards", &["name", "gender", "date_of_birth", "address"], cards::add),
    get("/cards/{id}", &[], cards::info),
    post("/cards/{id}/revoke", &["reason", "certificate"], cards::revoke),
    post("/cards/{id}/renew", &[], cards::renew),
    post("/cards/{id}/move", &["address"], cards::change_address),
    get("/jpki", &[], cards::availability),
    put("/jpki", &["ocsp_available", "crl_available", "links_available"], cards::set_availability),
    post("/tenants", &[], cards::add_tenant),
    get("/settings", &[], whole::settings),
    put("/settings", whole::SETTINGS, whole::change_settings),
    get("/faults", &[], whole::faults_met),
    put("/faults", &["seed", "rate", "rules"], whole::set_faults),
    delete("/faults", &[], whole::end_faults),
    get("/log", &["after", "follow"], whole::log),
    delete("/log", &[], whole::clear_log),
    post("/reset", &["account"], whole::reset),
];

const fn get(pattern: &'static str, members: &'static [&'static str], act: Act) -> Endpoint {
    Endpoint { method: Method::GET, pattern, members, act }
}

const fn put(pattern: &'static str, members: &'static [&'static str], act: Act) -> Endpoint {
    Endpoint { method: Method::PUT, pattern, members, act }
}

const fn post(pattern: &'static str, members: &'static [&'static str], act: Act) -> Endpoint {
    Endpoint { method: Method::POST, pattern, members, act }
}

const fn delete(pattern: &'static str, members: &'static [&'static str], act: Act) -> Endpoint {
    Endpoint { method: Method::DELETE, pattern, members, act }
}

/// Whether a path is one of this interface, or of the page for people.
pub(crate) fn knows(path: &str) -> bool {
    page::knows(path) || path.strip_prefix(BASE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Responds to a request.
pub(crate) fn answer(sandbox: &Sandbox, request: &Request<Bytes>) -> Response<Bytes> {
    let mut response = if page::knows(request.uri().path()) { page::answer(sandbox, request) } else { endpoint(sandbox, request) };
    let headers = response.headers_mut();
    headers.remove(header::ETAG);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::DATE, http_date(sandbox.clock().now()));
    response
}

fn endpoint(sandbox: &Sandbox, request: &Request<Bytes>) -> Response<Bytes> {
    let answer = sandbox.0.guard.admit(request).and_then(|()| act(sandbox, request));
    let refused = answer.as_ref().err().map(|refusal| refusal.status);
    let mut response: Response<Bytes> = answer.unwrap_or_else(Reply::from).into();
    if refused == Some(StatusCode::METHOD_NOT_ALLOWED) {
        let allowed = HeaderValue::from_str(&allowed(request).join(", "));
        response.headers_mut().extend(allowed.map(|methods| (header::ALLOW, methods)));
    }
    response
}

fn act(sandbox: &Sandbox, request: &Request<Bytes>) -> Answer {
    let path = segments(request.uri(), BASE).ok_or_else(|| Refusal::not_found("route"))?;
    let (endpoint, ids) = find(request.method(), &path)?;
    let asked = Asked::read(request, ids)?;
    asked.only(endpoint.members)?;
    (endpoint.act)(sandbox, &asked)
}

/// The endpoint of a method and a path below the base, and the ids in the path.
fn find(method: &Method, path: &[String]) -> Result<(&'static Endpoint, Vec<String>), Refusal> {
    let mut here = ENDPOINTS.iter().filter_map(|endpoint| Some((endpoint, matches(endpoint.pattern, path)?))).peekable();
    here.peek().ok_or_else(|| Refusal::not_found("route"))?;
    let wrong_method = || Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not support this method.");
    here.find(|(endpoint, _)| endpoint.method == *method).ok_or_else(wrong_method)
}

fn allowed(request: &Request<Bytes>) -> Vec<&'static str> {
    let path = segments(request.uri(), BASE).unwrap_or_default();
    ENDPOINTS.iter().filter(|endpoint| matches(endpoint.pattern, &path).is_some()).map(|endpoint| endpoint.method.as_str()).collect()
}

/// Signals the end of the server to responses that would not end.
#[derive(Clone)]
pub(crate) struct Ending(pub(crate) watch::Receiver<()>);

/// The log as an endless stream of JSON lines, if the request asks for it.
pub(crate) fn follow(sandbox: &Sandbox, request: &Request<Bytes>) -> Option<Response<Body>> {
    if *request.method() != Method::GET || request.uri().path() != "/_sandbox/log" || sandbox.0.guard.admit(request).is_err() {
        return None;
    }
    let asked = Asked::read(request, Vec::new()).ok().filter(|asked| asked.only(&["after", "follow"]).is_ok())?;
    let (true, after) = (asked.flag("follow").ok()??, asked.number("after").ok()?.unwrap_or_default()) else { return None };
    let lines = sandbox.follow_exchanges(after).map(|exchange| Ok(Bytes::from(exchange.to_json() + "\n")));
    let lines = match request.extensions().get::<Ending>().cloned() {
        Some(Ending(mut ending)) => lines.take_until(async move { ending.changed().await }).boxed(),
        None => lines.take_until(future::pending::<()>()).boxed(),
    };
    let mut response = Response::new(Body::Pieces(lines));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Some(response)
}
