//! Dates and moments in the forms the services write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::Deserializer;

use super::Lenient;
use super::scalar::{Found, Scalar, read};

/// `NaiveDate`, from `2021-12-21`, `21 DEC 2021` or a moment, of which the date as written counts.
pub(crate) struct Date;

/// `DateTime<Utc>`, from RFC 3339, the same without a zone (which is UTC), or a date (its midnight).
pub(crate) struct Timestamp;

impl Lenient for Date {
    type Plain = NaiveDate;
    const EXPECTED: &'static str = "a date such as 2021-12-21 or 21 DEC 2021";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
        read::<Self, D>(deserializer, |scalar| text(scalar, |text| date(text).or_else(|| moment(text).map(|(written, _)| written))))
    }
}

impl Lenient for Timestamp {
    type Plain = DateTime<Utc>;
    const EXPECTED: &'static str = "a moment such as 2021-12-21T08:30:00+00:00 or 2021-12-21 08:30:00";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        read::<Self, D>(deserializer, |scalar| {
            text(scalar, |text| {
                let midnight = || date(text).map(|date| date.and_time(NaiveTime::MIN).and_utc());
                moment(text).map(|(_, moment)| moment).or_else(midnight)
            })
        })
    }
}

fn text<T>(scalar: &Scalar, interpret: impl FnOnce(&str) -> Option<T>) -> Found<T> {
    match scalar {
        Scalar::Text(text) => match text.trim() {
            "" => Found::None,
            text if text.starts_with("0000-00-00") => Found::None,
            text => interpret(text).into(),
        },
        _ => Found::Unreadable,
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%d %b %Y"].into_iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())
}

/// A moment, and its date as it is written, before any zone is reckoned in.
fn moment(text: &str) -> Option<(NaiveDate, DateTime<Utc>)> {
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
