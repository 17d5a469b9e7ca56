//! The example account: a year of calls to a new account.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request};
use serde_json::{Value, json};

use super::organization::FIRST_ID;
use super::{Account, BASE, KEY_HEADER};
use crate::sandbox::authority::unheld_csr;
use crate::sandbox::settings::{ApprovalMode, FurtherKey, KeyScope, Role};

const KEY_LENGTH: usize = 48;

/// Someone who uses the account, with the clock of a year.
struct Life<'a> {
    account: &'a mut Account,
    now: DateTime<Utc>,
    csr: String,
}

impl Life<'_> {
    fn days_ago(&self, days: i64) -> DateTime<Utc> {
        self.now.checked_sub_signed(TimeDelta::days(days)).unwrap_or(self.now)
    }

    /// Makes a call with a key; a refused call only shows as missing ids.
    fn call(&mut self, key: &str, days_ago: i64, method: Method, path: &str, body: &Value) -> Value {
        let at = self.days_ago(days_ago);
        let request = Request::builder().method(method).uri(format!("{BASE}{path}")).header(KEY_HEADER, key);
        let Ok(request) = request.body(Bytes::from(body.to_string())) else {
            return Value::Null;
        };
        self.account.answer(&request, at).ok().and_then(|reply| reply.json()).unwrap_or_default()
    }

    fn certificate(&self, names: &[&str]) -> Value {
        json!({
            "common_name": names.first(),
            "dns_names": names,
            "csr": self.csr,
            "signature_hash": "sha256",
            "server_platform": {"id": 2},
        })
    }

    fn order(&mut self, key: &str, days_ago: i64, product: &str, names: &[&str], years: u32) -> Value {
        let body = json!({
            "certificate": self.certificate(names),
            "organization": {"id": FIRST_ID},
            "order_validity": {"years": years},
            "dcv_method": "dns-txt-token",
        });
        self.call(key, days_ago, Method::POST, &format!("/order/certificate/{product}"), &body)
    }

    /// Adds a domain, or begins anew with it, and shows control over it.
    fn prove(&mut self, key: &str, days_ago: i64, name: &str) {
        let known = self.account.directory.domain(name);
        let validations = json!([{"type": "ov"}, {"type": "ev"}]);
        let id = match known {
            Some(id) => {
                self.call(key, days_ago, Method::POST, &format!("/domain/{id}/validation"), &json!({"validations": validations}));
                id
            }
            None => {
                let organization = json!({"id": FIRST_ID});
                let body = json!({"name": name, "organization": organization, "validations": validations, "dcv_method": "dns-txt-token"});
                self.call(key, days_ago, Method::POST, "/domain", &body)["id"].as_u64().unwrap_or_default()
            }
        };
        let token = self.account.domains.get(id).and_then(|domain| domain.token.as_ref()).map(|token| token.value.clone());
        self.account.network.zone.publish_txt(name, &token.unwrap_or_default());
        self.call(key, days_ago, Method::PUT, &format!("/domain/{id}/dcv/validate-token"), &json!({}));
    }
}

impl Account {
    /// Lives the year up to `now`. The settings that make issuing take time or approvals do not hold for the past.
    pub(crate) fn live_a_year(&mut self, now: DateTime<Utc>) {
        let mut settings = self.settings.clone();
        std::mem::swap(&mut self.settings, &mut settings);
        // Its domains were never outside.
        let alone = self.network.alone();
        let network = std::mem::replace(&mut self.network, alone);
        self.settings.approval = ApprovalMode::OneStepAuto;
        self.settings.issue_delay = Duration::ZERO;
        self.settings.rate_limits = false;
        let keys = self.keys.clone();
        let (administrator, user) = (self.random.word(KEY_LENGTH), self.random.word(KEY_LENGTH));
        self.add_key(FurtherKey { key: administrator.clone(), role: Role::Administrator, scope: KeyScope::Unrestricted }, now);
        self.add_key(FurtherKey { key: user.clone(), role: Role::StandardUser, scope: KeyScope::Unrestricted }, now);
        tell(&mut Life { account: self, now, csr: unheld_csr() }, &administrator, &user);
        self.keys = keys;
        self.settings = settings;
        self.catch_up(now);
        self.network = network;
    }
}

/// The calls. A validation on day 190 lapses nine days from now, an order of day 350 ends in twenty.
fn tell(life: &mut Life<'_>, administrator: &str, user: &str) {
    let by = administrator;
    life.prove(by, 355, "example.com");
    let shop = life.order(by, 350, "ssl_securesite_flex", &["shop.example.com"], 1);
    life.prove(by, 190, "example.org");
    life.prove(by, 170, "example.com");
    let body = json!({"certificate": life.certificate(&["shop.example.com"])});
    life.call(by, 165, Method::POST, &format!("/order/certificate/{}/reissue", shop["id"]), &body);

    let www = life.order(by, 120, "ssl_securesite_flex", &["www.example.com", "example.com"], 2);
    let body = json!({"certificate": life.certificate(&["www.example.com", "example.com"])});
    life.call(by, 100, Method::POST, &format!("/order/certificate/{}/duplicate", www["id"]), &body);
    let emails = json!({"additional_emails": ["jill.valentine@example.com", "leon.kennedy@example.com"]});
    life.call(by, 100, Method::PUT, &format!("/order/certificate/{}/additional-emails", www["id"]), &emails);

    life.order(by, 60, "ssl_ev_basic", &["pay.example.com"], 1);
    let old = life.order(by, 50, "ssl_basic", &["old.example.org"], 1);
    let body = json!({"comments": "I no longer need this cert.", "skip_approval": true});
    life.call(by, 40, Method::PUT, &format!("/order/certificate/{}/revoke", old["id"]), &body);
    let mistake = life.order(by, 30, "ssl_basic", &["www.example.net"], 1);
    let body = json!({"status": "canceled", "note": "Ordered by mistake."});
    life.call(by, 30, Method::PUT, &format!("/order/certificate/{}/status", mistake["id"]), &body);

    life.order(by, 3, "ssl_basic", &["new.example.net", "www.new.example.net"], 1);
    life.order(user, 1, "ssl_securesite_flex", &["api.example.com"], 1);
}
