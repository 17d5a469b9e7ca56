//! The members that requests may have.

use serde_json::{Value, json};

use super::{Document, Operation, entries, is_json};

/// A member of a request's body, or of an object in it.
pub(crate) struct Member<'a> {
    pub(crate) operation: Operation<'a>,
    /// The names that lead to it, and whether the value of each is a list of objects.
    steps: Vec<(&'a str, bool)>,
    /// `string`, `integer`, `boolean`, `array`, `object`; of an id `id`, and nothing where any JSON may stand.
    pub(crate) kind: &'a str,
}

impl Member<'_> {
    /// The names, with dots between.
    pub(crate) fn path(&self) -> String {
        self.steps.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(".")
    }

    /// A body that has this member alone.
    pub(crate) fn body(&self, value: &Value) -> Value {
        let (last, above) = self.steps.split_last().expect("a member has a name");
        Self::within(above, json!({last.0: value}))
    }

    /// The same body without the member.
    pub(crate) fn absent(&self) -> Value {
        let (_, above) = self.steps.split_last().expect("a member has a name");
        Self::within(above, json!({}))
    }

    fn within(above: &[(&str, bool)], object: Value) -> Value {
        above.iter().rfold(object, |value, (name, is_list)| if *is_list { json!({*name: [value]}) } else { json!({*name: value}) })
    }
}

impl Document {
    /// Every member of every request in JSON.
    pub(crate) fn request_members(&self) -> Vec<Member<'_>> {
        let mut members = Vec::new();
        for operation in self.operations() {
            let content = &self.resolve(&operation.body["requestBody"])["content"];
            if let Some((_, media)) = entries(content).find(|(content_type, _)| is_json(content_type)) {
                self.add_members(&mut members, operation, &[], &media["schema"]);
            }
        }
        members
    }

    fn add_members<'a>(&'a self, members: &mut Vec<Member<'a>>, operation: Operation<'a>, above: &[(&'a str, bool)], schema: &'a Value) {
        for (name, schema) in entries(&self.plain(schema)["properties"]) {
            let schema = self.plain(schema);
            let kind = if schema["oneOf"].is_array() { "id" } else { schema["type"].as_str().unwrap_or_default() };
            let items = self.plain(&schema["items"]);
            let steps = [above, &[(name, items["properties"].is_object())]].concat();
            self.add_members(members, operation, &steps, if kind == "array" { items } else { schema });
            members.push(Member { operation, steps, kind });
        }
    }

    /// A schema without references and without `allOf` around a single one.
    fn plain<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let schema = self.resolve(schema);
        match schema["allOf"].as_array().map(Vec::as_slice) {
            Some([only]) => self.plain(only),
            _ => schema,
        }
    }
}
