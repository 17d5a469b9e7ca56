//! DigiCert CertCentral, Services API v2.
//!
//! [`CertCentral`] returns a handle for each resource. A handle's methods return builders: finish an operation with `.send()`, and a flow,
//! which takes the service a while, with `.start()`.
//!
//! ```no_run
//! # async fn example() -> Result<(), shomei::Error> {
//! use shomei::{ApiKey, CertCentral, certcentral::DomainId};
//!
//! let cc = CertCentral::new(ApiKey::from_env("CERTCENTRAL_API_KEY")?)?;
//! let domain = cc.domains().get(DomainId(738687)).include_dcv(true).send().await?;
//! println!("{:?}", domain.name);
//! # Ok(())
//! # }
//! ```
//!
//! # Sources
//!
//! Each operation cites its source. "guide p.30" or "guide §4" is a page or section of DigiCert's Japanese guide *CertCentral API 活用ガイド* of
//! 2021-02-08. A "vendor page" is a page under `dev.digicert.com`, cited by the end of its address; vendor pages are closer to the service
//! of today. An operation with neither is known from third parties, mostly public clients: what they send, read and have recorded.
//! `openapi/README.md` says which page describes what; inferred facts carry `x-inferred` in `openapi/certcentral.yaml`.

mod account;
mod acme;
mod api_keys;
pub mod builders;
mod certificates;
mod check;
mod containers;
mod domains;
mod filter;
pub mod flow;
mod list;
mod orders;
mod organizations;
pub mod plan;
mod product;
mod products;
mod recovery;
mod references;
mod refusal;
mod requests;
mod sweeps;
mod users;
mod webhooks;

use std::{sync::Arc, time::Duration};

use reqwest::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use self::{orders::Ledger, sweeps::Sweeps};
use crate::{
    client::{Call, CallOptions, ClientBuilder, Core, Json, Patience, Priority, RateLimit, RateUsage, RequestBuilder, Started, sealed},
    docs::{docs, named},
    error::{ApiError, Error},
    generated::{Operation, certcentral as generated, certcentral::queries},
    secret::ApiKey,
};

#[cfg(feature = "webhooks")]
pub use self::webhooks::{WebhookEvent, WebhookEvents, WebhookReceiver, WebhookReceiverBuilder};
pub use self::{
    account::Account,
    acme::Acme,
    api_keys::{ApiKeys, CreatedApiKey},
    certificates::{Certificates, Download},
    containers::Containers,
    domains::Domains,
    filter::{DateRange, OrderSort, Sort, TextFilter, ValidationExpiry},
    orders::{Contact, Orders},
    organizations::Organizations,
    plan::{IssuanceLimits, Plan, Validity},
    product::{Product, ValidationLevel},
    products::Products,
    references::{CertificateRef, DomainRef, OrderRef},
    requests::Requests,
    users::{CreatedServiceUser, Users},
    webhooks::{WebhookOptions, Webhooks},
};
pub use crate::generated::certcentral::{
    types::{AccessRoleReference, ContainerUserRequest, RevocationReason},
    vocabulary::{
        AcmeProfileOption, ApiKeyId, ApiKeyRestriction, ApiKeyStatus, ApprovalScope, CertificateDcvScope, CertificateFormat, CertificateId,
        CertificateStatus, ContactType, ContainerId, ContainerTemplateId, CsProvisioningMethod, CustomFieldId, CustomFieldType,
        DcvInvitationSource, DcvMethod, DcvStatus, DcvTokenStatus, DomainId, DomainLockingStatus, DomainStatus, EmailDelivery,
        EmailValidationStatus, ErrorCode, NameValidationStatus, OrderApprovalEmailStatus, OrderDcvStatus, OrderId, OrderStatus,
        OrganizationId, OrganizationStatus, PaymentMethod, ProductNameId, ProductType, ProfileOption, RequestId, RequestStatus,
        RequestType, RequestedOrderStatus, ServerPlatformId, SignatureHash, UserId, UserRole, UserStatus, UserType, ValidationStatus,
        ValidationType, WebhookEventName, WebhookId, WebhookRequestStatus, WebhookStatus,
    },
};

/// What the builders return: plain structs, generated from the OpenAPI document.
pub mod types {
    pub use crate::generated::certcentral::responses::*;
}

/// All types of the document. Types that are only sent are not public.
use crate::generated::certcentral::types as sent;

/// Every operation of the OpenAPI document as a method, whether or not it has a builder. Calls get the same validation against the
/// document, rate limits, retries and errors as all others, but no further checks, no builders and no flows.
///
/// This module changes with the document and is exempt from semantic versioning.
///
/// ```no_run
/// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
/// use shomei::certcentral::OrderId;
///
/// let order = cc.raw().order_info("115429178", None).await?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "raw")]
pub mod raw {
    pub use crate::generated::{
        Document,
        certcentral::{DOCUMENT, Raw as Client, types, vocabulary},
    };
}

/// The instances of CertCentral. An account lives on one of them; keys are not interchangeable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Region {
    /// `www.digicert.com`, where most accounts are.
    #[default]
    UnitedStates,
    /// `certcentral.digicert.eu`.
    Europe,
}

impl Region {
    /// The base URL of the instance.
    #[must_use]
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::UnitedStates => "https://www.digicert.com/services/v2",
            Self::Europe => "https://certcentral.digicert.eu/services/v2",
        }
    }
}

/// A client of CertCentral. Cheap to clone; clones share connections and settings.
#[derive(Clone, Debug)]
pub struct CertCentral {
    core: Arc<Core>,
    options: CallOptions,
    ledger: Arc<Ledger>,
    sweeps: Arc<Sweeps>,
    /// Set for a flow, whose calls wait for their turn as long as it takes.
    patience: Option<Arc<Patience>>,
}

impl CertCentral {
    /// Creates a client with the default settings, for the US instance.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn new(key: ApiKey) -> Result<Self, Error> {
        Self::builder(key).build()
    }

    /// Sets up a client: region or base URL, timeouts, user agent, another HTTP client.
    #[must_use]
    pub fn builder(key: ApiKey) -> ClientBuilder<Self> {
        ClientBuilder::new(key)
    }

    /// Domains: adding them and proving control of them (guide §3.2).
    #[must_use]
    pub fn domains(&self) -> Domains<'_> {
        Domains::new(self)
    }

    /// Orders: requesting certificates and following their progress (guide §4 and §5.1).
    #[must_use]
    pub fn orders(&self) -> Orders<'_> {
        Orders::new(self)
    }

    /// Certificates: fetching them once they are issued (guide §6).
    #[must_use]
    pub fn certificates(&self) -> Certificates<'_> {
        Certificates::new(self)
    }

    /// Requests: whatever needs approval in the account (guide §5.2).
    #[must_use]
    pub fn requests(&self) -> Requests<'_> {
        Requests::new(self)
    }

    /// Organizations that certificates are issued to.
    #[must_use]
    pub fn organizations(&self) -> Organizations<'_> {
        Organizations::new(self)
    }

    /// Containers, which the console calls divisions (guide p.35).
    #[must_use]
    pub fn containers(&self) -> Containers<'_> {
        Containers::new(self)
    }

    /// Users of the account.
    #[must_use]
    pub fn users(&self) -> Users<'_> {
        Users::new(self)
    }

    /// API keys of the account's users (guide p.6-10).
    #[must_use]
    pub fn api_keys(&self) -> ApiKeys<'_> {
        ApiKeys::new(self)
    }

    /// Credentials for ACME clients.
    #[must_use]
    pub fn acme(&self) -> Acme<'_> {
        Acme::new(self)
    }

    /// Webhooks: events that the service sends by itself.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::new(self)
    }

    /// Returns this client with other settings for its calls: see [`CallOptions`].
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self { options, ..self.clone() }
    }

    /// Returns how much of the rate limit is left, as far as this client and those that share its rate limiter know.
    #[must_use]
    pub fn usage(&self) -> Vec<RateUsage> {
        self.core.usage()
    }

    /// Products that the account may order.
    #[must_use]
    pub fn products(&self) -> Products<'_> {
        Products::new(self)
    }

    /// The account itself: its settings, its balance, its custom fields.
    #[must_use]
    pub fn account(&self) -> Account<'_> {
        Account::new(self)
    }

    /// Starts a call to an endpoint that the OpenAPI document lacks, with the same key, rate limits, retries and errors as every other call. A
    /// published library cannot rely on an overlay, since its users have their own; it can use this method.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use http::Method;
    ///
    /// let invoices: serde_json::Value = cc.request(Method::GET, "/finance/invoice").query("limit", "10").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: http::Method, path: impl Into<String>) -> RequestBuilder {
        RequestBuilder::new(Arc::clone(&self.core), self.options, Json::Loose, method, path.into())
    }

    /// Returns a client with every operation of the OpenAPI document: see [`raw`].
    #[cfg(feature = "raw")]
    #[must_use]
    pub fn raw(&self) -> raw::Client {
        raw::Client { core: Arc::clone(&self.core), options: self.options }
    }

    /// The same client for a flow, whose calls wait for their turn under the rate limit as long as it takes.
    fn in_flow(&self) -> Self {
        Self { patience: Some(Arc::default()), ..self.clone() }
    }

    /// The same client for polling, which leaves room for the caller's own calls.
    fn in_background(&self) -> Self {
        Self { options: self.options.priority(Priority::Background), ..self.in_flow() }
    }

    /// The same client for responses that are copied from: an unreadable member is an error, since the copy would lack it.
    fn in_full(&self) -> Self {
        Self { options: self.options.in_full(), ..self.in_flow() }
    }

    /// Begins a call.
    fn call(&self) -> Started<generated::Client> {
        let call = Call::new(Arc::clone(&self.core), self.options).of_flow(self.patience.clone());
        Started::new(self.client(call.clone()), call)
    }

    fn client(&self, call: Call) -> generated::Client {
        generated::Client::new_with_client(&self.core.base_url, self.core.http.clone(), call)
    }
}

impl ClientBuilder<CertCentral> {
    /// Sets the instance that the account lives on.
    #[must_use]
    pub fn region(self, region: Region) -> Self {
        self.base_url(region.base_url())
    }
}

impl sealed::Service for CertCentral {
    const NAME: &'static str = "certcentral";
    const BASE_URL: Option<&'static str> = Some(Region::UnitedStates.base_url());
    const OPERATIONS: &'static [Operation] = generated::OPERATIONS;
    const PERSONAL: bool = false;
    const RATES: &'static [RateLimit] = &[RateLimit::new(100, Duration::from_secs(5)), RateLimit::new(1000, Duration::from_secs(180))];

    fn lists(code: &str) -> bool {
        ErrorCode::from(code).is_listed()
    }

    fn authorization(key: &ApiKey) -> Option<(HeaderName, HeaderValue)> {
        Some((HeaderName::from_static("x-dc-devkey"), key.to_header("")?))
    }

    fn api_errors(body: &[u8]) -> Vec<ApiError> {
        refusal::api_errors(body)
    }

    fn from_core(core: Arc<Core>) -> Self {
        Self { core, options: CallOptions::default(), ledger: Arc::default(), sweeps: Arc::default(), patience: None }
    }
}

impl Error {
    /// Returns the service's first error code as a CertCentral code.
    ///
    /// ```
    /// # fn example(error: &shomei::Error) {
    /// use shomei::certcentral::ErrorCode;
    ///
    /// if error.certcentral_code() == Some(ErrorCode::InvalidDnsTxt) {
    ///     println!("the TXT record is not there yet");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn certcentral_code(&self) -> Option<ErrorCode> {
        self.code().map(ErrorCode::from)
    }
}

/// Declares the handle of a resource.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'c> {
            pub(in $crate::certcentral) client: &'c $crate::certcentral::CertCentral,
        }

        impl<'c> $name<'c> {
            pub(in $crate::certcentral) fn new(client: &'c $crate::certcentral::CertCentral) -> Self {
                Self { client }
            }
        }
    };
}
use handle;
