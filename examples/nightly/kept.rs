//! The files kept from one night to the next: keys, tokens of unfinished orders, and certificates.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use shomei::{
    KeyAlgorithm, PrivateKey,
    certcentral::{
        OrderId,
        flow::{IssuanceToken, Issued},
    },
};

/// A folder with `<order>.key` and `<order>.pem`, and for unfinished orders `<order>.token` and `<order>.new.key`.
#[derive(Clone)]
pub(crate) struct Kept(Arc<Path>);

impl Kept {
    pub(crate) fn in_folder(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(folder.into()))
    }

    fn path(&self, order: OrderId, kind: &str) -> PathBuf {
        self.0.join(format!("{order}.{kind}"))
    }

    /// A key for the next certificate of an order, stored before it is used.
    pub(crate) fn new_key(&self, order: OrderId) -> Result<PrivateKey, Box<dyn std::error::Error + Send + Sync>> {
        let key = PrivateKey::generate(KeyAlgorithm::EcdsaP256)?;
        write_whole(&self.path(order, "new.key"), key.to_pem().expose())?;
        Ok(key)
    }

    pub(crate) fn save_token(&self, order: OrderId, token: &IssuanceToken) -> io::Result<()> {
        write_whole(&self.path(order, "token"), &serde_json::to_string(token)?)
    }

    /// Unfinished orders of earlier nights.
    pub(crate) fn unfinished(&self) -> io::Result<Vec<(OrderId, IssuanceToken)>> {
        let mut unfinished = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            let order = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".token")?.parse().ok());
            if let Some(order) = order {
                unfinished.push((OrderId(order), serde_json::from_str(&fs::read_to_string(path)?)?));
            }
        }
        Ok(unfinished)
    }

    /// Writes the certificate with its chain, and its key beside it. Returns the path of the certificate.
    pub(crate) fn finish(&self, order: OrderId, issued: &Issued) -> io::Result<PathBuf> {
        let path = self.path(order, "pem");
        write_whole(&path, &issued.fullchain_pem())?;
        fs::rename(self.path(order, "new.key"), self.path(order, "key"))?;
        fs::remove_file(self.path(order, "token"))?;
        Ok(path)
    }
}

/// Writes a file atomically, readable only by its owner.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or_else(|| Path::new(".")))?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
