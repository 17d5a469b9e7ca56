//! What a plan does to calls and to the state of the service.

use bytes::Bytes;
use http::{Request, StatusCode};
use shomei::{
    ApiKey, CertCentral, RetryPolicy, Sandbox,
    sandbox::{CallMatcher, Fault, FaultPlan},
};

use crate::ground::{self, BODY_LIMIT, KEY, ORGANIZATION, PIECE};

async fn names(sandbox: &Sandbox) -> String {
    let request = Request::get("/services/v2/domain").header("X-DC-DEVKEY", KEY).body(Bytes::new()).unwrap();
    let answer = sandbox.handle(request).await;
    assert_eq!(answer.status(), StatusCode::OK, "there are no faults inside the sandbox");
    String::from_utf8_lossy(answer.body()).into_owned()
}

#[tokio::test(start_paused = true)]
async fn each_fault_does_to_the_state_what_it_says() {
    for fault in Fault::of_each_class() {
        let sandbox = ground::sandbox(Sandbox::builder().faults(FaultPlan::new().on(CallMatcher::all(), fault.clone())));
        let (_, cc) = ground::certcentral(&sandbox, RetryPolicy::never());
        let _ = cc.domains().add("example.org").organization(ORGANIZATION).send().await;
        assert_eq!(names(&sandbox).await.contains("example.org"), fault.reaches_the_service(), "{fault:?}");
        assert_eq!(sandbox.faults_met().len(), 1, "{fault:?}");
        assert_eq!((&*sandbox.faults_met()[0].call, &sandbox.faults_met()[0].fault), ("POST /services/v2/domain", &fault));
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_can_be_set_and_taken_away() {
    let sandbox = Sandbox::new();
    let cc = sandbox.certcentral().unwrap();
    sandbox.set_faults(FaultPlan::new().on(CallMatcher::to("GET /user/me").nth(2), Fault::Errors(StatusCode::IM_A_TEAPOT)));
    cc.users().me().send().await.unwrap();
    let error = cc.users().me().send().await.unwrap_err();
    assert_eq!((error.status(), error.code()), (Some(418), Some("internal_server_error")));
    cc.users().me().send().await.unwrap();
    assert_eq!(sandbox.faults_met().len(), 1);
    sandbox.set_faults(FaultPlan::new());
    cc.users().me().send().await.unwrap();
    assert!(sandbox.faults_met().is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_a_body_without_end_no_more_is_read_than_allowed() {
    for fault in [Fault::Huge, Fault::Endless] {
        let sandbox = ground::sandbox(Sandbox::builder().faults(FaultPlan::new().on(CallMatcher::all(), fault.clone())));
        let (watch, cc) = ground::certcentral(&sandbox, RetryPolicy::default());
        let error = cc.users().me().send().await.unwrap_err();
        assert!(error.is_decode() && error.to_string().contains("larger than 1048576 bytes"), "{error}");
        assert!((BODY_LIMIT..=BODY_LIMIT + PIECE).contains(&watch.most_read()), "{fault:?}: {}", watch.most_read());

        // The limit is whatever the caller says.
        let client = CertCentral::builder(ApiKey::new(KEY).unwrap()).base_url("https://sandbox.invalid/services/v2");
        let small = client.transport(watch.clone()).max_response_size(0).build().unwrap();
        assert!(small.users().me().send().await.unwrap_err().is_decode());
    }
}
