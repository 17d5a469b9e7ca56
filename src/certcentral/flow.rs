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
//! | `issue` | not issued within four polls and the last one | 7 |
//! | `issue` | approved by the wait, then issued at once | 5 |
//! | `resume_issuance` | placed before, issued at the third poll | 5 |
//! | `renew` | issued at once | 5 |
//! | `reissue` | issued at once | 5 |
//! | `duplicate` | issued at once | 6 |
//! | `adopt` | the order's present certificate, issued | 5 |
//! | `revoke` | of an order, approved by the wait | 3 |
//! | `validate_all` | 200 new domains, found at the first poll | 402 |

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

#[cfg(feature = "journal")]
pub use self::fleet::Journal;
pub(super) use self::issuance::Awaited;
pub use self::{
    approval::{Approval, ApprovalToken, DriveApproval, PendingApproval, ResumeApproval},
    domain_validation::{
        DomainValidation, DomainValidationState, DomainValidationToken, PendingValidation, ResumeValidation, ValidateDomain,
    },
    fleet::{Fleet, FleetControl, FleetEstimate, FleetItem, FleetProgress, IssueAll, OrderChange, ValidateAll},
    instructions::DcvInstructions,
    issuance::{Blocker, Issuance, IssuanceState, IssuanceToken, IssuanceWarning, Issued, PendingIssuance, ResumeIssuance},
    pending::Pending,
    revocation::{GetPlanDaysLeft, PendingRevocation, Revocation, RevokeCertificate, RevokeOrder},
    upkeep::{ExpiringOrder, ListExpiring, RenewalAction, RevalidateDomains, Revalidated},
};
