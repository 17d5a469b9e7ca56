//! The rows that only a call shows: statuses, empty bodies, errors, queries and pages; and what real answers carry beside the documented.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use shomei::{
    CertCentral, CertificateChain,
    certcentral::{
        CertificateFormat, CertificateId, DateRange, DcvMethod, DcvTokenStatus, DomainId, ErrorCode, OrderDcvStatus, OrderId,
        OrganizationId, Plan, Product, RequestId, TextFilter, raw, types,
    },
};

use crate::scripted::{Scripted, answer};

/// A body as it is, an empty one without a content type.
fn text(status: u16, body: &'static str) -> Scripted {
    let mut answer = answer(status, body);
    if body.is_empty() {
        answer.headers_mut().remove("content-type");
    }
    Scripted::always(answer)
}

fn answered(status: u16, body: Value) -> CertCentral {
    Scripted::json(status, body.to_string()).certcentral()
}

fn empty(status: u16) -> CertCentral {
    text(status, "").certcentral()
}

#[tokio::test]
async fn row_02_an_empty_list_has_no_key() {
    let page = json!({"page": {"total": 0, "limit": 1000, "offset": 0}});
    for nothing in [page, json!({}), json!([])] {
        let cc = || answered(200, nothing.clone());
        assert_eq!(cc().orders().list().send().await.unwrap().orders, []);
        assert_eq!(cc().orders().list().stream().try_collect::<Vec<_>>().await.unwrap(), []);
        assert_eq!(cc().domains().list().send().await.unwrap().domains, []);
        assert_eq!(cc().requests().list().send().await.unwrap().requests, []);
        assert_eq!(cc().organizations().list().send().await.unwrap().organizations, []);
        assert_eq!(cc().containers().list().send().await.unwrap(), []);
        assert_eq!(cc().raw().list_reissues(&OrderId(1), None).await.unwrap().certificates, []);
        assert_eq!(cc().raw().list_duplicates(&OrderId(1), None).await.unwrap().certificates, []);
    }
}

#[tokio::test]
async fn row_03_no_status_changes_are_an_empty_object() {
    for nothing in [json!({}), json!([])] {
        let changes = answered(200, nothing).raw().order_status_changes(None, Some(10), None).await.unwrap();
        assert_eq!(changes.orders, []);
    }
}

#[tokio::test]
async fn row_20_changing_to_mail_answered_nothing_and_now_answers_the_addresses() {
    let change = async |body| answered(200, body).domains().change_dcv_method(DomainId(1), DcvMethod::Email).send().await.unwrap();
    for nothing in [json!({}), json!([])] {
        let then = change(nothing).await;
        assert_eq!((then.dcv_token, then.validation_emails), (None, None));
    }
    let now = change(json!({"validation_emails": {"name_scope": "example.net", "base_emails": ["admin@example.net"], "whois_emails": []}}));
    assert_eq!(now.await.validation_emails.unwrap().base_emails, ["admin@example.net"]);
}

#[tokio::test]
async fn row_21_submitting_a_domain_answered_nothing_and_now_answers_json() {
    let submission: raw::types::DomainValidationRequest = serde_json::from_value(json!({"validations": [{"type": "ov"}]})).unwrap();
    for status in [200, 204] {
        let then = empty(status).raw().submit_domain_validation(&DomainId(1), &submission).await.unwrap();
        assert_eq!(then, None);
    }
    let now = answered(200, json!({"id": 1, "dcv_token": {"token": "b3x5", "status": "pending"}}));
    let now = now.raw().submit_domain_validation(&DomainId(1), &submission).await.unwrap().unwrap();
    assert_eq!((now.id, now.dcv_token.unwrap().token.as_deref()), (Some(DomainId(1)), Some("b3x5")));
}

#[tokio::test]
async fn row_22_a_check_answers_a_token_that_is_a_string_or_a_number_or_none() {
    for (body, token) in [
        (json!({"token": "b3x5", "status": "active"}), Some("b3x5")),
        (json!({"token": 12345, "status": "active"}), Some("12345")),
        (json!({"status": "active"}), None),
    ] {
        let check = answered(200, body).domains().check_dcv(DomainId(1)).send().await.unwrap();
        assert_eq!((check.token.as_deref(), check.status), (token, Some(DcvTokenStatus::Active)));
    }
}

#[tokio::test]
async fn row_23_a_missing_record_is_an_error_or_the_status_of_a_name() {
    let all: raw::types::OrderDcvCheckRequest = serde_json::from_value(json!({})).unwrap();
    let refusal = json!({"errors": [{"code": "invalid_dns_txt", "message": "Could not find a valid TXT record for one or more domains."}]});
    let then = answered(400, refusal.clone()).raw().check_order_dcv(&OrderId(1), &all).await.unwrap_err();
    assert_eq!((then.status(), then.code()), (Some(400), Some("invalid_dns_txt")));
    let of_domain = answered(400, refusal).domains().check_dcv(DomainId(1)).send().await.unwrap_err();
    assert_eq!(of_domain.certcentral_code(), Some(ErrorCode::InvalidDnsTxt));

    let names = json!([{"dns_name": "a.example.com", "status": "valid"}, {"dns_name": "b.example.com", "status": "pending"}]);
    let body = json!({"order_status": "pending", "certificate_id": 113, "dcv_status": "pending", "dns_name_validations": names});
    let now = answered(200, body).raw().check_order_dcv(&OrderId(1), &all).await.unwrap();
    assert_eq!((now.certificate_id, now.dcv_status), (Some(CertificateId(113)), Some(OrderDcvStatus::Pending)));
    let statuses: Vec<_> = now.dns_name_validations.into_iter().filter_map(|name| name.status).collect();
    assert_eq!(statuses, [OrderDcvStatus::Valid, OrderDcvStatus::Pending]);
}

#[tokio::test]
async fn row_41_a_page_says_that_its_limit_is_0_and_miscounts() {
    let orders = |ids: std::ops::Range<u64>| ids.map(|id| json!({"id": id})).collect::<Vec<_>>();
    // The total is too large (clients that count up to it never end), too small, or missing.
    for total in [json!(9), json!(1), json!(null)] {
        let page = |ids: std::ops::Range<u64>| json!({"orders": orders(ids), "page": {"total": total, "limit": 0, "offset": 0}});
        let script = Scripted::each([page(1..3), page(3..4), json!({})].map(|body| answer(200, body.to_string())));
        let found: Vec<_> = script.certcentral().orders().list().page_size(2).stream().try_collect().await.unwrap();
        let ids: Vec<_> = found.iter().map(|order| order.id.0).collect();
        // Where the total says that a full page is the last one, it is asked once more all the same.
        assert_eq!(ids, [1, 2, 3], "total {total}");
    }
    let list = answered(200, json!({"requests": [{"id": 198}], "page": {"total": 14, "limit": 0, "offset": 0}}));
    let list = list.requests().list().send().await.unwrap();
    assert_eq!((list.requests.len(), list.page.and_then(|page| page.limit)), (1, Some(0)));
}

#[tokio::test]
async fn row_42_success_comes_as_200_201_or_204_with_or_without_a_body() {
    for cc in [|| empty(204), || empty(200), || answered(200, json!({})), || answered(201, json!([]))] {
        cc().domains().activate(DomainId(1)).send().await.unwrap();
        cc().domains().resend_dcv_emails(DomainId(1)).send().await.unwrap();
        cc().requests().approve(RequestId(1)).send().await.unwrap();
        let cancel = serde_json::from_value(json!({"status": "CANCELED", "note": "no"})).unwrap();
        cc().raw().update_order_status(&OrderId(1), &cancel).await.unwrap();
    }
    let revocation: raw::types::RevocationRequest = serde_json::from_value(json!({"comments": "no", "skip_approval": true})).unwrap();
    for status in [200, 201, 204] {
        assert_eq!(empty(status).raw().revoke_certificate("113", &revocation).await.unwrap(), None);
        assert_eq!(empty(status).raw().revoke_order(&OrderId(1), &revocation).await.unwrap(), None);
        let change: raw::types::OrderDcvMethodChange = serde_json::from_value(json!({"dcv_method": "email"})).unwrap();
        assert_eq!(empty(status).raw().change_order_dcv_method(&OrderId(1), &change).await.unwrap(), None);
    }
    for status in [200, 201] {
        let asked = answered(status, json!({"id": 1, "type": "revoke", "status": "pending"}));
        assert_eq!(asked.raw().revoke_order(&OrderId(1), &revocation).await.unwrap().unwrap().id, RequestId(1));
        let token = answered(status, json!({"token": "b3x5"})).domains().generate_dcv_token(DomainId(1)).send().await.unwrap();
        assert_eq!(token.token.as_deref(), Some("b3x5"));
        let cc = answered(status, json!({"id": 112_233}));
        let placed = cc.orders().issue(Product::SECURE_SITE_OV, crate::judge::csr());
        let placed = placed.common_name("example.com").plan(Plan::years(1));
        assert_eq!(placed.organization(OrganizationId(1)).send().await.unwrap().id, OrderId(112_233));
    }
    // Where there is nothing to give without a body, its absence is an error and no success.
    assert!(empty(200).orders().get(OrderId(1)).send().await.unwrap_err().is_decode());
}

#[tokio::test]
async fn row_43_errors_are_a_list_or_an_object_or_no_json_at_all() {
    let entry = json!({"code": "not_found|order", "message": "The order was not found."});
    for errors in [json!([entry]), entry.clone(), json!({"0": entry})] {
        let error = answered(404, json!({"errors": errors})).orders().get(OrderId(1)).send().await.unwrap_err();
        assert_eq!((error.status(), error.certcentral_code()), (Some(404), Some(ErrorCode::NotFoundOrder)), "{errors}");
    }
    for body in ["", "<html>Service Unavailable</html>", "[]", "null"] {
        let error = text(503, body).certcentral().orders().get(OrderId(1)).send().await.unwrap_err();
        assert_eq!((error.status(), error.certcentral_code()), (Some(503), None), "{body}");
    }
}

/// A chain of as many certificates as are asked for, the leaf first, with line ends as `lines` has them.
fn certificates(count: usize, lines: &str) -> Vec<String> {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    let authority = |index: usize| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, format!("authority {index}"));
        params
    };
    let mut issuer = Issuer::new(authority(0), KeyPair::generate().unwrap());
    let mut chain = vec![authority(0).self_signed(issuer.key()).unwrap()];
    for index in 1..count {
        let key = KeyPair::generate().unwrap();
        chain.insert(0, authority(index).signed_by(&key, &issuer).unwrap());
        issuer = Issuer::new(authority(index), key);
    }
    chain.iter().map(|certificate| certificate.pem().lines().collect::<Vec<_>>().join(lines)).collect()
}

fn in_json(certificates: &[String]) -> Value {
    certificates.iter().map(|pem| json!({"subject_common_name": "example.com", "pem": pem})).collect()
}

#[tokio::test]
async fn row_45_pem_has_line_ends_of_either_kind_and_a_p7b_is_text() {
    for lines in ["\r\n", "\n"] {
        // Some end with a line end, some do not.
        for end in [lines, ""] {
            let bundle: Vec<_> = certificates(3, lines).into_iter().map(|pem| pem + end).collect();
            let chain = answered(200, json!({"intermediates": in_json(&bundle)})).certificates().chain(CertificateId(113)).send().await;
            assert_eq!(chain.unwrap().certificates().len(), 3, "{lines:?} {end:?}");
        }
    }
    let p7b = "-----BEGIN PKCS7-----\r\nMIIB\r\n-----END PKCS7-----\r\n";
    let file = http::Response::builder().header("content-type", "application/x-pkcs7-certificates").body(Bytes::from(p7b)).unwrap();
    let file = Scripted::always(file).certcentral().certificates().download(CertificateId(113), CertificateFormat::P7b).send().await;
    assert_eq!(file.unwrap().body, p7b);
}

#[tokio::test]
async fn row_48_filters_reach_the_service_whatever_their_signs() {
    let script = Scripted::json(200, "{}");
    let day = "2026-01-01".parse().unwrap();
    let cc = script.certcentral();
    let list = cc
        .orders()
        .list()
        .expiring(DateRange::after(day))
        .created(DateRange::between(day, day))
        .common_name(TextFilter::suffix("example.com"));
    list.send().await.unwrap();
    let url: reqwest::Url = script.sent()[0].url().parse().unwrap();
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("filters[valid_till]", ">2026-01-01"),
        ("filters[date_created]", "2026-01-01 00:00:00...2026-01-01 23:59:59"),
        ("filters[common_name]", "%example.com"),
    ] {
        assert!(query.contains(&(name.to_owned(), value.to_owned())), "{url}");
    }
    // In characters that every server and every proxy takes.
    assert!(!url.query().unwrap_or_default().contains(['<', '>', ' ', '"']), "{url}");
}

// What real answers carry beside the documented.

#[tokio::test]
async fn real_answers_an_empty_object_is_an_empty_list() {
    let empty = json!({
        "id": 1, "certificate": [], "container": [], "product": [], "user": [], "technical_contact": [], "organization": [],
        "order_validity": [], "caa_status_message": [], "approver": [], "benefits": [],
    });
    let order = answered(200, empty).orders().get(OrderId(1)).send().await.unwrap();
    let bare: types::Order = serde_json::from_value(json!({"id": 1})).unwrap();
    assert_eq!(order, bare);
    let validation: types::Validation = serde_json::from_value(json!({"verification_details": []})).unwrap();
    assert_eq!(validation.verification_details, None);
    let domain: types::Domain = serde_json::from_value(json!({"id": 1, "dcv_token": [], "dcv_expiration": []})).unwrap();
    assert_eq!((domain.dcv_token, domain.dcv_expiration), (None, None));
}

#[tokio::test]
async fn real_answers_a_bad_key_is_403_in_plain_json() {
    let body =
        r#"{"errors":[{"code":"access_denied|access_denied_invalid_key","message":"Access denied due to access_denied_invalid_key."}]}"#;
    let error = text(403, body).certcentral().users().me().send().await.unwrap_err();
    assert!(error.is_forbidden() && !error.is_transient(), "{error}");
    assert_eq!(error.certcentral_code(), Some(ErrorCode::AccessDeniedInvalidKey));
}

#[tokio::test]
async fn real_answers_a_missing_member_is_named_in_the_code() {
    let code = "required_param:certificate.signature_hash";
    let error = answered(400, json!({"errors": [{"code": code}]})).orders().get(OrderId(1)).send().await.unwrap_err();
    assert_eq!(error.certcentral_code(), Some(ErrorCode::Unknown(code.to_owned())));
}

#[tokio::test]
async fn real_answers_headers_for_caches_change_nothing() {
    let answer = http::Response::builder()
        .header("content-type", "application/json;charset=utf-8")
        .header("etag", "\"33a64df5\"")
        .header("last-modified", "Wed, 21 Oct 2020 07:28:00 GMT");
    let script = Scripted::always(answer.body(Bytes::from_static(br#"{"id": 1}"#)).unwrap());
    assert_eq!(script.certcentral().users().me().send().await.unwrap().id.0, 1);
}

#[tokio::test]
async fn real_answers_a_bundle_has_three_certificates_or_as_many_as_five() {
    for count in [3, 4, 5] {
        let bundle = certificates(count, "\r\n");
        let chain =
            answered(200, json!({"intermediates": in_json(&bundle)})).certificates().chain(CertificateId(113)).send().await.unwrap();
        assert_eq!(chain.certificates().len(), count);
        assert_eq!(chain, CertificateChain::from_pem(&bundle.join("\n")).unwrap());
    }
}

#[tokio::test]
async fn real_answers_an_order_has_its_chain_only_if_it_is_issued_at_once() {
    let at_once: types::OrderResponse =
        serde_json::from_value(json!({"id": 1, "certificate_id": 113, "certificate_chain": in_json(&["<pem>".to_owned()])})).unwrap();
    assert_eq!(at_once.certificate_chain[0].pem.as_deref(), Some("<pem>"));
    for later in [json!({"id": 1}), json!({"id": 1, "certificate_chain": null}), json!({"id": 1, "certificate_chain": []})] {
        assert_eq!(serde_json::from_value::<types::OrderResponse>(later).unwrap().certificate_chain, []);
    }
}

#[tokio::test]
async fn real_answers_a_download_by_platform_is_a_file() {
    let file = http::Response::builder().header("content-type", "application/x-pem-file").body(Bytes::from_static(b"PEM")).unwrap();
    let script = Scripted::always(file);
    let cc = script.certcentral().raw();
    let paths = [
        cc.download_certificate_for_platform(&CertificateId(113), 29).await,
        cc.download_certificate_best_format(&CertificateId(113)).await,
    ];
    for answer in paths {
        assert_eq!(answer.unwrap(), b"PEM"[..]);
    }
    let paths: Vec<_> = script.sent().iter().map(|request| request.path().to_owned()).collect();
    assert!(
        paths[0].ends_with("/certificate/113/download/platform/29") && paths[1].ends_with("/certificate/113/download/platform"),
        "{paths:?}"
    );
}
