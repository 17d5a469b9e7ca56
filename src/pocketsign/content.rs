//! What a certificate states, the same for both versions.

use chrono::{DateTime, NaiveDate, Utc};

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
/// The strings of replaced characters are digits, `1` where a character that certificates cannot hold was replaced by another; how the digits
/// belong to the characters is not documented, and there may be fewer of them. Show such a name to the person before you print it.
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

impl PersonalAttributes {
    /// The birth date, as a date. `None` if there is none, or none in full: the day of some people is not known.
    ///
    /// It is personal data that shows when it is printed.
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

#[cfg(test)]
mod tests {
    use super::*;

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
