//! Keys that are told once: when the answer is lost, the error says which one to revoke. And users, who are found again.

use shomei::certcentral::{ApiKeyId, UserId, UserRole};

use super::*;

const USER: UserId = UserId(14);
const KEY: &str = "/key/user/14";

async fn numbers(cc: &CertCentral) -> Vec<ApiKeyId> {
    cc.api_keys().list().send().await.unwrap().iter().map(|key| key.id).collect()
}

async fn deployment(cc: &CertCentral) -> Error {
    cc.api_keys().create(USER, "deployment").send().await.unwrap_err()
}

fn hint(error: &Error) -> &str {
    assert!(error.is_ambiguous(), "{error}");
    error.recovery_hint().unwrap_or_else(|| panic!("no hint: {error}"))
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_answer_was_lost_is_named() {
    let (lossy, cc) = Lossy::new();
    lossy.lose(KEY, Fate::AnswerLost);
    let error = deployment(&cc).await;
    let [own, lost] = numbers(&cc).await[..] else { panic!("it was made once") };
    assert!(hint(&error).contains(&format!("key {lost} appeared since: revoke it")), "{error}");
    assert!(!hint(&error).contains(&format!("key {own}")), "{error}");
    assert_eq!(lossy.calls(KEY), 1);
    lossy.assert_lost();

    // What the error says can be done.
    cc.api_keys().revoke(lost).own_key_named("deployment").send().await.unwrap();
    assert_eq!(cc.api_keys().get(lost).send().await.unwrap().status.unwrap().to_string(), "revoked");
    let again = cc.api_keys().create(USER, "deployment").send().await.unwrap();
    assert!(again.id != lost && cc.users().me().send().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_never_made_is_not_named() {
    for fate in [Fate::RequestLost, Fate::ShortBody] {
        let (lossy, cc) = Lossy::new();
        lossy.lose(KEY, fate);
        let error = deployment(&cc).await;
        assert!(hint(&error).starts_with("no API key \"deployment\" of user 14 has appeared since"), "{error}");
        assert_eq!((numbers(&cc).await.len(), lossy.calls(KEY)), (1, 1));
    }
    for fate in [Fate::Unsent, Fate::Refused] {
        let (lossy, cc) = Lossy::new();
        lossy.lose_all(KEY, &vec![fate; if fate == Fate::Unsent { 10 } else { 1 }]);
        let error = deployment(&cc).await;
        assert!(!error.is_ambiguous() && error.recovery_hint().is_none(), "{error}");
        assert_eq!(numbers(&cc).await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_somebody_else_is_named_with_it() {
    let (lossy, cc) = Lossy::new();
    lossy.lose(KEY, Fate::AnswerLost);
    lossy.meanwhile(|cc| async move {
        for name in ["deployment", "monitoring"] {
            cc.api_keys().create(USER, name).send().await.unwrap();
        }
    });
    let error = deployment(&cc).await;
    let [_, lost, theirs, _] = numbers(&cc).await[..] else { panic!() };
    assert!(hint(&error).contains(&format!("key {lost}, key {theirs} appeared since: revoke it, unless somebody else made it")), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_told_in_garbled_words_shows_nowhere() {
    for body in [r#"{"id":"none","api_key":"CANARY"}"#, r#"{"id":183,"api_key":"CANARY"#, r#"["CANARY"]"#, "CANARY"] {
        let (lossy, cc) = Lossy::new();
        lossy.lose(KEY, Fate::Garbled(body));
        let error = deployment(&cc).await;
        let lost = numbers(&cc).await[1];
        assert!(hint(&error).contains(&format!("key {lost} appeared since")), "{error}");
        assert!(!format!("{error} {error:?}").contains("CANARY") && error.excerpt().is_none(), "{body}: {error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_user_whose_key_was_lost_is_named() {
    let (lossy, cc) = Lossy::new();
    lossy.lose("/v2/user", Fate::AnswerLost);
    let error = cc.users().create_service_user("robots@example.com", "deployment").send().await.unwrap_err();
    let id = cc.users().list().send().await.unwrap().users.iter().map(|user| user.id).max().unwrap();
    assert!(hint(&error).contains(&format!("user {id} appeared since: delete it")), "{error}");
    cc.users().delete(id).send().await.unwrap();
    assert_eq!(lossy.calls("/v2/user"), 1);
}

#[tokio::test(start_paused = true)]
async fn acme_credentials_that_were_lost_are_named() {
    for path in ["/key/acme-eab/tlm", "/key/acme-eab"] {
        let (lossy, cc) = Lossy::new();
        lossy.lose(path, Fate::AnswerLost);
        let error = if path.ends_with("tlm") {
            cc.acme().create_credentials("web", Product::BASIC_OV).organization(ORGANIZATION).years(1).send().await.unwrap_err()
        } else {
            cc.acme().create_legacy_credentials("web", Product::BASIC_OV).organization(ORGANIZATION).send().await.unwrap_err()
        };
        let lost = numbers(&cc).await[1];
        assert!(
            hint(&error).contains(&format!("ACME credentials \"web\" was lost with the response; key {lost} appeared since")),
            "{error}"
        );
    }
}

async fn jane(cc: &CertCentral) -> Result<UserId, Error> {
    let jane = cc.users().create("jane", UserRole::StandardUser).first_name("Jane").last_name("Roe");
    jane.email("jane@example.com").send().await
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_answer_was_lost_is_adopted() {
    let (lossy, cc) = Lossy::new();
    lossy.lose("/v2/user", Fate::AnswerLost);
    let id = jane(&cc).await.unwrap();
    assert_eq!(cc.users().get(id).send().await.unwrap().username.as_deref(), Some("jane"));
    assert_eq!(lossy.calls("/v2/user"), 1);

    // There is one now; a second of the same name is refused, and this one is not taken for it.
    lossy.lose("/v2/user", Fate::RequestLost);
    let error = jane(&cc).await.unwrap_err();
    assert!(hint(&error).contains("look for a user \"jane\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_csr_whose_answer_was_lost_is_seen_in_the_order() {
    for (fate, taken) in [(Fate::AnswerLost, true), (Fate::RequestLost, false)] {
        let (lossy, cc) = Lossy::new();
        let order = http::Request::post("/services/v2/order/certificate/code_signing").header("x-dc-devkey", lossy.sandbox.api_key());
        let body = r#"{"certificate": {"signature_hash": "sha256"}, "organization": {"id": 754781}, "order_validity": {"years": 1}}"#;
        let order = order.header("content-type", "application/json").body(body.into()).unwrap();
        let placed = lossy.sandbox.handle(order).await;
        assert_eq!(placed.status(), 201);
        lossy.sandbox.validate_organization(ORGANIZATION.0).unwrap();
        let id = cc.orders().list().send().await.unwrap().orders[0].id;

        let csr = csr();
        lossy.lose("/csr", fate);
        let added = cc.orders().add_csr(id, csr.clone()).send().await;
        assert_eq!(lossy.calls("/csr"), 1);
        if taken {
            added.unwrap();
            let leaf =
                cc.certificates().chain(cc.orders().get(id).send().await.unwrap().certificate.unwrap().id.unwrap()).send().await.unwrap();
            assert_eq!(leaf.leaf().public_key_der(), csr.public_key_der());
        } else {
            assert!(hint(&added.unwrap_err()).contains(&format!("check whether order {id} has its CSR")));
        }
    }
}
