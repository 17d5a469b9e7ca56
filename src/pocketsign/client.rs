//! The clients of both versions.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::{Environment, SignIn, connect, sweep::SweepBuilder, v1, v2};
use crate::{
    client::{Call, CallOptions, ClientBuilder, Core, Json, RateLimit, RequestBuilder, Started, sealed},
    error::ApiError,
    generated::{Operation, pocketsign_verify_v1 as generated_v1, pocketsign_verify_v2 as generated_v2},
    secret::ApiKey,
};

/// Where clients of PocketSign Verify come from. The token is the tenant's, made in the console of the PocketSign Platform and shown there
/// once; it belongs on your own server, never into an app that you distribute.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum PocketSign {}

impl PocketSign {
    /// Sets up a client of v1 (REST), which the vendor is about to remove (廃止予定, without a date).
    ///
    /// Say which server to use: [`environment`](ClientBuilder::environment), or a base URL of your own.
    #[must_use]
    pub fn v1(token: ApiKey) -> ClientBuilder<PocketSignV1> {
        ClientBuilder::new(token)
    }

    /// Sets up a client of v2 (Connect).
    ///
    /// Say which server to use: [`environment`](ClientBuilder::environment), or a base URL of your own.
    #[must_use]
    pub fn v2(token: ApiKey) -> ClientBuilder<PocketSignV2> {
        ClientBuilder::new(token)
    }
}

macro_rules! client {
    ($(#[$doc:meta])* $name:ident, $version:ident, $generated:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            pub(super) core: Arc<Core>,
            options: CallOptions,
        }

        impl $name {
            /// Certificates (証明書) that were submitted to the service, and their revocation checks (失効確認).
            #[must_use]
            pub fn certificates(&self) -> $version::Certificates<'_> {
                $version::Certificates::new(self)
            }

            /// Users (利用者): the persons behind the certificates, and whether they are still who they were (現況確認).
            #[must_use]
            pub fn users(&self) -> $version::Users<'_> {
                $version::Users::new(self)
            }

            /// Signature verifications (署名検証) and their stored results.
            #[must_use]
            pub fn verifications(&self) -> $version::Verifications<'_> {
                $version::Verifications::new(self)
            }

            /// Signs a person in, or registers them: verifies a signature and finds out who made it, in one call.
            pub fn sign_in(&self) -> SignIn<'_, Self> {
                SignIn::new(self)
            }

            /// Checks many certificates or users, one after another, as a stream: the periodic 現況確認. See [`sweep`](super::sweep).
            pub fn sweep(&self) -> SweepBuilder<Self> {
                SweepBuilder::new(self, Arc::clone(&self.core))
            }

            /// The same client, but with other settings for the calls that are made with it: see [`CallOptions`].
            #[must_use]
            pub fn with_options(&self, options: CallOptions) -> Self {
                Self { core: Arc::clone(&self.core), options }
            }

            /// A call of what the document does not have, with the token, the pacing, the retries and the errors of every other call: no
            /// error quotes what the service says, except its codes.
            pub fn request(&self, method: http::Method, path: impl Into<String>) -> RequestBuilder {
                RequestBuilder::new(Arc::clone(&self.core), self.options, Json::Protobuf, method, path.into())
            }

            /// Every operation of the document as a method, see the module `raw` of the version.
            #[cfg(feature = "raw")]
            #[must_use]
            pub fn raw(&self) -> $version::raw::Client {
                $version::raw::Client { core: Arc::clone(&self.core), options: self.options }
            }

            /// Begins a call.
            pub(super) fn call(&self) -> Started<$generated::Client> {
                let call = Call::new(Arc::clone(&self.core), self.options);
                Started::new(self.client(call.clone()), call)
            }

            fn client(&self, call: Call) -> $generated::Client {
                $generated::Client::new_with_client(&self.core.base_url, self.core.http.clone(), call)
            }
        }

        impl ClientBuilder<$name> {
            /// The server that the tenant of the token lives on.
            #[must_use]
            pub fn environment(self, environment: Environment) -> Self {
                self.base_url(environment.base_url())
            }
        }

        impl sealed::Service for $name {
            const NAME: &'static str = concat!("pocketsign_", stringify!($version));
            const BASE_URL: Option<&'static str> = None;
            const OPERATIONS: &'static [Operation] = $generated::OPERATIONS;
            const PERSONAL: bool = true;
            // No limit is documented; one can be set with `ClientBuilder::pace`.
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
    /// A client of v1. Cheap to clone; clones share connections and settings. Made by [`PocketSign::v1`].
    PocketSignV1, v1, generated_v1
}

client! {
    /// A client of v2. Cheap to clone; clones share connections and settings. Made by [`PocketSign::v2`].
    PocketSignV2, v2, generated_v2
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
