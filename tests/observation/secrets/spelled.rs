//! Answers that hold the key in another spelling, at every place where something of an answer is told.

use bytes::Bytes;
use shomei::{
    ApiKey, CertCentral, Error, RetryPolicy,
    certcentral::{CertificateFormat, CertificateId, DomainId},
};

use super::{KEY, silent, spellings, told};
use crate::scripted::Scripted;

/// A client that gets this answer, whatever is asked.
fn answered(status: u16, kind: &'static str, body: impl Into<Bytes>) -> CertCentral {
    let answer = http::Response::builder().status(status).header("content-type", kind).body(body.into()).unwrap();
    CertCentral::builder(ApiKey::new(KEY).unwrap()).transport(Scripted::always(answer)).retry(RetryPolicy::never()).build().unwrap()
}

/// The key in every spelling, and what stands for it in the texts of URLs, HTML and JSON.
fn written() -> Vec<String> {
    let each = |write: fn(u8) -> String| KEY.bytes().map(write).collect::<String>();
    let mut written = spellings(KEY.as_bytes());
    written.extend([KEY.to_lowercase(), KEY.to_uppercase()]);
    written.extend(
        [|byte| format!("%{byte:02x}"), |byte| format!("&#{byte};"), |byte| format!("&#x{byte:X};"), |byte| format!("\\u{byte:04x}")]
            .map(each),
    );
    written
}

#[tokio::test]
async fn no_spelling_of_the_key_is_shown() {
    let failed = async |status, kind, body: String| -> Error {
        answered(status, kind, body).domains().get(DomainId(738_687)).send().await.unwrap_err()
    };
    for spelling in written() {
        let message = serde_json::json!({"errors": [{"code": "bad", "message": format!("you sent {spelling}.")}]}).to_string();
        for error in [
            failed(502, "text/html", format!("<pre>x-dc-devkey: {spelling}</pre>")).await,
            failed(200, "text/plain", format!("you sent {spelling}.")).await,
            failed(400, "application/json", message).await,
            failed(400, "application/json", format!(r#"{{"you sent":"{spelling}"}}"#)).await,
        ] {
            let shown = told(error);
            assert!(!shown.to_lowercase().contains(&spelling.to_lowercase()), "{shown}");
            silent(&shown, &[KEY.as_bytes()]);
        }
        let page = format!("<pre>{spelling}</pre>");
        let cc = answered(200, "text/html", page.clone());
        let file = cc.certificates().download(CertificateId(1), CertificateFormat::PemAll).send().await.unwrap();
        let shown = format!("{file:?} {file:#?}");
        assert!(!shown.contains(&spelling) && file.body == page, "{shown}");
        silent(&shown, &[KEY.as_bytes()]);
    }
}
