//! The Connect protocol as clients speak it, one raw exchange after the other.

use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use http::{Method, Request, Response};
use serde_json::{Value, json};
use shomei::Sandbox;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::document::Document;

const LIST: &str = "CertificateService/ListCertificates";
const DELETE: &str = "CertificateService/DeleteCertificate";
const ID: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
const LIMIT: usize = 8 * 1024 * 1024;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut unpacked).unwrap();
    unpacked
}

/// One exchange: what is sent, and what comes back.
struct Exchange {
    what: &'static str,
    method: Method,
    /// The procedure, and the query of a GET.
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    status: u16,
    /// The Connect error's code; none is a success, or an empty body.
    code: Option<&'static str>,
    /// A header of the response.
    header: Option<(&'static str, &'static str)>,
}

fn post(what: &'static str, procedure: &str, body: impl Into<Vec<u8>>, status: u16, code: Option<&'static str>) -> Exchange {
    let headers = vec![("content-type", "application/json".to_owned())];
    Exchange { what, method: Method::POST, target: procedure.to_owned(), headers, body: body.into(), status, code, header: None }
}

fn get(what: &'static str, target: String, status: u16, code: Option<&'static str>) -> Exchange {
    Exchange { method: Method::GET, target, headers: Vec::new(), ..post(what, "", "", status, code) }
}

impl Exchange {
    /// A header in place of the one that stands there.
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    fn answers(self, name: &'static str, value: &'static str) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    fn request(&self, token: &str) -> Request<Bytes> {
        let mut request = Request::builder().method(self.method.clone()).uri(format!("/pocketsign.verify.v2.{}", self.target));
        if !self.headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in self.headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, value);
        }
        request.body(self.body.clone().into()).unwrap()
    }
}

fn exchanges(token: &str) -> Vec<Exchange> {
    let query = |rest: &str| format!("{LIST}?encoding=json&{rest}");
    let (allowed, unreadable) = (None, Some("invalid_argument"));
    let mut all = vec![
        post("JSON", LIST, "{}", 200, allowed).answers("content-type", "application/json"),
        post("JSON with a charset", LIST, "{}", 200, allowed).with("content-type", "application/json; charset=utf-8"),
        post("the version", LIST, "{}", 200, allowed).with("connect-protocol-version", "1"),
        post("another version", LIST, "{}", 400, unreadable).with("connect-protocol-version", "2"),
        post("a deadline", LIST, "{}", 200, allowed).with("connect-timeout-ms", "9999999999"),
        post("no deadline", LIST, "{}", 400, unreadable).with("connect-timeout-ms", "0"),
        post("a deadline in the past", LIST, "{}", 400, unreadable).with("connect-timeout-ms", "-1"),
        post("a deadline of 11 digits", LIST, "{}", 400, unreadable).with("connect-timeout-ms", "00000000001"),
        post("a deadline in seconds", LIST, "{}", 400, unreadable).with("connect-timeout-ms", "1s"),
        // Compression.
        post("a message in gzip", LIST, gzip(b"{}"), 200, allowed).with("content-encoding", "gzip").answers("content-encoding", "gzip"),
        post("a response in gzip", LIST, "{}", 200, allowed).with("accept-encoding", "br, gzip").answers("content-encoding", "gzip"),
        post("an error in gzip", DELETE, "{}", 400, unreadable).with("accept-encoding", "gzip").answers("content-encoding", "gzip"),
        post("identity", LIST, "{}", 200, allowed).with("content-encoding", "identity"),
        post("brotli", LIST, "{}", 501, Some("unimplemented")).with("content-encoding", "br"),
        post("no gzip at all", LIST, "{}", 400, unreadable).with("content-encoding", "gzip"),
        post("a small message that unpacks to too much", LIST, gzip(&vec![b' '; LIMIT + 1]), 429, Some("resource_exhausted"))
            .with("content-encoding", "gzip"),
        // What is no message.
        post("nothing", LIST, "", 400, unreadable),
        post("no JSON", LIST, "{", 400, unreadable),
        post("a list", LIST, "[]", 400, unreadable),
        // Methods and procedures.
        post("an unknown procedure", "CertificateService/Forget", "{}", 404, Some("unimplemented")),
        post("an unknown service", "NoService/ListCertificates", "{}", 404, Some("unimplemented")),
        Exchange { method: Method::DELETE, ..post("DELETE", LIST, "{}", 405, None) }.answers("allow", "GET, POST"),
        Exchange { method: Method::PUT, ..post("PUT", DELETE, "{}", 405, None) }.answers("allow", "POST"),
        get("GET with side effects", format!("{DELETE}?encoding=json&message={{}}"), 405, None).answers("allow", "POST"),
        // GET.
        get("GET", query("message=%7B%7D"), 200, allowed),
        get("GET with all there is", query("connect=v1&base64=1&compression=identity&message=e30=&x=1"), 200, allowed),
        get("GET in gzip", query(&format!("base64=1&compression=gzip&message={}", URL_SAFE.encode(gzip(b"{}")))), 200, allowed)
            .answers("content-encoding", "gzip"),
        get(
            "GET in gzip without padding",
            query(&format!("base64=1&compression=gzip&message={}", URL_SAFE_NO_PAD.encode(gzip(b"{}")))),
            200,
            allowed,
        ),
        get("GET whose base64 is not URL-safe", query(&format!("base64=1&message={}", STANDARD.encode([0xfb, 0xff]))), 400, unreadable),
        get("GET without a message", query("connect=v1"), 400, unreadable),
        get("GET without an encoding", format!("{LIST}?message=%7B%7D"), 400, unreadable),
        get("GET in binary", format!("{LIST}?encoding=proto&message="), 415, Some("unknown")).answers("accept-post", "application/json"),
        get("GET in brotli", query("compression=br&message=%7B%7D"), 501, Some("unimplemented")),
        get("GET of another version", query("connect=v2&message=%7B%7D"), 400, unreadable),
        Exchange { body: b"{}".to_vec(), ..get("GET with a body", query("message=%7B%7D"), 415, Some("unknown")) },
        get("GET with a deadline", query("message=%7B%7D"), 400, unreadable).with("connect-timeout-ms", "0"),
        // Who one is.
        post("a scheme in lower case", LIST, "{}", 200, allowed).with("authorization", format!("bearer {token}")),
        post("a scheme in upper case", LIST, "{}", 200, allowed).with("authorization", format!("BEARER  {token}")),
        post("another scheme", LIST, "{}", 401, Some("unauthenticated"))
            .with("authorization", format!("Basic {token}"))
            .answers("www-authenticate", "Bearer"),
        post("no token", LIST, "{}", 401, Some("unauthenticated")).with("authorization", "").answers("www-authenticate", "Bearer"),
        post("another token", LIST, "{}", 401, Some("unauthenticated"))
            .with("authorization", "Bearer x")
            .answers("www-authenticate", "Bearer"),
        // protobuf's JSON.
        post("a number as a text", LIST, r#"{"pageSize":"1"}"#, 200, allowed),
        post("a number with a point", LIST, r#"{"page_size":1.0}"#, 200, allowed),
        post("a broken number", LIST, r#"{"pageSize":1.5}"#, 400, unreadable),
        post("an enumeration's number", LIST, r#"{"filter":{"certificateTypes":[1,"TYPE_JPKI_MOBILE_DIGITAL_SIGNATURE"]}}"#, 200, allowed),
        post("an unknown number", LIST, r#"{"filter":{"certificateTypes":[99]}}"#, 400, unreadable),
        post("null for what is absent", LIST, r#"{"pageSize":null,"pageToken":null,"filter":{"userIds":null}}"#, 200, allowed),
        post("null in a list", LIST, r#"{"filter":{"userIds":[null]}}"#, 400, unreadable),
        post("numbers for texts", LIST, r#"{"filter":{"userIds":[1]}}"#, 400, unreadable),
        post("unknown members", LIST, r#"{"later":{"deep":[1]}}"#, 200, allowed),
    ];
    for content_type in [
        "application/proto",
        "application/connect+json",
        "application/grpc",
        "application/grpc+json",
        "application/grpc-web+proto",
        "text/json",
        "",
    ] {
        let exchange = post("another content type", LIST, "\n", 415, Some("unknown")).with("content-type", content_type);
        all.push(exchange.answers("accept-post", "application/json"));
    }
    all
}

/// Holds a response against what the exchange expects, and against the document.
fn judge(exchange: &Exchange, response: &Response<Bytes>, document: &Document) {
    let what = format!("{} ({} {} {:?})", exchange.what, exchange.method, exchange.target, exchange.headers);
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(response.status(), exchange.status, "{what}: {:?}", response.body());
    if let Some((name, value)) = exchange.header {
        assert_eq!(header(name), Some(value), "{what}");
    }
    let body = if header("content-encoding") == Some("gzip") { gunzip(response.body()).into() } else { response.body().clone() };
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    assert_eq!(answer["code"].as_str(), exchange.code, "{what}: {answer}");
    assert_eq!(answer["message"].is_string(), exchange.code.is_some(), "{what}: {answer}");
    let path = format!("/pocketsign.verify.v2.{}", exchange.target.split('?').next().unwrap_or_default());
    if document.operation("post", &path).is_some() {
        let verdict = document.validate_response("post", &path, exchange.status, header("content-type"), &body);
        verdict.unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

#[tokio::test]
async fn every_exchange_of_the_protocol() {
    let (sandbox, document) = (Sandbox::new(), Document::load("pocketsign-verify-v2"));
    let token = sandbox.pocketsign_token();
    for exchange in exchanges(&token) {
        let response = sandbox.handle(exchange.request(&token)).await;
        judge(&exchange, &response, &document);
    }
}

#[tokio::test]
async fn a_refusal_says_what_is_spoken_and_where_the_fault_is() {
    let sandbox = Sandbox::new();
    let token = sandbox.pocketsign_token();
    let page = json!({"filter": {"certificateTypes": [99]}}).to_string();
    for (exchange, message, field) in [
        (post("binary", LIST, "", 415, None).with("content-type", "application/proto"), "only JSON is spoken here", None),
        (post("brotli", LIST, "{}", 501, None).with("content-encoding", "br"), "supported encodings are [gzip]", None),
        (post("a wrong type", LIST, r#"{"filter":{"userIds":[1]}}"#, 400, None), "filter.user_ids cannot be read: it is no string", None),
        (post("a broken rule", LIST, page, 400, None), "invalid argument", Some(["filter", "certificate_types"])),
    ] {
        let response = sandbox.handle(exchange.request(&token)).await;
        let answer: Value = serde_json::from_slice(response.body()).unwrap();
        assert!(answer["message"].as_str().unwrap().contains(message), "{answer}");
        let elements = answer["details"][0]["debug"]["violations"][0]["field"]["elements"].as_array();
        let names = elements.map(|elements| elements.iter().filter_map(|element| element["fieldName"].as_str()).collect::<Vec<_>>());
        assert_eq!(names.as_deref(), field.as_ref().map(|field| &field[..]), "{answer}");
    }
}

#[tokio::test]
async fn what_a_response_unpacks_to_is_what_it_is_without_compression() {
    let sandbox = Sandbox::new();
    let token = sandbox.pocketsign_token();
    let card = sandbox.jpki().card(shomei::sandbox::PersonDetails::default());
    let (digest, signature) = card.signing.sign(b"a challenge");
    let verify = json!({
        "certificate": STANDARD.encode(card.signing.der()),
        "hashAlgorithm": 1,
        "digest": URL_SAFE_NO_PAD.encode(digest),
        "signature": STANDARD.encode(signature),
        "identifyUser": true,
        "checkMethod": null,
    });
    let verify = post("a verification", "VerificationService/Verify", gzip(verify.to_string().as_bytes()), 200, None);
    let response = sandbox.handle(verify.with("content-encoding", "gzip").request(&token)).await;
    let answer: Value = serde_json::from_slice(&gunzip(response.body())).unwrap();
    assert_eq!((&answer["verification"]["result"], &answer["isNewUser"]), (&json!("RESULT_OK"), &json!(true)), "{answer}");

    let list = || post("a list", LIST, "{}", 200, None);
    let plain = sandbox.handle(list().request(&token)).await;
    let packed = sandbox.handle(list().with("accept-encoding", "gzip").request(&token)).await;
    assert_eq!(gunzip(packed.body()), plain.body()[..]);
    let deleted = sandbox.handle(post("a deletion", DELETE, json!({"certificate_id": ID}).to_string(), 404, None).request(&token)).await;
    assert_eq!(deleted.status(), 404);
}

/// Whoever speaks HTTP/2 from the first byte on is hung up on, and others are served as before.
#[tokio::test]
async fn a_preface_of_http_2_is_closed() {
    let sandbox = Sandbox::new();
    let token = sandbox.pocketsign_token();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(sandbox.serve(listener, std::future::pending()));
    let exchange = async |sent: String| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        // A reset is a hang-up too.
        let _ = stream.read_to_end(&mut received).await;
        String::from_utf8_lossy(&received).into_owned()
    };
    assert_eq!(exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()).await, "");
    let head = format!("POST /pocketsign.verify.v2.{LIST} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n");
    let grpc = exchange(format!("{head}content-type: application/grpc\r\ncontent-length: 0\r\n\r\n")).await;
    assert!(grpc.starts_with("HTTP/1.1 415") && grpc.contains("accept-post: application/json"), "{grpc}");
    let json = exchange(format!("{head}content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}")).await;
    assert!(json.starts_with("HTTP/1.1 200"), "{json}");
    server.abort();
}
