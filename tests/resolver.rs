//! Domain control shown outside of the sandbox: at a DNS server and a web server in this process.
#![cfg(feature = "resolver")]
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{CAA, CNAME, TXT},
    },
};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use shomei::{KeyAlgorithm, PrivateKey, Sandbox, sandbox::SandboxBuilder};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
    sync::Notify,
};

const ORGANIZATION: u64 = 754_781;

type Zone = BTreeMap<(String, RecordType), Vec<RData>>;

/// A DNS server: what has no records does not exist, what is broken fails, and what is slow waits to be let go.
#[derive(Clone, Default)]
struct Dns {
    records: Arc<Mutex<Zone>>,
    asked: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Dns {
    async fn serve(&self) -> SocketAddr {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
        let address = socket.local_addr().unwrap();
        let server = self.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                let (server, socket, query) = (server.clone(), socket.clone(), buffer[..length].to_vec());
                tokio::spawn(async move {
                    let response = server.answer(&query).await;
                    socket.send_to(&response, peer).await.unwrap();
                });
            }
        });
        address
    }

    async fn answer(&self, query: &[u8]) -> Vec<u8> {
        let mut message = Message::from_vec(query).unwrap().into_response();
        let asked = message.queries[0].clone();
        let name = asked.name().to_utf8().trim_end_matches('.').to_ascii_lowercase();
        if name.contains("slow") {
            self.asked.notify_one();
            self.go_on.notified().await;
        }
        let records = self.records.lock().unwrap().get(&(name.clone(), asked.query_type())).cloned().unwrap_or_default();
        message.metadata.response_code = match records.as_slice() {
            _ if name.contains("broken") => ResponseCode::ServFail,
            [] => ResponseCode::NXDomain,
            _ => ResponseCode::NoError,
        };
        message.add_answers(records.into_iter().map(|data| Record::from_rdata(asked.name().clone(), 60, data)));
        message.to_vec().unwrap()
    }

    fn publish(&self, name: &str, data: RData) {
        let key = (name.to_owned(), data.record_type());
        self.records.lock().unwrap().entry(key).or_default().push(data);
    }
}

async fn call(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(format!("/services/v2{path}")).header("x-dc-devkey", sandbox.api_key());
    let response = sandbox.handle(request.body(Bytes::from(body.to_string())).unwrap()).await;
    (response.status(), serde_json::from_slice(response.body()).unwrap_or_default())
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["code"].as_str().unwrap_or_default()
}

/// Adds a domain; its number and its token.
async fn add(sandbox: &Sandbox, name: &str, method: &str) -> (u64, String) {
    let body = json!({"name": name, "organization": {"id": ORGANIZATION}, "validations": [{"type": "ov"}], "dcv_method": method});
    let (status, answer) = call(sandbox, "POST", "/domain", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    (answer["id"].as_u64().unwrap(), answer["dcv_token"]["token"].as_str().unwrap().to_owned())
}

async fn check(sandbox: &Sandbox, id: u64) -> (StatusCode, Value) {
    call(sandbox, "PUT", &format!("/domain/{id}/dcv/validate-token"), &json!({})).await
}

async fn order(sandbox: &Sandbox, name: &str) -> (StatusCode, Value) {
    let csr = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap().sign_csr([name]).unwrap();
    let certificate = json!({"common_name": name, "dns_names": [name], "csr": csr.as_pem(), "signature_hash": "sha256"});
    let body = json!({
        "certificate": certificate,
        "organization": {"id": ORGANIZATION},
        "order_validity": {"years": 1},
        "dcv_method": "dns-txt-token",
    });
    call(sandbox, "POST", "/order/certificate/ssl_basic", &body).await
}

async fn world() -> (Dns, SandboxBuilder) {
    let dns = Dns::default();
    let address = dns.serve().await;
    (dns, Sandbox::builder().resolver(address))
}

#[tokio::test]
async fn domains_are_validated_by_records_of_a_dns_server() {
    let (dns, builder) = world().await;
    let sandbox = builder.build();
    let txt = |value: &str| RData::TXT(TXT::new(vec![value.to_owned()]));
    let (id, token) = add(&sandbox, "example.com", "dns-txt-token").await;
    sandbox.dns().publish_txt("example.com", &token);
    assert_eq!(code(&check(&sandbox, id).await.1), "invalid_dns_txt", "the built-in zone does not count");
    dns.publish("example.com", txt("v=spf1 -all"));
    assert_eq!(code(&check(&sandbox, id).await.1), "invalid_dns_txt");
    dns.publish("example.com", txt(&token));
    let (status, answer) = check(&sandbox, id).await;
    assert_eq!(status, StatusCode::OK, "{answer}");

    let (id, token) = add(&sandbox, "example.org", "dns-cname-token").await;
    assert_eq!(code(&check(&sandbox, id).await.1), "invalid_dns_cname");
    dns.publish(&format!("{}.example.org", token.to_ascii_lowercase()), RData::CNAME(CNAME(Name::from_utf8("DCV.digicert.com.").unwrap())));
    assert_eq!(check(&sandbox, id).await.0, StatusCode::OK);
}

#[tokio::test]
async fn caa_records_of_a_dns_server_decide_who_issues() {
    let (dns, builder) = world().await;
    let sandbox = builder.build();
    let issue = |issuer: &str| RData::CAA(CAA::new_issue(false, Some(Name::from_utf8(issuer).unwrap()), Vec::new()));
    dns.publish("example.net", issue("ca.example"));
    dns.publish("shop.example.net", issue("digicert.com"));
    let (_, answer) = order(&sandbox, "www.example.net").await;
    assert_eq!(code(&answer), "caa_check_failed|www.example.net", "{answer}");
    let (_, answer) = order(&sandbox, "www.broken.example").await;
    assert_eq!(code(&answer), "caa_not_found|www.broken.example", "{answer}");
    for allowed in ["www.shop.example.net", "www.example.edu"] {
        let (status, answer) = order(&sandbox, allowed).await;
        assert_eq!(status, StatusCode::CREATED, "{allowed}: {answer}");
    }
}

/// What waits for a record is issued by the call that finds it.
#[tokio::test]
async fn an_order_is_issued_by_the_check_that_finds_its_value() {
    let (dns, builder) = world().await;
    let sandbox = builder.build();
    let (_, answer) = order(&sandbox, "www.example.com").await;
    let (id, value) = (answer["id"].as_u64().unwrap(), answer["dcv_random_value"].as_str().unwrap().to_owned());
    dns.publish("example.com", RData::TXT(TXT::new(vec![value])));
    let (status, answer) = call(&sandbox, "PUT", &format!("/order/certificate/{id}/check-dcv"), &json!({})).await;
    assert_eq!((status, &answer["order_status"]), (StatusCode::OK, &json!("issued")), "{answer}");
}

#[tokio::test]
async fn a_file_is_fetched_from_a_web_server_of_this_machine() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let file = Arc::new(Mutex::new(String::new()));
    let served = file.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).to_ascii_lowercase();
            let known = request.starts_with("get /.well-known/pki-validation/fileauth.txt ") && request.contains("host: example.com\r\n");
            let (status, body) = if known { ("200 OK", served.lock().unwrap().clone()) } else { ("404 Not Found", String::new()) };
            let response = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            stream.write_all(response.as_bytes()).await.unwrap();
        }
    });
    let sandbox = Sandbox::builder().http_port(port).build();
    let (id, token) = add(&sandbox, "example.com", "http-token").await;
    sandbox.files().publish("http://example.com/.well-known/pki-validation/fileauth.txt", &token);
    assert_eq!(code(&check(&sandbox, id).await.1), "file_random_value_not_found", "the built-in files do not count");
    *file.lock().unwrap() = format!("{token}\n");
    assert_eq!(check(&sandbox, id).await.0, StatusCode::OK);
    // Names are still looked up in the built-in zone.
    let (id, token) = add(&sandbox, "example.org", "dns-txt-token").await;
    sandbox.dns().publish_txt("example.org", &token);
    assert_eq!(check(&sandbox, id).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_name_that_takes_its_time_holds_nobody_else_up() {
    let (dns, builder) = world().await;
    let sandbox = builder.build();
    let (id, token) = add(&sandbox, "slow.example", "dns-txt-token").await;
    dns.publish("slow.example", RData::TXT(TXT::new(vec![token])));
    let waiting = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { check(&sandbox, id).await }
    });
    dns.asked.notified().await;
    assert_eq!(call(&sandbox, "GET", "/user/me", &json!({})).await.0, StatusCode::OK);
    assert!(!waiting.is_finished(), "the server has not answered yet");
    let server = dns.clone();
    let letting_go = tokio::spawn(async move {
        loop {
            server.go_on.notify_waiters();
            tokio::task::yield_now().await;
        }
    });
    let (status, answer) = waiting.await.unwrap();
    letting_go.abort();
    assert_eq!(status, StatusCode::OK, "{answer}");
}
