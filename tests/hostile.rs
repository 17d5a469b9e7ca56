//! Hostile input: every target of `fuzz/` with the inputs that are kept, and with a bounded number of changes to each.
#![cfg(all(feature = "archives", feature = "keys", feature = "pocketsign-v1"))]
#![allow(clippy::unwrap_used, reason = "what a test helper cannot do fails the test")]

mod document;
#[allow(unreachable_pub, missing_docs, reason = "in its own crate it is public")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use document::{Document, Part};

/// How the operations of a document are called in the targets.
const DOCUMENTS: [(&str, &str); 3] = [("certcentral", ""), ("pocketsign-verify-v1", "v1/"), ("pocketsign-verify-v2", "v2/")];

/// Changed inputs of each target; the fuzzer makes millions.
const CHANGES: usize = 1_500;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// Every answer in the documents, as an input of `calls`.
fn samples() -> BTreeMap<String, Vec<u8>> {
    let mut inputs = BTreeMap::new();
    for (name, prefix) in DOCUMENTS {
        for sample in Document::load(name).samples() {
            let Part::Response(status) = &sample.part else { continue };
            let name = format!("{prefix}{}-{status}-{}", sample.owner, sample.name).replace('/', "_");
            inputs.insert(name, format!("{prefix}{}\n{status}\n\n{}", sample.owner, sample.value).into_bytes());
        }
    }
    inputs
}

/// The inputs of a target by name: its seeds, the answers in the documents, and what the fuzzer found to be worth keeping.
fn inputs(target: &str) -> BTreeMap<String, Vec<u8>> {
    let mut inputs: BTreeMap<_, _> = read_all(&folder("seeds").join(target)).collect();
    if target == "calls" {
        inputs.extend(samples());
    }
    let packed = fs::read_to_string(packed(target)).unwrap();
    inputs.extend(packed.lines().enumerate().map(|(line, input)| (format!("line_{}", line + 1), STANDARD.decode(input).unwrap())));
    inputs
}

/// What the fuzzer found for a target: an input a line, in base64.
fn packed(target: &str) -> PathBuf {
    folder("corpus").join(format!("{target}.base64"))
}

fn read_all(folder: &Path) -> impl Iterator<Item = (String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), fs::read(file).unwrap()))
}

/// Runs a target with every kept input and with changes to it, always the same ones.
fn hold(target: &str) {
    let (_, run) = fuzz::TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    let inputs = inputs(target);
    let list: Vec<_> = inputs.iter().collect();
    let attempt = |name: &str, data: &[u8]| {
        if catch_unwind(AssertUnwindSafe(|| run(data))).is_err() {
            panic!("{target} does not hold with {name}: {:?}", String::from_utf8_lossy(data));
        }
    };
    for (name, data) in &inputs {
        attempt(name, data);
    }
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..CHANGES {
        let ((name, data), other) = (list[random.usize(..list.len())], list[random.usize(..list.len())].1);
        attempt(&format!("a change to {name}"), &changed(data, other, &mut random));
    }
}

/// What fuzzers do to inputs: other bytes, less of them, more of them, a part of another input.
fn changed(data: &[u8], other: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    /// Where parsers have their borders.
    const WORDS: [&[u8]; 12] =
        [b"null", b"[]", b"{}", b"-1", b"1e999", b"18446744073709551616", b"\"\"", b"[[[[[[[[", b"\xff\xfe", b"\n", b"0000-00-00", b"%"];

    let mut data = data.to_vec();
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..=data.len());
        let end = at + random.usize(..=(data.len() - at).min(16));
        let part: Vec<u8> = match random.u8(..5) {
            0 => vec![random.u8(..)],
            1 => Vec::new(),
            2 => WORDS[random.usize(..WORDS.len())].to_vec(),
            3 => data[at..end].repeat(2),
            _ => {
                let from = random.usize(..=other.len());
                other[from..other.len().min(from + 64)].to_vec()
            }
        };
        data.splice(at..end, part);
    }
    data
}

macro_rules! held {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            hold(stringify!($target));
        }
    )*};
}

held! { calls files filters flows headers scalars tokens }

#[test]
fn every_target_is_held() {
    let held = ["calls", "files", "filters", "flows", "headers", "scalars", "tokens"];
    assert_eq!(fuzz::TARGETS.map(|(name, _)| name), held);
    let programs = fs::read_dir(folder("fuzz_targets")).unwrap();
    let programs: BTreeSet<_> =
        programs.map(|program| program.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(programs, held.map(str::to_owned).into());
}

#[test]
fn every_operation_is_called() {
    let mut operations = BTreeSet::new();
    for (document, prefix) in DOCUMENTS {
        operations.extend(Document::load(document).operations().map(|operation| format!("{prefix}{}", operation.id)));
    }
    assert_eq!(fuzz::names("calls").into_iter().collect::<BTreeSet<_>>(), operations);
}

/// With `FUZZ_INPUTS=1` it writes all inputs into `fuzz/inputs`, for the fuzzer to begin with.
#[test]
fn inputs_for_the_fuzzer() {
    if std::env::var_os("FUZZ_INPUTS").is_none() {
        return;
    }
    for (target, _) in fuzz::TARGETS {
        let folder = folder("inputs").join(target);
        fs::create_dir_all(&folder).unwrap();
        for (name, input) in inputs(target) {
            fs::write(folder.join(name), input).unwrap();
        }
    }
}

/// With `FUZZ_CORPUS=1` it makes the inputs in `fuzz/kept`, where there are any, those that are kept.
#[test]
fn corpus_from_the_fuzzer() {
    if std::env::var_os("FUZZ_CORPUS").is_none() {
        return;
    }
    for (target, _) in fuzz::TARGETS {
        let kept = folder("kept").join(target);
        if kept.is_dir() {
            fs::write(packed(target), "").unwrap();
            let known: BTreeSet<_> = inputs(target).into_values().collect();
            let lines: BTreeSet<_> =
                read_all(&kept).filter(|(_, input)| !known.contains(input)).map(|(_, input)| STANDARD.encode(input)).collect();
            fs::write(packed(target), lines.into_iter().map(|line| line + "\n").collect::<String>()).unwrap();
        }
    }
}
