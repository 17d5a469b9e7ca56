//! The endpoints of certificates: downloads and chains.

use serde_json::{Value, json};

use super::Account;
use super::order::Issued;
use crate::sandbox::bundle::bundle;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

const DEFAULT_FORMAT: &str = "default";

impl Account {
    pub(crate) fn root_certificate(&self) -> String {
        self.authority.root().pem()
    }

    /// An issued certificate; one that is not issued yet cannot be found (inferred).
    fn issued(&self, certificate_id: u64) -> Result<&Issued, Refusal> {
        let certificate = self.certificates.get(certificate_id);
        certificate.and_then(|certificate| certificate.issued.as_ref()).ok_or_else(|| Refusal::not_found("certificate"))
    }

    /// Leaf, intermediate, root; `None` before issuance.
    pub(super) fn chain_view(&self, certificate_id: u64) -> Option<Value> {
        let issued = self.issued(certificate_id).ok()?;
        let certificates = self.authority.chain(&issued.leaf).certificates();
        Some(certificates.iter().map(|each| json!({"subject_common_name": each.common_name, "pem": each.pem()})).collect())
    }

    fn file(&self, certificate_id: u64, format: &str) -> Answer {
        let issued = self.issued(certificate_id)?;
        // The code for an unknown format is inferred.
        let file = bundle(format, &self.authority.chain(&issued.leaf)).ok_or_else(|| Refusal::invalid_value("format"))?;
        Ok(Reply::file(file.content_type, file.file_name, file.body))
    }
}

fn certificate_id(call: &Call) -> u64 {
    call.param(0).parse().unwrap_or_default()
}

/// `GET /certificate/{certificate_id}/download/format/{format}`
pub(super) fn download(account: &mut Account, call: &Call) -> Answer {
    account.file(certificate_id(call), call.param(1))
}

/// `GET /certificate/{certificate_id}/chain`; its first element is the leaf.
pub(super) fn chain(account: &mut Account, call: &Call) -> Answer {
    let chain = account.chain_view(certificate_id(call)).ok_or_else(|| Refusal::not_found("certificate"))?;
    Ok(Reply::ok(json!({"intermediates": chain})))
}

/// `GET /certificate/download/order/{order_id}`, with or without `/format/{format}`
pub(super) fn download_of_order(account: &mut Account, call: &Call) -> Answer {
    let certificate_id = account.order(call)?.certificate_id;
    account.file(certificate_id, call.params.get(1).map_or(DEFAULT_FORMAT, String::as_str))
}
