//! What takes the service a while: each flow is started, and can be watched or awaited, stopped, and resumed in another process.
//!
//! # Resume tokens
//!
//! A token is what a flow needs in order to go on elsewhere; what was started gives it, and its wait, also while it is watched. It holds no
//! secret; serialized, it is opaque: store it as it is. It is sealed with a key derived from the API key and the base URL (HMAC-SHA256), so a
//! client with another key or of another server refuses it, and so does everybody once a byte of it was changed or a member added:
//! [`Error::is_invalid_input`](crate::Error::is_invalid_input), or it is not even read, and nothing is sent. Of a base URL on this machine the
//! port does not count. A seal cannot be turned back into the key.
//!
//! When the API key is replaced, tell the client the former one as well, by
//! [`previous_api_key`](crate::ClientBuilder::previous_api_key): it goes on with the tokens that were made with it.
//!
//! # Cancellation
//!
//! Every future and stream here can be dropped at any time: no lock stays taken, no rate-limit slot either unless its request
//! went out, and the client goes on as before. What the service was asked to do goes on there.
//!
//! A `start()` that is dropped while its request is under way is like a lost response, with nobody left to look for it: it may have been done
//! once, and never twice. Start it again: an order with an
//! [`alternative_order_id`](super::builders::IssueCertificate::alternative_order_id) of your own, a reissue and a duplicate are looked for
//! first, by id and key, and taken up; the client that sent one, and does not see it yet, says that it may have happened, and sends nothing.
//! Revocations are in the requests of their order; domains are adopted by their name. What is
//! [adopted](super::Orders::adopt) by hand needs the order's id and the CSR.
//!
//! A process that may be killed keeps a token before it sends anything: [`prepare`](super::builders::IssueCertificate::prepare) gives it,
//! and [`resume_issuance`](super::Orders::resume_issuance) goes on from wherever it was.
//!
//! None of this writes files, but a fleet's journal.
//!
//! # Calls
//!
//! What a flow costs, from its start to its result. What is found later costs one more call a poll. Waits of one client share their polls from
//! ten on, see [`Orders::watch`](super::Orders::watch) for how; each then polls by itself when its order has changed, about once an hour, and before
//! its deadline.
//!
//! | flow | situation | calls |
//! | --- | --- | --- |
//! | `validate` | a new domain, found at the first poll | 4 |
//! | `validate` | a new domain, found at the third poll | 6 |
//! | `validate` | a new domain by e-mail, answered before the first poll | 3 |
//! | `validate` | a domain that is validated already | 2 |
//! | `validate` | a domain that waits for the same proof, found at the first poll | 4 |
//! | `validate` | a domain that waits for another proof, found at the first poll | 5 |
//! | `resume_validation` | found at the first poll | 3 |
//! | `issue` | issued at once | 3 |
//! | `issue` | issued at once, with an `alternative_order_id` of your own | 4 |
//! | `issue` | issued at the third poll | 5 |
//! | `issue` | the same, watched | 7 |
//! | `issue` | not issued within four polls and the last one | 6 |
//! | `issue` | approved by the wait, then issued at once | 5 |
//! | `resume_issuance` | placed before, issued at the third poll | 4 |
//! | `renew` | issued at once | 5 |
//! | `reissue` | issued at once | 7 |
//! | `duplicate` | issued at once | 8 |
//! | `adopt` | the order's present certificate, issued | 3 |
//! | `revoke` | of an order, approved by the wait | 4 |
//! | `validate_all` | 200 new domains, found at the first poll | 403 |

mod approval;
mod domain_validation;
mod fleet;
mod instructions;
mod issuance;
mod pending;
mod revocation;
#[cfg(test)]
mod texts;
mod upkeep;

#[doc(hidden)]
pub use self::domain_validation::validate_domain;
#[cfg(feature = "journal")]
pub use self::fleet::Journal;
pub(super) use self::issuance::Awaited;
pub use self::{
    approval::ApprovalToken,
    domain_validation::{DomainValidationState, DomainValidationToken},
    fleet::{FleetControl, FleetEstimate, FleetItem, FleetProgress},
    instructions::DcvInstructions,
    issuance::{Blocker, IssuanceState, IssuanceToken, IssuanceWarning, Issued},
    pending::Pending,
    upkeep::{RenewalAction, Revalidated},
};

super::named! { self
    approval {
        Approval "申請レビュー・承認",
        DriveApproval "リクエストの承認",
        PendingApproval "承認待ち",
        ResumeApproval "承認の再開",
    }
    domain_validation {
        DomainValidation "ドメイン名利用権確認" "DCV",
        PendingValidation "ドメイン名利用権確認待ち",
        ResumeValidation "ドメイン名利用権確認の再開",
        ValidateDomain "ドメイン名利用権確認" "ドメインの事前認証",
    }
    fleet {
        Fleet "一括処理",
        IssueAll "証明書の一括申請" "一括更新",
        OrderChange "オーダーのステータス変更",
        ValidateAll "ドメイン名利用権確認の一括処理",
    }
    issuance {
        Issuance "証明書の発行",
        PendingIssuance "発行待ち",
        ResumeIssuance "発行待ちの再開",
    }
    revocation {
        GetPlanDaysLeft "プランの残日数",
        PendingRevocation "失効待ち",
        Revocation "失効",
        RevokeCertificate "失効" "証明書の失効",
        RevokeOrder "失効" "オーダーの失効",
    }
    upkeep {
        ExpiringOrder "期限が近いオーダー",
        ListExpiring "期限が近いオーダーの一覧",
        RevalidateDomains "ドメイン名利用権確認のやり直し" "ドメインの再認証",
    }
}
