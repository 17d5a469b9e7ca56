//! Every kind of error.

use std::sync::{Arc, Mutex};

use futures_util::{TryStreamExt as _, future::BoxFuture};
use shomei::{
    ApiKey, Error, PocketSign, ResponseBody, Transport, TransportError, TransportRequest,
    pocketsign::{Environment, ErrorReason, HashAlgorithm, PocketSignV1, SignedData},
};

use crate::{
    judge::Judge,
    operations::{Clients, Given, ROWS},
    scripted::Scripted,
};

const ID: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

#[test]
fn no_server_is_the_default() {
    let error = PocketSign::builder(ApiKey::new("token").unwrap()).build().unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains("no default server"), "{error}");
    assert!("staging".parse::<Environment>().unwrap_err().is_configuration());
    assert!(ApiKey::new(" ").unwrap_err().is_invalid_input());
    for environment in [Environment::Mock, Environment::Test, Environment::Production] {
        assert_eq!(environment.to_string().parse::<Environment>().unwrap(), environment);
        assert!(PocketSignV1::builder(ApiKey::new("token").unwrap()).environment(environment).build().is_ok());
    }
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_sent() {
    let judge = Judge::new();
    let card = judge.card();
    let der = card.signing.der();
    let service = Scripted::json(500, "");
    let (v1, v2) = (service.v1(), service.v2());
    let signed =
        |certificate: &[u8], algorithm, digest: &[u8], signature: &[u8]| SignedData::new(certificate, algorithm, digest, signature);
    let errors: Vec<Error> = vec![
        signed(b"CANARY", HashAlgorithm::Sha256, &[1; 32], b"CANARY").unwrap_err(),
        signed(b"", HashAlgorithm::Sha256, &[1; 32], b"CANARY").unwrap_err(),
        signed(der, HashAlgorithm::Sha256, b"CANARY", b"CANARY").unwrap_err(),
        signed(der, HashAlgorithm::Sha512, &[1; 32], b"CANARY").unwrap_err(),
        signed(der, HashAlgorithm::Sha256, &[1; 32], b"").unwrap_err(),
        v1.certificates().check_status_by_content(*b"CANARY").send().await.unwrap_err(),
        v1.certificates().check_status("..").send().await.unwrap_err(),
        v1.certificates().status_history("a/b").send().await.unwrap_err(),
        v1.users().delete("").send().await.unwrap_err(),
        v2.users().get("a b").send().await.unwrap_err(),
        v2.certificates().list().user("?").send().await.unwrap_err(),
        v2.certificates().list().user("?").stream().try_next().await.unwrap_err(),
        v2.certificates().status_history().certificate("").send().await.unwrap_err(),
        v2.verifications().list().user(ID).user("a/b").send().await.unwrap_err(),
        v2.verifications().list().certificate("..").send().await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_invalid_input() && !error.was_sent(), "{error}");
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
    }
    assert!(service.sent().is_empty());
}

#[tokio::test]
async fn the_services_own_refusals_become_the_one_error_in_either_version() {
    let judge = Judge::new();
    let (v1, v2) = (judge.v1(), judge.v2());
    let error = v1.certificates().get(ID).send().await.unwrap_err();
    assert_eq!((error.status(), error.code(), error.operation()), (Some(404), Some("no_such_entry"), Some("get_certificate")));
    let error = v2.certificates().get(ID).send().await.unwrap_err();
    assert_eq!((error.is_not_found(), error.code()), (true, Some("not_found")));
    let error = v1.users().get("no-uuid").send().await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(400), Some("invalid_argument")));
    let error = v2.users().get("no-uuid").send().await.unwrap_err();
    let violations = error.pocketsign_violations();
    assert_eq!((violations[0].field.as_str(), violations[0].rule.as_str()), ("user_id", "string.uuid"));
    assert_eq!(error.pocketsign_reason(), None);
    let error = judge.v2_as(ApiKey::new("wrong").unwrap()).users().get(ID).send().await.unwrap_err();
    assert!(error.is_unauthorized() && error.code() == Some("unauthenticated"));

    let key = rcgen::KeyPair::generate().unwrap();
    let strange = rcgen::CertificateParams::new(vec!["example.com".to_owned()]).unwrap().self_signed(&key).unwrap();
    let signed = SignedData::new(strange.der(), HashAlgorithm::Sha256, [1; 32], [1; 256]).unwrap();
    let error = v2.verifications().verify(signed).send().await.unwrap_err();
    assert_eq!((error.status(), error.pocketsign_reason()), (Some(400), Some(ErrorReason::UnsupportedCertificate)));
    let error = v1.certificates().check_status_by_content(strange.pem()).send().await.unwrap_err();
    assert_eq!((error.code(), error.pocketsign_reason()), (Some("unsupported_certificate"), Some(ErrorReason::UnsupportedCertificate)));

    judge.sandbox().jpki().set_links_available(false);
    let card = judge.card();
    let (digest, signature) = card.signing.sign(b"a challenge");
    let error =
        v2.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, &signature).unwrap()).send().await.unwrap_err();
    assert_eq!(error.pocketsign_reason(), Some(ErrorReason::AssociatedCertificateNotExists));
    assert!(v2.verifications().list().send().await.unwrap().responses.is_empty(), "nothing was verified");
    let v1 = judge.v1();
    let error =
        v1.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap()).send().await.unwrap_err();
    assert_eq!((error.status(), error.pocketsign_reason()), (Some(400), None), "what v1 says is not known");
}

#[tokio::test]
async fn answers_that_say_less_are_read_as_far_as_they_go() {
    let ps = Scripted::json(200, r#"{"certificate_status":{"id":"1","check_method":"CHECK_METHOD_NEW"},"tomorrow":1}"#).v2();
    let status = shomei::pocketsign::CertificateStatus::from(ps.certificates().check_status(ID).send().await.unwrap());
    assert!(!status.is_good() && !status.is_revoked());
    assert_eq!(status.method.unwrap().as_str(), "new", "snake_case is read too");
    let ok = r#"{"verification":{"id":"1","result":"RESULT_OK"}}"#;
    let judge = Judge::new();
    let card = judge.card();
    let (digest, signature) = card.signing.sign(b"a challenge");
    let silent = Scripted::json(200, ok).v2();
    let sign_in = silent.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap());
    assert!(sign_in.send().await.unwrap_err().is_mismatch(), "nobody is signed in whom the service does not name");
}

#[tokio::test]
async fn denials_and_failures_of_either_version_are_told_apart() {
    let v1 = Scripted::json(401, r#"{"code":"authentication_failed","message":"m"}"#).v1();
    let error = v1.certificates().check_status(ID).send().await.unwrap_err();
    assert_eq!((error.is_unauthorized(), error.status(), error.code()), (true, Some(401), Some("authentication_failed")));
    let v1 = Scripted::json(500, r#"{"code":"internal_error","message":"m"}"#).v1();
    let error = v1.certificates().check_status(ID).send().await.unwrap_err();
    assert_eq!((error.status(), error.code(), error.pocketsign_reason()), (Some(500), Some("internal_error"), None));
    let v2 = Scripted::json(500, r#"{"code":"internal","message":"m"}"#).v2();
    let error = v2.certificates().check_status(ID).send().await.unwrap_err();
    assert_eq!((error.status(), error.code(), error.pocketsign_reason()), (Some(500), Some("internal"), None));
}

/// Loses the first answer to each request that differs from the one before.
#[derive(Clone)]
struct Forgetful(Judge, Arc<Mutex<String>>);

impl Transport for Forgetful {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let asked = format!("{} {} {:?}", request.method(), request.url(), request.body());
            let answer = self.0.send(request).await?;
            let is_new = std::mem::replace(&mut *self.1.lock().unwrap(), asked.clone()) != asked;
            if is_new { Err(TransportError::broken("reset")) } else { Ok(answer) }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_although_the_answer_was_lost_is_deleted() {
    for version in ["v1", "v2"] {
        let judge = Judge::new();
        let card = judge.card();
        let given = Given::registered(&judge.v2(), &card.signing).await;
        let forgetful = Forgetful(judge.clone(), Arc::default());
        let token = || ApiKey::new(judge.sandbox().pocketsign_token()).unwrap();
        let base = Environment::Mock.base_url();
        let clients = Clients {
            v1: PocketSignV1::builder(token()).base_url(base).transport(forgetful.clone()).build().unwrap(),
            v2: PocketSign::builder(token()).base_url(base).transport(forgetful).build().unwrap(),
        };
        let deletions: Vec<_> = ROWS.iter().filter(|row| row.version == version && row.id.starts_with("delete_")).collect();
        assert_eq!(deletions.len(), 3);
        for row in deletions {
            (row.call)(&clients, given.clone()).await.unwrap();
            // Sent once more it is the same request, whose answer is not lost.
            let again = (row.call)(&clients, given.clone()).await;
            assert!(again.unwrap_err().is_not_found(), "{}: nothing was there to delete", row.id);
        }
    }
}

#[test]
fn a_verification_tells_the_status_of_its_certificate() {
    use shomei::pocketsign::{CertificateStatus, types::VerifyResponse};

    let old = r#"{"verification":{"id":"1","result":"RESULT_CERTIFICATE_EXPIRED","hash_algorithm":"sha256","digest":"","signature":"",
        "created_at":"2024-05-01T00:00:00Z"},"user":{"id":"u","created_at":"2024-05-01T00:00:00Z"}}"#;
    let status = CertificateStatus::from(serde_json::from_str::<VerifyResponse>(old).unwrap());
    assert!(!status.is_good() && !status.is_revoked() && status.user.is_some());
    let new = r#"{"certificateStatus":{"id":"1","status":"STATUS_GOOD"},"certificate":{"id":"c"}}"#;
    let status = CertificateStatus::from(serde_json::from_str::<VerifyResponse>(new).unwrap());
    assert!(status.is_good() && status.certificate.is_some());
}
