//! Checks of schemas: what the generator can express, what may stand inline, and what would make a response brittle.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{rules, words};
use crate::generate::document::{entries, is_value, list, operations, pascal, referred, resolve, schemas, snake};
use crate::generate::problem::Findings;
use crate::generate::vocabulary::{EXTENSIONS, is_word};

const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];

/// What narrows a value; in a response, the service's next deviation would fail the whole response.
const NARROWING: [&str; 7] = ["pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "maximum"];

/// Formats that the generator turns into types which read one form only.
const STRICT_FORMATS: [&str; 3] = ["ip", "ipv4", "ipv6"];

pub(super) fn check(document: &Value, findings: &mut Findings) {
    let responses = responses(document);
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for (name, schema) in schemas(document) {
        let place = format!("schema `{name}`");
        if let Some(other) = names.insert(pascal(name), name) {
            let what = format!("schemas `{other}` and `{name}` both become the type `{}`", pascal(name));
            findings.add(&place, what, "rename one of them");
        }
        let usable = syn::parse_str::<syn::Ident>(&pascal(name)).is_ok();
        findings.expect(usable, &place, format!("the name becomes the type `{}`, which Rust does not take", pascal(name)), "rename it");
        go_constructor(document, name, &place, findings);
        words::check(schema, &place, findings);
        if !is_word(schema) {
            let at = Position { inline: 0, named: true, received: responses.contains(name) };
            Walk { document, findings }.visit(schema, &place, at);
        }
    }
    for operation in operations(document) {
        let place = operation.place();
        let mut walk = Walk { document, findings };
        let at = Position { inline: 1, named: false, received: false };
        for parameter in operation.parameters(document) {
            let name = parameter["name"].as_str().unwrap_or_default();
            walk.visit(&parameter["schema"], &format!("{place}, parameter `{name}`"), at);
        }
        for (_, content) in operation.request(document).into_iter().flat_map(|request| entries(&request["content"])) {
            walk.visit(&content["schema"], &format!("{place}, request"), at);
        }
        for (status, response) in operation.responses(document) {
            for (_, content) in entries(&response["content"]) {
                walk.visit(&content["schema"], &format!("{place}, response {status}"), Position { received: true, ..at });
            }
        }
    }
}

/// Generators for Go make `NewThing` and more of every schema `Thing`, which no other schema may be called.
fn go_constructor(document: &Value, name: &str, place: &str, findings: &mut Findings) {
    let of = ["New", "NewNullable", "Nullable"].iter().find_map(|before| {
        let of = name.strip_prefix(before)?;
        let of = of.strip_suffix("WithDefaults").unwrap_or(of);
        document["components"]["schemas"].get(of).is_some().then_some(of)
    });
    if let Some(of) = of {
        let what = format!("generators for Go have something of that name for the schema `{of}`");
        findings.add(place, what, format!("rename it: `{of}Request` if it is what is sent"));
    }
}

/// The component schemas a response may contain.
fn responses(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for operation in operations(document) {
        for (_, response) in operation.responses(document) {
            for (_, content) in entries(&response["content"]) {
                gather(document, &content["schema"], &mut found);
            }
        }
    }
    found
}

fn gather(document: &Value, schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = referred(schema) {
        if found.insert(name.to_owned()) {
            gather(document, resolve(document, schema), found);
        }
        return;
    }
    for (_, inner) in entries(schema).filter(|(name, _)| !matches!(*name, "example" | "default")) {
        gather(document, inner, found);
    }
    list(schema).iter().for_each(|inner| gather(document, inner, found));
}

#[derive(Clone, Copy)]
struct Position {
    /// How many inline objects are around, the schema itself included.
    inline: usize,
    /// A schema under `components/schemas` itself.
    named: bool,
    received: bool,
}

struct Walk<'a, 'f> {
    document: &'a Value,
    findings: &'f mut Findings,
}

impl Walk<'_, '_> {
    fn visit(&mut self, schema: &Value, place: &str, at: Position) {
        if schema.get("$ref").is_some() {
            return;
        }
        self.kind(schema, place, at);
        if at.received {
            self.narrowing(schema, place);
        } else {
            rules::check(self.document, schema, place, self.findings);
        }
        self.children(schema, place, at);
    }

    /// What this schema itself says.
    fn kind(&mut self, schema: &Value, place: &str, at: Position) {
        let findings = &mut *self.findings;
        for unsupported in ["anyOf", "not"] {
            let absent = schema.get(unsupported).is_none();
            findings.expect(absent, place, format!("`{unsupported}` has no Rust type"), "use `oneOf`, or one object with optional members");
        }
        if let Some(kind) = schema.get("type") {
            let known = kind.as_str().is_some_and(|kind| TYPES.contains(&kind));
            findings.expect(known, place, format!("{kind} is no type of OpenAPI 3.0"), "name one type; for null add `nullable: true`");
        }
        // It would need a crate that the client does not have.
        let plain = schema["format"] != "uuid";
        findings.expect(plain, place, "`format: uuid` has no Rust type", "leave the format out; state it in the description");
        let listed = schema["type"] != "array" || schema["items"].is_object();
        findings.expect(listed, place, "the list does not say what it holds", "add `items` (`{}` if it may be anything)");
        if !at.named {
            for extension in EXTENSIONS.into_iter().filter(|extension| schema.get(extension).is_some()) {
                let mend = "move the schema under components/schemas and refer to it";
                findings.add(place, format!("`{extension}` works on a named schema only"), mend);
            }
            let unnamed = list(&schema["enum"]).len() < 2;
            findings.expect(unnamed, place, "the enum has no name", "move it under components/schemas and refer to it");
        }
        let nested = at.inline > 1 && schema.get("properties").is_some();
        findings.expect(!nested, place, "an inline object inside an inline object", "move it under components/schemas and refer to it");
        words::named_type(self.document, schema, place, findings);
        words::closed_enum(schema, place, findings);
    }

    fn narrowing(&mut self, schema: &Value, place: &str) {
        for keyword in NARROWING.into_iter().filter(|keyword| schema.get(keyword).is_some()) {
            let what = format!("`{keyword}` in a response makes the client reject what the service may send");
            self.findings.add(place, what, "leave it out; state it in the description");
        }
        if let Some(format) = schema["format"].as_str().filter(|format| STRICT_FORMATS.contains(format)) {
            let what = format!("`format: {format}` in a response makes the client reject every other form");
            self.findings.add(place, what, "leave the format out");
        }
        // 0 makes the number unsigned; more makes it a type that fails on 0.
        let from_zero = schema["minimum"].as_f64().is_none_or(|minimum| minimum <= 0.0);
        let what = "`minimum` above 0 in a response makes the client reject 0";
        self.findings.expect(from_zero, place, what, "leave it out; state it in the description");
        let tolerant = schema["additionalProperties"] != Value::Bool(false);
        let what = "`additionalProperties: false` in a response makes the client reject new members";
        self.findings.expect(tolerant, place, what, "leave it out");
        // One value alone tells the variants of a `oneOf` apart and stays allowed.
        let open = list(&schema["enum"]).len() < 2;
        self.findings.expect(open, place, "a closed `enum` in a response fails on the service's next value", "use `x-extensible-enum`");
    }

    fn children(&mut self, schema: &Value, place: &str, at: Position) {
        let inside = Position { named: false, ..at };
        let mut fields: BTreeMap<String, &str> = BTreeMap::new();
        for (name, inner) in entries(&schema["properties"]) {
            if let Some(other) = fields.insert(snake(name), name) {
                let what = format!("members `{other}` and `{name}` both become the field `{}`", snake(name));
                self.findings.add(place, what, "keep one of them and tell of the other in its description");
            }
            self.visit(inner, &format!("{place}, member `{name}`"), Position { inline: at.inline + 1, ..inside });
        }
        if schema["properties"].is_object() && schema.get("allOf").is_none() {
            for demand in ["required", "x-always-sent", "x-strict"] {
                for name in list(&schema[demand]).iter().filter_map(Value::as_str) {
                    let known = schema["properties"].get(name).is_some();
                    let what = format!("the member `{name}` of `{demand}` is not described");
                    self.findings.expect(known, place, what, "describe it or correct the name");
                }
            }
        }
        for container in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(container).filter(|inner| inner.is_object()) {
                let object = usize::from(at.named);
                self.visit(inner, &format!("{place}, {container}"), Position { inline: at.inline + object, ..inside });
            }
        }
        for inner in list(&schema["allOf"]) {
            self.visit(inner, place, inside);
        }
        // The further ones are other forms of the same value.
        if let Some(inner) = list(&schema["oneOf"]).first() {
            self.visit(inner, place, inside);
        }
        let alone = list(&schema["allOf"]).len() == 1 && schema.get("properties").is_none();
        let wraps_forms = list(&schema["allOf"]).iter().any(|inner| is_value(resolve(self.document, inner)));
        let what = "a value can only be wrapped, not extended";
        self.findings.expect(!wraps_forms || alone, place, what, "write nothing but `allOf: [{$ref: …}]` beside the description");
    }
}
