//! What both versions can do, so that the flows are written once.

use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, future::BoxFuture};

use super::{
    CertificateId, CertificateStatus, CertificateType, CheckMethod, HashAlgorithm, PocketSignV1, PocketSignV2, UserId, VerificationId,
    VerificationResult, content::CertificateContent, v1::types as v1, v2::types as v2,
};
use crate::{
    client::{Core, call},
    error::Error,
    secret::RedactedBytes,
};

/// A version of the API: [`PocketSignV1`] or [`PocketSignV2`].
///
/// ```
/// use shomei::{Error, Sandbox, pocketsign::{CertificateId, CertificateStatus, CheckCertificateStatus, Version}};
///
/// async fn outcome<V: Version>(check: CheckCertificateStatus<'_, V>) -> Result<CertificateStatus, Error> {
///     Ok(check.send().await?.into())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = Sandbox::new();
/// let (v1, v2) = (sandbox.pocketsign_v1()?, sandbox.pocketsign_v2()?);
/// let id = "0f8b3c52-6d1e-4a7b-9c35-2e8d41a7b690"; // nobody's
/// assert!(outcome(v1.certificates().check_status(id)).await.unwrap_err().is_not_found());
/// assert!(outcome(v2.certificates().check_status(id)).await.unwrap_err().is_not_found());
/// # Ok(())
/// # }
/// ```
pub trait Version: sealed::Version {
    /// What a check of a certificate gives.
    type CertificateCheck: Into<CertificateStatus> + Send + 'static;
    /// What a check of a user gives.
    type UserCheck: Into<CertificateStatus> + Send + 'static;

    /// Each call once, with the differences of the versions behind it.
    #[doc(hidden)]
    fn check_certificate(
        &self,
        id: CertificateId,
        method: Option<CheckMethod>,
        identify_user: bool,
    ) -> BoxFuture<'static, Result<Self::CertificateCheck, Error>>;

    #[doc(hidden)]
    fn check_user(
        &self,
        id: UserId,
        kind: Option<CertificateType>,
        method: Option<CheckMethod>,
    ) -> BoxFuture<'static, Result<Self::UserCheck, Error>>;

    #[doc(hidden)]
    fn verify_signed(
        &self,
        signed: Signed,
        method: Option<CheckMethod>,
        identify_user: bool,
    ) -> BoxFuture<'static, Result<Verified, Error>>;

    /// The time as the service sees it.
    #[doc(hidden)]
    fn now(&self) -> Now;
}

/// A signature, checked and ready to be sent.
#[derive(Clone, Debug)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub struct Signed {
    pub(super) certificate: RedactedBytes,
    pub(super) hash_algorithm: HashAlgorithm,
    pub(super) digest: RedactedBytes,
    pub(super) signature: RedactedBytes,
}

/// What a verification gave, the same for both versions.
#[derive(Debug)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub struct Verified {
    pub(super) id: Option<VerificationId>,
    pub(super) result: VerificationResult,
    pub(super) certificate: Option<CertificateId>,
    pub(super) content: Option<CertificateContent>,
    /// With the user, if one was identified.
    pub(super) status: CertificateStatus,
    pub(super) was_checked: bool,
}

/// The time, and whether it is the service that told it.
#[derive(Clone, Copy, Debug)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub struct Now {
    pub(super) time: DateTime<Utc>,
    pub(super) is_told: bool,
}

impl Now {
    fn of(core: &Core) -> Self {
        Self { time: core.now(), is_told: core.is_time_told() }
    }
}

mod sealed {
    #[allow(unnameable_types, reason = "part of a sealed trait")]
    pub trait Version: Clone + Send + Sync + 'static {}
}

impl sealed::Version for PocketSignV1 {}

impl sealed::Version for PocketSignV2 {}

impl Version for PocketSignV1 {
    type CertificateCheck = v1::CheckCertificateStatusResponse;
    type UserCheck = v1::CheckUserStatusResponse;

    fn check_certificate(
        &self,
        id: CertificateId,
        method: Option<CheckMethod>,
        identify_user: bool,
    ) -> BoxFuture<'static, Result<Self::CertificateCheck, Error>> {
        let client = self.clone();
        async move {
            let status_check_method = method.unwrap_or(CheckMethod::Crl).into();
            let request = v1::CheckCertificateStatusRequest { status_check_method, identify_user };
            call!(client, check_certificate_status(&id.into(), &request))
        }
        .boxed()
    }

    fn check_user(
        &self,
        id: UserId,
        kind: Option<CertificateType>,
        method: Option<CheckMethod>,
    ) -> BoxFuture<'static, Result<Self::UserCheck, Error>> {
        let client = self.clone();
        async move {
            let status_check_method = method.unwrap_or(CheckMethod::Crl).into();
            let request = v1::CheckUserStatusRequest { status_check_method, certificate_type: kind.map(Into::into) };
            call!(client, check_user_status(&id.into(), &request))
        }
        .boxed()
    }

    fn verify_signed(
        &self,
        signed: Signed,
        method: Option<CheckMethod>,
        identify_user: bool,
    ) -> BoxFuture<'static, Result<Verified, Error>> {
        let client = self.clone();
        async move {
            let answer = client.verify(signed, method, identify_user).await?;
            let was_checked = answer.certificate_status.is_some();
            let result = answer.verification.as_ref().and_then(|verification| verification.result.clone());
            Ok(Verified {
                id: answer.verification.map(|verification| verification.id.into()),
                result: result.map_or_else(|| VerificationResult::Unknown(String::new()), Into::into),
                certificate: answer.certificate.as_ref().map(|certificate| certificate.id.clone().into()),
                content: answer.certificate_content.map(Into::into),
                status: CertificateStatus::of_v1(answer.certificate_status, answer.certificate, answer.user, answer.is_new_user),
                was_checked,
            })
        }
        .boxed()
    }

    fn now(&self) -> Now {
        Now::of(&self.core)
    }
}

impl PocketSignV1 {
    pub(super) async fn verify(&self, signed: Signed, method: Option<CheckMethod>, identify: bool) -> Result<v1::VerifyResponse, Error> {
        let Signed { certificate, hash_algorithm, digest, signature } = signed;
        let request = v1::VerifyRequest {
            certificate,
            hash_algorithm: hash_algorithm.into(),
            digest,
            signature,
            status_check_method: method.unwrap_or(CheckMethod::Crl).into(),
            identify_user: identify,
        };
        call!(self, verify(&request))
    }
}

impl Version for PocketSignV2 {
    type CertificateCheck = v2::CheckCertificateStatusResponse;
    type UserCheck = v2::CheckUserStatusResponse;

    fn check_certificate(
        &self,
        id: CertificateId,
        method: Option<CheckMethod>,
        identify_user: bool,
    ) -> BoxFuture<'static, Result<Self::CertificateCheck, Error>> {
        let client = self.clone();
        async move {
            let request = v2::CheckCertificateStatusRequest {
                certificate_id: id,
                check_method: Some(method.unwrap_or(CheckMethod::Crl).into()),
                identify_user: identify_user.then_some(true),
            };
            call!(client, check_certificate_status(&request))
        }
        .boxed()
    }

    fn check_user(
        &self,
        id: UserId,
        kind: Option<CertificateType>,
        method: Option<CheckMethod>,
    ) -> BoxFuture<'static, Result<Self::UserCheck, Error>> {
        let client = self.clone();
        async move {
            let (certificate_type, check_method) = (kind.map(Into::into), Some(method.unwrap_or(CheckMethod::Crl).into()));
            let request = v2::CheckUserStatusRequest { user_id: id, certificate_type, check_method };
            call!(client, check_user_status(&request))
        }
        .boxed()
    }

    fn verify_signed(
        &self,
        signed: Signed,
        method: Option<CheckMethod>,
        identify_user: bool,
    ) -> BoxFuture<'static, Result<Verified, Error>> {
        let client = self.clone();
        async move {
            let answer = client.verify(signed, method, identify_user).await?;
            let was_checked = answer.certificate_status.is_some();
            let result = answer.verification.as_ref().and_then(|verification| verification.result.clone());
            Ok(Verified {
                id: answer.verification.map(|verification| verification.id),
                result: result.map_or_else(|| VerificationResult::Unknown(String::new()), Into::into),
                certificate: answer.certificate.as_ref().map(|certificate| certificate.id.clone()),
                content: answer.certificate_content.map(Into::into),
                status: CertificateStatus::of_v2(answer.certificate_status, answer.certificate, answer.user, answer.is_new_user),
                was_checked,
            })
        }
        .boxed()
    }

    fn now(&self) -> Now {
        Now::of(&self.core)
    }
}

impl PocketSignV2 {
    pub(super) async fn verify(&self, signed: Signed, method: Option<CheckMethod>, identify: bool) -> Result<v2::VerifyResponse, Error> {
        let Signed { certificate, hash_algorithm, digest, signature } = signed;
        let request = v2::VerifyRequest {
            certificate,
            hash_algorithm: hash_algorithm.into(),
            digest,
            signature,
            check_method: Some(method.unwrap_or(CheckMethod::Crl).into()),
            identify_user: identify.then_some(true),
        };
        call!(self, verify(&request))
    }
}
