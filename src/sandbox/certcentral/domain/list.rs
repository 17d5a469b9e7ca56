//! Listing domains.

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde_json::Value;

use super::Domain;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::listing::{Key, Member};
use crate::sandbox::certcentral::rules::validations::ValidationKind;
use crate::sandbox::http::{Answer, Call, Reply};

/// The periods that List domains filters by, in days until the end of a validation: name, first, last.
const PERIODS: &[(&str, i64, i64)] = &[
    ("expired_in_last_7_days", -7, -1),
    ("expiring_within_7_days", 0, 7),
    ("expiring_within_30_days", 0, 30),
    ("expiring_from_31_to_60_days", 31, 60),
    ("expiring_from_61_to_90_days", 61, 90),
];

/// What List domains finds and sorts a domain by.
pub(crate) fn domain_keys(account: &Account, domain: &Domain) -> Vec<(Member, Key)> {
    let mut keys = vec![
        ("container_id", Key::Number(account.container_of_domain(domain))),
        ("name", Key::searched(&domain.name)),
        ("dcv_method", Key::Word(domain.method.word())),
        ("date_created", Key::Time(Some(domain.created))),
    ];
    keys.extend(ends(domain));
    keys
}

/// The last day of a domain's validation, once for each kind.
fn ends(domain: &Domain) -> impl Iterator<Item = (Member, Key)> {
    let until = domain.approval.map(|approval| approval.until.date_naive().and_time(NaiveTime::MIN).and_utc());
    domain.kinds.iter().filter(move |_| until.is_some()).map(move |kind| (kind.word(), Key::Time(until)))
}

/// The kind of validation and the range of its end that a value of `filters[validation]` names (a kind and a period,
/// `ov_expiring_within_7_days`). A value that is no such pair names none; nor does the change of the industry's rules,
/// which shortens nothing here.
fn ending(wanted: &str, now: DateTime<Utc>) -> Option<(Member, Option<NaiveDateTime>, Option<NaiveDateTime>)> {
    let today = now.date_naive().and_time(NaiveTime::MIN);
    ValidationKind::all().find_map(|kind| {
        let period = wanted.strip_prefix(kind.word())?.strip_prefix('_')?;
        let (_, first, last) = PERIODS.iter().find(|(name, ..)| *name == period)?;
        Some((kind.word(), Some(today + TimeDelta::days(*first)), Some(today + TimeDelta::days(*last + 1))))
    })
}

/// `GET /domain`
pub(crate) fn list(account: &mut Account, call: &Call) -> Answer {
    let query = &call.query;
    let mut domains = account.lists.domains.select();
    if let Some(container) = query.number("container_id") {
        domains = domains.any_of("container_id", &[Key::Number(container)]);
    }
    let ends = query.filter("validation");
    if !ends.is_empty() {
        let ends: Vec<_> = ends.iter().filter_map(|wanted| ending(wanted, call.now)).collect();
        domains = domains.any_between(&ends);
    }
    let domains = domains
        .like(&["name"], &query.filter("search"))
        .words("dcv_method", &query.filter("dcv_method"))
        .in_time("date_created", &query.filter("date_created"));
    let sorted_by = |key: &str| ["id", "name", "date_created"].into_iter().find(|known| *known == key);
    Ok(Reply::ok(domains.page("domains", query, sorted_by, |id| {
        let Some(domain) = account.domains.get(id) else {
            return Value::Null;
        };
        let organization = account.organization_of_domain(domain);
        let mut view = domain.view(organization, account.container_summary(account.container_of_domain(domain)), call.now);
        view.insert("dcv_method".to_owned(), domain.method.word().into());
        // A domain that was never validated shows no validations in lists.
        if domain.approval.is_some() {
            view.insert("validations".to_owned(), domain.validations_view(organization, call.now).into());
        }
        view.into()
    })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::certcentral::domain::tests::domain;
    use crate::sandbox::certcentral::listing::Index;
    use crate::sandbox::certcentral::rules::dcv::DcvMethod;
    use crate::sandbox::clock::days_after;

    const REUSE_DAYS: u32 = 199;

    fn is_found(domain: &Domain, wanted: &str, now: DateTime<Utc>) -> bool {
        let mut index = Index::starting_at(domain.id, false);
        index.put(domain.id, ends(domain).collect());
        let range: Vec<_> = ending(wanted, now).into_iter().collect();
        index.select().any_between(&range).len() == 1
    }

    #[test]
    fn domains_are_found_by_the_end_of_their_validation() {
        let mut domain = domain(DcvMethod::DnsTxt);
        let day = |days| days_after(DateTime::UNIX_EPOCH, days);
        assert!(!is_found(&domain, "ov_expiring_within_7_days", day(0)));
        domain.approve(DcvMethod::DnsTxt, day(0), REUSE_DAYS);
        for (days_left, wanted, found) in [
            (7, "ov_expiring_within_7_days", true),
            (8, "ov_expiring_within_7_days", false),
            (8, "ov_expiring_within_30_days", true),
            (31, "ov_expiring_within_30_days", false),
            (31, "ov_expiring_from_31_to_60_days", true),
            (90, "ov_expiring_from_61_to_90_days", true),
            (7, "ev_expiring_within_7_days", false),
            (7, "shortened_by_industry_changes", false),
        ] {
            assert_eq!(is_found(&domain, wanted, day(REUSE_DAYS - days_left)), found, "{days_left} {wanted}");
        }
        for (days_after_end, found) in [(0, false), (1, true), (7, true), (8, false)] {
            assert_eq!(is_found(&domain, "ov_expired_in_last_7_days", day(REUSE_DAYS + days_after_end)), found, "{days_after_end}");
        }
    }
}
