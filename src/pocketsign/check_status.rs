//! The revocation checks of both versions: by a method, or as fresh as needed.

use super::{
    CertificateId, CertificateStatus, CertificateType, CheckError, CheckMethod, ErrorReason, Freshness, PocketSign, Target, UserId,
    Version, check,
    freshness::{FreshStatus, judge},
    types::{CheckCertificateStatusResponse, CheckUserStatusResponse},
};
use crate::error::Error;

/// A check of a certificate, to be sent: `check_status(id)` of [`Certificates`](super::Certificates), of either version.
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

    /// How revocation is looked up; by CRL unless set.
    pub fn method(mut self, method: CheckMethod) -> Self {
        self.method = method;
        self
    }

    /// Finds the person behind the certificate and assigns them a user id; not unless set.
    pub fn identify_user(mut self, identify: bool) -> Self {
        self.identify_user = identify;
        self
    }

    /// Chooses the method by how fresh the data has to be, in place of [`method`](Self::method).
    pub fn fresh(self, freshness: Freshness) -> FreshCheck<'c, V> {
        FreshCheck { identify_user: self.identify_user, ..FreshCheck::new(self.client, self.id.into(), freshness) }
    }

    /// Makes the check.
    ///
    /// Repeating it after a lost response makes a second check, which is recorded, reported and, by OCSP, billed again.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the id is not one; [`Error::is_not_found`] when the tenant has no such certificate;
    /// [`ErrorReason::OcspRequestFailed`] when the responder of the certificate authority does not respond; in v2
    /// [`ErrorReason::AssociatedCertificateNotExists`] when the links needed to identify the user are not available.
    pub async fn send(self) -> Result<CheckCertificateStatusResponse, Error> {
        let id = check::id("certificate_id", self.id)?;
        self.client.check_certificate(id, self.method, self.identify_user).await
    }
}

/// A check of the newest certificate of a user, to be sent: `check_status(id)` of [`Users`](super::Users), of either version.
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

    /// The kind of certificate to check. Which one is checked without it is not documented. (That v1 takes it is inferred from v2.)
    pub fn certificate_type(mut self, kind: CertificateType) -> Self {
        self.certificate_type = Some(kind);
        self
    }

    /// How revocation is looked up; by CRL unless set.
    pub fn method(mut self, method: CheckMethod) -> Self {
        self.method = method;
        self
    }

    /// Chooses the method by how fresh the data has to be, in place of [`method`](Self::method).
    pub fn fresh(self, freshness: Freshness) -> FreshCheck<'c, V> {
        FreshCheck::new(self.client, self.id.into(), freshness).certificate_type(self.certificate_type)
    }

    /// Makes the check.
    ///
    /// Repeating it after a lost response makes a second check, which is recorded, reported and, by OCSP, billed again.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the id is not one; [`Error::is_not_found`] when the tenant has no such user, or knows no certificate
    /// of theirs; [`ErrorReason::OcspRequestFailed`] when the responder of the certificate authority does not respond.
    pub async fn send(self) -> Result<CheckUserStatusResponse, Error> {
        let id = check::id("user_id", self.id)?;
        self.client.check_user(id, self.certificate_type, self.method).await
    }
}

/// A check as fresh as needed, to be sent: [`CheckCertificateStatus::fresh`], [`CheckUserStatus::fresh`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is sent"]
pub struct FreshCheck<'c, V = PocketSign> {
    client: &'c V,
    target: Target,
    /// Of certificates only.
    identify_user: bool,
    /// Of users only.
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

    /// When the OCSP inquiry fails, uses the list instead, and says so in [`FreshStatus::fallback`]; not unless set.
    pub fn fall_back_to_crl(mut self, fall_back: bool) -> Self {
        self.fall_back = fall_back;
        self
    }

    /// Makes the check, and says what was used and as of when. When a list turns out to be too old, by the time that its response states,
    /// the responder is asked in a second check; the first is then found in [`FreshStatus::earlier`].
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
    /// As without freshness. A failed OCSP inquiry is an error unless [`fall_back_to_crl`](Self::fall_back_to_crl) is set; any other error
    /// is one in any case. The check by CRL that came before it, if there was one, is in [`CheckError::first_check`].
    pub async fn send(self) -> Result<FreshStatus, CheckError> {
        let judged = |status, method, fallback| judge(status, self.freshness, method, self.client.now(), fallback);
        let mut earlier = None;
        if self.freshness.method_at(self.client.now().time) != CheckMethod::Ocsp {
            let fresh = judged(self.check(CheckMethod::Crl).await?, CheckMethod::Crl, None);
            if fresh.is_fresh || self.freshness == Freshness::Cheapest {
                return Ok(fresh);
            }
            // By the service's own time, known from its response, today's list is not there yet.
            earlier = Some(Box::new(fresh.status));
        }
        let error = match self.check(CheckMethod::Ocsp).await {
            Ok(mut status) => {
                // Whom the first check made, the second finds.
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
