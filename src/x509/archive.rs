//! Downloads in the zip formats: a few small files with a certificate each. Nothing is extracted to disk.

use std::io::{Cursor, Read as _};

use zip::{ZipArchive, result::ZipError};

use super::object::LARGEST;
use crate::error::Error;

/// The maximum number of files in an archive, including folders. The service's have three.
const MOST_ENTRIES: usize = 32;

/// The files whose names are those of certificate files. Others, including nested archives, are skipped, and so are the resource forks that
/// macOS adds for each file.
pub(super) fn certificate_files(archive: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    if archive.len() > LARGEST {
        return Err(too_large());
    }
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(unreadable)?;
    if archive.len() > MOST_ENTRIES {
        return Err(Error::mismatch(format!("the archive contains more than {MOST_ENTRIES} files")));
    }
    let mut files = Vec::new();
    let mut left = LARGEST;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.into_owned();
        if leads_out(&name) {
            return Err(Error::mismatch("the archive contains a file whose path leads outside it"));
        }
        if !entry.is_file() || !holds_certificates(&name) || is_resource_fork(&name) {
            continue;
        }
        let mut file = Vec::new();
        // The size stated in the archive may be wrong.
        entry.by_ref().take(left as u64 + 1).read_to_end(&mut file).map_err(unreadable)?;
        left = left.checked_sub(file.len()).ok_or_else(too_large)?;
        files.push(file);
    }
    if files.is_empty() {
        return Err(Error::mismatch("the archive contains no file with certificates"));
    }
    Ok(files)
}

/// Whether a name leads outside the folder that an archive is extracted to. No honest archive has one.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.contains([':', '\0']) || name.split(['/', '\\']).any(|part| part == "..")
}

fn holds_certificates(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("crt" | "cer" | "der" | "pem" | "p7b" | "p7c"))
}

fn is_resource_fork(name: &str) -> bool {
    let mut parts = name.rsplit(['/', '\\']);
    parts.next().is_some_and(|file| file.starts_with("._")) || parts.any(|folder| folder == "__MACOSX")
}

fn too_large() -> Error {
    Error::mismatch(format!("the archive contains more than {LARGEST} bytes"))
}

fn unreadable(error: impl Into<ZipError>) -> Error {
    match error.into() {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Error::mismatch("the archive is encrypted"),
        error => Error::mismatch(format!("the file is not a readable zip archive: {error}")),
    }
}

#[cfg(test)]
mod tests;
