//! `POST /certificates/{id}/status` as its page tells it, the one page that is known word for word.

use serde_json::Value;
use shomei::pocketsign::{
    CertificateStatus, CertificateType, CheckMethod, CheckPurpose, RevocationReason, types::CheckCertificateStatusResponse,
};

use crate::{document::Part, judge::V1, scripted::Scripted};

const ID: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

/// The body of the page's curl call.
const REQUEST: &str = r#"{
    "status_check_method": "crl",
    "identify_user": false
}"#;

const RESPONSE: &str = r#"{
  "certificate": {
    "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08",
    "type": "jpki_card_digital_signature",
    "latest": true,
    "created_at": "2019-08-24T14:15:22Z"
  },
  "certificate_status": {
    "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08",
    "status": "good",
    "check_method": "crl",
    "check_purpose": "signature_verification",
    "source_updated_at": "2019-08-24T14:15:22Z",
    "revoked_at": "2019-08-24T14:15:22Z",
    "revocation_reason": "unspecified",
    "created_at": "2019-08-24T14:15:22Z"
  },
  "user": {
    "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08",
    "created_at": "2019-08-24T14:15:22Z"
  },
  "is_new_user": true
}"#;

/// The same in the words of v2, whose types it is read into.
const AS_V2: &str = r#"{
  "certificate": {
    "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08",
    "type": "TYPE_JPKI_CARD_DIGITAL_SIGNATURE",
    "createdAt": "2019-08-24T14:15:22Z",
    "latest": true
  },
  "certificateStatus": {
    "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08",
    "status": "STATUS_GOOD",
    "checkMethod": "CHECK_METHOD_CRL",
    "checkPurpose": "CHECK_PURPOSE_SIGNATURE_VERIFICATION",
    "sourceUpdatedAt": "2019-08-24T14:15:22Z",
    "revokedAt": "2019-08-24T14:15:22Z",
    "revocationReason": "CRL_REASON_UNSPECIFIED",
    "createdAt": "2019-08-24T14:15:22Z"
  },
  "user": {
    "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08",
    "createdAt": "2019-08-24T14:15:22Z"
  },
  "isNewUser": true
}"#;

/// The blanks of a sample are for its readers: no string on the page holds one.
fn without_blanks(json: &str) -> String {
    json.split_whitespace().collect()
}

#[tokio::test]
async fn the_request_of_the_page_is_sent_to_the_byte() {
    let page = Scripted::json(200, RESPONSE);
    page.v1().certificates().check_status(ID).method(CheckMethod::Crl).identify_user(false).send().await.unwrap();

    let sent = page.sent().pop().unwrap();
    assert_eq!(sent.method().as_str(), "POST");
    // The page's own call leaves the id out: `…/certificates//status`.
    assert_eq!(sent.url(), format!("https://verify.mock.p8n.app/certificates/{ID}/status"));
    assert_eq!(sent.headers()["content-type"], "application/json");
    assert_eq!(sent.headers()["authorization"], "Bearer TOKEN");
    let body = sent.body();
    assert_eq!(std::str::from_utf8(body).unwrap(), without_blanks(REQUEST), "member by member, in the order of the page");
}

#[tokio::test]
async fn the_response_of_the_page_is_read_value_by_value_and_written_again_in_the_words_of_v2() {
    let answer = Scripted::json(200, RESPONSE).v1().certificates().check_status(ID).send().await.unwrap();
    let written = serde_json::to_string(&answer).unwrap();
    assert_eq!(written, without_blanks(AS_V2));
    for same in [&*written, RESPONSE] {
        assert_eq!(serde_json::from_str::<CheckCertificateStatusResponse>(same).unwrap(), answer);
    }

    let time = Some("2019-08-24T14:15:22Z".parse().unwrap());
    let certificate = answer.certificate.as_ref().unwrap();
    assert_eq!(certificate.id.as_str(), ID);
    assert_eq!(certificate.type_, Some(CertificateType::JpkiCardDigitalSignature));
    assert_eq!((certificate.latest, certificate.created_at), (Some(true), time));
    let user = answer.user.as_ref().unwrap();
    assert_eq!((user.id.as_str(), user.created_at), (ID, time));

    let answer_reason = answer.certificate_status.as_ref().unwrap().revocation_reason.clone();
    let status = CertificateStatus::from(answer);
    // The page fills every member with something: good, and revoked in 2019. What is not plainly good is not good.
    assert!(!status.is_good() && !status.is_revoked(), "{status:?}");
    assert_eq!(status.id.as_ref().map(|id| id.as_str()), Some(ID));
    assert_eq!(status.certificate.as_ref().map(|id| id.as_str()), Some(ID));
    assert_eq!(status.user.as_ref().map(|id| id.as_str()), Some(ID));
    assert_eq!(status.certificate_type, Some(CertificateType::JpkiCardDigitalSignature));
    assert_eq!((&status.method, &status.purpose), (&Some(CheckMethod::Crl), &Some(CheckPurpose::SignatureVerification)));
    assert_eq!((status.source_updated_at, status.revoked_at, status.checked_at), (time, time, time));
    // A sample shows every member; of a good certificate that reason is none.
    assert_eq!((status.reason.clone(), answer_reason), (None, Some(RevocationReason::Unspecified)));
    assert_eq!((status.latest, status.is_new_user), (Some(true), Some(true)));
    let stored = serde_json::to_string(&status).unwrap();
    assert_eq!(serde_json::from_str::<CertificateStatus>(&stored).unwrap(), status);
}

#[test]
fn the_document_holds_the_samples_of_the_page() {
    let of_page = |part: Part, sample: &str| {
        let samples = V1.samples();
        let found = samples.iter().find(|each| each.owner == "check_certificate_status" && each.name == "documented" && each.part == part);
        assert_eq!(*found.unwrap().value, serde_json::from_str::<Value>(sample).unwrap());
    };
    of_page(Part::Request, REQUEST);
    of_page(Part::Response("200".to_owned()), RESPONSE);
}
