//! The sweep.

use std::{collections::BTreeSet, time::Duration};

use futures_util::StreamExt as _;
use shomei::{
    pocketsign::{Freshness, HashAlgorithm, Outcome, PocketSignV2, UserId, sweep::Target},
    sandbox::RevocationCause,
};
use tokio::time::Instant;

use crate::judge::Judge;

async fn users(judge: &Judge, ps: &PocketSignV2, count: usize) -> Vec<UserId> {
    let mut users = Vec::new();
    for number in 0..count {
        let card = judge.card();
        let (digest, signature) = card.signing.sign(b"a challenge");
        let outcome = ps.sign_in().signature(card.signing.der(), HashAlgorithm::Sha256, digest, signature).send().await.unwrap();
        let Outcome::New(person) = outcome else { panic!("known") };
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

    let mut sweep = ps.sweep().over(targets.clone()).freshness(Freshness::Now).pace(Duration::from_secs(2)).concurrency(2).start();
    assert_eq!(sweep.left(), 5);
    for _ in 0..2 {
        let swept = sweep.next().await.unwrap();
        let fresh = swept.outcome.unwrap();
        assert_eq!(fresh.status.is_revoked(), swept.index == 1);
        assert!(fresh.status.id.is_some() && fresh.status.checked_at.is_some() && fresh.status.certificate.is_some());
    }
    let cursor = serde_json::to_string(sweep.cursor()).unwrap();
    drop(sweep);

    let rest = ps.sweep().over(targets).resume(serde_json::from_str(&cursor).unwrap()).freshness(Freshness::Now);
    let mut rest = rest.pace(Duration::from_secs(2)).start();
    let mut indices = BTreeSet::new();
    while let Some(swept) = rest.next().await {
        if swept.index == 4 {
            assert!(swept.outcome.unwrap_err().is_not_found());
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
    let mut sweep = ps.sweep().over(targets.clone()).freshness(Freshness::Now).start();
    assert!(sweep.next().await.unwrap().outcome.is_err());
    assert_eq!(sweep.cursor().done(), 0);
    let fallen = ps.sweep().over(targets).freshness(Freshness::Now).fall_back_to_crl(true).start().next().await.unwrap();
    assert!(fallen.outcome.unwrap().fallback.is_some());
}
