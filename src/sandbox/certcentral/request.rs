//! A request for approval and the table of its decisions.

pub(super) mod endpoints;
pub(super) mod list;
pub(super) mod submission;
pub(super) mod view;

use chrono::{DateTime, Utc};

use super::account::users::User;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::settings::ApprovalMode;

/// What a request asks approval for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The order itself.
    NewOrder,
    /// The reissue that becomes this certificate.
    Reissue(u64),
    /// The duplicate that becomes this certificate.
    Duplicate(u64),
    /// The end of the order and of all its certificates.
    RevokeOrder,
    /// The end of this certificate.
    RevokeCertificate(u64),
}

impl Action {
    /// The request's `type`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NewOrder => "new_request",
            Self::Reissue(_) => "reissue",
            Self::Duplicate(_) => "duplicate",
            Self::RevokeOrder | Self::RevokeCertificate(_) => "revoke",
        }
    }

    /// Whether something ends; the account's settings on approvals speak of what begins.
    fn revokes(self) -> bool {
        matches!(self, Self::RevokeOrder | Self::RevokeCertificate(_))
    }
}

/// Every `type` there is.
pub(crate) const TYPES: [&str; 4] = ["new_request", "revoke", "duplicate", "reissue"];

/// The state of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestStatus {
    Submitted,
    Pending,
    Approved,
    Rejected,
}

const WORDS: &[(RequestStatus, &str)] = &[
    (RequestStatus::Submitted, "submitted"),
    (RequestStatus::Pending, "pending"),
    (RequestStatus::Approved, "approved"),
    (RequestStatus::Rejected, "rejected"),
];

/// The decisions that exist: from, to.
const DECISIONS: &[(RequestStatus, RequestStatus)] = &[
    (RequestStatus::Submitted, RequestStatus::Pending),
    (RequestStatus::Submitted, RequestStatus::Rejected),
    (RequestStatus::Pending, RequestStatus::Approved),
    (RequestStatus::Pending, RequestStatus::Rejected),
];

impl RequestStatus {
    pub(crate) fn read(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, known)| *known == word).map(|(status, _)| *status)
    }

    pub(crate) fn word(self) -> &'static str {
        WORDS.iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }
}

/// A request for approval.
#[derive(Debug)]
pub(crate) struct ApprovalRequest {
    pub(crate) id: u64,
    pub(crate) order_id: u64,
    pub(crate) action: Action,
    pub(crate) date: DateTime<Utc>,
    pub(crate) status: RequestStatus,
    pub(crate) requester: u64,
    /// Who took the first of two steps.
    pub(crate) reviewer: Option<u64>,
    /// Who took the last step.
    pub(crate) processor: Option<u64>,
    pub(crate) processed: Option<DateTime<Utc>>,
    pub(crate) comments: Option<String>,
    pub(crate) processor_comment: Option<String>,
}

impl ApprovalRequest {
    /// A request as it is made; one that is born approved was approved by its maker.
    pub(crate) fn new(id: u64, order_id: u64, action: Action, status: RequestStatus, requester: u64, date: DateTime<Utc>) -> Self {
        let decided = status == RequestStatus::Approved;
        Self {
            id,
            order_id,
            action,
            date,
            status,
            requester,
            reviewer: None,
            processor: decided.then_some(requester),
            processed: decided.then_some(date),
            comments: None,
            processor_comment: None,
        }
    }

    /// Waits for somebody's decision.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.status, RequestStatus::Submitted | RequestStatus::Pending)
    }

    /// Waits for the first of two steps.
    pub(crate) fn awaits_review(&self) -> bool {
        self.status == RequestStatus::Submitted
    }

    /// What was asked for is called off, even after its approval.
    pub(crate) fn withdraw(&mut self, note: &str, user_id: u64, now: DateTime<Utc>) {
        self.status = RequestStatus::Rejected;
        self.processor = Some(user_id);
        self.processed = Some(now);
        self.processor_comment = Some(note.to_owned());
    }

    /// Takes a decision; one who may not approve, or who has reviewed, is no approver.
    pub(crate) fn decide(&mut self, to: RequestStatus, user: &User, comment: Option<&str>, now: DateTime<Utc>) -> Result<(), Refusal> {
        if !user.may_approve() || (to == RequestStatus::Approved && self.reviewer == Some(user.id)) {
            return Err(Refusal::access_denied("invalid_approver"));
        }
        // The code for a decision that does not fit is inferred.
        if !DECISIONS.contains(&(self.status, to)) {
            return Err(Refusal::invalid_value("status"));
        }
        self.status = to;
        if let Some(comment) = comment {
            self.processor_comment = Some(comment.to_owned());
        }
        if to == RequestStatus::Pending {
            self.reviewer = Some(user.id);
        } else {
            self.processor = Some(user.id);
            self.processed = Some(now);
        }
        Ok(())
    }
}

/// What a new request starts as; `None` where there is no request at all.
///
/// The account's settings name orders and reissues; duplicates are taken to follow them. A revocation always waits
/// for an approver, unless its caller skips that.
pub(crate) fn first_status(mode: ApprovalMode, action: Action, requester: &User, skip_approval: bool) -> Option<RequestStatus> {
    match mode {
        _ if skip_approval => None,
        ApprovalMode::TwoStep => Some(RequestStatus::Submitted),
        ApprovalMode::OneStep => Some(RequestStatus::Pending),
        ApprovalMode::Skip | ApprovalMode::OneStepAuto if action.revokes() => Some(RequestStatus::Pending),
        ApprovalMode::Skip => None,
        ApprovalMode::OneStepAuto if requester.may_approve() => Some(RequestStatus::Approved),
        ApprovalMode::OneStepAuto => Some(RequestStatus::Pending),
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::users;
    use super::RequestStatus::{Approved, Pending, Rejected, Submitted};
    use super::*;
    use crate::drawing::Drawing;

    fn request(status: RequestStatus) -> ApprovalRequest {
        ApprovalRequest::new(1, 1, Action::NewOrder, status, 14, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn the_guide_shows_every_decision() {
        let mut drawing = Drawing::new("request", "The states of a request for approval, and what leads from one to another")
            .place("submitted", 0.0, 0.0)
            .place("pending", 1.3, 0.0)
            .place("approved", 2.6, 0.0)
            .place("rejected", 1.3, 1.2);
        for (from, to) in DECISIONS {
            let decision = match to {
                Submitted => panic!("nobody decides that"),
                Pending => "reviewed",
                Approved | Rejected => "",
            };
            drawing = drawing.arrow(from.word(), to.word(), decision);
        }
        drawing.keep();
    }

    #[test]
    fn decisions() {
        for from in [Submitted, Pending, Approved, Rejected] {
            for to in [Submitted, Pending, Approved, Rejected] {
                let allowed = matches!((from, to), (Submitted, Pending | Rejected) | (Pending, Approved | Rejected));
                let decided = request(from).decide(to, &users::starting(true)[0], None, DateTime::UNIX_EPOCH);
                assert_eq!(decided.is_ok(), allowed, "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn two_steps_take_two_people() {
        let [key_user, colleague, ..] = users::starting(true);
        let mut request = request(Submitted);
        request.decide(Pending, &key_user, None, DateTime::UNIX_EPOCH).unwrap();
        let own = request.decide(Approved, &key_user, None, DateTime::UNIX_EPOCH);
        assert_eq!(own, Err(Refusal::access_denied("invalid_approver")));
        request.decide(Approved, &colleague, Some("fine"), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((request.reviewer, request.processor), (Some(key_user.id), Some(colleague.id)));
        assert_eq!(request.processor_comment.as_deref(), Some("fine"));
    }

    #[test]
    fn who_may_not_approve_decides_nothing() {
        let [key_user, ..] = users::starting(false);
        for to in [Approved, Rejected] {
            assert!(request(Pending).decide(to, &key_user, None, DateTime::UNIX_EPOCH).is_err());
        }
    }

    #[test]
    fn beginnings() {
        use ApprovalMode::{OneStep, OneStepAuto, Skip, TwoStep};
        let order = Action::NewOrder;
        for (mode, action, may_approve, skip, status) in [
            (OneStepAuto, order, true, false, Some(Approved)),
            (OneStepAuto, order, false, false, Some(Pending)),
            (OneStepAuto, order, true, true, None),
            (OneStepAuto, Action::Reissue(1), true, false, Some(Approved)),
            (OneStepAuto, Action::Duplicate(1), true, false, Some(Approved)),
            (OneStepAuto, Action::RevokeOrder, true, false, Some(Pending)),
            (OneStepAuto, Action::RevokeCertificate(1), true, true, None),
            (Skip, order, false, false, None),
            (Skip, Action::RevokeCertificate(1), true, false, Some(Pending)),
            (OneStep, order, true, false, Some(Pending)),
            (OneStep, order, true, true, None),
            (TwoStep, order, true, false, Some(Submitted)),
            (TwoStep, Action::RevokeOrder, true, false, Some(Submitted)),
        ] {
            assert_eq!(first_status(mode, action, &users::starting(may_approve)[0], skip), status, "{mode:?} {action:?}");
        }
    }

    #[test]
    fn every_action_has_a_known_type() {
        for action in [Action::NewOrder, Action::Reissue(1), Action::Duplicate(1), Action::RevokeOrder, Action::RevokeCertificate(1)] {
            assert!(TYPES.contains(&action.word()), "{action:?}");
        }
    }

    #[test]
    fn what_is_withdrawn_is_rejected_with_the_note() {
        let mut request = request(Approved);
        request.withdraw("Not needed.", 15, DateTime::UNIX_EPOCH);
        assert_eq!((request.status, request.processor), (Rejected, Some(15)));
        assert_eq!(request.processor_comment.as_deref(), Some("Not needed."));
    }
}
