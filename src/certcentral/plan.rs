//! How long an order and its certificates last: what can be requested, and what is granted (guide §8, and later changes).
//!
//! An order is a *plan*: the contract, usually of one year or more. Each of its certificates lasts as long as the industry allows on the
//! day it is issued, and is reissued until the plan ends. Everything here is date arithmetic; nothing is sent.
//!
//! ```
//! use chrono::NaiveDate;
//! use shomei::certcentral::{IssuanceLimits, Plan, Validity, plan};
//!
//! let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
//! let granted = plan::check_order(Plan::years(1), None, today, None, &IssuanceLimits::default())?;
//! assert_eq!(granted.plan_days, 370);
//! assert_eq!(granted.certificate_days, 199);
//!
//! let refused = plan::check_order(Plan::years(1), Some(Validity::days(365)), today, None, &IssuanceLimits::default()).unwrap_err();
//! assert!(refused.to_string().contains("at most 199 days since 2026-02-24"));
//! # Ok::<(), shomei::Error>(())
//! ```

use std::fmt;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A length of time in one of the three units that the service accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Term {
    /// Whole years; the service grants a few days more (370 for one year).
    Years(u32),
    /// Days from today.
    Days(u32),
    /// Up to and including a date.
    Until(NaiveDate),
}

impl Term {
    /// Returns the unit that takes precedence when several are given: a date over days, days over years (guide p.73).
    #[must_use]
    pub fn of(years: Option<u32>, days: Option<u32>, until: Option<NaiveDate>) -> Option<Self> {
        until.map(Self::Until).or_else(|| days.map(Self::Days)).or_else(|| years.map(Self::Years))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Years(1) => f.write_str("1 year"),
            Self::Years(years) => write!(f, "{years} years"),
            Self::Days(1) => f.write_str("1 day"),
            Self::Days(days) => write!(f, "{days} days"),
            Self::Until(date) => write!(f, "until {date}"),
        }
    }
}

macro_rules! term {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub Term);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl $name {
            /// Whole years.
            #[must_use]
            pub const fn years(years: u32) -> Self {
                Self(Term::Years(years))
            }

            /// Days from today.
            #[must_use]
            pub const fn days(days: u32) -> Self {
                Self(Term::Days(days))
            }

            /// Up to and including a date.
            #[must_use]
            pub const fn until(date: NaiveDate) -> Self {
                Self(Term::Until(date))
            }
        }
    };
}

term! {
    /// How long an order lasts (`order_validity`).
    Plan
}
term! {
    /// How long a certificate lasts (`cert_validity`).
    Validity
}

/// The limits of the industry, the vendor and the account, by date. Every number can be set.
///
/// | from | a public TLS certificate lasts at most | a domain's validation is reused for |
/// | --- | --- | --- |
/// | 2020-09-01 | 397 days | 825 days |
/// | 2021-10-01 | 397 days | 397 days |
/// | 2026-02-24 | 199 days | 199 days |
/// | 2027-03-15 | 100 days | 100 days |
/// | 2029-03-15 | 46 days (the industry allows 47) | 10 days |
///
/// A plan lasts up to 3 years (up to 6 before 2023-10-31). Subscription accounts have at most 2: set [`plan_years`](Self::plan_years).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuanceLimits {
    /// The maximum years of a plan, each with the date it applies from.
    pub plan_years: Vec<(NaiveDate, u32)>,
    /// The maximum days of a certificate, each with the date it applies from.
    pub certificate_days: Vec<(NaiveDate, u32)>,
    /// How many days a domain's validation is reused, each with the date it applies from.
    pub dcv_reuse_days: Vec<(NaiveDate, u32)>,
}

impl Default for IssuanceLimits {
    fn default() -> Self {
        Self {
            plan_years: vec![(date(2020, 1, 1), 6), (date(2023, 10, 31), 3)],
            certificate_days: vec![(date(2020, 9, 1), 397), (date(2026, 2, 24), 199), (date(2027, 3, 15), 100), (date(2029, 3, 15), 46)],
            dcv_reuse_days: vec![
                (date(2020, 9, 1), 825),
                (date(2021, 10, 1), 397),
                (date(2026, 2, 24), 199),
                (date(2027, 3, 15), 100),
                (date(2029, 3, 15), 10),
            ],
        }
    }
}

/// A limit in force, and the date it applies from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// The number.
    pub max: u32,
    /// The date it applies from.
    pub since: NaiveDate,
}

impl IssuanceLimits {
    /// Returns the maximum years of a plan that is ordered on this day.
    #[must_use]
    pub fn plan_years_on(&self, day: NaiveDate) -> Limit {
        in_force(&self.plan_years, day)
    }

    /// Returns the maximum days of a certificate that is issued on this day.
    #[must_use]
    pub fn certificate_days_on(&self, day: NaiveDate) -> Limit {
        in_force(&self.certificate_days, day)
    }

    /// Returns how many days a domain's validation is reused as of this day, whenever it was made: the service shortens old ones too.
    #[must_use]
    pub fn dcv_reuse_days_on(&self, day: NaiveDate) -> Limit {
        in_force(&self.dcv_reuse_days, day)
    }
}

fn in_force(steps: &[(NaiveDate, u32)], day: NaiveDate) -> Limit {
    let newest = steps.iter().filter(|(since, _)| *since <= day).max_by_key(|(since, _)| *since);
    let oldest = || steps.iter().min_by_key(|(since, _)| *since);
    newest.or_else(oldest).map_or(Limit { max: u32::MAX, since: NaiveDate::MIN }, |&(since, max)| Limit { max, since })
}

/// The terms that an order is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct GrantedTerms {
    /// How many days the plan lasts, including days carried over from a renewed plan.
    pub plan_days: u32,
    /// The last day of the plan. The service moves it by a few days if it falls on a weekend or holiday.
    pub plan_until: NaiveDate,
    /// How many days the first certificate lasts.
    pub certificate_days: u32,
    /// The last day of the first certificate.
    pub certificate_until: NaiveDate,
}

/// Returns the days that a renewal adds to a plan requested in years, given the days left on the old plan (guide p.74).
///
/// The guide's table ends at 90 days; an earlier renewal adds no more.
#[must_use]
pub fn renewal_bonus(days_left: i64) -> u32 {
    match days_left {
        ..=0 => 0,
        // The three ranges fit in a u32 by their bounds.
        left @ 1..=30 => 2 * left as u32,
        left @ 31..=89 => 30 + left as u32,
        90.. => 120,
    }
}

/// Returns what an order placed today is granted, or why it is refused.
///
/// `renews` is the number of days left on the plan that this one renews. Without a validity, the certificate lasts as long as allowed.
///
/// # Errors
///
/// [`Error::is_invalid_input`], naming the limit and the date it applies from, when more is requested than can be granted.
pub fn check_order(
    plan: Plan,
    validity: Option<Validity>,
    today: NaiveDate,
    renews: Option<i64>,
    limits: &IssuanceLimits,
) -> Result<GrantedTerms, Error> {
    let plan_days = plan_days(plan, today, renews, limits)?;
    let limit = limits.certificate_days_on(today);
    let certificate_days = match validity.map(|Validity(term)| term) {
        // The service silently caps years; it refuses days and dates.
        None => plan_days.min(limit.max),
        Some(Term::Years(1)) => year_of_certificate(plan_days, renews).min(limit.max),
        Some(Term::Years(years)) => {
            return Err(Error::invalid("validity", format!("a certificate lasts 1 year or a number of days, not {years} years")));
        }
        Some(term) => within("validity", days_of(term, today, "validity")?, limit, plan_days)?,
    };
    Ok(GrantedTerms { plan_days, plan_until: after(today, plan_days), certificate_days, certificate_until: after(today, certificate_days) })
}

/// Returns how many days a certificate reissued today lasts, or why the reissue is refused (guide p.66).
///
/// A certificate cannot outlast the plan. Without a validity, it lasts as long as allowed.
///
/// # Errors
///
/// [`Error::is_invalid_input`], naming the limit, when more is requested than can be granted, or when the plan has ended.
pub fn check_reissue(validity: Option<Validity>, today: NaiveDate, plan_until: NaiveDate, limits: &IssuanceLimits) -> Result<u32, Error> {
    let left = u32::try_from((plan_until - today).num_days()).unwrap_or_default();
    if left == 0 {
        return Err(Error::invalid("plan", format!("it ended on {plan_until}; order a renewal instead")));
    }
    let limit = limits.certificate_days_on(today);
    match validity.map(|Validity(term)| term) {
        None => Ok(left.min(limit.max)),
        Some(Term::Years(1)) if left >= YEAR => Ok(YEAR.min(limit.max)),
        Some(Term::Years(1)) => {
            Err(Error::invalid("validity", format!("a certificate of 1 year requires {YEAR} days left on the plan, which has {left}")))
        }
        Some(Term::Years(years)) => {
            Err(Error::invalid("validity", format!("a certificate lasts 1 year or a number of days, not {years} years")))
        }
        Some(term) => within("validity", days_of(term, today, "validity")?, limit, left),
    }
}

/// One year as the service counts it, in days.
const YEAR: u32 = 370;

fn plan_days(Plan(term): Plan, today: NaiveDate, renews: Option<i64>, limits: &IssuanceLimits) -> Result<u32, Error> {
    let Limit { max, since } = limits.plan_years_on(today);
    match term {
        Term::Years(0) => Err(Error::invalid("plan", "0 years; a plan lasts at least 1 year or 1 day")),
        Term::Years(years) if years > max => {
            Err(Error::invalid("plan", format!("{years} years; a plan lasts at most {max} years since {since}")))
        }
        Term::Years(years) => Ok(YEAR.saturating_add(365_u32.saturating_mul(years - 1)).saturating_add(renews.map_or(0, renewal_bonus))),
        term => {
            let days = days_of(term, today, "plan")?;
            let longest = max.saturating_mul(365);
            if days > longest {
                return Err(Error::invalid(
                    "plan",
                    format!("{days} days; a plan lasts at most {longest} days ({max} years) since {since}"),
                ));
            }
            Ok(days)
        }
    }
}

/// One year of a certificate: as long as one year of plan, including the days carried over.
fn year_of_certificate(plan_days: u32, renews: Option<i64>) -> u32 {
    (YEAR + renews.map_or(0, renewal_bonus)).min(plan_days)
}

fn within(field: &'static str, days: u32, Limit { max, since }: Limit, plan_days: u32) -> Result<u32, Error> {
    if days > max {
        return Err(Error::invalid(field, format!("{days} days; a certificate lasts at most {max} days since {since}")));
    }
    if days > plan_days {
        return Err(Error::invalid(field, format!("{days} days; the plan ends after {plan_days}")));
    }
    Ok(days)
}

fn days_of(term: Term, today: NaiveDate, field: &'static str) -> Result<u32, Error> {
    let days = match term {
        Term::Days(days) => days,
        Term::Until(date) => u32::try_from((date - today).num_days()).unwrap_or_default(),
        Term::Years(years) => years.saturating_mul(365),
    };
    if days > 0 {
        return Ok(days);
    }
    Err(match term {
        Term::Until(date) => Error::invalid(field, format!("{date} is not after today ({today})")),
        _ => Error::invalid(field, "0 days; at least 1 is needed"),
    })
}

fn after(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

#[cfg(test)]
mod tests;
