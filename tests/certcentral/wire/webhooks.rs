//! Webhooks.

use serde_json::{Value, json};
use shomei::{
    CertCentral,
    certcentral::{WebhookEventName, WebhookId, WebhookOptions, WebhookStatus},
};

use super::Wire;

const ENDPOINT: &str = "https://hooks.example.com/certcentral";
const SECRET: &str = "CANARY0CANARY0CANARY0CANARY0CANARY0";

pub(super) async fn webhooks(wire: &Wire, cc: &CertCentral) {
    let (id, hooks) = (WebhookId(1234), cc.webhooks());
    let listed = wire.row(hooks.list().send(), "GET /webhook", Value::Null).await.remove(0);
    assert_eq!((listed.id, listed.status), (id, Some(WebhookStatus::Pending)));
    assert_eq!(listed.webhook_settings.as_ref().unwrap().webhook_send_certificate_chain, Some(true));
    assert_eq!(listed.secret.as_ref().unwrap().expose().len(), 32);

    let bare = json!({"endpoint": ENDPOINT});
    assert_eq!(wire.row(hooks.create(ENDPOINT).send(), "POST /webhook", bare.clone()).await, id);
    let options = WebhookOptions::new().notification_days([90, 30, -7]).instant_issue(true).certificate_chain(false);
    let events = [WebhookEventName::CertificateIssued, WebhookEventName::from("of_tomorrow")];
    let settings = json!({
        "webhook_notification_frequency": [90, 30, -7],
        "instant_issue_webhook_notification": "1",
        "webhook_send_certificate_chain": "0",
        "webhook_send_instant_issued_certificate_chain": "1",
    });
    let whole = json!({
        "endpoint": ENDPOINT, "secret": SECRET, "events": ["certificate_issued", "of_tomorrow"], "webhook_settings": settings,
    });
    let options = options.instant_certificate_chain(true);
    let create = hooks.create(ENDPOINT).secret(SECRET).events(events.clone()).options(options.clone());
    wire.row(create.send(), "POST /webhook", whole.clone()).await;

    wire.row(hooks.edit(id, ENDPOINT).send(), "PUT /webhook/1234", bare.clone()).await;
    wire.row(hooks.edit(id, ENDPOINT).secret(SECRET).events(events).options(options).send(), "PUT /webhook/1234", whole).await;
    let bared = json!({"endpoint": ENDPOINT, "secret": ""});
    wire.row(hooks.edit(id, ENDPOINT).without_secret(true).send(), "PUT /webhook/1234", bared).await;

    wire.row(hooks.test_endpoint(ENDPOINT).send(), "POST /webhook/test-endpoint", bare).await;
    let local = json!({"endpoint": "http://127.0.0.1:8080/", "secret": SECRET});
    wire.row(hooks.test_endpoint("http://127.0.0.1:8080/").secret(SECRET).send(), "POST /webhook/test-endpoint", local).await;
    wire.row(hooks.send_challenge(id).send(), "PUT /webhook/1234/send-challenge", Value::Null).await;
    wire.row(hooks.check_challenge(id, "0a1b").send(), "PUT /webhook/1234/check-challenge", json!({"token": "0a1b"})).await;
    wire.row(hooks.activate(id).send(), "PUT /webhook/1234/activate", Value::Null).await;
    wire.row(hooks.deactivate(id).send(), "PUT /webhook/1234/deactivate", Value::Null).await;

    let log = wire.row(hooks.event_logs().send(), "GET /webhook/event-logs", Value::Null).await;
    assert_eq!((log.events.len(), log.events[0].event_name.clone()), (2, Some(WebhookEventName::OrderRejected)));
    assert_eq!(log.events[0].request_sent_time.unwrap().to_rfc3339(), "2023-07-14T19:09:19+00:00");
    wire.row(
        hooks.event_logs().webhook(id).page_size(10).offset(20).send(),
        "GET /webhook/1234/event-logs?limit=10&offset=20",
        Value::Null,
    )
    .await;
}

pub(super) async fn bad_webhooks(wire: &Wire, cc: &CertCentral) {
    let (id, hooks) = (WebhookId(1234), cc.webhooks());
    for secret in ["", "CANARY", "CANARY CANARY CANARY CANARY CANARY", "CANARYéCANARYéCANARYéCANARYéCANARYé"] {
        wire.refuses("secret", hooks.create(ENDPOINT).secret(secret).send()).await;
        wire.refuses("secret", hooks.edit(id, ENDPOINT).secret(secret).send()).await;
        wire.refuses("secret", hooks.test_endpoint(ENDPOINT).secret(secret).send()).await;
        let error = hooks.create(ENDPOINT).secret(secret).send().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
    }
    wire.refuses("secret", hooks.edit(id, ENDPOINT).secret(SECRET).without_secret(true).send()).await;
    for endpoint in ["", "hooks.example.com", "http://hooks.example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com"]
    {
        wire.refuses("endpoint", hooks.create(endpoint).send()).await;
        wire.refuses("endpoint", hooks.edit(id, endpoint).send()).await;
        wire.refuses("endpoint", hooks.test_endpoint(endpoint).send()).await;
    }
}
