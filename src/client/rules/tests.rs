use proptest::prelude::*;
use serde_json::json;

use super::*;

static LOWER: Pattern = Pattern::new("^[a-z]+$");

const RULES: &[Rule] = &[
    Rule { part: Part::Path("thing"), path: &[], demand: Demand::Pattern(|| &LOWER), reason: "things are written small" },
    Rule { part: Part::Query("limit"), path: &[], demand: Demand::Maximum(10.0), reason: "no page is larger" },
    Rule { part: Part::Query("names"), path: &[], demand: Demand::MaxItems(2), reason: "two are enough" },
    Rule { part: Part::Query("names"), path: &[Step::Each], demand: Demand::MinLength(2), reason: "initials say nothing" },
    Rule { part: Part::Body, path: &[Step::Member("name")], demand: Demand::MaxLength(3), reason: "labels are small" },
    Rule { part: Part::Body, path: &[Step::Member("count")], demand: Demand::Minimum(1.0), reason: "none is no thing" },
    Rule { part: Part::Body, path: &[Step::Member("parts")], demand: Demand::MinItems(1), reason: "a thing has parts" },
    Rule {
        part: Part::Body,
        path: &[Step::Member("parts"), Step::Each, Step::Member("name")],
        demand: Demand::Pattern(|| &LOWER),
        reason: "parts are written small",
    },
    Rule {
        part: Part::Body,
        path: &[Step::Member("labels"), Step::Each],
        demand: Demand::MinLength(1),
        reason: "an empty label cannot be read",
    },
];

const OPERATION: Operation = Operation {
    id: "change_thing",
    method: "POST",
    path: "/thing/{thing}/change",
    idempotent: false,
    deletes: false,
    empty_success: false,
    fresh_connection: true,
    secret: false,
    rules: RULES,
};

fn refusal_of(path_and_query: &str, body: &Value) -> Option<String> {
    let url = Url::parse(&format!("https://service.example/v2{path_and_query}")).unwrap();
    let mut request = reqwest::Request::new(http::Method::POST, url);
    *request.body_mut() = Some(body.to_string().into());
    let error = check(&OPERATION, &request).err()?;
    assert!(error.is_invalid_input() && !error.was_sent());
    Some(error.to_string())
}

impl Rule {
    /// The keyword of the document.
    pub(crate) fn kind(&self) -> &'static str {
        match self.demand {
            Demand::Pattern(_) => "pattern",
            Demand::MinLength(_) => "minLength",
            Demand::MaxLength(_) => "maxLength",
            Demand::MinItems(_) => "minItems",
            Demand::MaxItems(_) => "maxItems",
            Demand::Minimum(_) => "minimum",
            Demand::Maximum(_) => "maximum",
        }
    }
}

/// What the rules of a document say to the body of an operation.
pub(crate) fn refusal(operations: &'static [Operation], id: &str, body: &Value) -> Option<String> {
    let operation = operations.iter().find(|operation| operation.id == id).expect("an operation of the document");
    let path: Vec<_> = operation.path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment }).collect();
    let mut request = reqwest::Request::new(http::Method::POST, Url::parse(&format!("https://a.example{}", path.join("/"))).unwrap());
    *request.body_mut() = Some(body.to_string().into());
    check(operation, &request).err().map(|error| error.to_string())
}

#[test]
fn what_is_as_the_rules_demand_goes_through() {
    for body in [
        json!({"name": "abc", "count": 1, "parts": [{"name": "a"}], "labels": {"K": "x"}}),
        // A value of another type, or none, is not what the rule is for.
        json!({"name": null, "count": "0", "parts": {}, "labels": [null]}),
        json!({"parts": [{}, 5, null]}),
        json!([]),
        json!(null),
    ] {
        assert_eq!(refusal_of("/thing/a/change?limit=10&names=ab&names=cd&other=x", &body), None, "{body}");
    }
}

#[test]
fn a_refusal_names_the_member_the_rule_and_the_reason() {
    let fine = json!({});
    for (path, body, expected) in [
        ("/thing/A1/change", &fine, "thing: it does not match (`pattern: ^[a-z]+$`): things are written small"),
        ("/thing/%61%20/change", &fine, "thing: it does not match (`pattern: ^[a-z]+$`): things are written small"),
        ("/thing/a/change?limit=11", &fine, "limit: it is too large (`maximum: 10`): no page is larger"),
        ("/thing/a/change?limit=all", &fine, "limit: it is not a number: no page is larger"),
        ("/thing/a/change?names=ab&names=cd&names=ef", &fine, "names: it has 3 entries (`maxItems: 2`): two are enough"),
        ("/thing/a/change?names=ab&names=%E6%97%A5", &fine, "names: it has 1 characters (`minLength: 2`): initials say nothing"),
        ("/thing/a/change", &json!({"name": "日本語だ"}), "name: it has 4 characters (`maxLength: 3`): labels are small"),
        ("/thing/a/change", &json!({"count": 0}), "count: it is too small (`minimum: 1`): none is no thing"),
        ("/thing/a/change", &json!({"parts": []}), "parts: it has 0 entries (`minItems: 1`): a thing has parts"),
        (
            "/thing/a/change",
            &json!({"parts": [{"name": "a"}, {"name": "SECRET"}]}),
            "parts[1].name: it does not match (`pattern: ^[a-z]+$`): parts are written small",
        ),
        (
            "/thing/a/change",
            &json!({"labels": {"a": "b", "SECRET": ""}}),
            "labels[…]: it is empty (`minLength: 1`): an empty label cannot be read",
        ),
    ] {
        assert_eq!(refusal_of(path, body).as_deref(), Some(expected), "{path} {body}");
    }
}

#[test]
fn a_value_cannot_make_another_path() {
    for path in ["/thing/../change", "/thing/./change", "/thing/a/b/change", "/other/a/change", "/thing/a/change/"] {
        let refusal = refusal_of(path, &json!({})).unwrap_or_else(|| panic!("{path} goes through"));
        assert!(refusal.starts_with("path: "), "{path}: {refusal}");
    }
    assert_eq!(refusal_of("/thing//change", &json!({})).as_deref(), Some("thing: it is empty"));
    assert_eq!(
        refusal_of("/thing/a%2Fb/change", &json!({})).as_deref(),
        Some("thing: it does not match (`pattern: ^[a-z]+$`): things are written small")
    );
}

proptest! {
    /// Whatever is put into a path, escaped as the generator escapes it, is read as itself, or the call is refused.
    #[test]
    fn a_value_in_a_path_is_what_was_put_there(value in "[a-z./ %日?#]{0,6}") {
        let mut url = Url::parse("https://service.example/v2").unwrap();
        url.path_segments_mut().unwrap().push("thing").push(&value).push("change");
        match parameters("/thing/{thing}/change", &url) {
            Ok(found) => prop_assert_eq!(&*found[0].1, &*value),
            Err(_) => prop_assert!(matches!(&*value, "" | "." | "..")),
        }
    }
}
