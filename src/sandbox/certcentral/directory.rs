//! Lookup tables between objects, so that the account need not search everything.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::certificate::{Certificate, CertificateStatus, plain_number};
use super::domain::Domain;
use super::organization::{Organization, OrganizationProof};
use super::rules::dcv::DcvMethod;
use super::rules::names::upwards;
use crate::sandbox::authority;

/// SHA-1, in hexadecimal.
const THUMBPRINT_DIGITS: usize = 40;

/// Numbers by what they are looked up by.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    domains: HashMap<String, u64>,
    domains_of: HashMap<u64, BTreeSet<u64>>,
    proofs: HashMap<u64, Proof>,
    organization_proofs: HashMap<u64, OrganizationProof>,
    pending_domains: BTreeSet<u64>,
    serial_numbers: HashMap<String, u64>,
    thumbprints: RefCell<Thumbprints>,
    waiting: Waiting,
}

/// Certificates by thumbprint. Since only a signature makes it, it is entered when one is looked for.
#[derive(Debug, Default)]
struct Thumbprints {
    entered: HashMap<String, u64>,
    issued_since: Vec<(u64, Arc<authority::Certificate>)>,
}

/// What of a domain decides whether names are under control.
type Proof = (bool, Option<(DcvMethod, DateTime<Utc>)>);

/// The certificates that wait for validations, by what they may wait for.
#[derive(Debug, Default)]
struct Waiting {
    entered: HashMap<u64, (BTreeSet<String>, Option<u64>)>,
    below: HashMap<String, BTreeSet<u64>>,
    of: HashMap<u64, BTreeSet<u64>>,
}

impl Directory {
    pub(crate) fn enter_domain(&mut self, domain: &Domain) {
        self.domains.insert(domain.name.clone(), domain.id);
        if let Some(organization) = domain.organization_id {
            self.domains_of.entry(organization).or_default().insert(domain.id);
        }
    }

    pub(crate) fn forget_domain(&mut self, domain: &Domain) {
        self.domains.remove(&domain.name);
        self.proofs.remove(&domain.id);
        self.pending_domains.remove(&domain.id);
        if let Some(domains) = domain.organization_id.and_then(|organization| self.domains_of.get_mut(&organization)) {
            domains.remove(&domain.id);
        }
    }

    /// The domain of a name.
    pub(crate) fn domain(&self, name: &str) -> Option<u64> {
        self.domains.get(name).copied()
    }

    /// The domains at a name and above it, the nearest first.
    pub(crate) fn domains_above(&self, name: &str) -> impl Iterator<Item = u64> {
        upwards(name).filter_map(|name| self.domain(name))
    }

    /// The domains of an organization.
    pub(crate) fn domains_of(&self, organization: u64) -> Vec<u64> {
        self.domains_of.get(&organization).into_iter().flatten().copied().collect()
    }

    /// Notes how far a domain is under control, and tells whether that has changed.
    pub(crate) fn note_proof(&mut self, domain: &Domain) -> bool {
        if domain.pending {
            self.pending_domains.insert(domain.id);
        } else {
            self.pending_domains.remove(&domain.id);
        }
        let proof = (domain.active, domain.approval.map(|approval| (approval.method, approval.until)));
        self.proofs.insert(domain.id, proof) != Some(proof)
    }

    /// Notes how far an organization is validated, and tells whether that has changed.
    pub(crate) fn note_organization(&mut self, organization: &Organization) -> bool {
        let proof = organization.proof();
        self.organization_proofs.insert(organization.id, proof.clone()) != Some(proof)
    }

    pub(crate) fn forget_organization(&mut self, id: u64) {
        self.organization_proofs.remove(&id);
    }

    /// The domains of which control is asked for and not proved.
    pub(crate) fn pending_domains(&self) -> impl Iterator<Item = u64> {
        self.pending_domains.iter().copied()
    }

    pub(crate) fn enter_leaf(&mut self, id: u64, leaf: &Arc<authority::Certificate>) {
        self.serial_numbers.insert(plain_number(&leaf.serial_number), id);
        self.thumbprints.get_mut().issued_since.push((id, Arc::clone(leaf)));
    }

    pub(crate) fn certificate_by_serial_number(&self, number: &str) -> Option<u64> {
        self.serial_numbers.get(&plain_number(number)).copied()
    }

    pub(crate) fn certificate_by_thumbprint(&self, thumbprint: &str) -> Option<u64> {
        // Whatever else an order is asked for by must not wait for signatures.
        if thumbprint.len() != THUMBPRINT_DIGITS {
            return None;
        }
        let Thumbprints { entered, issued_since } = &mut *self.thumbprints.borrow_mut();
        entered.extend(issued_since.drain(..).map(|(id, leaf)| (leaf.thumbprint().to_owned(), id)));
        entered.get(&thumbprint.to_ascii_uppercase()).copied()
    }

    /// Notes whether a certificate waits for validations; the organization is its order's.
    pub(crate) fn note_waiting(&mut self, certificate: &Certificate, organization: Option<u64>) {
        let id = certificate.id;
        let Waiting { entered, below, of } = &mut self.waiting;
        let waits = certificate.status == CertificateStatus::Pending;
        if waits == entered.contains_key(&id) {
            return;
        }
        if waits {
            let names: BTreeSet<String> = certificate.names().into_iter().flat_map(upwards).map(str::to_owned).collect();
            for name in &names {
                below.entry(name.clone()).or_default().insert(id);
            }
            if let Some(organization) = organization {
                of.entry(organization).or_default().insert(id);
            }
            entered.insert(id, (names, organization));
        } else if let Some((names, organization)) = entered.remove(&id) {
            for name in names {
                take_out(below, &name, id);
            }
            if let Some(organization) = organization {
                take_out(of, &organization, id);
            }
        }
    }

    /// The waiting certificates with a name at or below this one.
    pub(crate) fn waiting_below(&self, name: &str) -> impl Iterator<Item = u64> {
        self.waiting.below.get(name).into_iter().flatten().copied()
    }

    /// The waiting certificates of an organization.
    pub(crate) fn waiting_of(&self, organization: u64) -> impl Iterator<Item = u64> {
        self.waiting.of.get(&organization).into_iter().flatten().copied()
    }
}

fn take_out<K: std::hash::Hash + Eq>(sets: &mut HashMap<K, BTreeSet<u64>>, key: &K, id: u64) {
    let emptied = sets.get_mut(key).is_some_and(|ids| {
        ids.remove(&id);
        ids.is_empty()
    });
    if emptied {
        sets.remove(key);
    }
}
