//! Long-running operations. A flow is started, then awaited or watched; it can be stopped and resumed in another process.
//!
//! # Resume tokens
//!
//! A resume token holds what a flow needs to continue in another process. The started flow returns it, and so does its wait, also while it
//! is watched. It contains no secret. Its serialized form is opaque: store it unchanged. It is sealed with a key derived from the API key
//! and the base URL (HMAC-SHA256). A client with another API key or base URL refuses it, and every client refuses it once a byte was
//! changed or a member added: the call fails with [`Error::is_invalid_input`](crate::Error::is_invalid_input) and sends nothing, or the
//! token already fails to deserialize. For a base URL on this machine, the port is ignored. The API key cannot be recovered from the seal.
//!
//! When you replace the API key, also pass the former one with [`previous_api_key`](crate::ClientBuilder::previous_api_key): the client
//! then accepts the tokens that were made with it.
//!
//! # Cancellation
//!
//! Every future and stream here can be dropped at any time. No lock stays held, a rate-limit slot stays used only if its request was sent,
//! and the client keeps working. Whatever was requested from the service continues there.
//!
//! A `start()` that is dropped while its request is in flight is like a lost response that nobody searches for: the request may have been
//! carried out once, but never twice. Call `start()` again. An order with your own
//! [`alternative_order_id`](super::builders::IssueCertificate::alternative_order_id), a reissue or a duplicate is first searched for, by id
//! and key, and adopted if it exists. If the client that sent it does not see it yet, the client reports that it may have been placed and
//! sends nothing. A revocation is listed in the requests of its order; a domain is adopted by its name. To [adopt](super::Orders::adopt)
//! something by hand, you need the order's id and the CSR.
//!
//! A process that may be killed saves a token before it sends anything: [`prepare`](super::builders::IssueCertificate::prepare) returns the
//! token, and [`resume_issuance`](super::Orders::resume_issuance) continues from wherever the process stopped.
//!
//! Nothing here writes files, except a fleet's journal.
//!
//! # Calls
//!
//! The number of calls of a flow, from its start to its result. Each further poll is one more call. From ten waits on, the waits of one
//! client share their polls (see [`Orders::watch`](super::Orders::watch)); each then polls by itself only when its order has changed, about
//! once an hour, and before its deadline.
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
        ListExpiringOrders "期限が近いオーダーの一覧",
        RevalidateDomains "ドメイン名利用権確認のやり直し" "ドメインの再認証",
    }
}
