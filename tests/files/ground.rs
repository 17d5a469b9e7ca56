//! What the tests make their files of.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// Bytes in base64, in lines of this width.
pub(crate) fn base64(der: &[u8], width: usize) -> Vec<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |three: &[u8]| {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let digit = move |at: usize| char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize % 64]);
        let known = three.len() + 1;
        (0..4).map(move |at| if at < known { digit(at) } else { '=' })
    };
    let all: Vec<char> = der.chunks(3).flat_map(digits).collect();
    all.chunks(width).map(|line| line.iter().collect()).collect()
}

/// A PEM block as it is defined.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64(der, 64).join("\n"))
}

/// A DER value made of the given parts.
pub(crate) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    match content.len() {
        0..0x80 => [&[tag, length[1]], &content[..]].concat(),
        0x80..0x100 => [&[tag, 0x81, length[1]], &content[..]].concat(),
        _ => [&[tag, 0x82], &length[..], &content[..]].concat(),
    }
}

/// A PKCS #7 message that carries these certificates.
pub(crate) fn pkcs7(certificates: &[&[u8]]) -> Vec<u8> {
    let identifier = |last| value(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last]]);
    let data = value(0x30, &[&identifier(1)]);
    let signed = value(0x30, &[&value(2, &[&[1]]), &value(0x31, &[]), &data, &value(0xa0, certificates), &value(0x31, &[])]);
    value(0x30, &[&identifier(2), &value(0xa0, &[&signed])])
}

#[cfg(feature = "archives")]
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A certificate authority: a name and a key, whatever certificates it has.
pub(crate) struct Authority {
    name: &'static str,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, key: KeyPair::generate().unwrap() }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.use_authority_key_identifier_extension = true;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, self.name);
        params
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::new(self.params(), &self.key)
    }

    pub(crate) fn root(&self) -> Vec<u8> {
        self.params().self_signed(&self.key).unwrap().der().to_vec()
    }

    /// This authority's certificate by another.
    pub(crate) fn signed_by(&self, other: &Self) -> Vec<u8> {
        self.params().signed_by(&self.key, &other.issuer()).unwrap().der().to_vec()
    }

    /// A certificate for a server.
    pub(crate) fn leaf(&self, names: &[&str]) -> Vec<u8> {
        self.leaf_of(&KeyPair::generate().unwrap(), names, |_| {})
    }

    pub(crate) fn leaf_of(&self, key: &KeyPair, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        params.signed_by(key, &self.issuer()).unwrap().der().to_vec()
    }
}

/// Every order of some things.
pub(crate) fn orders<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for first in 0..things.len() {
        let mut rest = things.to_vec();
        let first = rest.remove(first);
        orders.extend(self::orders(&rest).into_iter().map(|rest| [vec![first.clone()], rest].concat()));
    }
    orders
}

/// What the `openssl` program writes for an input; `Err` when it refuses it. `None`, said aloud, where there is no such program.
pub(crate) fn openssl(arguments: &[&str], input: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let child = Command::new("openssl").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("LEFT OUT: there is no openssl program to compare with: {arguments:?}");
        return None;
    };
    // It may refuse the input before it has read all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    let done = child.wait_with_output().unwrap();
    Some(if done.status.success() { Ok(done.stdout) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) })
}
