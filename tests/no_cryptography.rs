//! Without TLS of its own this crate cannot verify a chain; that is found out before anything is ordered.
#![cfg(all(feature = "certcentral", not(feature = "rustls"), not(feature = "rustls-no-provider")))]
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

mod scripted;

use shomei::{
    Csr, Error,
    certcentral::{OrderId, OrganizationId, Plan, Product},
};

use scripted::{Scripted, answer};

const CSR: &str = "-----BEGIN CERTIFICATE REQUEST-----
MIHQMHgCAQAwFjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggq
hkjOPQMBBwNCAASjVQ1Hx8Tkhwst703ELPkhsCwFU5LuCrLGwpb0QqlZO0jLCNtp
exnBB6HDyoU7Nyx5+mINtV3m5eJ3MjCnjQQDoAAwCgYIKoZIzj0EAwIDSAAwRQIh
APKvyC4IZHzMrjZorOOrUribSBaaKxuKXJghCbUEmx6UAiBOWQ0web0NYrzKi7tj
qsgJpsP5x7SnoqNYOoEIjGz5gw==
-----END CERTIFICATE REQUEST-----";
const ORDER: OrderId = OrderId(1);

/// Knows one issued order, and takes every other for new.
fn service() -> Scripted {
    Scripted::new(|request| {
        Ok(match request.method().as_str() {
            "GET" => answer(
                200,
                r#"{"id": 1, "status": "issued", "product_name_id": "ssl_securesite_flex", "organization": {"id": 2},
                    "certificate": {"id": 3, "common_name": "example.com", "dns_names": ["example.com"]}}"#,
            ),
            _ => answer(201, r#"{"id": 1, "certificate_id": 4}"#),
        })
    })
}

fn asked(service: &Scripted) -> Vec<String> {
    service.sent().iter().map(|request| format!("{} {}", request.method(), request.path())).collect()
}

fn refused<T>(asked: Result<T, Error>) {
    let Err(error) = asked else { panic!("it was taken on, with nothing to verify it with") };
    assert!(error.is_configuration() && !error.was_sent(), "{error}");
    assert!(error.to_string().contains("enable the feature rustls"), "{error}");
}

#[tokio::test]
async fn nothing_is_ordered_that_could_not_be_verified() {
    let service = service();
    let cc = service.certcentral();
    let csr = || Csr::from_pem(CSR).unwrap();
    let order = |product| cc.orders().issue(product, csr()).common_name("example.com").organization(OrganizationId(2)).plan(Plan::years(1));

    refused(order(Product::SECURE_SITE_OV).start().await);
    assert_eq!(asked(&service), [""; 0]);
    refused(cc.orders().renew(ORDER, csr()).start().await);
    refused(cc.orders().reissue(ORDER, csr()).start().await);
    refused(cc.orders().duplicate(ORDER, csr()).start().await);
    assert_eq!(asked(&service), ["GET /services/v2/order/certificate/1"; 3], "what there is was read, nothing was asked for");

    // Whoever verifies it otherwise, or need not, is not held up.
    order(Product::SECURE_SITE_OV).send().await.unwrap();
    let _pending = order(Product::CODE_SIGNING).start().await.unwrap();
    assert_eq!(
        asked(&service),
        ["POST /services/v2/order/certificate/ssl_securesite_flex", "POST /services/v2/order/certificate/code_signing"]
    );
}
