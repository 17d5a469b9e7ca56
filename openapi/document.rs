//! Walking an OpenAPI document that is still plain JSON, and the names its parts get in Rust.

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::{Map, Value};

/// The methods an OpenAPI path item may carry.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// How a service writes its JSON, and so how its responses are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    /// By a language of loose types: `"1"` for `true`, `[]` for an empty object.
    Loose,
    /// After the specification of protobuf's JSON.
    Protobuf,
}

impl Json {
    /// What `x-json` may say.
    pub(crate) const ALL: [(&str, Self); 2] = [("loose", Self::Loose), ("protobuf", Self::Protobuf)];

    pub(crate) fn of(document: &Value) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(word, json)| (document["x-json"] == word).then_some(json))
    }
}

/// One operation with what surrounds it.
pub(crate) struct Operation<'a> {
    pub(crate) path: &'a str,
    pub(crate) method: &'a str,
    pub(crate) body: &'a Value,
    shared: &'a Value,
}

impl<'a> Operation<'a> {
    pub(crate) fn id(&self) -> Option<&'a str> {
        self.body["operationId"].as_str()
    }

    /// How a message names the operation: ``operation `add_domain` (POST /domain)``.
    pub(crate) fn place(&self) -> String {
        let route = format!("{} {}", self.method.to_uppercase(), self.path);
        match self.id() {
            Some(id) => format!("operation `{id}` ({route})"),
            None => format!("operation {route}"),
        }
    }

    /// The operation's own parameters and those of its path that it does not override.
    pub(crate) fn parameters(&self, document: &'a Value) -> Vec<&'a Value> {
        let own: Vec<_> = list(&self.body["parameters"]).iter().map(|each| resolve(document, each)).collect();
        let same = |a: &Value, b: &Value| a["name"] == b["name"] && a["in"] == b["in"];
        let shared = list(self.shared).iter().map(|each| resolve(document, each));
        let inherited: Vec<_> = shared.filter(|each| !own.iter().any(|mine| same(mine, each))).collect();
        inherited.into_iter().chain(own).collect()
    }

    pub(crate) fn request(&self, document: &'a Value) -> Option<&'a Value> {
        self.body.get("requestBody").map(|body| resolve(document, body))
    }

    /// Status (`"200"`, `"2XX"`, `"default"`) and response.
    pub(crate) fn responses(&self, document: &'a Value) -> impl Iterator<Item = (&'a str, &'a Value)> {
        entries(&self.body["responses"]).map(|(status, response)| (status, resolve(document, response)))
    }
}

pub(crate) fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    entries(&document["paths"]).flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| {
            let body = item.get(method)?;
            Some(Operation { path, method, body, shared: &item["parameters"] })
        })
    })
}

pub(crate) fn schemas(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    entries(&document["components"]["schemas"])
}

/// The members of an object; none of anything else.
pub(crate) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}

/// The elements of a list; none of anything else.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true)
}

/// Follows `$ref`s inside the document. A reference to nothing gives `null`; the check of references says so by name.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    // A chain longer than this is a circle.
    for _ in 0..16 {
        let Some(reference) = value["$ref"].as_str() else { return value };
        value = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)).unwrap_or(&Value::Null);
    }
    &Value::Null
}

/// The component schema a `$ref` points to.
pub(crate) fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// Whether a named schema is no type of its own but a value: one that comes in several forms, a date, or one with rules of its own. Its
/// first form is what it is.
pub(crate) fn is_value(schema: &Value) -> bool {
    let date = matches!(schema["format"].as_str(), Some("date" | "date-time"));
    let ruled = schema.get("x-reason").is_some() || schema.get("x-type").is_some();
    !super::vocabulary::is_word(schema) && (schema.get("oneOf").is_some() || date || ruled)
}

pub(crate) fn is_json(content_type: &str) -> bool {
    content_type == "application/json" || content_type.starts_with("application/json;")
}

/// The name of a type or a variant, made as the generator makes it.
pub(crate) fn pascal(name: &str) -> String {
    separated(name).to_pascal_case()
}

/// The name of a method, an argument or a field, made as the generator makes it.
pub(crate) fn snake(name: &str) -> String {
    separated(name).to_snake_case()
}

fn separated(name: &str) -> String {
    name.replace('\'', "").replace(|c: char| !c.is_alphanumeric() && c != '_', "-")
}
