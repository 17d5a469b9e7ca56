//! The pipeline from a document to its client: what it refuses, what it edits, and what it makes of the real documents.

#[path = "../openapi/generate.rs"]
mod generate;

#[path = "generation/edits.rs"]
mod edits;
#[path = "generation/golden.rs"]
mod golden;
#[path = "generation/needed.rs"]
mod needed;
#[path = "generation/overlays.rs"]
mod overlays;
#[path = "generation/refusals.rs"]
mod refusals;
#[path = "generation/rules.rs"]
mod rules;
#[path = "generation/versions.rs"]
mod versions;

use generate::Source;
use serde_json::Value;

const WOBBLES: &str = include_str!("fixtures/wobbles.yaml");

/// The fixture with every convention.
fn wobbles() -> Value {
    generate::normalize::read(WOBBLES).expect("the fixture is YAML")
}

/// Sets (or with `null` removes) what stands at a JSON pointer.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let name = name.replace("~1", "/").replace("~0", "~");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
    match parent {
        Value::Array(elements) if name == "-" => elements.push(value),
        Value::Object(members) if value.is_null() => drop(members.remove(&name)),
        Value::Object(members) => drop(members.insert(name, value)),
        _ => panic!("{parent} has no member {name}"),
    }
}

fn source(text: &str) -> Source<'_> {
    Source { module: "wobbles", file: "openapi/wobbles.yaml", text, ..Source::default() }
}
