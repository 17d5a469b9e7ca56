//! What the service stores for a tenant, and the operations on it, for both versions.

use chrono::{DateTime, Utc};
use x509_cert::der::Decode as _;

use super::jpki::{Authority, Hash, Kind, Method, matches};
use super::person::RevocationCause;
use super::refusal::Refused;
use crate::sandbox::random::Random;
use crate::sandbox::words::words;

/// A tenant with its records. They are only ever added at the end, so that the order is that of their making.
pub(super) struct Tenant {
    pub(super) token: String,
    pub(super) certificates: Vec<Certificate>,
    pub(super) users: Vec<User>,
    pub(super) statuses: Vec<Status>,
    pub(super) verifications: Vec<Verification>,
    random: Random,
}

/// The record of a certificate.
#[derive(Clone)]
pub(super) struct Certificate {
    pub(super) id: String,
    pub(super) kind: Kind,
    /// Its position in the authority's register, which is the order of issue.
    pub(super) issued: usize,
    pub(super) user: Option<String>,
    pub(super) created_at: DateTime<Utc>,
}

/// The record of a user.
#[derive(Clone)]
pub(super) struct User {
    pub(super) id: String,
    person: usize,
    pub(super) created_at: DateTime<Utc>,
}

/// Why revocation was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Verification,
    Liveness,
}

words! { pub(super) Purpose, "check_purpose": Verification = "signature_verification", Liveness = "liveness_check" }

/// The record of a revocation check.
#[derive(Clone)]
pub(super) struct Status {
    pub(super) id: String,
    pub(super) certificate: String,
    pub(super) revoked: Option<(DateTime<Utc>, RevocationCause)>,
    pub(super) method: Method,
    pub(super) purpose: Purpose,
    pub(super) source_updated_at: Option<DateTime<Utc>>,
    pub(super) created_at: DateTime<Utc>,
}

/// The outcome of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    Mismatch,
    Revoked,
    Expired,
}

words! {
    pub(super) Outcome, "result":
    Ok = "RESULT_OK", Mismatch = "RESULT_SIGNATURE_MISMATCH", Revoked = "RESULT_CERTIFICATE_REVOKED", Expired = "RESULT_CERTIFICATE_EXPIRED",
}

/// The record of a verification.
#[derive(Clone)]
pub(super) struct Verification {
    pub(super) id: String,
    pub(super) outcome: Outcome,
    pub(super) hash: Hash,
    pub(super) digest: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) certificate: Option<String>,
    pub(super) status: Option<String>,
    pub(super) created_at: DateTime<Utc>,
}

/// A signature to verify.
pub(super) struct Submitted {
    pub(super) der: Vec<u8>,
    pub(super) hash: Hash,
    pub(super) digest: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// What a call has made, by id.
#[derive(Default)]
pub(super) struct Made {
    pub(super) verification: Option<String>,
    pub(super) certificate: String,
    pub(super) status: Option<String>,
    pub(super) user: Option<String>,
    pub(super) is_new_user: Option<bool>,
    /// The position in the authority's register, for the content.
    pub(super) issued: usize,
}

impl Tenant {
    /// A tenant without records, whose ids are drawn from `random`.
    pub(super) fn new(token: String, random: Random) -> Self {
        Self { token, certificates: Vec::new(), users: Vec::new(), statuses: Vec::new(), verifications: Vec::new(), random }
    }

    /// Verifies a signature: supported, links, validity, signature, revocation, in this order.
    pub(super) fn verify(
        &mut self,
        jpki: &Authority,
        given: Submitted,
        method: Method,
        identify: bool,
        now: DateTime<Utc>,
    ) -> Result<Made, Refused> {
        if given.digest.len() != given.hash.algorithm().output_len() {
            return Err(Refused::Invalid { field: "digest".to_owned(), rule: "bytes.len" });
        }
        let issued = supported(jpki, &given.der)?;
        if identify && !jpki.has_links {
            return Err(Refused::NoLinks);
        }
        let known = &jpki.issued[issued];
        let lookup = if now < known.not_before || now > known.not_after {
            Err(Outcome::Expired)
        } else if !matches(&given.der, given.hash, &given.digest, &given.signature) {
            Err(Outcome::Mismatch)
        } else {
            // Nothing is stored of a verification that could not be carried out.
            Ok(jpki.look_up(issued, method, now).ok_or(Refused::OcspFailed)?)
        };
        let certificate = self.record(jpki, issued, now);
        let mut made = Made { certificate: certificate.clone(), issued, ..Made::default() };
        let outcome = match lookup {
            Err(outcome) => outcome,
            Ok(lookup) => {
                let outcome = if lookup.revoked.is_some() { Outcome::Revoked } else { Outcome::Ok };
                made.status = Some(self.add_status(&certificate, lookup, method, Purpose::Verification, now));
                // Whether an expired certificate or a mismatch identifies anybody is not documented; here it does not.
                if identify {
                    made.is_new_user = Some(self.identify(jpki, &certificate, now));
                }
                outcome
            }
        };
        made.user = self.certificate(&certificate).and_then(|certificate| certificate.user.clone());
        let Submitted { hash, digest, signature, .. } = given;
        let (id, status) = (self.random.uuid(), made.status.clone());
        made.verification = Some(id.clone());
        let certificate = Some(certificate);
        self.verifications.push(Verification { id, outcome, hash, digest, signature, certificate, status, created_at: now });
        Ok(made)
    }

    /// Checks a certificate that is sent along.
    pub(super) fn check_content(
        &mut self,
        jpki: &Authority,
        der: &[u8],
        method: Method,
        identify: bool,
        now: DateTime<Utc>,
    ) -> Result<Made, Refused> {
        let issued = supported(jpki, der)?;
        if identify && !jpki.has_links {
            return Err(Refused::NoLinks);
        }
        if jpki.look_up(issued, method, now).is_none() {
            return Err(Refused::OcspFailed);
        }
        let id = self.record(jpki, issued, now);
        self.check(jpki, &id, method, identify, now)
    }

    /// Checks a stored certificate.
    pub(super) fn check(
        &mut self,
        jpki: &Authority,
        id: &str,
        method: Method,
        identify: bool,
        now: DateTime<Utc>,
    ) -> Result<Made, Refused> {
        let issued = self.certificate(id).ok_or(Refused::NotFound)?.issued;
        if identify && !jpki.has_links {
            return Err(Refused::NoLinks);
        }
        let lookup = jpki.look_up(issued, method, now).ok_or(Refused::OcspFailed)?;
        let status = Some(self.add_status(id, lookup, method, Purpose::Liveness, now));
        let is_new_user = identify.then(|| self.identify(jpki, id, now));
        let user = self.certificate(id).and_then(|certificate| certificate.user.clone());
        Ok(Made { certificate: id.to_owned(), status, user, is_new_user, issued, ..Made::default() })
    }

    /// Checks the certificate of a user that was issued last.
    pub(super) fn check_user(
        &mut self,
        jpki: &Authority,
        id: &str,
        kind: Option<Kind>,
        method: Method,
        now: DateTime<Utc>,
    ) -> Result<Made, Refused> {
        self.user(id).ok_or(Refused::NotFound)?;
        let of_user =
            |certificate: &&Certificate| certificate.user.as_deref() == Some(id) && kind.is_none_or(|kind| certificate.kind == kind);
        let newest = self.certificates.iter().filter(of_user).max_by_key(|certificate| certificate.issued);
        let newest = newest.ok_or(Refused::NotFound)?.id.clone();
        self.check(jpki, &newest, method, false, now)
    }

    /// Deletes a certificate and the history of its checks; its verifications lose both.
    pub(super) fn delete_certificate(&mut self, id: &str) -> Result<(), Refused> {
        self.certificate(id).ok_or(Refused::NotFound)?;
        self.certificates.retain(|certificate| certificate.id != id);
        self.statuses.retain(|status| status.certificate != id);
        for verification in self.verifications.iter_mut().filter(|verification| verification.certificate.as_deref() == Some(id)) {
            (verification.certificate, verification.status) = (None, None);
        }
        Ok(())
    }

    /// Deletes a user; certificates stay, without one.
    pub(super) fn delete_user(&mut self, id: &str) -> Result<(), Refused> {
        self.user(id).ok_or(Refused::NotFound)?;
        self.users.retain(|user| user.id != id);
        for certificate in self.certificates.iter_mut().filter(|certificate| certificate.user.as_deref() == Some(id)) {
            certificate.user = None;
        }
        Ok(())
    }

    /// Deletes a verification and nothing else.
    pub(super) fn delete_verification(&mut self, id: &str) -> Result<(), Refused> {
        self.verification(id).ok_or(Refused::NotFound)?;
        self.verifications.retain(|verification| verification.id != id);
        Ok(())
    }

    pub(super) fn certificate(&self, id: &str) -> Option<&Certificate> {
        self.certificates.iter().find(|certificate| certificate.id == id)
    }

    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn status(&self, id: &str) -> Option<&Status> {
        self.statuses.iter().find(|status| status.id == id)
    }

    pub(super) fn verification(&self, id: &str) -> Option<&Verification> {
        self.verifications.iter().find(|verification| verification.id == id)
    }

    /// Whether a certificate is of the current generation: of its user's certificates of its kind the one issued last.
    pub(super) fn is_latest(&self, certificate: &Certificate) -> bool {
        let newer =
            |other: &Certificate| other.user == certificate.user && other.kind == certificate.kind && other.issued > certificate.issued;
        certificate.user.is_some() && !self.certificates.iter().any(newer)
    }

    /// The record of a certificate, new or as it was.
    fn record(&mut self, jpki: &Authority, issued: usize, now: DateTime<Utc>) -> String {
        if let Some(known) = self.certificates.iter().find(|certificate| certificate.issued == issued) {
            return known.id.clone();
        }
        let id = self.random.uuid();
        self.certificates.push(Certificate { id: id.clone(), kind: jpki.issued[issued].kind, issued, user: None, created_at: now });
        id
    }

    fn add_status(
        &mut self,
        certificate: &str,
        lookup: super::jpki::Lookup,
        method: Method,
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> String {
        let id = self.random.uuid();
        let super::jpki::Lookup { revoked, source_updated_at } = lookup;
        let certificate = certificate.to_owned();
        self.statuses.push(Status { id: id.clone(), certificate, revoked, method, purpose, source_updated_at, created_at: now });
        id
    }

    /// Links a certificate to the user behind it; `true` if there was none.
    fn identify(&mut self, jpki: &Authority, certificate: &str, now: DateTime<Utc>) -> bool {
        let Some(index) = self.certificates.iter().position(|each| each.id == certificate) else { return false };
        let person = jpki.issued[self.certificates[index].issued].person;
        let known = self.users.iter().find(|user| user.person == person).map(|user| user.id.clone());
        let is_new = known.is_none();
        let user = known.unwrap_or_else(|| {
            let id = self.random.uuid();
            self.users.push(User { id: id.clone(), person, created_at: now });
            id
        });
        self.certificates[index].user = Some(user);
        is_new
    }
}

fn supported(jpki: &Authority, der: &[u8]) -> Result<usize, Refused> {
    x509_cert::Certificate::from_der(der).map_err(|_| Refused::MalformedCertificate)?;
    jpki.find(der).ok_or(Refused::UnsupportedCertificate)
}

/// Whether a text is a UUID as the service writes them.
pub(super) fn is_uuid(text: &str) -> bool {
    let dash = |index| matches!(index, 8 | 13 | 18 | 23);
    text.len() == 36 && text.bytes().enumerate().all(|(index, byte)| if dash(index) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}
