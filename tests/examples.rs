//! Every program in `examples/` does on the sandbox what it says.
#![cfg(all(feature = "journal", feature = "pocketsign", feature = "sandbox"))]
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

use std::{
    collections::BTreeSet,
    env::consts::EXE_SUFFIX,
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use shomei::{CertificateChain, PrivateKey};
use tokio::{process::Command, time::timeout};

const PATIENCE: Duration = Duration::from_secs(120);

/// The programs, and what each of them ends up saying.
const PROGRAMS: [(&str, &[&str]); 8] = [
    ("check_certificate_status", &["by ocsp: revoked", "at the least cost: revoked by crl"]),
    ("fleet", &["100 of 100 done"]),
    ("issue_certificate", &["its key, names and chain are verified"]),
    ("order_once", &["is placed", "ordered once"]),
    ("reissue_with_new_names", &["agreed: certificate", "72 hours later"]),
    ("renew_expiring", &["renew it, its plan ends too", ": shop.example.com until "]),
    ("revoke_and_replace", &["replaced by", "approved as request Some", "the plan goes on for"]),
    ("verify_signature", &["a new user", "a known user", "refused: "]),
];

/// Runs a program to its end. Cargo puts the examples beside the folder that this test is in.
async fn run(name: &str, arguments: &[&str]) -> Output {
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("examples").join(format!("{name}{EXE_SUFFIX}"));
    assert!(
        program.exists(),
        "`cargo test` builds the examples, `cargo test --test examples` does not: cargo build --all-features --examples"
    );
    let mut command = Command::new(program);
    // With a key they would go to the real services.
    command.args(arguments).env_remove("CERTCENTRAL_API_KEY").env_remove("POCKETSIGN_API_TOKEN").stdin(Stdio::null()).kill_on_drop(true);
    timeout(PATIENCE, command.output()).await.unwrap_or_else(|_| panic!("{name} does not end")).unwrap()
}

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn every_program_is_run() {
    let programs = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap();
    let programs: BTreeSet<_> =
        programs.map(|program| program.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(programs, PROGRAMS.map(|(name, _)| name.to_owned()).into());
}

#[tokio::test]
async fn they_end_well() {
    let folder = folder("examples");
    let output = folder.join("chain.pem");
    let ends_well = |(name, words): (&'static str, &'static [&'static str])| {
        let arguments = if name == "issue_certificate" { vec!["--output", output.to_str().unwrap()] } else { Vec::new() };
        async move {
            let output = run(name, &arguments).await;
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{name}: {output:?}");
            for word in words {
                assert!(said.contains(word), "{name} does not say {word:?}:\n{said}");
            }
        }
    };
    futures_util::future::join_all(PROGRAMS.map(ends_well)).await;
    assert!(output.exists() && folder.join("chain.key").exists());
}

#[tokio::test]
async fn an_issued_certificate_has_its_key_beside_it_and_no_key_is_overwritten() {
    let folder = folder("examples-key");
    let (chain, key) = (folder.join("chain.pem"), folder.join("private.pem"));
    let arguments = ["--output", chain.to_str().unwrap(), "--key", key.to_str().unwrap()];
    let output = run("issue_certificate", &arguments).await;
    assert!(output.status.success(), "{output:?}");
    let kept = fs::read_to_string(&key).unwrap();
    let csr = PrivateKey::from_pem(&kept).unwrap().sign_csr(["example.com"]).unwrap();
    let issued = CertificateChain::from_pem(&fs::read_to_string(&chain).unwrap()).unwrap();
    issued.verify_key(&csr).unwrap();
    assert!(issued.root().is_none() && issued.intermediates().len() == 1);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&key).unwrap()) & 0o777, 0o600);

    let refused = run("issue_certificate", &arguments).await;
    assert!(!refused.status.success() && !String::from_utf8_lossy(&refused.stdout).contains("is placed"), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--key"), "{refused:?}");
    let same = ["--output", key.to_str().unwrap(), "--key", key.to_str().unwrap()];
    assert!(!run("issue_certificate", &same).await.status.success());
    assert_eq!(fs::read_to_string(&key).unwrap(), kept);
}
