//! The log: what it holds, what it hides, and how it is followed.

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use http::Request;
use serde_json::{Value, json};
use shomei::{
    Sandbox,
    sandbox::{Exchange, FaultPlan, PersonDetails},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use crate::{
    document::{Canary, Document},
    door::Doors,
    foreign::serve,
};

const CANARY: Canary = Canary { text: "S3CR3T-C4N4RY", base64: "UzNDUjNULUM0TjRSWQ==" };

fn shows(exchange: &Exchange, secret: &str) -> bool {
    exchange.to_json().contains(secret)
}

#[tokio::test]
async fn exchanges_are_counted_kept_and_told() {
    let doors = Doors::new();
    let order = doors.order("www.example.com").await;
    doors.certcentral("GET", "/user/me?x=1", None).await;
    doors.done("GET", "/clock", None).await;
    let log = doors.done("GET", "/log", None).await;
    let [placed, me] = [&log["exchanges"][0], &log["exchanges"][1]];
    assert_eq!(log["exchanges"].as_array().unwrap().len(), 2, "the interface itself is not in it");
    assert_eq!((&placed["id"], &placed["status"], &placed["fault"]), (&json!(1), &json!(201), &json!(null)));
    assert_eq!(placed["request"]["certificate"]["common_name"], "www.example.com");
    assert_eq!(placed["response"]["id"], order["id"]);
    assert_eq!((&me["method"], &me["target"]), (&json!("GET"), &json!("/services/v2/user/me?x=1")));
    assert_eq!(doors.done("GET", "/log?after=1", None).await["exchanges"], json!([me]));

    for _ in 0..1100 {
        doors.certcentral("GET", "/user/me", None).await;
    }
    let kept = doors.sandbox.exchanges();
    assert_eq!((kept.len(), kept[0].id, kept[999].id), (1000, 103, 1102));
    doors.done("DELETE", "/log", None).await;
    doors.certcentral("GET", "/user/me", None).await;
    assert_eq!(doors.sandbox.exchanges().iter().map(|exchange| exchange.id).collect::<Vec<_>>(), [1103]);
}

/// Every member that a document calls secret or personal, filled with a canary and sent: as it is named, and under a name that nobody knows.
#[tokio::test]
async fn what_the_documents_call_secret_or_personal_is_hidden() {
    let mut caged = 0;
    for (name, base) in [("certcentral", Sandbox::CERTCENTRAL), ("pocketsign-verify-v1", ""), ("pocketsign-verify-v2", "")] {
        let document = Document::load(name);
        let sandbox = Sandbox::new();
        for operation in document.operations() {
            let schemas = [operation.request(&document), operation.answer(&document)];
            for schema in schemas.into_iter().flatten() {
                let (body, count) = document.filled(schema, CANARY);
                caged += count;
                let path = operation.path.replace(['{', '}'], "");
                let method = operation.method.to_uppercase();
                let request = Request::builder().method(method.as_str()).uri(format!("{base}{path}"));
                sandbox.handle(request.body(Bytes::from(body.to_string())).unwrap()).await;
            }
        }
        for exchange in sandbox.exchanges() {
            assert!(!shows(&exchange, CANARY.text) && !shows(&exchange, CANARY.base64), "{name}: {}", exchange.to_json());
        }
        assert!(!sandbox.exchanges().is_empty());
    }
    assert!(caged > 40, "{caged} canaries");
}

#[tokio::test]
async fn nobody_is_told_of() {
    let details =
        PersonDetails { name: "秘密　太郎".to_owned(), address: "秘密市秘密町１番".to_owned(), ..PersonDetails::default() };
    let sandbox = Sandbox::builder().card(details.clone()).build();
    let card = sandbox.jpki().cards().remove(0);
    let encode = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let (digest, signature) = card.signing.sign(b"a challenge");
    let (certificate, signature) = (encode(card.signing.der()), encode(&signature));
    let token = sandbox.pocketsign_token();
    let send = async |path: &str, body: Value| {
        let request = Request::post(path).header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
        sandbox.handle(request.body(Bytes::from(body.to_string())).unwrap()).await.status().as_u16()
    };
    let v1 = json!({
        "certificate": certificate, "signature": signature, "digest": encode(&digest), "hash_algorithm": "sha256",
        "status_check_method": "ocsp", "identify_user": true,
    });
    assert_eq!(send("/verifications", v1.clone()).await, 200);
    // Misspelt, nested too deep, in a list, as a key's value of another type, and as what is no JSON at all.
    let mut wrong = vec![
        json!({"certifcate": certificate}),
        json!({"id": certificate}),
        json!({"wrapped": {"certificate": {"certificate": certificate}}}),
        json!([[certificate.clone()], {"name": details.name}]),
        json!({"message": details.address, "dateOfBirth": 319_850_401}),
    ];
    wrong.push(Value::String(certificate.clone()));
    for body in wrong {
        send("/verifications", body.clone()).await;
        send("/pocketsign.verify.v2.VerificationService/Verify", body).await;
    }
    let query = format!("/certificates?limit=5&certificate={certificate}&name=%E7%A7%98%E5%AF%86").replace('+', "%2B");
    let request = Request::get(query).header("authorization", format!("Bearer {token}")).body(Bytes::new()).unwrap();
    sandbox.handle(request).await;
    let torn = Request::post("/verifications").body(Bytes::from(format!("{{\"certificate\":\"{certificate}"))).unwrap();
    sandbox.handle(torn).await;

    let exchanges = sandbox.exchanges();
    assert!(exchanges.len() > 12 && exchanges[0].response.is_some());
    assert_eq!(exchanges[0].response.as_ref().unwrap()["verification"]["result"], "RESULT_OK", "what is plain is shown");
    for exchange in exchanges {
        let date = details.date_of_birth.as_str();
        for secret in ["秘密", "%E7%A7%98", &certificate[..40], &signature[..40], token.as_str(), &encode(&digest), date] {
            assert!(!shows(&exchange, secret), "{secret} in {}", exchange.to_json());
        }
    }
}

#[tokio::test]
async fn keys_and_people_of_the_account_are_hidden() {
    let sandbox = Sandbox::builder().api_key("KEY-OF-THE-TEST").build();
    for path in ["/user/me", "/user", "/container", "/user?api_key=KEY-OF-THE-TEST&filters[email]=john.smith@digicert.com"] {
        let request = Request::get(format!("/services/v2{path}")).header("x-dc-devkey", "KEY-OF-THE-TEST");
        assert_eq!(sandbox.handle(request.body(Bytes::new()).unwrap()).await.status(), 200);
    }
    // A key in the wrong place, where nobody looks for one.
    sandbox.handle(Request::get("/elsewhere?key=KEY-OF-THE-TEST").body(Bytes::from("KEY-OF-THE-TEST")).unwrap()).await;
    for exchange in sandbox.exchanges() {
        for secret in ["KEY-OF-THE-TEST", "john.smith", "Smith", "(801)"] {
            assert!(!shows(&exchange, secret), "{secret} in {}", exchange.to_json());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_is_followed_in_process() {
    let doors = Doors::new();
    doors.certcentral("GET", "/user/me", None).await;
    let mut exchanges = std::pin::pin!(doors.sandbox.follow_exchanges(0));
    assert_eq!(exchanges.next().await.unwrap().id, 1);
    assert!(exchanges.next().now_or_never().is_none());
    doors.certcentral("GET", "/domain", None).await;
    doors.sandbox.set_faults(FaultPlan::seeded(1).rate(1.0).among([shomei::sandbox::Fault::ResetBefore]));
    let lost = doors.sandbox.certcentral().unwrap().users().me().send().await;
    assert!(lost.is_err());
    let (second, third) = (exchanges.next().await.unwrap(), exchanges.next().await.unwrap());
    assert_eq!((second.id, second.target.as_str()), (2, "/services/v2/domain"));
    assert_eq!((third.status, third.fault.as_deref()), (None, Some("reset_before")));
}

#[tokio::test]
async fn the_log_is_followed_through_a_socket_until_the_server_ends() {
    let doors = Doors::new();
    let (address, stop) = serve(doors.sandbox.clone()).await;
    doors.certcentral("GET", "/user/me", None).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /_sandbox/log?follow=true HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut next = async || loop {
        let line = lines.next_line().await.unwrap()?;
        if line.starts_with('{') {
            return Some(serde_json::from_str::<Value>(&line).unwrap());
        }
    };
    assert_eq!(next().await.unwrap()["target"], "/services/v2/user/me");
    doors.certcentral("GET", "/domain", None).await;
    let second = next().await.unwrap();
    assert_eq!((&second["id"], &second["target"]), (&json!(2), &json!("/services/v2/domain")));
    stop.send(()).unwrap();
    assert!(next().await.is_none(), "the end of the server is the end of the log");
}
