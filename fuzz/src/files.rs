//! Certificates, requests and keys, in PEM and in DER.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use shomei::{
    Certificate, CertificateChain, Csr,
    certcentral::{CertificateFormat, CertificateId},
};

use super::{
    judge,
    script::{Answer, Script, contains, play},
};

type Kind = fn(&[u8]);

const KINDS: &[(&str, Kind)] = &[
    ("file", file),
    ("der certificate", |der| file(&pem("CERTIFICATE", der))),
    ("der request", |der| file(&pem("CERTIFICATE REQUEST", der))),
    ("der p7b", |der| file(&pem("PKCS7", der))),
    ("der key", |der| file(&pem("PRIVATE KEY", der))),
    ("card", card),
];

/// A file, or its DER. The first line says which.
pub fn files(data: &[u8]) {
    let script = Script::read(data);
    let (_, kind) = script.choose(KINDS);
    kind(script.rest);
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    format!("{text}-----END {label}-----\n").into_bytes()
}

/// A file of any kind, read as whatever it may be.
fn file(data: &[u8]) {
    let body = data.to_vec();
    play(vec![Answer::file(body)], async |clients| {
        judge::file(clients, clients.cc.certificates().download(CertificateId(7), CertificateFormat::PemAll).send().await);
    });
    if let Ok(certificate) = Certificate::from_bytes(data) {
        assert_eq!(Certificate::from_pem(certificate.as_pem()).expect("its own text"), certificate);
        assert_eq!(Certificate::from_bytes(certificate.as_der()).expect("its DER"), certificate);
    }
    if let Ok(chain) = CertificateChain::from_bytes(data) {
        judge::certificates(&chain);
        assert_eq!(
            chain.verify_key(&Csr::from_pem(super::REQUEST).expect("the fixture")).is_ok(),
            chain.leaf().public_key_der() == super::key()
        );
    }
    if let Ok(request) = Csr::from_bytes(data) {
        assert_eq!(Csr::from_pem(request.as_pem()).expect("its own text"), request);
        assert!(!request.as_pem().contains("PRIVATE KEY"));
    }
    #[cfg(feature = "keys")]
    if let Ok(key) = shomei::PrivateKey::from_bytes(data) {
        let again = shomei::PrivateKey::from_pem(key.to_pem().expose()).expect("its own text");
        assert_eq!(again.to_pem(), key.to_pem());
        let request = key.sign_csr(["example.com"]).expect("a request");
        assert_eq!(again.sign_csr(["example.com"]).expect("a request").public_key_der(), request.public_key_der());
    }
}

/// The certificate of a card: it is sent as it was given, in DER, or refused without a word of it.
fn card(data: &[u8]) {
    play(vec![Answer::empty()], async |clients| {
        let error = clients.v1.certificates().check_status_by_content(data).send().await.expect_err("404");
        judge::personal_error(clients, &error);
        let sent = clients.sent();
        if error.is_invalid_input() {
            assert!(sent.is_empty());
        } else if let Ok(certificate) = Certificate::from_bytes(data) {
            assert!(contains(&sent[0].body, STANDARD.encode(certificate.as_der()).as_bytes()), "it was sent otherwise than given");
        }
    });
}
