//! A folder of documents and overlays: what it does to a document, and what is refused.

use std::path::PathBuf;
use std::{env, fs, process};

use serde_json::{Value, json};

use super::generate::edits::Folder;
use super::generate::normalize::{parse, to_json};
use super::generate::overlay::{Overlay, apply};
use super::generate::{Source, generate};
use super::{WOBBLES, source, wobbles};

/// An overlay with these actions.
fn overlay(actions: &str) -> Overlay {
    let text = format!("overlay: 1.0.0\ninfo: {{title: Ours, version: '1'}}\nactions:\n{actions}");
    Overlay { file: "wobbles.ours.overlay.yaml".to_owned(), text }
}

fn applied(actions: &str) -> Value {
    let mut yaml = parse(WOBBLES).expect("YAML");
    apply(&mut yaml, &overlay(actions)).unwrap_or_else(|problem| panic!("{problem}"));
    to_json(&yaml).expect("JSON")
}

fn at(document: &Value, pointer: &str) -> Value {
    document.pointer(pointer).cloned().unwrap_or_default()
}

#[test]
fn an_update_merges_objects_joins_lists_and_replaces_single_values() {
    let document = applied(
        r#"
- target: $.components.schemas.Thing
  description: A member, and that it decides.
  update:
    x-strict: [weight]
    description: A thing of ours.
    properties: {weight: {type: integer}}
- target: $.paths['/thing'].post.tags
  update: heavy
- target: $.paths["/thing/{thing_id}"].get.responses[*]
  update: {x-inferred: by us}
- target: $.info
  update: {version: '2'}
"#,
    );
    let thing = "/components/schemas/Thing";
    assert_eq!(at(&document, &format!("{thing}/x-strict")), json!(["status", "flags", "weight"]));
    assert_eq!(at(&document, &format!("{thing}/description")), "A thing of ours.");
    assert_eq!(at(&document, &format!("{thing}/properties/weight")), json!({"type": "integer"}));
    assert_eq!(at(&document, &format!("{thing}/properties/id")), at(&wobbles(), &format!("{thing}/properties/id")), "what was there stays");
    assert_eq!(at(&document, "/paths/~1thing/post/tags"), json!(["things", "heavy"]));
    for status in ["200", "404"] {
        assert_eq!(at(&document, &format!("/paths/~1thing~1{{thing_id}}/get/responses/{status}/x-inferred")), "by us");
    }
    assert_eq!(at(&document, "/info/version"), "2");
}

#[test]
fn what_is_removed_is_gone_and_the_rest_stays_in_its_order() {
    let document = applied(
        r#"
- {target: "$.paths['/thing/changes']", remove: true}
- {target: "$.components.schemas.ThingRequest.properties.name.maxLength", remove: true}
- {target: "$.components.schemas.ThingRequest.properties.name['x-reason'].maxLength", remove: true}
- {target: "$.paths['/thing/{thing_id}'].get.parameters[0]", remove: true}
- {target: "$.paths['/thing/{thing_id}'].get.responses.404", remove: true}
"#,
    );
    assert_eq!(at(&document, "/paths/~1thing~1changes"), Value::Null);
    assert_eq!(at(&document, "/components/schemas/ThingRequest/properties/name").get("maxLength"), None);
    assert_eq!(at(&document, "/paths/~1thing~1{thing_id}/get/parameters/0/name"), "verbose");
    assert_eq!(at(&document, "/paths/~1thing~1{thing_id}/get/responses").as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn the_client_is_made_of_the_edited_document_and_says_so() {
    let overlays = [overlay(
        r#"
- target: $.components.schemas.Thing.properties
  update: {weight: {type: integer}}
- {target: $.components.schemas.ThingRequest.properties.name.pattern, remove: true}
- {target: "$.components.schemas.ThingRequest.properties.name['x-reason'].pattern", remove: true}
"#,
    )];
    let code = |source: &Source<'_>| generate(source).unwrap_or_else(|problems| panic!("{problems}"));
    let (plain, edited) = (code(&source(WOBBLES)), code(&Source { overlays: &overlays, ..source(WOBBLES) }));
    assert!(!plain.contains("pub weight") && edited.contains("pub weight: ::std::option::Option<i64>"));
    assert!(plain.contains("Pattern::new") && !edited.contains("Pattern::new"));
    let document = |code: &str| code[code.find("pub const DOCUMENT").expect("the document")..].split(';').next().map(str::to_owned);
    assert!(plain.contains("overlays: &[],") && edited.contains(r#""wobbles.ours.overlay.yaml""#), "{:?}", document(&edited));
    assert_ne!(document(&plain), document(&edited));
    assert_eq!(document(&plain), document(&code(&source(WOBBLES))));
    // Members stand in the order of the edited document.
    let types = edited.split_once("pub struct Thing {").expect("the type").1;
    assert!(types.find("pub place").expect("the last one before") < types.find("pub weight").expect("the new one"));
}

#[track_caller]
fn refused(actions: &str, expected: &str) {
    let mut yaml = parse(WOBBLES).expect("YAML");
    let problem = apply(&mut yaml, &overlay(actions)).expect_err("it should be refused").to_string();
    assert_eq!(problem, format!("wobbles.ours.overlay.yaml{expected}"));
}

#[test]
fn a_mistake_names_overlay_action_and_place() {
    refused(
        "- {target: $.info, update: {title: A}}\n- {target: $.components.schemas.Thng.properties, update: {}}",
        ", action 2 (target `$.components.schemas.Thng.properties`): it matches nothing: `$.components.schemas` has no member `Thng` — correct the target, or remove the action",
    );
    refused(
        "- {target: \"$.paths['/thing'].post.tags[3]\", remove: true}",
        ", action 1 (target `$.paths['/thing'].post.tags[3]`): it matches nothing: `$.paths['/thing'].post.tags` has no entry 3 — correct the target, or remove the action",
    );
    refused(
        "- {target: $.openapi, update: {a: 1}}",
        ", action 1 (target `$.openapi`): `$.openapi` is a single value — take the object that it is in as the target",
    );
    refused(
        "- {target: $.info, update: [a]}",
        ", action 1 (target `$.info`): `$.info` is an object, and the update is none — write an object with the members to change",
    );
    refused(
        "- {target: $.components, update: {schemas: {Thing: gone}}}",
        ", action 1 (target `$.components`): `$.components.schemas.Thing` is an object or a list, and the update something else — remove it by an action of its own before",
    );
    refused(
        "- {target: $.info, updat: {}}",
        ", action 1 (target `$.info`): `updat` is no word of overlays — see the Overlay Specification 1.0",
    );
    refused(
        "- {target: $.info, update: {}, remove: true}",
        ", action 1 (target `$.info`): it is not exactly one of `update` and `remove: true` — write one of them",
    );
    refused("- {target: $, remove: true}", ", action 1 (target `$`): it would remove the whole document — name what to remove of it");
    refused("- {update: {}}", ", action 1 (target ``): there is no target — name one, such as `$.paths`");
    refused(" []", ": it has no actions — list what to edit under `actions`");
    for (text, expected) in [
        ("overlay: 1.0.0\nactions: [", "did not find expected"),
        ("openapi: 3.0.3\n", "`openapi` is no word of overlays"),
        ("overlay: 2.0.0\n", "it is no overlay of version 1.0"),
        ("overlay: 1.0.0\nactions: []\n", "it has no `info` with title and version"),
    ] {
        let overlay = Overlay { text: text.to_owned(), ..overlay("") };
        let problem = apply(&mut parse(WOBBLES).expect("YAML"), &overlay).expect_err("it should be refused").to_string();
        assert!(problem.starts_with("wobbles.ours.overlay.yaml: ") && problem.contains(expected), "{problem}");
    }
}

#[test]
fn what_is_not_read_of_jsonpath_is_refused_by_its_name() {
    for (target, expected) in [
        ("$..schemas", "the target has `..` (everything below), which is not read here"),
        ("$.paths[?@.get]", "the target has `[?…]` (a filter), which is not read here"),
        ("$.tags[-1]", "the target has an index from the end, which is not read here"),
        ("$.tags[0:2]", "the target has `[:]` (a slice), which is not read here"),
        ("$.tags[0,1]", "the target has `[…, …]` (several at once), which is not read here"),
        ("$['a\\u0062']", "the target has an escape other than of quotes, `\\` and `/`, which is not read here"),
        ("paths", "the target is no path: it does not begin with `$`"),
        ("$.paths.", "the target is no path: no name follows a dot"),
        ("$paths", "the target is no path: `paths` is neither `.name` nor `[…]`"),
        ("$['paths", "the target is no path: a quote is not closed"),
        ("$['paths'", "the target is no path: a bracket is not closed"),
        ("$[paths]", "the target is no path: a bracket holds neither a name in quotes nor an index nor `*`"),
    ] {
        let target = json!(target).to_string();
        let problem = apply(&mut parse(WOBBLES).expect("YAML"), &overlay(&format!("- {{target: {target}, update: {{}}}}")));
        let problem = problem.expect_err("it should be refused").to_string();
        assert!(problem.contains(&format!(": {expected} — ")), "{problem}");
    }
}

/// A folder of its own that is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = env::temp_dir().join(format!("shomei-{name}-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("a file");
        }
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const NAMES: [&str; 2] = ["wobbles", "wobbles-v2"];

#[test]
fn a_folder_is_read_in_the_order_of_its_names() {
    let files = [
        ("wobbles.b.overlay.yaml", "b"),
        ("wobbles.overlay.yaml", "o"),
        ("wobbles.a.overlay.yaml", "a"),
        ("wobbles-v2.yaml", "whole"),
        ("wobbles-v2.x.overlay.yaml", "x"),
    ];
    let scratch = Scratch::new("order", &files);
    let folder = Folder::open(&scratch.0, &NAMES).expect("a folder");
    let edits = folder.of("wobbles").expect("its files");
    assert_eq!(edits.document, None);
    assert_eq!(edits.overlays.iter().map(|overlay| &*overlay.text).collect::<Vec<_>>(), ["a", "b", "o"]);
    let edits = folder.of("wobbles-v2").expect("its files");
    assert_eq!((edits.document.map(|(_, text)| text).as_deref(), edits.overlays.len()), (Some("whole"), 1));
    let watched: Vec<_> = folder.watched().map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect();
    assert_eq!(watched.len(), 6, "the folder and its files: {watched:?}");
}

#[test]
fn a_folder_that_cannot_be_meant_is_refused() {
    let refusal = |path: &std::path::Path| Folder::open(path, &NAMES).expect_err("it should be refused");
    assert!(refusal("overlays".as_ref()).contains("the path is relative"), "{}", refusal("overlays".as_ref()));
    assert!(refusal(&env::temp_dir().join("shomei-no-such-folder")).contains("name a folder"));
    for stray in ["wobbles.yml", "wobble.overlay.yaml", "wobblesoverlay.yaml", "README.md", "wobbles-v3.yaml", "wobbles.overlay.yaml.bak"] {
        let scratch = Scratch::new("stray", &[("wobbles.yaml", ""), (stray, "")]);
        let message = refusal(&scratch.0);
        assert!(message.contains(&format!("`{stray}` is neither a document nor an overlay")) && message.lines().count() == 1, "{message}");
    }
}
