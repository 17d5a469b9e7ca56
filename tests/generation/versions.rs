//! Two versions of one service, and what the types of both are.

use serde_json::{Value, json};

use super::generate::{Source, generate};
use super::{set, source, wobbles};

/// The fixture as a newer version writes it: with a prefix before the values of its enum.
fn newer() -> Value {
    let mut document = wobbles();
    document["x-json"] = json!("protobuf");
    let status = json!({
        "type": "string",
        "x-extensible-enum": ["STATUS_UNSPECIFIED", "STATUS_ISSUED", "STATUS_NEEDS_APPROVAL"],
        "x-value-prefix": "STATUS_",
        "description": "Where a thing stands.\n- `STATUS_ISSUED`: it is there",
    });
    set(&mut document, "/components/schemas/ThingStatus", status);
    document
}

/// The fixture as an older one does: fewer values, a member more, and a member of another name.
fn older() -> Value {
    let mut document = wobbles();
    document["x-json"] = json!("protobuf");
    document["x-newer"] = json!("newer-things");
    set(&mut document, "/components/schemas/ThingStatus", json!({"type": "string", "x-extensible-enum": ["issued"]}));
    set(&mut document, "/components/schemas/ThingStatus/x-enum-aliases", json!({"is there": "issued"}));
    set(&mut document, "/components/schemas/Thing/properties/colour", json!({"type": "string"}));
    set(&mut document, "/components/schemas/Thing/properties/owner", Value::Null);
    let proprietor = json!({"x-same-as": "owner", "allOf": [{"$ref": "#/components/schemas/OwnerOrNone"}]});
    set(&mut document, "/components/schemas/Thing/properties/proprietor", proprietor);
    for name in ["Thing", "ThingStatus", "ThingId"] {
        set(&mut document, &format!("/components/schemas/{name}/x-same-as"), json!(name));
    }
    document
}

fn newer_code(newer: &Value, older: &Value) -> Result<String, String> {
    let (newer, older) = (newer.to_string(), older.to_string());
    let source = Source { older: Some(("openapi/older.yaml", &older)), ..source(&newer) };
    generate(&source).map_err(|problems| problems.to_string())
}

/// Without line breaks and doubled blanks, so that a test can quote it.
fn flat(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_both_mean_has_the_type_of_the_newer_one() {
    let older = older().to_string();
    let code = flat(&generate(&source(&older)).unwrap_or_else(|problems| panic!("{problems}")));
    for own in ["pub struct Thing {", "enum! { exact #[doc = \" ThingStatus", "id! { #[doc = \" Number of a thing.\"] ThingId"] {
        assert!(!code.contains(own), "{own}");
    }
    for shared in ["crate::generated::newer_things::types::Thing", "crate::generated::newer_things::vocabulary::ThingId"] {
        assert!(code.contains(shared), "{shared} in\n{code}");
    }
    // A list of them is still the older one's, and reads objects only.
    let (before, _) = code.split_once("pub things: ").expect("the member");
    assert!(before.rsplit("#[serde").next().unwrap_or_default().contains("Repeated<crate::lenient::Message<"), "{code}");
}

#[test]
fn what_the_older_one_says_besides_is_read_too() {
    let code = flat(&newer_code(&newer(), &older()).unwrap_or_else(|problems| panic!("{problems}")));
    assert!(code.contains("pub colour: ::std::option::Option<::std::string::String>"), "{code}");
    let (before, _) = code.split_once("pub owner: ").expect("the member");
    assert!(before[before.rfind("pub ").unwrap_or_default()..].contains("alias = \"proprietor\""), "{code}");
    assert!(code.contains(r#"Issued = "issued" | "is there""#), "{code}");
    let alone = flat(&generate(&source(&newer().to_string())).unwrap_or_else(|problems| panic!("{problems}")));
    for besides in ["colour", "proprietor", "is there"] {
        assert!(!alone.contains(&format!("\"{besides}\"")) && !alone.contains(&format!("pub {besides}")), "{besides}");
    }
}

#[test]
fn values_are_known_without_their_prefix_and_written_with_it() {
    let code = flat(&generate(&source(&newer().to_string())).unwrap_or_else(|problems| panic!("{problems}")));
    assert!(code.contains(r#"exact "STATUS_" #[doc = " Where a thing stands."] ThingStatus { #[doc = " `unspecified`"] Unspecified = "unspecified", #[doc = " `issued`: it is there"] Issued = "issued""#), "{code}");
    let (before, _) = code.split_once("pub status: ").expect("the member");
    assert!(before[before.rfind("pub ").unwrap_or_default()..].contains("serialize_with = \"crate::open_enum::write\""), "{code}");
    let (before, _) = code.split_once("pub hash: ").expect("the member");
    assert!(!before[before.rfind("pub ").unwrap_or_default()..].contains("serialize_with"), "it has no prefix");
}

#[test]
fn versions_that_do_not_agree_stop_the_build() {
    let wrong = |pointer: &str, value: Value, expected: &str| {
        let mut older = older();
        set(&mut older, pointer, value);
        let problems = newer_code(&newer(), &older).expect_err(expected);
        assert!(problems.contains("openapi/older.yaml") && problems.contains(expected), "{problems}");
    };
    wrong("/components/schemas/Thing/x-same-as", json!("Item"), "there is no schema `Item`");
    wrong("/components/schemas/ThingStatus/x-extensible-enum/-", json!("lost"), "does not list its value `lost`");
    wrong("/components/schemas/Thing/properties/example", json!({"type": "boolean"}), "member `example` is of another type");
    wrong("/components/schemas/Thing/properties/colour/x-same-as", json!("color"), "no member like `colour`");

    let mut nameless = older();
    set(&mut nameless, "/x-newer", Value::Null);
    let problems = generate(&source(&nameless.to_string())).expect_err("whose types?").to_string();
    assert!(problems.contains("it is not said whose types `x-same-as` names"), "{problems}");
}

#[test]
fn a_prefix_stands_before_every_value() {
    for (value, what) in [("ISSUED_2", "not every value"), ("STATUS_", "not every value"), ("STATUS_issued", "not every value")] {
        let mut document = newer();
        set(&mut document, "/components/schemas/ThingStatus/x-extensible-enum/-", json!(value));
        let problems = generate(&source(&document.to_string())).expect_err(what).to_string();
        assert!(problems.contains(what), "{value}: {problems}");
    }
}

#[test]
fn a_call_gets_a_connection_of_its_own_as_the_document_says() {
    let fresh = |document: &Value, id: &str| {
        let normalized = super::generate::normalize::normalize(document).unwrap_or_else(|problems| panic!("{problems:#?}"));
        normalized.operations.into_iter().find(|operation| operation.id == id).is_some_and(|operation| operation.fresh_connection)
    };
    let mut document = wobbles();
    assert!(fresh(&document, "add_thing") && !fresh(&document, "remove_thing"), "unless stated, what must not be repeated");
    set(&mut document, "/paths/~1thing/post/x-fresh-connection", json!(false));
    set(&mut document, "/paths/~1thing~1{thing_id}/delete/x-fresh-connection", json!(true));
    assert!(!fresh(&document, "add_thing") && fresh(&document, "remove_thing"));
    set(&mut document, "/paths/~1thing/post/x-fresh-connection", json!("no"));
    assert!(super::generate::normalize::normalize(&document).is_err());
}
