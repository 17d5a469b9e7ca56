//! The second check that follows a list which turns out to be too old.

use chrono::{TimeDelta, Utc};
use shomei::{
    PocketSign,
    pocketsign::{CheckMethod, ErrorReason, Freshness},
};

use crate::scripted::{Answer, Scripted, answer};

/// 7:45:01 in Japan.
const DATE: &str = "Tue, 30 Apr 2024 22:45:01 GMT";
const LISTED: &str = r#"{"certificateStatus":{"id":"first","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_CRL",
    "createdAt":"2024-04-30T22:44:58Z"},"certificate":{"id":"c"},"user":{"id":"u"},"isNewUser":true}"#;
const ASKED: &str = r#"{"certificateStatus":{"id":"second","status":"STATUS_GOOD","checkMethod":"CHECK_METHOD_OCSP",
    "createdAt":"2024-04-30T22:45:01Z"},"certificate":{"id":"c"},"user":{"id":"u"}}"#;
const FAILED: &str = r#"{"code":"unavailable","details":[{"type":"google.rpc.ErrorInfo",
    "debug":{"reason":"ERROR_REASON_OCSP_REQUEST_FAILED"}}]}"#;

fn dated(mut answer: Answer, date: &'static str) -> Answer {
    answer.headers_mut().insert("date", http::HeaderValue::from_static(date));
    answer
}

/// A client that knows the time: 7:45:01.
async fn client(answers: &[(u16, &'static str)]) -> PocketSign {
    let answers: Vec<_> = std::iter::once(&(200, "{}")).chain(answers).map(|(status, body)| dated(answer(*status, *body), DATE)).collect();
    let ps = Scripted::each(answers).v2();
    ps.users().get("u").send().await.unwrap();
    ps
}

#[tokio::test]
async fn the_first_check_and_the_new_user_are_told() {
    let ps = client(&[(200, LISTED), (200, ASKED)]).await;
    let fresh = ps.certificates().check_status("c").identify_user(true).fresh(Freshness::SameDay).send().await.unwrap();
    assert_eq!((fresh.method, fresh.is_fresh), (CheckMethod::Ocsp, true));
    assert_eq!(fresh.status.id.unwrap().as_str(), "second");
    assert_eq!(fresh.status.is_new_user, Some(true));
    assert_eq!(fresh.earlier.unwrap().id.unwrap().as_str(), "first");
}

#[tokio::test]
async fn a_fallback_takes_the_list_that_was_read_already() {
    let ps = client(&[(200, LISTED), (503, FAILED)]).await;
    let check = ps.certificates().check_status("c").identify_user(true).fresh(Freshness::SameDay);
    let fresh = check.fall_back_to_crl(true).send().await.unwrap();
    assert_eq!((fresh.method, fresh.is_fresh), (CheckMethod::Crl, false));
    assert_eq!((fresh.status.id.unwrap().as_str(), fresh.status.is_new_user), ("first", Some(true)));
    assert_eq!(fresh.fallback.and_then(|error| error.pocketsign_reason()), Some(ErrorReason::OcspRequestFailed));
}

#[tokio::test]
async fn an_inquiry_that_fails_leaves_the_first_check_in_its_error() {
    let ps = client(&[(200, LISTED), (503, FAILED)]).await;
    let failed = ps.certificates().check_status("c").fresh(Freshness::SameDay).send().await.unwrap_err();
    assert_eq!(failed.error.pocketsign_reason(), Some(ErrorReason::OcspRequestFailed));
    assert!(failed.to_string().starts_with(&failed.error.to_string()) && failed.to_string().ends_with("which is recorded)"), "{failed}");
    let first = failed.first_check.unwrap();
    assert_eq!((first.id.as_ref().unwrap().as_str(), first.is_good()), ("first", true));
    let ps = client(&[(503, FAILED)]).await;
    let failed = ps.certificates().check_status("c").fresh(Freshness::Now).send().await.unwrap_err();
    assert!(failed.first_check.is_none(), "there was none");
    assert_eq!(failed.to_string(), shomei::Error::from(failed).to_string());
}

/// A good certificate, looked up at a time of the service: by the list, which does not name it, or by the responder.
fn looked_up(method: CheckMethod, at: &str) -> String {
    let (id, source) = match method {
        CheckMethod::Ocsp => ("asked", at),
        _ => ("listed", "0001-01-01T00:00:00Z"),
    };
    let method = format!("CHECK_METHOD_{}", method.as_str().to_uppercase());
    let made = if at.is_empty() { String::new() } else { format!(r#","createdAt":"{at}","sourceUpdatedAt":"{source}""#) };
    format!(r#"{{"certificateStatus":{{"id":"{id}","status":"STATUS_GOOD","checkMethod":"{method}"{made}}}}}"#)
}

/// Makes this machine's clock wrong: whatever it is, it shows this time of day in Japan, one or two days later.
async fn local_time_of_day(hour: u32) {
    let japan = Utc::now() + TimeDelta::hours(9);
    let then = japan.date_naive().and_hms_opt(hour, 0, 0).unwrap() + TimeDelta::days(2);
    tokio::time::advance((then - japan.naive_utc()).to_std().unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_costs_a_check_but_makes_no_stale_list_fresh() {
    use CheckMethod::{Crl, Ocsp};

    const EARLY: &str = "2024-05-01T06:00:00+09:00";
    const LATE: &str = "2024-05-01T12:00:00+09:00";
    for (local, answers, fresh) in [
        // It says noon. The service says six: the list is yesterday's.
        (12, vec![looked_up(Crl, EARLY), looked_up(Ocsp, EARLY)], ("asked", true)),
        // Nobody says what time it is: the list proves nothing, the responder is asked in any case.
        (12, vec![looked_up(Crl, ""), looked_up(Ocsp, "")], ("asked", true)),
        (12, vec![looked_up(Crl, LATE)], ("listed", true)),
        // It says six while it is noon: the responder is asked where the list would have done.
        (6, vec![looked_up(Ocsp, LATE)], ("asked", true)),
    ] {
        let count = answers.len();
        let service = Scripted::each(answers.into_iter().map(|body| answer(200, body)));
        let ps = service.v2();
        local_time_of_day(local).await;
        let check = ps.certificates().check_status("c").fresh(Freshness::SameDay).send().await.unwrap();
        assert_eq!((check.status.id.unwrap().as_str(), check.is_fresh), fresh, "{local}");
        assert_eq!(service.sent().len(), count, "all were asked");
    }
}

#[tokio::test]
async fn answers_that_cross_the_renewal_or_midnight_are_judged_by_the_time_of_their_check() {
    use CheckMethod::{Crl, Ocsp};

    for (before, answers, id, is_fresh) in [
        // The responder was chosen at 7:44:59; that it looked at 7:45:01 makes it no older.
        ("Tue, 30 Apr 2024 22:44:59 GMT", vec![looked_up(Ocsp, "2024-05-01T07:45:01+09:00")], "asked", true),
        // The list was chosen at 7:45:00, but the service's own clock is behind.
        (
            "Tue, 30 Apr 2024 22:45:00 GMT",
            vec![looked_up(Crl, "2024-05-01T07:44:59+09:00"), looked_up(Ocsp, "2024-05-01T07:45:00+09:00")],
            "asked",
            true,
        ),
        ("Tue, 30 Apr 2024 22:45:00 GMT", vec![looked_up(Crl, "2024-05-01T07:45:00+09:00")], "listed", true),
        // The list was chosen a second before midnight and looked at a second after: it is yesterday's by now.
        (
            "Wed, 01 May 2024 14:59:59 GMT",
            vec![looked_up(Crl, "2024-05-02T00:00:01+09:00"), looked_up(Ocsp, "2024-05-02T00:00:02+09:00")],
            "asked",
            true,
        ),
        ("Wed, 01 May 2024 14:59:58 GMT", vec![looked_up(Crl, "2024-05-01T23:59:59+09:00")], "listed", true),
        // The responder's own answer may be of the day before, and is then not called fresh.
        (
            "Wed, 01 May 2024 15:00:01 GMT",
            vec![
                looked_up(Ocsp, "2024-05-02T00:00:01+09:00")
                    .replace(r#""sourceUpdatedAt":"2024-05-02T00:00:01+09:00""#, r#""sourceUpdatedAt":"2024-05-01T23:59:59+09:00""#),
            ],
            "asked",
            false,
        ),
    ] {
        let count = 1 + answers.len();
        let told = dated(answer(200, "{}"), before);
        let service = Scripted::each(std::iter::once(told).chain(answers.into_iter().map(|body| answer(200, body))));
        let ps = service.v2();
        ps.users().get("u").send().await.unwrap();
        let check = ps.certificates().check_status("c").fresh(Freshness::SameDay).send().await.unwrap();
        assert_eq!((check.status.id.unwrap().as_str(), check.is_fresh), (id, is_fresh), "{before}");
        assert_eq!(service.sent().len(), count, "{before}: all were asked");
    }
}
