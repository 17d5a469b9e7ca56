use proptest::prelude::*;
use x509_cert::der::pem::{LineEnding, encode_string};

use super::*;

/// The DER of a sequence.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[SEQUENCE, 0x82], &length[..], content].concat()
}

fn base64(der: &[u8]) -> String {
    encode_string("X", LineEnding::LF, der).unwrap().lines().filter(|line| !line.starts_with('-')).collect()
}

fn kinds(file: &[u8]) -> Vec<(Kind, bool)> {
    objects(file).unwrap().iter().map(|object| (object.kind, object.is_cut())).collect()
}

#[test]
fn labels_tell_what_blocks_are() {
    for (label, kind) in [
        ("CERTIFICATE", Kind::Certificate),
        ("X509 CERTIFICATE", Kind::Certificate),
        ("TRUSTED CERTIFICATE", Kind::Certificate),
        ("NEW CERTIFICATE REQUEST", Kind::Request),
        ("PKCS7", Kind::Message),
        ("PKCS #7 SIGNED DATA", Kind::Message),
        ("RSA PRIVATE KEY", Kind::Key),
        ("ENCRYPTED PRIVATE KEY", Kind::EncryptedKey),
        ("EC PARAMETERS", Kind::Other),
        ("X509 CRL", Kind::Other),
    ] {
        let block = encode_string(label, LineEnding::LF, &sequence(&[1; 60])).unwrap();
        assert_eq!(kinds(block.as_bytes()), [(kind, false)]);
        assert_eq!(kinds(block.split_once("-----END").unwrap().0.as_bytes()), [(kind, true)], "{label}");
        assert_eq!(kinds(&block.as_bytes()[block.find("\n").unwrap()..]), [(kind, true)], "{label}");
    }
}

#[test]
fn lines_that_are_missing_are_noticed() {
    let block = encode_string("CERTIFICATE", LineEnding::LF, &sequence(&[1; 60])).unwrap();
    for cut in "-----B".len()..block.len() - "\n".len() {
        assert!(kinds(&block.as_bytes()[..cut])[0].1, "cut at {cut}");
    }
    // The first end is missing, then the second begin.
    let (no_end, no_begin) = (block.split_once("-----END").unwrap().0, block.split_once("-----\n").unwrap().1);
    let [cut, whole] = [(Kind::Certificate, true), (Kind::Certificate, false)];
    assert_eq!(kinds(format!("{no_end}{block}{no_begin}{block}").as_bytes()), [cut, whole, cut, whole]);
    assert_eq!(kinds(format!("{block}-----BEG").as_bytes()).len(), 2);
    // What only looks like such a line is none.
    let prose = "----- a rule -----\n-----BEGIN of the text-----\n-----BEGIN-----\n-----";
    assert_eq!(kinds(format!("{prose}\n{block}{prose}\n").as_bytes()), [whole]);
}

#[test]
fn there_is_a_limit_to_size() {
    assert!(objects(&vec![b'A'; LARGEST]).is_ok());
    assert_eq!(objects(&vec![b'A'; LARGEST + 1]).err(), Some(Unreadable::TooLarge));
}

#[test]
fn utf_16_is_named() {
    let block = encode_string("CERTIFICATE", LineEnding::LF, &sequence(&[1; 60])).unwrap();
    let (little, big): (Vec<_>, Vec<_>) = block.encode_utf16().map(|unit| (unit.to_le_bytes(), unit.to_be_bytes())).unzip();
    let (little, big) = (little.concat(), big.concat());
    for text in [[&[0xff, 0xfe], &little[..]].concat(), [&[0xfe, 0xff], &big[..]].concat(), little, big] {
        assert_eq!(objects(&text).err(), Some(Unreadable::Utf16));
    }
}

#[test]
fn binary_that_is_not_whole_is_named() {
    let der = sequence(&[1; 300]);
    for file in [&der[..der.len() - 1], &[&der[..], b"\n"].concat()] {
        assert_eq!(objects(file).err(), Some(Unreadable::NotWhole));
    }
}

proptest! {
    #[test]
    fn every_shape_is_the_same_object(
        content in prop::collection::vec(any::<u8>(), 128..400),
        width in 1..200_usize,
        end in prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", " \n", "\\n", "\\r\\n", "\n\u{a0}\u{3000}"]),
        indentation in "[ \t]{0,9}",
        before in prop::collection::vec(any::<u8>(), 0..50),
        after in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let der = sequence(&content);
        let base64 = base64(&der);
        let lines = base64.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap());
        let lines = std::iter::once("-----BEGIN CERTIFICATE-----").chain(lines).chain(["-----END CERTIFICATE-----"]);
        let block: String = lines.flat_map(|line| [&indentation, line, end]).collect();
        let around = |bytes: Vec<u8>| bytes.into_iter().filter(|byte| *byte != b'-').collect::<Vec<_>>();
        let file = [around(before), block.into_bytes(), around(after)].concat();
        let objects = objects(&file).unwrap();
        prop_assert_eq!(objects.len(), 1);
        prop_assert_eq!(&**objects[0].der().unwrap(), &der[..]);
        prop_assert_eq!(&**super::objects(base64.as_bytes()).unwrap()[0].der().unwrap(), &der[..]);
        prop_assert_eq!(&**super::objects(&der).unwrap()[0].der().unwrap(), &der[..]);
    }

    #[test]
    fn no_file_panics(parts in prop::collection::vec(
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..9),
            prop::sample::select(vec!["-----", "BEGIN ", "END ", "CERTIFICATE", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", ":", "\n", "MIIB", "="])
                .prop_map(|part| part.as_bytes().to_vec()),
        ],
        0..30,
    )) {
        if let Ok(objects) = objects(&parts.concat()) {
            objects.iter().for_each(|object| drop(object.der()));
        }
    }
}
