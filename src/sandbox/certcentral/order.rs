//! An order and the table of what may happen to it.

use chrono::{DateTime, NaiveDate, Utc};

use super::dcv::{DcvMethod, DcvToken};
use super::products::Product;
use super::validity::Term;
use crate::sandbox::authority;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderStatus {
    NeedsApproval,
    Pending,
    Processing,
    Issued,
    ReissuePending,
    ReissueProcessing,
    Expired,
    Revoked,
    Canceled,
    Rejected,
}

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderEvent {
    Approved,
    Rejected,
    Canceled,
    Validated,
    Issued,
    Reissue,
    Revoked,
    PlanEnded,
}

const TRANSITIONS: &[(OrderStatus, OrderEvent, OrderStatus)] = {
    use OrderEvent as On;
    use OrderStatus as At;
    &[
        (At::NeedsApproval, On::Approved, At::Pending),
        (At::NeedsApproval, On::Rejected, At::Rejected),
        (At::Pending, On::Validated, At::Processing),
        (At::Pending, On::Canceled, At::Canceled),
        (At::Pending, On::Rejected, At::Rejected),
        (At::Processing, On::Issued, At::Issued),
        (At::Processing, On::Rejected, At::Rejected),
        (At::Issued, On::Reissue, At::ReissuePending),
        (At::Issued, On::Revoked, At::Revoked),
        (At::Issued, On::PlanEnded, At::Expired),
        (At::ReissuePending, On::Validated, At::ReissueProcessing),
        (At::ReissuePending, On::Canceled, At::Issued),
        (At::ReissuePending, On::Rejected, At::Issued),
        (At::ReissueProcessing, On::Issued, At::Issued),
        (At::ReissueProcessing, On::Rejected, At::Issued),
    ]
};

const WORDS: &[(OrderStatus, &str)] = &[
    (OrderStatus::NeedsApproval, "needs_approval"),
    (OrderStatus::Pending, "pending"),
    (OrderStatus::Processing, "processing"),
    (OrderStatus::Issued, "issued"),
    (OrderStatus::ReissuePending, "reissue_pending"),
    (OrderStatus::ReissueProcessing, "reissue_processing"),
    (OrderStatus::Expired, "expired"),
    (OrderStatus::Revoked, "revoked"),
    (OrderStatus::Canceled, "canceled"),
    (OrderStatus::Rejected, "rejected"),
];

impl OrderStatus {
    /// The status after an event, if the event may happen now.
    pub(super) fn after(self, event: OrderEvent) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self, event)).map(|(.., to)| *to)
    }

    pub(super) fn word(self) -> &'static str {
        WORDS.iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }

    /// Nothing more happens before an approval, then the order has a certificate to speak of.
    pub(super) fn shows_certificate_id(self) -> bool {
        self != Self::NeedsApproval
    }
}

/// An order: a plan, and the certificates within it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) id: u64,
    pub(super) status: OrderStatus,
    /// The certificate that downloads by order give.
    pub(super) certificate_id: u64,
    pub(super) product: &'static Product,
    pub(super) organization_id: Option<u64>,
    pub(super) plan: Plan,
    pub(super) placed: DateTime<Utc>,
    /// When all validations were there; issuance follows after the delay.
    pub(super) validated: Option<DateTime<Utc>>,
    /// Set aside for the vendor's final check.
    pub(super) held: bool,
    pub(super) dcv_method: DcvMethod,
    pub(super) scope: DcvScope,
    /// One value for all names of the order.
    pub(super) random_value: Option<DcvToken>,
    pub(super) request_ids: Vec<u64>,
    pub(super) renewal_of: Option<u64>,
    pub(super) renewed_by: Option<u64>,
    pub(super) receipt_id: u64,
    pub(super) note: Option<String>,
    pub(super) details: Details,
}

/// What a caller adds to an order and reads back.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    pub(super) alternative_order_id: Option<String>,
    pub(super) comments: Option<String>,
    pub(super) custom_renewal_message: Option<String>,
    pub(super) payment_method: Option<String>,
    pub(super) additional_emails: Vec<String>,
    pub(super) auto_renew: bool,
    pub(super) disable_renewal_notifications: bool,
    pub(super) disable_ct: bool,
}

/// Which domain is asked to show control for an order's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DcvScope {
    BaseDomain,
    Fqdn,
}

impl DcvScope {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::BaseDomain => "base_domain",
            Self::Fqdn => "fqdn",
        }
    }
}

/// How long an order runs.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) term: Term,
    /// Ordered with `order_validity`, apart from the certificate's own validity.
    pub(super) multi_year: bool,
    pub(super) bonus_days: u32,
    /// First and last day, once the first certificate is there.
    pub(super) days: Option<(NaiveDate, NaiveDate)>,
}

/// A certificate of an order, asked for or issued.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) id: u64,
    pub(super) common_name: String,
    pub(super) dns_names: Vec<String>,
    pub(super) csr: String,
    pub(super) key_size: u32,
    pub(super) signature_hash: String,
    pub(super) server_platform: i64,
    pub(super) validity: Option<Term>,
    pub(super) organization_units: Vec<String>,
    pub(super) client_auth: bool,
    pub(super) created: DateTime<Utc>,
    pub(super) issued: Option<Issued>,
}

/// The signed certificate and when it was signed.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) at: DateTime<Utc>,
    pub(super) leaf: authority::Certificate,
}

impl Certificate {
    /// The common name and the other names, each once.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names = vec![self.common_name.as_str()];
        for name in &self.dns_names {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &[OrderEvent] = &[
        OrderEvent::Approved,
        OrderEvent::Rejected,
        OrderEvent::Canceled,
        OrderEvent::Validated,
        OrderEvent::Issued,
        OrderEvent::Reissue,
        OrderEvent::Revoked,
        OrderEvent::PlanEnded,
    ];

    #[test]
    fn each_status_and_event_lead_to_one_status() {
        for (from, _) in WORDS {
            for event in EVENTS {
                let rows = TRANSITIONS.iter().filter(|(at, on, _)| (at, on) == (from, event)).count();
                assert!(rows <= 1, "{from:?} {event:?}");
            }
        }
    }

    #[test]
    fn what_ended_stays_ended() {
        for status in [OrderStatus::Expired, OrderStatus::Revoked, OrderStatus::Canceled, OrderStatus::Rejected] {
            assert!(EVENTS.iter().all(|event| status.after(*event).is_none()), "{status:?}");
        }
    }

    #[test]
    fn stories() {
        use OrderEvent::{Approved, Canceled, Issued, PlanEnded, Reissue, Rejected, Revoked, Validated};
        for (events, word) in [
            (&[Approved, Validated, Issued][..], Some("issued")),
            (&[Approved, Validated, Issued, PlanEnded], Some("expired")),
            (&[Approved, Validated, Issued, Reissue, Canceled], Some("issued")),
            (&[Approved, Validated, Issued, Reissue, Validated, Issued], Some("issued")),
            (&[Approved, Validated, Issued, Revoked], Some("revoked")),
            (&[Approved, Canceled], Some("canceled")),
            (&[Rejected], Some("rejected")),
            (&[Canceled], None),
            (&[Approved, Issued], None),
            (&[Approved, Validated, Canceled], None),
        ] {
            let end = events.iter().try_fold(OrderStatus::NeedsApproval, |status, event| status.after(*event));
            assert_eq!(end.map(OrderStatus::word), word, "{events:?}");
        }
    }
}
