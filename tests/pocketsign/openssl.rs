//! Cards as another implementation sees them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use shomei::{Sandbox, sandbox::PersonDetails};

const SIGNING_POLICY: &str = "1.2.392.200149.8.5.1.1.20";
const AUTHENTICATION_POLICY: &str = "1.2.392.200149.8.5.1.3.30";

/// What `openssl` says, and whether it is content.
fn openssl(arguments: &[&str], files: &[&Path]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).args(files).output().expect("openssl was there a moment ago");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn written(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openssl");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn openssl_verifies_the_certificates_of_a_card() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("LEFT OUT: there is no openssl here to verify cards with");
        return;
    }
    let sandbox = Sandbox::new();
    let card = sandbox.jpki().card(PersonDetails::default());
    let authorities = sandbox.jpki().authorities_pem();
    let (_, of_authentication) = authorities.split_at(authorities.rfind("-----BEGIN").unwrap());
    let (all, one) = (written("authorities.pem", &authorities), written("authentication-authority.pem", of_authentication));
    for (name, certificate, policy, usages) in [
        ("signing", &card.signing, SIGNING_POLICY, "Digital Signature, Non Repudiation"),
        ("authentication", &card.authentication, AUTHENTICATION_POLICY, "Digital Signature\n"),
    ] {
        let file = written(&format!("{name}.pem"), &certificate.pem());
        let trusting = |authorities: &Path, policy: &str| {
            let arguments = ["verify", "-x509_strict", "-explicit_policy", "-policy", policy, "-CAfile", authorities.to_str().unwrap()];
            openssl(&arguments, &[&file])
        };
        let (verified, said) = trusting(&all, policy);
        assert!(verified, "{name}: {said}");
        assert!(!trusting(&all, "1.2.3").0, "{name} has another policy");
        assert_eq!(trusting(&one, policy).0, name == "authentication", "{name} is certified by its own authority");
        let (_, text) = openssl(&["x509", "-noout", "-text", "-in"], &[&file]);
        for stated in ["sha256WithRSAEncryption", "Public-Key: (2048 bit)", usages, policy, "PocketSign Inc."] {
            assert!(text.contains(stated), "{name} does not state {stated}:\n{text}");
        }
    }
}

#[test]
fn two_cards_are_two_people() {
    let sandbox = Sandbox::new();
    let [one, other] = [(); 2].map(|()| sandbox.jpki().card(PersonDetails::default()));
    assert_ne!(one.person, other.person);
    assert_ne!(one.signing.der(), other.signing.der());
}
