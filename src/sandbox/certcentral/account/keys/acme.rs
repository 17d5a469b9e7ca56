//! Credentials for ACME clients. They are kept among the keys; no ACME server is behind them here.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::sandbox::authority::Purpose;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::products::{self, Level, Product};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::json::{Members, Type};
use crate::sandbox::refusal::{Refusal, Refusals};
use crate::sandbox::settings::KeyScope;

const DIRECTORY: &str = "https://acme.sandbox.invalid/v2/acme/directory/";
/// The characters of a key identifier: 32 bytes as base64url.
const KID_LENGTH: usize = 43;
const HMAC_BYTES: usize = 64;
/// How much of the directory's address key info shows.
const SHOWN: usize = 4;
const LONGEST_PRIVATE_YEARS: i64 = 3;
const PROFILE: &str = "http_signed_exchange";

/// `POST /key/acme-eab` and its successor.
pub(crate) const BINDING: Members = &[
    ("name", Type::Text),
    ("product_name_id", Type::Text),
    ("organization_id", Type::Id),
    ("validity_years", Type::Number),
    ("validity_days", Type::Number),
    ("profile_option", Type::Text),
];

/// What an ACME client orders with its credentials.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    product: &'static Product,
    organization_id: Option<u64>,
    years: i64,
    days: i64,
}

impl Account {
    /// What key info shows of credentials; numbers of days and years are texts.
    pub(crate) fn binding_view(&self, binding: &Binding) -> Vec<(&'static str, Value)> {
        let shown = &DIRECTORY[DIRECTORY.len() - SHOWN..];
        let mut view = vec![
            ("acme_directory_url", format!("******{shown}").into()),
            ("product_name_id", binding.product.name_id.into()),
            ("product_name", binding.product.name.into()),
            ("validity_days", binding.days.to_string().into()),
            ("validity_years", binding.years.to_string().into()),
        ];
        if let Some(organization) = binding.organization_id.and_then(|id| self.organizations.get(id)) {
            view.extend([("organization_id", organization.id.into()), ("organization_name", organization.identity.name.clone().into())]);
        }
        view
    }

    /// Reads and checks what is asked for. The former service knows no DV and wants a number of years.
    fn read_binding(&self, call: &Call, former: bool) -> Result<(String, Binding), Refusal> {
        let body = &call.body;
        let mut refusals = Refusals::default();
        let name = refusals.require(body.text("name"), "name").to_owned();
        let product = refusals.require(body.text("product_name_id"), "product_name_id");
        let (years, days) = (body.number("validity_years"), body.number("validity_days"));
        if years.is_none() && (former || days.is_none()) {
            refusals.push(Refusal::required("validity_years"));
        }
        if body.text("profile_option").is_some_and(|profile| profile != PROFILE) {
            refusals.push(Refusal::invalid_value("profile_option"));
        }
        refusals.into_result()?;
        let product = products::find(product)?;
        if product.purpose() != Purpose::Tls || former && product.level == Level::Domain {
            return Err(Refusal::invalid_value("product_name_id"));
        }
        let is_private = product.level == Level::Private;
        let most_years = if is_private { LONGEST_PRIVATE_YEARS } else { 1 };
        if years.is_some_and(|years| !(1..=most_years).contains(&years)) {
            return Err(Refusal::invalid_value("validity_years"));
        }
        let most_days = if is_private { most_years * 366 } else { self.settings.max_certificate_days.into() };
        if days.is_some_and(|days| !(1..=most_days).contains(&days)) {
            return Err(Refusal::invalid_value("validity_days"));
        }
        let organization_id = self.read_validated_organization(call, product)?;
        Ok((name, Binding { product, organization_id, years: years.unwrap_or_default(), days: days.unwrap_or_default() }))
    }

    /// The organization that a product is issued to; it has to be validated already.
    fn read_validated_organization(&self, call: &Call, product: &Product) -> Result<Option<u64>, Refusal> {
        let Some(kind) = product.organization_validation() else { return Ok(None) };
        let id = call.body.id("organization_id").ok_or_else(|| Refusal::required("organization_id"))?;
        let organization = self.organization(id)?;
        if organization.active && organization.is_validated(kind, call.now) {
            Ok(Some(id))
        } else {
            Err(Refusal::invalid_value("organization_id"))
        }
    }

    fn bind(&mut self, call: &Call, former: bool) -> Answer {
        let (name, binding) = self.read_binding(call, former)?;
        let kid = self.random.word(KID_LENGTH);
        let hmac = URL_SAFE_NO_PAD.encode(self.random.word(HMAC_BYTES));
        self.enter_key(kid.clone(), call.caller, name, KeyScope::Unrestricted, Some(binding), call.now);
        Ok(Reply::created(json!({"acme_directory_url": DIRECTORY, "ext_act_kid": kid, "ext_act_hmac": hmac})))
    }
}

/// `POST /key/acme-eab`, the former service; whether it still answers is not known, here it does.
pub(crate) fn create_legacy(account: &mut Account, call: &Call) -> Answer {
    account.bind(call, true)
}

/// `POST /key/acme-eab/tlm`
pub(crate) fn create(account: &mut Account, call: &Call) -> Answer {
    account.bind(call, false)
}
