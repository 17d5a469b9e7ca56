//! Verifications in v1.

use bon::bon;

use super::builders::ListVerifications;
use crate::{
    client::call,
    docs::docs,
    error::Error,
    pocketsign::{
        CheckMethod, SignedData, VerificationId, check,
        client::handle,
        types::{GetVerificationResponse, VerifyResponse},
        version::sealed::Version,
    },
};

handle! {
    #[doc(alias = "署名検証")]
    /// The verifications of a tenant: [`PocketSignV1::verifications`](crate::pocketsign::PocketSignV1::verifications).
    Verifications of PocketSignV1
}

#[bon]
impl<'c> Verifications<'c> {
    /// Verifies a signature (署名検証, vendor page 4160646). Deprecated (廃止予定); in v2:
    /// [`Verifications::verify`](crate::pocketsign::Verifications::verify), which documents the order of the steps.
    ///
    /// # Errors
    ///
    /// `unsupported_certificate` when the certificate is not of a My Number card. Expired, mismatching and revoked are results, not errors.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Verifications::verify)] }))]
    #[builder(builder_type(name = Verify, doc { #[doc = docs!(call Verifications::verify)] }))]
    pub async fn verify(
        self,
        /// The signature, the digest and the certificate.
        #[builder(start_fn)]
        signed: SignedData,
        /// How revocation is checked; by CRL unless set.
        #[builder(default = CheckMethod::Crl)]
        method: CheckMethod,
        /// Whether the service finds the person behind the certificate and assigns them a user id; off by default.
        #[builder(default)]
        identify_user: bool,
    ) -> Result<VerifyResponse, Error> {
        Version::verify(self.client, signed, method, identify_user).await
    }

    /// Reads a stored verification (署名検証結果の取得, vendor page 4160648). It may include a user who was not known when it was made: a later
    /// identification links the certificate, and with it all its verifications. Deprecated (廃止予定); in v2:
    /// [`Verifications::get`](crate::pocketsign::Verifications::get).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such verification.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Verifications::get)] }))]
    #[builder(builder_type(name = GetVerification, doc { #[doc = docs!(call Verifications::get)] }))]
    pub async fn get(self, #[builder(start_fn, into)] id: VerificationId) -> Result<GetVerificationResponse, Error> {
        let id = check::id("verification_id", id)?;
        call!(self.client, get_verification(&id))
    }

    /// Lists the stored verifications (署名検証結果の検索, vendor page 4160647), as a page or a stream. Deprecated (廃止予定); in v2:
    /// [`Verifications::list`](crate::pocketsign::Verifications::list).
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV1) -> Result<(), shomei::Error> {
    /// let page = ps.verifications().list().limit(20).offset(40).send().await?;
    /// println!("{} of {:?}", page.results.len(), page.total);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self) -> ListVerifications {
        ListVerifications::new(self.client)
    }

    /// Permanently deletes a stored verification (署名検証結果の削除, vendor page 4160649). Deprecated (廃止予定); in v2:
    /// [`Verifications::delete`](crate::pocketsign::Verifications::delete).
    ///
    /// After that, the vendor can no longer verify the signature again. The certificate, its checks and the user remain. Consider your
    /// record retention obligations.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such verification (anymore).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Verifications::delete)] }))]
    #[builder(builder_type(name = DeleteVerification, doc { #[doc = docs!(call Verifications::delete)] }))]
    pub async fn delete(self, #[builder(start_fn, into)] id: VerificationId) -> Result<(), Error> {
        let id = check::id("verification_id", id)?;
        call!(self.client, delete_verification(&id))
    }
}
