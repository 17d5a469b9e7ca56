//! Generates the clients from the documents in `openapi/`, edited by what a user of the crate has in the folder `SHOMEI_OPENAPI`.

#[path = "openapi/generate.rs"]
mod generate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use generate::edits::{Edits, Folder, VARIABLE};
use generate::{Source, generate};

/// The documents: the feature that wants each, its file's name, and its module's.
const DOCUMENTS: [(&str, &str, &str); 3] = [
    ("CARGO_FEATURE_CERTCENTRAL", "certcentral", "certcentral"),
    ("CARGO_FEATURE_POCKETSIGN", "pocketsign-verify-v1", "pocketsign_verify_v1"),
    ("CARGO_FEATURE_POCKETSIGN", "pocketsign-verify-v2", "pocketsign_verify_v2"),
];

/// The members of CertCentral's answers that flows may read although they decide nothing by them.
const HARMLESS: &str = "openapi/harmless.txt";

/// The operations, types and values that the hand-written code needs.
const NEEDED: &str = "openapi/needed.txt";

fn main() -> ExitCode {
    // Cargo compiles and runs this script again by itself when build.rs or a module of it changes.
    for file in ["build.rs", HARMLESS, NEEDED] {
        println!("cargo::rerun-if-changed={file}");
    }
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let edits = match Folder::from_env(&DOCUMENTS.map(|(_, name, _)| name)) {
        Ok(edits) => edits,
        Err(message) => return failed(&message),
    };
    for path in edits.watched() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut outcome = ExitCode::SUCCESS;
    for (feature, name, module) in DOCUMENTS {
        println!("cargo::rerun-if-changed=openapi/{name}.yaml");
        if env::var_os(feature).is_none() {
            continue;
        }
        if let Err(message) = edits.of(name).and_then(|edits| build(name, module, &edits, &out_dir)) {
            outcome = failed(&message);
        }
    }
    outcome
}

fn failed(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}

/// Writes the client of one document.
fn build(name: &str, module: &str, edits: &Edits, out_dir: &Path) -> Result<(), String> {
    let read = |file: &str| fs::read_to_string(file).map_err(|error| format!("error: {file}: {error}"));
    let ours = format!("openapi/{name}.yaml");
    let (file, text) = match &edits.document {
        Some(document) => document.clone(),
        None => (ours.clone(), read(&ours)?),
    };
    let (harmless, needed) = (if module == "certcentral" { read(HARMLESS)? } else { String::new() }, read(NEEDED)?);
    let source = Source { module, file: &file, text: &text, harmless: &harmless, needed: &needed, replaced: edits.document.is_some(), overlays: &edits.overlays };
    let code = generate(&source).map_err(|problems| problems.to_string())?;
    fs::write(out_dir.join(format!("{module}.rs")), code).map_err(|error| format!("error: {file}: cannot write the client: {error}"))
}
