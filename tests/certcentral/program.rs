//! The sandbox as a program: on a loopback port, for clients in any language.

use std::time::Duration;

use shomei::{
    ApiKey, CertCentral, RetryPolicy,
    certcentral::{DcvMethod, OrganizationId},
};
use tokio::time::timeout;

use crate::started::{Started, output};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn it_serves_clients_and_stops_cleanly() {
    let mut started = Started::with(&["--api-key", "KEY-OF-THE-TEST", "--empty"]).await;
    let url = started.said_of("certcentral").to_owned();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/services/v2"), "{url}");

    let cc = CertCentral::builder(ApiKey::new("KEY-OF-THE-TEST").unwrap()).base_url(&url).build().unwrap();
    let organization = OrganizationId(754_781);
    let added = cc.domains().add("example.com").organization(organization).dcv_method(DcvMethod::DnsTxtToken).send().await.unwrap();
    assert_eq!(cc.domains().get(added.id).send().await.unwrap().name.as_deref(), Some("example.com"));
    let stranger = CertCentral::builder(ApiKey::new("ANOTHER-KEY").unwrap()).base_url(&url).build().unwrap();
    assert!(stranger.users().me().send().await.unwrap_err().is_forbidden());

    #[cfg(unix)]
    {
        let pid = started.program.id().unwrap().to_string();
        assert!(tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        assert!(timeout(PATIENCE, started.program.wait()).await.unwrap().unwrap().success());
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
        let output = output(arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{arguments:?}: {output:?}");
    }
}

#[tokio::test]
async fn its_options_are_settings_of_the_sandbox() {
    let settings = ["--start", "2031-02-03T04:05:06Z", "--rate-limits", "on"];
    let started = Started::with(&[&["--api-key", "KEY-OF-THE-TEST", "--empty"][..], &settings[..]].concat()).await;
    let builder = CertCentral::builder(ApiKey::new("KEY-OF-THE-TEST").unwrap()).base_url(started.said_of("certcentral"));
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
    let output = output(&["--version"]).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout), concat!("shomei-sandbox ", env!("CARGO_PKG_VERSION"), "\n"));
}
