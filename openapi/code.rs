//! Walking generated code: its types, its methods, and which types are sent and returned.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{File, FnArg, GenericArgument, ImplItem, Item, ItemImpl, ItemMod, PathArguments, ReturnType, Type};

use super::document::snake;

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

/// `T` of a method that returns `Result<ResponseValue<T>, E>`.
pub(crate) fn response_value(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, result) = output else { return None };
    let (_, of_result) = taken_apart(result)?;
    let (_, of_response) = taken_apart(of_result.first()?)?;
    of_response.into_iter().next()
}

/// Every member of every type: `Order.status`.
pub(crate) fn members(file: &File) -> BTreeSet<String> {
    let structs = types(file).iter().filter_map(|item| match item {
        Item::Struct(found) => Some(found),
        _ => None,
    });
    structs
        .flat_map(|found| {
            found.fields.iter().filter_map(|field| Some(format!("{}.{}", found.ident, snake(&written(field.ident.as_ref()?)))))
        })
        .collect()
}

/// The types of `mod types`.
pub(crate) fn types(file: &File) -> &[Item] {
    let found = file.items.iter().find_map(|item| match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == "types" => Some(items.as_slice()),
        _ => None,
    });
    found.unwrap_or_default()
}

pub(crate) fn types_mut(file: &mut File) -> Option<&mut Vec<Item>> {
    file.items.iter_mut().find_map(|item| match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == "types" => Some(items),
        _ => None,
    })
}

/// The methods of the client itself.
pub(crate) fn is_client(block: &ItemImpl) -> bool {
    block.trait_.is_none() && taken_apart(&block.self_ty).is_some_and(|(name, _)| name == "Client")
}

/// The methods that call the service.
pub(crate) fn methods(file: &File) -> impl Iterator<Item = &syn::Signature> {
    file.items
        .iter()
        .filter_map(|item| match item {
            Item::Impl(block) if is_client(block) => Some(&block.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(&method.sig),
            _ => None,
        })
}

/// The names of the types that requests contain.
pub(crate) fn sent(file: &File) -> BTreeSet<String> {
    let mut roots = Names::default();
    for argument in methods(file).flat_map(|method| &method.inputs) {
        if let FnArg::Typed(argument) = argument {
            roots.visit_type(&argument.ty);
        }
    }
    reached(file, roots)
}

/// The names of the types that responses contain, as far as they are among `named` or in one of these. A response without any member says
/// nothing.
pub(crate) fn returned(file: &File, named: &BTreeSet<String>) -> BTreeSet<String> {
    let mut roots = Names::default();
    for method in methods(file) {
        roots.visit_return_type(&method.output);
    }
    for item in types(file) {
        if let Item::Struct(found) = item
            && found.fields.is_empty()
        {
            roots.0.remove(&found.ident.to_string());
        }
    }
    let named = reached(file, roots).intersection(named).cloned().collect();
    reached(file, Names(named))
}

/// The types among these names, and all that they contain.
fn reached(file: &File, roots: Names) -> BTreeSet<String> {
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
pub(crate) struct Names(pub(crate) BTreeSet<String>);

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
