//! The webhook of an account: what it is asked, and what it tells.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use http::StatusCode;
use tokio::sync::mpsc;

use super::*;

const ENDPOINT: &str = "https://hooks.example.com/certcentral";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The key and the body that a receiver was sent.
type Sent = (Option<String>, Value);

/// What a receiver was sent.
#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<Mutex<Vec<Sent>>>);

impl Inbox {
    pub(super) fn of(caller: &Caller, status: StatusCode) -> Self {
        let inbox = Self::default();
        let into = inbox.clone();
        caller.sandbox.send_webhooks_to(move |event| {
            let key = event.headers().get("X-WEBHOOK-KEY").map(|key| key.to_str().unwrap().to_owned());
            into.0.lock().unwrap().push((key, serde_json::from_slice(event.body()).unwrap()));
            std::future::ready(status)
        });
        inbox
    }

    /// What has come by now, without the keys.
    pub(super) async fn take(&self) -> Vec<Value> {
        // Events are sent by tasks of this runtime.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        std::mem::take(&mut *self.0.lock().unwrap()).into_iter().map(|(_, body)| body).collect()
    }
}

/// An account with an active webhook.
pub(super) async fn active(caller: &Caller, inbox: &Inbox, members: Value) {
    let mut webhook = json!({"endpoint": ENDPOINT});
    webhook.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let (status, made) = caller.post("/webhook", webhook).await;
    assert_eq!(status, 201, "{made}");
    let id = made["webhook_id"].as_u64().unwrap();
    assert_eq!(caller.put(&format!("/webhook/{id}/send-challenge"), json!({})).await.0, 204);
    let challenge = inbox.take().await.remove(0);
    assert_eq!((&challenge["event"], &challenge["data"]["webhook_id"]), (&json!("challenge_webhook_endpoint"), &json!(id)));
    let token = json!({"token": challenge["data"]["token"]});
    assert_eq!(caller.put(&format!("/webhook/{id}/check-challenge"), token).await.0, 204);
    assert_eq!(caller.put(&format!("/webhook/{id}/activate"), json!({})).await.0, 204);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused() {
    let caller = Caller::new();
    let hook = || json!({"endpoint": ENDPOINT});
    for (method, path, body, refused) in [
        ("GET", "/webhook", json!({}), (400, "webhook_invalid_account")),
        ("POST", "/webhook", json!({}), (400, "required_param:endpoint")),
        ("POST", "/webhook", json!({"endpoint": "hooks.example.com"}), (400, "webhook_invalid_endpoint")),
        ("POST", "/webhook", json!({"endpoint": "http://hooks.example.com/"}), (400, "webhook_invalid_endpoint")),
        ("POST", "/webhook", with(hook(), "secret", json!("short")), (400, "invalid_value:secret")),
        ("POST", "/webhook", with(hook(), "events", json!(["of_tomorrow"])), (400, "invalid_value:events")),
        (
            "POST",
            "/webhook",
            with(hook(), "webhook_settings", json!({"webhook_notification_frequency": [5]})),
            (400, "invalid_value:webhook_settings.webhook_notification_frequency"),
        ),
        ("POST", "/webhook/test-endpoint", hook(), (400, "webhook_endpoint_error")),
        ("PUT", "/webhook/1234", hook(), (404, "not_found|webhook")),
        ("PUT", "/webhook/1234/send-challenge", json!({}), (404, "not_found|webhook")),
        ("PUT", "/webhook/1234/check-challenge", json!({"token": "x"}), (404, "not_found|webhook")),
        ("PUT", "/webhook/1234/activate", json!({}), (404, "not_found|webhook")),
        ("GET", "/webhook/1234/event-logs", json!({}), (404, "not_found|webhook")),
        ("DELETE", "/webhook/1234", json!({}), (404, "not_found|route")),
    ] {
        let (status, answer) = caller.call(method, path, Some(body)).await;
        assert_eq!((status, code(&answer)), refused, "{method} {path}");
    }
    assert_eq!(caller.post("/webhook", hook()).await.0, 201);
    for (method, path, body, refused) in [
        ("POST", "/webhook", hook(), (400, "webhook_configured_already")),
        ("PUT", "/webhook/1234/activate", json!({}), (400, "webhook_invalid_action")),
        ("PUT", "/webhook/1234/deactivate", json!({}), (400, "webhook_invalid_action")),
        ("PUT", "/webhook/1234/check-challenge", json!({}), (400, "webhook_invalid_token")),
        ("PUT", "/webhook/1234/check-challenge", json!({"token": "x"}), (400, "webhook_invalid_token")),
    ] {
        let (status, answer) = caller.call(method, path, Some(body)).await;
        assert_eq!((status, code(&answer)), refused, "{method} {path}");
    }
    let shown = json!({"webhooks": [{"id": 1234, "endpoint": ENDPOINT, "events": ["certificate_issued"], "status": "pending"}]});
    assert_eq!(caller.get("/webhook").await, shown);
}

#[tokio::test(start_paused = true)]
async fn a_challenge_is_good_for_half_an_hour_and_the_last_one_counts() {
    let caller = Caller::new();
    let inbox = Inbox::of(&caller, StatusCode::OK);
    caller.post("/webhook", json!({"endpoint": ENDPOINT})).await;
    let token = async || {
        caller.put("/webhook/1234/send-challenge", json!({})).await;
        inbox.take().await.pop().unwrap()["data"]["token"].clone()
    };
    let check = async |token: &Value| caller.put("/webhook/1234/check-challenge", json!({"token": token})).await.0;
    let (first, second) = (token().await, token().await);
    assert_eq!((check(&first).await, check(&second).await), (400, 204));
    let third = token().await;
    caller.sandbox.clock().advance(Duration::from_secs(30 * 60));
    assert_eq!(check(&third).await, 400);
    // It has passed all the same.
    assert_eq!(caller.put("/webhook/1234/activate", json!({})).await.0, 204);
}

#[tokio::test(start_paused = true)]
async fn the_event_of_a_later_call_does_not_overtake() {
    let caller = Caller::new();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let is_first = AtomicBool::new(true);
    caller.sandbox.send_webhooks_to(move |event| {
        let (sender, is_slow) = (sender.clone(), is_first.swap(false, Ordering::Relaxed));
        async move {
            if is_slow {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            let event: Value = serde_json::from_slice(event.body()).unwrap();
            sender.send(event["data"]["token"].clone()).unwrap();
            StatusCode::OK
        }
    });
    caller.post("/webhook", json!({"endpoint": ENDPOINT})).await;
    for _ in 0..2 {
        caller.put("/webhook/1234/send-challenge", json!({})).await;
    }
    // The challenge sent last counts.
    let mut arriving = async || {
        let token = arrived.recv().await.unwrap();
        caller.put("/webhook/1234/check-challenge", json!({"token": token})).await.0
    };
    assert_eq!((arriving().await, arriving().await), (400, 204));
}

#[tokio::test(start_paused = true)]
async fn what_an_edit_changes_and_keeps() {
    let caller = Caller::new();
    let inbox = Inbox::of(&caller, StatusCode::OK);
    let settings = json!({"instant_issue_webhook_notification": true, "webhook_send_certificate_chain": 0});
    active(&caller, &inbox, json!({"secret": SECRET, "webhook_settings": settings})).await;
    let shown = async || caller.get("/webhook").await["webhooks"][0].clone();
    assert_eq!(caller.put("/webhook/1234", json!({"endpoint": ENDPOINT})).await.0, 204);
    let kept = shown().await;
    assert_eq!((&kept["secret"], &kept["status"]), (&json!(SECRET), &json!("active")));
    let settings = json!({"instant_issue_webhook_notification": "1", "webhook_send_certificate_chain": "0"});
    assert_eq!(kept["webhook_settings"], settings);
    let edit = json!({"endpoint": "https://hooks.example.org/", "secret": "", "events": ["order_rejected"]});
    assert_eq!(caller.put("/webhook/1234", edit).await.0, 204);
    let changed = shown().await;
    assert!(changed.get("secret").is_none());
    assert_eq!((&changed["events"], &changed["status"]), (&json!(["order_rejected"]), &json!("pending")));
}

#[tokio::test(start_paused = true)]
async fn what_is_told() {
    let caller = Caller::new();
    let inbox = Inbox::of(&caller, StatusCode::OK);
    let events = ["certificate_issued", "certificate_revoked", "order_rejected", "organization_validated", "domain_validated"];
    let settings = json!({"webhook_send_certificate_chain": "1"});
    active(&caller, &inbox, json!({"secret": SECRET, "events": events, "webhook_settings": settings})).await;

    caller.sandbox.validate_organization(UNVALIDATED).unwrap();
    assert_eq!(inbox.take().await, [json!({"event": "organization_validated", "data": {"organization_id": UNVALIDATED}})]);
    let (domain, token) = caller.add_domain("example.com", "dns-txt-token").await;
    let placed = caller.order(caller.order_body("example.com")).await;
    assert_eq!(inbox.take().await, [] as [Value; 0]);
    caller.sandbox.dns().publish_txt("example.com", &token);
    assert_eq!(caller.put(&format!("/domain/{domain}/dcv/validate-token"), json!({})).await.0, 200);
    let told = inbox.take().await;
    assert_eq!(told[0], json!({"event": "domain_validated", "data": {"domain_id": domain}}));
    assert_eq!((&told[1]["event"], &told[1]["data"]["order_id"]), (&json!("certificate_issued"), &placed["id"]));
    assert_eq!(told[1]["data"]["certificate_chain"][0]["subject_common_name"], "example.com");
    assert_eq!((told.len(), told[1]["data"]["certificate_chain"].as_array().unwrap().len()), (2, 3));

    // What is issued in the call that orders it is not told of, unless wished.
    let instant = caller.order(caller.order_body("example.com")).await;
    assert!(instant["certificate_id"].is_u64(), "{instant}");
    assert_eq!(inbox.take().await, [] as [Value; 0]);
    let wish = json!({"endpoint": ENDPOINT, "webhook_settings": {"instant_issue_webhook_notification": "1"}});
    assert_eq!(caller.put("/webhook/1234", wish).await.0, 204);
    let instant = caller.order(caller.order_body("example.com")).await;
    let told = inbox.take().await;
    let data = json!({"order_id": instant["id"], "certificate_id": instant["certificate_id"]});
    assert_eq!(told, [json!({"event": "certificate_issued", "data": data})]);

    let revoke = format!("/order/certificate/{}/revoke", instant["id"]);
    let (status, revoked) = caller.put(&revoke, json!({"skip_approval": true})).await;
    assert!(status < 300, "{revoked}");
    assert_eq!(inbox.take().await, [json!({"event": "certificate_revoked", "data": data})]);
    assert_eq!(caller.put("/webhook/1234/deactivate", json!({})).await.0, 204);
    caller.sandbox.validate_organization(UNVALIDATED).unwrap();
    assert_eq!(inbox.take().await, [] as [Value; 0]);
    let log = caller.get("/webhook/event-logs").await;
    assert_eq!((&log["page"]["total"], &log["events"][0]["event_name"]), (&json!(6), &json!("challenge_webhook_endpoint")));
    assert!(log["events"][0].get("event_info").is_none());
}

#[tokio::test(start_paused = true)]
async fn an_event_is_sent_once_unless_a_setting_says_more() {
    for attempts in [1, 3] {
        let caller = Caller::of(Sandbox::builder().webhook_attempts(attempts));
        let inbox = Inbox::of(&caller, StatusCode::SERVICE_UNAVAILABLE);
        caller.post("/webhook", json!({"endpoint": ENDPOINT})).await;
        assert_eq!(caller.put("/webhook/1234/send-challenge", json!({})).await.0, 204, "nothing waits for the receiver");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(inbox.take().await.len(), attempts as usize);
        let entry = caller.get("/webhook/event-logs").await["events"][0].clone();
        assert_eq!((&entry["request_status"], &entry["response_code"]), (&json!("failure"), &json!(503)));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_anywhere_but_here() {
    let caller = Caller::new();
    for endpoint in ["https://hooks.example.com/", "https://127.0.0.1:9/"] {
        let (status, refused) = caller.post("/webhook/test-endpoint", json!({"endpoint": endpoint})).await;
        assert_eq!((status, code(&refused)), (400, "webhook_endpoint_error"), "{endpoint}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_no_administrator_changes_nothing() {
    let caller =
        Caller::of(Sandbox::builder().extra_api_key("manager", crate::sandbox::Role::Manager, crate::sandbox::KeyScope::Unrestricted));
    let (status, refused) = caller.call_as("manager", "POST", "/webhook", Some(json!({"endpoint": ENDPOINT}))).await;
    assert_eq!((status, code(&refused)), (403, "access_denied|missing_permission"));
}
