//! Every sample in a document fits the document. (That it also fits the generated types is tested in `src/generated/tests.rs`.)

mod document;

use document::{Document, Enums, Part};

const DOCUMENTS: [&str; 4] = ["certcentral", "pocketsign-verify-v1", "pocketsign-verify-v2", "sandbox"];

#[test]
fn every_sample_fits_its_schema() {
    for name in DOCUMENTS {
        let document = Document::load(name);
        let samples = document.samples();
        let misfit = |sample: &document::Sample<'_>| {
            let error = document.validate(sample.schema, sample.value, Enums::Open).err()?;
            Some(format!("{}: {error}", sample.place()))
        };
        let misfits: Vec<_> = samples.iter().filter_map(misfit).collect();
        assert!(misfits.is_empty(), "openapi/{name}.yaml: {} of {} samples:\n{}", misfits.len(), samples.len(), misfits.join("\n"));
    }
}

#[test]
fn every_operation_that_sends_json_has_a_sample_of_it() {
    for name in DOCUMENTS {
        let document = Document::load(name);
        let samples = document.samples();
        let sampled = |id: &str| samples.iter().any(|sample| sample.owner == id && sample.part == Part::Request);
        let missing: Vec<_> =
            document.operations().filter(|each| each.sends_json(&document) && !sampled(each.id)).map(|each| each.id).collect();
        assert!(missing.is_empty(), "openapi/{name}.yaml: give a sample request of {}", missing.join(", "));
    }
}

/// The table at the end of `openapi/README.md`: which page of the guide stands where in the document.
#[test]
fn the_table_of_the_guide_and_the_document_agree() {
    let document = Document::load("certcentral");
    let examples = document.examples();
    let operations: Vec<_> = document.operations().map(|operation| operation.id).collect();
    let (_, section) = include_str!("../openapi/README.md").split_once("\n## The guide, page by page\n").expect("the section");
    let rows: Vec<Vec<_>> =
        section.lines().filter(|line| line.starts_with("| ")).skip(2).map(|line| line.split('|').map(str::trim).collect()).collect();
    assert!(rows.len() > 30, "{} rows", rows.len());

    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut wrong = Vec::new();
    let mut told = Vec::new();
    for row in &rows {
        let [_, page, _, of, shown, _] = row[..] else { panic!("a row of other than four columns: {row:?}") };
        let of = quoted(of);
        wrong.extend(of.iter().filter(|id| !operations.contains(&id.as_str())).map(|id| format!("p.{page}: there is no operation `{id}`")));
        for item in shown.split(';').map(str::trim) {
            let kind = item.split(' ').next().unwrap_or_default();
            let part = match kind {
                "request" => Part::Request,
                "schema" => Part::Schema,
                status if status.parse::<u16>().is_ok() => Part::Response(status.to_owned()),
                _ => {
                    assert!(!item.contains('`'), "p.{page}: say whether `{item}` is of a request, an answer or a schema");
                    continue;
                }
            };
            for name in quoted(item) {
                let found =
                    examples.iter().filter(|(id, of_part, example)| *of_part == part && *example == name && of.iter().any(|of| of == id));
                let before = told.len();
                told.extend(found);
                if told.len() == before && !(part == Part::Schema && document.has_schema(&name)) {
                    wrong.push(format!("p.{page}: there is no {kind} `{name}` of {}", of.join(", ")));
                }
            }
        }
    }
    let untold = examples.iter().filter(|example| example.2.starts_with("guide") && !told.contains(example));
    wrong.extend(untold.map(|(id, part, name)| format!("the table leaves out {id}, {part:?}, `{name}`")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The judge itself, on the fixture of every convention.
mod the_judge {
    use std::path::Path;

    use super::document::Document;

    fn wobbles() -> Document {
        Document::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wobbles.yaml"))
    }

    #[test]
    fn finds_the_operation_of_a_real_path() {
        let document = wobbles();
        let id = |method, path| document.operation(method, path).map(|operation| operation.id.to_owned());
        assert_eq!(id("GET", "/thing/12?verbose=true").as_deref(), Some("get_thing"));
        assert_eq!(id("GET", "/thing/changes").as_deref(), Some("list_changes"));
        assert_eq!(id("GET", "/thing/12/x"), None);
        assert_eq!(id("GET", "/thing/"), None);
        assert_eq!(id("PATCH", "/thing/12"), None);
    }

    #[test]
    fn says_what_does_not_fit_and_where() {
        let document = wobbles();
        let answer =
            |status, content_type, body: &str| document.validate_response("GET", "/thing/12", status, content_type, body.as_bytes());
        let json = Some("application/json;charset=utf-8");
        assert_eq!(answer(200, json, r#"{"id": 12, "is_active": "1", "owner": []}"#), Ok(()));
        assert_eq!(answer(404, json, r#"{"errors": [{"code": "not_found", "message": "Gone."}]}"#), Ok(()));
        let wrong = answer(200, json, r#"{"id": 12, "is_active": "yes"}"#).unwrap_err();
        assert!(wrong.starts_with("get_thing (GET /thing/12), response 200: at `/is_active`"), "{wrong}");
        let unlisted = answer(200, json, r#"{"id": 12, "status": "brand_new"}"#).unwrap_err();
        assert!(unlisted.contains("at `/status`"), "{unlisted}");
        let kept_back = answer(200, json, r#"{"id": 12, "place": {}}"#).unwrap_err();
        assert!(kept_back.contains("at `/place`") && kept_back.contains("city"), "{kept_back}");
        assert!(answer(500, json, "{}").unwrap_err().contains("no such status"));
        assert!(answer(200, Some("text/html"), "<p>").unwrap_err().contains("no content type text/html"));
        assert!(answer(200, None, "").unwrap_err().contains("no content type"));
    }

    #[test]
    fn takes_an_empty_answer_only_where_the_document_has_one() {
        let document = wobbles();
        assert_eq!(document.validate_response("POST", "/thing", 204, None, b""), Ok(()));
        assert!(document.validate_response("POST", "/thing", 204, Some("application/json"), b"{}").is_err());
        assert!(document.validate_response("POST", "/thing", 201, None, b"").is_err());
    }

    #[test]
    fn holds_requests_against_their_schema() {
        let document = wobbles();
        assert_eq!(document.validate_request("POST", "/thing", br#"{"name": "a", "kind": "big"}"#), Ok(()));
        assert!(document.validate_request("POST", "/thing", br#"{"kind": "big"}"#).is_err());
        assert!(document.validate_request("GET", "/thing/12", b"{}").is_err());
    }
}
