//! Tests of the authority, and what other modules' tests need to have certificates.

use super::*;
use rcgen::SignatureAlgorithm;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::io::Write as _;
use std::process::{Command, Stdio};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{self, SubjectAltName};

const ORGANIZATION: Subject<'_> = Subject { organization: "署名株式会社", city: "Chuo-ku", state: "Tokyo", country: "jp" };

/// A request for a P-256 key that names somebody else.
pub(crate) fn p256_csr() -> String {
    csr(&rcgen::PKCS_ECDSA_P256_SHA256)
}

/// A certificate for a year from the start of 2026.
pub(crate) fn issuance<'a>(csr: &'a str, common_name: &'a str, dns_names: &'a [String]) -> Issuance<'a> {
    Issuance {
        csr,
        common_name,
        dns_names,
        organization: Some(ORGANIZATION),
        not_before: midnight(2026, 1, 1),
        not_after: midnight(2027, 1, 1),
        purpose: Purpose::Tls,
        client_auth: false,
    }
}

/// What the `openssl` command prints, none where it is not installed or is another program of that name (LibreSSL).
pub(crate) fn openssl(arguments: &[&str], input: &[u8]) -> Option<String> {
    let version = Command::new("openssl").arg("version").output().ok()?;
    if !version.stdout.starts_with(b"OpenSSL") {
        return None;
    }
    let mut command = Command::new("openssl");
    let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}");
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
}

/// Tells a test of each signature under a certificate that is made in its thread.
pub(crate) mod signatures {
    use std::cell::RefCell;

    std::thread_local! {
        static WITNESS: RefCell<Option<Box<dyn FnMut()>>> = RefCell::default();
    }

    pub(crate) fn watch(witness: impl FnMut() + 'static) {
        WITNESS.replace(Some(Box::new(witness)));
    }

    pub(in crate::sandbox::authority) fn note() {
        WITNESS.with_borrow_mut(|witness| witness.iter_mut().for_each(|witness| witness()));
    }
}

fn csr(algorithm: &'static SignatureAlgorithm) -> String {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let params = CertificateParams::new(vec!["ignored.example.net".to_owned()]).unwrap();
    encode_string("CERTIFICATE REQUEST", LineEnding::LF, params.serialize_request(&key).unwrap().der()).unwrap()
}

fn verify(chain: &Chain<'_>, names: &[&str], usage: KeyUsage, moment: DateTime<Utc>) -> Result<(), webpki::Error> {
    let [leaf, intermediate, root] = chain.certificates().map(|certificate| CertificateDer::from(certificate.der()));
    let anchor = anchor_from_trusted_cert(&root)?;
    let entity = EndEntityCert::try_from(&leaf)?;
    let moment = UnixTime::since_unix_epoch(std::time::Duration::from_secs(moment.timestamp().cast_unsigned()));
    entity.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &[anchor], &[intermediate], moment, usage, None, None)?;
    names.iter().try_for_each(|name| entity.verify_is_valid_for_subject_name(&ServerName::try_from(*name).expect("a server name")))
}

fn parsed(certificate: &Certificate) -> x509_cert::Certificate {
    x509_cert::Certificate::from_der(certificate.der()).unwrap()
}

#[test]
fn chains_verify_for_every_supported_key() {
    let authority = Authority::new();
    for (algorithm, key_size) in [
        (&rcgen::PKCS_RSA_SHA256, 2048),
        (&rcgen::PKCS_ECDSA_P256_SHA256, 256),
        (&rcgen::PKCS_ECDSA_P384_SHA384, 384),
        (&rcgen::PKCS_ECDSA_P521_SHA512, 521),
    ] {
        let csr = csr(algorithm);
        let names = ["www.example.com".to_owned(), "192.0.2.7".to_owned(), "2001:db8::7".to_owned()];
        let issued = authority.issue(&issuance(&csr, "*.example.com", &names)).unwrap();
        assert_eq!(issued.key.key_size, key_size);
        let chain = authority.chain(&issued.certificate);
        let served = ["a.example.com", "www.example.com", "192.0.2.7", "2001:db8::7"];
        let noon = midnight(2026, 6, 1);
        assert_eq!(verify(&chain, &served, KeyUsage::server_auth(), noon), Ok(()));
        assert!(verify(&chain, &["ignored.example.net"], KeyUsage::server_auth(), noon).is_err());
        assert!(verify(&chain, &[], KeyUsage::client_auth(), noon).is_err());
        assert!(verify(&chain, &[], KeyUsage::server_auth(), midnight(2027, 1, 2)).is_err());
    }
}

#[test]
fn openssl_agrees() {
    let authority = Authority::new();
    let csr = csr(&rcgen::PKCS_RSA_SHA256);
    let issued = authority.issue(&issuance(&csr, "www.example.com", &["192.0.2.7".to_owned()])).unwrap();
    let folder = std::env::temp_dir().join(format!("authority-{}", issued.certificate.serial_number));
    std::fs::create_dir(&folder).unwrap();
    let [root, intermediate] =
        [("root.pem", authority.root()), ("intermediate.pem", authority.intermediate(Purpose::Tls))].map(|(name, certificate)| {
            let path = folder.join(name);
            std::fs::write(&path, certificate.pem()).unwrap();
            path.to_str().unwrap().to_owned()
        });
    let leaf = issued.certificate.pem();
    let moment = midnight(2026, 6, 1).timestamp().to_string();
    let verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "www.example.com"];
    let at = ["-attime", &moment, "-CAfile", &root, "-untrusted", &intermediate];
    let verdict = openssl(&[&verify[..], &at].concat(), leaf.as_bytes());
    std::fs::remove_dir_all(&folder).unwrap();
    let Some(verdict) = verdict else { return };
    assert_eq!(verdict, "stdin: OK\n");

    let show = ["x509", "-noout", "-subject", "-serial", "-fingerprint", "-sha1", "-nameopt", "RFC2253,utf8,-esc_msb"];
    let shown = openssl(&show, leaf.as_bytes()).unwrap().replace(':', "");
    assert!(shown.contains("CN=www.example.com,O=署名株式会社,L=Chuo-ku,ST=Tokyo,C=JP"), "{shown}");
    assert!(shown.contains(&format!("serial={}", issued.certificate.serial_number)), "{shown}");
    assert!(shown.contains(&format!("Fingerprint={}", issued.certificate.thumbprint())), "{shown}");

    let text = openssl(&["x509", "-noout", "-text"], leaf.as_bytes()).unwrap();
    for line in [
        "Digital Signature, Key Encipherment",
        "CA:FALSE",
        "DNS:www.example.com, IP Address:192.0.2.7",
        "Subject Key Identifier",
        "Authority Key Identifier",
        "Not Before: Jan  1 00:00:00 2026 GMT",
        "Not After : Jan  1 00:00:00 2027 GMT",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn names_come_from_the_order_each_once() {
    let authority = Authority::new();
    let csr = p256_csr();
    let names = ["b.example.com", "A.EXAMPLE.com", "192.0.2.7", "b.example.com"].map(str::to_owned);
    let issued = authority.issue(&issuance(&csr, "a.example.com", &names)).unwrap();
    let leaf = parsed(&issued.certificate);
    let (_, SubjectAltName(found)) = leaf.tbs_certificate().get_extension().unwrap().unwrap();
    let found: Vec<String> = found
        .iter()
        .map(|name| match name {
            GeneralName::DnsName(name) => name.to_string(),
            GeneralName::IpAddress(address) => format!("{:?}", address.as_bytes()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, ["a.example.com", "b.example.com", "[192, 0, 2, 7]"]);
}

#[test]
fn domain_validated_certificates_name_no_organization() {
    let authority = Authority::new();
    let csr = p256_csr();
    let request = Issuance { organization: None, ..issuance(&csr, "www.example.com", &[]) };
    let leaf = parsed(&authority.issue(&request).unwrap().certificate);
    assert_eq!(leaf.tbs_certificate().subject().to_string(), "CN=www.example.com");
    let (_, constraints) = leaf.tbs_certificate().get_extension::<pkix::BasicConstraints>().unwrap().unwrap();
    assert!(!constraints.ca);
    let (_, usage) = leaf.tbs_certificate().get_extension::<pkix::KeyUsage>().unwrap().unwrap();
    assert!(usage.digital_signature() && !usage.key_encipherment());
}

#[test]
fn client_authentication_is_there_when_asked_for() {
    let authority = Authority::new();
    let csr = p256_csr();
    let request = Issuance { client_auth: true, ..issuance(&csr, "www.example.com", &[]) };
    let issued = authority.issue(&request).unwrap();
    let chain = authority.chain(&issued.certificate);
    for usage in [KeyUsage::client_auth(), KeyUsage::server_auth()] {
        assert_eq!(verify(&chain, &["www.example.com"], usage, midnight(2026, 6, 1)), Ok(()));
    }
}

#[test]
fn certificates_are_described_as_they_are() {
    let authority = Authority::new();
    let csr = p256_csr();
    let [one, other] = [(); 2].map(|()| authority.issue(&issuance(&csr, "www.example.com", &[])).unwrap().certificate);
    assert_ne!(one.serial_number, other.serial_number);
    assert_eq!(one.serial_number.len(), 32);
    let serial = parsed(&one).tbs_certificate().serial_number().as_bytes().to_vec();
    assert_eq!(upper_hex(&serial), one.serial_number);
    assert_eq!(one.thumbprint().len(), 40);
    assert_eq!((one.not_before, one.not_after), (midnight(2026, 1, 1), midnight(2027, 1, 1)));
}

#[test]
fn virtual_clocks_from_1990_to_2049_work() {
    let authority = Authority::new();
    let csr = p256_csr();
    for year in [1990, 2049] {
        let (not_before, not_after) = (midnight(year, 1, 1), midnight(year, 12, 31));
        let request = Issuance { not_before, not_after, ..issuance(&csr, "www.example.com", &[]) };
        let issued = authority.issue(&request).unwrap();
        let chain = authority.chain(&issued.certificate);
        assert_eq!(verify(&chain, &["www.example.com"], KeyUsage::server_auth(), midnight(year, 6, 1)), Ok(()));
    }
}

#[test]
fn refuses_what_cannot_be_certified() {
    let authority = Authority::new();
    let refused = |csr: &str, name: &str| authority.issue(&issuance(csr, name, &[])).err();
    assert_eq!(refused("", "www.example.com"), Some(IssueProblem::Csr(CsrProblem::Missing)));
    let csr = p256_csr();
    for name in ["", "署名.jp"] {
        assert_eq!(refused(&csr, name), Some(IssueProblem::Name(name.to_owned())));
    }
}

#[test]
fn threads_may_share_an_authority() {
    fn shareable<T: Send + Sync>() {}
    shareable::<Authority>();
}

#[test]
fn a_certificate_is_signed_once_by_whoever_needs_it_first() {
    let authority = Authority::new();
    let csr = p256_csr();
    let certificate = authority.issue(&issuance(&csr, "www.example.com", &[])).unwrap().certificate;
    // Each ECDSA signature is another one.
    let read = std::thread::scope(|scope| {
        let readers = [(); 4].map(|()| scope.spawn(|| (certificate.der().to_vec(), certificate.thumbprint().to_owned())));
        readers.map(|reader| reader.join().unwrap())
    });
    for (der, thumbprint) in read {
        assert_eq!((&*der, &*thumbprint), (certificate.der(), certificate.thumbprint()));
    }
}
