//! My Number cards, the authority behind them, and the tenants of PocketSign Verify.

use serde_json::{Value, json};

use super::asked::{Asked, required};
use super::surroundings::time;
use crate::sandbox::http::{Answer, Reply};
use crate::sandbox::{Card, CardCertificate, PersonDetails, Sandbox, SandboxError};

/// `GET /_sandbox/cards`
pub(super) fn list(sandbox: &Sandbox, _: &Asked) -> Answer {
    let cards: Vec<Value> = sandbox.jpki().cards().iter().map(|card| view(sandbox, card)).collect();
    Ok(Reply::ok(json!({"cards": cards})))
}

/// `GET /_sandbox/cards/{id}`
pub(super) fn info(sandbox: &Sandbox, asked: &Asked) -> Answer {
    Ok(Reply::ok(view(sandbox, &sandbox.jpki().card_of(asked.id())?)))
}

/// `POST /_sandbox/cards`: the card of an invented person, with any details.
pub(super) fn add(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let invented = PersonDetails::default();
    let details = PersonDetails {
        name: asked.text("name")?.unwrap_or(invented.name),
        gender: asked.text("gender")?.unwrap_or(invented.gender),
        date_of_birth: asked.text("date_of_birth")?.unwrap_or(invented.date_of_birth),
        address: asked.text("address")?.unwrap_or(invented.address),
    };
    Ok(Reply::ok(view(sandbox, &sandbox.jpki().card(details))))
}

/// `POST /_sandbox/cards/{id}/revoke`: both certificates, or one.
pub(super) fn revoke(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let jpki = sandbox.jpki();
    let reason = required("reason", asked.word("reason")?)?;
    match asked.text("certificate")?.as_deref() {
        None => jpki.revoke_card(asked.id(), reason)?,
        Some("signing") => jpki.revoke(&jpki.card_of(asked.id())?.signing, reason)?,
        Some("authentication") => jpki.revoke(&jpki.card_of(asked.id())?.authentication, reason)?,
        Some(_) => return Err(SandboxError::invalid("certificate", "expected signing or authentication").into()),
    }
    Ok(Reply::no_content())
}

/// `POST /_sandbox/cards/{id}/renew`
pub(super) fn renew(sandbox: &Sandbox, asked: &Asked) -> Answer {
    Ok(Reply::ok(view(sandbox, &sandbox.jpki().renew(asked.id())?)))
}

/// `POST /_sandbox/cards/{id}/move`
pub(super) fn change_address(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let address = required("address", asked.text("address")?)?;
    sandbox.jpki().move_to(asked.id(), &address)?;
    info(sandbox, asked)
}

fn view(sandbox: &Sandbox, card: &Card) -> Value {
    let certificate = |certificate: &CardCertificate| {
        let revoked = sandbox.jpki().revocation(certificate);
        json!({
            "certificate": certificate.pem(),
            "private_key": *certificate.private_key_pem(),
            "revoked": revoked.map(|(at, reason)| json!({"reason": reason.as_str(), "at": time(at)})),
        })
    };
    json!({
        "id": u64::from(card.person),
        "name": card.details.name,
        "gender": card.details.gender,
        "date_of_birth": card.details.date_of_birth,
        "address": card.details.address,
        "signing": certificate(&card.signing),
        "authentication": certificate(&card.authentication),
    })
}

/// `GET /_sandbox/jpki`
pub(super) fn availability(sandbox: &Sandbox, _: &Asked) -> Answer {
    let [ocsp, crl, links] = sandbox.jpki().availability();
    Ok(Reply::ok(json!({"ocsp_available": ocsp, "crl_available": crl, "links_available": links})))
}

/// `PUT /_sandbox/jpki`: what is not named stays.
pub(super) fn set_availability(sandbox: &Sandbox, asked: &Asked) -> Answer {
    let jpki = sandbox.jpki();
    let (ocsp, crl, links) = (asked.flag("ocsp_available")?, asked.flag("crl_available")?, asked.flag("links_available")?);
    if let Some(available) = ocsp {
        jpki.set_ocsp_available(available);
    }
    if let Some(available) = crl {
        jpki.set_crl_available(available);
    }
    if let Some(available) = links {
        jpki.set_links_available(available);
    }
    availability(sandbox, asked)
}

/// `POST /_sandbox/tenants`
pub(super) fn add_tenant(sandbox: &Sandbox, _: &Asked) -> Answer {
    Ok(Reply::ok(json!({"token": sandbox.add_pocketsign_tenant()})))
}
