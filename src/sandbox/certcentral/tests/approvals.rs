//! Requests and who decides them.

use super::*;
use crate::sandbox::ApprovalMode;

async fn asked(builder: SandboxBuilder) -> (Caller, Value) {
    let caller = Caller::of(builder);
    caller.validated_domain("example.com").await;
    let order = caller.order(caller.order_body("example.com")).await;
    (caller, order)
}

#[tokio::test]
async fn each_mode_answers_in_its_own_shape() {
    use ApprovalMode::{OneStep, OneStepAuto, Skip, TwoStep};
    for (mode, request, status) in [
        (OneStepAuto, Some("approved"), "issued"),
        (Skip, None, "issued"),
        (OneStep, Some("pending"), "needs_approval"),
        (TwoStep, Some("submitted"), "needs_approval"),
    ] {
        let (caller, order) = asked(Sandbox::builder().approval(mode)).await;
        assert_eq!(order["requests"][0]["status"].as_str(), request, "{mode:?}");
        assert_eq!(order.get("certificate_id").is_some(), status == "issued", "{mode:?}");
        assert_eq!(caller.status(&order).await, status, "{mode:?}");
    }
}

#[tokio::test]
async fn skipping_takes_the_right_to_approve() {
    let caller = Caller::of(Sandbox::builder().approval(ApprovalMode::TwoStep));
    caller.validated_domain("example.com").await;
    let body = with(caller.order_body("example.com"), "skip_approval", json!(true));
    let order = caller.order(body.clone()).await;
    assert!(order.get("requests").is_none());
    assert!(order["certificate_chain"].is_array());

    let caller = Caller::of(Sandbox::builder().key_may_approve(false));
    let (status, answer) = caller.post("/order/certificate/ssl_basic", body).await;
    assert_eq!((status, code(&answer)), (403, "access_denied|missing_permission"));
    assert_eq!(caller.get("/user/me").await["access_roles"][0]["id"], 5);
}

#[tokio::test]
async fn one_step() {
    let (caller, order) = asked(Sandbox::builder().approval(ApprovalMode::OneStep)).await;
    let before = caller.get(&format!("/order/certificate/{}", order["id"])).await;
    assert!(before["certificate"].get("id").is_none());
    let path = format!("/request/{}/status", order["requests"][0]["id"]);
    let (status, _) = caller.put(&path, json!({"status": "approved", "processor_comment": "Your request is approved."})).await;
    assert_eq!(status, 204);
    assert_eq!(caller.status(&order).await, "issued");
    let request = caller.get(&format!("/request/{}", order["requests"][0]["id"])).await;
    assert_eq!(request["processor_comment"], "Your request is approved.");
    assert_eq!(request["order"]["id"], order["id"]);
    assert!(request["date_processed"].is_string());
    assert_eq!(code(&caller.put(&path, json!({"status": "rejected"})).await.1), "invalid_value:status");
}

#[tokio::test]
async fn two_steps() {
    let (caller, order) = asked(Sandbox::builder().approval(ApprovalMode::TwoStep)).await;
    let id = order["requests"][0]["id"].as_u64().unwrap();
    let path = format!("/request/{id}/status");
    assert_eq!(code(&caller.put(&path, json!({"status": "approved"})).await.1), "invalid_value:status");
    assert_eq!(caller.put(&path, json!({"status": "pending"})).await.0, 204);
    let (status, body) = caller.put(&path, json!({"status": "approved"})).await;
    assert_eq!((status, code(&body)), (403, "access_denied|invalid_approver"));
    assert_eq!(caller.sandbox.approve_request(id), Ok(()));
    assert_eq!(caller.status(&order).await, "issued");

    let (caller, order) = asked(Sandbox::builder().approval(ApprovalMode::TwoStep)).await;
    let id = order["requests"][0]["id"].as_u64().unwrap();
    assert_eq!(caller.sandbox.review_request(id), Ok(()));
    assert!(caller.sandbox.review_request(id).is_err());
    assert_eq!(caller.put(&path, json!({"status": "approved"})).await.0, 204);
    assert_eq!(caller.status(&order).await, "issued");
}

#[tokio::test]
async fn who_may_not_approve_waits_for_a_colleague() {
    let (caller, order) = asked(Sandbox::builder().key_may_approve(false)).await;
    let id = order["requests"][0]["id"].as_u64().unwrap();
    let (status, body) = caller.put(&format!("/request/{id}/status"), json!({"status": "approved"})).await;
    assert_eq!((status, code(&body)), (403, "access_denied|invalid_approver"));
    assert_eq!(caller.sandbox.approve_request(id), Ok(()));
    assert_eq!(caller.status(&order).await, "issued");
}

#[tokio::test]
async fn a_rejected_request_ends_the_order() {
    let (caller, order) = asked(Sandbox::builder().approval(ApprovalMode::OneStep)).await;
    let id = order["requests"][0]["id"].as_u64().unwrap();
    assert_eq!(caller.sandbox.reject_request(id, "No."), Ok(()));
    assert_eq!(caller.status(&order).await, "rejected");
    assert!(caller.sandbox.approve_request(id).is_err());
    assert!(caller.sandbox.approve_request(1_u64).is_err());
}

#[tokio::test]
async fn names_are_submitted_with_the_approval() {
    let caller = Caller::of(Sandbox::builder().approval(ApprovalMode::OneStep));
    let order = caller.order(caller.order_body("new.example.com")).await;
    assert_eq!(caller.get("/domain").await["page"]["total"], 0);
    caller.sandbox.approve_request(order["requests"][0]["id"].as_u64().unwrap()).unwrap();
    assert_eq!(caller.get("/domain").await["domains"][0]["name"], "example.com");
    assert_eq!(caller.status(&order).await, "pending");
}

#[tokio::test]
async fn requests_are_listed() {
    let (caller, _) = asked(Sandbox::builder().approval(ApprovalMode::OneStep)).await;
    let all = caller.get("/request").await;
    assert_eq!(all["requests"][0]["order"]["certificate"]["common_name"], "example.com");
    assert_eq!(all["requests"][0]["requester"]["id"], 14);
    for (query, total) in [("status=pending", 1), ("filters[status]=approved", 0), ("filters[search]=%25ample.com", 1)] {
        assert_eq!(caller.get(&format!("/request?{query}")).await["page"]["total"], total, "{query}");
    }
}
