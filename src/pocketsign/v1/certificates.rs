//! Certificates in v1.

use bon::bon;

use super::{
    builders::{ListCertificates, ListStatusHistory},
    types,
};
use crate::{
    client::call,
    docs::docs,
    error::Error,
    generated::pocketsign_verify_v1::types as wire,
    pocketsign::{
        CertificateId, CheckMethod, PocketSignV1, builders::CheckCertificateStatus, check, client::handle, types::GetCertificateResponse,
    },
    secret::RedactedBytes,
};

handle! {
    #[doc(alias = "証明書")]
    /// The certificates of a tenant: [`PocketSignV1::certificates`].
    Certificates of PocketSignV1
}

#[bon]
impl<'c> Certificates<'c> {
    /// Checks whether a certificate has been revoked, by its id (証明書IDによる失効確認, vendor page 4160654), to confirm that what was verified
    /// earlier has not changed (現況確認). Deprecated (廃止予定); in v2:
    /// [`Certificates::check_status`](crate::pocketsign::Certificates::check_status).
    ///
    /// The check is recorded with the purpose `liveness_check`. To check the newest certificate of a user, see
    /// [`Users::check_status`](super::Users::check_status).
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV1) -> Result<(), shomei::Error> {
    /// use shomei::pocketsign::{CertificateStatus, CheckMethod};
    ///
    /// let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
    /// let response = ps.certificates().check_status(id).method(CheckMethod::Crl).identify_user(true).send().await?;
    /// println!("current generation: {:?}", response.certificate.as_ref().and_then(|certificate| certificate.latest));
    /// let status = CertificateStatus::from(response);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_status(self, id: impl Into<CertificateId>) -> CheckCertificateStatus<'c, PocketSignV1> {
        CheckCertificateStatus::new(self.client, id.into())
    }

    /// Checks whether a certificate has been revoked, from the certificate itself (証明書データによる失効確認, vendor page 4160650). Deprecated (廃止予定);
    /// v2's list of operations of 2023 has no counterpart.
    ///
    /// The certificate is stored, and its contents are returned only this once. Nothing is verified: check its validity yourself.
    ///
    /// The path and the body of this operation are inferred, not documented; see the document.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when it is not a certificate in DER or PEM; `unsupported_certificate` when it is not of a My Number card.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::check_status_by_content)] }))]
    #[builder(builder_type(name = CheckStatusByContent, doc { #[doc = docs!(call Certificates::check_status_by_content)] }))]
    pub async fn check_status_by_content(
        self,
        /// The certificate in DER or PEM.
        #[builder(start_fn, into)]
        certificate: RedactedBytes,
        /// How revocation is checked; by CRL unless set.
        #[builder(default = CheckMethod::Crl)]
        method: CheckMethod,
        /// Whether the service finds the person behind the certificate and assigns them a user id; off by default.
        #[builder(default)]
        identify_user: bool,
    ) -> Result<types::CheckCertificateStatusByContentResponse, Error> {
        let request = wire::CheckCertificateStatusByContentRequest {
            certificate: check::certificate(certificate.expose())?,
            status_check_method: method,
            identify_user,
        };
        call!(self.client, check_certificate_status_by_content(&request))
    }

    /// Reads the record of a certificate, with its user (証明書情報の取得, vendor page 4160652). The contents of the certificate are never returned
    /// here. Deprecated (廃止予定); in v2: [`Certificates::get`](crate::pocketsign::Certificates::get).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such certificate.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::get)] }))]
    #[builder(builder_type(name = GetCertificate, doc { #[doc = docs!(call Certificates::get)] }))]
    pub async fn get(self, #[builder(start_fn, into)] id: CertificateId) -> Result<GetCertificateResponse, Error> {
        let id = check::id("certificate_id", id)?;
        call!(self.client, get_certificate(&id))
    }

    /// Lists the records of certificates (証明書情報の検索, vendor page 4160651), as a page or a stream. Deprecated (廃止予定); in v2:
    /// [`Certificates::list`](crate::pocketsign::Certificates::list).
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV1) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let mut records = ps.certificates().list().stream();
    /// while let Some(record) = records.try_next().await? {
    ///     println!("{:?}", record.certificate.map(|certificate| certificate.id));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self) -> ListCertificates {
        ListCertificates::new(self.client)
    }

    /// Lists the revocation checks of a certificate, for both purposes (失効確認履歴の取得, vendor page 4160655), as a page or a stream. Deprecated
    /// (廃止予定); in v2: [`Certificates::status_history`](crate::pocketsign::Certificates::status_history).
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV1) -> Result<(), shomei::Error> {
    /// let page = ps.certificates().status_history("497f6eca-6276-4993-bfeb-53cbbbba6f08").limit(20).send().await?;
    /// println!("{} of {:?}", page.results.len(), page.total);
    /// # Ok(())
    /// # }
    /// ```
    pub fn status_history(self, id: impl Into<CertificateId>) -> ListStatusHistory {
        ListStatusHistory::of(self.client, id.into())
    }

    /// Permanently deletes the record of a certificate (証明書情報の削除, vendor page 4160653). Deprecated (廃止予定); in v2:
    /// [`Certificates::delete`](crate::pocketsign::Certificates::delete).
    ///
    /// The history of its revocation checks is deleted too; its verifications remain, without certificate and status. The same certificate,
    /// submitted again, gets another id. Consider your record retention obligations.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such certificate (anymore).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Certificates::delete)] }))]
    #[builder(builder_type(name = DeleteCertificate, doc { #[doc = docs!(call Certificates::delete)] }))]
    pub async fn delete(self, #[builder(start_fn, into)] id: CertificateId) -> Result<(), Error> {
        let id = check::id("certificate_id", id)?;
        call!(self.client, delete_certificate(&id))
    }
}
