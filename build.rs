//! Generates the clients from the documents in `openapi/`.

#[path = "openapi/generate.rs"]
mod generate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use generate::{Source, generate};

/// A document: the feature that wants it, its file's name, its module's, and the older document whose answers are read into its types.
struct Document {
    feature: &'static str,
    name: &'static str,
    module: &'static str,
    older: Option<&'static Self>,
}

const POCKETSIGN_V1: Document =
    Document { feature: "CARGO_FEATURE_POCKETSIGN_V1", name: "pocketsign-verify-v1", module: "pocketsign_verify_v1", older: None };

const DOCUMENTS: [Document; 3] = [
    Document { feature: "CARGO_FEATURE_CERTCENTRAL", name: "certcentral", module: "certcentral", older: None },
    Document {
        feature: "CARGO_FEATURE_POCKETSIGN",
        name: "pocketsign-verify-v2",
        module: "pocketsign_verify_v2",
        older: Some(&POCKETSIGN_V1),
    },
    POCKETSIGN_V1,
];

impl Document {
    fn is_wanted(&self) -> bool {
        env::var_os(self.feature).is_some()
    }

    fn file(&self) -> String {
        format!("openapi/{}.yaml", self.name)
    }
}

/// The members of CertCentral's answers that flows may read although they decide nothing by them.
const HARMLESS: &str = "openapi/harmless.txt";

fn main() -> ExitCode {
    // Cargo compiles and runs this script again by itself when build.rs or a module of it changes.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={HARMLESS}");
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut outcome = ExitCode::SUCCESS;
    for document in DOCUMENTS {
        println!("cargo::rerun-if-changed={}", document.file());
        if !document.is_wanted() {
            continue;
        }
        if let Err(message) = build(&document, &out_dir) {
            eprintln!("{message}");
            outcome = ExitCode::FAILURE;
        }
    }
    outcome
}

/// Writes the client of one document.
fn build(document: &Document, out_dir: &Path) -> Result<(), String> {
    let (file, module) = (document.file(), document.module);
    let read = |file: &str| fs::read_to_string(file).map_err(|error| format!("error: {file}: {error}"));
    let text = read(&file)?;
    let harmless = if module == "certcentral" { read(HARMLESS)? } else { String::new() };
    let older = match document.older.filter(|older| older.is_wanted()) {
        Some(older) => Some((older.file(), read(&older.file())?)),
        None => None,
    };
    let older = older.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
    let source = Source { module, file: &file, text: &text, harmless: &harmless, older };
    let code = generate(&source).map_err(|problems| problems.to_string())?;
    fs::write(out_dir.join(format!("{module}.rs")), code).map_err(|error| format!("error: {file}: cannot write the client: {error}"))
}
