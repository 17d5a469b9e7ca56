//! The certificates of files: PEM, DER, PKCS #7 messages, and archives of such files.

use super::{
    Certificate,
    object::{Instead, Kind, Object, Unreadable, objects},
    pkcs7::{self, Refused},
};
use crate::error::Error;

/// The maximum number of certificates in a chain; the service's have three to five.
const MOST_CERTIFICATES: usize = 16;

/// The first bytes of zip archives, including empty ones.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// The certificates of a file, at least one, in its order.
pub(super) fn certificates(file: &[u8]) -> Result<Vec<Certificate>, Error> {
    let mut certificates = Vec::new();
    if ZIP.iter().any(|magic| file.starts_with(magic)) {
        unpack(file, &mut certificates)?;
    } else {
        collect(file, &mut certificates)?;
    }
    if certificates.is_empty() { Err(none()) } else { Ok(certificates) }
}

/// The certificates of several texts with at least one in each.
pub(super) fn certificates_of_each<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> Result<Vec<Certificate>, Error> {
    let mut certificates = Vec::new();
    for text in texts {
        collect(text, &mut certificates)?;
    }
    if certificates.is_empty() { Err(none()) } else { Ok(certificates) }
}

#[cfg(feature = "archives")]
fn unpack(archive: &[u8], certificates: &mut Vec<Certificate>) -> Result<(), Error> {
    // Someone may have added the key or the request.
    let is_other = |object: &Object<'_>| matches!(object.kind, Kind::Key | Kind::EncryptedKey | Kind::Request);
    let holds_others = |file: &[u8]| objects(file).is_ok_and(|objects| !objects.is_empty() && objects.iter().all(is_other));
    let files = super::archive::certificate_files(archive)?;
    files.iter().filter(|file| !holds_others(file)).try_for_each(|file| collect(file, certificates))
}

#[cfg(not(feature = "archives"))]
fn unpack(_: &[u8], _: &mut Vec<Certificate>) -> Result<(), Error> {
    Err(Error::mismatch("the file is a zip archive: enable the feature archives to read it, or download it as pem_all or p7b"))
}

/// Adds the certificates of a file that is no archive, one at least.
fn collect(file: &[u8], certificates: &mut Vec<Certificate>) -> Result<(), Error> {
    let unreadable = |reason: Unreadable| Error::mismatch(format!("the file cannot be read: {reason}"));
    let before = certificates.len();
    let objects = objects(file).map_err(unreadable)?;
    // A truncated file would pass for a shorter chain.
    if objects.iter().any(Object::is_cut) {
        return Err(Error::mismatch("the chain is cut off in the middle of a certificate"));
    }
    for object in &objects {
        match object.kind {
            Kind::Certificate => add(&object.der().map_err(unreadable)?, certificates)?,
            Kind::Message => {
                let message = object.der().map_err(unreadable)?;
                let members = pkcs7::certificates(&message, MOST_CERTIFICATES).map_err(|refused| match refused {
                    Refused::Unreadable => Error::mismatch("the file is not a PKCS #7 message with certificates"),
                    Refused::TooMany => too_many(),
                })?;
                members.into_iter().try_for_each(|der| add(der, certificates))?;
            }
            _ => {}
        }
    }
    if certificates.len() == before {
        return Err(Error::mismatch(format!("the file contains no certificate{}", Instead(&objects))));
    }
    Ok(())
}

fn add(der: &[u8], certificates: &mut Vec<Certificate>) -> Result<(), Error> {
    if certificates.len() == MOST_CERTIFICATES {
        return Err(too_many());
    }
    let read = Certificate::from_der(der);
    certificates.push(read.map_err(|error| Error::mismatch(format!("the chain contains a certificate that cannot be read: {error}")))?);
    Ok(())
}

fn none() -> Error {
    Error::mismatch("the chain contains no certificate")
}

fn too_many() -> Error {
    Error::mismatch(format!("there are more than {MOST_CERTIFICATES} certificates"))
}
