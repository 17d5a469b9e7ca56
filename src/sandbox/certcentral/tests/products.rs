//! Products that are no TLS certificates of a name, and the one that is picked by a hint.

use rcgen::{CertificateParams, KeyPair};
use x509_cert::der::Decode as _;
use x509_cert::der::pem;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};

use super::*;

const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";

impl Caller {
    fn code_signing(&self) -> Value {
        json!({
            "certificate": {"csr": self.csr, "signature_hash": "sha256"},
            "organization": {"id": ORGANIZATION},
            "order_validity": {"years": 1},
        })
    }

    async fn place(&self, product: &str, body: Value) -> (u16, Value) {
        self.post(&format!("/order/certificate/{product}"), body).await
    }

    /// The leaf of an issued order.
    async fn leaf(&self, order: &Value) -> x509_cert::Certificate {
        let info = self.info(order).await;
        assert_eq!(info["status"], "issued", "{info}");
        let chain = self.get(&format!("/certificate/{}/chain", info["certificate"]["id"])).await;
        let (_, der) = pem::decode_vec(chain["intermediates"][0]["pem"].as_str().unwrap().as_bytes()).unwrap();
        x509_cert::Certificate::from_der(&der).unwrap()
    }
}

fn usages(leaf: &x509_cert::Certificate) -> Vec<String> {
    let (_, usage) = leaf.tbs_certificate().get_extension::<ExtendedKeyUsage>().unwrap().unwrap();
    usage.0.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn code_signing_certificates_are_issued_to_organizations() {
    for (product, kind) in [("code_signing", "cs"), ("code_signing_ev", "ev_cs")] {
        let caller = Caller::new();
        let (status, order) = caller.place(product, caller.code_signing()).await;
        assert_eq!(status, 201, "{order}");
        let info = caller.info(&order).await;
        assert_eq!((info["status"].as_str(), info["product"]["validation_type"].as_str()), (Some("pending"), Some(kind)));
        assert_eq!(info["certificate"]["common_name"], "Win The Customer, LLC", "the organization's name, where none is given");
        assert_eq!(info["cs_provisioning_method"], "ship_token");
        caller.sandbox.validate_organization(ORGANIZATION).unwrap();
        let leaf = caller.leaf(&order).await;
        assert_eq!(usages(&leaf), [CODE_SIGNING]);
        assert!(leaf.tbs_certificate().get_extension::<SubjectAltName>().unwrap().is_none());
        assert!(leaf.tbs_certificate().subject().to_string().contains("CN=Win The Customer"));
        let days = caller.info(&order).await["certificate"]["days_remaining"].as_i64().unwrap();
        assert!(days > 360, "the limits of TLS are not theirs: {days}");
    }
}

#[tokio::test]
async fn an_order_without_a_csr_waits_for_it() {
    let caller = Caller::new();
    let mut body = caller.code_signing();
    body["certificate"].as_object_mut().unwrap().remove("csr");
    let (_, order) = caller.place("code_signing", body.clone()).await;
    caller.sandbox.validate_organization(ORGANIZATION).unwrap();
    let info = caller.info(&order).await;
    assert_eq!(info["status"], "needs_csr");
    assert_eq!((info["certificate"].get("csr"), info["certificate"].get("key_size")), (None, None));
    let path = format!("/order/certificate/{}/csr", order["id"]);
    for (csr, refused) in [("", "required_param:csr"), ("no request", "csr_invalid_cannot_parse")] {
        assert_eq!(code(&caller.post(&path, json!({"csr": csr})).await.1), refused);
    }
    assert_eq!(caller.post(&path, json!({"csr": caller.csr})).await.0, 204);
    assert_eq!(usages(&caller.leaf(&order).await), [CODE_SIGNING]);
    assert_eq!(code(&caller.post(&path, json!({"csr": caller.csr})).await.1), "invalid_status");

    // By mail it comes to a key that is there already, and TLS certificates have no other way.
    body["cs_provisioning_method"] = json!("email");
    assert_eq!(code(&caller.place("code_signing", body.clone()).await.1), "required_param:certificate.csr");
    body["cs_provisioning_method"] = json!("pigeon");
    assert_eq!(code(&caller.place("code_signing", body.clone()).await.1), "invalid_value:cs_provisioning_method");
    let tls = with(body, "certificate.common_name", json!("example.com"));
    assert_eq!(code(&caller.place("ssl_basic", tls).await.1), "required_param:certificate.csr");
}

#[tokio::test]
async fn keys_that_sign_code_are_long() {
    let caller = Caller::new();
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let short = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    let body = with(caller.code_signing(), "certificate.csr", json!(short));
    assert_eq!(code(&caller.place("code_signing", body).await.1), "csr_invalid_key_size");
    assert_eq!(caller.place("code_signing", caller.code_signing()).await.0, 201, "P-256 is long enough");
}

#[tokio::test]
async fn client_certificates_wait_for_the_readers_of_their_addresses() {
    let caller = Caller::new();
    let addresses = ["jane.roe@example.com", "j.roe@example.com"];
    let body = json!({
        "certificate": {"common_name": "Jane Roe", "emails": addresses, "csr": caller.csr, "signature_hash": "sha256"},
        "organization": {"id": ORGANIZATION},
        "order_validity": {"years": 1},
    });
    let (status, order) = caller.place("client_premium", body.clone()).await;
    assert_eq!(status, 201, "{order}");
    let validations = format!("/order/certificate/{}/email-validation", order["id"]);
    let status_of = |validations: &Value| -> Vec<String> {
        validations["emails"].as_array().unwrap().iter().map(|email| email["status"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(status_of(&caller.get(&validations).await), ["unvalidated", "unvalidated"]);
    for (index, address) in addresses.iter().enumerate() {
        assert_eq!(caller.status(&order).await, "pending");
        let mail = caller.sandbox.mails().to(address).pop().unwrap();
        let token = mail.token.unwrap();
        for (token, email, status) in [(token.as_str(), "other@example.com", 404), ("guessed", address, 404), (&token, address, 204)] {
            let (got, answer) = caller.call("PUT", &format!("/email-validation/{token}?email={email}"), None).await;
            assert_eq!(got, status, "{answer}");
        }
        assert_eq!(status_of(&caller.get(&validations).await)[index], "validated");
    }
    let leaf = caller.leaf(&order).await;
    assert_eq!(usages(&leaf)[0], EMAIL_PROTECTION);
    let (_, names) = leaf.tbs_certificate().get_extension::<SubjectAltName>().unwrap().unwrap();
    let expected: Vec<_> = addresses.iter().map(|address| (*address).to_owned()).collect();
    let told: Vec<_> = names
        .0
        .iter()
        .filter_map(|name| match name {
            GeneralName::Rfc822Name(address) => Some(address.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(told, expected);

    let tls = caller.issued(&["example.com"]).await;
    assert_eq!(caller.get(&format!("/order/certificate/{}/email-validation", tls["id"])).await, json!({}));
    for (emails, refused) in [(json!([]), "required_param:certificate.emails"), (json!(["jane"]), "invalid_value:certificate.emails")] {
        assert_eq!(code(&caller.place("client_premium", with(body.clone(), "certificate.emails", emails)).await.1), refused);
    }
    let (_, refused) = caller.place("client_premium", with(body, "certificate.dns_names", json!(["example.com"]))).await;
    assert_eq!(code(&refused), "invalid_value:certificate.dns_names");
}

#[tokio::test]
async fn a_hint_and_the_names_decide_on_a_product() {
    let caller = Caller::new();
    for (hint, names, product) in [
        ("ov", &["example.com"][..], Some("ssl_plus")),
        ("ov", &["example.com", "www.example.com"], Some("ssl_multi_domain")),
        ("ov", &["*.example.com"], Some("ssl_wildcard")),
        ("ev", &["example.com"], Some("ssl_ev_plus")),
        ("ev", &["example.com", "www.example.com"], Some("ssl_ev_multi_domain")),
        ("ev", &["*.example.com"], None),
        ("ov", &["*.example.com", "example.org"], None),
        ("", &["example.com"], None),
        ("any", &["example.com"], None),
    ] {
        let body = with(caller.order_body(names[0]), "product", json!({"type_hint": hint}));
        let body = with(body, "certificate.dns_names", json!(names));
        let (status, answer) = caller.place("ssl", body).await;
        match product {
            Some(product) => assert_eq!(caller.info(&answer).await["product_name_id"], product, "{hint} {names:?}"),
            None => assert_eq!((status, code(&answer)), (400, "ambiguous_product"), "{hint} {names:?}"),
        }
    }
}
