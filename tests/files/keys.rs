//! Private keys in their three forms.

use rcgen::KeyPair;
use shomei::{KeyAlgorithm, PrivateKey};

use crate::ground::{openssl, pem, value};

/// The parts of a DER sequence.
fn parts(der: &[u8]) -> Vec<(u8, Vec<u8>)> {
    fn length(der: &[u8]) -> (usize, usize) {
        match der[1] {
            0x81 => (3, der[2].into()),
            0x82 => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
            short => (2, short.into()),
        }
    }
    let mut rest = &der[length(der).0..];
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (header, length) = length(rest);
        parts.push((rest[0], rest[header..header + length].to_vec()));
        rest = &rest[header + length..];
    }
    parts
}

/// The key within a PKCS #8 key.
fn inner(pkcs8: &[u8]) -> Vec<u8> {
    parts(pkcs8).into_iter().find(|(tag, _)| *tag == 4).unwrap().1
}

#[test]
fn a_key_is_the_same_in_every_form() {
    for (algorithm, label) in [
        (&rcgen::PKCS_RSA_SHA256, "RSA PRIVATE KEY"),
        (&rcgen::PKCS_ECDSA_P256_SHA256, "EC PRIVATE KEY"),
        (&rcgen::PKCS_ECDSA_P384_SHA384, "EC PRIVATE KEY"),
        (&rcgen::PKCS_ECDSA_P521_SHA512, "EC PRIVATE KEY"),
    ] {
        let pair = KeyPair::generate_for(algorithm).unwrap();
        let der = pair.serialize_der();
        let own = PrivateKey::from_bytes(&der).unwrap().sign_csr(["example.com"]).unwrap();
        let mut inner = inner(&der);
        if label == "EC PRIVATE KEY" {
            let without_curve = PrivateKey::from_bytes(&inner).unwrap_err();
            assert!(without_curve.to_string().contains("curve"), "{without_curve}");
            // The curve stands in the algorithm of PKCS #8; SEC 1 has it in the key.
            let curve = value(6, &[&parts(&value(0x30, &[&parts(&der)[1].1]))[1].1]);
            let mut fields: Vec<_> = parts(&inner).into_iter().map(|(tag, content)| value(tag, &[&content])).collect();
            fields.insert(2, value(0xa0, &[&curve]));
            inner = value(0x30, &[&fields.concat()]);
        }
        for file in [inner.clone(), pem(label, &inner).into_bytes()] {
            let key = PrivateKey::from_bytes(&file).unwrap_or_else(|error| panic!("{label}: {error}"));
            assert_eq!(key.sign_csr(["example.com"]).unwrap().public_key_der(), own.public_key_der(), "{label}");
            let again = PrivateKey::from_pem(key.to_pem().expose()).unwrap();
            assert_eq!(again.to_pem(), key.to_pem());
            assert!(again.to_pem().expose().starts_with("-----BEGIN PRIVATE KEY-----"));
        }
        let theirs = if label == "RSA PRIVATE KEY" { &["rsa", "-traditional"][..] } else { &["ec"] };
        let Some(theirs) = openssl(theirs, pem("PRIVATE KEY", &der).as_bytes()) else { continue };
        let theirs = theirs.unwrap();
        assert!(theirs.starts_with(format!("-----BEGIN {label}").as_bytes()));
        let key = PrivateKey::from_bytes(&theirs).unwrap();
        assert_eq!(key.sign_csr(["example.com"]).unwrap().public_key_der(), own.public_key_der());
        assert!(
            openssl(&["pkey", "-noout", "-check"], key.to_pem().expose().as_bytes()).unwrap().is_ok(),
            "what is given out is a whole key"
        );
    }
}

/// `openssl ecparam -genkey` writes the curve before the key too.
#[test]
fn parameters_before_a_key_are_passed_over() {
    let Some(file) = openssl(&["ecparam", "-name", "prime256v1", "-genkey"], b"") else { return };
    let file = file.unwrap();
    assert!(file.starts_with(b"-----BEGIN EC PARAMETERS-----"));
    assert!(PrivateKey::from_bytes(&file).is_ok());
}

#[test]
fn keys_that_no_certificate_is_issued_for_are_refused() {
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_der();
    let error = PrivateKey::from_bytes(&ed25519).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("no public CA signs"), "{error}");
    for arguments in
        [&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"][..], &["ecparam", "-name", "secp256k1", "-genkey"]]
    {
        let Some(weak) = openssl(arguments, b"") else { return };
        assert!(PrivateKey::from_bytes(&weak.unwrap()).unwrap_err().is_invalid_input(), "{arguments:?}");
    }
}

#[test]
fn a_name_that_is_too_long_for_a_common_name_is_left_out_of_the_subject() {
    let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let [longest, longer] = [52, 53].map(|length| format!("{}.example.com", "a".repeat(length)));
    for (name, count) in [(&longest, 2), (&longer, 1)] {
        let request = key.sign_csr([name]).unwrap();
        let Some(der) = openssl(&["req", "-outform", "DER"], request.as_pem().as_bytes()) else { return };
        let der = der.unwrap();
        let found = der.windows(name.len()).filter(|window| *window == name.as_bytes()).count();
        assert_eq!(found, count, "{} characters", name.len());
    }
}
