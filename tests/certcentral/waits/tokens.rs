//! Resume tokens: given while a wait is watched, good for one server, and not void when the key is replaced.

use futures_util::TryStreamExt as _;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_wait_gives_its_own_token_also_while_it_is_watched() {
    let (_way, cc, Started { validation, issuance, approval, revocation, .. }) = started().await;
    let expected = (validation.resume_token(), issuance.resume_token(), approval.resume_token(), revocation.resume_token());
    let (mut validation, mut issuance) = (validation.wait(HOUR), issuance.wait(HOUR));
    let (mut approval, mut revocation) = (approval.wait(HOUR), revocation.wait(HOUR));
    for _ in 0..2 {
        let given = (validation.resume_token(), issuance.resume_token(), approval.resume_token(), revocation.resume_token());
        assert!(given == expected);
        let _ = (validation.next().await, issuance.next().await, approval.next().await, revocation.next().await);
    }
    let (one, two, three, four) = expected;
    drop((validation, issuance, approval, revocation));
    cc.domains().resume_validation(one).start().await.unwrap().wait(HOUR).await.unwrap();
    cc.orders().resume_issuance(two).start().await.unwrap().wait(HOUR).await.unwrap();
    cc.requests().resume_approval(three).start().unwrap().wait(HOUR).await.unwrap();
    cc.requests().resume_approval(four.unwrap()).start().unwrap().wait(HOUR).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_is_of_its_base_url() {
    let (way, _, pending) = started().await;
    let token = pending.issuance.resume_token();
    for base_url in ["https://sandbox.invalid/services/v3", "https://other.invalid/services/v2", "https://sandbox.invalid:444/services/v2"]
    {
        let calls = way.count("");
        let error = way.client(base_url).orders().resume_issuance(token.clone()).start().await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("base URL"), "{base_url}: {error}");
        assert_eq!(way.count(""), calls);
    }
    let here = way.client("http://127.0.0.1:4711/services/v2").requests().drive_approval(RequestId(7)).start().resume_token();
    let _ = way.client("http://127.0.0.1:4712/services/v2").requests().resume_approval(here).start().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_key_is_replaced_and_a_wait_goes_on() {
    let (way, _) = Way::to(Sandbox::builder());
    let client = |key: &str| CertCentral::builder(ApiKey::new(key).unwrap()).base_url(BASE).transport(way.clone());
    // Made with the key of before; the service knows only the present one.
    let token = client("FORMER-KEY").build().unwrap().requests().drive_approval(RequestId(7)).start().resume_token();
    let present = || client(way.sandbox.api_key());
    let resume = |cc: CertCentral| cc.requests().resume_approval(token.clone()).start();
    let error = resume(present().build().unwrap()).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("previous_api_key"), "{error}");
    let rotated = present().previous_api_key(ApiKey::new("OLDER-KEY").unwrap()).previous_api_key(ApiKey::new("FORMER-KEY").unwrap());
    let resumed = resume(rotated.build().unwrap()).unwrap();
    // It asks with the present key, and new tokens are made with it.
    let again = resumed.resume_token();
    let _ = present().build().unwrap().requests().resume_approval(again).start().unwrap();
    assert_eq!(resumed.wait(HOUR).await.unwrap_err().error().unwrap().code(), Some("not_found|request"));
}

#[tokio::test(start_paused = true)]
async fn an_in_process_client_knows_the_time_at_once_when_a_test_moves_it() {
    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral().unwrap();
    let pending = validation(&cc, "example.com").await;
    let DcvInstructions::Txt { name, value, .. } = pending.instructions() else { panic!() };
    sandbox.dns().publish_txt(name, value);
    pending.wait(HOUR).await.unwrap();
    let issued = issuance(&cc, "example.com").await.wait(HOUR).await.unwrap();
    let expiring = async || {
        let listed: Vec<_> = cc.orders().expiring(30).stream().try_collect().await.unwrap();
        listed.into_iter().map(|expiring| expiring.order.id).collect::<Vec<_>>()
    };
    assert_eq!(expiring().await, []);
    for (days, expected) in [(180, vec![issued.order.id]), (10, vec![issued.order.id]), (30, vec![])] {
        sandbox.clock().advance(Duration::from_secs(days * 86_400));
        assert_eq!(expiring().await, expected, "{days}");
    }
}
