//! The mails that the service sends.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use super::lock;
use crate::sandbox::words::words;

/// A mail that the sandbox sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// Its number, counted from 1.
    pub id: u64,
    /// The recipient.
    pub to: String,
    /// The purpose of the mail.
    pub kind: MailKind,
    /// The subject line.
    pub subject: String,
    /// The domain that the mail is about, or the common name of the order.
    pub domain: String,
    /// The order that the mail is about.
    pub order_id: Option<u64>,
    /// The token in the link, if the caller has to send it.
    pub token: Option<String>,
    /// When it was sent.
    pub sent: DateTime<Utc>,
}

/// The purpose of a [`Mail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailKind {
    /// Approve the use of a domain name ([`Sandbox::approve_dcv_mail`](crate::sandbox::Sandbox::approve_dcv_mail)).
    DomainApproval,
    /// Approve an EV order.
    OrderApproval,
    /// Decide a request ([`Sandbox::approve_request`](crate::sandbox::Sandbox::approve_request)).
    ApprovalNeeded,
    /// Confirm the address of a client certificate, with the mail's token.
    EmailValidation,
    /// An order's first certificate was issued.
    CertificateIssued,
    /// A reissue or a duplicate was issued.
    CertificateReissued,
    /// A certificate or an order was revoked.
    CertificateRevoked,
    /// An order's plan ends soon, or has ended.
    RenewalReminder,
}

words! {
    pub MailKind, "kind":
    DomainApproval = "domain_approval", OrderApproval = "order_approval", ApprovalNeeded = "approval_needed",
    CertificateIssued = "certificate_issued", CertificateReissued = "certificate_reissued", CertificateRevoked = "certificate_revoked",
    RenewalReminder = "renewal_reminder", EmailValidation = "email_validation",
}

/// Every mail that the sandbox sent, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Mails(pub(super) Arc<Mutex<Vec<Mail>>>);

impl Mails {
    /// Returns all mails so far.
    #[must_use]
    pub fn all(&self) -> Vec<Mail> {
        lock(&self.0).clone()
    }

    /// Returns the mails to one address.
    #[must_use]
    pub fn to(&self, address: &str) -> Vec<Mail> {
        lock(&self.0).iter().filter(|mail| mail.to.eq_ignore_ascii_case(address)).cloned().collect()
    }

    /// Returns the mail with a number.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Mail> {
        let index = usize::try_from(id.checked_sub(1)?).ok()?;
        lock(&self.0).get(index).cloned()
    }

    /// Sends a mail under the next number.
    pub(crate) fn send(&self, mail: Mail) {
        let mut mails = lock(&self.0);
        let id = mails.len() as u64 + 1;
        mails.push(Mail { id, ..mail });
    }
}
