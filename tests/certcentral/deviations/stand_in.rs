//! A service that differs from the sandbox in ways that are plausible, and loses one write.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use http::header::{CONTENT_TYPE, DATE};
use serde_json::{Value, json};
use shomei::{ApiKey, CertCentral, ResponseBody, Sandbox, Transport, TransportError, TransportRequest, certcentral::OrderId};
use tokio::time::Instant;

use super::axis::{Axis, Fate, Lookup};

pub(crate) const BASE: &str = "https://stand-in.invalid/services/v2";
const PAGE: &str = "<html><body>This page is not for you.</body></html>";

#[derive(Clone)]
pub(crate) struct StandIn(Arc<Inner>);

struct Inner {
    sandbox: Sandbox,
    axis: Axis,
    fate: Fate,
    /// An order of somebody else in the account.
    stranger: OrderId,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was written, each time it was sent.
    writes: Vec<Value>,
    /// When it was first sent, and what the look-ups listed before.
    begun: Option<(Instant, HashSet<i64>)>,
    lookups: usize,
}

type Request = http::Request<Bytes>;
/// An answer of the sandbox that may still be changed.
type Response = http::Response<Vec<u8>>;

impl StandIn {
    pub(crate) fn new(sandbox: &Sandbox, axis: Axis, fate: Fate, stranger: OrderId) -> Self {
        Self(Arc::new(Inner { sandbox: sandbox.clone(), axis, fate, stranger, state: Mutex::default() }))
    }

    pub(crate) fn client(&self) -> CertCentral {
        let key = ApiKey::new(self.0.sandbox.api_key()).unwrap();
        let http = reqwest::Client::builder().tls_certs_only([]);
        CertCentral::builder(key).base_url(BASE).transport(self.clone()).http_client(http).build().unwrap()
    }

    /// The bodies of the writes that were sent.
    pub(crate) fn writes(&self) -> Vec<Value> {
        self.0.state.lock().unwrap().writes.clone()
    }
}

impl Transport for StandIn {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let path = request.path().trim_start_matches("/services/v2").to_owned();
        let is_write = request.method() == "POST"
            && (path == "/domain"
                || path.starts_with("/order/certificate/ssl")
                || path.ends_with("/reissue")
                || path.ends_with("/duplicate"));
        Box::pin(async move {
            let request = request.try_into()?;
            let response = if is_write { self.0.write(request, &path).await? } else { self.0.answer(request, &path).await? };
            Ok(response.map(Into::into))
        })
    }
}

impl Inner {
    async fn write(self: &Arc<Self>, request: Request, path: &str) -> Result<Response, TransportError> {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let known = self.listed(&body, path).await;
        let is_first = {
            let mut state = self.state.lock().unwrap();
            state.writes.push(body.clone());
            state.begun.get_or_insert_with(|| (Instant::now(), known));
            state.writes.len() == 1
        };
        if !is_first {
            return Ok(self.pass(request).await);
        }
        if let Axis::Late(delay) = self.axis {
            let service = Arc::clone(self);
            if self.fate == Fate::Done {
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    service.pass(request).await
                });
            }
            return Err(TransportError::broken("reset by peer"));
        }
        if self.fate == Fate::Done {
            self.pass(request).await;
        }
        let page = |status: u16| Ok(http::Response::builder().status(status).header(CONTENT_TYPE, "text/html").body(PAGE.into()).unwrap());
        match self.axis {
            Axis::Foreign(status) => page(status),
            Axis::Redirect => {
                let answer = http::Response::builder().status(307).header("location", "https://elsewhere.invalid/");
                Ok(answer.body(Vec::new()).unwrap())
            }
            Axis::Echo => {
                let answer = http::Response::builder().status(200).header(CONTENT_TYPE, "application/json");
                Ok(answer.body(body.to_string().into_bytes()).unwrap())
            }
            _ => Err(TransportError::broken("reset by peer")),
        }
    }

    /// Answers what is no write that may be lost.
    async fn answer(&self, mut request: Request, path: &str) -> Result<Response, TransportError> {
        let is_lookup = request.method() == "GET" && lookup(path).is_some();
        let begun = self.state.lock().unwrap().begun.clone();
        let number = {
            let mut state = self.state.lock().unwrap();
            state.lookups += usize::from(is_lookup && begun.is_some());
            state.lookups
        };
        match self.axis {
            Axis::Lookups(Lookup::Foreign { most }) if is_lookup && begun.is_some() && number <= most => {
                return Ok(http::Response::builder().status(403).header(CONTENT_TYPE, "text/html").body(PAGE.into()).unwrap());
            }
            Axis::Lookups(Lookup::Echo { most }) if is_lookup && begun.is_some() && number <= most => {
                let answer = http::Response::builder().status(200).header(CONTENT_TYPE, "application/json");
                return Ok(answer.body(json!({"method": "GET", "path": path}).to_string().into_bytes()).unwrap());
            }
            Axis::IgnoresId { .. } if request.method() == "GET" => self.misdirect(&mut request, path, begun.is_some()),
            Axis::WrongOrder if begun.is_some() && request.method() == "GET" && order_of(path).is_some() => {
                redirect(&mut request, &format!("/order/certificate/{}", self.stranger));
            }
            _ => {}
        }
        let mut response = self.pass(request).await;
        if let Axis::Clock(ahead) = self.axis {
            let now = response.headers().get(DATE).and_then(|date| DateTime::parse_from_rfc2822(date.to_str().unwrap()).ok()).unwrap();
            let told = (now.to_utc() + TimeDelta::seconds(ahead)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            response.headers_mut().insert(DATE, told.parse().unwrap());
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) else { return Ok(response) };
        if let (Axis::IgnoresId { .. }, Some(Lists::OfId)) = (self.axis, lookup(path)) {
            let all = body["orders"].as_array().cloned().unwrap_or_default();
            let entries: Vec<_> = all.iter().map(|order| json!({"order_id": order["id"], "status": order["status"]})).collect();
            body = json!({"orders": entries, "page": {"total": entries.len(), "limit": 1000, "offset": 0}});
        }
        if let (Axis::Lag(lag), Some(_), Some((at, known))) = (self.axis, lookup(path), &begun)
            && at.elapsed() < lag
        {
            for list in ["orders", "certificates", "domains"] {
                if let Some(items) = body.get_mut(list).and_then(Value::as_array_mut) {
                    items.retain(|item| known.contains(&id_of(item)));
                }
            }
        }
        self.axis.rewrite(&mut body);
        *response.body_mut() = body.to_string().into_bytes();
        Ok(response)
    }

    /// Has a look-up list what it was not asked for.
    fn misdirect(&self, request: &mut Request, path: &str, begun: bool) {
        match lookup(path) {
            Some(Lists::OfId) => redirect(request, "/order/certificate"),
            Some(Lists::OfOrder(list)) if begun => {
                redirect(request, &format!("/order/certificate/{}/{list}", self.stranger));
            }
            Some(Lists::Domains) => *request.uri_mut() = format!("{BASE}/domain").parse().unwrap(),
            _ => {}
        }
    }

    /// The ids that are listed before a write.
    async fn listed(&self, body: &Value, path: &str) -> HashSet<i64> {
        let list = match body["alternative_order_id"].as_str() {
            Some(id) => format!("/order/alternate/{id}"),
            None => path.to_owned(),
        };
        let request = http::Request::get(format!("{BASE}{list}")).header("x-dc-devkey", self.sandbox.api_key());
        let body = self.pass(request.body(Bytes::new()).unwrap()).await.into_body();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let lists = ["orders", "certificates", "domains"].into_iter();
        lists.filter_map(|list| body[list].as_array()).flatten().map(id_of).collect()
    }

    async fn pass(&self, request: Request) -> Response {
        let mut response = self.sandbox.handle(request).await.map(Vec::from);
        response.headers_mut().remove("content-length");
        response
    }
}

/// Leads a request to another path, with its query.
fn redirect(request: &mut Request, path: &str) {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    *request.uri_mut() = format!("{BASE}{path}{query}").parse().unwrap();
}

/// The look-ups by which what was lost can be found.
enum Lists<'p> {
    OfId,
    OfOrder(&'p str),
    Domains,
}

fn lookup(path: &str) -> Option<Lists<'_>> {
    if path.starts_with("/order/alternate/") {
        return Some(Lists::OfId);
    }
    match path.rsplit('/').next() {
        Some("domain") => Some(Lists::Domains),
        Some(list @ ("reissue" | "duplicate")) => Some(Lists::OfOrder(list)),
        _ => None,
    }
}

fn order_of(path: &str) -> Option<i64> {
    path.strip_prefix("/order/certificate/")?.parse().ok()
}

fn id_of(item: &Value) -> i64 {
    item.get("order_id").or_else(|| item.get("id")).unwrap_or(&Value::Null).as_i64().unwrap_or_default()
}

/// A moment as the sandbox writes it.
pub(crate) fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc())
}

/// Longer than every call's deadline.
pub(crate) const FOR_EVER: Duration = Duration::from_secs(86_400);
