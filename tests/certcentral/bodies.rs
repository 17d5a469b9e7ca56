//! How the sandbox reads bodies: every member that the document has, in its own type and in no other.

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Value, json};
use shomei::Sandbox;

use crate::document::Document;

/// What some clients send as numbers.
const DIGITS: [&str; 3] = ["zip", "telephone", "telephone_extension"];

/// Sends a body that has one member, and reads the codes of the errors.
async fn codes(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> (StatusCode, Vec<String>) {
    let path: String = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/");
    let method = method.to_ascii_uppercase();
    let request = Request::builder().method(method.as_str()).uri(format!("/services/v2{path}")).header("x-dc-devkey", sandbox.api_key());
    let response = sandbox.handle(request.body(Bytes::from(body.to_string())).unwrap()).await;
    let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    (response.status(), errors.iter().filter_map(|error| error["code"].as_str()).map(str::to_owned).collect())
}

#[tokio::test]
async fn a_member_of_a_wrong_type_is_refused_by_its_path_and_never_taken_for_absent() {
    let document = Document::load("certcentral");
    let sandbox = Sandbox::new();
    let mut tried = 0;
    for member in document.request_members() {
        let path = member.path();
        let name = path.rsplit('.').next().unwrap_or_default();
        let wrong = match member.kind {
            "string" if DIGITS.contains(&name) => vec![json!(1.5), json!(-5), json!(true), json!(["a"]), json!({"a": 5})],
            // The vendor's guide shows `true` where its reference has "1".
            "string" if path.starts_with("webhook_settings.") => vec![json!(5), json!("yes"), json!(["a"]), json!({"a": 5})],
            "string" => vec![json!(5), json!(true), json!(["a"]), json!({"a": 5})],
            "integer" => vec![json!(1.5), json!("sixty"), json!(["a"]), json!({"a": 5})],
            // The platform OTHER has the number -1.
            "id" if path.ends_with("server_platform.id") => vec![json!("five"), json!(true), json!([5]), json!({"id": 5})],
            "id" => vec![json!(-5), json!("five"), json!(true), json!([5]), json!({"id": 5})],
            "boolean" => vec![json!("yes"), json!(2), json!([true]), json!({"a": true})],
            "array" if name.ends_with("assignments") || name == "webhook_notification_frequency" => {
                vec![json!("a"), json!(5), json!({"a": 5}), json!(["a"]), json!([["a"]])]
            }
            "array" => vec![json!("a"), json!(5), json!({"a": 5}), json!([5]), json!([["a"]])],
            "object" => vec![json!("60"), json!(60), json!(true), json!(["a"])],
            "" => vec![],
            kind => panic!("{path} is a {kind}"),
        };
        for value in wrong {
            let body = member.body(&value);
            let (status, codes) = codes(&sandbox, member.operation.method, member.operation.path, &body).await;
            let place = format!("{} {body}", member.operation.id);
            assert_eq!((status, codes), (StatusCode::BAD_REQUEST, vec![format!("invalid_value:{path}")]), "{place}");
            tried += 1;
        }
        // An empty list may be more than no list; that it is no wrong type is all that is common to all.
        if matches!(member.kind, "array" | "object") {
            let (_, codes) = codes(&sandbox, member.operation.method, member.operation.path, &member.body(&json!(null))).await;
            assert!(!codes.contains(&format!("invalid_value:{path}")), "{} {path}: {codes:?}", member.operation.id);
            continue;
        }
        let absent = codes(&sandbox, member.operation.method, member.operation.path, &member.absent()).await;
        let zero = matches!(member.kind, "string" | "id").then(|| json!(0));
        for value in [json!(null), json!("")].into_iter().chain(zero) {
            let body = member.body(&value);
            let given = codes(&sandbox, member.operation.method, member.operation.path, &body).await;
            assert_eq!(given, absent, "{} {body} is as good as absent", member.operation.id);
        }
    }
    assert!(tried > 400, "only {tried} bodies were sent");
}

#[tokio::test]
async fn everything_of_a_wrong_type_is_named_in_one_response() {
    let sandbox = Sandbox::new();
    let body = json!({"name": 5, "dcv_method": 5, "organization": {"id": true}, "validations": "ov"});
    let (status, codes) = codes(&sandbox, "POST", "/domain", &body).await;
    let expected = ["name", "organization.id", "validations", "dcv_method"].map(|path| format!("invalid_value:{path}"));
    assert_eq!((status, codes), (StatusCode::BAD_REQUEST, expected.to_vec()));
}
