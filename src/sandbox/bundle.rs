//! The formats a certificate can be downloaded in.

use super::authority::{Certificate, Chain};
use std::io::{Cursor, Write as _};
use x509_cert::der::asn1::AnyRef;
use x509_cert::der::oid::db::rfc5911::{ID_DATA, ID_SIGNED_DATA};
use x509_cert::der::pem::{LineEnding, encode_string};
use x509_cert::der::{Encode as _, Tag, TagNumber};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The longest common name X.509 allows; longer ones are cut in file names.
const COMMON_NAME_LENGTH: usize = 64;
/// What the service calls the files of the intermediate and the root.
const AUTHORITY_FILES: [&str; 2] = ["DigiCertCA", "TrustedRoot"];

/// A file to download.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// The response's content type.
    pub content_type: &'static str,
    /// The name to save the file under.
    pub file_name: String,
    /// The file.
    pub body: Vec<u8>,
}

/// A chain in the format of that name, none for an unknown one.
pub(crate) fn bundle(format: &str, chain: &Chain<'_>) -> Option<Bundle> {
    let certificates = chain.certificates();
    let without_root = &certificates[..2];
    let stem = file_stem(&chain.leaf.common_name);
    Some(match format {
        // The 2021 guide says .pem for `default_pem`; the service's own, newer glossary says .crt.
        "default" | "default_pem" => zip_archive(&stem, "crt", &certificates),
        "default_cer" => zip_archive(&stem, "cer", &certificates),
        "apache" => zip_archive(&stem, "crt", without_root),
        "p7b" | "cer" => pkcs7(&stem, format, &certificates),
        "pem_all" => pem(&stem, &certificates),
        "pem_noroot" => pem(&stem, without_root),
        "pem_nointermediate" => pem(&stem, &certificates[..1]),
        _ => return None,
    })
}

/// The common name as the service writes it in file names; nothing in it can leave a directory or a header.
fn file_stem(common_name: &str) -> String {
    let readable = common_name.replace('*', "star");
    let safe = |character: char| {
        if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' }
    };
    readable.chars().take(COMMON_NAME_LENGTH).map(safe).collect()
}

/// An archive with a PEM file for each certificate.
fn zip_archive(stem: &str, extension: &str, certificates: &[&Certificate]) -> Bundle {
    let names = [stem, AUTHORITY_FILES[0], AUTHORITY_FILES[1]];
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, certificate) in names.into_iter().zip(certificates) {
        archive
            .start_file(format!("{name}.{extension}"), options)
            .and_then(|()| Ok(archive.write_all(certificate.pem().as_bytes())?))
            .expect("a few small files fit an archive in memory");
    }
    let body = archive.finish().expect("a few small files fit an archive in memory").into_inner();
    Bundle { content_type: "application/zip", file_name: format!("{stem}.zip"), body }
}

/// One PEM block after the other, the leaf first.
fn pem(stem: &str, certificates: &[&Certificate]) -> Bundle {
    let blocks: String = certificates.iter().map(|certificate| certificate.pem()).collect();
    Bundle { content_type: "application/x-pem-file", file_name: format!("{stem}.pem"), body: blocks.into_bytes() }
}

/// A PKCS #7 message that signs nothing and only carries certificates, as PEM.
fn pkcs7(stem: &str, extension: &str, certificates: &[&Certificate]) -> Bundle {
    let message =
        encode_string("PKCS7", LineEnding::CRLF, &certificates_only_message(certificates)).expect("a few certificates fit the encoder");
    Bundle { content_type: "application/x-pkcs7-certificates", file_name: format!("{stem}.{extension}"), body: message.into_bytes() }
}

/// The DER of a `ContentInfo` with a `SignedData` without signers (RFC 5652, section 5.1).
fn certificates_only_message(certificates: &[&Certificate]) -> Vec<u8> {
    let mut members: Vec<&[u8]> = certificates.iter().map(|certificate| certificate.der()).collect();
    // A SET OF has no order of its own, and DER sorts it: nobody may take the first for the leaf.
    members.sort_unstable();
    let version = value(Tag::Integer, &[&[1]]);
    let no_digests = value(Tag::Set, &[]);
    let no_content = value(Tag::Sequence, &[&value(Tag::ObjectIdentifier, &[ID_DATA.as_bytes()])]);
    let no_signers = value(Tag::Set, &[]);
    let signed_data = value(Tag::Sequence, &[&version, &no_digests, &no_content, &value(CONTEXT_0, &members), &no_signers]);
    let content_type = value(Tag::ObjectIdentifier, &[ID_SIGNED_DATA.as_bytes()]);
    value(Tag::Sequence, &[&content_type, &value(CONTEXT_0, &[&signed_data])])
}

/// The constructed tag `[0]`.
const CONTEXT_0: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };

/// A DER value made of the given parts.
fn value(tag: Tag, parts: &[&[u8]]) -> Vec<u8> {
    AnyRef::new(tag, &parts.concat()).and_then(|value| value.to_der()).expect("a few certificates are far below the length DER can write")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::authority::tests::{issuance, openssl, p256_csr};
    use crate::sandbox::authority::{Authority, Issued};
    use std::io::Read as _;
    use x509_cert::der::pem::decode_vec;
    use zip::ZipArchive;

    fn issued(authority: &Authority, common_name: &str) -> Certificate {
        let csr = p256_csr();
        let Issued { certificate, .. } = authority.issue(&issuance(&csr, common_name, &[])).unwrap();
        certificate
    }

    fn members(archive: Vec<u8>) -> Vec<(String, String)> {
        let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
        (0..archive.len())
            .map(|index| {
                let mut file = archive.by_index(index).unwrap();
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                assert_eq!(file.compression(), CompressionMethod::Deflated);
                (file.name().unwrap().into_owned(), text)
            })
            .collect()
    }

    #[test]
    fn archives_hold_a_file_for_each_certificate() {
        let authority = Authority::new();
        let leaf = issued(&authority, "www.example.com");
        let chain = authority.chain(&leaf);
        let pems = chain.certificates().map(Certificate::pem);
        for (format, names) in [
            ("default", &["www_example_com.crt", "DigiCertCA.crt", "TrustedRoot.crt"][..]),
            ("default_pem", &["www_example_com.crt", "DigiCertCA.crt", "TrustedRoot.crt"]),
            ("default_cer", &["www_example_com.cer", "DigiCertCA.cer", "TrustedRoot.cer"]),
            ("apache", &["www_example_com.crt", "DigiCertCA.crt"]),
        ] {
            let archive = bundle(format, &chain).unwrap();
            assert_eq!(archive.content_type, "application/zip");
            assert_eq!(archive.file_name, "www_example_com.zip");
            let expected: Vec<_> = names.iter().map(|name| (*name).to_owned()).zip(pems.clone()).collect();
            assert_eq!(members(archive.body), expected, "{format}");
        }
    }

    #[test]
    fn pem_formats_list_leaf_intermediate_root() {
        let authority = Authority::new();
        let leaf = issued(&authority, "www.example.com");
        let chain = authority.chain(&leaf);
        let pems = chain.certificates().map(Certificate::pem);
        for (format, blocks) in [("pem_all", 3), ("pem_noroot", 2), ("pem_nointermediate", 1)] {
            let file = bundle(format, &chain).unwrap();
            assert_eq!(file.content_type, "application/x-pem-file");
            assert_eq!(file.file_name, "www_example_com.pem");
            assert_eq!(String::from_utf8(file.body).unwrap(), pems[..blocks].concat(), "{format}");
        }
        let block = leaf.pem();
        assert!(block.lines().count() > 3 && block.ends_with("-----END CERTIFICATE-----\r\n"));
        assert_eq!(block.matches('\n').count(), block.matches("\r\n").count());
    }

    #[test]
    fn pkcs7_formats_carry_all_certificates() {
        let authority = Authority::new();
        let leaf = issued(&authority, "www.example.com");
        let chain = authority.chain(&leaf);
        for (format, file_name) in [("p7b", "www_example_com.p7b"), ("cer", "www_example_com.cer")] {
            let file = bundle(format, &chain).unwrap();
            assert_eq!(file.content_type, "application/x-pkcs7-certificates");
            assert_eq!(file.file_name, file_name);
            let (label, der) = decode_vec(&file.body).unwrap();
            assert_eq!(label, "PKCS7");
            for certificate in chain.certificates() {
                assert!(der.windows(certificate.der().len()).any(|window| window == certificate.der()));
            }
            let Some(printed) = openssl(&["pkcs7", "-print_certs"], &file.body) else {
                return;
            };
            assert_eq!(printed.matches("-----BEGIN CERTIFICATE-----").count(), 3);
            for certificate in chain.certificates() {
                assert!(printed.contains(&certificate.pem().replace("\r\n", "\n")));
            }
        }
    }

    #[test]
    fn file_names_are_safe() {
        assert_eq!(file_stem("*.example.com"), "star_example_com");
        assert_eq!(file_stem("../a b\"\r\nü"), "___a_b____");
        assert_eq!(file_stem(&"x".repeat(70_000)).len(), COMMON_NAME_LENGTH);
    }

    #[test]
    fn unknown_formats_are_none() {
        let authority = Authority::new();
        let leaf = issued(&authority, "www.example.com");
        assert!(bundle("pkcs12", &authority.chain(&leaf)).is_none());
    }
}
