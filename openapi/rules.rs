//! The rules of single values in what is sent: collected from the document, and written as a table by which the client checks.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{Operation, entries, is_json, list, referred, resolve};
use super::vocabulary::is_word;

/// The keywords that are rules, and the types of what each is a rule for.
pub(crate) const KEYWORDS: [(&str, &[&str]); 7] = [
    ("pattern", &["string"]),
    ("minLength", &["string"]),
    ("maxLength", &["string"]),
    ("minItems", &["array"]),
    ("maxItems", &["array"]),
    ("minimum", &["integer", "number"]),
    ("maximum", &["integer", "number"]),
];

/// One rule: of which value of a request, what it demands, and why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) part: Part,
    /// From the part down to the value.
    pub(crate) path: Vec<Step>,
    pub(crate) keyword: &'static str,
    pub(crate) demand: Value,
    pub(crate) reason: String,
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Body,
    Path(String),
    Query(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Member(String),
    /// Each element of a list, or each value of a map.
    Each,
}

pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.iter().any(|(keyword, _)| *keyword == name)
}

/// The rules that a schema itself states, with what each demands.
pub(crate) fn stated(schema: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    KEYWORDS.iter().filter_map(|(keyword, _)| Some((*keyword, schema.get(keyword)?)))
}

/// Why a schema states a rule: `x-reason` is one text for all its rules, or one for each.
pub(crate) fn reason<'a>(schema: &'a Value, keyword: &str) -> Option<&'a str> {
    let reason = &schema["x-reason"];
    reason.as_str().or_else(|| reason[keyword].as_str()).map(str::trim).filter(|reason| !reason.is_empty())
}

/// The rules of everything that an operation sends.
pub(crate) fn collect(document: &Value, operation: &Operation<'_>) -> Vec<Rule> {
    let mut found = Collector { document, rules: Vec::new() };
    for parameter in operation.parameters(document) {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let part = if parameter["in"] == "path" { Part::Path(name) } else { Part::Query(name) };
        if parameter["in"] != "header" {
            found.visit(&parameter["schema"], &part, &mut Vec::new(), &mut Vec::new());
        }
    }
    let content = operation.request(document).into_iter().flat_map(|request| entries(&request["content"]));
    for (_, media) in content.filter(|(content_type, _)| is_json(content_type)) {
        found.visit(&media["schema"], &Part::Body, &mut Vec::new(), &mut Vec::new());
    }
    found.rules
}

struct Collector<'a> {
    document: &'a Value,
    rules: Vec<Rule>,
}

impl<'a> Collector<'a> {
    /// `inside` are the named schemas around this one: a schema that contains itself is followed once.
    fn visit(&mut self, schema: &'a Value, part: &Part, path: &mut Vec<Step>, inside: &mut Vec<&'a str>) {
        if let Some(name) = referred(schema) {
            let named = resolve(self.document, schema);
            if !inside.contains(&name) && !is_word(named) {
                inside.push(name);
                self.visit(named, part, path, inside);
                inside.pop();
            }
            return;
        }
        for (keyword, demand) in stated(schema) {
            let reason = reason(schema, keyword).unwrap_or_default().to_owned();
            self.rules.push(Rule { part: part.clone(), path: path.clone(), keyword, demand: demand.clone(), reason });
        }
        for (name, member) in entries(&schema["properties"]) {
            self.below(Step::Member(name.to_owned()), member, part, path, inside);
        }
        for container in ["items", "additionalProperties"] {
            if let Some(each) = schema.get(container).filter(|each| each.is_object()) {
                self.below(Step::Each, each, part, path, inside);
            }
        }
        // Of the forms of a value only the first is sent.
        for same in list(&schema["allOf"]).iter().chain(list(&schema["oneOf"]).first()) {
            self.visit(same, part, path, inside);
        }
    }

    fn below(&mut self, step: Step, schema: &'a Value, part: &Part, path: &mut Vec<Step>, inside: &mut Vec<&'a str>) {
        path.push(step);
        self.visit(schema, part, path, inside);
        path.pop();
    }
}

/// The patterns of all operations, each compiled once, when it is first needed.
pub(crate) fn patterns<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<String> {
    let patterns = rules.filter(|rule| rule.keyword == "pattern").filter_map(|rule| rule.demand.as_str());
    let mut patterns: Vec<_> = patterns.map(str::to_owned).collect();
    patterns.sort();
    patterns.dedup();
    patterns
}

/// The module `patterns` of a generated file.
pub(crate) fn module(patterns: &[String]) -> TokenStream {
    let statics = patterns.iter().enumerate().map(|(index, pattern)| {
        let name = format_ident!("P{index}");
        quote! { pub(super) static #name: crate::client::Pattern = crate::client::Pattern::new(#pattern); }
    });
    quote! {
        /// What texts that are sent have to match.
        mod patterns { #(#statics)* }
    }
}

impl Rule {
    /// A row of the table.
    pub(crate) fn row(&self, patterns: &[String]) -> TokenStream {
        let Self { part, path, keyword, demand, reason } = self;
        let part = match part {
            Part::Body => quote!(Body),
            Part::Path(name) => quote!(Path(#name)),
            Part::Query(name) => quote!(Query(#name)),
        };
        let path = path.iter().map(|step| match step {
            Step::Member(name) => quote!(crate::client::Step::Member(#name)),
            Step::Each => quote!(crate::client::Step::Each),
        });
        let (whole, number) = (demand.as_u64().unwrap_or_default(), demand.as_f64().unwrap_or_default());
        let demand = match *keyword {
            "pattern" => {
                let index = patterns.iter().position(|pattern| demand == pattern).unwrap_or_default();
                let name = format_ident!("P{index}");
                quote!(Pattern(|| &patterns::#name))
            }
            "minLength" => quote!(MinLength(#whole)),
            "maxLength" => quote!(MaxLength(#whole)),
            "minItems" => quote!(MinItems(#whole)),
            "maxItems" => quote!(MaxItems(#whole)),
            "minimum" => quote!(Minimum(#number)),
            _ => quote!(Maximum(#number)),
        };
        quote! {
            crate::client::Rule {
                part: crate::client::Part::#part,
                path: &[#(#path),*],
                demand: crate::client::Demand::#demand,
                reason: #reason,
            }
        }
    }
}
