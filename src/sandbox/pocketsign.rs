//! PocketSign Verify: tenants, a mock JPKI, and both versions of the API over the same state.
//!
//! One file per noun: [`jpki`] is the certificate authority with its links, lists and responder, [`tenant`] is what the service stores for
//! each tenant, [`records`] is what both versions show of it, [`v1`] and [`v2`] are the protocols.

mod authority;
mod card;
mod connect;
mod jpki;
mod message;
mod person;
mod records;
mod refusal;
mod tenant;
mod v1;
mod v2;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request, Response, header};

pub use self::card::{Card, CardCertificate, CardPerson, Jpki};
use self::jpki::Authority;
pub use self::person::{PersonDetails, RevocationCause};
use self::refusal::Refused;
use self::tenant::Tenant;
use super::http::Reply;
use super::random::Random;
use super::settings::Beginning;

const TOKEN_LENGTH: usize = 40;

/// The service with all its tenants.
pub(crate) struct Verify {
    pub(super) jpki: Authority,
    /// The card that each person holds, by the person's position in the register.
    pub(super) cards: Vec<Card>,
    /// The cards there were at the beginning.
    first_cards: Vec<Card>,
    tenants: Vec<Tenant>,
    random: Random,
    seed: Option<u64>,
}

impl Verify {
    /// The service with one tenant.
    pub(crate) fn new(beginning: &Beginning) -> Self {
        let (jpki, random) = (Authority::new(), Random::new(beginning.seed, "pocketsign"));
        let mut service = Self { jpki, cards: Vec::new(), first_cards: Vec::new(), tenants: Vec::new(), random, seed: beginning.seed };
        service.enter(beginning.pocketsign_token.clone());
        service
    }

    /// The cards made so far are those of the beginning.
    pub(crate) fn keep_cards(&mut self) {
        self.first_cards = self.cards.clone();
    }

    /// Restores the initial state: removes tenants and records, all but the first cards, and revocations.
    pub(crate) fn begin_anew(&mut self, beginning: &Beginning) {
        self.cards = self.first_cards.clone();
        self.jpki.begin_anew(&beginning.people);
        self.random = Random::new(beginning.seed, "pocketsign");
        self.tenants.clear();
        self.enter(beginning.pocketsign_token.clone());
    }

    fn enter(&mut self, token: String) {
        let random = Random::new(self.seed, &format!("tenant {}", self.tenants.len()));
        self.tenants.push(Tenant::new(token, random));
    }

    /// Adds a tenant and returns its token.
    pub(crate) fn add_tenant(&mut self) -> String {
        let token = self.random.word(TOKEN_LENGTH);
        self.enter(token.clone());
        token
    }

    /// The token of the first tenant.
    pub(crate) fn token(&self) -> &str {
        self.tenants.first().map_or("", |tenant| &tenant.token)
    }

    /// Whether a path is one of this service.
    pub(crate) fn knows(path: &str) -> bool {
        v2::knows(path) || v1::knows(path)
    }

    /// Answers a request.
    pub(crate) fn answer(&mut self, request: &Request<Bytes>, now: DateTime<Utc>) -> Response<Bytes> {
        let tenant = tenant_of(&mut self.tenants, request.headers());
        if v2::knows(request.uri().path()) {
            let reply = v2::answer(tenant, &mut self.jpki, request, now).unwrap_or_else(Refused::connect);
            return connect::compressed(reply.into(), request);
        }
        let reply = tenant.and_then(|tenant| v1::answer(tenant, &mut self.jpki, request, now));
        reply.unwrap_or_else(Refused::plain).into()
    }
}

fn tenant_of<'t>(tenants: &'t mut [Tenant], headers: &HeaderMap) -> Result<&'t mut Tenant, Refused> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    // The name of a scheme has no case.
    let token = given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (_, token) = token.ok_or(Refused::Unauthenticated)?;
    tenants.iter_mut().find(|tenant| tenant.token == token.trim()).ok_or(Refused::Unauthenticated)
}
