//! The lists of PocketSign Verify, fresh checks, signing in, and sweeps.

use std::time::Duration;

use futures_util::StreamExt as _;
use shomei::{
    Error, Items,
    pocketsign::{CertificateId, CheckMethod, Freshness, HashAlgorithm, SignedData, Target, UserId},
};

use super::{
    super::{CHAIN, judge, script::Clients},
    Flow, read_all,
};

const ID: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

/// The flows that both versions have.
macro_rules! both {
    ($($version:ident $list:literal $users:literal $fresh:literal $user:literal $sign_in:literal $sweep:literal,)*) => {
        pub(super) const FLOWS: &[(&str, Flow)] = &[$(
            ($list, |clients| Box::pin(list(clients, clients.$version.certificates().list().stream()))),
            ($users, |clients| Box::pin(list(clients, clients.$version.users().list().stream()))),
            ($fresh, |clients| Box::pin(async {
                let check = clients.$version.certificates().check_status(ID).fresh(Freshness::Now).fall_back_to_crl(true);
                told(clients, check.send().await.map_err(Error::from));
            })),
            ($user, |clients| Box::pin(async { told(clients, clients.$version.users().check_status(ID).fresh(Freshness::SameDay).send().await.map_err(Error::from)) })),
            ($sign_in, |clients| Box::pin(async {
                let sign_in = clients.$version.sign_in(SignedData::new(leaf(), HashAlgorithm::Sha256, [7; 32], [7; 64]).unwrap());
                told(clients, sign_in.method(CheckMethod::Ocsp).send().await);
            })),
            ($sweep, |clients| Box::pin(async {
                let targets = [Target::from(CertificateId::from(ID)), Target::from(UserId::from(ID)), Target::from(UserId::from("../x"))];
                let sweep = clients.$version.sweep().targets(targets).fall_back_to_crl(true).min_interval(Duration::from_secs(1)).start().await;
                let mut sweep = sweep.expect("a new sweep");
                let mut results = 0;
                while let Some(swept) = sweep.next().await {
                    results += 1;
                    told(clients, swept.outcome.map_err(Error::from));
                }
                assert_eq!((results, sweep.remaining()), (3, 0));
                judge::data(&sweep.cursor());
            })),
        )*];
    };
}

both! {
    v1 "v1/certificates" "v1/users" "v1/fresh" "v1/fresh_user" "v1/sign_in" "v1/sweep",
    v2 "v2/certificates" "v2/users" "v2/fresh" "v2/fresh_user" "v2/sign_in" "v2/sweep",
}

/// One certificate of the chain: a card has one.
fn leaf() -> &'static str {
    CHAIN.split_inclusive("-----END CERTIFICATE-----").next().unwrap_or_default()
}

async fn list<T: Unpin>(clients: &Clients, items: Items<T>) {
    read_all(items, |error| judge::personal_error(clients, error)).await;
}

fn told<T: std::fmt::Debug>(clients: &Clients, outcome: Result<T, Error>) {
    match outcome {
        Ok(value) => assert!(!format!("{value:?}").contains("-----BEGIN")),
        Err(error) => judge::personal_error(clients, &error),
    }
}
