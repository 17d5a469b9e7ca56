//! Proving control of a domain: add it, publish what the service wants to see, have it looked for.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use bon::bon;
use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, TryStreamExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};

use super::Instructions;
use crate::{
    certcentral::{
        CertCentral, DcvMethod, DcvStatus, DcvTokenStatus, DomainId, Domains, ErrorCode, OrganizationId, ValidationStatus, ValidationType,
        check, docs,
        recovery::{self, Outcome, Sighting},
        types,
    },
    error::Error,
    seal::{Content, Sealed},
    wait::{Flow, Look, Looking, Polling, Wait},
};

pub(super) type Publish = Arc<dyn Fn(Instructions) -> BoxFuture<'static, Result<(), Box<dyn StdError + Send + Sync>>> + Send + Sync>;

/// How long a domain is looked for whose adding was refused: one that was added a moment ago may not be listed yet.
const AFTER_REFUSAL: Duration = Duration::from_secs(4);

/// How a domain's validation stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DomainValidationState {
    /// The service has not found what it looks for.
    NotYet {
        /// What it says of that; `None` while an answer to an e-mail is awaited.
        code: Option<ErrorCode>,
    },
    /// The token had expired; this is what has to be published now.
    TokenRenewed(Instructions),
}

/// What is needed to go on with a validation in another process: a [resume token](super#resume-tokens).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainValidationToken(Sealed<Resumable>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Resumable {
    domain: DomainId,
    wanted: Wanted,
}

impl Content for Resumable {
    const KIND: &'static str = "domain validation";
    const VERSION: u8 = 2;
}

/// What a domain has to be validated for, and since when; older proof does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) validations: Vec<ValidationType>,
    pub(super) since: Option<DateTime<Utc>>,
}

/// A domain whose validation is under way. Nothing happens until it is [waited](Self::wait) for.
#[must_use = "nothing happens until it is waited for"]
#[derive(Clone)]
pub struct PendingValidation {
    client: CertCentral,
    id: DomainId,
    name: String,
    method: DcvMethod,
    wanted: Wanted,
    instructions: Instructions,
    pub(super) publish: Option<Publish>,
    polling: Polling,
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
    /// let pending = cc.domains().validate("example.com").organization(OrganizationId(112233)).method(DcvMethod::DnsTxtToken).start().await?;
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
    /// deactivated; whatever the service answers.
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Domains::validate)] }))]
    #[builder(builder_type(name = ValidateDomain, doc { #[doc = docs!(call Domains::validate)] }))]
    pub async fn validate(
        self,
        /// The name, fully qualified.
        #[builder(start_fn, into)]
        name: String,
        /// The organization that the domain is validated for.
        organization: OrganizationId,
        /// How control of the domain is to be proved; a TXT record by default.
        #[builder(default = DcvMethod::DnsTxtToken)]
        method: DcvMethod,
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
        let adding = Adding { domains: self, name: &name, organization, method: &method, wanted: &wanted, emails: &emails };
        let id = match existing(self, &name, &method).await? {
            Some(domain) => adding.prepare(domain.id).await?,
            None => adding.run().await?,
        };
        PendingValidation::read(self.client.clone(), id, wanted).await
    }

    /// Goes on with a validation that was begun elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the token was changed, made with another API key, or by another version of this crate;
    /// [`Error::is_not_found`] when the account has no such domain (any more).
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Domains::resume_validation)] }))]
    #[builder(builder_type(name = ResumeValidation, doc { #[doc = docs!(call Domains::resume_validation)] }))]
    pub async fn resume_validation(self, #[builder(start_fn)] token: DomainValidationToken) -> Result<PendingValidation, Error> {
        let Resumable { domain, wanted } = self.client.core.sealing_key.open(token.0)?;
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
        let add = self.domains.add(self.name).organization(self.organization).method(self.method.clone());
        match add.validations(self.wanted.validations.clone()).emails(self.emails).send().await {
            Ok(added) => Ok(Origin::Added(added.id)),
            Err(error) if error.status().is_none() || error.may_have_happened() || error.is_rate_limited() => Err(error),
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
    if domain.id == id { Ok(domain) } else { Err(Error::mismatch(format!("domain {} came instead of {id}", domain.id))) }
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
    let now = domains.client.core.now();
    let domain = read(domains, id).await?;
    if domain.is_active == Some(false) {
        return Err(Error::mismatch(format!("domain {id} exists but is deactivated; activate it first")));
    }
    if let Some(other) = domain.organization.as_ref().and_then(|own| own.id).filter(|own| *own != organization) {
        return Err(Error::mismatch(format!("domain {id} belongs to organization {other}, not to {organization}")));
    }
    if wanted.is_met(&domain, now) {
        return Ok(id);
    }
    let good = |token: &types::DcvToken| token.token.is_some() && token.expiration_date.is_none_or(|end| end > now);
    if !wanted.is_submitted(&domain) {
        submit(domains, id, method, wanted, emails).await?;
    } else if domain.dcv_method.as_ref() != Some(method) {
        domains.change_method(id, method.clone()).send().await?;
    } else if *method == DcvMethod::Email {
        domains.resend_emails(id).to(emails).send().await?;
    } else if !domain.dcv_token.as_ref().is_some_and(good) {
        domains.new_token(id).send().await?;
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
    domains.submit(id).validations(wanted.validations.clone()).method(method.clone()).emails(emails).send().await.map(drop)
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
        let name = domain.name.clone().ok_or_else(|| Error::mismatch(format!("the service gave no name for domain {id}")))?;
        let method = domain.dcv_method.clone().unwrap_or(DcvMethod::Email);
        let instructions = if wanted.is_met(&domain, client.core.now()) {
            Instructions::Nothing { until: domain.dcv_expiration_datetime }
        } else if method == DcvMethod::Email {
            let known = domains.emails(id).send().await?;
            Instructions::Email { addresses: known.base_emails.into_iter().chain(known.whois_emails).chain(known.email_array).collect() }
        } else {
            Instructions::for_token(&name, &method, &domain.dcv_token.unwrap_or_default())?
        };
        Ok(Self { client, id, name, method, wanted, instructions, publish: None, polling: Polling::default() })
    }

    /// The id of the domain.
    #[must_use]
    pub fn id(&self) -> DomainId {
        self.id
    }

    /// The name of the domain, as the service has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What has to be published; [`Instructions::Nothing`] if the domain is validated already.
    #[must_use]
    pub fn instructions(&self) -> &Instructions {
        &self.instructions
    }

    /// Has the wait publish by itself: the hook is called before the first look, and again if the token had to be renewed.
    /// An error of the hook ends the wait.
    pub fn publish_with<F, R, E>(mut self, publish: F) -> Self
    where
        F: Fn(Instructions) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.publish = Some(Arc::new(move |instructions| publish(instructions).map(|done| done.map_err(Into::into)).boxed()));
        self
    }

    /// How often the wait looks.
    pub fn polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// What to keep in order to go on in another process, with [`Domains::resume_validation`].
    #[must_use]
    pub fn resume_token(&self) -> DomainValidationToken {
        DomainValidationToken(self.client.core.sealing_key.seal(Resumable { domain: self.id, wanted: self.wanted.clone() }))
    }

    /// Has the service look until it finds what was published, at most this long; gives the validated domain.
    pub fn wait(mut self, within: Duration) -> Wait<DomainValidationState, types::Domain> {
        self.client = self.client.in_background();
        let polling = self.polling;
        Wait::new(Validation { pending: self, published: false }, within, polling)
    }
}

impl fmt::Debug for PendingValidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingValidation")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("method", &self.method)
            .field("instructions", &self.instructions)
            .finish_non_exhaustive()
    }
}

struct Validation {
    pending: PendingValidation,
    published: bool,
}

impl Flow for Validation {
    const NAME: &'static str = "domain_validation";

    type State = DomainValidationState;
    type Output = types::Domain;

    fn look(&mut self) -> Looking<'_, Self> {
        self.look_once().boxed()
    }
}

impl Validation {
    async fn look_once(&mut self) -> Result<Look<DomainValidationState, types::Domain>, Error> {
        let now = self.pending.client.core.now();
        if let Instructions::Nothing { .. } = self.pending.instructions {
            return self.domain().await.map(Look::Done);
        }
        if self.pending.instructions.expires().is_some_and(|end| end <= now) {
            let domain = self.domain().await?;
            return if self.pending.wanted.is_met(&domain, now) { Ok(Look::Done(domain)) } else { self.renew_token().await };
        }
        self.publish().await?;
        if self.pending.method == DcvMethod::Email {
            // A mail's link is followed by a person; there is nothing to have looked for.
            let domain = self.domain().await?;
            return Ok(if self.pending.wanted.is_met(&domain, now) {
                Look::Done(domain)
            } else {
                Look::Waiting(DomainValidationState::NotYet { code: None })
            });
        }
        match self.pending.client.domains().check(self.pending.id).send().await {
            Ok(check) if check.status.as_ref().is_some_and(|status| *status != DcvTokenStatus::Active) => {
                Ok(Look::Waiting(DomainValidationState::NotYet { code: None }))
            }
            Ok(_) => self.domain().await.map(Look::Done),
            Err(error) => match error.certcentral_code() {
                code @ Some(ErrorCode::InvalidDnsTxt | ErrorCode::InvalidDnsCname | ErrorCode::FileRandomValueNotFound) => {
                    Ok(Look::Waiting(DomainValidationState::NotYet { code }))
                }
                _ if error.status() == Some(400) => self.renew_or_give_up(error).await,
                _ => Err(error),
            },
        }
    }

    async fn domain(&self) -> Result<types::Domain, Error> {
        self.pending.client.domains().get(self.pending.id).include_dcv(true).include_validation(true).send().await
    }

    async fn publish(&mut self) -> Result<(), Error> {
        if let (Some(publish), false) = (&self.pending.publish, self.published) {
            publish(self.pending.instructions.clone()).await.map_err(Error::wait)?;
        }
        self.published = true;
        Ok(())
    }

    /// The service would not look: if that is because the token expired or was replaced meanwhile, there is a way on.
    async fn renew_or_give_up(&mut self, error: Error) -> Result<Look<DomainValidationState, types::Domain>, Error> {
        let domain = self.domain().await?;
        if self.pending.wanted.is_met(&domain, self.pending.client.core.now()) {
            return Ok(Look::Done(domain));
        }
        if domain.dcv_method.as_ref() != Some(&self.pending.method) {
            return Err(error);
        }
        let token = domain.dcv_token.unwrap_or_default();
        if token.token.is_none() || token.expiration_date.is_some_and(|end| end <= self.pending.client.core.now()) {
            return self.renew_token().await;
        }
        let instructions = Instructions::for_token(&self.pending.name, &self.pending.method, &token)?;
        if instructions == self.pending.instructions {
            return Err(error);
        }
        Ok(self.announce(instructions))
    }

    async fn renew_token(&mut self) -> Result<Look<DomainValidationState, types::Domain>, Error> {
        let token = self.pending.client.domains().new_token(self.pending.id).send().await?;
        let instructions = Instructions::for_token(&self.pending.name, &self.pending.method, &token)?;
        Ok(self.announce(instructions))
    }

    fn announce(&mut self, instructions: Instructions) -> Look<DomainValidationState, types::Domain> {
        self.published = false;
        self.pending.instructions = instructions.clone();
        Look::Moved(DomainValidationState::TokenRenewed(instructions))
    }
}
