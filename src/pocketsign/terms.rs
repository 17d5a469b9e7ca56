//! The words of the service, one set for both versions: methods, purposes, kinds, reasons, outcomes.
//!
//! Values read as v1 writes them (`key_compromise`); v2's `CRL_REASON_KEY_COMPROMISE` is the same value.

use crate::{
    generated::{pocketsign_verify_v1::vocabulary as v1, pocketsign_verify_v2::vocabulary as v2},
    open_enum::open_enum,
};

open_enum! { exact
    /// How revocation is looked up (証明書の失効状態を確認する手段). Both methods rest on the same data of the certificate authority;
    /// they differ in how old it is, and in price. [`Freshness`](super::Freshness) chooses for you.
    CheckMethod {
        /// In the list (CRL) that the service fetches every morning at about 7:30 Japan time. Until then, and for the 5 to 10 minutes that
        /// replacing it takes, the list of the day before is used.
        Crl = "crl",
        /// By asking the responder of the certificate authority each time: the way to be sure of the revocations of the same day.
        Ocsp = "ocsp",
    }
}

open_enum! { exact
    /// Why revocation was looked up (証明書の失効状態を確認する目的). The service records it, reports it to the authorities concerned, and
    /// reckons its fees by it.
    CheckPurpose {
        /// 署名検証: in the course of a verification.
        SignatureVerification = "signature_verification",
        /// 現況確認: every other check.
        LivenessCheck = "liveness_check",
    }
}

open_enum! { exact
    /// Whether a certificate was revoked (証明書の失効状態). Expiry is not part of it: an expired certificate may well be `good`.
    RevocationStatus {
        /// Not revoked.
        Good = "good",
        /// Revoked.
        Revoked = "revoked",
    }
}

open_enum! { exact
    /// The kind of a certificate (証明書種別).
    CertificateType {
        /// 署名用電子証明書 on a My Number card: it states name, address, birth date and gender, and is revoked when one of them changes.
        JpkiCardDigitalSignature = "jpki_card_digital_signature",
        /// 利用者証明用電子証明書 on a My Number card: it states nothing about the person.
        JpkiCardUserAuthentication = "jpki_card_user_authentication",
        /// The same for signing on a smartphone; newer releases of v2.
        JpkiMobileDigitalSignature = "jpki_mobile_digital_signature",
        /// The same for authentication on a smartphone; newer releases of v2.
        JpkiMobileUserAuthentication = "jpki_mobile_user_authentication",
    }
}

open_enum! { exact
    /// The hash algorithm of a signature.
    HashAlgorithm {
        /// SHA-256, 32 bytes.
        Sha256 = "sha256",
        /// SHA-384, 48 bytes.
        Sha384 = "sha384",
        /// SHA-512, 64 bytes.
        Sha512 = "sha512",
    }
}

open_enum! { exact
    /// The outcome of a verification. The first step that fails decides, in the order expired, mismatch, revoked; hence neither an
    /// expired certificate nor a mismatch has a revocation check.
    VerificationResult {
        /// The signature is the certificate's, and the certificate holds.
        Ok = "ok",
        /// The signature was not made with the certificate's key, or not over this digest.
        SignatureMismatch = "signature_mismatch",
        /// The certificate is revoked.
        CertificateRevoked = "certificate_revoked",
        /// The certificate is outside its validity.
        CertificateExpired = "certificate_expired",
    }
}

open_enum! { exact
    /// Why a certificate was revoked (失効事由), after RFC 5280, section 5.3.1.
    ///
    /// Seven have a meaning under the rules of the Japanese certificate authorities (署名用認証局運用規程 and 利用者証明用認証局運用規程 of
    /// J-LIS, 4.9.9), see [`meaning`](Self::meaning); the other three are listed without one.
    RevocationReason {
        /// 交付前に破棄した: destroyed before it was handed over. v2 leaves it out of its JSON, so that there it reads as no reason at all.
        Unspecified = "unspecified",
        /// 利用者の秘密鍵が危殆化した: the user's private key was compromised.
        KeyCompromise = "key_compromise",
        /// CAの秘密鍵が危殆化した: the private key of the certificate authority was compromised.
        CaCompromise = "ca_compromise",
        /// 証明書の記載内容に変更が生じた: what the certificate states has changed, such as name or address. Confirm them anew.
        AffiliationChanged = "affiliation_changed",
        /// 証明書を更新した: the certificate was renewed; the person has a newer one.
        Superseded = "superseded",
        /// 証明書の必要性がなくなった: it is no longer needed or used.
        CessationOfOperation = "cessation_of_operation",
        /// 秘密鍵の安全性に疑義が生じたため、証明書を一時的に保留した: suspended over doubts about the key. In Japan a hold is never lifted.
        CertificateHold = "certificate_hold",
        /// Listed without a meaning.
        RemoveFromCrl = "remove_from_crl",
        /// Listed without a meaning.
        PrivilegeWithdrawn = "privilege_withdrawn",
        /// Listed without a meaning.
        AaCompromise = "aa_compromise",
    }
}

impl HashAlgorithm {
    /// How many bytes a digest has.
    #[must_use]
    pub fn digest_length(&self) -> Option<usize> {
        match self {
            Self::Sha256 => Some(32),
            Self::Sha384 => Some(48),
            Self::Sha512 => Some(64),
            Self::Unknown(_) => None,
        }
    }
}

impl RevocationReason {
    /// What the reason means under the rules of the Japanese certificate authorities; `None` for what they do not use.
    #[must_use]
    pub fn meaning(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unspecified => "destroyed before it was handed over",
            Self::KeyCompromise => "the user's private key was compromised",
            Self::CaCompromise => "the private key of the certificate authority was compromised",
            Self::AffiliationChanged => "what the certificate states has changed",
            Self::Superseded => "the certificate was renewed",
            Self::CessationOfOperation => "the certificate is no longer needed or used",
            Self::CertificateHold => "suspended over doubts about the safety of the private key; a hold is never lifted",
            _ => return None,
        })
    }

    /// The same in the words of the rules.
    #[must_use]
    pub fn meaning_ja(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unspecified => "交付前に破棄した",
            Self::KeyCompromise => "利用者の秘密鍵が危殆化した",
            Self::CaCompromise => "CAの秘密鍵が危殆化した",
            Self::AffiliationChanged => "証明書の記載内容に変更が生じた",
            Self::Superseded => "証明書を更新した",
            Self::CessationOfOperation => "証明書の必要性がなくなった(使用しなくなった)",
            Self::CertificateHold => "秘密鍵の安全性に疑義が生じたため、証明書を一時的に保留した(一時保留の解除は行わない)",
            _ => return None,
        })
    }
}

/// `CHECK_METHOD_CRL` as `crl`; a value without the prefix stays as it is.
fn bare(value: &str, prefix: &str) -> String {
    match value.strip_prefix(prefix) {
        Some(rest) if !prefix.is_empty() => rest.to_ascii_lowercase(),
        _ => value.to_owned(),
    }
}

/// `crl` as `CHECK_METHOD_CRL`.
fn prefixed(value: &str, prefix: &str) -> String {
    if prefix.is_empty() { value.to_owned() } else { format!("{prefix}{}", value.to_ascii_uppercase()) }
}

macro_rules! written_as {
    ($($name:ident: $v1:literal $v2:literal;)+) => {
        $(
            impl From<v1::$name> for $name {
                fn from(value: v1::$name) -> Self {
                    Self::from(bare(value.as_str(), $v1))
                }
            }

            impl From<v2::$name> for $name {
                fn from(value: v2::$name) -> Self {
                    Self::from(bare(value.as_str(), $v2))
                }
            }

            impl From<$name> for v1::$name {
                fn from(value: $name) -> Self {
                    Self::from(prefixed(value.as_str(), $v1))
                }
            }

            impl From<$name> for v2::$name {
                fn from(value: $name) -> Self {
                    Self::from(prefixed(value.as_str(), $v2))
                }
            }
        )+
    };
}

written_as! {
    CheckMethod: "" "CHECK_METHOD_";
    CheckPurpose: "" "CHECK_PURPOSE_";
    RevocationStatus: "" "STATUS_";
    CertificateType: "" "TYPE_";
    HashAlgorithm: "" "HASH_ALGORITHM_";
    VerificationResult: "RESULT_" "RESULT_";
    RevocationReason: "" "CRL_REASON_";
}

macro_rules! same_ids {
    ($($name:ident),+) => {
        $(
            impl From<v1::$name> for v2::$name {
                fn from(id: v1::$name) -> Self {
                    Self(id.0)
                }
            }

            impl From<v2::$name> for v1::$name {
                fn from(id: v2::$name) -> Self {
                    Self(id.0)
                }
            }
        )+
    };
}

same_ids!(CertificateId, CertificateStatusId, UserId, VerificationId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_write_every_value_of_the_document() {
        macro_rules! all_known {
            ($($name:ident),+) => {
                $(for value in $name::KNOWN {
                    assert_eq!($name::from(v1::$name::from(value.clone())), *value);
                    let written = v2::$name::from(value.clone());
                    assert!(!matches!(written, v2::$name::Unknown(_)), "{written}");
                    assert_eq!($name::from(written), *value);
                })+
            };
        }
        all_known!(CheckMethod, CheckPurpose, RevocationStatus, CertificateType, HashAlgorithm, VerificationResult, RevocationReason);
        for value in v1::RevocationReason::KNOWN {
            assert!(!matches!(RevocationReason::from(value.clone()), RevocationReason::Unknown(_)));
        }
    }

    #[test]
    fn values_of_tomorrow_survive() {
        let tomorrow = CheckMethod::from(v2::CheckMethod::from("CHECK_METHOD_DELTA"));
        assert_eq!(tomorrow, CheckMethod::Unknown("delta".to_owned()));
        assert_eq!(v2::CheckMethod::from(tomorrow).as_str(), "CHECK_METHOD_DELTA");
        assert_eq!(CheckMethod::from(v2::CheckMethod::from("odd")).as_str(), "odd");
    }

    #[test]
    fn the_results_of_the_prose_of_v1_are_read_too() {
        for (prose, result) in [
            ("ok", VerificationResult::Ok),
            ("signature_did_not_match", VerificationResult::SignatureMismatch),
            ("certificate_has_been_revoked", VerificationResult::CertificateRevoked),
            ("certificate_has_expired", VerificationResult::CertificateExpired),
        ] {
            assert_eq!(VerificationResult::from(v1::VerificationResult::from(prose)), result);
        }
    }

    #[test]
    fn seven_reasons_have_a_meaning() {
        let with_meaning = RevocationReason::KNOWN.iter().filter(|reason| reason.meaning().is_some() && reason.meaning_ja().is_some());
        assert_eq!(with_meaning.count(), 7);
    }
}
