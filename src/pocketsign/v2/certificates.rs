//! Certificates in v2: the CertificateService.

use bon::bon;

use super::{ListCertificateStatuses, ListCertificates, types};
use crate::{
    client::call,
    docs::docs,
    error::Error,
    pocketsign::{CertificateId, CertificateStatusId, CheckCertificateStatus, PocketSignV2, check, client::handle},
};

handle! {
    /// The certificates of a tenant: [`PocketSignV2::certificates`].
    Certificates of PocketSignV2
}

#[bon]
impl<'c> Certificates<'c> {
    /// Checks whether a certificate was revoked, by its id (証明書の失効確認, vendor page 4160669), to confirm that what was confirmed when
    /// it was verified has not changed (現況確認). The check is recorded with the purpose `liveness_check`.
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV2) -> Result<(), shomei::Error> {
    /// use shomei::pocketsign::{CertificateStatus, CheckMethod};
    ///
    /// let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
    /// let status: CertificateStatus = ps.certificates().check_status(id).method(CheckMethod::Ocsp).send().await?.into();
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_status(self, id: impl Into<CertificateId>) -> CheckCertificateStatus<'c, PocketSignV2> {
        CheckCertificateStatus::new(self.client, id.into())
    }

    /// Reads the record of a certificate, with its user (証明書情報の取得, vendor page 4160666). What the certificate states is never given
    /// here.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such certificate.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::get)] }))]
    #[builder(builder_type(name = GetCertificate, doc { #[doc = docs!(call Certificates::get)] }))]
    pub async fn get(self, #[builder(start_fn, into)] id: CertificateId) -> Result<types::GetCertificateResponse, Error> {
        let request = types::GetCertificateRequest { certificate_id: check::id("certificate_id", id)? };
        call!(self.client, get_certificate(&request))
    }

    /// The records of certificates (証明書情報の検索, vendor page 4160667), as a page or a stream.
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV2, since: chrono::DateTime<chrono::Utc>) -> Result<(), shomei::Error> {
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
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::status)] }))]
    #[builder(builder_type(name = GetStatus, doc { #[doc = docs!(call Certificates::status)] }))]
    pub async fn status(self, #[builder(start_fn, into)] id: CertificateStatusId) -> Result<types::GetCertificateStatusResponse, Error> {
        let request = types::GetCertificateStatusRequest { certificate_status_id: check::id("certificate_status_id", id)? };
        call!(self.client, get_certificate_status(&request))
    }

    /// The history of revocation checks of any number of certificates (証明書失効確認履歴の検索, vendor page 4160671), as a page or a
    /// stream.
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV2) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
    /// let checks: Vec<_> = ps.certificates().status_history().certificate(id).stream().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn status_history(self) -> ListCertificateStatuses {
        ListCertificateStatuses::new(self.client)
    }

    /// Deletes the record of a certificate for good (証明書情報の削除, vendor page 4160668).
    ///
    /// Its verifications stay, without certificate and status (inferred), the history of its revocation checks goes (documented for v1).
    /// The same certificate, submitted again, gets another id. Mind the duties to retain records.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such certificate (any more).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::delete)] }))]
    #[builder(builder_type(name = DeleteCertificate, doc { #[doc = docs!(call Certificates::delete)] }))]
    pub async fn delete(self, #[builder(start_fn, into)] id: CertificateId) -> Result<(), Error> {
        let request = types::DeleteCertificateRequest { certificate_id: check::id("certificate_id", id)? };
        call!(self.client, delete_certificate(&request)).map(drop)
    }
}
