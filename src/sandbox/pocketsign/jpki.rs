//! A mock of JPKI: it records issued certificates and revocations, publishes a list every morning and responds to OCSP.

use aws_lc_rs::{digest, rand, signature};
use chrono::{DateTime, Days, FixedOffset, NaiveTime, TimeDelta, Timelike as _, Utc};
use rcgen::PublicKeyData;
use x509_cert::der::Decode as _;

use super::authority::{Certified, certify};
use super::person::{PersonDetails, RevocationCause};
use crate::sandbox::words::words;

/// When the list of a day is made, in Japan time.
const LIST_HOUR: u32 = 7;
const LIST_MINUTE: u32 = 30;

/// How long it takes the service to have it.
const LIST_LAG: TimeDelta = TimeDelta::minutes(7);

/// The two kinds of certificate on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Signing,
    Authentication,
}

words! { pub(super) Kind, "certificate_type": Signing = "jpki_card_digital_signature", Authentication = "jpki_card_user_authentication" }

/// How the service looks up revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Crl,
    Ocsp,
}

words! { pub(super) Method, "check_method": Crl = "crl", Ocsp = "ocsp" }

/// The algorithm of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

words! { pub(super) Hash, "hash_algorithm": Sha256 = "sha256", Sha384 = "sha384", Sha512 = "sha512" }

impl Hash {
    pub(super) const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    pub(super) fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn verification(self) -> &'static signature::RsaParameters {
        match self {
            Self::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        }
    }
}

/// A certificate of a card, as its authority knows it. The position in the register is the order of issue.
pub(super) struct Issued {
    pub(super) der: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) person: usize,
    pub(super) details: PersonDetails,
    pub(super) not_before: DateTime<Utc>,
    pub(super) not_after: DateTime<Utc>,
    revoked: Option<(DateTime<Utc>, RevocationCause)>,
}

/// What a look-up finds.
pub(super) struct Lookup {
    pub(super) revoked: Option<(DateTime<Utc>, RevocationCause)>,
    /// `None` where the list does not name the certificate.
    pub(super) source_updated_at: Option<DateTime<Utc>>,
}

/// What has been issued and revoked, and to whom.
pub(crate) struct Authority {
    pub(super) issued: Vec<Issued>,
    persons: Vec<PersonDetails>,
    pub(super) ocsp_answers: bool,
    pub(super) has_links: bool,
    /// When the list was made that the service had last, where it can fetch no further one.
    last_list: Option<DateTime<Utc>>,
}

impl Authority {
    pub(super) fn new() -> Self {
        Self { issued: Vec::new(), persons: Vec::new(), ocsp_answers: true, has_links: true, last_list: None }
    }

    pub(super) fn register(&mut self, details: PersonDetails) -> usize {
        self.persons.push(details);
        self.persons.len() - 1
    }

    /// Forgets all people but these first ones, all certificates but their first two each, and what was revoked or out of order.
    pub(super) fn begin_anew(&mut self, people: &[PersonDetails]) {
        self.persons = people.to_vec();
        self.issued.truncate(2 * people.len());
        for issued in &mut self.issued {
            issued.revoked = None;
        }
        (self.ocsp_answers, self.has_links, self.last_list) = (true, true, None);
    }

    pub(super) fn person(&self, person: usize) -> Option<&PersonDetails> {
        self.persons.get(person)
    }

    /// When and why a certificate was revoked, if it was.
    pub(super) fn revocation(&self, der: &[u8]) -> Option<(DateTime<Utc>, RevocationCause)> {
        self.issued.get(self.find(der)?)?.revoked
    }

    /// Stops the service from fetching further lists, or lets it fetch them again.
    pub(super) fn set_crl_available(&mut self, available: bool, now: DateTime<Utc>) {
        self.last_list = if available { None } else { Some(self.last_list.unwrap_or_else(|| list_in_use(now))) };
    }

    pub(super) fn crl_available(&self) -> bool {
        self.last_list.is_none()
    }

    pub(super) fn person_mut(&mut self, person: usize) -> Option<&mut PersonDetails> {
        self.persons.get_mut(person)
    }

    /// Certifies a key for a person.
    pub(super) fn issue(&mut self, person: usize, kind: Kind, key: &impl PublicKeyData, now: DateTime<Utc>) -> Option<Vec<u8>> {
        let details = self.persons.get(person)?.clone();
        let Certified { der, not_before, not_after } = certify(kind, &details, key, now);
        self.issued.push(Issued { der: der.clone(), kind, person, details, not_before, not_after, revoked: None });
        Some(der)
    }

    /// The register's position of a certificate; the exact bytes stand for the chain.
    pub(super) fn find(&self, der: &[u8]) -> Option<usize> {
        self.issued.iter().position(|issued| issued.der == der)
    }

    /// The certificates of a person and kind that are not revoked.
    pub(super) fn valid(&self, person: usize, kind: Kind) -> Vec<usize> {
        let fits = |issued: &Issued| issued.person == person && issued.kind == kind && issued.revoked.is_none();
        (0..self.issued.len()).filter(|index| fits(&self.issued[*index])).collect()
    }

    /// Revokes a certificate, once and for all.
    pub(super) fn revoke(&mut self, index: usize, cause: RevocationCause, now: DateTime<Utc>) -> bool {
        match self.issued.get_mut(index) {
            Some(issued) if issued.revoked.is_none() => {
                issued.revoked = Some((now.with_nanosecond(0).unwrap_or(now), cause));
                true
            }
            _ => false,
        }
    }

    /// Looks a certificate up; `None` when the responder does not answer.
    pub(super) fn look_up(&self, index: usize, method: Method, now: DateTime<Utc>) -> Option<Lookup> {
        let revoked = self.issued.get(index)?.revoked;
        match method {
            Method::Ocsp if !self.ocsp_answers => None,
            Method::Ocsp => Some(Lookup { revoked, source_updated_at: Some(now.with_nanosecond(0).unwrap_or(now)) }),
            Method::Crl => {
                let made = self.last_list.unwrap_or_else(|| list_in_use(now));
                let revoked = revoked.filter(|(at, _)| *at <= made);
                Some(Lookup { revoked, source_updated_at: revoked.map(|_| made) })
            }
        }
    }
}

/// When the list was made that the service has at a time.
pub(super) fn list_in_use(now: DateTime<Utc>) -> DateTime<Utc> {
    let japan = FixedOffset::east_opt(9 * 3600).expect("an offset below a day");
    let fetched = (now - LIST_LAG).with_timezone(&japan);
    let made = NaiveTime::from_hms_opt(LIST_HOUR, LIST_MINUTE, 0).expect("a time of day");
    let days = Days::new(u64::from(fetched.time() < made));
    let day = fetched.date_naive().checked_sub_days(days).unwrap_or_else(|| fetched.date_naive());
    (day.and_time(made) - TimeDelta::hours(9)).and_utc()
}

/// Whether a signature over a digest was made with the certificate's key.
pub(super) fn matches(der: &[u8], hash: Hash, digest: &[u8], signature: &[u8]) -> bool {
    let Ok(certificate) = x509_cert::Certificate::from_der(der) else { return false };
    let Ok(digest) = digest::Digest::import_less_safe(digest, hash.algorithm()) else { return false };
    let key = certificate.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
    signature::UnparsedPublicKey::new(hash.verification(), key).verify_digest(&digest, signature).is_ok()
}

pub(super) fn serial_number() -> [u8; 8] {
    let mut number = [0; 8];
    rand::fill(&mut number).expect("the system's random numbers never run out");
    number[0] = number[0] & 0x7f | 0x01;
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_the_day_is_used_from_a_while_after_half_past_seven_on() {
        for (now, made) in [
            ("2024-05-01T07:29:00+09:00", "2024-04-30T07:30:00+09:00"),
            ("2024-05-01T07:36:59+09:00", "2024-04-30T07:30:00+09:00"),
            ("2024-05-01T07:37:00+09:00", "2024-05-01T07:30:00+09:00"),
            ("2024-05-02T00:00:00+09:00", "2024-05-01T07:30:00+09:00"),
        ] {
            assert_eq!(list_in_use(now.parse().unwrap()), made.parse::<DateTime<Utc>>().unwrap(), "{now}");
        }
    }
}
