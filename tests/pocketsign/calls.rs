//! Every operation of both versions, once at least, and the lists.

use futures_util::{StreamExt as _, TryStreamExt as _};
use shomei::{
    Error,
    pocketsign::{CertificateStatus, CertificateType, CheckMethod, CheckPurpose, HashAlgorithm, SignedData, VerificationResult, types},
    sandbox::PersonDetails,
};

use crate::judge::{Judge, all_operations};

#[tokio::test]
async fn every_operation_of_v1_can_be_called() {
    let judge = Judge::new();
    let ps = judge.v1();
    let card = judge.card();
    let (digest, signature) = card.signing.sign(b"a challenge");
    let signed = SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap();
    let verified = ps.verifications().verify(signed).identify_user(true).method(CheckMethod::Ocsp).send().await.unwrap();
    let verification = verified.verification.unwrap();
    assert_eq!(verification.result, Some(VerificationResult::Ok));
    assert_eq!(verification.digest.unwrap().expose(), digest);
    assert_eq!(verified.is_new_user, Some(true));
    let content = verified.certificate_content.unwrap().jpki_card_digital_signature_content.unwrap();
    assert_eq!(*content.common_name.unwrap().expose(), PersonDetails::default().name);
    let (verification, certificate, user) = (verification.id, verified.certificate.unwrap(), verified.user.unwrap());
    assert_eq!(certificate.latest, Some(true), "the only certificate of a known user");

    let record = ps.verifications().get(verification.clone()).send().await.unwrap();
    assert_eq!((record.certificate.unwrap().id, record.user.unwrap().id), (certificate.id.clone(), user.id.clone()));
    assert_eq!(ps.verifications().list().limit(5).send().await.unwrap().results.len(), 1);
    assert_eq!(ps.certificates().get(certificate.id.clone()).send().await.unwrap().certificate, Some(certificate.clone()));
    assert_eq!(ps.certificates().list().send().await.unwrap().total, Some(1));
    assert_eq!(ps.users().get(user.id.clone()).send().await.unwrap().user, Some(user.clone()));
    assert_eq!(ps.users().list().send().await.unwrap().results[0].user, Some(user.clone()));

    let by_id = ps.certificates().check_status(certificate.id.clone()).method(CheckMethod::Crl).send().await.unwrap();
    assert_eq!(judge.last_body(), r#"{"status_check_method":"crl","identify_user":false}"#);
    assert_eq!(
        by_id.certificate_status.as_ref().unwrap().source_updated_at,
        None,
        "a list that does not name the certificate gives no time"
    );
    let pem = card.signing.pem();
    let by_content = ps.certificates().check_status_by_content(pem).method(CheckMethod::Ocsp).send().await.unwrap();
    assert!(by_content.certificate_content.is_some());
    let of_user =
        ps.users().check_status(user.id.clone()).certificate_type(CertificateType::JpkiCardDigitalSignature).send().await.unwrap();
    for status in [CertificateStatus::from(by_id), by_content.into(), of_user.into()] {
        assert!(status.is_good());
        assert_eq!(status.purpose, Some(CheckPurpose::LivenessCheck));
        assert_eq!(status.certificate, Some(certificate.id.clone()));
        assert_eq!((status.user, status.latest), (Some(user.id.clone()), Some(true)));
    }
    let history: Vec<_> = ps.certificates().status_history(certificate.id.clone()).limit(3).stream().try_collect().await.unwrap();
    assert_eq!(history.len(), 4);

    ps.verifications().delete(verification.clone()).send().await.unwrap();
    ps.certificates().delete(certificate.id.clone()).send().await.unwrap();
    ps.users().delete(user.id.clone()).send().await.unwrap();
    assert!(ps.verifications().get(verification).send().await.unwrap_err().is_not_found());
    assert!(ps.certificates().get(certificate.id).send().await.unwrap_err().is_not_found());
    assert!(ps.users().delete(user.id).send().await.unwrap_err().is_not_found());
    covered(&judge, "v1");
}

#[tokio::test]
async fn every_operation_of_v2_can_be_called() {
    let judge = Judge::new();
    let ps = judge.v2();
    let card = judge.card();
    let (digest, signature) = card.signing.sign(b"a challenge");
    let signed = SignedData::new(card.signing.pem(), HashAlgorithm::Sha256, digest, signature).unwrap();
    let verified = ps.verifications().verify(signed).identify_user(true).send().await.unwrap();
    let verification = verified.verification.unwrap();
    assert_eq!(verification.result, Some(VerificationResult::Ok));
    assert_eq!(verified.is_new_user, Some(true));
    let content = verified.certificate_content.unwrap().jpki_card_digital_signature_content.unwrap();
    assert_eq!(*content.address.unwrap().expose(), PersonDetails::default().address);
    let (certificate, user) = (verified.certificate.unwrap(), verified.user.unwrap());

    let record = ps.verifications().get(&verification.id).send().await.unwrap();
    assert_eq!((record.certificate.unwrap(), record.user.unwrap()), (certificate.clone(), user.clone()));
    assert_eq!(ps.certificates().get(&certificate.id).send().await.unwrap().user, Some(user.clone()));
    assert_eq!(ps.users().get(&user.id).send().await.unwrap().user, Some(user.clone()));

    let checked = ps.certificates().check_status(&certificate.id).send().await.unwrap();
    assert_eq!(judge.last_body(), format!(r#"{{"certificateId":"{}","checkMethod":"CHECK_METHOD_CRL"}}"#, certificate.id));
    let status = CertificateStatus::from(checked);
    assert_eq!((status.method.clone(), status.source_updated_at), (Some(CheckMethod::Crl), None));
    assert_eq!((status.user.clone(), status.is_new_user), (Some(user.id.clone()), Some(false)));
    let again = ps.certificates().get_status(status.id.clone().unwrap()).send().await.unwrap();
    assert_eq!(CertificateStatus::from(again).checked_at, status.checked_at);
    let of_user = ps.users().check_status(&user.id).method(CheckMethod::Ocsp).send().await.unwrap();
    assert!(CertificateStatus::from(of_user).source_updated_at.is_some());

    let now = judge.sandbox().clock().now();
    let later = now + chrono::TimeDelta::hours(1);
    let certificates = || ps.certificates().list().certificate_type(CertificateType::JpkiCardDigitalSignature).user(&user.id);
    assert_eq!(certificates().created_until(later).send().await.unwrap().responses.len(), 1);
    assert_eq!(certificates().created_since(later).send().await.unwrap(), serde_json::from_str("{}").unwrap());
    let authentication = ps.certificates().list().certificate_type(CertificateType::JpkiCardUserAuthentication);
    assert!(authentication.send().await.unwrap().responses.is_empty());
    let verifications = ps.verifications().list().certificate(&certificate.id).user(&user.id);
    assert_eq!(verifications.send().await.unwrap().total_size, Some(1));
    let statuses = ps.certificates().status_history().certificate(&certificate.id);
    let history: Vec<_> = statuses.page_size(1).stream().try_collect().await.unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(ps.users().list().send().await.unwrap().responses.len(), 1);

    ps.verifications().delete(&verification.id).send().await.unwrap();
    ps.certificates().delete(&certificate.id).send().await.unwrap();
    ps.users().delete(&user.id).send().await.unwrap();
    assert!(ps.users().get(&user.id).send().await.unwrap_err().is_not_found());
    covered(&judge, "v2");
}

fn covered(judge: &Judge, version: &str) {
    let called = judge.operations();
    let missing: Vec<_> = all_operations().into_iter().filter(|each| each.starts_with(version) && !called.contains(each)).collect();
    assert_eq!(missing, [""; 0], "not called");
    assert_eq!(all_operations().len(), 28);
}

#[tokio::test]
async fn lists_come_page_by_page_as_they_are_needed_in_either_version() {
    let judge = Judge::new();
    let (v1, v2) = (judge.v1(), judge.v2());
    let card = judge.card();
    let (digest, signature) = card.authentication.sign(b"a challenge");
    for _ in 0..7 {
        let signed = SignedData::new(card.authentication.der(), HashAlgorithm::Sha256, digest, &signature).unwrap();
        v2.verifications().verify(signed).send().await.unwrap();
    }
    let asked = || judge.operations().iter().filter(|call| call.ends_with("list_verifications")).count();
    let all: Vec<_> = v1.verifications().list().limit(3).stream().try_collect().await.unwrap();
    // What was read last is asked for once more, and no larger page than the caller's is known to be allowed.
    assert_eq!((all.len(), asked()), (7, 4));
    let rest: Vec<_> = v1.verifications().list().limit(3).offset(5).stream().try_collect().await.unwrap();
    assert_eq!((rest.len(), asked()), (2, 5));
    let same: Vec<_> = v2.verifications().list().page_size(3).stream().try_collect().await.unwrap();
    assert_eq!((same.len(), asked()), (7, 8));
    assert!(
        all.iter()
            .zip(&same)
            .all(|(v1, v2)| v1.verification.as_ref().unwrap().id.as_str() == v2.verification.as_ref().unwrap().id.as_str())
    );
    let mut few = v2.verifications().list().page_size(3).stream();
    few.next().await.unwrap().unwrap();
    assert_eq!(asked(), 9, "the second page is not asked for before it is needed");
}

#[tokio::test]
async fn a_list_ends_with_an_error_where_the_service_goes_in_circles() {
    let circles = crate::scripted::Scripted::json(200, r#"{"nextPageToken":"a","responses":[{"user":{"id":"1"}}]}"#);
    let seen: Vec<Result<types::User, Error>> = circles.v2().users().list().stream().collect().await;
    assert_eq!(seen.len(), 2);
    assert!(seen[1].as_ref().unwrap_err().is_mismatch());
    let first = r#"{"total":9,"limit":1,"offset":0,"results":[{"user":{"id":"1","created_at":"2024-05-01T00:00:00Z"}}]}"#;
    // The same from a service that says nothing of the page's place.
    let placeless = r#"{"total":9,"results":[{"user":{"id":"1","created_at":"2024-05-01T00:00:00Z"}}]}"#;
    let seen: Vec<_> = crate::scripted::Scripted::json(200, placeless).v1().users().list().stream().collect().await;
    assert_eq!(seen.len(), 2);
    assert!(seen[1].as_ref().unwrap_err().is_mismatch());
    let seen: Vec<_> = crate::scripted::Scripted::json(200, first).v1().users().list().stream().collect().await;
    assert_eq!(seen.len(), 2);
    assert!(seen[1].as_ref().unwrap_err().is_mismatch());
}
