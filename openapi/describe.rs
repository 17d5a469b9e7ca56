//! What a document describes in another place than the generator reads it: a member that only refers to a schema has that schema's
//! description, as OpenAPI 3.0 has no room for one beside a `$ref`; a value of a closed enum has its line of the enum's.

use serde_json::Value;
use syn::{Attribute, Field, Fields, File, Ident, Item, parse_quote};

use super::document::{entries, pascal, schemas, snake};
use super::vocabulary::meaning;

/// Adds the documentation that generated types lack.
pub(crate) fn describe(file: &mut File, document: &Value) {
    for item in types(file) {
        match item {
            Item::Struct(found) => {
                let (Some(schema), Fields::Named(fields)) = (schema(document, &found.ident), &mut found.fields) else { continue };
                for field in fields.named.iter_mut().filter(|field| !is_documented(&field.attrs)) {
                    if let Some(description) = referred(document, schema, field) {
                        field.attrs.insert(0, parse_quote!(#[doc = #description]));
                    }
                }
            }
            Item::Enum(found) => {
                let description = schema(document, &found.ident).and_then(|schema| schema["description"].as_str()).unwrap_or_default();
                for variant in found.variants.iter_mut().filter(|variant| !is_documented(&variant.attrs)) {
                    let value = renamed(&variant.attrs).unwrap_or_else(|| variant.ident.to_string());
                    let said = description.lines().find_map(|line| meaning(line, &value));
                    let text = said.map_or_else(|| format!(" `{value}`"), |said| format!(" `{value}`: {said}"));
                    variant.attrs.insert(0, parse_quote!(#[doc = #text]));
                }
            }
            _ => {}
        }
    }
}

fn types(file: &mut File) -> impl Iterator<Item = &mut Item> {
    let module = file.items.iter_mut().find_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.as_mut(),
        _ => None,
    });
    module.into_iter().flat_map(|(_, items)| items)
}

fn is_documented(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("doc"))
}

fn schema<'d>(document: &'d Value, name: &Ident) -> Option<&'d Value> {
    schemas(document).find(|(schema, _)| *name == pascal(schema)).map(|(_, schema)| schema)
}

/// The first paragraph of the schema that a member refers to, be it one or a list of them.
fn referred(document: &Value, schema: &Value, field: &Field) -> Option<String> {
    let name = snake(field.ident.as_ref()?.to_string().trim_start_matches("r#").trim_end_matches('_'));
    let (_, member) = entries(&schema["properties"]).find(|(member, _)| snake(member) == name)?;
    let target = member["$ref"].as_str().or_else(|| member["items"]["$ref"].as_str())?;
    let description = document.pointer(target.strip_prefix('#')?)?["description"].as_str()?;
    let lines = description.trim().lines().take_while(|line| !line.trim().is_empty() && !line.trim_start().starts_with("- "));
    let escaped = lines.map(|line| super::vocabulary::doc(line.trim())).collect::<Vec<_>>();
    (!escaped.is_empty()).then(|| escaped.join("\n"))
}

/// The name that serde writes instead.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let mut name = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Settings of another form are none of this.
        let _ = attribute.parse_nested_meta(|setting| {
            if setting.path.is_ident("rename") {
                name = Some(setting.value()?.parse::<syn::LitStr>()?.value());
            }
            Ok(())
        });
    }
    name
}
