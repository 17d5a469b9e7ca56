//! Values made from a schema alone.

use serde_json::{Map, Value, json};

use super::{Document, entries};

/// What stands where the document knows personal data: in redacted strings, and in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Canary {
    pub(crate) text: &'static str,
    pub(crate) base64: &'static str,
}

impl Document {
    /// A value with every member that the schema names, and how often the canary sits in it.
    pub(crate) fn filled(&self, schema: &Value, canary: Canary) -> (Value, usize) {
        let mut caged = 0;
        let value = self.fill(schema, canary, &mut caged);
        (value, caged)
    }

    fn fill(&self, schema: &Value, canary: Canary, caged: &mut usize) -> Value {
        let schema = self.resolve(schema);
        if let Some(part) = ["allOf", "oneOf"].iter().find_map(|of| schema[of].get(0)) {
            return self.fill(part, canary, caged);
        }
        let personal = if schema["x-redacted"] == true { Some(canary.text) } else { schema.get("x-bytes").map(|_| canary.base64) };
        if let Some(personal) = personal {
            *caged += 1;
            return personal.into();
        }
        if let Some(value) = schema["x-extensible-enum"].get(0).or_else(|| schema["enum"].get(0)) {
            return value.clone();
        }
        match schema["type"].as_str() {
            Some("array") => json!([self.fill(&schema["items"], canary, caged)]),
            Some("object") => {
                let mut members = Map::new();
                for (name, member) in entries(&schema["properties"]) {
                    members.insert(name.to_owned(), self.fill(member, canary, caged));
                }
                if schema["additionalProperties"].is_object() {
                    members.insert("key".to_owned(), self.fill(&schema["additionalProperties"], canary, caged));
                }
                members.into()
            }
            Some("boolean") => true.into(),
            Some("integer" | "number") => 1.into(),
            _ if schema["format"] == "date-time" => "2024-05-01T00:00:00Z".into(),
            _ if schema["format"] == "date" => "2024-05-01".into(),
            _ => "1".into(),
        }
    }
}
