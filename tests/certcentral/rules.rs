//! What the document demands of single values, and calls of what it does not have, as a caller meets them.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use shomei::{
    Error, Sandbox, TransportRequest,
    certcentral::{ContainerId, OrderId, OrganizationId, Plan, Product, raw},
};

use crate::{
    judge::{Judge, csr},
    scripted::{Scripted, answer},
};

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);

/// What was sent, each with its body. The key goes nowhere else.
fn sent(recorder: &Scripted) -> Vec<(String, Value)> {
    let line = |request: TransportRequest| {
        assert_eq!(request.headers()["x-dc-devkey"], "CANARY-KEY");
        let path = request.url().strip_prefix("https://www.digicert.com/services/v2").expect("the service's own address");
        let body = match request.body() {
            [] => Value::Null,
            body => serde_json::from_slice(body).unwrap(),
        };
        (format!("{} {path}", request.method()), body)
    };
    recorder.sent().into_iter().map(line).collect()
}

#[track_caller]
fn refused<T>(outcome: Result<T, Error>, words: &[&str]) {
    let error = outcome.err().expect("it should be refused");
    assert!(error.is_invalid_input() && !error.was_sent() && !error.is_ambiguous() && error.attempts() == 0, "{error}");
    let shown = error.to_string();
    assert!(words.iter().all(|word| shown.contains(word)) && !shown.contains("CANARY"), "{words:?}: {shown}");
}

#[tokio::test]
async fn the_limits_of_an_order_stand_in_the_document() {
    let recorder = Scripted::json(200, "{}");
    let cc = recorder.certcentral();
    let order = |common_name: &str, names: u32| {
        let names = (0..names).map(|number| format!("a{number}.example.com"));
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name(common_name).dns_names(names);
        order.plan(Plan::years(1)).organization(ORGANIZATION)
    };
    let [longest, longer] = [52, 53].map(|length| format!("{}.example.com", "a".repeat(length)));
    let words = ["certificate.common_name", "65 characters", "maxLength: 64", "rfc5280_common_name_too_long"];
    refused(order(&longer, 0).send().await, &words);
    refused(order(&longer, 0).start().await, &words);
    refused(order(&longer, 0).prepare(), &words);
    refused(order(&longest, 251).start().await, &["certificate.dns_names", "251 entries", "maxItems: 250", "an account may agree on more"]);
    assert_eq!(sent(&recorder), [], "nothing is looked for either");
    // The final dot is not sent, and further names may be longer.
    order(&format!("{longest}."), 250).prepare().unwrap();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").dns_names([longer]);
    order.plan(Plan::years(1)).organization(ORGANIZATION).prepare().unwrap();
}

/// The generated client knows no checks but these.
#[tokio::test]
async fn the_rules_hold_for_the_generated_client_too() {
    let recorder = Scripted::json(200, "{}");
    let raw = recorder.certcentral().raw();
    let body = raw::types::AdditionalEmails { additional_emails: vec!["a@example.com".to_owned(), "CANARY".to_owned()] };
    refused(raw.set_additional_emails(&OrderId(1), &body).await, &["additional_emails[1]: it does not match", "expected one bare address"]);
    refused(raw.order_info("..", None).await, &["path: a value in it changes the path"]);
    refused(raw.order_info("", None).await, &["it is empty"]);
    assert_eq!(sent(&recorder), []);
}

#[tokio::test]
async fn users_are_listed_by_container() {
    let recorder = Scripted::json(200, r#"{"users": [], "page": {"total": 0}}"#);
    recorder.certcentral().users().list().container(ContainerId(5)).page_size(10).send().await.unwrap();
    assert_eq!(sent(&recorder), [("GET /user?container_id=5&limit=10&offset=0".to_owned(), Value::Null)]);
}

/// A reissue takes a new key (guide p.65): in one call as in a flow.
#[tokio::test(start_paused = true)]
async fn a_reissue_for_the_same_key_is_refused_unless_asked_for() {
    let judge = Judge::new(Sandbox::new());
    let (cc, first) = (judge.client(), csr());
    let pending = cc.domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap();
    if let shomei::certcentral::flow::DcvInstructions::Txt { name, value, .. } = pending.instructions() {
        judge.sandbox().dns().publish_txt(name, value);
    }
    pending.wait(HOUR).await.unwrap();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, first.clone()).common_name("example.com").organization(ORGANIZATION);
    let issued = order.plan(Plan::years(1)).skip_approval(true).start().await.unwrap().wait(HOUR).await.unwrap();
    let reissue = || cc.orders().reissue(issued.order.id, first.clone());
    let error = reissue().send().await.unwrap_err();
    assert!(error.is_mismatch() && !error.is_ambiguous(), "{error}");
    assert!(error.to_string().contains(&format!("certificate {} already has this key", issued.certificate_id)), "{error}");
    assert_eq!(judge.count("/reissue"), 0);
    reissue().another(true).send().await.unwrap();
    cc.orders().duplicate(issued.order.id, csr()).send().await.unwrap();
    assert_eq!(judge.count("POST /order/certificate/115429178/reissue"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_no_document_has_is_called_like_everything_else() {
    let recorder = Scripted::each([answer(503, "busy"), answer(200, r#"{"invoices": [{"id": 7}]}"#), answer(204, ""), answer(503, "busy")]);
    let cc = recorder.certcentral();
    let found: Value = cc.request(Method::GET, "/finance/invoice").query("limit", "1 0").query("limit", "2").send().await.unwrap();
    assert_eq!(found["invoices"][0]["id"], 7);
    let line = ("GET /finance/invoice?limit=1+0&limit=2".to_owned(), Value::Null);
    assert_eq!(sent(&recorder), [line.clone(), line], "what reads is repeated");
    cc.request(Method::PUT, "/finance/invoice/7").json(&json!({"paid": true})).send::<()>().await.unwrap();
    assert_eq!(sent(&recorder), [("PUT /finance/invoice/7".to_owned(), json!({"paid": true}))]);
    let error = cc.request(Method::POST, "/finance/CANARY").json(&json!({})).send::<Value>().await.unwrap_err();
    assert!(error.status() == Some(503) && error.is_ambiguous() && error.operation() == Some("request"), "{error}");
    assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
    assert_eq!(sent(&recorder).len(), 1, "what may change something is sent once");
}

#[tokio::test]
async fn a_response_is_read_as_the_type_that_is_asked_for() {
    #[derive(Debug, serde::Deserialize)]
    struct Invoice {
        id: u64,
    }

    let recorder = Scripted::each([
        answer(200, r#"{"id": 7}"#),
        answer(200, r#"{"id": "seven"}"#),
        answer(404, r#"{"errors": [{"code": "not_found|invoice", "message": "None."}]}"#),
    ]);
    let cc = recorder.certcentral();
    let read = || cc.request(Method::GET, "/invoice/7").send::<Invoice>();
    assert_eq!(read().await.unwrap().id, 7);
    let error = read().await.unwrap_err();
    assert!(error.is_decode() && error.to_string().contains("id"), "{error}");
    let error = read().await.unwrap_err();
    assert!(error.is_not_found() && error.code() == Some("not_found|invoice"), "{error}");
    assert_eq!(sent(&recorder), vec![("GET /invoice/7".to_owned(), Value::Null); 3]);
}

#[tokio::test]
async fn a_path_leads_below_the_base_url_and_nowhere_else() {
    let recorder = Scripted::json(200, "{}");
    let cc = recorder.certcentral();
    for path in [
        "https://evil.example/CANARY",
        "//evil.example/CANARY",
        "finance",
        "",
        "@evil.example/CANARY",
        ":8080/CANARY",
        "/../CANARY",
        "/a/../../CANARY",
        "/a/..",
        "/./CANARY",
        "/%2e%2e/CANARY",
        "/a/%2E./CANARY",
        "\\\\evil.example\\CANARY",
        "/\\evil.example/CANARY",
        "/a\\..\\CANARY",
        "/CANARY?key=1",
        "/CANARY#a",
        "/\tCANARY",
        "/a b",
        "/日本",
    ] {
        refused(cc.request(Method::GET, path).send::<Value>().await, &["path: "]);
    }
    refused(cc.request(Method::OPTIONS, "/finance").send::<Value>().await, &["method: "]);
    refused(cc.request(Method::POST, "/finance").json(&std::collections::BTreeMap::from([((1, 2), 3)])).send::<Value>().await, &["body: "]);
    assert_eq!(sent(&recorder), []);
    for path in ["/", "/finance", "/finance/", "/finance//order", "/a%20b/%E6%97%A5", "/a:b@c/...;x=1"] {
        cc.request(Method::GET, path).send::<Value>().await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(sent(&recorder), [(format!("GET {path}"), Value::Null)]);
    }
}
