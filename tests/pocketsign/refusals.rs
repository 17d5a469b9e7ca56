//! Every kind of error.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use shomei::{
    ApiKey, Error, PocketSign, Transport, TransportError,
    pocketsign::{Environment, ErrorReason, HashAlgorithm, PocketSignV1, PocketSignV2},
};

use crate::judge::Judge;

/// Answers every request with the same thing, and counts them.
#[derive(Clone)]
pub(crate) struct Scripted {
    status: u16,
    body: &'static str,
    sent: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn json(status: u16, body: &'static str) -> Self {
        Self { status, body, sent: Arc::default() }
    }

    pub(crate) fn v1(&self) -> PocketSignV1 {
        PocketSign::v1(ApiKey::new("CANARY").unwrap()).environment(Environment::Mock).transport(self.clone()).build().unwrap()
    }

    pub(crate) fn v2(&self) -> PocketSignV2 {
        PocketSign::v2(ApiKey::new("CANARY").unwrap()).environment(Environment::Mock).transport(self.clone()).build().unwrap()
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Transport for Scripted {
    fn send(&self, _: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, TransportError>> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            let answer = http::Response::builder().status(self.status).header("content-type", "application/json");
            Ok(answer.body(Bytes::from_static(self.body.as_bytes())).unwrap().into())
        })
    }
}

const ID: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

#[test]
fn no_server_is_the_default() {
    let error = PocketSign::v2(ApiKey::new("token").unwrap()).build().unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains("which server"), "{error}");
    assert!("staging".parse::<Environment>().unwrap_err().is_configuration());
    assert!(ApiKey::new(" ").unwrap_err().is_invalid_input());
    for environment in [Environment::Mock, Environment::Test, Environment::Production] {
        assert_eq!(environment.to_string().parse::<Environment>().unwrap(), environment);
        assert!(PocketSign::v1(ApiKey::new("token").unwrap()).environment(environment).build().is_ok());
    }
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_sent() {
    let judge = Judge::new();
    let card = judge.card();
    let der = card.signing.der();
    let service = Scripted::json(500, "");
    let (v1, v2) = (service.v1(), service.v2());
    let verify = |certificate: &[u8], algorithm, digest: &[u8], signature: &[u8]| {
        let verify = v2.verifications().verify().certificate(certificate).hash_algorithm(algorithm);
        verify.digest(digest).signature(signature).send()
    };
    let errors: Vec<Error> = vec![
        verify(b"CANARY", HashAlgorithm::Sha256, &[1; 32], b"CANARY").await.unwrap_err(),
        verify(b"", HashAlgorithm::Sha256, &[1; 32], b"CANARY").await.unwrap_err(),
        verify(der, HashAlgorithm::Sha256, b"CANARY", b"CANARY").await.unwrap_err(),
        verify(der, HashAlgorithm::Sha512, &[1; 32], b"CANARY").await.unwrap_err(),
        verify(der, HashAlgorithm::Sha256, &[1; 32], b"").await.unwrap_err(),
        v1.certificates().check_status_by_content(*b"CANARY").send().await.unwrap_err(),
        v1.certificates().check_status("..").send().await.unwrap_err(),
        v1.certificates().statuses("a/b").send().await.unwrap_err(),
        v1.users().delete("").send().await.unwrap_err(),
        v2.users().get("a b").send().await.unwrap_err(),
        v2.certificates().list().user("?").unwrap_err(),
        v2.sign_in().send().await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_invalid_input() && !error.was_sent(), "{error}");
        assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
    }
    assert_eq!(service.sent(), 0);
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
    assert!(error.is_denied() && error.code() == Some("unauthenticated"));

    let key = rcgen::KeyPair::generate().unwrap();
    let strange = rcgen::CertificateParams::new(vec!["example.com".to_owned()]).unwrap().self_signed(&key).unwrap();
    let verify = v2.verifications().verify().certificate(strange.der()).hash_algorithm(HashAlgorithm::Sha256);
    let error = verify.digest([1; 32]).signature([1; 256]).send().await.unwrap_err();
    assert_eq!((error.status(), error.pocketsign_reason()), (Some(400), Some(ErrorReason::UnsupportedCertificate)));
    let error = v1.certificates().check_status_by_content(strange.pem()).send().await.unwrap_err();
    assert_eq!((error.code(), error.pocketsign_reason()), (Some("unsupported_certificate"), Some(ErrorReason::UnsupportedCertificate)));

    judge.sandbox().jpki().set_links_available(false);
    let card = judge.card();
    let (digest, signature) = card.signing.sign(b"a challenge");
    let error = v2.sign_in().signature(card.signing.der(), HashAlgorithm::Sha256, digest, signature).send().await.unwrap_err();
    assert_eq!(error.pocketsign_reason(), Some(ErrorReason::AssociatedCertificateNotExists));
    assert!(v2.verifications().list().send().await.unwrap().responses.is_empty(), "nothing was verified");
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
    let sign_in = silent.sign_in().signature(card.signing.der(), HashAlgorithm::Sha256, digest, signature);
    assert!(sign_in.send().await.unwrap_err().is_mismatch(), "nobody is signed in whom the service does not name");
}

#[tokio::test]
async fn denials_and_failures_of_either_version_are_told_apart() {
    let v1 = Scripted::json(401, r#"{"code":"authentication_failed","message":"m"}"#).v1();
    let error = v1.certificates().check_status(ID).send().await.unwrap_err();
    assert_eq!((error.is_denied(), error.status(), error.code()), (true, Some(401), Some("authentication_failed")));
    let v1 = Scripted::json(500, r#"{"code":"internal_error","message":"m"}"#).v1();
    let error = v1.certificates().check_status(ID).send().await.unwrap_err();
    assert_eq!((error.status(), error.code(), error.pocketsign_reason()), (Some(500), Some("internal_error"), None));
    let v2 = Scripted::json(500, r#"{"code":"internal","message":"m"}"#).v2();
    let error = v2.certificates().check_status(ID).send().await.unwrap_err();
    assert_eq!((error.status(), error.code(), error.pocketsign_reason()), (Some(500), Some("internal"), None));
}

#[test]
fn a_verification_tells_the_status_of_its_certificate() {
    use shomei::pocketsign::{CertificateStatus, v1, v2};

    let old = r#"{"verification":{"id":"1","result":"RESULT_CERTIFICATE_EXPIRED","hash_algorithm":"sha256","digest":"","signature":"",
        "created_at":"2024-05-01T00:00:00Z"},"user":{"id":"u","created_at":"2024-05-01T00:00:00Z"}}"#;
    let status = CertificateStatus::from(serde_json::from_str::<v1::types::VerifyResponse>(old).unwrap());
    assert!(!status.is_good() && !status.is_revoked() && status.user.is_some());
    let new = r#"{"certificateStatus":{"id":"1","status":"STATUS_GOOD"},"certificate":{"id":"c"}}"#;
    let status = CertificateStatus::from(serde_json::from_str::<v2::types::VerifyResponse>(new).unwrap());
    assert!(status.is_good() && status.certificate.is_some());
}
