//! The clients of both versions.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::{Environment, SignedData, builders::SignIn, connect, sweep::SweepBuilder};
#[cfg(feature = "pocketsign-v1")]
use crate::generated::pocketsign_verify_v1;
use crate::{
    client::{Call, CallOptions, ClientBuilder, Core, Json, RateLimit, RequestBuilder, Started, sealed},
    error::{ApiError, Error},
    generated::{Operation, pocketsign_verify_v2},
    secret::ApiKey,
};

macro_rules! client {
    ($(#[$doc:meta])* $name:ident, $trace:literal, $generated:ident, $($handles:ident)::+) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            pub(super) core: Arc<Core>,
            options: CallOptions,
        }

        impl $name {
            /// Creates a client with the default settings, for the server of the token's tenant.
            ///
            /// # Errors
            ///
            /// When TLS cannot be set up.
            pub fn new(token: ApiKey, environment: Environment) -> Result<Self, Error> {
                Self::builder(token).environment(environment).build()
            }

            /// Returns a builder: [`environment`](ClientBuilder::environment) or a base URL, timeouts, user agent, another HTTP client.
            #[must_use]
            pub fn builder(token: ApiKey) -> ClientBuilder<Self> {
                ClientBuilder::new(token)
            }

            /// Certificates (証明書) that were submitted to the service, and their revocation checks (失効確認).
            #[must_use]
            pub fn certificates(&self) -> $($handles)::+::Certificates<'_> {
                $($handles)::+::Certificates::new(self)
            }

            /// Users (利用者): the people behind the certificates, and whether their details have changed (現況確認).
            #[must_use]
            pub fn users(&self) -> $($handles)::+::Users<'_> {
                $($handles)::+::Users::new(self)
            }

            /// Signature verifications (署名検証) and their stored results.
            #[must_use]
            pub fn verifications(&self) -> $($handles)::+::Verifications<'_> {
                $($handles)::+::Verifications::new(self)
            }

            #[doc(alias("サインイン", "ログイン"))]
            /// Signs a person in, or registers them: verifies a signature and identifies the signer in one call.
            pub fn sign_in(&self, signed: SignedData) -> SignIn<'_, Self> {
                SignIn::new(self, signed)
            }

            #[doc(alias("現況確認", "一斉確認"))]
            /// Checks many certificates or users, as a stream of results: the periodic check (現況確認). See [`sweep`](super::sweep).
            pub fn sweep(&self) -> SweepBuilder<Self> {
                SweepBuilder::new(self)
            }

            /// Returns the same client with other settings for its calls: see [`CallOptions`].
            #[must_use]
            pub fn with_options(&self, options: CallOptions) -> Self {
                Self { core: Arc::clone(&self.core), options }
            }

            /// Calls an operation that is not in the document, with the token, rate limits, retries and errors of every other call: no error
            /// quotes the service's response, except its codes.
            pub fn request(&self, method: http::Method, path: impl Into<String>) -> RequestBuilder {
                RequestBuilder::new(Arc::clone(&self.core), self.options, Json::Protobuf, method, path.into())
            }

            /// Returns every operation of the document as a method: see the module `raw`.
            #[cfg(feature = "raw")]
            #[must_use]
            pub fn raw(&self) -> $($handles)::+::raw::Client {
                $($handles)::+::raw::Client { core: Arc::clone(&self.core), options: self.options }
            }

            /// Starts a call.
            pub(super) fn call(&self) -> Started<$generated::Client> {
                let call = Call::new(Arc::clone(&self.core), self.options);
                Started::new($generated::Client::new_with_client(&self.core.base_url, self.core.http.clone(), call.clone()), call)
            }
        }

        impl ClientBuilder<$name> {
            /// Sets the server of the token's tenant.
            #[must_use]
            pub fn environment(self, environment: Environment) -> Self {
                self.base_url(environment.base_url())
            }
        }

        impl sealed::Service for $name {
            const NAME: &'static str = $trace;
            const BASE_URL: Option<&'static str> = None;
            const OPERATIONS: &'static [Operation] = $generated::OPERATIONS;
            const PERSONAL: bool = true;
            // No limit is documented; one can be set with `ClientBuilder::rate_limits`.
            const RATES: &'static [RateLimit] = &[];

            fn lists(code: &str) -> bool {
                connect::is_code(code)
            }

            fn authorization(key: &ApiKey) -> Option<(HeaderName, HeaderValue)> {
                Some((AUTHORIZATION, key.to_header("Bearer ")?))
            }

            fn api_errors(body: &[u8]) -> Vec<ApiError> {
                connect::api_errors(body)
            }

            fn from_core(core: Arc<Core>) -> Self {
                Self { core, options: CallOptions::default() }
            }
        }
    };
}

client! {
    /// A client of PocketSign Verify, v2 (Connect). Cheap to clone; clones share connections and settings.
    ///
    /// The token belongs to the tenant; it is created in the PocketSign Platform console and shown there once. Keep it on your own server,
    /// never in an app that you distribute.
    PocketSign, "pocketsign_v2", pocketsign_verify_v2, super
}

#[cfg(feature = "pocketsign-v1")]
client! {
    /// A client of v1 (REST), which the vendor is about to remove (廃止予定, without a date). Cheap to clone; clones share connections and
    /// settings. The token is the same as for [`PocketSign`].
    PocketSignV1, "pocketsign_v1", pocketsign_verify_v1, super::v1
}

/// Declares the handle of a resource.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident of $client:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'c> {
            pub(in $crate::pocketsign) client: &'c $crate::pocketsign::$client,
        }

        impl<'c> $name<'c> {
            pub(in $crate::pocketsign) fn new(client: &'c $crate::pocketsign::$client) -> Self {
                Self { client }
            }
        }
    };
}
pub(super) use handle;
