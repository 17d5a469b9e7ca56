//! Checks of the named schemas with an extension: open enums, ids and secrets.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::generate::document::{entries, is_true, list, pascal};
use crate::generate::problem::Findings;
use crate::generate::rules::stated;
use crate::generate::vocabulary::{EXTENSIONS, variants};

pub(super) fn check(schema: &Value, place: &str, findings: &mut Findings) {
    let found: Vec<_> = EXTENSIONS.into_iter().filter(|extension| schema.get(extension).is_some()).collect();
    if let [first, second, ..] = found[..] {
        return findings.add(place, format!("`{first}` and `{second}` exclude each other"), "keep one of them");
    }
    // Whether it is signed is what its smallest value says of an id.
    let rule = stated(schema).find(|(rule, _)| schema.get("x-id").is_none() || *rule != "minimum");
    if let (Some(extension), Some((rule, _))) = (found.first(), rule) {
        let what = format!("`{rule}` beside `{extension}` would narrow responses too");
        findings.add(place, what, "state it where the value is sent: `allOf: [{$ref: …}]`, the rule and `x-reason`");
    }
    let nullable = is_true(&schema["nullable"]);
    let at_member = "say it where the schema is used: `nullable: true` and `allOf: [{$ref: …}]`";
    findings.expect(!nullable, place, "`nullable` on a schema with an extension would be lost", at_member);
    match found.first().copied() {
        Some("x-extensible-enum") => open_enum(schema, place, findings),
        Some("x-bytes") => {
            let what = format!("`x-bytes: {}` is no encoding", schema["x-bytes"]);
            findings.expect(schema["x-bytes"] == "base64", place, what, "write `base64`");
            findings.expect(schema["type"] == "string", place, "bytes travel as a string", "write `type: string`");
        }
        Some(flag) => {
            findings.expect(is_true(&schema[flag]), place, format!("`{flag}` is {}", schema[flag]), "write `true` or leave it out");
            let text = flag != "x-redacted" || schema["type"] == "string";
            findings.expect(text, place, "only a string can be redacted", "write `type: string`");
            let text = flag != "x-string-id" || schema["type"] == "string";
            findings.expect(text, place, "x-string-id is for strings", "write `type: string`, or `x-id` for a number");
        }
        None => {}
    }
}

fn open_enum(schema: &Value, place: &str, findings: &mut Findings) {
    let numbers = schema["type"] == "integer";
    findings.expect(numbers || schema["type"] == "string", place, "x-extensible-enum is for strings and integers", "write `type: string`");
    let both = schema.get("enum").is_none();
    findings.expect(both, place, "`enum` beside `x-extensible-enum` would make the enum closed", "remove `enum`");
    let values = list(&schema["x-extensible-enum"]);
    if numbers {
        let sound = !values.is_empty() && values.iter().all(Value::is_u64);
        findings.expect(sound, place, "x-extensible-enum of an integer is not a list of whole numbers", "list the numbers, without quotes");
        for member in ["x-enum-aliases", "x-enum-prefixes", "x-ignore-case"] {
            findings.expect(schema.get(member).is_none(), place, format!("`{member}` means nothing for numbers"), "remove it");
        }
    } else {
        let texts = !values.is_empty() && values.iter().all(Value::is_string);
        findings.expect(texts, place, "x-extensible-enum is not a list of strings", "list the values, in quotes where YAML needs them");
        if !texts {
            return;
        }
    }
    if let Some(names) = schema.get("x-enum-varnames") {
        let count = names.as_array().filter(|names| names.iter().all(Value::is_string)).map(Vec::len);
        if count != Some(values.len()) {
            let counted = count.map_or_else(|| "is not a list of strings".to_owned(), |count| format!("has {count} entries"));
            let what = format!("x-enum-varnames {counted}, and x-extensible-enum has {}", values.len());
            return findings.add(place, what, "give one for each value, in the same order");
        }
    }
    if let Some(prefixes) = schema.get("x-enum-prefixes") {
        let begins = |prefix: &Value| prefix.as_str().is_some_and(|prefix| !prefix.is_empty());
        let sound = prefixes.as_array().is_some_and(|prefixes| !prefixes.is_empty() && prefixes.iter().all(begins));
        findings.expect(sound, place, format!("x-enum-prefixes is {prefixes}"), "list with what the values begin, or leave it out");
    }
    if let Some(prefix) = schema.get("x-value-prefix") {
        let prefix = prefix.as_str().unwrap_or_default();
        let upper =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        let whole = |value: &Value| value.as_str().and_then(|value| value.strip_prefix(prefix)).is_some_and(upper);
        let mend = "give what all values begin with, the rest of each in capitals, or leave it out";
        findings.expect(upper(prefix) && values.iter().all(whole), place, "not every value is `x-value-prefix` and more", mend);
        let exact = !is_true(&schema["x-ignore-case"]) && schema.get("x-enum-prefixes").is_none();
        findings.expect(exact, place, "`x-value-prefix` excludes `x-ignore-case` and `x-enum-prefixes`", "keep one of them");
    }
    for (alias, of) in entries(&schema["x-enum-aliases"]) {
        let sound = values.contains(of) && !values.iter().any(|value| value == alias);
        let what = format!("the alias `{alias}` stands for {of}");
        findings.expect(sound, place, what, "map another spelling to a value of `x-extensible-enum`");
    }
    let mut names: BTreeMap<String, String> = BTreeMap::from([("Unknown".to_owned(), "whatever is not listed".to_owned())]);
    for variant in variants(schema) {
        let (name, value) = (variant.name, variant.value);
        let usable = syn::parse_str::<syn::Ident>(&name).is_ok() && name.starts_with(|c: char| c.is_ascii_uppercase());
        let what = format!("the value `{value}` makes the variant name `{name}`, which Rust does not take");
        findings.expect(usable, place, what, "name the variants in `x-enum-varnames`");
        if let Some(other) = names.insert(name.clone(), format!("`{value}`")) {
            let what = format!("the values {other} and `{value}` both become the variant `{name}`");
            findings.add(place, what, "name the variants in `x-enum-varnames`");
        }
    }
}

/// A plain value that has a type of the vocabulary in the client: `x-type`.
pub(super) fn named_type(document: &Value, schema: &Value, place: &str, findings: &mut Findings) {
    let Some(named) = schema.get("x-type") else { return };
    let word = named.as_str().map_or(&Value::Null, |name| &document["components"]["schemas"][name]);
    let first = list(&word["oneOf"]).first().unwrap_or(word);
    let known = ["x-extensible-enum", "x-id", "x-string-id"].iter().any(|extension| word.get(extension).is_some());
    findings.expect(known, place, format!("`x-type: {named}` names no enum and no id"), "name one of the schemas with such an extension");
    let same = !known || schema["type"] == first["type"];
    findings.expect(same, place, format!("{named} is another type than {}", schema["type"]), "write the type of its first form");
}

/// A closed enum: its values must have names of their own in Rust.
pub(super) fn closed_enum(schema: &Value, place: &str, findings: &mut Findings) {
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for value in list(&schema["enum"]).iter().filter_map(Value::as_str) {
        if let Some(other) = names.insert(pascal(value), value) {
            let what = format!("the values `{other}` and `{value}` both become the variant `{}`", pascal(value));
            findings.add(place, what, "make it `x-extensible-enum` with `x-enum-varnames`");
        }
    }
    for (member, _) in entries(schema).filter(|(member, _)| member.starts_with("x-enum-") || *member == "x-ignore-case") {
        findings.add(place, format!("`{member}` means nothing without `x-extensible-enum`"), "remove it or open the enum");
    }
}
