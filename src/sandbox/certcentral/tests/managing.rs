//! What is done with an order after it was placed.

use super::*;

#[tokio::test]
async fn addresses_are_replaced_and_notes_collected() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let path = format!("/order/certificate/{}/additional-emails", order["id"]);
    for (emails, expected) in [
        (json!(["a@example.com", "b@example.com"]), json!(["a@example.com", "b@example.com"])),
        (json!(["c@example.com"]), json!(["c@example.com"])),
        (json!([]), json!([])),
    ] {
        assert_eq!(caller.put(&path, json!({"additional_emails": emails})).await, (204, Value::Null));
        assert_eq!(caller.info(&order).await["additional_emails"], expected);
    }
    for (body, expected) in [
        (json!({}), "required_param:additional_emails"),
        (json!({"additional_emails": ["nobody"]}), "invalid_value:additional_emails"),
        (json!({"additional_emails": "a@example.com"}), "invalid_value:additional_emails"),
    ] {
        assert_eq!(code(&caller.put(&path, body).await.1), expected);
    }

    let path = format!("/order/certificate/{}/note", order["id"]);
    let (status, note) = caller.post(&path, json!({"text": "This is a note"})).await;
    assert_eq!(status, 201);
    assert_eq!((&note["id"], &note["text"], &note["user"]["id"]), (&json!(1), &json!("This is a note"), &json!(14)));
    assert_eq!(note["date_created"], "2026-03-01T09:30:00+00:00");
    assert_eq!(caller.post(&path, json!({"text": "Another"})).await.1["id"], 2);
    assert_eq!(code(&caller.post(&path, json!({})).await.1), "required_param:text");
    assert_eq!(caller.info(&order).await["notes"][1]["text"], "Another");
}

#[tokio::test]
async fn migrated_orders_are_marked_as_renewed() {
    let caller = Caller::new();
    let order = caller.issued(&["example.com"]).await;
    let path = format!("/order/certificate/{}/status", order["id"]);
    let mark = async |word: &str| caller.put(&path, json!({"status": word})).await.0;
    assert_eq!(mark("renewed").await, 400, "not migrated");
    caller.sandbox.migrate_order(order["id"].as_u64().unwrap()).unwrap();
    assert_eq!(caller.get("/order/certificate?filters[origin]=migrated").await["page"]["total"], 1);
    assert_eq!(mark("renewed").await, 400, "too early");
    assert_eq!(mark("not_renewed").await, 400, "not marked");
    caller.sandbox.clock().advance(300 * DAY);
    assert_eq!(mark("renewed").await, 204);
    assert_eq!(caller.info(&order).await["is_renewed"], true);
    let renewal = with(caller.order_body("example.com"), "renewal_of_order_id", order["id"].clone());
    let (_, body) = caller.post("/order/certificate/ssl_basic", renewal.clone()).await;
    assert_eq!(code(&body), "invalid_value:renewal_of_order_id");
    assert_eq!(mark("not_renewed").await, 204);
    assert_eq!(caller.post("/order/certificate/ssl_basic", renewal).await.0, 201);
    assert_eq!(mark("nonsense").await, 400);
}

#[tokio::test]
async fn the_note_of_a_cancelled_order_reaches_its_request() {
    let caller = Caller::new();
    let order = caller.order(caller.order_body("example.com")).await;
    let path = format!("/order/certificate/{}/status", order["id"]);
    caller.put(&path, json!({"status": "canceled", "note": "Not needed."})).await;
    let request = caller.get(&format!("/request/{}", order["requests"][0]["id"])).await;
    assert_eq!((&request["status"], &request["processor_comment"]), (&json!("approved"), &json!("Not needed.")));
}

#[tokio::test(start_paused = true)]
async fn status_changes_are_told_by_their_time() {
    let caller = Caller::new();
    let changes = "/order/certificate/status-changes";
    assert_eq!(caller.get(&format!("{changes}?minutes=10")).await, json!({}));
    let first = caller.issued(&["example.com"]).await;
    caller.sandbox.clock().advance(DAY);
    let second = caller.order(caller.order_body("example.org")).await;
    for (query, ids) in [
        ("minutes=10", vec![&second]),
        ("minutes=1440", vec![&second, &first]),
        ("seconds=600&minutes=1430", vec![&second, &first]),
        // 09:30 UTC is 03:30 there.
        ("filters[status_last_updated]=2026-03-01", vec![&first]),
        ("filters[status_last_updated]=2026-03-01+03:30:00...2026-03-01+03:30:00", vec![&first]),
        ("filters[status_last_updated]=2026-03-01...2026-03-02", vec![&second, &first]),
        ("filters[status_last_updated]=2026-03-01+09:30:00...2026-03-02+01:00:00", vec![]),
    ] {
        let answer = caller.get(&format!("{changes}?{query}")).await;
        let expected: Vec<Value> = ids.iter().map(|order| order["id"].clone()).collect();
        let found: Vec<Value> = answer["orders"].as_array().into_iter().flatten().map(|order| order["order_id"].clone()).collect();
        assert_eq!(found, expected, "{query}");
    }
    let all = caller.get(&format!("{changes}?minutes=10080")).await;
    assert_eq!(all["orders"][0], json!({"order_id": second["id"], "certificate_id": second["certificate_id"], "status": "pending"}));
    // Who changed again after a window is left out of it.
    caller.put(&format!("/order/certificate/{}/revoke", first["id"]), json!({"skip_approval": true})).await;
    assert_eq!(caller.get(&format!("{changes}?filters[status_last_updated]=2026-03-01")).await, json!({}));
    for (query, expected) in
        [("", "required_param:minutes"), ("minutes=10081", "time_frame_too_long"), ("seconds=x", "invalid_value:seconds")]
    {
        assert_eq!(code(&caller.call("GET", &format!("{changes}?{query}"), None).await.1), expected, "{query}");
    }
}

#[tokio::test]
async fn ev_orders_are_approved_by_verified_contacts() {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    let (_, order) = caller.post("/order/certificate/ssl_ev_basic", caller.order_body("example.com")).await;
    let path = format!("/order/certificate/{}/order-approval/resend-emails", order["id"]);
    for (body, expected) in [(json!({}), "required_param:emails"), (json!({"emails": ["stranger@example.com"]}), "invalid_value:emails")] {
        assert_eq!(code(&caller.put(&path, body).await.1), expected);
    }
    assert_eq!(caller.put(&path, json!({"emails": ["john.smith@digicert.com"]})).await, (204, Value::Null));
    let mail = caller.sandbox.mails().all().pop().unwrap();
    assert_eq!((mail.kind, mail.order_id), (crate::sandbox::MailKind::OrderApproval, order["id"].as_u64()));
    let ov = caller.issued(&["example.com"]).await;
    let path = format!("/order/certificate/{}/order-approval/resend-emails", ov["id"]);
    assert_eq!(code(&caller.put(&path, json!({"emails": ["john.smith@digicert.com"]})).await.1), "invalid_status");
}
