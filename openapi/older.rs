//! An older version of a service, whose responses are read into the types of the newer one: `x-same-as`.

use serde_json::{Value, json};

use super::document::{entries, list, referred, schemas, snake};
use super::problem::{Findings, Problem};
use super::vocabulary::{bare, prefix};

/// What a schema or a member of an older document is called in the newer one.
pub(crate) fn same_as(schema: &Value) -> Option<&str> {
    schema["x-same-as"].as_str()
}

/// The module that holds the types of the newer document, if the document names one.
pub(crate) fn newer(document: &Value) -> Option<String> {
    document["x-newer"].as_str().map(snake)
}

/// Adds to a document what an older one says besides: members, other names of members, other spellings of values.
pub(crate) fn adopt(document: &mut Value, older: &Value) -> Result<(), Vec<Problem>> {
    let mut findings = Findings::default();
    for (name, schema) in schemas(older) {
        let Some(target) = same_as(schema) else { continue };
        let mut adoption = Adoption { older, place: format!("schema `{name}` of the older document"), findings: &mut findings };
        match document["components"]["schemas"].get_mut(target) {
            Some(target) if schema.get("x-extensible-enum").is_some() => adoption.values(schema, target),
            Some(target) => adoption.members(schema, target),
            None => adoption.add(format!("there is no schema `{target}` it could be the same as")),
        }
    }
    if findings.0.is_empty() { Ok(()) } else { Err(findings.0) }
}

struct Adoption<'a, 'f> {
    older: &'a Value,
    place: String,
    findings: &'f mut Findings,
}

impl Adoption<'_, '_> {
    fn add(&mut self, what: String) {
        self.findings.add(&self.place, what, "correct `x-same-as`, or make the two agree");
    }

    /// Every value has to be known to the newer document; its other spellings are taken over.
    fn values(&mut self, schema: &Value, target: &mut Value) {
        let known: Vec<Value> = list(&target["x-extensible-enum"]).to_vec();
        let counterpart = |value: &str| {
            let same = |known: &&Value| known.as_str().is_some_and(|known| bare(known, prefix(target)) == bare(value, prefix(schema)));
            known.iter().find(same).cloned()
        };
        for value in list(&schema["x-extensible-enum"]).iter().filter_map(Value::as_str) {
            if counterpart(value).is_none() {
                self.add(format!("the newer document does not list its value `{value}`"));
            }
        }
        let aliases: Vec<_> = entries(&schema["x-enum-aliases"]).map(|(alias, of)| (alias, of.as_str().and_then(counterpart))).collect();
        for (alias, of) in aliases {
            let of = of.unwrap_or_default();
            // Without its prefix a value is read in any case.
            if of.as_str().is_none_or(|of| bare(of, prefix(target)) != alias) {
                target["x-enum-aliases"][alias] = of;
            }
        }
    }

    /// Members that the newer schema does not have are added to it; what is called otherwise there is read under both names.
    fn members(&mut self, schema: &Value, target: &mut Value) {
        for (name, member) in entries(&schema["properties"]) {
            let is_it = |known: &str| match same_as(member) {
                Some(same) => known == same,
                None => snake(known) == name,
            };
            let found = entries(&target["properties"]).find(|(known, _)| is_it(known));
            match found.map(|(known, there)| (known.to_owned(), self.kind(there, false) == self.kind(member, true))) {
                Some((known, true)) if snake(&known) != name => {
                    // Nothing may stand beside a `$ref`.
                    let member = &mut target["properties"][known];
                    *member = json!({"allOf": [member.take()], "x-also": [name]});
                }
                Some((_, true)) => {}
                Some((known, false)) => self.add(format!("its member `{name}` is of another type than `{known}` of the newer document")),
                None if same_as(member).is_some() => self.add(format!("the newer document has no member like `{name}`")),
                None => target["properties"][name] = member.clone(),
            }
        }
    }

    /// The type of a member, as far as two have to agree on it.
    fn kind(&self, member: &Value, is_older: bool) -> String {
        let named = list(&member["allOf"]).first().unwrap_or(member);
        let Some(name) = referred(named) else { return member["type"].as_str().unwrap_or_default().to_owned() };
        let renamed = same_as(&self.older["components"]["schemas"][name]).filter(|_| is_older);
        renamed.unwrap_or(name).to_owned()
    }
}
