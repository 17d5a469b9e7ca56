//! A folder of edits: documents in place of ours, and overlays for them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::overlay::Overlay;

/// The variable that names the folder.
pub(crate) const VARIABLE: &str = "SHOMEI_OPENAPI";

/// What the folder holds for one document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Edits {
    /// The document that takes the place of ours: its file and its text.
    pub(crate) document: Option<(String, String)>,
    /// In the order of their names.
    pub(crate) overlays: Vec<Overlay>,
}

/// A folder of edits that was looked through.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    path: Option<PathBuf>,
    files: Vec<PathBuf>,
}

impl Folder {
    /// The folder that the environment names, if it names one. Every file in it is for one of these documents.
    #[allow(dead_code, reason = "the tests open folders by themselves")]
    pub(crate) fn from_env(documents: &[&str]) -> Result<Self, String> {
        match env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => Self::open(Path::new(&path), documents),
            None => Ok(Self::default()),
        }
    }

    pub(crate) fn open(path: &Path, documents: &[&str]) -> Result<Self, String> {
        let named = format!("{VARIABLE}={}", path.display());
        if path.is_relative() {
            let mend =
                format!("in `.cargo/config.toml` write `{VARIABLE} = {{ value = \"{}\", relative = true }}` under `[env]`", path.display());
            return Err(format!("error: {named}: the path is relative, and nobody knows to what — {mend}"));
        }
        let unreadable = |error| format!("error: {named}: {error} — name a folder of documents and overlays");
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            let name = name_of(&file);
            if !documents.iter().any(|document| is_document(&name, document) || is_overlay(&name, document)) || !file.is_file() {
                let known = documents.iter().map(|document| format!("`{document}.yaml`")).collect::<Vec<_>>().join(", ");
                let mend =
                    format!("a document is one of {known}; an overlay is `<document>.overlay.yaml` or `<document>.<name>.overlay.yaml`");
                return Err(format!("error: {named}: `{name}` is neither a document nor an overlay — {mend}"));
            }
            files.push(file);
        }
        files.sort_by_key(|file| name_of(file));
        Ok(Self { path: Some(path.to_owned()), files })
    }

    /// What is to be looked at again when it changes.
    pub(crate) fn watched(&self) -> impl Iterator<Item = &PathBuf> {
        self.path.iter().chain(&self.files)
    }

    /// What it holds for a document.
    pub(crate) fn of(&self, document: &str) -> Result<Edits, String> {
        let read = |file: &PathBuf| fs::read_to_string(file).map_err(|error| format!("error: {}: {error}", file.display()));
        let mut edits = Edits::default();
        for file in &self.files {
            let name = name_of(file);
            if is_document(&name, document) {
                edits.document = Some((file.display().to_string(), read(file)?));
            } else if is_overlay(&name, document) {
                edits.overlays.push(Overlay { file: name, text: read(file)? });
            }
        }
        Ok(edits)
    }
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn is_document(name: &str, document: &str) -> bool {
    name.strip_prefix(document) == Some(".yaml")
}

fn is_overlay(name: &str, document: &str) -> bool {
    name.strip_prefix(document).is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".overlay.yaml"))
}
