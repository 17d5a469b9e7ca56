//! An overview of the account for a person: what is pending, and what is done.

use chrono::{DateTime, Utc};

use super::Account;
use super::certificate::CertificateStatus;
use super::domain::Domain;
use super::order::{Order, OrderStatus};
use super::request::ApprovalRequest;
use super::rules::dcv::{self, DcvMethod};
use super::rules::validations::Control;
use crate::sandbox::RecordType;

/// The most of each that is shown.
const SHOWN: usize = 50;

/// The newest of each noun, the newest first, and how many there are.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) domains: Vec<DomainLine>,
    pub(crate) all_domains: usize,
    pub(crate) orders: Vec<OrderLine>,
    pub(crate) all_orders: usize,
    pub(crate) requests: Vec<RequestLine>,
    pub(crate) all_requests: usize,
    pub(crate) organizations: Vec<OrganizationLine>,
}

#[derive(Debug)]
pub(crate) struct DomainLine {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) method: &'static str,
    /// Until when control of it is shown, if it is.
    pub(crate) validated_until: Option<DateTime<Utc>>,
    pub(crate) waits: bool,
    /// What it waits for; nothing where its values are no longer good.
    pub(crate) awaits: Option<Proof>,
}

/// What shows control of a domain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Record {
        name: String,
        record_type: RecordType,
        value: String,
    },
    File {
        url: String,
        body: String,
    },
    /// The link in a mail to one of its mailboxes.
    Mail,
}

#[derive(Debug)]
pub(crate) struct OrderLine {
    pub(crate) id: u64,
    pub(crate) common_name: String,
    pub(crate) product: &'static str,
    pub(crate) status: OrderStatus,
    pub(crate) held: bool,
    pub(crate) has_certificate: bool,
    /// The domains it waits for.
    pub(crate) awaits: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct RequestLine {
    pub(crate) id: u64,
    pub(crate) order_id: u64,
    pub(crate) common_name: String,
    pub(crate) action: &'static str,
    pub(crate) status: &'static str,
    pub(crate) is_open: bool,
    /// Whether the first of two steps is to be taken.
    pub(crate) awaits_review: bool,
}

#[derive(Debug)]
pub(crate) struct OrganizationLine {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// The kinds of validation that hold.
    pub(crate) validated: Vec<&'static str>,
    /// Whether a kind was asked for that does not hold, or none ever was.
    pub(crate) awaits_validation: bool,
}

impl Account {
    pub(crate) fn overview(&self, now: DateTime<Utc>) -> Overview {
        Overview {
            all_domains: self.domains.len(),
            all_orders: self.orders.len(),
            all_requests: self.requests.len(),
            domains: self.domains.iter().rev().take(SHOWN).map(|domain| self.domain_line(domain, now)).collect(),
            orders: self.orders.iter().rev().take(SHOWN).map(|order| self.order_line(order, now)).collect(),
            requests: self.requests.iter().rev().take(SHOWN).filter_map(|request| self.request_line(request)).collect(),
            organizations: self.organizations.iter().take(SHOWN).map(|organization| organization.line(now)).collect(),
        }
    }

    fn domain_line(&self, domain: &Domain, now: DateTime<Utc>) -> DomainLine {
        let complete = domain.control(now) == Control::Complete;
        let waits = domain.active && (domain.pending || !complete);
        DomainLine {
            id: domain.id,
            name: domain.name.clone(),
            method: domain.method.word(),
            validated_until: domain.approval.map(|approval| approval.until).filter(|_| complete),
            waits,
            // Its own value, or that of an order that waits for it.
            awaits: waits.then(|| proof(domain, self.values_for(domain, now).next())).flatten(),
        }
    }

    fn order_line(&self, order: &Order, now: DateTime<Utc>) -> OrderLine {
        let working = self.certificates.get(order.working_id()).filter(|certificate| certificate.status == CertificateStatus::Pending);
        let awaited = working.map(|certificate| self.domains_awaited(order, certificate, now)).unwrap_or_default();
        OrderLine {
            id: order.id,
            common_name: self.common_name(order).to_owned(),
            product: order.product.name,
            status: order.status,
            held: order.held,
            has_certificate: self.certificates.get(order.certificate_id).is_some_and(|certificate| certificate.issued.is_some()),
            awaits: awaited.into_iter().map(|domain| domain.name.clone()).collect(),
        }
    }

    fn request_line(&self, request: &ApprovalRequest) -> Option<RequestLine> {
        let order = self.orders.get(request.order_id)?;
        Some(RequestLine {
            id: request.id,
            order_id: order.id,
            common_name: self.common_name(order).to_owned(),
            action: request.action.word(),
            status: request.status.word(),
            is_open: request.is_open(),
            awaits_review: request.awaits_review(),
        })
    }
}

/// What shows control of a domain by its method with a value, as long as there is one.
fn proof(domain: &Domain, value: Option<&str>) -> Option<Proof> {
    let name = domain.name.clone();
    Some(match (domain.method, value) {
        (DcvMethod::Email, _) => Proof::Mail,
        (_, None) => return None,
        (DcvMethod::DnsTxt, Some(value)) => Proof::Record { name, record_type: RecordType::Txt, value: value.to_owned() },
        (DcvMethod::DnsCname, Some(value)) => {
            Proof::Record { name: format!("{value}.{name}"), record_type: RecordType::Cname, value: dcv::CNAME_TARGET.to_owned() }
        }
        (DcvMethod::File | DcvMethod::FileDynamic, Some(value)) => {
            Proof::File { url: format!("http://{}", domain.method.file_path(&name, value)), body: value.to_owned() }
        }
    })
}
