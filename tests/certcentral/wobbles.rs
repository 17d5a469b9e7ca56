//! The inconsistencies of the service, row by row: what it was seen to send, and what that means. Rows about a body alone are read as
//! public types: those about the form of a value here, those about its words in `words`. Those about statuses, empty bodies, errors, queries and
//! pages go through a client in `calls`.

mod calls;
mod words;

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shomei::certcentral::{
    CertificateId, ContainerId, DcvTokenStatus, DomainId, OrderId, OrganizationId, RequestId, RequestStatus, UserId,
    types::{
        AccountDetails, AddedDomain, CertificateDetails, ChangedDcvMethod, Container, DcvExpiration, DcvToken, DnsNameValidation, Domain,
        Duplicate, Intermediate, ListedCertificate, ListedOrder, Order, OrderResponse, OrderValidation, Organization, Reissue, User,
        ValidityPeriod,
    },
};

/// Reads a body from its text, as the client does.
#[track_caller]
fn read<T: DeserializeOwned>(body: &Value) -> T {
    let text = body.to_string();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Reads a body that names an object, the rest of it being beside the point.
#[track_caller]
fn read_with_id<T: DeserializeOwned>(members: Value) -> T {
    let mut body = json!({"id": 1});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    read(&body)
}

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[test]
fn row_01_the_organization_of_a_listed_order_is_an_object_an_empty_list_or_absent() {
    let organization = |members| read_with_id::<ListedOrder>(members).organization;
    assert_eq!(organization(json!({"organization": {"id": 112_233}})).and_then(|found| found.id), Some(OrganizationId(112_233)));
    assert_eq!(organization(json!({"organization": []})), None);
    assert_eq!(organization(json!({})), None);
}

#[test]
fn row_04_is_active_of_an_organization_is_a_string_or_a_boolean() {
    let of_domain: Domain = read_with_id(json!({"organization": {"id": 754_781, "is_active": "1"}}));
    assert_eq!(of_domain.organization.and_then(|found| found.is_active), Some(true));
    let of_order: Order = read_with_id(json!({"organization": {"id": 754_781, "is_active": true}}));
    assert_eq!(of_order.organization.and_then(|found| found.is_active), Some(true));
    let alone: Organization = read_with_id(json!({"is_active": true}));
    assert_eq!(alone.is_active, Some(true));
    let of_container: Container = read_with_id(json!({"organization_assignments": [{"id": 1, "is_active": "0"}]}));
    assert_eq!(of_container.organization_assignments[0].is_active, Some(false));
}

#[test]
fn row_05_is_multi_year_plan_is_the_string_one_or_absent() {
    assert_eq!(read_with_id::<Order>(json!({"is_multi_year_plan": "1"})).is_multi_year_plan, Some(true));
    assert_eq!(read_with_id::<ListedOrder>(json!({"is_multi_year_plan": "1"})).is_multi_year_plan, Some(true));
    assert_eq!(read_with_id::<ListedOrder>(json!({})).is_multi_year_plan, None);
}

#[test]
fn row_06_flags_are_strings() {
    for (text, flag) in [("0", false), ("1", true)] {
        assert_eq!(read_with_id::<Duplicate>(json!({"archived": text})).archived, Some(flag));
        assert_eq!(read_with_id::<Reissue>(json!({"archived": text})).archived, Some(flag));
        assert_eq!(read::<Intermediate>(&json!({"is_private": text})).is_private, Some(flag));
        assert_eq!(read::<shomei::certcentral::types::CaaCheck>(&json!({"status": text})).status, Some(flag));
        // Whether this one is a flag or a number is not known: the text stays.
        assert_eq!(read::<AccountDetails>(&json!({"ent_support_plan": text})).ent_support_plan.as_deref(), Some(text));
    }
}

#[test]
fn row_07_auto_renew_is_a_number_and_disable_ct_now_one_and_now_a_boolean() {
    let order: Order = read_with_id(json!({"auto_renew": 0, "auto_reissue": 1, "disable_ct": 0}));
    assert_eq!((order.auto_renew, order.auto_reissue, order.disable_ct), (Some(false), Some(true), Some(false)));
    assert_eq!(read_with_id::<Order>(json!({"disable_ct": true})).disable_ct, Some(true));
}

#[test]
fn row_08_receipt_id_is_a_number_or_a_string() {
    let order: Order = read_with_id(json!({"receipt_id": 22_051_741, "certificate": {"receipt_id": "22051741"}}));
    assert_eq!((order.receipt_id, order.certificate.unwrap().receipt_id), (Some(22_051_741), Some(22_051_741)));
    assert_eq!(read_with_id::<Reissue>(json!({"receipt_id": "123892"})).receipt_id, Some(123_892));
}

#[test]
fn row_09_numbers_of_names_are_numbers_or_strings() {
    let counts = json!({"purchased_dns_names": "1", "purchased_wildcard_names": "0"});
    let order: Order = read_with_id(json!({"purchased_dns_names": 1, "purchased_wildcard_names": 0, "certificate": counts}));
    let certificate = order.certificate.unwrap();
    let reissue: Reissue = read_with_id(counts);
    assert_eq!((order.purchased_dns_names, order.purchased_wildcard_names), (Some(1), Some(0)));
    assert_eq!((certificate.purchased_dns_names, certificate.purchased_wildcard_names), (Some(1), Some(0)));
    assert_eq!((reissue.purchased_dns_names, reissue.purchased_wildcard_names), (Some(1), Some(0)));
}

#[test]
fn row_10_ids_in_validation_status_are_strings_and_the_organizations_also_a_number() {
    for organization in [json!("111222"), json!(111_222)] {
        let names = json!([{"domain_id": "654321"}]);
        let status: OrderValidation = read(&json!({"order_id": "123456", "organization_id": organization, "dns_name_validations": names}));
        assert_eq!((status.order_id, status.organization_id), (Some(OrderId(123_456)), Some(OrganizationId(111_222))));
        assert_eq!(status.dns_name_validations[0].domain_id, Some(DomainId(654_321)));
    }
}

#[test]
fn row_11_ids_are_numbers_or_strings() {
    for id in [json!(112_233), json!("112233")] {
        assert_eq!(read::<Organization>(&json!({"id": id})).id, OrganizationId(112_233));
        assert_eq!(read::<Domain>(&json!({"id": id})).id, DomainId(112_233));
        let placed: OrderResponse = read(&json!({"id": id, "certificate_id": id, "requests": [{"id": id}]}));
        assert_eq!((placed.id, placed.certificate_id), (OrderId(112_233), Some(CertificateId(112_233))));
        assert_eq!(placed.requests[0].id, RequestId(112_233));
        let user: User = read(&json!({"id": id, "container": {"id": id}}));
        assert_eq!((user.id, user.container.unwrap().id), (UserId(112_233), Some(ContainerId(112_233))));
    }
    let container: Container = read_with_id(json!({"user_id_assignments": ["125038"]}));
    assert_eq!(container.user_id_assignments, [UserId(125_038)]);
}

#[test]
fn row_11_an_id_that_is_no_number_is_refused_in_words() {
    // From a test of the vendor's client of 2015, which has the same id in answers of API v1. What it would be in a URL is not known.
    let error = serde_json::from_value::<OrderResponse>(json!({"id": "OID-223344"})).unwrap_err().to_string();
    assert!(error.contains("an id: a whole number or a string of digits"), "{error}");
}

#[test]
fn row_12_requests_of_an_order_just_placed_are_a_list_an_object_or_absent() {
    let requests = |members| read_with_id::<OrderResponse>(members).requests;
    let pending = requests(json!({"requests": [{"id": 332_211, "status": "pending"}]}));
    assert_eq!((pending[0].id, pending[0].status.clone()), (RequestId(332_211), Some(RequestStatus::Pending)));
    let reissue = requests(json!({"requests": [{"id": 1}]}));
    assert_eq!((reissue[0].id, reissue[0].status.clone()), (RequestId(1), None));
    let alone = requests(json!({"requests": {"id": "288382"}}));
    assert_eq!(alone.iter().map(|request| request.id).collect::<Vec<_>>(), [RequestId(288_382)]);
    for none in [json!({}), json!({"requests": []}), json!({"requests": null})] {
        assert_eq!(requests(none), []);
    }
}

#[test]
fn row_13_approval_expiration_date_comes_with_and_without_a_zone() {
    for text in ["2020-09-11T16:27:39+00:00", "2020-09-11T16:27:39"] {
        let validation: DnsNameValidation = read(&json!({"approval_expiration_date": text}));
        assert_eq!(validation.approval_expiration_date, moment("2020-09-11T16:27:39Z"), "{text}");
    }
}

#[test]
fn row_14_last_login_date_has_a_blank_and_no_zone_or_is_iso() {
    for text in ["2019-06-21 13:37:00", "2019-06-21T13:37:00+00:00", "2019-06-21T13:37:00Z"] {
        assert_eq!(read_with_id::<User>(json!({"last_login_date": text})).last_login_date, moment("2019-06-21T13:37:00Z"), "{text}");
    }
}

#[test]
fn row_15_intermediates_are_valid_between_moments_without_a_zone() {
    let intermediate: Intermediate = read(&json!({"valid_from": "2006-11-10 00:00:00", "valid_to": "2031-11-10 00:00:00"}));
    assert_eq!(intermediate.valid_from, moment("2006-11-10T00:00:00Z"));
    assert_eq!(intermediate.valid_to, moment("2031-11-10T00:00:00Z"));
}

#[test]
fn row_16_date_created_of_duplicates_has_lost_a_sign_or_the_zone() {
    let created = |text: &str| read_with_id::<Duplicate>(json!({"date_created": text})).date_created;
    assert_eq!(created("2016-03-25T21:01:40:00:00"), moment("2016-03-25T21:01:40Z"));
    assert_eq!(created("2016-03-25T21:01:40+00:00"), moment("2016-03-25T21:01:40Z"));
    assert_eq!(created("2018-11-14T19:00:00"), moment("2018-11-14T19:00:00Z"));
}

#[test]
fn row_17_dcv_expiration_has_days_or_moments_and_more_members_on_demand() {
    for text in ["2021-05-21", "2021-05-21T23:30:00-06:00", "2021-05-21T00:00:00Z", "2021-05-21 00:00:00"] {
        let domain: Domain = read_with_id(json!({"dcv_expiration": {"ov": text, "ev": text}}));
        let expiration = domain.dcv_expiration.unwrap();
        assert_eq!((expiration.ov, expiration.ev), (day("2021-05-21"), day("2021-05-21")), "{text}");
    }
    let reuse = json!({"ov": "2021-05-21", "ov_status": "valid", "ov_shortened": true, "dcv_approval_date": "2020-02-16"});
    let reuse: DcvExpiration = read(&reuse);
    assert_eq!((reuse.ov_status.as_deref(), reuse.ov_shortened), (Some("valid"), Some(true)));
    assert_eq!((reuse.dcv_approval_date, reuse.ev), (day("2020-02-16"), None));
}

#[test]
fn row_18_custom_expiration_date_is_a_string_and_its_siblings_once_were_null() {
    for text in ["2022-01-23", "23 JAN 2022"] {
        let validity: ValidityPeriod = read(&json!({"custom_expiration_date": text, "years": null, "days": null}));
        assert_eq!((validity.custom_expiration_date, validity.years, validity.days), (day("2022-01-23"), None, None), "{text}");
    }
    let years: ValidityPeriod = read(&json!({"years": 1, "days": null, "custom_expiration_date": null}));
    assert_eq!((years.years, years.custom_expiration_date), (Some(1), None));
}

#[test]
fn row_19_no_names_are_a_list_of_one_blank_or_absent() {
    for none in [json!([" "]), json!([""]), json!([]), json!(null)] {
        let members = json!({"dns_names": none, "organization_units": none});
        let certificate: CertificateDetails = read(&members);
        assert!(certificate.dns_names.is_empty() && certificate.organization_units.is_empty(), "{members}");
        assert!(read::<ListedCertificate>(&members).dns_names.is_empty(), "{members}");
        assert!(read::<DnsNameValidation>(&members).dns_names.is_empty(), "{members}");
        assert!(read_with_id::<Reissue>(members.clone()).dns_names.is_empty(), "{members}");
        assert!(read_with_id::<Duplicate>(members.clone()).dns_names.is_empty(), "{members}");
    }
    assert_eq!(read::<CertificateDetails>(&json!({})).dns_names, Vec::<String>::new());
    assert_eq!(read::<CertificateDetails>(&json!({"dns_names": ["example.com", ""]})).dns_names, ["example.com"]);
}

#[test]
fn row_24_a_token_stands_alone_or_inside_an_answer() {
    let token = json!({"token": "b3x5", "expiration_date": "2020-07-31T18:24:34+00:00"});
    let nested = json!({"dcv_token": token});
    let alone: DcvToken = read(&token);
    assert_eq!(alone.token.as_deref(), Some("b3x5"));
    assert_eq!(read_with_id::<AddedDomain>(nested.clone()).dcv_token.as_ref(), Some(&alone));
    assert_eq!(read_with_id::<Domain>(nested.clone()).dcv_token.as_ref(), Some(&alone));
    assert_eq!(read::<ChangedDcvMethod>(&nested).dcv_token, Some(alone));
}

#[test]
fn row_25_a_token_lacks_its_status_or_its_end() {
    let added: DcvToken = read(&json!({"token": "b3x5", "expiration_date": "2020-07-31T18:24:34+00:00"}));
    assert_eq!((added.status, added.expiration_date), (None, moment("2020-07-31T18:24:34Z")));
    let told: DcvToken = read(&json!({"token": "b3x5", "status": "pending"}));
    assert_eq!((told.status, told.expiration_date), (Some(DcvTokenStatus::Pending), None));
}

#[test]
fn every_row_has_its_test() {
    let tests = concat!(include_str!("wobbles.rs"), include_str!("wobbles/words.rs"), include_str!("wobbles/calls.rs"));
    let missing: Vec<_> = (1..=50).filter(|row| !tests.contains(&format!("fn row_{row:02}_"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
