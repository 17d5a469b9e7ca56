//! What goes over the wire, without a client.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use shomei::{
    Sandbox,
    pocketsign::{CertificateStatus, CertificateType, CheckMethod, CheckPurpose, RevocationReason, v1},
    sandbox::PersonDetails,
};

use crate::{judge::Judge, refusals::Scripted};

/// Sends a request as any HTTP client would.
async fn call(sandbox: &Sandbox, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", sandbox.pocketsign_token()));
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let answer = sandbox.handle(request.body(body).unwrap()).await;
    let body = if answer.body().is_empty() { Value::Null } else { serde_json::from_slice(answer.body()).unwrap() };
    (answer.status().as_u16(), body)
}

#[tokio::test]
async fn v2_takes_snake_case_too_and_reads_by_get() {
    let sandbox = Sandbox::new();
    let card = sandbox.jpki().card(PersonDetails::default());
    let content = sandbox.pocketsign_v1().unwrap();
    let id = content.certificates().check_status_by_content(card.signing.der()).send().await.unwrap().certificate.id;
    let check = "/pocketsign.verify.v2.CertificateService/CheckCertificateStatus";
    for body in [
        json!({"certificate_id": id, "check_method": "CHECK_METHOD_OCSP"}),
        json!({"certificateId": id, "checkMethod": "CHECK_METHOD_OCSP"}),
    ] {
        let (status, answer) = call(&sandbox, Method::POST, check, &body).await;
        assert_eq!((status, &answer["certificateStatus"]["checkMethod"]), (200, &json!("CHECK_METHOD_OCSP")));
    }
    assert_eq!(call(&sandbox, Method::GET, check, &Value::Null).await.0, 404, "a check has side effects");
    let list = "/pocketsign.verify.v2.CertificateService/ListCertificates?encoding=json&message=%7B%7D";
    let (status, answer) = call(&sandbox, Method::GET, list, &Value::Null).await;
    assert_eq!((status, &answer["totalSize"]), (200, &json!(1)));
    let (status, answer) = call(&sandbox, Method::POST, "/pocketsign.verify.v2.UserService/Nothing", &json!({})).await;
    assert_eq!((status, &answer["code"]), (404, &json!("unimplemented")));
    let (status, answer) = call(&sandbox, Method::POST, "/pocketsign.verify.v2.UserService/ListUsers", &json!({"pageToken": "?"})).await;
    assert_eq!((status, &answer["code"]), (400, &json!("invalid_argument")));
}

/// The request and the answer of the page of `POST /certificates/{id}/status`, as they stand there.
#[tokio::test]
async fn the_sample_of_the_page_is_sent_and_read_as_it_stands() {
    let judge = Judge::new();
    let error = judge.v1().certificates().check_status("497f6eca-6276-4993-bfeb-53cbbbba6f08").method(CheckMethod::Crl).send().await;
    assert!(error.unwrap_err().is_not_found());
    let sent: Value = serde_json::from_str(&judge.last_body()).unwrap();
    assert_eq!(sent, json!({"status_check_method": "crl", "identify_user": false}));

    let page = r#"{
        "certificate": {
            "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "type": "jpki_card_digital_signature", "latest": true,
            "created_at": "2019-08-24T14:15:22Z"
        },
        "certificate_status": {
            "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "status": "good", "check_method": "crl", "check_purpose": "signature_verification",
            "source_updated_at": "2019-08-24T14:15:22Z", "revoked_at": "2019-08-24T14:15:22Z", "revocation_reason": "unspecified",
            "created_at": "2019-08-24T14:15:22Z"
        },
        "user": {"id": "497f6eca-6276-4993-bfeb-53cbbbba6f08", "created_at": "2019-08-24T14:15:22Z"},
        "is_new_user": true
    }"#;
    let ps = Scripted::json(200, page).v1();
    let answer = ps.certificates().check_status("497f6eca-6276-4993-bfeb-53cbbbba6f08").send().await.unwrap();
    let written = serde_json::to_value(&answer).unwrap();
    let again: v1::types::CheckCertificateStatusResponse = serde_json::from_value(written).unwrap();
    assert_eq!(again, answer);
    let status = CertificateStatus::from(answer);
    assert!(status.is_good());
    let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
    assert_eq!(status.id.as_ref().map(|id| id.as_str()), Some(id));
    assert_eq!(status.certificate.as_ref().map(|id| id.as_str()), Some(id));
    assert_eq!(status.user.as_ref().map(|id| id.as_str()), Some(id));
    assert_eq!(status.certificate_type, Some(CertificateType::JpkiCardDigitalSignature));
    assert_eq!((&status.method, &status.purpose), (&Some(CheckMethod::Crl), &Some(CheckPurpose::SignatureVerification)));
    let time = Some("2019-08-24T14:15:22Z".parse().unwrap());
    assert_eq!((status.source_updated_at, status.revoked_at, status.checked_at), (time, time, time));
    assert_eq!(status.reason, Some(RevocationReason::Unspecified));
    assert_eq!((status.latest, status.is_new_user), (Some(true), Some(true)));
    let stored = serde_json::to_string(&status).unwrap();
    assert_eq!(serde_json::from_str::<CertificateStatus>(&stored).unwrap(), status);
}
