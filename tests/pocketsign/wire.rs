//! What goes over the wire, without a client.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use shomei::{Sandbox, sandbox::PersonDetails};

/// Sends a request as any HTTP client would.
async fn call(sandbox: &Sandbox, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", sandbox.pocketsign_token()));
    let request = if body.is_null() {
        request.body(Bytes::new())
    } else {
        request.header("content-type", "application/json").body(body.to_string().into())
    };
    let answer = sandbox.handle(request.unwrap()).await;
    let body = if answer.body().is_empty() { Value::Null } else { serde_json::from_slice(answer.body()).unwrap() };
    (answer.status().as_u16(), body)
}

#[tokio::test]
async fn v2_takes_snake_case_too_and_reads_by_get() {
    let sandbox = Sandbox::new();
    let card = sandbox.jpki().card(PersonDetails::default());
    let content = sandbox.pocketsign_v1().unwrap();
    let id = content.certificates().check_status_by_content(card.signing.der()).send().await.unwrap().certificate.unwrap().id;
    let check = "/pocketsign.verify.v2.CertificateService/CheckCertificateStatus";
    for body in [
        json!({"certificate_id": id, "check_method": "CHECK_METHOD_OCSP"}),
        json!({"certificateId": id, "checkMethod": "CHECK_METHOD_OCSP"}),
    ] {
        let (status, answer) = call(&sandbox, Method::POST, check, &body).await;
        assert_eq!((status, &answer["certificateStatus"]["checkMethod"]), (200, &json!("CHECK_METHOD_OCSP")));
    }
    assert_eq!(call(&sandbox, Method::GET, check, &Value::Null).await.0, 405, "a check has side effects");
    let list = "/pocketsign.verify.v2.CertificateService/ListCertificates?encoding=json&message=%7B%7D";
    let (status, answer) = call(&sandbox, Method::GET, list, &Value::Null).await;
    assert_eq!((status, &answer["totalSize"]), (200, &json!(1)));
    let (status, answer) = call(&sandbox, Method::POST, "/pocketsign.verify.v2.UserService/Nothing", &json!({})).await;
    assert_eq!((status, &answer["code"]), (404, &json!("unimplemented")));
    let (status, answer) = call(&sandbox, Method::POST, "/pocketsign.verify.v2.UserService/ListUsers", &json!({"pageToken": "?"})).await;
    assert_eq!((status, &answer["code"]), (400, &json!("invalid_argument")));
}
