//! What bodies about webhooks hold.

use http::Uri;

use super::{WebhookSettings, loopback};
use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::Refusal;

/// The events that can be subscribed to.
const EVENTS: [&str; 9] = [
    "certificate_issued",
    "certificate_revoked",
    "order_rejected",
    "organization_validated",
    "organization_expired",
    "organization_revalidation_notice",
    "domain_validated",
    "domain_expired",
    "domain_revalidation_notice",
];
const FREQUENCIES: [i64; 6] = [90, 60, 30, 7, 0, -7];
const SHORTEST_SECRET: usize = 32;

const SETTINGS: Members = &[
    ("webhook_notification_frequency", Type::Numbers),
    ("instant_issue_webhook_notification", Type::Flag),
    ("webhook_send_certificate_chain", Type::Flag),
    ("webhook_send_instant_issued_certificate_chain", Type::Flag),
];

/// `POST /webhook` and `PUT /webhook/{webhook_id}`
pub(crate) const WEBHOOK: Members =
    &[("endpoint", Type::Text), ("secret", Type::Erasable), ("events", Type::Texts), ("webhook_settings", Type::Object(SETTINGS))];

/// `POST /webhook/test-endpoint`
pub(crate) const TEST_ENDPOINT: Members = &[("endpoint", Type::Text), ("secret", Type::Text)];

/// `PUT /webhook/{webhook_id}/check-challenge`
pub(crate) const CHECK_CHALLENGE: Members = &[("token", Type::Text)];

/// The address of a body: https, or plain http on this machine, which only a sandbox takes.
pub(crate) fn endpoint(body: &Body) -> Result<String, Refusal> {
    let endpoint = body.text("endpoint").ok_or_else(|| Refusal::required("endpoint"))?;
    let uri: Option<Uri> = endpoint.parse().ok();
    let fits = uri.is_some_and(|uri| uri.host().is_some() && (uri.scheme_str() == Some("https") || loopback(&uri).is_some()));
    if fits { Ok(endpoint.to_owned()) } else { Err(Refusal::invalid("webhook_invalid_endpoint", "The endpoint is not valid.")) }
}

/// The secret of a body, if it gives one; an empty one takes the secret away. The code for one that is too short is inferred.
pub(crate) fn secret(body: &Body) -> Result<Option<Option<String>>, Refusal> {
    match body.text("secret") {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(secret) if secret.chars().count() >= SHORTEST_SECRET => Ok(Some(Some(secret.to_owned()))),
        Some(_) => Err(Refusal::invalid_value("secret")),
    }
}

/// The events of a body, if it gives some. The code for one that is none is inferred.
pub(crate) fn events(body: &Body) -> Result<Option<Vec<String>>, Refusal> {
    let events = body.texts("events");
    if events.iter().any(|event| !EVENTS.contains(&event.as_str())) {
        return Err(Refusal::invalid_value("events"));
    }
    Ok((!events.is_empty()).then_some(events))
}

/// The settings of a body, on top of those there are.
pub(crate) fn settings(body: &Body, mut settings: WebhookSettings) -> Result<WebhookSettings, Refusal> {
    const FREQUENCY: &str = "webhook_settings.webhook_notification_frequency";
    if let Some(given) = body.at(FREQUENCY) {
        let days = given.as_array().and_then(|days| days.iter().map(serde_json::Value::as_i64).collect::<Option<Vec<_>>>());
        let days = days.filter(|days| days.iter().all(|days| FREQUENCIES.contains(days)));
        settings.frequency = Some(days.ok_or_else(|| Refusal::invalid_value(FREQUENCY))?);
    }
    for (path, setting) in [
        ("webhook_settings.instant_issue_webhook_notification", &mut settings.instant_issue),
        ("webhook_settings.webhook_send_certificate_chain", &mut settings.chain),
        ("webhook_settings.webhook_send_instant_issued_certificate_chain", &mut settings.instant_chain),
    ] {
        if body.is_given(path) {
            *setting = Some(body.flag(path));
        }
    }
    Ok(settings)
}
