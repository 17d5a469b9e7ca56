//! Domain locking: only this account may have certificates for a domain whose CAA record names it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Domain;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::order::form::CertificateForm;
use crate::sandbox::certcentral::rules::names::without_wildcard;
use crate::sandbox::certcentral::rules::validations::Control;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

/// The issuers whose name in a CAA record means this service. The real list is longer.
const ISSUERS: [&str; 3] = ["digicert.com", "www.digicert.com", "digicert.ne.jp"];

/// How far the locking of a domain has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lock {
    #[default]
    Disabled,
    Pending,
    Enabled,
}

/// What happens to a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Activated,
    Found,
    NotFound,
    Deactivated,
}

const TRANSITIONS: &[(Lock, Event, Lock)] = &[
    (Lock::Disabled, Event::Activated, Lock::Pending),
    (Lock::Pending, Event::Activated, Lock::Pending),
    (Lock::Enabled, Event::Activated, Lock::Enabled),
    (Lock::Pending, Event::Found, Lock::Enabled),
    (Lock::Enabled, Event::Found, Lock::Enabled),
    (Lock::Pending, Event::NotFound, Lock::Pending),
    (Lock::Enabled, Event::NotFound, Lock::Pending),
    (Lock::Pending, Event::Deactivated, Lock::Disabled),
    (Lock::Enabled, Event::Deactivated, Lock::Disabled),
    (Lock::Disabled, Event::Deactivated, Lock::Disabled),
];

impl Lock {
    fn after(self, event: Event) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self, event)).map(|(.., to)| *to)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Pending => "pending",
            Self::Enabled => "enabled",
        }
    }
}

/// The issuer and the account of a CAA record's value.
fn parts(record: &str) -> (&str, Option<&str>) {
    let (issuer, parameters) = record.split_once(';').unwrap_or((record, ""));
    let account = parameters.split([';', ' ']).find_map(|parameter| parameter.trim().strip_prefix("account="));
    (issuer.trim(), account)
}

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

    /// The first of some names that CAA records keep this account from issuing for.
    pub(crate) fn name_forbidden_by_caa(&self, names: &[String]) -> Option<String> {
        let allows = |record: &String| {
            let (issuer, account) = parts(record);
            ISSUERS.contains(&issuer) && account.is_none_or(|account| account == self.account_token)
        };
        let forbidden = |name: &&String| {
            let records = self.network.zone.caa(without_wildcard(name));
            !records.is_empty() && !records.iter().any(allows)
        };
        names.iter().find(forbidden).cloned()
    }

    /// Refuses an order that CAA records forbid; that the part of the code that varies is the name is inferred.
    pub(crate) fn check_caa(&self, certificate: &CertificateForm) -> Result<(), Refusal> {
        let names: Vec<String> = certificate.names().map(str::to_owned).collect();
        match self.name_forbidden_by_caa(&names) {
            Some(name) => Err(Refusal::invalid(format!("caa_check_failed|{name}"), format!("The CAA check failed for {name}."))),
            None => Ok(()),
        }
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

/// `PUT /domain/{domain_id}/caa`; the answer is a number inside a text.
pub(crate) fn check_caa(account: &mut Account, call: &Call) -> Answer {
    let domain = account.domain(call)?;
    let token = call.body.text("account_token").ok_or_else(|| Refusal::required("account_token"))?;
    // Inferred: a domain that is not being locked has no lock to check.
    if domain.lock == Lock::Disabled {
        return Err(Refusal::invalid_status("Domain locking is not active for this domain."));
    }
    let found = token == account.account_token
        && account.network.zone.caa(&domain.name).iter().any(|record| {
            let (issuer, account) = parts(record);
            ISSUERS.contains(&issuer) && account == Some(token)
        });
    let event = if found { Event::Found } else { Event::NotFound };
    let domain = account.domain_mut(call)?;
    domain.lock = domain.lock.after(event).unwrap_or(domain.lock);
    Ok(Reply::ok(json!({"status": if found { "1" } else { "0" }})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks() {
        use Event::{Activated, Deactivated, Found, NotFound};
        for (events, word) in [
            (&[Activated][..], Some("pending")),
            (&[Activated, NotFound], Some("pending")),
            (&[Activated, Found], Some("enabled")),
            (&[Activated, Found, NotFound], Some("pending")),
            (&[Activated, Found, Deactivated], Some("disabled")),
            (&[Found], None),
            (&[Activated, Deactivated, NotFound], None),
        ] {
            let end = events.iter().try_fold(Lock::Disabled, |lock, event| lock.after(*event));
            assert_eq!(end.map(Lock::word), word, "{events:?}");
        }
    }

    #[test]
    fn records() {
        for (record, issuer, account) in [
            ("digicert.com", "digicert.com", None),
            ("digicert.com; account=t0k", "digicert.com", Some("t0k")),
            ("digicert.com;validationmethods=dns-01; account=t0k", "digicert.com", Some("t0k")),
            (";", "", None),
        ] {
            assert_eq!(parts(record), (issuer, account), "{record}");
        }
    }
}
