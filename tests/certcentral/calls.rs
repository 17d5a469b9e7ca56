//! Single calls against the sandbox, and every kind of error.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use shomei::{
    ApiKey, CertCentral, Csr, Error, ResponseBody, Sandbox, Transport, TransportError, TransportRequest,
    certcentral::{
        CertificateFormat, CertificateId, DcvMethod, DomainId, ErrorCode, OrderId, OrganizationId, Plan, Product, RequestStatus, Validity,
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    judge::{Judge, csr},
    scripted::Scripted,
};

const ORGANIZATION: OrganizationId = OrganizationId(754_781);

fn client(transport: impl Transport) -> CertCentral {
    CertCentral::builder(ApiKey::new("CANARY-KEY").unwrap()).transport(transport).max_response_size(4096).build().unwrap()
}

async fn error(transport: impl Transport) -> Error {
    let error = client(transport).orders().get(OrderId(1)).send().await.unwrap_err();
    assert_eq!(error.operation(), Some("order_info"), "{error}");
    assert!(error.attempts() >= 1, "{error}");
    assert!(!format!("{error} {error:?}").contains("CANARY"), "{error}");
    error
}

/// Never answers.
struct Silent;

impl Transport for Silent {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_can_be_called() {
    let judge = Judge::new(Sandbox::new());
    let cc = judge.client();
    let domain = cc.domains().add("example.com").organization(ORGANIZATION).dcv_method(DcvMethod::DnsTxtToken).send().await.unwrap();
    let token = domain.dcv_token.unwrap().token.unwrap();
    assert_eq!(cc.domains().get(domain.id).include_dcv(true).send().await.unwrap().dcv_token.unwrap().token, Some(token));
    assert_eq!(cc.domains().list().search("%example.com").page_size(10).send().await.unwrap().domains.len(), 1);
    let renewed = cc.domains().generate_dcv_token(domain.id).send().await.unwrap().token.unwrap();
    let missing = cc.domains().check_dcv(domain.id).send().await.unwrap_err();
    assert_eq!(missing.certcentral_code(), Some(ErrorCode::InvalidDnsTxt));
    judge.sandbox().dns().publish_txt("example.com", &renewed);
    cc.domains().check_dcv(domain.id).send().await.unwrap();
    assert_eq!(cc.domains().dcv_emails(domain.id).send().await.unwrap().base_emails.len(), 5);
    assert_eq!(cc.domains().dcv_emails("Sub.Example.com").send().await.unwrap().name_scope.as_deref(), Some("sub.example.com"));
    cc.domains().change_dcv_method(domain.id, DcvMethod::Email).send().await.unwrap();
    cc.domains().resend_dcv_emails(domain.id).to(["admin@example.com"]).send().await.unwrap();
    cc.domains().deactivate(domain.id).send().await.unwrap();
    assert_eq!(cc.domains().get(domain.id).send().await.unwrap().is_active, Some(false));
    cc.domains().activate(domain.id).send().await.unwrap();

    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").organization(ORGANIZATION);
    let order = order.plan(Plan::years(1)).send().await.unwrap();
    let info = cc.orders().get(order.id).send().await.unwrap();
    let certificate = info.certificate.unwrap();
    let id = certificate.id.unwrap();
    assert_eq!(cc.orders().get(certificate.serial_number.unwrap().as_str()).send().await.unwrap().id, order.id);
    assert_eq!(cc.orders().get(certificate.thumbprint.unwrap().as_str()).send().await.unwrap().id, order.id);
    assert_eq!(cc.orders().validation(order.id).send().await.unwrap().order_id, Some(order.id));
    assert_eq!(cc.orders().list().products([Product::SECURE_SITE_OV]).send().await.unwrap().orders.len(), 1);
    assert_eq!(cc.orders().list().common_name("example.org").send().await.unwrap().orders.len(), 0);

    let chain = cc.certificates().chain(id).send().await.unwrap();
    for (format, content_type) in [
        (CertificateFormat::DefaultZip, "application/zip"),
        (CertificateFormat::Apache, "application/zip"),
        (CertificateFormat::DefaultCer, "application/zip"),
        (CertificateFormat::DefaultPem, "application/zip"),
        (CertificateFormat::P7b, "application/x-pkcs7-certificates"),
        (CertificateFormat::Cer, "application/x-pkcs7-certificates"),
        (CertificateFormat::PemAll, "application/x-pem-file"),
        (CertificateFormat::PemNoRoot, "application/x-pem-file"),
        (CertificateFormat::PemNoIntermediate, "application/x-pem-file"),
    ] {
        let file = cc.certificates().download(id, format.clone()).send().await.unwrap();
        assert_eq!(file.content_type.as_deref(), Some(content_type), "{format}");
        assert!(file.file_name.is_some() && !file.body.is_empty(), "{format}");
        if format == CertificateFormat::PemAll {
            let downloaded = shomei::CertificateChain::from_pem(std::str::from_utf8(&file.body).unwrap()).unwrap();
            assert_eq!(downloaded, chain);
        }
    }

    let requests = cc.requests().list().status(RequestStatus::Approved).send().await.unwrap().requests;
    assert_eq!(cc.requests().get(requests[0].id).send().await.unwrap().status, Some(RequestStatus::Approved));
    let organizations = cc.organizations().list().include_validation(true).send().await.unwrap().organizations;
    assert_eq!(organizations.len(), 2);
    assert_eq!(cc.organizations().get(ORGANIZATION).send().await.unwrap().name.as_deref(), Some("Win The Customer, LLC"));
    assert_eq!(cc.containers().list().send().await.unwrap().len(), 1);
    assert_eq!(cc.users().me().send().await.unwrap().access_roles.len(), 1);
    assert_eq!(cc.raw().user_me().await.unwrap().access_roles.len(), 1);
}

#[tokio::test]
async fn bad_input_is_refused_and_nothing_sent() {
    let scripted = Scripted::json(200, "{}");
    let cc = client(scripted.clone());
    let order = || {
        let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com");
        order.plan(Plan::years(1)).organization(ORGANIZATION)
    };
    let plain = || cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com");
    let refusals = [
        ("name", cc.domains().add("https://example.com").organization(ORGANIZATION).send().await.map(drop)),
        ("name", cc.domains().add("exam ple.com").organization(ORGANIZATION).send().await.map(drop)),
        ("name", cc.domains().validate("*.example.com").organization(ORGANIZATION).start().await.map(drop)),
        ("validations", cc.domains().add("example.com").organization(ORGANIZATION).validations([]).send().await.map(drop)),
        ("emails", cc.domains().add("example.com").organization(ORGANIZATION).emails(["admin"]).send().await.map(drop)),
        ("domain", cc.domains().dcv_emails("..").send().await.map(drop)),
        ("name_scope", cc.domains().resend_dcv_emails(DomainId(1)).name_scope("a b").send().await),
        ("order", cc.orders().get("not hex").send().await.map(drop)),
        ("alternative_order_id", cc.orders().find_by_alternative_id("..").send().await.map(drop)),
        ("plan", plain().plan(Plan::years(0)).organization(ORGANIZATION).send().await.map(drop)),
        ("plan", plain().plan(Plan::years(7)).organization(ORGANIZATION).send().await.map(drop)),
        ("organization", plain().plan(Plan::years(1)).send().await.map(drop)),
        ("validity", order().validity(Validity::days(398)).send().await.map(drop)),
        ("dns_names", order().dns_names(["a..example.com"]).send().await.map(drop)),
        ("additional_emails", order().additional_emails(["a@b"]).send().await.map(drop)),
        ("alternative_order_id", order().alternative_order_id("a/b").send().await.map(drop)),
        ("renewed_thumbprint", order().renewal_of(OrderId(1)).renewed_thumbprint("AB").send().await.map(drop)),
        ("csr", Csr::from_pem("").map(drop)),
        ("csr", Csr::from_pem("not PEM").map(drop)),
        ("csr", Csr::from_pem("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----").map(drop)),
        ("api key", ApiKey::new("two\nlines").map(drop)),
    ];
    for (field, refusal) in refusals {
        let error = refusal.unwrap_err();
        assert!(error.is_invalid_input() && !error.was_sent(), "{field}: {error}");
        assert!(error.to_string().starts_with(&format!("{field}: ")), "{field}: {error}");
    }
    let plain_http = CertCentral::builder(ApiKey::new("KEY").unwrap()).base_url("http://www.digicert.com/services/v2").build();
    assert!(plain_http.unwrap_err().is_configuration());
    assert!(scripted.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_is_told_in_full() {
    let denied = Judge::new(Sandbox::new());
    let stranger = CertCentral::builder(ApiKey::new("not-the-key").unwrap()).transport(denied.sandbox().clone());
    let error = stranger.base_url("https://sandbox.invalid/services/v2").build().unwrap().users().me().send().await.unwrap_err();
    assert!(error.is_forbidden());
    assert_eq!(error.certcentral_code(), Some(ErrorCode::AccessDeniedInvalidKey));
    assert_eq!(
        error.to_string(),
        "user_me: the service returned 403 Forbidden; access_denied|access_denied_invalid_key: Access denied due to access_denied_invalid_key."
    );

    let judge = Judge::new(Sandbox::new());
    let error = judge.client().orders().get(OrderId(1)).send().await.unwrap_err();
    assert!(error.is_not_found() && error.was_sent());
    assert_eq!(error.certcentral_code(), Some(ErrorCode::NotFoundOrder));
    assert!(judge.client().certificates().chain(CertificateId(1)).send().await.unwrap_err().is_not_found());
    let cc = judge.client();
    let unknown = cc.orders().issue(Product::new("ssl_of_tomorrow"), csr()).common_name("example.com").plan(Plan::years(1));
    assert_eq!(unknown.send().await.unwrap_err().certcentral_code(), Some(ErrorCode::NotFoundProduct));
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_error_can_be_told_apart() {
    let html = error(Scripted::json(503, "<html>\n  <h1>Service   Unavailable</h1></html>")).await;
    assert_eq!((html.status(), html.excerpt()), (Some(503), Some("<html> <h1>Service Unavailable</h1></html>")));
    assert!(html.is_transient() && html.api_errors().is_empty());

    let limited = Scripted::new(|_| {
        let answer = http::Response::builder().status(429).header("retry-after", "1");
        Ok(answer.body(Bytes::from_static(br#"{"errors":[{"code":"request_limit_exceeded","message":"slow"}]}"#)).unwrap())
    });
    let limited = error(limited).await;
    assert!(limited.is_rate_limited() && limited.is_transient());
    assert_eq!(limited.retry_after(), Some(Duration::from_secs(1)));
    assert_eq!(limited.certcentral_code(), Some(ErrorCode::RequestLimitExceeded));

    let decode = error(Scripted::json(200, r#"{"id": 1, "certificate": {"dns_names": [[1]]}}"#)).await;
    assert!(decode.is_decode());
    assert!(decode.to_string().contains("certificate.dns_names[0]"), "{decode}");
    assert!(error(Scripted::json(200, "")).await.is_decode());
    assert!(error(Scripted::json(200, "<html>")).await.is_decode());

    let large = error(Scripted::new(|_| Ok(http::Response::new(Bytes::from(vec![b' '; 5000]))))).await;
    assert!(large.is_decode(), "{large}");
    assert!(large.to_string().contains("larger than 4096 bytes"), "{large}");

    let unsent = error(Scripted::new(|_| Err(TransportError::unsent("connection refused")))).await;
    assert!(unsent.is_connection() && !unsent.was_sent() && format!("{unsent:#}").contains("connection refused"));
    let broken = error(Scripted::new(|_| Err(TransportError::broken("reset by peer")))).await;
    assert!(broken.is_connection() && broken.was_sent());

    let slow = error(Silent).await;
    assert!(slow.is_timeout() && slow.was_sent() && slow.to_string().contains("no response within 60s"), "{slow}");

    let redirect = error(Scripted::json(302, "")).await;
    assert_eq!(redirect.status(), Some(302));
    let raw = client(Scripted::new(|_| Err(TransportError::unsent("connection refused")))).raw().user_me().await.unwrap_err();
    assert!(format!("{raw:#}").contains("connection refused"), "{raw:#}");
}

#[tokio::test]
async fn an_answer_that_repeats_the_key_does_not_have_it_shown() {
    for (status, body) in [
        (502, "<pre>GET /order/certificate/1\nX-DC-DEVKEY: CANARY-KEY</pre>"),
        (400, r#"{"errors":[{"code":"bad|CANARY-KEY","message":"the key is \u0043ANARY-KEY"}]}"#),
        (200, r#"{"id":"CANARY-KEY"}"#),
        (200, r#"{"id":1,"certificate":{"CANARY-KEY":1,"id":[]}}"#),
        (200, "CANARY-KEY"),
    ] {
        let error = error(Scripted::json(status, body)).await;
        let told = format!("{error} {error:?} {:?} {:?} {:?}", error.api_errors(), error.excerpt(), std::error::Error::source(&error));
        assert!(!told.contains("CANARY"), "{told}");
        assert!(status == 200 || told.contains("[redacted]"), "{told}");
    }
}

/// Serves one answer to every connection and keeps what it was asked.
async fn serve(answer: String) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(head).unwrap().to_lowercase()
    });
    (url, served)
}

#[tokio::test]
async fn over_the_network_the_key_is_in_its_header_and_no_redirect_is_followed() {
    let (elsewhere, other) = serve("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into()).await;
    let (url, served) =
        serve(format!("HTTP/1.1 302 Found\r\nlocation: {elsewhere}/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")).await;
    let cc = CertCentral::builder(ApiKey::new("CANARY-KEY").unwrap()).base_url(&url).user_agent("my-program/1").build().unwrap();
    let error = cc.users().me().send().await.unwrap_err();
    assert_eq!(error.status(), Some(302));
    let head = served.await.unwrap();
    assert!(head.starts_with("get /user/me http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nx-dc-devkey: canary-key\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: my-program/1 shomei/"), "{head}");
    assert!(!head.contains("api-version"), "{head}");
    assert!(!format!("{error} {error:?} {cc:?}").contains("CANARY"));
    assert!(!other.is_finished(), "nobody came");
    other.abort();
}

#[tokio::test]
async fn over_the_network_a_closed_port_was_not_reached_and_a_cut_answer_was() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let closed = CertCentral::builder(ApiKey::new("KEY").unwrap()).base_url(format!("http://{port}")).build().unwrap();
    let error = closed.users().me().send().await.unwrap_err();
    assert!(error.is_connection() && !error.was_sent(), "{error}");

    let (url, served) = serve("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":1".into()).await;
    let cut = CertCentral::builder(ApiKey::new("KEY").unwrap()).base_url(url).build().unwrap();
    let error = cut.users().me().send().await.unwrap_err();
    assert!(error.is_connection() && error.was_sent(), "{error}");
    assert!(!error.is_ambiguous(), "it was only a question");
    served.await.unwrap();
}

#[test]
fn clients_can_be_shared_and_their_futures_sent() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send>(_: T) {}
    shared::<CertCentral>();
    shared::<Sandbox>();
    let cc = client(Scripted::json(200, "{}"));
    sent(cc.orders().get(OrderId(1)).send());
    sent(cc.domains().validate("example.com").organization(ORGANIZATION).start());
    sent(cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name("example.com").plan(Plan::years(1)).start());
}
