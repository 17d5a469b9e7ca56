//! What normalize makes of the fixture before generation, and refine after it.

use serde_json::{Value, json};

use super::generate::Source;
use super::generate::normalize::{Facts, Normalized, normalize};
use super::generate::vocabulary::{Kind, Variant};
use super::generate::{generate, vocabulary};
use super::{WOBBLES, source, wobbles};

fn normalized() -> Normalized {
    normalize(&wobbles()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn at(pointer: &str) -> Value {
    normalized().document.pointer(pointer).cloned().unwrap_or_default()
}

/// The generated source without line breaks and doubled blanks, so that a test can quote it.
fn code() -> String {
    let code = generate(&source(WOBBLES)).unwrap_or_else(|problems| panic!("{problems}"));
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn has(code: &str, expected: &str) {
    // How lines are broken, and the commas that come with it, say nothing.
    let bare = |text: &str| text.split_whitespace().collect::<String>().replace(",>", ">").replace(",)", ")").replace(",}", "}");
    assert!(
        bare(code).contains(&bare(expected)),
        "there is no `{expected}` in
{code}"
    );
}

#[test]
fn only_success_is_shown_to_the_generator() {
    assert_eq!(
        at("/paths/~1thing~1{thing_id}/get/responses").as_object().map(|each| each.keys().cloned().collect()),
        Some(vec!["2XX".to_owned()])
    );
    assert_eq!(at("/paths/~1thing~1{thing_id}/delete/responses"), json!({"2XX": {"description": "Removed."}}));
}

#[test]
fn a_bodiless_success_beside_json_makes_the_response_optional() {
    let optional = json!({"application/json": {"schema": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/Thing"}]}}});
    assert_eq!(at("/paths/~1thing/post/responses/2XX/content"), optional);
    has(&code(), "Result<ResponseValue<::std::boxed::Box<::std::option::Option<types::Thing>>>, Error<()>>");
}

#[test]
fn a_success_without_bodies_is_nothing_and_a_file_is_bytes() {
    assert_eq!(at("/paths/~1thing~1{thing_id}~1file/get/responses/200/content"), json!({"application/octet-stream": {}}));
    let code = code();
    has(
        &code,
        "pub async fn remove_thing<'a>( &'a self, thing_id: &'a crate::generated::wobbles::vocabulary::ThingId, ) -> Result<ResponseValue<()>, Error<()>>",
    );
    has(
        &code,
        "pub async fn download_thing<'a>( &'a self, thing_id: &'a crate::generated::wobbles::vocabulary::ThingId, ) -> Result<ResponseValue<ByteStream>, Error<()>>",
    );
}

#[test]
fn samples_and_extensions_are_gone_but_members_of_such_names_stay() {
    let text = normalized().document.to_string();
    for gone in ["x-source", "x-inferred", "\"examples\"", "x-strict"] {
        assert!(!text.contains(gone), "{gone}");
    }
    assert_eq!(at("/components/schemas/Thing/properties/example"), json!({"type": "string"}));
}

#[test]
fn references_to_parameters_and_nullable_lists_are_settled() {
    assert_eq!(at("/paths/~1thing~1{thing_id}/get/parameters/0/name"), "thing_id");
    assert_eq!(at("/components/schemas/ThingList/properties/things/nullable"), Value::Null);
}

#[test]
fn the_facts_of_operations_are_listed() {
    let add = Facts {
        id: "add_thing".into(),
        method: "POST".into(),
        path: "/thing".into(),
        idempotent: false,
        deletes: false,
        empty_success: true,
        fresh_connection: true,
        rules: Vec::new(),
        secret: true,
    };
    // What an operation demands of what it sends has tests of its own.
    let operations = normalized().operations.into_iter().map(|operation| Facts { rules: Vec::new(), ..operation });
    let operations: Vec<_> = operations.collect();
    assert!(operations.contains(&add), "{operations:?}");
    assert_eq!(operations.len(), 5);
    assert_eq!(operations.iter().filter(|operation| operation.empty_success).count(), 1);
    has(
        &code(),
        r#"crate::generated::Operation { id: "remove_thing", method: "DELETE", path: "/thing/{thing_id}", idempotent: true, deletes: true, empty_success: false, fresh_connection: false, secret: false, rules: &[], }"#,
    );
}

#[test]
fn what_has_no_members_is_an_empty_type_to_which_some_may_come() {
    let code = code();
    has(&code, "pub struct Nothing {}");
    assert!(!code.contains("deny_unknown_fields"), "{code}");
}

#[test]
fn members_stand_in_the_order_of_the_document() {
    let code = code();
    let (_, after) = code.split_once("pub struct ThingRequest {").expect("the type");
    let members: Vec<_> =
        after[..after.find('}').expect("its end")].split("pub ").skip(1).filter_map(|member| member.split(':').next()).collect();
    assert_eq!(members, ["name", "kind", "size", "parts", "labels"]);
}

#[test]
fn the_vocabulary_is_collected() {
    let words = normalized().words;
    let kind = |name: &str| words.iter().find(|word| word.name == name).map(|word| word.kind.clone());
    let variant = |name: &str, value: &str, aliases: &[&str], description: Option<&str>| Variant {
        name: name.to_owned(),
        value: value.to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        description: description.map(str::to_owned),
    };
    let variants = vec![
        variant("Issued", "issued", &[], Some("it is there")),
        variant("NeedsApproval", "needs_approval", &["needs approval"], None),
        variant("Other", "-1", &[], None),
    ];
    let open = |numbers, ignore_case| move |kind: Option<Kind>| matches!(kind, Some(Kind::OpenEnum { numbers: n, ignore_case: i, .. }) if (n, i) == (numbers, ignore_case));
    let expected = Kind::OpenEnum { variants, numbers: false, prefixes: vec![], ignore_case: false, prefix: String::new() };
    assert_eq!(kind("ThingStatus"), Some(expected));
    assert!(open(false, true)(kind("Hash")) && open(true, false)(kind("ThingKind")));
    assert_eq!(kind("ThingId"), Some(Kind::Id { signed: true }));
    assert_eq!(kind("Email"), Some(Kind::Redacted));
    assert_eq!(kind("ThingCode"), Some(Kind::StringId));
    assert_eq!(kind("Print"), Some(Kind::Bytes));
    assert_eq!(kind("Owner"), None);
}

#[test]
fn a_value_of_several_forms_is_what_its_first_form_is() {
    for (member, meant) in [
        ("is_active", json!({"description": "Whether it is in use.", "type": "boolean"})),
        ("receipt", json!({"type": "integer"})),
        ("price", json!({"type": "number"})),
        ("valid_till", json!({"type": "string", "format": "date"})),
        ("owner", json!({"allOf": [{"$ref": "#/components/schemas/Owner"}]})),
        ("owners", json!({"type": "array", "items": {"$ref": "#/components/schemas/Owner"}})),
        ("flags", json!({"type": "array", "items": {"type": "boolean"}})),
    ] {
        assert_eq!(at(&format!("/components/schemas/Thing/properties/{member}")), meant, "{member}");
    }
    assert_eq!(at("/components/schemas/Flag"), Value::Null);
}

#[test]
fn words_are_written_with_their_documentation() {
    let words = vocabulary::module(&normalized().words).to_string();
    has(&words, r#"crate :: id :: id ! { # [doc = " Number of a thing."] ThingId (i64) }"#);
    has(&words, r#"exact # [doc = " Where a thing stands."] ThingStatus { # [doc = " `issued`: it is there"] Issued = "issued" ,"#);
    has(&words, r#"NeedsApproval = "needs_approval" | "needs approval""#);
    has(&words, r#"crate :: id :: string_id ! { # [doc = " Code of a thing."] ThingCode }"#);
    has(&words, r#"ignore_case # [doc = " Hash"] Hash { # [doc = " `sha256`"] Sha256 = "sha256""#);
}

#[test]
fn every_word_replaces_a_schema_of_the_document() {
    for source in [
        ("wobbles", WOBBLES),
        ("certcentral", include_str!("../../openapi/certcentral.yaml")),
        ("pocketsign-verify-v1", include_str!("../../openapi/pocketsign-verify-v1.yaml")),
        ("pocketsign-verify-v2", include_str!("../../openapi/pocketsign-verify-v2.yaml")),
    ] {
        let document = super::generate::normalize::read(source.1).expect("YAML");
        let normalized = normalize(&document).unwrap_or_else(|problems| panic!("{problems:#?}"));
        for word in &normalized.words {
            assert!(normalized.document.pointer(&format!("/components/schemas/{}", word.schema)).is_some(), "{}: {}", source.0, word.name);
        }
    }
}

#[test]
fn fields_are_plain_and_read_leniently() {
    let code = code();
    let l = "crate::lenient::";
    for (field, reader) in [
        ("is_active: ::std::option::Option<bool>", format!("{l}Forgiving<::std::option::Option<{l}Boolean>>")),
        ("receipt: ::std::option::Option<i64>", format!("{l}Forgiving<::std::option::Option<{l}Integer<i64>>>")),
        ("price: ::std::option::Option<f64>", format!("{l}Forgiving<::std::option::Option<{l}Number>>")),
        ("zip: ::std::option::Option<::std::string::String>", format!("{l}Forgiving<::std::option::Option<{l}Text>>")),
        ("valid_till: ::std::option::Option<::chrono::naive::NaiveDate>", format!("{l}Forgiving<::std::option::Option<{l}Date>>")),
        ("date_created: ::std::option::Option<", format!("{l}Forgiving<::std::option::Option<{l}Timestamp>>")),
        ("owner: ::std::option::Option<Owner>", format!("{l}Forgiving<::std::option::Option<{l}Object<Owner>>>")),
        ("size: ::std::option::Option<Size>", format!("{l}Forgiving<::std::option::Option<{l}Object<Size>>>")),
        ("names: ::std::vec::Vec<::std::string::String>", format!("{l}Forgiving<::std::vec::Vec<{l}Forgiving<{l}TextEntry>>>")),
        ("owners: ::std::vec::Vec<Owner>", format!("{l}Forgiving<::std::vec::Vec<{l}Forgiving<{l}Object<Owner>>>>")),
        (
            "email: ::std::option::Option<",
            format!("{l}Forgiving<::std::option::Option<{l}MadeOf<crate::secret::Redacted<::std::string::String>,{l}Text>>>"),
        ),
        // By these two something is decided.
        ("flags: ::std::vec::Vec<bool>", format!("{l}Strict<::std::vec::Vec<{l}Boolean>>")),
        (
            "status: ::std::option::Option<",
            format!("{l}Strict<::std::option::Option<{l}AsIs<crate::generated::wobbles::vocabulary::ThingStatus>>>"),
        ),
        (
            "by_name: ::std::collections::BTreeMap<::std::string::String, bool>",
            format!("{l}Forgiving<::std::collections::BTreeMap<::std::string::String,{l}Forgiving<{l}Boolean>>>"),
        ),
        ("extra: ::serde_json::Map<", format!("{l}Forgiving<::serde_json::Map<::std::string::String,::serde_json::Value>>")),
    ] {
        let (_, before) = code.split_once("pub mod types").expect("types");
        let (before, _) = before.split_once(&format!("pub {field}")).unwrap_or_else(|| panic!("there is no field {field} in\n{code}"));
        let attribute = &before[before.rfind("#[serde").unwrap_or_default()..];
        assert!(attribute.contains(&format!("{reader},_>\"")), "{field}: {attribute}");
        assert_eq!(attribute.matches("default").count(), 1, "{field}: {attribute}");
    }
    assert!(!code.contains("from_response"));
    has(&code, "pub email: ::std::option::Option< crate::secret::Redacted<::std::string::String>, >");
    has(&code, "pub print: ::std::option::Option<crate::secret::RedactedBytes>");
    has(&code, "pub code: ::std::option::Option< crate::generated::wobbles::vocabulary::ThingCode, >");
}

#[test]
fn what_follows_protobuf_is_read_in_its_forms_only() {
    let mut document = wobbles();
    document["x-json"] = json!("protobuf");
    let code = generate(&source(&document.to_string())).unwrap_or_else(|problems| panic!("{problems}"));
    let l = "crate::lenient::";
    for reader in [
        format!("{l}read::<::std::option::Option<{l}Whole<i64>>,_>"),
        format!("{l}read::<::std::option::Option<{l}Rfc3339>,_>"),
        format!("{l}read::<::std::option::Option<{l}Message<Owner>>,_>"),
        format!("{l}read::<{l}Repeated<{l}Message<Owner>>,_>"),
        format!("{l}read::<{l}Repeated<{l}Exact<bool>>,_>"),
    ] {
        assert!(code.contains(&reader), "{reader}");
    }
    for loose in ["Boolean", "Text", "Number", "Forgiving", "Object"] {
        assert!(!code.contains(&format!("{l}{loose}")), "{loose}");
    }
    for loose in ["Json::Loose", "deprecated"] {
        assert!(!code.contains(loose), "{loose}");
    }
}

#[test]
fn flows_are_kept_from_members_that_may_be_absent_for_no_reason() {
    let deprecated = |code: &str, field: &str| {
        let (before, _) = code.split_once(&format!("pub {field}: ")).expect("the field");
        before[before.rfind("pub ").unwrap_or_default()..].contains("deprecated")
    };
    let code = code();
    let (_, types) = code.split_once("pub struct Thing ").expect("the type");
    for (field, kept) in [("price", true), ("names", true), ("status", false), ("flags", false), ("id", false)] {
        assert_eq!(deprecated(types, field), kept, "{field}");
    }
    let harmless = Source { harmless: "# why\nThing.price   shown only", ..source(WOBBLES) };
    let code = generate(&harmless).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(!deprecated(code.split_once("pub struct Thing ").expect("the type").1, "price"));
    let slip = Source { harmless: "Thing.prize   shown only", ..source(WOBBLES) };
    let problems = generate(&slip).expect_err("there is no such member").to_string();
    assert!(problems.contains("harmless.txt: there is no member `Thing.prize`"), "{problems}");
}

#[test]
fn members_in_camel_case_are_read_in_snake_case_too() {
    let code = code();
    let (_, before) = code.split_once("pub mod types").expect("types");
    let (before, _) = before.split_once("pub last_seen: ").expect("the field");
    let attribute = &before[before.rfind("#[serde").unwrap_or_default()..];
    assert!(attribute.contains(r#"rename = "lastSeen""#) && attribute.contains(r#"alias = "last_seen""#), "{attribute}");
    assert_eq!(code.matches("alias =").count(), 1);
}

#[test]
fn only_what_is_never_sent_may_grow() {
    let code = code();
    for grows in ["Thing", "ThingList", "Owner", "Refusal", "ThingPlace"] {
        has(&code, &format!("#[non_exhaustive] pub struct {grows} "));
    }
    for sent in ["ThingRequest", "Size"] {
        has(&code, &format!("#[cfg_attr(feature = \"schemars\", derive(::schemars::JsonSchema))] pub struct {sent} "));
    }
}
