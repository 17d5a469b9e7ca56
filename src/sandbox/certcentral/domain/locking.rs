//! Domain locking: only this account may have certificates for a domain whose CAA record names it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Domain;
use super::lock::{Event, Lock};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::rules::caa;
use crate::sandbox::certcentral::rules::validations::Control;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

impl Account {
    /// A lock as it counts now: without a validation of its domain, an enabled one waits.
    fn lock_now(domain: &Domain, now: DateTime<Utc>) -> Lock {
        match domain.lock {
            Lock::Enabled if domain.control(now) != Control::Complete => Lock::Pending,
            lock => lock,
        }
    }

    /// What Domain info adds once locking was activated.
    pub(crate) fn lock_view(&self, domain: &Domain, now: DateTime<Utc>) -> Map<String, Value> {
        if domain.lock == Lock::Disabled {
            return Map::new();
        }
        Map::from_iter([
            ("domain_locking_status".to_owned(), Self::lock_now(domain, now).word().into()),
            ("account_token".to_owned(), self.account_token.clone().into()),
        ])
    }

    fn locked(&mut self, call: &Call, event: Event, code: &str) -> Answer {
        self.domain(call)?;
        if !self.settings.domain_locking {
            return Err(Refusal::invalid(code, "Domain locking is not enabled for this account."));
        }
        let domain = self.domain_mut(call)?;
        domain.lock = domain.lock.after(event).unwrap_or(domain.lock);
        Ok(Reply::no_content())
    }
}

/// `PUT /domain/{domain_id}/activate-domain-locking`
pub(crate) fn activate(account: &mut Account, call: &Call) -> Answer {
    account.locked(call, Event::Activated, "cannot_activate_domain_lock")
}

/// `PUT /domain/{domain_id}/deactivate-domain-locking`
pub(crate) fn deactivate(account: &mut Account, call: &Call) -> Answer {
    account.locked(call, Event::Deactivated, "cannot_deactivate_domain_lock")
}

/// `PUT /domain/{domain_id}/caa`; the response is a number inside a text.
pub(crate) fn check_caa(account: &mut Account, call: &Call) -> Answer {
    let domain = account.domain(call)?;
    let token = call.body.text("account_token").ok_or_else(|| Refusal::required("account_token"))?;
    // Inferred: a domain that is not being locked has no lock to check.
    if domain.lock == Lock::Disabled {
        return Err(Refusal::invalid_status("Domain locking is not active for this domain."));
    }
    let found = token == account.account_token && account.network.caa(&domain.name).is_some_and(|records| caa::name(&records, token));
    let event = if found { Event::Found } else { Event::NotFound };
    let domain = account.domain_mut(call)?;
    domain.lock = domain.lock.after(event).unwrap_or(domain.lock);
    Ok(Reply::ok(json!({"status": if found { "1" } else { "0" }})))
}
