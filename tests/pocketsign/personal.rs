//! No public type shows personal data, and no error does.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shomei::{
    Redacted, RedactedBytes,
    pocketsign::{CertificateContent, HashAlgorithm, Outcome, v1, v2},
    sandbox::PersonDetails,
};

use crate::{judge::Judge, refusals::Scripted};

const CANARY: &str = "CANARY";
/// base64 of "CANARYCANARY…".
const BYTES: &str = "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZ";

#[track_caller]
fn silent(shown: &str) {
    for canary in [CANARY, BYTES, "67, 65, 78, 65, 82, 89", "43414e415259"] {
        assert!(!shown.contains(canary), "{shown}");
    }
}

#[track_caller]
fn read<T: DeserializeOwned + Debug + Clone>(json: &Value) -> T {
    let value: T = serde_json::from_value(json.clone()).unwrap();
    silent(&format!("{value:?} {value:#?} {:?}", value.clone()));
    value
}

fn v1_content() -> Value {
    json!({"subject": CANARY, "crl_distribution_point": CANARY, "subject_alternative_name": {
        "common_name": CANARY, "substitute_character_of_common_name": CANARY, "gender": CANARY, "date_of_birth": CANARY,
        "address": CANARY, "substitute_character_of_address": CANARY}})
}

fn v2_content() -> Value {
    json!({"subject": CANARY, "crlDistributionPoint": CANARY, "jpkiCardDigitalSignatureContent": {
        "commonName": CANARY, "substituteCharacterOfCommonName": CANARY, "gender": CANARY, "dateOfBirth": CANARY,
        "address": CANARY, "substituteCharacterOfAddress": CANARY}})
}

#[test]
fn no_type_of_v1_shows_personal_data() {
    let verification = json!({"id": "1", "result": "RESULT_OK", "hash_algorithm": "sha256", "digest": BYTES, "signature": BYTES,
        "created_at": "2024-05-01T00:00:00Z"});
    let certificate = json!({"id": "1", "type": "x", "latest": true, "created_at": "2024-05-01T00:00:00Z"});
    let status = json!({"id": "1", "status": "good", "check_method": "crl", "check_purpose": "x", "created_at": "2024-05-01T00:00:00Z"});
    read::<v1::types::Verification>(&verification);
    read::<v1::types::VerificationRecord>(&json!({"verification": verification}));
    read::<v1::types::VerificationPage>(&json!({"results": [{"verification": verification}]}));
    let content = read::<v1::types::CertificateContent>(&v1_content());
    let common = CertificateContent::from(content);
    assert_eq!(common.attributes.as_ref().unwrap().name.as_ref().map(Redacted::expose), Some(&CANARY.to_owned()));
    silent(&format!("{common:?} {common:#?}"));
    read::<v1::types::VerifyResponse>(&json!({"verification": verification, "certificate_content": v1_content()}));
    read::<v1::types::CheckCertificateStatusByContentResponse>(
        &json!({"certificate": certificate, "certificate_status": status, "certificate_content": v1_content()}),
    );
    read::<v1::types::VerifyRequest>(&json!({"certificate": BYTES, "hash_algorithm": "sha256", "digest": BYTES, "signature": BYTES,
        "status_check_method": "crl"}));
    read::<v1::types::CheckCertificateStatusByContentRequest>(&json!({"certificate": BYTES, "status_check_method": "crl"}));
}

#[test]
fn no_type_of_v2_shows_personal_data() {
    let verification = json!({"id": "1", "digest": BYTES, "signature": BYTES});
    read::<v2::types::Verification>(&verification);
    read::<v2::types::GetVerificationResponse>(&json!({"verification": verification}));
    read::<v2::types::ListVerificationsResponse>(&json!({"responses": [{"verification": verification}]}));
    let content = read::<v2::types::CertificateContent>(&v2_content());
    let common = CertificateContent::from(content);
    assert_eq!(common.attributes.as_ref().unwrap().address_substitutes.as_ref().map(Redacted::expose), Some(&CANARY.to_owned()));
    silent(&format!("{common:?} {common:#?}"));
    read::<v2::types::VerifyResponse>(&json!({"verification": verification, "certificateContent": v2_content()}));
    read::<v2::types::VerifyRequest>(
        &json!({"certificate": BYTES, "hashAlgorithm": "HASH_ALGORITHM_SHA256", "digest": BYTES, "signature": BYTES}),
    );
    silent(&format!("{:?}", RedactedBytes::new(CANARY)));
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
        let judged = ["x-redacted", "x-bytes", "x-string-id", "x-extensible-enum", "enum", "const"];
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

#[tokio::test]
async fn no_builder_and_no_outcome_shows_personal_data() {
    let judge = Judge::new();
    let details = PersonDetails { name: CANARY.to_owned(), address: CANARY.to_owned(), ..PersonDetails::default() };
    let card = judge.sandbox().jpki().card(details);
    let (digest, signature) = card.signing.sign(CANARY.as_bytes());
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte}, ")).collect::<String>();
    let v2 = judge.v2();
    let sign_in = v2.sign_in().signature(card.signing.der(), HashAlgorithm::Sha256, digest, &signature);
    let shown = format!("{sign_in:?} {card:?}");
    silent(&shown);
    assert!(!shown.contains(&hex(&digest[..4])) && !shown.contains(&hex(&signature[..4])), "{shown}");
    let outcome = sign_in.send().await.unwrap();
    silent(&format!("{outcome:?} {outcome:#?}"));
    let Outcome::New(person) = outcome else { panic!("known") };
    assert_eq!(person.content.unwrap().attributes.unwrap().name.unwrap().expose(), CANARY);
    silent(&format!("{v2:?} {:?} {:?}", v2.certificates(), v2.sweep()));
}

#[tokio::test]
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
        (302, "CANARY"),
    ] {
        let service = Scripted::json(status, body);
        let id = "497f6eca-6276-4993-bfeb-53cbbbba6f08";
        let user = service.v1().users().get(id).send().await.map(|answer| format!("{answer:?}"));
        let certificate = service.v2().certificates().get(id).send().await.map(|answer| format!("{answer:?}"));
        let (read, errors): (Vec<_>, Vec<_>) = [user, certificate].into_iter().partition(Result::is_ok);
        // What one operation does not know, it passes over.
        read.into_iter().flatten().for_each(|shown| silent(&shown));
        assert!(!errors.is_empty(), "{body}");
        for error in errors.into_iter().filter_map(Result::err) {
            silent(&format!("{error} {error:?} {:?} {:?}", error.excerpt(), error.entries()));
            let mut source = std::error::Error::source(&error);
            while let Some(inner) = source {
                silent(&format!("{inner} {inner:?}"));
                source = inner.source();
            }
        }
    }
}
