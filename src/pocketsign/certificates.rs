//! Certificates: the CertificateService.

use bon::bon;

use super::{
    CertificateId, CertificateStatusId,
    builders::{CheckCertificateStatus, ListCertificates, ListStatusHistory},
    check,
    client::handle,
    types,
};
use crate::{client::call, docs::docs, error::Error, generated::pocketsign_verify_v2::types as wire};

handle! {
    #[doc(alias = "証明書")]
    /// The certificates of a tenant: [`PocketSign::certificates`](crate::PocketSign::certificates).
    Certificates of PocketSign
}

#[bon]
impl<'c> Certificates<'c> {
    /// Checks whether a certificate has been revoked, by its id (証明書の失効確認, vendor page 4160669), to confirm that what was verified earlier
    /// has not changed (現況確認). The check is recorded with the purpose `liveness_check`.
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::PocketSign) -> Result<(), shomei::Error> {
    /// use shomei::pocketsign::{CertificateStatus, CheckMethod};
    ///
    /// let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
    /// let status: CertificateStatus = ps.certificates().check_status(id).method(CheckMethod::Ocsp).send().await?.into();
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_status(self, id: impl Into<CertificateId>) -> CheckCertificateStatus<'c> {
        CheckCertificateStatus::new(self.client, id.into())
    }

    /// Reads the record of a certificate, with its user (証明書情報の取得, vendor page 4160666). The contents of the certificate are never returned
    /// here.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such certificate.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::get)] }))]
    #[builder(builder_type(name = GetCertificate, doc { #[doc = docs!(call Certificates::get)] }))]
    pub async fn get(self, #[builder(start_fn, into)] id: CertificateId) -> Result<types::GetCertificateResponse, Error> {
        let request = wire::GetCertificateRequest { certificate_id: check::id("certificate_id", id)? };
        call!(self.client, get_certificate(&request))
    }

    /// Lists the records of certificates (証明書情報の検索, vendor page 4160667), as a page or a stream.
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::PocketSign, since: chrono::DateTime<chrono::Utc>) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    /// use shomei::pocketsign::CertificateType;
    ///
    /// let signing = CertificateType::JpkiCardDigitalSignature;
    /// let mut records = ps.certificates().list().certificate_type(signing).created_since(since).stream();
    /// while let Some(record) = records.try_next().await? {
    ///     println!("{:?}", record.certificate.map(|certificate| certificate.id));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self) -> ListCertificates {
        ListCertificates::new(self.client)
    }

    /// Reads one entry of the history of revocation checks (証明書失効確認履歴の取得, vendor page 4160670); no new check is made.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such entry.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::get_status)] }))]
    #[builder(builder_type(name = GetCertificateStatus, doc { #[doc = docs!(call Certificates::get_status)] }))]
    pub async fn get_status(
        self,
        #[builder(start_fn, into)] id: CertificateStatusId,
    ) -> Result<types::GetCertificateStatusResponse, Error> {
        let request = wire::GetCertificateStatusRequest { certificate_status_id: check::id("certificate_status_id", id)? };
        call!(self.client, get_certificate_status(&request))
    }

    /// Lists the revocation checks of any number of certificates (証明書失効確認履歴の検索, vendor page 4160671), as a page or a stream.
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::PocketSign) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
    /// let checks: Vec<_> = ps.certificates().status_history().certificate(id).stream().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn status_history(self) -> ListStatusHistory {
        ListStatusHistory::new(self.client)
    }

    /// Permanently deletes the record of a certificate (証明書情報の削除, vendor page 4160668).
    ///
    /// Its verifications remain, without certificate and status (inferred); the history of its revocation checks is deleted (documented for
    /// v1). The same certificate, submitted again, gets another id. Consider your record retention obligations.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such certificate (anymore).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::delete)] }))]
    #[builder(builder_type(name = DeleteCertificate, doc { #[doc = docs!(call Certificates::delete)] }))]
    pub async fn delete(self, #[builder(start_fn, into)] id: CertificateId) -> Result<(), Error> {
        let request = wire::DeleteCertificateRequest { certificate_id: check::id("certificate_id", id)? };
        call!(self.client, delete_certificate(&request)).map(drop)
    }
}
