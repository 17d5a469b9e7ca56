use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;
use crate::sandbox::OrderShape;

/// No call takes that long, unless it is never answered.
const NEVER: Duration = Duration::from_secs(60);

/// Sends bytes and reads until the peer closes.
async fn exchange(address: SocketAddr, sent: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();
    received
}

#[tokio::test]
async fn calls_come_in_one_connection_until_the_server_ends() {
    let sandbox = Sandbox::builder().api_key("key").build();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(sandbox.serve(listener, async {
        let _ = stopped.await;
    }));
    let get = "GET /services/v2/user/me HTTP/1.1\r\nhost: x\r\nx-dc-devkey: key\r\n";
    let received = exchange(address, &format!("{get}\r\n{get}connection: close\r\n\r\n")).await;
    assert_eq!(received.matches("HTTP/1.1 200 OK").count(), 2, "{received}");

    let length = BODY_LIMIT + 1;
    let large = format!("POST /services/v2/domain HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    assert!(exchange(address, &large).await.starts_with("HTTP/1.1 413"));
    assert!(exchange(address, "nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400"));

    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

/// A sandbox on a socket, for as long as the test runs.
async fn served() -> (Sandbox, SocketAddr) {
    let sandbox = Sandbox::builder().api_key("key").build();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    (sandbox, address)
}

/// A peer that has sent so many requests and has not read a byte.
async fn pipelined(address: SocketAddr, path: &str, count: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let get = |end: &str| format!("GET /services/v2{path} HTTP/1.1\r\nhost: x\r\nx-dc-devkey: key\r\n{end}\r\n");
    let sent = get("").repeat(count - 1) + &get("connection: close\r\n");
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream
}

/// One call after the other, in connections of their own.
async fn calls_of_another(address: SocketAddr, count: usize) {
    for _ in 0..count {
        let call = exchange(address, "GET /services/v2/account HTTP/1.1\r\nhost: x\r\nx-dc-devkey: key\r\nconnection: close\r\n\r\n");
        let answer = tokio::time::timeout(NEVER, call).await.expect("nobody holds others up");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

fn answered(sandbox: &Sandbox, path: &str) -> usize {
    sandbox.exchanges().iter().filter(|exchange| exchange.target.contains(path)).count()
}

#[tokio::test]
async fn others_come_in_between_the_requests_of_one_connection() {
    let (sandbox, address) = served().await;
    let mut stream = pipelined(address, "/user/me", 900).await;
    calls_of_another(address, 3).await;
    let before = answered(&sandbox, "/user/me");
    assert!(before < 300, "{before} calls were answered first");
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();
    assert_eq!(received.matches("HTTP/1.1 200 OK").count(), 900);
}

#[tokio::test]
async fn who_does_not_read_answers_holds_nobody_up() {
    let (sandbox, address) = served().await;
    sandbox.add_orders(&OrderShape::new(100)).unwrap();
    let list = "/order/certificate";
    let mut stream = pipelined(address, list, 250).await;
    calls_of_another(address, 3).await;
    // The rest does not fit between the two, and waits to be read.
    let mut before = 0;
    while before != answered(&sandbox, list) {
        before = answered(&sandbox, list);
        calls_of_another(address, 20).await;
    }
    assert!(before < 250, "everything was answered");
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&received).matches("HTTP/1.1 200 OK").count(), 250);
}
