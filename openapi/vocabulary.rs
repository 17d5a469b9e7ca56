//! The named schemas that become types of this crate instead of generated ones: open enums, ids and secrets.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{format_ident, quote};
use serde_json::Value;

use super::document::{entries, is_true, list, pascal, schemas};
use super::older::same_as;

/// The extensions that make a schema a word of the vocabulary; a schema carries at most one.
pub(crate) const EXTENSIONS: [&str; 5] = ["x-extensible-enum", "x-id", "x-string-id", "x-redacted", "x-bytes"];

/// One word: the name of its type, what it means, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    /// The schema's name in the document.
    pub(crate) schema: String,
    /// The type's name in Rust.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) kind: Kind,
    /// The type of the newer document that it is, if its document is an older one.
    pub(crate) same_as: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    OpenEnum {
        variants: Vec<Variant>,
        /// The values are whole numbers.
        numbers: bool,
        /// With what further values begin, whose rest varies.
        prefixes: Vec<String>,
        ignore_case: bool,
        /// What the document puts before each value; the variants know the rest, in lower case.
        prefix: String,
    },
    Id {
        /// Whether there are negative ones.
        signed: bool,
    },
    StringId,
    Redacted,
    /// Bytes, base64 on the wire.
    Bytes,
    /// An object of an older document that is read into a type of the newer one.
    Shape,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Other spellings that are read as this value.
    pub(crate) aliases: Vec<String>,
    pub(crate) description: Option<String>,
}

pub(crate) fn is_word(schema: &Value) -> bool {
    EXTENSIONS.iter().any(|extension| schema.get(extension).is_some())
}

/// The words of a document that passed the checks.
pub(crate) fn collect(document: &Value) -> Vec<Word> {
    schemas(document)
        .filter_map(|(schema_name, schema)| {
            Some(Word {
                schema: schema_name.to_owned(),
                name: pascal(schema_name),
                description: schema["description"].as_str().unwrap_or_default().trim().to_owned(),
                kind: kind(schema)?,
                same_as: same_as(schema).map(pascal),
            })
        })
        .collect()
}

fn kind(schema: &Value) -> Option<Kind> {
    if schema.get("x-extensible-enum").is_some() {
        let prefixes = list(&schema["x-enum-prefixes"]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let (numbers, ignore_case) = (schema["type"] == "integer", is_true(&schema["x-ignore-case"]));
        return Some(Kind::OpenEnum { variants: variants(schema), numbers, prefixes, ignore_case, prefix: prefix(schema).to_owned() });
    }
    if is_true(&schema["x-id"]) {
        let integer = list(&schema["oneOf"]).iter().find(|one| one["type"] == "integer");
        return Some(Kind::Id { signed: integer.is_some_and(|integer| integer.get("minimum").is_none()) });
    }
    if is_true(&schema["x-string-id"]) {
        return Some(Kind::StringId);
    }
    if schema["x-bytes"] == "base64" {
        return Some(Kind::Bytes);
    }
    if is_true(&schema["x-redacted"]) {
        return Some(Kind::Redacted);
    }
    same_as(schema).map(|_| Kind::Shape)
}

/// What a document puts before each value of an enum, as protobuf's documents do.
pub(crate) fn prefix(schema: &Value) -> &str {
    schema["x-value-prefix"].as_str().unwrap_or_default()
}

/// A value without what its document puts before it: `crl` for `CHECK_METHOD_CRL`.
pub(crate) fn bare(value: &str, prefix: &str) -> String {
    match value.strip_prefix(prefix) {
        Some(rest) if !prefix.is_empty() => rest.to_lowercase(),
        _ => value.to_owned(),
    }
}

/// A value as its document writes it.
fn written(value: &str, prefix: &str) -> String {
    if prefix.is_empty() { value.to_owned() } else { format!("{prefix}{}", value.to_uppercase()) }
}

/// The variants of an open enum: `x-enum-varnames` where given, else the values in PascalCase, without their prefix.
pub(crate) fn variants(schema: &Value) -> Vec<Variant> {
    let names = list(&schema["x-enum-varnames"]);
    let description = schema["description"].as_str().unwrap_or_default();
    list(&schema["x-extensible-enum"])
        .iter()
        .filter_map(|value| value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string())))
        .enumerate()
        .map(|(index, value)| Variant {
            name: names.get(index).and_then(Value::as_str).map_or_else(|| pascal(&bare(&value, prefix(schema))), str::to_owned),
            aliases: entries(&schema["x-enum-aliases"]).filter(|(_, of)| **of == *value).map(|(alias, _)| alias.to_owned()).collect(),
            description: description.lines().find_map(|line| meaning(line, &value)),
            value: bare(&value, prefix(schema)),
        })
        .collect()
}

/// What a line of an enum's description says of a value: ``- `issued`: the certificate is there``.
pub(crate) fn meaning(line: &str, value: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("- `")?.strip_prefix(value)?.strip_prefix("`: ")?;
    Some(rest.to_owned())
}

/// The description without the lines that went to the variants.
fn overview(description: &str, variants: &[Variant], prefix: &str) -> String {
    let of_variant = |line: &&str| variants.iter().any(|variant| meaning(line, &written(&variant.value, prefix)).is_some());
    let lines: Vec<_> = description.lines().filter(|line| !of_variant(line)).collect();
    lines.join("\n").trim().to_owned()
}

impl Word {
    /// The path of the type that stands in for the schema; `module` is the document's module in `crate::generated`.
    /// `newer` that of the document whose types its responses are read into.
    pub(crate) fn replacement(&self, module: &str, newer: Option<&str>) -> String {
        let (module, name) = match &self.same_as {
            Some(name) => (newer.unwrap_or(module), name),
            None => (module, &self.name),
        };
        match &self.kind {
            Kind::OpenEnum { .. } | Kind::Id { .. } | Kind::StringId => format!("crate::generated::{module}::vocabulary::{name}"),
            Kind::Shape => format!("crate::generated::{module}::types::{name}"),
            Kind::Redacted => "crate::secret::Redacted<::std::string::String>".to_owned(),
            Kind::Bytes => "crate::secret::RedactedBytes".to_owned(),
        }
    }

    /// The definition of the type, where the document defines one.
    fn definition(&self) -> Option<TokenStream> {
        if self.same_as.is_some() {
            return None;
        }
        let name = format_ident!("{}", self.name);
        let description = if self.description.is_empty() { &self.schema } else { &self.description };
        let documentation = doc(description);
        match &self.kind {
            Kind::Id { signed } => {
                let number = if *signed { quote!(i64) } else { quote!(u64) };
                Some(quote! { crate::id::id! { #[doc = #documentation] #name(#number) } })
            }
            Kind::StringId => Some(quote! { crate::id::string_id! { #[doc = #documentation] #name } }),
            Kind::OpenEnum { variants, numbers, prefixes, ignore_case, prefix } => {
                let documentation = doc(&overview(description, variants, prefix));
                let variants = variants.iter().map(|Variant { name, value, aliases, description }| {
                    let name = format_ident!("{name}");
                    let meaning = description.as_deref().map_or_else(|| format!("`{value}`"), |text| format!("`{value}`: {text}"));
                    let documentation = doc(&meaning);
                    let value =
                        if *numbers { TokenTree::from(Literal::u64_unsuffixed(value.parse().ok()?)).into() } else { quote!(#value) };
                    Some(quote! { #[doc = #documentation] #name = #value #(| #aliases)* })
                });
                let variants: Vec<_> = variants.flatten().collect();
                if *numbers {
                    return Some(quote! { crate::open_enum::open_number! { #[doc = #documentation] #name { #(#variants),* } } });
                }
                let comparison = if *ignore_case { quote!(ignore_case) } else { quote!(exact) };
                let prefix = (!prefix.is_empty()).then_some(prefix).into_iter();
                let listing = (!prefixes.is_empty()).then(|| quote! { crate::open_enum::listing! { #name [ #(#prefixes),* ] } });
                Some(
                    quote! { crate::open_enum::open_enum! { #comparison #(#prefix)* #[doc = #documentation] #name { #(#variants),* } } #listing },
                )
            }
            Kind::Redacted | Kind::Bytes | Kind::Shape => None,
        }
    }

    /// Whether it is an enum whose values its document writes with a prefix.
    pub(crate) fn is_prefixed(&self) -> bool {
        matches!(&self.kind, Kind::OpenEnum { prefix, .. } if !prefix.is_empty())
    }
}

/// A description as rustdoc takes it: outside code, `[…]` and `<…>` of the vendor's prose are neither links nor HTML.
pub(crate) fn doc(description: &str) -> String {
    let escape = |text: &str| text.replace('[', "\\[").replace(']', "\\]").replace('<', "\\<");
    let parts = description.split('`').enumerate();
    let escaped: Vec<_> = parts.map(|(index, part)| if index % 2 == 0 { escape(part) } else { part.to_owned() }).collect();
    format!(" {}", escaped.join("`"))
}

/// The module `vocabulary` of a generated file.
pub(crate) fn module(words: &[Word]) -> TokenStream {
    let definitions = words.iter().filter_map(Word::definition);
    quote! {
        /// The open enums and ids of the document.
        pub mod vocabulary { #(#definitions)* }
    }
}
