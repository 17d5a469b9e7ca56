//! Everything the generator would panic on, turn into code that does not compile, or silently misread, said in words beforehand.

mod operations;
mod rules;
mod schemas;
mod words;

use serde_json::Value;

use super::document::{Json, entries, list, operations, resolve, schemas as named};
use super::problem::{Findings, Problem};

/// Every extension the documents use. A misspelt one would be ignored, and with it perhaps a secret's `x-redacted`.
const EXTENSIONS: [&str; 23] = [
    "x-source",
    "x-idempotent",
    "x-deletes",
    "x-inferred",
    "x-extensible-enum",
    "x-enum-varnames",
    "x-enum-aliases",
    "x-enum-prefixes",
    "x-ignore-case",
    "x-id",
    "x-string-id",
    "x-json",
    "x-strict",
    "x-redacted",
    "x-bytes",
    "x-empty-body",
    "x-always-sent",
    "x-reason",
    "x-type",
    "x-fresh-connection",
    "x-same-as",
    "x-value-prefix",
    "x-also",
];

/// The mistakes of a document, in reading order; none means that it can become a client.
pub(crate) fn check(document: &Value) -> Vec<Problem> {
    let mut findings = Findings::default();
    top(document, &mut findings);
    references(document, &mut findings);
    // The other checks follow references and need them sound.
    if findings.0.is_empty() {
        operations::check(document, &mut findings);
        schemas::check(document, &mut findings);
    }
    findings.0
}

fn top(document: &Value, findings: &mut Findings) {
    let version = &document["openapi"];
    findings.expect(
        version.as_str().is_some_and(|version| version.starts_with("3.0.")),
        "openapi",
        format!("the version is {version}, and the generator reads 3.0 only"),
        "write `openapi: 3.0.3`",
    );
    findings.expect(document["info"]["title"].is_string(), "info", "there is no title", "add `title`");
    let release = document["info"]["version"].as_str().unwrap_or_default();
    findings.expect(
        !release.is_empty() && release.bytes().all(|byte| byte.is_ascii_graphic()),
        "info",
        "the version is missing or cannot be a header value",
        "give `version` as ASCII text without spaces",
    );
    let mend = format!("write one of {}", Json::ALL.map(|(word, _)| format!("`x-json: {word}`")).join(", "));
    findings.expect(Json::of(document).is_some(), "x-json", "it is not said how the service writes its JSON", &mend);
    let older = named(document).any(|(_, schema)| schema.get("x-same-as").is_some());
    let mend = "name the document of the newer version: `x-newer: pocketsign-verify-v2`";
    findings.expect(!older || document["x-newer"].is_string(), "x-newer", "it is not said whose types `x-same-as` names", mend);
    findings.expect(document["paths"].is_object(), "paths", "there are no paths", "add `paths`");
}

/// Every `$ref` stands alone and points to something in this document; every extension is a known one.
fn references(document: &Value, findings: &mut Findings) {
    let mut check = |value, owner: &str| References { document, owner, findings }.visit(value, "");
    for operation in operations(document) {
        check(operation.body, &operation.place());
    }
    for (path, item) in entries(&document["paths"]) {
        check(&item["parameters"], &format!("path {path}"));
    }
    for (kind, components) in entries(&document["components"]).filter(|(kind, _)| *kind != "examples") {
        let kind = kind.strip_suffix('s').unwrap_or(kind);
        for (name, component) in entries(components) {
            check(component, &format!("{kind} `{name}`"));
        }
    }
}

struct References<'a, 'f> {
    document: &'a Value,
    owner: &'f str,
    findings: &'f mut Findings,
}

impl References<'_, '_> {
    fn visit(&mut self, value: &Value, path: &str) {
        if let Some(reference) = value["$ref"].as_str() {
            return self.reference(value, reference, path);
        }
        // The keys of these are names from the service, not words of OpenAPI.
        let names = ["properties", "headers"].iter().any(|map| path.ends_with(map));
        for (name, inner) in entries(value) {
            // What stands in a sample is the service's text, not ours.
            if !names && matches!(name, "example" | "examples" | "default") {
                continue;
            }
            if !names && name.starts_with("x-") && !EXTENSIONS.contains(&name) {
                self.add(path, format!("`{name}` is no extension of these documents"), "see the tables of openapi/README.md");
            }
            self.visit(inner, &join(path, name));
        }
        for (index, inner) in list(value).iter().enumerate() {
            self.visit(inner, &join(path, &index.to_string()));
        }
    }

    fn reference(&mut self, value: &Value, reference: &str, path: &str) {
        if !reference.starts_with("#/components/") {
            let what = format!("`$ref: {reference}` points outside the components of this document");
            self.add(path, what, "move what it points to under `components`");
        } else if resolve(self.document, value).is_null() {
            self.add(path, format!("`$ref: {reference}` points to nothing"), "correct the name or add the component");
        }
        if let Some((sibling, _)) = entries(value).find(|(name, _)| *name != "$ref") {
            let what = format!("`{sibling}` beside a `$ref` is ignored by every reader");
            self.add(path, what, &format!("write `allOf: [{{$ref: '{reference}'}}]` beside `{sibling}`"));
        }
    }

    fn add(&mut self, path: &str, what: String, mend: &str) {
        let place = if path.is_empty() { self.owner.to_owned() } else { format!("{}, {path}", self.owner) };
        self.findings.add(place, what, mend);
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
