//! Webhooks: what the service tells by itself.

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
    /// The vendor enables them per account, on request, and an account has one at most. An address is sent nothing until it has shown that it
    /// is the account's: it is sent a challenge, and the token in it is handed in. So the steps are [`create`](Self::create), maybe
    /// [`test_endpoint`](Self::test_endpoint), [`send_challenge`](Self::send_challenge), [`check_challenge`](Self::check_challenge) and
    /// [`activate`](Self::activate). What arrives at the address is read by a `WebhookReceiver` (feature `webhooks`).
    ///
    /// Nothing says that an event is sent again when its receiver was away. A webhook tells sooner what polling finds out anyway; it does not
    /// replace it.
    Webhooks
}

/// How and when a webhook tells; what is not said is left to the service, or as it was.
///
/// ```
/// use shomei::certcentral::WebhookOptions;
///
/// let options = WebhookOptions::new().certificate_chain(true).notification_days([30, 7, -7]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct WebhookOptions(sent::WebhookSettingsRequest);

impl WebhookOptions {
    /// Nothing said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many days before the end of a validation it is told that it ends: any of 90, 60, 30, 7, 0 and -7, which is a week after it.
    #[must_use]
    pub fn notification_days(mut self, days: impl IntoIterator<Item = i64>) -> Self {
        self.0.webhook_notification_frequency = days.into_iter().collect();
        self
    }

    /// Whether it is told, too, when a certificate is issued in the call that orders it. It is not unless this says so.
    #[must_use]
    pub fn instant_issue(mut self, wanted: bool) -> Self {
        self.0.instant_issue_webhook_notification = switch(wanted);
        self
    }

    /// Whether the chain comes along when it is told that a TLS certificate was issued.
    #[must_use]
    pub fn certificate_chain(mut self, wanted: bool) -> Self {
        self.0.webhook_send_certificate_chain = switch(wanted);
        self
    }

    /// The same for certificates that are issued in the call that orders them.
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

/// What an address of ours is known by has to be long, and to fit into a header.
fn checked(secret: Redacted<String>) -> Result<Redacted<String>, Error> {
    const SHORTEST: usize = 32;
    if secret.expose().len() < SHORTEST {
        return Err(Error::invalid("secret", format!("it has fewer than {SHORTEST} characters, and the service refuses it")));
    }
    if !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid("secret", "it travels in a header: only visible ASCII characters without blanks get through"));
    }
    Ok(secret)
}

#[bon]
impl<'c> Webhooks<'c> {
    /// Lists the webhooks of the account, which are one at most (vendor page webhooks/list-webhooks).
    ///
    /// # Errors
    ///
    /// [`ErrorCode::WebhookInvalidAccount`](super::ErrorCode::WebhookInvalidAccount) when the account has none: the service answers no empty
    /// list.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::list)] }))]
    #[builder(builder_type(name = ListWebhooks, doc { #[doc = docs!(call Webhooks::list)] }))]
    pub async fn list(self) -> Result<Vec<types::Webhook>, Error> {
        Ok(call!(self.client, list_webhooks())?.webhooks)
    }

    /// Creates the webhook of the account (vendor page webhooks/create-webhook). It is sent nothing until it is [activated](Self::activate).
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
    /// [`Error::is_invalid_input`] when the address is not https, or the secret is too short or cannot stand in a header;
    /// [`ErrorCode::WebhookConfiguredAlready`](super::ErrorCode::WebhookConfiguredAlready) when there is a webhook.
    /// [`Error::is_ambiguous`] when the response was lost: [`list`](Self::list) tells whether it was created.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::create)] }))]
    #[builder(on(String, into), on(Redacted<String>, into))]
    #[builder(builder_type(name = CreateWebhook, doc { #[doc = docs!(call Webhooks::create)] }))]
    pub async fn create(
        self,
        /// Where events are sent: an https address that the service can reach.
        #[builder(start_fn)]
        endpoint: String,
        /// What events will carry, so that their receiver knows them: 32 characters at least.
        secret: Option<Redacted<String>>,
        /// What to tell; without it, presumably, that certificates were issued.
        #[builder(default, with = |events: impl IntoIterator<Item = WebhookEventName>| events.into_iter().collect())]
        events: Vec<WebhookEventName>,
        /// How and when.
        options: Option<WebhookOptions>,
    ) -> Result<WebhookId, Error> {
        let secret = secret.map(checked).transpose()?;
        let request = sent::WebhookRequest { endpoint, secret, events, webhook_settings: options.map(|options| options.0) };
        let hint =
            |error: Error| if error.is_ambiguous() { error.leaving("list the webhooks: the account has one at most") } else { error };
        Ok(call!(self.client, create_webhook(&request)).map_err(hint)?.webhook_id)
    }

    /// Changes a webhook (vendor page webhooks/update-webhook-endpoint). What is not said stays. Another address has to pass the challenge, and
    /// to be activated, again.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the address is not https, or the secret is too short, cannot stand in a header or is to be removed at
    /// the same time; [`Error::is_not_found`] when there is no such webhook.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::edit)] }))]
    #[builder(on(String, into), on(Redacted<String>, into))]
    #[builder(builder_type(name = EditWebhook, doc { #[doc = docs!(call Webhooks::edit)] }))]
    pub async fn edit(
        self,
        #[builder(start_fn)] id: WebhookId,
        /// Where events are sent; the service wants it even if it stays.
        #[builder(start_fn)]
        endpoint: String,
        /// Another secret.
        secret: Option<Redacted<String>>,
        /// Whether events carry no secret any more. A `WebhookReceiver` refuses them then.
        #[builder(default)]
        without_secret: bool,
        /// What to tell.
        #[builder(default, with = |events: impl IntoIterator<Item = WebhookEventName>| events.into_iter().collect())]
        events: Vec<WebhookEventName>,
        /// How and when.
        options: Option<WebhookOptions>,
    ) -> Result<(), Error> {
        let secret = match (secret, without_secret) {
            (Some(_), true) => return Err(Error::invalid("secret", "it is given, and to be removed")),
            (None, true) => Some(Redacted::new(String::new())),
            (secret, false) => secret.map(checked).transpose()?,
        };
        let change = sent::WebhookUpdate { endpoint, secret, events, webhook_settings: options.map(|options| options.0) };
        call!(self.client, edit_webhook(&id, &change))
    }

    /// Sends a test event to an address and waits for its answer (vendor page webhooks/send-test-event). No webhook has to be there.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::WebhookEndpointError`](super::ErrorCode::WebhookEndpointError) when the address does not answer 200;
    /// [`Error::is_invalid_input`] when it is not https, or the secret is too short or cannot stand in a header.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::test_endpoint)] }))]
    #[builder(on(String, into), on(Redacted<String>, into))]
    #[builder(builder_type(name = TestWebhookEndpoint, doc { #[doc = docs!(call Webhooks::test_endpoint)] }))]
    pub async fn test_endpoint(
        self,
        #[builder(start_fn)] endpoint: String,
        /// What the event will carry.
        secret: Option<Redacted<String>>,
    ) -> Result<(), Error> {
        let test = sent::WebhookTest { endpoint, secret: secret.map(checked).transpose()? };
        call!(self.client, test_webhook_endpoint(&test))
    }

    /// Sends a challenge to the address of a webhook (vendor page webhooks/send-challenge-token): an event with a token, which is good for 30
    /// minutes. Each call sends another one, so of several the last counts.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such webhook.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::send_challenge)] }))]
    #[builder(builder_type(name = SendWebhookChallenge, doc { #[doc = docs!(call Webhooks::send_challenge)] }))]
    pub async fn send_challenge(self, #[builder(start_fn)] id: WebhookId) -> Result<(), Error> {
        call!(self.client, send_webhook_challenge(&id))
    }

    /// Hands in the token of a challenge (vendor page webhooks/verify-challenge-token).
    ///
    /// # Errors
    ///
    /// [`ErrorCode::WebhookInvalidToken`](super::ErrorCode::WebhookInvalidToken) when the token is wrong or older than 30 minutes;
    /// [`Error::is_not_found`] when there is no such webhook. [`Error::is_ambiguous`] when the response was lost: whether the webhook can be
    /// [activated](Self::activate) tells how it went.
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

    /// Activates a webhook (known from a public catalogue of endpoints): from now on it is sent events.
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

    /// Deactivates a webhook (vendor page webhooks/deactivate-webhook): it is sent nothing until it is activated again.
    ///
    /// # Errors
    ///
    /// As [`activate`](Self::activate).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::deactivate)] }))]
    #[builder(builder_type(name = DeactivateWebhook, doc { #[doc = docs!(call Webhooks::deactivate)] }))]
    pub async fn deactivate(self, #[builder(start_fn)] id: WebhookId) -> Result<(), Error> {
        call!(self.client, deactivate_webhook(&id))
    }

    /// Lists what was sent to webhooks and what became of it, one page (vendor page webhooks/webhook-event-logs). Its times have no zone and are
    /// read as UTC, which the page says they are.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such webhook.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Webhooks::event_logs)] }))]
    #[builder(builder_type(name = ListWebhookEventLogs, doc { #[doc = docs!(call Webhooks::event_logs)] }))]
    pub async fn event_logs(
        self,
        /// Only what was sent to this one, by the address that another version of the vendor's page has.
        webhook: Option<WebhookId>,
        /// How many entries at most, up to 1000.
        page_size: Option<u32>,
        /// How many to skip.
        offset: Option<u64>,
    ) -> Result<types::WebhookEventLog, Error> {
        let (limit, offset) = (page_size.and_then(list::limit), offset.and_then(list::offset));
        match webhook {
            Some(id) => call!(self.client, event_logs_of_webhook(&id, limit, offset)),
            None => call!(self.client, webhook_event_logs(limit, offset)),
        }
    }
}
