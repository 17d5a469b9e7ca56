//! Filters and sort keys of lists, as values; the service's own notation stays in this module.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use super::ValidationType;
use crate::error::Error;

/// A text to search for, matched exactly or as a suffix.
///
/// ```
/// use shomei::certcentral::TextFilter;
///
/// assert_eq!(TextFilter::exact("www.example.com").to_string(), "www.example.com");
/// assert_eq!(TextFilter::suffix("example.com").to_string(), "%example.com");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextFilter(String);

impl TextFilter {
    /// Matches exactly this text.
    pub fn exact(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Matches every text that ends with this one (guide p.46): `example.com` also finds `notexample.com`.
    #[must_use]
    pub fn suffix(text: &str) -> Self {
        Self(format!("%{}", text.trim_start_matches('%')))
    }

    pub(super) fn checked(&self, field: &'static str) -> Result<&str, Error> {
        if self.0.trim_matches('%').trim().is_empty() {
            return Err(Error::invalid(field, "it is empty"));
        }
        Ok(&self.0)
    }
}

impl From<&str> for TextFilter {
    fn from(text: &str) -> Self {
        Self::exact(text)
    }
}

impl From<String> for TextFilter {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for TextFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A range of days or times to filter by.
///
/// ```
/// use chrono::NaiveDate;
/// use shomei::certcentral::DateRange;
///
/// let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
/// assert_eq!(DateRange::before(day(23)).to_string(), "<2026-11-23");
/// assert_eq!(DateRange::between(day(1), day(30)).to_string(), "2026-11-01 00:00:00...2026-11-30 23:59:59");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateRange(Span);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Span {
    Before(NaiveDate),
    After(NaiveDate),
    Between(DateTime<Utc>, DateTime<Utc>),
}

impl DateRange {
    /// Before a day.
    #[must_use]
    pub fn before(day: NaiveDate) -> Self {
        Self(Span::Before(day))
    }

    /// After a day.
    #[must_use]
    pub fn after(day: NaiveDate) -> Self {
        Self(Span::After(day))
    }

    /// From the beginning of one day to the end of another.
    #[must_use]
    pub fn between(first: NaiveDate, last: NaiveDate) -> Self {
        let end = last.and_hms_opt(23, 59, 59).unwrap_or_default();
        Self(Span::Between(first.and_time(chrono::NaiveTime::MIN).and_utc(), end.and_utc()))
    }

    /// From one time to another.
    #[must_use]
    pub fn between_times(first: DateTime<Utc>, last: DateTime<Utc>) -> Self {
        Self(Span::Between(first, last))
    }

    pub(super) fn checked(self, field: &'static str) -> Result<String, Error> {
        match self.0 {
            Span::Between(first, last) if first > last => Err(Error::invalid(field, format!("{self} ends before it starts"))),
            _ => Ok(self.to_string()),
        }
    }
}

impl fmt::Display for DateRange {
    /// Writes the service's notation. In the URL, the space between day and time becomes the `+` that the guide shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOMENT: &str = "%Y-%m-%d %H:%M:%S";
        match self.0 {
            Span::Before(day) => write!(f, "<{day}"),
            Span::After(day) => write!(f, ">{day}"),
            Span::Between(first, last) => write!(f, "{}...{}", first.format(MOMENT), last.format(MOMENT)),
        }
    }
}

/// When a domain's validation ends or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValidationExpiry {
    /// Within the last 7 days.
    InLast7Days,
    /// Within the next 7 days.
    Within7Days,
    /// Within the next 30 days.
    Within30Days,
    /// In 31 to 60 days.
    From31To60Days,
    /// In 61 to 90 days.
    From61To90Days,
}

impl ValidationExpiry {
    const fn words(self) -> &'static str {
        match self {
            Self::InLast7Days => "expired_in_last_7_days",
            Self::Within7Days => "expiring_within_7_days",
            Self::Within30Days => "expiring_within_30_days",
            Self::From31To60Days => "expiring_from_31_to_60_days",
            Self::From61To90Days => "expiring_from_61_to_90_days",
        }
    }

    pub(super) fn checked(self, field: &'static str, kind: &ValidationType) -> Result<String, Error> {
        match kind {
            ValidationType::Ov | ValidationType::Ev => Ok(format!("{kind}_{}", self.words())),
            other => Err(Error::invalid(field, format!("the service reports it for ov and ev only, not for {other}"))),
        }
    }
}

/// What a list of orders can be sorted by (guide p.47).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderSort {
    /// The order's id.
    OrderId,
    /// When it was placed.
    DateCreated,
    /// The common name.
    CommonName,
    /// The status.
    Status,
    /// How many years were ordered.
    ValidityYears,
    /// The product.
    ProductName,
    /// When its certificate ends.
    DateValidTill,
}

impl OrderSort {
    const fn word(self) -> &'static str {
        match self {
            Self::OrderId => "order_id",
            Self::DateCreated => "date_created",
            Self::CommonName => "common_name",
            Self::Status => "status",
            Self::ValidityYears => "validity_years",
            Self::ProductName => "product_name",
            Self::DateValidTill => "date_valid_till",
        }
    }

    /// Sorts the largest or latest first.
    #[must_use]
    pub const fn descending(self) -> Sort {
        Sort { key: self, descending: true }
    }

    /// Sorts the smallest or earliest first.
    #[must_use]
    pub const fn ascending(self) -> Sort {
        Sort { key: self, descending: false }
    }
}

/// A key to sort by, and its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    key: OrderSort,
    descending: bool,
}

impl From<OrderSort> for Sort {
    fn from(key: OrderSort) -> Self {
        key.ascending()
    }
}

impl fmt::Display for Sort {
    /// Ascending order needs no sign; a `+` would reach the service as a space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.key.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches() {
        for (search, written) in [
            (TextFilter::exact("www.digicert.com"), "www.digicert.com"),
            (TextFilter::suffix("digicert.com"), "%digicert.com"),
            (TextFilter::suffix("%digicert.com"), "%digicert.com"),
            (TextFilter::from("12345678"), "12345678"),
        ] {
            assert_eq!(search.checked("search").unwrap(), written);
        }
        for empty in [TextFilter::exact(""), TextFilter::suffix(""), TextFilter::exact("%"), TextFilter::exact(" ")] {
            assert!(empty.checked("search").unwrap_err().is_invalid_input());
        }
    }

    #[test]
    fn spans_as_the_guide_writes_them() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (dates, written) in [
            (DateRange::between(day("2017-05-10"), day("2017-05-11")), "2017-05-10 00:00:00...2017-05-11 23:59:59"),
            (DateRange::after(day("2017-01-01")), ">2017-01-01"),
            (DateRange::before(day("2017-05-11")), "<2017-05-11"),
        ] {
            assert_eq!(dates.checked("valid_till").unwrap(), written);
        }
        assert!(DateRange::between(day("2017-05-12"), day("2017-05-11")).checked("valid_till").unwrap_err().is_invalid_input());
    }

    #[test]
    fn ends_of_validations() {
        assert_eq!(ValidationExpiry::From31To60Days.checked("f", &ValidationType::Ev).unwrap(), "ev_expiring_from_31_to_60_days");
        assert!(ValidationExpiry::Within7Days.checked("f", &ValidationType::Cs).unwrap_err().is_invalid_input());
    }

    #[test]
    fn sorting() {
        assert_eq!(OrderSort::DateValidTill.descending().to_string(), "-date_valid_till");
        assert_eq!(Sort::from(OrderSort::OrderId).to_string(), "order_id");
    }
}
