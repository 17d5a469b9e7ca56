//! Webhooks: events that the service sends by itself.

#[cfg(feature = "webhooks")]
mod event;
#[cfg(feature = "webhooks")]
mod receiver;

use bon::bon;

use super::{WebhookEventName, WebhookId, docs, handle, list, sent, types};
use crate::{client::call, error::Error, secret::Redacted};

#[cfg(feature = "webhooks")]
pub use self::{
    event::WebhookEvent,
    receiver::{WebhookEvents, WebhookReceiver, WebhookReceiverBuilder},
};

handle! {
    #[doc(alias = "ウェブフック")]
    #[doc(alias = "Webhook通知")]
    /// Webhooks of an account: [`CertCentral::webhooks`](super::CertCentral::webhooks).
    ///
    /// The vendor enables webhooks per account, on request, and an account has at most one. An address gets no events until you prove that
    /// it is yours: the service sends it a challenge, and you submit the token of the challenge. So the steps are [`create`](Self::create),
    /// optionally [`test_endpoint`](Self::test_endpoint), [`send_challenge`](Self::send_challenge),
    /// [`check_challenge`](Self::check_challenge) and [`activate`](Self::activate). A `WebhookReceiver` (feature `webhooks`) reads what
    /// arrives at the address.
    ///
    /// It is not documented whether an event is sent again if its receiver was unavailable. A webhook reports sooner what polling finds
    /// anyway; it does not replace polling.
    Webhooks
}

/// How and when a webhook sends events. What is not set is left to the service, or stays as it was.
///
/// ```
/// use shomei::certcentral::WebhookOptions;
///
/// let options = WebhookOptions::new().certificate_chain(true).notification_days([30, 7, -7]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct WebhookOptions(sent::WebhookSettingsRequest);

impl WebhookOptions {
    /// Returns options with nothing set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets when events report the end of a validation, in days before it: any of 90, 60, 30, 7, 0 and -7, which is a week after it.
    #[must_use]
    pub fn notification_days(mut self, days: impl IntoIterator<Item = i64>) -> Self {
        self.0.webhook_notification_frequency = days.into_iter().collect();
        self
    }

    /// Sets whether an event is also sent for a certificate that is issued in the call that orders it. By default it is not.
    #[must_use]
    pub fn instant_issue(mut self, wanted: bool) -> Self {
        self.0.instant_issue_webhook_notification = switch(wanted);
        self
    }

    /// Sets whether the event for an issued TLS certificate includes the chain.
    #[must_use]
    pub fn certificate_chain(mut self, wanted: bool) -> Self {
        self.0.webhook_send_certificate_chain = switch(wanted);
        self
    }

    /// Sets the same for certificates that are issued in the call that orders them.
    #[must_use]
    pub fn instant_certificate_chain(mut self, wanted: bool) -> Self {
        self.0.webhook_send_instant_issued_certificate_chain = switch(wanted);
        self
    }
}

/// A yes or no as the service's reference writes it.
fn switch(wanted: bool) -> Option<String> {
    Some(if wanted { "1" } else { "0" }.to_owned())
}

/// A secret has to be long, and allowed in a header.
fn checked(secret: Redacted<String>) -> Result<Redacted<String>, Error> {
    const SHORTEST: usize = 32;
    if secret.expose().len() < SHORTEST {
        return Err(Error::invalid("secret", format!("it has fewer than {SHORTEST} characters, which the service refuses")));
    }
    if !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid("secret", "it contains characters not allowed in a header; expected visible ASCII without spaces"));
    }
    Ok(secret)
}

#[bon]
impl<'c> Webhooks<'c> {
    /// Lists the webhooks of the account, of which there is at most one (vendor page webhooks/list-webhooks).
    ///
    /// # Errors
    ///
    /// [`ErrorCode::WebhookInvalidAccount`](super::ErrorCode::WebhookInvalidAccount) when the account has none: the service does not return
    /// an empty list.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::list)] }))]
    #[builder(builder_type(name = ListWebhooks, doc { #[doc = docs!(call Webhooks::list)] }))]
    pub async fn list(self) -> Result<Vec<types::Webhook>, Error> {
        Ok(call!(self.client, list_webhooks())?.webhooks)
    }

    /// Creates the webhook of the account (vendor page webhooks/create-webhook). It gets no events until it is [activated](Self::activate).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, secret: String) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::{WebhookEventName, WebhookOptions};
    ///
    /// let id = cc.webhooks().create("https://hooks.example.com/certcentral")
    ///     .secret(secret)
    ///     .events([WebhookEventName::CertificateIssued, WebhookEventName::OrderRejected])
    ///     .options(WebhookOptions::new().instant_issue(true))
    ///     .send().await?;
    /// cc.webhooks().send_challenge(id).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the address is not https, or the secret is too short or has characters not allowed in a header;
    /// [`ErrorCode::WebhookConfiguredAlready`](super::ErrorCode::WebhookConfiguredAlready) when there is a webhook already.
    /// [`Error::is_ambiguous`] when the response was lost: [`list`](Self::list) shows whether the webhook was created.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::create)] }))]
    #[builder(on(String, into), on(Redacted<String>, into))]
    #[builder(builder_type(name = CreateWebhook, doc { #[doc = docs!(call Webhooks::create)] }))]
    pub async fn create(
        self,
        /// Where events are sent: an https address that the service can reach.
        #[builder(start_fn)]
        endpoint: String,
        /// The secret that events carry, so that their receiver can recognize them; at least 32 characters.
        secret: Option<Redacted<String>>,
        /// The events to send; by default, presumably, that certificates were issued.
        #[builder(default, with = |events: impl IntoIterator<Item = WebhookEventName>| events.into_iter().collect())]
        events: Vec<WebhookEventName>,
        /// How and when events are sent.
        options: Option<WebhookOptions>,
    ) -> Result<WebhookId, Error> {
        let secret = secret.map(checked).transpose()?;
        let request = sent::WebhookRequest { endpoint, secret, events, webhook_settings: options.map(|options| options.0) };
        let hint =
            |error: Error| if error.is_ambiguous() { error.leaving("list the webhooks: the account has at most one") } else { error };
        Ok(call!(self.client, create_webhook(&request)).map_err(hint)?.webhook_id)
    }

    /// Changes a webhook (vendor page webhooks/update-webhook-endpoint). What is not set stays as it is. A new address has to pass the
    /// challenge and be activated again.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the address is not https, or the secret is too short, has characters not allowed in a header, or is
    /// to be removed at the same time; [`Error::is_not_found`] when there is no such webhook.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::edit)] }))]
    #[builder(on(String, into), on(Redacted<String>, into))]
    #[builder(builder_type(name = EditWebhook, doc { #[doc = docs!(call Webhooks::edit)] }))]
    pub async fn edit(
        self,
        #[builder(start_fn)] id: WebhookId,
        /// Where events are sent; the service requires it even if it stays the same.
        #[builder(start_fn)]
        endpoint: String,
        /// The new secret.
        secret: Option<Redacted<String>>,
        /// Removes the secret from events. A `WebhookReceiver` then refuses them.
        #[builder(default)]
        without_secret: bool,
        /// The events to send.
        #[builder(default, with = |events: impl IntoIterator<Item = WebhookEventName>| events.into_iter().collect())]
        events: Vec<WebhookEventName>,
        /// How and when events are sent.
        options: Option<WebhookOptions>,
    ) -> Result<(), Error> {
        let secret = match (secret, without_secret) {
            (Some(_), true) => return Err(Error::invalid("secret", "it cannot be set and removed at the same time")),
            (None, true) => Some(Redacted::new(String::new())),
            (secret, false) => secret.map(checked).transpose()?,
        };
        let change = sent::WebhookUpdate { endpoint, secret, events, webhook_settings: options.map(|options| options.0) };
        call!(self.client, edit_webhook(&id, &change))
    }

    /// Has the service send a test event to an address and wait for its response (vendor page webhooks/send-test-event). No webhook is
    /// needed.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::WebhookEndpointError`](super::ErrorCode::WebhookEndpointError) when the address does not respond with 200;
    /// [`Error::is_invalid_input`] when it is not https, or the secret is too short or has characters not allowed in a header.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::test_endpoint)] }))]
    #[builder(on(String, into), on(Redacted<String>, into))]
    #[builder(builder_type(name = TestWebhookEndpoint, doc { #[doc = docs!(call Webhooks::test_endpoint)] }))]
    pub async fn test_endpoint(
        self,
        #[builder(start_fn)] endpoint: String,
        /// The secret that the event carries.
        secret: Option<Redacted<String>>,
    ) -> Result<(), Error> {
        let test = sent::WebhookTest { endpoint, secret: secret.map(checked).transpose()? };
        call!(self.client, test_webhook_endpoint(&test))
    }

    /// Has the service send a challenge to the address of a webhook (vendor page webhooks/send-challenge-token): an event with a token that
    /// is valid for 30 minutes. Each call sends a new challenge, and only the last one counts.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such webhook.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::send_challenge)] }))]
    #[builder(builder_type(name = SendWebhookChallenge, doc { #[doc = docs!(call Webhooks::send_challenge)] }))]
    pub async fn send_challenge(self, #[builder(start_fn)] id: WebhookId) -> Result<(), Error> {
        call!(self.client, send_webhook_challenge(&id))
    }

    /// Submits the token of a challenge (vendor page webhooks/verify-challenge-token).
    ///
    /// # Errors
    ///
    /// [`ErrorCode::WebhookInvalidToken`](super::ErrorCode::WebhookInvalidToken) when the token is wrong or older than 30 minutes;
    /// [`Error::is_not_found`] when there is no such webhook. [`Error::is_ambiguous`] when the response was lost: whether the webhook can
    /// be [activated](Self::activate) shows whether the token was accepted.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::check_challenge)] }))]
    #[builder(on(Redacted<String>, into))]
    #[builder(builder_type(name = CheckWebhookChallenge, doc { #[doc = docs!(call Webhooks::check_challenge)] }))]
    pub async fn check_challenge(
        self,
        #[builder(start_fn)] id: WebhookId,
        #[builder(start_fn)] token: Redacted<String>,
    ) -> Result<(), Error> {
        call!(self.client, check_webhook_challenge(&id, &sent::WebhookChallenge { token }))
    }

    /// Activates a webhook (known from a public catalog of endpoints): from then on it gets events.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::WebhookInvalidAction`](super::ErrorCode::WebhookInvalidAction) when its address has not passed the challenge;
    /// [`Error::is_not_found`] when there is no such webhook.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::activate)] }))]
    #[builder(builder_type(name = ActivateWebhook, doc { #[doc = docs!(call Webhooks::activate)] }))]
    pub async fn activate(self, #[builder(start_fn)] id: WebhookId) -> Result<(), Error> {
        call!(self.client, activate_webhook(&id))
    }

    /// Deactivates a webhook (vendor page webhooks/deactivate-webhook): it gets no events until it is activated again.
    ///
    /// # Errors
    ///
    /// Those of [`activate`](Self::activate).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::deactivate)] }))]
    #[builder(builder_type(name = DeactivateWebhook, doc { #[doc = docs!(call Webhooks::deactivate)] }))]
    pub async fn deactivate(self, #[builder(start_fn)] id: WebhookId) -> Result<(), Error> {
        call!(self.client, deactivate_webhook(&id))
    }

    /// Lists one page of what was sent to webhooks, and with what outcome (vendor page webhooks/webhook-event-logs). The times have no time
    /// zone; they are read as UTC, as the vendor page says.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such webhook.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::event_logs)] }))]
    #[builder(builder_type(name = ListWebhookEventLogs, doc { #[doc = docs!(call Webhooks::event_logs)] }))]
    pub async fn event_logs(
        self,
        /// Only what was sent to this webhook. Uses the URL from another version of the vendor page.
        webhook: Option<WebhookId>,
        /// The maximum number of entries, up to 1000.
        page_size: Option<u32>,
        /// How many entries to skip.
        offset: Option<u64>,
    ) -> Result<types::WebhookEventLog, Error> {
        let (limit, offset) = (page_size.and_then(list::limit), offset.and_then(list::offset));
        match webhook {
            Some(id) => call!(self.client, event_logs_of_webhook(&id, limit, offset)),
            None => call!(self.client, webhook_event_logs(limit, offset)),
        }
    }
}
