//! What a page of another site can make a browser send, and that none of it does anything.

use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::Request;
use shomei::Sandbox;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::door::code;

const PAGE: &str = "http://attacker.example";

/// A request, by method, path, headers and body.
type Sent = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

/// Each form that a page can send without a preflight, as today's browsers send it, and as those do that say less.
const FORMS: &[Sent] = &[
    // A form, in each of its three encodings; the last one carries JSON.
    (
        "POST",
        "/_sandbox/reset",
        &[("origin", PAGE), ("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")],
        "",
    ),
    ("POST", "/_sandbox/reset", &[("origin", PAGE), ("content-type", "application/x-www-form-urlencoded")], "account=empty"),
    ("POST", "/_sandbox/reset", &[("origin", PAGE), ("content-type", "multipart/form-data; boundary=x")], "--x--\r\n"),
    ("POST", "/_sandbox/reset", &[("origin", PAGE), ("content-type", "text/plain")], r#"{"account":"empty","x":"="}"#),
    // The same from a browser that says nothing of where it comes from: no page can send JSON.
    ("POST", "/_sandbox/reset", &[("content-type", "application/x-www-form-urlencoded")], "account=empty"),
    ("POST", "/_sandbox/reset", &[("content-type", "application/x-www-form-urlencoded")], ""),
    ("POST", "/_sandbox/reset", &[("content-type", "text/plain")], r#"{"account":"empty"}"#),
    // A sandboxed frame, or a page out of a redirect.
    ("POST", "/_sandbox/reset", &[("origin", "null"), ("sec-fetch-site", "cross-site")], ""),
    // fetch(…, {mode: 'no-cors', method: 'POST'}) and navigator.sendBeacon, without a body.
    ("POST", "/_sandbox/reset", &[("origin", PAGE), ("sec-fetch-mode", "no-cors"), ("sec-fetch-site", "cross-site")], ""),
    ("POST", "/_sandbox/reset", &[("origin", PAGE)], ""),
    // A page of another program on the same machine is same-site, and foreign.
    ("POST", "/_sandbox/reset", &[("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-site")], ""),
    ("POST", "/_sandbox/reset", &[("sec-fetch-site", "same-site")], ""),
    // What a preflight would ask for, sent all the same.
    ("POST", "/_sandbox/reset", &[("origin", PAGE), ("content-type", "application/json")], "{}"),
    ("DELETE", "/_sandbox/log", &[("origin", PAGE)], ""),
    // An image, a script, a frame, a link.
    ("GET", "/_sandbox/log", &[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "image")], ""),
    ("GET", "/_sandbox/log", &[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "script")], ""),
    ("GET", "/_sandbox/log?follow=true", &[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "iframe")], ""),
    ("GET", "/_sandbox/cards", &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-user", "?1")], ""),
    ("GET", "/_sandbox/cards", &[("origin", PAGE)], ""),
    // The preflight.
    (
        "OPTIONS",
        "/_sandbox/reset",
        &[("origin", PAGE), ("access-control-request-method", "POST"), ("access-control-request-headers", "content-type")],
        "",
    ),
];

fn request((method, path, headers, body): Sent, host: &str) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(path).header("host", host);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Bytes::from(body)).unwrap()
}

#[tokio::test]
async fn no_page_drives_the_sandbox() {
    let sandbox = Sandbox::new();
    sandbox.dns().publish_txt("example.com", "still here");
    for sent in FORMS {
        let response = sandbox.handle(request(*sent, "127.0.0.1:8089")).await;
        assert!(matches!(response.status().as_u16(), 403 | 415), "{sent:?}: {}", response.status());
        assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control")), "{sent:?}");
    }
    // A name of the page's own that leads to the loopback address: the browser takes the sandbox for the page's own site.
    for (method, path) in [("POST", "/_sandbox/reset"), ("GET", "/_sandbox/cards"), ("GET", "/_sandbox/log?follow=true")] {
        for headers in [&[][..], &[("origin", "http://attacker.example:8089"), ("sec-fetch-site", "same-origin")]] {
            let response = sandbox.handle(request((method, path, headers, ""), "attacker.example:8089")).await;
            assert_eq!((response.status().as_u16(), code(&response).as_str()), (403, "access_denied|foreign_host"));
        }
    }
    assert_eq!(sandbox.dns().records().len(), 1, "nothing was done");

    // The same requests of a program on this machine are done.
    let programs: [Sent; 3] = [
        ("GET", "/_sandbox/cards", &[], ""),
        ("GET", "/_sandbox/cards", &[("sec-fetch-site", "none")], ""),
        ("POST", "/_sandbox/reset", &[], ""),
    ];
    for sent in programs {
        assert!(sandbox.handle(request(sent, "[::1]:8089")).await.status().is_success(), "{sent:?}");
    }
    assert!(sandbox.dns().records().is_empty());
}

#[tokio::test]
async fn a_host_may_be_allowed() {
    let sandbox = Sandbox::builder().allow_host("sandbox.test").build();
    let sent: Sent = ("GET", "/_sandbox/clock", &[], "");
    for (host, status) in [("sandbox.test:8089", 200), ("localhost", 200), ("other.test", 403)] {
        assert_eq!(sandbox.handle(request(sent, host)).await.status(), status, "{host}");
    }
}

/// The same through a socket, where a followed log would be streamed.
#[tokio::test]
async fn no_page_drives_the_sandbox_through_a_socket() {
    let sandbox = Sandbox::new();
    let (address, _stop) = serve(sandbox.clone()).await;
    sandbox.dns().publish_txt("example.com", "still here");
    for (method, path, headers, body) in FORMS {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let request =
            format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}");
        let response = exchange(address, &request).await;
        assert!(response.starts_with("HTTP/1.1 403") || response.starts_with("HTTP/1.1 415"), "{request}\n{response}");
        assert!(!response.to_lowercase().contains("access-control"), "{response}");
    }
    // Without any host, as in HTTP/1.0.
    assert!(exchange(address, "GET /_sandbox/clock HTTP/1.0\r\n\r\n").await.contains(" 403 "));
    assert_eq!(sandbox.dns().records().len(), 1);
}

pub(crate) async fn serve(sandbox: Sandbox) -> (SocketAddr, tokio::sync::oneshot::Sender<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(sandbox.serve(listener, async {
        let _ = stopped.await;
    }));
    (address, stop)
}

/// Sends bytes and reads until the peer closes.
async fn exchange(address: SocketAddr, sent: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();
    received
}
