//! Domain control as an order asks for it.

use super::*;

async fn pending(method: &str, product: &str) -> (Caller, Value) {
    let caller = Caller::new();
    let body = with(caller.order_body("example.com"), "dcv_method", json!(method));
    let body = with(body, "certificate.dns_names", json!(["www.example.org"]));
    let (status, order) = caller.post(&format!("/order/certificate/{product}"), body).await;
    assert_eq!(status, 201, "{order}");
    (caller, order)
}

fn path(order: &Value, what: &str) -> String {
    format!("/order/certificate/{}/{what}", order["id"])
}

#[tokio::test]
async fn a_check_tells_name_by_name() {
    for product in ["ssl_securesite_flex", "ssl_dv_geotrust"] {
        let (caller, order) = pending("dns-txt-token", product).await;
        let value = order["dcv_random_value"].as_str().unwrap();
        let check = path(&order, "check-dcv");
        caller.sandbox.dns().publish_txt("example.com", value);
        let (status, answer) = caller.put(&check, json!({})).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!((&answer["order_status"], &answer["dcv_status"]), (&json!("pending"), &json!("pending")));
        assert_eq!(
            answer["dns_name_validations"],
            json!([{"dns_name": "example.com", "status": "valid"}, {"dns_name": "www.example.org", "status": "pending"}])
        );
        for member in ["dns_names_validations", "dns_name_validations"] {
            let (_, answer) = caller.put(&check, json!({member: ["example.com"]})).await;
            assert_eq!(
                (&answer["dcv_status"], answer["dns_name_validations"].as_array().map(Vec::len)),
                (&json!("valid"), Some(1)),
                "{member}"
            );
        }
        assert_eq!(
            code(&caller.put(&check, json!({"dns_names_validations": ["a.example.net"]})).await.1),
            "invalid_value:dns_names_validations"
        );

        caller.sandbox.dns().publish_txt("example.org", value);
        let (_, answer) = caller.put(&check, json!({})).await;
        assert_eq!((&answer["order_status"], &answer["dcv_status"]), (&json!("issued"), &json!("valid")));
        assert_eq!(answer["certificate_id"], order["certificate_id"]);
    }
}

#[tokio::test]
async fn an_order_is_checked_by_its_own_value_or_the_domains() {
    let caller = Caller::new();
    let checked = async |order: &Value| caller.put(&path(order, "check-dcv"), json!({})).await.1["dcv_status"].clone();
    for (domain, shows_own) in [("example.com", true), ("example.org", false)] {
        let (_, token) = caller.add_domain(domain, "dns-txt-token").await;
        let order = async |host: &str| {
            caller.order(with(caller.order_body(&format!("{host}.{domain}")), "dcv_method", json!("dns-txt-token"))).await
        };
        let (one, other) = (order("one").await, order("other").await);
        caller.sandbox.dns().publish_txt(domain, if shows_own { other["dcv_random_value"].as_str().unwrap() } else { &token });
        // Of another order's value it learns once that order was checked.
        assert_eq!(checked(&one).await, if shows_own { "pending" } else { "valid" }, "{domain}");
        assert_eq!(checked(&other).await, "valid", "{domain}");
        assert_eq!((caller.status(&one).await, caller.status(&other).await), ("issued".into(), "issued".into()), "{domain}");
    }
}

#[tokio::test]
async fn files_and_mails_are_checked_otherwise() {
    let (caller, order) = pending("http-token", "ssl_basic").await;
    let value = order["dcv_random_value"].as_str().unwrap();
    let check = path(&order, "check-dcv");
    caller.sandbox.files().publish("http://example.com/.well-known/pki-validation/fileauth.txt", value);
    assert_eq!(code(&caller.put(&check, json!({})).await.1), "file_random_value_not_found");
    caller.sandbox.files().publish("http://www.example.org/.well-known/pki-validation/fileauth.txt", value);
    assert_eq!(caller.put(&check, json!({})).await.1["order_status"], "issued");

    let (caller, order) = pending("email", "ssl_basic").await;
    let (status, body) = caller.put(&path(&order, "check-dcv"), json!({})).await;
    assert_eq!((status, code(&body)), (400, "invalid_dns_method"));
    assert_eq!(body["errors"][0]["message"], "An error occurred while processing your request.");
    assert_eq!(code(&caller.put(&path(&order, "dcv-random-value"), json!({})).await.1), "invalid_dcv_method");
}

#[tokio::test]
async fn methods_change_and_values_live_thirty_days() {
    let (caller, order) = pending("email", "ssl_basic").await;
    let method = path(&order, "dcv-method");
    assert_eq!(code(&caller.put(&method, json!({})).await.1), "required_param:dcv_method");
    let (status, answer) = caller.put(&method, json!({"dcv_method": "dns-cname-token"})).await;
    assert_eq!((status, &answer["expiration_date"]), (200, &json!("2026-03-31T09:30:00+00:00")));
    let value = answer["dcv_random_value"].as_str().unwrap().to_owned();
    let same = caller.put(&path(&order, "dcv-random-value"), json!({})).await;
    assert_eq!(same, (200, answer));
    caller.sandbox.clock().advance(31 * DAY);
    let (_, other) = caller.put(&path(&order, "dcv-random-value"), json!({})).await;
    assert_ne!(other["dcv_random_value"], json!(value));

    let value = other["dcv_random_value"].as_str().unwrap();
    for name in ["example.com", "example.org"] {
        caller.sandbox.dns().publish_cname(&format!("{value}.{name}"), "dcv.digicert.com");
        // The domain's own check finds the order's value, too.
        let list = caller.get(&format!("/domain?filters[search]={name}")).await;
        let check = format!("/domain/{}/dcv/validate-token", list["domains"][0]["id"]);
        assert_eq!(caller.put(&check, json!({})).await.0, 200);
    }
    assert_eq!(caller.status(&order).await, "issued");
    for what in ["dcv-method", "dcv-random-value", "resend-emails"] {
        assert_eq!(code(&caller.put(&path(&order, what), json!({"dcv_method": "email"})).await.1), "invalid_status", "{what}");
    }
}

#[tokio::test]
async fn mails_are_sent_again_and_answered() {
    let (caller, order) = pending("dns-txt-token", "ssl_basic").await;
    let (status, body) = caller.put(&path(&order, "dcv-method"), json!({"dcv_method": "email"})).await;
    assert_eq!((status, body), (200, Value::Null));
    let mails = || caller.sandbox.mails().all().len();
    assert_eq!(mails(), 10);
    let resend = path(&order, "resend-emails");
    assert_eq!(caller.put(&resend, json!({})).await, (204, Value::Null));
    assert_eq!(mails(), 20);
    for (item, expected) in [
        (json!({"domain": "www.example.org", "email": "admin@example.org"}), None),
        (json!({"domain": "example.com", "email": "admin@mail.example.com", "email_domain": "mail.example.com"}), None),
        (json!({"domain": "example.net", "email": "admin@example.net"}), Some("invalid_value:domain_approval_emails.domain")),
        (json!({"domain": "example.com"}), Some("required_param:domain_approval_emails.email")),
    ] {
        let (_, body) = caller.put(&resend, json!({"domain_approval_emails": [item]})).await;
        assert_eq!(body.get("errors").map(|_| code(&body)), expected);
    }
    assert_eq!(mails(), 22);
    for address in ["admin@example.com", "admin@example.org"] {
        caller.sandbox.approve_dcv_mail(address).unwrap();
    }
    assert_eq!(caller.status(&order).await, "issued");
}

#[tokio::test]
async fn the_service_finds_values_by_itself_where_it_polls() {
    for (polling, status) in [(false, "pending"), (true, "issued")] {
        let caller = Caller::of(Sandbox::builder().dcv_polling(polling));
        let order = caller.order(with(caller.order_body("example.com"), "dcv_method", json!("dns-txt-token"))).await;
        caller.sandbox.dns().publish_txt("example.com", order["dcv_random_value"].as_str().unwrap());
        assert_eq!(caller.status(&order).await, status);
    }
}
