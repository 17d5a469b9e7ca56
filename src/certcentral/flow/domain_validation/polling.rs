//! What a wait for a validation does at each poll.

use std::{error::Error as StdError, fmt};

use super::{DomainValidation, DomainValidationState, DomainValidationToken};
use crate::{
    certcentral::{DcvMethod, DcvTokenStatus, DomainId, ErrorCode, flow::DcvInstructions, types},
    error::Error,
    wait::{Flow, Found, Polled},
};

/// The progress of a validation.
#[doc(hidden)]
#[allow(unnameable_types, reason = "part of a sealed trait")]
pub struct Progress {
    /// What has to be published now.
    instructions: DcvInstructions,
    published: bool,
    /// Whether the service reported that it found the proof.
    found: bool,
}

impl Flow for DomainValidation {
    type State = DomainValidationState;
    type Output = types::Domain;
    type Token = DomainValidationToken;
    type Progress = Progress;

    const NAME: &'static str = "domain_validation";
    const GOAL: &'static str = "validated";

    fn begin(&self) -> Progress {
        let found = matches!(self.instructions, DcvInstructions::AlreadyValidated { .. });
        Progress { instructions: self.instructions.clone(), published: false, found }
    }

    async fn poll(&self, progress: &mut Progress, _: bool) -> Polled<Self> {
        Ok(match self.check(progress).await? {
            Found::Done(Some(domain)) => Found::Done(domain),
            Found::Done(None) => Found::Done(self.domain().await?),
            Found::Waiting(state) => Found::Waiting(state),
            Found::Moved(state) => Found::Moved(state),
            Found::Ended(state, why) => Found::Ended(state, why),
        })
    }

    fn subject(&self) -> String {
        format!("domain {}", self.name)
    }

    fn token(&self) -> DomainValidationToken {
        self.resume_token()
    }

    fn unheard(&self) -> Option<&str> {
        self.client.core.unheard()
    }
}

/// The same flow, up to the point where the proof is found: the domain is then read together with others.
pub(in crate::certcentral::flow) struct Proof(pub(in crate::certcentral::flow) DomainValidation);

impl Flow for Proof {
    type State = DomainValidationState;
    type Output = (DomainId, Option<Box<types::Domain>>);
    type Token = DomainValidationToken;
    type Progress = Progress;

    const NAME: &'static str = DomainValidation::NAME;
    const GOAL: &'static str = DomainValidation::GOAL;

    fn begin(&self) -> Progress {
        self.0.begin()
    }

    async fn poll(&self, progress: &mut Progress, _: bool) -> Polled<Self> {
        Ok(match self.0.check(progress).await? {
            Found::Done(domain) => Found::Done((self.0.id, domain.map(Box::new))),
            Found::Waiting(state) => Found::Waiting(state),
            Found::Moved(state) => Found::Moved(state),
            Found::Ended(state, why) => Found::Ended(state, why),
        })
    }

    fn subject(&self) -> String {
        self.0.subject()
    }

    fn token(&self) -> DomainValidationToken {
        self.0.token()
    }

    fn unheard(&self) -> Option<&str> {
        self.0.unheard()
    }
}

/// The result of a check: the domain, if it was read, or that the proof was found.
type Checked = Result<Found<DomainValidationState, Option<types::Domain>>, Error>;

impl DomainValidation {
    /// Has the service check once.
    pub(super) async fn check(&self, progress: &mut Progress) -> Checked {
        if progress.found {
            return Ok(Found::Done(self.validated.as_deref().cloned()));
        }
        if progress.instructions.expires().is_some_and(|end| end <= self.client.core.past()) {
            return self.reread(progress, None).await;
        }
        self.publish(progress).await?;
        if self.method == DcvMethod::Email {
            // A person follows the link in the e-mail; there is nothing for the service to check.
            return self.unless_validated().await;
        }
        match self.client.domains().check_dcv(self.id).send().await {
            Ok(check) if check.status == Some(DcvTokenStatus::Active) => {
                progress.found = true;
                Ok(Found::Done(None))
            }
            Ok(check) if check.status == Some(DcvTokenStatus::Expired) => self.reread(progress, None).await,
            Ok(_) => self.unless_validated().await,
            Err(error) => match error.certcentral_code() {
                code @ Some(ErrorCode::InvalidDnsTxt | ErrorCode::InvalidDnsCname | ErrorCode::FileRandomValueNotFound) => {
                    Ok(Found::Waiting(DomainValidationState::Pending { code }))
                }
                _ if error.status() == Some(400) => self.reread(progress, Some(error)).await,
                _ => Err(error),
            },
        }
    }

    pub(super) async fn domain(&self) -> Result<types::Domain, Error> {
        self.client.domains().get(self.id).include_dcv(true).include_validation(true).send().await
    }

    async fn unless_validated(&self) -> Checked {
        let domain = self.domain().await?;
        let met = self.wanted.is_met(&domain, self.client.core.now());
        Ok(if met { Found::Done(Some(domain)) } else { Found::Waiting(DomainValidationState::Pending { code: None }) })
    }

    async fn publish(&self, progress: &mut Progress) -> Result<(), Error> {
        if let (Some(publish), false) = (&self.publish, progress.published) {
            let unpublished = |source| Error::wait(Unpublished { what: progress.instructions.name(), source });
            publish(progress.instructions.clone()).await.map_err(unpublished)?;
        }
        progress.published = true;
        Ok(())
    }

    /// Handles a token that ended, or that the service refused to check: if it expired or was replaced meanwhile, the wait can go on.
    ///
    /// Replacing a token voids it, even if it is already published. So a token is replaced only if the service refused it or reports it as
    /// expired, or if it has expired by both clocks.
    async fn reread(&self, progress: &mut Progress, refusal: Option<Error>) -> Checked {
        let core = &self.client.core;
        let domain = self.domain().await?;
        if self.wanted.is_met(&domain, core.now()) {
            return Ok(Found::Done(Some(domain)));
        }
        if domain.dcv_method.as_ref().is_some_and(|method| *method != self.method) {
            return Err(refusal.unwrap_or_else(|| Error::mismatch("the domain's validation method was changed")));
        }
        let token = domain.dcv_token.unwrap_or_default();
        let ended_before = |now| token.expiration_date.is_some_and(|end| end <= now);
        let over = token.status == Some(DcvTokenStatus::Expired) || ended_before(core.past());
        // Somebody replaced it, or it was replaced here and the response got lost.
        let ours = &progress.instructions;
        let is_newer = |theirs: &DcvInstructions| theirs.to_string() != ours.to_string() || theirs.expires() > ours.expires();
        if !over && DcvInstructions::for_token(&self.name, &self.method, &token).is_ok_and(|theirs| is_newer(&theirs)) {
            return self.announce(progress, &token);
        }
        let stands = |refusal: &Error| !(refusal.is_refusal() && (token.token.is_none() || ended_before(core.now())));
        match refusal.filter(stands) {
            Some(refusal) if !over => Err(refusal),
            _ => self.announce(progress, &self.client.domains().generate_dcv_token(self.id).send().await?),
        }
    }

    fn announce(&self, progress: &mut Progress, token: &types::DcvToken) -> Checked {
        let instructions = match DcvInstructions::for_token(&self.name, &self.method, token) {
            Ok(instructions) => instructions,
            // It is read again at the next poll.
            Err(error) => return Err(Error::decode("token".to_owned(), error, String::new())),
        };
        progress.published = false;
        progress.instructions = instructions.clone();
        Ok(Found::Moved(DomainValidationState::TokenRenewed(instructions)))
    }
}

/// The hook could not publish the instructions.
#[derive(Debug)]
struct Unpublished {
    what: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for Unpublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was not published: {}", self.what, self.source)
    }
}

impl StdError for Unpublished {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
