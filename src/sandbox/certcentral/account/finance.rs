//! The account itself and its money.

use serde_json::json;

use super::users::ACCOUNT_ID;
use crate::sandbox::certcentral::Account;
use crate::sandbox::http::{Answer, Call, Reply};

/// `GET /account`; flat, with one text among numbers and booleans. The members are those of a capture of 2023.
pub(crate) fn account(account: &mut Account, _: &Call) -> Answer {
    let organization = account.organizations.iter().next();
    Ok(Reply::ok(json!({
        "id": ACCOUNT_ID,
        "primary_organization_id": organization.map(|organization| organization.id),
        "primary_organization_name": organization.map(|organization| organization.identity.name.clone()),
        "primary_organization_country": organization.map(|organization| organization.identity.country.clone()),
        "make_renewal_calls": true,
        "express_install_enabled": false,
        "display_rep": true,
        "rep_photo_id": 0,
        "balance_negative_limit": 0,
        "cert_transparency": "embed",
        "cert_central_type": "retail",
        "migrated": false,
        "has_auth_key": false,
        "client_mgr_photo_id": 0,
        "ent_support_plan": "1",
    })))
}

/// `GET /account/balance`; the path is known, the members are inferred. Nothing is charged here.
pub(crate) fn balance(_: &mut Account, _: &Call) -> Answer {
    Ok(Reply::ok(json!({"balance": "0.00", "currency": "USD"})))
}
