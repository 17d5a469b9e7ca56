//! The rules of ARCHITECTURE.md, held against the code: who may import whom, and what of other crates shows in public.

mod foreign;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What each room of `src/` may import of its neighbours. A room that is not listed here may import nothing.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("id", &[]),
    ("lenient", &[]),
    ("schema", &[]),
    ("open_enum", &["id", "schema"]),
    ("docs", &[]),
    ("random", &[]),
    ("secret", &["error", "schema"]),
    ("seal", &["error", "random", "secret"]),
    ("page", &["error"]),
    ("wait", &["error"]),
    ("x509", &["error", "schema", "secret"]),
    ("generated", &["client", "id", "lenient", "open_enum", "secret"]),
    ("client", &["error", "generated", "lenient", "random", "seal", "secret"]),
    (
        "certcentral",
        &["client", "docs", "error", "generated", "id", "lenient", "open_enum", "page", "random", "seal", "secret", "wait", "x509"],
    ),
    (
        "pocketsign",
        &["client", "docs", "error", "generated", "id", "lenient", "open_enum", "page", "random", "seal", "secret", "wait", "x509"],
    ),
    // The judge shares nothing with what it judges.
    ("sandbox", &[]),
    // Where the two meet.
    ("in_process", &["certcentral", "client", "error", "pocketsign", "sandbox", "secret"]),
];

/// The rooms of the sandbox's CertCentral that know no account.
const PURE: &str = "src/sandbox/certcentral/rules";

#[test]
fn rooms_import_only_what_they_may() {
    let exports = exports();
    let rules: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    let mut seen = BTreeMap::<String, BTreeSet<String>>::new();
    let mut wrong = Vec::new();
    for file in files(Path::new("src")) {
        let Some(room) = room(&file) else { continue };
        for import in imports(&tokens(&file)) {
            let target = exports.get(&import).unwrap_or(&import);
            if *target == room {
                continue;
            }
            seen.entry(room.clone()).or_default().insert(target.clone());
            if !rules.get(room.as_str()).is_some_and(|allowed| allowed.contains(&target.as_str())) {
                wrong.push(format!("{} imports {target}", file.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "against the rules of ARCHITECTURE.md");
    assert!(seen["certcentral"].contains("client") && seen["in_process"].contains("sandbox"), "the imports were read: {seen:?}");
}

#[test]
fn the_rules_of_the_sandbox_know_no_account() {
    let mut read = 0;
    for file in files(Path::new(PURE)) {
        read += 1;
        let flat = tokens(&file).to_string();
        for noun in ["account", "domain", "order", "request", "organization", "people", "State"] {
            for path in [format!("certcentral :: {noun}"), format!("super :: super :: {noun}")] {
                assert!(!flat.contains(&path), "{} imports {noun}", file.display());
            }
        }
    }
    assert!(read > 0, "no file in {PURE}");
}

/// The first part of a file's module path; `None` for the crate's root and the program.
fn room(file: &Path) -> Option<String> {
    let room = file.components().nth(1)?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    (!matches!(room.as_str(), "lib" | "bin")).then_some(room)
}

/// Every source file below a folder, unit tests aside.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the crate") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "tests" {
            found.extend(files(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
    found
}

fn tokens(file: &Path) -> TokenStream {
    fs::read_to_string(file).expect("a source file").parse().expect("Rust")
}

/// What the root re-exports, by name: the room that it comes from.
fn exports() -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    let root: Vec<_> = tokens(Path::new("src/lib.rs")).into_iter().collect();
    for (at, token) in root.iter().enumerate() {
        if is(token, "use") {
            let room = root[at + 1].to_string();
            let end = root[at..].iter().position(|token| token.to_string() == ";").map_or(root.len(), |end| at + end);
            for name in root[at + 2..end].iter().flat_map(words) {
                exports.insert(name, room.clone());
            }
        }
    }
    exports
}

/// The names that follow `crate::`, macros included.
fn imports(stream: &TokenStream) -> BTreeSet<String> {
    let tokens: Vec<_> = stream.clone().into_iter().collect();
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        // Unit tests may reach wherever they like.
        let is_test = is(&tokens[at], "mod") && tokens.get(at + 1).is_some_and(|name| is(name, "tests"));
        if is_test {
            at += 3;
            continue;
        }
        if is(&tokens[at], "crate") && tokens.get(at + 1).is_some_and(|token| token.to_string() == ":") {
            match tokens.get(at + 3) {
                Some(TokenTree::Ident(name)) => drop(found.insert(name.to_string())),
                Some(TokenTree::Group(group)) => found.extend(heads(group.stream())),
                _ => {}
            }
        }
        if let TokenTree::Group(group) = &tokens[at] {
            found.extend(imports(&group.stream()));
        }
        at += 1;
    }
    found
}

/// The first name of each branch of `{a::b, c::{d, e}}`.
fn heads(stream: TokenStream) -> Vec<String> {
    let mut heads = Vec::new();
    let mut begins = true;
    for token in stream {
        if let (TokenTree::Ident(name), true) = (&token, begins) {
            heads.push(name.to_string());
        }
        begins = token.to_string() == ",";
    }
    heads
}

/// Every name within a token.
fn words(token: &TokenTree) -> Vec<String> {
    match token {
        TokenTree::Ident(name) => vec![name.to_string()],
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            group.stream().into_iter().flat_map(|token| words(&token)).collect()
        }
        _ => Vec::new(),
    }
}

fn is(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if *name == word)
}
