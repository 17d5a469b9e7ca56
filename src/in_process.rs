//! The transport from the clients to the sandbox: in process, without a network.

use chrono::{DateTime, Utc};
use futures_util::{TryStreamExt as _, future::BoxFuture};

use crate::{
    client::{ResponseBody, Transport, TransportError, TransportRequest},
    sandbox::{Body, Lost, Sandbox},
};

impl Transport for Sandbox {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let request: http::Request<_> = request.try_into()?;
            let fate = self.fate(request.method(), request.uri());
            let response = self.carry(request, fate).await.map_err(|lost| match lost {
                Lost::Refused => TransportError::unsent(lost),
                Lost::Reset => TransportError::broken(lost),
            })?;
            Ok(response.map(|body| match body {
                Body::Whole(bytes) => bytes.into(),
                Body::Pieces(pieces) => ResponseBody::stream(pieces.map_err(TransportError::broken)),
            }))
        })
    }
}

impl Sandbox {
    /// The sandbox's clock, so that a client knows its time even after a test has moved it.
    fn time(&self) -> impl Fn() -> DateTime<Utc> + Send + Sync + 'static {
        let clock = self.clock().clone();
        move || clock.now()
    }
}

#[cfg(feature = "certcentral")]
impl Sandbox {
    /// Creates a CertCentral client of this sandbox, in process: no account, no network.
    ///
    /// ```
    /// # use shomei::{Sandbox, Error};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// let sandbox = Sandbox::new();
    /// let me = sandbox.certcentral()?.users().me().send().await?;
    /// assert_eq!(me.access_roles[0].name.as_deref(), Some("Administrator"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up: the client initializes it even if it is not used.
    pub fn certcentral(&self) -> Result<crate::CertCentral, crate::Error> {
        let key = crate::ApiKey::new(self.api_key())?;
        let base_url = format!("https://sandbox.invalid{}", Self::CERTCENTRAL);
        crate::CertCentral::builder(key).base_url(base_url).transport(self.clone()).told_time(self.time()).build()
    }
}

#[cfg(feature = "pocketsign")]
impl Sandbox {
    /// Creates a client of this sandbox's PocketSign Verify, as its first tenant.
    ///
    /// ```
    /// # use shomei::{Sandbox, Error, pocketsign::{HashAlgorithm, SignInOutcome, SignedData}, sandbox::PersonDetails};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// let sandbox = Sandbox::new();
    /// let ps = sandbox.pocketsign()?;
    /// let card = sandbox.jpki().card(PersonDetails::default());
    /// let (digest, signature) = card.authentication.sign(b"a challenge");
    /// let signed = SignedData::new(card.authentication.der(), HashAlgorithm::Sha256, digest, signature)?;
    /// let outcome = ps.sign_in(signed).send().await?;
    /// assert!(matches!(outcome, SignInOutcome::New(_)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up: the client initializes it even if it is not used.
    pub fn pocketsign(&self) -> Result<crate::PocketSign, crate::Error> {
        let token = crate::ApiKey::new(self.pocketsign_token())?;
        crate::PocketSign::builder(token).base_url("https://sandbox.invalid").transport(self.clone()).told_time(self.time()).build()
    }

    /// Creates a client of version 1 of this sandbox's PocketSign Verify, as its first tenant. It shares its state with
    /// [`pocketsign`](Self::pocketsign).
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up: the client initializes it even if it is not used.
    #[cfg(feature = "pocketsign-v1")]
    pub fn pocketsign_v1(&self) -> Result<crate::pocketsign::PocketSignV1, crate::Error> {
        let token = crate::ApiKey::new(self.pocketsign_token())?;
        let builder = crate::pocketsign::PocketSignV1::builder(token);
        builder.base_url("https://sandbox.invalid").transport(self.clone()).told_time(self.time()).build()
    }
}
