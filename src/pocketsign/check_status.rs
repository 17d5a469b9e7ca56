//! The revocation checks of both versions: by method, or by required freshness.

use super::{
    CertificateId, CertificateStatus, CertificateType, CheckError, CheckMethod, ErrorReason, Freshness, PocketSign, Target, UserId,
    Version, check,
    freshness::{FreshStatus, judge},
    types::{CheckCertificateStatusResponse, CheckUserStatusResponse},
};
use crate::error::Error;

/// The builder of a certificate check: `check_status(id)` of [`Certificates`](super::Certificates), of either version.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is sent"]
pub struct CheckCertificateStatus<'c, V = PocketSign> {
    client: &'c V,
    id: CertificateId,
    method: CheckMethod,
    identify_user: bool,
}

impl<'c, V: Version> CheckCertificateStatus<'c, V> {
    pub(super) fn new(client: &'c V, id: CertificateId) -> Self {
        Self { client, id, method: CheckMethod::Crl, identify_user: false }
    }

    /// Sets how revocation is checked; by CRL unless set.
    pub fn method(mut self, method: CheckMethod) -> Self {
        self.method = method;
        self
    }

    /// Sets whether the service finds the person behind the certificate and assigns them a user id; off by default.
    pub fn identify_user(mut self, identify: bool) -> Self {
        self.identify_user = identify;
        self
    }

    /// Chooses the method by the required freshness of the data, instead of [`method`](Self::method).
    pub fn fresh(self, freshness: Freshness) -> FreshCheck<'c, V> {
        FreshCheck { identify_user: self.identify_user, ..FreshCheck::new(self.client, self.id.into(), freshness) }
    }

    /// Sends the check.
    ///
    /// Repeating it after a lost response makes a second check, which is recorded, reported and, for OCSP, billed again.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the id is malformed; [`Error::is_not_found`] when the tenant has no such certificate;
    /// [`ErrorReason::OcspRequestFailed`] when the OCSP responder of the certificate authority does not respond; in v2
    /// [`ErrorReason::AssociatedCertificateNotExists`] when the links needed to identify the user are not available.
    pub async fn send(self) -> Result<CheckCertificateStatusResponse, Error> {
        let id = check::id("certificate_id", self.id)?;
        self.client.check_certificate(id, self.method, self.identify_user).await
    }
}

/// The builder of a check of a user's newest certificate: `check_status(id)` of [`Users`](super::Users), of either version.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is sent"]
pub struct CheckUserStatus<'c, V = PocketSign> {
    client: &'c V,
    id: UserId,
    certificate_type: Option<CertificateType>,
    method: CheckMethod,
}

impl<'c, V: Version> CheckUserStatus<'c, V> {
    pub(super) fn new(client: &'c V, id: UserId) -> Self {
        Self { client, id, certificate_type: None, method: CheckMethod::Crl }
    }

    /// Sets the type of certificate to check. Which one is checked by default is not documented. (That v1 accepts this is inferred from
    /// v2.)
    pub fn certificate_type(mut self, kind: CertificateType) -> Self {
        self.certificate_type = Some(kind);
        self
    }

    /// Sets how revocation is checked; by CRL unless set.
    pub fn method(mut self, method: CheckMethod) -> Self {
        self.method = method;
        self
    }

    /// Chooses the method by the required freshness of the data, instead of [`method`](Self::method).
    pub fn fresh(self, freshness: Freshness) -> FreshCheck<'c, V> {
        FreshCheck::new(self.client, self.id.into(), freshness).certificate_type(self.certificate_type)
    }

    /// Sends the check.
    ///
    /// Repeating it after a lost response makes a second check, which is recorded, reported and, for OCSP, billed again.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the id is malformed; [`Error::is_not_found`] when the tenant has no such user, or none of their
    /// certificates; [`ErrorReason::OcspRequestFailed`] when the OCSP responder of the certificate authority does not respond.
    pub async fn send(self) -> Result<CheckUserStatusResponse, Error> {
        let id = check::id("user_id", self.id)?;
        self.client.check_user(id, self.certificate_type, self.method).await
    }
}

/// The builder of a check with a required freshness: [`CheckCertificateStatus::fresh`], [`CheckUserStatus::fresh`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is sent"]
pub struct FreshCheck<'c, V = PocketSign> {
    client: &'c V,
    target: Target,
    /// For certificates only.
    identify_user: bool,
    /// For users only.
    certificate_type: Option<CertificateType>,
    freshness: Freshness,
    fall_back: bool,
}

impl<'c, V: Version> FreshCheck<'c, V> {
    pub(super) fn new(client: &'c V, target: Target, freshness: Freshness) -> Self {
        Self { client, target, identify_user: false, certificate_type: None, freshness, fall_back: false }
    }

    pub(super) fn certificate_type(self, certificate_type: Option<CertificateType>) -> Self {
        Self { certificate_type, ..self }
    }

    /// Sets whether to use the CRL instead when the OCSP request fails, and report so in [`FreshStatus::fallback`]; off by default.
    pub fn fall_back_to_crl(mut self, fall_back: bool) -> Self {
        self.fall_back = fall_back;
        self
    }

    /// Sends the check, and reports the method used and the age of the data. If the time in the response shows that a CRL is too old, a
    /// second check asks the OCSP responder; the first is then in [`FreshStatus::earlier`].
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::PocketSign) -> Result<(), shomei::Error> {
    /// use shomei::pocketsign::Freshness;
    ///
    /// let fresh = ps.certificates().check_status("0f8b3c52-6d1e-4a7b-9c35-2e8d41a7b690").fresh(Freshness::SameDay).send().await?;
    /// println!("{fresh}"); // good by crl as of 2024-04-30 22:30:00 UTC
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of a check without freshness. A failed OCSP request is an error unless [`fall_back_to_crl`](Self::fall_back_to_crl) is set;
    /// any other failure is always an error. The preceding check by CRL, if any, is in [`CheckError::first_check`].
    pub async fn send(self) -> Result<FreshStatus, CheckError> {
        let judged = |status, method, fallback| judge(status, self.freshness, method, self.client.now(), fallback);
        let mut earlier = None;
        if self.freshness.method_at(self.client.now().time) != CheckMethod::Ocsp {
            let fresh = judged(self.check(CheckMethod::Crl).await?, CheckMethod::Crl, None);
            if fresh.is_fresh || self.freshness == Freshness::Cheapest {
                return Ok(fresh);
            }
            // By the service's own time, known from its response, today's CRL has not been published yet.
            earlier = Some(Box::new(fresh.status));
        }
        let error = match self.check(CheckMethod::Ocsp).await {
            Ok(mut status) => {
                // If the first check created the user, the second finds them.
                if earlier.as_ref().is_some_and(|earlier| earlier.is_new_user == Some(true)) {
                    status.is_new_user = Some(true);
                }
                return Ok(FreshStatus { earlier, ..judged(status, CheckMethod::Ocsp, None) });
            }
            Err(error) => error,
        };
        if !(self.fall_back && error.pocketsign_reason() == Some(ErrorReason::OcspRequestFailed)) {
            return Err(CheckError { error, first_check: earlier });
        }
        let status = match earlier {
            Some(earlier) => *earlier,
            None => self.check(CheckMethod::Crl).await?,
        };
        Ok(judged(status, CheckMethod::Crl, Some(error)))
    }

    async fn check(&self, method: CheckMethod) -> Result<CertificateStatus, Error> {
        match self.target.clone() {
            Target::Certificate(id) => {
                let id = check::id("certificate_id", id)?;
                self.client.check_certificate(id, method, self.identify_user).await.map(Into::into)
            }
            Target::User(id) => {
                let id = check::id("user_id", id)?;
                self.client.check_user(id, self.certificate_type.clone(), method).await.map(Into::into)
            }
        }
    }
}
