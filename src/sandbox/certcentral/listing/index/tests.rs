use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::sandbox::certcentral::listing;

fn query(text: &str) -> Query {
    Query::of(&format!("/?{text}").parse().unwrap())
}

fn index(entries: &[(u8, u16)], newest_first: bool) -> Index {
    let mut index = Index::starting_at(1, newest_first);
    for (id, (colour, size)) in (1..).zip(entries) {
        // Entered, changed and entered as it is: nothing of what it was is left.
        index.put(id, vec![("colour", Key::Number(99)), ("size", Key::Number(99))]);
        index.put(id, vec![("colour", Key::Number((*colour).into())), ("size", Key::Number((*size).into()))]);
    }
    index
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pages_are_those_of_a_sorted_list(
        // Some sizes are those of many entries, most are those of one.
        entries in vec((0..4_u8, prop_oneof![0..50_u16, 0..5000_u16]), 0..2000),
        newest_first: bool,
        wanted in proptest::option::of(0..4_u8),
        sort in prop_oneof!["", "sort=size", "sort=-size", "sort=colour,-size", "sort=-colour,id", "sort=id", "sort=-id", "sort=unknown,size"],
        offset in prop_oneof![0..200_usize, 0..2000_usize],
    ) {
        let index = index(&entries, newest_first);
        let key = |name: &str| ["colour", "size", "id"].into_iter().find(|known| *known == name);
        let selection = match wanted {
            Some(colour) => index.select().numbers("colour", &[&colour.to_string()]),
            None => index.select(),
        };
        let query = query(&format!("{sort}&offset={offset}&limit=7"));

        let mut expected: Vec<(u64, (u8, u16))> = (1..).zip(entries.iter().copied()).collect();
        expected.retain(|(_, (colour, _))| wanted.is_none_or(|wanted| wanted == *colour));
        if newest_first {
            expected.reverse();
        }
        listing::sort(&mut expected, &query, |(id, (colour, size)), name| match name {
            "colour" => Some(Key::Number((*colour).into())),
            "size" => Some(Key::Number((*size).into())),
            "id" => Some(Key::Number(*id)),
            _ => None,
        });
        let expected = listing::page(&expected, "things", &query, |(id, _)| *id);
        prop_assert_eq!(json!(selection.page("things", &query, key, |id| id)), json!(expected));
    }

    #[test]
    fn what_changes_leave_is_found_and_sorted(
        changes in vec((1..1000_u64, proptest::option::weighted(0.9, (0..5000_u16, vec(0..64_u8, 0..4), vec(0..300_i64, 0..3)))), 0..2000),
        patterns in vec("[01%]{0,5}", 0..3),
        days in proptest::option::of((proptest::option::of(0..300_i64), proptest::option::of(0..300_i64))),
        falling: bool,
        offset in prop_oneof![Just(0), 0..1000_usize],
    ) {
        let moment = |day: i64| DateTime::UNIX_EPOCH.naive_utc() + chrono::TimeDelta::days(day);
        let (mut index, mut entries) = (Index::starting_at(1, false), BTreeMap::new());
        for (id, entry) in changes {
            let Some((size, numbers, days)) = entry else {
                index.remove(id);
                entries.remove(&id);
                continue;
            };
            let names: Vec<String> = numbers.iter().map(|number| format!("{number:b}")).collect();
            let mut keys = vec![("size", Key::Number(size.into()))];
            keys.extend(names.iter().map(|name| ("name", Key::searched(name))));
            keys.extend(days.iter().map(|day| ("day", Key::Time(Some(moment(*day).and_utc())))));
            index.put(id, keys);
            entries.insert(id, (size, names, days));
        }

        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let mut selection = index.select().like(&["name"], &patterns);
        if let Some((from, to)) = days {
            selection = selection.any_between(&[("day", from.map(moment), to.map(moment))]);
        }
        let is_within = |day: i64| days.is_none_or(|(from, to)| from.is_none_or(|from| from <= day) && to.is_none_or(|to| day < to));
        let mut expected: Vec<_> = entries.into_iter().collect();
        expected.retain(|(_, (_, names, on))| {
            listing::is_like(&patterns, &names.iter().map(String::as_str).collect::<Vec<_>>())
                && (days.is_none() || on.iter().any(|day| is_within(*day)))
        });
        let query = query(&format!("sort={}size&offset={offset}&limit=7", if falling { "-" } else { "" }));
        listing::sort(&mut expected, &query, |(_, (size, ..)), _| Some(Key::Number((*size).into())));
        let expected = listing::page(&expected, "things", &query, |(id, _)| *id);
        prop_assert_eq!(json!(selection.page("things", &query, |_| Some("size"), |id| id)), json!(expected));
    }
}

#[test]
fn texts_are_found_by_patterns() {
    let mut index = Index::starting_at(1, false);
    for (id, name) in [(1, "example.com"), (2, "www.example.com"), (3, "example.org"), (4, "Other.net")] {
        index.put(id, vec![("name", Key::searched(name))]);
    }
    for (pattern, found) in [
        ("EXAMPLE.com", &[1][..]),
        ("%example.com", &[1, 2]),
        ("example%", &[1, 3]),
        ("ex%org", &[3]),
        ("%ample%", &[1, 2, 3]),
        ("other.net", &[4]),
        ("%", &[1, 2, 3, 4]),
        ("nothing", &[]),
    ] {
        assert_eq!(index.select().like(&["name"], &[pattern]).numbered(false).collect::<Vec<_>>(), found, "{pattern}");
    }
    index.remove(2);
    assert_eq!(index.select().like(&["name"], &["%example.com"]).numbered(false).collect::<Vec<_>>(), [1]);
    assert_eq!(index.select().len(), 3);
}

#[test]
fn times_are_found_in_ranges() {
    let mut index = Index::starting_at(1, false);
    index.put(1, vec![("at", Key::Time("2017-05-10T12:00:00Z".parse().ok()))]);
    index.put(2, vec![("at", Key::Time(None))]);
    for (range, fits) in [
        ("2017-05-10", true),
        ("2017-05-09", false),
        (">2017-05-09", true),
        (">2017-05-10", false),
        ("<2017-05-11", true),
        ("<2017-05-10", false),
        ("2017-05-10...2017-05-10", true),
        ("2017-05-11...2017-05-09", false),
        ("2017-05-10 00:00:00...2017-05-10 11:59:59", false),
        ("2017-05-10+00:00:00...2017-05-10+12:00:00", true),
        ("when it suits", false),
    ] {
        assert_eq!(index.select().in_time("at", &[range]).numbered(false).eq([1]), fits, "{range}");
    }
    assert_eq!(index.select().in_time("at", &[">2017-01-01"]).len(), 1);
    assert_eq!(index.select().in_time("at", &[]).len(), 2);
}
