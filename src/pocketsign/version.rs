//! What both versions support, so that the flows are written once.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    CertificateId, CertificateType, CheckMethod, PocketSign, SignedData, UserId,
    types::{CheckCertificateStatusResponse, CheckUserStatusResponse, VerifyResponse},
};
use crate::{
    client::{Core, call},
    error::Error,
    generated::pocketsign_verify_v2::types as wire,
};

/// A version of the API: [`PocketSign`], and `PocketSignV1` with the feature `pocketsign-v1`. Sealed.
///
/// ```
/// use shomei::{Error, Sandbox, pocketsign::{CertificateStatus, Version, builders::CheckCertificateStatus}};
///
/// async fn outcome<V: Version>(check: CheckCertificateStatus<'_, V>) -> Result<CertificateStatus, Error> {
///     Ok(check.send().await?.into())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ps = Sandbox::new().pocketsign()?;
/// let nobody = "0f8b3c52-6d1e-4a7b-9c35-2e8d41a7b690";
/// assert!(outcome(ps.certificates().check_status(nobody)).await.unwrap_err().is_not_found());
/// # Ok(())
/// # }
/// ```
pub trait Version: sealed::Version {}

impl<V: sealed::Version> Version for V {}

/// The time, and whether it comes from the service.
#[derive(Clone, Copy, Debug)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub struct Now {
    pub(super) time: DateTime<Utc>,
    pub(super) is_told: bool,
}

pub(super) mod sealed {
    use super::{
        Arc, CertificateId, CertificateType, CheckCertificateStatusResponse, CheckMethod, CheckUserStatusResponse, Core, Error, Now,
        SignedData, UserId, VerifyResponse,
    };

    /// Each call, independent of the version.
    #[doc(hidden)]
    #[allow(unnameable_types, reason = "part of a sealed trait")]
    pub trait Version: Clone + Send + Sync + 'static {
        fn check_certificate(
            &self,
            id: CertificateId,
            method: CheckMethod,
            identify_user: bool,
        ) -> impl Future<Output = Result<CheckCertificateStatusResponse, Error>> + Send;

        fn check_user(
            &self,
            id: UserId,
            kind: Option<CertificateType>,
            method: CheckMethod,
        ) -> impl Future<Output = Result<CheckUserStatusResponse, Error>> + Send;

        fn verify(
            &self,
            signed: SignedData,
            method: CheckMethod,
            identify_user: bool,
        ) -> impl Future<Output = Result<VerifyResponse, Error>> + Send;

        fn core(&self) -> &Arc<Core>;

        /// The time as the service sees it.
        fn now(&self) -> Now {
            let core = self.core();
            Now { time: core.now(), is_told: core.is_time_told() }
        }
    }
}

impl sealed::Version for PocketSign {
    async fn check_certificate(
        &self,
        id: CertificateId,
        method: CheckMethod,
        identify_user: bool,
    ) -> Result<CheckCertificateStatusResponse, Error> {
        let identify_user = identify_user.then_some(true);
        let request = wire::CheckCertificateStatusRequest { certificate_id: id, check_method: Some(method), identify_user };
        call!(self, check_certificate_status(&request))
    }

    async fn check_user(&self, id: UserId, kind: Option<CertificateType>, method: CheckMethod) -> Result<CheckUserStatusResponse, Error> {
        let request = wire::CheckUserStatusRequest { user_id: id, certificate_type: kind, check_method: Some(method) };
        call!(self, check_user_status(&request))
    }

    async fn verify(&self, signed: SignedData, method: CheckMethod, identify_user: bool) -> Result<VerifyResponse, Error> {
        let SignedData { certificate, hash_algorithm, digest, signature } = signed;
        let request = wire::VerifyRequest {
            certificate,
            hash_algorithm,
            digest,
            signature,
            check_method: Some(method),
            identify_user: identify_user.then_some(true),
        };
        call!(self, verify(&request))
    }

    fn core(&self) -> &Arc<Core> {
        &self.core
    }
}

#[cfg(feature = "pocketsign-v1")]
mod v1 {
    use super::*;
    use crate::{generated::pocketsign_verify_v1::types as wire, pocketsign::PocketSignV1};

    impl sealed::Version for PocketSignV1 {
        async fn check_certificate(
            &self,
            id: CertificateId,
            method: CheckMethod,
            identify_user: bool,
        ) -> Result<CheckCertificateStatusResponse, Error> {
            let request = wire::CheckCertificateStatusRequest { status_check_method: method, identify_user };
            call!(self, check_certificate_status(&id, &request))
        }

        async fn check_user(
            &self,
            id: UserId,
            kind: Option<CertificateType>,
            method: CheckMethod,
        ) -> Result<CheckUserStatusResponse, Error> {
            let request = wire::CheckUserStatusRequest { status_check_method: method, certificate_type: kind };
            call!(self, check_user_status(&id, &request))
        }

        async fn verify(&self, signed: SignedData, method: CheckMethod, identify_user: bool) -> Result<VerifyResponse, Error> {
            let SignedData { certificate, hash_algorithm, digest, signature } = signed;
            let status_check_method = method;
            let request = wire::VerifyRequest { certificate, hash_algorithm, digest, signature, status_check_method, identify_user };
            call!(self, verify(&request))
        }

        fn core(&self) -> &Arc<Core> {
            &self.core
        }
    }
}
