//! The account that was lived in.

use super::*;
use crate::sandbox::ApprovalMode;

#[tokio::test]
async fn it_is_worth_exploring() {
    let caller = Caller::of(Sandbox::builder().example_account());
    for (query, total) in [
        ("/domain", 3),
        ("/domain?filters[search]=example.com", 1),
        ("/domain?filters[validation]=ov_expiring_within_30_days", 2),
        ("/order/certificate", 7),
        ("/order/certificate?filters[status]=issued", 3),
        ("/order/certificate?filters[status]=pending", 1),
        ("/order/certificate?filters[status]=needs_approval", 1),
        ("/order/certificate?filters[status]=revoked", 1),
        ("/order/certificate?filters[status]=canceled", 1),
        ("/request?filters[status]=pending", 1),
    ] {
        let found = caller.get(query).await;
        assert_eq!(found["page"]["total"], total, "{query}: {found}");
    }
}

#[tokio::test]
async fn it_has_what_ends_soon_and_what_can_be_ordered() {
    let caller = Caller::of(Sandbox::builder().example_account());
    let expiring = caller.get("/report/order/129626/expiring").await;
    assert_eq!(expiring["expiring_orders"][2], json!({"days_expiring": 30, "order_count": 1}));
    let list = caller.get("/order/certificate?filters[common_name]=shop.example.com").await;
    assert_eq!((&list["orders"][0]["order_valid_till"], &list["orders"][0]["reissues_count"]), (&json!("2026-03-21"), &json!(1)));
    let domain = caller.get("/domain?filters[search]=example.org").await;
    assert_eq!(domain["domains"][0]["dcv_expiration_datetime"], "2026-03-10T09:30:00+00:00");
    let order = caller.order(caller.order_body("shop2.example.com")).await;
    assert_eq!(caller.status(&order).await, "issued");
}

#[tokio::test]
async fn its_keys_are_gone_and_its_settings_are_the_builder_s() {
    for mode in [ApprovalMode::OneStepAuto, ApprovalMode::TwoStep, ApprovalMode::Skip] {
        let builder = Sandbox::builder().approval(mode).issue_delay(Duration::from_secs(60)).rate_limits(true).max_certificate_days(20);
        let caller = Caller::of(builder.dcv_reuse_days(5).example_account());
        assert_eq!(caller.get("/request?filters[status]=pending").await["page"]["total"], 1);
        let (_, order) = caller.post("/order/certificate/private_ssl_flex", caller.order_body("intranet.example.com")).await;
        let waits = if mode == ApprovalMode::TwoStep { "needs_approval" } else { "processing" };
        assert_eq!(caller.status(&order).await, waits, "{mode:?}");
    }
}

#[tokio::test]
async fn it_begins_at_the_edges_of_time_too() {
    for start in ["1990-01-01T00:00:00Z", "2044-12-30T00:00:00Z"] {
        let sandbox = Sandbox::builder().start_at(start.parse().unwrap()).example_account().build();
        let request = Request::get("/services/v2/order/certificate").header("X-DC-DEVKEY", sandbox.api_key()).body(Bytes::new()).unwrap();
        assert_eq!(sandbox.handle(request).await.status(), 200, "{start}");
    }
}
