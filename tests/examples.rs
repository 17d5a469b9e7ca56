//! Every program in `examples/` does on the sandbox what it says.
#![cfg(all(feature = "journal", feature = "pocketsign-v1", feature = "sandbox", feature = "webhooks"))]
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
const PROGRAMS: [(&str, &[&str]); 10] = [
    ("check_certificate_status", &["by ocsp: revoked", "at the least cost: revoked by crl"]),
    ("fleet", &["100 of 100 done"]),
    ("issue_certificate", &["its key, names and chain are verified"]),
    ("nightly", &["control is proved again", "done, 0 left to a person, 0 failed"]),
    ("order_once", &["is placed", "ordered once"]),
    ("reissue_with_new_names", &["agreed: certificate", "72 hours later"]),
    ("renew_expiring", &["renew it: its plan ends too", ": shop.example.com until "]),
    ("revoke_and_replace", &["replaced by", "approved as request Some", "the plan goes on for"]),
    ("verify_signature", &["a new user", "a known user", "refused: "]),
    ("webhooks", &["the webhook is active", "certificate_issued: order "]),
];

/// Cargo puts the examples beside the folder that this test is in.
fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("examples").join(format!("{name}{EXE_SUFFIX}"));
    assert!(
        program.exists(),
        "`cargo test` builds the examples, `cargo test --test examples` does not: cargo build --all-features --examples"
    );
    program
}

/// Runs a program to its end.
async fn run(name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program(name));
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
    let run = PROGRAMS.map(|(name, _)| name).into_iter().chain(["document_changes"]);
    assert_eq!(programs, run.map(str::to_owned).collect());
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

/// What changed of a document, by operation and by schema, and what of it breaks callers.
#[tokio::test]
async fn changes_of_a_document_are_told_apart() {
    let folder = folder("examples-changes");
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/certcentral.yaml");
    let text = fs::read_to_string(&ours).unwrap();
    let mut edited = text.clone();
    for (was, is) in [
        ("operationId: delete_organization\n", "operationId: remove_organization\n"),
        ("          maxLength: 64\n          pattern", "          maxLength: 32\n          pattern"),
        ("          maxItems: 250\n", "          maxItems: 500\n"),
        ("        keep_www:\n          type: boolean\n", "        keep_www:\n          type: integer\n"),
        (
            "    DcvEmailRequest:\n",
            "    Invoice:\n      type: object\n      description: An invoice.\n      properties: {}\n    DcvEmailRequest:\n",
        ),
    ] {
        assert!(edited.contains(was), "{was}");
        edited = edited.replacen(was, is, 1);
    }
    let new = folder.join("edited.yaml");
    fs::write(&new, edited).unwrap();
    let compare = |old: &Path, new: &Path| {
        let arguments = [old.to_str().unwrap().to_owned(), new.to_str().unwrap().to_owned()];
        async move { run("document_changes", &arguments.each_ref().map(String::as_str)).await }
    };
    let output = compare(&ours, &new).await;
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = [
        "breaking  operation delete_organization: it is gone",
        "added     operation remove_organization: it is new",
        "breaking  schema DomainRequest, member keep_www: it was boolean, and is integer",
        "added     schema Invoice: it is new",
        "breaking  schema RequestedCertificate, member common_name: `maxLength` was 64, and is 32: more is refused",
        "changed   schema RequestedCertificate, member dns_names: `maxItems` was 250, and is 500: less is refused",
        "6 changes, 3 of them breaking",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    assert_eq!(output.status.code(), Some(1));
    let same = compare(&ours, &ours).await;
    assert_eq!((String::from_utf8_lossy(&same.stdout).trim(), same.status.code()), ("0 changes, 0 of them breaking", Some(0)));
    assert_eq!(run("document_changes", &["--help"]).await.status.code(), Some(0));
    assert_eq!(run("document_changes", &[]).await.status.code(), Some(2));
}

#[tokio::test]
async fn each_answers_help() {
    for (name, _) in PROGRAMS {
        let output = run(name, &["--help"]).await;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(&format!("usage: {name}")), "{name}: {output:?}");
    }
}

/// Runs the main job against a server, and interrupts it as soon as it says that it has come so far.
#[cfg(unix)]
async fn interrupted(url: &str, key: &str, arguments: &[&str], at: &str) -> String {
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

    let mut command = Command::new(program("issue_certificate"));
    command.args(["--base-url", url, "--organization", "754781"]).args(arguments).env("CERTCENTRAL_API_KEY", key);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap() {
        if line.contains(at) {
            break;
        }
    }
    // The program may be a moment away from watching for the signal.
    let mut told = String::new();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let id = child.id().map(|id| id.to_string()).unwrap_or_default();
        Command::new("kill").args(["-INT", &id]).status().await.unwrap();
        if let Ok(status) = timeout(Duration::from_secs(2), child.wait()).await {
            child.stderr.take().unwrap().read_to_string(&mut told).await.unwrap();
            assert_eq!(status.unwrap().code(), Some(130), "{told}");
            break;
        }
    }
    told
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupted_run_says_how_to_go_on_and_another_one_does() {
    let folder = folder("examples-resume");
    let sandbox = shomei::Sandbox::builder().api_key("KEY-OF-THE-EXAMPLES").issue_delay(Duration::from_secs(1)).build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/services/v2", listener.local_addr().unwrap());
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    let output = folder.join("chain.pem").display().to_string();

    // First while the record is missing.
    let told = interrupted(&url, "KEY-OF-THE-EXAMPLES", &["--output", &output], "IN TXT").await;
    let resume = folder.join("chain.resume").display().to_string();
    assert!(told.contains(&format!("--resume {resume}")), "{told}");
    let again = run("issue_certificate", &["--output", &output]).await;
    assert!(String::from_utf8_lossy(&again.stderr).contains("--resume"), "{again:?}");

    let cc = sandbox.certcentral().unwrap();
    let domain = cc.domains().list().send().await.unwrap().domains.remove(0);
    let token = cc.domains().get(domain.id).include_dcv(true).send().await.unwrap().dcv_token.unwrap();
    sandbox.dns().publish_txt("example.com", &token.token.unwrap());
    // Then while the certificate is.
    let told = interrupted(&url, "KEY-OF-THE-EXAMPLES", &["--output", &output, "--resume", &resume], "is placed").await;
    assert!(told.contains(&format!("--resume {resume}")), "{told}");

    let mut last = Command::new(program("issue_certificate"));
    last.args(["--base-url", &url, "--organization", "754781", "--output", &output, "--resume", &resume]);
    let last = timeout(PATIENCE, last.env("CERTCENTRAL_API_KEY", "KEY-OF-THE-EXAMPLES").output()).await.unwrap().unwrap();
    assert!(last.status.success(), "{last:?}");
    let key = PrivateKey::from_pem(&fs::read_to_string(folder.join("chain.key")).unwrap()).unwrap();
    let issued = CertificateChain::from_pem(&fs::read_to_string(&output).unwrap()).unwrap();
    issued.verify_key(&key.sign_csr(["example.com"]).unwrap()).unwrap();
    assert_eq!(cc.orders().list().send().await.unwrap().orders.len(), 1, "it was ordered once");
    assert!(!folder.join("chain.resume").exists());
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

/// A night in which the record never appears, one order is left to a person and one is not issued in time; and the next one, which goes on.
#[cfg(unix)]
#[tokio::test]
async fn a_night_that_fails_is_told_and_the_next_one_goes_on_with_it() {
    let folder = folder("examples-nightly");
    let sandbox = shomei::Sandbox::builder().example_account().api_key("KEY-OF-THE-EXAMPLES").issue_delay(Duration::from_secs(600)).build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/services/v2", listener.local_addr().unwrap());
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    let (kept, asked) = (folder.join("kept"), folder.join("asked"));
    let publish = format!("echo \"$DCV_METHOD $DCV_NAME $DCV_VALUE\" >> {}", asked.display());
    let night = async |more: &[&str]| {
        let mut command = Command::new(program("nightly"));
        command
            .args(["--base-url", &url, "--poll", "1", "--wait", "3", "--publish", &publish, "--folder", kept.to_str().unwrap()])
            .args(more);
        let output = timeout(PATIENCE, command.env("CERTCENTRAL_API_KEY", "KEY-OF-THE-EXAMPLES").output()).await.unwrap().unwrap();
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), told(&output.stdout), told(&output.stderr))
    };

    let (code, said, errors) = night(&[]).await;
    assert_eq!(code, Some(1), "{said}{errors}");
    assert!(said.contains("that is paid, and wants --renew"), "{said}");
    assert!(errors.contains("domain ") && errors.contains("not validated within"), "{errors}");
    let asked: Vec<_> = fs::read_to_string(&asked).unwrap().lines().map(str::to_owned).collect();
    assert!(!asked.is_empty() && asked.iter().all(|line| line.starts_with("txt ")), "{asked:?}");
    for line in asked {
        let [_, name, value] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        sandbox.dns().publish_txt(name, value);
    }

    let (code, said, errors) = night(&["--renew"]).await;
    assert_eq!(code, Some(1), "what is not issued yet fails again: {said}{errors}");
    sandbox.clock().advance(Duration::from_secs(700));
    let (code, said, errors) = night(&["--renew"]).await;
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("of an earlier night are not finished"), "{said}");
    let files: Vec<_> = fs::read_dir(&kept).unwrap().map(|file| file.unwrap().path()).collect();
    let of = |kind: &str| files.iter().filter(|file| file.to_string_lossy().ends_with(kind)).count();
    assert!(of(".pem") > 0 && of(".pem") == of(".key") && of(".token") == 0 && of(".new.key") == 0, "{files:?}");
    // Nothing is left to do.
    let (code, said, errors) = night(&["--renew"]).await;
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("0 done"), "{said}");
}
