//! What the sandbox reads of bodies, held against the document.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sandbox::certcentral::ROUTES;
use crate::sandbox::json::{Members, Type};

/// What the document leaves out on purpose: how older clients name the method, and a container that only some of the vendor's pages have.
const OLDER: [&str; 9] = [
    "POST /domain dcv",
    "POST /domain dcv.method",
    "POST /organization container",
    "POST /organization container.id",
    "POST /order/certificate/{}/duplicate comments",
    "POST /container/{}/children allowed_domain_names",
    // Its path is known alone.
    "POST /account/metadata label",
    "POST /account/metadata data_type",
    "POST /account/metadata is_required",
];

fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let target = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    target.and_then(|target| document.pointer(target.trim_start_matches('#'))).map_or(schema, |target| resolve(document, target))
}

fn documented(document: &Value, schema: &Value, above: &str, found: &mut BTreeSet<String>) {
    let schema = resolve(document, schema);
    let schema = if schema["items"].is_null() { schema } else { resolve(document, &schema["items"]) };
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{above}{name}");
        documented(document, member, &format!("{path}."), found);
        found.insert(path);
    }
}

fn read(members: Members, above: &str, found: &mut BTreeSet<String>) {
    for (name, of) in members {
        let path = format!("{above}{name}");
        if let Type::Object(members) | Type::Objects(members) = of {
            read(members, &format!("{path}."), found);
        }
        found.insert(path);
    }
}

/// A path with nothing in its places.
fn plain(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn no_member_is_read_that_the_document_does_not_have() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/certcentral.yaml")).unwrap();
    let document: Value = serde_norway::from_str(&text).unwrap();
    let mut tried = 0;
    for route in ROUTES {
        let mut of_sandbox = BTreeSet::new();
        read(route.takes, "", &mut of_sandbox);
        let pattern = plain(route.pattern);
        let paths = document["paths"].as_object().unwrap();
        let (_, item) = paths.iter().find(|(path, _)| plain(path) == pattern).unwrap_or_else(|| panic!("{pattern} is not documented"));
        let mut of_document = BTreeSet::new();
        let operation = &item[route.method.as_str().to_ascii_lowercase()];
        documented(&document, &operation["requestBody"]["content"]["application/json"]["schema"], "", &mut of_document);
        for path in of_sandbox.difference(&of_document) {
            let member = format!("{} {pattern} {path}", route.method);
            assert!(OLDER.contains(&member.as_str()), "{member} is not documented");
        }
        tried += of_sandbox.len();
    }
    assert!(tried > 100, "only {tried} members are read");
}
