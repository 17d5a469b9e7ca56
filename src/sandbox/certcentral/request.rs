//! A request for approval and the table of its decisions.

use chrono::{DateTime, Utc};

use super::users::User;
use crate::sandbox::refusal::Refusal;

/// How the account approves what its users ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalMode {
    /// One approver; who may approve has approved by asking. The state of a new account.
    #[default]
    OneStepAuto,
    /// No approvals and no requests.
    Skip,
    /// One approver, always asked.
    OneStep,
    /// A reviewer and an approver, two different people.
    TwoStep,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestStatus {
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
    pub(super) fn read(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, known)| *known == word).map(|(status, _)| *status)
    }

    pub(super) fn word(self) -> &'static str {
        WORDS.iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }
}

/// A request for approval.
#[derive(Debug)]
pub(super) struct ApprovalRequest {
    pub(super) id: u64,
    pub(super) order_id: u64,
    pub(super) date: DateTime<Utc>,
    pub(super) status: RequestStatus,
    pub(super) requester: u64,
    /// Who took the first of two steps.
    pub(super) reviewer: Option<u64>,
    /// Who took the last step.
    pub(super) processor: Option<u64>,
    pub(super) processed: Option<DateTime<Utc>>,
    pub(super) comments: Option<String>,
    pub(super) processor_comment: Option<String>,
}

impl ApprovalRequest {
    /// Takes a decision; one who may not approve, or who has reviewed, is no approver.
    pub(super) fn decide(&mut self, to: RequestStatus, user: &User, comment: Option<&str>, now: DateTime<Utc>) -> Result<(), Refusal> {
        if !user.may_approve || (to == RequestStatus::Approved && self.reviewer == Some(user.id)) {
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
pub(super) fn first_status(mode: ApprovalMode, requester: &User, skip_approval: bool) -> Option<RequestStatus> {
    match mode {
        ApprovalMode::Skip => None,
        _ if skip_approval => None,
        ApprovalMode::OneStepAuto if requester.may_approve => Some(RequestStatus::Approved),
        ApprovalMode::OneStepAuto | ApprovalMode::OneStep => Some(RequestStatus::Pending),
        ApprovalMode::TwoStep => Some(RequestStatus::Submitted),
    }
}

#[cfg(test)]
mod tests {
    use super::super::users;
    use super::RequestStatus::{Approved, Pending, Rejected, Submitted};
    use super::*;

    fn request(status: RequestStatus) -> ApprovalRequest {
        ApprovalRequest {
            id: 1,
            order_id: 1,
            date: DateTime::UNIX_EPOCH,
            status,
            requester: 14,
            reviewer: None,
            processor: None,
            processed: None,
            comments: None,
            processor_comment: None,
        }
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
        let [key_user, colleague, _] = users::starting(true);
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
        for (mode, may_approve, skip, status) in [
            (OneStepAuto, true, false, Some(Approved)),
            (OneStepAuto, false, false, Some(Pending)),
            (OneStepAuto, true, true, None),
            (Skip, false, false, None),
            (OneStep, true, false, Some(Pending)),
            (OneStep, true, true, None),
            (TwoStep, true, false, Some(Submitted)),
        ] {
            assert_eq!(first_status(mode, &users::starting(may_approve)[0], skip), status, "{mode:?}");
        }
    }
}
