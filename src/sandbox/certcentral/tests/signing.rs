//! Certificates are signed while the account is unlocked.

use std::cell::Cell;
use std::rc::Rc;

use http::StatusCode;

use super::webhooks::{Inbox, active};
use super::*;
use crate::sandbox::authority::tests::signatures;
use crate::sandbox::{OrderShape, lock};

/// Counts the signatures from now on; one while the account is locked fails the test.
fn watch(caller: &Caller) -> Rc<Cell<u64>> {
    let (made, seen) = (Rc::new(Cell::new(0)), caller.sandbox.clone());
    let count = Rc::clone(&made);
    signatures::watch(move || {
        assert!(seen.0.certcentral.try_lock().is_ok(), "a signature is made while the account is locked");
        count.set(count.get() + 1);
    });
    made
}

async fn download(caller: &Caller, order: &Value) -> Bytes {
    let response = caller.sandbox.handle(download_of(caller, order)).await;
    assert_eq!(response.status(), 200);
    response.into_body()
}

fn download_of(caller: &Caller, order: &Value) -> Request<Bytes> {
    let path = format!("{}/certificate/download/order/{}/format/pem_nointermediate", Sandbox::CERTCENTRAL, order["id"]);
    Request::get(path).header("X-DC-DEVKEY", caller.sandbox.api_key()).body(Bytes::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn answers_show_certificates_that_were_signed_outside_the_lock() {
    let caller = Caller::new();
    let made = watch(&caller);
    let order = caller.issued(&["example.com"]).await;
    assert_eq!(made.get(), 1);
    let id = order["id"].as_u64().unwrap();
    for (again, answered) in [("reissue", 2), ("duplicate", 3)] {
        let (_, body) = caller.post(&format!("/order/certificate/{id}/{again}"), caller.again(&["example.com"])).await;
        assert!(body["certificate_chain"][0]["pem"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"), "{body}");
        assert_eq!(made.get(), answered, "{again}");
    }
    caller.sandbox.add_orders(&OrderShape::new(5)).unwrap();
    assert_eq!(made.get(), 8);
}

#[tokio::test(start_paused = true)]
async fn what_has_come_due_is_signed_outside_the_lock() {
    let caller = Caller::of(Sandbox::builder().issue_delay(DAY));
    let made = watch(&caller);
    caller.validated_domain("example.com").await;
    for shown in 0..3 {
        let order = caller.order(caller.order_body("example.com")).await;
        caller.sandbox.clock().advance(DAY);
        assert_eq!(made.get(), shown);
        match shown {
            0 => assert_eq!(caller.info(&order).await["certificate"]["thumbprint"].as_str().unwrap().len(), 40),
            1 => assert!(download(&caller, &order).await.starts_with(b"-----BEGIN CERTIFICATE-----")),
            _ => assert!(caller.sandbox.certificate_of(order["id"].as_u64().unwrap()).unwrap().starts_with("-----BEGIN CERTIFICATE-----")),
        }
        assert_eq!(made.get(), shown + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_another_call_reads_before_it_is_signed_stays_the_same() {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    let order = Request::post(format!("{}/order/certificate/ssl_securesite_flex", Sandbox::CERTCENTRAL))
        .header("X-DC-DEVKEY", caller.sandbox.api_key())
        .body(Bytes::from(caller.order_body("example.com").to_string()))
        .unwrap();
    let (read, placed) = {
        let mut account = lock(&caller.sandbox.0.certcentral);
        let now = caller.sandbox.clock().now();
        let placed = account.answer(&order, now).unwrap();
        let id = account.overview(now).orders[0].id;
        let read = account.answer(&download_of(&caller, &json!({"id": id})), now).unwrap();
        (http::Response::<Bytes>::from(read).into_body(), placed)
    };
    let placed = placed.json().unwrap();
    assert_eq!(placed["certificate_chain"][0]["pem"].as_str().unwrap().as_bytes(), read);
    assert_eq!(download(&caller, &placed).await, read);
    let thumbprint = caller.info(&placed).await["certificate"]["thumbprint"].as_str().unwrap().to_lowercase();
    assert_eq!(caller.get(&format!("/order/certificate/{thumbprint}")).await["id"], placed["id"]);
}

#[tokio::test(start_paused = true)]
async fn events_show_certificates_that_were_signed_outside_the_lock() {
    let caller = Caller::new();
    let inbox = Inbox::of(&caller, StatusCode::OK);
    let settings = json!({"instant_issue_webhook_notification": true, "webhook_send_instant_issued_certificate_chain": true});
    active(&caller, &inbox, json!({"events": ["certificate_issued"], "webhook_settings": settings})).await;
    let made = watch(&caller);
    caller.issued(&["example.com"]).await;
    let [event] = &inbox.take().await[..] else { panic!("one certificate was issued") };
    let chain = &event["data"]["certificate_chain"];
    assert!(chain[0]["pem"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"), "{event}");
    assert_eq!(made.get(), 1);
}
