//! The edits after generation: plain field types that read what the service really sends, and room for it to grow.

use std::collections::{BTreeMap, BTreeSet};

use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Field, Fields, File, FnArg, GenericArgument, ImplItem, Item, ItemMod, Meta, PathArguments, Token, Type, parse_quote};

use super::document::snake;

/// Rewrites a generated file in place.
pub(crate) fn refine(file: &mut File) {
    let sent = sent(file);
    let objects = objects(types(file));
    let Some(types) = types_mut(file) else { return };
    for item in types {
        let (name, attributes) = match item {
            Item::Struct(found) => {
                ignore_unknown_members(&mut found.attrs);
                found.fields.iter_mut().for_each(|field| refine_field(field, &objects));
                found.fields.iter_mut().for_each(read_snake_case_too);
                (&found.ident, &mut found.attrs)
            }
            Item::Enum(found) => (&found.ident, &mut found.attrs),
            _ => continue,
        };
        // Only what nobody has to write down by hand may gain members without breaking callers.
        if !sent.contains(&name.to_string()) {
            attributes.push(parse_quote!(#[non_exhaustive]));
        }
    }
}

/// Puts the members of each type in the order of the document, in which they are then sent and shown.
pub(crate) fn order(file: &mut File, orders: &BTreeMap<String, Vec<String>>) {
    for item in types_mut(file).into_iter().flatten() {
        let Item::Struct(found) = item else { continue };
        let (Some(order), Fields::Named(fields)) = (orders.get(&found.ident.to_string()), &mut found.fields) else { continue };
        let mut members: Vec<Field> = std::mem::take(&mut fields.named).into_iter().collect();
        members.sort_by_key(|member| order.iter().position(|name| snake(name) == snake(&written(&member.ident))).unwrap_or(usize::MAX));
        fields.named = members.into_iter().collect();
    }
}

fn refine_field(field: &mut Field, objects: &BTreeSet<String>) {
    let Some(reading) = Reading::of(&field.ty).or_else(|| Reading::of_object(&field.ty, objects)) else { return };
    let Reading { plain, reader } = reading;
    let function = quote!(crate::lenient::read::<#reader, _>).to_string().replace(' ', "");
    let mut settings = take_serde(&mut field.attrs);
    settings.retain(|setting| !setting.path().is_ident("deserialize_with"));
    if taken_apart(&plain).is_some_and(|(name, _)| name == "Vec") {
        // A list that was optional to the generator is none any more.
        if let Some(skip) = settings.iter_mut().find(|setting| setting.path().is_ident("skip_serializing_if")) {
            *skip = parse_quote!(skip_serializing_if = "::std::vec::Vec::is_empty");
        }
    }
    // The one field of a newtype is the whole value and never absent.
    if field.ident.is_some() && may_be_absent(&plain) && !settings.iter().any(|setting| setting.path().is_ident("default")) {
        settings.push(parse_quote!(default));
    }
    settings.push(parse_quote!(deserialize_with = #function));
    field.attrs.push(parse_quote!(#[serde(#settings)]));
    field.ty = plain;
}

/// Types without known members are closed to the generator, but a service may add some.
fn ignore_unknown_members(attributes: &mut Vec<Attribute>) {
    let settings: Punctuated<Meta, Token![,]> =
        take_serde(attributes).into_iter().filter(|setting| !setting.path().is_ident("deny_unknown_fields")).collect();
    if !settings.is_empty() {
        attributes.push(parse_quote!(#[serde(#settings)]));
    }
}

/// A member in camelCase is one of protobuf's JSON, which may be written in snake_case as well.
fn read_snake_case_too(field: &mut Field) {
    let Some(name) = field.ident.as_ref().map(ToString::to_string) else { return };
    let mut settings = take_serde(&mut field.attrs);
    let renamed = settings.iter().find_map(|setting| match setting {
        Meta::NameValue(pair) if pair.path.is_ident("rename") => Some(written(&pair.value)),
        _ => None,
    });
    if renamed.is_some_and(|renamed| renamed.contains(|letter: char| letter.is_ascii_uppercase())) {
        settings.push(parse_quote!(alias = #name));
    }
    if !settings.is_empty() {
        field.attrs.push(parse_quote!(#[serde(#settings)]));
    }
}

/// How a field is read: the type it has, and the type of `crate::lenient` that says what the service may write for it.
struct Reading {
    plain: Type,
    reader: Type,
}

impl Reading {
    /// `None` where the type reads itself.
    fn of(ty: &Type) -> Option<Self> {
        let (name, arguments) = taken_apart(ty)?;
        if let Some(marker) = marker(ty) {
            let plain = plain(&marker, &arguments);
            // An object that may be none is optional, whether or not the document requires the member.
            let reader = if marker == "Object" { parse_quote!(::std::option::Option<#ty>) } else { ty.clone() };
            return Some(Self { plain, reader });
        }
        match (name.as_str(), &arguments[..]) {
            ("Option", [inner]) => {
                let Self { plain, reader } = Self::of(inner)?;
                let already = matches!(marker(inner).as_deref(), Some("Object" | "List"));
                Some(if already {
                    Self { plain, reader }
                } else {
                    Self { plain: parse_quote!(::std::option::Option<#plain>), reader: parse_quote!(::std::option::Option<#reader>) }
                })
            }
            ("Vec", [inner]) => {
                let Self { plain, reader } = Self::of_element(inner);
                Some(Self { plain: parse_quote!(::std::vec::Vec<#plain>), reader: parse_quote!(::std::vec::Vec<#reader>) })
            }
            ("BTreeMap", [key, inner]) => {
                let Self { plain, reader } = Self::of_element(inner);
                Some(Self {
                    plain: parse_quote!(::std::collections::BTreeMap<#key, #plain>),
                    reader: parse_quote!(::std::collections::BTreeMap<#key, #reader>),
                })
            }
            ("Map", _) => Some(Self { plain: ty.clone(), reader: ty.clone() }),
            _ => None,
        }
    }

    /// An optional object: the service's language writes an empty one as `[]`.
    fn of_object(ty: &Type, objects: &BTreeSet<String>) -> Option<Self> {
        let (_, arguments) = taken_apart(ty).filter(|(name, _)| name == "Option")?;
        let [inner] = &arguments[..] else { return None };
        let (name, _) = taken_apart(inner)?;
        let reader = || parse_quote!(::std::option::Option<crate::lenient::Object<#inner>>);
        objects.contains(&name).then(|| Self { plain: ty.clone(), reader: reader() })
    }

    fn of_element(ty: &Type) -> Self {
        Self::of(ty).unwrap_or_else(|| Self { plain: ty.clone(), reader: parse_quote!(crate::lenient::AsIs<#ty>) })
    }
}

/// The name of a marker of `crate::lenient`.
fn marker(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let names: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match &names[..] {
        [root, module, name] if root == "crate" && module == "lenient" => Some(name.clone()),
        _ => None,
    }
}

fn plain(marker: &str, arguments: &[Type]) -> Type {
    match (marker, arguments) {
        ("Boolean", _) => parse_quote!(bool),
        ("Integer", _) => parse_quote!(i64),
        ("Number", _) => parse_quote!(f64),
        ("Date", _) => parse_quote!(::chrono::NaiveDate),
        ("Timestamp", _) => parse_quote!(::chrono::DateTime<::chrono::Utc>),
        ("Object", [object]) => parse_quote!(::std::option::Option<#object>),
        ("List", [element]) => parse_quote!(::std::vec::Vec<#element>),
        _ => parse_quote!(::std::string::String),
    }
}

/// `a::b::Name<X, Y>` as `Name` and `[X, Y]`.
pub(crate) fn taken_apart(ty: &Type) -> Option<(String, Vec<Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            let types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty.clone()),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    };
    Some((last.ident.to_string(), arguments))
}

fn may_be_absent(plain: &Type) -> bool {
    taken_apart(plain).is_some_and(|(name, _)| matches!(name.as_str(), "Option" | "Vec" | "BTreeMap" | "Map"))
}

/// Removes the `#[serde(…)]` attributes and gives what they said.
fn take_serde(attributes: &mut Vec<Attribute>) -> Punctuated<Meta, Token![,]> {
    let (serde, others) = attributes.drain(..).partition::<Vec<_>, _>(|attribute| attribute.path().is_ident("serde"));
    *attributes = others;
    let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
    serde.iter().filter_map(|attribute| attribute.parse_args_with(parse).ok()).flatten().collect()
}

/// The names of the types that are JSON objects.
fn objects(types: &[Item]) -> BTreeSet<String> {
    let map = |field: &Field| taken_apart(&field.ty).is_some_and(|(name, _)| matches!(name.as_str(), "Map" | "BTreeMap" | "HashMap"));
    let object = |item: &Item| match item {
        Item::Struct(found) if found.fields.iter().all(|field| field.ident.is_some() || map(field)) => Some(found.ident.to_string()),
        _ => None,
    };
    types.iter().filter_map(object).collect()
}

/// The types of `mod types`.
pub(crate) fn types(file: &File) -> &[Item] {
    let found = file.items.iter().find_map(|item| match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == "types" => Some(items.as_slice()),
        _ => None,
    });
    found.unwrap_or_default()
}

fn types_mut(file: &mut File) -> Option<&mut Vec<Item>> {
    file.items.iter_mut().find_map(|item| match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == "types" => Some(items),
        _ => None,
    })
}

/// The methods that call the service.
pub(crate) fn methods(file: &File) -> impl Iterator<Item = &syn::Signature> {
    file.items
        .iter()
        .filter_map(|item| match item {
            Item::Impl(block) if block.trait_.is_none() => Some(&block.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(&method.sig),
            _ => None,
        })
}

/// The names of the types that requests contain.
fn sent(file: &File) -> BTreeSet<String> {
    let mut contents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in types(file) {
        let mut names = Names::default();
        match item {
            Item::Struct(found) => {
                names.visit_fields(&found.fields);
                contents.insert(found.ident.to_string(), names.0);
            }
            Item::Enum(found) => {
                found.variants.iter().for_each(|variant| names.visit_fields(&variant.fields));
                contents.insert(found.ident.to_string(), names.0);
            }
            _ => {}
        }
    }
    let mut roots = Names::default();
    for argument in methods(file).flat_map(|method| &method.inputs) {
        if let FnArg::Typed(argument) = argument {
            roots.visit_type(&argument.ty);
        }
    }
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<String> = roots.0.into_iter().collect();
    while let Some(name) = waiting.pop() {
        if let Some(inner) = contents.get(&name).filter(|_| !reached.contains(&name)) {
            waiting.extend(inner.iter().cloned());
            reached.insert(name);
        }
    }
    reached
}

/// Every name a type mentions.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        self.0.insert(segment.ident.to_string());
        visit::visit_path_segment(self, segment);
    }
}

/// How a type is written in a message or a list.
pub(crate) fn written(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}
