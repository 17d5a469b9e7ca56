//! Whether a CSR reported by a service has a certain key. Services write CSRs in many ways: in PEM, as bare base64, with `\n` written out,
//! shortened, or not at all.

use x509_cert::{
    der::{Decode as _, oid::db::rfc5912::RSA_ENCRYPTION},
    spki::SubjectPublicKeyInfoOwned,
};

use super::{Csr, csr, object::decoded};

impl Csr {
    /// Whether the CSR reported by a service has the same key; `None` if no key can be read from it, or the two cannot be compared.
    pub(crate) fn has_key_of(&self, told: &str) -> Option<bool> {
        is_same(&SubjectPublicKeyInfoOwned::from_der(self.public_key_der()).ok()?, &public_key(told)?)
    }

    /// Whether a key, as DER `SubjectPublicKeyInfo`, is the same; `None` if the two cannot be compared.
    pub(crate) fn has_key(&self, public_key: &[u8]) -> Option<bool> {
        let of = |der| SubjectPublicKeyInfoOwned::from_der(der).ok();
        is_same(&of(self.public_key_der())?, &of(public_key)?)
    }
}

fn public_key(told: &str) -> Option<SubjectPublicKeyInfoOwned> {
    let text = told.replace("\\r", "\n").replace("\\n", "\n").replace("\\/", "/");
    let body = match text.split_once("-----BEGIN ") {
        Some((_, block)) => block.split_once("-----")?.1.split_once("-----END ")?.0,
        None => &text,
    };
    let mut base64: String = body.split_whitespace().collect();
    while !base64.len().is_multiple_of(4) {
        base64.push('=');
    }
    let der = decoded(base64.as_bytes()).ok()?;
    // The service takes a bare public key in place of a request, too.
    SubjectPublicKeyInfoOwned::from_der(csr::public_key(&der).unwrap_or(&der)).ok()
}

fn is_same(one: &SubjectPublicKeyInfoOwned, other: &SubjectPublicKeyInfoOwned) -> Option<bool> {
    if one.algorithm.oid != other.algorithm.oid {
        return Some(false);
    }
    let (bits, others) = (one.subject_public_key.raw_bytes(), other.subject_public_key.raw_bytes());
    let is_rsa = one.algorithm.oid == RSA_ENCRYPTION;
    // RSA's parameters say nothing. Those of a curve may be written out, and its point be compressed: the same key in other bytes.
    match (bits == others, is_rsa || one.algorithm.parameters == other.algorithm.parameters) {
        (true, true) => Some(true),
        (false, true) if is_rsa || bits.len() == others.len() => Some(false),
        _ => None,
    }
}

#[cfg(feature = "keys")]
#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::{KeyAlgorithm, PrivateKey};

    fn csr(kind: KeyAlgorithm) -> Csr {
        PrivateKey::generate(kind).unwrap().sign_csr(["example.com"]).unwrap()
    }

    #[test]
    fn a_key_is_known_in_every_form_it_is_told_in() {
        for kind in [KeyAlgorithm::EcdsaP256, KeyAlgorithm::EcdsaP384, KeyAlgorithm::Rsa2048] {
            let (own, other) = (csr(kind), csr(kind));
            let bare = |csr: &Csr| csr.as_pem().lines().filter(|line| !line.starts_with("-----")).collect::<Vec<_>>().join("");
            let forms: [fn(&str) -> String; 6] = [
                str::to_owned,
                |pem| pem.replace('\n', "\r\n"),
                |pem| pem.replace('\n', "\\n"),
                |pem| pem.replace('\n', "\\r\\n").replace('/', "\\/"),
                |pem| pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
                |pem| pem.replace('\n', ""),
            ];
            for form in forms {
                assert_eq!(own.has_key_of(&form(own.as_pem())), Some(true), "{}", form(own.as_pem()));
                assert_eq!(own.has_key_of(&form(other.as_pem())), Some(false));
            }
            assert_eq!(own.has_key_of(&bare(&own)), Some(true));
            assert_eq!(own.has_key_of(bare(&own).trim_end_matches('=')), Some(true));
            assert_eq!(own.has_key_of(&bare(&other)), Some(false));
            assert_eq!(own.has_key(own.public_key_der()), Some(true));
            assert_eq!(own.has_key(other.public_key_der()), Some(false));
        }
        assert_eq!(csr(KeyAlgorithm::EcdsaP256).has_key_of(csr(KeyAlgorithm::Rsa2048).as_pem()), Some(false));
    }

    #[test]
    fn the_same_key_in_another_request_is_the_same_key() {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let [one, other] = ["a.example", "b.example"].map(|name| key.sign_csr([name]).unwrap());
        assert_ne!(one.as_pem(), other.as_pem());
        assert_eq!(one.has_key_of(other.as_pem()), Some(true));
    }

    #[test]
    fn what_cannot_be_read_tells_nothing() {
        let own = csr(KeyAlgorithm::EcdsaP256);
        let pem = own.as_pem();
        let elided = format!("{}...\n-----END CERTIFICATE REQUEST-----", &pem[..80]);
        let cut = format!("{}\n-----END CERTIFICATE REQUEST-----", &pem[..100]);
        for told in ["", " ", "...", "[...]", "null", "-----BEGIN CERTIFICATE REQUEST-----", &elided, &cut, &pem[..100], "MIIC"] {
            assert_eq!(own.has_key_of(told), None, "{told}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(told in ".*") {
            static OWN: LazyLock<Csr> = LazyLock::new(|| csr(KeyAlgorithm::EcdsaP256));
            let _ = OWN.has_key_of(&told);
        }
    }
}
