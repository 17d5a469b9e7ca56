//! Proving control of a domain: add it, publish the proof, have the service check it.

mod polling;

pub(super) use self::polling::Proof;

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use bon::bon;
use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, future::BoxFuture};
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

/// How long to search for a domain after adding it was refused: a domain that was added a moment ago may not be listed yet.
const AFTER_REFUSAL: Duration = Duration::from_secs(4);

/// The state of a domain's validation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DomainValidationState {
    /// The service has not found the proof yet.
    #[non_exhaustive]
    Pending {
        /// The error code that the service returned, if any; `None` while an answer to an e-mail is awaited.
        code: Option<ErrorCode>,
    },
    /// The token had expired; publish this one now.
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

/// The [resume token](super#resume-tokens) to continue a validation in another process.
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

/// The flow of a [`PendingValidation`]: it has the service check until it finds the published proof, and returns the validated domain.
#[derive(Clone)]
pub struct DomainValidation {
    client: CertCentral,
    id: DomainId,
    name: String,
    method: DcvMethod,
    wanted: Wanted,
    instructions: DcvInstructions,
    /// The domain, if it was already validated when it was read.
    validated: Option<Box<types::Domain>>,
    publish: Option<Publish>,
}

/// What is known of a domain, so that it need not be read again.
pub(super) struct Known {
    id: DomainId,
    name: String,
    method: DcvMethod,
    token: Option<types::DcvToken>,
    emails: Option<types::ValidationEmails>,
    validated: Option<types::Domain>,
}

#[bon]
impl<'c> Domains<'c> {
    /// Validates a domain: adds it and proves control of it (guide §3.2).
    ///
    /// If the account already has a domain of that name, it is adopted: if the domain is still validated, there is nothing to do; if its
    /// token expired or its method differs, it gets a new token. [`PendingValidation::instructions`] says what to publish.
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
    /// [`Error::is_invalid_input`] if the name is not a domain name; [`Error::is_mismatch`] if the account has the domain but it is
    /// deactivated, or belongs to another organization; any error that the service returns.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Domains::validate)] }))]
    #[builder(on(String, into))]
    #[builder(state_mod(name = validate_domain, vis = "pub", doc { /** Which settings a [`ValidateDomain`](crate::certcentral::flow::ValidateDomain) has so far. */ }))]
    #[builder(builder_type(name = ValidateDomain, doc { #[doc = docs!(call Domains::validate)] }))]
    pub async fn validate(
        self,
        /// The fully qualified name.
        #[builder(start_fn)]
        name: String,
        /// The organization that the domain is validated for.
        organization: OrganizationId,
        /// How to prove control of the domain; a TXT record by default.
        #[builder(default = DcvMethod::DnsTxtToken)]
        dcv_method: DcvMethod,
        /// The kinds of certificate to validate the domain for; `ov` by default.
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
        let client = self.client.in_flow();
        let domains = client.domains();
        let adding = Adding { domains, name: &name, organization, method: &dcv_method, wanted: &wanted, emails: &emails };
        let known = match existing(domains, &name, &dcv_method).await? {
            Some(domain) => adding.prepare(domain.id).await?,
            None => adding.run().await?,
        };
        PendingValidation::known(&client, known, wanted).await
    }

    /// Resumes a validation that was started elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the token was changed, or made with another API key, for another base URL or by another version of
    /// this crate; [`Error::is_not_found`] if the account does not have the domain, or no longer has it.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Domains::resume_validation)] }))]
    #[builder(builder_type(name = ResumeValidation, doc { #[doc = docs!(call Domains::resume_validation)] }))]
    pub async fn resume_validation(self, #[builder(start_fn)] token: DomainValidationToken) -> Result<PendingValidation, Error> {
        let Resumable { domain, wanted } = self.client.core.seals.open(token.0)?;
        PendingValidation::read(&self.client.in_flow(), domain, wanted).await
    }
}

/// A domain that is being added.
pub(super) struct Adding<'a> {
    pub(super) domains: Domains<'a>,
    pub(super) name: &'a str,
    pub(super) organization: OrganizationId,
    pub(super) method: &'a DcvMethod,
    pub(super) wanted: &'a Wanted,
    pub(super) emails: &'a [String],
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
    pub(super) async fn run(&self) -> Result<Known, Error> {
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

    pub(super) async fn prepare(&self, id: DomainId) -> Result<Known, Error> {
        prepare(self.domains, id, self.organization, self.method, self.wanted, self.emails).await
    }
}

fn has_token(token: Option<&types::DcvToken>) -> bool {
    token.is_some_and(|token| token.token.is_some())
}

impl Known {
    async fn read(domains: Domains<'_>, id: DomainId, wanted: &Wanted) -> Result<Self, Error> {
        let domain = read(domains, id).await?;
        Self::of(domain, wanted, domains.client.core.now())
    }

    pub(super) fn of(domain: types::Domain, wanted: &Wanted, now: DateTime<Utc>) -> Result<Self, Error> {
        let id = domain.id;
        let name = domain.name.clone().ok_or_else(|| Error::mismatch(format!("the service returned no name for domain {id}")))?;
        let method = domain.dcv_method.clone().unwrap_or(DcvMethod::Email);
        let (token, is_met) = (domain.dcv_token.clone(), wanted.is_met(&domain, now));
        Ok(Self { id, name, method, token, emails: None, validated: is_met.then_some(domain) })
    }

    /// The same after a write. The response holds the new token; if it does not, the domain is read again.
    pub(super) async fn renewed(
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
pub(super) async fn existing(domains: Domains<'_>, name: &str, method: &DcvMethod) -> Result<Option<types::Domain>, Error> {
    domains.find(kept(name, method)).send().await
}

/// The service removes a leading `www.` when it adds a name, except with files, which prove only the exact name.
pub(super) fn kept<'n>(name: &'n str, method: &DcvMethod) -> &'n str {
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
pub(super) async fn submit(
    domains: Domains<'_>,
    id: DomainId,
    method: &DcvMethod,
    wanted: &Wanted,
    emails: &[String],
) -> Result<Option<types::DcvToken>, Error> {
    let submitted = domains.submit(id).validations(wanted.validations.clone()).dcv_method(method.clone()).emails(emails).send().await?;
    Ok(submitted.and_then(|submitted| submitted.dcv_token))
}

impl Wanted {
    /// Whether control of the domain is proved, and not too long ago, for each kind of certificate.
    pub(super) fn is_met(&self, domain: &types::Domain, now: DateTime<Utc>) -> bool {
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
    pub(super) async fn read(client: &CertCentral, id: DomainId, wanted: Wanted) -> Result<Self, Error> {
        let known = Known::read(client.domains(), id, &wanted).await?;
        Self::known(client, known, wanted).await
    }

    pub(super) async fn known(client: &CertCentral, known: Known, wanted: Wanted) -> Result<Self, Error> {
        DomainValidation::known(client, known, wanted).await.map(Self::of)
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

    /// Returns what to publish; [`DcvInstructions::AlreadyValidated`] if the domain is already validated.
    #[must_use]
    pub fn instructions(&self) -> &DcvInstructions {
        &self.flow.instructions
    }

    /// Sets a hook that publishes the instructions. The wait calls it before the first poll, and again if the token had to be renewed. An
    /// error of the hook ends the wait.
    pub fn publish_with<F, R, E>(self, publish: F) -> Self
    where
        F: Fn(DcvInstructions) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.publish_by(Arc::new(move |instructions| publish(instructions).map(|done| done.map_err(Into::into)).boxed()))
    }

    pub(super) fn publish_by(mut self, publish: Publish) -> Self {
        self.flow = self.flow.publish_by(publish);
        self
    }
}

impl DomainValidation {
    pub(super) async fn known(client: &CertCentral, known: Known, wanted: Wanted) -> Result<Self, Error> {
        let Known { id, name, method, token, emails, validated } = known;
        let instructions = if let Some(domain) = &validated {
            DcvInstructions::AlreadyValidated { until: domain.dcv_expiration_datetime }
        } else if method == DcvMethod::Email {
            let known = match emails {
                Some(known) => known,
                None => client.domains().dcv_emails(id).send().await?,
            };
            DcvInstructions::Email { addresses: known.base_emails.into_iter().chain(known.whois_emails).chain(known.email_array).collect() }
        } else {
            DcvInstructions::for_token(&name, &method, &token.unwrap_or_default())?
        };
        let validated = validated.map(Box::new);
        Ok(Self { client: client.in_background(), id, name, method, wanted, instructions, validated, publish: None })
    }
}

impl DomainValidation {
    pub(super) fn publish_by(mut self, publish: Publish) -> Self {
        self.publish = Some(publish);
        self
    }

    /// The domain, if it was already validated when it was read.
    pub(super) fn validated(&self) -> Option<&types::Domain> {
        self.validated.as_deref()
    }

    pub(super) fn resume_token(&self) -> DomainValidationToken {
        DomainValidationToken(self.client.core.seals.seal(Resumable { domain: self.id, wanted: self.wanted.clone() }))
    }

    /// What is awaited.
    pub(super) fn blocker(&self) -> &'static str {
        match self.method {
            DcvMethod::DnsTxtToken => "the TXT record",
            DcvMethod::DnsCnameToken => "the CNAME record",
            DcvMethod::Email => "an answer to the e-mail",
            _ => "the file",
        }
    }
}

impl DomainValidationToken {
    /// The domain of the token.
    pub(super) fn domain(self, client: &CertCentral) -> Result<DomainId, Error> {
        client.core.seals.open(self.0).map(|Resumable { domain, .. }| domain)
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
