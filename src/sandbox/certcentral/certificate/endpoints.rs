//! The endpoints of certificates: downloads, chains, the archive.

use std::sync::Arc;

use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{CertificateStatus, Issued};
use crate::sandbox::authority;
use crate::sandbox::bundle::bundle;
use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::platforms;
use crate::sandbox::clock::http_date;
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::refusal::Refusal;

const DEFAULT_FORMAT: &str = "default";

impl Account {
    /// An issued certificate. That one which was refused cannot be found is inferred.
    fn issued(&self, certificate_id: u64) -> Result<&Issued, Refusal> {
        let certificate = self.certificates.get(certificate_id).ok_or_else(|| Refusal::not_found("certificate"))?;
        certificate.issued.as_ref().ok_or_else(|| match certificate.status {
            CertificateStatus::Requested | CertificateStatus::Pending => not_issued_yet(),
            _ => Refusal::not_found("certificate"),
        })
    }

    /// Shows leaf, intermediate, root, once the account is unlocked; `None` before issuance.
    pub(crate) fn chain_view(&self, certificate_id: u64) -> Option<impl FnOnce() -> Value + Send + use<>> {
        let leaf = Arc::clone(&self.issued(certificate_id).ok()?.leaf);
        let authority = Arc::clone(&self.authority);
        let view = |each: &authority::Certificate| json!({"subject_common_name": each.common_name, "pem": each.pem()});
        Some(move || authority.chain(&leaf).certificates().into_iter().map(view).collect())
    }

    fn file(&self, certificate_id: u64, format: &str) -> Answer {
        let issued = self.issued(certificate_id)?;
        // The code for an unknown format is inferred.
        let file = bundle(format, &self.authority.chain(&issued.leaf)).ok_or_else(|| Refusal::invalid_value("format"))?;
        let changed = http_date(issued.at);
        Ok(Reply::file(file.content_type, file.file_name, file.body)
            .with_header(header::LAST_MODIFIED, changed.to_str().unwrap_or_default()))
    }
}

/// As clients quote it, two blanks and all; its status is inferred.
fn not_issued_yet() -> Refusal {
    let message = "Unable to download certificate, the certificate has not yet been issued.  Try back in a bit.";
    Refusal::invalid("cert_unavailable_processing", message)
}

/// `GET /certificate/{certificate_id}/download/format/{format}`
pub(crate) fn download(account: &mut Account, call: &Call) -> Answer {
    account.file(call.id(0), call.param(1))
}

/// `GET /certificate/{certificate_id}/download/platform`, with or without `/{platform_id}`
///
/// The best format of the platform, which is the certificate's own unless another is named.
pub(crate) fn download_for_platform(account: &mut Account, call: &Call) -> Answer {
    account.issued(call.id(0))?;
    let own = account.certificates.get(call.id(0)).map_or(platforms::OTHER, |certificate| certificate.server_platform);
    let platform = match call.params.get(1) {
        // The code for an unknown platform is inferred.
        Some(id) => id.parse().ok().filter(|id| platforms::best_format(*id).is_some()).ok_or_else(|| Refusal::invalid_value("platform"))?,
        None => own,
    };
    account.file(call.id(0), platforms::best_format(platform).unwrap_or(DEFAULT_FORMAT))
}

/// `GET /certificate/intermediates`; times have no offset, `is_private` is a text.
pub(crate) fn intermediates(account: &mut Account, _: &Call) -> Answer {
    let time = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
    let view = |certificate: &authority::Certificate| {
        json!({
            "id": certificate.serial_number,
            "subject_common_name": certificate.common_name,
            "issuer_common_name": account.authority.root().common_name,
            "subject_org_name": authority::ORGANIZATION,
            "valid_from": time(certificate.not_before),
            "valid_to": time(certificate.not_after),
            "serial_number": certificate.serial_number,
            "thumbprint": certificate.thumbprint(),
            "signature_hash": "SHA256",
            "is_private": "0",
        })
    };
    let intermediates: Vec<Value> = account.authority.intermediates().map(view).collect();
    Ok(Reply::ok(json!({"intermediates": intermediates})))
}

/// `PUT /certificate/{certificate_id}/archive`
pub(crate) fn archive(account: &mut Account, call: &Call) -> Answer {
    let id = call.id(0);
    let order = account.certificates.get(id).and_then(|certificate| account.orders.get(certificate.order_id));
    if order.is_some_and(|order| order.certificate_id == id) {
        return Err(Refusal::invalid("cannot_archive_primary_certificate", "Primary certificate cannot be archived"));
    }
    set_archived(account, id, true)
}

/// `PUT /certificate/{certificate_id}/unarchive`
pub(crate) fn unarchive(account: &mut Account, call: &Call) -> Answer {
    set_archived(account, call.id(0), false)
}

fn set_archived(account: &mut Account, id: u64, archived: bool) -> Answer {
    account.certificates.get_mut(id).ok_or_else(|| Refusal::not_found("certificate"))?.archived = archived;
    Ok(Reply::no_content())
}

/// `GET /certificate/{certificate_id}/chain`; its first element is the leaf.
pub(crate) fn chain(account: &mut Account, call: &Call) -> Answer {
    // Before it is issued, a certificate has no chain to be found (inferred).
    let chain = account.chain_view(call.id(0)).ok_or_else(|| Refusal::not_found("certificate"))?;
    Ok(Reply::later(StatusCode::OK, move || json!({"intermediates": chain()})))
}

/// `GET /certificate/download/order/{order_id}`, with or without `/format/{format}`
pub(crate) fn download_of_order(account: &mut Account, call: &Call) -> Answer {
    let certificate_id = account.order(call)?.certificate_id;
    account.file(certificate_id, call.params.get(1).map_or(DEFAULT_FORMAT, String::as_str))
}
