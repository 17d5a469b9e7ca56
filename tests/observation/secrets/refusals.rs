//! Every kind of error, from services that send back what they were sent.

use std::{io, net::SocketAddr, time::Duration};

use shomei::{
    ApiKey, CertCentral, Csr, Error, PocketSign, PrivateKey, RetryPolicy, Sandbox,
    certcentral::{DomainId, OrganizationId},
    pocketsign::{HashAlgorithm, SignedData, UserId},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{KEY, silent, told};
use crate::recorder::ALL;

/// What a server sends back for the head of a request; it closes the connection after that.
type Answer = fn(&str) -> String;

/// Whether an error is the one that an answer has to become.
type Expected = fn(&Error) -> bool;

/// A server on a loopback port that quotes what it is sent.
pub(super) async fn echo(answer: Answer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 16 << 10];
            let length = stream.read(&mut head).await.unwrap_or(0);
            let _ = stream.write_all(answer(&String::from_utf8_lossy(&head[..length])).as_bytes()).await;
        }
    });
    address
}

fn with_body(status: &str, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

pub(super) fn certcentral(address: SocketAddr) -> CertCentral {
    let builder = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(format!("http://{address}/services/v2"));
    builder.retry(RetryPolicy::never()).attempt_timeout(Duration::from_secs(10)).max_response_size(4 << 10).build().unwrap()
}

fn pocketsign(address: SocketAddr) -> PocketSign {
    let builder = PocketSign::builder(ApiKey::new(KEY).unwrap()).base_url(format!("http://{address}"));
    builder.retry(RetryPolicy::never()).attempt_timeout(Duration::from_secs(10)).build().unwrap()
}

#[tokio::test]
async fn no_error_repeats_a_key_that_the_service_sends_back() {
    let recorder = &*ALL;
    let answers: [(Answer, Expected); 12] = [
        (|head| with_body("502 Bad Gateway", "text/html", &format!("<pre>{head}</pre>")), |error| error.status() == Some(502)),
        (|head| with_body("400 Bad Request", "text/plain", head), |error| error.status() == Some(400)),
        (
            |_| with_body("401 Unauthorized", "application/json", &format!(r#"{{"errors":[{{"code":"{KEY}","message":"not {KEY}"}}]}}"#)),
            Error::is_unauthorized,
        ),
        (|_| with_body("403 Forbidden", "application/json", &format!(r#"{{"code":"{KEY}","message":"{KEY}"}}"#)), Error::is_forbidden),
        // The same letters, written another way.
        (
            |_| with_body("400 Bad Request", "application/json", &format!(r#"{{"errors":[{{"message":"\u0043{}"}}]}}"#, &KEY[1..])),
            |error| error.status() == Some(400),
        ),
        (|_| with_body("200 OK", "application/json", &format!(r#"{{"id":"{KEY}","certificate":"{KEY}"}}"#)), Error::is_decode),
        (|head| with_body("200 OK", "application/json", head), Error::is_decode),
        (|head| with_body("200 OK", "application/json", &format!("{head}{}", " ".repeat(5 << 20))), Error::is_decode),
        (
            |_| format!("HTTP/1.1 302 Found\r\nlocation: https://{KEY}.example/{KEY}\r\ncontent-length: 0\r\n\r\n"),
            |error| error.status() == Some(302),
        ),
        (|_| format!("HTTP/1.1 429 Slow\r\nretry-after: {KEY}\r\ncontent-length: 0\r\n\r\n"), Error::is_rate_limited),
        (|head| format!("HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\n{head}"), Error::is_connection),
        (|head| format!("NONSENSE {head}"), Error::is_connection),
    ];
    for (number, (answer, is_expected)) in answers.into_iter().enumerate() {
        let address = echo(answer).await;
        let error = certcentral(address).domains().get(DomainId(738_687)).send().await.unwrap_err();
        assert!(is_expected(&error), "{number}: {error}");
        silent(&told(error), &[KEY.as_bytes()]);
        let outcome = pocketsign(address).users().get(UserId::from("497f6eca-6276-4993-bfeb-53cbbbba6f08")).send().await;
        // What is missing in an answer of v2 is absent, and no error.
        let Err(error) = outcome else { continue };
        silent(&told(error), &[KEY.as_bytes()]);
    }
    silent(&recorder.text(), &[KEY.as_bytes()]);
}

#[tokio::test]
async fn no_error_of_ours_shows_a_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let builder = || CertCentral::builder(ApiKey::new(KEY).unwrap());
    let sandbox = Sandbox::builder().api_key(KEY).build();
    let sealed = sandbox.certcentral().unwrap();
    let pending = sealed.domains().validate("example.com").organization(OrganizationId(754_781)).start().await.unwrap();
    let private = PrivateKey::generate(Default::default()).unwrap().to_pem();
    let waited =
        pending.clone().publish_with(|_| async { Err(io::Error::other("no DNS")) }).wait(Duration::from_secs(1)).await.unwrap_err();
    let silent_server =
        certcentral(mute.local_addr().unwrap()).with_options(shomei::CallOptions::default().call_timeout(Duration::from_millis(50)));
    let digest = KEY.as_bytes().repeat(3);
    let errors = [
        ApiKey::new(format!("{KEY}\n{KEY}")).unwrap_err(),
        builder().base_url(format!("https://user:{KEY}@example.com")).build().unwrap_err(),
        builder().base_url(format!("https://{KEY}@example.com")).build().unwrap_err(),
        builder().base_url(format!("http://example.com/{KEY}")).build().unwrap_err(),
        builder().base_url(format!("https://example.com/?{KEY}")).build().unwrap_err(),
        builder().base_url(format!("https://example.com:{KEY}/")).build().unwrap_err(),
        builder().user_agent(format!("{KEY}\n")).build().unwrap_err(),
        PrivateKey::from_pem(&private.expose().replace("MI", "..")).unwrap_err(),
        PrivateKey::from_pem(&private.expose().replace("PRIVATE", "PUBLIC")).unwrap_err(),
        Csr::from_pem(private.expose()).unwrap_err(),
        certcentral(closed).users().me().send().await.unwrap_err(),
        silent_server.users().me().send().await.unwrap_err(),
        SignedData::new(KEY, HashAlgorithm::Sha256, &digest, &digest).unwrap_err(),
        certcentral(closed).domains().resume_validation(pending.resume_token()).start().await.unwrap_err(),
        waited.into(),
    ];
    let line = private.expose().lines().nth(1).unwrap();
    for error in errors {
        silent(&told(error), &[KEY.as_bytes(), line.as_bytes()]);
    }
    silent(&told(ApiKey::from_env(KEY).unwrap_err()).replace(KEY, "the name of the variable"), &[KEY.as_bytes()]);
}
