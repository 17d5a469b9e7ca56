//! From the schemas of OpenAPI 3.0 to JSON Schema.

use serde_json::{Map, Value, json};

use super::entries;

/// Whether an `x-extensible-enum` admits values that it does not list, and an object members that it does not list, and may leave out what
/// is `x-always-sent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enums {
    /// Yes, as the client reads them.
    Open,
    /// No, so that a slip of the sandbox is noticed.
    Closed,
}

/// The named schemas of a document as JSON Schema.
pub(super) fn components(document: &Value, enums: Enums) -> Value {
    entries(&document["components"]["schemas"]).map(|(name, schema)| (name.to_owned(), convert(schema, enums))).collect()
}

/// A schema that stands alone: itself, and everything it may refer to.
pub(super) fn complete(schema: &Value, components: &Value, enums: Enums) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": {"schemas": components},
        "allOf": [convert(schema, enums)],
    })
}

fn convert(schema: &Value, enums: Enums) -> Value {
    let convert = |schema: &Value| convert(schema, enums);
    let mut converted = Map::new();
    for (keyword, value) in entries(schema) {
        let value = match keyword {
            "properties" => entries(value).map(|(name, member)| (name.to_owned(), convert(member))).collect(),
            // `additionalProperties` may be a mere `true` or `false`.
            "items" | "additionalProperties" | "not" if value.is_object() => convert(value),
            "allOf" | "oneOf" | "anyOf" => value.as_array().into_iter().flatten().map(convert).collect(),
            "nullable" | "example" | "discriminator" | "xml" | "x-extensible-enum" | "x-ignore-case" => continue,
            _ => value.clone(),
        };
        converted.insert(keyword.to_owned(), value);
    }
    if let Some(always) = schema["x-always-sent"].as_array().filter(|_| enums == Enums::Closed) {
        let required = schema["required"].as_array().into_iter().flatten().chain(always).cloned().collect();
        converted.insert("required".to_owned(), required);
    }
    if enums == Enums::Closed && schema["properties"].is_object() && schema.get("additionalProperties").is_none() {
        converted.insert("additionalProperties".to_owned(), false.into());
    }
    if let Some(known) = schema["x-extensible-enum"].as_array().filter(|_| enums == Enums::Closed) {
        converted.insert("enum".to_owned(), in_every_case(known, schema["x-ignore-case"] == true));
    }
    let converted = Value::Object(converted);
    if schema["nullable"] == true { json!({"anyOf": [converted, {"type": "null"}]}) } else { converted }
}

fn in_every_case(known: &[Value], ignore_case: bool) -> Value {
    let forms = |value: &Value| {
        let Some(value) = value.as_str() else { return vec![value.clone()] };
        let mut forms = vec![value.to_owned()];
        if ignore_case {
            forms.extend([value.to_lowercase(), value.to_uppercase()]);
            forms.sort();
            forms.dedup();
        }
        forms.into_iter().map(Value::from).collect()
    };
    known.iter().flat_map(forms).collect()
}
