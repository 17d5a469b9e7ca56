//! The outcome of a revocation check, the same for both versions.

use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CertificateId, CertificateStatusId, CertificateType, CheckMethod, CheckPurpose, RevocationReason, RevocationStatus, UserId,
    v1::types as v1,
    v2::{CertificateState, types as v2},
};

/// The outcome of one revocation check (証明書失効状態の確認結果), whichever version gave it.
///
/// It holds no personal data and can be stored as evidence. What the service left out is `None`; a state it left out is never `Good`.
///
/// ```
/// # use shomei::pocketsign::{CertificateStatus, v2};
/// let answer: v2::types::CheckCertificateStatusResponse = serde_json::from_str("{}")?;
/// let status = CertificateStatus::from(answer);
/// assert!(!status.is_good() && !status.is_revoked());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CertificateStatus {
    /// The id of this check (証明書失効確認ID).
    pub id: Option<CertificateStatusId>,
    /// Whether the certificate was revoked.
    pub state: RevocationStatus,
    /// Why it was revoked. v2 cannot tell the reason `unspecified` from none.
    pub reason: Option<RevocationReason>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// How it was looked up.
    pub method: Option<CheckMethod>,
    /// Why it was looked up.
    pub purpose: Option<CheckPurpose>,
    /// The age of the data: the thisUpdate of the list or of the responder's answer. A list that does not name the certificate gives none.
    pub source_updated_at: Option<DateTime<Utc>>,
    /// When the check was made.
    pub checked_at: Option<DateTime<Utc>>,
    /// The certificate, where the answer says which.
    pub certificate: Option<CertificateId>,
    /// The kind of the certificate, where the answer says so.
    pub certificate_type: Option<CertificateType>,
    /// Whether the certificate is of the current generation (現行世代): of a user's certificates of one kind the one issued last. One whose
    /// user is not identified counts as old. v1 only.
    pub latest: Option<bool>,
    /// The state of the certificate beyond revocation, such as expired, where the answer says so: newer releases of v2, for users.
    #[serde(default)]
    pub certificate_state: Option<CertificateState>,
    /// The user behind the certificate, where the answer says who.
    pub user: Option<UserId>,
    /// Whether this check made the user.
    pub is_new_user: Option<bool>,
}

impl CertificateStatus {
    /// The service said that the certificate was not revoked.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.state == RevocationStatus::Good
    }

    /// The service said that the certificate was revoked.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.state == RevocationStatus::Revoked
    }

    /// What is not plainly good is not good: a certificate that was not revoked has no time of its revocation, and no reason for it. The
    /// first value of the service's enumerations, "unspecified", stands for none too.
    fn with_state(mut self, told: Option<RevocationStatus>) -> Self {
        self.state = told.unwrap_or_else(|| RevocationStatus::Unknown(String::new()));
        if self.is_good() {
            self.reason.take_if(|reason| *reason == RevocationReason::Unspecified);
            if self.reason.is_some() || self.revoked_at.is_some() {
                self.state = RevocationStatus::Unknown("good, but with what only a revocation has".to_owned());
            }
        }
        self
    }

    /// What is known when the service leaves everything out.
    fn unstated() -> Self {
        Self {
            id: None,
            state: RevocationStatus::Unknown(String::new()),
            reason: None,
            revoked_at: None,
            method: None,
            purpose: None,
            source_updated_at: None,
            checked_at: None,
            certificate: None,
            certificate_type: None,
            latest: None,
            certificate_state: None,
            user: None,
            is_new_user: None,
        }
    }
}

/// The zero time of the service's language stands for none; a year of more than four digits is no time that anyone states.
fn stated(at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    at.filter(|at| (2..=9999).contains(&at.year()))
}

impl From<v1::CertificateStatus> for CertificateStatus {
    fn from(status: v1::CertificateStatus) -> Self {
        Self {
            id: Some(status.id.into()),
            reason: status.revocation_reason.map(Into::into),
            revoked_at: stated(status.revoked_at),
            method: status.check_method.map(Into::into),
            purpose: status.check_purpose.map(Into::into),
            source_updated_at: stated(status.source_updated_at),
            checked_at: stated(status.created_at),
            ..Self::unstated()
        }
        .with_state(status.status.map(Into::into))
    }
}

impl From<v2::CertificateStatus> for CertificateStatus {
    fn from(status: v2::CertificateStatus) -> Self {
        Self {
            id: Some(status.id),
            reason: status.revocation_reason.map(Into::into),
            revoked_at: stated(status.revoked_at),
            method: status.check_method.map(Into::into),
            purpose: status.check_purpose.map(Into::into),
            source_updated_at: stated(status.source_updated_at),
            checked_at: stated(status.created_at),
            ..Self::unstated()
        }
        .with_state(status.status.map(Into::into))
    }
}

impl From<v1::CertificateStatusRecord> for CertificateStatus {
    fn from(record: v1::CertificateStatusRecord) -> Self {
        record.certificate_status.map_or_else(Self::unstated, Into::into)
    }
}

impl From<v2::GetCertificateStatusResponse> for CertificateStatus {
    fn from(record: v2::GetCertificateStatusResponse) -> Self {
        record.certificate_status.map_or_else(Self::unstated, Into::into)
    }
}

impl CertificateStatus {
    pub(super) fn of_v1(
        status: Option<v1::CertificateStatus>,
        certificate: Option<v1::Certificate>,
        user: Option<v1::User>,
        is_new_user: Option<bool>,
    ) -> Self {
        let mut known = status.map_or_else(Self::unstated, Self::from);
        if let Some(certificate) = certificate {
            known.certificate = Some(certificate.id.into());
            known.certificate_type = certificate.type_.map(Into::into);
            known.latest = certificate.latest;
        }
        Self { user: user.map(|user| user.id.into()), is_new_user, ..known }
    }

    pub(super) fn of_v2(
        status: Option<v2::CertificateStatus>,
        certificate: Option<v2::Certificate>,
        user: Option<v2::User>,
        is_new_user: Option<bool>,
    ) -> Self {
        let mut known = status.map_or_else(Self::unstated, Self::from);
        if let Some(certificate) = certificate {
            known.certificate = Some(certificate.id);
            known.certificate_type = certificate.type_.map(Into::into);
        }
        // v2 leaves `false` out.
        let is_new_user = is_new_user.or_else(|| user.is_some().then_some(false));
        Self { user: user.map(|user| user.id), is_new_user, ..known }
    }
}

impl From<v1::CheckCertificateStatusResponse> for CertificateStatus {
    fn from(answer: v1::CheckCertificateStatusResponse) -> Self {
        Self::of_v1(answer.certificate_status, answer.certificate, answer.user, answer.is_new_user)
    }
}

impl From<v1::CheckCertificateStatusByContentResponse> for CertificateStatus {
    fn from(answer: v1::CheckCertificateStatusByContentResponse) -> Self {
        Self::of_v1(answer.certificate_status, answer.certificate, answer.user, answer.is_new_user)
    }
}

impl From<v1::CheckUserStatusResponse> for CertificateStatus {
    fn from(answer: v1::CheckUserStatusResponse) -> Self {
        Self::of_v1(answer.certificate_status, answer.certificate, answer.user, None)
    }
}

impl From<v2::CheckCertificateStatusResponse> for CertificateStatus {
    fn from(answer: v2::CheckCertificateStatusResponse) -> Self {
        Self::of_v2(answer.certificate_status, answer.certificate, answer.user, answer.is_new_user)
    }
}

impl From<v2::CheckUserStatusResponse> for CertificateStatus {
    fn from(answer: v2::CheckUserStatusResponse) -> Self {
        let known = Self::of_v2(answer.certificate_status, answer.certificate, answer.user, None);
        Self { is_new_user: None, certificate_state: answer.certificate_state, ..known }
    }
}

/// The revocation check that was part of a verification; of unknown state where the verification ended before it.
impl From<v1::VerifyResponse> for CertificateStatus {
    fn from(answer: v1::VerifyResponse) -> Self {
        Self::of_v1(answer.certificate_status, answer.certificate, answer.user, answer.is_new_user)
    }
}

/// The revocation check that was part of a verification; of unknown state where the verification ended before it.
impl From<v2::VerifyResponse> for CertificateStatus {
    fn from(answer: v2::VerifyResponse) -> Self {
        Self::of_v2(answer.certificate_status, answer.certificate, answer.user, answer.is_new_user)
    }
}

/// The revocation check that was part of a stored verification.
impl From<v1::VerificationRecord> for CertificateStatus {
    fn from(record: v1::VerificationRecord) -> Self {
        Self::of_v1(record.certificate_status, record.certificate, record.user, None)
    }
}

/// The revocation check that was part of a stored verification.
impl From<v2::GetVerificationResponse> for CertificateStatus {
    fn from(record: v2::GetVerificationResponse) -> Self {
        Self { is_new_user: None, ..Self::of_v2(record.certificate_status, record.certificate, record.user, None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However the service writes that a certificate is good, or does not: what both versions make of it.
    fn states(members: &str) -> [Option<bool>; 2] {
        let v1 = format!(r#"{{"id":"1","status":"good"{members}}}"#);
        let v2 = format!(r#"{{"id":"1","status":"STATUS_GOOD"{members}}}"#);
        [
            serde_json::from_str::<v1::CertificateStatus>(&v1).ok().map(|status| CertificateStatus::from(status).is_good()),
            serde_json::from_str::<v2::CertificateStatus>(&v2).ok().map(|status| CertificateStatus::from(status).is_good()),
        ]
    }

    #[test]
    fn what_is_not_plainly_good_is_not_good() {
        for good in ["", r#","revokedAt":null"#, r#","revokedAt":"0001-01-01T00:00:00Z""#, r#","revocationReason":null"#, r#","else":1"#] {
            assert!(states(good).contains(&Some(true)) && !states(good).contains(&Some(false)), "{good}: {:?}", states(good));
        }
        for contradiction in [
            r#","revoked_at":"2024-05-01T00:00:00Z""#,
            r#","revocation_reason":"key_compromise""#,
            r#","revocation_reason":"CRL_REASON_KEY_COMPROMISE""#,
            r#","revocation_reason":"a reason of tomorrow""#,
        ] {
            assert_eq!(states(contradiction), [Some(false); 2], "{contradiction}");
        }
        for unreadable in [
            r#","status":"good""#,
            r#","status":"revoked""#,
            r#","revoked_at":"2024-05-01 00:00:00""#,
            r#","revoked_at":"""#,
            r#","revoked_at":1714521600"#,
            r#","revocation_reason":[]"#,
            r#","revocation_reason":1"#,
        ] {
            assert_eq!(states(unreadable), [None; 2], "{unreadable}");
        }
        for status in ["null", "true", "1", "[]", "[\"good\"]", "{}", "\"GOOD\"", "\" good\"", "\"\"", "\"goodish\""] {
            let json = format!(r#"{{"id":"1","status":{status}}}"#);
            let v1 = serde_json::from_str::<v1::CertificateStatus>(&json).map(|status| CertificateStatus::from(status).is_good());
            let v2 = serde_json::from_str::<v2::CertificateStatus>(&json).map(|status| CertificateStatus::from(status).is_good());
            assert!(!v1.is_ok_and(|good| good) && !v2.is_ok_and(|good| good), "{status}");
        }
        assert!(serde_json::from_str::<v1::CheckCertificateStatusResponse>(r#"{"certificate_status":["1","good"]}"#).is_err());
        assert!(serde_json::from_str::<v2::CheckCertificateStatusResponse>(r#"{"certificateStatus":["1","STATUS_GOOD"]}"#).is_err());
    }
}
