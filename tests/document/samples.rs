//! The samples a document gives of requests, answers and named schemas.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Document, Operation, entries, is_json};

/// What a sample is a sample of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Request,
    Response(String),
    Schema,
}

/// One sample with the schema it must fit.
pub(crate) struct Sample<'a> {
    /// The operation's id, or the schema's name.
    pub(crate) owner: &'a str,
    pub(crate) part: Part,
    /// Under `examples`; the one under `example` has none.
    pub(crate) name: &'a str,
    pub(crate) schema: &'a Value,
    pub(crate) value: &'a Value,
}

impl Sample<'_> {
    /// The keys under which `SAMPLES` of the generated client may know the type: `"add_domain request"`, `"Domain"`.
    pub(crate) fn keys(&self) -> Vec<String> {
        let of_operation = match &self.part {
            Part::Request => Some(format!("{} request", self.owner)),
            Part::Response(status) if status.starts_with('2') => Some(format!("{} response", self.owner)),
            Part::Response(_) => None,
            Part::Schema => Some(self.owner.to_owned()),
        };
        let named = self.schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).map(str::to_owned);
        of_operation.into_iter().chain(named).collect()
    }

    /// How a message names the sample.
    pub(crate) fn place(&self) -> String {
        let Self { owner, part, name, .. } = self;
        match part {
            Part::Request => format!("{owner}, request, sample `{name}`"),
            Part::Response(status) => format!("{owner}, response {status}, sample `{name}`"),
            Part::Schema => format!("schema {owner}, sample `{name}`"),
        }
    }
}

impl Document {
    /// Every JSON sample of the document.
    pub(crate) fn samples(&self) -> Vec<Sample<'_>> {
        let mut samples = Vec::new();
        for operation in self.operations() {
            let request = self.resolve(&operation.body["requestBody"]);
            self.add(&mut samples, operation, &Part::Request, request);
            for (status, response) in entries(&operation.body["responses"]) {
                self.add(&mut samples, operation, &Part::Response(status.to_owned()), self.resolve(response));
            }
        }
        for (owner, schema) in entries(&self.value["components"]["schemas"]) {
            if let Some(value) = schema.get("example") {
                samples.push(Sample { owner, part: Part::Schema, name: "example", schema, value });
            }
        }
        samples
    }

    /// Every named example, of any content type: the operation's id, what it is an example of, and its name.
    pub(crate) fn examples(&self) -> Vec<(&str, Part, &str)> {
        let mut examples = Vec::new();
        for operation in self.operations() {
            let request = [(Part::Request, &operation.body["requestBody"])].into_iter();
            let responses = entries(&operation.body["responses"]).map(|(status, response)| (Part::Response(status.to_owned()), response));
            for (part, described) in request.chain(responses) {
                let media = entries(&self.resolve(described)["content"]);
                let names = media.flat_map(|(_, media)| entries(&media["examples"])).map(|(name, _)| name);
                examples.extend(names.map(|name| (operation.id, part.clone(), name)));
            }
        }
        examples
    }

    pub(crate) fn has_schema(&self, name: &str) -> bool {
        self.value["components"]["schemas"].get(name).is_some()
    }

    /// The members that lists of a named schema name, such as `required`.
    pub(crate) fn members_of(&self, schema: &str, lists: &[&str]) -> BTreeSet<String> {
        let schema = &self.value["components"]["schemas"][schema];
        let names = lists.iter().flat_map(|list| schema[list].as_array().into_iter().flatten());
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Whether a named schema has members of its own, and is no map.
    pub(crate) fn has_members(&self, schema: &str) -> bool {
        self.value["components"]["schemas"][schema]["properties"].is_object()
    }

    /// Whether a named schema keeps members that it does not list.
    pub(crate) fn keeps_others(&self, schema: &str) -> bool {
        self.value["components"]["schemas"][schema]["additionalProperties"].is_object()
    }

    fn add<'a>(&'a self, samples: &mut Vec<Sample<'a>>, operation: Operation<'a>, part: &Part, described: &'a Value) {
        for (_, media) in entries(&described["content"]).filter(|(content_type, _)| is_json(content_type)) {
            let named = entries(&media["examples"]).map(|(name, example)| (name, &self.resolve(example)["value"]));
            let single = media.get("example").map(|value| ("example", value));
            for (name, value) in named.chain(single) {
                samples.push(Sample { owner: operation.id, part: part.clone(), name, schema: &media["schema"], value });
            }
        }
    }
}
