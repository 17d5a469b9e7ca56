//! What takes the service a while: each flow is started, can be told about, waited for, stopped and resumed in another process.

mod approval;
mod domain_validation;
mod fleet;
mod instructions;
mod issuance;
mod revocation;

use crate::error::Error;

pub(super) use self::issuance::Awaited;
pub use self::{
    approval::{ApprovalToken, PendingApproval, ResumeApproval, SettleRequest},
    domain_validation::{DomainValidationState, DomainValidationToken, PendingValidation, ResumeValidation, ValidateDomain},
    fleet::{Expiring, ListExpiring, NextStep, RevalidateDomains, Revalidated},
    instructions::Instructions,
    issuance::{IssuanceState, IssuanceToken, Issued, PendingIssuance, ResumeIssuance, WaitingFor},
    revocation::{CertificateKey, GetPlanDaysLeft, PendingRevocation, RevokeCertificate, RevokeOrder},
};

/// Refuses a resume token that another version of this crate wrote.
fn same_version(found: u8, known: u8) -> Result<(), Error> {
    if found == known {
        return Ok(());
    }
    Err(Error::invalid("resume token", format!("it has version {found}, not {known}")))
}
