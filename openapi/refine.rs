//! The edits after generation: plain field types that read what the service really sends, and room for it to grow.

use std::collections::{BTreeMap, BTreeSet};

use quote::quote;
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, Expr, Field, Fields, File, ImplItem, ImplItemFn, Item, Meta, Stmt, Token, Type, parse_quote};

use super::code::{Names, response_value, sent, taken_apart, types, types_mut, written};
use super::document::{Json, snake};
use super::vocabulary::{Kind, Word};

/// What the document says that generated types do not show.
pub(crate) struct Rules<'a> {
    pub(crate) json: Json,
    /// The members by which something is decided, of each type.
    pub(crate) strict: &'a BTreeMap<String, BTreeSet<String>>,
    /// The members that a flow may read although they may be absent for no reason: `Order.price`.
    pub(crate) harmless: &'a BTreeSet<String>,
    /// Under which other names the members of each type are read.
    pub(crate) also: &'a BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub(crate) words: &'a [Word],
}

/// Rewrites a generated file in place.
pub(crate) fn refine(file: &mut File, rules: &Rules<'_>) {
    let sent = sent(file);
    let mut objects = objects(types(file));
    let shapes = rules.words.iter().filter(|word| word.kind == Kind::Shape).filter_map(|word| word.same_as.clone());
    objects.extend(shapes.map(|name| (name, Shape::Members)));
    let prefixed: BTreeSet<&str> = rules.words.iter().filter(|word| word.is_prefixed()).map(|word| word.name.as_str()).collect();
    leave_out_version(file);
    decode_ourselves(file, rules.json);
    let Some(types) = types_mut(file) else { return };
    for item in types {
        let (name, attributes) = match item {
            Item::Struct(found) => {
                ignore_unknown_members(&mut found.attrs);
                let name = found.ident.to_string();
                let only_read = !sent.contains(&name);
                for field in &mut found.fields {
                    let member = field.ident.as_ref().map(|member| snake(&written(member))).unwrap_or_default();
                    let strict = rules.strict.get(&name).is_some_and(|strict| strict.contains(&member));
                    let harmless = rules.harmless.contains(&format!("{name}.{member}"));
                    refine_field(field, rules.json, strict, &objects);
                    let also = rules.also.get(&name).and_then(|also| also.get(&member)).map_or(&[][..], Vec::as_slice);
                    read_other_names_too(field, also);
                    write_prefixes(field, &prefixed);
                    if rules.json == Json::Loose && only_read && !strict && !harmless {
                        keep_flows_from(field);
                    }
                }
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

fn methods(file: &mut File) -> impl Iterator<Item = &mut ImplItemFn> {
    let blocks = file.items.iter_mut().filter_map(|item| match item {
        Item::Impl(block) => Some(&mut block.items),
        _ => None,
    });
    blocks.flatten().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    })
}

/// The generator sends the document's version in a header, which no service asks for.
fn leave_out_version(file: &mut File) {
    for method in methods(file) {
        method.block.stmts.retain(|statement| !written(statement).contains("\"api-version\""));
    }
}

/// Responses are decoded by the client, which knows the operation and what the document says of its JSON. They come in a box: they are
/// large, and pass through several futures before the caller has them.
fn decode_ourselves(file: &mut File, json: Json) {
    let json = match json {
        Json::Loose => quote!(Loose),
        Json::Protobuf => quote!(Protobuf),
    };
    for method in methods(file) {
        let Some(Stmt::Expr(Expr::Match(outcomes), _)) = method.block.stmts.last_mut() else { continue };
        for arm in &mut outcomes.arms {
            if written(&arm.body).contains("from_response") {
                arm.body = parse_quote!(self.inner.decode(crate::client::Json::#json, info.operation_id, response).await);
                if let Some(value) = response_value(&method.sig.output) {
                    method.sig.output = parse_quote!(-> Result<ResponseValue<::std::boxed::Box<#value>>, Error<()>>);
                }
            }
        }
    }
}

/// The compiler then says which flow reads a member that is absent when it cannot be read, and so may decide by nothing.
fn keep_flows_from(field: &mut Field) {
    if may_be_absent(&field.ty) && field.ident.is_some() {
        let note = "it is absent when it cannot be read: list it under `x-strict`, or as harmless in openapi/harmless.txt, or read the response in full";
        field.attrs.push(parse_quote!(#[cfg_attr(test, deprecated(note = #note))]));
    }
}

/// Puts the members of each type in the order of the document, in which they are then sent and shown.
pub(crate) fn order(file: &mut File, orders: &BTreeMap<String, Vec<String>>) {
    for item in types_mut(file).into_iter().flatten() {
        let Item::Struct(found) = item else { continue };
        let (Some(order), Fields::Named(fields)) = (orders.get(&found.ident.to_string()), &mut found.fields) else { continue };
        let mut members: Vec<Field> = std::mem::take(&mut fields.named).into_iter().collect();
        members.sort_by_cached_key(|member| {
            let name = snake(&written(&member.ident));
            order.iter().position(|known| *known == name).unwrap_or(usize::MAX)
        });
        fields.named = members.into_iter().collect();
    }
}

fn refine_field(field: &mut Field, json: Json, strict: bool, objects: &BTreeMap<String, Shape>) {
    let mut settings = take_serde(&mut field.attrs);
    let flattened = settings.iter().any(|setting| setting.path().is_ident("flatten"));
    // The one field of a newtype is the whole value and never absent.
    let absent = field.ident.is_some() && may_be_absent(&field.ty);
    let has_default = settings.iter().any(|setting| setting.path().is_ident("default"));
    // The generator gives no default to lists and maps that are required.
    let optional = absent && (has_default || taken_apart(&field.ty).is_some_and(|(name, _)| name == "Option"));
    let reader = match json {
        _ if flattened => None,
        Json::Loose => Some(loose(&field.ty, strict, objects)).map(|reader| match (optional, strict) {
            (_, true) => parse_quote!(crate::lenient::Strict<#reader>),
            (true, false) => parse_quote!(crate::lenient::Forgiving<#reader>),
            (false, false) => reader,
        }),
        Json::Protobuf => protobuf(&field.ty, objects),
    };
    if let Some(reader) = reader {
        let function = quote!(crate::lenient::read::<#reader, _>).to_string().replace(' ', "");
        settings.retain(|setting| !setting.path().is_ident("deserialize_with"));
        if absent && !has_default {
            settings.push(parse_quote!(default));
        }
        settings.push(parse_quote!(deserialize_with = #function));
    }
    if !settings.is_empty() {
        field.attrs.push(parse_quote!(#[serde(#settings)]));
    }
}

/// How a value of a type is read that a language of loose types wrote: the reader of `crate::lenient` for it, the same for every member.
/// What cannot be read in a list or a map that decides nothing is left out there.
fn loose(ty: &Type, strict: bool, objects: &BTreeMap<String, Shape>) -> Type {
    let Some((name, arguments)) = taken_apart(ty) else { return parse_quote!(crate::lenient::AsIs<#ty>) };
    let element = |ty: &Type| -> Type {
        let text = taken_apart(ty).is_some_and(|(name, _)| name == "String");
        let reader = if text { parse_quote!(crate::lenient::TextEntry) } else { loose(ty, strict, objects) };
        if strict { reader } else { parse_quote!(crate::lenient::Forgiving<#reader>) }
    };
    match (name.as_str(), &arguments[..]) {
        ("bool", _) => parse_quote!(crate::lenient::Boolean),
        (integer, _) if is_integer(integer) => parse_quote!(crate::lenient::Integer<#ty>),
        ("f64", _) => parse_quote!(crate::lenient::Number),
        ("String", _) => parse_quote!(crate::lenient::Text),
        ("Redacted", [inner]) => {
            let reader = loose(inner, strict, objects);
            parse_quote!(crate::lenient::MadeOf<#ty, #reader>)
        }
        ("NaiveDate", _) => parse_quote!(crate::lenient::Date),
        ("DateTime", _) => parse_quote!(crate::lenient::Timestamp),
        ("Option", [inner]) => {
            let reader = loose(inner, strict, objects);
            parse_quote!(::std::option::Option<#reader>)
        }
        ("Vec", [inner]) => {
            let reader = element(inner);
            parse_quote!(::std::vec::Vec<#reader>)
        }
        ("BTreeMap", [key, inner]) => {
            let reader = element(inner);
            parse_quote!(::std::collections::BTreeMap<#key, #reader>)
        }
        ("Map", _) => ty.clone(),
        (object, _) => match objects.get(object) {
            Some(Shape::Members) => parse_quote!(crate::lenient::Object<#ty>),
            Some(Shape::Keys) => parse_quote!(crate::lenient::Keyed<#ty>),
            None => parse_quote!(crate::lenient::AsIs<#ty>),
        },
    }
}

/// How a value is read that follows protobuf's JSON; `None` where the type reads itself so.
fn protobuf(ty: &Type, objects: &BTreeMap<String, Shape>) -> Option<Type> {
    let (name, arguments) = taken_apart(ty)?;
    match (name.as_str(), &arguments[..]) {
        (integer, _) if is_integer(integer) => Some(parse_quote!(crate::lenient::Whole<#ty>)),
        ("DateTime", _) => Some(parse_quote!(crate::lenient::Rfc3339)),
        ("Option", [inner]) => {
            let reader = protobuf(inner, objects)?;
            Some(parse_quote!(::std::option::Option<#reader>))
        }
        ("Vec", [inner]) => {
            let reader = protobuf(inner, objects).unwrap_or_else(|| parse_quote!(crate::lenient::Exact<#inner>));
            Some(parse_quote!(crate::lenient::Repeated<#reader>))
        }
        (object, _) if objects.contains_key(object) => Some(parse_quote!(crate::lenient::Message<#ty>)),
        _ => None,
    }
}

fn is_integer(name: &str) -> bool {
    matches!(name, "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64")
}

/// Types without known members are closed to the generator, but a service may add some.
fn ignore_unknown_members(attributes: &mut Vec<Attribute>) {
    let settings: Punctuated<Meta, Token![,]> =
        take_serde(attributes).into_iter().filter(|setting| !setting.path().is_ident("deny_unknown_fields")).collect();
    if !settings.is_empty() {
        attributes.push(parse_quote!(#[serde(#settings)]));
    }
}

/// A member in camelCase is one of protobuf's JSON, which may be written in snake_case as well; an older version may have another name for
/// it.
fn read_other_names_too(field: &mut Field, also: &[String]) {
    let Some(name) = field.ident.as_ref().map(ToString::to_string) else { return };
    let mut settings = take_serde(&mut field.attrs);
    let renamed = settings.iter().find_map(|setting| match setting {
        Meta::NameValue(pair) if pair.path.is_ident("rename") => Some(written(&pair.value)),
        _ => None,
    });
    if renamed.is_some_and(|renamed| renamed.contains(|letter: char| letter.is_ascii_uppercase())) {
        settings.push(parse_quote!(alias = #name));
    }
    settings.extend(also.iter().map(|name| -> Meta { parse_quote!(alias = #name) }));
    if !settings.is_empty() {
        field.attrs.push(parse_quote!(#[serde(#settings)]));
    }
}

/// Enums know their values without the prefix that the document puts before them.
fn write_prefixes(field: &mut Field, prefixed: &BTreeSet<&str>) {
    let mut names = Names::default();
    names.visit_type(&field.ty);
    if names.0.iter().any(|name| prefixed.contains(name.as_str())) {
        field.attrs.push(parse_quote!(#[serde(serialize_with = "crate::open_enum::write")]));
    }
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

/// What a type is that is a JSON object.
enum Shape {
    /// It has members of its own.
    Members,
    /// It is a map, whose keys are data.
    Keys,
}

/// The types that are JSON objects.
fn objects(types: &[Item]) -> BTreeMap<String, Shape> {
    let map = |field: &Field| taken_apart(&field.ty).is_some_and(|(name, _)| matches!(name.as_str(), "Map" | "BTreeMap" | "HashMap"));
    let shape = |fields: &Fields| match fields {
        Fields::Unnamed(_) if fields.iter().all(map) => Some(Shape::Keys),
        Fields::Unnamed(_) => None,
        Fields::Named(_) | Fields::Unit => Some(Shape::Members),
    };
    let object = |item: &Item| match item {
        Item::Struct(found) => Some((found.ident.to_string(), shape(&found.fields)?)),
        _ => None,
    };
    types.iter().filter_map(object).collect()
}
