//! The seam between the clients and the sandbox: requests reach it without a network.

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{Transport, TransportError};
use crate::sandbox::Sandbox;

impl Transport for Sandbox {
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, TransportError>> {
        Box::pin(async move {
            let mut bare = http::Request::new(Bytes::new());
            *bare.method_mut() = request.method().clone();
            *bare.uri_mut() = request.url().as_str().parse().map_err(TransportError::unsent)?;
            *bare.headers_mut() = request.headers().clone();
            if let Some(body) = request.body() {
                let bytes = body.as_bytes().ok_or_else(|| TransportError::unsent("the sandbox takes no streamed bodies"))?;
                *bare.body_mut() = Bytes::copy_from_slice(bytes);
            }
            Ok(self.handle(bare).await.into())
        })
    }
}

#[cfg(feature = "certcentral")]
impl Sandbox {
    /// A client of this sandbox, in process: no account, no network.
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
    /// When TLS cannot be set up: a client has it even if it is not used.
    pub fn certcentral(&self) -> Result<crate::CertCentral, crate::Error> {
        let key = crate::ApiKey::new(self.api_key())?;
        let base_url = format!("https://sandbox.invalid{}", Self::CERTCENTRAL);
        let client = crate::CertCentral::builder(key).base_url(base_url).transport(self.clone()).build()?;
        client.set_time(self.clock().now());
        Ok(client)
    }
}
