//! Every mistake stops the build with a line that names the file, the place, what is wrong and how to mend it.

#[path = "mistakes.rs"]
mod mistakes;

use serde_json::{Value, json};

use super::generate::{generate, normalize::normalize, problem::Problems};
use super::{WOBBLES, set, source, wobbles};

const ADD: &str = "/paths/~1thing/post";
const GET: &str = "/paths/~1thing~1{thing_id}/get";
const FILE: &str = "/paths/~1thing~1{thing_id}~1file/get";
const SCHEMAS: &str = "/components/schemas";

/// Makes the edits to the fixture and expects exactly this message.
#[track_caller]
fn refused(edits: &[(&str, &str, Value)], expected: &str) {
    let mut document = wobbles();
    for (base, place, value) in edits {
        set(&mut document, &format!("{base}{place}"), value.clone());
    }
    let found = normalize(&document).err().unwrap_or_default();
    let problems = Problems { file: "openapi/wobbles.yaml".to_owned(), found }.to_string();
    assert_eq!(problems, format!("error: openapi/wobbles.yaml: {expected}"));
}

#[track_caller]
fn refused_text(text: &str, expected: &str) {
    let message = generate(&source(text)).expect_err("it should be refused").to_string();
    assert!(message.starts_with("error: openapi/wobbles.yaml: ") && message.contains(expected), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn broken_yaml_is_named_with_its_line() {
    refused_text("openapi: 3.0.3\npaths: [\n", "line 3");
    refused_text("openapi: 3.0.3\nopenapi: 3.0.3\n", "duplicate entry with key \"openapi\"");
}

#[test]
fn every_mistake_has_a_line_of_its_own() {
    let mut document = wobbles();
    set(&mut document, &format!("{ADD}/summary"), Value::Null);
    set(&mut document, &format!("{SCHEMAS}/Size/anyOf"), json!([]));
    let found = normalize(&document).err().unwrap_or_default();
    let problems = Problems { file: "x.yaml".to_owned(), found }.to_string();
    assert_eq!(problems.lines().filter(|line| line.starts_with("error: x.yaml: ")).count(), 2, "{problems}");
}

#[test]
fn what_the_generator_itself_refuses_is_traced_to_its_operation() {
    let text = WOBBLES.replace(
        "{name: verbose, in: query, schema: {type: boolean}}",
        "{name: verbose, in: query, schema: {type: boolean}, deprecated: perhaps}",
    );
    refused_text(&text, "operation `get_thing` (GET /thing/{thing_id}): ");
}

#[test]
fn what_the_generator_panics_on_is_traced_to_its_schema() {
    let text = WOBBLES.replace("width: {type: integer}", "width: {type: integer, default: wide}");
    refused_text(&text, "schema `Size`: ");
}
