//! Signing in, and sweeping.

use futures_util::StreamExt as _;
use shomei::{
    Sandbox,
    pocketsign::{Freshness, HashAlgorithm, SignInOutcome, SignedData, UserId},
    sandbox::{Card, PersonDetails},
};

use crate::story::{Story, World, drop_everywhere};

struct SignIn;

impl SignIn {
    async fn outcome(world: &World, card: &Card) -> UserId {
        let (digest, signature) = card.signing.sign(b"a challenge");
        let sign_in = world.ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap());
        match sign_in.send().await.unwrap() {
            SignInOutcome::New(person) | SignInOutcome::Known(person) => person.user,
            outcome => panic!("{outcome:?}"),
        }
    }
}

impl Story for SignIn {
    type Ground = Card;

    async fn prepare() -> (Sandbox, Card) {
        let sandbox = Sandbox::new();
        let card = sandbox.jpki().card(PersonDetails::default());
        (sandbox, card)
    }

    async fn run(world: &World, card: &Card) {
        Self::outcome(world, card).await;
    }

    async fn finish(world: &World, card: &Card) {
        let user = Self::outcome(world, card).await;
        let users = world.ps.users().list().send().await.unwrap();
        assert_eq!(users.responses.into_iter().map(|known| known.user.unwrap().id).collect::<Vec<_>>(), [user], "registered exactly once");
    }
}

struct Sweep;

impl Story for Sweep {
    type Ground = Vec<UserId>;

    const SHARED: bool = true;

    async fn prepare() -> (Sandbox, Self::Ground) {
        let sandbox = Sandbox::new();
        let ps = sandbox.pocketsign().unwrap();
        let mut users = Vec::new();
        for _ in 0..4 {
            let card = sandbox.jpki().card(PersonDetails::default());
            let (digest, signature) = card.signing.sign(b"a challenge");
            let sign_in = ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, signature).unwrap());
            let SignInOutcome::New(person) = sign_in.send().await.unwrap() else { panic!("known") };
            users.push(person.user);
        }
        (sandbox, users)
    }

    async fn run(world: &World, users: &Self::Ground) {
        let mut sweep = world.ps.sweep().targets(users.clone()).freshness(Freshness::Now).concurrency(2).start().await.unwrap();
        while let Some(swept) = sweep.next().await {
            assert!(swept.outcome.unwrap().status.is_good());
            world.keep(&sweep.cursor());
        }
    }

    async fn finish(world: &World, users: &Self::Ground) {
        let rest = world.ps.sweep().targets(users.clone()).freshness(Freshness::Now);
        let mut rest = match world.kept() {
            Some(cursor) => rest.resume(cursor).start().await.unwrap(),
            None => rest.start().await.unwrap(),
        };
        let before = rest.cursor().done();
        let mut swept = 0;
        while let Some(one) = rest.next().await {
            assert!(one.outcome.unwrap().status.is_good());
            swept += 1;
        }
        assert_eq!((before + swept, rest.cursor().done()), (4, 4), "each is looked at, and none twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_in() {
    Box::pin(drop_everywhere::<SignIn>(4)).await;
}

#[tokio::test(start_paused = true)]
async fn a_sweep() {
    Box::pin(drop_everywhere::<Sweep>(8)).await;
}
