//! Dates and moments in the forms that the services write.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::Deserializer;

use super::Lenient;
use super::scalar::{Found, Scalar, read};

/// `NaiveDate`, from `2021-12-21`, `21 DEC 2021` or a moment, of which the date as written counts.
pub(crate) struct Date;

/// `DateTime<Utc>`, from RFC 3339, the same without a zone (taken for UTC), or a date (its midnight).
pub(crate) struct Timestamp;

impl Lenient for Date {
    type Plain = NaiveDate;
    const EXPECTED: &'static str = "a date such as 2021-12-21 or 21 DEC 2021";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
        read::<Self, D>(deserializer)
    }
}

impl Scalar for Date {
    fn from_text(text: &str) -> Found<NaiveDate> {
        told(text, |text| date(text).or_else(|| moment(text).map(|(written, _)| written)))
    }
}

impl Lenient for Timestamp {
    type Plain = DateTime<Utc>;
    const EXPECTED: &'static str = "a moment such as 2021-12-21T08:30:00+00:00 or 2021-12-21 08:30:00";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        read::<Self, D>(deserializer)
    }
}

impl Scalar for Timestamp {
    fn from_text(text: &str) -> Found<DateTime<Utc>> {
        told(text, |text| {
            let midnight = || date(text).map(|date| date.and_time(NaiveTime::MIN).and_utc());
            moment(text).map(|(_, moment)| moment).or_else(midnight)
        })
    }
}

fn told<T>(text: &str, interpret: impl FnOnce(&str) -> Option<T>) -> Found<T> {
    match text.trim() {
        "" => Found::None,
        text if text.starts_with("0000-00-00") => Found::None,
        text => interpret(text).into(),
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    iso_date(text).or_else(|| NaiveDate::parse_from_str(text, "%d %b %Y").ok())
}

/// `2021-12-21`, by far the commonest form, read digit by digit.
fn iso_date(text: &str) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
    };
    NaiveDate::from_ymd_opt(number(&[y1, y2, y3, y4])?.try_into().ok()?, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// A moment, and its date as it is written, before any zone is reckoned in.
fn moment(text: &str) -> Option<(NaiveDate, DateTime<Utc>)> {
    let rfc = DateTime::parse_from_rfc3339(text);
    rfc.ok().map(|moment| (moment.date_naive(), moment.to_utc())).or_else(|| rarer_moment(text))
}

fn rarer_moment(text: &str) -> Option<(NaiveDate, DateTime<Utc>)> {
    // `2016-03-25T21:01:40:00:00` has lost the sign of its zone, which is UTC.
    let text = text.strip_suffix(":00:00").filter(|rest| rest.len() == "2016-03-25T21:01:40".len()).unwrap_or(text);
    for (zoned, local) in [("%Y-%m-%dT%H:%M:%S%.f %#z", "%Y-%m-%dT%H:%M:%S%.f"), ("%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%d %H:%M:%S%.f")] {
        if let Ok(moment) = DateTime::parse_from_str(text, zoned) {
            return Some((moment.date_naive(), moment.to_utc()));
        }
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, local) {
            return Some((moment.date(), moment.and_utc()));
        }
    }
    None
}
