//! What an interrupted run stores, and how another one resumes from it.

use std::{env, error::Error, fs, io::Write as _, path::Path};

use serde::{Deserialize, Serialize};
use shomei::certcentral::flow::{DomainValidationToken, IssuanceToken};

use crate::options::Options;

/// The point that a run had reached.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Resume {
    Validation(DomainValidationToken),
    Issuance(IssuanceToken),
}

pub(crate) fn read(path: &Path) -> Result<Resume, Box<dyn Error>> {
    let text = fs::read(path).map_err(|error| format!("could not read {}: {error}", path.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

/// Saves it, and returns a message with the command to resume.
pub(crate) fn save(resume: &Resume, options: &Options) -> Result<String, Box<dyn Error>> {
    let path = options.resume.clone().unwrap_or_else(|| options.output.with_extension("resume"));
    let mut file = fs::OpenOptions::new();
    file.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    let mut file = file.open(&path)?;
    file.write_all(&serde_json::to_vec(resume)?)?;
    file.sync_all()?;
    Ok(format!("interrupted; the service continues what was started. Resume with\n\n    {}\n", command(&path)))
}

/// The command of this run, with the option to resume.
fn command(path: &Path) -> String {
    let mut words: Vec<String> = env::args().collect();
    if !words.iter().any(|word| word == "--resume" || word.starts_with("--resume=")) {
        words.extend(["--resume".to_owned(), path.display().to_string()]);
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word, quoted for a shell.
fn quoted(word: &str) -> String {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c));
    if is_plain && !word.is_empty() { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
