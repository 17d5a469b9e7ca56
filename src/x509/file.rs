//! Downloaded files: PEM certificates, PKCS #7 messages, and archives of such files.

use super::{Certificate, pem_blocks, pkcs7};
use crate::error::Error;

/// The most certificates that a file may hold; chains of the service have three to five.
const MOST_CERTIFICATES: usize = 16;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// How every zip archive begins, be it empty.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// The certificates of a file, the leaf first. They belong together: each but the leaf has issued one before it.
pub(super) fn certificates(file: &[u8]) -> Result<Vec<Certificate>, Error> {
    if ZIP.iter().any(|magic| file.starts_with(magic)) {
        return in_order(unpacked(file)?);
    }
    let text = std::str::from_utf8(file).map_err(|_| Error::mismatch("the file is no text with certificates"))?;
    match members(text)? {
        Members::Ordered(certificates) => joined(certificates),
        Members::Unordered(certificates) => in_order(certificates),
    }
}

/// The certificates of a text.
enum Members {
    /// PEM certificates stand in the order of the chain,
    Ordered(Vec<Certificate>),
    /// those of a PKCS #7 message in none.
    Unordered(Vec<Certificate>),
}

fn members(text: &str) -> Result<Members, Error> {
    if let Some(message) = pem_blocks(text, "PKCS7").first() {
        let unreadable = |error| Error::mismatch(format!("the file is no PKCS #7 message with certificates: {error}"));
        let members = pkcs7::certificates(message, MOST_CERTIFICATES).map_err(unreadable)?;
        return members.iter().map(|der| Certificate::from_der(der)).collect::<Result<_, _>>().map(Members::Unordered).map_err(unreadable);
    }
    if text.matches(BEGIN).count() > MOST_CERTIFICATES {
        return Err(too_many());
    }
    pem_certificates(text).map(Members::Ordered)
}

/// The certificates of a PEM text, one at least.
pub(super) fn pem_certificates(text: &str) -> Result<Vec<Certificate>, Error> {
    let certificates = Certificate::all_from_pem(text)
        .map_err(|error| Error::mismatch(format!("the chain holds a certificate that cannot be read: {error}")))?;
    // A file cut short would pass for a shorter chain.
    if text.matches(BEGIN).count() != certificates.len() {
        return Err(Error::mismatch("the chain ends in the middle of a certificate"));
    }
    if certificates.is_empty() {
        return Err(Error::mismatch("the chain holds no certificate"));
    }
    Ok(certificates)
}

/// The certificates of all files in an archive, each once.
#[cfg(feature = "archives")]
fn unpacked(archive: &[u8]) -> Result<Vec<Certificate>, Error> {
    let mut certificates = Vec::new();
    for file in super::archive::certificate_files(archive)? {
        let (Members::Ordered(found) | Members::Unordered(found)) = members(&file)?;
        for certificate in found {
            if !certificates.contains(&certificate) {
                certificates.push(certificate);
            }
        }
        if certificates.len() > MOST_CERTIFICATES {
            return Err(too_many());
        }
    }
    Ok(certificates)
}

#[cfg(not(feature = "archives"))]
fn unpacked(_: &[u8]) -> Result<Vec<Certificate>, Error> {
    Err(Error::mismatch("the file is a zip archive: enable the feature archives to read it, or download it as pem_all or p7b"))
}

fn too_many() -> Error {
    Error::mismatch(format!("the file holds more than {MOST_CERTIFICATES} certificates"))
}

fn strangers() -> Error {
    Error::mismatch("the certificates of the file are no chain from one leaf upwards")
}

fn has_issued(issuer: &Certificate, subject: &Certificate) -> bool {
    issuer.subject() == subject.issuer()
}

/// Leaves an order as it is, if it is one: each certificate has issued one before it. Bundles with a cross-signed root branch.
fn joined(certificates: Vec<Certificate>) -> Result<Vec<Certificate>, Error> {
    let belongs = |index: usize| certificates[..index].iter().any(|before| has_issued(&certificates[index], before));
    if (1..certificates.len()).all(belongs) { Ok(certificates) } else { Err(strangers()) }
}

/// Puts certificates behind each other: first the one that none of the others was issued by, then the issuer of the last one, or of any
/// before.
fn in_order(mut rest: Vec<Certificate>) -> Result<Vec<Certificate>, Error> {
    let issued_none = |one: &Certificate| rest.iter().all(|other| other == one || !has_issued(one, other));
    let leaf = rest.iter().position(issued_none).ok_or_else(strangers)?;
    let mut ordered = vec![rest.remove(leaf)];
    while !rest.is_empty() {
        let next = ordered.iter().rev().find_map(|found| rest.iter().position(|other| other != found && has_issued(other, found)));
        ordered.push(rest.remove(next.ok_or_else(strangers)?));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    /// Three certificates of one chain, in the order of the letters: leaf, intermediate, root.
    fn chain() -> Vec<Certificate> {
        let authority = |name: &str| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root = authority("root").self_signed(&root_key).unwrap();
        let root_issuer = Issuer::new(authority("root"), root_key);
        let intermediate = authority("intermediate").signed_by(&key, &root_issuer).unwrap();
        let issuer = Issuer::new(authority("intermediate"), key);
        let leaf = CertificateParams::new(["example.com".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        [leaf.der(), intermediate.der(), root.der()].map(|der| Certificate::from_der(der).unwrap()).into()
    }

    #[test]
    fn certificates_without_an_order_are_put_into_one() {
        let [a, b, c] = <[Certificate; 3]>::try_from(chain()).unwrap();
        let sorted = vec![a.clone(), b.clone(), c.clone()];
        for shuffled in [[&a, &b, &c], [&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
            assert_eq!(in_order(shuffled.into_iter().cloned().collect()).unwrap(), sorted);
        }
        assert_eq!(in_order(vec![c.clone()]).unwrap(), [c]);
    }

    #[test]
    fn certificates_that_are_no_chain_are_refused() {
        let [a, b, c] = <[Certificate; 3]>::try_from(chain()).unwrap();
        let stranger = chain().remove(0);
        for members in [vec![], vec![c.clone(), a.clone()], vec![a.clone(), stranger, b.clone()], vec![b, a.clone(), a, c]] {
            assert!(in_order(members).unwrap_err().is_mismatch());
        }
    }
}
