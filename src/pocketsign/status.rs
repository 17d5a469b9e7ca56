//! The outcome of a revocation check.

use chrono::{DateTime, Datelike as _, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CertificateId, CertificateState, CertificateStatusId, CertificateType, CheckMethod, CheckPurpose, RevocationReason, RevocationStatus,
    UserId, types,
};

/// The outcome of one revocation check (証明書失効状態の確認結果), from any of the calls that make one.
///
/// It holds no personal data and can be stored as evidence. A value that the service omitted is `None`; an omitted state is never `Good`.
///
/// ```
/// # use shomei::pocketsign::{CertificateStatus, types::CheckCertificateStatusResponse};
/// let response: CheckCertificateStatusResponse = serde_json::from_str("{}")?;
/// let status = CertificateStatus::from(response);
/// assert!(!status.is_good() && !status.is_revoked());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CertificateStatus {
    /// The id of this check (証明書失効確認ID).
    pub id: Option<CertificateStatusId>,
    /// Whether the certificate was revoked; `Unspecified` if the service did not say.
    pub state: RevocationStatus,
    /// Why it was revoked. In v2, the reason `unspecified` is indistinguishable from none.
    pub reason: Option<RevocationReason>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The method of the check.
    pub method: Option<CheckMethod>,
    /// The purpose of the check.
    pub purpose: Option<CheckPurpose>,
    /// The date of the data: `thisUpdate` of the list or of the OCSP response. Missing for a list that does not contain the certificate.
    pub source_updated_at: Option<DateTime<Utc>>,
    /// When the check was made.
    pub checked_at: Option<DateTime<Utc>>,
    /// The certificate, if the response names it.
    pub certificate: Option<CertificateId>,
    /// The type of the certificate, if the response states it.
    pub certificate_type: Option<CertificateType>,
    /// Whether the certificate is of the current generation (現行世代): the last one issued to its user for its type. A certificate without an
    /// identified user counts as old. v1 only.
    #[cfg(feature = "pocketsign-v1")]
    pub latest: Option<bool>,
    /// The state of the certificate beyond revocation, such as expired, if the response states it: newer releases of v2, for users.
    #[serde(default)]
    pub certificate_state: Option<CertificateState>,
    /// The user behind the certificate, if the response names them.
    pub user: Option<UserId>,
    /// Whether this check created the user.
    pub is_new_user: Option<bool>,
}

impl CertificateStatus {
    /// Returns whether the service said that the certificate was not revoked.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.state == RevocationStatus::Good
    }

    /// Returns whether the service said that the certificate was revoked.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.state == RevocationStatus::Revoked
    }

    /// Sets the state. Only an unambiguous `good` counts as good: a certificate that was not revoked has no revocation time and no reason.
    /// The first value of the service's enumerations, "unspecified", also stands for none.
    fn with_state(mut self, stated: Option<RevocationStatus>) -> Self {
        self.state = stated.unwrap_or(RevocationStatus::Unspecified);
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
            state: RevocationStatus::Unspecified,
            reason: None,
            revoked_at: None,
            method: None,
            purpose: None,
            source_updated_at: None,
            checked_at: None,
            certificate: None,
            certificate_type: None,
            #[cfg(feature = "pocketsign-v1")]
            latest: None,
            certificate_state: None,
            user: None,
            is_new_user: None,
        }
    }
}

/// The zero time of the service's language stands for none; a year of more than four digits is not a real time.
fn stated(at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    at.filter(|at| (2..=9999).contains(&at.year()))
}

impl From<types::CertificateStatus> for CertificateStatus {
    fn from(status: types::CertificateStatus) -> Self {
        Self {
            id: Some(status.id),
            reason: status.revocation_reason,
            revoked_at: stated(status.revoked_at),
            method: status.check_method,
            purpose: status.check_purpose,
            source_updated_at: stated(status.source_updated_at),
            checked_at: stated(status.created_at),
            ..Self::unstated()
        }
        .with_state(status.status)
    }
}

impl From<types::GetCertificateStatusResponse> for CertificateStatus {
    fn from(record: types::GetCertificateStatusResponse) -> Self {
        record.certificate_status.map_or_else(Self::unstated, Into::into)
    }
}

impl CertificateStatus {
    fn of(status: Option<types::CertificateStatus>, certificate: Option<types::Certificate>, user: Option<types::User>) -> Self {
        let mut known = status.map_or_else(Self::unstated, Self::from);
        if let Some(certificate) = certificate {
            known.certificate = Some(certificate.id);
            known.certificate_type = certificate.type_;
            #[cfg(feature = "pocketsign-v1")]
            {
                known.latest = certificate.latest;
            }
        }
        Self { user: user.map(|user| user.id), ..known }
    }

    /// After a call that may create the user. v2 omits `false`.
    fn with_new_user(self, is_new_user: Option<bool>) -> Self {
        Self { is_new_user: is_new_user.or_else(|| self.user.is_some().then_some(false)), ..self }
    }
}

impl From<types::CheckCertificateStatusResponse> for CertificateStatus {
    fn from(response: types::CheckCertificateStatusResponse) -> Self {
        Self::of(response.certificate_status, response.certificate, response.user).with_new_user(response.is_new_user)
    }
}

#[cfg(feature = "pocketsign-v1")]
impl From<super::v1::types::CheckCertificateStatusByContentResponse> for CertificateStatus {
    fn from(response: super::v1::types::CheckCertificateStatusByContentResponse) -> Self {
        Self::of(response.certificate_status, response.certificate, response.user).with_new_user(response.is_new_user)
    }
}

impl From<types::CheckUserStatusResponse> for CertificateStatus {
    fn from(response: types::CheckUserStatusResponse) -> Self {
        let known = Self::of(response.certificate_status, response.certificate, response.user);
        Self { certificate_state: response.certificate_state, ..known }
    }
}

/// The revocation check that was part of a verification; its state is unspecified if the verification ended before it.
impl From<types::VerifyResponse> for CertificateStatus {
    fn from(response: types::VerifyResponse) -> Self {
        Self::of(response.certificate_status, response.certificate, response.user).with_new_user(response.is_new_user)
    }
}

/// The revocation check that was part of a stored verification.
impl From<types::GetVerificationResponse> for CertificateStatus {
    fn from(record: types::GetVerificationResponse) -> Self {
        Self::of(record.certificate_status, record.certificate, record.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_good(json: &str) -> Option<bool> {
        serde_json::from_str::<types::CertificateStatus>(json).ok().map(|status| CertificateStatus::from(status).is_good())
    }

    /// However the service writes that a certificate is good, or does not: what is made of it, of v1 and of v2.
    fn states(members: &str) -> [Option<bool>; 2] {
        ["good", "STATUS_GOOD"].map(|word| is_good(&format!(r#"{{"id":"1","status":"{word}"{members}}}"#)))
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
            assert!(!is_good(&json).is_some_and(|good| good), "{status}");
        }
        assert!(serde_json::from_str::<types::CheckCertificateStatusResponse>(r#"{"certificate_status":["1","good"]}"#).is_err());
        assert!(serde_json::from_str::<types::CheckCertificateStatusResponse>(r#"{"certificateStatus":["1","STATUS_GOOD"]}"#).is_err());
    }
}
