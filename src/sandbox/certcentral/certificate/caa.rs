//! What CAA records keep this account from issuing.

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::rules::caa;
use crate::sandbox::certcentral::rules::names::without_wildcard;
use crate::sandbox::refusal::Refusal;

impl Account {
    /// Whether CAA records let this account issue for names; refused by the first that they do not. That the part of the codes that varies is
    /// the name is inferred.
    pub(crate) fn check_caa<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<(), Refusal> {
        for name in names {
            match self.network.caa(without_wildcard(name)) {
                Some(records) if caa::allow(&records, &self.account_token) => {}
                Some(_) => return Err(Refusal::invalid(format!("caa_check_failed|{name}"), format!("The CAA check failed for {name}."))),
                None => {
                    return Err(Refusal::invalid(format!("caa_not_found|{name}"), format!("The CAA record of {name} could not be read.")));
                }
            }
        }
        Ok(())
    }
}
