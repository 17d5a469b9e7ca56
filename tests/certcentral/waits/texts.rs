//! What waits, and their hooks, say when they fail: what it was about, and what was missing.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_order_names_what_it_waits_for() {
    let (_way, cc) = Way::to(Sandbox::builder());
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.org").organization(ORGANIZATION);
    let pending = order.plan(Plan::years(1)).start().await.unwrap();
    let id = pending.order_id();
    let error = pending.wait(30 * MINUTE).await.unwrap_err();
    let expected = format!("order {id}: not issued within 30 min; waits for control of example.org (email)");
    assert_eq!(error.to_string(), expected);
    assert_eq!(Error::from(error).to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn every_other_flow_names_what_it_is_about_too() {
    let (_way, cc, Started { revoked, approval, revocation, .. }) = started().await;
    let id = validation(&cc, "example.org").await;
    let text = id.wait(90 * MINUTE).await.unwrap_err().to_string();
    assert_eq!(text, "domain example.org: not validated within 1 h 30 min; waits for the TXT record");

    let request = approval.request_id();
    let lazily = cc.requests().drive_approval(request).approve(false).start();
    let text = lazily.wait(HOUR).await.unwrap_err().to_string();
    assert_eq!(text, format!("request {request}: not approved within 1 h; waits for the approval of request {request}"));

    let request = revocation.request().unwrap().id;
    cc.requests().reject(request).send().await.unwrap();
    let text = revocation.wait(HOUR).await.unwrap_err().to_string();
    assert_eq!(text, format!("revocation of order {revoked}: request {request} is rejected"));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_is_told_with_what_it_was_to_publish() {
    let (_way, cc) = Way::to(Sandbox::builder());
    let pending = validation(&cc, "example.org").await.publish_with(|_| async { Err("the DNS provider is down") });
    let error = pending.wait(HOUR).await.unwrap_err();
    let expected = "domain example.org: the TXT record of example.org was not published: the DNS provider is down";
    assert_eq!(error.to_string(), expected);
    let error = Error::from(error);
    assert_eq!(error.to_string(), expected);
    let mut source: &dyn std::error::Error = &error;
    while let Some(inner) = source.source() {
        source = inner;
    }
    assert_eq!(source.to_string(), "the DNS provider is down");
}

#[tokio::test(start_paused = true)]
async fn of_many_names_an_error_tells_the_first_ones_and_how_many_more() {
    let (_way, cc) = Way::to(Sandbox::builder());
    let names = (1..40).map(|number| format!("example{number}.org"));
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example0.org").dns_names(names).organization(ORGANIZATION);
    let pending = order.plan(Plan::years(1)).start().await.unwrap();
    let text = pending.wait(30 * MINUTE).await.unwrap_err().to_string();
    assert!(text.contains("waits for control of example") && text.ends_with(", and 35 more") && text.len() < 400, "{text}");
}
