//! Lists of orders and what the account starts with.

use super::*;

#[tokio::test]
async fn orders_are_filtered_and_sorted() {
    let caller = Caller::new();
    assert_eq!(caller.get("/order/certificate").await, json!({"page": {"total": 0, "limit": 1000, "offset": 0}}));
    caller.validated_domain("example.com").await;
    let first = caller.order(caller.order_body("www.example.com")).await;
    caller.sandbox.clock().advance(2 * DAY);
    let second = caller.order(caller.order_body("pending.example.org")).await;
    for (query, total) in [
        ("filters[status]=issued", 1),
        ("filters[status][0]=issued&filters[status][1]=pending", 2),
        ("filters[status]=", 2),
        ("filters[common_name]=%25example.com", 1),
        ("filters[common_name]=%example.com", 1),
        ("filters[search]=www.example.com", 1),
        ("filters[search]=example.com", 0),
        ("filters[product_name_id][0]=ssl_basic&filters[product_name_id][1]=ssl_securesite_flex", 2),
        ("filters[valid_till]=%3E2026-09-01", 1),
        ("filters[valid_till]=%3C2026-09-01", 0),
        ("filters[date_created]=2026-03-02...2026-03-03", 1),
        ("filters[date_created]=2026-03-01+00:00:00...2026-03-01+23:59:59", 1),
        ("container_id=129626&organization_id=754781", 2),
        ("filters[organization_id]=5", 0),
        ("filters[is_renewed]=0", 2),
        ("filters[nonsense]=1", 2),
    ] {
        assert_eq!(caller.get(&format!("/order/certificate?{query}")).await["page"]["total"], total, "{query}");
    }
    for (sort, id) in
        [("order_id", &first), ("+order_id", &first), ("-order_id", &second), ("common_name", &second), ("-date_valid_till", &first)]
    {
        let list = caller.get(&format!("/order/certificate/?limit=1&sort={sort}")).await;
        assert_eq!(list["orders"][0]["id"], id["id"], "{sort}");
        assert_eq!(list["orders"].as_array().unwrap().len(), 1);
    }
    let orders = caller.get("/order/certificate?").await;
    assert!(orders["orders"][0]["certificate"].get("serial_number").is_none());
    assert_eq!(orders["orders"][1]["certificate"]["valid_till"], "2026-09-16");
}

#[tokio::test]
async fn orders_are_found_by_whatever_is_known_of_them() {
    let caller = Caller::new();
    let emails = json!(["ops@example.com"]);
    caller.validated_domain("example.com").await;
    let body = with(caller.order_body("b.example.com"), "certificate.dns_names", json!(["c.example.com"]));
    let first = caller.order(with(body, "additional_emails", emails)).await;
    let (_, duplicate) =
        caller.post(&format!("/order/certificate/{}/duplicate", first["id"]), caller.again(&["b.example.com", "c.example.com"])).await;
    caller.sandbox.clock().advance(DAY);
    let second = caller.order(with(caller.order_body("a.example.com"), "disable_renewal_notifications", json!(true))).await;
    let serial = caller.info(&first).await["certificate"]["serial_number"].as_str().unwrap().trim_start_matches('0').to_lowercase();
    let id = first["id"].to_string();
    for (query, total) in [
        ("filters[email]=ops@example.com".to_owned(), 1),
        ("filters[email]=%25digicert.com".to_owned(), 2),
        ("filters[search]=ops@example.com".to_owned(), 1),
        (format!("filters[search]=%25{}", &id[2..]), 1),
        (format!("filters[id]={id}"), 1),
        ("filters[domain_name]=c.example.com".to_owned(), 1),
        ("filters[domain_name]=%25example.com".to_owned(), 2),
        (format!("filters[serial_number]={serial}"), 1),
        (format!("filters[certificate_id]={}", duplicate["certificate_id"]), 1),
        (format!("filters[certificate_id]={}&filters[serial_number]={serial}", duplicate["certificate_id"]), 0),
        ("filters[disable_renewal_notifications]=1".to_owned(), 1),
        ("filters[origin]=certcentral".to_owned(), 2),
        ("filters[date_created]=%3E2026-03-01".to_owned(), 1),
        ("filters[date_created]=%3C2026-03-02&filters[common_name]=a.example.com".to_owned(), 0),
        ("filters[valid_till]=2026-09-16+00:00:00...2026-09-16+23:59:59".to_owned(), 1),
        ("filters[product_name_id][]=ssl_basic".to_owned(), 0),
    ] {
        assert_eq!(caller.get(&format!("/order/certificate?{query}")).await["page"]["total"], total, "{query}");
    }
    for (sort, front) in [
        ("status,common_name", &second),
        ("-status,-common_name", &first),
        ("product_name,-order_id", &second),
        ("validity_years,%2Border_id", &first),
        ("date_valid_till", &first),
        ("-date_created", &second),
        ("nonsense", &second),
    ] {
        assert_eq!(caller.get(&format!("/order/certificate?sort={sort}")).await["orders"][0]["id"], front["id"], "{sort}");
    }
}

#[tokio::test]
async fn an_account_starts_with_people_a_container_and_two_organizations() {
    let caller = Caller::new();
    let user = caller.get("/user/me").await;
    assert_eq!((&user["id"], &user["container"]["id"]), (&json!(14), &json!(129_626)));
    assert_eq!(caller.get("/user/14").await, user);
    let containers = caller.get("/container").await;
    assert_eq!((&containers["containers"][0]["parent_id"], containers.get("page")), (&json!(0), None));
    assert_eq!(caller.get("/container/129626").await, containers["containers"][0]);

    let organizations = caller.get("/organization/?include_validation=true").await;
    assert_eq!(organizations["page"]["total"], 2);
    assert_eq!(organizations["organizations"][0]["name"], "Win The Customer, LLC");
    assert_eq!(organizations["organizations"][0]["validations"][1]["status"], "active");
    assert!(organizations["organizations"][1].get("validations").is_none());
    assert_eq!(caller.get("/organization?filters[status]=inactive").await["page"]["total"], 0);
    let info = caller.get(&format!("/organization/{ORGANIZATION}")).await;
    assert_eq!(info["organization_contact"]["last_name"], "Smith");
    let validations = caller.get(&format!("/organization/{ORGANIZATION}/validation")).await;
    assert_eq!(validations["validations"].as_array().unwrap().len(), 2);
    assert_eq!(caller.get(&format!("/organization/{UNVALIDATED}/validation")).await, json!({}));
}

#[tokio::test]
async fn an_unknown_alternative_id_finds_nothing() {
    let found = Caller::new().get("/order/alternate/none").await;
    assert_eq!(found, json!({"page": {"total": 0, "limit": 1000, "offset": 0}}));
}
