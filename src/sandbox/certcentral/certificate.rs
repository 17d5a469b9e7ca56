//! A certificate of an order and its transition table.

pub(super) mod caa;
pub(super) mod duplicate;
pub(super) mod endpoints;
pub(super) mod form;
pub(super) mod issuance;
pub(super) mod reissue;
pub(super) mod revocation;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::rules::names::is_wildcard;
use super::rules::validity::Term;
use crate::sandbox::authority;

/// How a certificate came into its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Original,
    Reissue,
    Duplicate,
}

/// The state of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateStatus {
    /// Waits for an approval.
    Requested,
    /// Waits for validations.
    Pending,
    Issued,
    Rejected,
    Revoked,
}

/// What happens to a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateEvent {
    Approved,
    Rejected,
    Issued,
    Revoked,
}

const TRANSITIONS: &[(CertificateStatus, CertificateEvent, CertificateStatus)] = {
    use CertificateEvent as On;
    use CertificateStatus as At;
    &[
        (At::Requested, On::Approved, At::Pending),
        (At::Requested, On::Rejected, At::Rejected),
        (At::Pending, On::Rejected, At::Rejected),
        (At::Pending, On::Issued, At::Issued),
        (At::Issued, On::Revoked, At::Revoked),
    ]
};

impl CertificateStatus {
    /// The status after an event, if the event may happen now.
    pub(crate) fn after(self, event: CertificateEvent) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self, event)).map(|(.., to)| *to)
    }

    /// The word of List reissues, of Order info and, but for `issued`, of List duplicates.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Requested | Self::Pending => "pending",
            Self::Issued => "issued",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
        }
    }
}

/// What a certificate is asked to be; orders, reissues and duplicates state it alike.
#[derive(Debug, Default)]
pub(crate) struct CertificateForm {
    pub(crate) common_name: String,
    pub(crate) dns_names: Vec<String>,
    pub(crate) csr: String,
    pub(crate) key_size: u32,
    pub(crate) signature_hash: String,
    pub(crate) server_platform: i64,
    pub(crate) validity: Option<Term>,
    pub(crate) organization_units: Vec<String>,
    pub(crate) client_auth: bool,
    /// The addresses of a client certificate.
    pub(crate) emails: Vec<String>,
}

impl CertificateForm {
    /// The common name and the other names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.common_name.as_str()).chain(self.dns_names.iter().map(String::as_str))
    }
}

/// A certificate of an order, asked for or issued.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) id: u64,
    pub(crate) order_id: u64,
    pub(crate) origin: Origin,
    pub(crate) status: CertificateStatus,
    /// Who asked for it.
    pub(crate) user_id: u64,
    pub(crate) common_name: String,
    pub(crate) dns_names: Vec<String>,
    pub(crate) csr: String,
    pub(crate) key_size: u32,
    pub(crate) signature_hash: String,
    pub(crate) server_platform: i64,
    pub(crate) validity: Option<Term>,
    pub(crate) organization_units: Vec<String>,
    pub(crate) client_auth: bool,
    pub(crate) emails: Vec<String>,
    pub(crate) created: DateTime<Utc>,
    /// When all validations were there; issuance follows after the delay.
    pub(crate) validated: Option<DateTime<Utc>>,
    pub(crate) issued: Option<Issued>,
    /// When it will be revoked for a reissue that dropped one of its names.
    pub(crate) revoke_at: Option<DateTime<Utc>>,
    pub(crate) archived: bool,
}

/// The certificate itself and when it was issued.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) at: DateTime<Utc>,
    pub(crate) leaf: Arc<authority::Certificate>,
}

impl Certificate {
    /// A certificate as it is asked for, before any approval.
    pub(crate) fn requested(id: u64, order_id: u64, origin: Origin, user_id: u64, wanted: CertificateForm, now: DateTime<Utc>) -> Self {
        Self {
            id,
            order_id,
            origin,
            status: CertificateStatus::Requested,
            user_id,
            common_name: wanted.common_name,
            dns_names: wanted.dns_names,
            csr: wanted.csr,
            key_size: wanted.key_size,
            signature_hash: wanted.signature_hash,
            server_platform: wanted.server_platform,
            validity: wanted.validity,
            organization_units: wanted.organization_units,
            client_auth: wanted.client_auth,
            emails: wanted.emails,
            created: now,
            validated: None,
            issued: None,
            revoke_at: None,
            archived: false,
        }
    }

    /// What it was asked to be, to ask for the same again.
    pub(crate) fn form(&self) -> CertificateForm {
        CertificateForm {
            common_name: self.common_name.clone(),
            dns_names: self.dns_names.clone(),
            csr: self.csr.clone(),
            key_size: self.key_size,
            signature_hash: self.signature_hash.clone(),
            server_platform: self.server_platform,
            validity: None,
            organization_units: self.organization_units.clone(),
            client_auth: self.client_auth,
            emails: self.emails.clone(),
        }
    }

    /// Lets an event happen; `None` when it may not happen now.
    pub(crate) fn happen(&mut self, event: CertificateEvent) -> Option<()> {
        self.status = self.status.after(event)?;
        Some(())
    }

    /// The common name and the other names, each once.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = vec![self.common_name.as_str()];
        for name in &self.dns_names {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// How many names are plain and how many are wildcards.
    pub(crate) fn name_counts(&self) -> (usize, usize) {
        let names = self.names();
        let wildcards = names.iter().filter(|name| is_wildcard(name)).count();
        (names.len() - wildcards, wildcards)
    }

    pub(crate) fn leaf(&self) -> Option<&Arc<authority::Certificate>> {
        self.issued.as_ref().map(|issued| &issued.leaf)
    }
}

/// A serial number as it compares: without case and without leading zeros.
pub(crate) fn plain_number(number: &str) -> String {
    number.trim_start_matches('0').to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories() {
        use CertificateEvent::{Approved, Issued, Rejected, Revoked};
        for (events, word) in [
            (&[][..], Some("pending")),
            (&[Approved], Some("pending")),
            (&[Rejected], Some("rejected")),
            (&[Approved, Rejected], Some("rejected")),
            (&[Approved, Issued], Some("issued")),
            (&[Approved, Issued, Revoked], Some("revoked")),
            (&[Issued], None),
            (&[Approved, Revoked], None),
            (&[Approved, Issued, Rejected], None),
            (&[Approved, Issued, Revoked, Revoked], None),
        ] {
            let end = events.iter().try_fold(CertificateStatus::Requested, |status, event| status.after(*event));
            assert_eq!(end.map(CertificateStatus::word), word, "{events:?}");
        }
    }

    #[test]
    fn numbers() {
        for (left, right, same) in [("0A1", "a1", true), ("A1", "00a1", true), ("A1", "A10", false), ("", "0", true)] {
            assert_eq!(plain_number(left) == plain_number(right), same, "{left} {right}");
        }
    }
}
