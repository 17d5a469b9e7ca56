//! Generates the clients from the documents in `openapi/`.

#[path = "openapi/generate.rs"]
mod generate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use generate::{Source, generate};

/// The documents: the feature that wants each, its file's name, and its module's.
const DOCUMENTS: [(&str, &str, &str); 3] = [
    ("CARGO_FEATURE_CERTCENTRAL", "certcentral", "certcentral"),
    ("CARGO_FEATURE_POCKETSIGN", "pocketsign-verify-v1", "pocketsign_verify_v1"),
    ("CARGO_FEATURE_POCKETSIGN", "pocketsign-verify-v2", "pocketsign_verify_v2"),
];

/// The members of CertCentral's answers that flows may read although they decide nothing by them.
const HARMLESS: &str = "openapi/harmless.txt";

fn main() -> ExitCode {
    // Cargo compiles and runs this script again by itself when build.rs or a module of it changes.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={HARMLESS}");
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut outcome = ExitCode::SUCCESS;
    for (feature, name, module) in DOCUMENTS {
        println!("cargo::rerun-if-changed=openapi/{name}.yaml");
        if env::var_os(feature).is_none() {
            continue;
        }
        if let Err(message) = build(name, module, &out_dir) {
            eprintln!("{message}");
            outcome = ExitCode::FAILURE;
        }
    }
    outcome
}

/// Writes the client of one document.
fn build(name: &str, module: &str, out_dir: &Path) -> Result<(), String> {
    let file = format!("openapi/{name}.yaml");
    let read = |file: &str| fs::read_to_string(file).map_err(|error| format!("error: {file}: {error}"));
    let text = read(&file)?;
    let harmless = if module == "certcentral" { read(HARMLESS)? } else { String::new() };
    let code = generate(&Source { module, file: &file, text: &text, harmless: &harmless }).map_err(|problems| problems.to_string())?;
    fs::write(out_dir.join(format!("{module}.rs")), code).map_err(|error| format!("error: {file}: cannot write the client: {error}"))
}
