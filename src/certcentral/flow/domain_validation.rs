//! Proving control of a domain: add it, publish the proof, have the service check it.

mod adding;
mod polling;

pub(super) use self::{
    adding::{Adding, Known, existing, kept, submit},
    polling::Proof,
};

use std::{error::Error as StdError, fmt, sync::Arc};

use bon::bon;
use chrono::{DateTime, Utc};
use futures_util::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};

use super::{DcvInstructions, Pending};
use crate::{
    certcentral::{
        CertCentral, DcvMethod, DcvStatus, DomainId, Domains, ErrorCode, OrganizationId, ValidationStatus, ValidationType, check, docs,
        types,
    },
    error::Error,
    seal::{Content, Sealed},
};

pub(super) type Publish = Arc<dyn Fn(DcvInstructions) -> BoxFuture<'static, Result<(), Box<dyn StdError + Send + Sync>>> + Send + Sync>;

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
