//! Checks of operations: identity, parameters, requests and responses.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::generate::document::{Operation, entries, is_json, is_true, list, operations, resolve, snake};
use crate::generate::problem::Findings;

/// Methods of the generated `Client` itself and of the traits it comes with.
const TAKEN: [&str; 9] = ["new", "new_with_client", "client", "baseurl", "inner", "api_version", "pre", "post", "exec"];

const REQUEST_TYPES: [&str; 5] =
    ["application/json", "application/x-www-form-urlencoded", "application/octet-stream", "text/plain", "text/x-markdown"];

pub(super) fn check(document: &Value, findings: &mut Findings) {
    for (path, item) in entries(&document["paths"]) {
        findings.expect(path.starts_with('/'), path, "the path does not begin with `/`", "begin it with `/`");
        findings.expect(item.get("$ref").is_none(), path, "the path is a `$ref`", "write the path item out");
        findings.expect(item.get("trace").is_none(), path, "the client cannot send TRACE", "remove the operation");
    }
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    for operation in operations(document) {
        identity(&operation, &mut ids, findings);
        parameters(document, &operation, findings);
        if let Some(request) = operation.request(document) {
            self::request(&operation, request, findings);
        }
        responses(document, &operation, findings);
    }
}

fn identity<'a>(operation: &Operation<'a>, ids: &mut BTreeMap<&'a str, String>, findings: &mut Findings) {
    let place = operation.place();
    match operation.id() {
        None => findings.add(&place, "there is no operationId", "add one in snake_case, a verb first: `add_domain`"),
        Some(id) => {
            let name = snake(id);
            findings.expect(name == id, &place, "the operationId is not in snake_case", &format!("write `{name}`"));
            let taken = TAKEN.contains(&id) || syn::parse_str::<syn::Ident>(&name).is_err();
            findings.expect(!taken, &place, "the operationId is a word of Rust or of every client", "choose another name");
            if let Some(other) = ids.insert(id, format!("{} {}", operation.method.to_uppercase(), operation.path)) {
                findings.add(&place, format!("duplicate operationId, also of {other}"), "rename one of them");
            }
        }
    }
    let body = operation.body;
    let text = |member: &str| body[member].as_str().is_some_and(|text| !text.trim().is_empty());
    findings.expect(text("summary"), &place, "there is no summary", "add one line that says what the operation does");
    findings.expect(text("x-source"), &place, "there is no x-source", "name the page that documents the operation");
    let retry = "say `true` if repeating the call after a lost response does no harm, else `false`";
    findings.expect(body["x-idempotent"].is_boolean(), &place, "x-idempotent is missing or not a boolean", retry);
    if let Some(deletes) = body.get("x-deletes") {
        let sound = is_true(deletes) && is_true(&body["x-idempotent"]);
        let mend = "write `true`, beside `x-idempotent: true`, or leave it out";
        findings.expect(sound, &place, "x-deletes is not `true`, or the call is not repeated", mend);
    }
    if let Some(fresh) = body.get("x-fresh-connection") {
        findings.expect(fresh.is_boolean(), &place, "x-fresh-connection is not a boolean", "write `true` or `false`, or leave it out");
    }
    findings.expect(list(&body["tags"]).len() == 1, &place, "there is not exactly one tag", "name the one resource it belongs to");
}

fn parameters(document: &Value, operation: &Operation<'_>, findings: &mut Findings) {
    let place = operation.place();
    let mut arguments: BTreeMap<String, &str> = BTreeMap::new();
    if operation.request(document).is_some() {
        arguments.insert("body".to_owned(), "requestBody");
    }
    let parameters = operation.parameters(document);
    for parameter in &parameters {
        let Some(name) = parameter["name"].as_str() else {
            findings.add(&place, "a parameter has no name", "add `name`");
            continue;
        };
        if let Some(other) = arguments.insert(snake(name), name) {
            let what = format!("parameters `{other}` and `{name}` both become the argument `{}`", snake(name));
            findings.add(&place, what, "rename or remove one of them");
        }
        self::parameter(document, parameter, &format!("{place}, parameter `{name}`"), findings);
    }
    let in_path = |name: &str| parameters.iter().any(|each| each["in"] == "path" && each["name"] == name);
    let template: Vec<_> = operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    for name in &template {
        let what = format!("the path has `{{{name}}}`, but there is no path parameter of that name");
        findings.expect(in_path(name), &place, what, "add the parameter or correct the path");
    }
    for parameter in parameters.iter().filter(|each| each["in"] == "path") {
        let name = parameter["name"].as_str().unwrap_or_default();
        let what = format!("the path parameter `{name}` does not stand in the path");
        findings.expect(template.contains(&name), &place, what, "remove the parameter or correct the path");
    }
}

fn parameter(document: &Value, parameter: &Value, place: &str, findings: &mut Findings) {
    let location = parameter["in"].as_str().unwrap_or_default();
    let default_style = match location {
        "query" => "form",
        "path" | "header" => "simple",
        _ => {
            let what = format!("the client cannot send a parameter in {}", parameter["in"]);
            return findings.add(place, what, "parameters are sent in `path`, `query` or `header`");
        }
    };
    let style = parameter["style"].as_str().unwrap_or(default_style);
    let spelled_out = "spell it out as parameters of their own, such as `filters[status]`";
    findings.expect(style == default_style, place, format!("style `{style}` cannot be sent"), spelled_out);
    let joined = "declare a string and join the values with commas";
    let explode = parameter["explode"] != Value::Bool(false) || location != "query";
    findings.expect(explode, place, "`explode: false` would be ignored", joined);
    let required = location != "path" || is_true(&parameter["required"]);
    findings.expect(required, place, "a path parameter is always required", "add `required: true`");
    if parameter["schema"].is_null() {
        return findings.add(place, "there is no schema", "add `schema` (a parameter with `content` cannot be sent)");
    }
    let schema = resolve(document, &parameter["schema"]);
    let forms = schema.get("oneOf").is_some() || resolve(document, &schema["items"]).get("oneOf").is_some();
    let plain = "write the plain type, and `x-type` with the name of its schema";
    findings.expect(!forms, place, "as text the forms of a `oneOf` cannot be told apart", plain);
    let object = schema["type"] == "object" || schema.get("properties").is_some();
    findings.expect(!object, place, "an object would be sent without the parameter's name", spelled_out);
    let hidden = ["x-redacted", "x-bytes"].iter().any(|word| schema.get(word).is_some()) && location != "query";
    findings.expect(!hidden, place, "a redacted value would be written as its mask", "use a plain string");
}

fn request(operation: &Operation<'_>, request: &Value, findings: &mut Findings) {
    let place = format!("{}, request", operation.place());
    let contents: Vec<_> = entries(&request["content"]).collect();
    let [(content_type, content)] = contents[..] else {
        let what = format!("there are {} content types", contents.len());
        return findings.add(place, what, "keep the one the client shall send");
    };
    let plain = content_type.split(';').next().unwrap_or_default().trim();
    if plain.starts_with("multipart/") {
        return findings.add(place, "the generator cannot send multipart", "leave the operation out, or send another content type");
    }
    let sendable = REQUEST_TYPES.contains(&plain);
    findings.expect(sendable, &place, format!("the generator cannot send `{content_type}`"), "use application/json or octet-stream");
    findings.expect(content["schema"].is_object(), &place, "the content has no schema", "add `schema`");
}

/// What the 2xx responses of an operation look like to the generator.
#[derive(PartialEq)]
enum Shape<'a> {
    Empty,
    Json(&'a Value),
    Raw,
}

fn responses(document: &Value, operation: &Operation<'_>, findings: &mut Findings) {
    let place = operation.place();
    let mut shapes: Vec<(&str, Shape<'_>)> = Vec::new();
    for (status, response) in operation.responses(document) {
        let place = format!("{place}, response {status}");
        let range = ["1XX", "2XX", "3XX", "4XX", "5XX"].contains(&status);
        let code = status.parse::<u16>().is_ok_and(|code| (100..600).contains(&code));
        findings.expect(range || code || status == "default", &place, "this is no status", "write `200`, `\"2XX\"` or `default`");
        for (content_type, content) in entries(&response["content"]) {
            let described = !is_json(content_type) || content["schema"].is_object();
            findings.expect(described, &place, "the JSON content has no schema", "add `schema` (`{}` if it may be anything)");
        }
        if status.starts_with('2') {
            shapes.push((status, shape(document, response, &place, findings)));
        }
    }
    findings.expect(!shapes.is_empty(), &place, "there is no 2xx response", "add the successful response");
    let with_body: Vec<_> = shapes.iter().filter(|(_, shape)| *shape != Shape::Empty).collect();
    if let Some(pair) = with_body.windows(2).find(|pair| pair[0].1 != pair[1].1) {
        let what = format!("the bodies of {} and {} differ, and a method returns one type", pair[0].0, pair[1].0);
        findings.add(&place, what, "give both the same schema, with the members of one optional");
    } else if with_body.len() < shapes.len() && with_body.iter().any(|(_, shape)| *shape == Shape::Raw) {
        findings.add(&place, "one 2xx is a download and another has no body", "give both the same content type");
    }
}

fn shape<'a>(document: &Value, response: &'a Value, place: &str, findings: &mut Findings) -> Shape<'a> {
    let json = entries(&response["content"]).find(|(content_type, _)| is_json(content_type));
    let other = entries(&response["content"]).any(|(content_type, _)| !is_json(content_type));
    match json {
        Some((_, content)) => {
            findings.expect(!other, place, "beside JSON the other content types would be ignored", "keep one kind, or split the operation");
            let object = content["schema"].get("$ref").is_none() || resolve(document, &content["schema"])["type"] == "object";
            findings.expect(object, place, "the body is no object, and the client takes nothing else", "describe the object it is");
            Shape::Json(&content["schema"])
        }
        None if other => Shape::Raw,
        None => Shape::Empty,
    }
}
