//! What cannot be read says what it is.

use rcgen::KeyPair;
use shomei::{Certificate, CertificateChain, Csr, Error, PrivateKey};

use crate::ground::{openssl, pem, pkcs7, value};

fn utf_16(text: &str, bom: bool) -> Vec<u8> {
    let text = if bom { format!("\u{feff}{text}") } else { text.to_owned() };
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn refusals(file: &[u8]) -> [(&'static str, Error); 4] {
    [
        ("certificate", Certificate::from_bytes(file).unwrap_err()),
        ("chain", CertificateChain::from_bytes(file).unwrap_err()),
        ("request", Csr::from_bytes(file).unwrap_err()),
        ("key", PrivateKey::from_bytes(file).unwrap_err()),
    ]
}

#[test]
fn what_nobody_can_read_is_named_by_every_reader() {
    let store = value(0x30, &[&[2, 1, 3], &value(0x30, &[&[6, 1, 42]]), &value(0x30, &[])]);
    let encrypted = value(0x30, &[&value(0x30, &[&[6, 1, 42]]), &value(4, &[&[7; 200]])]);
    let text = pem("CERTIFICATE", &[0x30, 0]);
    for (file, why) in [
        (utf_16(&text, true), "UTF-16"),
        (utf_16(&text, false), "UTF-16"),
        (vec![b'\n'; (1 << 20) + 1], "1048576 bytes"),
        (store.clone(), "PKCS #12 store, which is encrypted"),
        (pem("PKCS12", &store).into_bytes(), "PKCS #12 store, which is encrypted"),
        (encrypted.clone(), "encrypted"),
        (pem("ENCRYPTED PRIVATE KEY", &encrypted).into_bytes(), "encrypted"),
        (
            b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,E9\n\nAAAA\n-----END RSA PRIVATE KEY-----"
                .to_vec(),
            "encrypted",
        ),
        (vec![0x30, 0x82, 1, 0, 0], "truncated"),
    ] {
        for (reader, error) in refusals(&file) {
            // A reader of requests says first that an empty file is empty.
            let empty = reader == "request" && file.trim_ascii().is_empty();
            assert!(error.to_string().contains(if empty { "empty" } else { why }), "{reader}: {error}");
            assert_eq!(error.is_mismatch(), reader == "chain", "{error}");
        }
    }
    for file in [
        &b""[..],
        b"<html>",
        b"\0\x01",
        b"-----",
        b"MIIB",
        "証明書".as_bytes(),
        b"----BEGIN CERTIFICATE----\nAAAA\n----END CERTIFICATE----",
    ] {
        refusals(file);
    }
}

#[test]
fn what_is_something_else_is_named() {
    let made = rcgen::generate_simple_self_signed(["example.com".to_owned()]).unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&made.signing_key).unwrap();
    let (certificate, request) = (made.cert.der().to_vec(), request.der().to_vec());
    let key = made.signing_key.serialize_der();
    let message = pkcs7(&[&certificate]);
    for (error, why) in [
        (Certificate::from_bytes(&request).unwrap_err(), "a certificate request"),
        (Certificate::from_bytes(&message).unwrap_err(), "a PKCS #7 message"),
        (Certificate::from_bytes(&key).unwrap_err(), "a private key"),
        (CertificateChain::from_bytes(&request).unwrap_err(), "a certificate request"),
        (CertificateChain::from_bytes(&key).unwrap_err(), "a private key"),
        (Csr::from_bytes(&certificate).unwrap_err(), "a certificate"),
        (Csr::from_bytes(&key).unwrap_err(), "a private key, which must not leave your machine"),
        (PrivateKey::from_bytes(&certificate).unwrap_err(), "a certificate"),
        (PrivateKey::from_bytes(&request).unwrap_err(), "a certificate request"),
    ] {
        assert!(error.to_string().contains(&format!("it holds {why}")), "{error}");
    }
}

/// The real things, where there is something that makes them.
#[test]
fn files_that_openssl_has_encrypted_are_named() {
    let key = KeyPair::generate().unwrap().serialize_pem();
    for arguments in [
        &["pkcs8", "-topk8", "-passout", "pass:secret"][..],
        &["pkcs8", "-topk8", "-outform", "DER", "-passout", "pass:secret"],
        &["ec", "-aes128", "-passout", "pass:secret"],
        &["pkcs12", "-export", "-nocerts", "-passout", "pass:secret"],
    ] {
        let Some(encrypted) = openssl(arguments, key.as_bytes()) else { return };
        let error = PrivateKey::from_bytes(&encrypted.unwrap()).unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("encrypted"), "{arguments:?}: {error}");
    }
}

#[test]
fn nothing_of_a_key_stands_in_an_error() {
    let key = KeyPair::generate().unwrap().serialize_pem();
    let secret = key.lines().nth(1).unwrap();
    for broken in
        [key.replacen("MI", "XX", 1), key.replace("-----END", "---END"), key.replace("PRIVATE KEY", "CERTIFICATE"), secret.to_owned()]
    {
        for (reader, error) in refusals(broken.as_bytes()) {
            assert!(!format!("{error} {error:?}").contains(&secret[4..20]), "{reader}: {error}");
        }
    }
}
