//! Every endpoint, once at least, and each answer against the document.

use serde_json::json;
use shomei::{Sandbox, sandbox::StartingAccount};

use crate::{
    document::Document,
    door::{DOCUMENT, Doors},
};

#[tokio::test]
async fn every_endpoint_does_what_the_document_says() {
    let doors = Doors::to(Sandbox::builder().example_account().start_at("2026-03-01T09:30:00Z".parse().unwrap()).build());
    let pending = doors.done("POST", "/orders", Some(json!({"count": 3, "status": "needs_approval"}))).await;
    let order = |index: usize| pending["ids"][index].clone();
    let mut requests = Vec::new();
    for index in 0..3 {
        let (_, info) = doors.certcentral("GET", &format!("/order/certificate/{}", order(index)), None).await;
        requests.push(info["requests"][0]["id"].clone());
    }
    doors.done("PUT", "/settings", Some(json!({"approval": "two-step"}))).await;
    let submitted = doors.order("x.example.com").await["requests"][0]["id"].clone();
    doors.done("PUT", "/files", Some(json!({"url": "http://example.com/a", "body": "b"}))).await;
    doors.add_domain("mail.example", "email").await;
    let (domain, token) = doors.add_domain("checked.example", "dns-txt-token").await;
    doors.done("PUT", "/dns", Some(json!({"name": "checked.example", "type": "TXT", "value": token}))).await;
    let issued = doors.done("POST", "/orders", Some(json!({"count": 1}))).await["ids"][0].clone();
    let mails = doors.done("GET", "/mails?to=admin@mail.example", None).await;

    for (method, path, body) in [
        ("GET", String::new(), None),
        ("GET", "/dns".to_owned(), None),
        ("PUT", "/dns".to_owned(), Some(json!({"name": "a.example", "type": "CAA", "value": "0 issue \"digicert.com\""}))),
        ("DELETE", "/dns?name=a.example&type=CAA&value=digicert.com".to_owned(), None),
        ("GET", "/files".to_owned(), None),
        ("DELETE", "/files?url=http://example.com/a".to_owned(), None),
        ("GET", "/mails".to_owned(), None),
        ("POST", format!("/mails/{}/follow", mails["mails"][0]["id"]), None),
        ("GET", "/clock".to_owned(), None),
        ("POST", "/clock".to_owned(), Some(json!({"advance_seconds": 1}))),
        ("POST", format!("/requests/{}/approve", requests[0]), None),
        ("POST", format!("/requests/{}/reject", requests[1]), None),
        ("POST", format!("/requests/{submitted}/review"), None),
        ("POST", format!("/orders/{}/hold", order(2)), None),
        ("POST", format!("/orders/{}/release", order(2)), None),
        ("POST", format!("/orders/{}/migrate", order(2)), None),
        ("POST", format!("/orders/{}/reject", order(2)), None),
        ("POST", "/domains".to_owned(), Some(json!({"count": 2, "validated": true, "dcv_method": "dns-cname-token"}))),
        ("POST", format!("/domains/{domain}/check"), None),
        ("GET", format!("/orders/{issued}/certificate"), None),
        ("POST", "/organizations/754782/validate".to_owned(), None),
        ("POST", "/keys".to_owned(), Some(json!({"role": "manager", "scope": "view_only"}))),
        ("POST", "/cards".to_owned(), None),
        ("GET", "/cards".to_owned(), None),
        ("GET", "/cards/1".to_owned(), None),
        ("POST", "/cards/1/move".to_owned(), Some(json!({"address": "東京都"}))),
        ("POST", "/cards/1/renew".to_owned(), None),
        ("POST", "/cards/1/revoke".to_owned(), Some(json!({"reason": "key_compromise", "certificate": "authentication"}))),
        ("GET", "/jpki".to_owned(), None),
        ("PUT", "/jpki".to_owned(), Some(json!({"ocsp_available": false, "crl_available": false, "links_available": false}))),
        ("POST", "/tenants".to_owned(), None),
        ("GET", "/settings".to_owned(), None),
        ("PUT", "/faults".to_owned(), Some(json!({"seed": 7, "rate": 1.0}))),
        ("GET", "/faults".to_owned(), None),
        ("DELETE", "/faults".to_owned(), None),
        ("GET", "/log?after=3".to_owned(), None),
        ("DELETE", "/log".to_owned(), None),
        ("POST", "/reset".to_owned(), None),
    ] {
        doors.done(method, &path, body).await;
    }
    let missing: Vec<_> = DOCUMENT.operations().map(|operation| operation.id).filter(|id| !doors.called().contains(*id)).collect();
    assert!(missing.is_empty(), "not called: {missing:?}");
}

#[tokio::test]
async fn orders_and_domains_come_in_the_shape_asked_for() {
    let doors = Doors::new();
    for (status, years) in [("needs_approval", 1), ("pending", 2), ("issued", 3), ("revoked", 1), ("pending", 1)] {
        let shape = json!({"count": 3, "status": status, "years": years, "product": "ssl_ev_basic", "common_name": "{n}.example.com"});
        let added = doors.done("POST", "/orders", Some(shape)).await;
        let ids = added["ids"].as_array().unwrap();
        assert_eq!(ids.len(), 3);
        for (id, number) in ids.iter().zip(1..) {
            let (_, info) = doors.certcentral("GET", &format!("/order/certificate/{id}"), None).await;
            assert_eq!((&info["status"], &info["validity_years"]), (&json!(status), &json!(years)), "{info}");
            assert_eq!(info["certificate"]["common_name"], format!("{number}.example.com"));
        }
    }
    // The account's own ways hold again.
    assert_eq!(doors.order("own.example.com").await["requests"][0]["status"], "approved");

    let added = doors.done("POST", "/domains", Some(json!({"count": 12, "name": "d{n}.example", "validated": true}))).await;
    let mut names = Vec::new();
    for id in added["ids"].as_array().unwrap() {
        let (_, domain) = doors.certcentral("GET", &format!("/domain/{id}"), None).await;
        assert_eq!(domain["is_pending_validation"], false);
        names.push(domain["name"].as_str().unwrap().to_owned());
    }
    let expected: Vec<String> = (1..=12).map(|number| format!("d{number}.example")).collect();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn cards_sign_in_are_revoked_and_come_back_with_a_reset() {
    use shomei::sandbox::PersonDetails;

    let doors = Doors::to(Sandbox::builder().card(PersonDetails::default()).build());
    let card = doors.done("GET", "/cards/1", None).await;
    assert_eq!(card["signing"]["revoked"], json!(null));
    assert!(card["signing"]["private_key"].as_str().unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    doors.done("POST", "/cards/1/revoke", Some(json!({"reason": "key_compromise"}))).await;
    assert_eq!(doors.refused("POST", "/cards/1/revoke", Some(json!({"reason": "key_compromise"}))).await.0, 409);
    let revoked = doors.done("GET", "/cards/1", None).await;
    for kind in ["signing", "authentication"] {
        assert_eq!(revoked[kind]["revoked"]["reason"], "key_compromise");
    }
    doors.done("POST", "/cards", Some(json!({"name": "署名　太郎"}))).await;
    let renewed = doors.done("POST", "/cards/1/renew", None).await;
    assert_ne!(renewed["signing"]["certificate"], card["signing"]["certificate"]);
    doors.sandbox.reset(StartingAccount::Empty);
    let cards = doors.done("GET", "/cards", None).await;
    assert_eq!(cards["cards"], json!([card]), "the first card as it was, and no other");
}

#[tokio::test]
async fn a_key_opens_what_its_scope_opens() {
    let doors = Doors::new();
    let key = doors.done("POST", "/keys", Some(json!({"role": "administrator", "scope": "view_only"}))).await;
    let call = async |method: &str| {
        let mut request = crate::door::request(method, "/services/v2/domain", None);
        request.headers_mut().insert("x-dc-devkey", key["key"].as_str().unwrap().parse().unwrap());
        doors.sandbox.handle(request).await.status().as_u16()
    };
    assert_eq!((call("GET").await, call("POST").await), (200, 403));
}

#[tokio::test]
async fn rules_of_faults_come_over_the_port_and_never_meet_the_interface() {
    let doors = Doors::new();
    let rules = json!({"rules": [{"fault": "page", "status": 502, "first": 2}]});
    doors.done("PUT", "/faults", Some(rules)).await;
    let cc = doors.sandbox.certcentral().unwrap();
    doors.done("GET", "/clock", None).await;
    cc.users().me().send().await.unwrap();
    let met = doors.done("GET", "/faults", None).await;
    assert_eq!(
        met["met"],
        json!([{"call": "GET /services/v2/user/me", "fault": "page"}, {"call": "GET /services/v2/user/me", "fault": "page"}])
    );
    let log = doors.done("GET", "/log", None).await;
    let exchanges: Vec<_> =
        log["exchanges"].as_array().unwrap().iter().map(|each| (each["fault"].clone(), each["status"].clone())).collect();
    assert_eq!(exchanges, [(json!("page"), json!(null)), (json!("page"), json!(null)), (json!(null), json!(200))]);
}

/// The same seed draws the same values, and another one others.
#[tokio::test]
async fn a_seed_draws_the_same_tokens() {
    let drawn = async |seed: u64| {
        let doors = Doors::to(Sandbox::builder().seed(seed).build());
        let first = doors.add_domain("example.com", "dns-txt-token").await.1;
        doors.sandbox.reset(StartingAccount::Empty);
        assert_eq!(doors.add_domain("example.com", "dns-txt-token").await.1, first, "a reset begins anew");
        (first, doors.sandbox.api_key().to_owned(), doors.sandbox.pocketsign_token(), doors.sandbox.add_pocketsign_tenant())
    };
    assert_eq!(drawn(7).await, drawn(7).await);
    let (seven, eight) = (drawn(7).await, drawn(8).await);
    assert!(seven.0 != eight.0 && seven.1 != eight.1 && seven.2 != eight.2 && seven.3 != eight.3);
}

#[test]
fn the_document_is_no_clients() {
    let clients = include_str!("../../build.rs");
    assert!(!clients.contains("\"sandbox\""), "the control interface is not compiled into a client");
    assert!(Document::load("sandbox").operations().count() > 30);
}

/// Ids of the client are numbers for the sandbox, which knows no type of it.
#[test]
fn methods_take_what_becomes_a_number() {
    use shomei::certcentral::{DomainId, OrderId, OrganizationId, RequestId};

    let sandbox = Sandbox::new();
    for unknown in [
        sandbox.hold_order(OrderId(5)),
        sandbox.hold_order(5_u64),
        sandbox.approve_request(RequestId(5)),
        sandbox.check_domain(DomainId(5)),
        sandbox.validate_organization(OrganizationId(5)),
        sandbox.follow_mail(5_u32),
    ] {
        assert!(unknown.unwrap_err().is_not_found());
    }
}
