//! Generates the clients from the documents in `openapi/`.

#[path = "openapi/generate.rs"]
mod generate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use generate::{Source, generate};

/// The documents: the feature that wants each, and the name it has as a file and as a module.
const DOCUMENTS: [(&str, &str); 1] = [("CARGO_FEATURE_CERTCENTRAL", "certcentral")];

fn main() -> ExitCode {
    // Cargo compiles and runs this script again by itself when build.rs or a module of it changes.
    println!("cargo::rerun-if-changed=build.rs");
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut outcome = ExitCode::SUCCESS;
    for (feature, name) in DOCUMENTS {
        println!("cargo::rerun-if-changed=openapi/{name}.yaml");
        if env::var_os(feature).is_none() {
            continue;
        }
        if let Err(message) = build(name, &out_dir) {
            eprintln!("{message}");
            outcome = ExitCode::FAILURE;
        }
    }
    outcome
}

/// Writes the client of one document.
fn build(name: &str, out_dir: &Path) -> Result<(), String> {
    let file = format!("openapi/{name}.yaml");
    let text = fs::read_to_string(&file).map_err(|error| format!("error: {file}: {error}"))?;
    let code = generate(&Source { module: name, file: &file, text: &text }).map_err(|problems| problems.to_string())?;
    fs::write(out_dir.join(format!("{name}.rs")), code).map_err(|error| format!("error: {file}: cannot write the client: {error}"))
}
