//! Generates the clients from the documents in `openapi/`, edited by what a user of the crate has in the folder `SHOMEI_OPENAPI`.

#[path = "openapi/generate.rs"]
mod generate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use generate::edits::{Edits, Folder, VARIABLE};
use generate::{Source, generate};

/// A document: the feature that enables it, the names of its file and module, and the older document whose responses are read into its
/// types.
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

    /// The file and text: the crate's own, or those of its replacement.
    fn read(&self, edits: &Edits) -> Result<(String, String), String> {
        match &edits.document {
            Some(document) => Ok(document.clone()),
            None => Ok((self.file(), read(&self.file())?)),
        }
    }
}

fn read(file: &str) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("error: {file}: {error}"))
}

/// The members of CertCentral's responses that flows may read although they decide nothing by them.
const HARMLESS: &str = "openapi/harmless.txt";

/// The operations, types and values that the hand-written code needs.
const NEEDED: &str = "openapi/needed.txt";

fn main() -> ExitCode {
    // Cargo compiles and runs this script again by itself when build.rs or a module of it changes.
    for file in ["build.rs", HARMLESS, NEEDED] {
        println!("cargo::rerun-if-changed={file}");
    }
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let edits = match Folder::from_env(&DOCUMENTS.map(|document| document.name)) {
        Ok(edits) => edits,
        Err(message) => return failed(&message),
    };
    for path in edits.watched() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let out_dir = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut outcome = ExitCode::SUCCESS;
    for document in DOCUMENTS {
        println!("cargo::rerun-if-changed={}", document.file());
        if !document.is_wanted() {
            continue;
        }
        if let Err(message) = edits.of(document.name).and_then(|own| build(&document, &own, &edits, &out_dir)) {
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
fn build(document: &Document, edits: &Edits, folder: &Folder, out_dir: &Path) -> Result<(), String> {
    let module = document.module;
    let (file, text) = document.read(edits)?;
    let (harmless, needed) = (if module == "certcentral" { read(HARMLESS)? } else { String::new() }, read(NEEDED)?);
    let older = document.older.filter(|older| older.is_wanted());
    let older = older.map(|older| older.read(&folder.of(older.name)?)).transpose()?;
    let older = older.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
    let (replaced, overlays) = (edits.document.is_some(), &edits.overlays[..]);
    let source = Source { module, file: &file, text: &text, harmless: &harmless, needed: &needed, replaced, overlays, older };
    let code = generate(&source).map_err(|problems| problems.to_string())?;
    fs::write(out_dir.join(format!("{module}.rs")), code).map_err(|error| format!("error: {file}: cannot write the client: {error}"))
}
