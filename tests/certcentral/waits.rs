//! Waits with somebody between them and the service: what ends a wait, what it rides out, and what it tells of it. In virtual time.

mod proofs;
mod texts;
mod tokens;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt as _, future::BoxFuture};
use http::Response;
use shomei::{
    ApiKey, CertCentral, Error, Flow, Polling, Progress, ResponseBody, Sandbox, Transport, TransportError, TransportRequest, Wait,
    WaitError,
    certcentral::{
        ErrorCode, OrderId, OrganizationId, Plan, Product, RequestId,
        flow::{DcvInstructions, PendingApproval, PendingIssuance, PendingRevocation, PendingValidation},
    },
    sandbox::{ApprovalMode, SandboxBuilder},
};
use tokio::time::Instant;

use crate::judge::csr;

const ORGANIZATION: OrganizationId = OrganizationId(754_781);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const BASE: &str = "https://sandbox.invalid/services/v2";

/// What somebody says to a request (`GET /domain/7`) in place of the service; `None` lets it through.
type Meddling = Box<dyn FnMut(&str) -> Option<Response<String>> + Send>;

/// The way to a sandbox, with somebody on it.
#[derive(Clone)]
struct Way {
    sandbox: Sandbox,
    meddling: Arc<Mutex<Option<Meddling>>>,
    /// The next request whose path ends like this is done, and its response takes this form on the way.
    garbled: Arc<Mutex<Option<(&'static str, &'static str)>>>,
    /// What the service says the time is, in seconds ahead of the sandbox's.
    ahead: Arc<Mutex<i64>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Way {
    fn to(builder: SandboxBuilder) -> (Self, CertCentral) {
        let way = Self {
            sandbox: builder.build(),
            meddling: Arc::default(),
            garbled: Arc::default(),
            ahead: Arc::default(),
            calls: Arc::default(),
        };
        let client = way.client(BASE);
        (way, client)
    }

    fn client(&self, base_url: &str) -> CertCentral {
        let key = ApiKey::new(self.sandbox.api_key()).unwrap();
        CertCentral::builder(key).base_url(base_url).transport(self.clone()).build().unwrap()
    }

    /// From now on somebody is there.
    fn meddle(&self, meddling: impl FnMut(&str) -> Option<Response<String>> + Send + 'static) {
        *self.meddling.lock().unwrap() = Some(Box::new(meddling));
    }

    /// For so long, requests that hold these words get this response.
    fn answer_for(&self, time: Duration, words: &'static str, status: u16, body: &'static str) {
        let until = Instant::now() + time;
        self.meddle(move |call| (call.contains(words) && Instant::now() < until).then(|| response(status, body)));
    }

    fn count(&self, words: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| call.contains(words)).count()
    }
}

fn response(status: u16, body: &str) -> Response<String> {
    let content_type = if body.starts_with('{') { "application/json" } else { "text/html" };
    let response = Response::builder().status(status).header("content-type", content_type);
    let response = if status == 302 { response.header("location", "https://login.example/") } else { response };
    response.body(body.to_owned()).unwrap()
}

impl Transport for Way {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>> {
        let call = format!("{} {}", request.method(), request.path().trim_start_matches("/services/v2"));
        let meddled = self.meddling.lock().unwrap().as_mut().and_then(|meddling| meddling(&call));
        let garbled = self.garbled.lock().unwrap().take_if(|(path, _)| call.ends_with(*path));
        self.calls.lock().unwrap().push(call);
        Box::pin(async move {
            if let Some(response) = meddled {
                return Ok(response.map(Into::into));
            }
            let mut response = self.sandbox.send(request).await?;
            if let Some((_, body)) = garbled {
                return Ok(self::response(200, body).map(Into::into));
            }
            let ahead = *self.ahead.lock().unwrap();
            if ahead != 0 {
                let time = self.sandbox.clock().now() + chrono::TimeDelta::seconds(ahead);
                let date = time.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
                response.headers_mut().insert("date", date.parse().unwrap());
            }
            Ok(response)
        })
    }
}

async fn validation(cc: &CertCentral, name: &str) -> PendingValidation {
    cc.domains().validate(name).organization(ORGANIZATION).start().await.unwrap()
}

fn publish(way: &Way, instructions: &DcvInstructions) {
    let DcvInstructions::Txt { name, value, .. } = instructions else { panic!("{instructions:?}") };
    way.sandbox.dns().publish_txt(name, value);
}

async fn validated(way: &Way, cc: &CertCentral) {
    let pending = validation(cc, "example.com").await;
    publish(way, pending.instructions());
    pending.wait(HOUR).await.unwrap();
}

async fn issuance(cc: &CertCentral, name: &str) -> PendingIssuance {
    let order = cc.orders().issue(Product::SECURE_SITE_OV, csr()).common_name(name).organization(ORGANIZATION);
    order.plan(Plan::years(1)).start().await.unwrap()
}

/// Each kind of flow, started: what remains is to wait for it.
struct Started {
    revoked: OrderId,
    validation: PendingValidation,
    issuance: PendingIssuance,
    approval: PendingApproval,
    revocation: PendingRevocation,
}

fn started() -> BoxFuture<'static, (Way, CertCentral, Started)> {
    Box::pin(async {
        let (way, cc) = Way::to(Sandbox::builder().approval(ApprovalMode::OneStep));
        validated(&way, &cc).await;
        let issued = issuance(&cc, "example.com").await.wait(HOUR).await.unwrap();
        let revocation = cc.orders().revoke(issued.order.id).start().await.unwrap();
        let other = issuance(&cc, "example.com").await;
        let request: RequestId = other.response().unwrap().requests[0].id;
        let validation = validation(&cc, "example.net").await;
        publish(&way, validation.instructions());
        let approval = cc.requests().drive_approval(request).start();
        let issuance = issuance(&cc, "example.com").await;
        (way, cc, Started { revoked: issued.order.id, validation, issuance, approval, revocation })
    })
}

/// What comes from somebody else than the service.
const FOREIGN: [(u16, &str); 14] = [
    (200, "<html><body>Welcome to the guest network</body></html>"),
    (200, ""),
    (200, "{\"id\": "),
    (200, "[]"),
    (200, "null"),
    (204, ""),
    (302, ""),
    (400, ""),
    (401, "<html>Sign in</html>"),
    (403, "<html>Blocked by policy</html>"),
    (403, r#"{"errors":[{"code":"blocked_by_policy","message":"Ask your administrator."}]}"#),
    (404, "<html>no such page</html>"),
    (407, r#"{"error":"proxy authentication required"}"#),
    (451, r#"{"errors":"not here"}"#),
];

/// Waits for an hour while somebody answers everything for twenty minutes; tells how many faults the wait told of.
async fn outlast<F: Flow>(way: &Way, mut wait: Wait<F>, status: u16, body: &'static str) -> usize {
    way.answer_for(20 * MINUTE, "", status, body);
    let (begun, mut faults) = (Instant::now(), 0);
    loop {
        match wait.next().await.unwrap() {
            Ok(Progress::Fault(fault)) => {
                faults += 1;
                assert_eq!(fault.in_a_row() as usize, faults, "{status} {body:?}: {fault}");
            }
            Ok(Progress::Completed(_)) => {
                assert!(begun.elapsed() >= 20 * MINUTE, "{status} {body:?}: done all the same");
                return faults;
            }
            Ok(_) => {}
            Err(error) => panic!("{status} {body:?}: {error}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_services_passes_and_the_wait_tells_of_it() {
    for (status, body) in FOREIGN {
        let (way, _, Started { validation, issuance, approval, revocation, .. }) = started().await;
        let told = [
            outlast(&way, validation.wait(HOUR), status, body).await,
            outlast(&way, approval.wait(HOUR), status, body).await,
            outlast(&way, revocation.wait(HOUR), status, body).await,
            outlast(&way, issuance.wait(HOUR), status, body).await,
        ];
        assert!(told.iter().all(|faults| (10..40).contains(faults)), "{told:?}");
        assert!(way.count("POST /order/certificate/ssl") <= 3, "no wait orders");
    }
}

#[tokio::test(start_paused = true)]
async fn it_lasts_until_the_deadline_and_the_error_says_what_it_met() {
    let (way, _, pending) = started().await;
    way.answer_for(2 * HOUR, "", 403, "<html>Blocked by policy</html>");
    let error = pending.issuance.wait(30 * MINUTE).await.unwrap_err();
    assert!(error.is_wait_timeout() && error.error().unwrap().status() == Some(403));
    let text = error.to_string();
    assert!(text.contains("not issued within 30 min; the last ") && text.contains("Blocked by policy"), "{text}");
    assert!(Error::from(error).is_wait_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_with_a_code_that_the_document_lists_ends_it_at_once() {
    for (status, code) in [
        (403, "access_denied|access_denied_invalid_key"),
        (403, "access_denied|missing_permission"),
        (404, "not_found|order"),
        (404, "not_found|of_a_kind_that_the_page_does_not_list"),
        (400, "bad_request_format"),
        (400, "required_param:certificate.csr"),
    ] {
        let (way, _, pending) = started().await;
        let body: &'static str = format!(r#"{{"errors":[{{"code":"{code}","message":"No."}}]}}"#).leak();
        way.answer_for(HOUR, "GET ", status, body);
        let order = pending.issuance.order_id();
        let error = pending.issuance.wait(HOUR).await.unwrap_err();
        assert_eq!((error.elapsed(), error.error().unwrap().code()), (Duration::ZERO, Some(code)));
        let error = Error::from(error);
        assert!(error.status() == Some(status) && error.to_string().starts_with(&format!("order {order}: order_info: ")), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_without_a_certificate_passes() {
    for body in
        [r#"{"intermediates": []}"#, r#"{"intermediates": [{"pem": null}]}"#, r#"{"intermediates": [{"pem": "certificate"}]}"#, "{}"]
    {
        let (way, _, pending) = started().await;
        way.answer_for(10 * MINUTE, "/chain", 200, body);
        let begun = Instant::now();
        pending.issuance.wait(HOUR).await.unwrap_or_else(|error| panic!("{body}: {error}"));
        assert!(begun.elapsed() >= 10 * MINUTE, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_whose_files_are_not_there_yet_is_waited_for() {
    let text = "Unable to download certificate, the certificate has not yet been issued.  Try back in a bit.";
    let body = format!(r#"{{"errors":[{{"code":"cert_unavailable_processing","message":"{text}"}}]}}"#).leak();
    for status in [400, 403, 404, 409] {
        let (way, _, pending) = started().await;
        way.answer_for(10 * MINUTE, "/chain", status, body);
        let mut wait = pending.issuance.wait(HOUR);
        let mut waited = 0;
        loop {
            match wait.next().await.unwrap().unwrap() {
                Progress::InProgress(_) => waited += 1,
                Progress::Completed(_) => break,
                other => panic!("{status}: {other:?}"),
            }
        }
        assert!(waited > 5, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn three_in_a_row_from_where_nothing_of_the_service_ever_came_end_it() {
    let (way, _, pending) = started().await;
    let token = pending.approval.resume_token();
    for (status, body) in FOREIGN {
        let elsewhere = way.client(BASE);
        way.meddle(move |_| Some(response(status, body)));
        let resumed = elsewhere.requests().resume_approval(token.clone()).start().unwrap();
        let calls = way.count("");
        let error: WaitError<_> = resumed.wait(HOUR).await.unwrap_err();
        assert_eq!(way.count("") - calls, 3, "{status} {body:?}");
        assert!(!error.is_wait_timeout(), "{status} {body:?}: {error}");
        let error = Error::from(error);
        assert!(error.is_configuration() && error.to_string().contains(&format!("the base URL {BASE} is wrong")), "{error}");

        // Once the service was heard there, the base URL is right, whatever comes after.
        *way.meddling.lock().unwrap() = None;
        elsewhere.users().me().send().await.unwrap();
        way.meddle(move |_| Some(response(status, body)));
        let resumed = elsewhere.requests().resume_approval(token.clone()).start().unwrap();
        assert!(resumed.wait(HOUR).await.unwrap_err().is_wait_timeout(), "{status} {body:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxys_refusal_does_not_keep_a_wait_from_approving() {
    let (way, _, pending) = started().await;
    let mut blocked = 0;
    way.meddle(move |call| {
        blocked += 1;
        (call.starts_with("PUT /request") && blocked < 4).then(|| response(403, "<html>Blocked by policy</html>"))
    });
    pending.issuance.wait(HOUR).await.unwrap();
    assert!(way.count("PUT /request") > 1);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_say_that_a_domain_is_validated_is_no_proof() {
    for body in [r#"{"status": "pending"}"#, r#"{"status": "inactive"}"#, r#"{"ok": true}"#, "{}"] {
        let (way, cc, _) = started().await;
        let pending = validation(&cc, "example.org").await.polling(Polling::fixed(MINUTE));
        way.answer_for(HOUR, "validate-token", 200, body);
        let error = pending.wait(30 * MINUTE).await.unwrap_err();
        assert!(error.is_wait_timeout(), "{body}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn once_found_a_proof_need_not_be_found_again() {
    let (way, _, pending) = started().await;
    // The response with the domain is lost, and the record is taken away meanwhile.
    let mut checked = false;
    let sandbox = way.sandbox.clone();
    way.meddle(move |call| {
        if call.contains("validate-token") {
            assert!(!std::mem::replace(&mut checked, true), "it was found already");
            return None;
        }
        (checked && sandbox.dns().remove("example.net")).then(|| response(200, "<html>"))
    });
    pending.validation.wait(HOUR).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_codes_of_the_document_are_those_that_end_waits() {
    assert!(ErrorCode::KNOWN.iter().all(ErrorCode::is_listed));
    assert!(ErrorCode::PREFIXES.contains(&"invalid_value:"));
    assert!(!ErrorCode::from("blocked_by_policy").is_listed());
}
