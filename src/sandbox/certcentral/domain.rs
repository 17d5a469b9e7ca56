//! A domain of the account: its method, its token, and how long its validation lasts.

pub(super) mod endpoints;
pub(super) mod form;
pub(super) mod list;
pub(super) mod lock;
pub(super) mod locking;
pub(super) mod view;

use chrono::{DateTime, Utc};

use self::lock::Lock;
use super::rules::dcv::{DcvMethod, DcvToken};
use super::rules::names::is_at_or_below;
use super::rules::validations::{Control, ValidationKind};
use crate::sandbox::clock::days_after;

/// A domain.
#[derive(Debug)]
pub(crate) struct Domain {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) organization_id: Option<u64>,
    pub(crate) active: bool,
    pub(crate) created: DateTime<Utc>,
    pub(crate) submitted: DateTime<Utc>,
    pub(crate) kinds: Vec<ValidationKind>,
    pub(crate) method: DcvMethod,
    pub(crate) token: Option<DcvToken>,
    /// Something is being validated, be it for the first time or again.
    pub(crate) pending: bool,
    pub(crate) approval: Option<Approval>,
    pub(crate) lock: Lock,
}

/// A proof of control, reusable until its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Approval {
    pub(crate) method: DcvMethod,
    pub(crate) at: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
}

impl Domain {
    pub(crate) fn control(&self, now: DateTime<Utc>) -> Control {
        match self.approval {
            None => Control::Pending,
            Some(approval) if now < approval.until => Control::Complete,
            Some(_) => Control::Expired,
        }
    }

    /// Asks for validations; kinds already asked for are asked again.
    pub(crate) fn submit(&mut self, kinds: &[ValidationKind], now: DateTime<Utc>) {
        for kind in kinds {
            if !self.kinds.contains(kind) {
                self.kinds.push(*kind);
            }
        }
        self.submitted = now;
        self.pending = true;
    }

    /// Control was shown: the reuse period starts over.
    pub(crate) fn approve(&mut self, method: DcvMethod, now: DateTime<Utc>, reuse_days: u32) {
        self.approval = Some(Approval { method, at: now, until: days_after(now, reuse_days) });
        self.pending = false;
        if let Some(token) = &mut self.token {
            token.found = true;
        }
    }

    /// Whether this domain, shown as under control or not, answers for a name.
    pub(crate) fn answers_for(&self, name: &str) -> bool {
        let method = self.approval.map_or(self.method, |approval| approval.method);
        self.active && (self.name == name || method.covers_subdomains() && is_at_or_below(name, &self.name))
    }

    /// Whether control is shown for a name, now.
    pub(crate) fn covers(&self, name: &str, now: DateTime<Utc>) -> bool {
        self.control(now) == Control::Complete && self.answers_for(name)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const REUSE_DAYS: u32 = 199;

    pub(crate) fn domain(method: DcvMethod) -> Domain {
        Domain {
            id: 1,
            name: "example.com".to_owned(),
            organization_id: None,
            active: true,
            created: DateTime::UNIX_EPOCH,
            submitted: DateTime::UNIX_EPOCH,
            kinds: vec![ValidationKind::Ov],
            method,
            token: None,
            pending: true,
            approval: None,
            lock: Lock::default(),
        }
    }

    #[test]
    fn control_is_pending_then_complete_then_expired_and_complete_again() {
        let mut domain = domain(DcvMethod::DnsTxt);
        let day = |days| days_after(DateTime::UNIX_EPOCH, days);
        assert_eq!(domain.control(day(0)), Control::Pending);
        domain.approve(DcvMethod::DnsTxt, day(0), REUSE_DAYS);
        assert_eq!(domain.control(day(198)), Control::Complete);
        assert_eq!(domain.control(day(199)), Control::Expired);
        domain.approve(DcvMethod::DnsTxt, day(200), REUSE_DAYS);
        assert_eq!(domain.control(day(201)), Control::Complete);
    }

    #[test]
    fn a_file_covers_its_host_alone() {
        for (method, name, covered) in [
            (DcvMethod::DnsTxt, "example.com", true),
            (DcvMethod::DnsTxt, "www.example.com", true),
            (DcvMethod::DnsTxt, "*.example.com", true),
            (DcvMethod::DnsTxt, "example.org", false),
            (DcvMethod::File, "example.com", true),
            (DcvMethod::File, "www.example.com", false),
            (DcvMethod::File, "*.example.com", false),
        ] {
            let mut domain = domain(method);
            assert!(!domain.covers(name, DateTime::UNIX_EPOCH));
            domain.approve(method, DateTime::UNIX_EPOCH, REUSE_DAYS);
            assert_eq!(domain.covers(name, DateTime::UNIX_EPOCH), covered, "{method:?} {name}");
            domain.active = false;
            assert!(!domain.covers(name, DateTime::UNIX_EPOCH));
        }
    }
}
