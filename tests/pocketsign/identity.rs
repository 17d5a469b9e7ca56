//! Who a user is, what is latest, and what deletion destroys.

use std::time::Duration;

use shomei::{
    ApiKey, PocketSign,
    pocketsign::{CertificateId, HashAlgorithm, SignInOutcome, SignedData, SignedIn, VerificationResult},
    sandbox::{CardCertificate, PersonDetails},
};

use crate::judge::Judge;

async fn sign_in(ps: &PocketSign, certificate: &CardCertificate) -> SignInOutcome {
    let (digest, signature) = certificate.sign(b"a challenge");
    ps.sign_in(SignedData::new(certificate.der(), HashAlgorithm::Sha256, digest, signature).unwrap()).send().await.unwrap()
}

fn person(outcome: SignInOutcome) -> SignedIn {
    match outcome {
        SignInOutcome::New(person) | SignInOutcome::Known(person) => person,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_person_is_one_user_whatever_certificate_and_however_often_renewed() {
    let judge = Judge::new();
    let ps = judge.v2();
    let jpki = judge.sandbox().jpki();
    let card = judge.card();
    let SignInOutcome::New(registered) = sign_in(&ps, &card.signing).await else { panic!("not new") };
    assert!(registered.content.as_ref().unwrap().attributes().is_some());
    let SignInOutcome::Known(signed_in) = sign_in(&ps, &card.authentication).await else { panic!("not known") };
    assert_eq!(signed_in.user, registered.user);
    assert!(signed_in.content.unwrap().attributes().is_none(), "the authentication certificate states nothing");

    let moved = jpki.move_to(card.person, "大阪府例示市一丁目").unwrap();
    let after_move = person(sign_in(&ps, &moved).await);
    assert_eq!(after_move.user, registered.user);
    assert_eq!(after_move.content.unwrap().attributes().unwrap().address.as_ref().unwrap().expose(), "大阪府例示市一丁目");
    let renewed = jpki.renew(card.person).unwrap();
    assert_eq!(person(sign_in(&ps, &renewed.signing).await).user, registered.user);
    let stranger = jpki.card(PersonDetails { name: "別人　太郎".to_owned(), ..PersonDetails::default() });
    assert_ne!(person(sign_in(&ps, &stranger.signing).await).user, registered.user);

    let other = judge.v2_as(ApiKey::new(judge.sandbox().add_pocketsign_tenant()).unwrap());
    let SignInOutcome::New(elsewhere) = sign_in(&other, &renewed.authentication).await else { panic!("another tenant knew the person") };
    assert_ne!(elsewhere.user, registered.user);
    assert!(other.users().get(&registered.user).send().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_certificate_issued_last_is_the_latest_of_its_kind() {
    let judge = Judge::new();
    let (v1, v2) = (judge.v1(), judge.v2());
    let card = judge.card();
    let old = person(sign_in(&v2, &card.signing).await).certificate.unwrap();
    let authentication = person(sign_in(&v2, &card.authentication).await).certificate.unwrap();
    let moved = judge.sandbox().jpki().move_to(card.person, "大阪府").unwrap();
    let latest =
        async |id: &CertificateId| v1.certificates().get(id.clone()).send().await.unwrap().certificate.unwrap().latest == Some(true);
    assert!(latest(&old).await, "as far as the service knows");
    let new = person(sign_in(&v2, &moved).await);
    let newest = new.certificate.unwrap();
    assert_eq!((latest(&old).await, latest(&newest).await, latest(&authentication).await), (false, true, true));
    let checked = v1.users().check_status(new.user.clone()).send().await.unwrap();
    assert_eq!(checked.certificate.unwrap().id.as_str(), newest.as_str());
    v1.certificates().delete(newest).send().await.unwrap();
    assert!(latest(&old).await);
    v1.users().delete(new.user).send().await.unwrap();
    assert!(!latest(&old).await, "without a user it counts as old");
}

#[tokio::test]
async fn deletion_destroys_what_is_said_and_no_more() {
    let judge = Judge::new();
    let (v1, v2) = (judge.v1(), judge.v2());
    let card = judge.card();
    let first = person(sign_in(&v2, &card.signing).await);
    let (certificate, verification) = (first.certificate.unwrap(), first.verification.unwrap());

    v2.users().delete(&first.user).send().await.unwrap();
    assert_eq!(v1.certificates().get(certificate.clone()).send().await.unwrap().user, None);
    let SignInOutcome::New(again) = sign_in(&v2, &card.authentication).await else { panic!("the deleted user was known") };
    assert_ne!(again.user, first.user);
    assert_eq!(v1.verifications().get(verification.clone()).send().await.unwrap().user, None, "not linked yet");
    v2.certificates().check_status(&certificate).identify_user(true).send().await.unwrap();
    let linked = v1.verifications().get(verification.clone()).send().await.unwrap().user.unwrap();
    assert_eq!(linked.id.as_str(), again.user.as_str(), "a later identification shows on earlier verifications");

    v1.certificates().delete(certificate.clone()).send().await.unwrap();
    let kept = v1.verifications().get(verification).send().await.unwrap();
    assert_eq!((kept.certificate, kept.certificate_status), (None, None));
    assert!(v1.certificates().status_history(certificate.clone()).send().await.unwrap_err().is_not_found());
    assert_ne!(person(sign_in(&v2, &card.signing).await).certificate.unwrap(), certificate, "another id the next time");
}

#[tokio::test]
async fn the_first_step_that_fails_decides() {
    let judge = Judge::new();
    let ps = judge.v2();
    let card = judge.card();
    let refused = |outcome: SignInOutcome| match outcome {
        SignInOutcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    judge.sandbox().jpki().revoke(&card.signing, shomei::sandbox::RevocationCause::CessationOfOperation).unwrap();
    let (digest, signature) = card.signing.sign(b"a challenge");
    let send = |digest: [u8; 32]| {
        let sign_in = ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, &signature).unwrap());
        sign_in.method(shomei::pocketsign::CheckMethod::Ocsp).send()
    };
    let revoked = refused(send(digest).await.unwrap());
    assert_eq!(revoked.result, VerificationResult::CertificateRevoked);
    assert!(revoked.status.unwrap().is_revoked());
    let mismatch = refused(send([7; 32]).await.unwrap());
    assert_eq!((mismatch.result, mismatch.status), (VerificationResult::SignatureMismatch, None));
    judge.sandbox().clock().advance(Duration::from_secs(6 * 365 * 86_400));
    let expired = refused(send([7; 32]).await.unwrap());
    assert_eq!((expired.result, expired.status), (VerificationResult::CertificateExpired, None));
    assert!(expired.verification.is_some(), "this too is stored");
}

#[tokio::test]
async fn every_hash_algorithm_verifies() {
    let judge = Judge::new();
    let card = judge.card();
    for (algorithm, length) in [(HashAlgorithm::Sha256, 32), (HashAlgorithm::Sha384, 48), (HashAlgorithm::Sha512, 64)] {
        let digest: Vec<u8> = (0..length).collect();
        let signature = card.signing.sign_digest(&digest).unwrap();
        let outcome =
            judge.v1().sign_in(SignedData::new(card.signing.der(), algorithm, &digest, &signature).unwrap()).send().await.unwrap();
        assert!(matches!(outcome, SignInOutcome::New(_) | SignInOutcome::Known(_)), "{outcome:?}");
    }
    assert!(card.signing.sign_digest(&[0; 20]).is_err());
}
