//! The endpoints of webhooks. That only administrators change them is known from an early text.

use serde_json::{Value, json};

use super::form;
use super::{Outgoing, TEST, Webhook, WebhookChange, WebhookSettings, WebhookStatus};
use crate::sandbox::certcentral::{Account, FIRST_WEBHOOK, listing};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

/// What is told unless a body says what; inferred.
const DEFAULT_EVENT: &str = "certificate_issued";

impl Account {
    fn webhook(&self, call: &Call) -> Result<&Webhook, Refusal> {
        let webhook = self.webhooks.webhook.as_ref().filter(|webhook| webhook.id == call.id(0));
        webhook.ok_or_else(|| Refusal::not_found("webhook"))
    }

    /// The webhook, for one who may change it.
    fn webhook_mut(&mut self, call: &Call) -> Result<&mut Webhook, Refusal> {
        self.caller(call).must_administrate()?;
        let webhook = self.webhooks.webhook.as_mut().filter(|webhook| webhook.id == call.id(0));
        webhook.ok_or_else(|| Refusal::not_found("webhook"))
    }
}

/// `GET /webhook`; without a webhook it is an error.
pub(crate) fn list(account: &mut Account, _: &Call) -> Answer {
    let webhook = account.webhooks.webhook.as_ref();
    let webhook = webhook.ok_or_else(|| Refusal::invalid("webhook_invalid_account", "The account has no webhook."))?;
    Ok(Reply::ok(json!({"webhooks": [webhook.view()]})))
}

/// `POST /webhook`
pub(crate) fn create(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let endpoint = form::endpoint(&call.body)?;
    let (secret, events) = (form::secret(&call.body)?.flatten(), form::events(&call.body)?);
    let settings = form::settings(&call.body, WebhookSettings::default())?;
    if account.webhooks.webhook.is_some() {
        return Err(Refusal::invalid("webhook_configured_already", "A webhook is already configured for the account."));
    }
    let events = events.unwrap_or_else(|| vec![DEFAULT_EVENT.to_owned()]);
    let id = FIRST_WEBHOOK;
    let status = WebhookStatus::Unproven;
    account.webhooks.webhook = Some(Webhook { id, endpoint, secret, events, status, settings, challenge: None });
    Ok(Reply::created(json!({"webhook_id": id})))
}

/// `PUT /webhook/{webhook_id}`; another address has to pass the challenge again.
pub(crate) fn edit(account: &mut Account, call: &Call) -> Answer {
    let present = account.webhook_mut(call)?.settings.clone();
    let endpoint = form::endpoint(&call.body)?;
    let (secret, events) = (form::secret(&call.body)?, form::events(&call.body)?);
    let settings = form::settings(&call.body, present)?;
    let webhook = account.webhook_mut(call)?;
    if webhook.endpoint != endpoint {
        webhook.endpoint = endpoint;
        webhook.challenge = None;
        happen(webhook, WebhookChange::Moved)?;
    }
    webhook.secret = secret.unwrap_or_else(|| webhook.secret.take());
    webhook.events = events.unwrap_or_else(|| std::mem::take(&mut webhook.events));
    webhook.settings = settings;
    Ok(Reply::no_content())
}

/// `POST /webhook/test-endpoint`; the reply waits for the address, once the account is unlocked.
pub(crate) fn test(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let (endpoint, secret) = (form::endpoint(&call.body)?, form::secret(&call.body)?.flatten());
    let attempts = account.settings.webhook_attempts;
    Ok(Reply::ok_empty().with(Outgoing { endpoint, secret, event: TEST, data: None, attempts }))
}

/// What the test of an address comes to that does not respond with 200.
pub(crate) fn unreachable() -> Refusal {
    Refusal::invalid("webhook_endpoint_error", "The endpoint did not respond as expected.")
}

/// `PUT /webhook/{webhook_id}/send-challenge`; nothing waits for the address.
pub(crate) fn send_challenge(account: &mut Account, call: &Call) -> Answer {
    account.webhook_mut(call)?;
    account.challenge(call.now);
    Ok(Reply::no_content())
}

/// `PUT /webhook/{webhook_id}/check-challenge`
pub(crate) fn check_challenge(account: &mut Account, call: &Call) -> Answer {
    let webhook = account.webhook_mut(call)?;
    if !call.body.text("token").is_some_and(|token| webhook.accepts(token, call.now)) {
        return Err(Refusal::invalid("webhook_invalid_token", "The token is not valid."));
    }
    happen(webhook, WebhookChange::ChallengePassed)
}

/// `PUT /webhook/{webhook_id}/activate`
pub(crate) fn activate(account: &mut Account, call: &Call) -> Answer {
    happen(account.webhook_mut(call)?, WebhookChange::Activated)
}

/// `PUT /webhook/{webhook_id}/deactivate`
pub(crate) fn deactivate(account: &mut Account, call: &Call) -> Answer {
    happen(account.webhook_mut(call)?, WebhookChange::Deactivated)
}

fn happen(webhook: &mut Webhook, change: WebhookChange) -> Answer {
    let refusal = || Refusal::invalid("webhook_invalid_action", "The endpoint has not passed the challenge.");
    webhook.status = webhook.status.after(change).ok_or_else(refusal)?;
    Ok(Reply::no_content())
}

/// `GET /webhook/event-logs`
pub(crate) fn logs(account: &mut Account, call: &Call) -> Answer {
    Ok(Reply::ok(listing::page(&account.webhooks.log, "events", &call.query, Value::clone)))
}

/// `GET /webhook/{webhook_id}/event-logs`, its address in another version of the page.
pub(crate) fn logs_of(account: &mut Account, call: &Call) -> Answer {
    account.webhook(call)?;
    logs(account, call)
}
