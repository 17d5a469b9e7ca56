//! The account's webhook: its state, its events, and its log.
//!
//! Events are only recorded here; [`crate::sandbox`] sends them once the account is unlocked.

pub(crate) mod endpoints;
pub(crate) mod form;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use http::Uri;
use serde_json::{Map, Value, json};

use super::Account;
use super::domain::Domain;
use crate::sandbox::authority::Purpose;
use crate::sandbox::later::{Later, later};

pub(crate) const TEST: &str = "test_webhook_endpoint";
pub(crate) const CHALLENGE: &str = "challenge_webhook_endpoint";

/// How long the token of a challenge is good.
const CHALLENGE_MINUTES: i64 = 30;
const TOKEN_LENGTH: usize = 32;

/// The state of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebhookStatus {
    /// Its address has not passed the challenge.
    Unproven,
    /// It has, and waits to be activated.
    Proven,
    Active,
    Inactive,
}

/// What happens to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebhookChange {
    ChallengePassed,
    Activated,
    Deactivated,
    Moved,
}

const TRANSITIONS: &[(WebhookStatus, WebhookChange, WebhookStatus)] = {
    use WebhookChange as On;
    use WebhookStatus as At;
    &[
        (At::Unproven, On::ChallengePassed, At::Proven),
        (At::Unproven, On::Moved, At::Unproven),
        (At::Proven, On::ChallengePassed, At::Proven),
        (At::Proven, On::Activated, At::Active),
        (At::Proven, On::Deactivated, At::Inactive),
        (At::Proven, On::Moved, At::Unproven),
        (At::Active, On::ChallengePassed, At::Active),
        (At::Active, On::Activated, At::Active),
        (At::Active, On::Deactivated, At::Inactive),
        (At::Active, On::Moved, At::Unproven),
        (At::Inactive, On::ChallengePassed, At::Inactive),
        (At::Inactive, On::Activated, At::Active),
        (At::Inactive, On::Deactivated, At::Inactive),
        (At::Inactive, On::Moved, At::Unproven),
    ]
};

impl WebhookStatus {
    /// The status after a change, if it may happen now.
    pub(crate) fn after(self, change: WebhookChange) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self, change)).map(|(.., to)| *to)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Unproven | Self::Proven => "pending",
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

/// How and when a webhook sends events; values that were never set are not shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct WebhookSettings {
    pub(crate) frequency: Option<Vec<i64>>,
    pub(crate) instant_issue: Option<bool>,
    pub(crate) chain: Option<bool>,
    pub(crate) instant_chain: Option<bool>,
}

/// The webhook of an account.
pub(crate) struct Webhook {
    pub(crate) id: u64,
    pub(crate) endpoint: String,
    pub(crate) secret: Option<String>,
    pub(crate) events: Vec<String>,
    pub(crate) status: WebhookStatus,
    pub(crate) settings: WebhookSettings,
    /// The token of the last challenge, and when it was sent.
    pub(crate) challenge: Option<(String, DateTime<Utc>)>,
}

impl Webhook {
    /// Whether a token is that of the last challenge, and still good.
    pub(crate) fn accepts(&self, token: &str, now: DateTime<Utc>) -> bool {
        self.challenge.as_ref().is_some_and(|(sent, at)| sent == token && now < *at + TimeDelta::minutes(CHALLENGE_MINUTES))
    }

    fn outgoing(&self, event: &'static str, data: impl FnOnce() -> Value + Send + 'static, attempts: u32) -> Outgoing {
        let (endpoint, secret) = (self.endpoint.clone(), self.secret.clone());
        Outgoing { endpoint, secret, event, data: Some(Arc::new(later(data))), attempts }
    }

    pub(crate) fn view(&self) -> Value {
        let mut view = json!({"id": self.id, "endpoint": self.endpoint, "events": self.events, "status": self.status.word()});
        if let Some(secret) = &self.secret {
            view["secret"] = secret.as_str().into();
        }
        let switch = |on: bool| Value::from(if on { "1" } else { "0" });
        let settings = [
            ("webhook_notification_frequency", self.settings.frequency.clone().map(Value::from)),
            ("instant_issue_webhook_notification", self.settings.instant_issue.map(switch)),
            ("webhook_send_certificate_chain", self.settings.chain.map(switch)),
            ("webhook_send_instant_issued_certificate_chain", self.settings.instant_chain.map(switch)),
        ];
        let settings: Map<_, _> = settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        if !settings.is_empty() {
            view["webhook_settings"] = settings.into();
        }
        view
    }
}

/// An event on its way.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) endpoint: String,
    pub(crate) secret: Option<String>,
    pub(crate) event: &'static str,
    pub(crate) data: Option<Arc<Later<Value>>>,
    pub(crate) attempts: u32,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outgoing").field("event", &self.event).finish_non_exhaustive()
    }
}

impl Outgoing {
    pub(crate) fn body(&self) -> Value {
        match &self.data {
            Some(data) => json!({"event": self.event, "data": ***data}),
            None => json!({"event": self.event}),
        }
    }
}

/// The host and port of an address that plain http reaches on this machine.
pub(crate) fn loopback(uri: &Uri) -> Option<(&'static str, u16)> {
    let host = match uri.host()? {
        "localhost" | "127.0.0.1" => "127.0.0.1",
        "[::1]" => "::1",
        _ => return None,
    };
    (uri.scheme_str() == Some("http")).then(|| (host, uri.port_u16().unwrap_or(80)))
}

/// What the account knows of webhooks.
#[derive(Default)]
pub(crate) struct Webhooks {
    webhook: Option<Webhook>,
    outbox: Vec<Outgoing>,
    log: Vec<Value>,
    /// When control of domains was proved, so that each time is reported once.
    proofs: BTreeMap<u64, DateTime<Utc>>,
    /// The number of the first certificate that the current call requests: those it issues itself are issued instantly.
    first_of_call: Option<u64>,
}

impl Webhooks {
    /// The webhook, if it is active and subscribed to an event.
    fn subscribed(&self, event: &str) -> Option<&Webhook> {
        self.webhook
            .as_ref()
            .filter(|webhook| webhook.status == WebhookStatus::Active && webhook.events.iter().any(|wanted| wanted == event))
    }

    pub(crate) fn begin_call(&mut self, next_certificate: u64) {
        self.first_of_call = Some(next_certificate);
    }

    pub(crate) fn end_call(&mut self) {
        self.first_of_call = None;
    }

    pub(crate) fn has_mail(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// What is to be sent since this was last asked.
    pub(crate) fn take_outbox(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outbox)
    }

    /// Writes down what became of an event. Times have no zone in this log.
    pub(crate) fn note_sent(&mut self, sent: &Outgoing, status: Option<u16>, begun: DateTime<Utc>, ended: DateTime<Utc>) {
        // Only the test event has no data, and it is no webhook's.
        let Some(data) = &sent.data else { return };
        let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S").to_string();
        let is_taken = status.is_some_and(|status| (200..300).contains(&status));
        let mut entry = json!({
            "event_name": sent.event,
            "request_status": if is_taken { "success" } else { "failure" },
            "request_sent_time": time(begun),
        });
        if let Some(status) = status {
            entry["response_received_time"] = time(ended).into();
            entry["response_code"] = status.into();
        }
        // The token of a challenge is not kept.
        if sent.event != CHALLENGE {
            entry["event_info"] = LazyLock::force(data).clone();
        }
        self.log.push(entry);
    }
}

impl Account {
    pub(crate) fn webhooks_mut(&mut self) -> &mut Webhooks {
        &mut self.webhooks
    }

    /// Sends the event to the webhook, if it is active and subscribed to it.
    pub(crate) fn tell(&mut self, event: &'static str, data: Value) {
        self.tell_later(event, move || data);
    }

    /// Sends an event whose data is made once the account is unlocked.
    fn tell_later(&mut self, event: &'static str, data: impl FnOnce() -> Value + Send + 'static) {
        if let Some(webhook) = self.webhooks.subscribed(event) {
            let outgoing = webhook.outgoing(event, data, self.settings.webhook_attempts);
            self.webhooks.outbox.push(outgoing);
        }
    }

    /// A certificate was issued; one requested by the current call is reported only if the webhook asks for that.
    pub(crate) fn tell_issued(&mut self, certificate_id: u64) -> Option<()> {
        let settings = &self.webhooks.subscribed("certificate_issued")?.settings;
        let instant = self.webhooks.first_of_call.is_some_and(|first| certificate_id >= first);
        if instant && settings.instant_issue != Some(true) {
            return None;
        }
        let wants_chain = if instant { settings.instant_chain } else { settings.chain } == Some(true);
        let order = self.orders.get(self.certificates.get(certificate_id)?.order_id)?;
        let mut data = json!({"order_id": order.id, "certificate_id": certificate_id});
        let chain = if wants_chain && order.product.purpose() == Purpose::Tls { self.chain_view(certificate_id) } else { None };
        self.tell_later("certificate_issued", move || {
            if let Some(chain) = chain {
                data["certificate_chain"] = chain();
            }
            data
        });
        Some(())
    }

    /// A certificate was revoked, or an order rejected.
    pub(crate) fn tell_of_certificate(&mut self, event: &'static str, order_id: u64, certificate_id: u64) {
        self.tell(event, json!({"order_id": order_id, "certificate_id": certificate_id}));
    }

    /// Tells of a domain that control of it was shown, once each time. The member is inferred.
    pub(crate) fn tell_of_proof(&mut self, domain_id: u64) {
        let Some(at) = self.domains.get(domain_id).and_then(|domain: &Domain| domain.approval).map(|approval| approval.at) else { return };
        if self.webhooks.proofs.insert(domain_id, at) != Some(at) {
            self.tell("domain_validated", json!({"domain_id": domain_id}));
        }
    }

    /// Sends a new challenge to the webhook's address, active or not.
    pub(crate) fn challenge(&mut self, now: DateTime<Utc>) {
        let token = self.random.word(TOKEN_LENGTH);
        let Some(webhook) = &mut self.webhooks.webhook else { return };
        webhook.challenge = Some((token.clone(), now));
        let data = json!({"token": token, "webhook_id": webhook.id});
        let outgoing = webhook.outgoing(CHALLENGE, move || data, self.settings.webhook_attempts);
        self.webhooks.outbox.push(outgoing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_webhook_may_go() {
        use WebhookChange::{Activated, ChallengePassed, Deactivated, Moved};
        for (changes, word) in [
            (&[][..], Some("pending")),
            (&[Activated], None),
            (&[Deactivated], None),
            (&[ChallengePassed], Some("pending")),
            (&[ChallengePassed, Activated], Some("active")),
            (&[ChallengePassed, Activated, Activated], Some("active")),
            (&[ChallengePassed, Activated, Deactivated], Some("inactive")),
            (&[ChallengePassed, Activated, Deactivated, Activated], Some("active")),
            (&[ChallengePassed, Activated, Moved], Some("pending")),
            (&[ChallengePassed, Activated, Moved, Activated], None),
        ] {
            let end = changes.iter().try_fold(WebhookStatus::Unproven, |status, change| status.after(*change));
            assert_eq!(end.map(WebhookStatus::word), word, "{changes:?}");
        }
    }
}
