//! The mails about orders: what happened, what waits for an approval, what ends soon.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::{Order, OrderStatus};
use crate::sandbox::certcentral::Account;
use crate::sandbox::network::{Mail, MailKind};

/// Days before a plan's end at which its owner is reminded; the last one is after it.
const REMINDERS: [i64; 6] = [90, 60, 30, 7, 3, -7];

/// What a mail about an order tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    Issued,
    Reissued,
    Revoked,
}

impl Occasion {
    fn kind(self) -> MailKind {
        match self {
            Self::Issued => MailKind::CertificateIssued,
            Self::Reissued => MailKind::CertificateReissued,
            Self::Revoked => MailKind::CertificateRevoked,
        }
    }

    /// The service's own subjects are not public.
    fn subject(self, common_name: &str, order_id: u64) -> String {
        let what = match self {
            Self::Issued => "証明書発行",
            Self::Reissued => "証明書再発行",
            Self::Revoked => "証明書失効",
        };
        format!("{what}: {common_name} (オーダー番号 {order_id})")
    }
}

/// The reminders of an order that are to come, in their order: days before the end, and when.
fn reminders(order: &Order) -> impl Iterator<Item = (i64, DateTime<Utc>)> {
    let has_plan =
        matches!(order.status, OrderStatus::Issued | OrderStatus::ReissuePending | OrderStatus::ReissueProcessing | OrderStatus::Expired);
    let reminded = order.reminded;
    order.plan.days.filter(|_| has_plan).into_iter().flat_map(move |(first_day, last_day)| {
        let since = reminded.unwrap_or_else(|| first_day.and_time(NaiveTime::MIN).and_utc());
        REMINDERS
            .into_iter()
            .map(move |days| (days, (last_day - TimeDelta::days(days)).and_time(NaiveTime::MIN).and_utc()))
            .filter(move |(_, due)| *due > since)
    })
}

/// When the next reminder of an order is due.
pub(crate) fn next_reminder(order: &Order) -> Option<DateTime<Utc>> {
    reminders(order).map(|(_, due)| due).next()
}

impl Account {
    /// Mails whoever placed an order, and its additional addresses.
    pub(crate) fn mail_about(&self, order_id: u64, occasion: Occasion, at: DateTime<Utc>) {
        if let Some(order) = self.orders.get(order_id) {
            let subject = occasion.subject(self.common_name(order), order_id);
            self.mail_owner(order, occasion.kind(), &subject, at);
        }
    }

    /// Mails everyone who may approve that something waits.
    pub(crate) fn mail_approvers(&self, order_id: u64, at: DateTime<Utc>) {
        let Some(order) = self.orders.get(order_id) else {
            return;
        };
        let subject = format!("証明書申請 : {}", self.common_name(order));
        for approver in self.users.iter().filter(|user| user.may_approve()) {
            self.send(order, &approver.email, MailKind::ApprovalNeeded, &subject, at);
        }
    }

    /// Mails the reminders that have come due, each at its time.
    pub(crate) fn send_reminders(&mut self, order_id: u64, now: DateTime<Utc>) -> Option<()> {
        let order = self.orders.get(order_id)?;
        let due: Vec<_> = reminders(order).take_while(|(_, due)| *due <= now).collect();
        if due.is_empty() {
            return None;
        }
        if !order.details.disable_renewal_notifications && !order.is_renewed() {
            for (days, due) in due {
                let subject = format!("[重要]証明書更新のご案内 {days}日間 (オーダー番号 {order_id})");
                self.mail_owner(order, MailKind::RenewalReminder, &subject, due);
            }
        }
        self.orders.get_mut(order_id)?.reminded = Some(now);
        Some(())
    }

    fn mail_owner(&self, order: &Order, kind: MailKind, subject: &str, at: DateTime<Utc>) {
        let owner = self.user(order.user_id).map(|user| user.email.as_str());
        for to in owner.into_iter().chain(order.details.additional_emails.iter().map(String::as_str)) {
            self.send(order, to, kind, subject, at);
        }
    }

    pub(crate) fn send(&self, order: &Order, to: &str, kind: MailKind, subject: &str, at: DateTime<Utc>) {
        self.send_link(order, to, kind, subject, None, at);
    }

    /// Sends a mail with a link in it.
    pub(crate) fn send_link(&self, order: &Order, to: &str, kind: MailKind, subject: &str, token: Option<String>, at: DateTime<Utc>) {
        self.network.mails.send(Mail {
            id: 0,
            to: to.to_owned(),
            kind,
            subject: subject.to_owned(),
            domain: self.common_name(order).to_owned(),
            order_id: Some(order.id),
            token,
            sent: at,
        });
    }
}
