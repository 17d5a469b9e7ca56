//! The table of endpoints, held against `openapi/sandbox.yaml`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{BASE, ENDPOINTS};

fn document() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/sandbox.yaml");
    serde_norway::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn resolve<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    match value["$ref"].as_str() {
        Some(reference) => resolve(document, document.pointer(reference.trim_start_matches('#')).unwrap()),
        None => value,
    }
}

/// The members of an operation: of its query, and of its body.
fn members<'v>(document: &'v Value, operation: &'v Value) -> BTreeSet<&'v str> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let in_query = parameters.map(|parameter| parameter["name"].as_str().unwrap());
    let schema = resolve(document, &operation["requestBody"]["content"]["application/json"]["schema"]);
    let in_body = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    in_query.chain(in_body).collect()
}

#[test]
fn the_table_and_the_document_agree() {
    let document = document();
    let mut wrong = Vec::new();
    for endpoint in ENDPOINTS {
        let operation = &document["paths"][format!("{BASE}{}", endpoint.pattern)][endpoint.method.as_str().to_lowercase()];
        if operation.is_null() {
            wrong.push(format!("{} {}: not in the document", endpoint.method, endpoint.pattern));
        } else if members(&document, operation) != endpoint.members.iter().copied().collect() {
            wrong.push(format!("{} {}: other members", endpoint.method, endpoint.pattern));
        }
    }
    let paths = document["paths"].as_object().unwrap();
    let described = paths.values().flat_map(|path| path.as_object().unwrap().keys()).filter(|name| *name != "parameters").count();
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(described, ENDPOINTS.len());
}
