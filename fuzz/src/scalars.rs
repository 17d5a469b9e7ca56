//! Single values that a service writes in many ways: numbers, flags, dates and texts.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use shomei::{
    RedactedBytes,
    certcentral::types::{
        AccountDetails, ApprovalRequest, CertificateDetails, DcvExpiration, DcvToken, Domain, Duplicate, ListedOrder, Order,
    },
    pocketsign::types,
};

use super::judge;

/// A value in place of members of every lenient kind.
pub fn scalars(data: &[u8]) {
    let plain: Option<Value> = serde_json::from_slice(data).ok();
    let number = plain.as_ref().and_then(whole);

    for member in ["display_rep", "migrated"] {
        let account: Option<AccountDetails> = read(member, data);
        if let (Some(account), Some(Value::Bool(flag))) = (&account, &plain) {
            assert_eq!(if member == "migrated" { account.migrated } else { account.display_rep }, Some(*flag));
        }
    }
    let account: Option<AccountDetails> = read("billing_account_id", data);
    if let Some(number) = number {
        assert_eq!(account.expect("a whole number").billing_account_id, Some(number));
    }
    let account: Option<AccountDetails> = read("ent_support_plan", data);
    if let Some(Value::String(text)) = &plain {
        assert_eq!(account.and_then(|account| account.ent_support_plan).as_ref(), Some(text));
    }
    read::<AccountDetails>("balance_negative_limit", data);
    read::<Order>("price", data);
    read::<Order>("order_valid_till", data);
    read::<Order>("organization", data);
    read::<Order>("requests", data);
    read::<ListedOrder>("number_of_sans", data);
    read::<CertificateDetails>("dns_names", data);
    read::<CertificateDetails>("valid_till", data);
    read::<CertificateDetails>("date_issued", data);
    read::<CertificateDetails>("ca_cert_id", data);
    read::<Duplicate>("valid_from", data);
    read::<DcvToken>("expiration_date", data);
    read::<DcvExpiration>("ov", data);
    read::<Domain>("dcv_expiration_datetime", data);
    read::<ApprovalRequest>("date", data);
    read::<types::Certificate>("created_at", data);
    read::<types::Certificate>("type", data);
    read::<types::Certificate>("createdAt", data);
    read::<types::Certificate>("latest", data);
    read::<types::ListUsersResponse>("totalSize", data);
    read::<types::ListUsersResponse>("nextPageToken", data);

    if let Ok(bytes) = serde_json::from_slice::<RedactedBytes>(data) {
        judge::data(&bytes);
    }
}

/// Reads an object of this one member, beside the id that some have to have.
fn read<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(member: &str, data: &[u8]) -> Option<T> {
    let id: &[u8] = if member == "id" { b"{" } else { b"{\"id\":7," };
    let json = [id, b"\"", member.as_bytes(), b"\":", data, b"}"].concat();
    let value: T = serde_json::from_slice(&json).ok()?;
    judge::data(&value);
    Some(value)
}

/// A whole number, plain or as a string of digits.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}
