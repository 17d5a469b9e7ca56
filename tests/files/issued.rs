//! What an issuance accepts as its certificate.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rcgen::KeyPair;
use shomei::{
    PrivateKey,
    certcentral::{OrganizationId, Plan, Product},
};

use crate::{
    ground::{Authority, pem},
    scripted::{Scripted, answer},
};

/// A service with a clock of its own, which issues this chain.
fn service(clock: DateTime<Utc>, chain: &[Vec<u8>]) -> Scripted {
    let elements: Vec<_> = chain.iter().map(|der| serde_json::json!({"pem": pem("CERTIFICATE", der)})).collect();
    Scripted::new(move |request| {
        let (status, body) = match request.method().as_str() {
            "GET" if request.path().ends_with("/chain") => (200, serde_json::json!({"intermediates": elements})),
            "GET" => {
                let certificate = serde_json::json!({"id": 4, "common_name": "example.com", "dns_names": ["example.com"]});
                (200, serde_json::json!({"id": 1, "status": "issued", "certificate": certificate}))
            }
            _ => (201, serde_json::json!({"id": 1, "certificate_id": 4})),
        };
        let mut answer = answer(status, body.to_string());
        answer.headers_mut().insert("date", clock.format("%a, %d %b %Y %H:%M:%S GMT").to_string().parse().unwrap());
        Ok(answer)
    })
}

/// A certificate that is valid in December 2026 only, and what became of its issuance at this time of the service.
async fn issued(product: Product, clock: &str, extra: Option<Vec<u8>>) -> Result<String, String> {
    let [intermediate, root] = ["intermediate", "root"].map(Authority::new);
    let key = KeyPair::generate().unwrap();
    let leaf = intermediate.leaf_of(&key, &["example.com"], |params| {
        params.not_before = rcgen::date_time_ymd(2026, 12, 1);
        params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    });
    let chain = [vec![leaf, intermediate.signed_by(&root), root.root()], extra.into_iter().collect()].concat();
    let service = service(clock.parse().unwrap(), &chain);
    let cc = service.certcentral();
    let csr = PrivateKey::from_pem(&key.serialize_pem()).unwrap().sign_csr(["example.com"]).unwrap();
    let order = cc.orders().issue(product, csr).common_name("example.com").organization(OrganizationId(2)).plan(Plan::years(1));
    let outcome = order.start().await.unwrap().wait(Duration::from_secs(3600)).await;
    assert!(service.sent().iter().any(|request| request.path().ends_with("/chain")), "it was fetched");
    outcome.map(|issued| issued.fullchain_pem()).map_err(|error| error.to_string())
}

/// By the products whose certificates serve TLS, and by those whose chain is not verified for it.
const PRODUCTS: [Product; 2] = [Product::SECURE_SITE_OV, Product::CODE_SIGNING];

#[tokio::test(start_paused = true)]
async fn an_expired_certificate_is_never_issued() {
    for product in PRODUCTS {
        for clock in ["2026-12-15T00:00:00Z", "2026-12-31T23:59:59Z"] {
            issued(product.clone(), clock, None).await.unwrap();
        }
        // The waits go on for an hour of virtual time, from a moment after it ends.
        for clock in ["2027-01-01T00:00:01Z", "2027-06-01T00:00:00Z", "2043-01-01T00:00:00Z"] {
            let error = issued(product.clone(), clock, None).await.unwrap_err();
            assert!(error.contains("expired"), "{product} at {clock}: {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_begins_later_than_the_clock_says_is_good() {
    for product in PRODUCTS {
        for clock in ["2026-11-30T23:59:00Z", "2026-06-01T00:00:00Z", "2020-01-01T00:00:00Z"] {
            let served = issued(product.clone(), clock, None).await.unwrap_or_else(|error| panic!("{product} at {clock}: {error}"));
            assert_eq!(served.matches("BEGIN CERTIFICATE").count(), 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_with_a_stranger_is_never_issued() {
    for product in PRODUCTS {
        for stranger in [
            Authority::new("another").root(),
            Authority::new("root").root(),
            Authority::new("intermediate").signed_by(&Authority::new("root")),
        ] {
            let error = issued(product.clone(), "2026-12-15T00:00:00Z", Some(stranger)).await.unwrap_err();
            assert!(error.contains("do not form one chain"), "{product}: {error}");
        }
    }
}
