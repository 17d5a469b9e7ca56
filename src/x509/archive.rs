//! Downloads in the zip formats: a few small files with a certificate each. Nothing of an archive is written anywhere.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use crate::error::Error;

/// The most that an archive may hold, packed or unpacked, in bytes. One with a chain of five has some ten thousand.
const LARGEST: usize = 1 << 20;

/// The most files of an archive, folders included. The service puts in three.
const MOST_ENTRIES: usize = 32;

/// The text of each file that is named like one with certificates. Others, archives within the archive among them, are passed over.
pub(super) fn certificate_files(archive: &[u8]) -> Result<Vec<String>, Error> {
    if archive.len() > LARGEST {
        return Err(too_large());
    }
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(unreadable)?;
    if archive.len() > MOST_ENTRIES {
        return Err(Error::mismatch(format!("the archive holds more than {MOST_ENTRIES} files")));
    }
    let mut files = Vec::new();
    let mut left = LARGEST;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.into_owned();
        if leads_out(&name) {
            return Err(Error::mismatch("the archive holds a file whose name leads out of it"));
        }
        if !entry.is_file() || !holds_certificates(&name) {
            continue;
        }
        let mut text = Vec::new();
        // What the archive says of the size need not be true.
        entry.by_ref().take(left as u64 + 1).read_to_end(&mut text).map_err(unreadable)?;
        left = left.checked_sub(text.len()).ok_or_else(too_large)?;
        files.push(String::from_utf8(text).map_err(|_| Error::mismatch("the archive holds a certificate that is no PEM"))?);
    }
    if files.is_empty() {
        return Err(Error::mismatch("the archive holds no file with certificates"));
    }
    Ok(files)
}

/// Whether a name is of the kind that leaves the folder an archive is unpacked to. No honest archive has one.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.contains([':', '\0']) || name.split(['/', '\\']).any(|part| part == "..")
}

fn holds_certificates(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("crt" | "cer" | "pem" | "p7b"))
}

fn too_large() -> Error {
    Error::mismatch(format!("the archive holds more than {LARGEST} bytes"))
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::mismatch(format!("the file is no zip archive that can be read: {error}"))
}

#[cfg(test)]
mod tests;
