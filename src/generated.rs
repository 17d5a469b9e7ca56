//! The clients that build.rs generates from the documents. Lints are off here, and only here.
#![allow(missing_docs, unnameable_types, unreachable_pub, unused, unused_qualifications)]
#![allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction, rustdoc::all)]

#[cfg(test)]
mod tests;

/// An operation of a document.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name of the method, and of the operation in hooks.
    pub id: &'static str,
    pub method: &'static str,
    /// The path template as in the document: `/domain/{domain_id}`.
    pub path: &'static str,
    /// The call can safely be repeated after a lost response.
    pub idempotent: bool,
    /// The call deletes its object: a repeat that does not find it means that the deletion succeeded.
    pub deletes: bool,
    /// A success may have an empty body instead of JSON; it is then read as `null`.
    pub empty_success: bool,
    /// The call is sent on a new connection, so that its response is not lost because the service closes an idle one.
    pub fresh_connection: bool,
    /// The response holds a redacted value: no error quotes it.
    pub secret: bool,
    /// The rules for the values of the request.
    pub(crate) rules: &'static [crate::client::Rule],
}

/// The document that a generated client was built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document {
    /// `info.title` of the document.
    pub title: &'static str,
    /// `info.version` of the document.
    pub version: &'static str,
    /// A checksum (FNV-1a, 64 bits) of the document with all edits; it changes when they do.
    pub hash: u64,
    /// Whether a user's document replaces the crate's own.
    pub replaced: bool,
    /// The names of the applied overlays, in order.
    pub overlays: &'static [&'static str],
}

#[cfg(feature = "certcentral")]
pub mod certcentral {
    include!(concat!(env!("OUT_DIR"), "/certcentral.rs"));
}

#[cfg(feature = "pocketsign-v1")]
pub mod pocketsign_verify_v1 {
    include!(concat!(env!("OUT_DIR"), "/pocketsign_verify_v1.rs"));
}

#[cfg(feature = "pocketsign")]
pub mod pocketsign_verify_v2 {
    include!(concat!(env!("OUT_DIR"), "/pocketsign_verify_v2.rs"));
}

/// Every call of a generated client goes through [`Call`](crate::client::Call).
macro_rules! hook {
    ($document:ident) => {
        impl progenitor_client::ClientHooks<crate::client::Call> for $document::Client {
            async fn exec(&self, request: reqwest::Request, info: &progenitor_client::OperationInfo) -> reqwest::Result<reqwest::Response> {
                use progenitor_client::ClientInfo as _;

                Ok(self.inner().exec(request, info.operation_id).await)
            }

            async fn post<E>(
                &self,
                result: &reqwest::Result<reqwest::Response>,
                _: &progenitor_client::OperationInfo,
            ) -> Result<(), progenitor_client::Error<E>> {
                match result.as_ref().ok().and_then(crate::client::Call::failure) {
                    Some(failure) => Err(progenitor_client::Error::Custom(failure)),
                    None => Ok(()),
                }
            }
        }
    };
}

#[cfg(feature = "certcentral")]
hook!(certcentral);
#[cfg(feature = "pocketsign-v1")]
hook!(pocketsign_verify_v1);
#[cfg(feature = "pocketsign")]
hook!(pocketsign_verify_v2);
