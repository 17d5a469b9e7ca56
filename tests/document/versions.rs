//! What a newer version of the service calls the members and values of an older one's document.

use serde_json::Value;

use super::{Document, entries};

impl Document {
    /// What was written in the words of the newer version, if there is one, in the words of this document.
    pub(crate) fn respelled(&self, written: &Value) -> Value {
        if self.value.get("x-newer").is_none() {
            return written.clone();
        }
        match written {
            Value::Object(members) => members.iter().map(|(name, inner)| (self.member(name), self.respelled(inner))).collect(),
            Value::Array(elements) => elements.iter().map(|element| self.respelled(element)).collect(),
            Value::String(text) => self.word(text).unwrap_or(text).into(),
            other => other.clone(),
        }
    }

    /// `jpkiCardDigitalSignatureContent` as `subject_alternative_name`, `createdAt` as `created_at`.
    fn member(&self, name: &str) -> String {
        let members = entries(&self.value["components"]["schemas"]).flat_map(|(_, schema)| entries(&schema["properties"]));
        let renamed = members.into_iter().find(|(_, member)| member["x-same-as"] == name).map(|(own, _)| own.to_owned());
        renamed.unwrap_or_else(|| {
            let snake =
                |letter: char| if letter.is_ascii_uppercase() { format!("_{}", letter.to_ascii_lowercase()) } else { letter.into() };
            name.chars().map(snake).collect()
        })
    }

    /// The value of an enum that is written `CHECK_METHOD_CRL`.
    fn word(&self, text: &str) -> Option<&str> {
        let words = entries(&self.value["components"]["schemas"]).flat_map(|(_, schema)| schema["x-extensible-enum"].as_array());
        let words: Vec<&str> = words.flatten().filter_map(Value::as_str).collect();
        let is_it = |word: &&&str| text.ends_with(&format!("_{}", word.to_ascii_uppercase()));
        if words.contains(&text) { None } else { words.iter().filter(is_it).max_by_key(|word| word.len()).copied() }
    }
}
