//! What happens to orders by itself: validation completes, certificates are issued, plans end.
//!
//! Nothing runs in the background. Before and after every call the account catches up with the clock.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::Account;
use super::names::{base_domain, without_wildcard};
use super::order::{DcvScope, Issued, Order, OrderEvent, OrderStatus};
use super::validity;
use crate::sandbox::authority::{Issuance, Subject};
use crate::sandbox::clock::after;

impl Account {
    /// Brings every order up to `now`.
    pub(super) fn catch_up(&mut self, now: DateTime<Utc>) {
        for id in self.orders.ids() {
            while self.step(id, now).is_some() {}
        }
    }

    /// Takes an order one step further, if time and validations allow.
    fn step(&mut self, id: u64, now: DateTime<Utc>) -> Option<()> {
        let order = self.orders.get(id)?;
        match order.status {
            OrderStatus::Pending if !order.held && self.is_validated(order, now) => {
                self.happen(id, OrderEvent::Validated)?;
                self.orders.get_mut(id)?.validated = Some(now);
                Some(())
            }
            OrderStatus::Processing => {
                let due = after(order.validated?, self.settings.issue_delay);
                if now < due || order.held {
                    return None;
                }
                let event = if self.issue(id, due).is_some() { OrderEvent::Issued } else { OrderEvent::Rejected };
                self.happen(id, event)
            }
            OrderStatus::Issued if order.plan.days.is_some_and(|(_, last_day)| now.date_naive() > last_day) => {
                self.happen(id, OrderEvent::PlanEnded)
            }
            _ => None,
        }
    }

    /// Lets an event happen to an order; `None` when it may not happen now.
    pub(super) fn happen(&mut self, order_id: u64, event: OrderEvent) -> Option<()> {
        let order = self.orders.get_mut(order_id)?;
        order.status = order.status.after(event)?;
        Some(())
    }

    fn is_validated(&self, order: &Order, now: DateTime<Utc>) -> bool {
        self.is_organization_validated(order, now) && self.unproven_names(order, now).is_empty()
    }

    fn is_organization_validated(&self, order: &Order, now: DateTime<Utc>) -> bool {
        let organization = order.organization_id.and_then(|id| self.organizations.get(id));
        match (order.product.organization_validation(), organization) {
            (Some(kind), Some(organization)) => organization.is_active() && organization.is_validated(kind, now),
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// The names of an order, without those that need no proof of control.
    pub(super) fn names_of(&self, order: &Order) -> Vec<String> {
        let certificate = self.certificates.get(order.certificate_id).filter(|_| order.product.needs_domain_control());
        certificate.map(|certificate| certificate.names().into_iter().map(str::to_owned).collect()).unwrap_or_default()
    }

    /// The names that no domain shows control over, now.
    pub(super) fn unproven_names(&self, order: &Order, now: DateTime<Utc>) -> Vec<String> {
        let mut names = self.names_of(order);
        names.retain(|name| !self.domains.iter().any(|domain| domain.covers(name, now)));
        names
    }

    /// The domain that is asked to show control over a name of an order.
    pub(super) fn domain_asked<'n>(&self, order: &Order, name: &'n str) -> &'n str {
        match order.scope {
            DcvScope::BaseDomain if order.dcv_method.covers_subdomains() => base_domain(name),
            DcvScope::BaseDomain | DcvScope::Fqdn => without_wildcard(name),
        }
    }

    /// Signs an order's certificate; `None` when the authority refuses.
    fn issue(&mut self, order_id: u64, at: DateTime<Utc>) -> Option<()> {
        let order = self.orders.get(order_id)?;
        let certificate = self.certificates.get(order.certificate_id)?;
        let limits = self.settings.validity_limits();
        let today = at.date_naive();
        let (first_day, plan_end) = match order.plan.days {
            Some(days) => days,
            // A date that has passed while the order waited leaves one day.
            None => (today, validity::plan_end(today, order.plan.term, order.plan.bonus_days, limits).unwrap_or_else(|_| tomorrow(today))),
        };
        let certificate_end = validity::certificate_end(today, certificate.validity, plan_end, limits)
            .or_else(|_| validity::certificate_end(today, None, plan_end, limits))
            .unwrap_or(plan_end);
        let organization = order.organization_id.and_then(|id| self.organizations.get(id));
        let issued = self.authority.issue(&Issuance {
            csr: &certificate.csr,
            common_name: &certificate.common_name,
            dns_names: &certificate.dns_names,
            organization: organization.map(|organization| Subject {
                organization: &organization.name,
                city: organization.city,
                state: organization.state,
                country: organization.country,
            }),
            not_before: today.and_time(NaiveTime::MIN).and_utc(),
            not_after: last_second(certificate_end),
            client_auth: certificate.client_auth,
        });
        let issued = issued.ok()?;
        let certificate = self.certificates.get_mut(order.certificate_id)?;
        certificate.key_size = issued.key.key_size;
        certificate.issued = Some(Issued { at, leaf: issued.certificate });
        self.orders.get_mut(order_id)?.plan.days = Some((first_day, plan_end));
        Some(())
    }
}

fn tomorrow(today: NaiveDate) -> NaiveDate {
    today.succ_opt().unwrap_or(today)
}

fn last_second(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(23, 59, 59).unwrap_or_default().and_utc()
}
