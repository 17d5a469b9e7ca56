//! The sweep.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, future::BoxFuture};
use shomei::{
    ApiKey, PocketSign, ResponseBody, Transport, TransportError, TransportRequest,
    pocketsign::{
        CertificateId, CertificateState, CertificateStatus, CertificateType, Environment, Freshness, HashAlgorithm, SignInOutcome,
        SignedData, Target, UserId,
        types::{CheckUserStatusResponse, GetVerificationResponse},
    },
    sandbox::RevocationCause,
};
use tokio::time::Instant;

use crate::{judge::Judge, scripted::Scripted};

async fn users(judge: &Judge, ps: &PocketSign, count: usize) -> Vec<UserId> {
    let mut users = Vec::new();
    for number in 0..count {
        let card = judge.card();
        let (digest, signature) = card.signing.sign(b"a challenge");
        let outcome =
            ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap()).send().await.unwrap();
        let SignInOutcome::New(person) = outcome else { panic!("known") };
        users.push(person.user);
        if number == 1 {
            judge.sandbox().jpki().revoke(&card.signing, RevocationCause::AffiliationChanged).unwrap();
        }
    }
    users
}

#[tokio::test(start_paused = true)]
async fn a_sweep_checks_all_in_measure_and_can_be_resumed() {
    let judge = Judge::new();
    let ps = judge.v2();
    let mut targets: Vec<Target> = users(&judge, &ps, 4).await.into_iter().map(Into::into).collect();
    targets.push(UserId::from("497f6eca-6276-4993-bfeb-53cbbbba6f08").into());
    let before = judge.operations().len();
    let started = Instant::now();

    let mut sweep = ps
        .sweep()
        .targets(targets.clone())
        .freshness(Freshness::Now)
        .min_interval(Duration::from_secs(2))
        .concurrency(2)
        .start()
        .await
        .unwrap();
    assert_eq!(sweep.remaining(), 5);
    for _ in 0..2 {
        let swept = sweep.next().await.unwrap();
        let fresh = swept.outcome.unwrap();
        assert_eq!(fresh.status.is_revoked(), swept.index == 1);
        assert!(fresh.status.id.is_some() && fresh.status.checked_at.is_some() && fresh.status.certificate.is_some());
    }
    let cursor = serde_json::to_string(&sweep.cursor()).unwrap();
    drop(sweep);

    let rest = ps.sweep().targets(targets).resume(serde_json::from_str(&cursor).unwrap()).freshness(Freshness::Now);
    let mut rest = rest.min_interval(Duration::from_secs(2)).start().await.unwrap();
    let mut indices = BTreeSet::new();
    while let Some(swept) = rest.next().await {
        if swept.index == 4 {
            assert!(swept.outcome.unwrap_err().error.is_not_found());
        }
        indices.insert(swept.index);
    }
    assert_eq!(indices.into_iter().collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(rest.cursor().done(), 5);
    assert!(started.elapsed() >= Duration::from_secs(6), "{:?}", started.elapsed());
    assert!(judge.operations().len() - before <= 6);
}

#[tokio::test(start_paused = true)]
async fn passing_faults_are_not_done() {
    let judge = Judge::new();
    let ps = judge.v2();
    let targets = users(&judge, &ps, 1).await;
    judge.sandbox().jpki().set_ocsp_available(false);
    let mut sweep = ps.sweep().targets(targets.clone()).freshness(Freshness::Now).start().await.unwrap();
    assert!(sweep.next().await.unwrap().outcome.is_err());
    assert_eq!(sweep.cursor().done(), 0);
    let mut sweep = ps.sweep().targets(targets.clone()).freshness(Freshness::Now).fall_back_to_crl(true).start().await.unwrap();
    let fallen = sweep.next().await.unwrap().outcome.unwrap();
    assert!(fallen.fallback.is_some() && fallen.status.is_good() && !fallen.is_fresh);
    assert_eq!(sweep.cursor().done(), 0, "the list is older than was asked for");

    judge.sandbox().jpki().set_ocsp_available(true);
    let again = || ps.sweep().targets(targets.clone()).resume(sweep.cursor());
    let mut resumed = again().freshness(Freshness::Now).start().await.unwrap();
    assert!(resumed.next().await.unwrap().outcome.unwrap().is_fresh);
    assert_eq!(resumed.cursor().done(), 1);
    // What was done for one question is not done for another.
    let authentication = CertificateType::JpkiCardUserAuthentication;
    for other in [again(), again().freshness(Freshness::Now).certificate_type(authentication)] {
        assert!(other.start().await.unwrap_err().is_invalid_input());
    }
}

#[tokio::test]
async fn who_is_told_neither_yes_nor_no_is_not_refused() {
    let judge = Judge::new();
    let card = judge.card();
    let (digest, signature) = card.signing.sign(b"challenge");
    for answer in [
        "{}",
        r#"{"verification":{"id":"CANARY","result":"RESULT_UNSPECIFIED"}}"#,
        r#"{"verification":{"id":"CANARY","result":"RESULT_OK"}}"#,
    ] {
        let ps = Scripted::json(200, answer).v2();
        let error =
            ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, &signature).unwrap()).send().await.unwrap_err();
        assert!(error.is_mismatch() && error.is_ambiguous() && !error.to_string().contains("CANARY"), "{error}");
    }
}

#[test]
fn what_a_stored_verification_or_a_check_of_a_user_says_is_kept() {
    let record = r#"{"verification":{"id":"1","result":"RESULT_OK"},"certificate":{"id":"2","type":"TYPE_JPKI_CARD_DIGITAL_SIGNATURE"},
        "certificateStatus":{"id":"3","status":"STATUS_GOOD"},"user":{"id":"4"}}"#;
    let status = CertificateStatus::from(serde_json::from_str::<GetVerificationResponse>(record).unwrap());
    assert!(status.is_good() && status.is_new_user.is_none());
    assert_eq!((status.certificate, status.user), (Some("2".into()), Some("4".into())));

    let expired = r#"{"certificateStatus":{"id":"3","status":"STATUS_GOOD"},"certificateState":"STATE_EXPIRED"}"#;
    let status = CertificateStatus::from(serde_json::from_str::<CheckUserStatusResponse>(expired).unwrap());
    assert_eq!(status.certificate_state, Some(CertificateState::Expired));
}

#[cfg(feature = "pocketsign-v1")]
#[test]
fn what_a_stored_verification_of_v1_says_is_kept() {
    let record = r#"{"verification":{"id":"1","result":"ok"},"certificate":{"id":"2","type":"jpki_card_digital_signature","latest":true},
        "certificate_status":{"id":"3","status":"good"},"user":{"id":"4"}}"#;
    let status = CertificateStatus::from(serde_json::from_str::<GetVerificationResponse>(record).unwrap());
    assert_eq!((status.is_good(), status.latest, status.user), (true, Some(true), Some("4".into())));
}

/// Counts the checks in flight, and the most there ever were.
#[derive(Clone, Default)]
struct Slow(Arc<(AtomicUsize, AtomicUsize)>);

impl Transport for Slow {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let (now, most) = &*self.0;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            let body = r#"{"certificateStatus":{"id":"1","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_OCSP"}}"#;
            let answer = http::Response::builder().header("content-type", "application/json");
            Ok(answer.body(body.into()).unwrap())
        })
    }
}

fn certificates(count: usize) -> Vec<CertificateId> {
    (0..count).map(|number| CertificateId::from(format!("c{number}").as_str())).collect()
}

#[tokio::test(start_paused = true)]
async fn no_more_checks_run_at_a_time_than_allowed() {
    let slow = Slow::default();
    let ps = PocketSign::builder(ApiKey::new("token").unwrap()).environment(Environment::Mock).transport(slow.clone()).build().unwrap();
    let mut sweep = ps.sweep().targets(certificates(10)).freshness(Freshness::Now).concurrency(3).start().await.unwrap();
    let mut found = 0;
    while let Some(swept) = sweep.next().await {
        assert!(swept.outcome.unwrap().status.is_good() && matches!(swept.target, Target::Certificate(_)));
        found += 1;
    }
    assert_eq!((found, sweep.cursor().done(), slow.0.1.load(Ordering::SeqCst)), (10, 10, 3));
    // An absurd pace is a long wait, and no overflow.
    let mut sweep = ps.sweep().targets(certificates(2)).min_interval(Duration::MAX).concurrency(1).start().await.unwrap();
    assert!(sweep.next().await.is_some() && sweep.next().await.is_some());
}

#[tokio::test]
async fn only_what_tells_something_for_good_is_done() {
    for (status, body, done) in [
        (200, r#"{"certificateStatus":{"id":"1","status":"STATUS_REVOKED"}}"#, 1),
        (200, r#"{"certificateStatus":{"id":"1","status":"STATUS_NEW"}}"#, 0),
        (200, "{}", 0),
        (200, "[]", 0),
        (400, r#"{"code":"failed_precondition"}"#, 0),
        (404, r#"{"code":"not_found"}"#, 1),
        (404, r#"{"code":"no_such_entry"}"#, 1),
        (404, r#"{"code":"unimplemented"}"#, 0),
        (404, "<html>", 0),
        (401, r#"{"code":"unauthenticated"}"#, 0),
        (500, r#"{"code":"internal"}"#, 0),
    ] {
        let ps = Scripted::json(status, body).v2();
        let mut sweep = ps.sweep().targets(certificates(1)).freshness(Freshness::Now).start().await.unwrap();
        sweep.next().await.unwrap();
        assert_eq!(sweep.cursor().done(), done, "{status} {body}");
    }
    let ps = Scripted::json(500, "").v2();
    let mut sweep = ps.sweep().targets([CertificateId::from("a/b")]).start().await.unwrap();
    sweep.next().await.unwrap();
    assert_eq!(sweep.cursor().done(), 1);
    let cursor = sweep.cursor();
    // Others than before are looked at, whoever is gone.
    assert_eq!(ps.sweep().targets(certificates(3)).resume(cursor).start().await.unwrap().remaining(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_yesterday_passes_nobody_over() {
    let judge = Judge::new();
    let ps = judge.v2();
    let targets = users(&judge, &ps, 3).await;
    let mut sweep = ps.sweep().targets(targets.clone()).concurrency(1).start().await.unwrap();
    let (first, second) = (sweep.next().await.unwrap(), sweep.next().await.unwrap());
    assert!(first.outcome.unwrap().is_fresh && second.outcome.unwrap().is_fresh);
    let cursor = sweep.cursor();
    // On the same day, with somebody new in front and the first of all gone.
    let others = [UserId::from("c3e7a1b2-5d4f-4e6a-8b9c-0d1e2f3a4b5c"), targets[1].clone(), targets[2].clone()];
    assert_eq!(ps.sweep().targets(others).resume(cursor.clone()).start().await.unwrap().remaining(), 2);

    judge.sandbox().clock().advance(Duration::from_secs(24 * 60 * 60));
    ps.users().list().send().await.unwrap();
    let mut next_day = ps.sweep().targets(targets.clone()).resume(cursor).start().await.unwrap();
    assert_eq!(next_day.remaining(), 3, "it has lapsed");
    while let Some(swept) = next_day.next().await {
        assert!(swept.outcome.unwrap().is_fresh);
    }
    assert_eq!(next_day.cursor().done(), 3);
}
