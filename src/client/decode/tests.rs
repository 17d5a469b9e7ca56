use serde::Deserialize;

use super::*;
use crate::lenient::{AsIs, Boolean, Forgiving, Integer, Object, Strict, Text, read as member};

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Order {
    id: u32,
    #[serde(default, deserialize_with = "member::<Strict<Option<Text>>, _>")]
    status: Option<String>,
    #[serde(default, deserialize_with = "member::<Forgiving<Option<Integer<i64>>>, _>")]
    years: Option<i64>,
    #[serde(default, deserialize_with = "member::<Forgiving<Vec<Forgiving<Object<Note>>>>, _>")]
    notes: Vec<Note>,
    #[serde(default, deserialize_with = "member::<Forgiving<Option<Object<Page>>>, _>")]
    parent: Option<Page>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Note {
    id: u32,
    #[serde(default, deserialize_with = "member::<Forgiving<Option<Boolean>>, _>")]
    seen: Option<bool>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Page {
    #[serde(default, deserialize_with = "member::<Strict<Vec<AsIs<Order>>>, _>")]
    orders: Vec<Order>,
}

fn loose<T: DeserializeOwned>(body: &str) -> Result<T, String> {
    read(Json::Loose, "test", body.as_bytes(), false).map_err(|Undecodable { path, error }| format!("{path}: {error}"))
}

/// What is left out of a body, by name.
fn left_out(body: &str) -> Vec<(String, usize)> {
    let read = lenient::forgive::<Order>(serde_json::from_str(body).unwrap());
    read.unwrap_or_else(|(path, error)| panic!("{path}: {error}")).1.into_iter().collect()
}

#[test]
fn what_decides_nothing_may_be_unreadable() {
    let body = r#"{"id": 1, "years": "two", "status": "issued"}"#;
    assert_eq!(loose(body), Ok(Order { id: 1, status: Some("issued".into()), ..Order::default() }));
    assert_eq!(left_out(body), [("Order.years".to_owned(), 1)]);
}

#[test]
fn a_list_goes_without_its_unreadable_entries_and_they_are_counted() {
    let body = r#"{"id": 1, "notes": [{"id": 1, "seen": []}, {"id": "x"}, 7, {"id": 2, "seen": {}}, null]}"#;
    let notes = vec![Note { id: 1, seen: None }, Note { id: 2, seen: None }];
    assert_eq!(loose(body), Ok(Order { id: 1, notes, ..Order::default() }));
    assert_eq!(left_out(body), [("Note.seen".to_owned(), 2), ("Order.notes".to_owned(), 2)]);
}

#[test]
fn nothing_forgives_what_something_is_decided_by() {
    assert_eq!(loose::<Order>(r#"{"id": 1, "status": []}"#).unwrap_err().split(':').next(), Some("status"));
    // However deep, and whatever could be left out around it.
    let deep = r#"{"id": 1, "years": [], "parent": {"orders": [{"id": 1}, {"id": 2, "status": {"a": 1}}]}}"#;
    assert_eq!(loose::<Order>(deep).unwrap_err().split(':').next(), Some("parent.orders[1].status"));
    // What is not there is not unreadable.
    assert_eq!(loose(r#"{"id": 1, "status": null}"#), Ok(Order { id: 1, ..Order::default() }));
    // Nor what an object cannot be without, at the top.
    assert!(loose::<Order>(r#"{"id": "x"}"#).unwrap_err().starts_with("id: "));
}

#[test]
fn of_a_member_that_stands_twice_the_last_one_counts() {
    assert_eq!(loose(r#"{"id": 1, "years": 1, "years": "2"}"#), Ok(Order { id: 1, years: Some(2), ..Order::default() }));
    assert!(read::<Order>(Json::Protobuf, "test", br#"{"id": 1, "id": 1}"#, false).is_err());
}

#[test]
fn an_empty_list_is_an_empty_object_and_another_list_is_none() {
    assert_eq!(loose::<Page>(" [ ] "), Ok(Page::default()));
    for wrong in ["[5]", "[[]]", "[{\"id\": 1}]", "[5"] {
        let error = loose::<Order>(wrong).unwrap_err();
        assert!(error.contains("expected an object, found a list"), "{wrong}: {error}");
    }
    assert!(read::<Page>(Json::Protobuf, "test", b"[]", false).is_err());
}

#[test]
fn what_is_no_json_stays_so() {
    for wrong in ["", "<html>", r#"{"id": 1"#, r#"{"id": 1, "years": []"#, r#"{"id": 1} {}"#] {
        assert!(loose::<Order>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_response_in_full_has_nothing_left_out() {
    let body = br#"{"id": 1, "years": "two"}"#;
    let Err(Undecodable { path, .. }) = read::<Order>(Json::Loose, "test", body, true) else { panic!("it cannot be read in full") };
    assert_eq!(path, "Order.years");
    assert!(read::<Order>(Json::Loose, "test", br#"{"id": 1, "years": "2", "years": 3}"#, true).is_ok());
}

#[test]
fn a_mark_of_byte_order_is_no_part_of_the_text() {
    assert_eq!(without_mark("\u{feff}{}".as_bytes()), b"{}");
    assert_eq!(without_mark(b"{}"), b"{}");
}
