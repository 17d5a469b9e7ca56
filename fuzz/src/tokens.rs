//! Tokens and cursors as they come back from wherever they were kept.

use serde::{Serialize, de::DeserializeOwned};
use shomei::pocketsign::{
    CertificateStatus, UserId,
    sweep::{Cursor, Target},
};

use super::{
    flows::{issuance, validation},
    judge,
    script::{Clients, Script, play},
};
use futures_util::{StreamExt as _, future::LocalBoxFuture};
use std::time::Duration;

type Resume = for<'c> fn(&'c Clients, &'c [u8]) -> LocalBoxFuture<'c, ()>;

const KINDS: &[(&str, Resume)] = &[
    ("validation", |clients, json| {
        Box::pin(async {
            let Some(token) = read(json) else { return };
            validation(clients, clients.cc.domains().resume_validation(token).start().await).await;
        })
    }),
    ("issuance", |clients, json| {
        Box::pin(async {
            let Some(token) = read(json) else { return };
            issuance(clients, clients.cc.orders().resume_issuance(token).start()).await;
        })
    }),
    ("approval", |clients, json| {
        Box::pin(async {
            let Some(token) = read(json) else { return };
            match clients.cc.requests().resume_approval(&token).start() {
                Ok(pending) => {
                    assert_eq!(pending.resume_token(), token);
                    let within = Duration::from_secs(3600);
                    judge::waited(clients, within, pending.wait(within).await);
                }
                Err(error) => judge::error(clients, &error),
            }
        })
    }),
    ("cursor", |clients, json| Box::pin(async { cursor(clients, json).await })),
    ("status", |_, json| Box::pin(async { drop(read::<CertificateStatus>(json)) })),
];

/// A token in JSON and the answers to whoever goes on with it. The first line says which it is.
pub fn tokens(data: &[u8]) {
    let script = Script::read(data);
    let (_, resume) = script.choose(KINDS);
    play(script.answers(1), async |clients| resume(clients, script.parts[0]).await);
}

fn read<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(json: &[u8]) -> Option<T> {
    let token: T = serde_json::from_slice(json).ok()?;
    judge::data(&token);
    Some(token)
}

async fn cursor(clients: &Clients, json: &[u8]) {
    let Some(cursor) = read::<Cursor>(json) else { return };
    let _ = cursor.done();
    let targets = ["a", "b", "../c"].map(|id| Target::from(UserId::from(id)));
    match clients.v2.sweep().over(targets).resume(cursor).start() {
        Ok(mut sweep) => {
            while sweep.next().await.is_some() {}
            assert_eq!(sweep.left(), 0);
            judge::data(sweep.cursor());
        }
        Err(error) => judge::personal_error(clients, &error),
    }
}
