//! Lists: pages, sort keys and filters, the same for every noun.

mod index;
mod ordered;
mod set;
mod texts;

use std::cmp::Ordering;

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::json;

pub(crate) use self::index::{Index, Key, Member, Selection};
use crate::sandbox::http::Query;

const MOST_PER_PAGE: usize = 1000;

/// The sort keys of a query, `sort=-date_created,name`, and whether each is falling.
///
/// A raw `+` arrives as a blank, so a leading blank means rising too.
fn sort_keys(query: &Query) -> impl Iterator<Item = (&str, bool)> {
    let keys = query.get("sort").into_iter().flat_map(|keys| keys.split(','));
    keys.map(|key| key.trim_start_matches(['+', ' '])).map(|key| key.strip_prefix('-').map_or((key, false), |key| (key, true)))
}

/// Sorts as a query asks; keys that `key` does not know are ignored.
pub(super) fn sort<T>(items: &mut [T], query: &Query, key: impl Fn(&T, &str) -> Option<Key>) {
    let keys: Vec<(&str, bool)> = sort_keys(query).collect();
    items.sort_by(|left, right| {
        keys.iter().fold(Ordering::Equal, |order, (name, falling)| {
            order.then_with(|| {
                let order = key(left, name).cmp(&key(right, name));
                if *falling { order.reverse() } else { order }
            })
        })
    });
}

/// Which page of a list a query asks for.
#[derive(Clone, Copy, Debug)]
struct Paging {
    offset: usize,
    limit: usize,
}

impl Paging {
    fn of(query: &Query) -> Self {
        let number = |name| query.get(name).and_then(|text| text.trim().parse::<usize>().ok());
        let limit = number("limit").filter(|limit| (1..=MOST_PER_PAGE).contains(limit)).unwrap_or(MOST_PER_PAGE);
        Self { offset: number("offset").unwrap_or(0), limit }
    }
}

/// The page of a list that the query asks for.
pub(super) fn page<T, V>(items: &[T], list: &'static str, query: &Query, view: impl Fn(&T) -> V) -> Page<V> {
    let paging = Paging::of(query);
    let views = items.iter().skip(paging.offset).take(paging.limit).map(view).collect();
    Page { list, views, total: items.len(), paging }
}

/// A page as the service shows it; an empty one has no list member.
#[derive(Debug)]
pub(crate) struct Page<V> {
    list: &'static str,
    views: Vec<V>,
    total: usize,
    paging: Paging,
}

impl<V: Serialize> Serialize for Page<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Paging { offset, limit } = self.paging;
        let mut body = serializer.serialize_map(None)?;
        if !self.views.is_empty() {
            body.serialize_entry(self.list, &self.views)?;
        }
        body.serialize_entry("page", &json!({"total": self.total, "limit": limit, "offset": offset}))?;
        body.end()
    }
}

/// Whether a value is among a filter's values; no filter takes all.
pub(super) fn is_among(filter: &[&str], value: &str) -> bool {
    filter.is_empty() || is_named(filter, value)
}

/// Whether a filter names a value.
pub(super) fn is_named(filter: &[&str], value: &str) -> bool {
    filter.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
}

/// Whether any text fits any of a filter's patterns; `%` stands for any text.
pub(super) fn is_like(filter: &[&str], texts: &[&str]) -> bool {
    filter.is_empty() || filter.iter().any(|pattern| texts.iter().any(|text| like(pattern, text)))
}

fn like(pattern: &str, text: &str) -> bool {
    fits(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

/// [`like`] for texts that are in one case.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('%');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pattern.contains('%').then(|| parts.next_back()).flatten() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(found) = rest.find(part) else {
            return false;
        };
        rest = &rest[found + part.len()..];
    }
    rest.ends_with(last)
}

/// The first moment of a filter's `A...B`, `>A`, `<A` or plain day, and the one after its last.
fn range(text: &str) -> Option<(Option<NaiveDateTime>, Option<NaiveDateTime>)> {
    if let Some(from) = text.strip_prefix('>') {
        return Some((Some(moment(from.trim_start_matches('='))?.1), None));
    }
    if let Some(to) = text.strip_prefix('<') {
        return Some((None, Some(moment(to.trim_start_matches('='))?.0)));
    }
    let (start, end) = span(text)?;
    Some((Some(start), Some(end)))
}

/// The start and the end of a range `A...B`, or of a single day or second.
pub(super) fn span(range: &str) -> Option<(NaiveDateTime, NaiveDateTime)> {
    let (from, to) = range.split_once("...").unwrap_or((range, range));
    Some((moment(from)?.0, moment(to)?.1))
}

/// The start and the end of what a text names: a day, or a second of it (`2017-05-10+23:59:59`).
fn moment(text: &str) -> Option<(NaiveDateTime, NaiveDateTime)> {
    let text = text.trim();
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Some((day.and_hms_opt(0, 0, 0)?, day.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0)?));
    }
    let second = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d+%H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some((second, second.checked_add_signed(chrono::TimeDelta::seconds(1))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::of(&format!("/?{text}").parse().unwrap())
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("example.com", "EXAMPLE.com", true),
            ("example.com", "www.example.com", false),
            ("%example.com", "www.example.com", true),
            ("%example.com", "example.com.au", false),
            ("example%", "example.com", true),
            ("%ample%", "example.com", true),
            ("a%b%c", "a-b-c", true),
            ("a%b%c", "acb", false),
            ("%aa", "a", false),
            ("%", "", true),
        ] {
            assert_eq!(is_like(&[pattern], &[text]), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn pages() {
        let items = [1, 2, 3];
        let all = |text| json!(page(&items, "items", &query(text), |item| *item));
        assert_eq!(all(""), json!({"items": [1, 2, 3], "page": {"total": 3, "limit": 1000, "offset": 0}}));
        assert_eq!(all("limit=1&offset=1"), json!({"items": [2], "page": {"total": 3, "limit": 1, "offset": 1}}));
        assert_eq!(all("limit=x&offset=9"), json!({"page": {"total": 3, "limit": 1000, "offset": 9}}));
    }

    #[test]
    fn sorting() {
        let key = |item: &u64, name: &str| (name == "id").then_some(Key::Number(*item));
        for (text, sorted) in
            [("sort=id", [1, 2, 3]), ("sort=+id", [1, 2, 3]), ("sort=%2Bid", [1, 2, 3]), ("sort=-id", [3, 2, 1]), ("sort=x", [2, 1, 3])]
        {
            let mut items = [2, 1, 3];
            sort(&mut items, &query(text), key);
            assert_eq!(items, sorted, "{text}");
        }
    }
}
