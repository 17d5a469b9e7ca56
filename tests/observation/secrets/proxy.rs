//! What a proxy sees.

use std::{
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use shomei::{ApiKey, CertCentral, RetryPolicy, Sandbox};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    process::Command,
    time::timeout,
};

use super::{KEY, silent, told};

const BASE_URL: &str = "SHOMEI_TEST_BASE_URL";

/// A proxy that keeps all it is sent, and lets everything through to nowhere.
async fn proxy() -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<u8>>>::default());
    let keeps = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut chunk = vec![0; 16 << 10];
            for answer in ["HTTP/1.1 200 OK\r\n\r\n", "no TLS"] {
                let length = stream.read(&mut chunk).await.unwrap_or(0);
                keeps.lock().unwrap().extend_from_slice(&chunk[..length]);
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    (address, seen)
}

async fn serve(sandbox: &Sandbox) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/services/v2", listener.local_addr().unwrap());
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    url
}

fn client(base_url: &str, http: reqwest::ClientBuilder) -> CertCentral {
    let builder = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(base_url).http_client(http);
    builder.retry(RetryPolicy::never()).attempt_timeout(Duration::from_secs(10)).build().unwrap()
}

#[tokio::test]
async fn a_tunnel_is_asked_for_without_the_key() {
    let (address, seen) = proxy().await;
    let through = reqwest::Client::builder().proxy(reqwest::Proxy::all(format!("http://{address}")).unwrap());
    let error = client("https://shomei.invalid/services/v2", through).users().me().send().await.unwrap_err();
    silent(&told(error), &[KEY.as_bytes()]);
    let seen = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
    assert!(seen.starts_with("CONNECT shomei.invalid:443 HTTP/1.1\r\n"), "{seen:?}");
    assert!(seen.contains('\u{16}'), "the handshake came after it: {seen:?}");
    assert!(!seen.to_lowercase().contains("devkey"));
    silent(&seen, &[KEY.as_bytes()]);
}

#[tokio::test]
async fn what_is_not_encrypted_goes_through_no_proxy() {
    let (address, seen) = proxy().await;
    let url = serve(&Sandbox::builder().api_key(KEY).build()).await;
    let through = reqwest::Client::builder().proxy(reqwest::Proxy::all(format!("http://{address}")).unwrap());
    client(&url, through).users().me().send().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), b"");
}

/// Runs the test below in a process of its own, whose environment names a proxy.
#[tokio::test]
async fn not_through_one_that_the_environment_names_either() {
    let (address, seen) = proxy().await;
    let url = serve(&Sandbox::builder().api_key(KEY).build()).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "secrets::proxy::a_call_from_behind_a_proxy"]).env(BASE_URL, &url).kill_on_drop(true);
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(variable, format!("http://{address}"));
    }
    for variable in ["no_proxy", "NO_PROXY", "REQUEST_METHOD"] {
        child.env_remove(variable);
    }
    let output = timeout(Duration::from_secs(60), child.stdin(Stdio::null()).output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    let seen = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
    assert!(seen.contains("/control"), "the proxy of the environment was not used at all: {seen:?}");
    assert!(!seen.contains("/user/me"), "{seen}");
    silent(&seen, &[KEY.as_bytes()]);
}

/// Does something only where the test above runs it, with a proxy in its environment.
#[tokio::test]
async fn a_call_from_behind_a_proxy() {
    let Ok(url) = std::env::var(BASE_URL) else { return };
    let _ = reqwest::Client::builder().build().unwrap().get(format!("{url}/control")).send().await;
    client(&url, reqwest::Client::builder()).users().me().send().await.unwrap();
}
