//! Every sample in a document fits the document. (That it also fits the generated types is tested in `src/generated/tests.rs`.)

mod document;

use document::{Document, Enums, Part};

const DOCUMENTS: [&str; 3] = ["certcentral", "pocketsign-verify-v1", "pocketsign-verify-v2"];

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
