//! What CAA records keep this account from issuing.

use super::CertificateForm;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::rules::caa;
use crate::sandbox::certcentral::rules::names::without_wildcard;
use crate::sandbox::refusal::Refusal;

impl Account {
    /// The first of some names that CAA records keep this account from issuing for.
    pub(crate) fn name_forbidden_by_caa(&self, names: &[String]) -> Option<String> {
        let forbidden = |name: &&String| !caa::allow(&self.network.zone.caa(without_wildcard(name)), &self.account_token);
        names.iter().find(forbidden).cloned()
    }

    /// Refuses an order that CAA records forbid; that the part of the code that varies is the name is inferred.
    pub(crate) fn check_caa(&self, certificate: &CertificateForm) -> Result<(), Refusal> {
        let names: Vec<String> = certificate.names().map(str::to_owned).collect();
        match self.name_forbidden_by_caa(&names) {
            Some(name) => Err(Refusal::invalid(format!("caa_check_failed|{name}"), format!("The CAA check failed for {name}."))),
            None => Ok(()),
        }
    }
}
