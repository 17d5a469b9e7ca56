//! Certificate requests: what the service takes and refuses, and that the sandbox does the same.

use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use shomei::{Csr, Error};

use crate::ground::{openssl, pem, value};

const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// RSA with MD5: nothing here checks it.
const RSA_MD5: &[u8] = &[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4, 5, 0];

/// A request that is signed by a key, with what is given in its place.
fn request(key: &KeyPair, version: u8, after: &[&[u8]]) -> Vec<u8> {
    use rcgen::SigningKey as _;

    let subject = value(0x30, &[]);
    let content = value(0x30, &[&[&value(2, &[&[version]])[..], &subject, &key.subject_public_key_info()], after].concat());
    value(0x30, &[&content, ECDSA_SHA256, &value(3, &[&[0], &key.sign(&content).unwrap()])])
}

/// The cases: a request, and why it is refused, if it is.
fn cases() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let p256 = KeyPair::generate().unwrap();
    let attributes = value(0xa0, &[]);
    let plain = |key: &KeyPair| CertificateParams::default().serialize_request(key).unwrap().der().to_vec();
    let of = |algorithm| plain(&KeyPair::generate_for(algorithm).unwrap());
    let rsa = of(&rcgen::PKCS_RSA_SHA256);
    let mut damaged = plain(&p256);
    *damaged.last_mut().unwrap() ^= 1;
    let mut damaged_rsa = rsa.clone();
    *damaged_rsa.last_mut().unwrap() ^= 1;
    // The bytes of the algorithm stand in the request once.
    let algorithm = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    let place = rsa.windows(algorithm.len()).rposition(|window| window == algorithm).unwrap();
    let mut uncheckable = rsa.clone();
    uncheckable[place..place + algorithm.len()].copy_from_slice(&RSA_MD5[4..13]);
    let foreign = {
        let content =
            value(0x30, &[&value(2, &[&[0]]), &value(0x30, &[]), &KeyPair::generate().unwrap().subject_public_key_info(), &attributes]);
        use rcgen::SigningKey as _;
        value(0x30, &[&content, ECDSA_SHA256, &value(3, &[&[0], &p256.sign(&content).unwrap()])])
    };
    vec![
        ("P-256", plain(&p256), None),
        ("P-384", of(&rcgen::PKCS_ECDSA_P384_SHA384), None),
        ("P-521", of(&rcgen::PKCS_ECDSA_P521_SHA512), None),
        ("RSA with SHA-256", rsa.clone(), None),
        ("RSA with SHA-512", of(&rcgen::PKCS_RSA_SHA512), None),
        ("no attributes", request(&p256, 0, &[]), None),
        ("empty attributes", request(&p256, 0, &[&attributes]), None),
        ("version 1", request(&p256, 1, &[&attributes]), None),
        ("version 1 without attributes", request(&p256, 1, &[]), None),
        ("RSA with MD5, which cannot be checked", uncheckable, None),
        ("a false signature", damaged, Some("signature")),
        ("a false signature with RSA", damaged_rsa, Some("signature")),
        ("the signature of another key", foreign, Some("signature")),
        ("Ed25519", of(&rcgen::PKCS_ED25519), Some("no public CA signs")),
        ("a byte behind it", [&plain(&p256)[..], &[0]].concat(), Some("it")),
        ("cut short", plain(&p256)[..100].to_vec(), Some("it")),
    ]
}

fn read(der: &[u8]) -> Result<Csr, Error> {
    Csr::from_pem(&pem("CERTIFICATE REQUEST", der))
}

#[test]
fn what_the_service_takes_is_taken_and_what_it_refuses_refused() {
    for (name, der, refused) in cases() {
        match (read(&der), refused) {
            (Ok(csr), None) => assert_eq!(csr.as_pem(), pem("CERTIFICATE REQUEST", &der), "{name}"),
            (Err(error), Some(why)) => {
                assert!(error.is_invalid_input() && error.to_string().contains(why), "{name}: {error}");
            }
            (Ok(_), Some(_)) => panic!("{name} is taken"),
            (Err(error), None) => panic!("{name}: {error}"),
        }
    }
}

/// Requests that OpenSSL makes, with what it says of their signatures.
#[test]
fn requests_that_openssl_makes() {
    for (kind, options, refused) in [
        (&["RSA", "rsa_keygen_bits:2048"], &["-sha1"][..], None),
        (&["RSA", "rsa_keygen_bits:2048"], &["-sha384"], None),
        (&["RSA", "rsa_keygen_bits:2048"], &["-sigopt", "rsa_padding_mode:pss", "-sha256"], None),
        (&["RSA", "rsa_keygen_bits:1024"], &[], Some("1024 bits")),
        (&["EC", "ec_paramgen_curve:P-384"], &["-sha256"], None),
        (&["EC", "ec_paramgen_curve:secp256k1"], &[], Some("curve")),
        (&["EC", "ec_paramgen_curve:P-224"], &[], Some("curve")),
    ] {
        let Some(key) = openssl(&["genpkey", "-algorithm", kind[0], "-pkeyopt", kind[1]], b"") else { return };
        let arguments = [&["req", "-new", "-key", "/dev/stdin", "-subj", "/CN=example.com"][..], options].concat();
        let made = openssl(&arguments, &key.unwrap()).unwrap().unwrap();
        match (Csr::from_bytes(&made), refused) {
            (Ok(_), None) => {}
            (Err(error), Some(why)) => assert!(error.to_string().contains(why), "{kind:?} {options:?}: {error}"),
            (other, _) => panic!("{kind:?} {options:?}: {other:?}"),
        }
    }
}

/// The sandbox reads requests in its own way. Both come to the same.
#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_sandbox_says_the_same() {
    use shomei::Sandbox;

    let sandbox = Sandbox::builder().api_key("KEY").build();
    for (name, der, refused) in cases() {
        let order = serde_json::json!({
            "certificate": {"common_name": "example.com", "csr": pem("CERTIFICATE REQUEST", &der), "signature_hash": "sha256"},
            "organization": {"id": 754_781},
            "order_validity": {"years": 1},
        });
        let request = http::Request::post("/services/v2/order/certificate/ssl_securesite_flex").header("x-dc-devkey", "KEY");
        let request = request.header("content-type", "application/json").body(order.to_string().into()).unwrap();
        let answer = sandbox.handle(request).await;
        let (status, body) = (answer.status(), String::from_utf8_lossy(answer.body()));
        assert_eq!(status.is_success(), refused.is_none(), "{name}: {body}");
        assert_eq!(body.contains("csr_invalid"), refused.is_some(), "{name}: {body}");
    }
}
