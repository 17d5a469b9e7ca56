//! The sandbox as a program: a card in files, signed with by other means than this crate's, verified over the socket.

use std::{fs, path::Path};

use aws_lc_rs::{digest, rand::SystemRandom, rsa::KeyPair, signature};
use shomei::{
    ApiKey, Error, PocketSign,
    pocketsign::{HashAlgorithm, PocketSignV1, SignInOutcome, SignedData},
};
use x509_cert::der::pem;

use crate::started::{Started, output};

/// A challenge, hashed and signed with a key in a file.
fn sign(key: &Path) -> ([u8; 32], Vec<u8>) {
    let challenge = b"a challenge";
    let key = fs::read(key).unwrap();
    let (label, der) = pem::decode_vec(&key).unwrap();
    assert_eq!(label, "PRIVATE KEY");
    let key = KeyPair::from_pkcs8(&der).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), challenge, &mut signature).unwrap();
    (digest::digest(&digest::SHA256, challenge).as_ref().try_into().unwrap(), signature)
}

async fn sign_in(ps: &PocketSign, card: &Path, kind: &str) -> Result<SignInOutcome, Error> {
    let (digest, signature) = sign(&card.join(format!("{kind}.key")));
    let certificate = fs::read(card.join(format!("{kind}.pem"))).unwrap();
    ps.sign_in(SignedData::new(certificate, HashAlgorithm::Sha256, digest, signature).unwrap()).send().await
}

fn clients(url: &str, token: &str) -> (PocketSignV1, PocketSign) {
    let token = || ApiKey::new(token).unwrap();
    (PocketSignV1::builder(token()).base_url(url).build().unwrap(), PocketSign::builder(token()).base_url(url).build().unwrap())
}

#[tokio::test]
async fn who_signs_with_a_card_of_the_program_is_let_in() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cards");
    let cards = [directory.join("one"), directory.join("two")];
    let of = |card: usize| cards[card].to_str().unwrap();
    let started = Started::with(&["--empty", "--pocketsign-token", "TOKEN-OF-THE-TEST", "--card", of(0), "--card", of(1)]).await;
    let said = started.said_of("pocketsign");
    let url = said.strip_suffix(" (token TOKEN-OF-THE-TEST)").unwrap_or_else(|| panic!("{said:?}"));
    let (v1, v2) = clients(url, "TOKEN-OF-THE-TEST");

    let SignInOutcome::New(person) = sign_in(&v2, &cards[0], "signing").await.unwrap() else { panic!("not new") };
    assert!(person.content.unwrap().attributes().is_some());
    let SignInOutcome::Known(again) = sign_in(&v2, &cards[0], "authentication").await.unwrap() else { panic!("not known") };
    assert_eq!(again.user, person.user, "both certificates are of one person");
    let SignInOutcome::New(other) = sign_in(&v2, &cards[1], "signing").await.unwrap() else { panic!("not another person") };
    assert_ne!(other.user, person.user);
    assert_eq!(v1.users().list().send().await.unwrap().total, Some(2));

    let (_, strange) = clients(url, "ANOTHER-TOKEN");
    assert!(sign_in(&strange, &cards[0], "signing").await.unwrap_err().is_unauthorized());
    #[cfg(unix)]
    for card in &cards {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(card.join("signing.key")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Another run knows nobody of this one, and writes other cards over these, though one of them is a link.
    #[cfg(unix)]
    let elsewhere = {
        let (file, link) = (directory.join("elsewhere"), cards[0].join("signing.pem"));
        fs::write(&file, "untouched").unwrap();
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&file, link).unwrap();
        file
    };
    let started = Started::with(&["--empty", "--card", of(0)]).await;
    let said = started.said_of("pocketsign");
    let (url, token) = said.strip_suffix(')').and_then(|said| said.split_once(" (token ")).unwrap();
    let (_, v2) = clients(url, token);
    assert!(matches!(sign_in(&v2, &cards[0], "signing").await.unwrap(), SignInOutcome::New(_)));
    assert!(sign_in(&v2, &cards[1], "signing").await.unwrap_err().pocketsign_reason().is_some(), "a card of nobody");
    #[cfg(unix)]
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "untouched");
}

#[tokio::test]
async fn what_cannot_be_a_token_or_a_directory_is_told() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a file");
    fs::write(&file, "").unwrap();
    for (arguments, words, code) in [
        (["--pocketsign-token", ""], "visible", 2),
        (["--pocketsign-token", "a b"], "visible", 2),
        (["--card", file.to_str().unwrap()], "a file", 1),
    ] {
        let output = output(&arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{arguments:?}: {output:?}");
    }
}
