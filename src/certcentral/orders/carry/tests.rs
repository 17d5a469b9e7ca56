//! The tables against the document: whatever can be said in a request has its row.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn document() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/certcentral.yaml");
    serde_norway::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The members of a schema that have no members of their own, by their paths.
fn leaves(document: &Value, schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    let named = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    let schema = named.map_or(schema, |name| document.pointer(name.trim_start_matches('#')).unwrap());
    if let Some(properties) = schema["properties"].as_object() {
        for (name, member) in properties {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            leaves(document, member, &path, found);
        }
    } else if schema["type"] == "array" {
        let item = format!("{path}[]");
        let mut items = BTreeSet::new();
        leaves(document, &schema["items"], &item, &mut items);
        // A list of plain values is one member.
        if items.remove(&item) {
            items.insert(path.to_owned());
        }
        found.append(&mut items);
    } else {
        found.insert(path.to_owned());
    }
}

#[test]
fn every_member_of_a_request_has_its_row() {
    let document = document();
    for (request, tables) in
        [("OrderRequest", [CERTIFICATE, ORDER]), ("ReissueRequest", [CERTIFICATE, REISSUE]), ("DuplicateRequest", [CERTIFICATE, DUPLICATE])]
    {
        let mut members = BTreeSet::new();
        leaves(&document, &document["components"]["schemas"][request], "", &mut members);
        let rows: Vec<_> = tables.into_iter().flatten().flat_map(|row| row.paths).map(|path| (*path).to_owned()).collect();
        let distinct: BTreeSet<_> = rows.iter().cloned().collect();
        assert_eq!(rows.len(), distinct.len(), "{request}: a member has two rows");
        assert_eq!(distinct, members, "{request}: rows and members differ");
    }
}

/// The tables as a page, for people.
#[test]
fn the_tables_are_written_down() {
    let mut page = String::from("# What is carried over\n");
    for (heading, tables) in [
        ("Renewals, reissues and duplicates: the certificate", CERTIFICATE),
        ("Renewals: the order", ORDER),
        ("Reissues", REISSUE),
        ("Duplicates", DUPLICATE),
    ] {
        page += &format!("\n## {heading}\n\n| member | what becomes of it | setter |\n| --- | --- | --- |\n");
        for row in tables {
            let fate = match row.fate {
                Carried(_) => "carried over".to_owned(),
                Caller(why) => format!("set by the caller: {why}"),
                NotTold => "not reported by order info".to_owned(),
                NotCarried(why) => format!("not carried over: {why}"),
            };
            let members = row.paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            let setter = if row.setter.is_empty() { "none".to_owned() } else { format!("`{}`", row.setter.replace(", ", "`, `")) };
            page += &format!("| {members} | {fate} | {setter} |\n");
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/carried.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), page, "UPDATE_GOLDEN=1 writes it anew");
}
