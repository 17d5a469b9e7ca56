//! Tokens and cursors as they come back from wherever they were kept.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use shomei::{
    Error,
    certcentral::flow::ApprovalToken,
    pocketsign::{CertificateStatus, Target, UserId, sweep::SweepCursor},
};

use super::{
    flows::{issuance, validation},
    judge,
    script::{Clients, HOST, KEY, Script, play},
};
use futures_util::{StreamExt as _, future::LocalBoxFuture};
use std::time::Duration;

/// The path below which CertCentral's operations stand.
const CERTCENTRAL: &str = "/services/v2";

type Resume = for<'c> fn(&'c Clients, &'c [u8]) -> LocalBoxFuture<'c, ()>;

const KINDS: &[(&str, Resume)] = &[
    ("validation", |clients, json| {
        Box::pin(async {
            let Some(token) = token("domain validation", 3, CERTCENTRAL, json) else { return };
            let pending = clients.cc.domains().resume_validation(token).start().await;
            opened(json, &pending);
            validation(clients, pending).await;
        })
    }),
    ("issuance", |clients, json| {
        Box::pin(async {
            let Some(token) = token("issuance", 4, CERTCENTRAL, json) else { return };
            let pending = clients.cc.orders().resume_issuance(token).save_with(|_| async { Ok::<_, std::io::Error>(()) }).start().await;
            opened(json, &pending);
            issuance(clients, pending).await;
        })
    }),
    ("approval", |clients, json| {
        Box::pin(async {
            let Some(token) = token::<ApprovalToken>("approval", 3, CERTCENTRAL, json) else { return };
            let pending = clients.cc.requests().resume_approval(token.clone()).start();
            opened(json, &pending);
            match pending {
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

/// A token in JSON, or its content, and the answers to whoever goes on with it. The first line says which it is.
pub fn tokens(data: &[u8]) {
    let script = Script::read(data);
    let (_, resume) = script.choose(KINDS);
    play(script.answers(1), async |clients| resume(clients, script.parts[0]).await);
}

/// A token as it stands there, or one with this content as the client itself would seal it: an older one is followed with other targets, too.
fn token<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(kind: &str, version: u8, path: &str, json: &[u8]) -> Option<T> {
    read(json).or_else(|| {
        let unsealed = [format!(r#"{{"version":{version},"seal":"{}","content":"#, "0".repeat(64)).as_bytes(), json, b"}"].concat();
        let token = serde_json::to_string(&serde_json::from_slice::<T>(&unsealed).ok()?).expect("what was read can be written");
        let (_, content) = token.split_once(r#""content":"#).expect("a token has a content");
        let content = content.strip_suffix('}').expect("the content is its last member");
        let key = code(KEY.as_bytes(), format!("shomei resume tokens\0https://{HOST}{path}").as_bytes());
        let seal = code(&key, &[kind.as_bytes(), &[0, version], content.as_bytes()].concat());
        let seal: String = seal.iter().map(|byte| format!("{byte:02x}")).collect();
        read(format!(r#"{{"version":{version},"seal":"{seal}","content":{content}}}"#).as_bytes())
    })
}

/// A token whose seal is right is not refused for it.
fn opened<T>(json: &[u8], outcome: &Result<T, Error>) {
    if let Err(error) = outcome {
        let content_only = serde_json::from_slice::<serde_json::Value>(json).is_ok_and(|json| json["seal"].is_null());
        assert!(!(content_only && error.is_invalid_input() && error.to_string().contains("resume token")), "{error}");
    }
}

fn code(key: &[u8], text: &[u8]) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key).expect("a key of any length").chain_update(text).finalize().into_bytes().into()
}

fn read<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(json: &[u8]) -> Option<T> {
    let token: T = serde_json::from_slice(json).ok()?;
    judge::data(&token);
    Some(token)
}

async fn cursor(clients: &Clients, json: &[u8]) {
    let Some(cursor) = token::<SweepCursor>("sweep", 2, "", json) else { return };
    let _ = cursor.done();
    let targets = ["a", "b", "../c"].map(|id| Target::from(UserId::from(id)));
    let sweep = clients.v2.sweep().targets(targets).resume(cursor).start().await;
    opened(json, &sweep);
    match sweep {
        Ok(mut sweep) => {
            while sweep.next().await.is_some() {}
            assert_eq!(sweep.remaining(), 0);
            judge::data(&sweep.cursor());
        }
        Err(error) => judge::personal_error(clients, &error),
    }
}
