//! Certificates: fetching them once they are issued.

use bon::bon;
use bytes::Bytes;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName};

use super::{CertificateFormat, CertificateId, handle, types};
use crate::{error::Error, x509::CertificateChain};

handle! {
    /// The certificates of an account: [`CertCentral::certificates`](super::CertCentral::certificates).
    Certificates
}

/// A downloaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// What the service says it is, such as `application/x-pem-file`.
    pub content_type: Option<String>,
    /// The name the service gives it, if it does.
    pub file_name: Option<String>,
    /// The file.
    pub body: Bytes,
}

#[bon]
impl<'c> Certificates<'c> {
    /// Downloads a certificate in one of the nine formats (guide p.57, Download certificate).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such certificate, or it is not issued yet.
    #[builder(finish_fn = send, builder_type = DownloadCertificate)]
    pub async fn download(
        self,
        #[builder(start_fn)] id: CertificateId,
        #[builder(start_fn)] format: CertificateFormat,
    ) -> Result<Download, Error> {
        let call = self.client.call();
        let answer = call.download_certificate(&id, format).await;
        let (headers, body) = call.lift_bytes(answer).await?;
        Ok(Download { content_type: text(&headers, &CONTENT_TYPE), file_name: file_name(&headers), body })
    }

    /// Fetches a certificate with its intermediate and root.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such certificate, or it is not issued yet; [`Error::is_mismatch`] when what comes cannot
    /// be read as certificates.
    #[builder(finish_fn = send, builder_type = GetChain)]
    pub async fn chain(self, #[builder(start_fn)] id: CertificateId) -> Result<CertificateChain, Error> {
        let call = self.client.call();
        let answer = call.certificate_chain(&id).await;
        chain_of(&call.lift(answer).await?.intermediates)
    }
}

/// The certificates of an answer. The member is called `intermediates`, but its first element is the leaf.
pub(super) fn chain_of(certificates: &[types::ChainCertificate]) -> Result<CertificateChain, Error> {
    let pem: String = certificates.iter().filter_map(|certificate| certificate.pem.as_deref()).collect();
    CertificateChain::from_pem(&pem)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The last component of the name in `Content-Disposition`, so that it can be used as a file name without harm.
fn file_name(headers: &HeaderMap) -> Option<String> {
    let disposition = text(headers, &CONTENT_DISPOSITION)?;
    let (_, name) = disposition.split_once("filename=")?;
    let name = name.split(';').next()?.trim().trim_matches('"');
    let name = name.rsplit(['/', '\\']).next()?;
    (!matches!(name, "" | "." | "..")).then(|| name.to_owned())
}

pub(super) mod builders {
    //! The builders of the operations on certificates.
    pub use super::{DownloadCertificate, GetChain};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_never_a_path() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_DISPOSITION, value.parse().unwrap());
            file_name(&headers)
        };
        assert_eq!(read("attachment; filename=example_com.zip").as_deref(), Some("example_com.zip"));
        assert_eq!(read("attachment; filename=\"a b.zip\"; size=3").as_deref(), Some("a b.zip"));
        assert_eq!(read("attachment; filename=\"../../etc/passwd\"").as_deref(), Some("passwd"));
        assert_eq!(read("attachment; filename=\"..\\x.pem\"").as_deref(), Some("x.pem"));
        assert_eq!(read("attachment; filename=\"..\""), None);
        assert_eq!(read("inline"), None);
    }
}
