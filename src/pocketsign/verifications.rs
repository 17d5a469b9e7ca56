//! Verifications: the VerificationService.

use bon::bon;

use super::{CheckMethod, SignedData, VerificationId, builders::ListVerifications, check, client::handle, types, version::sealed::Version};
use crate::{client::call, docs::docs, error::Error, generated::pocketsign_verify_v2::types as wire};

handle! {
    #[doc(alias = "署名検証")]
    /// The verifications of a tenant: [`PocketSign::verifications`](crate::PocketSign::verifications).
    Verifications of PocketSign
}

#[bon]
impl<'c> Verifications<'c> {
    /// Verifies a signature (署名検証, vendor page 4160676).
    ///
    /// The first step that fails decides the outcome. A certificate that is malformed or not of a My Number card is an error. A certificate
    /// outside its validity period gives the result `CertificateExpired`, a signature that does not match `SignatureMismatch`, a revoked
    /// certificate `CertificateRevoked`; otherwise the result is `Ok`. Results are stored with the certificate; the contents of the
    /// certificate are returned here and never again. To identify the signer in the same call, see
    /// [`PocketSign::sign_in`](crate::PocketSign::sign_in).
    ///
    /// ```no_run
    /// # use shomei::{Error, PocketSign};
    /// # async fn example(ps: PocketSign, certificate: &[u8], digest: [u8; 32], signature: &[u8]) -> Result<(), Error> {
    /// use shomei::pocketsign::{HashAlgorithm, SignedData, VerificationResult};
    ///
    /// let signed = SignedData::new(certificate, HashAlgorithm::Sha256, digest, signature)?;
    /// let verified = ps.verifications().verify(signed).send().await?;
    /// let result = verified.verification.and_then(|verification| verification.result);
    /// println!("{}", result == Some(VerificationResult::Ok));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The [reason](Error::pocketsign_reason) says whether the certificate is not supported, the OCSP request failed, or the links between
    /// certificates are not available.
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
    ) -> Result<types::VerifyResponse, Error> {
        Version::verify(self.client, signed, method, identify_user).await
    }

    /// Reads a stored verification (署名検証結果の取得, vendor page 4160677). It may include a user who was not known when it was made: a later
    /// identification links the certificate, and with it all its verifications.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such verification.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Verifications::get)] }))]
    #[builder(builder_type(name = GetVerification, doc { #[doc = docs!(call Verifications::get)] }))]
    pub async fn get(self, #[builder(start_fn, into)] id: VerificationId) -> Result<types::GetVerificationResponse, Error> {
        let request = wire::GetVerificationRequest { verification_id: check::id("verification_id", id)? };
        call!(self.client, get_verification(&request))
    }

    /// Lists the stored verifications (署名検証結果の検索, vendor page 4160678), as a page or a stream.
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::PocketSign) -> Result<(), shomei::Error> {
    /// let page = ps.verifications().list().user("c3e7a1b2-5d4f-4e6a-8b9c-0d1e2f3a4b5c").page_size(20).send().await?;
    /// if let Some(token) = page.next_page_token {
    ///     println!("goes on at {token:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self) -> ListVerifications {
        ListVerifications::new(self.client)
    }

    /// Permanently deletes a stored verification (署名検証結果の削除, vendor page 4160679).
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
        let request = wire::DeleteVerificationRequest { verification_id: check::id("verification_id", id)? };
        call!(self.client, delete_verification(&request)).map(drop)
    }
}
