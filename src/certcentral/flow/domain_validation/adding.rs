//! Bringing a domain into the account, in the state in which its proof can be published.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use super::Wanted;
use crate::{
    certcentral::{
        DcvMethod, DcvTokenStatus, DomainId, Domains, OrganizationId,
        recovery::{self, Outcome, Sighting},
        types,
    },
    error::Error,
};

/// How long to search for a domain after adding it was refused: a domain that was added a moment ago may not be listed yet.
const AFTER_REFUSAL: Duration = Duration::from_secs(4);

/// What is known of a domain, so that it need not be read again.
pub(in crate::certcentral::flow) struct Known {
    pub(super) id: DomainId,
    pub(super) name: String,
    pub(super) method: DcvMethod,
    pub(super) token: Option<types::DcvToken>,
    pub(super) emails: Option<types::ValidationEmails>,
    pub(super) validated: Option<types::Domain>,
}

/// A domain that is being added.
pub(in crate::certcentral::flow) struct Adding<'a> {
    pub(in crate::certcentral::flow) domains: Domains<'a>,
    pub(in crate::certcentral::flow) name: &'a str,
    pub(in crate::certcentral::flow) organization: OrganizationId,
    pub(in crate::certcentral::flow) method: &'a DcvMethod,
    pub(in crate::certcentral::flow) wanted: &'a Wanted,
    pub(in crate::certcentral::flow) emails: &'a [String],
}

/// How a domain came into the account.
enum Origin {
    Added(Box<types::AddedDomain>),
    /// Somebody else has added it.
    Others(DomainId),
    /// The response to adding it was lost; somebody else may have added it.
    Either(DomainId),
}

impl Adding<'_> {
    /// Adds the domain, or finds it by its name if adding it was refused or the response was lost.
    pub(in crate::certcentral::flow) async fn run(&self) -> Result<Known, Error> {
        let resend = self.domains.client.core.retry(&self.domains.client.options).repeats();
        let hint = format!("the domain {}", self.name);
        match recovery::recover(self.domains.client, &hint, resend, || self.add().boxed(), || self.look(Origin::Either).boxed()).await? {
            Origin::Added(added) => self.added(*added).await,
            Origin::Others(id) => self.prepare(id).await,
            Origin::Either(id) => self.prepare(id).await.map_err(|error| error.perhaps_done().leaving(hint)),
        }
    }

    async fn add(&self) -> Result<Origin, Error> {
        let add = self.domains.add(self.name).organization(self.organization).dcv_method(self.method.clone());
        match add.validations(self.wanted.validations.clone()).emails(self.emails).send().await {
            Ok(added) => Ok(Origin::Added(Box::new(added))),
            Err(error) if error.status().is_none() || error.is_ambiguous() || error.is_rate_limited() => Err(error),
            // Somebody else may have added it a moment ago.
            Err(refusal) => {
                match recovery::search(self.domains.client, AFTER_REFUSAL, &refusal, || self.look(Origin::Others).boxed()).await {
                    Outcome::Found(found) => Ok(found),
                    Outcome::Absent | Outcome::Unknown => Err(refusal),
                }
            }
        }
    }

    async fn look(&self, origin: fn(DomainId) -> Origin) -> Result<Sighting<Origin>, Error> {
        let found = existing(self.domains, self.name, self.method).await?;
        Ok(found.map_or(Sighting::Absent, |domain| Sighting::Found(origin(domain.id))))
    }

    /// What is known of a domain that was added just now: usually everything.
    async fn added(&self, added: types::AddedDomain) -> Result<Known, Error> {
        let types::AddedDomain { id, dcv_token: token, validation_emails: emails } = added;
        let is_told = if *self.method == DcvMethod::Email { emails.is_some() } else { has_token(token.as_ref()) };
        // The response does not say whether the service removed a `www.`.
        if !is_told || self.name.starts_with("www.") {
            return Known::read(self.domains, id, self.wanted).await;
        }
        Ok(Known { id, name: self.name.to_owned(), method: self.method.clone(), token, emails, validated: None })
    }

    pub(in crate::certcentral::flow) async fn prepare(&self, id: DomainId) -> Result<Known, Error> {
        prepare(self.domains, id, self.organization, self.method, self.wanted, self.emails).await
    }
}

fn has_token(token: Option<&types::DcvToken>) -> bool {
    token.is_some_and(|token| token.token.is_some())
}

impl Known {
    pub(super) async fn read(domains: Domains<'_>, id: DomainId, wanted: &Wanted) -> Result<Self, Error> {
        let domain = read(domains, id).await?;
        Self::of(domain, wanted, domains.client.core.now())
    }

    pub(in crate::certcentral::flow) fn of(domain: types::Domain, wanted: &Wanted, now: DateTime<Utc>) -> Result<Self, Error> {
        let id = domain.id;
        let name = domain.name.clone().ok_or_else(|| Error::mismatch(format!("the service returned no name for domain {id}")))?;
        let method = domain.dcv_method.clone().unwrap_or(DcvMethod::Email);
        let (token, is_met) = (domain.dcv_token.clone(), wanted.is_met(&domain, now));
        Ok(Self { id, name, method, token, emails: None, validated: is_met.then_some(domain) })
    }

    /// The same after a write. The response holds the new token; if it does not, the domain is read again.
    pub(in crate::certcentral::flow) async fn renewed(
        self,
        domains: Domains<'_>,
        method: &DcvMethod,
        token: Option<types::DcvToken>,
        wanted: &Wanted,
    ) -> Result<Self, Error> {
        if *method == DcvMethod::Email || !has_token(token.as_ref()) {
            return Self::read(domains, self.id, wanted).await;
        }
        Ok(Self { method: method.clone(), token, validated: None, ..self })
    }
}

/// The account's own domain of this name.
pub(in crate::certcentral::flow) async fn existing(
    domains: Domains<'_>,
    name: &str,
    method: &DcvMethod,
) -> Result<Option<types::Domain>, Error> {
    domains.find(kept(name, method)).send().await
}

/// The service removes a leading `www.` when it adds a name, except with files, which prove only the exact name.
pub(in crate::certcentral::flow) fn kept<'n>(name: &'n str, method: &DcvMethod) -> &'n str {
    let by_file = matches!(method, DcvMethod::HttpToken | DcvMethod::HttpTokenDynamic);
    if by_file { name } else { name.strip_prefix("www.").unwrap_or(name) }
}

/// Reads a domain with its validation state.
async fn read(domains: Domains<'_>, id: DomainId) -> Result<types::Domain, Error> {
    let domain = domains.get(id).include_dcv(true).include_validation(true).send().await?;
    if domain.id == id { Ok(domain) } else { Err(Error::mismatch(format!("the service returned domain {} instead of {id}", domain.id))) }
}

/// Brings an adopted domain to the state of a newly added one: with the requested method and a token that is still valid.
async fn prepare(
    domains: Domains<'_>,
    id: DomainId,
    organization: OrganizationId,
    method: &DcvMethod,
    wanted: &Wanted,
    emails: &[String],
) -> Result<Known, Error> {
    // Checked by both clocks: what is done here cannot be undone, and one of them may be wrong.
    let past = domains.client.core.past();
    let domain = read(domains, id).await?;
    if domain.is_active == Some(false) {
        return Err(Error::mismatch(format!("domain {id} exists but is deactivated; activate it first")));
    }
    if let Some(other) = domain.organization.as_ref().and_then(|own| own.id).filter(|own| *own != organization) {
        return Err(Error::mismatch(format!("domain {id} belongs to organization {other}, not to {organization}")));
    }
    let is_met = wanted.is_met(&domain, past);
    let (is_submitted, has_method) = (wanted.is_submitted(&domain), domain.dcv_method.as_ref() == Some(method));
    let known = Known::of(domain, wanted, domains.client.core.now())?;
    if is_met {
        return Ok(known);
    }
    let good = |token: &types::DcvToken| {
        let expired = token.status == Some(DcvTokenStatus::Expired) || token.expiration_date.is_some_and(|end| end <= past);
        token.token.is_some() && !expired
    };
    let token = if !is_submitted {
        submit(domains, id, method, wanted, emails).await?
    } else if !has_method {
        domains.change_dcv_method(id, method.clone()).send().await?.dcv_token
    } else if *method == DcvMethod::Email {
        domains.resend_dcv_emails(id).to(emails).send().await?;
        return Ok(known);
    } else if !known.token.as_ref().is_some_and(good) {
        Some(domains.generate_dcv_token(id).send().await?)
    } else {
        return Ok(known);
    };
    known.renewed(domains, method, token, wanted).await
}

/// Submits a domain for validation, again or for further kinds of certificate.
pub(in crate::certcentral::flow) async fn submit(
    domains: Domains<'_>,
    id: DomainId,
    method: &DcvMethod,
    wanted: &Wanted,
    emails: &[String],
) -> Result<Option<types::DcvToken>, Error> {
    let submitted = domains.submit(id).validations(wanted.validations.clone()).dcv_method(method.clone()).emails(emails).send().await?;
    Ok(submitted.and_then(|submitted| submitted.dcv_token))
}
