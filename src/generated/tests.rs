//! Every sample in a document is read as its generated type, and every request is written again as it stands there.

#[path = "../../tests/document/mod.rs"]
mod document;

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use document::{Canary, Document, Part};

/// Reads JSON as a type, writes that again, and shows it.
pub(crate) type ReadAgain = fn(&Value) -> Result<(Value, String), String>;

pub(crate) fn read_again<T: Serialize + DeserializeOwned + Debug>(json: &Value) -> Result<(Value, String), String> {
    let value: T = serde_path_to_error::deserialize(json.clone()).map_err(|error| error.to_string())?;
    let written = serde_json::to_value(&value).map_err(|error| error.to_string())?;
    Ok((written, format!("{value:?} {value:#?}")))
}

/// What is wrong with the samples of a document, one line each.
fn misfits(document: &Document, types: &[(&str, ReadAgain)]) -> Vec<String> {
    let mut misfits = Vec::new();
    for sample in document.samples() {
        let keys = sample.keys();
        let known: Vec<_> = types.iter().filter(|(name, _)| keys.iter().any(|key| key == name)).collect();
        if known.is_empty() {
            misfits.push(format!("{}: there is no type for it", sample.place()));
        }
        for (name, read_again) in known {
            let misfit = match read_again(sample.value).map(|(written, _)| written) {
                Err(error) => Some(error),
                Ok(written) if sample.part == Part::Request && written != *sample.value => Some(format!("is written as {written}")),
                Ok(written) if sample.part != Part::Request => lost(sample.value, &written, "").map(|member| format!("`{member}` is lost")),
                Ok(_) => None,
            };
            misfits.extend(misfit.map(|misfit| format!("{} as `{name}`: {misfit}", sample.place())));
        }
    }
    misfits
}

/// A member of the sample that the type does not know and drops.
fn lost(sample: &Value, written: &Value, path: &str) -> Option<String> {
    match (sample, written) {
        (Value::Object(members), Value::Object(kept)) => members.iter().find_map(|(name, inner)| {
            let path = format!("{path}/{name}");
            match kept.get(name) {
                Some(written) => lost(inner, written, &path),
                None => says_something(inner).then_some(path),
            }
        }),
        (Value::Array(elements), Value::Array(kept)) => {
            elements.iter().zip(kept).enumerate().find_map(|(index, (inner, written))| lost(inner, written, &format!("{path}/{index}")))
        }
        _ => None,
    }
}

/// What says nothing is left out when it is written again.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty() && !text.starts_with("0000-00-00"),
        Value::Array(elements) => elements.iter().any(says_something),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

#[test]
#[cfg(feature = "certcentral")]
fn every_sample_of_certcentral_fits_its_type() {
    let misfits = misfits(&Document::load("certcentral"), super::certcentral::SAMPLES);
    assert!(misfits.is_empty(), "{} samples do not fit:\n{}", misfits.len(), misfits.join("\n"));
}

#[test]
#[cfg(feature = "pocketsign")]
fn every_sample_of_pocketsign_fits_its_type() {
    for (name, samples) in
        [("pocketsign-verify-v1", super::pocketsign_verify_v1::SAMPLES), ("pocketsign-verify-v2", super::pocketsign_verify_v2::SAMPLES)]
    {
        let misfits = misfits(&Document::load(name), samples);
        assert!(misfits.is_empty(), "{name}: {} samples do not fit:\n{}", misfits.len(), misfits.join("\n"));
    }
}

/// Whatever the documents mark as personal or as bytes, in a value of every type with every member.
#[test]
#[cfg(feature = "pocketsign")]
fn no_type_of_pocketsign_shows_what_its_document_marks_as_personal() {
    const CANARY: Canary = Canary { text: "CANARY", base64: "Q0FOQVJZQ0FOQVJZ" };
    let documents =
        [("pocketsign-verify-v1", super::pocketsign_verify_v1::SAMPLES), ("pocketsign-verify-v2", super::pocketsign_verify_v2::SAMPLES)];
    for (name, types) in documents {
        let document = Document::load(name);
        let mut hidden = 0;
        for (schema, read_again) in types.iter().filter(|(schema, _)| document.has_schema(schema)) {
            let (value, caged) = document.filled(&serde_json::json!({"$ref": format!("#/components/schemas/{schema}")}), CANARY);
            let (written, shown) = read_again(&value).unwrap_or_else(|error| panic!("{name}, {schema}: {error}"));
            assert_eq!(written, value, "{name}, {schema}: nothing is lost on the way");
            for canary in [CANARY.text, CANARY.base64, "67, 65, 78"] {
                assert!(!shown.contains(canary), "{name}, {schema}: {shown}");
            }
            assert_eq!(shown.matches("[redacted]").count(), 2 * caged, "{name}, {schema}: {shown}");
            hidden += caged;
        }
        assert!(hidden > 30, "{name}: {hidden}");
    }
}
