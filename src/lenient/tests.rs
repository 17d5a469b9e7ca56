use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn from<L: Lenient>(value: Value) -> Result<L::Plain, String> {
    read::<L, _>(value).map_err(|error| error.to_string())
}

fn refused<L: Lenient>(value: Value)
where
    L::Plain: fmt::Debug,
{
    let shown = value.to_string();
    let error = from::<L>(value).expect_err(&shown);
    assert!(error.contains("expected"), "{shown}: {error}");
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Id {
    id: u8,
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn booleans() {
    for yes in [json!(true), json!(1), json!("1"), json!("true"), json!("TRUE")] {
        assert_eq!(from::<Boolean>(yes), Ok(true));
    }
    for no in [json!(false), json!(0), json!("0"), json!("false")] {
        assert_eq!(from::<Boolean>(no), Ok(false));
    }
    for wrong in [json!(2), json!("yes"), json!(""), json!(null), json!([]), json!({})] {
        refused::<Boolean>(wrong);
    }
    for none in [json!(null), json!(""), json!(" ")] {
        assert_eq!(from::<Option<Boolean>>(none), Ok(None));
    }
}

#[test]
fn numbers() {
    assert_eq!(from::<Integer<i64>>(json!("-12")), Ok(-12));
    assert_eq!(from::<Number>(json!("12.50")), Ok(12.5));
    assert_eq!(from::<Number>(json!(3)), Ok(3.0));
    for wrong in [json!("12x"), json!(true), json!(1.5), json!(u64::MAX), json!("")] {
        refused::<Integer<i64>>(wrong);
    }
    for wrong in [json!("inf"), json!("nan"), json!(false)] {
        refused::<Number>(wrong);
    }
    assert_eq!(from::<Option<Integer<i64>>>(json!("")), Ok(None));
    assert_eq!(from::<Option<Number>>(json!(" ")), Ok(None));
    refused::<Option<Number>>(json!("free"));
}

#[test]
fn texts() {
    assert_eq!(from::<Text>(json!("84043")), Ok("84043".to_owned()));
    assert_eq!(from::<Text>(json!(84043)), Ok("84043".to_owned()));
    assert_eq!(from::<Text>(json!(u64::MAX)), Ok(u64::MAX.to_string()));
    assert_eq!(from::<Option<Text>>(json!("")), Ok(Some(String::new())));
    refused::<Text>(json!(true));
    refused::<Text>(json!(["84043"]));
}

#[test]
fn dates() {
    let day = NaiveDate::from_ymd_opt(2021, 12, 21).unwrap();
    for form in ["2021-12-21", "21 DEC 2021", "21 Dec 2021", "21 dec 2021", "2021-12-21T23:30:00-06:00", "2021-12-21 00:00:00"] {
        assert_eq!(from::<Date>(json!(form)), Ok(day), "{form}");
    }
    for none in ["", "0000-00-00", "0000-00-00 00:00:00"] {
        assert_eq!(from::<Option<Date>>(json!(none)), Ok(None), "{none}");
        refused::<Date>(json!(none));
    }
    for wrong in [json!("2021-13-01"), json!("tomorrow"), json!(20211221)] {
        refused::<Option<Date>>(wrong);
    }
}

#[test]
fn moments() {
    let forms = [
        ("2016-03-25T21:01:40+00:00", "2016-03-25T21:01:40Z"),
        ("2016-03-25T21:01:40Z", "2016-03-25T21:01:40Z"),
        ("2016-03-25T21:01:40-0600", "2016-03-26T03:01:40Z"),
        ("2016-03-25T21:01:40.250+09:00", "2016-03-25T12:01:40.25Z"),
        ("2018-11-14T19:00:00", "2018-11-14T19:00:00Z"),
        ("2006-11-10 00:00:00", "2006-11-10T00:00:00Z"),
        ("2016-03-25T21:01:40:00:00", "2016-03-25T21:01:40Z"),
        ("2021-05-21", "2021-05-21T00:00:00Z"),
    ];
    for (form, moment) in forms {
        assert_eq!(from::<Timestamp>(json!(form)), Ok(utc(moment)), "{form}");
    }
    assert_eq!(from::<Option<Timestamp>>(json!("0000-00-00 00:00:00")), Ok(None));
    for wrong in ["2016-03-25T21:01:40:30:00", "2016-03-25T25:00:00Z", "soon"] {
        refused::<Option<Timestamp>>(json!(wrong));
    }
}

#[test]
fn lists_and_maps() {
    assert_eq!(from::<Vec<AsIs<u8>>>(json!(null)), Ok(vec![]));
    assert_eq!(from::<Vec<Boolean>>(json!(["1", 0])), Ok(vec![true, false]));
    assert_eq!(from::<Option<Vec<Boolean>>>(json!(null)), Ok(None));
    assert_eq!(from::<Vec<Vec<AsIs<u8>>>>(json!([null, [1]])), Ok(vec![vec![], vec![1]]));
    assert_eq!(from::<Vec<AsIs<u8>>>(json!([1, null, 2])), Ok(vec![1, 2]));
    assert_eq!(from::<BTreeMap<String, Integer<i64>>>(json!({"a": "1"})), Ok(BTreeMap::from([("a".to_owned(), 1)])));
    assert_eq!(from::<BTreeMap<String, AsIs<u8>>>(json!(null)), Ok(BTreeMap::new()));
    assert_eq!(from::<Map<String, Value>>(json!(null)), Ok(Map::new()));
    assert!(from::<Vec<Boolean>>(json!({})).is_err());
    assert_eq!(from::<BTreeMap<String, AsIs<u8>>>(json!([])), Ok(BTreeMap::new()));
    assert_eq!(from::<Map<String, Value>>(json!([])), Ok(Map::new()));
    refused::<Map<String, Value>>(json!([1]));
}

#[test]
fn a_list_leaves_out_what_stands_for_none() {
    assert_eq!(from::<Vec<TextEntry>>(json!(["", "a", " ", null])), Ok(vec!["a".to_owned()]));
    assert_eq!(from::<Vec<TextEntry>>(json!([" a"])), Ok(vec![" a".to_owned()]));
    assert_eq!(from::<Vec<Integer<i64>>>(json!(["", 1])), Ok(vec![1]));
    assert_eq!(from::<Vec<TextEntry>>(json!([1])), Ok(vec!["1".to_owned()]));
    refused::<Vec<TextEntry>>(json!([["a"]]));
    refused::<Vec<Exact<String>>>(json!([null]));
}

#[test]
fn a_list_may_be_its_only_element() {
    type Requests = Vec<Object<BTreeMap<String, u8>>>;
    let one = || BTreeMap::from([("id".to_owned(), 1)]);
    assert_eq!(from::<Requests>(json!({"id": 1})), Ok(vec![one()]));
    assert_eq!(from::<Requests>(json!([{"id": 1}, {"id": 1}])), Ok(vec![one(), one()]));
    assert_eq!(from::<Requests>(json!([])), Ok(vec![]));
    assert_eq!(from::<Requests>(json!(null)), Ok(vec![]));
    refused::<Requests>(json!("none"));
}

#[test]
fn an_object_may_be_an_empty_list() {
    type Organization = Option<Object<BTreeMap<String, u8>>>;
    assert_eq!(from::<Vec<Object<Id>>>(json!([{"id": 5}, [], null])), Ok(vec![Id { id: 5 }]));
    // serde's own reader takes a list for the members in a row.
    assert_eq!(serde_json::from_value::<Id>(json!([5])).unwrap(), Id { id: 5 });
    for wrong in [json!([5]), json!([[5]])] {
        refused::<Option<Object<Id>>>(wrong.clone());
        refused::<Vec<Object<Id>>>(json!([wrong]));
    }
    assert_eq!(from::<Organization>(json!([])), Ok(None));
    assert_eq!(from::<Organization>(json!(null)), Ok(None));
    assert_eq!(from::<Organization>(json!({"id": 1})), Ok(Some(BTreeMap::from([("id".to_owned(), 1)]))));
    refused::<Organization>(json!([{"id": 1}]));
    refused::<Organization>(json!("none"));
}

#[test]
fn protobuf_has_one_form_for_most() {
    assert_eq!(from::<Whole<i64>>(json!("-12")), Ok(-12));
    assert_eq!(from::<Whole<i32>>(json!(12)), Ok(12));
    for wrong in [json!(""), json!(" 1"), json!(1.5), json!(true), json!(i64::MAX), json!("x"), json!([])] {
        refused::<Whole<i32>>(wrong);
    }
    assert_eq!(from::<Rfc3339>(json!("2023-09-02T20:15:27.613966Z")), Ok(utc("2023-09-02T20:15:27.613966Z")));
    for wrong in ["", "2023-09-02", "2023-09-02T20:15:27", "0000-00-00 00:00:00", "02 SEP 2023"] {
        refused::<Option<Rfc3339>>(json!(wrong));
    }
    assert_eq!(from::<Option<Message<Id>>>(json!(null)), Ok(None));
    for wrong in [json!([]), json!([5]), json!(""), json!(5)] {
        refused::<Option<Message<Id>>>(wrong.clone());
        refused::<Repeated<Message<Id>>>(json!([wrong]));
    }
    assert_eq!(from::<Repeated<Message<Id>>>(json!(null)), Ok(vec![]));
    assert_eq!(from::<Repeated<Message<Id>>>(json!([{"id": 1}])), Ok(vec![Id { id: 1 }]));
    refused::<Repeated<Message<Id>>>(json!({"id": 1}));
    assert!(from::<Repeated<Message<Id>>>(json!([null])).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in ".*") {
        let _ = from::<Boolean>(json!(text));
        let _ = from::<Integer<i64>>(json!(text));
        let _ = from::<Number>(json!(text));
        let _ = from::<Date>(json!(text));
        let _ = from::<Timestamp>(json!(text));
        prop_assert_eq!(from::<Text>(json!(text)), Ok(text));
    }

    #[test]
    fn numbers_read_alike_in_both_forms(integer: i64, number in proptest::num::f64::NORMAL) {
        prop_assert_eq!(from::<Integer<i64>>(json!(integer)), Ok(integer));
        prop_assert_eq!(from::<Integer<i64>>(json!(integer.to_string())), Ok(integer));
        prop_assert_eq!(from::<Number>(json!(number)), Ok(number));
        prop_assert_eq!(from::<Number>(json!(number.to_string())), Ok(number));
    }

    #[test]
    fn a_moment_reads_alike_in_every_form(seconds in 0_i64..253_402_300_799) {
        let moment = DateTime::from_timestamp(seconds, 0).unwrap();
        for form in ["%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S:00:00"] {
            let text = moment.format(form).to_string();
            prop_assert_eq!(from::<Timestamp>(json!(text)), Ok(moment));
            prop_assert_eq!(from::<Date>(json!(text)), Ok(moment.date_naive()));
        }
        let text = moment.format("%d %b %Y").to_string().to_uppercase();
        prop_assert_eq!(from::<Date>(json!(text)), Ok(moment.date_naive()));
    }
}
