//! What others do: the vendor's staff, colleagues in the account, readers of mail.

use chrono::{DateTime, Utc};

use super::Account;
use super::account::users::User;
use super::order::OrderEvent;
use super::request::RequestStatus;
use super::rules::dcv::DcvMethod;
use crate::sandbox::clock::days_after;
use crate::sandbox::network::{Mail, MailKind};
use crate::sandbox::refusal::Refusal;

/// How long the link in an approval mail works.
const LINK_DAYS: u32 = 30;

/// Why someone could not do what a test asked of them.
pub(crate) type Reason = &'static str;

const UNKNOWN_ORDER: Reason = "no such order";
const UNKNOWN_REQUEST: Reason = "no such request";

impl Account {
    /// The reader of a mailbox follows the newest approval link in it.
    pub(crate) fn approve_dcv_mail(&mut self, address: &str, now: DateTime<Utc>) -> Result<(), Reason> {
        let mails = self.network.mails.to(address);
        let works = |mail: &&Mail| mail.kind == MailKind::DomainApproval && now < days_after(mail.sent, LINK_DAYS);
        let mail = mails.iter().rev().find(works).ok_or("no approval mail that is still good")?;
        let reuse_days = self.settings.dcv_reuse_days;
        let domain = self.directory.domain(&mail.domain).and_then(|id| self.domains.get_mut(id)).ok_or("no such domain")?;
        if domain.method != DcvMethod::Email {
            return Err("the domain is not validated by e-mail any more");
        }
        domain.approve(DcvMethod::Email, now, reuse_days);
        Ok(())
    }

    /// The vendor rejects an order.
    pub(crate) fn reject_order(&mut self, order_id: u64, reason: &str, now: DateTime<Utc>) -> Result<(), Reason> {
        self.orders.get(order_id).ok_or(UNKNOWN_ORDER)?;
        self.happen(order_id, OrderEvent::Rejected, now).ok_or("the order is not waiting for anything")?;
        let vendor = 0;
        if let Some(order) = self.orders.get_mut(order_id) {
            order.add_note(reason, vendor, now);
        }
        Ok(())
    }

    /// The vendor holds an order back for its final check, or lets it go.
    pub(crate) fn hold_order(&mut self, order_id: u64, held: bool) -> Result<(), Reason> {
        self.orders.get_mut(order_id).ok_or(UNKNOWN_ORDER)?.held = held;
        Ok(())
    }

    /// The vendor brings an order over from an older console.
    pub(crate) fn migrate_order(&mut self, order_id: u64) -> Result<(), Reason> {
        self.orders.get_mut(order_id).ok_or(UNKNOWN_ORDER)?.migrated = true;
        Ok(())
    }

    /// The vendor completes the validations of an organization.
    pub(crate) fn validate_organization(&mut self, id: u64, now: DateTime<Utc>) -> Result<(), Reason> {
        self.organizations.get_mut(id).ok_or("no such organization")?.validate(now);
        Ok(())
    }

    /// Colleagues take the steps of approval that are left, each by another of them.
    pub(crate) fn approve_request(&mut self, id: u64, now: DateTime<Utc>) -> Result<(), Reason> {
        while self.requests.get(id).ok_or(UNKNOWN_REQUEST)?.status != RequestStatus::Approved {
            let next = match self.requests.get(id).map(|request| request.status) {
                Some(RequestStatus::Submitted) => RequestStatus::Pending,
                _ => RequestStatus::Approved,
            };
            self.decide_as_colleague(id, next, None, now)?;
        }
        Ok(())
    }

    /// A colleague takes the first of two steps.
    pub(crate) fn review_request(&mut self, id: u64, now: DateTime<Utc>) -> Result<(), Reason> {
        self.decide_as_colleague(id, RequestStatus::Pending, None, now)
    }

    /// A colleague rejects a request.
    pub(crate) fn reject_request(&mut self, id: u64, comment: &str, now: DateTime<Utc>) -> Result<(), Reason> {
        self.decide_as_colleague(id, RequestStatus::Rejected, Some(comment), now)
    }

    fn decide_as_colleague(&mut self, id: u64, to: RequestStatus, comment: Option<&str>, now: DateTime<Utc>) -> Result<(), Reason> {
        let request = self.requests.get(id).ok_or(UNKNOWN_REQUEST)?;
        let is_free = |user: &&User| user.may_approve() && user.id != request.requester && Some(user.id) != request.reviewer;
        let colleague = self.users.iter().find(is_free).cloned().ok_or("nobody is left to decide")?;
        self.decide(id, to, &colleague, comment, now).map_err(|_: Refusal| "the request is not waiting for this")
    }
}
