//! The edits a document needs before the generator reads it, in memory only: the document on disk stays honest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::check::check;
use super::document::{Json, Operation, entries, is_json, is_true, is_value, list, operations, pascal, referred, resolve, schemas, snake};
use super::older::{self, same_as};
use super::problem::Problem;
use super::rules::{self, Rule};
use super::vocabulary::{self, Word, is_word};

/// A document as the generator takes it, and what the generator is not to see.
pub(crate) struct Normalized {
    pub(crate) document: Value,
    pub(crate) words: Vec<Word>,
    pub(crate) operations: Vec<Facts>,
    pub(crate) json: Json,
    /// The members by which something is decided, of each type.
    pub(crate) strict: BTreeMap<String, BTreeSet<String>>,
    /// Under which other names the members of each type are read.
    pub(crate) also: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The module whose types the responses are read into, if there is a newer version of the service.
    pub(crate) newer: Option<String>,
}

/// What the client knows of an operation beside its generated method.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) idempotent: bool,
    /// What it names is gone afterwards, so that a repeat that does not find it finds it done.
    pub(crate) deletes: bool,
    /// One success has a body and another has none, so that an empty body stands for `null`.
    pub(crate) empty_success: bool,
    /// It is sent on a connection of its own, so that its response is not lost to one that the service is closing.
    pub(crate) fresh_connection: bool,
    /// What the document demands of the values that the operation sends.
    pub(crate) rules: Vec<Rule>,
    /// A response holds something redacted, so that no error may quote it.
    pub(crate) secret: bool,
}

/// Reads YAML; a key written twice is a mistake, as one of the two would be lost.
pub(crate) fn parse(text: &str) -> Result<serde_norway::Value, Problem> {
    let problem =
        |error: serde_norway::Error| Problem { place: String::new(), what: error.to_string(), mend: "correct the YAML".to_owned() };
    serde_norway::from_str(text).map_err(problem)
}

pub(crate) fn to_json(yaml: &serde_norway::Value) -> Result<Value, Problem> {
    let mend = "write it so that JSON could say it".to_owned();
    serde_json::to_value(yaml).map_err(|error| Problem { place: String::new(), what: error.to_string(), mend })
}

/// A document without edits.
#[allow(dead_code, reason = "the tests read documents alone")]
pub(crate) fn read(text: &str) -> Result<Value, Problem> {
    to_json(&parse(text)?)
}

/// The fields of each type in the order of the document, which neither `Value` nor the generator keeps.
pub(crate) fn orders(document: &serde_norway::Value) -> BTreeMap<String, Vec<String>> {
    let schemas = document["components"]["schemas"].as_mapping().into_iter().flatten();
    let fields = |schema: &serde_norway::Value| {
        let members = schema["properties"].as_mapping().into_iter().flatten();
        members.filter_map(|(name, _)| name.as_str().map(snake)).collect()
    };
    schemas.filter_map(|(name, schema)| Some((pascal(name.as_str()?), fields(schema)))).collect()
}

/// Checks the document and makes the edits.
pub(crate) fn normalize(document: &Value) -> Result<Normalized, Vec<Problem>> {
    let problems = check(document);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut paths = Map::new();
    let mut facts = Vec::new();
    for operation in operations(document) {
        let (responses, empty_success) = successes(document, &operation);
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method] = method(document, &operation, &responses);
        facts.push(Facts {
            id: snake(operation.id().unwrap_or_default()),
            method: operation.method.to_uppercase(),
            path: operation.path.to_owned(),
            idempotent: is_true(&operation.body["x-idempotent"]),
            deletes: is_true(&operation.body["x-deletes"]),
            empty_success,
            fresh_connection: operation.body["x-fresh-connection"].as_bool().unwrap_or_else(|| !is_true(&operation.body["x-idempotent"])),
            rules: rules::collect(document, &operation),
            secret: has_secret(document, &operation),
        });
    }
    let types = || schemas(document).filter(|(_, schema)| !is_value(schema));
    let schemas: Map<_, _> = types().map(|(name, schema)| (name.to_owned(), component(document, schema))).collect();
    let strict = |schema: &Value| list(&schema["x-strict"]).iter().filter_map(Value::as_str).map(snake).collect();
    let also = |schema: &Value| {
        let names = |member: &Value| list(&member["x-also"]).iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        entries(&schema["properties"]).map(|(name, member)| (snake(name), names(member))).filter(|(_, names)| !names.is_empty()).collect()
    };
    Ok(Normalized {
        document: json!({
            "openapi": document["openapi"],
            "info": {"title": document["info"]["title"], "version": document["info"]["version"]},
            "paths": paths,
            "components": {"schemas": schemas},
        }),
        words: vocabulary::collect(document),
        operations: facts,
        // The check of the document was content with it.
        json: Json::of(document).unwrap_or(Json::Protobuf),
        strict: types().map(|(name, schema)| (pascal(name), strict(schema))).collect(),
        also: types().map(|(name, schema)| (pascal(name), also(schema))).collect(),
        newer: older::newer(document),
    })
}

/// An operation with nothing left to look up outside `components/schemas`.
fn method(document: &Value, operation: &Operation<'_>, responses: &Value) -> Value {
    let mut method = json!({
        "operationId": operation.body["operationId"],
        "summary": operation.body["summary"],
        "parameters": operation.parameters(document).into_iter().map(|parameter| bare(document, parameter)).collect::<Vec<_>>(),
        "responses": responses,
    });
    if let Some(description) = operation.body.get("description") {
        method["description"] = description.clone();
    }
    if let Some(request) = operation.request(document) {
        method["requestBody"] = bare(document, request);
    }
    method
}

/// The successful responses as one, and whether one of several was empty: services respond with 200 where 201 or 204 is documented, so the
/// document's 2xx stand for all of them. Only what is a file keeps its status, as any body would do for one. Errors are left out, so
/// that every failure reaches `error::lift` with its status, headers and unread body.
fn successes(document: &Value, operation: &Operation<'_>) -> (Value, bool) {
    let successes = || operation.responses(document).filter(|(status, _)| status.starts_with('2'));
    let shapes: Vec<_> = successes().map(|(status, response)| (status, content(document, response))).collect();
    let with_body = shapes.iter().find_map(|(_, content)| content.clone());
    let bare = shapes.iter().any(|(_, content)| content.is_none()) || successes().any(|(_, response)| response["x-empty-body"] == true);
    let some_empty = with_body.is_some() && bare;
    let content = match with_body {
        Some(content) if some_empty => Some(nullable(content)),
        other => other,
    };
    let response = |described: &Value| match &content {
        Some(content) => json!({"description": described["description"], "content": content}),
        None => json!({"description": described["description"]}),
    };
    let file = shapes.iter().any(|(_, content)| content.as_ref().is_some_and(|content| content.get("application/json").is_none()));
    let status = |status: &str| if file { status.to_owned() } else { "2XX".to_owned() };
    (successes().map(|(documented, described)| (status(documented), response(described))).collect(), some_empty)
}

/// Whether something redacted stands in a response.
fn has_secret(document: &Value, operation: &Operation<'_>) -> bool {
    let mut seen = BTreeSet::new();
    operation
        .responses(document)
        .flat_map(|(_, response)| entries(&response["content"]))
        .any(|(_, media)| redacts(document, media, &mut seen))
}

fn redacts(document: &Value, schema: &Value, seen: &mut BTreeSet<String>) -> bool {
    if is_true(&schema["x-redacted"]) {
        return true;
    }
    if let Some(name) = referred(schema) {
        return seen.insert(name.to_owned()) && redacts(document, resolve(document, schema), seen);
    }
    let members = entries(schema).filter(|(name, _)| !matches!(*name, "example" | "examples" | "default")).map(|(_, inner)| inner);
    members.chain(list(schema)).any(|inner| redacts(document, inner, seen))
}

/// The one content of a response: JSON with its schema, or bytes whatever their type.
fn content(document: &Value, response: &Value) -> Option<Value> {
    let json = entries(&response["content"]).find(|(content_type, _)| is_json(content_type));
    match json {
        Some((_, media)) => Some(json!({"application/json": {"schema": bare(document, &media["schema"])}})),
        None if entries(&response["content"]).next().is_some() => Some(json!({"application/octet-stream": {}})),
        None => None,
    }
}

fn nullable(mut content: Value) -> Value {
    let schema = content["application/json"]["schema"].take();
    content["application/json"]["schema"] = json!({"nullable": true, "allOf": [schema]});
    content
}

/// A named schema as the generator needs it: a word is replaced as a whole, so that its true shape does not matter.
fn component(document: &Value, schema: &Value) -> Value {
    let mut edited = if is_word(schema) || same_as(schema).is_some() { json!({"type": "string"}) } else { bare(document, schema) };
    if schema["properties"].as_object().is_some_and(Map::is_empty) {
        // To the generator it is a map of anything otherwise, and shows whatever a service puts there some day.
        edited["additionalProperties"] = false.into();
    }
    edited
}

/// A copy without samples, extensions and rules, where every value is what its first form is. Lists and maps lose their `nullable`:
/// `null` is read as empty everywhere. Rules would become types that callers have to make by hand; the client checks them by a table.
fn bare(document: &Value, value: &Value) -> Value {
    if let Some(meant) = meant(document, value) {
        return bare(document, &meant);
    }
    if let Some(name) = value["x-type"].as_str() {
        return json!({"$ref": format!("#/components/schemas/{name}")});
    }
    match value {
        Value::Object(members) => {
            let container = value["type"] == "array" || (value["type"] == "object" && value.get("properties").is_none());
            let dropped = |name: &str| {
                matches!(name, "example" | "examples")
                    || name.starts_with("x-")
                    || rules::is_keyword(name)
                    || (container && name == "nullable")
            };
            let kept = members.iter().filter(|(name, _)| !dropped(name));
            let copy = |(name, inner): (&String, &Value)| {
                let inner = if name == "properties" { each_bare(document, inner) } else { bare(document, inner) };
                (name.clone(), inner)
            };
            kept.map(copy).collect()
        }
        Value::Array(elements) => elements.iter().map(|element| bare(document, element)).collect(),
        other => other.clone(),
    }
}

/// The names of members are the service's: one may well be called `example`.
fn each_bare(document: &Value, properties: &Value) -> Value {
    entries(properties).map(|(name, schema)| (name.to_owned(), bare(document, schema))).collect()
}

/// What a schema means that refers to a value, wraps one, or lists its forms itself.
fn meant(document: &Value, schema: &Value) -> Option<Value> {
    let wrapped = match list(&schema["allOf"]) {
        [only] => only,
        _ => schema,
    };
    let value = resolve(document, wrapped);
    let refers = wrapped.get("$ref").is_some() && is_value(value);
    if !refers && schema.get("oneOf").is_none() {
        return None;
    }
    let form = list(&value["oneOf"]).first().unwrap_or(value);
    let mut meant = if form.get("$ref").is_some() { json!({"allOf": [form]}) } else { form.clone() };
    for said_there in ["description", "nullable", "default"] {
        match schema.get(said_there) {
            Some(said) => meant[said_there] = said.clone(),
            // What the value says of itself says nothing of this place.
            None => drop(meant.as_object_mut().and_then(|meant| meant.remove(said_there))),
        }
    }
    Some(meant)
}
