//! What the document says of single values that are sent becomes what the client checks, and nothing else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::generate::generate;
use super::generate::normalize::{Normalized, normalize, read};
use super::generate::rules::{Part, Rule, Step};
use super::{set, source, wobbles};

const NAME: &str = "/components/schemas/ThingRequest/properties/name";

fn normalized(document: &Value) -> Normalized {
    normalize(document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn rules(document: &Value, operation: &str) -> Vec<Rule> {
    let operations = normalized(document).operations;
    operations.into_iter().find(|found| found.id == operation).expect("the operation").rules
}

/// A rule as a line: where it is, what it demands, and why.
fn line(rule: &Rule) -> String {
    let part = match &rule.part {
        Part::Body => "body".to_owned(),
        Part::Path(name) => format!("path {name}"),
        Part::Query(name) => format!("query {name}"),
    };
    let steps = rule.path.iter().map(|step| match step {
        Step::Member(name) => format!(".{name}"),
        Step::Each => "[]".to_owned(),
    });
    format!("{part}{}: {} {}: {}", steps.collect::<String>(), rule.keyword, rule.demand, rule.reason)
}

#[test]
fn rules_are_found_wherever_something_is_sent() {
    let found: BTreeSet<_> = rules(&wobbles(), "add_thing").iter().map(line).collect();
    let expected = [
        "body.labels[]: minLength 1: an empty label cannot be read",
        "body.name: maxLength 64: a label is no longer",
        r#"body.name: pattern "^[a-z]": it begins with a letter"#,
        "body.parts: maxItems 2: it has two sides",
        "body.parts[].count: minimum 1: none is no part",
        "body.parts[].label: minLength 1: an empty label cannot be read",
    ];
    assert_eq!(found, BTreeSet::from(expected.map(str::to_owned)));
    assert_eq!(
        rules(&wobbles(), "get_thing").iter().map(line).collect::<Vec<_>>(),
        ["query depth: maximum 9: deeper than that nothing is"]
    );
}

#[test]
fn a_rule_changes_no_type() {
    let code = |document: &Value| generate(&source(&document.to_string())).unwrap_or_else(|problems| panic!("{problems}"));
    let types = |code: &str| code.split_once("pub mod types").expect("types").1.split_once("OPERATIONS").expect("operations").0.to_owned();
    let mut without = wobbles();
    for member in ["maxLength", "pattern", "x-reason"] {
        set(&mut without, &format!("{NAME}/{member}"), Value::Null);
    }
    assert_eq!(types(&code(&wobbles())), types(&code(&without)));
    assert!(!normalized(&wobbles()).document.to_string().contains("maxLength"));
}

#[test]
fn editing_a_rule_changes_what_the_client_checks() {
    let code = |document: &Value| {
        let code = generate(&source(&document.to_string())).unwrap_or_else(|problems| panic!("{problems}"));
        code.split_whitespace().collect::<String>()
    };
    let mut edited = wobbles();
    let row = |demand: &str| format!(r#"path:&[crate::client::Step::Member("name")],demand:crate::client::Demand::{demand}"#);
    assert!(code(&edited).contains(&row("MaxLength(64u64)")));
    set(&mut edited, &format!("{NAME}/maxLength"), json!(80));
    set(&mut edited, &format!("{NAME}/pattern"), json!("^[A-Z]"));
    set(&mut edited, &format!("{NAME}/x-reason"), json!("the vendor took it back"));
    let code = code(&edited);
    assert!(code.contains(&row("MaxLength(80u64)")) && code.contains(r#"Pattern::new("^[A-Z]")"#) && code.contains("thevendortookitback"));
    assert!(!code.contains(r#"Pattern::new("^[a-z]")"#));
}

/// Tools for other languages have no look-around, no classes of Unicode, and read `\s` and `$` in ways of their own beyond ASCII.
#[test]
fn the_patterns_of_the_documents_are_read_by_the_tools_of_other_languages_too() {
    let mut patterns = BTreeSet::new();
    for text in [
        include_str!("../../openapi/certcentral.yaml"),
        include_str!("../../openapi/pocketsign-verify-v1.yaml"),
        include_str!("../../openapi/pocketsign-verify-v2.yaml"),
    ] {
        let operations = normalized(&read(text).expect("YAML")).operations;
        let rules = operations.iter().flat_map(|operation| &operation.rules).filter(|rule| rule.keyword == "pattern");
        patterns.extend(rules.filter_map(|rule| rule.demand.as_str().map(str::to_owned)));
    }
    assert!(patterns.len() > 4, "{patterns:?}");
    for pattern in patterns {
        for special in ["(?", r"\p", r"\P", r"\k", r"\1", r"\b", r"\u"] {
            assert!(!pattern.contains(special), "{pattern} has {special}");
        }
    }
}
