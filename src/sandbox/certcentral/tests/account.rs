//! The account's organizations, containers, people, products, fields and reports.

use super::*;
use crate::sandbox::{ApprovalMode, KeyScope, Role};

fn organization(name: &str) -> Value {
    json!({"name": name, "country": "JP", "address": "1-1", "city": "Chuo-ku", "state": "Tokyo", "zip": "104-0061", "telephone": "03-1"})
}

#[tokio::test]
async fn an_organization_from_its_creation_to_its_end() {
    let caller = Caller::new();
    let body = with(organization("署名株式会社"), "organization_contact", json!({"first_name": "Taro", "last_name": "Shinsei"}));
    let (status, created) = caller.post("/organization", body).await;
    assert_eq!(status, 201, "{created}");
    let path = format!("/organization/{}", created["id"]);
    let info = caller.get(&path).await;
    assert_eq!((&info["name"], &info["country"], &info["is_active"]), (&json!("署名株式会社"), &json!("jp"), &json!(true)));
    assert_eq!(info["organization_contact"]["last_name"], "Shinsei");

    let validation = format!("{path}/validation");
    for (body, expected) in [
        (json!({}), "required_param:validations"),
        (json!({"validations": [{"type": "OV"}]}), "invalid_value:validations.type"),
        (json!({"validations": [{"type": "ev"}]}), "required_param:validations.verified_users"),
        (json!({"validations": [{"type": "ev", "verified_users": [{"id": 5}]}]}), "invalid_value:validations.verified_users"),
        (
            json!({"validations": [{"type": "ev", "verified_users": [{"email": "a@example.com"}]}]}),
            "invalid_value:validations.verified_users",
        ),
    ] {
        assert_eq!(code(&caller.post(&validation, body.clone()).await.1), expected, "{body}");
    }
    let person = json!({"first_name": "A", "last_name": "B", "job_title": "C", "telephone": "1", "email": "a@example.com"});
    let body = json!({"validations": [{"type": "ov"}, {"type": "ev", "verified_users": [{"id": 15}, person]}]});
    assert_eq!(caller.post(&validation, body).await, (204, Value::Null));
    assert_eq!(caller.get(&validation).await["validations"][1]["status"], "pending");
    caller.sandbox.validate_organization(created["id"].as_u64().unwrap()).unwrap();
    assert_eq!(caller.get(&validation).await["validations"][1]["status"], "active");

    let domain = json!({"name": "example.com", "organization": {"id": created["id"]}, "validations": [{"type": "ov"}]});
    let (_, domain) = caller.post("/domain", domain).await;
    assert_eq!(caller.call("PUT", &format!("{path}/deactivate"), None).await, (204, Value::Null));
    assert_eq!(caller.get("/organization?filters[status]=inactive").await["page"]["total"], 1);
    assert_eq!(caller.get(&format!("/domain/{}", domain["id"])).await["is_active"], false);
    let (_, body) =
        caller.post("/order/certificate/ssl_basic", with(caller.order_body("a.example.com"), "organization", created.clone())).await;
    assert_eq!(code(&body), "invalid_value:organization.id");
    assert_eq!(caller.call("PUT", &format!("{path}/activate"), None).await, (204, Value::Null));
    assert_eq!(caller.call("DELETE", &path, None).await, (204, Value::Null));
    assert_eq!(caller.call("GET", &path, None).await.0, 404);
    assert_eq!(caller.get("/domain").await["page"]["total"], 0);
}

#[tokio::test]
async fn organizations_are_refused() {
    let caller = Caller::new();
    for (member, value, expected) in [
        ("name", json!(""), "required_param:name"),
        ("name", json!("x".repeat(65)), "invalid_value:name"),
        ("assumed_name", json!("x".repeat(60)), "invalid_value:name"),
        ("country", json!("Japan"), "invalid_value:country"),
        ("city", json!("x".repeat(65)), "invalid_value:city"),
        ("zip", json!(null), "required_param:zip"),
        ("name", json!("win the customer, llc"), "duplicate_organization"),
    ] {
        let body = with(organization("署名株式会社"), member, value.clone());
        let body = if expected == "duplicate_organization" { with(body, "country", json!("us")) } else { body };
        assert_eq!(code(&caller.post("/organization", body).await.1), expected, "{member} {value}");
    }
    let again = with(with(organization("Win The Customer, LLC"), "country", json!("us")), "skip_duplicate_org_check", json!(true));
    assert_eq!(caller.post("/organization", again).await.0, 201);

    let order = caller.order(with(caller.order_body("example.com"), "organization.id", json!(UNVALIDATED))).await;
    for (method, path) in [
        ("PUT", format!("/organization/{UNVALIDATED}/deactivate")),
        ("DELETE", format!("/organization/{UNVALIDATED}")),
        ("DELETE", format!("/organization/{ORGANIZATION}")),
    ] {
        assert_eq!(code(&caller.call(method, &path, None).await.1), "invalid_status", "{method} {path}");
    }
    caller.put(&format!("/order/certificate/{}/status", order["id"]), json!({"status": "canceled", "note": "No."})).await;
    assert_eq!(caller.call("PUT", &format!("/organization/{UNVALIDATED}/deactivate"), None).await.0, 204);
}

#[tokio::test]
async fn containers_have_children() {
    let caller = Caller::new();
    let children = "/container/129626/children";
    assert_eq!(caller.get(children).await, json!({}));
    assert_eq!(code(&caller.post(children, json!({})).await.1), "required_param:name");
    let (status, created) = caller.post(children, json!({"name": "History Department", "description": "Old things"})).await;
    assert_eq!(status, 201);
    let id = created["id"].as_u64().unwrap();
    let list = caller.get(children).await;
    assert_eq!((&list["containers"][0]["parent_id"], list["containers"][0].get("ekey")), (&json!(129_626), None));
    let info = caller.get(&format!("/container/{id}")).await;
    assert_eq!((&info["name"], &info["description"], info["ekey"].is_string()), (&json!("History Department"), &json!("Old things"), true));
    assert_eq!(caller.get("/container").await["containers"].as_array().map(Vec::len), Some(2));

    let order = caller.order(with(caller.order_body("example.com"), "container", json!({"id": id}))).await;
    assert_eq!(caller.info(&order).await["container"], json!({"id": id, "name": "History Department", "is_active": true}));
    for (path, total) in [
        (format!("/order/certificate?container_id={id}"), 1),
        (format!("/order/certificate?filters[container_id]={id}"), 1),
        ("/order/certificate?container_id=129626".to_owned(), 0),
        (format!("/request?filters[container_id]={id}"), 1),
        ("/request?filters[container_id]=129626".to_owned(), 0),
        ("/organization?container_id=129626".to_owned(), 2),
        (format!("/organization?container_id={id}"), 0),
    ] {
        assert_eq!(caller.get(&path).await["page"]["total"], total, "{path}");
    }
}

#[tokio::test]
async fn people_and_products_are_listed() {
    let caller = Caller::new();
    let users = caller.get("/user?sort=-id&limit=2").await;
    assert_eq!((&users["users"][0]["id"], &users["page"]["total"]), (&json!(17), &json!(4)));
    assert_eq!(caller.get("/user?filters[search]=%25example.com").await["page"]["total"], 2);

    let products = caller.get("/product").await;
    let flex = products["products"].as_array().unwrap().iter().find(|product| product["name_id"] == "ssl_securesite_flex").unwrap();
    assert_eq!(flex["allowed_order_validity_years"], json!([1, 2, 3]));
    assert_eq!(flex["signature_hash_types"]["default_hash_type_id"], "sha256");
    for (name_id, validation, duplicates) in
        [("ssl_ev_basic", "EV", true), ("ssl_securesite_pro", "OV", true), ("ssl_dv_rapidssl", "DV", false)]
    {
        let product = caller.get(&format!("/product/{name_id}?container_id=129626")).await;
        assert_eq!((&product["validation_type"], &product["duplicates_allowed"]), (&json!(validation), &json!(duplicates)), "{name_id}");
        assert_eq!(product["server_platforms"][0]["id"], -1);
    }
    assert_eq!(code(&caller.call("GET", "/product/nothing", None).await.1), "not_found|product");
    assert_eq!(caller.get("/account").await["ent_support_plan"], "1");
    assert!(caller.get("/account/balance").await["balance"].is_string());
}

#[tokio::test]
async fn fields_of_the_account_stand_on_orders() {
    let caller = Caller::new();
    assert_eq!(caller.get("/account/metadata").await, json!({}));
    assert_eq!(code(&caller.post("/account/metadata", json!({"label": "x", "data_type": "color"})).await.1), "invalid_value:data_type");
    let (status, field) = caller.post("/account/metadata", json!({"label": "Cost centre", "is_required": true})).await;
    assert_eq!(status, 201);
    let listed = &caller.get("/account/metadata").await["metadata"][0];
    assert_eq!((&listed["label"], &listed["is_required"], &listed["data_type"]), (&json!("Cost centre"), &json!(true), &json!("text")));
    for (fields, expected) in [
        (json!([]), "required_param:custom_fields"),
        (json!([{"metadata_id": 1, "value": "x"}]), "invalid_value:custom_fields.metadata_id"),
    ] {
        let body = with(caller.order_body("example.com"), "custom_fields", fields);
        assert_eq!(code(&caller.post("/order/certificate/ssl_basic", body).await.1), expected);
    }
    let fields = json!([{"metadata_id": field["id"].to_string(), "value": "4711"}]);
    let order = caller.order(with(caller.order_body("example.com"), "custom_fields", fields)).await;
    assert_eq!(caller.info(&order).await["custom_fields"], json!([{"metadata_id": field["id"], "label": "Cost centre", "value": "4711"}]));
    for (query, total) in [
        (format!("filters[metadata_id]={}", field["id"]), 1),
        ("filters[metadata_id]=1".to_owned(), 0),
        ("filters[metadata_value]=4711".to_owned(), 1),
        ("filters[metadata_value]=4712".to_owned(), 0),
    ] {
        for list in ["/order/certificate", "/request"] {
            assert_eq!(caller.get(&format!("{list}?{query}")).await["page"]["total"], total, "{list} {query}");
        }
    }
}

#[tokio::test]
async fn reports_count() {
    let caller = Caller::of(Sandbox::builder().approval(ApprovalMode::OneStep));
    caller.sandbox.add_api_key("user", Role::StandardUser, KeyScope::Unrestricted).unwrap();
    caller.validated_domain("example.com").await;
    let order = caller.order(with(caller.order_body("example.com"), "skip_approval", json!(true))).await;
    caller.order(caller.order_body("b.example.com")).await;
    caller.post(&format!("/order/certificate/{}/duplicate", order["id"]), caller.again(&["example.com"])).await;
    caller.put(&format!("/order/certificate/{}/revoke", order["id"]), json!({})).await;
    let report = caller.get("/report/request").await;
    assert_eq!(report["request"]["total"], 3);
    for (kind, count) in [("new_request", 1), ("revoke", 1), ("duplicate", 1), ("reissue", 0)] {
        let types = report["request"]["types"].as_array().unwrap();
        assert!(types.contains(&json!({"type": kind, "request_count": count})), "{kind}");
        assert_eq!(caller.get(&format!("/request?filters[type]={kind}")).await["page"]["total"], count, "{kind}");
    }
    assert_eq!(caller.get("/report/request?container_id=5").await["request"]["total"], 0);

    caller.sandbox.clock().advance(345 * DAY);
    let expiring = caller.get("/report/order/129626/expiring").await;
    let counts: Vec<i64> =
        expiring["expiring_orders"].as_array().unwrap().iter().filter_map(|period| period["order_count"].as_i64()).collect();
    assert_eq!(counts, [1, 1, 1, 0, 0, 0]);
    assert_eq!(code(&caller.call("GET", "/report/order/1/expiring", None).await.1), "not_found|container");
}
