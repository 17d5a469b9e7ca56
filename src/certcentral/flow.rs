//! What takes the service a while: each flow is started, can be told about, waited for, stopped and resumed in another process.

mod domain_validation;
mod instructions;
mod issuance;

pub use self::{
    domain_validation::{DomainValidationState, DomainValidationToken, PendingValidation, ResumeValidation, ValidateDomain},
    instructions::Instructions,
    issuance::{IssuanceState, IssuanceToken, Issued, PendingIssuance, ResumeIssuance, WaitingFor},
};
