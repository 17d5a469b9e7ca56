//! The options of the program that belong to the control interface.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::started::{Started, output};

const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the program; gives it and the address of its control interface.
async fn start(arguments: &[&str]) -> (Started, String) {
    let started = Started::with(&[&["--api-key", "KEY-OF-THE-TEST", "--empty"][..], arguments].concat()).await;
    let url = started.said_of("control");
    let address = url.strip_prefix("http://").and_then(|url| url.strip_suffix("/_sandbox")).unwrap().to_owned();
    (started, address)
}

async fn get(address: &str, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nx-dc-devkey: KEY-OF-THE-TEST\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut response)).await.unwrap().unwrap();
    response
}

#[tokio::test]
async fn it_logs_and_knows_the_hosts_that_it_is_told() {
    let (started, address) = start(&["--log", "--allow-host", "sandbox.test"]).await;
    for (host, status) in [(address.as_str(), "200"), ("sandbox.test:1", "200"), ("other.test", "403")] {
        assert!(get(&address, "/_sandbox/clock", host).await.starts_with(&format!("HTTP/1.1 {status}")), "{host}");
    }
    for _ in 0..3 {
        get(&address, "/services/v2/user/me", "localhost").await;
    }
    #[cfg(unix)]
    {
        let pid = started.program.id().unwrap().to_string();
        assert!(tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let output = timeout(PATIENCE, started.program.wait_with_output()).await.unwrap().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.iter().map(|line| line["id"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(lines[0]["target"], "/services/v2/user/me");
        assert!(!log.contains("KEY-OF-THE-TEST"), "{log}");
    }
    #[cfg(not(unix))]
    drop(started);
}

#[tokio::test]
async fn a_seed_gives_the_same_tokens_in_each_run() {
    let token = async |seed: &str| {
        let (started, _) = start(&["--seed", seed]).await;
        started.said_of("pocketsign").split_once("(token ").unwrap().1.to_owned()
    };
    let (first, second, other) = (token("7").await, token("7").await, token("8").await);
    assert!(first == second && first != other, "{first} {second} {other}");
}

/// Each of the options of a setting, as the control interface tells it afterwards.
#[tokio::test]
async fn every_setting_has_an_option() {
    let options = [
        ("--approval", "two-step", "approval", json!("two-step")),
        ("--issue-after", "60", "issue_after_seconds", json!(60)),
        ("--rate-limits", "on", "rate_limits", json!(true)),
        ("--retry-after", "7", "retry_after_seconds", json!(7)),
        ("--missing-key-status", "401", "missing_key_status", json!(401)),
        ("--max-certificate-days", "397", "max_certificate_days", json!(397)),
        ("--max-plan-years", "6", "max_plan_years", json!(6)),
        ("--dcv-reuse-days", "397", "dcv_reuse_days", json!(397)),
        ("--reissue-revocation-delay", "1", "reissue_revocation_delay_seconds", json!(1)),
        ("--revoke-order-with-last-certificate", "on", "revoke_order_with_last_certificate", json!(true)),
        ("--domain-locking", "off", "domain_locking", json!(false)),
        ("--dcv-polling", "on", "dcv_polling", json!(true)),
        ("--webhook-attempts", "3", "webhook_attempts", json!(3)),
    ];
    let arguments: Vec<&str> = options.iter().flat_map(|(option, value, ..)| [*option, *value]).collect();
    let (_started, address) = start(&arguments).await;
    let response = get(&address, "/_sandbox/settings", "localhost").await;
    let settings: Value = serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap();
    for (option, _, member, value) in &options {
        assert_eq!(settings[member], *value, "{option}");
    }
    assert_eq!(settings.as_object().unwrap().len(), options.len(), "each of them");
}

#[tokio::test]
async fn options_that_cannot_be_are_told() {
    for (arguments, words) in [
        (&["--seed", "x"][..], "\"x\""),
        (&["--allow-host", ""][..], "visible"),
        (&["--log=x"][..], "log"),
        (&["--dcv-reuse-days", "0"][..], "1 to 3650"),
        (&["--missing-key-status", "200"][..], "400 to 599"),
    ] {
        let output = output(arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{arguments:?}: {output:?}");
    }
}
