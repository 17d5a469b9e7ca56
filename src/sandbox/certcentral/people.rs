//! Actions of other people: the vendor's staff, colleagues in the account, recipients of mail.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::account::users::User;
use super::order::OrderEvent;
use super::request::RequestStatus;
use super::rules::dcv::DcvMethod;
use super::{Account, domain, order};
use crate::sandbox::SandboxError;
use crate::sandbox::clock::days_after;
use crate::sandbox::http::{Call, Query};
use crate::sandbox::json::Body;
use crate::sandbox::network::{Mail, MailKind};
use crate::sandbox::refusal::Refusal;

/// How long the link in an approval mail works.
const LINK_DAYS: u32 = 30;

type Done = Result<(), SandboxError>;

fn unknown_order() -> SandboxError {
    SandboxError::not_found("order")
}

impl Account {
    /// The reader of a mailbox follows the newest approval link in it.
    pub(crate) fn approve_dcv_mail(&mut self, address: &str, now: DateTime<Utc>) -> Done {
        let mails = self.network.mails.to(address);
        let mail = mails.iter().rev().find(|mail| has_live_link(mail, now));
        self.approve_by_mail(mail.ok_or_else(|| SandboxError::state("there is no valid approval mail"))?, now)
    }

    /// The reader of a mail follows the link in it.
    pub(crate) fn follow_mail(&mut self, id: u64, now: DateTime<Utc>) -> Done {
        let mail = self.network.mails.get(id).ok_or_else(|| SandboxError::not_found("mail"))?;
        match mail.kind {
            MailKind::DomainApproval if !has_live_link(&mail, now) => Err(SandboxError::state("the link in the mail is no longer valid")),
            MailKind::DomainApproval => self.approve_by_mail(&mail, now),
            MailKind::EmailValidation => {
                let email = form_urlencoded::Serializer::new("/?".to_owned()).append_pair("email", &mail.to).finish();
                let query = email.parse().map(|uri| Query::of(&uri)).unwrap_or_default();
                let call = Call { params: mail.token.into_iter().collect(), query, body: Body::default(), now, caller: 0 };
                let confirmed = order::emails::validate(self, &call);
                confirmed.map(drop).map_err(|_| SandboxError::state("the link in the mail is no longer valid"))
            }
            MailKind::ApprovalNeeded => Err(SandboxError::state("the link leads to a request: approve or reject the request instead")),
            _ => Err(SandboxError::state("this mail has no link")),
        }
    }

    fn approve_by_mail(&mut self, mail: &Mail, now: DateTime<Utc>) -> Done {
        let reuse_days = self.settings.dcv_reuse_days;
        let domain = self.directory.domain(&mail.domain).and_then(|id| self.domains.get_mut(id));
        let domain = domain.ok_or_else(|| SandboxError::state("the domain no longer exists"))?;
        if domain.method != DcvMethod::Email {
            return Err(SandboxError::state("the domain is no longer validated by e-mail"));
        }
        domain.approve(DcvMethod::Email, now, reuse_days);
        Ok(())
    }

    /// The vendor looks for what shows control of a domain.
    pub(crate) fn check_domain(&mut self, id: u64, now: DateTime<Utc>) -> Done {
        self.domains.get(id).ok_or_else(|| SandboxError::not_found("domain"))?;
        let call = Call { params: vec![id.to_string()], query: Query::default(), body: Body::default(), now, caller: 0 };
        let checked = domain::endpoints::check(self, &call);
        checked.map(drop).map_err(|refusal| SandboxError::state(format!("control of the domain is not proved: {}", refusal.code())))
    }

    /// Makes the PEM of an order's certificate and its intermediate, once the account is unlocked.
    pub(crate) fn certificate_of(&self, order_id: u64) -> Result<impl FnOnce() -> String + use<>, SandboxError> {
        let order = self.orders.get(order_id).ok_or_else(unknown_order)?;
        let issued = self.certificates.get(order.certificate_id).and_then(|certificate| certificate.leaf());
        let leaf = Arc::clone(issued.ok_or_else(|| SandboxError::state("the order has no certificate yet"))?);
        let authority = Arc::clone(&self.authority);
        Ok(move || leaf.pem() + &authority.intermediate(leaf.purpose).pem())
    }

    /// The vendor rejects an order.
    pub(crate) fn reject_order(&mut self, order_id: u64, reason: &str, now: DateTime<Utc>) -> Done {
        self.orders.get(order_id).ok_or_else(unknown_order)?;
        self.happen(order_id, OrderEvent::Rejected, now).ok_or_else(|| SandboxError::state("the order is not waiting for anything"))?;
        let vendor = 0;
        if let Some(order) = self.orders.get_mut(order_id) {
            order.add_note(reason, vendor, now);
        }
        Ok(())
    }

    /// The vendor holds an order back for its final check, or lets it go.
    pub(crate) fn hold_order(&mut self, order_id: u64, held: bool, now: DateTime<Utc>) -> Done {
        let order = self.orders.get_mut(order_id).ok_or_else(unknown_order)?;
        if order.held && !held {
            order.released = Some(now);
        }
        order.held = held;
        Ok(())
    }

    /// The vendor brings an order over from an older console.
    pub(crate) fn migrate_order(&mut self, order_id: u64) -> Done {
        self.orders.get_mut(order_id).ok_or_else(unknown_order)?.migrated = true;
        Ok(())
    }

    /// The vendor completes the validations of an organization.
    pub(crate) fn validate_organization(&mut self, id: u64, now: DateTime<Utc>) -> Done {
        self.organizations.get_mut(id).ok_or_else(|| SandboxError::not_found("organization"))?.validate(now);
        // The member is inferred.
        self.tell("organization_validated", serde_json::json!({"organization_id": id}));
        Ok(())
    }

    /// Colleagues take the steps of approval that are left, each by another of them.
    pub(crate) fn approve_request(&mut self, id: u64, now: DateTime<Utc>) -> Done {
        let request = self.requests.get(id).ok_or_else(|| SandboxError::not_found("request"))?;
        // Before the first of two steps: none is taken where the last one cannot be.
        if request.is_open() && !self.is_possible(request.order_id, request.action) {
            return Err(SandboxError::state("the requested action is no longer possible"));
        }
        while self.requests.get(id).is_some_and(|request| request.status != RequestStatus::Approved) {
            let next = match self.requests.get(id).map(|request| request.status) {
                Some(RequestStatus::Submitted) => RequestStatus::Pending,
                _ => RequestStatus::Approved,
            };
            self.decide_as_colleague(id, next, None, now)?;
        }
        Ok(())
    }

    /// A colleague takes the first of two steps.
    pub(crate) fn review_request(&mut self, id: u64, now: DateTime<Utc>) -> Done {
        self.decide_as_colleague(id, RequestStatus::Pending, None, now)
    }

    /// A colleague rejects a request.
    pub(crate) fn reject_request(&mut self, id: u64, comment: &str, now: DateTime<Utc>) -> Done {
        self.decide_as_colleague(id, RequestStatus::Rejected, Some(comment), now)
    }

    fn decide_as_colleague(&mut self, id: u64, to: RequestStatus, comment: Option<&str>, now: DateTime<Utc>) -> Done {
        let request = self.requests.get(id).ok_or_else(|| SandboxError::not_found("request"))?;
        let is_free = |user: &&User| user.may_approve() && user.id != request.requester && Some(user.id) != request.reviewer;
        let colleague = self.users.iter().find(is_free).cloned().ok_or_else(|| SandboxError::state("no other approver is left"))?;
        self.decide(id, to, &colleague, comment, now).map_err(|_: Refusal| SandboxError::state("the request does not wait for this step"))
    }
}

/// Whether a mail has a link that approves a domain, and still does.
fn has_live_link(mail: &Mail, now: DateTime<Utc>) -> bool {
    mail.kind == MailKind::DomainApproval && now < days_after(mail.sent, LINK_DAYS)
}
