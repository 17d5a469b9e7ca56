//! An order and the table of what may happen to it.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::dcv::{DcvMethod, DcvToken};
use super::products::Product;
use super::validity::Term;

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
        // Inferred: no reissue outlives its plan.
        (At::ReissuePending, On::PlanEnded, At::Expired),
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
    /// When the status last changed.
    pub(super) changed: DateTime<Utc>,
    /// Who placed it.
    pub(super) user_id: u64,
    pub(super) container_id: u64,
    /// The primary certificate: the one that downloads by order give.
    pub(super) certificate_id: u64,
    /// The certificate that will take its place, while a reissue is pending.
    pub(super) reissue_id: Option<u64>,
    pub(super) product: &'static Product,
    pub(super) organization_id: Option<u64>,
    pub(super) plan: Plan,
    pub(super) placed: DateTime<Utc>,
    /// Set aside for the vendor's final check.
    pub(super) held: bool,
    pub(super) dcv_method: DcvMethod,
    pub(super) scope: DcvScope,
    /// One value for all names of the order.
    pub(super) random_value: Option<DcvToken>,
    pub(super) request_ids: Vec<u64>,
    pub(super) renewal_of: Option<u64>,
    pub(super) renewed_by: Option<u64>,
    /// Brought over from another console of the vendor.
    pub(super) migrated: bool,
    /// Marked as renewed by hand, which migrated orders can be.
    pub(super) marked_renewed: bool,
    pub(super) receipt_id: u64,
    pub(super) notes: Vec<Note>,
    /// Until when renewal reminders were sent.
    pub(super) reminded: Option<DateTime<Utc>>,
    pub(super) details: Details,
}

impl Order {
    /// The certificate that is being worked on, or was last.
    pub(super) fn working_id(&self) -> u64 {
        self.reissue_id.unwrap_or(self.certificate_id)
    }

    pub(super) fn is_renewed(&self) -> bool {
        self.renewed_by.is_some() || self.marked_renewed
    }

    pub(super) fn last_day(&self) -> Option<NaiveDate> {
        self.plan.days.map(|(_, last_day)| last_day)
    }

    /// Adds a note and returns its number within the order.
    pub(super) fn add_note(&mut self, text: &str, user_id: u64, now: DateTime<Utc>) -> usize {
        self.notes.push(Note { text: text.to_owned(), user_id, created: now });
        self.notes.len()
    }
}

/// A remark on an order.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) user_id: u64,
    pub(super) created: DateTime<Utc>,
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
    pub(super) auto_reissue: bool,
    pub(super) disable_renewal_notifications: bool,
    pub(super) disable_ct: bool,
    /// Number of the account's field, and any value.
    pub(super) custom_fields: Vec<(u64, Value)>,
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
            (&[Approved, Validated, Issued, Reissue, Revoked], None),
            (&[Approved, Validated, Issued, Reissue, PlanEnded], Some("expired")),
        ] {
            let end = events.iter().try_fold(OrderStatus::NeedsApproval, |status, event| status.after(*event));
            assert_eq!(end.map(OrderStatus::word), word, "{events:?}");
        }
    }
}
