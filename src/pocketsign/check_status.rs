//! The revocation checks of both versions: by a method, or as fresh as needed.

use futures_util::future::BoxFuture;

use super::{
    CertificateId, CertificateStatus, CertificateType, CheckMethod, ErrorReason, Freshness, UserId, Version, check,
    freshness::{FreshStatus, judge},
};
use crate::error::Error;

/// A check of a certificate, to be sent: `check_status(id)` of [`v1::Certificates`](super::v1::Certificates) and
/// [`v2::Certificates`](super::v2::Certificates).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is sent"]
pub struct CheckCertificateStatus<'c, V> {
    client: &'c V,
    id: CertificateId,
    method: Option<CheckMethod>,
    identify_user: bool,
}

impl<'c, V: Version> CheckCertificateStatus<'c, V> {
    pub(super) fn new(client: &'c V, id: CertificateId) -> Self {
        Self { client, id, method: None, identify_user: false }
    }

    /// How revocation is looked up; by CRL unless set.
    pub fn method(mut self, method: CheckMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// Finds the person behind the certificate and gives them a user id; not unless set.
    pub fn identify_user(mut self, identify: bool) -> Self {
        self.identify_user = identify;
        self
    }

    /// Chooses the method by how fresh the data has to be, in place of [`method`](Self::method).
    pub fn fresh(self, freshness: Freshness) -> FreshCheck<'c, V> {
        FreshCheck::new(self.client, Target::Certificate(self.id, self.identify_user), freshness)
    }

    /// Makes the check.
    ///
    /// Repeating it after a lost answer makes a second check, which is recorded, reported and by OCSP billed again.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the id is none; [`Error::is_not_found`] when the tenant has no such certificate;
    /// [`ErrorReason::OcspRequestFailed`] when the responder of the certificate authority does not answer; in v2
    /// [`ErrorReason::AssociatedCertificateNotExists`] when the links that identifying the user takes cannot be had.
    pub async fn send(self) -> Result<V::CertificateCheck, Error> {
        let id = check::id("certificate_id", self.id)?;
        self.client.check_certificate(id, self.method, self.identify_user).await
    }
}

/// A check of the newest certificate of a user, to be sent: `check_status(id)` of [`v1::Users`](super::v1::Users) and
/// [`v2::Users`](super::v2::Users).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is sent"]
pub struct CheckUserStatus<'c, V> {
    client: &'c V,
    id: UserId,
    kind: Option<CertificateType>,
    method: Option<CheckMethod>,
}

impl<'c, V: Version> CheckUserStatus<'c, V> {
    pub(super) fn new(client: &'c V, id: UserId) -> Self {
        Self { client, id, kind: None, method: None }
    }

    /// The kind of certificate to look at. What is looked at without it is not documented. (That v1 takes it is inferred from v2.)
    pub fn certificate_type(mut self, kind: CertificateType) -> Self {
        self.kind = Some(kind);
        self
    }

    /// How revocation is looked up; by CRL unless set.
    pub fn method(mut self, method: CheckMethod) -> Self {
        self.method = Some(method);
        self
    }

    /// Chooses the method by how fresh the data has to be, in place of [`method`](Self::method).
    pub fn fresh(self, freshness: Freshness) -> FreshCheck<'c, V> {
        FreshCheck::new(self.client, Target::User(self.id, self.kind), freshness)
    }

    /// Makes the check.
    ///
    /// Repeating it after a lost answer makes a second check, which is recorded, reported and by OCSP billed again.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the id is none; [`Error::is_not_found`] when the tenant has no such user, or knows no certificate of
    /// theirs; [`ErrorReason::OcspRequestFailed`] when the responder of the certificate authority does not answer.
    pub async fn send(self) -> Result<V::UserCheck, Error> {
        let id = check::id("user_id", self.id)?;
        self.client.check_user(id, self.kind, self.method).await
    }
}

#[derive(Clone, Debug)]
enum Target {
    Certificate(CertificateId, bool),
    User(UserId, Option<CertificateType>),
}

/// A check as fresh as needed, to be sent: [`CheckCertificateStatus::fresh`], [`CheckUserStatus::fresh`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is sent"]
pub struct FreshCheck<'c, V> {
    client: &'c V,
    target: Target,
    freshness: Freshness,
    fall_back: bool,
}

impl<'c, V: Version> FreshCheck<'c, V> {
    fn new(client: &'c V, target: Target, freshness: Freshness) -> Self {
        Self { client, target, freshness, fall_back: false }
    }

    /// When the OCSP inquiry fails, looks into the list instead, and says so in [`FreshStatus::fallback`]; not unless set.
    pub fn fall_back_to_crl(mut self, fall_back: bool) -> Self {
        self.fall_back = fall_back;
        self
    }

    /// Makes the check, and tells what was used and as of when. When a list turns out to be too old, by the time that its answer states, the
    /// responder is asked in a second check; the first is then found in [`FreshStatus::earlier`].
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV2) -> Result<(), shomei::Error> {
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
    /// is one in any case. The check by CRL that came before it, if there was one, is found in [`Error::pocketsign_first_check`].
    pub async fn send(self) -> Result<FreshStatus, Error> {
        let judged = |status, method, fallback| judge(status, self.freshness, method, self.client.now(), fallback);
        let mut earlier = None;
        if self.freshness.method_at(self.client.now().time) != CheckMethod::Ocsp {
            let fresh = judged(self.check(CheckMethod::Crl).await?, CheckMethod::Crl, None);
            if fresh.is_fresh || self.freshness == Freshness::Cheapest {
                return Ok(fresh);
            }
            // By the service's own time, known from its answer, today's list is not there yet.
            earlier = Some(fresh.status);
        }
        let failure = match self.check(CheckMethod::Ocsp).await {
            Ok(mut status) => {
                // Whom the first check made, the second finds.
                if earlier.as_ref().is_some_and(|earlier| earlier.is_new_user == Some(true)) {
                    status.is_new_user = Some(true);
                }
                let earlier = earlier.map(Box::new);
                return Ok(FreshStatus { earlier, ..judged(status, CheckMethod::Ocsp, None) });
            }
            Err(error) => error,
        };
        if !(self.fall_back && failure.pocketsign_reason() == Some(ErrorReason::OcspRequestFailed)) {
            return Err(match earlier {
                Some(earlier) => failure.with_evidence(earlier),
                None => failure,
            });
        }
        let status = match earlier {
            Some(earlier) => earlier,
            None => self.check(CheckMethod::Crl).await?,
        };
        Ok(judged(status, CheckMethod::Crl, Some(failure)))
    }

    fn check(&self, method: CheckMethod) -> BoxFuture<'static, Result<CertificateStatus, Error>> {
        let (client, target) = (self.client.clone(), self.target.clone());
        Box::pin(async move {
            Ok(match target {
                Target::Certificate(id, identify_user) => {
                    client.check_certificate(check::id("certificate_id", id)?, Some(method), identify_user).await?.into()
                }
                Target::User(id, kind) => client.check_user(check::id("user_id", id)?, kind, Some(method)).await?.into(),
            })
        })
    }
}
