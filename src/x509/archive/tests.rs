use std::io::Write as _;

use proptest::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn refused(archive: &[u8]) -> String {
    let error = certificate_files(archive).unwrap_err();
    assert!(error.is_mismatch(), "{error}");
    error.to_string()
}

/// Replaces bytes by as many others, wherever they stand.
fn patched(mut archive: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    let found: Vec<_> = (0..archive.len() - old.len()).filter(|at| archive[*at..].starts_with(old)).collect();
    assert!(!found.is_empty());
    for at in found {
        archive[at..at + new.len()].copy_from_slice(new);
    }
    archive
}

#[test]
fn files_with_certificates_are_read_and_others_passed_over() {
    let nested = archive(&[("inner.crt", b"inner")]);
    let files = archive(&[
        ("a.crt", b"a"),
        ("folder/b.CER", b"b"),
        ("c.pem", b"c"),
        ("d.p7b", b"d"),
        ("INSTALL.txt", b"read me"),
        ("nested.zip", &nested),
        ("crt", b"no extension"),
    ]);
    assert_eq!(certificate_files(&files).unwrap(), [b"a", b"b", b"c", b"d"]);
    assert!(refused(&archive(&[("nested.zip", &nested)])).contains("no file with certificates"));
    assert!(refused(&archive(&[])).contains("no file with certificates"));
}

#[test]
fn bombs_are_refused_before_they_fill_the_memory() {
    let zeros = vec![0; 8 << 20];
    let bomb = archive(&[("a.crt", &zeros)]);
    assert!(bomb.len() < LARGEST / 10);
    assert!(refused(&bomb).contains("more than 1048576 bytes"));

    let part = vec![b'a'; LARGEST / 4 + 1];
    assert!(certificate_files(&archive(&[("a.crt", &part), ("b.crt", &part), ("c.crt", &part)])).is_ok());
    assert!(
        refused(&archive(&[("a.crt", &part), ("b.crt", &part), ("c.crt", &part), ("d.crt", &part)])).contains("more than 1048576 bytes")
    );
    // What is passed over is not unpacked.
    assert!(certificate_files(&archive(&[("a.txt", &zeros), ("a.crt", b"a")])).is_ok());

    let size = u32::try_from(part.len()).unwrap().to_le_bytes();
    assert!(
        certificate_files(&patched(archive(&[("a.crt", &part)]), &size, &[1, 0, 0, 0])).map_or(true, |files| files[0].len() <= part.len())
    );

    let names: Vec<_> = (0..=MOST_ENTRIES).map(|index| format!("{index}.crt")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"a"[..])).collect();
    assert!(certificate_files(&archive(&many[1..])).is_ok());
    assert!(refused(&archive(&many)).contains("more than 32 files"));
    assert!(refused(&[archive(&[("a.crt", b"a")]), vec![0; LARGEST]].concat()).contains("more than 1048576 bytes"));
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../aaa.crt", "/aaaaa.crt", "a/../../b.crt", "..\\aaa.crt", "\\aaa.crt", "C:aaaa.crt", "a/..", "aaa\0a.crt", "../passwd"] {
        // The writer would mend some of these.
        let harmless = "x".repeat(name.len());
        let archive = patched(archive(&[(&harmless, b"a"), ("good.crt", b"good")]), harmless.as_bytes(), name.as_bytes());
        assert!(refused(&archive).contains("leads out"), "{name:?}");
    }
    assert_eq!(certificate_files(&archive(&[("a..b.crt", b"a"), ("folder/b.crt", b"b")])).unwrap(), [b"a", b"b"]);
}

#[test]
fn files_are_given_to_the_byte_and_resource_forks_passed_over() {
    let fork = b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ";
    let files = archive(&[("a.cer", b"0\x80\xff\0"), ("__MACOSX/._a.cer", fork), ("b/._c.pem", fork), ("__MACOSX/b/d.der", fork)]);
    assert_eq!(certificate_files(&files).unwrap(), [b"0\x80\xff\0"]);
    assert!(refused(&archive(&[("__MACOSX/._a.cer", fork)])).contains("no file with certificates"));
}

#[test]
fn links_are_not_followed() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("a.crt", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    assert!(refused(&writer.finish().unwrap().into_inner()).contains("no file with certificates"));
}

#[test]
fn what_is_no_readable_archive_is_refused() {
    let good = archive(&[("a.crt", b"some text"), ("b.crt", b"more of it")]);
    for cut in 0..good.len() {
        refused(&good[..cut]);
    }
    // The flag of encryption, in the local header and in the directory.
    let mut encrypted = good.clone();
    for (magic, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let headers: Vec<_> = (0..good.len() - 4).filter(|at| good[*at..].starts_with(magic)).collect();
        headers.iter().for_each(|at| encrypted[at + flags] |= 1);
    }
    assert!(refused(&encrypted).contains("encrypted"));
    refused(b"PK\x03\x04");
    refused(b"PK\x05\x06");

    // Twice the same name: one of the two, never both, never a panic.
    let twice = patched(good, b"b.crt", b"a.crt");
    assert!(certificate_files(&twice).is_ok_and(|files| files.len() == 1));
}

proptest! {
    #[test]
    fn no_archive_panics_or_grows(changes: Vec<(prop::sample::Index, u8)>) {
        let mut archive = archive(&[("a.crt", &[b'a'; 500]), ("b.crt", b"b")]);
        for (at, byte) in changes {
            let at = at.index(archive.len());
            archive[at] = byte;
        }
        if let Ok(files) = certificate_files(&archive) {
            prop_assert!(files.iter().map(Vec::len).sum::<usize>() <= LARGEST);
        }
    }
}
