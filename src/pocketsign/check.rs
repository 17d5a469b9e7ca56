//! Checks of the caller's input, made before anything is sent. No message quotes a value: it may be personal.

use x509_cert::der::Decode as _;

use super::HashAlgorithm;
use crate::{
    error::Error,
    secret::RedactedBytes,
    x509::{Instead, Kind, objects},
};

/// Checks an id that is safe in a URL's path, where v1's ids are. `.` and `..` would change the path, and with it the operation.
pub(super) fn id<T: AsRef<str>>(field: &'static str, id: T) -> Result<T, Error> {
    let text = id.as_ref();
    if text.is_empty() {
        return Err(Error::invalid(field, "it is empty"));
    }
    if text.len() > 128 {
        return Err(Error::invalid(field, "it is longer than any id of the service"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err(Error::invalid(field, "it contains a character not allowed in an id; expected only letters, digits, `-` and `_`"));
    }
    Ok(id)
}

/// A certificate in DER or PEM, as DER.
pub(super) fn certificate(given: &[u8]) -> Result<RedactedBytes, Error> {
    let refuse = |reason: String| Error::invalid("certificate", reason);
    if given.is_empty() {
        return Err(refuse("it is empty".into()));
    }
    let objects = objects(given).map_err(|unreadable| refuse(unreadable.to_string()))?;
    let mut certificates = objects.iter().filter(|object| object.kind == Kind::Certificate);
    let certificate = match (certificates.next(), certificates.next()) {
        (Some(certificate), None) => certificate,
        // The choice between them decides whose certificate is checked.
        (Some(_), Some(_)) => return Err(refuse("it contains more than one certificate".into())),
        (None, _) => return Err(refuse(format!("it is not an X.509 certificate in DER or PEM{}", Instead(&objects)))),
    };
    let der = certificate.der().map_err(|unreadable| refuse(unreadable.to_string()))?;
    // The decoder's own message could quote the certificate. The bytes are sent exactly as given, because the signature covers them.
    x509_cert::Certificate::from_der(&der).map_err(|_| refuse("it is not a valid X.509 certificate".into()))?;
    Ok(RedactedBytes::new(&der[..]))
}

/// A digest as long as its algorithm makes it.
pub(super) fn digest(algorithm: &HashAlgorithm, digest: &[u8]) -> Result<RedactedBytes, Error> {
    let Some(length) = algorithm.digest_length() else {
        return Err(Error::invalid("hash_algorithm", "expected sha256, sha384 or sha512"));
    };
    if digest.len() != length {
        return Err(Error::invalid("digest", format!("{} bytes; {algorithm} produces {length}", digest.len())));
    }
    Ok(RedactedBytes::new(digest))
}

/// Checks a signature, as far as possible without the key.
pub(super) fn signature(signature: &[u8]) -> Result<RedactedBytes, Error> {
    if signature.is_empty() {
        return Err(Error::invalid("signature", "it is empty"));
    }
    Ok(RedactedBytes::new(signature))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_safe_in_a_path() {
        for wrong in ["", ".", "..", "a/b", "a\\b", "a b", "a%2Fb", "a?b", "a\nb", "é"] {
            let error = id("certificate_id", wrong).unwrap_err();
            assert!(error.is_invalid_input() && error.to_string().starts_with("certificate_id: "), "{error}");
        }
        assert!(id("user_id", &"a".repeat(129)).is_err());
        assert!(id("user_id", "497f6eca-6276-4993-bfeb-53cbbbba6f08").is_ok());
    }

    #[test]
    fn a_digest_is_as_long_as_its_algorithm_makes_it() {
        for (algorithm, length) in [(HashAlgorithm::Sha256, 32), (HashAlgorithm::Sha384, 48), (HashAlgorithm::Sha512, 64)] {
            assert!(digest(&algorithm, &vec![7; length]).is_ok());
            for wrong in [0, length - 1, length + 1] {
                assert!(digest(&algorithm, &vec![7; wrong]).unwrap_err().to_string().contains(&format!("{algorithm} produces {length}")));
            }
        }
        assert!(digest(&HashAlgorithm::from("md5"), &[7; 16]).is_err());
    }

    #[test]
    fn a_certificate_is_taken_in_der_and_pem() {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::new(vec!["CANARY.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        let pem = made.pem();
        let crlf = pem.replace('\n', "\r\n");
        for given in [&made.der()[..], pem.as_bytes(), crlf.as_bytes(), format!("\n{pem}\n").as_bytes()] {
            assert_eq!(certificate(given).unwrap().expose(), &made.der()[..]);
        }
        let more = [&made.der()[..], b"CANARY"].concat();
        assert!(certificate(&more).unwrap_err().is_invalid_input(), "nothing follows a certificate");
        for wrong in [&b""[..], b"CANARY", b"-----BEGIN CERTIFICATE-----\nCANARY", key.serialize_pem().as_bytes(), &made.der()[..40]] {
            let error = certificate(wrong).unwrap_err();
            assert!(error.is_invalid_input() && !error.to_string().contains("CANARY"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_taken_here_as_by_the_document(given in prop_oneof![3 => "[a-zA-Z0-9_./%~ é日-]{0,4}", 1 => "[a-z]{127,129}"]) {
            let body = serde_json::json!({"certificateId": given});
            let passes = crate::client::refusal(crate::generated::pocketsign_verify_v2::OPERATIONS, "get_certificate", &body).is_none();
            prop_assert_eq!(id("certificate_id", &given).is_ok(), passes, "{}", given);
        }

        #[test]
        fn no_certificate_panics(given: Vec<u8>) {
            let _ = certificate(&given);
        }

        /// Whatever is taken in DER is sent to the byte, be its encoding canonical or not.
        #[test]
        fn what_is_taken_is_sent_as_given(at in 0..400usize, with: u8) {
            let key = rcgen::KeyPair::generate().unwrap();
            let made = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap().self_signed(&key).unwrap();
            let mut given = made.der().to_vec();
            let at = at % given.len();
            given[at] = with;
            if let Ok(taken) = certificate(&given) {
                prop_assert_eq!(taken.expose(), &given[..]);
            }
        }
    }
}
