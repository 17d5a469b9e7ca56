//! Tokens of domain validation: a good one is void once it is replaced, so none is for a wrong clock.

use shomei::certcentral::{DcvMethod, flow::DomainValidationState};

use super::*;

const YEAR: i64 = 365 * 86_400;
const DAY: Duration = Duration::from_secs(86_400);

impl Way {
    fn set_ahead(&self, seconds: i64) {
        *self.ahead.lock().unwrap() = seconds;
    }
}

/// Whoever is wrong about the time, and by how much: the service's `Date`.
const WRONG: [i64; 4] = [40 * 86_400, YEAR, 20 * YEAR, -20 * YEAR];

#[tokio::test(start_paused = true)]
async fn a_wrong_date_replaces_no_token_in_a_wait() {
    for ahead in WRONG {
        let (way, cc) = Way::to(Sandbox::builder());
        let pending = validation(&cc, "example.com").await.polling(Polling::fixed(MINUTE));
        publish(&way, pending.instructions());
        way.set_ahead(ahead);
        cc.users().me().send().await.unwrap();
        pending.wait(HOUR).await.unwrap();
        assert_eq!(way.count("POST /domain/"), 0, "{ahead}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_date_changes_nothing_of_an_adopted_domain() {
    for ahead in WRONG {
        let (way, cc) = Way::to(Sandbox::builder());
        let first = validation(&cc, "example.com").await;
        way.set_ahead(ahead);
        cc.users().me().send().await.unwrap();
        let again = validation(&cc, "example.com").await;
        assert_eq!(first.instructions(), again.instructions(), "{ahead}");

        // Not the method of one that is validated either.
        publish(&way, first.instructions());
        first.wait(HOUR).await.unwrap();
        let writes = way.count("POST ") + way.count("PUT ");
        let other = cc.domains().validate("example.com").organization(ORGANIZATION);
        let _ = other.dcv_method(DcvMethod::DnsCnameToken).start().await.unwrap();
        assert_eq!(way.count("POST ") + way.count("PUT "), writes, "{ahead}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_end_lies_behind_both_clocks_is_replaced_once() {
    let (way, cc) = Way::to(Sandbox::builder());
    let mut wait = validation(&cc, "example.com").await.polling(Polling::fixed(DAY)).wait(40 * DAY);
    let renewed = loop {
        match wait.next().await.unwrap().unwrap() {
            Progress::InProgress(DomainValidationState::TokenRenewed(instructions)) => break instructions,
            Progress::Completed(domain) => panic!("{domain:?}"),
            _ => {}
        }
    };
    publish(&way, &renewed);
    assert!(matches!(wait.next().await, Some(Ok(Progress::Completed(_)))));
    assert_eq!(way.count("/dcv/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn where_the_service_says_that_it_expired_it_is_replaced() {
    let (way, cc) = Way::to(Sandbox::builder());
    let pending = validation(&cc, "example.com").await;
    let id = pending.id();
    let mut told = false;
    way.meddle(move |call| {
        let first = call.contains("validate-token") && !std::mem::replace(&mut told, true);
        let body = format!(
            r#"{{"id": {id}, "name": "example.com", "dcv_method": "dns-txt-token", "dcv_token": {{"token": "old", "status": "expired"}}}}"#
        );
        match first {
            true => Some(response(200, r#"{"status": "expired"}"#)),
            false => (told && call == format!("GET /domain/{id}")).then(|| response(200, &body)),
        }
    });
    let mut wait = pending.wait(HOUR);
    let step = wait.next().await.unwrap().unwrap();
    assert!(matches!(step, Progress::InProgress(DomainValidationState::TokenRenewed(_))), "{step:?}");
    assert_eq!(way.count("/dcv/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn where_the_service_refuses_it_and_its_end_has_come_there_it_is_replaced() {
    let (way, cc) = Way::to(Sandbox::builder());
    let pending = validation(&cc, "example.com").await;
    way.set_ahead(40 * 86_400);
    way.answer_for(MINUTE, "validate-token", 400, r#"{"errors":[{"code":"invalid_value:token","message":"It is too old."}]}"#);
    let mut wait = pending.wait(HOUR);
    let step = wait.next().await.unwrap().unwrap();
    assert!(matches!(step, Progress::InProgress(DomainValidationState::TokenRenewed(_))), "{step:?}");
    assert_eq!(way.count("/dcv/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_a_colleague_replaced_is_announced_not_replaced_again() {
    let (way, cc) = Way::to(Sandbox::builder());
    let pending = validation(&cc, "example.com").await;
    let replaced = cc.domains().generate_dcv_token(pending.id()).send().await.unwrap();
    way.answer_for(MINUTE, "validate-token", 400, r#"{"errors":[{"code":"invalid_value:token","message":"It was replaced."}]}"#);
    let mut wait = pending.wait(HOUR);
    let Some(Ok(Progress::InProgress(DomainValidationState::TokenRenewed(instructions)))) = wait.next().await else { panic!() };
    assert!(instructions.to_string().contains(replaced.token.as_deref().unwrap()));
    assert_eq!(way.count("/dcv/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_may_be_a_proxys_replaces_no_token() {
    for body in ["<html>", r#"{"errors":[{"code":"blocked","message":"No."}]}"#, ""] {
        let (way, cc) = Way::to(Sandbox::builder());
        let pending = validation(&cc, "example.com").await;
        publish(&way, pending.instructions());
        // By the service's clock the token has ended, by ours it has not.
        way.set_ahead(40 * 86_400);
        way.answer_for(10 * MINUTE, "validate-token", 400, body);
        pending.wait(HOUR).await.unwrap();
        assert_eq!(way.count("/dcv/token"), 0, "{body:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_token_whose_response_is_unreadable_is_taken_up_not_replaced_again() {
    let (way, cc) = Way::to(Sandbox::builder());
    let pending = validation(&cc, "example.com").await.polling(Polling::fixed(DAY));
    *way.garbled.lock().unwrap() = Some(("/dcv/token", "{}"));
    let mut wait = pending.wait(40 * DAY);
    let renewed = loop {
        match wait.next().await.unwrap().unwrap() {
            Progress::InProgress(DomainValidationState::TokenRenewed(instructions)) => break instructions,
            Progress::Completed(domain) => panic!("{domain:?}"),
            _ => {}
        }
    };
    publish(&way, &renewed);
    assert!(matches!(wait.next().await, Some(Ok(Progress::Completed(_)))));
    assert_eq!(way.count("/dcv/token"), 1);
}
