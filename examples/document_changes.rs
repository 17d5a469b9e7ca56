//! What an edit of a document means for callers: `cargo run --example document_changes -- OLD.yaml NEW.yaml`.
//!
//! Prints one line per change, by operation and by schema. `breaking` marks code that may no longer compile, or values that may no longer
//! be sent; `added` and `changed` break nothing. Exits with 1 if there is a breaking change, so that scripts can check.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::{env, fmt, fs};

use serde_json::Value;

const USAGE: &str = "usage: document_changes OLD.yaml NEW.yaml";

/// The keywords that restrict requests, and whether a larger number restricts more.
const RULES: [(&str, Option<bool>); 7] = [
    ("minLength", Some(true)),
    ("minItems", Some(true)),
    ("minimum", Some(true)),
    ("maxLength", Some(false)),
    ("maxItems", Some(false)),
    ("maximum", Some(false)),
    ("pattern", None),
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Breaking,
    Added,
    Changed,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Breaking => "breaking",
            Self::Added => "added",
            Self::Changed => "changed",
        })
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let [old, new] = &arguments[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let read = |file: &String| -> Result<Value, String> {
        let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        serde_norway::from_str(&text).map_err(|error| format!("{file}: {error}"))
    };
    match read(old).and_then(|old| Ok((old, read(new)?))) {
        Ok((old, new)) => report(&Comparison::of(&old, &new)),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn report(changes: &[(String, Effect, String)]) -> ExitCode {
    for (place, effect, what) in changes {
        println!("{effect:<9} {place}: {what}");
    }
    let breaking = changes.iter().filter(|(_, effect, _)| *effect == Effect::Breaking).count();
    println!("{} changes, {breaking} of them breaking", changes.len());
    if breaking == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    /// The named schemas in requests of the new document.
    sent: BTreeSet<String>,
    changes: Vec<(String, Effect, String)>,
}

impl<'a> Comparison<'a> {
    fn of(old: &'a Value, new: &'a Value) -> Vec<(String, Effect, String)> {
        let mut sent = BTreeSet::new();
        operations(new).values().for_each(|operation| gather(new, &operation["requestBody"], &mut sent));
        let mut comparison = Self { old, new, sent, changes: Vec::new() };
        comparison.operations();
        comparison.schemas();
        comparison.changes
    }

    fn add(&mut self, place: &str, effect: Effect, what: impl Into<String>) {
        self.changes.push((place.to_owned(), effect, what.into()));
    }

    fn operations(&mut self) {
        let (old, new) = (operations(self.old), operations(self.new));
        for (id, route) in both(&old, &new) {
            let place = format!("operation {id}");
            match (route.0, route.1) {
                (Some(_), None) => self.add(&place, Effect::Breaking, "it is gone"),
                (None, Some(_)) => self.add(&place, Effect::Added, "it is new"),
                (Some(old), Some(new)) => self.operation(&place, old, new),
                (None, None) => {}
            }
        }
    }

    fn operation(&mut self, place: &str, old: &Value, new: &Value) {
        if old["route"] != new["route"] {
            self.add(place, Effect::Breaking, format!("it was {}, and is {}", text(&old["route"]), text(&new["route"])));
        }
        for flag in ["x-idempotent", "x-deletes"] {
            if old[flag] != new[flag] {
                self.add(place, Effect::Changed, format!("`{flag}` was {}, and is {}: when it is repeated changes", old[flag], new[flag]));
            }
        }
        let named = |document: &Value, operation: &Value| -> BTreeMap<String, Value> {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            parameters.iter().map(|each| resolve(document, each)).map(|each| (text(&each["name"]), each.clone())).collect()
        };
        let (before, after) = (named(self.old, old), named(self.new, new));
        for (name, parameter) in both(&before, &after) {
            let place = format!("{place}, parameter {name}");
            match parameter {
                (Some(_), None) => self.add(&place, Effect::Breaking, "it is gone"),
                (None, Some(new)) if new["required"] == true => self.add(&place, Effect::Breaking, "it is new and required"),
                (None, Some(_)) => self.add(&place, Effect::Added, "it is new"),
                (Some(old), Some(new)) => self.value(&place, &old["schema"], &new["schema"], true),
                (None, None) => {}
            }
        }
        let body = |operation: &Value| shape(&operation["requestBody"]["content"]["application/json"]["schema"]);
        if body(old) != body(new) {
            self.add(place, Effect::Breaking, format!("it sent {}, and sends {}", body(old), body(new)));
        }
        let responses = |document: &Value, operation: &Value| -> BTreeSet<String> {
            let responses = entries(&operation["responses"]).filter(|(status, _)| status.starts_with('2'));
            responses.map(|(_, response)| shape(&resolve(document, response)["content"]["application/json"]["schema"])).collect()
        };
        let (before, after) = (responses(self.old, old), responses(self.new, new));
        if before != after {
            let list = |shapes: BTreeSet<String>| shapes.into_iter().collect::<Vec<_>>().join(" or ");
            self.add(place, Effect::Breaking, format!("it returned {}, and returns {}", list(before), list(after)));
        }
    }

    fn schemas(&mut self) {
        let named = |document: &'a Value| -> BTreeMap<String, Value> {
            entries(&document["components"]["schemas"]).map(|(name, schema)| (name.to_owned(), schema.clone())).collect()
        };
        let (old, new) = (named(self.old), named(self.new));
        for (name, schema) in both(&old, &new) {
            let place = format!("schema {name}");
            match schema {
                (Some(_), None) => self.add(&place, Effect::Breaking, "it is gone"),
                (None, Some(_)) => self.add(&place, Effect::Added, "it is new"),
                (Some(old), Some(new)) => self.schema(name, &place, old, new),
                (None, None) => {}
            }
        }
    }

    fn schema(&mut self, name: &str, place: &str, old: &Value, new: &Value) {
        let sent = self.sent.contains(name);
        self.value(place, old, new, sent);
        let (before, after) = (strings(&old["x-extensible-enum"]), strings(&new["x-extensible-enum"]));
        before.difference(&after).for_each(|value| self.add(place, Effect::Breaking, format!("the value `{value}` is gone")));
        after.difference(&before).for_each(|value| self.add(place, Effect::Added, format!("the value `{value}` is new")));
        let members = |schema: &Value| -> BTreeMap<String, Value> {
            entries(&schema["properties"]).map(|(name, member)| (name.to_owned(), member.clone())).collect()
        };
        let (before, after) = (members(old), members(new));
        let required = strings(&new["required"]);
        for (name, member) in both(&before, &after) {
            let place = format!("{place}, member {name}");
            match member {
                (Some(_), None) => self.add(&place, Effect::Breaking, "it is gone"),
                (None, Some(_)) if sent && required.contains(name.as_str()) => self.add(&place, Effect::Breaking, "it is new and required"),
                (None, Some(_)) => self.add(&place, Effect::Added, "it is new"),
                (Some(old), Some(new)) => self.value(&place, old, new, sent),
                (None, None) => {}
            }
        }
        for (list, meaning) in [("required", "required"), ("x-strict", "strict")] {
            let (was, is) = (strings(&old[list]), strings(&new[list]));
            for name in is.difference(&was).filter(|name| before.contains_key(**name)) {
                self.add(&format!("{place}, member {name}"), Effect::Breaking, format!("it is {meaning} now"));
            }
            for name in was.difference(&is).filter(|name| after.contains_key(**name)) {
                // A required member is not an `Option`.
                let effect = if list == "required" { Effect::Breaking } else { Effect::Changed };
                self.add(&format!("{place}, member {name}"), effect, format!("it is {meaning} no more"));
            }
        }
    }

    /// Compares a value's type and, for requests, its rules.
    fn value(&mut self, place: &str, old: &Value, new: &Value, sent: bool) {
        if shape(old) != shape(new) {
            self.add(place, Effect::Breaking, format!("it was {}, and is {}", shape(old), shape(new)));
        }
        for (rule, upwards) in RULES.into_iter().filter(|_| sent) {
            let effect = match (old.get(rule), new.get(rule)) {
                (None, None) => continue,
                (Some(old), Some(new)) if old == new => continue,
                (None, Some(_)) => Effect::Breaking,
                (Some(_), None) => Effect::Changed,
                (Some(old), Some(new)) => match (upwards, old.as_f64().partial_cmp(&new.as_f64())) {
                    (Some(true), Some(std::cmp::Ordering::Greater)) | (Some(false), Some(std::cmp::Ordering::Less)) => Effect::Changed,
                    _ => Effect::Breaking,
                },
            };
            let shown = |schema: &Value| schema.get(rule).map_or_else(|| "none".to_owned(), ToString::to_string);
            let what = if effect == Effect::Breaking { "more is refused" } else { "less is refused" };
            self.add(place, effect, format!("`{rule}` was {}, and is {}: {what}", shown(old), shown(new)));
        }
    }
}

/// Operations by id, each with the parameters of its path and its `route`.
fn operations(document: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (path, item) in entries(&document["paths"]) {
        let shared = item["parameters"].as_array().cloned().unwrap_or_default();
        for (method, operation) in entries(item).filter(|(_, operation)| operation["operationId"].is_string()) {
            let mut operation = operation.clone();
            let own = operation["parameters"].as_array().cloned().unwrap_or_default();
            operation["parameters"] = shared.iter().cloned().chain(own).collect();
            operation["route"] = format!("{} {path}", method.to_uppercase()).into();
            found.insert(text(&operation["operationId"]), operation);
        }
    }
    found
}

/// The type of a value, in words.
fn shape(schema: &Value) -> String {
    let first = ["allOf", "oneOf"].iter().find_map(|of| schema[of].get(0));
    match (schema["$ref"].as_str(), schema["x-type"].as_str(), first) {
        (Some(reference), ..) => reference.rsplit('/').next().unwrap_or_default().to_owned(),
        (None, Some(named), _) => named.to_owned(),
        (None, None, Some(first)) => shape(first),
        _ => match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("array"), _) => format!("a list of {}", shape(&schema["items"])),
            (Some("object"), _) if schema["additionalProperties"].is_object() => {
                format!("a map of {}", shape(&schema["additionalProperties"]))
            }
            (Some(kind), Some(format @ ("date" | "date-time" | "double"))) => format!("{kind} ({format})"),
            (Some(kind), _) => kind.to_owned(),
            (None, _) if schema.is_null() => "nothing".to_owned(),
            (None, _) => "anything".to_owned(),
        },
    }
}

/// The names of the schemas that a value may contain.
fn gather(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = value["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/")) {
        if found.insert(name.to_owned()) {
            gather(document, resolve(document, value), found);
        }
        return;
    }
    entries(value).filter(|(name, _)| !matches!(*name, "example" | "examples")).for_each(|(_, inner)| gather(document, inner, found));
    value.as_array().into_iter().flatten().for_each(|inner| gather(document, inner, found));
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    target.map_or(value, |target| resolve(document, target))
}

type OldAndNew<'m> = (Option<&'m Value>, Option<&'m Value>);

/// The entries of both maps, in the order of the keys.
fn both<'m>(old: &'m BTreeMap<String, Value>, new: &'m BTreeMap<String, Value>) -> Vec<(&'m String, OldAndNew<'m>)> {
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    keys.into_iter().map(|key| (key, (old.get(key), new.get(key)))).collect()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn strings(list: &Value) -> BTreeSet<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
