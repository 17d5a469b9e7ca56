//! What happens by itself: validation completes, certificates are issued and revoked, plans end.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::{Certificate, CertificateEvent, CertificateStatus, Issued, Origin};
use crate::sandbox::authority::{Issuance, Purpose, Subject};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::order::mails::{Occasion, next_reminder};
use crate::sandbox::certcentral::order::{DcvScope, Order, OrderEvent, OrderStatus};
use crate::sandbox::certcentral::rules::names::{base_domain, without_wildcard};
use crate::sandbox::certcentral::rules::validity;
use crate::sandbox::clock::{after, days_after};

/// An account with automatic reissue asks for it this long before a certificate's end.
const AUTO_REISSUE_DAYS: u32 = 30;
/// What the request of an automatic reissue says.
const AUTO_REISSUE_NOTE: &str = "Automatic reissue";

impl Account {
    /// Takes an order one step further, if time and validations allow.
    pub(crate) fn step_order(&mut self, id: u64, now: DateTime<Utc>) -> Option<()> {
        let order = self.orders.get(id)?;
        if let Some(end) = order.last_day().map(last_second)
            && matches!(order.status, OrderStatus::Issued | OrderStatus::ReissuePending)
            && now > end
        {
            return self.end_plan(id, end);
        }
        let certificate = self.certificates.get(order.working_id())?;
        match order.status {
            OrderStatus::Pending | OrderStatus::ReissuePending if self.is_ready(order, certificate, now) => {
                self.happen(id, OrderEvent::Validated, now)?;
                let working = self.orders.get(id)?.working_id();
                self.certificates.get_mut(working)?.validated = Some(now);
                Some(())
            }
            OrderStatus::Processing | OrderStatus::ReissueProcessing if !order.held => {
                let due = self.due(certificate, now)?;
                if self.issue(certificate.id, due).is_some() { Some(()) } else { self.happen(id, OrderEvent::Rejected, due) }
            }
            OrderStatus::Issued if order.details.auto_reissue => self.reissue_automatically(id, now),
            _ => None,
        }
    }

    /// Takes a certificate that its order does not wait for one step further.
    pub(crate) fn step_certificate(&mut self, id: u64, now: DateTime<Utc>) -> Option<()> {
        let certificate = self.certificates.get(id)?;
        if let Some(at) = certificate.revoke_at.filter(|at| *at <= now) {
            self.certificates.get_mut(id)?.revoke_at = None;
            return self.revoke_certificate(id, at);
        }
        if certificate.origin != Origin::Duplicate {
            return None;
        }
        let order = self.orders.get(certificate.order_id)?;
        if let Some(due) = self.due(certificate, now).filter(|_| certificate.status == CertificateStatus::Pending && !order.held) {
            return match self.issue(id, due) {
                Some(()) => Some(()),
                None => self.certificates.get_mut(id)?.happen(CertificateEvent::Rejected),
            };
        }
        if certificate.validated.is_none() && self.is_ready(order, certificate, now) {
            self.certificates.get_mut(id)?.validated = Some(now);
            return Some(());
        }
        None
    }

    /// When a validated certificate is issued, if that is now or was before.
    fn due(&self, certificate: &Certificate, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.issued_at(certificate).filter(|due| *due <= now)
    }

    /// When a validated certificate is issued.
    fn issued_at(&self, certificate: &Certificate) -> Option<DateTime<Utc>> {
        let due = after(certificate.validated?, self.settings.issue_delay);
        let released = self.orders.get(certificate.order_id).and_then(|order| order.released);
        Some(released.map_or(due, |released| due.max(released)))
    }

    /// The next time at which something may happen to an order by itself.
    pub(crate) fn next_of_order(&self, order: &Order, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let plan_ends = order
            .last_day()
            .filter(|_| matches!(order.status, OrderStatus::Issued | OrderStatus::ReissuePending))
            .map(|last_day| after(last_second(last_day), Duration::from_nanos(1)));
        let is_issued = match order.status {
            OrderStatus::Processing | OrderStatus::ReissueProcessing if !order.held => {
                self.certificates.get(order.working_id()).and_then(|certificate| self.issued_at(certificate))
            }
            _ => None,
        };
        [plan_ends, is_issued, self.next_reissue(order, now), next_reminder(order)].into_iter().flatten().min()
    }

    /// The next time at which an automatic reissue may be asked for.
    fn next_reissue(&self, order: &Order, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if order.status != OrderStatus::Issued || !order.details.auto_reissue {
            return None;
        }
        let end = self.certificates.get(order.certificate_id)?.leaf()?.not_after;
        let first = end.checked_sub_days(Days::new(AUTO_REISSUE_DAYS.into()))?;
        let lasts_longer = order.last_day()? > end.date_naive();
        // Once its time has come, it is tried again day by day.
        let next = if now < first { first } else { tomorrow(now.date_naive()).and_time(NaiveTime::MIN).and_utc() };
        lasts_longer.then_some(next)
    }

    /// The next time at which something may happen to a certificate that its order does not wait for.
    pub(crate) fn next_of_certificate(&self, certificate: &Certificate) -> Option<DateTime<Utc>> {
        let is_held = self.orders.get(certificate.order_id).is_none_or(|order| order.held);
        let waits = certificate.origin == Origin::Duplicate && certificate.status == CertificateStatus::Pending && !is_held;
        let is_issued = self.issued_at(certificate).filter(|_| waits);
        [certificate.revoke_at, is_issued].into_iter().flatten().min()
    }

    /// Approved, validated, and not held back.
    fn is_ready(&self, order: &Order, certificate: &Certificate, now: DateTime<Utc>) -> bool {
        certificate.status == CertificateStatus::Pending
            && !order.held
            && order.are_addresses_validated()
            && self.is_organization_validated(order, now)
            && self.unproven_names(order, certificate, now).is_empty()
            && self.check_caa(self.names_to_prove(order, certificate).iter().map(String::as_str)).is_ok()
    }

    /// Lets an event happen to an order; `None` when it may not happen now.
    ///
    /// What ends the wait for a certificate ends that certificate too.
    pub(crate) fn happen(&mut self, order_id: u64, event: OrderEvent, at: DateTime<Utc>) -> Option<()> {
        let status = self.orders.get(order_id)?.status.after(event)?;
        let order = self.orders.get_mut(order_id)?;
        order.status = status;
        order.changed = at;
        let working = order.working_id();
        if matches!(event, OrderEvent::Rejected | OrderEvent::Canceled | OrderEvent::PlanEnded) {
            let given_up = order.reissue_id.take().unwrap_or(order.certificate_id);
            if let Some(certificate) = self.certificates.get_mut(given_up) {
                // An issued certificate outlives its order's plan.
                let _ = certificate.happen(CertificateEvent::Rejected);
            }
        }
        if event == OrderEvent::Rejected {
            self.tell_of_certificate("order_rejected", order_id, working);
        }
        Some(())
    }

    /// A plan ends, and with it what was asked for within it.
    fn end_plan(&mut self, id: u64, end: DateTime<Utc>) -> Option<()> {
        for request in self.orders.get(id)?.request_ids.clone() {
            if self.requests.get(request)?.is_open() {
                let processor = self.owner().id;
                self.requests.get_mut(request)?.withdraw("The order has expired.", processor, end);
            }
        }
        self.happen(id, OrderEvent::PlanEnded, end)
    }

    fn is_organization_validated(&self, order: &Order, now: DateTime<Utc>) -> bool {
        let organization = order.organization_id.and_then(|id| self.organizations.get(id));
        match (order.product.organization_validation(), organization) {
            (Some(kind), Some(organization)) => organization.active && organization.is_validated(kind, now),
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// The names of a certificate, without those that need no proof of control.
    pub(crate) fn names_to_prove(&self, order: &Order, certificate: &Certificate) -> Vec<String> {
        if !order.product.needs_domain_control() {
            return Vec::new();
        }
        certificate.names().into_iter().map(str::to_owned).collect()
    }

    /// The names of an order's newest certificate that need proof of control.
    pub(crate) fn names_of(&self, order: &Order) -> Vec<String> {
        self.certificates.get(order.working_id()).map(|certificate| self.names_to_prove(order, certificate)).unwrap_or_default()
    }

    /// The names that no domain shows control over, now.
    pub(crate) fn unproven_names(&self, order: &Order, certificate: &Certificate, now: DateTime<Utc>) -> Vec<String> {
        let mut names = self.names_to_prove(order, certificate);
        names.retain(|name| !self.is_proven(name, now));
        names
    }

    /// Whether a domain shows control over a name, now.
    pub(crate) fn is_proven(&self, name: &str, now: DateTime<Utc>) -> bool {
        self.domains_above(name).any(|domain| domain.covers(name, now))
    }

    /// The domain that is asked to show control over a name of an order.
    pub(crate) fn domain_asked<'n>(&self, order: &Order, name: &'n str) -> &'n str {
        match order.scope {
            DcvScope::BaseDomain if order.dcv_method.covers_subdomains() => base_domain(name),
            DcvScope::BaseDomain | DcvScope::Fqdn => without_wildcard(name),
        }
    }

    /// Issues a certificate, which is signed once the account is unlocked; its order follows. `None` when the authority refuses or the plan has
    /// ended.
    fn issue(&mut self, certificate_id: u64, at: DateTime<Utc>) -> Option<()> {
        let certificate = self.certificates.get(certificate_id)?;
        let order = self.orders.get(certificate.order_id)?;
        let (order_id, origin) = (order.id, certificate.origin);
        let (limits, purpose) = (self.limits(order.product), order.product.purpose());
        let today = at.date_naive();
        let (first_day, plan_end) = match order.plan.days {
            Some((_, plan_end)) if plan_end < today => return None,
            Some(days) => days,
            // A date that has passed while the order waited leaves one day.
            None => (today, validity::plan_end(today, order.plan.term, order.plan.bonus_days, limits).unwrap_or_else(|_| tomorrow(today))),
        };
        let certificate_end = validity::certificate_end(today, certificate.validity, plan_end, limits)
            .or_else(|_| validity::certificate_end(today, None, plan_end, limits))
            .unwrap_or(plan_end);
        let organization = order.organization_id.and_then(|id| self.organizations.get(id)).map(|organization| &organization.identity);
        let issued = self.authority.issue(&Issuance {
            csr: &certificate.csr,
            common_name: &certificate.common_name,
            dns_names: if purpose == Purpose::Email { &certificate.emails } else { &certificate.dns_names },
            organization: organization.map(|identity| Subject {
                organization: &identity.name,
                city: &identity.city,
                state: &identity.state,
                country: &identity.country,
            }),
            not_before: today.and_time(NaiveTime::MIN).and_utc(),
            not_after: last_second(certificate_end),
            purpose,
            client_auth: certificate.client_auth,
        });
        let issued = issued.ok()?;
        let certificate = self.certificates.get_mut(certificate_id)?;
        certificate.happen(CertificateEvent::Issued)?;
        certificate.key_size = issued.key.key_size;
        let leaf = Arc::new(issued.certificate);
        self.directory.enter_leaf(certificate_id, &leaf);
        self.unsigned.push(Arc::clone(&leaf));
        certificate.issued = Some(Issued { at, leaf });
        if origin == Origin::Reissue {
            self.replace_primary(order_id, certificate_id, at);
        }
        let order = self.orders.get_mut(order_id)?;
        order.plan.days = Some((first_day, plan_end));
        if origin != Origin::Duplicate {
            self.happen(order_id, OrderEvent::Issued, at)?;
        }
        let occasion = if origin == Origin::Original { Occasion::Issued } else { Occasion::Reissued };
        self.mail_about(order_id, occasion, at);
        // Whether anybody is told or not.
        let _ = self.tell_issued(certificate_id);
        Some(())
    }

    /// A reissue takes the primary certificate's place; when it lacks one of its names, all earlier ones will go.
    ///
    /// A common name that lives on among the other names is taken as kept.
    fn replace_primary(&mut self, order_id: u64, reissue_id: u64, at: DateTime<Utc>) -> Option<()> {
        let order = self.orders.get_mut(order_id)?;
        let replaced = order.certificate_id;
        order.certificate_id = reissue_id;
        order.reissue_id = None;
        let kept = self.certificates.get(reissue_id)?.names();
        if self.certificates.get(replaced)?.names().iter().all(|name| kept.contains(name)) {
            return None;
        }
        let revoke_at = after(at, self.settings.reissue_revocation_delay);
        for id in self.orders.get(order_id)?.certificate_ids.iter().filter(|id| **id != reissue_id) {
            if let Some(earlier) = self.certificates.get_mut(*id).filter(|earlier| earlier.status == CertificateStatus::Issued) {
                earlier.revoke_at.get_or_insert(revoke_at);
            }
        }
        Some(())
    }

    /// Revokes a certificate, and with the last one its order where the account wants that.
    pub(crate) fn revoke_certificate(&mut self, id: u64, at: DateTime<Utc>) -> Option<()> {
        let certificate = self.certificates.get_mut(id)?;
        certificate.happen(CertificateEvent::Revoked)?;
        let order_id = certificate.order_id;
        self.tell_of_certificate("certificate_revoked", order_id, id);
        let is_left = |certificate: &Certificate| certificate.status == CertificateStatus::Issued;
        let is_last = |order| !self.all_certificates_of(order).any(is_left);
        if self.settings.revoke_order_with_last_certificate && self.orders.get(order_id).is_some_and(is_last) {
            // An order that is reissued just now lives on.
            let _ = self.happen(order_id, OrderEvent::Revoked, at);
        }
        self.mail_about(order_id, Occasion::Revoked, at);
        Some(())
    }

    /// Revokes an order with all its certificates.
    pub(crate) fn revoke_order(&mut self, order_id: u64, at: DateTime<Utc>) -> Option<()> {
        self.happen(order_id, OrderEvent::Revoked, at)?;
        for id in self.orders.get(order_id)?.certificate_ids.clone() {
            if let Some(certificate) = self.certificates.get_mut(id) {
                // What is issued is revoked, what was asked for is given up, what has ended stays.
                if certificate.happen(CertificateEvent::Revoked).is_some() {
                    self.tell_of_certificate("certificate_revoked", order_id, id);
                } else {
                    let _ = certificate.happen(CertificateEvent::Rejected);
                }
            }
        }
        self.mail_about(order_id, Occasion::Revoked, at);
        Some(())
    }

    /// Asks for the primary certificate again, shortly before its end and while the plan has days left.
    fn reissue_automatically(&mut self, order_id: u64, now: DateTime<Utc>) -> Option<()> {
        let order = self.orders.get(order_id)?;
        let primary = self.certificates.get(order.certificate_id).filter(|certificate| certificate.status == CertificateStatus::Issued)?;
        let end = primary.leaf()?.not_after;
        if now < end && days_after(now, AUTO_REISSUE_DAYS) < end {
            return None;
        }
        let today = now.date_naive();
        let next_end = validity::certificate_end(today, None, order.last_day()?, self.limits(order.product)).ok()?;
        // Asked for once a day at most, so that a rejection has its effect.
        let asked_today = |certificate: &Certificate| certificate.origin == Origin::Reissue && certificate.created.date_naive() == today;
        if next_end <= end.date_naive() || self.all_certificates_of(order).any(asked_today) {
            return None;
        }
        let (user, form) = (self.user(order.user_id)?.clone(), primary.form());
        self.begin_reissue(order_id, form, &user, false, Some(AUTO_REISSUE_NOTE.to_owned()), now);
        Some(())
    }
}

fn tomorrow(today: NaiveDate) -> NaiveDate {
    today.succ_opt().unwrap_or(today)
}

fn last_second(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(23, 59, 59).unwrap_or_default().and_utc()
}
