//! Beginning anew, while others are in the middle of something.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;
use shomei::{
    Sandbox,
    sandbox::{FaultPlan, PersonDetails, StartingAccount},
};

use crate::door::Doors;

#[tokio::test]
async fn everything_is_as_it_was() {
    let doors = Doors::new();
    let key = doors.sandbox.api_key().to_owned();
    let root = doors.sandbox.root_certificate();
    let added = doors.done("POST", "/keys", None).await;
    doors.done("PUT", "/dns", Some(json!({"name": "example.com", "type": "TXT", "value": "x"}))).await;
    doors.done("PUT", "/files", Some(json!({"url": "http://example.com/", "body": "x"}))).await;
    doors.done("PUT", "/settings", Some(json!({"approval": "two-step", "rate_limits": true, "issue_after_seconds": 60}))).await;
    doors.done("PUT", "/jpki", Some(json!({"ocsp_available": false, "crl_available": false}))).await;
    doors.done("POST", "/cards", None).await;
    doors.done("POST", "/clock", Some(json!({"advance_seconds": 1_000_000}))).await;
    doors.done("POST", "/domains", Some(json!({"count": 3, "dcv_method": "email"}))).await;
    let tenant = doors.done("POST", "/tenants", None).await;
    doors.sandbox.set_faults(FaultPlan::seeded(1).rate(1.0));
    doors.certcentral("GET", "/domain", None).await;

    doors.done("POST", "/reset", None).await;
    let fresh = Doors::new();
    for path in ["/dns", "/files", "/mails", "/cards", "/jpki", "/settings", "/faults", "/log"] {
        assert_eq!(doors.done("GET", path, None).await, fresh.done("GET", path, None).await, "{path}");
    }
    assert!(doors.done("GET", "/clock", None).await["now"].as_str().unwrap().starts_with("2026-03-01T09:3"));
    assert_eq!(doors.certcentral("GET", "/domain", None).await.1["page"]["total"], 0);
    assert_eq!((doors.sandbox.api_key(), doors.sandbox.root_certificate()), (key.as_str(), root));
    let mut former = crate::door::request("GET", "/services/v2/user/me", None);
    former.headers_mut().insert("x-dc-devkey", added["key"].as_str().unwrap().parse().unwrap());
    assert_eq!(doors.sandbox.handle(former).await.status(), 403, "a key made later is gone");
    assert_ne!(doors.sandbox.pocketsign_token(), tenant["token"].as_str().unwrap());
    doors.sandbox.certcentral().unwrap().users().me().send().await.unwrap();

    doors.done("POST", "/reset", Some(json!({"account": "example"}))).await;
    assert!(doors.certcentral("GET", "/order/certificate", None).await.1["page"]["total"].as_u64().unwrap() > 5);
    doors.done("POST", "/reset", None).await;
    assert_eq!(doors.certcentral("GET", "/order/certificate", None).await.1["page"]["total"], 0, "as at the start");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_are_under_way_meanwhile() {
    let doors = Arc::new(Doors::to(Sandbox::builder().card(PersonDetails::default()).build()));
    let ended = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for worker in 0..4 {
        let (doors, ended) = (Arc::clone(&doors), Arc::clone(&ended));
        tasks.push(tokio::spawn(async move {
            let mut count = 0_u32;
            while !ended.load(Ordering::Relaxed) {
                let name = format!("w{worker}-{count}.example.com");
                let record = json!({"name": "example.com", "type": "TXT", "value": "x"});
                for (method, path, body) in [
                    ("PUT", "/dns", Some(record)),
                    ("POST", "/orders", Some(json!({"count": 3}))),
                    ("POST", "/cards/1/revoke", Some(json!({"reason": "superseded"}))),
                    ("GET", "/mails", None),
                    ("POST", "/tenants", None),
                    ("POST", "/clock", Some(json!({"advance_seconds": 86_400}))),
                ] {
                    // Somebody else may have been faster; nothing else may go wrong.
                    let (status, body) = doors.control(method, path, body).await;
                    assert!(matches!(status, 200 | 204 | 409), "{method} {path}: {status} {body}");
                }
                if worker == 0 {
                    // Keys take a while to make, and the person may be gone by then.
                    let _ = doors.sandbox.jpki().card(PersonDetails::default());
                    let _ = doors.sandbox.jpki().renew(2_u64);
                    let _ = doors.sandbox.jpki().move_to(1_u64, "elsewhere");
                }
                let ordered = doors.certcentral("POST", "/order/certificate/ssl_basic", Some(crate::door::order_body(&name))).await;
                assert_eq!(ordered.0, 201, "{}", ordered.1);
                count += 1;
                tokio::task::yield_now().await;
            }
            count
        }));
    }
    for round in 0..30 {
        let account = if round % 3 == 0 { "example" } else { "empty" };
        doors.done("POST", "/reset", Some(json!({"account": account}))).await;
        tokio::task::yield_now().await;
    }
    ended.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    doors.sandbox.reset(StartingAccount::Empty);
    for path in ["/domain", "/order/certificate", "/request"] {
        assert_eq!(doors.certcentral("GET", path, None).await.1["page"]["total"], 0, "{path}");
    }
    assert_eq!(doors.done("GET", "/cards", None).await["cards"].as_array().unwrap().len(), 1);
}
