//! Which certificate of an order is the awaited one, and whether it is issued.

use std::cmp::Reverse;

use super::{Awaited, Issuance, Standing, standing};
use crate::{
    certcentral::{CertificateId, CertificateStatus, types},
    error::Error,
};

/// What is known of the awaited certificate.
pub(super) enum Certificate {
    NotYet,
    Issued(CertificateId),
    Rejected,
}

impl Certificate {
    fn of(id: CertificateId, status: Option<&CertificateStatus>) -> Self {
        match status {
            Some(CertificateStatus::Issued | CertificateStatus::Approved) => Self::Issued(id),
            Some(CertificateStatus::Rejected) => Self::Rejected,
            _ => Self::NotYet,
        }
    }
}

impl Issuance {
    /// Whether the awaited certificate is issued.
    pub(super) async fn certificate(&self, order: &types::Order) -> Result<Certificate, Error> {
        let present = || order.certificate.as_ref().and_then(|certificate| certificate.id);
        let issued = standing(order.status.as_ref()) == Standing::Issued;
        Ok(match self.awaited {
            Awaited::Order => present().filter(|_| issued).map_or(Certificate::NotYet, Certificate::Issued),
            Awaited::Reissue { previous } => {
                let Some(new) = present().filter(|_| issued).filter(|present| Some(*present) != previous) else {
                    return Ok(Certificate::NotYet);
                };
                let told = order.certificate.as_ref().and_then(|certificate| certificate.csr.as_deref());
                if self.has_own_key(told, new, true).await != Some(false) {
                    return Ok(Certificate::Issued(new));
                }
                // A colleague's reissue has replaced ours.
                let reissues = self.client.orders().reissues(order.id).send().await?;
                let reissues = reissues.iter().filter(|reissue| Some(reissue.id) != previous);
                self.newest_own(reissues.map(|reissue| (reissue.id, reissue.csr.as_deref(), reissue.status.as_ref()))).await
            }
            Awaited::Duplicate { certificate } => {
                let duplicates = self.client.orders().duplicates(order.id).send().await?;
                let mut listed = duplicates.iter().map(|duplicate| (duplicate.id, duplicate.csr.as_deref(), duplicate.status.as_ref()));
                match certificate {
                    Some(own) => {
                        listed.find(|(id, ..)| *id == own).map_or(Certificate::NotYet, |(id, _, status)| Certificate::of(id, status))
                    }
                    None => self.newest_own(listed).await,
                }
            }
        })
    }

    /// Whether a certificate has the CSR's key: by the CSR that the service reports, or by the certificate itself if it is issued.
    async fn has_own_key(&self, told: Option<&str>, id: CertificateId, is_issued: bool) -> Option<bool> {
        self.client.orders().has_key_of(&self.csr, told, is_issued.then_some(id)).await
    }

    /// What became of the newest of these certificates with the CSR's key: the key may have been used for an earlier one.
    async fn newest_own<'l>(
        &self,
        listed: impl Iterator<Item = (CertificateId, Option<&'l str>, Option<&'l CertificateStatus>)>,
    ) -> Certificate {
        let mut listed: Vec<_> = listed.collect();
        listed.sort_unstable_by_key(|(id, ..)| Reverse(*id));
        for (id, csr, status) in listed {
            let certificate = Certificate::of(id, status);
            if self.has_own_key(csr, id, matches!(certificate, Certificate::Issued(_))).await == Some(true) {
                return certificate;
            }
        }
        Certificate::NotYet
    }
}
