//! Domains: adding them, proving control of them, locking them, and reading their status.

mod list;

use bon::bon;
use futures_util::TryStreamExt as _;

pub use self::list::ListDomains;
use super::{DcvMethod, DomainId, DomainRef, OrganizationId, ValidationType, check, docs, handle, sent, types};
use crate::{client::call, error::Error};

handle! {
    #[doc(alias = "ドメイン")]
    /// The domains of an account: [`CertCentral::domains`](super::CertCentral::domains).
    Domains
}

#[bon]
impl<'c> Domains<'c> {
    /// Adds a domain to the account and submits it for validation (guide p.14, Add Domain).
    ///
    /// Without a method the service sends e-mails. Without validations the domain is submitted for `ov`. To prove control of the domain in
    /// one step, see [`validate`](Self::validate).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::{DcvMethod, OrganizationId};
    ///
    /// let added = cc.domains().add("example.com").organization(OrganizationId(112233)).dcv_method(DcvMethod::DnsTxtToken).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name is not a domain name or an address is not an e-mail address; any error that the service
    /// returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::add)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = AddDomain, doc { #[doc = docs!(call Domains::add)] }))]
    #[allow(clippy::should_implement_trait)] // the service calls it so
    pub async fn add(
        self,
        /// The name, fully qualified. The service strips a leading `www.` unless the method is file-based or `keep_www` is set.
        #[builder(start_fn)]
        name: String,
        /// The organization that the domain is validated for.
        organization: OrganizationId,
        /// How to prove control of the domain.
        dcv_method: Option<DcvMethod>,
        /// The kinds of certificate to validate it for.
        #[builder(default = vec![ValidationType::Ov], with = |types: impl IntoIterator<Item = ValidationType>| types.into_iter().collect())]
        validations: Vec<ValidationType>,
        /// The language of the e-mails.
        locale: Option<String>,
        /// The addresses to send e-mails to; without them the service chooses.
        #[builder(default, with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        emails: Vec<String>,
        /// Keeps a leading `www.` of the name.
        keep_www: Option<bool>,
    ) -> Result<types::AddedDomain, Error> {
        let request = sent::DomainRequest {
            name: check::domain_name("name", &name)?,
            organization: sent::OrganizationReference { id: organization },
            validations: requested(validations)?,
            dcv_method,
            locale,
            email_array: check::emails("emails", &emails)?,
            keep_www,
        };
        call!(self.client, add_domain(&request))
    }

    /// Finds the account's domain with exactly this name, by listing domains (vendor page domains/list-domains); `None` if there is none. A
    /// parent domain does not match, even if its validation covers this name.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// if let Some(domain) = cc.domains().find("example.com").send().await? {
    ///     println!("{}: {:?}", domain.id, domain.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name is not a domain name; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::find)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = FindDomain, doc { #[doc = docs!(call Domains::find)] }))]
    pub async fn find(self, #[builder(start_fn)] name: String) -> Result<Option<types::Domain>, Error> {
        let name = check::domain_name("name", &name)?;
        // A service that ignores the search lists all domains.
        let mut listed = self.list().search(name.as_str()).stream();
        while let Some(domain) = listed.try_next().await? {
            if domain.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(&name)) {
                return Ok(Some(domain));
            }
        }
        Ok(None)
    }

    /// Reads one domain (guide p.23, Domain Info).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::DomainId;
    ///
    /// let domain = cc.domains().get(DomainId(738687)).include_dcv(true).send().await?;
    /// println!("{:?}: {:?}", domain.name, domain.status);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such domain.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::get)] }))]
    #[builder(builder_type(name = GetDomain, doc { #[doc = docs!(call Domains::get)] }))]
    pub async fn get(
        self,
        #[builder(start_fn)] id: DomainId,
        /// Includes the DCV method and its token.
        include_dcv: Option<bool>,
        /// Includes the status of each kind of validation.
        include_validation: Option<bool>,
    ) -> Result<types::Domain, Error> {
        call!(self.client, domain_info(&id, include_dcv, include_validation))
    }

    /// Changes how control of a domain is proved; a token method comes with a new token (guide p.25, Change DCV method).
    ///
    /// # Errors
    ///
    /// Any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::change_dcv_method)] }))]
    #[builder(builder_type(name = ChangeDcvMethod, doc { #[doc = docs!(call Domains::change_dcv_method)] }))]
    pub async fn change_dcv_method(
        self,
        #[builder(start_fn)] id: DomainId,
        #[builder(start_fn)] method: DcvMethod,
        /// Whether a change to the e-mail method sends the e-mails at once; by default the service does.
        send_emails: Option<bool>,
    ) -> Result<types::ChangedDcvMethod, Error> {
        let request = sent::DcvMethodChange { dcv_method: method, send_dcv_email_flag: send_emails };
        call!(self.client, change_dcv_method(&id, &request))
    }

    /// Requests a new token; the previous one is void from then on (vendor page domains/ov-ev-ssl-generate-dcv-token).
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidDcvMethod`](super::ErrorCode::InvalidDcvMethod) when the domain's method has no token.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::generate_dcv_token)] }))]
    #[builder(builder_type(name = GenerateDcvToken, doc { #[doc = docs!(call Domains::generate_dcv_token)] }))]
    pub async fn generate_dcv_token(self, #[builder(start_fn)] id: DomainId) -> Result<types::DcvToken, Error> {
        call!(self.client, generate_dcv_token(&id))
    }

    /// Has the service look for the token now (guide p.26, Check DCV).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::{DomainId, ErrorCode};
    ///
    /// match cc.domains().check_dcv(DomainId(738687)).send().await {
    ///     Ok(found) => println!("{:?}", found.status),
    ///     Err(error) if error.certcentral_code() == Some(ErrorCode::InvalidDnsTxt) => println!("not there yet"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidDnsTxt`](super::ErrorCode::InvalidDnsTxt), [`ErrorCode::InvalidDnsCname`](super::ErrorCode::InvalidDnsCname) or
    /// [`ErrorCode::FileRandomValueNotFound`](super::ErrorCode::FileRandomValueNotFound) when the token is not there (yet);
    /// [`ErrorCode::InvalidDnsMethod`](super::ErrorCode::InvalidDnsMethod) when the domain is validated by e-mail.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::check_dcv)] }))]
    #[builder(builder_type(name = CheckDcv, doc { #[doc = docs!(call Domains::check_dcv)] }))]
    pub async fn check_dcv(self, #[builder(start_fn)] id: DomainId) -> Result<types::DcvCheck, Error> {
        call!(self.client, check_domain_dcv(&id))
    }

    /// Reads which addresses can receive the e-mails of a domain, given by its id or by any name (guide p.27, Domain emails).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name is not a domain name; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::dcv_emails)] }))]
    #[builder(builder_type(name = GetDcvEmails, doc { #[doc = docs!(call Domains::dcv_emails)] }))]
    pub async fn dcv_emails(self, #[builder(start_fn, into)] domain: DomainRef) -> Result<types::ValidationEmails, Error> {
        let domain = domain.segment()?;
        call!(self.client, domain_emails(&domain))
    }

    /// Sends the e-mails of a domain again (guide p.28, Resend DCV emails).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the scope is not a domain name or an address is not an e-mail address; any error that the service
    /// returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::resend_dcv_emails)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = ResendDcvEmails, doc { #[doc = docs!(call Domains::resend_dcv_emails)] }))]
    pub async fn resend_dcv_emails(
        self,
        #[builder(start_fn)] id: DomainId,
        /// The name to validate, if it is not the domain's own.
        name_scope: Option<String>,
        /// The language of the e-mails.
        locale: Option<String>,
        /// The addresses to send to; by default, all of them. The service ignores those that do not belong to the domain.
        #[builder(default, with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        to: Vec<String>,
    ) -> Result<(), Error> {
        let request = sent::DcvEmailRequest {
            name_scope: name_scope.map(|scope| check::domain_name("name_scope", &scope)).transpose()?,
            locale,
            email_array: check::emails("to", &to)?,
        };
        call!(self.client, resend_dcv_emails(&id, &request))
    }

    /// Reactivates a domain (known from public clients).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such domain.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::activate)] }))]
    #[builder(builder_type(name = ActivateDomain, doc { #[doc = docs!(call Domains::activate)] }))]
    pub async fn activate(self, #[builder(start_fn)] id: DomainId) -> Result<(), Error> {
        call!(self.client, activate_domain(&id))
    }

    /// Deactivates a domain; its validations are kept (known from public clients).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such domain.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::deactivate)] }))]
    #[builder(builder_type(name = DeactivateDomain, doc { #[doc = docs!(call Domains::deactivate)] }))]
    pub async fn deactivate(self, #[builder(start_fn)] id: DomainId) -> Result<(), Error> {
        call!(self.client, deactivate_domain(&id))
    }

    /// Submits a domain for validation again: for another kind of certificate, or before the proof is too old (vendor page
    /// domains/submit-for-validation).
    ///
    /// [`add`](Self::add) submits it already. The service returns the addresses that it has mailed, the token to publish, or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when there is no kind of validation or an address is not an e-mail address; any error that the service
    /// returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::submit)] }))]
    #[builder(builder_type(name = SubmitDomain, doc { #[doc = docs!(call Domains::submit)] }))]
    pub async fn submit(
        self,
        #[builder(start_fn)] id: DomainId,
        /// How to prove control of the domain.
        dcv_method: Option<DcvMethod>,
        /// The kinds of certificate to validate it for.
        #[builder(default = vec![ValidationType::Ov], with = |types: impl IntoIterator<Item = ValidationType>| types.into_iter().collect())]
        validations: Vec<ValidationType>,
        /// The addresses to send e-mails to; without them the service chooses.
        #[builder(default, with = |addresses: impl IntoIterator<Item = impl Into<String>>| addresses.into_iter().map(Into::into).collect())]
        emails: Vec<String>,
    ) -> Result<Option<types::DomainValidationResponse>, Error> {
        let request = sent::DomainValidationRequest {
            validations: requested(validations)?,
            dcv_method,
            email_array: check::emails("emails", &emails)?,
        };
        call!(self.client, submit_domain_validation(&id, &request))
    }

    /// Reads the status of each kind of validation of a domain (inferred from [its counterpart](super::Organizations::validations)).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such domain.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::validations)] }))]
    #[builder(builder_type(name = GetDomainValidations, doc { #[doc = docs!(call Domains::validations)] }))]
    pub async fn validations(self, #[builder(start_fn)] id: DomainId) -> Result<Vec<types::Validation>, Error> {
        Ok(call!(self.client, domain_validations(&id))?.validations)
    }

    /// Locks a domain to the account, so that no other account gets certificates for it (vendor page domains/activate-domain-locking).
    ///
    /// From then on [`get`](Self::get) returns an `account_token`. Publish the CAA record `digicert.com; account=<token>`, then call
    /// [`check_lock`](Self::check_lock): only then is the lock in force.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::CannotActivateDomainLock`](super::ErrorCode::CannotActivateDomainLock) when the account does not have the feature.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::lock)] }))]
    #[builder(builder_type(name = LockDomain, doc { #[doc = docs!(call Domains::lock)] }))]
    pub async fn lock(self, #[builder(start_fn)] id: DomainId) -> Result<(), Error> {
        call!(self.client, activate_domain_locking(&id))
    }

    /// Unlocks a domain (known from third parties).
    ///
    /// # Errors
    ///
    /// [`ErrorCode::CannotDeactivateDomainLock`](super::ErrorCode::CannotDeactivateDomainLock) when the account does not have the feature.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::unlock)] }))]
    #[builder(builder_type(name = UnlockDomain, doc { #[doc = docs!(call Domains::unlock)] }))]
    pub async fn unlock(self, #[builder(start_fn)] id: DomainId) -> Result<(), Error> {
        call!(self.client, deactivate_domain_locking(&id))
    }

    /// Has the service look for the CAA record of a domain's lock now (vendor page domains/check-caa-domain-lock). A missing record is not
    /// an error: `status` is `false`, and the lock is not in force.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the token is empty; any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Domains::check_lock)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CheckDomainLock, doc { #[doc = docs!(call Domains::check_lock)] }))]
    pub async fn check_lock(
        self,
        #[builder(start_fn)] id: DomainId,
        /// The `account_token` of the domain.
        #[builder(start_fn)]
        account_token: String,
    ) -> Result<types::CaaCheck, Error> {
        let request = sent::CaaCheckRequest { account_token: check::filled("account_token", account_token)? };
        call!(self.client, check_domain_caa(&id, &request))
    }
}

fn requested(types: Vec<ValidationType>) -> Result<Vec<sent::RequestedValidation>, Error> {
    if types.is_empty() {
        return Err(Error::invalid("validations", "at least one kind of validation is needed"));
    }
    Ok(types.into_iter().map(|type_| sent::RequestedValidation { type_ }).collect())
}
