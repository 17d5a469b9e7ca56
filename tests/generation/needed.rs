//! `openapi/needed.txt` is what the code calls and names. `UPDATE_GOLDEN=1` writes it anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::{TokenStream, TokenTree};

use super::generate::needed::{check, there};
use super::generate::normalize::{Normalized, normalize, read};
use super::generate::problem::Problems;
use super::generate::{Source, generate};
use super::{WOBBLES, source, wobbles};

/// Each document: its module, its file, and the rooms of the code that are written for it.
const DOCUMENTS: [(&str, &str, &[&str]); 3] = [
    ("certcentral", "certcentral", &["certcentral"]),
    ("pocketsign_verify_v1", "pocketsign-verify-v1", &["pocketsign", "pocketsign/v1"]),
    ("pocketsign_verify_v2", "pocketsign-verify-v2", &["pocketsign"]),
];

const HEAD: &str =
    "# The operations, types and values of the documents that the hand-written code needs: a document without one of them cannot
# become a client. Made from the code by tests/generation/needed.rs (UPDATE_GOLDEN=1).
";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> Normalized {
    let text = fs::read_to_string(root().join(format!("openapi/{name}.yaml"))).expect("a document");
    normalize(&read(&text).expect("YAML")).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The files of a room: `src/<room>.rs`, and what is in the folder of that name, without the rooms that are listed by themselves.
fn files(room: &str, into: &mut Vec<PathBuf>) {
    fn gather(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let own = path.file_stem().is_some_and(|name| name == "v1");
            if path.is_dir() && !own {
                gather(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !own {
                into.push(path);
            }
        }
    }
    let file = root().join(format!("src/{room}.rs"));
    gather(&file.with_extension(""), into);
    into.push(file);
}

/// What is called (`.order_info(`) and named (`types::Order`, `DcvMethod::Email`) in a stream, tests apart.
fn mentioned(stream: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let word = |index: usize| tokens.get(index).map(ToString::to_string).unwrap_or_default();
    for (index, token) in tokens.iter().enumerate() {
        let name = token.to_string();
        match token {
            TokenTree::Group(group) if !(word(index.wrapping_sub(1)) == "tests" && word(index.wrapping_sub(2)) == "mod") => {
                mentioned(group.stream(), found);
            }
            TokenTree::Ident(_) => {
                found.insert(format!("operation {name}"));
                found.insert(format!("type {name}"));
                if word(index + 1) == ":" && word(index + 2) == ":" {
                    found.insert(format!("value {name}.{}", word(index + 3)));
                    // `DcvMethod::{Email, DnsTxtToken}`
                    if let Some(TokenTree::Group(group)) = tokens.get(index + 3) {
                        found.extend(group.stream().into_iter().map(|each| format!("value {name}.{each}")));
                    }
                }
            }
            _ => {}
        }
    }
}

fn needed() -> String {
    let mut lines = HEAD.to_owned();
    for (module, name, rooms) in DOCUMENTS {
        let mut paths = Vec::new();
        rooms.iter().for_each(|room| files(room, &mut paths));
        assert!(paths.len() > 4, "{name}: {paths:?}");
        let mut mentions = BTreeSet::new();
        for path in paths {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            mentioned(text.parse().expect("Rust"), &mut mentions);
        }
        // `Self::Email` in an implementation of ours names no enum; the compiler finds such a value.
        lines.extend(there(&document(name)).intersection(&mentions).map(|line| format!("{module} {line}\n")));
    }
    lines
}

#[test]
fn the_list_is_made_from_the_code() {
    let (file, needed) = (root().join("openapi/needed.txt"), needed());
    for line in ["certcentral operation order_info", "certcentral type OrderRequest", "certcentral value OrderStatus.Issued"] {
        assert!(needed.lines().any(|found| found == line), "{line}");
    }
    if env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(&file, needed).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let accepted = fs::read_to_string(&file).unwrap_or_default();
    assert!(accepted == needed, "openapi/needed.txt is not what the code needs; run with UPDATE_GOLDEN=1 to write it anew");
}

#[test]
fn what_is_needed_and_gone_is_one_message() {
    let needs = |needed: &str| {
        let found = check(&Source { needed, ..source(WOBBLES) }, &normalize(&wobbles()).expect("a document")).err().unwrap_or_default();
        Problems { file: "x.yaml".to_owned(), found }.to_string()
    };
    assert_eq!(needs("wobbles operation add_thing\nwobbles type Thing\nwobbles value ThingStatus.Issued\nothers operation gone"), "");
    for (needed, place) in [
        ("wobbles operation sell_thing", "operation `sell_thing`"),
        ("wobbles type Price", "type `Price`"),
        ("wobbles value ThingStatus.Sold", "value `ThingStatus.Sold`"),
    ] {
        let message = needs(needed);
        assert!(message.starts_with(&format!("error: x.yaml: {place}: the client is written for it")), "{message}");
        assert_eq!(message.lines().count(), 1);
        let problems = generate(&Source { needed, ..source(WOBBLES) }).expect_err("the document lacks it").to_string();
        assert!(problems.contains(place), "{problems}");
    }
}

#[test]
fn only_what_is_named_is_shown_with_what_it_consists_of() {
    let shown = |needed: &str| {
        let code = generate(&Source { needed, ..source(WOBBLES) }).unwrap_or_else(|problems| panic!("{problems}"));
        let list = code.split_once("mod responses {").and_then(|(_, rest)| rest.split_once("types::")).map_or("", |(_, list)| list);
        let list = list.split_once(';').map_or(list, |(list, _)| list);
        list.split(|letter: char| !letter.is_alphanumeric()).filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(shown("wobbles operation get_thing"), [""; 0]);
    assert_eq!(shown("wobbles type Thing"), ["Owner", "Size", "Thing", "ThingPlace"]);
    assert_eq!(shown("wobbles type Size\nwobbles type ThingRequest"), ["Size"]);
}
