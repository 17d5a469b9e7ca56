//! Certificates: fetching them once they are issued.

use std::fmt;

use bon::bon;
use bytes::Bytes;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName};

use super::{CertificateFormat, CertificateId, OrderId, ServerPlatformId, docs, handle, types};
use crate::{client::call, error::Error, x509::CertificateChain};

handle! {
    #[doc(alias("証明書", "サーバ証明書"))]
    /// The certificates of an account: [`CertCentral::certificates`](super::CertCentral::certificates).
    Certificates
}

/// A downloaded file. [`chain`](Self::chain) reads the certificates in it.
///
/// `Debug` shows the size, not the content: instead of a certificate, the file may be a page that repeats the request, including the key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// The content type that the service reports, such as `application/x-pem-file`.
    pub content_type: Option<String>,
    /// The name that the service gives the file, if any.
    pub file_name: Option<String>,
    /// The content of the file.
    pub body: Bytes,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl Download {
    /// Returns the certificates in the file, the leaf first. Their order follows from who issued whom, and is the same for every format.
    ///
    /// Reading the zip formats (`Default`, `Apache`, `DefaultCer`, `DefaultPem`) requires the feature `archives`. Nothing is unpacked to
    /// disk; an archive of more than 32 files, or of more than 1 MiB packed or unpacked, is refused.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::{CertificateFormat, OrderId};
    ///
    /// let file = cc.certificates().download_for_order(OrderId(115429178)).format(CertificateFormat::PemAll).send().await?;
    /// println!("{}", file.chain()?.leaf().serial_number());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_mismatch`] when the file has no certificate, one cannot be read, or one does not belong to the chain: each except the
    /// leaf must have issued another one. For an archive, also when it is broken, encrypted or too large, or when the name of a file leads
    /// out of it.
    pub fn chain(&self) -> Result<CertificateChain, Error> {
        CertificateChain::from_bytes(&self.body)
    }
}

#[bon]
impl<'c> Certificates<'c> {
    /// Downloads a certificate in one of the nine formats (guide p.57, Download certificate).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::{CertificateFormat, CertificateId};
    ///
    /// let file = cc.certificates().download(CertificateId(112358), CertificateFormat::PemAll).send().await?;
    /// std::fs::write("chain.pem", &file.body).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such certificate, or it is not issued yet.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::download)] }))]
    #[builder(builder_type(name = DownloadCertificate, doc { #[doc = docs!(call Certificates::download)] }))]
    pub async fn download(
        self,
        #[builder(start_fn)] id: CertificateId,
        #[builder(start_fn)] format: CertificateFormat,
    ) -> Result<Download, Error> {
        call!(bytes self.client, download_certificate(&id, &format)).map(download)
    }

    /// Downloads the certificate of an order that is currently in force: never a duplicate, nor one from before a reissue (vendor page
    /// certificates/download-certificate-format-order-id).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such order; any error that the service returns when the order has no certificate
    /// yet.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::download_for_order)] }))]
    #[builder(builder_type(name = DownloadOrderCertificate, doc { #[doc = docs!(call Certificates::download_for_order)] }))]
    pub async fn download_for_order(
        self,
        #[builder(start_fn)] order: OrderId,
        /// The format; without it the service chooses.
        format: Option<CertificateFormat>,
    ) -> Result<Download, Error> {
        let file = match format {
            Some(format) => call!(bytes self.client, download_order_certificate_format(&order, &format)),
            None => call!(bytes self.client, download_order_certificate(&order)),
        };
        file.map(download)
    }

    /// Downloads a certificate in the format that best suits a server software (known from public clients).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such certificate, or it is not issued yet.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::download_best_format)] }))]
    #[builder(builder_type(name = DownloadBestFormat, doc { #[doc = docs!(call Certificates::download_best_format)] }))]
    pub async fn download_best_format(
        self,
        #[builder(start_fn)] id: CertificateId,
        /// The server software (-1 other, 2 Apache, 45 nginx, …); without it the one that the order names.
        platform: Option<ServerPlatformId>,
    ) -> Result<Download, Error> {
        let file = match platform {
            Some(platform) => call!(bytes self.client, download_certificate_for_platform(&id, platform.0)),
            None => call!(bytes self.client, download_certificate_best_format(&id)),
        };
        file.map(download)
    }

    /// Fetches a certificate with its intermediate and root (known from public clients).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such certificate, or it is not issued yet; [`Error::is_mismatch`] when the response cannot
    /// be read as certificates.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::chain)] }))]
    #[builder(builder_type(name = GetCertificateChain, doc { #[doc = docs!(call Certificates::chain)] }))]
    pub async fn chain(self, #[builder(start_fn)] id: CertificateId) -> Result<CertificateChain, Error> {
        chain_of(&call!(self.client, certificate_chain(&id))?.intermediates)
    }

    /// Reads the intermediates that certificates of the account can be issued from (vendor page certificates/list-intermediates). Use their
    /// `id` as the `ca_cert_id` of an order.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// for intermediate in cc.certificates().intermediates().send().await? {
    ///     println!("{:?}: {:?}", intermediate.id, intermediate.subject_common_name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::intermediates)] }))]
    #[builder(builder_type(name = ListIntermediates, doc { #[doc = docs!(call Certificates::intermediates)] }))]
    pub async fn intermediates(self) -> Result<Vec<types::Intermediate>, Error> {
        Ok(call!(self.client, list_intermediates())?.intermediates)
    }

    /// Archives a reissue or a duplicate: the lists of reissues and duplicates omit it (vendor page certificates/archive-certificate).
    ///
    /// # Errors
    ///
    /// [`ErrorCode::CannotArchivePrimaryCertificate`](super::ErrorCode::CannotArchivePrimaryCertificate) when it is the primary certificate
    /// of its order.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::archive)] }))]
    #[builder(builder_type(name = ArchiveCertificate, doc { #[doc = docs!(call Certificates::archive)] }))]
    pub async fn archive(self, #[builder(start_fn)] id: CertificateId) -> Result<(), Error> {
        call!(self.client, archive_certificate(&id))
    }

    /// Unarchives a certificate: it is listed again (known from third parties).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such certificate.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::unarchive)] }))]
    #[builder(builder_type(name = UnarchiveCertificate, doc { #[doc = docs!(call Certificates::unarchive)] }))]
    pub async fn unarchive(self, #[builder(start_fn)] id: CertificateId) -> Result<(), Error> {
        call!(self.client, unarchive_certificate(&id))
    }
}

fn download((headers, body): (HeaderMap, Bytes)) -> Download {
    Download { content_type: text(&headers, &CONTENT_TYPE), file_name: file_name(&headers), body }
}

/// The certificates of a response. The member is called `intermediates`, but its first element is the leaf.
pub(super) fn chain_of(certificates: &[types::ChainCertificate]) -> Result<CertificateChain, Error> {
    CertificateChain::from_parts(certificates.iter().map(|certificate| certificate.pem.as_deref().unwrap_or_default().as_bytes()))
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
