//! Keys that are made, changed and revoked: doors open and close at once.

use super::*;
use crate::sandbox::{KeyScope, Role};

const OWN_KEY: u64 = 182;

impl Caller {
    async fn make_key(&self, user: u64, name: &str, restriction: u64) -> (u64, String) {
        let (status, made) = self.post(&format!("/key/user/{user}"), json!({"name": name, "restricted_to_role_id": restriction})).await;
        assert_eq!(status, 201, "{made}");
        (made["id"].as_u64().unwrap(), made["api_key"].as_str().unwrap().to_owned())
    }

    async fn status_as(&self, key: &str, method: &str, path: &str) -> u16 {
        self.call_as(key, method, path, Some(json!({}))).await.0
    }
}

#[tokio::test]
async fn a_key_opens_at_once_and_closes_at_once() {
    let caller = Caller::new();
    let (id, key) = caller.make_key(17, "deployment", 0).await;
    let me = caller.call_as(&key, "GET", "/user/me", None).await.1;
    assert_eq!((&me["id"], me["access_roles"][0]["name"].as_str()), (&json!(17), Some("Standard User")));

    let info = caller.get(&format!("/key/{id}")).await;
    assert_eq!((info["status"].as_str(), info["name"].as_str()), (Some("active"), Some("deployment")));
    assert_eq!(info["user"], json!({"id": 17, "first_name": "Leon", "last_name": "Kennedy"}));
    assert_eq!(info["last_used_date"], "2026-03-01T09:30:00+00:00");
    assert!(info.get("api_key").is_none() && !info.to_string().contains(&key), "a key is told once");

    let revoke = format!("/key/{id}/status");
    assert_eq!(caller.put(&revoke, json!({"status": "revoked"})).await.0, 204);
    let (status, refused) = caller.call_as(&key, "GET", "/user/me", None).await;
    assert_eq!((status, code(&refused)), (403, "access_denied|access_denied_invalid_key"));
    assert_eq!(caller.get(&format!("/key/{id}")).await["status"], "revoked");
    assert_eq!(caller.put(&revoke, json!({"status": "active"})).await.0, 204);
    assert_eq!(caller.call_as(&key, "GET", "/user/me", None).await.0, 200);
}

#[tokio::test]
async fn the_key_that_a_call_carries_can_close_itself() {
    let caller = Caller::new();
    assert_eq!(caller.put(&format!("/key/{OWN_KEY}/status"), json!({"status": "revoked"})).await.0, 204);
    assert_eq!(caller.call("GET", "/user/me", None).await.0, 403);
}

#[tokio::test]
async fn a_restriction_holds_from_the_next_call_on() {
    let caller = Caller::new();
    for (restriction, method, path, allowed) in [
        (100, "GET", "/order/certificate", true),
        (100, "GET", "/domain", false),
        (100, "GET", "/key", false),
        (101, "GET", "/domain", true),
        (101, "GET", "/organization", true),
        (101, "GET", "/account", false),
        (102, "GET", "/key", true),
        (102, "PUT", "/key/182/status", false),
        (102, "POST", "/user", false),
        (103, "GET", "/user", true),
        (103, "GET", "/order/certificate", false),
        (103, "POST", "/key/user/14", false),
    ] {
        let (id, key) = caller.make_key(14, "limited", 0).await;
        assert_eq!(caller.status_as(&key, "GET", "/user").await, 200);
        let edit = json!({"name": "limited", "restricted_to_role_id": restriction});
        assert_eq!(caller.put(&format!("/key/{id}"), edit).await.0, 204);
        let (status, answer) = caller.call_as(&key, method, path, Some(json!({}))).await;
        if allowed {
            assert_eq!(status, 200, "{restriction} {method} {path}: {answer}");
        } else {
            assert_eq!((status, code(&answer)), (403, "access_denied|missing_permission"), "{restriction} {method} {path}");
        }
        // A name alone leaves the restriction.
        assert_eq!(caller.put(&format!("/key/{id}"), json!({"name": "renamed"})).await.0, 204);
        let info = caller.get(&format!("/key/{id}")).await;
        assert_eq!((&info["restricted_to_role_id"], info["name"].as_str()), (&json!(restriction), Some("renamed")));
    }
    let names: Vec<_> =
        caller.get("/key/api-roles").await["access_roles"].as_array().unwrap().iter().map(|role| role["id"].clone()).collect();
    assert_eq!(names, [100, 101, 102, 103]);
}

#[tokio::test]
async fn who_is_no_administrator_has_their_own_keys_only() {
    let caller = Caller::new();
    let (own, key) = caller.make_key(17, "mine", 0).await;
    let (_, listed) = caller.call_as(&key, "GET", "/key", None).await;
    assert_eq!(listed["api_keys"].as_array().unwrap().len(), 1);
    assert_eq!(listed["api_keys"][0]["id"], own);
    assert_eq!(caller.get("/key").await["api_keys"].as_array().unwrap().len(), 2);
    assert_eq!(caller.get("/key?user_id=16").await, json!({}));
    for (method, path, body, refused) in [
        ("GET", "/key/182", json!({}), (404, "not_found|key")),
        ("PUT", "/key/182", json!({"name": "x"}), (404, "not_found|key")),
        ("PUT", "/key/182/status", json!({"status": "revoked"}), (404, "not_found|key")),
        ("POST", "/key/user/14", json!({"name": "x"}), (403, "access_denied|missing_permission")),
    ] {
        let (status, answer) = caller.call_as(&key, method, path, Some(body)).await;
        assert_eq!((status, code(&answer)), refused, "{method} {path}");
    }
    let (status, made) = caller.call_as(&key, "POST", "/key/user/17", Some(json!({"name": "another"}))).await;
    assert_eq!(status, 201, "{made}");
}

#[tokio::test]
async fn what_a_key_cannot_be() {
    let caller = Caller::new();
    for (method, path, body, refused) in [
        ("POST", "/key/user/14", json!({}), (400, "required_param:name")),
        ("POST", "/key/user/14", json!({"name": "x", "restricted_to_role_id": 7}), (400, "invalid_value:restricted_to_role_id")),
        ("POST", "/key/user/99", json!({"name": "x"}), (404, "not_found|user")),
        ("PUT", "/key/182", json!({"restricted_to_role_id": 0}), (400, "required_param:name")),
        ("PUT", "/key/182/status", json!({}), (400, "required_param:status")),
        ("PUT", "/key/182/status", json!({"status": "closed"}), (400, "invalid_value:status")),
        ("PUT", "/key/1/status", json!({"status": "revoked"}), (404, "not_found|key")),
    ] {
        let (status, answer) = caller.call(method, path, Some(body)).await;
        assert_eq!((status, code(&answer)), refused, "{method} {path}");
    }
}

#[tokio::test]
async fn acme_credentials_are_listed_as_keys_that_open_nothing() {
    let caller = Caller::new();
    let ov = json!({"name": "web", "product_name_id": "ssl_basic", "organization_id": ORGANIZATION, "validity_years": 1});
    for path in ["/key/acme-eab", "/key/acme-eab/tlm"] {
        let (status, made) = caller.post(path, ov.clone()).await;
        assert_eq!(status, 201, "{made}");
        let [directory, kid, hmac] =
            ["acme_directory_url", "ext_act_kid", "ext_act_hmac"].map(|name| made[name].as_str().unwrap().to_owned());
        for opens_nothing in [&kid, &hmac] {
            assert_eq!(caller.call_as(opens_nothing, "GET", "/user/me", None).await.0, 403);
        }
        let keys = caller.get("/key").await;
        let key = keys["api_keys"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((key["name"].as_str(), key["validity_years"].as_str()), (Some("web"), Some("1")));
        assert!(key["acme_directory_url"].as_str().unwrap().starts_with("******") && key["acme_directory_url"] != directory.as_str());
        assert!(!keys.to_string().contains(&hmac) && !keys.to_string().contains(&kid));
    }
    for (path, member, value, refused) in [
        ("/key/acme-eab", "name", json!(""), "required_param:name"),
        ("/key/acme-eab", "product_name_id", json!("ssl_of_tomorrow"), "not_found|product"),
        ("/key/acme-eab", "product_name_id", json!("ssl_dv_geotrust"), "invalid_value:product_name_id"),
        ("/key/acme-eab/tlm", "product_name_id", json!("code_signing"), "invalid_value:product_name_id"),
        ("/key/acme-eab", "organization_id", json!(0), "required_param:organization_id"),
        ("/key/acme-eab/tlm", "organization_id", json!(UNVALIDATED), "invalid_value:organization_id"),
        ("/key/acme-eab", "validity_years", json!(0), "required_param:validity_years"),
        ("/key/acme-eab/tlm", "validity_years", json!(2), "invalid_value:validity_years"),
        ("/key/acme-eab/tlm", "validity_days", json!(200), "invalid_value:validity_days"),
        ("/key/acme-eab/tlm", "profile_option", json!("none"), "invalid_value:profile_option"),
    ] {
        let (_, answer) = caller.post(path, with(ov.clone(), member, value)).await;
        assert_eq!(code(&answer), refused, "{path} {member}");
    }
    let dv = json!({"name": "dv", "product_name_id": "ssl_dv_geotrust", "validity_days": 90});
    assert_eq!(caller.post("/key/acme-eab/tlm", dv).await.0, 201);
}

#[tokio::test]
async fn keys_of_a_sandbox_are_in_the_list_too() {
    let caller = Caller::of(Sandbox::builder().extra_api_key("view", Role::Manager, KeyScope::ViewOnly));
    let keys = caller.get("/key").await;
    let shown: Vec<_> =
        keys["api_keys"].as_array().unwrap().iter().map(|key| (key["id"].clone(), key["restricted_to_role_id"].clone())).collect();
    assert_eq!(shown, [(json!(182), json!(0)), (json!(183), json!(102))]);
}
