//! The rows about words: other spellings, other names, and values that stand for something.

use serde_json::json;
use shomei::certcentral::{
    CertificateId, CertificateStatus, DcvMethod, DcvStatus, DomainStatus, NameValidationStatus, OrderDcvStatus, OrderId,
    OrganizationStatus, RequestStatus, RequestType, RequestedOrderStatus, ServerPlatformId, SignatureHash, UserId, ValidationStatus,
    ValidationType,
    raw::types::RevocationRequest,
    types::{
        CertificateDetails, ContactDetails, Container, ContainerSummary, CustomField, DnsNameValidation, Domain, Duplicate, Intermediate,
        ListedApprovalRequest, ListedCertificate, ListedOrder, Order, OrderStatusEntry, Organization, ProductDetails, ProductSummary,
        Reissue, ServerPlatform, ShipInfo, UserSummary, Validation,
    },
};

use super::{read, read_with_id};

#[test]
fn row_26_a_revocation_has_a_comment_or_comments() {
    let comments: RevocationRequest = read(&json!({"comments": "I no longer need this cert."}));
    let comment: RevocationRequest = read(&json!({"comment": "I no longer need this cert."}));
    assert_eq!((comments.comments, comments.comment), (comment.comment, comment.comments));
}

#[test]
fn row_27_canceled_is_read_in_any_case_and_written_in_lower_case() {
    for word in ["CANCELED", "canceled"] {
        assert_eq!(read::<RequestedOrderStatus>(&json!(word)), RequestedOrderStatus::Canceled);
    }
    assert_eq!(json!(RequestedOrderStatus::from("CANCELED")), "canceled");
}

#[test]
fn row_28_a_request_is_new_with_an_underscore_or_a_blank() {
    for word in ["new_request", "new request"] {
        let order: Order = read_with_id(json!({"requests": [{"id": 1, "type": word}]}));
        assert_eq!(order.requests[0].type_, Some(RequestType::NewRequest), "{word}");
        assert_eq!(read_with_id::<ListedApprovalRequest>(json!({"type": word})).type_, Some(RequestType::NewRequest), "{word}");
    }
}

#[test]
fn row_29_done_has_many_words() {
    let of_order: Validation = read(&json!({"type": "ov", "status": "complete"}));
    let of_domain: Validation = read(&json!({"type": "ov", "status": "active", "dcv_status": "complete"}));
    assert_eq!((of_order.status, of_domain.status), (Some(ValidationStatus::Complete), Some(ValidationStatus::Active)));
    assert_eq!(of_domain.dcv_status, Some(DcvStatus::Complete));
    let name: DnsNameValidation = read(&json!({"status": "approved"}));
    assert_eq!(name.status, Some(NameValidationStatus::Approved));
    assert_eq!(read::<OrderDcvStatus>(&json!("valid")), OrderDcvStatus::Valid);
    assert_eq!(read_with_id::<ListedApprovalRequest>(json!({"status": "approved"})).status, Some(RequestStatus::Approved));
    assert_eq!(read_with_id::<Duplicate>(json!({"status": "approved"})).status, Some(CertificateStatus::Approved));
    assert_eq!(read_with_id::<Domain>(json!({"status": "approved"})).status, Some(DomainStatus::Approved));
    assert_eq!(read_with_id::<Organization>(json!({"status": "approved"})).status, Some(OrganizationStatus::Approved));
}

#[test]
fn row_30_names_of_people_have_an_underscore_or_none() {
    let names = |first: &Option<String>, last: &Option<String>| (first.as_deref() == Some("Ada"), last.as_deref() == Some("Lovelace"));
    let user: UserSummary = read(&json!({"first_name": "Ada", "last_name": "Lovelace"}));
    let reissue: Reissue = read_with_id(json!({"firstname": "Ada", "lastname": "Lovelace"}));
    let duplicate: Duplicate = read_with_id(json!({"firstname": "Ada", "lastname": "Lovelace"}));
    assert_eq!(names(&user.first_name, &user.last_name), (true, true));
    assert_eq!(names(&reissue.firstname, &reissue.lastname), (true, true));
    assert_eq!(names(&duplicate.firstname, &duplicate.lastname), (true, true));
}

#[test]
fn row_31_signature_hashes_are_in_either_case() {
    for (word, hash) in [("sha256", SignatureHash::Sha256), ("SHA256", SignatureHash::Sha256), ("SHA1", SignatureHash::Sha1)] {
        assert_eq!(read::<CertificateDetails>(&json!({"signature_hash": word})).signature_hash, Some(hash.clone()));
        assert_eq!(read::<Intermediate>(&json!({"signature_hash": word})).signature_hash, Some(hash));
    }
}

#[test]
fn row_32_countries_are_in_either_case() {
    for country in ["us", "US"] {
        assert_eq!(read_with_id::<Organization>(json!({"country": country})).country.as_deref(), Some(country));
    }
}

#[test]
fn row_33_validation_types_are_in_either_case() {
    assert_eq!(read::<ProductSummary>(&json!({"validation_type": "ov"})).validation_type, Some(ValidationType::Ov));
    assert_eq!(read::<ProductDetails>(&json!({"validation_type": "OV"})).validation_type, Some(ValidationType::Ov));
    assert_eq!(read::<Validation>(&json!({"type": "EV_CS"})).type_, Some(ValidationType::EvCs));
}

#[test]
fn row_34_the_status_of_a_certificate_is_usually_absent() {
    assert_eq!(read_with_id::<CertificateDetails>(json!({})).status, None);
    assert_eq!(read_with_id::<CertificateDetails>(json!({"status": "revoked"})).status, Some(CertificateStatus::Revoked));
}

#[test]
fn row_35_an_issuing_ca_is_an_object_or_an_id_in_digits_of_either_kind() {
    for (id, text) in [
        (json!("DF3689F672CCB90C"), "DF3689F672CCB90C"),
        (json!("1425231"), "1425231"),
        (json!(1_425_231), "1425231"),
        (json!("1FB86B1168EC743154062E8C9CC5B171A4B7CCB4"), "1FB86B1168EC743154062E8C9CC5B171A4B7CCB4"),
    ] {
        let certificate: CertificateDetails = read(&json!({"ca_cert": {"id": id, "name": "DigiCert"}, "ca_cert_id": id}));
        assert_eq!(certificate.ca_cert.and_then(|ca| ca.id).as_deref(), Some(text));
        assert_eq!(certificate.ca_cert_id.as_deref(), Some(text));
    }
}

#[test]
fn row_36_a_postal_code_is_a_string_or_a_number() {
    assert_eq!(read_with_id::<Organization>(json!({"zip": "84042"})).zip.as_deref(), Some("84042"));
    assert_eq!(read::<ShipInfo>(&json!({"zip": 84_042})).zip.as_deref(), Some("84042"));
}

#[test]
fn row_37_a_price_is_a_number_with_or_without_decimals_or_a_string_or_absent() {
    for (price, amount) in [(json!(1), Some(1.0)), (json!(1050.5), Some(1050.5)), (json!("1050.50"), Some(1050.5)), (json!(null), None)] {
        assert_eq!(read_with_id::<ListedOrder>(json!({"price": price})).price, amount, "{price}");
    }
    assert_eq!(read_with_id::<ListedOrder>(json!({})).price, None);
    let order: Order = read_with_id(json!({"benefits": {"actual_price": "195.00", "discount_percent": "10"}}));
    let benefits = order.benefits.unwrap();
    assert_eq!((benefits.actual_price, benefits.discount_percent), (Some(195.0), Some(10.0)));
}

#[test]
fn row_38_the_value_of_a_custom_field_is_anything() {
    for value in [json!("text"), json!(12), json!(1.5), json!(true), json!(["a"]), json!({"a": 1})] {
        assert_eq!(read::<CustomField>(&json!({"metadata_id": 12, "value": value})).value, Some(value));
    }
    assert_eq!(read::<CustomField>(&json!({"metadata_id": 12, "value": null})).value, None);
}

#[test]
fn row_39_is_active_of_a_container_is_absent_true_or_false() {
    for (members, flag) in [(json!({}), None), (json!({"is_active": true}), Some(true)), (json!({"is_active": false}), Some(false))] {
        assert_eq!(read::<ContainerSummary>(&members).is_active, flag);
        assert_eq!(read_with_id::<Container>(members).is_active, flag);
    }
}

#[test]
fn row_40_days_remaining_is_positive_on_expired_orders_and_absent_before_issue() {
    let expired: ListedOrder = read_with_id(json!({"status": "expired", "certificate": {"days_remaining": 35}}));
    assert_eq!(expired.certificate.unwrap().days_remaining, Some(35));
    assert_eq!(read::<ListedCertificate>(&json!({"days_remaining": -3})).days_remaining, Some(-3));
    let pending: ListedOrder = read_with_id(json!({"status": "pending", "certificate": {"common_name": "example.com"}}));
    assert_eq!(pending.certificate.unwrap().days_remaining, None);
}

#[test]
fn row_44_serial_numbers_stay_as_they_are_written() {
    for serial in ["0669D46CAE79EF684A69777490602485", "669D46CAE79EF684A69777490602485", "ABC", "0X9Z-scrambled"] {
        assert_eq!(read::<CertificateDetails>(&json!({"serial_number": serial})).serial_number.as_deref(), Some(serial));
    }
}

#[test]
fn row_46_the_server_platform_other_has_a_negative_id() {
    assert_eq!(read::<ServerPlatform>(&json!({"id": -1, "name": "OTHER"})).id, Some(ServerPlatformId(-1)));
}

#[test]
fn row_47_unknown_members_and_values_never_hurt() {
    let order: Order = read_with_id(json!({
        "of_tomorrow": {"a": [1, null]}, "status": "of_tomorrow", "certificate": {"of_tomorrow": 1}, "dcv_method": "dns-of-tomorrow",
    }));
    assert_eq!(order.status.unwrap().as_str(), "of_tomorrow");
    assert_eq!(order.dcv_method, Some(DcvMethod::Unknown("dns-of-tomorrow".to_owned())));
}

#[test]
fn row_49_zero_stands_for_a_guest_or_for_none_and_a_contact_may_lack_its_address() {
    let order: Order = read_with_id(json!({"user": {"id": 0}, "renewed_order_id": 0, "technical_contact": {"first_name": "Ada"}}));
    assert_eq!(order.user.and_then(|user| user.id), Some(UserId(0)));
    assert_eq!(order.renewed_order_id, Some(OrderId(0)));
    let contact: ContactDetails = order.technical_contact.unwrap();
    assert_eq!((contact.first_name.as_deref(), contact.email), (Some("Ada"), None));
    let entry: OrderStatusEntry = read(&json!({"order_id": 1, "certificate_id": 0}));
    assert_eq!(entry.certificate_id, Some(CertificateId(0)));
}

#[test]
fn row_50_duplicates_are_told_of_or_counted() {
    let told: ListedOrder = read_with_id(json!({"has_duplicates": false}));
    assert_eq!((told.has_duplicates, told.duplicates_count), (Some(false), None));
    let counted: ListedOrder = read_with_id(json!({"duplicates_count": 2}));
    assert_eq!((counted.has_duplicates, counted.duplicates_count), (None, Some(2)));
}
