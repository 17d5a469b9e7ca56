//! How old the data of a revocation check may be, and the method that this requires.
//!
//! The service replaces its revocation lists (CRLs) every morning at about 7:30 Japan time, which takes some 5 to 10 minutes. Until then a
//! check by CRL uses the list of the day before. A check by OCSP asks the certificate authority each time, and is billed each time.

use std::fmt;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

use serde::{Deserialize, Serialize, Serializer};

use super::{CertificateStatus, CheckMethod, version::Now};
use crate::error::Error;

/// When the replacement of the lists starts, in Japan time.
const RENEWAL: NaiveTime = time(7, 30);

/// When it is usually complete: 7:30 is "about", and replacing the lists "usually" takes up to 10 minutes; 5 more for the "about".
const RENEWED: NaiveTime = time(7, 45);

/// The required freshness of the data of a revocation check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Freshness {
    /// Data of today, by the calendar of Japan: checked by CRL once today's list is published (usually from 7:45 on), by OCSP before.
    ///
    /// For a certificate that is not on the list, the response does not state the list's date. It is then inferred from the time of the
    /// check, and is wrong on a morning when the service is late; see [`FreshStatus::is_as_of_stated`]. Use [`Now`](Self::Now) if you need
    /// certainty, as the service advises.
    #[default]
    SameDay,
    /// As of now; checked by OCSP. A response that the authority dated on another day is not fresh, even if it was just requested.
    Now,
    /// Whatever is available, at worst yesterday's list; checked by CRL.
    Cheapest,
}

impl Freshness {
    /// Returns the method that provides this freshness at a given time.
    ///
    /// ```
    /// use shomei::pocketsign::{CheckMethod, Freshness};
    ///
    /// let early = "2024-05-01T07:29:00+09:00".parse().unwrap();
    /// assert_eq!(Freshness::SameDay.method_at(early), CheckMethod::Ocsp);
    /// let later = "2024-05-01T07:45:00+09:00".parse().unwrap();
    /// assert_eq!(Freshness::SameDay.method_at(later), CheckMethod::Crl);
    /// ```
    #[must_use]
    pub fn method_at(self, now: DateTime<Utc>) -> CheckMethod {
        match self {
            Self::Now => CheckMethod::Ocsp,
            Self::Cheapest => CheckMethod::Crl,
            Self::SameDay if in_japan(now).time() < RENEWED => CheckMethod::Ocsp,
            Self::SameDay => CheckMethod::Crl,
        }
    }
}

/// Returns when the service usually fetched the list that is in use at a given time: this morning from 7:45 on, otherwise the morning
/// before. This is inferred, not stated; when the authority issued that list is not known.
#[must_use]
pub fn crl_as_of(now: DateTime<Utc>) -> DateTime<Utc> {
    let local = in_japan(now);
    let today = local.date_naive();
    let day = if local.time() < RENEWED { today.checked_sub_days(Days::new(1)).unwrap_or(today) } else { today };
    day.and_time(RENEWAL).and_local_timezone(local.timezone()).earliest().map_or(now, |at| at.to_utc())
}

/// A revocation check with the age of its data. Errors are serialized as text. It contains the ids of a user and a certificate, and no
/// other personal information.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FreshStatus {
    /// The outcome.
    pub status: CertificateStatus,
    /// The method that was finally used.
    pub method: CheckMethod,
    /// The date of the data, as stated by the service. If it stated none ([`is_as_of_stated`](Self::is_as_of_stated)), the best estimate:
    /// when the service usually fetched the list in use ([`crl_as_of`]), or when it sent the OCSP request.
    pub as_of: DateTime<Utc>,
    /// Whether the service stated `as_of`. It states no date for a list that does not contain the certificate.
    pub is_as_of_stated: bool,
    /// Whether the required freshness was reached, as far as `as_of` shows. `false` after a fallback to a list that is too old, for a list
    /// of today if only this machine's clock says that it is late enough, and whenever the service reported neither good nor revoked.
    pub is_fresh: bool,
    /// The error of the OCSP request, if the list was used instead.
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub fallback: Option<Error>,
    /// A preceding check by CRL whose data was too old. The service has recorded it as well.
    pub earlier: Option<Box<CertificateStatus>>,
}

fn as_text<S: Serializer>(error: &Option<Error>, serializer: S) -> Result<S::Ok, S::Error> {
    error.as_ref().map(|error| format!("{error:#}")).serialize(serializer)
}

impl Freshness {
    /// A name that stays the same between releases.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::SameDay => "same_day",
            Self::Now => "now",
            Self::Cheapest => "cheapest",
        }
    }
}

impl fmt::Display for FreshStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, method, as_of, .. } = self;
        let known = match method {
            _ if self.is_as_of_stated => " as of",
            CheckMethod::Ocsp => ", asked at",
            _ => ", list fetched about",
        };
        write!(f, "{} by {method}{known} {as_of}", status.state)?;
        if self.fallback.is_some() { f.write_str(" (OCSP failed)") } else { Ok(()) }
    }
}

/// Evaluates a check that was made for a freshness at a time.
pub(super) fn judge(status: CertificateStatus, wanted: Freshness, asked: CheckMethod, now: Now, fallback: Option<Error>) -> FreshStatus {
    let method = status.method.clone().unwrap_or(asked);
    let stated = status.source_updated_at;
    // By the list in use when the service checked, not when its response arrived.
    let checked_at = status.checked_at.unwrap_or(now.time);
    let is_time_told = status.checked_at.is_some() || now.is_told;
    let as_of = stated.unwrap_or_else(|| if method == CheckMethod::Ocsp { checked_at } else { crl_as_of(checked_at) });
    let is_of_the_day = match () {
        // A revocation is final, however old the data that shows it.
        () if status.is_revoked() => true,
        // This machine's clock alone does not prove that it is past 7:45 for the service.
        () if method != CheckMethod::Ocsp && !is_time_told => false,
        () => day_in_japan(as_of) >= day_in_japan(checked_at),
    };
    let is_fresh = match wanted {
        _ if !(status.is_good() || status.is_revoked()) => false,
        Freshness::Now => method == CheckMethod::Ocsp && is_of_the_day,
        Freshness::SameDay => is_of_the_day,
        Freshness::Cheapest => true,
    };
    FreshStatus { status, method, as_of, is_as_of_stated: stated.is_some(), is_fresh, fallback, earlier: None }
}

pub(super) fn day_in_japan(at: DateTime<Utc>) -> NaiveDate {
    in_japan(at).date_naive()
}

/// Japan has had no summer time since 1951.
fn in_japan(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    const NINE_HOURS: i32 = 9 * 60 * 60;
    // Nine hours more, or a day less, have to remain a date.
    let margin = TimeDelta::days(2);
    let at = at.clamp(DateTime::<Utc>::MIN_UTC + margin, DateTime::<Utc>::MAX_UTC - margin);
    match FixedOffset::east_opt(NINE_HOURS) {
        Some(japan) => at.with_timezone(&japan),
        None => at.fixed_offset(),
    }
}

const fn time(hour: u32, minute: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, minute, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn judge(status: CertificateStatus, wanted: Freshness, asked: CheckMethod, now: DateTime<Utc>, fallback: Option<Error>) -> FreshStatus {
        super::judge(status, wanted, asked, Now { time: now, is_told: true }, fallback)
    }

    #[test]
    fn the_method_follows_from_freshness_and_time() {
        use CheckMethod::{Crl, Ocsp};
        for (now, same_day, as_of) in [
            ("2024-05-01T00:00:00+09:00", Ocsp, "2024-04-30T07:30:00+09:00"),
            ("2024-05-01T07:29:59+09:00", Ocsp, "2024-04-30T07:30:00+09:00"),
            ("2024-05-01T07:30:00+09:00", Ocsp, "2024-04-30T07:30:00+09:00"),
            ("2024-05-01T07:40:00+09:00", Ocsp, "2024-04-30T07:30:00+09:00"),
            ("2024-05-01T07:44:59+09:00", Ocsp, "2024-04-30T07:30:00+09:00"),
            ("2024-05-01T07:45:00+09:00", Crl, "2024-05-01T07:30:00+09:00"),
            ("2024-05-01T23:59:59+09:00", Crl, "2024-05-01T07:30:00+09:00"),
            ("2024-03-01T07:00:00+09:00", Ocsp, "2024-02-29T07:30:00+09:00"),
            ("2024-01-01T00:00:00+09:00", Ocsp, "2023-12-31T07:30:00+09:00"),
            // The day is Japan's: in UTC both are the evening before.
            ("2024-04-30T22:29:00Z", Ocsp, "2024-04-29T22:30:00Z"),
            ("2024-04-30T22:45:00Z", Crl, "2024-04-30T22:30:00Z"),
        ] {
            assert_eq!(Freshness::SameDay.method_at(at(now)), same_day, "{now}");
            assert_eq!(Freshness::Now.method_at(at(now)), Ocsp);
            assert_eq!(Freshness::Cheapest.method_at(at(now)), Crl);
            assert_eq!(crl_as_of(at(now)), at(as_of), "{now}");
        }
    }

    #[test]
    fn what_was_used_is_told() {
        let status =
            |json: &str| CertificateStatus::from(serde_json::from_str::<crate::pocketsign::types::CertificateStatus>(json).unwrap());
        let now = at("2024-05-01T06:00:00+09:00");
        let listed =
            status(r#"{"id":"1","status":"STATUS_REVOKED","checkMethod":"CHECK_METHOD_CRL","sourceUpdatedAt":"2024-04-29T22:30:00Z"}"#);
        let fresh = judge(listed, Freshness::SameDay, CheckMethod::Crl, now, None);
        assert!(fresh.is_as_of_stated && fresh.is_fresh);
        let absent =
            status(r#"{"id":"1","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_CRL","sourceUpdatedAt":"0001-01-01T00:00:00Z"}"#);
        let stale = judge(absent.clone(), Freshness::SameDay, CheckMethod::Crl, now, Some(Error::configuration("x")));
        assert!(!stale.is_as_of_stated && !stale.is_fresh);
        assert_eq!(stale.as_of, at("2024-04-30T07:30:00+09:00"));
        assert!(stale.to_string().ends_with("(OCSP failed)"));
        assert!(judge(absent.clone(), Freshness::SameDay, CheckMethod::Crl, at("2024-05-01T08:00:00+09:00"), None).is_fresh);
        assert!(judge(absent.clone(), Freshness::Cheapest, CheckMethod::Crl, now, None).is_fresh);
        assert!(!judge(absent, Freshness::Now, CheckMethod::Crl, now, None).is_fresh);
        let silent = judge(status(r#"{"id":"1"}"#), Freshness::Now, CheckMethod::Ocsp, now, None);
        assert_eq!((silent.method.clone(), silent.as_of, silent.is_fresh), (CheckMethod::Ocsp, now, false), "neither good nor revoked");
        for wanted in [Freshness::SameDay, Freshness::Now, Freshness::Cheapest] {
            let novel = status(r#"{"id":"1","status":"STATUS_NEW","checkMethod":"CHECK_METHOD_OCSP"}"#);
            assert!(!judge(novel, wanted, CheckMethod::Ocsp, now, None).is_fresh);
        }
        let ocsp = |updated: &str| {
            status(&format!(r#"{{"id":"1","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_OCSP","sourceUpdatedAt":"{updated}"}}"#))
        };
        assert!(judge(ocsp("2024-05-01T05:59:59+09:00"), Freshness::SameDay, CheckMethod::Ocsp, now, None).is_fresh);
        for old in ["2024-04-30T23:59:59+09:00", "2024-04-28T06:00:00+09:00"] {
            for wanted in [Freshness::SameDay, Freshness::Now] {
                assert!(!judge(ocsp(old), wanted, CheckMethod::Ocsp, now, None).is_fresh, "{wanted:?} of {old}");
            }
        }
    }

    #[test]
    fn the_time_of_the_check_decides_not_that_of_the_response() {
        let read = |created: &str| {
            let json = format!(r#"{{"id":"1","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_CRL","createdAt":"{created}"}}"#);
            let status = serde_json::from_str::<crate::pocketsign::types::CertificateStatus>(&json).unwrap();
            judge(status.into(), Freshness::SameDay, CheckMethod::Crl, at("2024-05-01T07:45:01+09:00"), None)
        };
        let before = read("2024-05-01T07:44:58+09:00");
        assert_eq!((before.as_of, before.is_fresh), (at("2024-04-30T07:30:00+09:00"), false));
        assert!(read("2024-05-01T07:45:00+09:00").is_fresh);
    }

    #[test]
    fn a_list_is_of_today_only_by_the_time_of_the_service() {
        let read = |json: &str| CertificateStatus::from(serde_json::from_str::<crate::pocketsign::types::CertificateStatus>(json).unwrap());
        let untold = Now { time: at("2024-05-01T12:00:00+09:00"), is_told: false };
        let judge = |status: &str, wanted, method| super::judge(read(status), wanted, method, untold, None).is_fresh;
        let silent = r#"{"id":"1","status":"STATUS_GOOD"}"#;
        assert!(!judge(silent, Freshness::SameDay, CheckMethod::Crl));
        assert!(judge(silent, Freshness::SameDay, CheckMethod::Ocsp));
        assert!(judge(silent, Freshness::Cheapest, CheckMethod::Crl));
        assert!(judge(r#"{"id":"1","status":"STATUS_REVOKED"}"#, Freshness::SameDay, CheckMethod::Crl), "final, whenever it was");
        let dated = r#"{"id":"1","status":"STATUS_GOOD","createdAt":"2024-05-01T07:45:00+09:00"}"#;
        assert!(judge(dated, Freshness::SameDay, CheckMethod::Crl));
        let early = r#"{"id":"1","status":"STATUS_GOOD","createdAt":"2024-05-01T06:00:00+09:00"}"#;
        assert!(!judge(early, Freshness::SameDay, CheckMethod::Crl));
    }

    #[test]
    fn no_year_is_too_far_off() {
        for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let _ = (crl_as_of(now), Freshness::SameDay.method_at(now));
        }
        let json = r#"{"id":"1","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_CRL"}"#;
        let mut raw = serde_json::from_str::<crate::pocketsign::types::CertificateStatus>(json).unwrap();
        raw.source_updated_at = Some(DateTime::<Utc>::MAX_UTC);
        raw.created_at = Some(DateTime::<Utc>::MAX_UTC);
        let status = CertificateStatus::from(raw);
        assert_eq!((status.source_updated_at, status.checked_at), (None, None));
        let _ = judge(status, Freshness::SameDay, CheckMethod::Crl, DateTime::<Utc>::MAX_UTC, None);
    }

    proptest! {
        #[test]
        fn now_is_never_weaker_than_the_same_day(
            state in prop_oneof!["STATUS_GOOD", "STATUS_REVOKED", "STATUS_NEW"], by_ocsp: bool, is_told: bool, hour in 0_i64..24,
            age in proptest::option::of(-48_i64..200), checked in proptest::option::of(-48_i64..48),
        ) {
            let now = at("2024-05-01T00:00:00+09:00") + TimeDelta::hours(hour);
            let word = if by_ocsp { "OCSP" } else { "CRL" };
            let json = format!(r#"{{"id":"1","status":"{state}","checkMethod":"CHECK_METHOD_{word}"}}"#);
            let mut raw = serde_json::from_str::<crate::pocketsign::types::CertificateStatus>(&json).unwrap();
            raw.source_updated_at = age.map(|age| now - TimeDelta::hours(age));
            raw.created_at = checked.map(|checked| now + TimeDelta::hours(checked));
            let fresh = |wanted| {
                super::judge(raw.clone().into(), wanted, CheckMethod::Ocsp, Now { time: now, is_told }, None).is_fresh
            };
            prop_assert!(!fresh(Freshness::Now) || fresh(Freshness::SameDay));
        }

        #[test]
        fn a_list_is_never_older_than_a_day_and_a_quarter_hour(seconds in -60_000_000_000i64..200_000_000_000) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let age = now - crl_as_of(now);
            prop_assert!(age >= TimeDelta::minutes(15) && age < TimeDelta::minutes(24 * 60 + 15));
            // By CRL exactly when the list is of today.
            let today = in_japan(crl_as_of(now)).date_naive() == in_japan(now).date_naive();
            prop_assert_eq!(Freshness::SameDay.method_at(now) == CheckMethod::Crl, today);
        }
    }
}
