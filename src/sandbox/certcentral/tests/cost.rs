//! A call looks at no more of a large account than of a small one.

use super::*;
use crate::sandbox::register::looks;

/// An account with so many orders, the last of which is older than a day, and some that wait for a domain.
struct Filled {
    caller: Caller,
    orders: usize,
    /// The last order that was issued.
    last: Value,
    /// The last one that waits, and the domain.
    pending: Value,
    waiting: u64,
}

async fn filled(orders: usize) -> Filled {
    let caller = Caller::new();
    caller.validated_domain("example.com").await;
    let mut last = Value::Null;
    for number in 0..orders {
        last = caller.order(caller.order_body(&format!("host{number}.example.com"))).await;
        caller.sandbox.clock().advance(Duration::from_secs(1));
    }
    let (waiting, mut pending) = (caller.add_domain("waiting.net", "dns-txt-token").await.0, Value::Null);
    for number in 0..orders / 4 {
        pending = caller.order(caller.order_body(&format!("later{number}.waiting.net"))).await;
    }
    caller.sandbox.clock().advance(DAY);
    caller.get("/user/me").await;
    Filled { caller, orders, last, pending, waiting }
}

async fn looked_at(caller: &Caller, method: &str, path: &str, body: Option<Value>) -> u64 {
    looks::take();
    let (status, body) = caller.call(method, path, body).await;
    assert!(status < 300, "{method} {path}: {body}");
    looks::take()
}

#[tokio::test(start_paused = true)]
async fn calls_cost_the_same_in_an_account_of_any_size() {
    const SMALL: usize = 100;
    const LARGE: usize = 700;
    let (small, large) = (filled(SMALL).await, filled(LARGE).await);
    let mut told = Vec::new();
    for (method, path, body) in [
        ("GET", "/user/me", None),
        ("GET", "/order/certificate/{id}", None),
        ("GET", "/order/certificate/{serial}", None),
        ("GET", "/order/certificate/{id}/validation", None),
        ("GET", "/order/certificate/{id}/reissue", None),
        ("GET", "/order/certificate?limit=100", None),
        ("GET", "/order/certificate?limit=100&filters[status]=issued", None),
        ("GET", "/order/certificate?limit=100&filters[status]=issued&filters[product_name_id]=ssl_securesite_flex&sort=common_name", None),
        ("GET", "/order/certificate?limit=100&sort=-common_name", None),
        ("GET", "/order/certificate?limit=100&sort=valid_till", None),
        ("GET", "/order/certificate?limit=100&filters[common_name]=host7.example.com", None),
        ("GET", "/order/certificate?limit=100&filters[valid_till]=%3E2020-01-01", None),
        ("GET", "/order/certificate?limit=10&sort=common_name&offset={middle}", None),
        ("GET", "/order/certificate?limit=10&sort=-common_name&offset={middle}", None),
        ("GET", "/order/certificate?limit=10&sort=valid_till,-common_name&offset={middle}", None),
        ("GET", "/order/certificate?limit=10&sort=date_created&offset={middle}", None),
        ("GET", "/order/certificate?limit=10&filters[common_name]=host1%25", None),
        ("GET", "/order/certificate?limit=10&filters[common_name]=%257.example.com", None),
        ("GET", "/order/certificate?limit=10&filters[common_name]=%25st77.ex%25", None),
        ("GET", "/order/certificate?limit=10&filters[common_name]=%25example%25", None),
        ("GET", "/order/certificate?limit=10&filters[common_name]=h%25t77%25com", None),
        ("GET", "/order/certificate?limit=10&filters[domain_name]=%257.example.com", None),
        ("GET", "/order/certificate?limit=10&filters[search]=%25st7%25", None),
        ("GET", "/order/certificate?limit=10&filters[date_created]=%3E2020-01-01", None),
        ("GET", "/order/certificate?filters[serial_number]={serial}", None),
        ("GET", "/order/certificate/status-changes?seconds=60", None),
        ("GET", "/order/alternate/nothing", None),
        ("GET", "/request?limit=100&filters[status]=approved&sort=-date", None),
        ("GET", "/report/request", None),
        ("GET", "/report/order/129626/expiring", None),
        ("GET", "/request/{request}", None),
        ("GET", "/order/certificate?limit=10&filters[status]=pending", None),
        ("GET", "/order/certificate/{pending}/validation", None),
        ("PUT", "/order/certificate/{pending}/dcv-method", Some(json!({"dcv_method": "dns-cname-token"}))),
        ("PUT", "/order/certificate/{pending}/dcv-random-value", Some(json!({}))),
        ("PUT", "/order/certificate/{pending}/check-dcv", Some(json!({}))),
        ("PUT", "/order/certificate/{pending}/dcv-method", Some(json!({"dcv_method": "email"}))),
        ("PUT", "/order/certificate/{pending}/resend-emails", Some(json!({}))),
        ("GET", "/domain?limit=100", None),
        ("GET", "/domain/{waiting}?include_dcv=true", None),
        ("GET", "/domain/{waiting}/validation", None),
        ("GET", "/domain/{waiting}/dcv/emails", None),
        ("PUT", "/domain/{waiting}/dcv/method", Some(json!({"dcv_method": "dns-txt-token"}))),
        ("POST", "/domain/{waiting}/dcv/token", Some(json!({}))),
        ("POST", "/domain/{waiting}/validation", Some(json!({"validations": [{"type": "ov"}]}))),
        ("POST", "/domain", Some(json!({"name": "new.net", "organization": {"id": ORGANIZATION}, "validations": [{"type": "ov"}]}))),
        ("GET", "/organization?limit=100", None),
        ("GET", "/organization/754781/validation", None),
        ("POST", "/organization/754781/validation", Some(json!({"validations": [{"type": "ov"}]}))),
        ("GET", "/certificate/{certificate}/chain", None),
        ("GET", "/order/certificate/{id}/duplicate", None),
        ("POST", "/order/certificate/{id}/note", Some(json!({"text": "Looked at."}))),
        ("PUT", "/certificate/{certificate}/unarchive", Some(json!({}))),
        ("POST", "/order/certificate/ssl_securesite_flex", Some(small.caller.order_body("new.example.com"))),
        ("POST", "/order/certificate/{id}/reissue", Some(small.caller.again(&["again.example.com"]))),
        ("PUT", "/order/certificate/{id}/revoke", Some(json!({"skip_approval": true}))),
    ] {
        let mut costs = [0, 0];
        for (cost, Filled { caller, orders, last: order, pending, waiting }) in costs.iter_mut().zip([&small, &large]) {
            let info = caller.info(order).await;
            let serial = info["certificate"]["serial_number"].as_str().unwrap();
            let path = path.replace("{id}", &order["id"].to_string()).replace("{serial}", serial);
            let path = path.replace("{pending}", &pending["id"].to_string()).replace("{waiting}", &waiting.to_string());
            let path = path.replace("{request}", &order["requests"][0]["id"].to_string());
            let path = path.replace("{middle}", &(orders / 2).to_string());
            let path = path.replace("{certificate}", &info["certificate"]["id"].to_string());
            *cost = looked_at(caller, method, &path, body.clone()).await;
        }
        let [small, large] = costs;
        told.push(format!("{small:>5} {large:>5} {method} {path}"));
        assert!(large * 10 <= small * 13, "{}", told.join("\n"));
    }
}
