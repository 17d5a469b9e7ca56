//! The names and types that the real documents become, held against `tests/golden/`. `UPDATE_GOLDEN=1` accepts a change.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use quote::ToTokens;

use super::generate::normalize::normalize;
use super::generate::vocabulary::{Kind, Variant, Word};
use super::generate::{Source, code, generate};

#[test]
fn certcentral() {
    compare("certcentral", &outline(&source("certcentral", include_str!("../../openapi/certcentral.yaml"))));
}

#[test]
fn pocketsign_verify_v1() {
    compare("pocketsign-verify-v1", &outline(&source("pocketsign_verify_v1", include_str!("../../openapi/pocketsign-verify-v1.yaml"))));
}

#[test]
fn pocketsign_verify_v2() {
    let older = Some(("pocketsign-verify-v1", include_str!("../../openapi/pocketsign-verify-v1.yaml")));
    let text = include_str!("../../openapi/pocketsign-verify-v2.yaml");
    compare("pocketsign-verify-v2", &outline(&Source { older, ..source("pocketsign_verify_v2", text) }));
    // Alone it has no more than it says itself.
    let alone = outline(&source("pocketsign_verify_v2", text));
    assert!(!alone.contains("latest: Option") && !alone.contains("signature_did_not_match"), "{alone}");
}

#[test]
fn wobbles() {
    compare("wobbles", &outline(&source("wobbles", super::WOBBLES)));
}

fn source<'a>(name: &'a str, text: &'a str) -> Source<'a> {
    Source { module: name, file: name, text, ..Source::default() }
}

/// Every method with its signature, every type with its fields, every word with its values.
fn outline(source: &Source<'_>) -> String {
    let code = generate(source).unwrap_or_else(|problems| panic!("{problems}"));
    let file = syn::parse_file(&code).expect("generated code is Rust");
    let document = source.read().unwrap_or_else(|problems| panic!("{problems}"));
    let normalized = normalize(&document).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut lines = vec!["# methods".to_owned()];
    lines.extend(code::methods(&file).map(method));
    lines.extend(["".to_owned(), "# types".to_owned()]);
    lines.extend(code::types(&file).iter().filter_map(kind));
    lines.extend(["".to_owned(), "# vocabulary".to_owned()]);
    lines.extend(normalized.words.iter().filter_map(word));
    lines.join("\n") + "\n"
}

fn method(method: &syn::Signature) -> String {
    let arguments = method.inputs.iter().filter_map(|argument| match argument {
        syn::FnArg::Typed(argument) => Some(format!("{}: {}", argument.pat.to_token_stream(), short(&argument.ty))),
        syn::FnArg::Receiver(_) => None,
    });
    let answer = short(&method.output).replace("->Result<ResponseValue<", "").replace(">,Error<()>>", "");
    // Its box is not what it is.
    let answer = answer.strip_prefix("Box<").and_then(|answer| answer.strip_suffix('>')).unwrap_or(&answer);
    format!("{}({}) -> {answer}", method.ident, arguments.collect::<Vec<_>>().join(", "))
}

fn kind(item: &syn::Item) -> Option<String> {
    match item {
        syn::Item::Struct(found) => {
            let field = |field: &syn::Field| match &field.ident {
                Some(name) => format!("\n    {name}: {}", short(&field.ty)),
                None => format!("\n    {}", short(&field.ty)),
            };
            // Their order is what is sent, not what the client looks like.
            let mut fields: Vec<_> = found.fields.iter().collect();
            fields.sort_by_key(|field| field.ident.clone());
            let grows = found.attrs.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"));
            let open = if grows { " .." } else { "" };
            Some(format!("{}{open}{}", found.ident, fields.into_iter().map(field).collect::<String>()))
        }
        syn::Item::Enum(found) => {
            let variants: Vec<_> = found.variants.iter().map(|variant| variant.ident.to_string()).collect();
            Some(format!("{}: {}", found.ident, variants.join(" | ")))
        }
        _ => None,
    }
}

fn word(word: &Word) -> Option<String> {
    if let Some(same_as) = &word.same_as {
        return Some(format!("{}: {same_as} of the newer version", word.name));
    }
    match &word.kind {
        Kind::Id { signed } => Some(format!("{}: id, {}", word.name, if *signed { "i64" } else { "u64" })),
        Kind::StringId => Some(format!("{}: string id", word.name)),
        Kind::OpenEnum { variants, prefix, .. } => {
            let aliases = |variant: &Variant| variant.aliases.iter().map(|alias| format!(" or {alias:?}")).collect::<String>();
            let written = |variant: &Variant| format!("{} = {:?}{}", variant.name, variant.value, aliases(variant));
            let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}… ") };
            Some(format!("{}: {prefix}{}", word.name, variants.iter().map(written).collect::<Vec<_>>().join(" | ")))
        }
        Kind::Redacted | Kind::Bytes | Kind::Shape => None,
    }
}

/// A type without what every type has.
fn short(ty: &impl ToTokens) -> String {
    let text = ty.to_token_stream().to_string().replace("& 'a ", "&").replace(' ', "").replace(",>", ">");
    let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
    let mut short = String::new();
    let mut path = String::new();
    for letter in text.chars() {
        if letter.is_alphanumeric() || letter == '_' || letter == ':' {
            path.push(letter);
        } else {
            short += &last(&std::mem::take(&mut path));
            short.push(letter);
        }
    }
    short + &last(&path)
}

fn compare(name: &str, outline: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(&golden, outline).unwrap_or_else(|error| panic!("{}: {error}", golden.display()));
    }
    let accepted = fs::read_to_string(&golden).unwrap_or_default();
    let only_in = |one: &str, other: &str, sign: char| {
        let others: BTreeSet<&str> = other.lines().collect();
        one.lines().filter(|line| !others.contains(line)).map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    let difference = only_in(&accepted, outline, '-') + &only_in(outline, &accepted, '+');
    assert!(accepted == outline, "the client of {name} has changed; run with UPDATE_GOLDEN=1 to accept\n{difference}");
}
