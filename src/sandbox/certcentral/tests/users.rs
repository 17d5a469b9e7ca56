//! Users who come, change and go, and what they may do.

use super::*;
use crate::sandbox::{KeyScope, Role};

fn jane() -> Value {
    json!({
        "username": "jane.roe@example.com",
        "first_name": "Jane",
        "last_name": "Roe",
        "email": "jane.roe@example.com",
        "job_title": "Manager",
        "telephone": "801-555-0101",
        "access_roles": [{"id": 5}],
    })
}

#[tokio::test]
async fn a_user_comes_changes_and_goes() {
    let caller = Caller::new();
    let (status, made) = caller.post("/user", jane()).await;
    assert_eq!(status, 201, "{made}");
    assert!(made.get("api_key").is_none());
    let path = format!("/user/{}", made["id"]);
    let user = caller.get(&path).await;
    for member in ["username", "first_name", "last_name", "email", "job_title", "telephone"] {
        assert_eq!(user[member], jane()[member], "{member}");
    }
    assert_eq!(user["access_roles"], json!([{"id": 5, "name": "Standard User"}]));

    assert_eq!(caller.put(&path, json!({"email": "jane@example.com", "last_name": "Doe"})).await.0, 204);
    let user = caller.get(&path).await;
    assert_eq!((user["email"].as_str(), user["last_name"].as_str()), (Some("jane@example.com"), Some("Doe")));
    assert_eq!((user.get("job_title"), user.get("telephone")), (None, None), "what is not told again is removed");
    assert_eq!(caller.put(&format!("{path}/role"), json!({"access_roles": [{"id": 4}]})).await.0, 204);
    assert_eq!(caller.get(&path).await["access_roles"][0]["name"], "Manager");

    let (_, key) = caller.post(&format!("/key/user/{}", made["id"]), json!({"name": "hers"})).await;
    let key = key["api_key"].as_str().unwrap();
    assert_eq!(caller.call_as(key, "GET", "/user/me", None).await.1["id"], made["id"]);
    assert_eq!(caller.call("DELETE", &path, None).await.0, 204);
    assert_eq!(caller.call("GET", &path, None).await.0, 404);
    assert_eq!(caller.call_as(key, "GET", "/user/me", None).await.0, 403, "her keys go with her");
    assert_eq!(caller.get("/user").await["page"]["total"], 4);
}

#[tokio::test]
async fn a_service_user_has_keys_and_an_address() {
    let caller = Caller::new();
    let body = json!({"is_api_only": true, "email": "robots@example.com", "api_name": "deployment", "restricted_to_role_id": 102});
    let (status, made) = caller.post("/user", body).await;
    assert_eq!(status, 201, "{made}");
    let key = made["api_key"].as_str().unwrap();
    assert_eq!(caller.call_as(key, "GET", "/order/certificate", None).await.0, 200);
    assert_eq!(caller.call_as(key, "POST", "/user", Some(jane())).await.0, 403);
    let path = format!("/user/{}", made["id"]);
    assert_eq!(caller.put(&path, json!({"email": "machines@example.com", "first_name": "No", "username": "no"})).await.0, 204);
    let user = caller.get(&path).await;
    assert_eq!((user["email"].as_str(), user["first_name"].as_str()), (Some("machines@example.com"), Some("Service")));
    let keys = caller.get(&format!("/key?user_id={}", made["id"])).await;
    assert_eq!(keys["api_keys"][0]["name"], "deployment");
    for (member, code_of) in [("api_name", "required_param:api_name"), ("email", "required_param:email")] {
        let body = with(json!({"is_api_only": true, "email": "robots@example.com", "api_name": "deployment"}), member, json!(""));
        assert_eq!(code(&caller.post("/user", body).await.1), code_of);
    }
}

#[tokio::test]
async fn what_a_user_cannot_be() {
    let caller = Caller::new();
    for (member, value, refused) in [
        ("username", json!(""), "required_param:username"),
        ("username", json!("jane roe"), "invalid_value:username"),
        ("username", json!("John.Smith@digicert.com"), "invalid_value:username"),
        ("first_name", json!("a".repeat(129)), "invalid_value:first_name"),
        ("last_name", json!(null), "required_param:last_name"),
        ("email", json!("jane"), "invalid_value:email"),
        ("job_title", json!("a".repeat(65)), "invalid_value:job_title"),
        ("access_roles", json!([]), "required_param:access_roles"),
        ("access_roles", json!([{"id": 6}]), "invalid_access_role"),
        ("container_id_assignments", json!([1]), "invalid_value:container_id_assignments"),
        ("container", json!({"id": 1}), "not_found|container"),
    ] {
        assert_eq!(code(&caller.post("/user", with(jane(), member, value)).await.1), refused, "{member}");
    }
    let all_wrong = caller.post("/user", json!({})).await.1;
    assert_eq!(all_wrong["errors"].as_array().unwrap().len(), 5, "{all_wrong}");
    for (method, path, body, refused) in [
        ("DELETE", "/user/14", json!({}), (400, "invalid_value:user_id")),
        ("DELETE", "/user/99", json!({}), (404, "not_found|user")),
        ("PUT", "/user/15", json!({"last_name": "x"}), (400, "required_param:email")),
        ("PUT", "/user/15/role", json!({"access_roles": [{"id": 9}]}), (400, "invalid_access_role")),
    ] {
        let (status, answer) = caller.call(method, path, Some(body)).await;
        assert_eq!((status, code(&answer)), refused, "{method} {path}");
    }
}

#[tokio::test]
async fn only_administrators_change_others() {
    let caller = Caller::new();
    caller.sandbox.add_api_key("manager", Role::Manager, KeyScope::Unrestricted).unwrap();
    for (method, path, body) in [
        ("POST", "/user", jane()),
        ("PUT", "/user/15", json!({"email": "a@example.com"})),
        ("PUT", "/user/16/role", json!({"access_roles": [{"id": 1}]})),
        ("DELETE", "/user/17", json!({})),
    ] {
        let (status, answer) = caller.call_as("manager", method, path, Some(body)).await;
        assert_eq!((status, code(&answer)), (403, "access_denied|missing_permission"), "{method} {path}");
    }
    let own = json!({"email": "jill@example.com"});
    assert_eq!(caller.call_as("manager", "PUT", "/user/16", Some(own)).await.0, 204, "their own address they change themselves");
}

#[tokio::test]
async fn a_limited_user_sees_what_they_ordered_themselves() {
    let caller = Caller::new();
    caller.sandbox.add_api_key("limited", Role::LimitedUser, KeyScope::Unrestricted).unwrap();
    let others = caller.order(with(caller.order_body("a.example.com"), "alternative_order_id", json!("of all"))).await;
    let body = with(caller.order_body("b.example.com"), "alternative_order_id", json!("of all"));
    let (status, own) = caller.call_as("limited", "POST", "/order/certificate/ssl_basic", Some(body)).await;
    assert_eq!((status, own["requests"][0]["status"].as_str()), (201, Some("pending")), "others approve what they ask for");
    let (_, listed) = caller.call_as("limited", "GET", "/order/certificate", None).await;
    assert_eq!((&listed["page"]["total"], &listed["orders"][0]["id"]), (&json!(1), &own["id"]));
    let (_, found) = caller.call_as("limited", "GET", "/order/alternate/of all".replace(' ', "%20").as_str(), None).await;
    assert_eq!(found["orders"].as_array().unwrap().len(), 1);
    let (status, answer) = caller.call_as("limited", "GET", &format!("/order/certificate/{}", others["id"]), None).await;
    assert_eq!((status, code(&answer)), (404, "not_found|order"));
    assert_eq!(caller.get("/order/certificate").await["page"]["total"], 2);
}

#[tokio::test]
async fn containers_have_templates_roles_and_users() {
    let caller = Caller::new();
    let templates = caller.get("/container/129626/template").await;
    assert_eq!(templates["container_templates"][1]["name"], "Business Unit");
    let template = caller.get("/container/129626/template/6").await;
    assert_eq!(template["access_roles"], caller.get("/container/129626/role").await["access_roles"]);
    assert_eq!(template["access_roles"].as_array().unwrap().len(), 5);
    for path in ["/container/129626/template/9", "/container/1/template", "/container/1/template/6", "/container/1/role"] {
        assert_eq!(caller.call("GET", path, None).await.0, 404, "{path}");
    }
    let user = json!({"first_name": "Jane", "last_name": "Roe", "email": "jane.roe@example.com", "access_roles": [{"id": 1}]});
    let body = json!({"name": "History", "template_id": 6, "user": user});
    let (status, made) = caller.post("/container/129626/children", body.clone()).await;
    assert_eq!(status, 201, "{made}");
    let users = caller.get("/user?filters[search]=jane.roe@example.com").await;
    assert_eq!(users["users"][0]["container"]["id"], made["id"]);
    let (_, refused) = caller.post("/container/129626/children", with(body.clone(), "template_id", json!(9))).await;
    assert_eq!(code(&refused), "invalid_value:template_id");
    let (_, refused) = caller.post("/container/129626/children", with(body, "user", json!({"email": "x"}))).await;
    assert_eq!(code(&refused), "invalid_value:user.email");
}
