//! An order and its transition table.

pub(super) mod csr;
pub(super) mod dcv;
pub(super) mod emails;
pub(super) mod endpoints;
pub(super) mod extras;
pub(super) mod form;
pub(super) mod list;
pub(super) mod mails;
pub(super) mod status;
pub(super) mod view;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::account::products::Product;
use super::rules::dcv::{DcvMethod, DcvToken};
use super::rules::validity::Term;

/// The state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderStatus {
    NeedsApproval,
    NeedsCsr,
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
pub(crate) enum OrderEvent {
    Approved,
    /// It came without a CSR, and needs one to go on.
    LacksCsr,
    CsrGiven,
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
        (At::Pending, On::LacksCsr, At::NeedsCsr),
        (At::NeedsCsr, On::CsrGiven, At::Pending),
        // Inferred: it ends as one that is pending does.
        (At::NeedsCsr, On::Canceled, At::Canceled),
        (At::NeedsCsr, On::Rejected, At::Rejected),
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
    (OrderStatus::NeedsCsr, "needs_csr"),
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
    pub(crate) fn after(self, event: OrderEvent) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self, event)).map(|(.., to)| *to)
    }

    pub(crate) fn word(self) -> &'static str {
        WORDS.iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }

    /// Nothing more happens before an approval, then the order has a certificate to speak of.
    pub(crate) fn shows_certificate_id(self) -> bool {
        self != Self::NeedsApproval
    }
}

/// An order: a plan, and the certificates within it.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) status: OrderStatus,
    /// When the status last changed.
    pub(crate) changed: DateTime<Utc>,
    /// Who placed it.
    pub(crate) user_id: u64,
    pub(crate) container_id: u64,
    /// Its certificates, in the order in which they were asked for.
    pub(crate) certificate_ids: Vec<u64>,
    /// The primary certificate: the one that downloads by order give.
    pub(crate) certificate_id: u64,
    /// The certificate that will take its place, while a reissue is pending.
    pub(crate) reissue_id: Option<u64>,
    pub(crate) product: &'static Product,
    pub(crate) organization_id: Option<u64>,
    pub(crate) plan: Plan,
    pub(crate) placed: DateTime<Utc>,
    /// Set aside for the vendor's final check.
    pub(crate) held: bool,
    /// When the vendor last let it go: nothing is issued before.
    pub(crate) released: Option<DateTime<Utc>>,
    pub(crate) dcv_method: DcvMethod,
    pub(crate) scope: DcvScope,
    /// One value for all names of the order.
    pub(crate) random_value: Option<DcvToken>,
    pub(crate) request_ids: Vec<u64>,
    pub(crate) renewal_of: Option<u64>,
    pub(crate) renewed_by: Option<u64>,
    /// Brought over from another console of the vendor.
    pub(crate) migrated: bool,
    /// Marked as renewed by hand, which migrated orders can be.
    pub(crate) marked_renewed: bool,
    pub(crate) receipt_id: u64,
    pub(crate) notes: Vec<Note>,
    /// How a code signing certificate is handed over.
    pub(crate) provisioning: Option<Provisioning>,
    /// The addresses of a client certificate, which its readers confirm.
    pub(crate) addresses: Vec<MailAddress>,
    /// Until when renewal reminders were sent.
    pub(crate) reminded: Option<DateTime<Utc>>,
    pub(crate) details: Details,
}

impl Order {
    /// The certificate that is being worked on, or was last.
    pub(crate) fn working_id(&self) -> u64 {
        self.reissue_id.unwrap_or(self.certificate_id)
    }

    pub(crate) fn is_renewed(&self) -> bool {
        self.renewed_by.is_some() || self.marked_renewed
    }

    pub(crate) fn last_day(&self) -> Option<NaiveDate> {
        self.plan.days.map(|(_, last_day)| last_day)
    }

    /// Adds a note and returns its number within the order.
    pub(crate) fn add_note(&mut self, text: &str, user_id: u64, now: DateTime<Utc>) -> usize {
        self.notes.push(Note { text: text.to_owned(), user_id, created: now });
        self.notes.len()
    }
}

/// How a code signing certificate comes to where its key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provisioning {
    /// On a token of the vendor's.
    ShipToken,
    /// To a token of one's own, by the vendor's installer.
    ClientApp,
    /// By mail, to a module of one's own; it comes with a CSR.
    Email,
}

const PROVISIONINGS: [(Provisioning, &str); 3] =
    [(Provisioning::ShipToken, "ship_token"), (Provisioning::ClientApp, "client_app"), (Provisioning::Email, "email")];

impl Provisioning {
    pub(crate) fn read(word: &str) -> Option<Self> {
        PROVISIONINGS.iter().find(|(_, known)| *known == word).map(|(provisioning, _)| *provisioning)
    }

    pub(crate) fn word(self) -> &'static str {
        PROVISIONINGS.iter().find(|(provisioning, _)| *provisioning == self).map_or("", |(_, word)| word)
    }
}

/// A mail address that its reader has to confirm.
#[derive(Clone, Debug)]
pub(crate) struct MailAddress {
    pub(crate) address: String,
    /// What the link in the mail carries.
    pub(crate) token: String,
    pub(crate) mailed: DateTime<Utc>,
    pub(crate) validated: bool,
}

/// A remark on an order.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) text: String,
    pub(crate) user_id: u64,
    pub(crate) created: DateTime<Utc>,
}

/// What a caller adds to an order and reads back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Details {
    pub(crate) alternative_order_id: Option<String>,
    pub(crate) comments: Option<String>,
    pub(crate) custom_renewal_message: Option<String>,
    pub(crate) payment_method: Option<String>,
    pub(crate) additional_emails: Vec<String>,
    pub(crate) auto_renew: bool,
    pub(crate) auto_reissue: bool,
    pub(crate) disable_renewal_notifications: bool,
    pub(crate) disable_ct: bool,
    /// Number of the account's field, and any value.
    pub(crate) custom_fields: Vec<(u64, Value)>,
    /// Who speaks for the organization, where the order names someone.
    pub(crate) organization_contact: Option<Value>,
    /// Who looks after the certificate, where the order names someone.
    pub(crate) technical_contact: Option<Value>,
}

/// Which domain is asked to show control for an order's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DcvScope {
    BaseDomain,
    Fqdn,
}

impl DcvScope {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::BaseDomain => "base_domain",
            Self::Fqdn => "fqdn",
        }
    }
}

/// How long an order runs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) term: Term,
    /// Ordered with `order_validity`, apart from the certificate's own validity.
    pub(crate) multi_year: bool,
    pub(crate) bonus_days: u32,
    /// First and last day, once the first certificate is there.
    pub(crate) days: Option<(NaiveDate, NaiveDate)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::Drawing;

    const EVENTS: &[OrderEvent] = &[
        OrderEvent::Approved,
        OrderEvent::LacksCsr,
        OrderEvent::CsrGiven,
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
    fn the_guide_shows_what_may_happen() {
        let mut drawing = Drawing::new("order", "The states of an order, and what leads from one to another")
            .place("needs_approval", 0.0, 0.0)
            .place("pending", 1.0, 0.0)
            .place("processing", 2.0, 0.0)
            .place("issued", 3.0, 0.0)
            .place("revoked", 4.0, 0.0)
            .place("rejected", 0.5, 1.4)
            .place("needs_csr", 0.0, 2.4)
            .place("canceled", 1.2, 2.4)
            .place("reissue_pending", 2.3, 1.6)
            .place("expired", 4.0, 1.1)
            .place("reissue_processing", 3.0, 2.8);
        for (from, event, to) in TRANSITIONS {
            let label = match event {
                OrderEvent::PlanEnded => "plan ended".to_owned(),
                event => format!("{event:?}").to_lowercase(),
            };
            drawing = drawing.arrow(from.word(), to.word(), &label);
        }
        drawing.keep();
    }

    #[test]
    fn what_ended_stays_ended() {
        for status in [OrderStatus::Expired, OrderStatus::Revoked, OrderStatus::Canceled, OrderStatus::Rejected] {
            assert!(EVENTS.iter().all(|event| status.after(*event).is_none()), "{status:?}");
        }
    }

    #[test]
    fn stories() {
        use OrderEvent::{Approved, Canceled, CsrGiven, Issued, LacksCsr, PlanEnded, Reissue, Rejected, Revoked, Validated};
        for (events, word) in [
            (&[Approved, Validated, Issued][..], Some("issued")),
            (&[Approved, Validated, Issued, PlanEnded], Some("expired")),
            (&[Approved, Validated, Issued, Reissue, Canceled], Some("issued")),
            (&[Approved, Validated, Issued, Reissue, Validated, Issued], Some("issued")),
            (&[Approved, Validated, Issued, Revoked], Some("revoked")),
            (&[Approved, Canceled], Some("canceled")),
            (&[Approved, LacksCsr], Some("needs_csr")),
            (&[Approved, LacksCsr, CsrGiven, Validated, Issued], Some("issued")),
            (&[Approved, LacksCsr, Canceled], Some("canceled")),
            (&[Approved, LacksCsr, Validated], None),
            (&[Approved, CsrGiven], None),
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
