//! Credentials for ACME clients.

use bon::bon;
use futures_util::{FutureExt as _, future::BoxFuture};

use super::{AcmeProfileOption, OrganizationId, Product, ValidationLevel, check, docs, handle, recovery, sent, types};
use crate::{client::call, error::Error};

handle! {
    #[doc(alias = "ACMEの認証情報")]
    /// Credentials for ACME clients: [`CertCentral::acme`](super::CertCentral::acme).
    ///
    /// An ACME client such as certbot binds its account with a key identifier and an HMAC key (RFC 8555, 7.3.4), and then gets certificates
    /// from this account. The service lists the credentials among the [API keys](super::ApiKeys); revoke them there.
    Acme
}

#[bon]
impl<'c> Acme<'c> {
    /// Creates credentials for an ACME client (vendor page api-keys/acme-external-account-binding-new). The service returns them once; they
    /// are never printed.
    ///
    /// The vendor's page was not read to its end: the members of the request and the response are inferred from the page of the [former
    /// service](Self::create_legacy_credentials).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::{OrganizationId, Product};
    ///
    /// let credentials = cc.acme().create_credentials("web servers", Product::BASIC_OV)
    ///     .organization(OrganizationId(123456))
    ///     .days(90)
    ///     .send().await?;
    /// println!("certbot --server {}", credentials.acme_directory_url.expose());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Lost responses
    ///
    /// If the response is lost, so are the credentials. The error's [`recovery_hint`](Error::recovery_hint) names the key to revoke, as
    /// with [`ApiKeys::create`](super::ApiKeys::create).
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name is empty, the product is not a TLS product, an OV or EV product has no organization, or
    /// neither days nor years are set, or they are 0; any error that the service returns. [`Error::is_ambiguous`] when the credentials may
    /// have been created and were lost.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Acme::create_credentials)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateAcmeCredentials, doc { #[doc = docs!(call Acme::create_credentials)] }))]
    pub async fn create_credentials(
        self,
        /// A name to identify them.
        #[builder(start_fn)]
        name: String,
        #[builder(start_fn)] product: Product,
        /// The organization that certificates are issued to, which has to be validated already. Products with organization validation need
        /// one.
        organization: Option<OrganizationId>,
        /// How many years certificates last.
        years: Option<u32>,
        /// How many days certificates last; takes precedence over the years.
        days: Option<u32>,
        /// The certificate profile to use.
        profile: Option<AcmeProfileOption>,
    ) -> Result<types::AcmeCredentials, Error> {
        product.check_organization(organization)?;
        if years.is_none() && days.is_none() {
            return Err(Error::invalid("days", "set how long certificates last, in days or years"));
        }
        let request = requested(name, &product, organization, years, days, profile)?;
        self.client.core.check("create_acme_credentials", &request)?;
        self.told_once(&request.name, async { call!(self.client, create_acme_credentials(&request)) }.boxed()).await
    }

    /// Creates credentials with the former service (vendor page api-keys/acme-external-account-binding), which supports OV and EV products
    /// only. The vendor announced its end for 2026-02-24; [`create_credentials`](Self::create_credentials) is its successor.
    ///
    /// # Errors
    ///
    /// Those of [`create_credentials`](Self::create_credentials); [`Error::is_invalid_input`] also when the product is a DV product.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Acme::create_legacy_credentials)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateLegacyAcmeCredentials, doc { #[doc = docs!(call Acme::create_legacy_credentials)] }))]
    pub async fn create_legacy_credentials(
        self,
        /// A name to identify them.
        #[builder(start_fn)]
        name: String,
        #[builder(start_fn)] product: Product,
        /// The organization that certificates are issued to, which has to be validated already.
        organization: OrganizationId,
        /// How many years certificates last.
        #[builder(default = 1)]
        years: u32,
        /// How many days certificates last; takes precedence over the years.
        days: Option<u32>,
        /// The certificate profile to use.
        profile: Option<AcmeProfileOption>,
    ) -> Result<types::AcmeCredentials, Error> {
        if product.validation_level() == Some(ValidationLevel::Dv) {
            return Err(Error::invalid("product", format!("{product} is a DV product, which the former service does not support")));
        }
        let request = requested(name, &product, Some(organization), Some(years), days, profile)?;
        self.client.core.check("create_legacy_acme_credentials", &request)?;
        self.told_once(&request.name, async { call!(self.client, create_legacy_acme_credentials(&request)) }.boxed()).await
    }
}

impl Acme<'_> {
    /// Sends the request that creates credentials with this name. They are a key of this client's user, so all keys that it can see are
    /// searched.
    async fn told_once(
        self,
        name: &str,
        create: BoxFuture<'_, Result<types::AcmeCredentials, Error>>,
    ) -> Result<types::AcmeCredentials, Error> {
        let keys = self.client.api_keys();
        let before = keys.numbers(None).await?;
        let what = format!("ACME credentials {name:?}");
        recovery::told_once(self.client, create, || keys.appeared(None, name, &before).boxed(), &what, "revoke it").await
    }
}

fn requested(
    name: String,
    product: &Product,
    organization: Option<OrganizationId>,
    years: Option<u32>,
    days: Option<u32>,
    profile: Option<AcmeProfileOption>,
) -> Result<sent::AcmeCredentialsRequest, Error> {
    if !product.is_tls() {
        return Err(Error::invalid("product", format!("{product} is not a TLS product; ACME issues TLS certificates only")));
    }
    if days == Some(0) || years == Some(0) {
        return Err(Error::invalid(if days == Some(0) { "days" } else { "years" }, "expected at least 1"));
    }
    Ok(sent::AcmeCredentialsRequest {
        name: check::filled("name", name)?,
        product_name_id: check::path_segment("product", product.id())?,
        organization_id: organization,
        validity_years: years.map(i64::from),
        validity_days: days.map(i64::from),
        profile_option: profile,
    })
}
