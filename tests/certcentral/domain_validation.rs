//! From a name to a validated domain, against the sandbox, in virtual time.

use std::time::Duration;

use futures_util::StreamExt as _;
use shomei::{
    Polling, Progress, Sandbox,
    certcentral::{
        DcvMethod, DomainId, ErrorCode, OrganizationId, ValidationType,
        flow::{DcvInstructions, DomainValidationState, PendingValidation},
    },
};

use crate::judge::Judge;

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn judge() -> Judge {
    Judge::new(Sandbox::new())
}

async fn start(judge: &Judge, method: DcvMethod) -> PendingValidation {
    judge.client().domains().validate("example.com").organization(ORGANIZATION).dcv_method(method).start().await.unwrap()
}

/// Does what the instructions say.
fn publish(sandbox: &Sandbox, instructions: &DcvInstructions) {
    match instructions {
        DcvInstructions::Txt { name, value, .. } => sandbox.dns().publish_txt(name, value),
        DcvInstructions::Cname { name, target, .. } => sandbox.dns().publish_cname(name, target),
        DcvInstructions::File { url, body, .. } => sandbox.files().publish(url, body),
        DcvInstructions::Email { addresses, .. } => sandbox.approve_dcv_mail(&addresses[0]).unwrap(),
        DcvInstructions::AlreadyValidated { .. } => {}
        _ => unreachable!("a method that this test does not know"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_method_leads_from_a_name_to_a_validated_domain() {
    for method in [DcvMethod::DnsTxtToken, DcvMethod::DnsCnameToken, DcvMethod::HttpToken, DcvMethod::Email] {
        let judge = judge();
        let pending = start(&judge, method.clone()).await;
        assert_eq!(pending.name(), "example.com");
        publish(judge.sandbox(), pending.instructions());
        let domain = pending.wait(HOUR).await.unwrap();
        assert_eq!(domain.dcv_method, Some(method.clone()), "{method}");
        assert!(domain.dcv_expiration_datetime.is_some(), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_instructions_are_what_has_to_be_published() {
    let judge = judge();
    let DcvInstructions::Txt { name, value, expires, .. } = start(&judge, DcvMethod::DnsTxtToken).await.instructions().clone() else {
        panic!()
    };
    assert_eq!(name, "example.com");
    assert!(expires.unwrap() > judge.sandbox().clock().now());
    let cname = start(&judge, DcvMethod::DnsCnameToken).await.instructions().to_string();
    assert!(cname.ends_with(".example.com. IN CNAME dcv.digicert.com."), "{cname}");
    assert!(!cname.contains(&value), "a change of method brings a new token");
    let file = start(&judge, DcvMethod::HttpToken).await.instructions().to_string();
    assert!(file.starts_with("http://example.com/.well-known/pki-validation/fileauth.txt with the content "), "{file}");
    let mail = start(&judge, DcvMethod::Email).await.instructions().to_string();
    assert!(mail.contains("admin@example.com"), "{mail}");
}

#[tokio::test(start_paused = true)]
async fn not_found_means_not_yet_and_the_stream_tells_every_look() {
    for (method, code) in [
        (DcvMethod::DnsTxtToken, Some(ErrorCode::InvalidDnsTxt)),
        (DcvMethod::DnsCnameToken, Some(ErrorCode::InvalidDnsCname)),
        (DcvMethod::HttpToken, Some(ErrorCode::FileRandomValueNotFound)),
        (DcvMethod::Email, None),
    ] {
        let judge = judge();
        let pending = start(&judge, method.clone()).await.polling(Polling::fixed(Duration::from_secs(10)));
        let instructions = pending.instructions().clone();
        let mut wait = pending.wait(HOUR);
        for _ in 0..3 {
            let step = wait.next().await.unwrap().unwrap();
            let Progress::InProgress(DomainValidationState::Pending { code: found, .. }) = step else { panic!("{method}: {step:?}") };
            assert_eq!(found, code, "{method}");
        }
        publish(judge.sandbox(), &instructions);
        assert!(matches!(wait.next().await.unwrap().unwrap(), Progress::Completed(_)), "{method}");
        assert!(wait.next().await.is_none(), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn out_of_time_it_says_so_and_a_resume_token_goes_on() {
    let judge = judge();
    let pending = start(&judge, DcvMethod::DnsTxtToken).await;
    let instructions = pending.instructions().clone();
    let token = serde_json::to_string(&pending.resume_token()).unwrap();
    let error = pending.wait(HOUR).await.unwrap_err();
    assert!(error.is_wait_timeout());
    let Some(DomainValidationState::Pending { code, .. }) = error.last_state() else { panic!("{error:?}") };
    assert_eq!(*code, Some(ErrorCode::InvalidDnsTxt));

    // Another process: nothing but the token is left.
    let pending = judge.client().domains().resume_validation(serde_json::from_str(&token).unwrap()).start().await.unwrap();
    assert_eq!(pending.instructions(), &instructions);
    publish(judge.sandbox(), &instructions);
    pending.wait(HOUR).await.unwrap();
    assert_eq!(judge.count("POST /domain"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_existing_domain_is_adopted_and_a_validated_one_left_alone() {
    let judge = judge();
    let first = start(&judge, DcvMethod::DnsTxtToken).await;
    let second = start(&judge, DcvMethod::DnsTxtToken).await;
    assert_eq!((first.id(), first.instructions()), (second.id(), second.instructions()));
    publish(judge.sandbox(), second.instructions());
    second.wait(HOUR).await.unwrap();

    let third = start(&judge, DcvMethod::DnsTxtToken).await;
    assert!(matches!(third.instructions(), DcvInstructions::AlreadyValidated { until: Some(_), .. }));
    let looks = judge.count("validate-token");
    assert_eq!(third.wait(Duration::ZERO).await.unwrap().id, first.id());
    assert_eq!(judge.count("validate-token"), looks, "there was nothing to look for");
    assert_eq!(judge.count("POST /domain"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_validation_that_lapsed_is_made_again() {
    let judge = judge();
    let pending = start(&judge, DcvMethod::DnsTxtToken).await;
    publish(judge.sandbox(), pending.instructions());
    pending.wait(HOUR).await.unwrap();
    tokio::time::advance(200 * DAY).await;

    let again = start(&judge, DcvMethod::DnsTxtToken).await;
    assert!(matches!(again.instructions(), DcvInstructions::Txt { .. }));
    publish(judge.sandbox(), again.instructions());
    let domain = again.wait(HOUR).await.unwrap();
    assert!(domain.dcv_expiration_datetime.unwrap() > judge.sandbox().clock().now());
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_renewed_announced_and_published_again_by_the_hook() {
    let judge = judge();
    let pending = start(&judge, DcvMethod::DnsTxtToken).await.polling(Polling::fixed(6 * HOUR));
    let first = pending.instructions().clone();
    let mut wait = pending.wait(40 * DAY);
    let renewed = loop {
        match wait.next().await.unwrap().unwrap() {
            Progress::InProgress(DomainValidationState::Pending { .. }) => {}
            Progress::InProgress(DomainValidationState::TokenRenewed(instructions)) => break instructions,
            other => panic!("{other:?}"),
        }
    };
    assert_ne!(first, renewed);
    publish(judge.sandbox(), &renewed);
    assert!(matches!(wait.next().await.unwrap().unwrap(), Progress::Completed(_)));
    assert_eq!(judge.count("POST /domain/1863015/dcv/token"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_hook_publishes_before_the_first_look_and_its_error_ends_the_wait() {
    let judge = judge();
    let sandbox = judge.sandbox().clone();
    let pending = start(&judge, DcvMethod::DnsTxtToken).await.publish_with(move |instructions| {
        let sandbox = sandbox.clone();
        async move {
            publish(&sandbox, &instructions);
            Ok::<_, std::io::Error>(())
        }
    });
    pending.wait(Duration::from_secs(1)).await.unwrap();
    assert_eq!(judge.count("validate-token"), 1);

    let other = judge.client().domains().validate("example.net").organization(ORGANIZATION).start().await.unwrap();
    let error = other.publish_with(|_| async { Err("the DNS provider is down") }).wait(HOUR).await.unwrap_err();
    assert!(!error.is_wait_timeout());
    assert!(error.to_string().contains("the DNS provider is down"));
    assert_eq!(error.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_on_under_another_method_only_when_asked_to() {
    let judge = judge();
    let pending = start(&judge, DcvMethod::DnsTxtToken).await;
    judge.client().domains().change_dcv_method(pending.id(), DcvMethod::Email).send().await.unwrap();
    let error = pending.wait(HOUR).await.unwrap_err();
    assert_eq!(error.error().unwrap().certcentral_code(), Some(ErrorCode::InvalidDnsMethod));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_somebody_replaced_is_taken_over() {
    let judge = judge();
    let pending = start(&judge, DcvMethod::DnsTxtToken).await;
    let first = pending.instructions().clone();
    judge.client().domains().generate_dcv_token(pending.id()).send().await.unwrap();
    publish(judge.sandbox(), &first);
    // The service finds only the old token, which is void: not yet. A new start shows what is wanted now.
    assert!(pending.wait(HOUR).await.unwrap_err().is_wait_timeout());
    let again = start(&judge, DcvMethod::DnsTxtToken).await;
    assert_ne!(again.instructions(), &first);
}

#[tokio::test(start_paused = true)]
async fn a_deactivated_domain_is_not_woken_up() {
    let judge = judge();
    let id = start(&judge, DcvMethod::DnsTxtToken).await.id();
    judge.client().domains().deactivate(id).send().await.unwrap();
    let error = judge.client().domains().validate("example.com").organization(ORGANIZATION).start().await.unwrap_err();
    assert!(error.to_string().contains("activate it first"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn dropping_a_wait_stops_it() {
    let judge = judge();
    let mut wait = start(&judge, DcvMethod::DnsTxtToken).await.wait(HOUR);
    wait.next().await.unwrap().unwrap();
    drop(wait);
    let calls = judge.calls().len();
    tokio::time::advance(HOUR).await;
    assert_eq!(judge.calls().len(), calls);
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_ends_the_start() {
    let judge = judge();
    let domains = judge.client();
    let unknown = domains.domains().validate("example.com").organization(OrganizationId(1)).start().await.unwrap_err();
    assert!(unknown.was_sent() && unknown.status().is_some());
    let pending = start(&judge, DcvMethod::DnsTxtToken).await;
    let elsewhere = Sandbox::builder().api_key(judge.sandbox().api_key()).build();
    let gone = elsewhere.certcentral().unwrap().domains().resume_validation(pending.resume_token()).start().await.unwrap_err();
    assert!(gone.is_not_found());
    let token = serde_json::to_value(pending.resume_token()).unwrap();
    for (member, value) in [("/version", 99.into()), ("/content/domain", 4711.into()), ("/content/wanted/validations/0", "ev".into())] {
        let mut changed = token.clone();
        *changed.pointer_mut(member).unwrap() = value;
        let refused = domains.domains().resume_validation(serde_json::from_value(changed).unwrap()).start().await.unwrap_err();
        assert!(refused.is_invalid_input(), "{member}: {refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn ov_and_ev_are_validated_together() {
    let judge = judge();
    let pending = judge
        .client()
        .domains()
        .validate("sub.example.com")
        .organization(ORGANIZATION)
        .validations([ValidationType::Ov, ValidationType::Ev])
        .start()
        .await
        .unwrap();
    publish(judge.sandbox(), pending.instructions());
    let domain = pending.wait(HOUR).await.unwrap();
    assert_eq!(domain.validations.len(), 2);
    assert_ne!(domain.id, DomainId(0));
}
