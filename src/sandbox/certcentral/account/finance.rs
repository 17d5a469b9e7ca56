//! The account itself and its money.

use serde_json::json;

use super::users::ACCOUNT_ID;
use crate::sandbox::certcentral::Account;
use crate::sandbox::http::{Answer, Call, Reply};

/// `GET /account`; flat, with one text among numbers and booleans. The members are those of a capture, as far as
/// they are known.
pub(crate) fn account(account: &mut Account, _: &Call) -> Answer {
    let owner = account.owner();
    Ok(Reply::ok(json!({
        "id": ACCOUNT_ID,
        "make_renewal_calls": true,
        "assigned_rep_name": "Sandbox",
        "rep_phone": "(801) 228-0992",
        "rep_email": "sandbox@example.com",
        "display_rep": true,
        "admin_email": owner.email,
        "renewal_email": owner.email,
        "ent_support_plan": "1",
        "express_install": false,
        "locale_code": "ja",
        "cert_transparency": "on",
        "balance_negative_limit": 0,
        "primary_company_type": "business",
        "primary_organization_name": account.organizations.iter().next().map(|organization| organization.identity.name.clone()),
        "primary_organization_country": account.organizations.iter().next().map(|organization| organization.identity.country.clone()),
        "zero_balance_email": false,
        "phone_verified": true,
    })))
}

/// `GET /account/balance`; the path is known, the members are inferred. Nothing is charged here.
pub(crate) fn balance(_: &mut Account, _: &Call) -> Answer {
    Ok(Reply::ok(json!({"balance": "0.00", "currency": "USD"})))
}
