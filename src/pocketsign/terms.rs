//! The meaning of the service's terms; the terms themselves are generated from the documents, one set for both versions.

use chrono::NaiveDate;

use super::{
    HashAlgorithm, RevocationReason,
    types::{CertificateContent, JpkiCardDigitalSignatureContent},
};

impl HashAlgorithm {
    /// Returns the length of a digest in bytes.
    #[must_use]
    pub fn digest_length(&self) -> Option<usize> {
        match self {
            Self::Sha256 => Some(32),
            Self::Sha384 => Some(48),
            Self::Sha512 => Some(64),
            _ => None,
        }
    }
}

impl RevocationReason {
    /// Returns the meaning of the reason under the rules of the Japanese certificate authorities; `None` for reasons that they do not use.
    #[must_use]
    pub fn meaning(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unspecified => "destroyed before it was handed over",
            Self::KeyCompromise => "the user's private key was compromised",
            Self::CaCompromise => "the private key of the certificate authority was compromised",
            Self::AffiliationChanged => "the contents of the certificate have changed",
            Self::Superseded => "the certificate was renewed",
            Self::CessationOfOperation => "the certificate is no longer needed or used",
            Self::CertificateHold => "suspended over doubts about the safety of the private key; a hold is never lifted",
            _ => return None,
        })
    }

    /// Returns the meaning in Japanese, in the wording of the rules.
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

impl CertificateContent {
    /// Returns the four basic attributes (基本4情報) of the person; signing certificates have them.
    #[must_use]
    pub fn attributes(&self) -> Option<&JpkiCardDigitalSignatureContent> {
        self.jpki_card_digital_signature_content.as_ref()
    }
}

impl JpkiCardDigitalSignatureContent {
    /// Returns the birth date. `None` if it is missing or incomplete: for some people the day is not known.
    ///
    /// The returned date is personal data, and is not redacted when printed.
    #[must_use]
    pub fn birth_date(&self) -> Option<NaiveDate> {
        birth_date(self.date_of_birth.as_ref()?.expose())
    }
}

/// An era, then year, month and day.
fn birth_date(text: &str) -> Option<NaiveDate> {
    let date = text.strip_prefix(['1', '2', '3', '4', '5'])?;
    let digits: Vec<u32> = date.chars().map(|digit| digit.to_digit(10)).collect::<Option<_>>()?;
    let &[y1, y2, y3, y4, m1, m2, d1, d2] = &digits[..] else { return None };
    let year = i32::try_from(y1 * 1000 + y2 * 100 + y3 * 10 + y4).ok()?;
    NaiveDate::from_ymd_opt(year, m1 * 10 + m2, d1 * 10 + d2)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::pocketsign::{CertificateType, CheckMethod, CheckPurpose, RevocationStatus, VerificationResult, types};

    /// A word as v2 writes it in a member of one of its types, and as it is read from there.
    fn through<T: serde::de::DeserializeOwned + serde::Serialize>(mut object: Value, member: &str, word: &str) -> (T, Value) {
        object[member] = word.into();
        let read: T = serde_json::from_value(object).unwrap();
        let written = serde_json::to_value(&read).unwrap()[member].clone();
        (read, written)
    }

    #[test]
    fn every_value_is_read_as_either_version_writes_it_and_written_as_v2_does() {
        macro_rules! all_known {
            ($($name:ident: $prefix:literal, $ty:ident.$field:ident = $member:literal;)+) => {
                $(for value in $name::KNOWN {
                    let prefixed = format!("{}{}", $prefix, value.as_str().to_ascii_uppercase());
                    for word in [value.as_str(), &prefixed] {
                        let (read, written) = through::<types::$ty>(json!({"id": "1"}), $member, word);
                        assert_eq!((read.$field.as_ref(), &written), (Some(value), &json!(prefixed)), "{word}");
                    }
                    // By itself, in what a caller stores, it is the plain word.
                    assert_eq!(serde_json::to_value(value).unwrap(), value.as_str());
                })+
            };
        }
        all_known! {
            CheckMethod: "CHECK_METHOD_", CertificateStatus.check_method = "checkMethod";
            CheckPurpose: "CHECK_PURPOSE_", CertificateStatus.check_purpose = "checkPurpose";
            RevocationStatus: "STATUS_", CertificateStatus.status = "status";
            RevocationReason: "CRL_REASON_", CertificateStatus.revocation_reason = "revocationReason";
            CertificateType: "TYPE_", Certificate.type_ = "type";
            HashAlgorithm: "HASH_ALGORITHM_", Verification.hash_algorithm = "hashAlgorithm";
            VerificationResult: "RESULT_", Verification.result = "result";
        }
    }

    #[test]
    fn values_of_tomorrow_survive() {
        for (word, bare, written) in [("CHECK_METHOD_DELTA", "delta", "CHECK_METHOD_DELTA"), ("odd", "odd", "CHECK_METHOD_ODD")] {
            let (read, again) = through::<types::CertificateStatus>(json!({"id": "1"}), "checkMethod", word);
            assert_eq!(read.check_method, Some(CheckMethod::Unknown(bare.to_owned())));
            assert_eq!(again, written);
        }
    }

    #[cfg(feature = "pocketsign-v1")]
    #[test]
    fn the_results_of_the_prose_of_v1_are_read_too() {
        for (prose, result) in [
            ("ok", VerificationResult::Ok),
            ("signature_did_not_match", VerificationResult::SignatureMismatch),
            ("certificate_has_been_revoked", VerificationResult::CertificateRevoked),
            ("certificate_has_expired", VerificationResult::CertificateExpired),
        ] {
            assert_eq!(VerificationResult::from(prose), result);
        }
    }

    #[test]
    fn seven_reasons_have_a_meaning() {
        let with_meaning = RevocationReason::KNOWN.iter().filter(|reason| reason.meaning().is_some() && reason.meaning_ja().is_some());
        assert_eq!(with_meaning.count(), 7);
    }

    #[test]
    fn a_birth_date_is_a_date_or_none() {
        for (text, date) in [("118991201", (1899, 12, 1)), ("319770707", (1977, 7, 7)), ("520240229", (2024, 2, 29))] {
            assert_eq!(birth_date(text), NaiveDate::from_ymd_opt(date.0, date.1, date.2), "{text}");
        }
        for text in ["", "3", "19770707", "319770700", "319770000", "319770230", "919770707", "3197707071", "3+9770707", "3１9770707"] {
            assert_eq!(birth_date(text), None, "{text}");
        }
    }
}
