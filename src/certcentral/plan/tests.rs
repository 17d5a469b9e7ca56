//! Every row and example of the guide's §8, and the limits since.

use proptest::prelude::*;

use super::*;

/// The guide's own time: certificates of 397 days, plans of 6 years.
const GUIDE: NaiveDate = date(2021, 2, 8);
const TODAY: NaiveDate = date(2026, 11, 23);

fn on(day: NaiveDate, plan: Plan, validity: Option<Validity>, renews: Option<i64>) -> Result<(u32, u32), String> {
    check_order(plan, validity, day, renews, &IssuanceLimits::default())
        .map(|granted| (granted.plan_days, granted.certificate_days))
        .map_err(|error| error.to_string())
}

#[test]
fn plans_asked_for_in_years() {
    for (years, days) in [(1, 370), (2, 735), (3, 1100), (4, 1465), (5, 1830), (6, 2195)] {
        assert_eq!(on(GUIDE, Plan::years(years), None, None), Ok((days, days.min(397))), "{years}");
    }
}

#[test]
fn plans_asked_for_in_days_or_until_a_date() {
    assert_eq!(on(GUIDE, Plan::days(1), None, None), Ok((1, 1)));
    assert_eq!(on(GUIDE, Plan::days(2190), None, None), Ok((2190, 397)));
    assert_eq!(on(GUIDE, Plan::until(date(2021, 6, 9)), None, None), Ok((121, 121)));
    assert!(on(GUIDE, Plan::days(2191), None, None).unwrap_err().contains("at most 2190 days (6 years)"));
    assert!(on(GUIDE, Plan::until(GUIDE), None, None).unwrap_err().contains("not after today"));
    assert!(on(GUIDE, Plan::days(0), None, None).unwrap_err().contains("at least 1"));
}

#[test]
fn a_plan_of_0_or_7_years_is_refused_and_the_limit_named_with_its_date() {
    assert!(on(TODAY, Plan::years(0), None, None).unwrap_err().contains("at least 1 year"));
    assert!(on(TODAY, Plan::years(7), None, None).unwrap_err().contains("at most 3 years since 2023-10-31"));
    assert!(on(TODAY, Plan::years(4), None, None).is_err());
    assert_eq!(on(TODAY, Plan::years(3), None, None), Ok((1100, 199)));
}

#[test]
fn certificates_by_the_guide() {
    let year = Some(Validity::years(1));
    assert_eq!(on(GUIDE, Plan::years(1), year, None), Ok((370, 370)));
    assert_eq!(on(GUIDE, Plan::days(60), year, None), Ok((60, 60)));
    assert_eq!(on(GUIDE, Plan::years(2), Some(Validity::days(397)), None), Ok((735, 397)));
    assert!(on(GUIDE, Plan::years(2), Some(Validity::days(398)), None).unwrap_err().contains("at most 397 days since 2020-09-01"));
    assert!(on(GUIDE, Plan::days(60), Some(Validity::days(61)), None).unwrap_err().contains("the plan ends after 60"));
    assert!(on(GUIDE, Plan::years(2), Some(Validity::years(2)), None).is_err());
    // The sample order of the guide, p.30: a certificate until 21 DEC 2021 in a plan until 21 DEC 2024.
    assert_eq!(on(GUIDE, Plan::until(date(2024, 12, 21)), Some(Validity::until(date(2021, 12, 21))), None), Ok((1412, 316)));
}

#[test]
fn renewals_carry_days_over() {
    for (left, bonus) in [(-5, 0), (0, 0), (1, 2), (30, 60), (31, 61), (60, 90), (89, 119), (90, 120), (365, 120)] {
        assert_eq!(renewal_bonus(left), bonus, "{left}");
        assert_eq!(on(GUIDE, Plan::years(1), None, Some(left)), Ok((370 + bonus, (370 + bonus).min(397))), "{left}");
        assert_eq!(on(GUIDE, Plan::years(2), None, Some(left)), Ok((735 + bonus, 397)), "{left}");
        // Asked for in days or until a date, nothing is added.
        assert_eq!(on(GUIDE, Plan::days(100), None, Some(left)), Ok((100, 100)), "{left}");
    }
    assert_eq!(on(GUIDE, Plan::years(1), Some(Validity::years(1)), Some(10)), Ok((390, 390)));
    assert_eq!(on(GUIDE, Plan::years(1), Some(Validity::years(1)), Some(90)), Ok((490, 397)));
}

#[test]
fn reissues_last_until_the_plan_ends_at_most() {
    let reissued = |validity, left: u64| {
        check_reissue(validity, GUIDE, GUIDE + Days::new(left), &IssuanceLimits::default()).map_err(|error| error.to_string())
    };
    assert_eq!(reissued(None, 60), Ok(60));
    assert_eq!(reissued(None, 800), Ok(397));
    assert_eq!(reissued(Some(Validity::days(60)), 60), Ok(60));
    assert!(reissued(Some(Validity::days(61)), 60).unwrap_err().contains("the plan ends after 60"));
    assert!(reissued(Some(Validity::days(398)), 800).is_err());
    assert_eq!(reissued(Some(Validity::years(1)), 370), Ok(370));
    assert!(reissued(Some(Validity::years(1)), 369).unwrap_err().contains("which has 369"));
    assert_eq!(reissued(Some(Validity::until(GUIDE + Days::new(60))), 60), Ok(60));
    assert!(reissued(None, 0).unwrap_err().contains("it ended on"));
}

#[test]
fn limits_by_date() {
    let limits = IssuanceLimits::default();
    for (day, certificate, reuse) in [
        (date(2026, 2, 23), 397, 397),
        (date(2026, 2, 24), 199, 199),
        (date(2027, 3, 14), 199, 199),
        (date(2027, 3, 15), 100, 100),
        (date(2029, 3, 15), 46, 10),
    ] {
        assert_eq!(limits.certificate_days_on(day).max, certificate, "{day}");
        assert_eq!(limits.dcv_reuse_days_on(day).max, reuse, "{day}");
    }
}

#[test]
fn limits_can_be_set() {
    let mut limits = IssuanceLimits::default();
    limits.plan_years.push((date(2025, 1, 1), 1));
    let refused = check_order(Plan::years(2), None, TODAY, None, &limits).unwrap_err();
    assert!(refused.to_string().contains("at most 1 years since 2025-01-01"));
    assert_eq!(in_force(&[], TODAY).max, u32::MAX);
}

#[test]
fn a_date_goes_before_days_and_days_before_years() {
    let day = date(2030, 1, 1);
    assert_eq!(Term::of(Some(1), Some(2), Some(day)), Some(Term::Until(day)));
    assert_eq!(Term::of(Some(1), Some(2), None), Some(Term::Days(2)));
    assert_eq!(Term::of(Some(1), None, None), Some(Term::Years(1)));
    assert_eq!(Term::of(None, None, None), None);
}

proptest! {
    #[test]
    fn what_is_granted_keeps_every_limit(
        plan in 0_u32..3000, years in proptest::bool::ANY, days in proptest::option::of(0_u32..500),
        renews in proptest::option::of(-100_i64..500), day in 0_u64..4000,
    ) {
        let today = GUIDE + Days::new(day);
        let limits = IssuanceLimits::default();
        let plan = if years { Plan::years(plan % 8) } else { Plan::days(plan) };
        if let Ok(granted) = check_order(plan, days.map(Validity::days), today, renews, &limits) {
            prop_assert!(granted.certificate_days <= granted.plan_days);
            prop_assert!(granted.certificate_days <= limits.certificate_days_on(today).max);
            prop_assert!(granted.certificate_days > 0);
            prop_assert!(granted.certificate_until <= granted.plan_until);
        }
    }

    #[test]
    fn no_term_panics(years in proptest::num::u32::ANY, days in proptest::num::u32::ANY, left in proptest::num::i64::ANY) {
        for plan in [Plan::years(years), Plan::days(days), Plan::until(NaiveDate::MAX), Plan::until(NaiveDate::MIN)] {
            for validity in [None, Some(Validity::years(years)), Some(Validity::days(days)), Some(Validity::until(NaiveDate::MAX))] {
                let _ = check_order(plan, validity, TODAY, Some(left), &IssuanceLimits::default());
                let _ = check_reissue(validity, TODAY, TODAY + Days::new(u64::from(days % 4000)), &IssuanceLimits::default());
            }
        }
    }
}
