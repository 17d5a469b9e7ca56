//! How long plans and certificates run: pure rules over dates, no service state.
//!
//! Sources: the guide's pages 72-76 and the changes since (plans of three years at most, certificates of 199 days).

use chrono::{DateTime, Days, NaiveDate};
use serde::Serialize;

use crate::sandbox::json::{Body, Members, Type};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::settings::Limits;

const FIRST_YEAR_DAYS: u32 = 370;
const FURTHER_YEAR_DAYS: u32 = 365;
const LONGEST_BONUS: u32 = 120;

impl Limits {
    fn plan_days(self) -> u32 {
        self.plan_years.saturating_mul(FURTHER_YEAR_DAYS)
    }
}

/// A length as a caller states it, in the one unit that counts, and as the service shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Term {
    #[serde(rename = "custom_expiration_date")]
    Until(NaiveDate),
    Days(i64),
    Years(i64),
}

/// An object that states a term.
pub(crate) const TERM: Members = &[("years", Type::Number), ("days", Type::Number), ("custom_expiration_date", Type::Text)];

/// The member names of one place where a term may stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TermNames {
    custom: &'static str,
    days: &'static str,
    years: &'static str,
}

/// `order_validity` of an order.
pub(crate) const ORDER_VALIDITY: TermNames =
    TermNames { custom: "order_validity.custom_expiration_date", days: "order_validity.days", years: "order_validity.years" };
/// The older members at an order's root: plan and certificate in one.
pub(crate) const ROOT_VALIDITY: TermNames = TermNames { custom: "custom_expiration_date", days: "validity_days", years: "validity_years" };
/// `cert_validity` of an order's certificate.
pub(crate) const CERT_VALIDITY: TermNames = TermNames {
    custom: "certificate.cert_validity.custom_expiration_date",
    days: "certificate.cert_validity.days",
    years: "certificate.cert_validity.years",
};

/// Errors name the root members, wherever the value stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Years,
    Days,
    Custom,
    CertificateExceedsPlan,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Years => Self::invalid_value(ROOT_VALIDITY.years),
            Fault::Days => Self::invalid_value(ROOT_VALIDITY.days),
            Fault::Custom => Self::invalid_value(ROOT_VALIDITY.custom),
            Fault::CertificateExceedsPlan => {
                Self::invalid("cert_validity_exceeds_order_validity", "The certificate validity cannot exceed the order validity.")
            }
        }
    }
}

impl Term {
    /// Reads a term; a date counts before days, days before years.
    pub(crate) fn read(body: &Body, names: TermNames) -> Result<Option<Self>, Fault> {
        if let Some(text) = body.text(names.custom) {
            return read_date(text).map(|day| Some(Self::Until(day))).ok_or(Fault::Custom);
        }
        if let Some(days) = body.number(names.days) {
            return Ok(Some(Self::Days(days)));
        }
        Ok(body.number(names.years).map(Self::Years))
    }
}

/// The guide writes `21 DEC 2021`; clients in production also send ISO dates and date-times.
fn read_date(text: &str) -> Option<NaiveDate> {
    ["%d %b %Y", "%Y-%m-%d"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|at| at.date_naive()))
        .or_else(|| NaiveDate::parse_and_remainder(text, "%Y-%m-%d").ok().map(|(day, _)| day))
}

/// The last day of a plan that starts on `start`.
pub(crate) fn plan_end(start: NaiveDate, term: Term, bonus: u32, limits: Limits) -> Result<NaiveDate, Fault> {
    match term {
        Term::Years(years) => {
            let years = within(years, limits.plan_years).ok_or(Fault::Years)?;
            let days = FIRST_YEAR_DAYS.saturating_add(FURTHER_YEAR_DAYS.saturating_mul(years - 1));
            Ok(add(start, days.saturating_add(bonus)))
        }
        Term::Days(days) => within(days, limits.plan_days()).map(|days| add(start, days)).ok_or(Fault::Days),
        Term::Until(day) => within((day - start).num_days(), limits.plan_days()).map(|_| day).ok_or(Fault::Custom),
    }
}

/// The last day of a certificate issued on `start` within a plan that ends on `plan_end`.
///
/// `years: 1` is cut to the maximum in silence, explicit days and dates beyond it are refused (the service's
/// response to these is not documented; `invalid_value:` follows the plan's errors).
pub(crate) fn certificate_end(start: NaiveDate, term: Option<Term>, plan_end: NaiveDate, limits: Limits) -> Result<NaiveDate, Fault> {
    let longest = add(start, limits.certificate_days);
    let end = match term {
        None | Some(Term::Years(1)) => return Ok(longest.min(plan_end)),
        Some(Term::Years(_)) => return Err(Fault::Years),
        Some(Term::Days(days)) => add(start, within(days, limits.certificate_days).ok_or(Fault::Days)?),
        Some(Term::Until(day)) if day > start && day <= longest => day,
        Some(Term::Until(_)) => return Err(Fault::Custom),
    };
    if end > plan_end { Err(Fault::CertificateExceedsPlan) } else { Ok(end) }
}

/// The last day of a reissue on `start` within a plan that ends on `plan_end`.
///
/// A year is only given while the plan has one left; the code of its refusal is taken from what it says.
pub(crate) fn reissue_end(start: NaiveDate, term: Option<Term>, plan_end: NaiveDate, limits: Limits) -> Result<NaiveDate, Fault> {
    if term == Some(Term::Years(1)) && (plan_end - start).num_days() < FIRST_YEAR_DAYS.into() {
        return Err(Fault::CertificateExceedsPlan);
    }
    certificate_end(start, term, plan_end, limits)
}

/// The days a renewal adds for what remains of the old plan.
///
/// The guide's table ends at 90 days; beyond it the bonus is taken to stay at its top.
pub(crate) fn renewal_bonus(remaining_days: i64) -> u32 {
    match u32::try_from(remaining_days.clamp(0, 90)).unwrap_or_default() {
        days @ 0..=30 => days * 2,
        days @ 31..=89 => 30 + days,
        _ => LONGEST_BONUS,
    }
}

fn within(value: i64, most: u32) -> Option<u32> {
    u32::try_from(value).ok().filter(|value| (1..=most).contains(value))
}

fn add(start: NaiveDate, days: u32) -> NaiveDate {
    start.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Limits = Limits { certificate_days: 199, plan_years: 3 };
    const OF_2021: Limits = Limits { certificate_days: 397, plan_years: 6 };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn start() -> NaiveDate {
        day("2026-03-01")
    }

    fn length(end: Result<NaiveDate, Fault>) -> Result<i64, Fault> {
        end.map(|end| (end - start()).num_days())
    }

    #[test]
    fn plans() {
        use Term::{Days, Until, Years};
        for (term, bonus, limits, expected) in [
            (Years(1), 0, TODAY, Ok(370)),
            (Years(2), 0, TODAY, Ok(735)),
            (Years(3), 0, TODAY, Ok(1100)),
            (Years(4), 0, TODAY, Err(Fault::Years)),
            (Years(0), 0, TODAY, Err(Fault::Years)),
            (Years(-1), 0, TODAY, Err(Fault::Years)),
            (Years(6), 0, OF_2021, Ok(2195)),
            (Years(1), 120, TODAY, Ok(490)),
            (Years(2), 120, TODAY, Ok(855)),
            (Days(1), 0, TODAY, Ok(1)),
            (Days(60), 120, TODAY, Ok(60)),
            (Days(1095), 0, TODAY, Ok(1095)),
            (Days(1096), 0, TODAY, Err(Fault::Days)),
            (Days(2190), 0, OF_2021, Ok(2190)),
            (Days(i64::MAX), 0, TODAY, Err(Fault::Days)),
            (Until(day("2026-03-02")), 0, TODAY, Ok(1)),
            (Until(day("2026-03-01")), 0, TODAY, Err(Fault::Custom)),
            (Until(day("2029-02-28")), 0, TODAY, Ok(1095)),
            (Until(day("2029-03-01")), 0, TODAY, Err(Fault::Custom)),
        ] {
            assert_eq!(length(plan_end(start(), term, bonus, limits)), expected, "{term:?} {bonus}");
        }
    }

    #[test]
    fn certificates() {
        use Term::{Days, Until, Years};
        for (term, plan_days, limits, expected) in [
            (None, 370, TODAY, Ok(199)),
            (None, 60, TODAY, Ok(60)),
            (Some(Years(1)), 370, TODAY, Ok(199)),
            (Some(Years(1)), 370, OF_2021, Ok(370)),
            (Some(Years(1)), 490, OF_2021, Ok(397)),
            (Some(Years(2)), 735, OF_2021, Err(Fault::Years)),
            (Some(Days(199)), 370, TODAY, Ok(199)),
            (Some(Days(200)), 370, TODAY, Err(Fault::Days)),
            (Some(Days(-1)), 370, TODAY, Err(Fault::Days)),
            (Some(Days(61)), 60, TODAY, Err(Fault::CertificateExceedsPlan)),
            (Some(Until(day("2026-03-01"))), 370, TODAY, Err(Fault::Custom)),
            (Some(Until(day("2026-03-02"))), 370, TODAY, Ok(1)),
            (Some(Until(day("2026-09-17"))), 370, TODAY, Err(Fault::Custom)),
            (Some(Until(day("2026-06-01"))), 60, TODAY, Err(Fault::CertificateExceedsPlan)),
        ] {
            let end = certificate_end(start(), term, add(start(), plan_days), limits);
            assert_eq!(length(end), expected, "{term:?} in {plan_days}");
        }
    }

    #[test]
    fn reissues() {
        use Term::{Days, Until, Years};
        for (term, days_left, limits, expected) in [
            (None, 735, TODAY, Ok(199)),
            (None, 20, TODAY, Ok(20)),
            (None, 735, OF_2021, Ok(397)),
            (Some(Years(1)), 370, TODAY, Ok(199)),
            (Some(Years(1)), 370, OF_2021, Ok(370)),
            (Some(Years(1)), 369, OF_2021, Err(Fault::CertificateExceedsPlan)),
            (Some(Years(1)), 369, TODAY, Err(Fault::CertificateExceedsPlan)),
            (Some(Years(2)), 735, OF_2021, Err(Fault::Years)),
            (Some(Days(60)), 60, TODAY, Ok(60)),
            (Some(Days(61)), 60, TODAY, Err(Fault::CertificateExceedsPlan)),
            (Some(Days(398)), 735, OF_2021, Err(Fault::Days)),
            (Some(Until(day("2026-04-30"))), 60, TODAY, Ok(60)),
            (Some(Until(day("2026-05-01"))), 60, TODAY, Err(Fault::CertificateExceedsPlan)),
        ] {
            let end = reissue_end(start(), term, add(start(), days_left), limits);
            assert_eq!(length(end), expected, "{term:?} with {days_left} days left");
        }
    }

    #[test]
    fn renewals_by_what_is_left() {
        for (remaining, years, total) in [(0, 1, 370), (90, 1, 490), (30, 1, 430), (31, 1, 431), (0, 2, 735), (90, 2, 855), (-10, 3, 1100)]
        {
            let end = plan_end(start(), Term::Years(years), renewal_bonus(remaining), TODAY);
            assert_eq!(length(end), Ok(total), "{remaining} days left, {years} years");
        }
    }

    #[test]
    fn bonuses() {
        for (remaining, bonus) in [(-5, 0), (0, 0), (1, 2), (30, 60), (31, 61), (89, 119), (90, 120), (400, 120), (i64::MAX, 120)] {
            assert_eq!(renewal_bonus(remaining), bonus, "{remaining}");
        }
    }

    #[test]
    fn terms_are_read_by_precedence_and_in_every_date_form() {
        const AT_ROOT: Members =
            &[("validity_years", Type::Number), ("validity_days", Type::Number), ("custom_expiration_date", Type::Text)];
        let read = |text: &str| Term::read(&Body::read(text.as_bytes(), AT_ROOT).unwrap(), ROOT_VALIDITY);
        let until = |text| Ok(Some(Term::Until(day(text))));
        for (text, expected) in [
            (r#"{"custom_expiration_date":"21 DEC 2024","validity_days":5,"validity_years":1}"#, until("2024-12-21")),
            (r#"{"custom_expiration_date":"2024-12-21"}"#, until("2024-12-21")),
            (r#"{"custom_expiration_date":"2024-12-21T10:00:00+00:00"}"#, until("2024-12-21")),
            (r#"{"custom_expiration_date":"2024-12-21 10:00:00"}"#, until("2024-12-21")),
            (r#"{"custom_expiration_date":"soon"}"#, Err(Fault::Custom)),
            (r#"{"custom_expiration_date":"","validity_days":"5","validity_years":1}"#, Ok(Some(Term::Days(5)))),
            (r#"{"validity_days":0,"validity_years":1}"#, Ok(Some(Term::Years(1)))),
            ("{}", Ok(None)),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
