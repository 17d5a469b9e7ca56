//! What a check sees when: the list of the morning, and the responder.

use std::time::Duration;

use shomei::{
    pocketsign::{CertificateId, CertificateStatus, CheckMethod, Freshness, HashAlgorithm, RevocationReason, SignedData, UserId},
    sandbox::{CardCertificate, RevocationCause},
};

use crate::judge::Judge;

/// Registers with a certificate; gives its id and the user's.
async fn register(judge: &Judge, certificate: &CardCertificate) -> (CertificateId, UserId) {
    let (digest, signature) = certificate.sign(b"a challenge");
    let ps = judge.v2();
    let signed = SignedData::new(certificate.der(), HashAlgorithm::Sha256, digest, signature).unwrap();
    let verified = ps.verifications().verify(signed).identify_user(true).send().await.unwrap();
    (verified.certificate.unwrap().id, verified.user.unwrap().id)
}

async fn both(judge: &Judge, id: &CertificateId, method: CheckMethod) -> (CertificateStatus, CertificateStatus) {
    let v1 = judge.v1().certificates().check_status(id.clone()).method(method.clone()).send().await.unwrap().into();
    let v2 = judge.v2().certificates().check_status(id.clone()).method(method).send().await.unwrap().into();
    (v1, v2)
}

#[tokio::test]
async fn a_revocation_shows_at_once_by_ocsp_and_the_next_morning_by_crl() {
    let judge = Judge::at("2024-05-01T12:00:00+09:00");
    let card = judge.card();
    let (id, _) = register(&judge, &card.signing).await;
    judge.sandbox().jpki().revoke(&card.signing, RevocationCause::KeyCompromise).unwrap();

    let (v1, v2) = both(&judge, &id, CheckMethod::Ocsp).await;
    for status in [&v1, &v2] {
        assert!(status.is_revoked());
        assert_eq!(status.reason, Some(RevocationReason::KeyCompromise));
        assert!(status.revoked_at.is_some() && status.source_updated_at.is_some());
    }
    let (v1, v2) = both(&judge, &id, CheckMethod::Crl).await;
    assert!(v1.is_good() && v2.is_good());

    // 7:36 of the next day: the list is made, but not fetched yet.
    judge.sandbox().clock().advance(Duration::from_secs((19 * 60 + 36) * 60));
    assert!(both(&judge, &id, CheckMethod::Crl).await.0.is_good());
    judge.sandbox().clock().advance(Duration::from_secs(5 * 60));
    let (v1, v2) = both(&judge, &id, CheckMethod::Crl).await;
    assert!(v1.is_revoked() && v2.is_revoked());
    assert_eq!(v1.source_updated_at, Some("2024-05-02T07:30:00+09:00".parse().unwrap()));
    assert_eq!((v1.source_updated_at, v1.revoked_at), (v2.source_updated_at, v2.revoked_at));
}

#[tokio::test]
async fn every_reason_reads_the_same_in_both_versions_but_for_unspecified() {
    let judge = Judge::new();
    for (cause, reason) in [
        (RevocationCause::Unspecified, RevocationReason::Unspecified),
        (RevocationCause::KeyCompromise, RevocationReason::KeyCompromise),
        (RevocationCause::CaCompromise, RevocationReason::CaCompromise),
        (RevocationCause::AffiliationChanged, RevocationReason::AffiliationChanged),
        (RevocationCause::Superseded, RevocationReason::Superseded),
        (RevocationCause::CessationOfOperation, RevocationReason::CessationOfOperation),
        (RevocationCause::CertificateHold, RevocationReason::CertificateHold),
    ] {
        let card = judge.card();
        let (id, _) = register(&judge, &card.authentication).await;
        judge.sandbox().jpki().revoke(&card.authentication, cause).unwrap();
        let (v1, v2) = both(&judge, &id, CheckMethod::Ocsp).await;
        assert_eq!(v1.reason, Some(reason.clone()));
        assert!(reason.meaning().is_some());
        // v2 leaves the zero value out.
        assert_eq!(v2.reason, v1.reason.filter(|reason| *reason != RevocationReason::Unspecified));
        assert!(v2.is_revoked());
        assert!(judge.sandbox().jpki().revoke(&card.authentication, cause).is_err(), "only once");
    }
}

#[tokio::test]
async fn same_day_asks_the_responder_in_the_morning_and_reads_the_list_later() {
    let judge = Judge::at("2024-05-01T06:00:00+09:00");
    let card = judge.card();
    let (id, user) = register(&judge, &card.signing).await;
    let ps = judge.v2();
    let fresh = ps.certificates().check_status(&id).fresh(Freshness::SameDay).send().await.unwrap();
    assert_eq!((fresh.method, fresh.is_fresh, fresh.is_as_of_stated), (CheckMethod::Ocsp, true, true));
    let cheap = ps.certificates().check_status(&id).fresh(Freshness::Cheapest).send().await.unwrap();
    assert_eq!((cheap.method, cheap.as_of), (CheckMethod::Crl, "2024-04-30T07:30:00+09:00".parse().unwrap()));
    assert!(!cheap.is_as_of_stated && cheap.is_fresh);

    judge.sandbox().clock().advance(Duration::from_secs(105 * 60));
    // The client learns the time from the answers.
    ps.users().get(&user).send().await.unwrap();
    let fresh = judge.v1().users().check_status(user.clone()).fresh(Freshness::Now).send().await.unwrap();
    assert_eq!(fresh.method, CheckMethod::Ocsp);
    let fresh = ps.users().check_status(user).fresh(Freshness::SameDay).send().await.unwrap();
    assert_eq!((fresh.method, fresh.as_of), (CheckMethod::Crl, "2024-05-01T07:30:00+09:00".parse().unwrap()));
    assert!(fresh.is_fresh && fresh.fallback.is_none());
}

#[tokio::test]
async fn a_failed_inquiry_falls_back_to_the_list_only_if_allowed_and_says_so() {
    use shomei::pocketsign::ErrorReason::OcspRequestFailed;

    let judge = Judge::at("2024-05-01T06:00:00+09:00");
    let card = judge.card();
    let (id, _) = register(&judge, &card.signing).await;
    judge.sandbox().jpki().set_ocsp_available(false);
    let (v1, v2) = (judge.v1(), judge.v2());
    let error = v1.certificates().check_status(id.clone()).fresh(Freshness::Now).send().await.unwrap_err().error;
    assert_eq!((error.status(), error.pocketsign_reason()), (Some(500), Some(OcspRequestFailed)));
    let error = v2.certificates().check_status(&id).fresh(Freshness::SameDay).send().await.unwrap_err().error;
    assert_eq!((error.status(), error.pocketsign_reason()), (Some(503), Some(OcspRequestFailed)));
    let fallen = v2.certificates().check_status(&id).fresh(Freshness::SameDay).fall_back_to_crl(true).send().await.unwrap();
    assert_eq!(fallen.fallback.and_then(|error| error.pocketsign_reason()), Some(OcspRequestFailed));
    assert_eq!((fallen.method, fallen.is_fresh), (CheckMethod::Crl, false));
    let missing = CertificateId::from("497f6eca-6276-4993-bfeb-53cbbbba6f08");
    let error = v1.certificates().check_status(missing).fresh(Freshness::Now).fall_back_to_crl(true).send().await.unwrap_err().error;
    assert!(error.is_not_found());
}
