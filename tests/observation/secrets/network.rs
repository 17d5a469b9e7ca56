//! Over real sockets, with every crate telling all it knows.

use std::time::Duration;

use base64::Engine as _;
use shomei::{
    ApiKey, CertCentral, KeyAlgorithm, PrivateKey, RetryPolicy, Sandbox,
    certcentral::{DomainId, OrganizationId, Plan, Product, flow::DcvInstructions},
    pocketsign::{HashAlgorithm, PocketSignV1, SignInOutcome, SignedData},
    sandbox::PersonDetails,
};
use tokio::{net::TcpListener, sync::oneshot};

use super::{
    ADDRESS, BIRTH_DATE, KEY, NAME,
    refusals::{certcentral, echo},
    silent,
};
use crate::recorder::ALL;

#[tokio::test]
async fn nothing_is_told_at_any_level_by_any_crate() {
    let recorder = &*ALL;
    let sandbox = Sandbox::builder().api_key(KEY).build();
    let token = sandbox.pocketsign_token();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(sandbox.clone().serve(listener, async {
        let _ = stopped.await;
    }));

    let builder = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(format!("http://{address}/services/v2"));
    let cc = builder.build().unwrap();
    let organization = OrganizationId(754_781);
    let pending = cc.domains().validate("example.com").organization(organization).start().await.unwrap();
    let DcvInstructions::Txt { name, value, .. } = pending.instructions() else { panic!() };
    sandbox.dns().publish_txt(name, value);
    pending.wait(Duration::from_secs(60)).await.unwrap();
    let private = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let csr = private.sign_csr(["example.com"]).unwrap();
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr).common_name("example.com").organization(organization);
    order.plan(Plan::years(1)).start().await.unwrap().wait(Duration::from_secs(60)).await.unwrap();
    cc.domains().get(DomainId(4711)).send().await.unwrap_err();

    let details = PersonDetails { name: NAME.into(), address: ADDRESS.into(), date_of_birth: BIRTH_DATE.into(), ..Default::default() };
    let card = sandbox.jpki().card(details);
    let (digest, signature) = card.signing.sign(b"a challenge");
    let ps = PocketSignV1::builder(ApiKey::new(&*token).unwrap()).base_url(format!("http://{address}")).build().unwrap();
    let outcome = ps.sign_in(SignedData::new(card.signing.der(), HashAlgorithm::Sha256, digest, &signature).unwrap()).send().await.unwrap();
    assert!(matches!(outcome, SignInOutcome::New(_)));

    for answer in
        [|_: &str| String::new(), |head: &str| head.to_owned(), |head: &str| format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", head.len())]
    {
        certcentral(echo(answer).await).users().me().send().await.unwrap_err();
    }
    // reqwest can be made to tell every byte; a client that is brought along for its proxy may have been.
    let verbose = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(format!("http://{address}/services/v2"));
    let verbose = verbose.http_client(reqwest::Client::builder().connection_verbose(true)).build().unwrap();
    verbose.users().me().send().await.unwrap();
    // A handshake that fails: nothing listens for TLS there.
    let tls = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(format!("https://{address}")).retry(RetryPolicy::never());
    tls.build().unwrap().users().me().send().await.unwrap_err();
    drop((cc, ps));
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();

    let crates = ["shomei", "hyper_util", "reqwest", "rustls"];
    recorder.look(|seen| {
        for name in crates {
            assert!(seen.events.iter().any(|event| event.target.starts_with(name)), "{name} tells nothing: nothing was hunted");
        }
    });
    let pem = private.to_pem();
    let scalar = base64::engine::general_purpose::STANDARD
        .decode(pem.expose().lines().filter(|line| !line.starts_with("---")).collect::<String>())
        .unwrap()[36..68]
        .to_vec();
    let der = card.signing.der();
    let secrets: [&[u8]; 8] = [
        KEY.as_bytes(),
        token.as_bytes(),
        &scalar,
        NAME.as_bytes(),
        ADDRESS.as_bytes(),
        BIRTH_DATE.as_bytes(),
        &signature[..40],
        &der[der.len() / 2..der.len() / 2 + 40],
    ];
    silent(&recorder.text(), &secrets);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let elsewhere = target.local_addr().unwrap();
        let origin = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = origin.local_addr().unwrap();
        let answer = format!("HTTP/1.1 {status} Moved\r\nlocation: http://{elsewhere}/services/v2/user/me\r\ncontent-length: 0\r\n\r\n");
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let (mut stream, _) = origin.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        });
        // Whoever brings a reqwest client that follows redirects does not get one that does.
        let following = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(5));
        let builder = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url(format!("http://{address}/services/v2"));
        let cc = builder.http_client(following).retry(RetryPolicy::never()).build().unwrap();
        let error = cc.users().me().send().await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        let contacted = tokio::time::timeout(Duration::from_millis(50), target.accept()).await;
        assert!(contacted.is_err(), "{status} was followed");
    }
}
