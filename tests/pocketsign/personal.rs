//! No public type shows personal data, and no error does.

mod types;

use serde_json::{Value, json};
use shomei::Error;

use crate::{
    answers::{Teller, members},
    document::Canary,
    judge::Judge,
    operations::{ROWS, Row, document},
    scripted::Scripted,
};

const CANARY: &str = "CANARY";
/// base64 of "CANARYCANARY…".
const BYTES: &str = "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZ";
const FILLED: Canary = Canary { text: CANARY, base64: BYTES };

#[track_caller]
fn silent(shown: &str) {
    for canary in [CANARY, BYTES, "67, 65, 78, 65, 82, 89", "43414e415259"] {
        assert!(!shown.contains(canary), "{shown}");
    }
}

#[track_caller]
fn silent_error(error: &Error) {
    silent(&format!("{error} {error:?} {:?} {:?} {:?}", error.excerpt(), error.api_errors(), error.pocketsign_violations()));
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        silent(&format!("{inner} {inner:?}"));
        source = inner.source();
    }
}

fn row_schema(row: &Row) -> Option<&'static Value> {
    let document = document(row.version);
    document.operations().find(|operation| operation.id == row.id).and_then(|operation| operation.answer(document))
}

/// Whatever the documents mark, in the answers of all operations, each with every member.
#[tokio::test]
async fn no_answer_shows_personal_data() {
    let teller = Teller::new(&Judge::new().card().signing);
    let mut hidden = 0;
    for row in ROWS {
        let Some(schema) = row_schema(row) else { continue };
        let (answer, caged) = document(row.version).filled(schema, FILLED);
        let shown = teller.tell(row, &answer).await.unwrap_or_else(|error| panic!("{} {}: {error}", row.version, row.id));
        silent(&shown);
        assert_eq!(shown.matches("[redacted]").count(), 2 * caged, "{} {}: {shown}", row.version, row.id);
        hidden += caged;
    }
    assert!(hidden > 30, "{hidden}");
}

/// The same answers, each member in turn of another type.
#[tokio::test]
async fn no_error_of_any_operation_quotes_its_answer() {
    let teller = Teller::new(&Judge::new().card().signing);
    let mut refused = 0;
    for row in ROWS {
        let Some(schema) = row_schema(row) else { continue };
        let (answer, _) = document(row.version).filled(schema, FILLED);
        for path in members(&answer, "") {
            for wrong in [json!({CANARY: CANARY}), json!([[CANARY]]), json!([BYTES, {"a": CANARY}])] {
                let mut answer = answer.clone();
                *answer.pointer_mut(&path).unwrap() = wrong;
                match teller.tell(row, &answer).await {
                    Ok(shown) => silent(&shown),
                    Err(error) => {
                        silent_error(&error);
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 300, "{refused}");
}

/// Every string of the documents is redacted, bytes, an id, an enumeration or a time, or named here: a new one fails until someone judged it.
#[test]
fn every_string_of_the_documents_is_redacted_or_known_to_be_impersonal() {
    const IMPERSONAL: &[&str] = &[
        "pocketsign-verify-v1: ErrorBody.message",
        "pocketsign-verify-v2: ConnectError.message",
        "pocketsign-verify-v2: ErrorDetail.type",
        "pocketsign-verify-v2: ErrorDetail.value",
        "pocketsign-verify-v2: ErrorDetailDebug.@type",
        "pocketsign-verify-v2: ErrorDetailDebug.domain",
        "pocketsign-verify-v2: ErrorMetadata{}",
        "pocketsign-verify-v2: FieldPathElement.fieldName",
        "pocketsign-verify-v2: FieldPathElement.fieldType",
        "pocketsign-verify-v2: PageToken",
        "pocketsign-verify-v2: TotalSize",
        "pocketsign-verify-v2: Violation.constraintId",
        "pocketsign-verify-v2: Violation.fieldPath",
        "pocketsign-verify-v2: Violation.message",
        "pocketsign-verify-v2: Violation.ruleId",
    ];
    fn walk(path: &str, schema: &Value, found: &mut Vec<String>) {
        let Some(members) = schema.as_object() else { return };
        let judged = ["x-redacted", "x-bytes", "x-string-id", "x-type", "x-extensible-enum", "enum", "const"];
        let is_time = schema["format"] == "date-time";
        if schema["type"] == "string" && !is_time && !judged.iter().any(|key| members.contains_key(*key)) {
            found.push(path.to_owned());
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            walk(&format!("{path}.{name}"), member, found);
        }
        walk(&format!("{path}[]"), &schema["items"], found);
        walk(&format!("{path}{{}}"), &schema["additionalProperties"], found);
        for of in ["allOf", "oneOf", "anyOf"] {
            schema[of].as_array().into_iter().flatten().for_each(|part| walk(path, part, found));
        }
    }
    let mut found = Vec::new();
    for name in ["pocketsign-verify-v1", "pocketsign-verify-v2"] {
        let file = format!("{}/openapi/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let document: Value = serde_norway::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let schemas = &document["components"]["schemas"];
        for personal in
            ["CommonName", "Address", "DateOfBirth", "Gender", "SubstituteCharacters", "CertificateSubject", "CrlDistributionPoint"]
        {
            assert_eq!(schemas[personal]["x-redacted"], true, "{name}: {personal}");
        }
        for personal in ["CertificateDer", "Digest", "SignatureValue"] {
            assert_eq!(schemas[personal]["x-bytes"], "base64", "{name}: {personal}");
        }
        for (schema, content) in schemas.as_object().unwrap() {
            walk(&format!("{name}: {schema}"), content, &mut found);
        }
    }
    found.sort_unstable();
    assert_eq!(found, IMPERSONAL);
}

#[tokio::test(start_paused = true)]
async fn no_error_quotes_the_service() {
    for (status, body) in [
        (
            400,
            r#"{"code":"invalid_argument","message":"CANARY is no name","details":[{"type":"google.rpc.ErrorInfo","debug":{"reason":"CANARY with blanks","metadata":{"a":"CANARY"}}}]}"#,
        ),
        (400, r#"{"code":"CANARY CANARY","message":"CANARY"}"#),
        (500, "<html>CANARY</html>"),
        (503, r#"{"errors":[{"code":"a","message":"CANARY"}]}"#),
        (200, r#"{"certificate":{"id":{"a":"CANARY"}}}"#),
        (200, "CANARY"),
        (200, r#"{"user":"CANARY"}"#),
        (200, r#"{"user":{"id":["CANARY"]},"certificate_content":"CANARY"}"#),
        (200, r#"{"CANARY":{"a"]}"#),
        (200, r#"{"user":{"CANARY":[{"a":}]}}"#),
        (200, r#"{"certificate":{"CANARY":{"CANARY":1e999}}}"#),
        (302, "CANARY"),
    ] {
        let service = Scripted::json(status, body);
        let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
        let user = service.v1().users().get(id).send().await.map(|answer| format!("{answer:?}"));
        let certificate = service.v2().certificates().get(id).send().await.map(|answer| format!("{answer:?}"));
        let raw = service.v1().raw().get_user(&id.into()).await.map(|answer| format!("{answer:?}"));
        let request = service.v2().request(http::Method::POST, "/CANARY").query("a", CANARY).json(&json!({"a": CANARY}));
        let request = request.send::<shomei::pocketsign::types::GetUserResponse>().await.map(|answer| format!("{answer:?}"));
        let (read, errors): (Vec<_>, Vec<_>) = [user, certificate, raw, request].into_iter().partition(Result::is_ok);
        // What one operation does not know, it passes over.
        read.into_iter().flatten().for_each(|shown| silent(&shown));
        assert!(!errors.is_empty(), "{body}");
        errors.into_iter().filter_map(Result::err).for_each(|error| silent_error(&error));
    }
}
