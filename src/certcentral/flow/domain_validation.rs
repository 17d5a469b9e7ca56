//! Proving control of a domain: add it, publish what the service wants to see, have it looked for.

mod polling;

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use bon::bon;
use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, TryStreamExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};

use super::{DcvInstructions, Pending};
use crate::{
    certcentral::{
        CertCentral, DcvMethod, DcvStatus, DcvTokenStatus, DomainId, Domains, ErrorCode, OrganizationId, ValidationStatus, ValidationType,
        check, docs,
        recovery::{self, Outcome, Sighting},
        types,
    },
    error::Error,
    seal::{Content, Sealed},
};

pub(super) type Publish = Arc<dyn Fn(DcvInstructions) -> BoxFuture<'static, Result<(), Box<dyn StdError + Send + Sync>>> + Send + Sync>;

/// How long a domain is looked for whose adding was refused: one that was added a moment ago may not be listed yet.
const AFTER_REFUSAL: Duration = Duration::from_secs(4);

/// How a domain's validation stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DomainValidationState {
    /// The service has not found what it looks for.
    #[non_exhaustive]
    Pending {
        /// What it says of that; `None` while an answer to an e-mail is awaited.
        code: Option<ErrorCode>,
    },
    /// The token had expired; this is what has to be published now.
    TokenRenewed(DcvInstructions),
}

/// What is missing: `waits for the TXT record`.
impl fmt::Display for DomainValidationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending { code: None } => f.write_str("waits for the proof of control"),
            Self::Pending { code: Some(code) } => match code {
                ErrorCode::InvalidDnsTxt => f.write_str("waits for the TXT record"),
                ErrorCode::InvalidDnsCname => f.write_str("waits for the CNAME record"),
                ErrorCode::FileRandomValueNotFound => f.write_str("waits for the file"),
                code => write!(f, "waits for the proof of control ({code})"),
            },
            Self::TokenRenewed(instructions) => write!(f, "waits for this to be published: {instructions}"),
        }
    }
}

/// What is needed to go on with a validation in another process: a [resume token](super#resume-tokens).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainValidationToken(Sealed<Resumable>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resumable {
    domain: DomainId,
    wanted: Wanted,
}

impl Content for Resumable {
    const KIND: &'static str = "domain validation";
    const VERSION: u8 = 3;
}

/// What a domain has to be validated for, and since when; older proof does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) validations: Vec<ValidationType>,
    pub(super) since: Option<DateTime<Utc>>,
}

/// A domain whose validation is under way.
pub type PendingValidation = Pending<DomainValidation>;

/// The flow of a [`PendingValidation`]: it has the service look until it finds what was published, and gives the validated domain.
#[derive(Clone)]
pub struct DomainValidation {
    client: CertCentral,
    id: DomainId,
    name: String,
    method: DcvMethod,
    wanted: Wanted,
    instructions: DcvInstructions,
    publish: Option<Publish>,
}

#[bon]
impl<'c> Domains<'c> {
    /// Proves control of a domain, from adding it to having it validated (guide §3.2).
    ///
    /// A domain of that name that the account already has is adopted: if it is still validated there is nothing to do; if its token
    /// expired or its method is another, it gets a new token. What has to be published stands in [`PendingValidation::instructions`].
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use shomei::certcentral::{DcvMethod, OrganizationId};
    ///
    /// let pending = cc.domains().validate("example.com").organization(OrganizationId(112233)).dcv_method(DcvMethod::DnsTxtToken).start().await?;
    /// println!("{}", pending.instructions());
    /// let saved = serde_json::to_string(&pending.resume_token())?; // survives a restart
    /// let domain = pending.wait(Duration::from_secs(3600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name is no domain name; [`Error::is_mismatch`] when the account has the domain but it is
    /// deactivated; whatever the service returns.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Domains::validate)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = ValidateDomain, doc { #[doc = docs!(call Domains::validate)] }))]
    pub async fn validate(
        self,
        /// The name, fully qualified.
        #[builder(start_fn)]
        name: String,
        /// The organization that the domain is validated for.
        organization: OrganizationId,
        /// How control of the domain is to be proved; a TXT record by default.
        #[builder(default = DcvMethod::DnsTxtToken)]
        dcv_method: DcvMethod,
        /// The kinds of certificate that it is to be validated for; `ov` by default.
        #[builder(default = vec![ValidationType::Ov], with = |types: impl IntoIterator<Item = ValidationType>| types.into_iter().collect())]
        validations: Vec<ValidationType>,
        /// With [`DcvMethod::Email`]: the addresses to send e-mails to.
        #[builder(default, with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        emails: Vec<String>,
    ) -> Result<PendingValidation, Error> {
        let name = check::domain_name("name", &name)?;
        let emails = check::emails("emails", &emails)?;
        if validations.is_empty() {
            return Err(Error::invalid("validations", "at least one kind of validation is needed"));
        }
        let wanted = Wanted { validations, since: None };
        let adding = Adding { domains: self, name: &name, organization, method: &dcv_method, wanted: &wanted, emails: &emails };
        let id = match existing(self, &name, &dcv_method).await? {
            Some(domain) => adding.prepare(domain.id).await?,
            None => adding.run().await?,
        };
        PendingValidation::read(self.client.clone(), id, wanted).await
    }

    /// Goes on with a validation that was begun elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the token was changed, made with another API key, for another base URL, or by another
    /// version of this crate;
    /// [`Error::is_not_found`] when the account has no such domain (any more).
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Domains::resume_validation)] }))]
    #[builder(builder_type(name = ResumeValidation, doc { #[doc = docs!(call Domains::resume_validation)] }))]
    pub async fn resume_validation(self, #[builder(start_fn)] token: DomainValidationToken) -> Result<PendingValidation, Error> {
        let Resumable { domain, wanted } = self.client.core.seals.open(token.0)?;
        PendingValidation::read(self.client.clone(), domain, wanted).await
    }
}

/// A domain that is being added.
struct Adding<'a> {
    domains: Domains<'a>,
    name: &'a str,
    organization: OrganizationId,
    method: &'a DcvMethod,
    wanted: &'a Wanted,
    emails: &'a [String],
}

/// How a domain came into the account.
enum Origin {
    Added(DomainId),
    /// Somebody else has added it.
    Others(DomainId),
    /// The response to adding it was lost; somebody else may have added it.
    Either(DomainId),
}

impl Adding<'_> {
    /// Adds the domain, or finds it by its name where that was refused or its response was lost.
    async fn run(&self) -> Result<DomainId, Error> {
        let resend = self.domains.client.core.retry(&self.domains.client.options).repeats();
        let hint = format!("the domain {}", self.name);
        match recovery::recover(self.domains.client, &hint, resend, || self.add().boxed(), || self.look(Origin::Either).boxed()).await? {
            Origin::Added(id) => Ok(id),
            Origin::Others(id) => self.prepare(id).await,
            Origin::Either(id) => self.prepare(id).await.map_err(|error| error.perhaps_done().leaving(hint)),
        }
    }

    async fn add(&self) -> Result<Origin, Error> {
        let add = self.domains.add(self.name).organization(self.organization).dcv_method(self.method.clone());
        match add.validations(self.wanted.validations.clone()).emails(self.emails).send().await {
            Ok(added) => Ok(Origin::Added(added.id)),
            Err(error) if error.status().is_none() || error.is_ambiguous() || error.is_rate_limited() => Err(error),
            // Somebody else may have added it a moment ago.
            Err(refusal) => match recovery::search(AFTER_REFUSAL, &refusal, || self.look(Origin::Others).boxed()).await {
                Outcome::Found(found) => Ok(found),
                Outcome::Absent | Outcome::Unknown => Err(refusal),
            },
        }
    }

    async fn look(&self, origin: fn(DomainId) -> Origin) -> Result<Sighting<Origin>, Error> {
        let found = existing(self.domains, self.name, self.method).await?;
        Ok(found.map_or(Sighting::Absent, |domain| Sighting::Found(origin(domain.id))))
    }

    async fn prepare(&self, id: DomainId) -> Result<DomainId, Error> {
        prepare(self.domains, id, self.organization, self.method, self.wanted, self.emails).await
    }
}

/// The account's own domain of this name.
async fn existing(domains: Domains<'_>, name: &str, method: &DcvMethod) -> Result<Option<types::Domain>, Error> {
    // The service cuts a leading `www.` off when it adds a name, except for files, which prove the exact name only.
    let by_file = matches!(method, DcvMethod::HttpToken | DcvMethod::HttpTokenDynamic);
    let kept = if by_file { name } else { name.strip_prefix("www.").unwrap_or(name) };
    let same = |domain: &types::Domain| domain.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(kept));
    // A service that does not heed the search lists all there are.
    let mut listed = domains.list().search(kept).stream()?;
    while let Some(domain) = listed.try_next().await? {
        if same(&domain) {
            return Ok(Some(domain));
        }
    }
    Ok(None)
}

/// Reads a domain, with all that tells how it stands.
async fn read(domains: Domains<'_>, id: DomainId) -> Result<types::Domain, Error> {
    let domain = domains.get(id).include_dcv(true).include_validation(true).send().await?;
    if domain.id == id { Ok(domain) } else { Err(Error::mismatch(format!("the service returned domain {} instead of {id}", domain.id))) }
}

/// Brings an adopted domain to where a newly added one is: with the wanted method, and a token that is still good.
async fn prepare(
    domains: Domains<'_>,
    id: DomainId,
    organization: OrganizationId,
    method: &DcvMethod,
    wanted: &Wanted,
    emails: &[String],
) -> Result<DomainId, Error> {
    // By both clocks: what is done here cannot be taken back, and one of them may be wrong.
    let past = domains.client.core.past();
    let domain = read(domains, id).await?;
    if domain.is_active == Some(false) {
        return Err(Error::mismatch(format!("domain {id} exists but is deactivated; activate it first")));
    }
    if let Some(other) = domain.organization.as_ref().and_then(|own| own.id).filter(|own| *own != organization) {
        return Err(Error::mismatch(format!("domain {id} belongs to organization {other}, not to {organization}")));
    }
    if wanted.is_met(&domain, past) {
        return Ok(id);
    }
    let good = |token: &types::DcvToken| {
        let expired = token.status == Some(DcvTokenStatus::Expired) || token.expiration_date.is_some_and(|end| end <= past);
        token.token.is_some() && !expired
    };
    if !wanted.is_submitted(&domain) {
        submit(domains, id, method, wanted, emails).await?;
    } else if domain.dcv_method.as_ref() != Some(method) {
        domains.change_dcv_method(id, method.clone()).send().await?;
    } else if *method == DcvMethod::Email {
        domains.resend_dcv_emails(id).to(emails).send().await?;
    } else if !domain.dcv_token.as_ref().is_some_and(good) {
        domains.generate_dcv_token(id).send().await?;
    }
    Ok(id)
}

/// Submits a domain for validation, again or for further kinds of certificate.
pub(super) async fn submit(
    domains: Domains<'_>,
    id: DomainId,
    method: &DcvMethod,
    wanted: &Wanted,
    emails: &[String],
) -> Result<(), Error> {
    domains.submit(id).validations(wanted.validations.clone()).dcv_method(method.clone()).emails(emails).send().await.map(drop)
}

impl Wanted {
    /// Whether control of the domain is proved, and not too long ago, for each kind of certificate.
    fn is_met(&self, domain: &types::Domain, now: DateTime<Utc>) -> bool {
        let lapsed = domain.dcv_expiration_datetime.is_some_and(|end| end <= now);
        let old = self.since.is_some_and(|since| domain.dcv_approval_datetime.is_none_or(|approved| approved < since));
        if lapsed || old {
            return false;
        }
        let proved = |validation: &types::Validation| {
            let current = validation.validated_until.is_none_or(|end| end > now);
            current
                && match (&validation.dcv_status, &validation.status) {
                    (Some(status), _) => *status == DcvStatus::Complete,
                    (None, status) => matches!(status, Some(ValidationStatus::Active | ValidationStatus::Complete)),
                }
        };
        self.validations.iter().all(|kind| validation_of(domain, kind).is_some_and(proved))
    }

    fn is_submitted(&self, domain: &types::Domain) -> bool {
        let current = |validation: &types::Validation| validation.status != Some(ValidationStatus::Expired);
        self.validations.iter().all(|kind| validation_of(domain, kind).is_some_and(current))
    }
}

fn validation_of<'d>(domain: &'d types::Domain, kind: &ValidationType) -> Option<&'d types::Validation> {
    domain.validations.iter().find(|validation| validation.type_.as_ref() == Some(kind))
}

impl PendingValidation {
    pub(super) async fn read(client: CertCentral, id: DomainId, wanted: Wanted) -> Result<Self, Error> {
        let domains = client.domains();
        let domain = read(domains, id).await?;
        let name = domain.name.clone().ok_or_else(|| Error::mismatch(format!("the service returned no name for domain {id}")))?;
        let method = domain.dcv_method.clone().unwrap_or(DcvMethod::Email);
        let instructions = if wanted.is_met(&domain, client.core.now()) {
            DcvInstructions::AlreadyValidated { until: domain.dcv_expiration_datetime }
        } else if method == DcvMethod::Email {
            let known = domains.dcv_emails(id).send().await?;
            DcvInstructions::Email { addresses: known.base_emails.into_iter().chain(known.whois_emails).chain(known.email_array).collect() }
        } else {
            DcvInstructions::for_token(&name, &method, &domain.dcv_token.unwrap_or_default())?
        };
        Ok(Self::of(DomainValidation { client: client.in_background(), id, name, method, wanted, instructions, publish: None }))
    }

    /// The id of the domain.
    #[must_use]
    pub fn id(&self) -> DomainId {
        self.flow.id
    }

    /// The name of the domain, as the service has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.flow.name
    }

    /// What has to be published; [`DcvInstructions::AlreadyValidated`] if the domain is validated already.
    #[must_use]
    pub fn instructions(&self) -> &DcvInstructions {
        &self.flow.instructions
    }

    /// Has the wait publish by itself: the hook is called before the first poll, and again if the token had to be renewed.
    /// An error of the hook ends the wait.
    pub fn publish_with<F, R, E>(self, publish: F) -> Self
    where
        F: Fn(DcvInstructions) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.publish_by(Arc::new(move |instructions| publish(instructions).map(|done| done.map_err(Into::into)).boxed()))
    }

    pub(super) fn publish_by(mut self, publish: Publish) -> Self {
        self.flow.publish = Some(publish);
        self
    }
}

impl fmt::Debug for DomainValidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DomainValidation")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("method", &self.method)
            .field("instructions", &self.instructions)
            .finish_non_exhaustive()
    }
}
