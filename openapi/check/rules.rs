//! Checks of the rules of single values: each is one, fits what it is a rule for, and says why.

use regress::Regex;
use serde_json::Value;

use crate::generate::document::{entries, list, resolve};
use crate::generate::problem::Findings;
use crate::generate::rules::{KEYWORDS, is_keyword, reason, stated};

/// The rules of a schema that is sent.
pub(super) fn check(document: &Value, schema: &Value, place: &str, findings: &mut Findings) {
    let kind = kind(document, schema);
    for (keyword, demand) in stated(schema) {
        let fits = KEYWORDS.iter().any(|(known, kinds)| *known == keyword && kinds.contains(&kind));
        findings.expect(fits, place, format!("`{keyword}` is no rule for {}", article(kind)), "remove it or correct the `type`");
        self::demand(keyword, demand, place, findings);
        let why = reason(schema, keyword).is_some();
        let mend = "add `x-reason` in words: one for all rules, or one for each by its keyword";
        findings.expect(why, place, format!("`{keyword}` does not say why"), mend);
    }
    let Some(reasons) = schema.get("x-reason") else { return };
    let idle = stated(schema).next().is_none();
    findings.expect(!idle, place, "`x-reason` is a reason for nothing", "write the rule beside it, or remove it");
    for (keyword, _) in entries(reasons) {
        let known = is_keyword(keyword) && (idle || schema.get(keyword).is_some());
        findings.expect(known, place, format!("`x-reason` is for `{keyword}`, which is no rule here"), "correct the keyword");
    }
}

/// What a rule demands is what its keyword takes.
fn demand(keyword: &str, demand: &Value, place: &str, findings: &mut Findings) {
    match keyword {
        "pattern" => {
            let sound = demand.as_str().ok_or_else(|| "it is no string".to_owned());
            let sound = sound.and_then(|pattern| Regex::with_flags(pattern, "u").map_err(|error| error.to_string()));
            if let Err(error) = sound {
                findings.add(place, format!("the pattern {demand} is none of ECMA-262: {error}"), "correct it");
            }
        }
        "minimum" | "maximum" => {
            findings.expect(demand.is_number(), place, format!("`{keyword}` is {demand}"), "write a number");
        }
        _ => findings.expect(demand.is_u64(), place, format!("`{keyword}` is {demand}"), "write a whole number from 0 up"),
    }
}

/// The type of a value, looked up through references and the forms it comes in.
fn kind<'a>(document: &'a Value, schema: &'a Value) -> &'a str {
    let schema = resolve(document, schema);
    let of = |keyword: &str| list(&schema[keyword]).first();
    match (schema["type"].as_str(), of("allOf").or_else(|| of("oneOf"))) {
        (Some(kind), _) => kind,
        (None, Some(inner)) => kind(document, inner),
        (None, None) => "",
    }
}

fn article(kind: &str) -> String {
    match kind {
        "" => "a value without a type".to_owned(),
        "array" | "integer" | "object" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}
