//! Forty shapes of a file, each with a certificate, a request and a key in it.

use rcgen::KeyPair;
use shomei::{Certificate, CertificateChain, Csr, PrivateKey};

use crate::ground::{base64, openssl, pem};

type Shape = fn(label: &str, der: &[u8]) -> Vec<u8>;

fn lines(label: &str, der: &[u8], width: usize, end: &str) -> Vec<u8> {
    let lines = [vec![format!("-----BEGIN {label}-----")], base64(der, width), vec![format!("-----END {label}-----")]].concat();
    lines.into_iter().flat_map(|line| [line, end.to_owned()]).collect::<String>().into_bytes()
}

fn around(before: &[u8], label: &str, der: &[u8], after: &[u8]) -> Vec<u8> {
    [before, pem(label, der).as_bytes(), after].concat()
}

fn each_line(label: &str, der: &[u8], before: &str, after: &str) -> Vec<u8> {
    pem(label, der).lines().map(|line| format!("{before}{line}{after}")).collect::<String>().into_bytes()
}

const SHAPES: &[(&str, Shape)] = &[
    ("as it is defined", |label, der| pem(label, der).into_bytes()),
    ("CRLF", |label, der| lines(label, der, 64, "\r\n")),
    ("CR, as in old Mac files", |label, der| lines(label, der, 64, "\r")),
    ("CR CR LF, converted twice", |label, der| lines(label, der, 64, "\r\r\n")),
    ("76 columns", |label, der| lines(label, der, 76, "\n")),
    ("76 columns of CRLF, as Windows and Java write", |label, der| lines(label, der, 76, "\r\n")),
    ("12 columns", |label, der| lines(label, der, 12, "\n")),
    ("5 columns, no multiple of four", |label, der| lines(label, der, 5, "\n")),
    ("the body in one line", |label, der| lines(label, der, 1_000_000, "\n")),
    ("all in one line", |label, der| lines(label, der, 64, "")),
    ("all in one line, with blanks for line ends", |label, der| lines(label, der, 64, " ")),
    ("line ends written out, as in JSON", |label, der| lines(label, der, 64, "\\n")),
    ("CRLF written out", |label, der| lines(label, der, 64, "\\r\\n")),
    ("a value in JSON", |label, der| format!("{{\"pem\":{:?}}}", pem(label, der)).into_bytes()),
    ("a variable of the environment", |label, der| format!("TLS={:?}\n", pem(label, der)).into_bytes()),
    ("a blank line after each", |label, der| lines(label, der, 64, "\n\n")),
    ("blanks after each line", |label, der| each_line(label, der, "", "  \t\n")),
    ("no line end at the end", |label, der| pem(label, der).trim_end().as_bytes().to_vec()),
    ("indentation", |label, der| each_line(label, der, "    ", "\n")),
    ("indentation by tabs", |label, der| each_line(label, der, "\t\t", "\r\n")),
    ("indentation by no-break spaces, from a web page", |label, der| each_line(label, der, "\u{a0}\u{a0}", "\n")),
    ("a block of YAML", |label, der| [b"tls:\r\n  file: |\r\n", &each_line(label, der, "    ", "\r\n")[..], b"  other: 1\r\n"].concat()),
    ("BOM", |label, der| around(b"\xef\xbb\xbf", label, der, b"")),
    ("BOM and CRLF, as an export of Windows", |label, der| [b"\xef\xbb\xbf", &lines(label, der, 64, "\r\n")[..]].concat()),
    ("bag attributes of PKCS #12", |label, der| {
        around(b"Bag Attributes\n    friendlyName: n\n    localKeyID: 59 9E 12 22 \nsubject=CN = x\nissuer=CN = x\n", label, der, b"")
    }),
    // 日本 in the encodings that are met: as UTF-8 none of these is text.
    ("subject in Shift_JIS", |label, der| around(b"subject=/C=JP/O=\x93\xfa\x96{\r\nissuer=/C=JP\r\n", label, der, b"\x93\xfa\x96{")),
    ("subject in EUC-JP", |label, der| around(b"subject=/O=\xc6\xfc\xcb\xdc\n", label, der, b"\n# \xc6\xfc")),
    ("subject in ISO-2022-JP", |label, der| around(b"subject=/O=\x1b$BF|K\\\x1b(B\n", label, der, b"")),
    ("subject in Latin-1", |label, der| around(b"subject=/O=M\xfcller\n", label, der, b"")),
    ("text in UTF-16 before it", |label, der| around(b"s\0u\0b\0j\0\n\0", label, der, b"")),
    ("openssl -text", |label, der| {
        let text = b"Certificate:\n    Data:\n        Version: 3 (0x2)\n        Serial Number:\n            2a:0c:43:fa\n";
        around(text, label, der, b"")
    }),
    ("openssl s_client -showcerts", |label, der| {
        around(b"CONNECTED(00000003)\n---\nCertificate chain\n 0 s:CN = x\n   i:CN = x\n", label, der, b"---\nServer certificate\n")
    }),
    ("keytool -list -rfc", |label, der| {
        let before =
            "Keystore type: PKCS12\n\nAlias name: srv\nCreation date: Nov 25, 2026\nEntry type: PrivateKeyEntry\nCertificate[1]:\n";
        around(before.as_bytes(), label, der, b"\n\n*******************************************\n")
    }),
    ("a mail", |label, der| {
        around(b"From: a@example.com\r\nSubject: your certificate\r\n\r\nDear -- all,\r\n", label, der, b"\r\n-- \r\n")
    }),
    ("a web page", |label, der| [b"<html><pre>", &lines(label, der, 64, "\r\n")[..], b"</pre></html>"].concat()),
    ("rules of dashes around it", |label, der| around(b"----- begin -----\n----------\n", label, der, b"----------\n-----\n")),
    ("zeros and an end of file of DOS behind it", |label, der| around(b"", label, der, b"\0\0\x1a")),
    ("headers of RFC 1421", |label, der| {
        pem(label, der).replacen("-----\n", "-----\nX-Origin: somewhere\nX-Note: more\n\n", 1).into_bytes()
    }),
    ("DER", |_, der| der.to_vec()),
    ("base64 alone", |_, der| base64(der, 64).join("\n").into_bytes()),
    ("base64 alone in one line", |_, der| base64(der, 1_000_000).concat().into_bytes()),
    ("base64 alone with a BOM and CRLF", |_, der| format!("\u{feff}{}\r\n", base64(der, 76).join("\r\n")).into_bytes()),
];

#[test]
fn every_shape_is_read() {
    let key = KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["example.com".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().to_vec();
    let request = params.serialize_request(&key).unwrap().der().to_vec();
    let key = key.serialize_der();
    for (name, shape) in SHAPES {
        for label in ["CERTIFICATE", "X509 CERTIFICATE"] {
            let file = shape(label, &certificate);
            assert_eq!(Certificate::from_bytes(&file).unwrap_or_else(|error| panic!("{name}: {error}")).as_der(), certificate, "{name}");
            assert_eq!(CertificateChain::from_bytes(&file).unwrap().leaf().as_der(), certificate, "{name}");
        }
        for label in ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"] {
            let read = Csr::from_bytes(&shape(label, &request)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(read.as_pem(), pem("CERTIFICATE REQUEST", &request), "{name}");
        }
        let read = PrivateKey::from_bytes(&shape("PRIVATE KEY", &key)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(*read.to_pem().expose(), pem("PRIVATE KEY", &key), "{name}");
    }
}

/// What OpenSSL reads is read here too, and is the same.
#[test]
fn nothing_is_refused_that_openssl_reads() {
    let certificate = rcgen::generate_simple_self_signed(["example.com".to_owned()]).unwrap().cert.der().to_vec();
    let mut read = 0;
    for (name, shape) in SHAPES {
        let file = shape("CERTIFICATE", &certificate);
        let Some(theirs) = openssl(&["x509", "-outform", "DER"], &file) else { return };
        if let Ok(theirs) = theirs {
            assert_eq!(Certificate::from_bytes(&file).unwrap().as_der(), theirs, "{name}");
            read += 1;
        }
    }
    assert!(read >= 20, "OpenSSL reads {read} of {}", SHAPES.len());
    // Its own form, with marks of trust behind the certificate.
    if let Some(Ok(trusted)) = openssl(&["x509", "-trustout", "-addtrust", "serverAuth"], pem("CERTIFICATE", &certificate).as_bytes()) {
        assert!(trusted.starts_with(b"-----BEGIN TRUSTED CERTIFICATE-----"));
        assert_eq!(Certificate::from_bytes(&trusted).unwrap().as_der(), certificate);
    }
}

#[test]
fn what_stands_beside_a_certificate_is_passed_over() {
    let made = rcgen::generate_simple_self_signed(["example.com".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    for file in
        [format!("{key}{certificate}"), format!("{certificate}\n{key}"), format!("{}{certificate}", pem("DH PARAMETERS", &[0x30, 0]))]
    {
        assert_eq!(Certificate::from_pem(&file).unwrap().as_der(), &made.cert.der()[..]);
        assert_eq!(CertificateChain::from_pem(&file).unwrap().certificates().len(), 1);
    }
    assert!(PrivateKey::from_pem(&format!("{certificate}{key}")).is_ok());
}
