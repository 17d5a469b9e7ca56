//! What takes the service a while: each flow is started, and can be watched or awaited, stopped, and resumed in another process.
//!
//! # Resume tokens
//!
//! A token is what a flow needs in order to go on elsewhere. It holds no secret; serialized, it is opaque: store it as it is. It is sealed
//! with a key derived from the API key (HMAC-SHA256), so a client with another key refuses it, and so does everybody once a byte of it was
//! changed: [`Error::is_invalid_input`](crate::Error::is_invalid_input), and nothing is sent. A seal cannot be turned back into the key.
//!
//! When the API key is replaced, tokens that were made with the old one are void. Nothing is lost with them: starting
//! [`validate`](super::Domains::validate) again adopts the domain, [`settle`](super::Requests::settle) takes the id of any request, and the
//! certificate of an order is downloaded by the order's id.
//!
//! # Cancellation
//!
//! Every future and stream here can be dropped at any time: no lock stays taken, no place under the rate limit either unless its request
//! went out, and the client goes on as before. What the service was asked to do goes on there.
//!
//! A `start()` that is dropped while its request is under way is like a lost answer, with nobody left to look for it: it may have been done
//! once, and never twice. To find out, give orders an
//! [`alternative_order_id`](super::builders::OrderCertificate::alternative_order_id) of your own and look with
//! [`by_alternative_id`](super::Orders::by_alternative_id) before you order again; reissues and duplicates are in the lists of their order,
//! with their CSR; revocations in its requests; domains are adopted by their name when the validation is started again.
//!
//! None of this writes files.

mod approval;
mod domain_validation;
mod fleet;
mod instructions;
mod issuance;
mod revocation;

pub(super) use self::issuance::Awaited;
pub use self::{
    approval::{ApprovalToken, PendingApproval, ResumeApproval, SettleRequest},
    domain_validation::{DomainValidationState, DomainValidationToken, PendingValidation, ResumeValidation, ValidateDomain},
    fleet::{Expiring, ListExpiring, NextStep, RevalidateDomains, Revalidated},
    instructions::Instructions,
    issuance::{IssuanceState, IssuanceToken, Issued, PendingIssuance, ResumeIssuance, WaitingFor},
    revocation::{CertificateKey, GetPlanDaysLeft, PendingRevocation, RevokeCertificate, RevokeOrder},
};
