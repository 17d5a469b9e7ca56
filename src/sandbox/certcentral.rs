//! CertCentral: one account, its nouns, and the table of its endpoints.
//!
//! One file a noun. Every handler takes the account and a routed [`Call`]; what happens by itself, as time
//! passes, is in [`issuance`].

mod certificates;
mod dcv;
mod domain;
mod domains;
mod issuance;
mod listing;
mod names;
mod order;
mod order_form;
mod order_list;
mod order_view;
mod orders;
mod organizations;
mod people;
mod products;
mod request;
mod requests;
#[cfg(test)]
mod tests;
mod users;
mod validations;
mod validity;

pub(crate) use people::Reason;
pub use request::ApprovalMode;
pub(crate) use validity::Limits;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, Request};

use self::domain::Domain;
use self::order::{Certificate, Order};
use self::organizations::Organization;
use self::request::ApprovalRequest;
use self::users::User;
use super::authority::Authority;
use super::http::{Answer, Call, Produces, Query, Reply, Route, accepts, find, segments};
use super::json::Body;
use super::network::Network;
use super::random::Random;
use super::refusal::Refusal;
use super::register::Register;
use super::settings::Settings;

/// Where the service lives below its host.
pub(crate) const BASE: &str = "/services/v2";

const KEY_HEADER: &str = "X-DC-DEVKEY";
const STARTING_CONTAINER: u64 = 129_626;

// Numbers of the size the service gives today.
const FIRST_DOMAIN: u64 = 1_863_015;
const FIRST_ORDER: u64 = 115_429_178;
const FIRST_CERTIFICATE: u64 = 116_470_545;
const FIRST_REQUEST: u64 = 11_203_371;
const FIRST_RECEIPT: u64 = 109_678_649;

/// An account and everything in it.
pub(crate) struct Account {
    settings: Settings,
    network: Network,
    authority: Authority,
    random: Random,
    users: [User; 3],
    /// `public_id` and `ekey` of the container.
    container_keys: (String, String),
    organizations: Register<Organization>,
    domains: Register<Domain>,
    orders: Register<Order>,
    certificates: Register<Certificate>,
    requests: Register<ApprovalRequest>,
    receipts: Register<u64>,
}

/// The endpoints. The first line that fits counts, so fixed words stand before `{…}`.
static ROUTES: &[Route<Account>] = &[
    get("/user/me", users::me),
    get("/user/{user_id}", users::info),
    get("/container", users::containers),
    get("/container/{container_id}", users::container),
    get("/organization", organizations::list),
    get("/organization/{organization_id}", organizations::info),
    get("/organization/{organization_id}/validation", organizations::validation),
    get("/domain", domains::list),
    post("/domain", domains::add),
    get("/domain/{domain_id}", domains::info),
    put("/domain/{domain_id}/activate", domains::activate),
    put("/domain/{domain_id}/deactivate", domains::deactivate),
    get("/domain/{domain_id}/validation", domains::validation),
    post("/domain/{domain_id}/validation", domains::submit),
    put("/domain/{domain_id}/dcv/method", domains::change_method),
    post("/domain/{domain_id}/dcv/token", domains::new_token),
    put("/domain/{domain_id}/dcv/validate-token", domains::check),
    get("/domain/{domain_id}/dcv/emails", domains::emails),
    put("/domain/{domain_id}/dcv/emails", domains::resend_emails),
    get("/order/certificate", order_list::list),
    post("/order/certificate/{product_name_id}", orders::place),
    get("/order/certificate/{order_id}", orders::info),
    get("/order/certificate/{order_id}/validation", orders::validation),
    put("/order/certificate/{order_id}/status", orders::update_status),
    get("/order/alternate/{alternative_order_id}", order_list::by_alternative_id),
    get("/request", requests::list),
    get("/request/{request_id}", requests::info),
    put("/request/{request_id}/status", requests::update_status),
    get("/certificate/{certificate_id}/chain", certificates::chain),
    file("/certificate/download/order/{order_id}", certificates::download_of_order),
    file("/certificate/download/order/{order_id}/format/{format}", certificates::download_of_order),
    file("/certificate/{certificate_id}/download/format/{format}", certificates::download),
];

type Handler = fn(&mut Account, &Call) -> Answer;

const fn get(pattern: &'static str, answer: Handler) -> Route<Account> {
    Route { method: Method::GET, pattern, produces: Produces::Json, answer }
}

const fn file(pattern: &'static str, answer: Handler) -> Route<Account> {
    Route { method: Method::GET, pattern, produces: Produces::File, answer }
}

const fn post(pattern: &'static str, answer: Handler) -> Route<Account> {
    Route { method: Method::POST, pattern, produces: Produces::Json, answer }
}

const fn put(pattern: &'static str, answer: Handler) -> Route<Account> {
    Route { method: Method::PUT, pattern, produces: Produces::Json, answer }
}

impl Account {
    pub(crate) fn new(settings: Settings, network: Network, now: DateTime<Utc>) -> Self {
        let mut random = Random::default();
        Self {
            users: users::starting(settings.key_may_approve),
            container_keys: (random.word(32), random.word(32)),
            organizations: organizations::starting(now),
            domains: Register::starting_at(FIRST_DOMAIN),
            orders: Register::starting_at(FIRST_ORDER),
            certificates: Register::starting_at(FIRST_CERTIFICATE),
            requests: Register::starting_at(FIRST_REQUEST),
            receipts: Register::starting_at(FIRST_RECEIPT),
            authority: Authority::new(),
            settings,
            network,
            random,
        }
    }

    /// Answers a request: key, route, `Accept`, body, handler.
    pub(crate) fn answer(&mut self, request: &Request<Bytes>, now: DateTime<Utc>) -> Answer {
        self.authenticate(request.headers())?;
        let (route, params) = segments(request.uri(), BASE)
            .and_then(|segments| find(ROUTES, request.method(), &segments))
            .ok_or_else(|| Refusal::not_found("route"))?;
        if !accepts(request, route.produces) {
            return Err(Refusal::not_acceptable());
        }
        // Clients send bodies with GET; the service does not look.
        let body = if route.method == Method::GET { Body::default() } else { Body::read(request.body())? };
        let call = Call { params, query: Query::of(request.uri()), body, now };
        self.at(now, |account| (route.answer)(account, &call))
    }

    /// Does something at a time: the account has caught up before and catches up after.
    pub(crate) fn at<T>(&mut self, now: DateTime<Utc>, act: impl FnOnce(&mut Self) -> T) -> T {
        self.catch_up(now);
        let result = act(self);
        self.catch_up(now);
        result
    }

    fn authenticate(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let denied = Refusal::access_denied("access_denied_invalid_key");
        match headers.get(KEY_HEADER) {
            Some(key) if key.as_bytes() == self.settings.api_key.as_bytes() => Ok(()),
            Some(_) => Err(denied),
            // No source shows the answer to a missing key.
            None => Err(denied.with_status(self.settings.missing_key_status)),
        }
    }
}

/// The answer to a request for no service at all.
pub(crate) fn no_such_route() -> Reply {
    Refusal::not_found("route").into()
}
