//! A document of `openapi/` as the judge of requests and answers.
#![allow(dead_code, unused_imports, reason = "each test uses its part")]

mod filled;
mod members;
mod samples;
mod schema;
mod versions;

use std::path::Path;

use serde_json::Value;

pub(crate) use filled::Canary;
pub(crate) use samples::{Part, Sample};
pub(crate) use schema::Enums;

/// The methods an OpenAPI path item may carry.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// A loaded document.
pub(crate) struct Document {
    name: String,
    value: Value,
    /// Its named schemas as JSON Schema, with open enums and with closed ones.
    open: Value,
    closed: Value,
}

/// One operation of a document.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) id: &'a str,
    /// In lower case, as the document writes it.
    pub(crate) method: &'a str,
    /// As the document writes it: `/domain/{domain_id}`.
    pub(crate) path: &'a str,
    body: &'a Value,
}

impl<'a> Operation<'a> {
    /// The schema of the JSON that it answers with when it succeeds.
    pub(crate) fn answer(&self, document: &'a Document) -> Option<&'a Value> {
        let (status, _) = self.success(document);
        let content = &document.response(self, status)?["content"];
        entries(content).find(|(content_type, _)| is_json(content_type)).map(|(_, media)| &media["schema"])
    }

    /// The schema of the JSON that it is sent.
    pub(crate) fn request(&self, document: &'a Document) -> Option<&'a Value> {
        let content = &document.resolve(&self.body["requestBody"])["content"];
        entries(content).find(|(content_type, _)| is_json(content_type)).map(|(_, media)| &media["schema"])
    }

    /// The first status of success, and the first content type that comes with it.
    pub(crate) fn success(&self, document: &Document) -> (u16, Option<String>) {
        let mut responses = entries(&self.body["responses"]);
        let (status, response) = responses.find(|(status, _)| status.starts_with('2')).expect("every operation can succeed");
        let content_type = entries(&document.resolve(response)["content"]).next().map(|(content_type, _)| content_type.to_owned());
        (status.parse().expect("a status"), content_type)
    }

    /// Where it is documented.
    pub(crate) fn source(&self) -> &str {
        self.body["x-source"].as_str().unwrap_or_default()
    }

    /// Whether something of it is not documented but inferred.
    pub(crate) fn is_inferred(&self) -> bool {
        self.body.get("x-inferred").is_some()
    }

    pub(crate) fn sends_json(&self, document: &Document) -> bool {
        entries(&document.resolve(&self.body["requestBody"])["content"]).any(|(content_type, _)| is_json(content_type))
    }
}

impl Document {
    /// Loads `openapi/<name>.yaml`.
    pub(crate) fn load(name: &str) -> Self {
        Self::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("openapi/{name}.yaml")))
    }

    pub(crate) fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let value: Value = serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (open, closed) = (schema::components(&value, Enums::Open), schema::components(&value, Enums::Closed));
        Self { name, value, open, closed }
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        entries(&self.value["paths"]).flat_map(|(path, item)| {
            METHODS.into_iter().filter_map(move |method| {
                let body = item.get(method)?;
                let id = body["operationId"].as_str().unwrap_or_default();
                Some(Operation { id, method, path, body })
            })
        })
    }

    /// The operation that answers a request; `path` may be a real one, with ids and a query.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let path = path.split('?').next().unwrap_or_default();
        let answers = |operation: &Operation<'_>| operation.method.eq_ignore_ascii_case(method) && fits(operation.path, path);
        // Of `/order/certificate/{id}` and `/order/certificate/status-changes` the literal one answers.
        self.operations().filter(answers).min_by_key(|operation| operation.path.matches('{').count())
    }

    /// Holds the body of a request against the document.
    pub(crate) fn validate_request(&self, method: &str, path: &str, body: &[u8]) -> Result<(), String> {
        let operation = self.known(method, path)?;
        let place = format!("{} ({method} {path}), request", operation.id);
        let content = &self.resolve(&operation.body["requestBody"])["content"];
        match entries(content).find(|(content_type, _)| is_json(content_type)) {
            Some((_, media)) => self.validate_json(&media["schema"], body, Enums::Open).map_err(|error| format!("{place}: {error}")),
            None if content.is_null() && !body.is_empty() => Err(format!("{place}: the document knows no body")),
            None => Ok(()),
        }
    }

    /// Holds an answer against the document: its status, its content type and its body. In answers of success only the
    /// listed values of enums count.
    pub(crate) fn validate_response(
        &self,
        method: &str,
        path: &str,
        status: u16,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(), String> {
        let operation = self.known(method, path)?;
        let place = format!("{} ({method} {path}), response {status}", operation.id);
        let response = self.response(&operation, status).ok_or_else(|| format!("{place}: the document knows no such status"))?;
        let content = &response["content"];
        if body.is_empty() && response["x-empty-body"] == true {
            return Ok(());
        }
        let Some(content_type) = content_type else {
            let bare = body.is_empty() && entries(content).next().is_none();
            return if bare { Ok(()) } else { Err(format!("{place}: there is a body, or should be one, but no content type")) };
        };
        let plain = |content_type: &str| content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let media = entries(content).find(|(known, _)| plain(known) == plain(content_type) || *known == "*/*");
        let (_, media) = media.ok_or_else(|| format!("{place}: the document knows no content type {content_type}"))?;
        if !is_json(content_type) {
            return Ok(());
        }
        // The codes of errors have variable parts (`invalid_value:limit`); nothing else may stray from the lists.
        let enums = if status < 300 { Enums::Closed } else { Enums::Open };
        self.validate_json(&media["schema"], body, enums).map_err(|error| format!("{place}: {error}"))
    }

    /// Holds a value against a schema of the document; the message lists what does not fit, and where.
    pub(crate) fn validate(&self, schema: &Value, value: &Value, enums: Enums) -> Result<(), String> {
        let validator = self.validator(schema, enums)?;
        let errors: Vec<_> = validator.iter_errors(value).map(|error| format!("at `{}`: {error}", error.instance_path())).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }

    /// What holds values against a schema of the document, for those who have many.
    pub(crate) fn validator(&self, schema: &Value, enums: Enums) -> Result<jsonschema::Validator, String> {
        let components = if enums == Enums::Open { &self.open } else { &self.closed };
        jsonschema::validator_for(&schema::complete(schema, components, enums)).map_err(|error| error.to_string())
    }

    fn validate_json(&self, schema: &Value, body: &[u8], enums: Enums) -> Result<(), String> {
        let value = serde_json::from_slice(body).map_err(|error| format!("the body is no JSON: {error}"))?;
        self.validate(schema, &value, enums)
    }

    fn known(&self, method: &str, path: &str) -> Result<Operation<'_>, String> {
        self.operation(method, path).ok_or_else(|| format!("{}: there is no operation {method} {path}", self.name))
    }

    fn response<'a>(&'a self, operation: &Operation<'a>, status: u16) -> Option<&'a Value> {
        let responses = &operation.body["responses"];
        let candidates = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
        let found = candidates.iter().find_map(|candidate| responses.get(candidate))?;
        Some(self.resolve(found))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|reference| self.value.pointer(reference.trim_start_matches('#'))) {
            Some(target) => self.resolve(target),
            None => value,
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let mut each = template.split('/').map(|wanted| (wanted, segments.next()));
    let same = each.all(|(wanted, found)| found.is_some_and(|found| wanted == found || (wanted.starts_with('{') && !found.is_empty())));
    drop(each);
    same && segments.next().is_none()
}

fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
