//! The sandbox as a program: on a loopback port, for clients in any language.

use std::{process::Stdio, time::Duration};

use shomei::{
    ApiKey, CertCentral, RetryPolicy,
    certcentral::{DcvMethod, OrganizationId},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the program; gives it and the URL it prints once it is ready.
async fn start(arguments: &[&str]) -> (Child, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_shomei-sandbox"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    let url = line.strip_prefix("certcentral ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
    (program, url)
}

#[tokio::test]
async fn it_serves_clients_and_stops_cleanly() {
    let (mut program, url) = start(&["--listen", "127.0.0.1:0", "--api-key", "KEY-OF-THE-TEST", "--empty"]).await;
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/services/v2"), "{url}");

    let cc = CertCentral::builder(ApiKey::new("KEY-OF-THE-TEST").unwrap()).base_url(&url).build().unwrap();
    let organization = OrganizationId(754_781);
    let added = cc.domains().add("example.com").organization(organization).dcv_method(DcvMethod::DnsTxtToken).send().await.unwrap();
    assert_eq!(cc.domains().get(added.id).send().await.unwrap().name.as_deref(), Some("example.com"));
    let stranger = CertCentral::builder(ApiKey::new("ANOTHER-KEY").unwrap()).base_url(&url).build().unwrap();
    assert!(stranger.users().me().send().await.unwrap_err().is_forbidden());

    #[cfg(unix)]
    {
        let pid = program.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        assert!(timeout(PATIENCE, program.wait()).await.unwrap().unwrap().success());
    }
}

#[tokio::test]
async fn it_refuses_what_it_cannot_do() {
    for (arguments, words) in [
        (&["--listen", "0.0.0.0:0"][..], "loopback"),
        (&["--listen", "nonsense"][..], "nonsense"),
        (&["--what"][..], "--what"),
        (&["--api-key", ""][..], "visible"),
        (&["--api-key", "a b"][..], "visible"),
        (&["--approval", "perhaps"][..], "two-step"),
        (&["--issue-after", "-1"][..], "-1"),
        (&["--rate-limits", "yes"][..], "on or off"),
        (&["--start", "soon"][..], "2026-03-01"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_shomei-sandbox")).args(arguments).kill_on_drop(true).output();
        let output = timeout(PATIENCE, output).await.unwrap().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{arguments:?}: {output:?}");
    }
}

#[tokio::test]
async fn its_options_are_settings_of_the_sandbox() {
    let listen = ["--listen", "127.0.0.1:0", "--api-key", "KEY-OF-THE-TEST", "--empty"];
    let settings = ["--start", "2031-02-03T04:05:06Z", "--rate-limits", "on"];
    let (_program, url) = start(&[&listen[..], &settings[..]].concat()).await;
    let builder = CertCentral::builder(ApiKey::new("KEY-OF-THE-TEST").unwrap()).base_url(&url);
    let cc = builder.rate_limits([]).retry(RetryPolicy::never()).build().unwrap();
    let added =
        cc.domains().add("example.com").organization(OrganizationId(754_781)).dcv_method(DcvMethod::DnsTxtToken).send().await.unwrap();
    let created = cc.domains().get(added.id).send().await.unwrap().date_created.unwrap();
    assert!(format!("{created:?}").starts_with("2031-02-03"), "{created:?}");
    let refused = async {
        loop {
            if let Err(error) = cc.users().me().send().await {
                return error;
            }
        }
    };
    assert!(timeout(PATIENCE, refused).await.unwrap().is_rate_limited());
}

#[tokio::test]
async fn it_tells_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_shomei-sandbox")).arg("--version").output();
    let output = timeout(PATIENCE, output).await.unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), concat!("shomei-sandbox ", env!("CARGO_PKG_VERSION"), "\n"));
}
