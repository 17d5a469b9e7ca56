//! CertCentral: one account, its nouns, and the table of its endpoints.
//!
//! One module per noun. Every handler takes the account and a routed [`Call`]; what happens by itself over time is in
//! [`certificate::issuance`], and when it is checked is in [`upkeep`].

mod account;
mod agenda;
mod bulk;
mod certificate;
mod directory;
mod domain;
mod example;
mod listing;
mod lookups;
mod order;
mod organization;
mod overview;
mod people;
mod request;
mod rules;
#[cfg(test)]
mod tests;
mod upkeep;
pub(crate) mod webhook;

pub use self::bulk::{DomainShape, OrderShape, OrderState};
pub(crate) use self::order::OrderStatus;
pub(crate) use self::overview::{DomainLine, OrderLine, OrganizationLine, Overview, Proof, RequestLine};

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, Request};

use self::account::containers::{self, Container};
use self::account::custom_fields::{self, CustomField};
use self::account::keys::{self, ApiKey, acme};
use self::account::users::{self, User};
use self::account::{finance, products, reports};
use self::agenda::Agenda;
use self::certificate::{Certificate, duplicate, reissue, revocation};
use self::directory::Directory;
use self::domain::{Domain, locking};
use self::order::{Order, csr, dcv, emails, extras, status};
use self::organization::Organization;
use self::request::ApprovalRequest;
use self::upkeep::{Awake, Lists};
use self::webhook::Webhooks;
use super::authority::{self, Authority};
use super::http::{Answer, Call, Produces, Query, Reply, Route, accepts, find, segments};
use super::json::{Body, Members, NO_MEMBERS};
use super::network::Network;
use super::random::Random;
use super::rates::Calls;
use super::refusal::Refusal;
use super::register::Register;
use super::settings::{Beginning, KeyScope, SandboxSettings, StartingAccount};

/// Where the service lives below its host.
pub(crate) const BASE: &str = "/services/v2";

const KEY_HEADER: &str = "X-DC-DEVKEY";
const ACCOUNT_TOKEN_LENGTH: usize = 32;

// Ids of the size that the service assigns today.
const FIRST_DOMAIN: u64 = 1_863_015;
const FIRST_ORDER: u64 = 115_429_178;
const FIRST_CERTIFICATE: u64 = 116_470_545;
const FIRST_REQUEST: u64 = 11_203_371;
const FIRST_RECEIPT: u64 = 109_678_649;
const FIRST_CUSTOM_FIELD: u64 = 11;
const FIRST_WEBHOOK: u64 = 1234;

/// An account and everything in it.
pub(crate) struct Account {
    settings: SandboxSettings,
    network: Network,
    authority: Arc<Authority>,
    random: Random,
    keys: Register<ApiKey>,
    calls: Calls,
    users: Register<User>,
    /// What CAA records name this account by.
    account_token: String,
    containers: Register<Container>,
    custom_fields: Register<CustomField>,
    organizations: Register<Organization>,
    domains: Register<Domain>,
    orders: Register<Order>,
    certificates: Register<Certificate>,
    /// Issued, to be signed once the account is unlocked.
    unsigned: Vec<Arc<authority::Certificate>>,
    requests: Register<ApprovalRequest>,
    last_receipt: u64,
    directory: Directory,
    lists: Lists,
    agenda: Agenda,
    awake: Awake,
    webhooks: Webhooks,
}

/// The endpoints. The first matching row counts, so fixed segments come before `{…}`.
static ROUTES: &[Route<Account>] = &[
    get("/account", finance::account),
    get("/account/balance", finance::balance),
    get("/account/metadata", custom_fields::list),
    post("/account/metadata", custom_fields::add, custom_fields::ADD),
    get("/report/order/{container_id}/expiring", reports::expiring_orders),
    get("/report/request", reports::requests),
    get("/product", products::list),
    get("/product/{name_id}", products::info),
    get("/user", users::endpoints::list),
    post("/user", users::endpoints::create, users::form::CREATE),
    get("/user/me", users::endpoints::me),
    get("/user/{user_id}", users::endpoints::info),
    put("/user/{user_id}", users::endpoints::edit, users::form::EDIT),
    delete("/user/{user_id}", users::endpoints::delete),
    put("/user/{user_id}/role", users::endpoints::change_role, users::form::ROLES),
    get("/key", keys::endpoints::list),
    get("/key/api-roles", keys::endpoints::roles),
    post("/key/user/{user_id}", keys::endpoints::create, keys::KEY),
    post("/key/acme-eab", acme::create_legacy, acme::BINDING),
    post("/key/acme-eab/tlm", acme::create, acme::BINDING),
    get("/key/{key_id}", keys::endpoints::info),
    put("/key/{key_id}", keys::endpoints::edit, keys::KEY),
    put("/key/{key_id}/status", keys::endpoints::update_status, keys::STATUS),
    get("/webhook", webhook::endpoints::list),
    post("/webhook", webhook::endpoints::create, webhook::form::WEBHOOK),
    post("/webhook/test-endpoint", webhook::endpoints::test, webhook::form::TEST_ENDPOINT),
    get("/webhook/event-logs", webhook::endpoints::logs),
    get("/webhook/{webhook_id}/event-logs", webhook::endpoints::logs_of),
    put("/webhook/{webhook_id}", webhook::endpoints::edit, webhook::form::WEBHOOK),
    put("/webhook/{webhook_id}/send-challenge", webhook::endpoints::send_challenge, NO_MEMBERS),
    put("/webhook/{webhook_id}/check-challenge", webhook::endpoints::check_challenge, webhook::form::CHECK_CHALLENGE),
    put("/webhook/{webhook_id}/activate", webhook::endpoints::activate, NO_MEMBERS),
    put("/webhook/{webhook_id}/deactivate", webhook::endpoints::deactivate, NO_MEMBERS),
    get("/container", containers::list),
    get("/container/{container_id}", containers::info),
    get("/container/{container_id}/children", containers::children),
    post("/container/{container_id}/children", containers::create_child, containers::CREATE_CHILD),
    get("/container/{container_id}/template", containers::templates),
    get("/container/{container_id}/template/{template_id}", containers::template_info),
    get("/container/{container_id}/role", containers::roles),
    get("/organization", organization::list::list),
    post("/organization", organization::endpoints::create, organization::form::CREATE),
    put("/organization/{organization_id}/activate", organization::endpoints::activate, NO_MEMBERS),
    put("/organization/{organization_id}/deactivate", organization::endpoints::deactivate, NO_MEMBERS),
    post("/organization/{organization_id}/validation", organization::endpoints::submit, organization::form::SUBMIT),
    delete("/organization/{organization_id}", organization::endpoints::delete),
    get("/organization/{organization_id}", organization::endpoints::info),
    get("/organization/{organization_id}/validation", organization::endpoints::validation),
    get("/domain", domain::list::list),
    post("/domain", domain::endpoints::add, domain::form::ADD),
    get("/domain/{domain_id}", domain::endpoints::info),
    put("/domain/{domain_id}/activate", domain::endpoints::activate, NO_MEMBERS),
    put("/domain/{domain_id}/deactivate", domain::endpoints::deactivate, NO_MEMBERS),
    get("/domain/{domain_id}/validation", domain::endpoints::validation),
    post("/domain/{domain_id}/validation", domain::endpoints::submit, domain::form::SUBMIT),
    put("/domain/{domain_id}/dcv/method", domain::endpoints::change_method, domain::form::CHANGE_METHOD),
    post("/domain/{domain_id}/dcv/token", domain::endpoints::new_token, NO_MEMBERS),
    put("/domain/{domain_id}/dcv/validate-token", domain::endpoints::check, NO_MEMBERS),
    get("/domain/{domain_id}/dcv/emails", domain::endpoints::emails),
    put("/domain/{domain_id}/dcv/emails", domain::endpoints::resend_emails, domain::form::RESEND_EMAILS),
    put("/domain/{domain_id}/activate-domain-locking", locking::activate, NO_MEMBERS),
    put("/domain/{domain_id}/deactivate-domain-locking", locking::deactivate, NO_MEMBERS),
    put("/domain/{domain_id}/caa", locking::check_caa, domain::form::CHECK_CAA),
    get("/order/certificate", order::list::list),
    get("/order/certificate/status-changes", status::changes),
    post("/order/certificate/{product_name_id}", order::endpoints::place, order::form::ORDER),
    get("/order/certificate/{order_id}", order::endpoints::info),
    get("/order/certificate/{order_id}/validation", order::endpoints::validation),
    put("/order/certificate/{order_id}/status", status::update, order::form::UPDATE_STATUS),
    post("/order/certificate/{order_id}/csr", csr::add, order::form::CSR),
    get("/order/certificate/{order_id}/email-validation", emails::list),
    put("/email-validation/{token}", emails::validate, NO_MEMBERS),
    get("/order/certificate/{order_id}/reissue", reissue::list),
    post("/order/certificate/{order_id}/reissue", reissue::reissue, certificate::form::REISSUE),
    get("/order/certificate/{order_id}/duplicate", duplicate::list),
    post("/order/certificate/{order_id}/duplicate", duplicate::duplicate, certificate::form::DUPLICATE),
    put("/order/certificate/{order_id}/revoke", revocation::order, certificate::form::REVOKE),
    put("/order/certificate/{order_id}/additional-emails", extras::additional_emails, order::form::ADDITIONAL_EMAILS),
    post("/order/certificate/{order_id}/note", extras::add_note, order::form::NOTE),
    put("/order/certificate/{order_id}/auto-reissue", extras::auto_reissue, order::form::AUTO_REISSUE),
    put("/order/certificate/{order_id}/order-approval/resend-emails", extras::resend_approval, order::form::RESEND_APPROVAL),
    put("/order/certificate/{order_id}/dcv-method", dcv::change_method, order::form::CHANGE_METHOD),
    put("/order/certificate/{order_id}/dcv-random-value", dcv::random_value, NO_MEMBERS),
    put("/order/certificate/{order_id}/check-dcv", dcv::check, order::form::CHECK_CONTROL),
    put("/order/certificate/{order_id}/resend-emails", dcv::resend_emails, order::form::RESEND_EMAILS),
    get("/order/alternate/{alternative_order_id}", order::list::by_alternative_id),
    get("/request", request::list::list),
    get("/request/{request_id}", request::endpoints::info),
    put("/request/{request_id}/status", request::endpoints::update_status, request::endpoints::UPDATE_STATUS),
    get("/certificate/intermediates", certificate::endpoints::intermediates),
    get("/certificate/{certificate_id}/chain", certificate::endpoints::chain),
    put("/certificate/{certificate_id}/revoke", revocation::certificate, certificate::form::REVOKE),
    put("/certificate/{certificate_id}/archive", certificate::endpoints::archive, NO_MEMBERS),
    put("/certificate/{certificate_id}/unarchive", certificate::endpoints::unarchive, NO_MEMBERS),
    file("/certificate/download/order/{order_id}", certificate::endpoints::download_of_order),
    file("/certificate/download/order/{order_id}/format/{format}", certificate::endpoints::download_of_order),
    file("/certificate/{certificate_id}/download/format/{format}", certificate::endpoints::download),
    file("/certificate/{certificate_id}/download/platform", certificate::endpoints::download_for_platform),
    file("/certificate/{certificate_id}/download/platform/{platform_id}", certificate::endpoints::download_for_platform),
];

type Handler = fn(&mut Account, &Call) -> Answer;

const fn get(pattern: &'static str, answer: Handler) -> Route<Account> {
    Route { method: Method::GET, pattern, produces: Produces::Json, takes: NO_MEMBERS, answer }
}

const fn file(pattern: &'static str, answer: Handler) -> Route<Account> {
    Route { method: Method::GET, pattern, produces: Produces::File, takes: NO_MEMBERS, answer }
}

const fn post(pattern: &'static str, answer: Handler, takes: Members) -> Route<Account> {
    Route { method: Method::POST, pattern, produces: Produces::Json, takes, answer }
}

const fn put(pattern: &'static str, answer: Handler, takes: Members) -> Route<Account> {
    Route { method: Method::PUT, pattern, produces: Produces::Json, takes, answer }
}

const fn delete(pattern: &'static str, answer: Handler) -> Route<Account> {
    Route { method: Method::DELETE, pattern, produces: Produces::Json, takes: NO_MEMBERS, answer }
}

impl Account {
    /// The account that a sandbox begins with.
    pub(crate) fn new(
        beginning: &Beginning,
        starting: StartingAccount,
        network: Network,
        authority: Arc<Authority>,
        now: DateTime<Utc>,
    ) -> Self {
        let mut random = Random::new(beginning.seed, "certcentral");
        let users = users::starting(beginning.key_may_approve);
        let mut account = Self {
            keys: keys::register(),
            calls: Calls::default(),
            account_token: random.word(ACCOUNT_TOKEN_LENGTH),
            containers: containers::starting(&mut random),
            custom_fields: Register::starting_at(FIRST_CUSTOM_FIELD),
            organizations: organization::starting(&users[0], now),
            users: users::register(users),
            domains: Register::starting_at(FIRST_DOMAIN),
            orders: Register::starting_at(FIRST_ORDER),
            certificates: Register::starting_at(FIRST_CERTIFICATE),
            unsigned: Vec::new(),
            requests: Register::starting_at(FIRST_REQUEST),
            last_receipt: FIRST_RECEIPT - 1,
            directory: Directory::default(),
            lists: Lists::default(),
            agenda: Agenda::default(),
            awake: Awake::default(),
            webhooks: Webhooks::default(),
            authority,
            settings: beginning.settings.clone(),
            network,
            random,
        };
        let owner = account.owner().id;
        account.enter_key(beginning.api_key.clone(), owner, "api key 01".to_owned(), KeyScope::Unrestricted, None, now);
        for key in beginning.further_keys.clone() {
            account.add_key(key, now);
        }
        if starting == StartingAccount::Example {
            account.live_a_year(now);
        }
        account
    }

    pub(crate) fn settings(&self) -> &SandboxSettings {
        &self.settings
    }

    /// The certificates that were issued since this was last asked.
    pub(crate) fn take_unsigned(&mut self) -> Vec<Arc<authority::Certificate>> {
        std::mem::take(&mut self.unsigned)
    }

    /// Applies settings from now on. Pending objects may now wait for something else, so everything is checked once.
    pub(crate) fn set_settings(&mut self, settings: SandboxSettings) {
        self.settings = settings;
        self.domains.touch_all();
        self.orders.touch_all();
        self.certificates.touch_all();
    }

    /// Answers a request: key, route, `Accept`, body, handler.
    pub(crate) fn answer(&mut self, request: &Request<Bytes>, now: DateTime<Utc>) -> Answer {
        let key = self.authenticate(request.headers(), now)?;
        if self.settings.rate_limits && !self.calls.admit(&key.key, now) {
            return Err(Refusal::too_many_requests(self.settings.retry_after));
        }
        let segments = segments(request.uri(), BASE).unwrap_or_default();
        let (route, params) = find(ROUTES, request.method(), &segments).ok_or_else(|| Refusal::not_found("route"))?;
        key.must_allow(request.method(), segments.first().map_or("", String::as_str))?;
        if !accepts(request, route.produces) {
            return Err(Refusal::not_acceptable());
        }
        // Clients send bodies with GET; the service does not look.
        let body = if route.method == Method::GET { Body::default() } else { Body::read(request.body(), route.takes)? };
        let call = Call { params, query: Query::of(request.uri()), body, now, caller: key.user_id };
        self.at(now, |account| (route.answer)(account, &call))
    }

    /// Does something at a time: the account has caught up before and catches up after.
    pub(crate) fn at<T>(&mut self, now: DateTime<Utc>, act: impl FnOnce(&mut Self) -> T) -> T {
        self.catch_up(now);
        self.webhooks.begin_call(self.certificates.next());
        let result = act(self);
        self.catch_up(now);
        self.webhooks.end_call();
        result
    }

    fn authenticate(&mut self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<ApiKey, Refusal> {
        let denied = Refusal::access_denied("access_denied_invalid_key");
        match headers.get(KEY_HEADER) {
            Some(given) => self.let_in(given.as_bytes(), now).ok_or(denied),
            // No source shows the response to a missing key.
            None => Err(denied.with_status(self.settings.missing_key_status)),
        }
    }
}

/// The response to a request for no service at all.
pub(crate) fn no_such_route() -> Reply {
    Refusal::not_found("route").into()
}
