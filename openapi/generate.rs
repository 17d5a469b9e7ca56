//! From a document to the source of its client: normalize, generate, refine, print.

pub(crate) mod check;
pub(crate) mod code;
pub(crate) mod describe;
pub(crate) mod document;
pub(crate) mod edits;
pub(crate) mod needed;
pub(crate) mod normalize;
pub(crate) mod older;
pub(crate) mod overlay;
pub(crate) mod problem;
pub(crate) mod queries;
pub(crate) mod raw;
pub(crate) mod refine;
pub(crate) mod rules;
pub(crate) mod vocabulary;

use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::{format_ident, quote};
use serde_json::{Map, Value, json};

use document::{Operation, operations, pascal, schemas};
use normalize::{Facts, Normalized, normalize};
use overlay::Overlay;
use problem::{Problem, Problems};
use refine::Rules;
use vocabulary::Kind;

/// A document to generate from.
#[derive(Clone, Copy, Default)]
pub(crate) struct Source<'a> {
    /// The name of its module in `crate::generated`.
    pub(crate) module: &'a str,
    /// The file, as messages name it.
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    /// The members that flows may read although nothing is decided by them; see `harmless.txt`.
    pub(crate) harmless: &'a str,
    /// What the hand-written code needs of the document; see `needed.txt`.
    pub(crate) needed: &'a str,
    /// Whether it takes the place of the crate's own.
    pub(crate) replaced: bool,
    /// The edits that a user of the crate makes to it.
    pub(crate) overlays: &'a [Overlay],
    /// The document of an older version whose responses are read into the types of this one: its file, and its text.
    pub(crate) older: Option<(&'a str, &'a str)>,
}

impl Source<'_> {
    /// The document, with what an older one says besides.
    #[allow(dead_code, reason = "the tests read documents as the generator does")]
    pub(crate) fn read(&self) -> Result<Value, Problems> {
        let yaml = edited(self).map_err(|problem| Problems { file: self.file.to_owned(), found: vec![problem] })?;
        self.with_older(&yaml)
    }

    fn with_older(&self, yaml: &serde_norway::Value) -> Result<Value, Problems> {
        let problems = |file: &str, found| Problems { file: file.to_owned(), found };
        let mut document = normalize::to_json(yaml).map_err(|problem| problems(self.file, vec![problem]))?;
        if let Some((file, text)) = self.older {
            let older = normalize::read(text).map_err(|problem| problems(file, vec![problem]))?;
            older::adopt(&mut document, &older).map_err(|found| problems(file, found))?;
        }
        Ok(document)
    }
}

/// The source of a client: `Client`, `types`, `vocabulary`, `queries`, `responses`, `OPERATIONS`, and for tests `SAMPLES`.
pub(crate) fn generate(source: &Source<'_>) -> Result<String, Problems> {
    let problems = |found| Problems { file: source.file.to_owned(), found };
    let yaml = edited(source).map_err(|problem| problems(vec![problem]))?;
    let document = source.with_older(&yaml)?;
    let normalized = normalize(&document).map_err(problems)?;
    needed::check(source, &normalized).map_err(problems)?;
    let mut file = client(&normalized, source.module).map_err(|problem| problems(vec![problem]))?;
    let harmless = harmless(source, &file).map_err(problems)?;
    let rules =
        Rules { json: normalized.json, strict: &normalized.strict, harmless: &harmless, also: &normalized.also, words: &normalized.words };
    refine::refine(&mut file, &rules);
    refine::order(&mut file, &normalize::orders(&yaml));
    describe::describe(&mut file, &document);
    schemas_of_types(&mut file);
    for addition in [
        vocabulary::module(&normalized.words),
        facts(&normalized.operations),
        queries::queries(&file),
        raw::raw(&file),
        responses(&file, &needed::types(source)),
        samples(&normalized, &file, source.module),
        identity(source, &document),
    ] {
        let addition: syn::File = syn::parse2(addition).map_err(|error| problems(vec![unprintable(&error)]))?;
        file.items.extend(addition.items);
    }
    let code = prettyplease::unparse(&file);
    if code.contains("from_response") {
        let what = "a method decodes its response by itself".to_owned();
        return Err(problems(vec![Problem { place: String::new(), what, mend: "teach openapi/refine.rs its shape".to_owned() }]));
    }
    Ok(code)
}

/// The document with its overlays applied.
fn edited(source: &Source<'_>) -> Result<serde_norway::Value, Problem> {
    let mut yaml = normalize::parse(source.text)?;
    for overlay in source.overlays {
        overlay::apply(&mut yaml, overlay)?;
    }
    Ok(yaml)
}

/// Whatever is read or written as JSON has a JSON Schema too, with the feature `schemars`.
fn schemas_of_types(file: &mut syn::File) {
    let is_json = |attribute: &syn::Attribute| attribute.path().is_ident("derive") && quote!(#attribute).to_string().contains("Serialize");
    for item in code::types_mut(file).into_iter().flatten() {
        let attributes = match item {
            syn::Item::Struct(item) => &mut item.attrs,
            syn::Item::Enum(item) => &mut item.attrs,
            _ => continue,
        };
        if let Some(derive) = attributes.iter().position(is_json) {
            attributes.insert(derive + 1, syn::parse_quote!(#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]));
        }
    }
}

/// What the client was made from.
fn identity(source: &Source<'_>, document: &Value) -> TokenStream {
    // FNV-1a, which stays the same from one compiler to the next; the members of `Value` are sorted.
    let byte = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = document.to_string().bytes().fold(0xcbf2_9ce4_8422_2325, byte);
    let overlays = source.overlays.iter().map(|overlay| &overlay.file);
    let replaced = source.replaced;
    let (title, version) = (document["info"]["title"].as_str(), document["info"]["version"].as_str());
    let (title, version) = (title.unwrap_or_default(), version.unwrap_or_default());
    quote! {
        /// The document that this client was made from.
        pub const DOCUMENT: crate::generated::Document =
            crate::generated::Document { title: #title, version: #version, hash: #hash, replaced: #replaced, overlays: &[#(#overlays),*] };
    }
}

/// The harmless members of this document, one at the beginning of each line; what it does not have would be a slip.
fn harmless(source: &Source<'_>, file: &syn::File) -> Result<BTreeSet<String>, Vec<Problem>> {
    let lines = source.harmless.lines().filter(|line| !line.starts_with('#'));
    let listed: BTreeSet<String> = lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    let known: BTreeSet<String> = code::members(file);
    let unknown = listed.difference(&known).map(|member| Problem {
        place: "harmless.txt".to_owned(),
        what: format!("there is no member `{member}`"),
        mend: "correct the name or remove the line".to_owned(),
    });
    let unknown: Vec<_> = unknown.collect();
    // Who edits a document may well remove what is harmless.
    let edited = source.replaced || !source.overlays.is_empty();
    if unknown.is_empty() || edited { Ok(listed) } else { Err(unknown) }
}

/// What the generator makes of a document; where it fails, the operation or schema that makes it fail.
fn client(normalized: &Normalized, module: &str) -> Result<syn::File, Problem> {
    let attempt = |document: &Value| run(document, normalized, module);
    let tokens = attempt(&normalized.document).map_err(|what| {
        let place = culprit(&normalized.document, |part| attempt(part).is_err());
        Problem { place, what, mend: "change what is unusual there, or teach openapi/check.rs to say what is wrong".to_owned() }
    })?;
    syn::parse2(tokens).map_err(|error| unprintable(&error))
}

fn unprintable(error: &syn::Error) -> Problem {
    let what = format!("what the generator wrote is no Rust: {error}");
    Problem { place: String::new(), what, mend: "look for an unusual name in the document".to_owned() }
}

fn settings(normalized: &Normalized, module: &str) -> GenerationSettings {
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::client::Call))
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for word in &normalized.words {
        let printed: &[_] = match word.kind {
            Kind::OpenEnum { .. } | Kind::Id { .. } | Kind::StringId => &[TypeImpl::Display, TypeImpl::FromStr],
            _ => &[],
        };
        settings.with_replacement(&word.name, word.replacement(module, normalized.newer.as_deref()), printed.iter().copied());
    }
    settings
}

/// Runs the generator; a panic becomes its message.
fn run(document: &Value, normalized: &Normalized, module: &str) -> Result<TokenStream, String> {
    let document = serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| Generator::new(&settings(normalized, module)).generate_tokens(&document)));
    panic::set_hook(hook);
    match outcome {
        Ok(generated) => generated.map_err(|error| error.to_string()),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
            Err(format!("the generator gave up: {}", text.unwrap_or("it did not say why")))
        }
    }
}

/// The first part of a document that fails although the parts before it do not: schemas first, then operations one by one.
fn culprit(document: &Value, fails: impl Fn(&Value) -> bool) -> String {
    let without_paths = with(document, "/paths", json!({}));
    if fails(&without_paths) {
        let mut kept = Map::new();
        // References among schemas must resolve, so what has not had its turn yet stands in as an empty schema.
        for (name, _) in schemas(document) {
            kept.insert(name.to_owned(), json!({}));
        }
        for (name, schema) in schemas(document) {
            kept.insert(name.to_owned(), schema.clone());
            if fails(&with(&without_paths, "/components/schemas", Value::Object(kept.clone()))) {
                return format!("schema `{name}`");
            }
        }
        return "components/schemas".to_owned();
    }
    let alone = |operation: &Operation<'_>| json!({operation.path: {operation.method: operation.body}});
    let found = operations(document).find(|operation| fails(&with(document, "/paths", alone(operation))));
    found.map_or_else(|| "paths".to_owned(), |operation| operation.place())
}

fn with(document: &Value, pointer: &str, part: Value) -> Value {
    let mut document = document.clone();
    if let Some(place) = document.pointer_mut(pointer) {
        *place = part;
    }
    document
}

/// The types that builders return, and what these consist of.
fn responses(file: &syn::File, named: &BTreeSet<String>) -> TokenStream {
    let names = code::returned(file, named).into_iter().map(|name| format_ident!("{name}"));
    quote! {
        /// What responses consist of.
        pub mod responses {
            pub use super::types::{#(#names),*};
        }
    }
}

fn facts(operations: &[Facts]) -> TokenStream {
    let patterns = rules::patterns(operations.iter().flat_map(|operation| &operation.rules));
    let rows = operations.iter().map(|Facts { id, method, path, idempotent, deletes, empty_success, fresh_connection, secret, rules }| {
        let rules = rules.iter().map(|rule| rule.row(&patterns));
        quote! {
            crate::generated::Operation {
                id: #id, method: #method, path: #path, idempotent: #idempotent, deletes: #deletes, empty_success: #empty_success,
                fresh_connection: #fresh_connection, secret: #secret, rules: &[#(#rules),*],
            }
        }
    });
    let patterns = rules::module(&patterns);
    quote! {
        /// What the document says of its operations beside their methods.
        pub(crate) const OPERATIONS: &[crate::generated::Operation] = &[#(#rows),*];
        #patterns
    }
}

/// A table for the tests that hold the samples of the document against the generated types.
fn samples(normalized: &Normalized, file: &syn::File, module: &str) -> TokenStream {
    let mut rows = Vec::new();
    for method in code::methods(file) {
        let id = method.ident.to_string();
        let body = method.inputs.iter().find_map(|argument| match argument {
            syn::FnArg::Typed(argument) if code::written(&argument.pat) == "body" => Some(argument.ty.as_ref()),
            _ => None,
        });
        if let Some(syn::Type::Reference(body)) = body {
            let (name, ty) = (format!("{id} request"), &body.elem);
            rows.push(quote!((#name, crate::generated::tests::read_again::<#ty>)));
        }
        if let Some(response) = response(method) {
            let name = format!("{id} response");
            rows.push(quote!((#name, crate::generated::tests::read_again::<#response>)));
        }
    }
    for (name, _) in schemas(&normalized.document) {
        if let Some(word) = normalized.words.iter().find(|word| word.schema == name && word.kind == Kind::Shape) {
            let shape: TokenStream = word.replacement(module, normalized.newer.as_deref()).parse().unwrap_or_default();
            rows.push(quote!((#name, crate::generated::tests::read_again::<#shape>)));
            continue;
        }
        let ident = format_ident!("{}", pascal(name));
        let exists = code::types(file).iter().any(|item| match item {
            syn::Item::Struct(found) => found.ident == ident,
            syn::Item::Enum(found) => found.ident == ident,
            _ => false,
        });
        if exists {
            rows.push(quote!((#name, crate::generated::tests::read_again::<types::#ident>)));
        }
    }
    quote! {
        /// Reads a sample as its type and writes it again: `"<operation> request"`, `"<operation> response"`, `"<Schema>"`.
        #[cfg(test)]
        pub(crate) const SAMPLES: &[(&str, crate::generated::tests::ReadAgain)] = &[#(#rows),*];
    }
}

/// The type of a JSON response: `T` of `Result<ResponseValue<T>, …>`.
fn response(method: &syn::Signature) -> Option<TokenStream> {
    let syn::ReturnType::Type(_, ty) = &method.output else { return None };
    let (_, of_result) = code::taken_apart(ty)?;
    let (_, of_response) = code::taken_apart(of_result.first()?)?;
    let response = of_response.into_iter().next()?;
    let bodiless = matches!(code::written(&response).as_str(), "()" | "ByteStream");
    (!bodiless).then(|| quote!(#response))
}
