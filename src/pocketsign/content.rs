//! What a certificate states, the same for both versions.

use chrono::{DateTime, Utc};

use super::{v1::types as v1, v2::types as v2};
use crate::secret::Redacted;

/// What a certificate states (証明書記載内容). The service gives it only in answer to the call that sent the certificate, never again.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CertificateContent {
    /// The distinguished name of the subject.
    pub subject: Option<Redacted<String>>,
    /// The first moment of its validity.
    pub not_before: Option<DateTime<Utc>>,
    /// The last moment of its validity.
    pub not_after: Option<DateTime<Utc>>,
    /// Where its revocation list is published. It names the municipality that issued the card.
    pub crl_distribution_point: Option<Redacted<String>>,
    /// The basic four attributes (基本4情報); of signing certificates only.
    pub attributes: Option<PersonalAttributes>,
}

/// The basic four attributes (基本4情報) of a person, each with its replaced characters.
///
/// The strings of replaced characters have a digit for each character of the name or address: `1` where a character that certificates
/// cannot hold was replaced by another. Show such a name to the person before you print it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PersonalAttributes {
    /// 氏名.
    pub name: Option<Redacted<String>>,
    /// Which characters of the name were replaced.
    pub name_substitutes: Option<Redacted<String>>,
    /// 性別: by the convention of JPKI `1` male, `2` female, `3` other or unknown.
    pub gender: Option<Redacted<String>>,
    /// 生年月日: a digit for the era (1 Meiji, 2 Taisho, 3 Showa, 4 Heisei, 5 Reiwa), then year, month and day of the Gregorian calendar.
    pub date_of_birth: Option<Redacted<String>>,
    /// 住所.
    pub address: Option<Redacted<String>>,
    /// Which characters of the address were replaced.
    pub address_substitutes: Option<Redacted<String>>,
}

impl From<v1::CertificateContent> for CertificateContent {
    fn from(content: v1::CertificateContent) -> Self {
        Self {
            subject: content.subject,
            not_before: content.validity.as_ref().and_then(|validity| validity.not_before),
            not_after: content.validity.as_ref().and_then(|validity| validity.not_after),
            crl_distribution_point: content.crl_distribution_point,
            attributes: content.subject_alternative_name.map(|names| PersonalAttributes {
                name: names.common_name,
                name_substitutes: names.substitute_character_of_common_name,
                gender: names.gender,
                date_of_birth: names.date_of_birth,
                address: names.address,
                address_substitutes: names.substitute_character_of_address,
            }),
        }
    }
}

impl From<v2::CertificateContent> for CertificateContent {
    fn from(content: v2::CertificateContent) -> Self {
        Self {
            subject: content.subject,
            not_before: content.validity.as_ref().and_then(|validity| validity.not_before),
            not_after: content.validity.as_ref().and_then(|validity| validity.not_after),
            crl_distribution_point: content.crl_distribution_point,
            attributes: content.jpki_card_digital_signature_content.map(|names| PersonalAttributes {
                name: names.common_name,
                name_substitutes: names.substitute_character_of_common_name,
                gender: names.gender,
                date_of_birth: names.date_of_birth,
                address: names.address,
                address_substitutes: names.substitute_character_of_address,
            }),
        }
    }
}
