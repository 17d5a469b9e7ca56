//! Asking for something: a certificate is entered, approvals are sought, names are submitted for validation.

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Action, ApprovalRequest, RequestStatus, first_status};
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::users::User;
use crate::sandbox::certcentral::certificate::{Certificate, CertificateEvent, CertificateForm, CertificateStatus, Origin};
use crate::sandbox::certcentral::domain::Domain;
use crate::sandbox::certcentral::domain::endpoints::AskedControl;
use crate::sandbox::certcentral::order::{Order, OrderEvent};
use crate::sandbox::certcentral::rules::dcv::{self, DcvToken};
use crate::sandbox::certcentral::rules::validations::Control;
use crate::sandbox::http::Reply;

/// Something that may need approval.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) order_id: u64,
    pub(crate) action: Action,
    pub(crate) user: &'a User,
    pub(crate) skip_approval: bool,
    pub(crate) comments: Option<String>,
}

impl Account {
    /// Enters a certificate that is asked for.
    pub(crate) fn enter(&mut self, order_id: u64, origin: Origin, user: &User, wanted: CertificateForm, now: DateTime<Utc>) -> u64 {
        let id = self.certificates.add(|id| Certificate::requested(id, order_id, origin, user.id, wanted, now));
        if let Some(order) = self.orders.get_mut(order_id) {
            order.certificate_ids.push(id);
        }
        id
    }

    /// Makes a request, where the account wants one, and its number; what needs no approver begins at once.
    pub(crate) fn ask(&mut self, ask: Ask<'_>, now: DateTime<Utc>) -> Option<u64> {
        let Ask { order_id, action, user, skip_approval, comments } = ask;
        let status = first_status(self.settings.approval, action, user, skip_approval);
        let request_id = status.map(|status| {
            self.requests.add(|id| ApprovalRequest { comments, ..ApprovalRequest::new(id, order_id, action, status, user.id, now) })
        });
        if let Some(order) = self.orders.get_mut(order_id) {
            order.request_ids.extend(request_id);
        }
        if status.is_none_or(|status| status == RequestStatus::Approved) {
            self.begin(order_id, action, now);
        } else {
            self.mail_approvers(order_id, now);
        }
        request_id
    }

    /// What an approval sets off.
    pub(crate) fn begin(&mut self, order_id: u64, action: Action, now: DateTime<Utc>) -> Option<()> {
        match action {
            Action::NewOrder => {
                self.happen(order_id, OrderEvent::Approved, now)?;
                let certificate = self.certificates.get(self.orders.get(order_id)?.certificate_id)?;
                let (certificate_id, addresses, lacks_csr) = (certificate.id, certificate.emails.clone(), certificate.csr.is_empty());
                if lacks_csr {
                    self.happen(order_id, OrderEvent::LacksCsr, now)?;
                }
                self.mail_readers(order_id, &addresses, now);
                self.begin_validation(certificate_id, now)
            }
            Action::Reissue(certificate_id) | Action::Duplicate(certificate_id) => self.begin_validation(certificate_id, now),
            Action::RevokeOrder => self.revoke_order(order_id, now),
            Action::RevokeCertificate(certificate_id) => self.revoke_certificate(certificate_id, now),
        }
    }

    /// What a rejection sets off.
    pub(crate) fn give_up(&mut self, order_id: u64, action: Action, now: DateTime<Utc>) -> Option<()> {
        match action {
            Action::NewOrder | Action::Reissue(_) => self.happen(order_id, OrderEvent::Rejected, now),
            Action::Duplicate(certificate_id) => self.certificates.get_mut(certificate_id)?.happen(CertificateEvent::Rejected),
            Action::RevokeOrder | Action::RevokeCertificate(_) => Some(()),
        }
    }

    fn begin_validation(&mut self, certificate_id: u64, now: DateTime<Utc>) -> Option<()> {
        self.certificates.get_mut(certificate_id)?.happen(CertificateEvent::Approved)?;
        self.submit_names(certificate_id, now)
    }

    /// Submits an approved certificate's names: domains not known yet are registered, expired ones begin again.
    fn submit_names(&mut self, certificate_id: u64, now: DateTime<Utc>) -> Option<()> {
        let certificate = self.certificates.get(certificate_id)?;
        let order = self.orders.get(certificate.order_id)?;
        let order_id = order.id;
        let kinds: Vec<_> = order.product.organization_validation().into_iter().collect();
        let (organization_id, method) = (order.organization_id, order.dcv_method);
        let unproven = self.unproven_names(order, certificate, now);
        let asked: Vec<String> = unproven.iter().map(|name| self.domain_asked(order, name).to_owned()).collect();
        let organization = organization_id.and_then(|id| self.organizations.get(id));
        if let (Some(kind), Some(id)) = (kinds.first(), organization.map(|organization| organization.id)) {
            self.submit_organization(id, *kind, now);
        }
        // A domain that an order makes, or begins anew, is shown by the order's value.
        let value = if method.uses_token() && !asked.is_empty() { Some(self.random_value(order_id, now)?.clone()) } else { None };
        for (name, domain_name) in unproven.into_iter().zip(asked) {
            let Some(id) = self.domain_for(&name, &domain_name) else {
                let control = AskedControl { method, token: value.clone(), mailed_to: &[] };
                self.register_domain(domain_name, organization_id, kinds.clone(), control, now);
                continue;
            };
            let fresh = DcvToken::draw(&mut self.random, now);
            let Some(domain) = self.domains.get_mut(id) else {
                continue;
            };
            if domain.control(now) == Control::Expired && !domain.pending {
                domain.token = domain.method.uses_token().then(|| value.clone().unwrap_or(fresh));
                if domain.token.is_none() {
                    dcv::send_mails(&self.network, &domain.name, &domain.name, &[], now);
                }
            }
            domain.submit(&kinds, now);
        }
        Some(())
    }

    /// An order's value for all its names: the one there is while it lives, else a new one.
    pub(crate) fn random_value(&mut self, order_id: u64, now: DateTime<Utc>) -> Option<&DcvToken> {
        let fresh = DcvToken::draw(&mut self.random, now);
        let order = self.orders.get_mut(order_id)?;
        let live = order.random_value.take().filter(|value| value.is_live(now));
        Some(order.random_value.insert(live.unwrap_or(fresh)))
    }

    /// The registered domain that will answer for a name, once control is shown: the nearest above it.
    pub(crate) fn domain_for(&self, name: &str, domain_name: &str) -> Option<u64> {
        let mut domains = self.domains_above(name);
        domains.find(|domain| domain.name == domain_name || domain.answers_for(name)).map(|domain| domain.id)
    }

    /// The domains a certificate waits for.
    pub(crate) fn domains_awaited(&self, order: &Order, certificate: &Certificate, now: DateTime<Utc>) -> Vec<&Domain> {
        let names = self.unproven_names(order, certificate, now);
        let mut ids: Vec<u64> = names.iter().filter_map(|name| self.domain_for(name, self.domain_asked(order, name))).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.domains.get(id)).collect()
    }

    /// The response to an order, a reissue or a duplicate: who must approve, what must be validated, or the chain.
    pub(crate) fn submitted(&self, certificate_id: u64, request_id: Option<u64>, now: DateTime<Utc>) -> Reply {
        let certificate = self.certificates.get(certificate_id);
        let order = certificate.and_then(|certificate| self.orders.get(certificate.order_id));
        let (Some(certificate), Some(order)) = (certificate, order) else {
            return Reply::created(Value::Null);
        };
        let mut view = Map::from_iter([("id".to_owned(), order.id.into())]);
        if let Some(request) = request_id.and_then(|id| self.requests.get(id)) {
            let mut item = json!({"id": request.id});
            // Reissues and duplicates name the request without its status.
            if certificate.origin == Origin::Original {
                item["status"] = request.status.word().into();
            }
            view.insert("requests".to_owned(), json!([item]));
        }
        if certificate.status == CertificateStatus::Requested {
            return Reply::created(view);
        }
        view.insert("certificate_id".to_owned(), certificate.id.into());
        let awaited = self.domains_awaited(order, certificate, now);
        // Domain-validated orders answer with the order's value alone.
        if !awaited.is_empty() && order.organization_id.is_some() {
            let domains: Vec<Value> = awaited.iter().map(|domain| domain_in_order(domain)).collect();
            view.insert("domains".to_owned(), domains.into());
        }
        if let Some(value) = order.random_value.as_ref().filter(|_| !awaited.is_empty()) {
            view.insert("dcv_random_value".to_owned(), value.value.clone().into());
        }
        let Some(chain) = self.chain_view(certificate.id) else {
            return Reply::created(view);
        };
        Reply::later(StatusCode::CREATED, move || {
            view.insert("certificate_chain".to_owned(), chain());
            view
        })
    }
}

fn domain_in_order(domain: &Domain) -> Value {
    let mut view = json!({"id": domain.id, "name": domain.name});
    if let Some(token) = &domain.token {
        view["dcv_token"] = token.view_with_status(domain.method, &domain.name);
    }
    view
}
