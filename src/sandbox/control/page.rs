//! The page for people: what is pending, and buttons to act on it. Rendered on the server, without scripts.
//!
//! A button posts a form to `/_page` plus the path of an endpoint of the control interface, and runs that endpoint. A page of any site can
//! send forms, so they have to prove that they come from this page: by the origin that the browser states, and by a token that only this
//! page has, a new one in each run.

mod texts;
mod view;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use self::texts::Texts;
use super::asked::Asked;
use super::{BASE, find};
use crate::sandbox::Sandbox;
use crate::sandbox::http::{Reply, segments};
use crate::sandbox::refusal::Refusal;

/// Where forms are sent to.
const FORMS: &str = "/_page";
const STYLE: &str = "/_page/style.css";

/// Nothing but this page itself, and nowhere but here.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(super) fn knows(path: &str) -> bool {
    path == "/" || path.strip_prefix(FORMS).is_some_and(|rest| rest.starts_with('/'))
}

/// Responds to a request for the page, or from it.
pub(super) fn answer(sandbox: &Sandbox, request: &Request<Bytes>) -> Response<Bytes> {
    let texts = Texts::of(request.headers());
    let answer = match (request.method(), request.uri().path()) {
        (&Method::GET, STYLE) => {
            sandbox.0.guard.admit_host(request).map(|_| page(StatusCode::OK, "text/css", include_str!("page/style.css")))
        }
        (&Method::GET, "/") => sandbox.0.guard.admit_host(request).map(|_| show(sandbox, texts, StatusCode::OK, None)),
        (&Method::POST, path) if path != "/" => submit(sandbox, request),
        _ => Err(Refusal::not_found("route")),
    };
    let mut response = match answer {
        Ok(response) => response,
        // A user who may see the page sees the refusal on it.
        Err(refusal) if sandbox.0.guard.admit_form(request).is_ok() => show(sandbox, texts, refusal.status, Some(&refusal.message())),
        Err(refusal) => Reply::from(refusal).into(),
    };
    response.headers_mut().extend([
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // None at all would hide the origin of the forms, too.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::VARY, HeaderValue::from_static("accept-language")),
    ]);
    response
}

fn show(sandbox: &Sandbox, texts: &'static Texts, status: StatusCode, notice: Option<&str>) -> Response<Bytes> {
    page(status, "text/html; charset=utf-8", view::page(sandbox, texts, notice).into_string())
}

fn page(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Performs the action of a button, and redirects to the page.
fn submit(sandbox: &Sandbox, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    sandbox.0.guard.admit_form(request)?;
    let path = segments(request.uri(), FORMS).ok_or_else(|| Refusal::not_found("route"))?;
    let mut form = Asked::form(request.body(), Vec::new())?;
    let is_ours = form.take("_token").is_some_and(|token| token == sandbox.0.page_token);
    let refused =
        || Refusal::new(StatusCode::FORBIDDEN, "access_denied|foreign_form", "The form is not from this page, or is from an earlier run.");
    let (Some(method), true) = (form.take("_method").and_then(|method| method.parse::<Method>().ok()), is_ours) else {
        return Err(refused());
    };
    let (endpoint, ids) = find(&method, &path)?;
    let asked = form.with_ids(ids);
    asked.only(endpoint.members)?;
    (endpoint.act)(sandbox, &asked)?;
    let mut response = page(StatusCode::SEE_OTHER, "text/plain", "");
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
    Ok(response)
}

/// Where the endpoint of a path takes its forms, and where it is itself.
fn form_path(path: &str) -> String {
    format!("{FORMS}{path}")
}

fn control_path(path: &str) -> String {
    format!("{BASE}{path}")
}
