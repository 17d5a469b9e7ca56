//! Which types of other crates the public interface shows: each of them ties our major version to theirs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{Item, ItemUse, UseTree, Visibility, visit::Visit};

use super::files;

/// The crates whose types may show, and why.
const MAY_SHOW: &[(&str, &str)] = &[
    ("bytes", "1.0, the body type of the whole ecosystem"),
    ("chrono", "dates and times of responses; serde and callers use them as they are"),
    ("futures_core", "Stream"),
    ("http_body", "1.0, the bodies that a receiver of webhooks takes"),
    ("tower_service", "0.3 since 2019, what servers mount a receiver of webhooks as"),
    ("futures_util", "BoxFuture and Stream, in the traits that callers implement"),
    ("http", "1.0, status codes and methods, and the requests and responses of a Transport"),
    ("reqwest", "http_client for a TLS backend, proxy or pool of one's own"),
    ("schemars", "1.0, JsonSchema, with the feature of that name"),
    ("serde", "1.0, Serialize and Deserialize"),
    ("serde_json", "1.0, values of custom fields"),
    ("zeroize", "1.0, the bound of Redacted"),
];

/// The modules of the feature `raw`, which promises nothing.
const RAW: &str = "progenitor_client";

/// Rooms that are outside the promise of semantic versioning, and generated code, whose types come from the documents.
const OUTSIDE: [&str; 2] = ["src/sandbox", "src/generated"];

#[test]
fn no_other_crate_shows_in_public() {
    let crates = dependencies();
    let mut shown = BTreeMap::<String, BTreeSet<String>>::new();
    for file in files(Path::new("src")).into_iter().filter(|file| !OUTSIDE.iter().any(|outside| file.starts_with(outside))) {
        let text = fs::read_to_string(&file).expect("a source file");
        let parsed = syn::parse_file(&text).expect("Rust");
        let mut public = Public { crates: &crates, imported: imported(&parsed.items, &crates), found: BTreeSet::new() };
        public.visit_file(&parsed);
        for name in public.found {
            shown.entry(name).or_default().insert(file.display().to_string());
        }
    }
    let raw = shown.remove(RAW).unwrap_or_default();
    assert!(raw.iter().all(|file| ["src/certcentral.rs", "src/pocketsign.rs"].contains(&file.as_str())), "outside of `raw`: {raw:?}");
    let allowed: BTreeSet<_> = MAY_SHOW.iter().map(|(name, _)| (*name).to_owned()).collect();
    let surprising: Vec<_> = shown.iter().filter(|(name, _)| !allowed.contains(*name)).collect();
    assert!(surprising.is_empty(), "add them to MAY_SHOW with a reason, or hide them: {surprising:#?}");
    assert!(shown.contains_key("chrono") && shown.contains_key("reqwest"), "the sources were read: {shown:?}");
}

/// The dependencies of the manifest, as code names them.
fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string("Cargo.toml").expect("the manifest");
    let section = manifest.split("\n[dependencies]\n").nth(1).and_then(|rest| rest.split("\n[").next()).expect("dependencies");
    let names = section.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    names.map(|(name, _)| name.replace('-', "_")).collect()
}

/// The names that a file imports from other crates: `Bytes` from `bytes`.
fn imported(items: &[Item], crates: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for item in items {
        let Item::Use(ItemUse { tree: UseTree::Path(path), .. }) = item else { continue };
        let from = path.ident.to_string();
        if crates.contains(&from) {
            leaves(&path.tree, &mut |name| drop(names.insert(name, from.clone())));
        }
    }
    names
}

fn leaves(tree: &UseTree, tell: &mut impl FnMut(String)) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, tell),
        UseTree::Name(name) => tell(name.ident.to_string()),
        UseTree::Rename(renamed) => tell(renamed.rename.to_string()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, tell)),
        UseTree::Glob(_) => {}
    }
}

/// Walks what callers see: signatures, public members, the traits of public types; no bodies and nothing private.
struct Public<'a> {
    crates: &'a BTreeSet<String>,
    imported: BTreeMap<String, String>,
    found: BTreeSet<String>,
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

impl<'ast> Visit<'ast> for Public<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Fn(function) if is_public(&function.vis) => self.visit_signature(&function.sig),
            Item::Struct(found) if is_public(&found.vis) => {
                self.visit_generics(&found.generics);
                found.fields.iter().filter(|field| is_public(&field.vis)).for_each(|field| self.visit_type(&field.ty));
            }
            Item::Enum(found) if is_public(&found.vis) => found.variants.iter().for_each(|variant| self.visit_fields(&variant.fields)),
            Item::Trait(found) if is_public(&found.vis) => self.visit_item_trait(found),
            Item::Type(found) if is_public(&found.vis) => self.visit_type(&found.ty),
            Item::Use(ItemUse { vis, tree: UseTree::Path(path), .. }) if is_public(vis) => {
                let from = path.ident.to_string();
                if self.crates.contains(&from) {
                    self.found.insert(from);
                }
            }
            Item::Impl(block) if block.trait_.is_none() => block.items.iter().for_each(|item| {
                if let syn::ImplItem::Fn(method) = item
                    && is_public(&method.vis)
                {
                    self.visit_signature(&method.sig);
                }
            }),
            Item::Mod(module) if is_public(&module.vis) => syn::visit::visit_item_mod(self, module),
            _ => {}
        }
    }

    fn visit_block(&mut self, _: &'ast syn::Block) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let first = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let of_crate = (path.segments.len() > 1 && self.crates.contains(&first)).then(|| first.clone());
        if let Some(name) = of_crate.or_else(|| self.imported.get(&first).cloned()) {
            self.found.insert(name);
        }
        syn::visit::visit_path(self, path);
    }
}
