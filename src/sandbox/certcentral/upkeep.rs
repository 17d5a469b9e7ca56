//! Catching up: changed objects are indexed, and due events happen.
//!
//! Nothing runs in the background. Before and after every call, the account processes only what changed since and what has come due, so
//! that a call costs the same in an account of any size.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Account;
use super::agenda::Item;
use super::certificate::Certificate;
use super::domain::list::domain_keys;
use super::listing::Index;
use super::request::list::request_keys;
use super::rules::names::upwards;
use super::{FIRST_DOMAIN, FIRST_ORDER, FIRST_REQUEST};

/// Objects that may advance, because they or what they wait for changed.
#[derive(Debug, Default)]
pub(crate) struct Awake {
    orders: BTreeSet<u64>,
    certificates: BTreeSet<u64>,
    /// Domains whose values may have been published.
    domains: BTreeSet<u64>,
}

/// The nouns whose lists grow with the account.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) orders: Index,
    pub(crate) domains: Index,
    pub(crate) requests: Index,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            orders: Index::starting_at(FIRST_ORDER, true),
            domains: Index::starting_at(FIRST_DOMAIN, false),
            requests: Index::starting_at(FIRST_REQUEST, false),
        }
    }
}

impl Account {
    /// Brings everything up to `now`.
    pub(crate) fn catch_up(&mut self, now: DateTime<Utc>) {
        self.note_touched(now);
        if self.settings.dcv_polling {
            let published = std::mem::take(&mut self.awake.domains);
            self.poll_domains(published, now);
            self.note_touched(now);
        }
        let Awake { mut orders, mut certificates, .. } = std::mem::take(&mut self.awake);
        for item in self.agenda.take_due(now) {
            match item {
                Item::Order(id) => orders.insert(id),
                Item::Certificate(id) => certificates.insert(id),
            };
        }
        for id in &orders {
            while self.step_order(*id, now).is_some() {}
            self.send_reminders(*id, now);
        }
        for id in &certificates {
            while self.step_certificate(*id, now).is_some() {}
        }
        self.note_touched(now);
        for id in orders {
            self.schedule_order(id, now);
        }
        for id in certificates {
            self.schedule_certificate(id);
        }
    }

    /// Records changed objects: in lists, in the agenda, and as candidates to advance.
    fn note_touched(&mut self, now: DateTime<Utc>) {
        let published = self.network.take_changed();
        let domains = self.domains.take_touched();
        let mut awake: BTreeSet<u64> = published.iter().flat_map(|name| self.directory.waiting_below(name)).collect();
        for id in &domains {
            self.tell_of_proof(*id);
            awake.extend(self.note_domain(*id));
        }
        for id in self.organizations.take_touched() {
            if self.organizations.get(id).is_some_and(|organization| self.directory.note_organization(organization)) {
                awake.extend(self.directory.waiting_of(id));
            }
        }

        let mut orders = self.orders.take_touched();
        let mut certificates = self.certificates.take_touched();
        certificates.extend(orders.iter().filter_map(|id| self.orders.get(*id)).flat_map(|order| &order.certificate_ids));
        for id in &certificates {
            orders.extend(self.note_certificate(*id));
        }
        let mut requests = self.requests.take_touched();
        for id in &orders {
            requests.extend(self.note_order(*id, now));
        }
        for id in requests {
            if let Some(request) = self.requests.get(id) {
                self.lists.requests.put(id, request_keys(self, request));
            }
        }
        if self.settings.dcv_polling {
            let names = published.iter().map(String::as_str);
            let waiting = certificates.iter().filter_map(|id| self.certificates.get(*id)).flat_map(Certificate::names);
            self.awake.domains.extend(names.chain(waiting).flat_map(upwards).filter_map(|name| self.directory.domain(name)));
            self.awake.domains.extend(domains);
        }
        awake.extend(certificates);
        orders.extend(awake.iter().filter_map(|id| self.certificates.get(*id)).map(|certificate| certificate.order_id));
        self.awake.orders.extend(orders);
        self.awake.certificates.extend(awake);
    }

    /// The certificates that may go on because of a domain.
    fn note_domain(&mut self, id: u64) -> Vec<u64> {
        let Some(domain) = self.domains.get(id) else {
            self.lists.domains.remove(id);
            return Vec::new();
        };
        self.lists.domains.put(id, domain_keys(self, domain));
        if self.directory.note_proof(domain) { self.directory.waiting_below(&domain.name).collect() } else { Vec::new() }
    }

    /// The order of a certificate.
    fn note_certificate(&mut self, id: u64) -> Option<u64> {
        let certificate = self.certificates.get(id)?;
        let order = self.orders.get(certificate.order_id)?;
        self.directory.note_waiting(certificate, order.organization_id);
        self.schedule_certificate(id);
        self.certificates.get(id).map(|certificate| certificate.order_id)
    }

    /// The requests of an order.
    fn note_order(&mut self, id: u64, now: DateTime<Utc>) -> Vec<u64> {
        self.schedule_order(id, now);
        let Some(order) = self.orders.get(id) else {
            return Vec::new();
        };
        self.lists.orders.put(id, self.order_keys(order));
        order.request_ids.clone()
    }

    fn schedule_order(&mut self, id: u64, now: DateTime<Utc>) {
        let time = self.orders.get(id).and_then(|order| self.next_of_order(order, now));
        self.agenda.set(Item::Order(id), time);
    }

    fn schedule_certificate(&mut self, id: u64) {
        let time = self.certificates.get(id).and_then(|certificate| self.next_of_certificate(certificate));
        self.agenda.set(Item::Certificate(id), time);
    }
}
